//! One client's session: its subscriptions, what waits for it, and what was sent but not acknowledged.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use mqtt_protocol_core::mqtt::packet::{Qos, v5_0::Publish};
use tokio::sync::Notify;

use super::message::Message;
use crate::{clock::Timestamp, mailbox::Mailbox};

/// SHA-256 of the client id. The id itself is a bearer secret and is neither kept nor stored.
pub(crate) type SessionKey = [u8; 32];

/// Tells one connection of a socket apart from the next one of the same session.
pub(crate) type ConnectionNumber = u64;

/// How one mailbox is subscribed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subscription {
    /// 0 or 1; a request for 2 is granted 1.
    pub(crate) at_least_once: bool,
    /// The subscriber does not want its own publishes back.
    pub(crate) no_local: bool,
}

/// How the broker reaches the task that owns the socket.
#[derive(Debug, Default)]
pub(crate) struct Signal {
    notify: Notify,
    taken_over: AtomicBool,
}

impl Signal {
    /// Something waits to be delivered.
    pub(crate) fn wake(&self) {
        self.notify.notify_one();
    }

    /// Another connection has the session now.
    pub(crate) fn take_over(&self) {
        self.taken_over.store(true, Ordering::Release);
        self.notify.notify_one();
    }

    /// Resolves after [`Signal::wake`] or [`Signal::take_over`], also when that came first.
    pub(crate) async fn woken(&self) {
        self.notify.notified().await;
    }

    /// Whether the session was taken over.
    pub(crate) fn taken_over(&self) -> bool {
        self.taken_over.load(Ordering::Acquire)
    }
}

/// A Will and how long it is held back after the connection is lost.
pub(crate) struct Will {
    pub(crate) message: Message,
    pub(crate) at_least_once: bool,
    pub(crate) delay_seconds: u32,
}

/// The connection that currently speaks for a session.
pub(crate) struct Attachment {
    pub(crate) connection: ConnectionNumber,
    pub(crate) signal: Arc<Signal>,
    /// Unacknowledged messages it accepts.
    pub(crate) window: usize,
    /// Largest packet it accepts.
    pub(crate) max_packet_bytes: usize,
    pub(crate) will: Option<Will>,
}

/// A message in one session's queue.
#[derive(Clone)]
pub(crate) struct Queued {
    /// Position in the order of all messages; also the key in the store.
    pub(crate) number: u64,
    pub(crate) message: Arc<Message>,
    pub(crate) at_least_once: bool,
    /// Set once it was sent: a resend carries the same id.
    pub(crate) packet_id: Option<u16>,
    /// Whether the store has, or will have, a copy.
    pub(crate) stored: bool,
}

/// Stored messages that are no longer needed, and the bytes freed.
#[derive(Default)]
pub(crate) struct Freed {
    pub(crate) stored: Vec<u64>,
    pub(crate) bytes: usize,
    pub(crate) messages: usize,
}

impl Freed {
    fn add(&mut self, queued: &Queued) {
        if queued.stored {
            self.stored.push(queued.number);
        }
        self.bytes += queued.message.bytes();
        self.messages += 1;
    }
}

/// One client's state, connected or not.
pub(crate) struct Session {
    pub(crate) subscriptions: HashMap<Mailbox, Subscription>,
    /// Seconds the session outlives its connection; 0 ends it with the connection.
    pub(crate) expiry_seconds: u32,
    pub(crate) attachment: Option<Attachment>,
    /// When a detached session ends.
    pub(crate) ends_at: Option<Timestamp>,
    /// A Will held back, and when it is due.
    pub(crate) delayed_will: Option<(Timestamp, Will)>,
    queue: VecDeque<Queued>,
    in_flight: VecDeque<Queued>,
    packet_ids: HashSet<u16>,
    next_packet_id: u16,
    bytes: usize,
    in_flight_bytes: usize,
}

impl Session {
    /// An empty session.
    pub(crate) fn new(expiry_seconds: u32) -> Self {
        Self {
            subscriptions: HashMap::new(),
            expiry_seconds,
            attachment: None,
            ends_at: None,
            delayed_will: None,
            queue: VecDeque::new(),
            in_flight: VecDeque::new(),
            packet_ids: HashSet::new(),
            next_packet_id: 1,
            bytes: 0,
            in_flight_bytes: 0,
        }
    }

    /// Whether it is kept in the store.
    pub(crate) fn persistent(&self) -> bool {
        self.expiry_seconds > 0
    }

    /// Bytes held, sent or not.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Messages held, sent or not.
    pub(crate) fn messages(&self) -> usize {
        self.queue.len() + self.in_flight.len()
    }

    /// Whether anything could be dropped to make room.
    pub(crate) fn has_unsent(&self) -> bool {
        !self.queue.is_empty()
    }

    /// Appends a message; the caller then enforces the quotas.
    pub(crate) fn enqueue(&mut self, queued: Queued) {
        self.bytes += queued.message.bytes();
        self.queue.push_back(queued);
    }

    /// Drops the oldest unsent message. Sent ones stay: their packet ids are in use at the client.
    pub(crate) fn drop_oldest(&mut self) -> Freed {
        let mut freed = Freed::default();
        if let Some(oldest) = self.queue.pop_front() {
            self.release(&oldest, &mut freed);
        }
        freed
    }

    /// Drops every unsent message whose time has passed.
    pub(crate) fn drop_expired(&mut self, now: Timestamp) -> Freed {
        let mut freed = Freed::default();
        if self.queue.iter().any(|queued| queued.message.expired(now)) {
            let (expired, kept): (VecDeque<_>, VecDeque<_>) = std::mem::take(&mut self.queue)
                .into_iter()
                .partition(|queued| queued.message.expired(now));
            self.queue = kept;
            for queued in &expired {
                self.release(queued, &mut freed);
            }
        }
        freed
    }

