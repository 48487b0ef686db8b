//! The relay adapter in a real browser, over sockets whose other end the test holds.
#![cfg(all(target_arch = "wasm32", target_os = "unknown"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use discordopus::browser::relay::Relays;
use discordopus_core::ids::{ClientId, ConnectionId, Mailbox, TransmitId};
use discordopus_core::io::{Input, RelayCommand, RelayProblem, Transmit};
use futures::channel::mpsc;
use js_sys::{Array, Function, Reflect, Uint8Array};
use mqtt_protocol_core::mqtt::packet::v5_0::{Connack, Puback, Publish, Suback};
use mqtt_protocol_core::mqtt::packet::{GenericPacketTrait, Packet, Qos};
use mqtt_protocol_core::mqtt::result_code::{
    ConnectReasonCode, PubackReasonCode, SubackReasonCode,
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const CONNECTION: ConnectionId = ConnectionId(4);
const MAILBOX: Mailbox = Mailbox([1; 16]);
const URL: &str = "ws://relay.example/mqtt";

/// MQTT's packet types, as they stand in the first byte.
const CONNECT: u8 = 0x10;
const PUBLISH_ONCE: u8 = 0x32;
const PUBACK: u8 = 0x40;
const SUBSCRIBE: u8 = 0x82;
const DISCONNECT: u8 = 0xe0;

/// Puts sockets in place of the browser's that go nowhere, until dropped.
struct Sockets {
    original: JsValue,
}

impl Sockets {
    fn new() -> Self {
        let original = js_sys::eval(
            "globalThis.sockets = [];
             const original = globalThis.WebSocket;
             globalThis.WebSocket = class extends EventTarget {
                 constructor(url, protocols) {
                     super();
                     Object.assign(this, { url, protocols, readyState: 0, protocol: '', sent: [] });
                     globalThis.sockets.push(this);
                 }
                 send(bytes) { this.sent.push(bytes.slice()); }
                 close() { this.readyState = 3; }
                 opens(protocol) {
                     Object.assign(this, { readyState: 1, protocol });
                     this.dispatchEvent(new Event('open'));
                 }
                 says(data) { this.dispatchEvent(new MessageEvent('message', { data })); }
                 breaks() {
                     this.readyState = 3;
                     this.dispatchEvent(new Event('error'));
                     this.dispatchEvent(new Event('close'));
                 }
             };
             original",
        )
        .unwrap();
        Self { original }
    }

    fn all(&self) -> Vec<Socket> {
        let sockets = Reflect::get(&js_sys::global(), &"sockets".into()).unwrap();
        Array::from(&sockets).iter().map(Socket).collect()
    }

    fn last(&self) -> Socket {
        self.all().pop().unwrap()
    }
}

impl Drop for Sockets {
    fn drop(&mut self) {
        Reflect::set(&js_sys::global(), &"WebSocket".into(), &self.original).unwrap();
    }
}

/// The other end of one socket.
struct Socket(JsValue);

impl Socket {
    fn get(&self, name: &str) -> JsValue {
        Reflect::get(&self.0, &name.into()).unwrap()
    }

    fn call(&self, name: &str, argument: &JsValue) {
        let method: Function = self.get(name).dyn_into().unwrap();
        method.call1(&self.0, argument).unwrap();
    }

    fn opens(&self) {
        self.call("opens", &"mqtt".into());
    }

    fn says(&self, packet: impl Into<Packet>) {
        let bytes = packet.into().to_continuous_buffer();
        self.call("says", &Uint8Array::from(bytes.as_slice()).buffer());
    }

    fn is_closed(&self) -> bool {
        self.get("readyState") == 3
    }

    /// The first byte of every packet that was sent.
    fn heard(&self) -> Vec<u8> {
        Array::from(&self.get("sent"))
            .iter()
            .map(|bytes| Uint8Array::new(&bytes).get_index(0))
            .collect()
    }

    fn accepts_everything(&self) {
        self.opens();
        self.says(
            Connack::builder()
                .reason_code(ConnectReasonCode::Success)
                .session_present(true)
                .build()
                .unwrap(),
        );
        let granted = vec![SubackReasonCode::GrantedQos1];
        let suback = Suback::builder().packet_id(1_u16).reason_codes(granted);
        self.says(suback.build().unwrap());
    }
}

struct Page {
    sockets: Sockets,
    relays: Relays,
    inputs: mpsc::UnboundedReceiver<Input>,
}

impl Page {
    fn new() -> Self {
        let (sender, inputs) = mpsc::unbounded();
        Self {
            sockets: Sockets::new(),
            relays: Relays::new(sender),
            inputs,
        }
    }

    fn open(&self, url: &str) {
        self.relays.command(RelayCommand::Open {
            connection: CONNECTION,
            url: url.into(),
            client: ClientId([7; 16]),
            mailboxes: vec![MAILBOX],
            will: None,
        });
    }

    fn opened() -> (Self, Socket) {
        let mut page = Self::new();
        page.open(URL);
        let socket = page.sockets.last();
        socket.accepts_everything();
        assert!(matches!(
            page.told().as_slice(),
            [Input::RelayOpened {
                connection: CONNECTION,
                session_present: true
            }]
        ));
        (page, socket)
    }

    fn told(&mut self) -> Vec<Input> {
        std::iter::from_fn(|| self.inputs.try_recv().ok()).collect()
    }

    fn ends_with(&mut self, problem: RelayProblem) {
        let told = self.told();
        assert!(
            matches!(
                told.as_slice(),
                [Input::RelayClosed { connection: CONNECTION, reason }] if *reason == problem
            ),
            "{told:?}"
        );
    }
}

fn transmit() -> Transmit {
    Transmit {
        connection: CONNECTION,
        id: TransmitId(9),
        mailbox: MAILBOX,
        bytes: vec![3; 512],
        queued: true,
        expiry_seconds: 60,
    }
}

#[wasm_bindgen_test]
fn a_connection_speaks_mqtt_and_is_open_when_it_is_subscribed() {
    let mut page = Page::new();
    page.open(URL);
    let socket = page.sockets.last();
    assert_eq!(socket.get("protocols"), "mqtt");
    let early = socket.heard();
    assert!(early.is_empty(), "sent to a socket that is not open");
    socket.accepts_everything();
    assert_eq!(socket.heard(), [CONNECT, SUBSCRIBE]);
    assert_eq!(page.told().len(), 1);
}

#[wasm_bindgen_test]
fn a_frame_goes_out_at_once_and_its_acceptance_comes_back() {
    let (mut page, socket) = Page::opened();
    page.relays.send(transmit());
    assert_eq!(socket.heard(), [CONNECT, SUBSCRIBE, PUBLISH_ONCE]);
    // The number of the answered subscription is free again.
    let puback = Puback::builder().packet_id(1_u16);
    socket.says(
        puback
            .reason_code(PubackReasonCode::Success)
            .build()
            .unwrap(),
    );
    assert!(matches!(
        page.told().as_slice(),
        [Input::RelayAccepted {
            connection: CONNECTION,
            transmit: TransmitId(9)
        }]
    ));
}

#[wasm_bindgen_test]
fn a_frame_for_a_connection_that_is_not_open_is_forgotten() {
    let mut page = Page::new();
    page.relays.send(transmit());
    page.open(URL);
    page.relays.send(transmit());
    let socket = page.sockets.last();
    socket.accepts_everything();
    assert_eq!(socket.heard(), [CONNECT, SUBSCRIBE]);
    assert_eq!(page.told().len(), 1);
}

#[wasm_bindgen_test]
fn a_received_frame_is_acknowledged_when_the_client_says_so() {
    let (mut page, socket) = Page::opened();
    let publish = Publish::builder().topic_name(MAILBOX.topic()).unwrap();
    let publish = publish
        .qos(Qos::AtLeastOnce)
        .packet_id(5_u16)
        .payload(b"frame");
    socket.says(publish.build().unwrap());
    let told = page.told();
    let [
        Input::RelayReceived {
            connection,
            receipt,
            mailbox,
            bytes,
        },
    ] = told.as_slice()
    else {
        panic!("{told:?}");
    };
    assert_eq!((*mailbox, bytes.as_slice()), (MAILBOX, &b"frame"[..]));
    assert_eq!(socket.heard(), [CONNECT, SUBSCRIBE]);
    page.relays.acknowledge(*connection, *receipt);
    assert_eq!(socket.heard(), [CONNECT, SUBSCRIBE, PUBACK]);
}

#[wasm_bindgen_test]
fn a_broken_socket_is_reported_once() {
    let (mut page, socket) = Page::opened();
    socket.call("breaks", &JsValue::UNDEFINED);
    page.ends_with(RelayProblem::Unreachable);
    page.relays.send(transmit());
    assert_eq!(socket.heard(), [CONNECT, SUBSCRIBE]);
}

#[wasm_bindgen_test]
fn a_server_that_agrees_to_no_mqtt_is_refused() {
    let mut page = Page::new();
    page.open(URL);
    let socket = page.sockets.last();
    socket.call("opens", &"".into());
    page.ends_with(RelayProblem::Refused);
    assert!(socket.is_closed());
}

#[wasm_bindgen_test]
fn a_server_that_sends_text_is_refused() {
    let (mut page, socket) = Page::opened();
    socket.call("says", &"hello".into());
    page.ends_with(RelayProblem::Refused);
    assert!(socket.is_closed());
}

#[wasm_bindgen_test]
fn an_address_that_is_none_opens_no_socket() {
    for url in ["", "relay.example", "https://relay.example/mqtt"] {
        let mut page = Page::new();
        page.open(url);
        page.ends_with(RelayProblem::BadAddress);
        assert_eq!(page.sockets.all().len(), 0, "{url}");
    }
}

#[wasm_bindgen_test]
fn a_second_wish_for_a_connection_replaces_the_first() {
    let (mut page, first) = Page::opened();
    page.open(URL);
    assert!(first.is_closed());
    // What the first one still says is nobody's any more.
    first.call("breaks", &JsValue::UNDEFINED);
    assert_eq!(page.told().len(), 0);
    page.sockets.last().accepts_everything();
    assert_eq!(page.told().len(), 1);
}

#[wasm_bindgen_test]
fn closing_says_goodbye_and_dropping_closes_what_is_left() {
    let (mut page, socket) = Page::opened();
    page.relays.close_all();
    assert_eq!(socket.heard(), [CONNECT, SUBSCRIBE, DISCONNECT]);
    assert!(socket.is_closed());
    page.ends_with(RelayProblem::Closed);

    let (page, socket) = Page::opened();
    drop(page.relays);
    assert!(socket.is_closed());
}
