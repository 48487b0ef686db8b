//! The wire: packets in frames, oversized, damaged, too early, and in the wrong dress.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{
    Client, Hello, Incoming, WillSpec, client_id, mailbox, publish_packet, relay, relay_with,
};
use discordopus_relay::Limits;
use mqtt_protocol_core::mqtt::{
    packet::{MaximumPacketSize, Packet, SubEntry, SubOpts, TopicAliasMaximum, v3_1_1, v5_0},
    result_code::{ConnectReasonCode, DisconnectReasonCode},
};

#[tokio::test]
async fn a_packet_id_of_zero_is_a_protocol_error() {
    let relay = relay().await;
    for mut bytes in [
        publish_packet(&mailbox(), b"x", Some(1), Vec::new()).to_continuous_buffer(),
        v5_0::Subscribe::builder()
            .packet_id(1u16)
            .entries(vec![SubEntry::new(mailbox(), SubOpts::new()).unwrap()])
            .build()
            .unwrap()
            .to_continuous_buffer(),
    ] {
        let position = bytes.windows(2).position(|pair| pair == [0, 1]).unwrap();
        bytes[position + 1] = 0;
        let mut client = Client::connect(relay.local_addr()).await;
        client.send_bytes(bytes).await;
        let (reason, _) = client.closed().await;
        assert_eq!(reason, Some(DisconnectReasonCode::ProtocolError));
    }
    relay.shutdown().await;
}

#[tokio::test]
async fn an_older_protocol_is_told_so() {
    let relay = relay().await;
    let mut client = Client::open(relay.local_addr()).await;
    let connect = v3_1_1::Connect::builder()
        .client_id("x")
        .unwrap()
        .build()
        .unwrap();
    client.send(connect).await;
    match client.next().await {
        Incoming::Packet(Packet::V5_0Connack(connack)) => assert_eq!(
            connack.reason_code(),
            ConnectReasonCode::UnsupportedProtocolVersion
        ),
        other => panic!("{other:?}"),
    }
    client.closed().await;
    relay.shutdown().await;
}

#[tokio::test]
async fn a_packet_over_the_limit_ends_the_connection_and_says_why() {
    let relay = relay().await;
    let topic = mailbox();
    // Up to the limit is fine.
    let mut reader = Client::connect(relay.local_addr()).await;
    reader.subscribe(&topic).await;
    let mut writer = Client::connect(relay.local_addr()).await;
    let overhead = publish_packet(&topic, &[0; 60_000], Some(1), Vec::new()).size() - 60_000;
    let largest = vec![7; 65_536 - overhead];
    assert_eq!(
        writer.publish_with(&topic, &largest, Vec::new()).await,
        None
    );
    assert_eq!(reader.message().await.payload().as_slice(), largest);
    // A byte more is not, neither inside a frame the socket takes nor in one it refuses.
    for size in [largest.len() + 1, 200_000] {
        let mut client = Client::connect(relay.local_addr()).await;
        let packet = publish_packet(&topic, &vec![7; size], Some(1), Vec::new());
        // The relay may close before everything was sent.
        let _ = client.try_send_bytes(packet.to_continuous_buffer()).await;
        let (reason, frame) = client.closed().await;
        assert_eq!(reason, Some(DisconnectReasonCode::PacketTooLarge), "{size}");
        assert_eq!(
            u16::from(frame.expect("a close frame").code),
            1009,
            "{size}"
        );
    }
    reader.expect_silence().await;
    relay.shutdown().await;
}

#[tokio::test]
async fn packets_may_be_split_and_joined_across_frames() {
    let relay = relay().await;
    let topic = mailbox();
    let mut client = Client::connect(relay.local_addr()).await;
    client.subscribe(&topic).await;
    let mut bytes = Vec::new();
    for id in 100..110 {
        bytes.extend(publish_packet(&topic, b"x", Some(id), Vec::new()).to_continuous_buffer());
    }
    for piece in bytes.chunks(7) {
        client.send_bytes(piece.to_vec()).await;
    }
    client.send_bytes(bytes).await;
    for _ in 0..20 {
        assert_eq!(client.text().await, "x");
    }
    relay.shutdown().await;
}

