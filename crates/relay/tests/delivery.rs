//! Messages get where they belong: at once, later, once, in order, and not after their time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{Client, Hello, mailbox, publish_packet, relay};
use mqtt_protocol_core::mqtt::{
    packet::{Property, Qos, SubOpts, v5_0},
    result_code::PubackReasonCode,
};

#[tokio::test]
async fn what_is_published_reaches_the_subscriber_and_the_publisher_is_told() {
    let relay = relay().await;
    let topic = mailbox();
    let mut reader = Client::connect(relay.local_addr()).await;
    reader.subscribe(&topic).await;
    let mut writer = Client::connect(relay.local_addr()).await;
    assert_eq!(writer.publish(&topic, "sealed").await, None);
    let message = reader.message().await;
    assert_eq!(message.topic_name(), topic);
    assert_eq!(message.payload().as_slice(), b"sealed");
    assert_eq!(message.qos(), Qos::AtLeastOnce);
    assert!(!message.dup());
    relay.shutdown().await;
}

#[tokio::test]
async fn a_client_hears_its_own_publishes_unless_it_asked_not_to() {
    let relay = relay().await;
    let (echoed, silent) = (mailbox(), mailbox());
    let mut client = Client::connect(relay.local_addr()).await;
    client.subscribe(&echoed).await;
    let options = SubOpts::new().set_qos(Qos::AtLeastOnce).set_nl(true);
    client.try_subscribe_with(&[&silent], options).await;
    assert_eq!(client.publish(&echoed, "to myself").await, None);
    assert_eq!(client.text().await, "to myself");
    assert_eq!(
        client.publish(&silent, "to nobody").await,
        Some(PubackReasonCode::NoMatchingSubscribers)
    );
    client.expect_silence().await;
    relay.shutdown().await;
}

#[tokio::test]
async fn a_join_mailbox_with_several_subscribers_reaches_all_of_them_and_nobody_else() {
    let relay = relay().await;
    let topic = mailbox();
    let mut readers = Vec::new();
    for _ in 0..3 {
        let mut reader = Client::connect(relay.local_addr()).await;
        reader.subscribe(&topic).await;
        readers.push(reader);
    }
    let mut bystander = Client::connect(relay.local_addr()).await;
    bystander.subscribe(&mailbox()).await;
    let mut writer = Client::connect(relay.local_addr()).await;
    for number in 0..10 {
        assert_eq!(writer.publish(&topic, &number.to_string()).await, None);
    }
    for reader in &mut readers {
        for number in 0..10 {
            assert_eq!(reader.text().await, number.to_string());
        }
    }
    bystander.expect_silence().await;
    relay.shutdown().await;
}

#[tokio::test]
async fn a_publish_nobody_subscribes_is_answered_with_no_matching_subscribers() {
    let relay = relay().await;
    let mut writer = Client::connect(relay.local_addr()).await;
    assert_eq!(
        writer.publish(&mailbox(), "x").await,
        Some(PubackReasonCode::NoMatchingSubscribers)
    );
    relay.shutdown().await;
}

#[tokio::test]
async fn an_absent_subscriber_finds_its_messages_once_and_in_order() {
    let relay = relay().await;
    let (topic, id) = (mailbox(), common::client_id());
    let (mut reader, present) = Client::resume(relay.local_addr(), &id, 3_600).await;
    assert!(!present);
    reader.subscribe(&topic).await;
    reader.leave().await;
    let mut writer = Client::connect(relay.local_addr()).await;
    for number in 0..200 {
        assert_eq!(writer.publish(&topic, &number.to_string()).await, None);
    }
    let (mut reader, present) = Client::resume(relay.local_addr(), &id, 3_600).await;
    assert!(present);
    for number in 0..200 {
        assert_eq!(reader.text().await, number.to_string());
    }
    reader.leave().await;
    let (mut reader, present) = Client::resume(relay.local_addr(), &id, 3_600).await;
    assert!(present);
    reader.expect_silence().await;
    relay.shutdown().await;
}

#[tokio::test]
async fn a_live_only_message_is_not_kept_for_the_absent() {
    let relay = relay().await;
    let (topic, id) = (mailbox(), common::client_id());
    let (mut reader, _) = Client::resume(relay.local_addr(), &id, 3_600).await;
    reader.subscribe(&topic).await;
    let mut writer = Client::connect(relay.local_addr()).await;
    writer
        .send(publish_packet(&topic, b"live", None, Vec::new()))
        .await;
    let message = reader.message().await;
    assert_eq!(message.qos(), Qos::AtMostOnce);
    assert_eq!(message.packet_id(), None);
    reader.leave().await;
    writer
        .send(publish_packet(&topic, b"missed", None, Vec::new()))
        .await;
    assert_eq!(writer.publish(&topic, "kept").await, None);
    let (mut reader, _) = Client::resume(relay.local_addr(), &id, 3_600).await;
    assert_eq!(reader.text().await, "kept");
    reader.expect_silence().await;
    relay.shutdown().await;
}

