//! A relay in this process and a bare MQTT 5 client: it sends whatever a test asks for, allowed or not.

#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

mod plain;

use std::{
    collections::VecDeque,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use discordopus_relay::{Config, Limits, Relay, Storage};
use futures::{SinkExt as _, StreamExt as _};
use mqtt_protocol_core::mqtt::{
    packet::{
        GenericPacketTrait, MessageExpiryInterval, Packet, Property, Qos, SessionExpiryInterval,
        SubEntry, SubOpts, v5_0,
    },
    result_code::{ConnectReasonCode, DisconnectReasonCode, PubackReasonCode, SubackReasonCode},
};
pub use plain::{Answer, get, get_at, request};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{self, client::IntoClientRequest as _, protocol::CloseFrame},
};

/// Far longer than anything here takes; reached only when the awaited thing never comes.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A relay on a free port that forgets everything.
pub async fn relay() -> Relay {
    relay_with(Limits::default()).await
}

/// The same with other limits.
pub async fn relay_with(limits: Limits) -> Relay {
    Relay::bind(Config {
        listen: loopback(),
        limits: brisk(limits),
        ..Config::default()
    })
    .await
    .expect("relay starts")
}

/// A relay on a free port with its store in `folder`.
pub async fn relay_in(folder: &Path, limits: Limits) -> Relay {
    Relay::bind(Config {
        listen: loopback(),
        storage: Storage::Folder(folder.to_owned()),
        limits: brisk(limits),
        ..Config::default()
    })
    .await
    .expect("relay starts")
}

/// Test clients do not read while a test ends, so waiting long for their goodbye would only cost time.
fn brisk(limits: Limits) -> Limits {
    Limits {
        goodbye_timeout: Duration::from_millis(200),
        ..limits
    }
}

/// Any free port of this machine.
pub fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

static NAMES: AtomicU64 = AtomicU64::new(0);

/// A mailbox topic no other test uses.
pub fn mailbox() -> String {
    format!("r/{:022}", NAMES.fetch_add(1, Ordering::Relaxed))
}

/// A client id no other test uses.
pub fn client_id() -> String {
    format!("client-{:014}", NAMES.fetch_add(1, Ordering::Relaxed))
}

/// Awaits with [`PATIENCE`].
pub async fn patiently<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(value) => value,
        Err(_) => panic!("waited in vain for {what}"),
    }
}

/// What came in.
#[derive(Debug)]
pub enum Incoming {
    Packet(Packet),
    Closed(Option<CloseFrame>),
}

/// One MQTT connection.
pub struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Arrived while something else was awaited.
    early: VecDeque<Packet>,
    next_id: u16,
}

/// What a CONNECT says; change what a test needs.
pub struct Hello {
    pub client_id: String,
    pub clean_start: bool,
    pub expiry: u32,
    pub keep_alive: u16,
    pub properties: Vec<Property>,
    pub will: Option<WillSpec>,
}

pub struct WillSpec {
    pub topic: String,
    pub payload: Vec<u8>,
    pub qos: Qos,
    pub retain: bool,
    pub properties: Vec<Property>,
}

impl WillSpec {
    pub fn new(topic: &str, payload: &[u8]) -> Self {
        Self {
            topic: topic.to_owned(),
            payload: payload.to_owned(),
            qos: Qos::AtLeastOnce,
            retain: false,
            properties: Vec::new(),
        }
    }
}

impl Hello {
    /// A session that ends with its connection.
    pub fn passing() -> Self {
        Self::persistent(&client_id(), 0)
    }

    /// A session that is kept for `expiry` seconds and resumed if there.
    pub fn persistent(client_id: &str, expiry: u32) -> Self {
        Self {
            client_id: client_id.to_owned(),
            clean_start: false,
            expiry,
            keep_alive: 60,
            properties: Vec::new(),
            will: None,
        }
    }

    pub fn with_will(mut self, will: WillSpec) -> Self {
        self.will = Some(will);
        self
    }

