//! A few heads that stand for all: what a sender key names so that its receiver sees the same roster.

use super::log::Log;
use crate::ids::{MemberId, OpId};
use crate::order;
use crate::sorted::Map;
use crate::wire::limits;

/// The end of a branch: its author, its number, the op.
pub(super) type End = (MemberId, u32, OpId);

impl Log {
    /// At most [`limits::MAX_DEPS`] heads, ascending: all of them, or, where somebody has forked its chain without end, so
    /// many that their past gives the present roster. Whoever has these ops, and maybe not all of the fork, agrees on it.
    #[must_use]
    pub fn few_heads(&self) -> Vec<OpId> {
        let mut heads = self.heads();
        if heads.len() <= limits::MAX_DEPS {
            return heads;
        }
        let place = |id: &OpId| {
            let op = &self.graph.by_id(id)?.op;
            Some((op.author, op.seq, *id))
        };
        let all = heads.iter().filter_map(place).collect();
        heads = most_telling(all, limits::MAX_DEPS)
            .into_iter()
            .map(|(_, _, id)| id)
            .collect();
        order::sort(&mut heads);
        heads
    }
}

/// Of the ends of chains, as (author, number, op), those that say most: an honest author has one; of a fork, the earliest
/// branch proves it, and the latest has most behind it.
pub(super) fn most_telling(ends: Vec<End>, most: usize) -> Vec<End> {
    let mut by_author = Map::<_, Vec<End>>::new();
    for end in ends {
        by_author.entry(end.0).or_default().push(end);
    }
    let mut ranked = Vec::new();
    for (_, mut branches) in by_author {
        order::sort(&mut branches);
        let last = branches.len().saturating_sub(1);
        let between = |place: usize| place != 0 && place != last;
        let branches = branches.into_iter().enumerate();
        ranked.extend(branches.map(|(place, end)| (between(place), end.1, end)));
    }
    order::sort(&mut ranked);
    ranked.truncate(most);
    ranked.into_iter().map(|(_, _, end)| end).collect()
}
