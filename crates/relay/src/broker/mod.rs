//! The exact-topic broker: who is subscribed to which mailbox, and what waits for whom.
//!
//! Synchronous and without sockets: every call takes the time as an argument, changes the state under one short lock,
//! and hands durable changes to the [`journal`]. Connected subscribers are woken at once; only the publisher's PUBACK
//! waits for the disk.

mod commit;
mod journal;
mod message;
mod queues;
mod quotas;
mod session;

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use mqtt_protocol_core::mqtt::packet::{Packet, v5_0::Publish};

pub use journal::OpenStoreError;
pub(crate) use journal::{Change, Journal, Reply, StoredSession, Writer};
pub(crate) use message::Message;
pub(crate) use queues::capped_seconds;
pub(crate) use session::{Attachment, ConnectionNumber, SessionKey, Signal, Subscription, Will};
use session::{Queued, Session};

use crate::{clock::Timestamp, config::Limits, mailbox::Mailbox};

/// How often queues are searched for messages whose time has passed; until then they only cost room.
const EXPIRY_SEARCH: Duration = Duration::from_secs(60);

/// All sessions and queues of one relay.
pub(crate) struct Broker {
    state: Mutex<State>,
}

struct State {
    limits: Limits,
    journal: Journal,
    sessions: HashMap<SessionKey, Session>,
    subscribers: HashMap<Mailbox, HashSet<SessionKey>>,
    /// When a detached session ends or a delayed Will is due.
    deadlines: BTreeSet<(Timestamp, SessionKey)>,
    next_number: u64,
    next_connection: ConnectionNumber,
    bytes: usize,
    next_expiry_search: Timestamp,
    counts: Counts,
}

/// What happened since the start, as bare numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Publishes accepted.
    pub(crate) published: u64,
    /// Messages dropped because a queue or the relay was full.
    pub(crate) dropped: u64,
    /// Messages whose time passed before they were delivered.
    pub(crate) expired: u64,
}

/// A CONNECT that has passed the checks.
pub(crate) struct Attach {
    pub(crate) session: SessionKey,
    pub(crate) clean_start: bool,
    pub(crate) expiry_seconds: u32,
    pub(crate) window: usize,
    pub(crate) max_packet_bytes: usize,
    pub(crate) will: Option<Will>,
    pub(crate) signal: Arc<Signal>,
}

/// A session now spoken for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attached {
    pub(crate) connection: ConnectionNumber,
    pub(crate) session_present: bool,
}

/// No room for another session.
#[derive(Debug)]
pub(crate) struct SessionsFull;

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// DISCONNECT: the Will is dropped; the client may have shortened its session.
    Normal { expiry_seconds: Option<u32> },
    /// DISCONNECT asking for the Will.
    WithWill { expiry_seconds: Option<u32> },
    /// Lost, silent too long, or closed for breaking a rule.
    Lost,
    /// The relay stops: no Will, since every connection ends and none of the members left.
    Shutdown,
}

/// Where a message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Routed {
    /// To at least one session.
    Matched,
    /// Nobody subscribes.
    NoSubscriber,
}

impl Broker {
    /// A broker over `journal`, with what its store held.
    pub(crate) fn new(
        limits: Limits,
        journal: Journal,
        stored: Vec<StoredSession>,
        now: Timestamp,
    ) -> Self {
        let mut state = State {
            limits,
            journal,
            sessions: HashMap::new(),
            subscribers: HashMap::new(),
            deadlines: BTreeSet::new(),
            next_number: 1,
            next_connection: 1,
            bytes: 0,
            next_expiry_search: now.after(EXPIRY_SEARCH),
            counts: Counts::default(),
        };
        for session in stored {
            state.restore(session, now);
        }
        Self {
            state: Mutex::new(state),
        }
    }

    /// Gives a session to a new connection, ending an older one that had it.
    pub(crate) fn attach(&self, now: Timestamp, attach: Attach) -> Result<Attached, SessionsFull> {
        self.lock().attach(now, attach)
    }

