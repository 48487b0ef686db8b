//! Who loses what when there is no room: the expired first, then the oldest, and in the end the fullest queue.

use super::{SessionKey, State};
use crate::clock::Timestamp;

/// When the relay is full, room is made down to this share of the total at once, so that the search for the fullest
/// session is not repeated for every message.
const MAKE_ROOM_SHARE: usize = 64;

impl State {
    pub(super) fn drop_expired(&mut self, key: &SessionKey, now: Timestamp) {
        if let Some(session) = self.sessions.get_mut(key) {
            let freed = session.drop_expired(now);
            self.counts.expired += freed.messages as u64;
            self.free(key, freed);
        }
    }

    /// Makes room in one session, then in the relay as a whole.
    pub(super) fn enforce_quotas(&mut self, key: &SessionKey, now: Timestamp) {
        if self.over_quota(key) {
            self.drop_expired(key, now);
        }
        while self.over_quota(key) && self.drop_oldest(key) {}
        if self.bytes > self.limits.max_total_bytes {
            let target =
                self.limits.max_total_bytes - self.limits.max_total_bytes / MAKE_ROOM_SHARE;
            while self.bytes > target {
                let fullest = self
                    .sessions
                    .iter()
                    .filter(|(_, session)| session.has_unsent())
                    .max_by_key(|(_, session)| session.bytes())
                    .map(|(key, session)| (*key, session.bytes()));
                let Some((fullest, bytes)) = fullest else {
                    break;
                };
                // Half of the fullest queue at a time keeps the search rare without emptying anyone at once.
                let keep = bytes / 2;
                while self.bytes > target
                    && self
                        .sessions
                        .get(&fullest)
                        .is_some_and(|session| session.bytes() > keep)
                    && self.drop_oldest(&fullest)
                {}
            }
        }
    }

    fn over_quota(&self, key: &SessionKey) -> bool {
        self.sessions.get(key).is_some_and(|session| {
            session.messages() > self.limits.max_queue_messages
                || session.bytes() > self.limits.max_queue_bytes
        })
    }

    /// Whether there was anything to drop.
    fn drop_oldest(&mut self, key: &SessionKey) -> bool {
        let Some(session) = self
            .sessions
            .get_mut(key)
            .filter(|session| session.has_unsent())
        else {
            return false;
        };
        let freed = session.drop_oldest();
        self.counts.dropped += freed.messages as u64;
        self.free(key, freed);
        true
    }
}
