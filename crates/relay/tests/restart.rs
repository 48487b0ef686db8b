//! Nothing that was acknowledged is lost: not by a stop, not by a kill.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::{net::SocketAddr, path::Path, process::Stdio};

use common::{Client, client_id, mailbox, patiently, relay_in};
use discordopus_relay::{Config, Limits, Relay, Storage};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

#[tokio::test]
async fn sessions_subscriptions_and_queues_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (topic, dropped, id) = (mailbox(), mailbox(), client_id());
    let relay = relay_in(folder.path(), Limits::default()).await;
    let (mut reader, _) = Client::resume(relay.local_addr(), &id, 3_600).await;
    reader.subscribe(&topic).await;
    reader.subscribe(&dropped).await;
    let unsubscribe = mqtt_protocol_core::mqtt::packet::v5_0::Unsubscribe::builder()
        .packet_id(reader.packet_id())
        .entries([dropped.as_str()])
        .unwrap()
        .build()
        .unwrap();
    reader.send(unsubscribe).await;
    reader.ping().await;
    let mut writer = Client::connect(relay.local_addr()).await;
    assert_eq!(writer.publish(&topic, "read before").await, None);
    assert_eq!(reader.text().await, "read before");
    reader.leave().await;
    for number in 0..50 {
        assert_eq!(writer.publish(&topic, &number.to_string()).await, None);
    }
    writer.leave().await;
    relay.shutdown().await;

    let relay = relay_in(folder.path(), Limits::default()).await;
    let mut writer = Client::connect(relay.local_addr()).await;
    assert_eq!(writer.publish(&topic, "after").await, None);
    assert!(writer.publish(&dropped, "nobody").await.is_some());
    let (mut reader, present) = Client::resume(relay.local_addr(), &id, 3_600).await;
    assert!(present);
    for number in 0..50 {
        assert_eq!(reader.text().await, number.to_string());
    }
    assert_eq!(reader.text().await, "after");
    reader.expect_silence().await;
    reader.leave().await;
    relay.shutdown().await;

    let relay = relay_in(folder.path(), Limits::default()).await;
    let (mut reader, present) = Client::resume(relay.local_addr(), &id, 3_600).await;
    assert!(present);
    reader.expect_silence().await;
    relay.shutdown().await;
}

#[tokio::test]
async fn what_a_session_forgot_stays_forgotten_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (topic, id, brief) = (mailbox(), client_id(), client_id());
    let relay = relay_in(folder.path(), Limits::default()).await;
    let (mut reader, _) = Client::resume(relay.local_addr(), &id, 3_600).await;
    reader.subscribe(&topic).await;
    reader.leave().await;
    let mut writer = Client::connect(relay.local_addr()).await;
    writer.publish(&topic, "forgotten").await;
    let mut hello = common::Hello::persistent(&id, 3_600);
    hello.clean_start = true;
    Client::accepted(relay.local_addr(), &hello)
        .await
        .0
        .leave()
        .await;
    Client::resume(relay.local_addr(), &brief, 0)
        .await
        .0
        .leave()
        .await;
    writer.leave().await;
    relay.shutdown().await;

    let relay = relay_in(folder.path(), Limits::default()).await;
    let (mut reader, present) = Client::resume(relay.local_addr(), &id, 3_600).await;
    assert!(present);
    reader.expect_silence().await;
    let mut writer = Client::connect(relay.local_addr()).await;
    assert!(writer.publish(&topic, "nobody").await.is_some());
    let (_brief, present) = Client::resume(relay.local_addr(), &brief, 3_600).await;
    assert!(!present);
    relay.shutdown().await;
}

#[tokio::test]
async fn expiries_run_on_while_the_relay_is_down() {
    let folder = tempfile::tempdir().unwrap();
    let (topic, id, brief) = (mailbox(), client_id(), client_id());
    let relay = relay_in(folder.path(), Limits::default()).await;
    let (mut reader, _) = Client::resume(relay.local_addr(), &id, 3_600).await;
    reader.subscribe(&topic).await;
    reader.leave().await;
    Client::resume(relay.local_addr(), &brief, 1)
        .await
        .0
        .leave()
        .await;
    let mut writer = Client::connect(relay.local_addr()).await;
    writer.publish_expiring(&topic, "short", 1).await;
    writer.publish(&topic, "long").await;
    writer.leave().await;
    relay.shutdown().await;
    // Both times are over when a relay that is started again and again no longer knows the brief session.
    patiently("the brief session to end", async {
        loop {
            let relay = relay_in(folder.path(), Limits::default()).await;
            let gone = common::health(&relay).await["sessions"] == 1;
            relay.shutdown().await;
            if gone {
                break;
            }
        }
    })
    .await;
    let relay = relay_in(folder.path(), Limits::default()).await;
    let (mut reader, _) = Client::resume(relay.local_addr(), &id, 3_600).await;
    assert_eq!(reader.text().await, "long");
    reader.expect_silence().await;
    relay.shutdown().await;
}