    /// The CONNECT as it goes over the wire.
    pub fn bytes(&self) -> Vec<u8> {
        self.packet().to_continuous_buffer()
    }

    fn packet(&self) -> v5_0::Connect {
        let mut properties = self.properties.clone();
        if self.expiry > 0 {
            properties.push(SessionExpiryInterval::new(self.expiry).unwrap().into());
        }
        let mut builder = v5_0::Connect::builder()
            .client_id(self.client_id.as_str())
            .unwrap()
            .clean_start(self.clean_start)
            .keep_alive(self.keep_alive)
            .props(properties);
        if let Some(will) = &self.will {
            builder = builder
                .will_message(
                    will.topic.as_str(),
                    will.payload.clone(),
                    will.qos,
                    will.retain,
                )
                .unwrap()
                .will_props(will.properties.clone());
        }
        builder.build().unwrap()
    }
}

impl Client {
    /// An open WebSocket without a CONNECT.
    pub async fn open(address: SocketAddr) -> Self {
        Self::try_open(address, Some("mqtt")).await.expect("opens")
    }

    /// Tries to open a WebSocket with this subprotocol.
    pub async fn try_open(
        address: SocketAddr,
        subprotocol: Option<&'static str>,
    ) -> Result<Self, tungstenite::Error> {
        let mut request = format!("ws://{address}/mqtt").into_client_request()?;
        if let Some(subprotocol) = subprotocol {
            request.headers_mut().insert(
                "sec-websocket-protocol",
                tungstenite::http::HeaderValue::from_static(subprotocol),
            );
        }
        let (socket, _) = connect_async_with_config(request, None, true).await?;
        Ok(Self {
            socket,
            early: VecDeque::new(),
            next_id: 1,
        })
    }

    /// Opens and says hello; the answer may be a refusal.
    pub async fn hello(address: SocketAddr, hello: &Hello) -> (Self, v5_0::Connack) {
        let mut client = Self::open(address).await;
        client.send(hello.packet()).await;
        match client.next().await {
            Incoming::Packet(Packet::V5_0Connack(connack)) => (client, connack),
            other => panic!("expected CONNACK, got {other:?}"),
        }
    }

    /// A passing session.
    pub async fn connect(address: SocketAddr) -> Self {
        Self::accepted(address, &Hello::passing()).await.0
    }

    /// A session kept for `expiry` seconds; also says whether it was there before.
    pub async fn resume(address: SocketAddr, client_id: &str, expiry: u32) -> (Self, bool) {
        Self::accepted(address, &Hello::persistent(client_id, expiry)).await
    }

    /// Says hello, expects success, and tells whether the session was there before.
    pub async fn accepted(address: SocketAddr, hello: &Hello) -> (Self, bool) {
        let (client, connack) = Self::hello(address, hello).await;
        assert_eq!(connack.reason_code(), ConnectReasonCode::Success);
        let present = connack.session_present();
        (client, present)
    }

    pub async fn send(&mut self, packet: impl Into<Packet>) {
        let bytes = packet.into().to_continuous_buffer();
        self.send_bytes(bytes).await;
    }

    /// Sends one binary frame.
    pub async fn send_bytes(&mut self, bytes: Vec<u8>) {
        self.try_send_bytes(bytes).await.expect("sends");
    }

    pub async fn try_send_bytes(&mut self, bytes: Vec<u8>) -> Result<(), tungstenite::Error> {
        self.socket
            .send(tungstenite::Message::Binary(bytes.into()))
            .await
    }

    pub async fn send_text(&mut self, text: &str) {
        self.socket
            .send(tungstenite::Message::Text(text.into()))
            .await
            .expect("sends");
    }

