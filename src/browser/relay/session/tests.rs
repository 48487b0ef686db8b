//! The session against the codec's server side: what it sends, and what it makes of the answers.

use mqtt_protocol_core::mqtt::packet::v5_0::{
    Connack, Connect, Disconnect, Pingresp, Puback, Suback,
};
use mqtt_protocol_core::mqtt::packet::{MaximumPacketSize, Property, ReceiveMaximum};
use mqtt_protocol_core::mqtt::result_code::{ConnectReasonCode, PubackReasonCode};

use super::*;

const START: Timestamp = Timestamp(1_000_000);
const MAILBOX: Mailbox = Mailbox([1; 16]);
const OTHER: Mailbox = Mailbox([2; 16]);

/// A session and the relay at the other end of its socket.
struct Pair {
    session: Session,
    relay: Connection<role::Server>,
    now: Timestamp,
}

impl Pair {
    /// Right after the socket opened: CONNECT is on its way.
    fn connecting(mailboxes: &[Mailbox]) -> Self {
        let opening = Opening {
            client: ClientId([7; 16]),
            mailboxes: mailboxes.to_vec(),
            will: Some(Will {
                mailbox: OTHER,
                bytes: b"gone".to_vec(),
            }),
        };
        Self {
            session: Session::new(3, opening, START),
            relay: Connection::new(Version::V5_0),
            now: START,
        }
    }

    fn open() -> Self {
        Self::open_with(Vec::new())
    }

    fn open_with(properties: Vec<Property>) -> Self {
        let mut pair = Self::connecting(&[MAILBOX]);
        pair.connect();
        pair.say(connack(ConnectReasonCode::Success, false, properties));
        let id = pair.subscribe();
        pair.say(suback(id, &[SubackReasonCode::GrantedQos1]));
        assert_eq!(
            pair.reports(),
            [Report::Opened {
                session_present: false
            }]
        );
        pair
    }

    /// What the relay makes of the bytes that the session has for it.
    fn heard(&mut self) -> Vec<Packet> {
        let mut packets = Vec::new();
        while let Some(bytes) = self.session.poll_bytes() {
            let mut cursor = Cursor::new(bytes.as_slice());
            for event in self.relay.recv(&mut cursor) {
                match event {
                    GenericEvent::NotifyPacketReceived(packet) => packets.push(packet),
                    GenericEvent::NotifyError(error) => panic!("the relay refuses: {error:?}"),
                    _ => {}
                }
            }
        }
        packets
    }

    fn connect(&mut self) -> Connect {
        match self.heard().as_slice() {
            [Packet::V5_0Connect(connect)] => connect.clone(),
            other => panic!("no CONNECT: {other:?}"),
        }
    }

    fn subscribe(&mut self) -> u16 {
        match self.heard().as_slice() {
            [Packet::V5_0Subscribe(subscribe)] => subscribe.packet_id(),
            other => panic!("no SUBSCRIBE: {other:?}"),
        }
    }

    fn publishes(&mut self) -> Vec<Publish> {
        self.heard()
            .into_iter()
            .map(|packet| match packet {
                Packet::V5_0Publish(publish) => publish,
                other => panic!("no PUBLISH: {other:?}"),
            })
            .collect()
    }

    /// The relay sends a packet.
    fn say(&mut self, packet: Packet) {
        for event in self.relay.send(packet) {
            match event {
                GenericEvent::RequestSendPacket { packet, .. } => {
                    self.session
                        .receive(&packet.to_continuous_buffer(), self.now);
                }
                GenericEvent::NotifyError(error) => panic!("the relay can't say this: {error:?}"),
                _ => {}
            }
        }
    }

    fn deliver(&mut self, id: Option<u16>, topic: &str) {
        if let Some(id) = id {
            self.relay.register_packet_id(id).unwrap();
        }
        self.say(delivery(id, topic));
    }

    fn reports(&mut self) -> Vec<Report> {
        std::iter::from_fn(|| self.session.poll_report()).collect()
    }

    fn publish(&mut self, transmit: Transmit) {
        self.session.publish(transmit, self.now);
    }