    /// Ends a connection's hold on its session; does nothing when another connection has taken over.
    pub(crate) fn detach(
        &self,
        now: Timestamp,
        session: &SessionKey,
        connection: ConnectionNumber,
        end: End,
    ) {
        self.lock().detach(now, session, connection, end);
    }

    /// What to send to a connection now.
    pub(crate) fn deliveries(
        &self,
        now: Timestamp,
        session: &SessionKey,
        connection: ConnectionNumber,
    ) -> Vec<Publish> {
        self.lock().deliveries(now, session, connection)
    }

    /// A PUBACK from a subscriber.
    pub(crate) fn acknowledge(
        &self,
        session: &SessionKey,
        connection: ConnectionNumber,
        packet_id: u16,
    ) {
        let mut state = self.lock();
        if let Some(held) = state.attached(session, connection) {
            let freed = held.acknowledge(packet_id);
            state.free(session, freed);
        }
    }

    /// Fans a message out; `reply` builds the publisher's answer, which leaves when the message is safe.
    pub(crate) fn publish(
        &self,
        now: Timestamp,
        from: &SessionKey,
        message: Message,
        at_least_once: bool,
        reply: Option<impl FnOnce(Routed) -> Reply>,
    ) {
        let mut state = self.lock();
        state.counts.published += 1;
        let routed = state.fan_out(now, Some(from), message, at_least_once);
        if let Some(reply) = reply {
            state.journal.record(Change::Reply(Box::new(reply(routed))));
        }
    }

    /// Adds subscriptions. `None` stands for an entry refused before; the answer says which of the others found room.
    pub(crate) fn subscribe(
        &self,
        session: &SessionKey,
        connection: ConnectionNumber,
        entries: &[Option<(Mailbox, Subscription)>],
        reply: impl FnOnce(Vec<bool>) -> Reply,
    ) {
        let mut state = self.lock();
        let granted = entries
            .iter()
            .map(|entry| {
                entry.is_some_and(|(mailbox, subscription)| {
                    state.subscribe(session, connection, mailbox, subscription)
                })
            })
            .collect();
        state
            .journal
            .record(Change::Reply(Box::new(reply(granted))));
    }

    /// Removes subscriptions; the answer says which existed.
    pub(crate) fn unsubscribe(
        &self,
        session: &SessionKey,
        connection: ConnectionNumber,
        mailboxes: &[Option<Mailbox>],
        reply: impl FnOnce(Vec<bool>) -> Reply,
    ) {
        let mut state = self.lock();
        let existed = mailboxes
            .iter()
            .map(|mailbox| {
                mailbox.is_some_and(|mailbox| state.unsubscribe(session, connection, mailbox))
            })
            .collect();
        state
            .journal
            .record(Change::Reply(Box::new(reply(existed))));
    }

    /// A reply that needs no change of its own but must keep its place among the others.
    pub(crate) fn reply_in_order(&self, reply: Reply) {
        self.lock().journal.record(Change::Reply(Box::new(reply)));
    }

    /// Ends sessions whose time has come, publishes Wills that are due, and drops expired messages.
    pub(crate) fn sweep(&self, now: Timestamp) {
        self.lock().sweep(now);
    }

    /// Stops recording: what was recorded so far is written, and the store's thread ends.
    pub(crate) fn close(&self) {
        self.lock().journal = Journal::Memory;
    }

    /// Whether the store has stopped taking changes: messages for the absent are refused until a restart.
    pub(crate) fn store_failed(&self) -> bool {
        self.lock().journal.failed()
    }

    /// Sessions known, bytes waiting, and the counts since the start.
    pub(crate) fn load(&self) -> (usize, usize, Counts) {
        let state = self.lock();
        (state.sessions.len(), state.bytes, state.counts)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A reply whose success and failure are both known.
pub(crate) fn reply(
    to: &tokio::sync::mpsc::UnboundedSender<Packet>,
    durable: Packet,
    failed: Packet,
) -> Reply {
    Reply {
        to: to.clone(),
        durable,
        failed,
    }
}