    /// What may be sent now, as far as the client's window reaches, in order. Expired and oversized messages are freed
    /// instead: a client that states a packet limit is treated as if it had received what exceeds it.
    pub(crate) fn take(
        &mut self,
        now: Timestamp,
        in_flight_limit: usize,
        in_flight_bytes_limit: usize,
    ) -> (Vec<Publish>, Freed) {
        let mut deliveries = Vec::new();
        let mut freed = Freed::default();
        let Some(attachment) = &self.attachment else {
            return (deliveries, freed);
        };
        let window = attachment.window.min(in_flight_limit).max(1);
        let max_packet_bytes = attachment.max_packet_bytes;
        while let Some(next) = self.queue.front() {
            if next.message.expired(now) {
                if let Some(expired) = self.queue.pop_front() {
                    self.release(&expired, &mut freed);
                }
                continue;
            }
            let blocked = next.at_least_once
                && (self.in_flight.len() >= window
                    || (!self.in_flight.is_empty()
                        && self.in_flight_bytes + next.message.bytes() > in_flight_bytes_limit));
            if blocked {
                break;
            }
            let Some(mut queued) = self.queue.pop_front() else {
                break;
            };
            let resend = queued.packet_id.is_some();
            if queued.at_least_once && !resend {
                queued.packet_id = Some(self.allocate_packet_id());
            }
            let packet = queued.message.delivery(queued.packet_id, resend, now);
            match packet {
                Ok(packet) if packet.size() <= max_packet_bytes => {
                    deliveries.push(packet);
                    if queued.at_least_once {
                        self.in_flight_bytes += queued.message.bytes();
                        self.in_flight.push_back(queued);
                    } else {
                        self.release(&queued, &mut freed);
                    }
                }
                _ => self.release(&queued, &mut freed),
            }
        }
        (deliveries, freed)
    }

    /// The client has a message: forget it.
    pub(crate) fn acknowledge(&mut self, packet_id: u16) -> Freed {
        let mut freed = Freed::default();
        let position = self
            .in_flight
            .iter()
            .position(|queued| queued.packet_id == Some(packet_id));
        if let Some(queued) = position.and_then(|index| self.in_flight.remove(index)) {
            self.in_flight_bytes = self.in_flight_bytes.saturating_sub(queued.message.bytes());
            self.release(&queued, &mut freed);
        }
        freed
    }

    /// Puts what was sent but not acknowledged back at the front, in order, for the next connection; QoS 0 is gone.
    pub(crate) fn rewind(&mut self) -> Freed {
        while let Some(queued) = self.in_flight.pop_back() {
            self.queue.push_front(queued);
        }
        self.in_flight_bytes = 0;
        let mut freed = Freed::default();
        let (kept, live_only): (VecDeque<_>, VecDeque<_>) = std::mem::take(&mut self.queue)
            .into_iter()
            .partition(|queued| queued.at_least_once);
        self.queue = kept;
        for queued in &live_only {
            self.release(queued, &mut freed);
        }
        freed
    }

    /// Everything held, for a session that ends.
    pub(crate) fn drain(&mut self) -> Freed {
        let mut freed = Freed::default();
        for queued in self.in_flight.drain(..).chain(self.queue.drain(..)) {
            freed.add(&queued);
        }
        self.packet_ids.clear();
        self.bytes = 0;
        self.in_flight_bytes = 0;
        freed
    }

    /// Marks every QoS 1 message as stored and returns copies of those that were not.
    pub(crate) fn store_all(&mut self) -> Vec<Queued> {
        self.in_flight
            .iter_mut()
            .chain(self.queue.iter_mut())
            .filter(|queued| queued.at_least_once && !queued.stored)
            .map(|queued| {
                queued.stored = true;
                queued.clone()
            })
            .collect()
    }

    /// Marks every message as not stored, after the store forgot the session.
    pub(crate) fn store_none(&mut self) {
        for queued in self.in_flight.iter_mut().chain(self.queue.iter_mut()) {
            queued.stored = false;
        }
    }

    fn release(&mut self, queued: &Queued, freed: &mut Freed) {
        if let Some(id) = queued.packet_id {
            self.packet_ids.remove(&id);
        }
        self.bytes = self.bytes.saturating_sub(queued.message.bytes());
        freed.add(queued);
    }

    /// The next unused id. At most `in_flight + queue` ids are taken, far below 65,535 unless configured beyond it; then the
    /// oldest id is reused rather than looping for ever.
    fn allocate_packet_id(&mut self) -> u16 {
        for _ in 0..u16::MAX {
            let id = self.next_packet_id;
            self.next_packet_id = self.next_packet_id.checked_add(1).unwrap_or(1);
            if self.packet_ids.insert(id) {
                return id;
            }
        }
        self.next_packet_id
    }
}

impl Subscription {
    /// From the options byte of a SUBSCRIBE entry.
    pub(crate) fn new(qos: Qos, no_local: bool) -> Self {
        Self {
            at_least_once: qos != Qos::AtMostOnce,
            no_local,
        }
    }

    /// One byte for the store.
    pub(crate) fn to_stored(self) -> u8 {
        u8::from(self.at_least_once) | (u8::from(self.no_local) << 1)
    }

    /// Reads [`Subscription::to_stored`] back.
    pub(crate) fn from_stored(byte: u8) -> Self {
        Self {
            at_least_once: byte & 1 != 0,
            no_local: byte & 2 != 0,
        }
    }
}
