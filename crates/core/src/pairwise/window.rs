//! Which counters of a peer have been seen.

use crate::wire::record;

/// How far behind the highest counter a frame may still arrive: more than Olm itself would open out of order (40).
pub(super) const WINDOW: u64 = 256;

/// The highest counter and a bit for each of the [`WINDOW`] below it. Anything further back counts as seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct CounterWindow {
    /// One more than the highest counter seen.
    next: u64,
    /// Bit `c % 256` for counter `c`.
    bits: [u64; 4],
}

record!(CounterWindow { next, bits });

impl CounterWindow {
    pub(super) fn is_new(&self, counter: u64) -> bool {
        // The last number has no successor to be kept as `next`.
        if counter == u64::MAX {
            return false;
        }
        counter >= self.next || (self.next - counter <= WINDOW && !self.bit(counter))
    }

    /// Whether a counter lies so far back that nothing is known of it any more.
    pub(super) fn is_behind(&self, counter: u64) -> bool {
        self.next.saturating_sub(counter) > WINDOW
    }

    pub(super) fn insert(&mut self, counter: u64) {
        if counter >= self.next {
            // What lies between was never seen; a whole round or more empties everything.
            if counter - self.next >= WINDOW {
                self.bits = [0; 4];
            } else {
                for passed in self.next..counter {
                    self.set(passed, false);
                }
            }
            self.next = counter.saturating_add(1);
        }
        self.set(counter, true);
    }

    fn bit(&self, counter: u64) -> bool {
        let place = counter % WINDOW;
        self.bits
            .get((place / 64) as usize)
            .is_some_and(|word| word >> (place % 64) & 1 == 1)
    }

    fn set(&mut self, counter: u64, value: bool) {
        let place = counter % WINDOW;
        if let Some(word) = self.bits.get_mut((place / 64) as usize) {
            let mask = 1 << (place % 64);
            *word = if value { *word | mask } else { *word & !mask };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_attr::test;
    use std::collections::BTreeSet;

    #[test]
    fn a_counter_is_new_once_and_never_again() {
        let mut window = CounterWindow::default();
        for counter in [0, 1, 5, 3, 300, 299, 45, 256, 257, 1_000, 745, 999] {
            assert!(window.is_new(counter), "{counter}");
            window.insert(counter);
            assert!(!window.is_new(counter), "{counter}");
        }
        assert!(!window.is_new(744));
        assert!(window.is_behind(744) && !window.is_behind(745) && !window.is_behind(2_000));
        assert!(!window.is_new(0));
        assert!(!window.is_new(u64::MAX));
    }

    #[test]
    fn the_window_agrees_with_a_plain_set() {
        let mut window = CounterWindow::default();
        let mut seen = BTreeSet::new();
        let mut state = 12_345_u64;
        for _ in 0..20_000 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let highest = seen.last().copied().unwrap_or(0_u64);
            let counter = (highest + (state >> 33) % 40).saturating_sub((state >> 50) % 400);
            let expected =
                !seen.contains(&counter) && (seen.is_empty() || counter + WINDOW > highest);
            assert_eq!(window.is_new(counter), expected, "{counter} of {highest}");
            if expected {
                window.insert(counter);
                seen.insert(counter);
            }
        }
    }
}
