//! Quotas: a flood is slowed and loses nothing, a full queue loses its oldest, one address cannot take all places.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::time::Instant;

use common::{Client, Hello, client_id, mailbox, publish_packet, relay_with};
use discordopus_relay::Limits;
use mqtt_protocol_core::mqtt::{
    packet::{Packet, Qos},
    result_code::{ConnectReasonCode, DisconnectReasonCode, SubackReasonCode},
};

#[tokio::test]
async fn a_flood_is_read_more_slowly_and_nothing_of_it_is_lost() {
    const BURST: u32 = 50;
    const RATE: u32 = 500;
    const MESSAGES: u32 = 400;
    let relay = relay_with(Limits {
        packet_burst: BURST,
        packets_per_second: RATE,
        ..Limits::default()
    })
    .await;
    let topic = mailbox();
    let mut reader = Client::connect(relay.local_addr()).await;
    reader.subscribe(&topic).await;
    let mut flooder = Client::connect(relay.local_addr()).await;
    let started = Instant::now();
    // QoS 0, so that nothing but the relay's reading slows the sender; several packets to a frame.
    let numbers: Vec<u32> = (0..MESSAGES).collect();
    for chunk in numbers.chunks(20) {
        let mut bytes = Vec::new();
        for number in chunk {
            let packet = publish_packet(&topic, number.to_string().as_bytes(), None, Vec::new());
            bytes.extend(packet.to_continuous_buffer());
        }
        flooder.send_bytes(bytes).await;
    }
    for number in 0..MESSAGES {
        assert_eq!(reader.text().await, number.to_string());
    }
    // A lower bound, so a slow machine cannot fail it: all but the burst had to wait for their token.
    let least = f64::from(MESSAGES - BURST) / f64::from(RATE) * 0.9;
    assert!(
        started.elapsed().as_secs_f64() >= least,
        "{:?}",
        started.elapsed()
    );
    // Not cut off, and served again.
    assert_eq!(flooder.publish(&topic, "calm again").await, None);
    assert_eq!(reader.text().await, "calm again");
    relay.shutdown().await;
}

#[tokio::test]
async fn a_flood_of_one_does_not_slow_the_others() {
    let relay = relay_with(Limits {
        packet_burst: 20,
        packets_per_second: 1,
        ..Limits::default()
    })
    .await;
    let topic = mailbox();
    let mut flooder = Client::connect(relay.local_addr()).await;
    for _ in 0..200 {
        let packet = publish_packet(&mailbox(), b"x", None, Vec::new());
        flooder.send(packet).await;
    }
    let mut reader = Client::connect(relay.local_addr()).await;
    reader.subscribe(&topic).await;
    let mut writer = Client::connect(relay.local_addr()).await;
    assert_eq!(writer.publish(&topic, "through").await, None);
    assert_eq!(reader.text().await, "through");
    relay.shutdown().await;
}

#[tokio::test]
async fn a_slowed_client_still_receives() {
    let relay = relay_with(Limits {
        packet_burst: 5,
        packets_per_second: 1,
        ..Limits::default()
    })
    .await;
    let topic = mailbox();
    let mut flooder = Client::connect(relay.local_addr()).await;
    flooder.subscribe(&topic).await;
    for _ in 0..50 {
        flooder
            .send(publish_packet(&mailbox(), b"x", None, Vec::new()))
            .await;
    }
    let mut writer = Client::connect(relay.local_addr()).await;
    writer.publish(&topic, "one").await;
    assert_eq!(flooder.message().await.payload().as_slice(), b"one");
    relay.shutdown().await;
}

#[tokio::test]
async fn a_full_queue_drops_its_oldest_and_counts_them() {
    let relay = relay_with(Limits {
        max_queue_messages: 10,
        ..Limits::default()
    })
    .await;
    let (topic, id) = (mailbox(), client_id());
    let (mut reader, _) = Client::resume(relay.local_addr(), &id, 3_600).await;
    reader.subscribe(&topic).await;
    reader.leave().await;
    let mut writer = Client::connect(relay.local_addr()).await;
    for number in 0..25 {
        assert_eq!(writer.publish(&topic, &number.to_string()).await, None);
    }
    assert_eq!(common::health(&relay).await["dropped"], 15);
    let (mut reader, _) = Client::resume(relay.local_addr(), &id, 3_600).await;
    for number in 15..25 {
        assert_eq!(reader.text().await, number.to_string());
    }
    reader.expect_silence().await;
    assert_eq!(common::health(&relay).await["queued_bytes"], 0);
    relay.shutdown().await;
}

