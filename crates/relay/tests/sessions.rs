//! Sessions: who holds one, how it passes on, when it ends, and what its Will does.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::time::Duration;

use common::{Client, Hello, WillSpec, client_id, mailbox, patiently, relay};
use mqtt_protocol_core::mqtt::{
    packet::{SessionExpiryInterval, WillDelayInterval, v5_0},
    result_code::{DisconnectReasonCode, PubackReasonCode},
};

#[tokio::test]
async fn the_same_client_id_takes_the_session_over_and_the_old_connection_is_told() {
    let relay = relay().await;
    let (topic, id) = (mailbox(), client_id());
    let (mut old, _) = Client::resume(relay.local_addr(), &id, 3_600).await;
    old.subscribe(&topic).await;
    let (mut new, present) = Client::resume(relay.local_addr(), &id, 3_600).await;
    assert!(present);
    let (reason, _) = old.closed().await;
    assert_eq!(reason, Some(DisconnectReasonCode::SessionTakenOver));
    let mut writer = Client::connect(relay.local_addr()).await;
    assert_eq!(writer.publish(&topic, "for the new one").await, None);
    assert_eq!(new.text().await, "for the new one");
    new.expect_silence().await;
    relay.shutdown().await;
}

#[tokio::test]
async fn a_takeover_resends_what_the_old_connection_had_not_acknowledged() {
    let relay = relay().await;
    let (topic, id) = (mailbox(), client_id());
    let (mut old, _) = Client::resume(relay.local_addr(), &id, 3_600).await;
    old.subscribe(&topic).await;
    let mut writer = Client::connect(relay.local_addr()).await;
    writer.publish(&topic, "unacknowledged").await;
    old.message().await;
    let (mut new, _) = Client::resume(relay.local_addr(), &id, 3_600).await;
    let message = new.message().await;
    assert!(message.dup());
    assert_eq!(message.payload().as_slice(), b"unacknowledged");
    relay.shutdown().await;
}

#[tokio::test]
async fn a_clean_start_forgets_subscriptions_and_messages() {
    let relay = relay().await;
    let (topic, id) = (mailbox(), client_id());
    let (mut client, _) = Client::resume(relay.local_addr(), &id, 3_600).await;
    client.subscribe(&topic).await;
    client.leave().await;
    let mut writer = Client::connect(relay.local_addr()).await;
    writer.publish(&topic, "forgotten").await;
    let mut hello = Hello::persistent(&id, 3_600);
    hello.clean_start = true;
    let (mut client, present) = Client::accepted(relay.local_addr(), &hello).await;
    assert!(!present);
    client.expect_silence().await;
    assert_eq!(
        writer.publish(&topic, "x").await,
        Some(PubackReasonCode::NoMatchingSubscribers)
    );
    relay.shutdown().await;
}

#[tokio::test]
async fn a_session_without_expiry_ends_with_its_connection() {
    let relay = relay().await;
    let (topic, id) = (mailbox(), client_id());
    let (mut client, _) = Client::resume(relay.local_addr(), &id, 0).await;
    client.subscribe(&topic).await;
    client.leave().await;
    let (_client, present) = Client::resume(relay.local_addr(), &id, 0).await;
    assert!(!present);
    relay.shutdown().await;
}

