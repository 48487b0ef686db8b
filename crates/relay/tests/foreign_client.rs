//! A standard MQTT 5 client library that knows nothing of this project works within the rules.
//!
//! The library speaks MQTT over a byte stream; a pipe of a few lines carries its bytes in WebSocket frames.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::{net::SocketAddr, time::Duration};

use common::{client_id, mailbox, patiently, relay_in};
use discordopus_relay::Limits;
use futures::{SinkExt as _, StreamExt as _};
use rumqttc::v5::{
    AsyncClient, ConnectionError, Event, EventLoop, MqttOptions,
    mqttbytes::{
        QoS,
        v5::{ConnectReturnCode, LastWill, Packet, PubAckReason, SubscribeReasonCode},
    },
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest as _, http::HeaderValue},
};

/// A TCP port whose connections come out as WebSockets at the relay.
async fn pipe(relay: SocketAddr) -> u16 {
    let listener = TcpListener::bind(common::loopback()).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(carry(stream, relay));
        }
    });
    port
}

async fn carry(mut stream: TcpStream, relay: SocketAddr) {
    let mut request = format!("ws://{relay}/mqtt").into_client_request().unwrap();
    request
        .headers_mut()
        .insert("sec-websocket-protocol", HeaderValue::from_static("mqtt"));
    let Ok((mut socket, _)) = connect_async(request).await else {
        return;
    };
    let mut buffer = [0; 4_096];
    loop {
        tokio::select! {
            read = stream.read(&mut buffer) => match read {
                Ok(0) | Err(_) => break,
                Ok(length) => {
                    let frame = Message::Binary(buffer[..length].to_vec().into());
                    if socket.send(frame).await.is_err() {
                        break;
                    }
                }
            },
            frame = socket.next() => match frame {
                Some(Ok(Message::Binary(bytes))) => {
                    if stream.write_all(&bytes).await.is_err() {
                        break;
                    }
                }
                Some(Ok(_)) => {}
                None | Some(Err(_)) => break,
            },
        }
    }
}

fn options(id: &str, port: u16) -> MqttOptions {
    let mut options = MqttOptions::new(id, "127.0.0.1", port);
    options.set_keep_alive(Duration::from_secs(30));
    options.set_clean_start(false);
    options.set_session_expiry_interval(Some(3_600));
    options
}

/// The next packet the library received for which `pick` answers.
async fn next<T>(events: &mut EventLoop, pick: impl Fn(&Packet) -> Option<T>) -> T {
    patiently("the foreign client", async {
        loop {
            if let Event::Incoming(packet) = events.poll().await.expect("connection holds")
                && let Some(value) = pick(&packet)
            {
                return value;
            }
        }
    })
    .await
}

async fn connected(events: &mut EventLoop) -> bool {
    next(events, |packet| match packet {
        Packet::ConnAck(ack) => {
            assert_eq!(ack.code, ConnectReturnCode::Success);
            Some(ack.session_present)
        }
        _ => None,
    })
    .await
}

async fn message(events: &mut EventLoop) -> String {
    next(events, |packet| match packet {
        Packet::Publish(publish) => Some(String::from_utf8(publish.payload.to_vec()).unwrap()),
        _ => None,
    })
    .await
}