#[tokio::test]
async fn text_frames_are_not_mqtt() {
    let relay = relay().await;
    let mut client = Client::connect(relay.local_addr()).await;
    client.send_text("hello").await;
    let (reason, frame) = client.closed().await;
    assert_eq!(reason, Some(DisconnectReasonCode::ProtocolError));
    assert_eq!(u16::from(frame.unwrap().code), 1003);
    relay.shutdown().await;
}

#[tokio::test]
async fn a_socket_without_the_subprotocol_is_not_opened() {
    let relay = relay().await;
    for subprotocol in [None, Some("chat")] {
        assert!(
            Client::try_open(relay.local_addr(), subprotocol)
                .await
                .is_err()
        );
    }
    relay.shutdown().await;
}

#[tokio::test]
async fn nothing_happens_before_connect_and_waiting_for_it_has_an_end() {
    let relay = relay_with(Limits {
        connect_timeout: std::time::Duration::from_millis(50),
        ..Limits::default()
    })
    .await;
    let topic = mailbox();
    let mut reader = Client::connect(relay.local_addr()).await;
    reader.subscribe(&topic).await;
    let mut early = Client::open(relay.local_addr()).await;
    early
        .send(publish_packet(&topic, b"x", None, Vec::new()))
        .await;
    early.closed().await;
    reader.expect_silence().await;
    let mut silent = Client::open(relay.local_addr()).await;
    silent.closed().await;
    relay.shutdown().await;
}

#[tokio::test]
async fn damaged_packets_end_their_own_connection_and_nothing_else() {
    let relay = relay_with(Limits {
        max_connections_per_address: 10_000,
        ..Limits::default()
    })
    .await;
    let topic = mailbox();
    let mut witness = Client::connect(relay.local_addr()).await;
    witness.subscribe(&topic).await;
    let seeds = [
        publish_packet(&topic, b"payload", Some(1), Vec::new()).to_continuous_buffer(),
        v5_0::Subscribe::builder()
            .packet_id(1u16)
            .entries(vec![SubEntry::new(mailbox(), SubOpts::new()).unwrap()])
            .build()
            .unwrap()
            .to_continuous_buffer(),
        v5_0::Disconnect::builder()
            .reason_code(DisconnectReasonCode::DisconnectWithWillMessage)
            .build()
            .unwrap()
            .to_continuous_buffer(),
        Hello::persistent(&client_id(), 5)
            .with_will(WillSpec::new(&topic, b"w"))
            .bytes(),
    ];
    // A linear congruential generator: the same damage in every run.
    let mut state = 0x5eed_u64;
    let mut random = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for round in 0..400 {
        let mut bytes = seeds[round % seeds.len()].clone();
        for _ in 0..=random(3) {
            let position = random(bytes.len());
            bytes[position] = u8::try_from(random(256)).unwrap();
        }
        if random(4) == 0 {
            bytes.truncate(random(bytes.len()) + 1);
        }
        let mut client = if round % seeds.len() == 3 {
            Client::open(relay.local_addr()).await
        } else {
            Client::connect(relay.local_addr()).await
        };
        let _ = client.try_send_bytes(bytes).await;
        client.vanish();
    }
    // Whatever damaged publishes still meant this mailbox may arrive; the relay must be alive and honest after them.
    witness.publish(&topic, "still here").await;
    while witness.text_lossy().await != "still here" {}
    relay.shutdown().await;
}

#[tokio::test]
async fn a_client_without_use_for_topic_aliases_may_say_so() {
    let relay = relay().await;
    let topic = mailbox();
    for maximum in [0, 10] {
        let mut hello = Hello::passing();
        hello.properties = vec![TopicAliasMaximum::new(maximum).unwrap().into()];
        let (mut client, _) = Client::accepted(relay.local_addr(), &hello).await;
        client.subscribe(&topic).await;
        assert_eq!(client.publish(&topic, "heard").await, None);
        assert_eq!(client.text().await, "heard");
    }
    relay.shutdown().await;
}

#[tokio::test]
async fn a_client_that_takes_no_packet_worth_the_name_is_let_go() {
    let relay = relay().await;
    let mut hello = Hello::passing();
    hello.properties = vec![MaximumPacketSize::new(3).unwrap().into()];
    let mut client = Client::open(relay.local_addr()).await;
    client.send_bytes(hello.bytes()).await;
    client.closed().await;
    relay.shutdown().await;
}
