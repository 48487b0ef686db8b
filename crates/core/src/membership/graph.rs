//! The graph of ops: who points to whom, what lies in whose past, and each author's chain.

use crate::sorted::{Map, Set};

use super::body::LastOp;
use super::op::{Newcomer, Op, SignedOp};
use crate::ids::{MemberId, OpId};

/// Ops in one word of a set.
const WORD: usize = 64;

/// A set of ops by their places in the graph: a beginning that is whole, and bits for the rest.
///
/// Nearly everything in a log lies in nearly everybody's past, so the past of an op takes a few bytes rather than a bit
/// for every op before it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct OpSet {
    /// So many words are all ones.
    full: usize,
    /// The words behind them; the first one is not all ones, the last one not zero.
    words: Vec<u64>,
}

impl OpSet {
    /// The ops at the first `count` places.
    pub(super) fn first(count: usize) -> Self {
        let rest = (1 << (count % WORD)) - 1;
        Self {
            full: count / WORD,
            words: if rest == 0 { Vec::new() } else { vec![rest] },
        }
    }

    pub(super) fn contains(&self, index: usize) -> bool {
        match (index / WORD).checked_sub(self.full) {
            None => true,
            Some(word) => self
                .words
                .get(word)
                .is_some_and(|word| word >> (index % WORD) & 1 == 1),
        }
    }

    pub(super) fn insert(&mut self, index: usize) {
        if let Some(word) = (index / WORD).checked_sub(self.full) {
            self.add_bits(word, 1 << (index % WORD));
            self.absorb();
        }
    }

    pub(super) fn union(&mut self, other: &Self) {
        if let Some(more) = other.full.checked_sub(self.full) {
            self.words.drain(..more.min(self.words.len()));
            self.full = other.full;
        }
        let passed = self.full - other.full;
        for (word, bits) in other.words.iter().skip(passed).enumerate() {
            self.add_bits(word, *bits);
        }
        self.absorb();
    }

    fn add_bits(&mut self, word: usize, bits: u64) {
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        if let Some(word) = self.words.get_mut(word) {
            *word |= bits;
        }
    }

    /// Whether all of it is in another set.
    pub(super) fn is_within(&self, other: &Self) -> bool {
        let mut words = self.words.iter().zip(self.full..);
        self.full <= other.full + other.words.len()
            && words.all(|(word, place)| word & !other.word(place) == 0)
    }

    fn word(&self, place: usize) -> u64 {
        match place.checked_sub(self.full) {
            None => u64::MAX,
            Some(place) => self.words.get(place).copied().unwrap_or(0),
        }
    }

    /// Counts words that have become whole to the beginning.
    fn absorb(&mut self) {
        let whole = self.words.iter().take_while(|word| **word == u64::MAX);
        let whole = whole.count();
        self.words.drain(..whole);
        self.full += whole;
    }

    pub(super) fn len(&self) -> usize {
        let rest = self.words.iter().map(|word| word.count_ones() as usize);
        self.full * WORD + rest.sum::<usize>()
    }

    /// Bytes that it takes beside itself.
    #[cfg(test)]
    pub(super) fn weight(&self) -> usize {
        self.words.len() * 8
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
        self.nodes_of(&self.order, within)
    }

    fn nodes_of<'a>(
        &'a self,
        order: &'a [usize],
        within: &'a OpSet,
    ) -> impl Iterator<Item = (usize, &'a Node)> + Clone + 'a {
        order
            .iter()
            .filter(|index| within.contains(**index))
            .filter_map(|index| Some((*index, self.nodes.get(*index)?)))
    }

    /// Those of them that come after a place.
    pub(super) fn ordered_after<'a>(
        &'a self,
        place: Place,
        within: &'a OpSet,
    ) -> impl Iterator<Item = (usize, &'a Node)> + Clone + 'a {
        let is_before = |index: &usize| self.node(*index).is_some_and(|it| it.place <= place);
        let first = self.order.partition_point(is_before);
        self.nodes_of(self.order.get(first..).unwrap_or_default(), within)
    }

    /// Every node.
    pub(super) fn all(&self) -> OpSet {
        OpSet::first(self.nodes.len())
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

    /// All ops of one number that an author has here.
    pub(super) fn twins(&self, author: &MemberId, seq: u32) -> &[usize] {
        let twins = self.chain(author).and_then(|chain| chain.get(&seq));
        twins.map_or(&[], Vec::as_slice)
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
