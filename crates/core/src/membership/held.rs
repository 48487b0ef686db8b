//! Ops that point to something not here yet: kept for a while, within bounds.

use crate::sorted::{Map, Set};

use super::op::SignedOp;
use crate::ids::OpId;
use crate::wire::SignatureBytes;

/// Most ops held: whole logs come in causal order, so this only has to bridge a few lost frames.
pub const MAX_HELD_OPS: usize = 1_000;
/// Most bytes held.
pub const MAX_HELD_BYTES: usize = 4 * 1024 * 1024;

/// Held ops. The key includes the signature, which often can't be checked yet: a copy of an op with a bad signature
/// must not keep the real one out.
#[derive(Debug, Clone, Default)]
pub(super) struct Held {
    ops: Map<(OpId, SignatureBytes), SignedOp>,
    bytes: usize,
    /// For each op: one of those it waits for.
    waiting: Map<OpId, Set<(OpId, SignatureBytes)>>,
}

impl Held {
    pub(super) fn contains(&self, signed: &SignedOp) -> bool {
        self.ops.contains_key(&(signed.id, *signed.signature()))
    }

    /// Whether another op would go over a bound.
    pub(super) fn is_full_for(&self, signed: &SignedOp) -> bool {
        self.ops.len() >= MAX_HELD_OPS || self.bytes + signed.bytes.len() > MAX_HELD_BYTES
    }

    /// Keeps an op until `missing` comes.
    pub(super) fn keep(&mut self, signed: SignedOp, missing: OpId) {
        let key = (signed.id, *signed.signature());
        self.waiting.entry(missing).or_default().insert(key);
        self.bytes += signed.bytes.len();
        self.ops.insert(key, signed);
    }

    /// Takes out everything that waited for an op; some of it may wait for more.
    pub(super) fn release(&mut self, came: &OpId) -> Vec<SignedOp> {
        let keys = self.waiting.remove(came).unwrap_or_default();
        let released: Vec<SignedOp> = keys.iter().filter_map(|key| self.ops.remove(key)).collect();
        self.bytes -= released.iter().map(|op| op.bytes.len()).sum::<usize>();
        released
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ops.is_empty()
    }

    /// What held ops point to, as far as it isn't held itself; some of it may be in the log.
    pub(super) fn wanted(&self) -> Set<OpId> {
        let held = Set::from_iter(self.ops.keys().map(|(id, _)| *id));
        let parents = self.ops.values().flat_map(SignedOp::parents);
        Set::from_iter(parents.filter(|id| !held.contains(id)).copied())
    }
}
