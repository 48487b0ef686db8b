//! Wall-clock milliseconds: expiries must mean the same after a restart.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Timestamp(pub(crate) u64);

impl Timestamp {
    /// The present; the broker never calls this, it is told.
    pub(crate) fn now() -> Self {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or(Duration::ZERO);
        Self(u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX))
    }

    /// This moment plus `duration`.
    pub(crate) fn after(self, duration: Duration) -> Self {
        let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(millis))
    }

    /// Whole seconds from `now` until this moment, rounded up; 0 when it has passed.
    pub(crate) fn seconds_left(self, now: Self) -> u32 {
        let millis = self.0.saturating_sub(now.0);
        u32::try_from(millis.div_ceil(1_000)).unwrap_or(u32::MAX)
    }
}