#[tokio::test]
async fn two_relays_do_not_share_one_store() {
    let folder = tempfile::tempdir().unwrap();
    let relay = relay_in(folder.path(), Limits::default()).await;
    let second = Relay::bind(Config {
        listen: common::loopback(),
        storage: Storage::Folder(folder.path().to_owned()),
        ..Config::default()
    })
    .await;
    assert!(second.is_err());
    relay.shutdown().await;
}

#[tokio::test]
async fn the_store_holds_no_client_id() {
    let folder = tempfile::tempdir().unwrap();
    let relay = relay_in(folder.path(), Limits::default()).await;
    let id = "a-client-id-is-a-bearer-secret";
    let (mut reader, _) = Client::resume(relay.local_addr(), id, 3_600).await;
    let topic = mailbox();
    reader.subscribe(&topic).await;
    reader.leave().await;
    relay.shutdown().await;
    let file = std::fs::read(folder.path().join("relay.redb")).unwrap();
    let holds = |text: &str| file.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(holds(&topic[2..]), "the file is the one that was written");
    assert!(!holds(id));
}

/// The real program, with its address.
async fn start(data: &Path) -> (Child, SocketAddr) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_discordopus-relay"))
        .args(["--port", "0", "--data"])
        .arg(data)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = patiently("the address", lines.next_line())
        .await
        .unwrap()
        .unwrap();
    let address = line
        .strip_prefix("listening on http://")
        .unwrap()
        .parse()
        .unwrap();
    (child, address)
}

#[tokio::test]
async fn after_a_kill_everything_acknowledged_is_there_and_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let (topic, id) = (mailbox(), client_id());
    let (mut program, address) = start(folder.path()).await;
    let (mut reader, _) = Client::resume(address, &id, 3_600).await;
    reader.subscribe(&topic).await;
    let mut writer = Client::connect(address).await;
    assert_eq!(writer.publish(&topic, "read before").await, None);
    assert_eq!(reader.text().await, "read before");
    reader.vanish();
    let mut acknowledged = 0;
    for number in 0..300 {
        assert_eq!(writer.publish(&topic, &number.to_string()).await, None);
        acknowledged = number + 1;
    }
    // In the middle of more of them, unacknowledged.
    for number in 300..310 {
        let packet = common::publish_packet(
            &topic,
            number.to_string().as_bytes(),
            Some(40_000 + number),
            Vec::new(),
        );
        writer.send(packet).await;
    }
    program.start_kill().unwrap();
    program.wait().await.unwrap();

    let (mut program, address) = start(folder.path()).await;
    let (mut reader, present) = Client::resume(address, &id, 3_600).await;
    assert!(present, "the session survived");
    let mut first = reader.text().await;
    if first == "read before" {
        // At least once: its acknowledgement may have been lost in the kill.
        first = reader.text().await;
    }
    assert_eq!(first, "0");
    for number in 1..acknowledged {
        assert_eq!(reader.text().await, number.to_string());
    }
    // Of the others a beginning may be there, without gaps.
    let mut writer = Client::connect(address).await;
    assert_eq!(writer.publish(&topic, "subscribed still").await, None);
    let mut next = acknowledged;
    loop {
        let text = reader.text().await;
        if text == "subscribed still" {
            break;
        }
        assert_eq!(text, next.to_string());
        next += 1;
    }
    program.start_kill().unwrap();
    program.wait().await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn the_program_ends_cleanly_when_asked_to() {
    let folder = tempfile::tempdir().unwrap();
    for signal in ["-TERM", "-INT"] {
        let (mut program, address) = start(folder.path()).await;
        let mut client = Client::connect(address).await;
        let asked = Command::new("kill")
            .args([signal, &program.id().unwrap().to_string()])
            .status()
            .await
            .unwrap();
        assert!(asked.success());
        let (reason, _) = client.closed().await;
        assert_eq!(
            reason,
            Some(mqtt_protocol_core::mqtt::result_code::DisconnectReasonCode::ServerShuttingDown)
        );
        let status = patiently("the program to end", program.wait())
            .await
            .unwrap();
        assert!(status.success(), "{status}");
    }
}
