//! One connection to a relay as a state machine: bytes and time in, bytes and reports out. It opens no socket.
//!
//! The caller gives it what came ([`Session::receive`]) and what is wanted (`publish`, `acknowledge`, ...), then takes
//! bytes ([`Session::poll_bytes`]) and reports ([`Session::poll_report`]) until there are none, and calls
//! [`Session::timeout`] at [`Session::poll_timeout`]. It lives as long as its socket: what was in flight when that closed
//! is forgotten here, because the client sends again what matters.

use core::mem;
use std::collections::VecDeque;

use discordopus_core::ids::{ClientId, Mailbox, ReceiptId, Timestamp, TransmitId};
use discordopus_core::io::{RelayProblem, Transmit, Will};
use discordopus_core::sorted::Map;
use mqtt_protocol_core::mqtt::common::Cursor;
use mqtt_protocol_core::mqtt::connection::{ConnectionOptions, GenericEvent, TimerKind};
use mqtt_protocol_core::mqtt::packet::v5_0::Publish;
use mqtt_protocol_core::mqtt::packet::{GenericPacketTrait, Packet, Qos};
use mqtt_protocol_core::mqtt::result_code::{DisconnectReasonCode, MqttError, SubackReasonCode};
use mqtt_protocol_core::mqtt::{Connection, Version, role};

use super::packets::{self, Verdict};

/// How long a relay may take from the open socket to the answered subscription.
const OPENING_MILLIS: u64 = 15_000;
/// Silence after which we ask whether the relay is still there. Below the idle limit of common proxies (60 s).
const PING_MILLIS: u64 = 30_000;
/// How long a relay may take to answer a ping.
const PONG_MILLIS: u64 = 10_000;
/// The same where there is reason to doubt that it is still reached. An answer that takes longer than the slowest mobile
/// networks is not worth waiting for: a new connection is there sooner.
const PROBE_MILLIS: u64 = 4_000;
/// Unacknowledged messages that we take at once. An acknowledgement waits for a write to disk, and one write takes many
/// messages: a large window empties a long queue quickly.
const RECEIVE_MAXIMUM: u16 = 256;
/// The largest frame (64 KiB) with topic and properties around it.
const MAX_PACKET: u32 = 65 * 1024;

/// What a session is opened with.
#[derive(Debug, Clone)]
pub(super) struct Opening {
    /// Names the persistent session.
    pub(super) client: ClientId,
    /// What it listens to.
    pub(super) mailboxes: Vec<Mailbox>,
    /// What the relay publishes when the connection breaks.
    pub(super) will: Option<Will>,
}

/// What a session has to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Report {
    /// Connected and subscribed.
    Opened {
        /// The relay still had the session.
        session_present: bool,
    },
    /// The relay has taken responsibility for a publish.
    Accepted(TransmitId),
    /// The relay will never take it.
    Refused(TransmitId),
    /// A frame came.
    Received {
        /// For [`Session::acknowledge`].
        receipt: ReceiptId,
        /// Where it was addressed to.
        mailbox: Mailbox,
        /// The frame.
        bytes: Vec<u8>,
    },
    /// The session is over and the socket is to be closed, after the last bytes are sent. Comes once, and last.
    Ended(RelayProblem),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// CONNECT is sent.
    Connecting,
    /// CONNECT is sent, and already nobody wants the session any more.
    Forgetting,
    /// SUBSCRIBE is sent.
    Subscribing,
    Open,
    Ended,
}

/// One connection to a relay.
pub(super) struct Session {
    mqtt: Connection<role::Client>,
    phase: Phase,
    mailboxes: Vec<Mailbox>,
    session_present: bool,
    /// Came before the subscription was answered; told after it.
    early: Vec<Report>,
    /// Waits for room in the relay's window.
    waiting: VecDeque<Transmit>,
    in_flight: Map<u16, TransmitId>,
    received: Map<ReceiptId, u16>,
    next_receipt: u64,
    bytes: VecDeque<Vec<u8>>,
    reports: VecDeque<Report>,
    ping_at: Option<Timestamp>,
    pong_by: Option<Timestamp>,
    open_by: Option<Timestamp>,
}

