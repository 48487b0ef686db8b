//! The graph of ops: who points to whom, what lies in whose past, and each author's chain.

use crate::sorted::{Map, Set};

use super::body::LastOp;
use super::op::{Newcomer, Op, SignedOp};
use crate::ids::{MemberId, OpId};

/// A set of ops, as bits at their places in the graph.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct OpSet {
    words: Vec<u64>,
}

impl OpSet {
    pub(super) fn contains(&self, index: usize) -> bool {
        self.words
            .get(index / 64)
            .is_some_and(|word| word >> (index % 64) & 1 == 1)
    }

    pub(super) fn insert(&mut self, index: usize) {
        let word = index / 64;
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        if let Some(bits) = self.words.get_mut(word) {
            *bits |= 1 << (index % 64);
        }
    }

    pub(super) fn union(&mut self, other: &Self) {
        if self.words.len() < other.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        for (bits, more) in self.words.iter_mut().zip(&other.words) {
            *bits |= more;
        }
    }

    pub(super) fn len(&self) -> usize {
        self.words
            .iter()
            .map(|word| word.count_ones() as usize)
            .sum()
    }
}

/// An op's place in the one order that all replicas agree on: first by depth, then by id. Every op comes after all
/// that lies in its past.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Length of the longest path back to the genesis.
    pub depth: u32,
    /// The op.
    pub op: OpId,
}

/// One op in the graph.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) op: Op,
    pub(super) newcomer: Option<Newcomer>,
    pub(super) bytes: Vec<u8>,
    /// Everything that it points to, directly or not; without itself.
    pub(super) past: OpSet,
}

/// All ops whose past is complete.
#[derive(Debug, Clone, Default)]
pub(super) struct Graph {
    nodes: Vec<Node>,
    by_id: Map<OpId, usize>,
    /// Every node, by [`Place`].
    order: Vec<usize>,
    heads: Set<OpId>,
    chains: Map<MemberId, Map<u32, Vec<usize>>>,
    /// Where an author wrote more than one op of one number: the smallest such number, and all nodes of each.
    forks: Map<MemberId, Map<u32, Vec<usize>>>,
}

impl Graph {
    pub(super) const fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn find(&self, id: &OpId) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    pub(super) fn contains(&self, id: &OpId) -> bool {
        self.by_id.contains_key(id)
    }

    pub(super) fn node(&self, index: usize) -> Option<&Node> {
        self.nodes.get(index)
    }

    pub(super) fn by_id(&self, id: &OpId) -> Option<&Node> {
        self.node(self.find(id)?)
    }

    pub(super) const fn heads(&self) -> &Set<OpId> {
        &self.heads
    }

    /// The nodes of a set, in the common order.
    pub(super) fn ordered<'a>(
        &'a self,
        within: &'a OpSet,
    ) -> impl Iterator<Item = (usize, &'a Node)> + Clone + 'a {
        self.order
            .iter()
            .filter(|index| within.contains(**index))
            .filter_map(|index| Some((*index, self.nodes.get(*index)?)))
    }

    /// Every node.
    pub(super) fn all(&self) -> OpSet {
        let mut all = OpSet::default();
        for index in 0..self.nodes.len() {
            all.insert(index);
        }
        all
    }

    /// The ops named and everything in their past; `None` when one of them is unknown.
    pub(super) fn closure<'a>(&self, ops: impl IntoIterator<Item = &'a OpId>) -> Option<OpSet> {
        let mut set = OpSet::default();
        for id in ops {
            let index = self.find(id)?;
            set.union(&self.node(index)?.past);
            set.insert(index);
        }
        Some(set)
    }

    /// The smallest number of which an author wrote two ops within a set.
    pub(super) fn first_fork(&self, author: &MemberId, within: &OpSet) -> Option<u32> {
        self.forks
            .get(author)?
            .iter()
            .find(|(_, nodes)| {
                nodes
                    .iter()
                    .filter(|index| within.contains(**index))
                    .count()
                    > 1
            })
            .map(|(seq, _)| *seq)
    }

    /// Authors that wrote two ops of one number, anywhere.
    pub(super) fn forked_authors(&self) -> impl Iterator<Item = &MemberId> {
        self.forks.keys()
    }

    /// An author's chain: the ops of each number, more than one where it forked.
    pub(super) fn chain(&self, author: &MemberId) -> Option<&Map<u32, Vec<usize>>> {
        self.chains.get(author)
    }

    pub(super) const fn chains(&self) -> &Map<MemberId, Map<u32, Vec<usize>>> {
        &self.chains
    }

    /// An author's last op before its first fork.
    pub(super) fn last_unforked(&self, author: &MemberId) -> Option<LastOp> {
        let end = self.first_fork(author, &self.all()).unwrap_or(u32::MAX);
        let (seq, nodes) = self.chain(author)?.range(..end).next_back()?;
        let node = self.node(*nodes.first()?)?;
        Some(LastOp {
            seq: *seq,
            id: node.place.op,
        })
    }

    /// Whether an op is the last one that a cut names, or comes before it.
    pub(super) fn is_within(&self, index: usize, cut: Option<LastOp>) -> bool {
        let Some(last) = cut.and_then(|last| self.find(&last.id)) else {
            return false;
        };
        last == index
            || self
                .node(last)
                .is_some_and(|last| last.past.contains(index))
    }

    /// Adds an op whose parents are all here. Does nothing with one that is here already.
    pub(super) fn add(&mut self, signed: SignedOp) {
        let Some(past) = self.closure(signed.parents()) else {
            return;
        };
        if self.contains(&signed.id) {
            return;
        }
        let depth = signed
            .parents()
            .filter_map(|id| self.by_id(id))
            .map(|parent| parent.place.depth + 1)
            .max()
            .unwrap_or(0);
        for parent in signed.parents() {
            self.heads.remove(parent);
        }
        self.heads.insert(signed.id);
        let index = self.nodes.len();
        let place = Place {
            depth,
            op: signed.id,
        };
        let position = self
            .order
            .partition_point(|other| self.nodes.get(*other).is_some_and(|n| n.place < place));
        self.order.insert(position, index);
        self.by_id.insert(signed.id, index);
        let twins = self
            .chains
            .entry(signed.op.author)
            .or_default()
            .entry(signed.op.seq)
            .or_default();
        twins.push(index);
        if twins.len() > 1 {
            self.forks
                .entry(signed.op.author)
                .or_default()
                .insert(signed.op.seq, twins.clone());
        }
        self.nodes.push(Node {
            place,
            op: signed.op,
            newcomer: signed.newcomer,
            bytes: signed.bytes,
            past,
        });
    }
}
