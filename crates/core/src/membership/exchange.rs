//! What one replica tells another so that both end up with the same ops.

use super::body::OpBody;
use super::few_heads::most_telling;
use super::graph::{Graph, OpSet};
use super::log::Log;
use super::state::Ending;
use crate::identity::Card;
use crate::ids::{MemberId, OpId};
use crate::order;
use crate::sorted::Set;
use crate::wire::{limits, record};

/// The end of an author's chain, as a replica knows it. An author whose chain forked has several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AuthorTip {
    /// Whose chain.
    pub author: MemberId,
    /// The number of the op to come.
    pub next_seq: u32,
    /// The last op: tells a fork apart from a chain of the same length.
    pub tip: OpId,
}

record!(AuthorTip {
    author,
    next_seq,
    tip
});

/// Most ends that a vector names: one for every member that a group can ever have, and no more than a frame holds.
pub(super) const MAX_TIPS: usize = limits::MAX_MEMBERS;

impl Log {
    /// How far this log knows each author's chain, ascending: all ends, or where somebody's fork has more than a frame
    /// holds, [`MAX_TIPS`] of them. A peer then sends again what lies at the others, which changes nothing.
    #[must_use]
    pub fn vector(&self) -> Vec<AuthorTip> {
        let mut tips = Vec::new();
        for (author, chain) in self.graph.chains() {
            let nodes = || {
                chain
                    .values()
                    .flatten()
                    .filter_map(|index| self.graph.node(*index))
            };
            let followed = Set::from_iter(nodes().filter_map(|node| node.op.prev));
            tips.extend(
                nodes()
                    .filter(|node| !followed.contains(&node.place.op))
                    .map(|node| (*author, node.op.seq + 1, node.place.op)),
            );
        }
        if tips.len() > MAX_TIPS {
            tips = most_telling(tips, MAX_TIPS);
        }
        let tips = tips.into_iter().map(|(author, next_seq, tip)| AuthorTip {
            author,
            next_seq,
            tip,
        });
        let mut tips: Vec<_> = tips.collect();
        order::sort(&mut tips);
        tips
    }

    /// What the owner of a vector lacks, each op after its past, up to a number of bytes; at least one op if it lacks
    /// any. Asking again with the vector that results goes on from there.
    #[must_use]
    pub fn newer_than(&self, vector: &[AuthorTip], limit: usize) -> Vec<Vec<u8>> {
        let known = self.known_to(vector);
        let mut left = limit;
        let mut newer = Vec::new();
        for (index, node) in self.graph.ordered(&self.graph.all()) {
            if known.contains(index) {
                continue;
            }
            if node.bytes.len() > left && !newer.is_empty() {
                break;
            }
            left = left.saturating_sub(node.bytes.len());
            newer.push(node.bytes.clone());
        }
        newer
    }

    /// Everything that lies before the vector's tips: whoever has an op has its past.
    fn known_to(&self, vector: &[AuthorTip]) -> OpSet {
        let mut known = OpSet::default();
        for entry in vector {
            if let Some(past) = self.graph.closure([&entry.tip]) {
                known.union(&past);
            } else if let Some(chain) = self.graph.chain(&entry.author) {
                // The other is ahead of us and has all that we have, or it is on another branch of a fork, and then we
                // can't tell what it has.
                let longest = chain.last_key_value().map_or(0, |(seq, _)| seq + 1);
                let forked = chain.values().any(|twins| twins.len() > 1);
                if entry.next_seq > longest && !forked {
                    chain
                        .values()
                        .flatten()
                        .for_each(|index| known.insert(*index));
                }
            }
        }
        known
    }

    /// All that a removed member may still learn: everything up to the op that removed it. Nothing for others.
    #[must_use]
    pub fn ops_up_to_removal_of(&self, member: &MemberId) -> Vec<Vec<u8>> {
        let removal = match self.state().former.get(member).map(|info| info.ending) {
            Some(Ending::Removed { at, .. }) => at.op,
            _ => return Vec::new(),
        };
        let Some(mut past) = self.graph.closure([&removal]) else {
            return Vec::new();
        };
        // A removal that counts by the creator's ruling alone: with what the creator said up to there.
        let all = self.graph.all();
        let counts = |past: &OpSet| {
            self.state_of(past)
                .is_some_and(|state| state.former.contains_key(member))
        };
        let mut rulings = self.graph.ordered(&all).filter_map(|(_, node)| {
            matches!(node.op.body, OpBody::Ruling { op, .. } if op == removal)
                .then_some(node.place.op)
        });
        while !counts(&past) {
            let next = rulings.next();
            let Some(more) = next.and_then(|ruling| self.graph.closure([&ruling])) else {
                break;
            };
            past.union(&more);
        }
        bytes_of(&self.graph, &past)
    }

    /// The card of somebody who was let in but never counted as a member (see [`super::State::void`]).
    #[must_use]
    pub fn void_card(&self, member: &MemberId) -> Option<Card> {
        if !self.state().void.contains_key(member) {
            return None;
        }
        let all = self.graph.all();
        let mut cards = self
            .graph
            .ordered(&all)
            .filter_map(|(_, node)| match &node.op.body {
                OpBody::Admit(admission) => admission.card.open().ok(),
                _ => None,
            });
        cards.find(|card| card.member_id() == *member)
    }

    /// What shows somebody that its admission doesn't count: the admission, and as few others as it takes.
    ///
    /// Nothing for everybody else.
    #[must_use]
    pub fn ops_that_void(&self, member: &MemberId) -> Vec<Vec<u8>> {
        if !self.state().void.contains_key(member) {
            return Vec::new();
        }
        let all = self.graph.all();
        let mut evidence = OpSet::default();
        for (_, node) in self.graph.ordered(&all) {
            let matters = !matches!(node.op.body, OpBody::Rename { .. });
            if matters && let Some(past) = self.graph.closure([&node.place.op]) {
                evidence.union(&past);
                if self
                    .state_of(&evidence)
                    .is_some_and(|state| state.void.contains_key(member))
                {
                    break;
                }
            }
        }
        bytes_of(&self.graph, &evidence)
    }

    /// Every op, each after its past.
    #[must_use]
    pub fn all_ops(&self) -> Vec<Vec<u8>> {
        bytes_of(&self.graph, &self.graph.all())
    }

    /// The ids of all ops, each after its past.
    #[must_use]
    pub fn op_ids(&self) -> Vec<OpId> {
        self.graph
            .ordered(&self.graph.all())
            .map(|(_, node)| node.place.op)
            .collect()
    }

    /// An op's bytes.
    #[must_use]
    pub fn op_bytes(&self, id: &OpId) -> Option<&[u8]> {
        self.graph.by_id(id).map(|node| node.bytes.as_slice())
    }

    /// The op that founded the group.
    #[must_use]
    pub fn genesis_op(&self) -> Option<&[u8]> {
        // A log begins with it.
        self.graph.node(0).map(|node| node.bytes.as_slice())
    }
}

fn bytes_of(graph: &Graph, set: &OpSet) -> Vec<Vec<u8>> {
    graph
        .ordered(set)
        .map(|(_, node)| node.bytes.clone())
        .collect()
}