async fn acknowledged(events: &mut EventLoop) -> PubAckReason {
    next(events, |packet| match packet {
        Packet::PubAck(ack) => Some(ack.reason),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn a_foreign_client_subscribes_publishes_and_finds_what_it_missed() {
    let folder = tempfile::tempdir().unwrap();
    let relay = relay_in(folder.path(), Limits::default()).await;
    let port = pipe(relay.local_addr()).await;
    let (topic, id) = (mailbox(), client_id());

    let (reader, mut reading) = AsyncClient::new(options(&id, port), 10);
    assert!(!connected(&mut reading).await);
    reader.subscribe(&topic, QoS::AtLeastOnce).await.unwrap();
    let granted = next(&mut reading, |packet| match packet {
        Packet::SubAck(ack) => Some(ack.return_codes.clone()),
        _ => None,
    })
    .await;
    assert_eq!(granted, [SubscribeReasonCode::Success(QoS::AtLeastOnce)]);

    let (writer, mut writing) = AsyncClient::new(options(&client_id(), port), 10);
    connected(&mut writing).await;
    writer
        .publish(&topic, QoS::AtLeastOnce, false, "live")
        .await
        .unwrap();
    assert_eq!(acknowledged(&mut writing).await, PubAckReason::Success);
    assert_eq!(message(&mut reading).await, "live");

    // Away without a word, and back.
    drop((reader, reading));
    for text in ["one", "two", "three"] {
        writer
            .publish(&topic, QoS::AtLeastOnce, false, text)
            .await
            .unwrap();
        assert_eq!(acknowledged(&mut writing).await, PubAckReason::Success);
    }
    let (_reader, mut reading) = AsyncClient::new(options(&id, port), 10);
    assert!(connected(&mut reading).await);
    let mut texts = Vec::new();
    while texts.last().is_none_or(|text| text != "three") {
        texts.push(message(&mut reading).await);
    }
    // At least once: the message before the break may come again.
    texts.retain(|text| text != "live");
    assert_eq!(texts, ["one", "two", "three"]);
    relay.shutdown().await;
}

#[tokio::test]
async fn a_foreign_client_learns_of_the_rules_in_its_own_words() {
    let folder = tempfile::tempdir().unwrap();
    let relay = relay_in(folder.path(), Limits::default()).await;
    let port = pipe(relay.local_addr()).await;
    let (client, mut events) = AsyncClient::new(options(&client_id(), port), 10);
    connected(&mut events).await;
    client.subscribe("#", QoS::AtLeastOnce).await.unwrap();
    let refused = next(&mut events, |packet| match packet {
        Packet::SubAck(ack) => Some(ack.return_codes.clone()),
        _ => None,
    })
    .await;
    assert_eq!(
        refused,
        [SubscribeReasonCode::WildcardSubscriptionsNotSupported]
    );
    client
        .publish(mailbox(), QoS::AtLeastOnce, false, "x")
        .await
        .unwrap();
    assert_eq!(
        acknowledged(&mut events).await,
        PubAckReason::NoMatchingSubscribers
    );

    let mut with_will = options(&client_id(), port);
    with_will.set_last_will(LastWill::new(
        "not/a/mailbox",
        "x",
        QoS::AtLeastOnce,
        false,
        None,
    ));
    let (_client, mut events) = AsyncClient::new(with_will, 10);
    let refused = patiently("the refusal", async {
        loop {
            if let Err(error) = events.poll().await {
                return error;
            }
        }
    })
    .await;
    assert!(
        matches!(
            refused,
            ConnectionError::ConnectionRefused(ConnectReturnCode::TopicNameInvalid)
        ),
        "{refused:?}"
    );
    relay.shutdown().await;
}

#[tokio::test]
async fn a_foreign_clients_will_is_published_when_it_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let relay = relay_in(folder.path(), Limits::default()).await;
    let port = pipe(relay.local_addr()).await;
    let topic = mailbox();
    let (reader, mut reading) = AsyncClient::new(options(&client_id(), port), 10);
    connected(&mut reading).await;
    reader.subscribe(&topic, QoS::AtLeastOnce).await.unwrap();
    next(&mut reading, |packet| {
        matches!(packet, Packet::SubAck(_)).then_some(())
    })
    .await;
    let mut with_will = options(&client_id(), port);
    with_will.set_last_will(LastWill::new(&topic, "gone", QoS::AtLeastOnce, false, None));
    let (lost, mut losing) = AsyncClient::new(with_will, 10);
    connected(&mut losing).await;
    drop((lost, losing));
    assert_eq!(message(&mut reading).await, "gone");
    relay.shutdown().await;
}