    fn wait(&mut self, millis: u64) {
        self.now = self.now.plus(millis);
        self.session.timeout(self.now);
    }
}

fn connack(reason: ConnectReasonCode, present: bool, properties: Vec<Property>) -> Packet {
    Connack::builder()
        .reason_code(reason)
        .session_present(present)
        .props(properties)
        .build()
        .unwrap()
        .into()
}

fn suback(id: u16, codes: &[SubackReasonCode]) -> Packet {
    Suback::builder()
        .packet_id(id)
        .reason_codes(codes.to_vec())
        .build()
        .unwrap()
        .into()
}

fn puback(id: u16, reason: PubackReasonCode) -> Packet {
    Puback::builder()
        .packet_id(id)
        .reason_code(reason)
        .build()
        .unwrap()
        .into()
}

fn delivery(id: Option<u16>, topic: &str) -> Packet {
    let builder = Publish::builder()
        .topic_name(topic)
        .unwrap()
        .payload(b"frame");
    match id {
        Some(id) => builder.qos(Qos::AtLeastOnce).packet_id(id).build(),
        None => builder.qos(Qos::AtMostOnce).build(),
    }
    .unwrap()
    .into()
}

fn bye(reason: DisconnectReasonCode) -> Packet {
    Disconnect::builder()
        .reason_code(reason)
        .build()
        .unwrap()
        .into()
}

fn transmit(id: u64, queued: bool) -> Transmit {
    Transmit {
        connection: discordopus_core::ids::ConnectionId(1),
        id: TransmitId(id),
        mailbox: OTHER,
        bytes: vec![id as u8; 512],
        queued,
        expiry_seconds: 60,
    }
}

fn ended(problem: RelayProblem) -> [Report; 1] {
    [Report::Ended(problem)]
}

#[test]
fn the_session_is_persistent_and_its_will_is_live_only() {
    let connect = Pair::connecting(&[MAILBOX]).connect();
    assert_eq!(connect.client_id(), ClientId([7; 16]).to_string());
    assert!(!connect.clean_start());
    assert_eq!(connect.keep_alive(), 90);
    let seconds = connect.props().iter().find_map(|property| match property {
        Property::SessionExpiryInterval(seconds) => Some(seconds.val()),
        _ => None,
    });
    assert_eq!(seconds, Some(604_800));
    assert_eq!(connect.will_topic(), Some(OTHER.topic().as_str()));
    assert_eq!(connect.will_payload(), Some(&b"gone"[..]));
    assert_eq!(connect.will_qos(), Qos::AtMostOnce);
}

#[test]
fn it_is_open_only_after_the_subscription_is_granted() {
    let mut pair = Pair::connecting(&[MAILBOX, OTHER]);
    pair.connect();
    pair.say(connack(ConnectReasonCode::Success, true, Vec::new()));
    assert_eq!(pair.reports(), []);
    let id = pair.subscribe();
    pair.publish(transmit(1, true));
    assert_eq!(pair.heard(), [], "nothing is sent before it is open");
    pair.say(suback(id, &[SubackReasonCode::GrantedQos1; 2]));
    let session_present = true;
    assert_eq!(pair.reports(), [Report::Opened { session_present }]);
}

#[test]
fn with_no_mailbox_it_is_open_once_connected() {
    let mut pair = Pair::connecting(&[]);
    pair.connect();
    pair.say(connack(ConnectReasonCode::Success, false, Vec::new()));
    let session_present = false;
    assert_eq!(pair.reports(), [Report::Opened { session_present }]);
}

#[test]
fn a_refused_subscription_is_no_open_session() {
    let mut pair = Pair::connecting(&[MAILBOX, OTHER]);
    pair.connect();
    pair.say(connack(ConnectReasonCode::Success, false, Vec::new()));
    let id = pair.subscribe();
    pair.say(suback(
        id,
        &[
            SubackReasonCode::GrantedQos1,
            SubackReasonCode::NotAuthorized,
        ],
    ));
    assert_eq!(pair.reports(), ended(RelayProblem::Refused));
}

