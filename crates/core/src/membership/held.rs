//! Ops that point to something not here yet: kept for a while, within bounds.

use crate::sorted::{Map, Set};

use super::op::SignedOp;
use crate::ids::{MemberId, OpId};
use crate::wire::SignatureBytes;

/// Most ops held: whole logs come in causal order, so this only has to bridge a few lost frames.
pub const MAX_HELD_OPS: usize = 1_000;
/// Most bytes held.
pub const MAX_HELD_BYTES: usize = 4 * 1024 * 1024;

/// A held op.
#[derive(Debug, Clone)]
struct HeldOp {
    signed: SignedOp,
    by: Claimant,
}

/// Whose a held op is, as far as its signature shows. `None`: it names an author whose card isn't here, as anybody can.
pub(super) type Claimant = Option<MemberId>;

/// Held ops. The key includes the signature, which often can't be checked yet: a copy of an op with a bad signature
/// must not keep the real one out.
#[derive(Debug, Clone, Default)]
pub(super) struct Held {
    ops: Map<(OpId, SignatureBytes), HeldOp>,
    bytes: usize,
    /// For each op: one of those it waits for.
    waiting: Map<OpId, Set<(OpId, SignatureBytes)>>,
}

impl Held {
    pub(super) fn contains(&self, signed: &SignedOp) -> bool {
        self.ops.contains_key(&(signed.id, *signed.signature()))
    }

    fn is_full_for(&self, signed: &SignedOp) -> bool {
        self.ops.len() >= MAX_HELD_OPS || self.bytes + signed.bytes.len() > MAX_HELD_BYTES
    }

    /// Makes room for another op, at the cost of whoever has most here: one author can't keep the others' out. All authors
    /// that aren't known are one, since somebody who makes them up has as many as it likes. False if the cost is the op's own
    /// author's.
    pub(super) fn make_room_for(&mut self, signed: &SignedOp, by: Claimant) -> bool {
        while self.is_full_for(signed) {
            let mut counts: Map<Claimant, usize> = Map::new();
            for held in self.ops.values() {
                *counts.entry(held.by).or_default() += 1;
            }
            let most = counts
                .iter()
                .max_by_key(|(by, count)| (**count, by.is_none()));
            let Some(most) = most.map(|(by, _)| *by) else {
                return false;
            };
            if most == by {
                return false;
            }
            self.drop_one_of(most);
        }
        true
    }

    fn drop_one_of(&mut self, by: Claimant) {
        let mut keys = self.ops.iter().filter(|(_, held)| held.by == by);
        let Some(key) = keys.next().map(|(key, _)| *key) else {
            return;
        };
        if let Some(held) = self.ops.remove(&key) {
            self.bytes -= held.signed.bytes.len();
        }
        for waiting in self.waiting.values_mut() {
            waiting.remove(&key);
        }
        self.waiting.retain(|_, waiting| !waiting.is_empty());
    }

    /// Whether somebody else's op waits for this one.
    pub(super) fn is_wanted_by_others(&self, signed: &SignedOp) -> bool {
        let waiting = self.waiting.get(&signed.id).into_iter().flatten();
        waiting
            .filter_map(|key| self.ops.get(key))
            .any(|held| held.signed.op.author != signed.op.author)
    }

    /// Keeps an op until `missing` comes.
    pub(super) fn keep(&mut self, signed: SignedOp, by: Claimant, missing: OpId) {
        let key = (signed.id, *signed.signature());
        self.waiting.entry(missing).or_default().insert(key);
        self.bytes += signed.bytes.len();
        self.ops.insert(key, HeldOp { signed, by });
    }

    /// Takes out everything that waited for an op; some of it may wait for more.
    pub(super) fn release(&mut self, came: &OpId) -> Vec<SignedOp> {
        let keys = self.waiting.remove(came).unwrap_or_default();
        let released = keys.iter().filter_map(|key| self.ops.remove(key));
        let released: Vec<SignedOp> = released.map(|held| held.signed).collect();
        self.bytes -= released.iter().map(|op| op.bytes.len()).sum::<usize>();
        released
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ops.is_empty()
    }

    /// What held ops point to, as far as it isn't held itself; some of it may be in the log.
    pub(super) fn wanted(&self) -> Set<OpId> {
        let held = Set::from_iter(self.ops.keys().map(|(id, _)| *id));
        let parents = self.ops.values().flat_map(|held| held.signed.parents());
        Set::from_iter(parents.filter(|id| !held.contains(id)).copied())
    }
}
