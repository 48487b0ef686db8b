//! What this device uses to reach others: what the person has set, and the ICE servers that one was told of.

use crate::ids::{MILLIS_PER_MINUTE, MILLIS_PER_SECOND, Timestamp};
use crate::io::{Ice, IceServer, Settings};

/// Credentials are asked for anew so long before they end, in milliseconds.
const RENEW_BEFORE: u64 = MILLIS_PER_MINUTE;
/// Least time between two questions, and least lifetime of an answer, in milliseconds.
const ASK_INTERVAL: u64 = MILLIS_PER_MINUTE;
/// Most servers that are used of an answer or of one's own; a browser asks all of them.
const MAX_SERVERS: usize = 8;

/// What this device uses to reach others.
#[derive(Debug, Default)]
pub(crate) struct Ways {
    pub(crate) settings: Settings,
    told: Vec<IceServer>,
    good_until: Option<Timestamp>,
    asked: Option<Timestamp>,
}

impl Ways {
    /// Everything that a connection may use.
    pub(crate) fn ice(&self) -> Ice {
        let servers = self.servers().cloned().collect();
        Ice {
            servers,
            relay_only: self.settings.relay_only,
        }
    }

    fn servers(&self) -> impl Iterator<Item = &IceServer> {
        let own = self.settings.ice_servers.iter().take(MAX_SERVERS);
        self.told.iter().take(MAX_SERVERS).chain(own)
    }

    /// Whether one of the servers passes things on.
    pub(crate) fn has_turn(&self) -> bool {
        self.servers()
            .flat_map(|server| &server.urls)
            .any(|url| url.starts_with("turn:") || url.starts_with("turns:"))
    }

    /// Whether one was told, and what one was told is still good.
    pub(crate) fn are_known(&self, now: Timestamp) -> bool {
        self.good_until.is_some_and(|until| now < until)
    }

    /// Whether to ask now; notes that one does.
    pub(crate) fn ask(&mut self, now: Timestamp) -> bool {
        let lately = |at: Timestamp| now >= at && now.since(at) < MILLIS_PER_SECOND;
        if self.asked.is_some_and(lately) {
            return false;
        }
        self.asked = Some(now);
        true
    }

    /// When to ask again while there is a call.
    pub(crate) fn renew_at(&self) -> Option<Timestamp> {
        let asked = self.asked?.plus(ASK_INTERVAL);
        let renew = |until: Timestamp| Timestamp(until.0.saturating_sub(RENEW_BEFORE));
        Some(self.good_until.map_or(asked, renew).max(asked))
    }

    /// Takes an answer. True when there are other servers now.
    pub(crate) fn take(
        &mut self,
        servers: Vec<IceServer>,
        lifetime_seconds: u32,
        now: Timestamp,
    ) -> bool {
        // Nothing could be had, but what one has is still good.
        if servers.is_empty() && self.are_known(now) && !self.told.is_empty() {
            return false;
        }
        let lifetime = u64::from(lifetime_seconds) * MILLIS_PER_SECOND;
        self.good_until = Some(now.plus(lifetime.max(2 * ASK_INTERVAL)));
        let changed = self.told != servers;
        self.told = servers;
        changed
    }
}
