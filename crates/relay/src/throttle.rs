//! A token bucket. Over the rate a socket is read more slowly, and a request for credentials is told when to come again.

use std::time::{Duration, Instant};

/// Tokens of one connection or address. One packet, or one request, costs one token.
#[derive(Debug)]
pub(crate) struct Throttle {
    tokens: f64,
    burst: f64,
    per_second: f64,
    filled_at: Instant,
}

impl Throttle {
    /// A full bucket.
    pub(crate) fn new(per_second: u32, burst: u32, now: Instant) -> Self {
        // At least one token must fit, or the connection would never be read again.
        let burst = f64::from(burst.max(1));
        Self {
            tokens: burst,
            burst,
            per_second: f64::from(per_second.max(1)),
            filled_at: now,
        }
    }

    /// Pays for one; the debt makes the next one wait.
    pub(crate) fn charge(&mut self) {
        self.tokens -= 1.0;
    }

    /// How long to wait before the next; `None` when it may be taken now.
    pub(crate) fn wait(&mut self, now: Instant) -> Option<Duration> {
        self.tokens = self.tokens_at(now);
        self.filled_at = now;
        (self.tokens < 1.0).then(|| Duration::from_secs_f64((1.0 - self.tokens) / self.per_second))
    }

    /// Whether nothing has to be remembered: a new bucket would hold as much.
    pub(crate) fn is_full(&self, now: Instant) -> bool {
        self.tokens_at(now) >= self.burst
    }

    fn tokens_at(&self, now: Instant) -> f64 {
        let elapsed = now.saturating_duration_since(self.filled_at).as_secs_f64();
        (self.tokens + elapsed * self.per_second).min(self.burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_the_rate_holds() {
        let start = Instant::now();
        let mut throttle = Throttle::new(200, 1_000, start);
        for _ in 0..1_000 {
            assert_eq!(throttle.wait(start), None);
            throttle.charge();
        }
        let mut now = start;
        for _ in 0..400 {
            let wait = throttle.wait(now).expect("the burst is used up");
            now += wait + Duration::from_nanos(1);
            assert_eq!(throttle.wait(now), None);
            throttle.charge();
        }
        let spent = now - start;
        assert!((1.99..2.01).contains(&spent.as_secs_f64()), "{spent:?}");
    }

    #[test]
    fn rest_refills_no_further_than_the_burst() {
        let start = Instant::now();
        let mut throttle = Throttle::new(10, 2, start);
        let later = start + Duration::from_secs(3_600);
        for _ in 0..2 {
            assert_eq!(throttle.wait(later), None);
            throttle.charge();
        }
        assert!(throttle.wait(later).is_some());
    }
}
