//! A relay in memory: persistent sessions, at least once, no order promised, and as unreliable as it is told to be.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::ids::{
    ClientId, ConnectionId, MILLIS_PER_MINUTE, MILLIS_PER_SECOND, Mailbox, ReceiptId, Timestamp,
    TransmitId,
};
use crate::io::{RelayCommand, Transmit, Will};
use crate::testing::SeededRng;

/// How bad the network is.
#[derive(Debug, Clone, Copy)]
pub struct Network {
    /// Shortest time from sender to receiver, in milliseconds.
    pub min_delay: u64,
    /// Longest such time; unequal delays reorder frames.
    pub max_delay: u64,
    /// Of 100 queued frames, how many arrive twice.
    pub duplicate_percent: u64,
    /// Of 100 live frames, how many get lost.
    pub lose_live_percent: u64,
    /// Of 100 queued frames, how many get lost all the same.
    pub lose_queued_percent: u64,
    /// Frames in one session's queue; the oldest go first.
    pub queue_limit: usize,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            min_delay: 1,
            max_delay: 5,
            duplicate_percent: 0,
            lose_live_percent: 0,
            lose_queued_percent: 0,
            queue_limit: 1_000,
        }
    }
}

impl Network {
    /// Slow, reordering, duplicating, lossy.
    pub const BAD: Self = Self {
        min_delay: 1,
        max_delay: 400,
        duplicate_percent: 20,
        lose_live_percent: 20,
        lose_queued_percent: 0,
        queue_limit: 1_000,
    };
}

/// Where a connection ends: a device's number and its name for the connection.
pub(super) type Endpoint = (usize, ConnectionId);

#[derive(Debug, Clone)]
struct Parcel {
    mailbox: Mailbox,
    bytes: Vec<u8>,
    expires: Timestamp,
}

#[derive(Debug, Default)]
struct Session {
    mailboxes: BTreeSet<Mailbox>,
    queue: VecDeque<Parcel>,
    unacknowledged: BTreeMap<ReceiptId, Parcel>,
    connected: Option<Endpoint>,
    will: Option<Will>,
}

/// Something that reaches a device later.
#[derive(Debug, Clone)]
pub(super) enum Arrival {
    Opened {
        session_present: bool,
    },
    Accepted(TransmitId),
    Frame {
        receipt: ReceiptId,
        mailbox: Mailbox,
        bytes: Vec<u8>,
    },
    Closed,
}

/// What reaches whom.
pub(super) type Arrivals = Vec<(Endpoint, Arrival)>;

/// A relay in memory.
#[derive(Debug, Default)]
pub struct SimRelay {
    sessions: BTreeMap<ClientId, Session>,
    receipts: u64,
    /// Every frame that was ever published to it, for a test that looks for what may not be there.
    pub published: Vec<(Mailbox, Vec<u8>)>,
}

impl SimRelay {
    fn session_of(&mut self, endpoint: Endpoint) -> Option<&mut Session> {
        self.sessions
            .values_mut()
            .find(|session| session.connected == Some(endpoint))
    }

    /// The connection that has a client's session now.
    pub(super) fn connected(&self, client: ClientId) -> Option<Endpoint> {
        self.sessions.get(&client)?.connected
    }

    pub(super) fn open(
        &mut self,
        endpoint: Endpoint,
        client: ClientId,
        mailboxes: &[Mailbox],
        will: Option<Will>,
        now: Timestamp,
    ) -> Arrivals {
        let mut arrivals = Vec::new();
        let session_present = self.sessions.contains_key(&client);
        let session = self.sessions.entry(client).or_default();
        session.connected = Some(endpoint);
        session.will = will;
        session.mailboxes.extend(mailboxes.iter().copied());
        arrivals.push((endpoint, Arrival::Opened { session_present }));
        let again = core::mem::take(&mut session.unacknowledged).into_values();
        let waiting: Vec<_> = again
            .chain(session.queue.drain(..))
            .filter(|parcel| parcel.expires > now)
            .collect();
        for parcel in waiting {
            self.receipts += 1;
            let receipt = ReceiptId(self.receipts);
            arrivals.push((
                endpoint,
                Arrival::Frame {
                    receipt,
                    mailbox: parcel.mailbox,
                    bytes: parcel.bytes.clone(),
                },
            ));
            session.unacknowledged.insert(receipt, parcel);
        }
        arrivals
    }