impl Session {
    /// Begins a session; its first bytes are for a socket that opens. `number` is different for every session of a page: receipts carry it,
    /// so that a late acknowledgement can't meet a message of a later session.
    #[must_use]
    pub(super) fn new(number: u32, opening: Opening, now: Timestamp) -> Self {
        let options = ConnectionOptions::new()
            .maximum_packet_size_recv(MAX_PACKET)
            .receive_maximum(RECEIVE_MAXIMUM);
        let mut mqtt = Connection::with_options(Version::V5_0, options);
        mqtt.set_pingresp_recv_timeout(PONG_MILLIS);
        // Answers with events on an open connection only.
        mqtt.set_pingreq_send_interval(Some(PING_MILLIS));
        let mut session = Self {
            mqtt,
            phase: Phase::Connecting,
            mailboxes: opening.mailboxes,
            session_present: false,
            early: Vec::new(),
            waiting: VecDeque::new(),
            in_flight: Map::new(),
            received: Map::new(),
            next_receipt: u64::from(number) << 32,
            bytes: VecDeque::new(),
            reports: VecDeque::new(),
            ping_at: None,
            pong_by: None,
            open_by: Some(now.plus(OPENING_MILLIS)),
        };
        let sent = packets::connect(opening.client, opening.will.as_ref())
            .and_then(|packet| session.send(packet, now));
        if sent.is_err() {
            session.end(RelayProblem::Refused);
        }
        session
    }

    /// Takes bytes from the socket, cut in any way.
    pub(super) fn receive(&mut self, bytes: &[u8], now: Timestamp) {
        let mut cursor = Cursor::new(bytes);
        while self.phase != Phase::Ended && !cursor.remaining_slice().is_empty() {
            let events = self.mqtt.recv(&mut cursor);
            if self.run(events, now).is_err() {
                self.end(RelayProblem::Refused);
            }
        }
    }

    /// Gives a frame to the relay. Forgotten when the session is not open.
    pub(super) fn publish(&mut self, transmit: Transmit, now: Timestamp) {
        if self.phase != Phase::Open {
            return;
        }
        if transmit.queued {
            self.waiting.push_back(transmit);
            self.fill_window(now);
        } else {
            // Too large for the relay or anything else: it was deliver now or never.
            let _ = packets::publish(&transmit, None).and_then(|packet| self.send(packet, now));
        }
    }

    /// The relay may forget a frame. Nothing happens for a receipt of another session.
    pub(super) fn acknowledge(&mut self, receipt: ReceiptId, now: Timestamp) {
        if let Some(packet_id) = self.received.remove(&receipt)
            && matches!(self.phase, Phase::Open | Phase::Subscribing)
        {
            let sent = packets::puback(packet_id).and_then(|packet| self.send(packet, now));
            debug_assert!(sent.is_ok());
        }
    }

    /// Listens to more mailboxes.
    pub(super) fn subscribe(&mut self, mailboxes: &[Mailbox], now: Timestamp) {
        match self.phase {
            Phase::Connecting => self.mailboxes.extend_from_slice(mailboxes),
            Phase::Subscribing | Phase::Open if !mailboxes.is_empty() => {
                self.send_numbered(|id| packets::subscribe(id, mailboxes), now);
            }
            _ => {}
        }
    }

    /// Gives up mailboxes.
    pub(super) fn unsubscribe(&mut self, mailboxes: &[Mailbox], now: Timestamp) {
        match self.phase {
            Phase::Connecting => self.mailboxes.retain(|known| !mailboxes.contains(known)),
            Phase::Subscribing | Phase::Open if !mailboxes.is_empty() => {
                self.send_numbered(|id| packets::unsubscribe(id, mailboxes), now);
            }
            _ => {}
        }
    }

    /// Says goodbye; with `forget` the relay drops the persistent session too.
    pub(super) fn close(&mut self, forget: bool, now: Timestamp) {
        match self.phase {
            // The relay hears it only from a session that it has accepted.
            Phase::Connecting if forget => self.phase = Phase::Forgetting,
            Phase::Subscribing | Phase::Open => self.say_goodbye(forget, now),
            Phase::Connecting | Phase::Forgetting => self.end(RelayProblem::Closed),
            Phase::Ended => {}
        }
    }

    /// The other end is no relay: it didn't agree to speak MQTT, or sent text.
    pub(super) fn no_relay(&mut self) {
        self.end(RelayProblem::Refused);
    }

    /// The socket is closed or failed.
    pub(super) fn socket_closed(&mut self) {
        let problem = if self.phase == Phase::Forgetting {
            RelayProblem::Closed
        } else {
            RelayProblem::Unreachable
        };
        self.end(problem);
    }

