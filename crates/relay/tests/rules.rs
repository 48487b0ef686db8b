//! What the relay refuses, and in which words: every rule of the exact-topic broker has its MQTT 5 reason code.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{Client, Hello, WillSpec, client_id, mailbox, publish_packet, relay};
use discordopus_relay::Limits;
use mqtt_protocol_core::mqtt::{
    packet::{
        AuthenticationMethod, Packet, Property, Qos, SubEntry, SubOpts, SubscriptionIdentifier,
        TopicAlias, v5_0,
    },
    result_code::{ConnectReasonCode, DisconnectReasonCode, PubackReasonCode, SubackReasonCode},
};

#[tokio::test]
async fn the_rules_are_announced_in_connack() {
    let relay = relay().await;
    let mut hello = Hello::persistent(&client_id(), u32::MAX);
    hello.keep_alive = 0;
    let (_client, connack) = Client::hello(relay.local_addr(), &hello).await;
    let mut found = Vec::new();
    for property in connack.props() {
        found.push(match property {
            Property::ReceiveMaximum(p) => ("receive maximum", u32::from(p.val())),
            Property::MaximumQos(p) => ("maximum QoS", u32::from(p.val())),
            Property::RetainAvailable(p) => ("retain", u32::from(p.val())),
            Property::MaximumPacketSize(p) => ("packet size", p.val()),
            Property::WildcardSubscriptionAvailable(p) => ("wildcard", u32::from(p.val())),
            Property::SubscriptionIdentifierAvailable(p) => ("identifiers", u32::from(p.val())),
            Property::SharedSubscriptionAvailable(p) => ("shared", u32::from(p.val())),
            Property::SessionExpiryInterval(p) => ("session expiry", p.val()),
            Property::ServerKeepAlive(p) => ("keep alive", u32::from(p.val())),
            other => panic!("unexpected {other:?}"),
        });
    }
    found.sort_unstable();
    assert_eq!(
        found,
        [
            ("identifiers", 0),
            ("keep alive", 300),
            ("maximum QoS", 1),
            ("packet size", 65_536),
            ("receive maximum", 64),
            ("retain", 0),
            ("session expiry", 7 * 24 * 3_600),
            ("shared", 0),
            ("wildcard", 0),
        ]
    );
    relay.shutdown().await;
}

#[tokio::test]
async fn only_mailboxes_can_be_subscribed_and_every_refusal_has_its_reason() {
    let relay = relay().await;
    let good = mailbox();
    let mut client = Client::connect(relay.local_addr()).await;
    let reasons = client
        .try_subscribe(
            &[
                "#",
                "r/+",
                "$SYS/#",
                &format!("$share/group/{good}"),
                "$SYS/broker/uptime",
                "r/tooshort",
                &format!("{good}A"),
                &good,
            ],
            Qos::ExactlyOnce,
        )
        .await;
    assert_eq!(
        reasons,
        [
            SubackReasonCode::WildcardSubscriptionsNotSupported,
            SubackReasonCode::WildcardSubscriptionsNotSupported,
            SubackReasonCode::WildcardSubscriptionsNotSupported,
            SubackReasonCode::SharedSubscriptionsNotSupported,
            SubackReasonCode::TopicFilterInvalid,
            SubackReasonCode::TopicFilterInvalid,
            SubackReasonCode::TopicFilterInvalid,
            SubackReasonCode::GrantedQos1,
        ]
    );
    // The refused ones really are not there.
    let mut writer = Client::connect(relay.local_addr()).await;
    writer.publish(&mailbox(), "for somebody else").await;
    writer.publish(&good, "for the reader").await;
    assert_eq!(client.text().await, "for the reader");
    client.expect_silence().await;
    relay.shutdown().await;
}

#[tokio::test]
async fn a_publish_to_anything_but_a_mailbox_is_refused_without_ending_the_connection() {
    let relay = relay().await;
    let mut client = Client::connect(relay.local_addr()).await;
    for topic in [
        "x",
        "$SYS/broker/uptime",
        "r/tooshort",
        "r/AAAAAAAAAAAAAAAAAAAA/A",
    ] {
        assert_eq!(
            client.publish(topic, "x").await,
            Some(PubackReasonCode::TopicNameInvalid),
            "{topic}"
        );
    }
    client.ping().await;
    relay.shutdown().await;
}

