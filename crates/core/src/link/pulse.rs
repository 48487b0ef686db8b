//! Whether whoever is at the other end of a data channel is still there.

use super::{PING_AFTER, PROBE_LIMIT, SILENCE_LIMIT};
use crate::ids::Timestamp;

/// What follows from a silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beat {
    /// Ask.
    Ping(u32),
    /// Nobody is there.
    Gone,
}

/// The signs of life over one open data channel.
#[derive(Debug)]
pub(crate) struct Pulse {
    heard: Timestamp,
    asked: Option<Timestamp>,
    number: u32,
    /// An answer is waited for until then.
    probe: Option<Timestamp>,
    is_weak: bool,
    /// Not judged before.
    spared_until: Timestamp,
}

impl Pulse {
    pub(crate) const fn new(now: Timestamp) -> Self {
        Self {
            heard: now,
            asked: None,
            number: 0,
            probe: None,
            is_weak: false,
            spared_until: now,
        }
    }

    /// Something came.
    pub(crate) fn hear(&mut self, now: Timestamp) {
        self.heard = now;
        self.asked = None;
        self.probe = None;
        self.is_weak = false;
    }

    /// What came lately says nothing any more: the network has changed.
    pub(crate) fn weaken(&mut self) {
        self.is_weak = true;
    }

    /// There is reason to believe that nobody is there: asks at once.
    pub(crate) fn probe(&mut self, now: Timestamp) -> Beat {
        self.probe.get_or_insert(now.plus(PROBE_LIMIT));
        self.ask(now)
    }

    fn ask(&mut self, now: Timestamp) -> Beat {
        self.asked = Some(now);
        self.number = self.number.wrapping_add(1);
        Beat::Ping(self.number)
    }

    /// It may be this side that hears nothing: looks again later.
    pub(crate) fn spare(&mut self, now: Timestamp) {
        self.spared_until = now.plus(PING_AFTER);
    }

    /// Nothing came although it was asked for: something is wrong, here, there or between.
    pub(crate) fn is_faint(&self, now: Timestamp) -> bool {
        now.since(self.heard) >= 2 * PING_AFTER
    }

    /// Something came lately, and nothing speaks against more.
    pub(crate) fn is_strong(&self, now: Timestamp) -> bool {
        self.probe.is_none() && !self.is_weak && !self.is_faint(now)
    }

    /// What is due.
    pub(crate) fn timeout(&mut self, now: Timestamp) -> Option<Beat> {
        if self.gone_at() <= now {
            return Some(Beat::Gone);
        }
        (self.ping_at() <= now).then(|| self.ask(now))
    }

    fn ping_at(&self) -> Timestamp {
        self.asked.unwrap_or(self.heard).plus(PING_AFTER)
    }

    fn gone_at(&self) -> Timestamp {
        let silent = self.heard.plus(SILENCE_LIMIT);
        let gone = self.probe.map_or(silent, |probe| probe.min(silent));
        gone.max(self.spared_until)
    }

    /// When [`Pulse::timeout`] is due.
    pub(crate) fn next_timeout(&self) -> Timestamp {
        self.ping_at().min(self.gone_at())
    }
}