    /// Something happened that often breaks connections (sleep, another network), or follows from a broken one: ask the relay
    /// now, and wait less for its answer.
    pub(super) fn probe(&mut self, now: Timestamp) {
        if self.phase != Phase::Open {
            return;
        }
        if self.pong_by.is_none() {
            self.ping(now);
        }
        let soon = now.plus(PROBE_MILLIS);
        self.pong_by = self.pong_by.map(|by| by.min(soon));
    }

    /// Looks at the clock.
    pub(super) fn timeout(&mut self, now: Timestamp) {
        let due = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        if due(self.open_by) || due(self.pong_by) {
            let problem = if self.phase == Phase::Forgetting {
                RelayProblem::Closed
            } else {
                RelayProblem::Unreachable
            };
            self.end(problem);
        } else if due(self.ping_at) {
            self.ping(now);
        }
    }

    /// When [`Session::timeout`] is to be called next.
    #[must_use]
    pub(super) fn poll_timeout(&self) -> Option<Timestamp> {
        [self.open_by, self.ping_at, self.pong_by]
            .into_iter()
            .flatten()
            .min()
    }

    /// The next bytes for the socket.
    pub(super) fn poll_bytes(&mut self) -> Option<Vec<u8>> {
        self.bytes.pop_front()
    }

    /// The next report.
    pub(super) fn poll_report(&mut self) -> Option<Report> {
        self.reports.pop_front()
    }

    fn ping(&mut self, now: Timestamp) {
        self.ping_at = None;
        let events = self.mqtt.notify_timer_fired(TimerKind::PingreqSend);
        if self.run(events, now).is_err() {
            self.end(RelayProblem::Unreachable);
        }
    }

    fn say_goodbye(&mut self, forget: bool, now: Timestamp) {
        // The end is reported as ours before the codec asks for the socket to be closed.
        let sent = packets::disconnect(forget).map(|packet| self.mqtt.send(packet));
        self.end(RelayProblem::Closed);
        if let Ok(events) = sent {
            let _ = self.run(events, now);
        }
    }

    fn end(&mut self, problem: RelayProblem) {
        if mem::replace(&mut self.phase, Phase::Ended) == Phase::Ended {
            return;
        }
        (self.open_by, self.ping_at, self.pong_by) = (None, None, None);
        self.waiting.clear();
        self.in_flight.clear();
        self.received.clear();
        self.early.clear();
        self.reports.push_back(Report::Ended(problem));
    }

    /// Sends, and says what the codec had against it.
    fn send(&mut self, packet: Packet, now: Timestamp) -> Result<(), MqttError> {
        let events = self.mqtt.send(packet);
        self.run(events, now)
    }

    fn send_numbered(
        &mut self,
        packet: impl FnOnce(u16) -> Result<Packet, MqttError>,
        now: Timestamp,
    ) {
        let sent = self
            .mqtt
            .acquire_packet_id()
            .and_then(packet)
            .and_then(|packet| self.send(packet, now));
        if sent.is_err() {
            self.end(RelayProblem::Refused);
        }
    }

    /// Carries out what the codec asks for. An error of the codec comes back after the rest is done.
    fn run(&mut self, events: Vec<GenericEvent<u16>>, now: Timestamp) -> Result<(), MqttError> {
        let mut result = Ok(());
        let mut close = false;
        for event in events {
            match event {
                GenericEvent::RequestSendPacket { packet, .. } => {
                    self.bytes.push_back(packet.to_continuous_buffer());
                }
                GenericEvent::NotifyPacketReceived(packet) => self.received(packet, now),
                GenericEvent::RequestTimerReset { kind, duration_ms } => {
                    self.set_timer(kind, Some(now.plus(duration_ms)));
                }
                GenericEvent::RequestTimerCancel(kind) => self.set_timer(kind, None),
                GenericEvent::NotifyError(error) => result = Err(error),
                GenericEvent::RequestClose => close = true,
                GenericEvent::NotifyPacketIdReleased(_) => {}
            }
        }
        if close && result.is_ok() {
            self.end(RelayProblem::Unreachable);
        }
        result
    }

    fn set_timer(&mut self, kind: TimerKind, at: Option<Timestamp>) {
        if self.phase == Phase::Ended {
            return;
        }
        match kind {
            TimerKind::PingreqSend => self.ping_at = at,
            TimerKind::PingrespRecv => self.pong_by = at,
            // A server's.
            TimerKind::PingreqRecv => {}
        }
    }

