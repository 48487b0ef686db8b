//! A few heads that stand for all: what a sender key names so that its receiver sees the same roster.

use super::log::Log;
use crate::ids::OpId;
use crate::order;
use crate::sorted::Map;
use crate::wire::limits;

impl Log {
    /// At most [`limits::MAX_DEPS`] heads, ascending: all of them, or, where somebody has forked its chain without end, so
    /// many that their past gives the present roster. Whoever has these ops, and maybe not all of the fork, agrees on it.
    #[must_use]
    pub fn few_heads(&self) -> Vec<OpId> {
        let mut heads = self.heads();
        if heads.len() <= limits::MAX_DEPS {
            return heads;
        }
        // An honest author has one. Of a fork, the earliest branch proves it, and the latest says most.
        let mut by_author = Map::<_, Vec<_>>::new();
        for id in &heads {
            if let Some(node) = self.graph.by_id(id) {
                let branches = by_author.entry(node.op.author).or_default();
                branches.push((node.op.seq, *id));
            }
        }
        let mut ranked = Vec::new();
        for (_, mut branches) in by_author {
            order::sort(&mut branches);
            let last = branches.len().saturating_sub(1);
            let between = |place: usize| place != 0 && place != last;
            let branches = branches.into_iter().enumerate();
            ranked.extend(branches.map(|(place, (seq, id))| (between(place), seq, id)));
        }
        order::sort(&mut ranked);
        heads = ranked.into_iter().map(|(_, _, id)| id).collect();
        heads.truncate(limits::MAX_DEPS);
        order::sort(&mut heads);
        heads
    }
}