#[test]
fn what_waited_at_the_relay_is_told_after_the_opening() {
    let mut pair = Pair::connecting(&[MAILBOX]);
    pair.connect();
    pair.say(connack(ConnectReasonCode::Success, true, Vec::new()));
    let id = pair.subscribe();
    pair.deliver(Some(9), &MAILBOX.topic());
    pair.deliver(None, &MAILBOX.topic());
    assert_eq!(pair.reports(), []);
    pair.say(suback(id, &[SubackReasonCode::GrantedQos1]));
    let reports = pair.reports();
    assert!(matches!(
        reports.as_slice(),
        [
            Report::Opened {
                session_present: true
            },
            Report::Received {
                mailbox: MAILBOX,
                ..
            }
        ]
    ));
}

#[test]
fn a_relay_that_does_not_want_us_or_not_now_is_told_apart() {
    for (reason, problem) in [
        (ConnectReasonCode::ServerBusy, RelayProblem::Unreachable),
        (ConnectReasonCode::QuotaExceeded, RelayProblem::Unreachable),
        (ConnectReasonCode::NotAuthorized, RelayProblem::Refused),
        (
            ConnectReasonCode::UnsupportedProtocolVersion,
            RelayProblem::Refused,
        ),
    ] {
        let mut pair = Pair::connecting(&[MAILBOX]);
        pair.connect();
        pair.say(connack(reason, false, Vec::new()));
        assert_eq!(pair.reports(), ended(problem), "{reason:?}");
    }
}

#[test]
fn another_tab_with_the_same_session_is_recognised() {
    let mut pair = Pair::open();
    pair.say(bye(DisconnectReasonCode::SessionTakenOver));
    assert_eq!(pair.reports(), ended(RelayProblem::TakenOver));
    let mut pair = Pair::open();
    pair.say(bye(DisconnectReasonCode::ServerShuttingDown));
    assert_eq!(pair.reports(), ended(RelayProblem::Unreachable));
}

#[test]
fn what_is_no_mqtt_is_refused() {
    for bytes in [
        &[0x20, 0xff, 0xff, 0xff, 0xff][..],
        &[0x20, 2, 0, 1],
        &[0xff; 64],
        &[0; 2],
    ] {
        let mut pair = Pair::connecting(&[MAILBOX]);
        pair.session.receive(bytes, START);
        assert_eq!(pair.reports(), ended(RelayProblem::Refused), "{bytes:?}");
    }
    let mut pair = Pair::open();
    pair.session.receive(&[0xff; 64], START);
    assert_eq!(pair.reports(), ended(RelayProblem::Refused));
}

#[test]
fn packets_may_come_cut_in_any_way() {
    let mut pair = Pair::open();
    let bytes = delivery(None, &MAILBOX.topic()).to_continuous_buffer();
    for byte in [bytes.clone(), bytes].concat() {
        pair.session.receive(&[byte], START);
    }
    assert_eq!(pair.reports().len(), 2);
}

#[test]
fn a_queued_frame_is_accepted_when_the_relay_says_so() {
    for reason in [
        PubackReasonCode::Success,
        // Nobody is subscribed: the relay has nothing more to do with it.
        PubackReasonCode::NoMatchingSubscribers,
    ] {
        let mut pair = Pair::open();
        pair.publish(transmit(5, true));
        let publish = pair.publishes().remove(0);
        assert_eq!(publish.qos(), Qos::AtLeastOnce);
        assert_eq!(publish.topic_name(), OTHER.topic());
        assert_eq!(publish.payload().as_slice(), [5; 512]);
        let expiry = publish.props().iter().find_map(|property| match property {
            Property::MessageExpiryInterval(seconds) => Some(seconds.val()),
            _ => None,
        });
        assert_eq!(expiry, Some(60));
        assert_eq!(pair.reports(), []);
        pair.say(puback(publish.packet_id().unwrap(), reason));
        assert_eq!(pair.reports(), [Report::Accepted(TransmitId(5))]);
    }
}