    pub(super) fn command(&mut self, endpoint: Endpoint, command: &RelayCommand) {
        match command {
            RelayCommand::Open { .. } | RelayCommand::Probe { .. } => {}
            RelayCommand::Subscribe { mailboxes, .. } => {
                if let Some(session) = self.session_of(endpoint) {
                    session.mailboxes.extend(mailboxes.iter().copied());
                }
            }
            RelayCommand::Unsubscribe { mailboxes, .. } => {
                if let Some(session) = self.session_of(endpoint) {
                    session
                        .mailboxes
                        .retain(|mailbox| !mailboxes.contains(mailbox));
                }
            }
            RelayCommand::Close { forget: true, .. } => {
                self.sessions
                    .retain(|_, session| session.connected != Some(endpoint));
            }
            RelayCommand::Close { forget: false, .. } => {
                if let Some(session) = self.session_of(endpoint) {
                    session.will = None;
                    session.connected = None;
                }
            }
        }
    }

    /// A connection broke: its will is published, what was under way comes again.
    pub(super) fn broke(
        &mut self,
        endpoint: Endpoint,
        now: Timestamp,
        network: &Network,
        rng: &mut SeededRng,
    ) -> Arrivals {
        let Some(session) = self.session_of(endpoint) else {
            return Vec::new();
        };
        session.connected = None;
        match session.will.take() {
            Some(will) => {
                let parcel = Parcel {
                    mailbox: will.mailbox,
                    bytes: will.bytes,
                    expires: now.plus(MILLIS_PER_MINUTE),
                };
                self.deliver(&parcel, false, network, rng)
            }
            None => Vec::new(),
        }
    }

    pub(super) fn publish(
        &mut self,
        endpoint: Endpoint,
        transmit: &Transmit,
        now: Timestamp,
        network: &Network,
        rng: &mut SeededRng,
    ) -> Arrivals {
        if self.session_of(endpoint).is_none() {
            return Vec::new();
        }
        self.published
            .push((transmit.mailbox, transmit.bytes.clone()));
        let mut arrivals = Vec::new();
        if transmit.queued {
            arrivals.push((endpoint, Arrival::Accepted(transmit.id)));
        }
        let expires = now.plus(u64::from(transmit.expiry_seconds) * MILLIS_PER_SECOND);
        let parcel = Parcel {
            mailbox: transmit.mailbox,
            bytes: transmit.bytes.clone(),
            expires,
        };
        arrivals.extend(self.deliver(&parcel, transmit.queued, network, rng));
        arrivals
    }

    fn deliver(
        &mut self,
        parcel: &Parcel,
        queued: bool,
        network: &Network,
        rng: &mut SeededRng,
    ) -> Arrivals {
        let mut arrivals = Vec::new();
        for session in self
            .sessions
            .values_mut()
            .filter(|session| session.mailboxes.contains(&parcel.mailbox))
        {
            match session.connected {
                Some(endpoint) => {
                    if !queued && rng.chance(network.lose_live_percent) {
                        continue;
                    }
                    if queued
                        && network.lose_queued_percent > 0
                        && rng.chance(network.lose_queued_percent)
                    {
                        continue;
                    }
                    let copies = if queued && rng.chance(network.duplicate_percent) {
                        2
                    } else {
                        1
                    };
                    for _ in 0..copies {
                        self.receipts += 1;
                        let receipt = ReceiptId(self.receipts);
                        if queued {
                            session.unacknowledged.insert(receipt, parcel.clone());
                        }
                        arrivals.push((
                            endpoint,
                            Arrival::Frame {
                                receipt,
                                mailbox: parcel.mailbox,
                                bytes: parcel.bytes.clone(),
                            },
                        ));
                    }
                }
                None if queued => {
                    session.queue.push_back(parcel.clone());
                    while session.queue.len() > network.queue_limit {
                        session.queue.pop_front();
                    }
                }
                None => {}
            }
        }
        arrivals
    }

    pub(super) fn acknowledge(&mut self, endpoint: Endpoint, receipt: ReceiptId) {
        if let Some(session) = self.session_of(endpoint) {
            session.unacknowledged.remove(&receipt);
        }
    }

    /// Forgets every session: a relay that lost its disk. Open connections stay open and hear nothing.
    pub fn forget_everything(&mut self) {
        self.sessions.clear();
    }
}