#[tokio::test]
async fn a_qos_0_publish_to_anything_but_a_mailbox_ends_the_connection() {
    let relay = relay().await;
    let mut client = Client::connect(relay.local_addr()).await;
    client
        .send(publish_packet("x", b"x", None, Vec::new()))
        .await;
    let (reason, _) = client.closed().await;
    assert_eq!(reason, Some(DisconnectReasonCode::TopicNameInvalid));
    relay.shutdown().await;
}

#[tokio::test]
async fn a_wildcard_in_a_publish_is_refused() {
    let relay = relay().await;
    let mut client = Client::connect(relay.local_addr()).await;
    let mut bytes = publish_packet("r/AAAAAAAAAAAAAAAAAAAAAA", b"x", Some(1), Vec::new())
        .to_continuous_buffer();
    let position = bytes.iter().position(|byte| *byte == b'A').unwrap();
    bytes[position] = b'#';
    client.send_bytes(bytes).await;
    assert_eq!(
        client.puback(1).await,
        Some(PubackReasonCode::TopicNameInvalid)
    );
    relay.shutdown().await;
}

#[tokio::test]
async fn what_is_not_offered_ends_the_connection_with_its_own_reason() {
    let relay = relay().await;
    let topic = mailbox();
    let publish = || {
        v5_0::Publish::builder()
            .topic_name(topic.as_str())
            .unwrap()
            .payload("x")
    };
    let subscribe = |properties: Vec<Property>| {
        let entry = SubEntry::new(topic.as_str(), SubOpts::new()).unwrap();
        v5_0::Subscribe::builder()
            .packet_id(1u16)
            .entries(vec![entry])
            .props(properties)
            .build()
            .unwrap()
    };
    let cases: Vec<(Packet, DisconnectReasonCode)> = vec![
        (
            publish()
                .qos(Qos::AtMostOnce)
                .retain(true)
                .build()
                .unwrap()
                .into(),
            DisconnectReasonCode::RetainNotSupported,
        ),
        (
            publish()
                .qos(Qos::ExactlyOnce)
                .packet_id(1u16)
                .build()
                .unwrap()
                .into(),
            DisconnectReasonCode::QosNotSupported,
        ),
        (
            publish()
                .qos(Qos::AtMostOnce)
                .props(vec![TopicAlias::new(1).unwrap().into()])
                .build()
                .unwrap()
                .into(),
            DisconnectReasonCode::TopicAliasInvalid,
        ),
        (
            subscribe(vec![SubscriptionIdentifier::new(1).unwrap().into()]).into(),
            DisconnectReasonCode::SubscriptionIdentifiersNotSupported,
        ),
        (
            v5_0::Puback::builder()
                .packet_id(9u16)
                .build()
                .unwrap()
                .into(),
            DisconnectReasonCode::ProtocolError,
        ),
        (
            v5_0::Connect::builder()
                .client_id("x")
                .unwrap()
                .build()
                .unwrap()
                .into(),
            DisconnectReasonCode::ProtocolError,
        ),
    ];
    for (packet, expected) in cases {
        let mut client = Client::connect(relay.local_addr()).await;
        client.send(packet).await;
        let (reason, _) = client.closed().await;
        assert_eq!(reason, Some(expected));
    }
    relay.shutdown().await;
}