#[test]
fn a_frame_refused_for_good_is_told_apart_from_one_that_may_be_repeated() {
    let mut pair = Pair::open();
    pair.publish(transmit(5, true));
    let id = pair.publishes()[0].packet_id().unwrap();
    pair.say(puback(id, PubackReasonCode::TopicNameInvalid));
    assert_eq!(pair.reports(), [Report::Refused(TransmitId(5))]);

    pair.publish(transmit(6, true));
    let id = pair.publishes()[0].packet_id().unwrap();
    pair.say(puback(id, PubackReasonCode::ImplementationSpecificError));
    assert_eq!(pair.reports(), ended(RelayProblem::Unreachable));
}

#[test]
fn a_frame_larger_than_the_relay_takes_is_refused_without_a_word_to_it() {
    let mut pair = Pair::open_with(vec![MaximumPacketSize::new(400).unwrap().into()]);
    pair.publish(transmit(5, true));
    pair.publish(transmit(6, false));
    assert_eq!(pair.heard(), []);
    assert_eq!(pair.reports(), [Report::Refused(TransmitId(5))]);
}

#[test]
fn the_relays_window_is_kept_and_what_waits_follows_in_order() {
    let mut pair = Pair::open_with(vec![ReceiveMaximum::new(2).unwrap().into()]);
    for id in 0..5 {
        pair.publish(transmit(id, true));
    }
    let mut order = Vec::new();
    let mut outstanding = VecDeque::from(pair.publishes());
    while let Some(publish) = outstanding.pop_front() {
        // One was taken out above.
        assert!(outstanding.len() < 2);
        order.push(publish.payload().as_slice()[0]);
        let id = publish.packet_id().unwrap();
        pair.say(puback(id, PubackReasonCode::Success));
        outstanding.extend(pair.publishes());
    }
    assert_eq!(order, [0, 1, 2, 3, 4]);
}

#[test]
fn a_live_frame_does_not_wait_for_the_window() {
    let mut pair = Pair::open_with(vec![ReceiveMaximum::new(1).unwrap().into()]);
    pair.publish(transmit(1, true));
    pair.publish(transmit(2, true));
    pair.publish(transmit(3, false));
    let publishes = pair.publishes();
    assert_eq!(publishes.len(), 2);
    assert_eq!(publishes[1].qos(), Qos::AtMostOnce);
    assert_eq!(publishes[1].payload().as_slice(), [3; 512]);
}

#[test]
fn a_frame_is_acknowledged_only_when_the_client_says_so() {
    let mut pair = Pair::open();
    pair.deliver(Some(11), &MAILBOX.topic());
    let reports = pair.reports();
    let [
        Report::Received {
            receipt,
            mailbox,
            bytes,
        },
    ] = reports.as_slice()
    else {
        panic!("{reports:?}");
    };
    assert_eq!((*mailbox, bytes.as_slice()), (MAILBOX, &b"frame"[..]));
    assert_eq!(pair.heard(), []);
    pair.session.acknowledge(*receipt, START);
    let heard = pair.heard();
    assert!(matches!(heard.as_slice(), [Packet::V5_0Puback(puback)] if puback.packet_id() == 11));
    pair.session.acknowledge(*receipt, START);
    assert_eq!(pair.heard(), [], "twice is once");
}

#[test]
fn a_receipt_of_another_session_acknowledges_nothing() {
    let mut pair = Pair::open();
    pair.deliver(Some(11), &MAILBOX.topic());
    let receipt = match pair.reports().remove(0) {
        Report::Received { receipt, .. } => receipt,
        other => panic!("{other:?}"),
    };
    assert_eq!(receipt.0 >> 32, 3);
    pair.session
        .acknowledge(ReceiptId(receipt.0 + (1 << 32)), START);
    assert_eq!(pair.heard(), []);
}

#[test]
fn a_topic_that_is_no_mailbox_is_not_told_and_not_kept() {
    let mut pair = Pair::open();
    pair.deliver(Some(11), "somewhere/else");
    assert_eq!(pair.reports(), []);
    assert_eq!(pair.heard().len(), 1);
}

#[test]
fn mailboxes_come_and_go_on_an_open_session() {
    let mut pair = Pair::open();
    pair.session.subscribe(&[OTHER], START);
    let id = pair.subscribe();
    pair.say(suback(id, &[SubackReasonCode::GrantedQos1]));
    assert_eq!(pair.reports(), [], "it was open before");
    pair.session.unsubscribe(&[MAILBOX], START);
    let heard = pair.heard();
    assert!(matches!(heard.as_slice(), [Packet::V5_0Unsubscribe(_)]));
}

