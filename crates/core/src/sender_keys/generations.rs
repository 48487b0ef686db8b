//! Which chains of one sender have been seen: an old one never comes back, and two for one generation are noticed.

use crate::ids::ChainId;
use crate::order;
use crate::wire::record;
use crate::wire::{self, DecodeError};

/// How many of a sender's last generations are remembered with their chain id, to notice a second chain for one.
pub(super) const REMEMBERED: usize = 16;
/// Largest record.
const MAX_RECORD: usize = 64 + REMEMBERED * 48;

/// What an accepted distribution means for its sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// A new chain: keep it, acknowledge it.
    New,
    /// The same chain once more: acknowledge it again, keep what is there.
    Known,
    /// A generation older than all that is remembered: reject, without an acknowledgement. One that merely comes after
    /// a newer one is accepted: relays promise no order, and its messages would be lost otherwise.
    Old,
    /// A second, different chain for one generation: the sender shows different members different keys. Alarm.
    Equivocation,
}

/// The tombstones of one sender's chains. Outlives the chains themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Generations {
    /// Ascending by generation, at most [`REMEMBERED`].
    seen: Vec<Seen>,
}

record!(Generations { seen });

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    generation: u64,
    chain: ChainId,
}

record!(Seen { generation, chain });

impl Generations {
    /// The highest generation that was recorded.
    #[must_use]
    pub fn highest(&self) -> Option<u64> {
        self.seen.last().map(|seen| seen.generation)
    }

    /// Judges a chain whose id has been checked; changes nothing.
    #[must_use]
    pub fn judge(&self, generation: u64, chain: &ChainId) -> Verdict {
        match self.seen.iter().find(|seen| seen.generation == generation) {
            Some(seen) if seen.chain == *chain => Verdict::Known,
            Some(_) => Verdict::Equivocation,
            None if self.is_below_memory(generation) => Verdict::Old,
            None => Verdict::New,
        }
    }

    /// Remembers a chain that was judged [`Verdict::New`].
    pub fn record(&mut self, generation: u64, chain: ChainId) {
        if self.judge(generation, &chain) != Verdict::New {
            return;
        }
        self.seen.push(Seen { generation, chain });
        order::sort_by_key(&mut self.seen, |seen| seen.generation);
        let surplus = self.seen.len().saturating_sub(REMEMBERED);
        self.seen.drain(..surplus);
    }

    /// Whether a generation is older than all that is remembered, with others forgotten before it.
    fn is_below_memory(&self, generation: u64) -> bool {
        self.seen.len() >= REMEMBERED
            && self
                .seen
                .first()
                .is_some_and(|first| generation < first.generation)
    }

    /// The record for the store.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        wire::encode(self)
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// [`DecodeError`] when it isn't one.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let value: Self = wire::decode(bytes, MAX_RECORD)?;
        let ascending = value
            .seen
            .windows(2)
            .all(|pair| matches!(pair, [a, b] if a.generation < b.generation));
        if value.seen.len() > REMEMBERED || !ascending {
            return Err(DecodeError::Invalid);
        }
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_attr::test;

    #[test]
    fn an_old_distribution_revives_nothing_and_a_second_chain_raises_an_alarm() {
        let mut generations = Generations::default();
        let (a, b) = (ChainId([1; 32]), ChainId([2; 32]));
        assert_eq!(generations.judge(5, &a), Verdict::New);
        generations.record(5, a);
        assert_eq!(generations.judge(5, &a), Verdict::Known);
        assert_eq!(generations.judge(5, &b), Verdict::Equivocation);
        assert_eq!(
            generations.judge(4, &b),
            Verdict::New,
            "it was only overtaken"
        );
        assert_eq!(generations.judge(6, &b), Verdict::New);
        generations.record(4, b);
        assert_eq!(generations.highest(), Some(5));
        assert_eq!(generations.judge(4, &a), Verdict::Equivocation);
    }

    #[test]
    fn memory_is_bounded_and_forgotten_generations_stay_old() {
        let mut generations = Generations::default();
        for generation in 0..100 {
            generations.record(generation, ChainId([generation as u8; 32]));
        }
        assert_eq!(generations.judge(0, &ChainId([0; 32])), Verdict::Old);
        assert_eq!(generations.judge(99, &ChainId([99; 32])), Verdict::Known);
        let bytes = generations.encode();
        assert!(bytes.len() <= MAX_RECORD);
        assert_eq!(Generations::decode(&bytes), Ok(generations));
    }
}