    /// The next packet or the end.
    pub async fn next(&mut self) -> Incoming {
        if let Some(packet) = self.early.pop_front() {
            return Incoming::Packet(packet);
        }
        patiently("a packet", async {
            loop {
                match self.socket.next().await {
                    Some(Ok(tungstenite::Message::Binary(bytes))) => {
                        return Incoming::Packet(decode(&bytes));
                    }
                    Some(Ok(tungstenite::Message::Close(frame))) => return Incoming::Closed(frame),
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return Incoming::Closed(None),
                }
            }
        })
        .await
    }

    /// The next packet for which `pick` answers, keeping the others for later.
    pub async fn wait_for<T>(&mut self, what: &str, pick: impl Fn(&Packet) -> Option<T>) -> T {
        if let Some(position) = self.early.iter().position(|packet| pick(packet).is_some()) {
            return pick(&self.early.remove(position).unwrap()).unwrap();
        }
        let mut passed = VecDeque::new();
        let early = std::mem::take(&mut self.early);
        loop {
            match self.next().await {
                Incoming::Packet(packet) => match pick(&packet) {
                    Some(value) => {
                        self.early = early.into_iter().chain(passed).collect();
                        return value;
                    }
                    None => passed.push_back(packet),
                },
                Incoming::Closed(frame) => panic!("closed ({frame:?}) while waiting for {what}"),
            }
        }
    }

    /// The next message, unacknowledged.
    pub async fn message(&mut self) -> v5_0::Publish {
        self.wait_for("a message", |packet| match packet {
            Packet::V5_0Publish(publish) => Some(publish.clone()),
            _ => None,
        })
        .await
    }

    /// The next message's payload as text; acknowledged.
    pub async fn text(&mut self) -> String {
        String::from_utf8(self.bytes().await).unwrap()
    }

    /// The same for payloads that may be anything.
    pub async fn text_lossy(&mut self) -> String {
        String::from_utf8_lossy(&self.bytes().await).into_owned()
    }

    async fn bytes(&mut self) -> Vec<u8> {
        let publish = self.message().await;
        if let Some(id) = publish.packet_id() {
            self.acknowledge(id).await;
        }
        publish.payload().as_slice().to_vec()
    }

    pub async fn acknowledge(&mut self, packet_id: u16) {
        self.send(
            v5_0::Puback::builder()
                .packet_id(packet_id)
                .build()
                .unwrap(),
        )
        .await;
    }

    /// Asserts that nothing is waiting: a ping is answered before anything else arrives.
    pub async fn expect_silence(&mut self) {
        self.ping().await;
        assert!(self.early.is_empty(), "unexpected: {:?}", self.early);
    }

    /// A ping and its answer: everything the relay did before is here now.
    pub async fn ping(&mut self) {
        self.send(v5_0::Pingreq::builder().build().unwrap()).await;
        self.wait_for("PINGRESP", |packet| {
            matches!(packet, Packet::V5_0Pingresp(_)).then_some(())
        })
        .await;
    }