#[test]
fn silence_is_broken_by_a_ping_and_no_answer_ends_the_session() {
    let mut pair = Pair::open();
    assert_eq!(pair.session.poll_timeout(), Some(START.plus(30_000)));
    pair.wait(30_000);
    assert!(matches!(pair.heard().as_slice(), [Packet::V5_0Pingreq(_)]));
    pair.say(Pingresp::builder().build().unwrap().into());
    pair.wait(30_000);
    assert!(matches!(pair.heard().as_slice(), [Packet::V5_0Pingreq(_)]));
    assert_eq!(pair.reports(), []);
    pair.wait(10_000);
    assert_eq!(pair.reports(), ended(RelayProblem::Unreachable));
    assert_eq!(pair.session.poll_timeout(), None);
}

#[test]
fn a_probe_asks_at_once_but_not_twice() {
    let mut pair = Pair::open();
    pair.session.probe(START.plus(1));
    pair.session.probe(START.plus(2));
    assert!(matches!(pair.heard().as_slice(), [Packet::V5_0Pingreq(_)]));
    pair.wait(4_000);
    assert_eq!(pair.reports(), []);
    pair.wait(1);
    assert_eq!(pair.reports(), ended(RelayProblem::Unreachable));
}

#[test]
fn a_probe_shortens_the_wait_for_an_answer_that_is_due_anyway() {
    let mut pair = Pair::open();
    pair.wait(30_000);
    assert!(matches!(pair.heard().as_slice(), [Packet::V5_0Pingreq(_)]));
    pair.session.probe(START.plus(31_000));
    assert!(pair.heard().is_empty());
    pair.wait(4_999);
    assert_eq!(pair.reports(), []);
    pair.wait(1);
    assert_eq!(pair.reports(), ended(RelayProblem::Unreachable));
}

#[test]
fn a_relay_that_never_answers_is_given_up() {
    let mut pair = Pair::connecting(&[MAILBOX]);
    pair.wait(14_999);
    assert_eq!(pair.reports(), []);
    pair.wait(1);
    assert_eq!(pair.reports(), ended(RelayProblem::Unreachable));
}

#[test]
fn closing_says_goodbye_and_forgetting_ends_the_persistent_session() {
    for forget in [false, true] {
        let mut pair = Pair::open();
        pair.session.close(forget, START);
        let heard = pair.heard();
        let [Packet::V5_0Disconnect(disconnect)] = heard.as_slice() else {
            panic!("{heard:?}");
        };
        let reason = disconnect.reason_code();
        assert_eq!(reason, Some(DisconnectReasonCode::NormalDisconnection));
        let seconds = disconnect
            .props()
            .iter()
            .flatten()
            .find_map(|property| match property {
                Property::SessionExpiryInterval(seconds) => Some(seconds.val()),
                _ => None,
            });
        assert_eq!(seconds, forget.then_some(0));
        assert_eq!(pair.reports(), ended(RelayProblem::Closed));
    }
}

#[test]
fn a_session_that_is_not_accepted_yet_is_forgotten_as_soon_as_it_is() {
    let mut pair = Pair::connecting(&[MAILBOX]);
    pair.connect();
    pair.session.close(true, START);
    assert_eq!(pair.reports(), []);
    pair.say(connack(ConnectReasonCode::Success, true, Vec::new()));
    assert!(matches!(
        pair.heard().as_slice(),
        [Packet::V5_0Disconnect(_)]
    ));
    assert_eq!(pair.reports(), ended(RelayProblem::Closed));
}

#[test]
fn the_end_comes_once_and_last() {
    let mut pair = Pair::open();
    pair.publish(transmit(1, true));
    pair.session.socket_closed();
    pair.session.socket_closed();
    pair.session.close(true, START);
    pair.wait(100_000);
    assert_eq!(pair.reports(), ended(RelayProblem::Unreachable));
    pair.heard();
    pair.publish(transmit(2, true));
    assert_eq!(pair.heard(), []);
}