#[tokio::test]
async fn an_absent_session_ends_when_its_time_has_passed() {
    let relay = relay().await;
    let (topic, id) = (mailbox(), client_id());
    let (mut client, _) = Client::resume(relay.local_addr(), &id, 1).await;
    client.subscribe(&topic).await;
    let mut writer = Client::connect(relay.local_addr()).await;
    assert_eq!(writer.publish(&topic, "there").await, None);
    client.vanish();
    patiently("the session to end", async {
        while writer.publish(&topic, "still there?").await.is_none() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let (_client, present) = Client::resume(relay.local_addr(), &id, 1).await;
    assert!(!present);
    relay.shutdown().await;
}

#[tokio::test]
async fn a_goodbye_can_shorten_the_session() {
    let relay = relay().await;
    let id = client_id();
    let (mut client, _) = Client::resume(relay.local_addr(), &id, 3_600).await;
    client.subscribe(&mailbox()).await;
    let goodbye = v5_0::Disconnect::builder()
        .reason_code(DisconnectReasonCode::NormalDisconnection)
        .props(vec![SessionExpiryInterval::new(0).unwrap().into()])
        .build()
        .unwrap();
    client.send(goodbye).await;
    client.closed().await;
    let (_client, present) = Client::resume(relay.local_addr(), &id, 3_600).await;
    assert!(!present);
    relay.shutdown().await;
}

/// A reader of `topic`, and a client whose Will goes there.
async fn with_will(
    relay: &discordopus_relay::Relay,
    hello: Hello,
    topic: &str,
) -> (Client, Client) {
    let mut reader = Client::connect(relay.local_addr()).await;
    reader.subscribe(topic).await;
    let (client, _) = Client::accepted(relay.local_addr(), &hello).await;
    (reader, client)
}

#[tokio::test]
async fn a_lost_connection_publishes_the_will() {
    let relay = relay().await;
    let topic = mailbox();
    let hello = Hello::passing().with_will(WillSpec::new(&topic, b"gone"));
    let (mut reader, client) = with_will(&relay, hello, &topic).await;
    client.vanish();
    assert_eq!(reader.text().await, "gone");
    relay.shutdown().await;
}

#[tokio::test]
async fn breaking_a_rule_publishes_the_will() {
    let relay = relay().await;
    let topic = mailbox();
    let hello = Hello::passing().with_will(WillSpec::new(&topic, b"thrown out"));
    let (mut reader, mut client) = with_will(&relay, hello, &topic).await;
    client.send_bytes(vec![0xff, 0xff, 0xff, 0xff, 0xff]).await;
    assert_eq!(reader.text().await, "thrown out");
    relay.shutdown().await;
}

#[tokio::test]
async fn a_silent_client_is_disconnected_and_its_will_published() {
    let relay = relay().await;
    let topic = mailbox();
    let mut hello = Hello::passing().with_will(WillSpec::new(&topic, b"silent"));
    hello.keep_alive = 1;
    let (mut reader, mut client) = with_will(&relay, hello, &topic).await;
    let (reason, _) = client.closed().await;
    assert_eq!(reason, Some(DisconnectReasonCode::KeepAliveTimeout));
    assert_eq!(reader.text().await, "silent");
    relay.shutdown().await;
}

#[tokio::test]
async fn a_client_that_pings_is_not_silent() {
    let relay = relay().await;
    let topic = mailbox();
    // Two clients with the same short keep-alive: the silent one's end shows that the time has passed for both.
    let mut hello = Hello::passing();
    hello.keep_alive = 1;
    let (mut alive, _) = Client::accepted(relay.local_addr(), &hello).await;
    let hello = Hello {
        keep_alive: 1,
        ..Hello::passing()
    }
    .with_will(WillSpec::new(&topic, b"silent"));
    let (mut reader, _silent) = with_will(&relay, hello, &topic).await;
    let mut ended = std::pin::pin!(reader.text());
    loop {
        tokio::select! {
            text = &mut ended => {
                assert_eq!(text, "silent");
                break;
            }
            () = async {
                alive.ping().await;
                tokio::time::sleep(Duration::from_millis(20)).await;
            } => {}
        }
    }
    alive.ping().await;
    relay.shutdown().await;
}

#[tokio::test]
async fn a_goodbye_keeps_the_will_unsaid_unless_it_asks_for_it() {
    let relay = relay().await;
    let topic = mailbox();
    for (reason, said) in [
        (DisconnectReasonCode::NormalDisconnection, false),
        (DisconnectReasonCode::DisconnectWithWillMessage, true),
    ] {
        let hello = Hello::passing().with_will(WillSpec::new(&topic, b"will"));
        let (mut reader, mut client) = with_will(&relay, hello, &topic).await;
        let goodbye = v5_0::Disconnect::builder()
            .reason_code(reason)
            .build()
            .unwrap();
        client.send(goodbye).await;
        // The relay closes after it has decided about the Will.
        client.closed().await;
        if said {
            assert_eq!(reader.text().await, "will");
        }
        reader.expect_silence().await;
    }
    relay.shutdown().await;
}

#[tokio::test]
async fn a_delayed_will_waits_and_a_return_cancels_it() {
    let relay = relay().await;
    let topic = mailbox();
    let will = |text: &[u8], seconds| WillSpec {
        properties: vec![WillDelayInterval::new(seconds).unwrap().into()],
        ..WillSpec::new(&topic, text)
    };
    let returning = client_id();
    let hello = Hello::persistent(&returning, 3_600).with_will(will(b"never said", 1));
    let (mut reader, client) = with_will(&relay, hello, &topic).await;
    client.vanish();
    let (_back, present) = Client::resume(relay.local_addr(), &returning, 3_600).await;
    assert!(present);
    // This one stays away; its later Will also shows that the first one's time is over.
    let hello = Hello::persistent(&client_id(), 3_600).with_will(will(b"away", 2));
    let (away, _) = Client::accepted(relay.local_addr(), &hello).await;
    away.vanish();
    reader.ping().await;
    assert_eq!(reader.text().await, "away");
    reader.expect_silence().await;
    relay.shutdown().await;
}

#[tokio::test]
async fn a_will_waits_for_an_absent_reader_like_any_message() {
    let relay = relay().await;
    let (topic, id) = (mailbox(), client_id());
    let (mut reader, _) = Client::resume(relay.local_addr(), &id, 3_600).await;
    reader.subscribe(&topic).await;
    reader.leave().await;
    let hello = Hello::passing();
    let mut witness = Client::connect(relay.local_addr()).await;
    witness.subscribe(&topic).await;
    let (client, _) = Client::accepted(
        relay.local_addr(),
        &hello.with_will(WillSpec::new(&topic, b"gone")),
    )
    .await;
    client.vanish();
    assert_eq!(witness.text().await, "gone");
    let (mut reader, _) = Client::resume(relay.local_addr(), &id, 3_600).await;
    assert_eq!(reader.text().await, "gone");
    relay.shutdown().await;
}

#[tokio::test]
async fn a_stopping_relay_says_so_and_publishes_no_wills() {
    let folder = tempfile::tempdir().unwrap();
    let relay = common::relay_in(folder.path(), discordopus_relay::Limits::default()).await;
    let (topic, id) = (mailbox(), client_id());
    let (mut reader, _) = Client::resume(relay.local_addr(), &id, 3_600).await;
    reader.subscribe(&topic).await;
    let hello = Hello::passing().with_will(WillSpec::new(&topic, b"not said"));
    let (mut client, _) = Client::accepted(relay.local_addr(), &hello).await;
    let (_, (reason, frame)) = tokio::join!(relay.shutdown(), client.closed());
    assert_eq!(reason, Some(DisconnectReasonCode::ServerShuttingDown));
    assert_eq!(u16::from(frame.unwrap().code), 1001);
    let relay = common::relay_in(folder.path(), discordopus_relay::Limits::default()).await;
    let (mut reader, present) = Client::resume(relay.local_addr(), &id, 3_600).await;
    assert!(present);
    reader.expect_silence().await;
    relay.shutdown().await;
}