#[tokio::test]
async fn a_will_must_keep_the_same_rules() {
    let relay = relay().await;
    let retained = WillSpec {
        retain: true,
        ..WillSpec::new(&mailbox(), b"x")
    };
    let exactly_once = WillSpec {
        qos: Qos::ExactlyOnce,
        ..WillSpec::new(&mailbox(), b"x")
    };
    for (will, expected) in [
        (
            WillSpec::new("x", b"x"),
            ConnectReasonCode::TopicNameInvalid,
        ),
        (
            WillSpec::new("#", b"x"),
            ConnectReasonCode::TopicNameInvalid,
        ),
        (
            WillSpec::new("$SYS/x", b"x"),
            ConnectReasonCode::TopicNameInvalid,
        ),
        (retained, ConnectReasonCode::RetainNotSupported),
        (exactly_once, ConnectReasonCode::QosNotSupported),
    ] {
        let hello = Hello::passing().with_will(will);
        let (mut client, connack) = Client::hello(relay.local_addr(), &hello).await;
        assert_eq!(connack.reason_code(), expected);
        client.closed().await;
    }
    relay.shutdown().await;
}

#[tokio::test]
async fn a_connect_the_relay_cannot_accept_is_told_why() {
    let relay = relay().await;
    let mut with_method = Hello::passing();
    with_method.properties = vec![AuthenticationMethod::new("SCRAM").unwrap().into()];
    let long_id = Hello::persistent(&"x".repeat(129), 0);
    for (hello, expected) in [
        (with_method, ConnectReasonCode::BadAuthenticationMethod),
        (long_id, ConnectReasonCode::ClientIdentifierNotValid),
    ] {
        let (mut client, connack) = Client::hello(relay.local_addr(), &hello).await;
        assert_eq!(connack.reason_code(), expected);
        client.closed().await;
    }
    relay.shutdown().await;
}

#[tokio::test]
async fn an_empty_client_id_is_replaced_by_one_the_session_can_be_resumed_with() {
    let relay = relay().await;
    let topic = mailbox();
    let mut hello = Hello::persistent("", 3_600);
    hello.clean_start = true;
    let (mut client, connack) = Client::hello(relay.local_addr(), &hello).await;
    let assigned = connack
        .props()
        .iter()
        .find_map(|property| match property {
            Property::AssignedClientIdentifier(id) => Some(id.val().to_owned()),
            _ => None,
        })
        .expect("an id is assigned");
    assert_eq!(assigned.len(), 22);
    client.subscribe(&topic).await;
    client.leave().await;
    let (_client, present) = Client::resume(relay.local_addr(), &assigned, 3_600).await;
    assert!(present);
    relay.shutdown().await;
}

#[tokio::test]
async fn a_session_holds_256_subscriptions_and_not_one_more() {
    let relay = relay().await;
    let mut client = Client::connect(relay.local_addr()).await;
    let topics: Vec<String> = (0..257).map(|_| mailbox()).collect();
    let topics: Vec<&str> = topics.iter().map(String::as_str).collect();
    let reasons = client.try_subscribe(&topics, Qos::AtLeastOnce).await;
    assert!(
        reasons[..256]
            .iter()
            .all(|reason| *reason == SubackReasonCode::GrantedQos1)
    );
    assert_eq!(reasons[256], SubackReasonCode::QuotaExceeded);
    // Renewing one that is there needs no room.
    let reasons = client.try_subscribe(&topics[..1], Qos::AtMostOnce).await;
    assert_eq!(reasons, [SubackReasonCode::GrantedQos0]);
    relay.shutdown().await;
}

#[tokio::test]
async fn more_unacknowledged_publishes_than_announced_end_the_connection() {
    // Over a disk an acknowledgement takes its time; the window must hold until then.
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        max_in_flight: 4,
        ..Limits::default()
    };
    let relay = common::relay_in(folder.path(), limits).await;
    let topic = mailbox();
    let (mut reader, _) = Client::resume(relay.local_addr(), &client_id(), 3_600).await;
    reader.subscribe(&topic).await;
    let mut client = Client::connect(relay.local_addr()).await;
    // One frame, so that all of them are decoded before any acknowledgement can leave.
    let mut bytes = Vec::new();
    for id in 1..=5 {
        bytes.extend(publish_packet(&topic, b"x", Some(id), Vec::new()).to_continuous_buffer());
    }
    client.send_bytes(bytes).await;
    let (reason, _) = client.closed().await;
    assert_eq!(reason, Some(DisconnectReasonCode::ReceiveMaximumExceeded));
    relay.shutdown().await;
}