#[tokio::test]
async fn what_was_not_acknowledged_comes_again_marked_as_such() {
    let relay = relay().await;
    let (topic, id) = (mailbox(), common::client_id());
    let (mut reader, _) = Client::resume(relay.local_addr(), &id, 3_600).await;
    reader.subscribe(&topic).await;
    let mut writer = Client::connect(relay.local_addr()).await;
    for text in ["one", "two", "three"] {
        writer.publish(&topic, text).await;
    }
    let first = reader.message().await;
    let second = reader.message().await;
    let third = reader.message().await;
    reader.acknowledge(second.packet_id().unwrap()).await;
    reader.ping().await;
    reader.vanish();
    let (mut reader, _) = Client::resume(relay.local_addr(), &id, 3_600).await;
    for before in [first, third] {
        let again = reader.message().await;
        assert!(again.dup());
        assert_eq!(again.packet_id(), before.packet_id());
        assert_eq!(again.payload(), before.payload());
        reader.acknowledge(again.packet_id().unwrap()).await;
    }
    reader.expect_silence().await;
    relay.shutdown().await;
}

#[tokio::test]
async fn no_more_is_in_flight_than_the_client_said_it_can_take() {
    use mqtt_protocol_core::mqtt::packet::ReceiveMaximum;
    let relay = relay().await;
    let topic = mailbox();
    let mut hello = Hello::passing();
    hello.properties = vec![ReceiveMaximum::new(2).unwrap().into()];
    let (mut reader, _) = Client::accepted(relay.local_addr(), &hello).await;
    reader.subscribe(&topic).await;
    let mut writer = Client::connect(relay.local_addr()).await;
    for number in 0..5 {
        writer.publish(&topic, &number.to_string()).await;
    }
    let first = reader.message().await;
    let second = reader.message().await;
    reader.expect_silence().await;
    reader.acknowledge(first.packet_id().unwrap()).await;
    let third = reader.message().await;
    assert_eq!(third.payload().as_slice(), b"2");
    reader.expect_silence().await;
    reader.acknowledge(second.packet_id().unwrap()).await;
    reader.acknowledge(third.packet_id().unwrap()).await;
    assert_eq!(reader.text().await, "3");
    assert_eq!(reader.text().await, "4");
    relay.shutdown().await;
}

#[tokio::test]
async fn a_message_is_gone_after_its_time_and_states_what_is_left_of_it_before() {
    let relay = relay().await;
    let (topic, id) = (mailbox(), common::client_id());
    let (mut reader, _) = Client::resume(relay.local_addr(), &id, 3_600).await;
    reader.subscribe(&topic).await;
    reader.leave().await;
    let mut writer = Client::connect(relay.local_addr()).await;
    writer.publish_expiring(&topic, "short", 1).await;
    writer.publish_expiring(&topic, "long", 1_000).await;
    common::patiently("the short message to expire", async {
        loop {
            let (mut late, _) = Client::resume(relay.local_addr(), &id, 3_600).await;
            let message = late.message().await;
            if message.payload().as_slice() == b"long" {
                let left = message.props().iter().find_map(|property| match property {
                    Property::MessageExpiryInterval(interval) => Some(interval.val()),
                    _ => None,
                });
                let left = left.expect("the expiry is stated");
                assert!((1..1_000).contains(&left), "{left}");
                late.acknowledge(message.packet_id().unwrap()).await;
                late.expect_silence().await;
                break;
            }
            late.vanish();
        }
    })
    .await;
    relay.shutdown().await;
}

#[tokio::test]
async fn properties_for_the_reader_pass_through_unchanged() {
    use mqtt_protocol_core::mqtt::packet::{
        ContentType, CorrelationData, ResponseTopic, UserProperty,
    };
    let relay = relay().await;
    let topic = mailbox();
    let mut reader = Client::connect(relay.local_addr()).await;
    reader.subscribe(&topic).await;
    let mut writer = Client::connect(relay.local_addr()).await;
    let properties: Vec<Property> = vec![
        ContentType::new("a").unwrap().into(),
        ResponseTopic::new(mailbox()).unwrap().into(),
        CorrelationData::new(vec![0, 255]).unwrap().into(),
        UserProperty::new("k", "1").unwrap().into(),
        UserProperty::new("k", "2").unwrap().into(),
    ];
    writer.publish_with(&topic, b"x", properties.clone()).await;
    assert_eq!(*reader.message().await.props(), properties);
    relay.shutdown().await;
}

#[tokio::test]
async fn after_unsubscribing_nothing_more_comes() {
    let relay = relay().await;
    let topic = mailbox();
    let mut client = Client::connect(relay.local_addr()).await;
    client.subscribe(&topic).await;
    for expected in [0x00, 0x11] {
        let id = client.packet_id();
        let packet = v5_0::Unsubscribe::builder()
            .packet_id(id)
            .entries([topic.as_str()])
            .unwrap()
            .build()
            .unwrap();
        client.send(packet).await;
        let reasons = client
            .wait_for("UNSUBACK", |packet| match packet {
                mqtt_protocol_core::mqtt::packet::Packet::V5_0Unsuback(unsuback) => {
                    Some(unsuback.reason_codes())
                }
                _ => None,
            })
            .await;
        assert_eq!(reasons[0] as u8, expected);
    }
    assert_eq!(
        client.publish(&topic, "x").await,
        Some(PubackReasonCode::NoMatchingSubscribers)
    );
    relay.shutdown().await;
}