    fn received(&mut self, packet: Packet, now: Timestamp) {
        match packet {
            Packet::V5_0Connack(connack) => match packets::connect_problem(connack.reason_code()) {
                None => {
                    self.session_present = connack.session_present();
                    self.connected(now);
                }
                Some(problem) => self.end(problem),
            },
            Packet::V5_0Suback(suback) => {
                let granted = |code: &SubackReasonCode| (*code as u8) < 0x80;
                if !suback.reason_codes().iter().all(granted) {
                    self.end(RelayProblem::Refused);
                } else if self.phase == Phase::Subscribing {
                    self.opened();
                }
            }
            Packet::V5_0Puback(puback) => {
                let Some(transmit) = self.in_flight.remove(&puback.packet_id()) else {
                    return;
                };
                match packets::verdict(puback.reason_code()) {
                    Verdict::Accepted => self.reports.push_back(Report::Accepted(transmit)),
                    Verdict::Refused => self.reports.push_back(Report::Refused(transmit)),
                    Verdict::NotNow => self.end(RelayProblem::Unreachable),
                }
                self.fill_window(now);
            }
            Packet::V5_0Publish(publish) => self.delivered(&publish, now),
            Packet::V5_0Disconnect(disconnect) => {
                let reason = disconnect
                    .reason_code()
                    .unwrap_or(DisconnectReasonCode::NormalDisconnection);
                self.end(packets::disconnect_problem(reason));
            }
            _ => {}
        }
    }

    fn connected(&mut self, now: Timestamp) {
        match self.phase {
            Phase::Forgetting => self.say_goodbye(true, now),
            Phase::Connecting if self.mailboxes.is_empty() => {
                self.phase = Phase::Subscribing;
                self.opened();
            }
            Phase::Connecting => {
                self.phase = Phase::Subscribing;
                let mailboxes = mem::take(&mut self.mailboxes);
                self.send_numbered(|id| packets::subscribe(id, &mailboxes), now);
            }
            // The codec lets no second CONNACK through.
            Phase::Subscribing | Phase::Open | Phase::Ended => {}
        }
    }

    fn opened(&mut self) {
        self.phase = Phase::Open;
        self.open_by = None;
        let session_present = self.session_present;
        self.reports.push_back(Report::Opened { session_present });
        self.reports.extend(self.early.drain(..));
    }

    fn delivered(&mut self, publish: &Publish, now: Timestamp) {
        let receipt = ReceiptId(self.next_receipt);
        self.next_receipt += 1;
        if let (Qos::AtLeastOnce, Some(id)) = (publish.qos(), publish.packet_id()) {
            self.received.insert(receipt, id);
        } else if self.phase != Phase::Open {
            // Live only, and nobody listens yet: without this a relay could fill the memory.
            return;
        }
        let Some(mailbox) = Mailbox::from_topic(publish.topic_name()) else {
            // Not something that we can have subscribed to; keeping it at the relay helps nobody.
            self.acknowledge(receipt, now);
            return;
        };
        let report = Report::Received {
            receipt,
            mailbox,
            bytes: publish.payload().as_slice().to_vec(),
        };
        match self.phase {
            Phase::Open => self.reports.push_back(report),
            Phase::Subscribing => self.early.push(report),
            Phase::Connecting | Phase::Forgetting | Phase::Ended => {}
        }
    }

    /// Sends what waits, as far as the relay's window reaches.
    fn fill_window(&mut self, now: Timestamp) {
        while self.phase == Phase::Open
            && self.mqtt.get_receive_maximum_vacancy_for_send() != Some(0)
            && let Some(transmit) = self.waiting.pop_front()
        {
            let Ok(packet_id) = self.mqtt.acquire_packet_id() else {
                // All 65,535 are in flight to a relay that sets no window.
                self.waiting.push_front(transmit);
                return;
            };
            let sent = packets::publish(&transmit, Some(packet_id))
                .and_then(|packet| self.send(packet, now));
            if sent.is_ok() {
                self.in_flight.insert(packet_id, transmit.id);
            } else {
                // Larger than the relay takes: the codec knows before the relay has to say so.
                self.mqtt.release_packet_id(packet_id);
                self.reports.push_back(Report::Refused(transmit.id));
            }
        }
    }
}

#[cfg(test)]
mod tests;
