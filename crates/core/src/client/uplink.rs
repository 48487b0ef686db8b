//! The relay connections of one group or one pending join: what is wished, what is up, when to try again.

use crate::sorted::Set;

use super::batch::Step;
use crate::ids::{ClientId, ConnectionId, MILLIS_PER_SECOND, Mailbox, Timestamp, TransmitId};
use crate::io::{Output, RelayCommand, RelayProblem, RelayState, Transmit, Will};

/// First pause after a failed attempt, in milliseconds: short enough that a restarted relay is hardly noticed.
const FIRST_PAUSE: u64 = 500;
/// Longest pause between attempts, in milliseconds: a relay that is down for a day is asked about once a minute.
const LONGEST_PAUSE: u64 = 60 * MILLIS_PER_SECOND;
/// An attempt that takes longer than this is given up, in milliseconds.
const ATTEMPT_LIMIT: u64 = 15 * MILLIS_PER_SECOND;
/// The same for one who is in a hurry, in milliseconds. What gets lost of an attempt is repeated after 1, 3 and 7 seconds
/// (RFC 6298), so that one begun anew finds a network that is back sooner than one that goes on.
const HURRIED_LIMIT: u64 = 2 * MILLIS_PER_SECOND;
/// Of so many hurried attempts one may take longer, in milliseconds: a network may be slow instead of gone.
const PATIENT_EVERY: u32 = 4;
const PATIENT_LIMIT: u64 = 6 * MILLIS_PER_SECOND;
/// So many attempts may be hurried, about a minute of them: a relay that is down or overrun for longer isn't pressed.
const MAX_HURRIED: u32 = 24;

/// How soon a connection is wanted back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    Usual,
    /// One is in a call, which may have lost its paths with the connection and finds new ones through it.
    Hurried,
}