#[tokio::test]
async fn a_queue_is_limited_in_bytes_too() {
    let relay = relay_with(Limits {
        max_queue_bytes: 100_000,
        ..Limits::default()
    })
    .await;
    let (topic, id) = (mailbox(), client_id());
    let (mut reader, _) = Client::resume(relay.local_addr(), &id, 3_600).await;
    reader.subscribe(&topic).await;
    reader.leave().await;
    let mut writer = Client::connect(relay.local_addr()).await;
    for number in 0..10_u8 {
        writer
            .publish_with(&topic, &vec![number; 30_000], Vec::new())
            .await;
    }
    let (mut reader, _) = Client::resume(relay.local_addr(), &id, 3_600).await;
    for number in 7..10 {
        assert_eq!(reader.text().await.as_bytes(), vec![number; 30_000]);
    }
    reader.expect_silence().await;
    relay.shutdown().await;
}

#[tokio::test]
async fn expired_messages_make_room_before_living_ones_are_dropped() {
    let relay = relay_with(Limits {
        max_queue_messages: 4,
        ..Limits::default()
    })
    .await;
    let (topic, id) = (mailbox(), client_id());
    let (mut reader, _) = Client::resume(relay.local_addr(), &id, 3_600).await;
    reader.subscribe(&topic).await;
    reader.leave().await;
    let mut writer = Client::connect(relay.local_addr()).await;
    writer.publish(&topic, "living").await;
    for _ in 0..3 {
        writer.publish_expiring(&topic, "short", 1).await;
    }
    // A second session with the same kind of message shows when its time is over.
    let (clock_topic, clock_id) = (mailbox(), client_id());
    let (mut clock, _) = Client::resume(relay.local_addr(), &clock_id, 1).await;
    clock.subscribe(&clock_topic).await;
    clock.vanish();
    common::patiently("a second to pass", async {
        while writer.publish(&clock_topic, "x").await.is_none() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    for text in ["a", "b", "c"] {
        writer.publish(&topic, text).await;
    }
    let (mut reader, _) = Client::resume(relay.local_addr(), &id, 3_600).await;
    for text in ["living", "a", "b", "c"] {
        assert_eq!(reader.text().await, text);
    }
    relay.shutdown().await;
}

#[tokio::test]
async fn when_the_whole_relay_is_full_the_fullest_queue_pays() {
    let relay = relay_with(Limits {
        max_total_bytes: 300_000,
        ..Limits::default()
    })
    .await;
    let (modest_topic, modest_id) = (mailbox(), client_id());
    let (greedy_topic, greedy_id) = (mailbox(), client_id());
    for (topic, id) in [(&modest_topic, &modest_id), (&greedy_topic, &greedy_id)] {
        let (mut reader, _) = Client::resume(relay.local_addr(), id, 3_600).await;
        reader.subscribe(topic).await;
        reader.leave().await;
    }
    let mut writer = Client::connect(relay.local_addr()).await;
    writer.publish(&modest_topic, "kept").await;
    for _ in 0..20 {
        writer
            .publish_with(&greedy_topic, &[0; 30_000], Vec::new())
            .await;
    }
    let health = common::health(&relay).await;
    assert!(
        health["queued_bytes"].as_u64().unwrap() <= 300_000,
        "{health}"
    );
    assert!(health["dropped"].as_u64().unwrap() >= 10, "{health}");
    let (mut reader, _) = Client::resume(relay.local_addr(), &modest_id, 3_600).await;
    assert_eq!(reader.text().await, "kept");
    relay.shutdown().await;
}

#[tokio::test]
async fn a_message_larger_than_the_reader_takes_is_skipped_and_the_next_one_comes() {
    use mqtt_protocol_core::mqtt::packet::MaximumPacketSize;
    let relay = relay_with(Limits::default()).await;
    let topic = mailbox();
    let mut hello = Hello::passing();
    hello.properties = vec![MaximumPacketSize::new(200).unwrap().into()];
    let (mut reader, _) = Client::accepted(relay.local_addr(), &hello).await;
    reader.subscribe(&topic).await;
    let mut writer = Client::connect(relay.local_addr()).await;
    writer.publish_with(&topic, &[b'x'; 500], Vec::new()).await;
    writer.publish(&topic, "small").await;
    assert_eq!(reader.text().await, "small");
    relay.shutdown().await;
}

#[tokio::test]
async fn one_address_gets_its_share_of_connections() {
    let relay = relay_with(Limits {
        max_connections_per_address: 2,
        ..Limits::default()
    })
    .await;
    let _first = Client::connect(relay.local_addr()).await;
    let second = Client::connect(relay.local_addr()).await;
    assert!(
        Client::try_open(relay.local_addr(), Some("mqtt"))
            .await
            .is_err()
    );
    second.leave().await;
    common::patiently("a place", async {
        while Client::try_open(relay.local_addr(), Some("mqtt"))
            .await
            .is_err()
        {
            tokio::task::yield_now().await;
        }
    })
    .await;
    relay.shutdown().await;
}

#[tokio::test]
async fn a_mailbox_has_a_limited_number_of_subscribers() {
    let relay = relay_with(Limits {
        max_subscribers: 2,
        ..Limits::default()
    })
    .await;
    let topic = mailbox();
    let mut first = Client::connect(relay.local_addr()).await;
    first.subscribe(&topic).await;
    let mut second = Client::connect(relay.local_addr()).await;
    second.subscribe(&topic).await;
    let mut third = Client::connect(relay.local_addr()).await;
    let refused = third.try_subscribe(&[&topic], Qos::AtLeastOnce).await;
    assert_eq!(refused, [SubackReasonCode::QuotaExceeded]);
    // Who is in may renew, and who leaves makes room.
    first.subscribe(&topic).await;
    second.leave().await;
    third.subscribe(&topic).await;
    relay.shutdown().await;
}

#[tokio::test]
async fn made_up_client_ids_cannot_fill_the_relay() {
    let relay = relay_with(Limits {
        max_sessions: 3,
        ..Limits::default()
    })
    .await;
    let mut kept = Vec::new();
    for _ in 0..3 {
        let id = client_id();
        let (client, _) = Client::resume(relay.local_addr(), &id, 3_600).await;
        client.leave().await;
        kept.push(id);
    }
    let hello = Hello::persistent(&client_id(), 3_600);
    let (mut client, connack) = Client::hello(relay.local_addr(), &hello).await;
    assert_eq!(connack.reason_code(), ConnectReasonCode::QuotaExceeded);
    client.closed().await;
    let (_client, present) = Client::resume(relay.local_addr(), &kept[0], 3_600).await;
    assert!(present);
    relay.shutdown().await;
}

#[tokio::test]
async fn a_reader_that_never_reads_is_dropped_and_harms_nobody() {
    let relay = relay_with(Limits {
        write_timeout: std::time::Duration::from_millis(200),
        packet_burst: 100_000,
        max_queue_bytes: 64 * 1024 * 1024,
        ..Limits::default()
    })
    .await;
    let topic = mailbox();
    let mut deaf = Client::connect(relay.local_addr()).await;
    deaf.subscribe(&topic).await;
    let mut writer = Client::connect(relay.local_addr()).await;
    // Until the socket's buffers are full, the write has timed out and the session, which was not to be kept, is gone.
    common::patiently("the deaf reader to be given up", async {
        loop {
            let packet = publish_packet(&topic, &[0; 60_000], None, Vec::new());
            writer.send(packet).await;
            if writer.publish(&topic, "x").await.is_some() {
                break;
            }
        }
    })
    .await;
    writer.ping().await;
    relay.shutdown().await;
}

#[tokio::test]
async fn a_disconnect_behind_a_flood_is_still_obeyed() {
    let relay = relay_with(Limits {
        packet_burst: 5,
        packets_per_second: 100,
        ..Limits::default()
    })
    .await;
    let topic = mailbox();
    let mut reader = Client::connect(relay.local_addr()).await;
    reader.subscribe(&topic).await;
    let hello = Hello::passing().with_will(common::WillSpec::new(&topic, b"will"));
    let (mut flooder, _) = Client::accepted(relay.local_addr(), &hello).await;
    for _ in 0..30 {
        flooder
            .send(publish_packet(&topic, b"x", None, Vec::new()))
            .await;
    }
    let goodbye = mqtt_protocol_core::mqtt::packet::v5_0::Disconnect::builder()
        .reason_code(DisconnectReasonCode::NormalDisconnection)
        .build()
        .unwrap();
    flooder.send(Packet::from(goodbye)).await;
    flooder.closed().await;
    for _ in 0..30 {
        assert_eq!(reader.text().await, "x");
    }
    reader.expect_silence().await;
    relay.shutdown().await;
}