    pub fn packet_id(&mut self) -> u16 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }

    /// Subscribes at QoS 1 and expects success.
    pub async fn subscribe(&mut self, topic: &str) {
        let reasons = self.try_subscribe(&[topic], Qos::AtLeastOnce).await;
        assert!(reasons[0].is_success(), "{reasons:?}");
    }

    pub async fn try_subscribe(&mut self, topics: &[&str], qos: Qos) -> Vec<SubackReasonCode> {
        self.try_subscribe_with(topics, SubOpts::new().set_qos(qos))
            .await
    }

    pub async fn try_subscribe_with(
        &mut self,
        topics: &[&str],
        options: SubOpts,
    ) -> Vec<SubackReasonCode> {
        let id = self.packet_id();
        let entries: Vec<SubEntry> = topics
            .iter()
            .map(|topic| SubEntry::new(*topic, options).unwrap())
            .collect();
        let packet = v5_0::Subscribe::builder()
            .packet_id(id)
            .entries(entries)
            .build()
            .unwrap();
        self.send(packet).await;
        self.wait_for("SUBACK", |packet| match packet {
            Packet::V5_0Suback(suback) if suback.packet_id() == id => Some(suback.reason_codes()),
            _ => None,
        })
        .await
    }

    /// Publishes at QoS 1 and waits for the PUBACK; `None` stands for plain success.
    pub async fn publish(&mut self, topic: &str, payload: &str) -> Option<PubackReasonCode> {
        self.publish_with(topic, payload.as_bytes(), Vec::new())
            .await
    }

    /// The same, gone after `seconds`.
    pub async fn publish_expiring(
        &mut self,
        topic: &str,
        payload: &str,
        seconds: u32,
    ) -> Option<PubackReasonCode> {
        let expiry = MessageExpiryInterval::new(seconds).unwrap().into();
        self.publish_with(topic, payload.as_bytes(), vec![expiry])
            .await
    }

    pub async fn publish_with(
        &mut self,
        topic: &str,
        payload: &[u8],
        properties: Vec<Property>,
    ) -> Option<PubackReasonCode> {
        let id = self.packet_id();
        self.send(publish_packet(topic, payload, Some(id), properties))
            .await;
        self.puback(id).await
    }

    pub async fn puback(&mut self, id: u16) -> Option<PubackReasonCode> {
        self.wait_for("PUBACK", |packet| match packet {
            Packet::V5_0Puback(puback) if puback.packet_id() == id => Some(puback.reason_code()),
            _ => None,
        })
        .await
    }

    /// Reads until the relay closes; returns the DISCONNECT's reason and the close frame.
    pub async fn closed(&mut self) -> (Option<DisconnectReasonCode>, Option<CloseFrame>) {
        let mut reason = None;
        loop {
            match self.next().await {
                Incoming::Packet(Packet::V5_0Disconnect(disconnect)) => {
                    reason = disconnect.reason_code();
                }
                Incoming::Packet(_) => {}
                Incoming::Closed(frame) => return (reason, frame),
            }
        }
    }

    /// DISCONNECT with success, then waits for the relay to have noticed.
    pub async fn leave(mut self) {
        self.send(v5_0::Disconnect::builder().build().unwrap())
            .await;
        self.closed().await;
    }

    /// Cuts the TCP connection without a word.
    pub fn vanish(self) {
        drop(self);
    }
}

/// A PUBLISH; QoS 0 without a packet id.
pub fn publish_packet(
    topic: &str,
    payload: &[u8],
    packet_id: Option<u16>,
    properties: Vec<Property>,
) -> v5_0::Publish {
    let builder = v5_0::Publish::builder()
        .topic_name(topic)
        .unwrap()
        .props(properties)
        .payload(payload);
    match packet_id {
        Some(id) => builder.qos(Qos::AtLeastOnce).packet_id(id),
        None => builder.qos(Qos::AtMostOnce),
    }
    .build()
    .unwrap()
}

fn decode(bytes: &[u8]) -> Packet {
    let length_bytes = bytes[1..]
        .iter()
        .take_while(|byte| **byte & 0x80 != 0)
        .count()
        + 1;
    let body = &bytes[1 + length_bytes..];
    match bytes[0] >> 4 {
        2 => v5_0::Connack::parse(body).unwrap().0.into(),
        3 => v5_0::Publish::parse(bytes[0] & 0x0f, Arc::from(body))
            .unwrap()
            .0
            .into(),
        4 => v5_0::Puback::parse(body).unwrap().0.into(),
        9 => v5_0::Suback::parse(body).unwrap().0.into(),
        11 => v5_0::Unsuback::parse(body).unwrap().0.into(),
        13 => v5_0::Pingresp::parse(body).unwrap().0.into(),
        14 => v5_0::Disconnect::parse(body).unwrap().0.into(),
        kind => panic!("the relay sent packet type {kind}"),
    }
}

/// What `/healthz` says.
pub async fn health(relay: &Relay) -> serde_json::Value {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = TcpStream::connect(relay.local_addr()).await.unwrap();
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut answer = String::new();
    patiently("health", stream.read_to_string(&mut answer))
        .await
        .unwrap();
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}