impl Pace {
    /// How long an attempt may take after so many that failed.
    const fn limit(self, failures: u32) -> u64 {
        match self {
            Self::Hurried if failures >= MAX_HURRIED => ATTEMPT_LIMIT,
            Self::Hurried if failures % PATIENT_EVERY == PATIENT_EVERY - 1 => PATIENT_LIMIT,
            Self::Hurried => HURRIED_LIMIT,
            Self::Usual => ATTEMPT_LIMIT,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Opening {
        since: Timestamp,
    },
    Open,
    Pausing {
        reason: RelayProblem,
        until: Timestamp,
    },
    Closed,
}

#[derive(Debug)]
struct Connection {
    id: ConnectionId,
    url: String,
    phase: Phase,
    failures: u32,
    subscribed: Set<Mailbox>,
}

/// One wish for connectivity, kept at every relay of a list: up if any is up.
#[derive(Debug)]
pub(crate) struct Uplink {
    client: ClientId,
    mailboxes: Set<Mailbox>,
    presence: Option<Mailbox>,
    connections: Vec<Connection>,
}

impl Uplink {
    /// Connections to `relays` that begin with the next [`Uplink::open_all`].
    pub(crate) fn new(relays: &[String], client: ClientId, step: &mut Step<'_>) -> Self {
        let connections = relays
            .iter()
            .map(|url| Connection {
                id: step.next_connection(),
                url: url.clone(),
                phase: Phase::Closed,
                failures: 0,
                subscribed: Set::new(),
            })
            .collect();
        Self {
            client,
            mailboxes: Set::new(),
            presence: None,
            connections,
        }
    }

    pub(crate) fn client(&self) -> ClientId {
        self.client
    }

    pub(crate) fn owns(&self, id: ConnectionId) -> bool {
        self.connections
            .iter()
            .any(|connection| connection.id == id)
    }

    pub(crate) fn is_up(&self) -> bool {
        self.connections
            .iter()
            .any(|connection| connection.phase == Phase::Open)
    }

    /// Whether nothing is open or being opened.
    pub(crate) fn is_idle(&self) -> bool {
        !self
            .connections
            .iter()
            .any(|it| matches!(it.phase, Phase::Open | Phase::Opening { .. }))
    }

    /// Where this client's presence token appears when a connection breaks.
    pub(crate) fn announce_at(&mut self, presence: Mailbox) {
        self.presence = Some(presence);
    }

    /// Starts every connection that isn't open or opening. `token` is the presence token of the attempt.
    pub(crate) fn open_all(&mut self, token: [u8; 16], step: &mut Step<'_>) {
        for index in 0..self.connections.len() {
            self.open(index, token, step);
        }
    }

    fn open(&mut self, index: usize, token: [u8; 16], step: &mut Step<'_>) {
        let Some(connection) = self.connections.get_mut(index) else {
            return;
        };
        if matches!(connection.phase, Phase::Open | Phase::Opening { .. }) {
            return;
        }
        connection.phase = Phase::Opening { since: step.now };
        connection.subscribed = self.mailboxes.clone();
        step.after.push(Output::Relay(RelayCommand::Open {
            connection: connection.id,
            url: connection.url.clone(),
            client: self.client,
            mailboxes: self.mailboxes.iter().copied().collect(),
            will: self.presence.map(|mailbox| Will {
                mailbox,
                bytes: crate::sync::presence_frame(token),
            }),
        }));
    }

    pub(crate) fn opened(&mut self, id: ConnectionId, step: &mut Step<'_>) {
        if let Some(connection) = self
            .connections
            .iter_mut()
            .find(|connection| connection.id == id)
        {
            connection.phase = Phase::Open;
            connection.failures = 0;
        }
        // The wish may have changed while the connection was being opened.
        self.subscribe(step);
    }

    pub(crate) fn closed(
        &mut self,
        id: ConnectionId,
        reason: RelayProblem,
        pace: Pace,
        step: &mut Step<'_>,
    ) {
        let jitter = u64::from(step.rng.next_u32());
        let Some(connection) = self
            .connections
            .iter_mut()
            .find(|connection| connection.id == id)
        else {
            return;
        };
        if connection.phase == Phase::Closed {
            return;
        }
        let doublings = match pace {
            Pace::Hurried => connection.failures.saturating_sub(MAX_HURRIED),
            Pace::Usual => connection.failures,
        };
        let pause = FIRST_PAUSE
            .saturating_mul(1 << doublings.min(16))
            .min(LONGEST_PAUSE);
        connection.failures = connection.failures.saturating_add(1);
        // Between half and the whole of the pause, so that a group doesn't come back in one instant.
        let pause = pause / 2 + jitter % (pause / 2 + 1);
        connection.phase = Phase::Pausing {
            reason,
            until: step.now.plus(pause),
        };
    }

    /// Tries again where a pause or an attempt is over. True when anything changed.
    pub(crate) fn timeout(&mut self, token: [u8; 16], pace: Pace, step: &mut Step<'_>) -> bool {
        let mut changed = false;
        for index in 0..self.connections.len() {
            let Some(connection) = self.connections.get(index) else {
                continue;
            };
            match connection.phase {
                Phase::Pausing { until, .. } if until <= step.now => {
                    self.open(index, token, step);
                    changed = true;
                }
                Phase::Opening { since }
                    if step.now.since(since) >= pace.limit(connection.failures) =>
                {
                    let id = connection.id;
                    step.after.push(Output::Relay(RelayCommand::Close {
                        connection: id,
                        forget: false,
                    }));
                    self.closed(id, RelayProblem::Unreachable, pace, step);
                    changed = true;
                }
                _ => {}
            }
        }
        changed
    }

    /// The network is back or the page is looked at: try now.
    pub(crate) fn wake(&mut self, token: [u8; 16], step: &mut Step<'_>) {
        for index in 0..self.connections.len() {
            if matches!(
                self.connections
                    .get(index)
                    .map(|connection| connection.phase),
                Some(Phase::Pausing { .. })
            ) {
                self.open(index, token, step);
            }
        }
    }

    /// The browser says there is no network: what looks open isn't.
    pub(crate) fn network_lost(&mut self, step: &mut Step<'_>) {
        let ids: Vec<_> = self
            .connections
            .iter()
            .filter(|connection| matches!(connection.phase, Phase::Open | Phase::Opening { .. }))
            .map(|connection| connection.id)
            .collect();
        for id in ids {
            step.after.push(Output::Relay(RelayCommand::Close {
                connection: id,
                forget: false,
            }));
            self.closed(id, RelayProblem::Unreachable, Pace::Usual, step);
        }
    }

    /// Nothing comes any more from where something should: looks whether the open connections still lead anywhere.
    pub(crate) fn probe(&self, step: &mut Step<'_>) {
        for connection in &self.connections {
            if connection.phase == Phase::Open {
                step.after.push(Output::Relay(RelayCommand::Probe {
                    connection: connection.id,
                }));
            }
        }
    }

    /// Changes the wished mailboxes; open connections follow at once, others when they open.
    pub(crate) fn set_mailboxes(&mut self, mailboxes: Set<Mailbox>, step: &mut Step<'_>) {
        self.mailboxes = mailboxes;
        self.subscribe(step);
    }

    fn subscribe(&mut self, step: &mut Step<'_>) {
        for connection in &mut self.connections {
            if connection.phase != Phase::Open {
                continue;
            }
            let more: Vec<_> = self
                .mailboxes
                .difference(&connection.subscribed)
                .copied()
                .collect();
            let fewer: Vec<_> = connection
                .subscribed
                .difference(&self.mailboxes)
                .copied()
                .collect();
            if !more.is_empty() {
                step.after.push(Output::Relay(RelayCommand::Subscribe {
                    connection: connection.id,
                    mailboxes: more,
                }));
            }
            if !fewer.is_empty() {
                step.after.push(Output::Relay(RelayCommand::Unsubscribe {
                    connection: connection.id,
                    mailboxes: fewer,
                }));
            }
            connection.subscribed.clone_from(&self.mailboxes);
        }
    }

    /// Sends over every open connection; names the frame for each. Empty when none is open.
    pub(crate) fn send(
        &self,
        frame: Outgoing<'_>,
        only: Option<ConnectionId>,
        step: &mut Step<'_>,
    ) -> Vec<TransmitId> {
        let mut ids = Vec::new();
        for connection in &self.connections {
            if connection.phase != Phase::Open || only.is_some_and(|only| only != connection.id) {
                continue;
            }
            let id = step.next_transmit();
            ids.push(id);
            step.after.push(Output::Send(Transmit {
                connection: connection.id,
                id,
                mailbox: frame.mailbox,
                bytes: frame.bytes.to_vec(),
                queued: frame.queued,
                expiry_seconds: frame.expiry_seconds,
            }));
        }
        ids
    }

    /// Ends every connection for good; `forget` also ends the sessions at the relays.
    pub(crate) fn close(&mut self, forget: bool, step: &mut Step<'_>) {
        for connection in &mut self.connections {
            if connection.phase != Phase::Closed {
                connection.phase = Phase::Closed;
                step.after.push(Output::Relay(RelayCommand::Close {
                    connection: connection.id,
                    forget,
                }));
            }
        }
    }

    pub(crate) fn state(&self) -> RelayState {
        let mut state = RelayState::Closed;
        for connection in &self.connections {
            match connection.phase {
                Phase::Open => return RelayState::Online,
                Phase::Opening { .. } if connection.failures == 0 => state = RelayState::Connecting,
                // A repeated attempt still counts as being away, so that the words on screen don't flicker.
                Phase::Opening { since } => {
                    if state == RelayState::Closed {
                        state = RelayState::Offline {
                            reason: RelayProblem::Unreachable,
                            retry_at: since,
                        };
                    }
                }
                Phase::Pausing { reason, until } => {
                    if state != RelayState::Connecting {
                        state = RelayState::Offline {
                            reason,
                            retry_at: until,
                        };
                    }
                }
                Phase::Closed => {}
            }
        }
        state
    }

    pub(crate) fn next_timeout(&self, pace: Pace) -> Option<Timestamp> {
        self.connections
            .iter()
            .filter_map(|connection| match connection.phase {
                Phase::Opening { since } => Some(since.plus(pace.limit(connection.failures))),
                Phase::Pausing { until, .. } => Some(until),
                Phase::Open | Phase::Closed => None,
            })
            .min()
    }
}

/// A frame on its way to a mailbox.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outgoing<'a> {
    pub(crate) mailbox: Mailbox,
    pub(crate) bytes: &'a [u8],
    pub(crate) queued: bool,
    pub(crate) expiry_seconds: u32,
}
