//! What one input causes: writes first, everything else after them.

use rand_core::CryptoRng;

use super::ways::Ways;
use crate::ids::{ConnectionId, GroupId, LinkId, Timestamp, TransmitId};
use crate::io::{Config, Event, Output, Refusal};
use crate::store::Changes;

/// Numbers that a client hands out once in its lifetime.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    connection: u32,
    transmit: u64,
    link: u32,
}

/// What every step of the client needs: the moment, randomness, and where its effects go.
pub(crate) struct Step<'a> {
    pub(crate) now: Timestamp,
    pub(crate) rng: &'a mut dyn CryptoRng,
    pub(crate) config: &'a Config,
    pub(crate) counters: &'a mut Counters,
    /// How this device reaches others.
    pub(crate) ways: &'a mut Ways,
    /// One transaction; runs before `after`.
    pub(crate) changes: Changes,
    /// Runs once `changes` is stored: commit before transmit is this order and nothing else.
    pub(crate) after: Vec<Output>,
}

impl Step<'_> {
    pub(crate) fn random<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.after.push(Output::Event(event));
    }

    pub(crate) fn refuse(&mut self, group: Option<GroupId>, reason: Refusal) {
        self.event(Event::Refused { group, reason });
    }

    pub(crate) fn next_connection(&mut self) -> ConnectionId {
        self.counters.connection += 1;
        ConnectionId(self.counters.connection)
    }

    pub(crate) fn next_link(&mut self) -> LinkId {
        self.counters.link += 1;
        LinkId(self.counters.link)
    }

    pub(crate) fn next_transmit(&mut self) -> TransmitId {
        self.counters.transmit += 1;
        TransmitId(self.counters.transmit)
    }
}
