//! The log of one group as one replica knows it.

use core::cell::{OnceCell, RefCell};
use std::collections::VecDeque;
use std::sync::Arc;

use super::authority::Vouched;
use super::body::{Cut, LastMessage, OpBody};
use super::entitle::{Denied, check};
use super::evaluate::Evaluation;
use super::genesis::Genesis;
use super::graph::{Graph, OpSet};
use super::held::Held;
use super::op::{MAX_OPS_PER_AUTHOR, Op, ReadOpError, SignedOp, sign_op};
use super::state::{State, heads_hash};
use crate::identity::IdentityKey;
use crate::ids::{GroupId, MemberId, OpId};
use crate::order;
use crate::wire::limits;

/// How many evaluations are kept, to go on from: as many branches as an op can tie together.
const KEPT_EVALUATIONS: usize = limits::MAX_DEPS;

/// Most ops of one number that are taken from one author. Two prove the fork; more are taken only where somebody else
/// has built upon them. So what a member can make everybody store by forking stays bounded.
pub const MAX_TWINS: usize = 4;

/// What became of an op.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inserted {
    /// It is in the log, and so may be others that waited for it.
    New {
        /// All that are new, each after its past.
        applied: Vec<OpId>,
    },
    /// It waits for ops that are missing.
    Held,
    /// It was here already.
    Duplicate,
}

/// Why an op was refused. Nothing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpError {
    /// Not an op that this code can read.
    #[error(transparent)]
    Read(#[from] ReadOpError),
    /// Of another group.
    #[error("of another group")]
    ForeignGroup,
    /// Not signed by its author.
    #[error("bad signature")]
    Signature,
    /// It doesn't follow the op that it names as its predecessor.
    #[error("wrong place in the author's chain")]
    Sequence,
    /// Its author had no right to it.
    #[error("not entitled: {0}")]
    Denied(#[from] Denied),
    /// Its author wrote too many of this number already, and nobody else has built upon it.
    #[error("too many of one number")]
    TooManyTwins,
    /// Its past is missing, and too many wait already.
    #[error("too many ops wait")]
    TooManyHeld,
}

/// Why one can't write an op.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthorError {
    /// One has no right to it.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// One has written as many as one can.
    #[error("too many ops")]
    TooMany,
    /// The op breaks a rule of form: a bad name, or too large.
    #[error("bad op: {0}")]
    Read(#[from] ReadOpError),
}

/// Why a log can't be read: a stored one, or a whole one that was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// No op creates the group.
    #[error("no genesis")]
    NoGenesis,
    /// An op is damaged.
    #[error("damaged op: {0}")]
    Op(#[from] OpError),
    /// Ops are missing: a new own op could take the number of one that others have seen.
    #[error("ops are missing")]
    Gap,
}

/// A group's ops and what they mean.
#[derive(Debug, Clone)]
pub struct Log {
    group: GroupId,
    pub(super) graph: Graph,
    held: Held,
    /// What all ops mean, once somebody has asked.
    state: OnceCell<Arc<State>>,
    /// What the first op means.
    founded: Arc<State>,
    /// Of the whole and of parts of it; whichever was used last is at the end.
    evaluations: RefCell<VecDeque<Evaluation>>,
}

impl Log {
    /// Founds a group: writes its first op. `identity` has to be the key of the genesis' card.
    ///
    /// # Errors
    /// [`OpError`] if it isn't.
    pub fn found(identity: &IdentityKey, genesis: Genesis) -> Result<(Self, Vec<u8>), OpError> {
        let op = Op {
            group: genesis.group_id(),
            author: identity.member_id(),
            seq: 0,
            prev: None,
            deps: Vec::new(),
            body: OpBody::Create(genesis),
        };
        let bytes = sign_op(&op, identity.signing_key());
        Ok((Self::from_genesis_op(&bytes)?, bytes))
    }

    /// A log that holds nothing but the first op of a group. Which group that is, the caller checks.
    ///
    /// # Errors
    /// [`OpError`] if it is no first op.
    pub fn from_genesis_op(bytes: &[u8]) -> Result<Self, OpError> {
        let signed = SignedOp::read(bytes)?;
        let creator = match (&signed.op.body, &signed.newcomer) {
            (OpBody::Create(_), Some(creator)) => creator,
            _ => return Err(OpError::Sequence),
        };
        if !signed.is_signed_by(&creator.card.ik) {
            return Err(OpError::Signature);
        }
        Self::begin(signed)
    }

    fn begin(signed: SignedOp) -> Result<Self, OpError> {
        let group = signed.op.group;
        let mut graph = Graph::default();
        graph.add(signed);
        let evaluation = Evaluation::of(&graph, &graph.all()).ok_or(OpError::Sequence)?;
        Ok(Self {
            group,
            graph,
            held: Held::default(),
            state: OnceCell::new(),
            founded: Arc::clone(evaluation.state()),
            evaluations: RefCell::new(VecDeque::from([evaluation])),
        })
    }

    /// Reads a log back from one's **own storage**, in any order. Trusts it: ops were checked when they came, and
    /// storage is authenticated, so signatures and rights are not checked again. What others send goes through
    /// [`Self::receive`] and [`Self::insert`].
    ///
    /// # Errors
    /// [`RestoreError`] when it isn't a whole log.
    pub fn restore_own<B: AsRef<[u8]>>(
        ops: impl IntoIterator<Item = B>,
    ) -> Result<Self, RestoreError> {
        let mut rest = Vec::new();
        let mut log = None;
        for bytes in ops {
            let signed = SignedOp::read(bytes.as_ref()).map_err(OpError::from)?;
            if matches!(signed.op.body, OpBody::Create(_)) {
                log = Some(Self::begin(signed)?);
            } else {
                rest.push(signed);
            }
        }
        let mut log = log.ok_or(RestoreError::NoGenesis)?;
        for signed in rest {
            if signed.op.group != log.group {
                return Err(OpError::ForeignGroup.into());
            }
            let mut ready = vec![signed];
            while let Some(signed) = ready.pop() {
                let id = signed.id;
                let missing = signed.parents().find(|id| !log.graph.contains(id)).copied();
                if let Some(missing) = missing {
                    log.held.keep(signed, None, missing);
                } else {
                    log.add(signed);
                    ready.extend(log.held.release(&id));
                }
            }
        }
        if !log.held.is_empty() {
            return Err(RestoreError::Gap);
        }
        Ok(log)
    }

    /// Reads a whole log that **somebody else** sent, in any order. Every op is checked as [`Self::insert`] checks it.
    /// Which group it is, the caller checks.
    ///
    /// # Errors
    /// [`RestoreError`] when an op is bad, or the log isn't whole.
    pub fn receive<B: AsRef<[u8]>>(ops: &[B]) -> Result<Self, RestoreError> {
        let mut log = ops
            .iter()
            .map(|bytes| Self::from_genesis_op(bytes.as_ref()))
            .find(|begun| !matches!(begun, Err(OpError::Sequence)))
            .ok_or(RestoreError::NoGenesis)??;
        // A fork's further ops are taken once somebody has built upon them, which comes behind them.
        let mut left: Vec<&[u8]> = ops.iter().map(AsRef::as_ref).collect();
        let mut before = 0;
        while !left.is_empty() && before != log.len() {
            before = log.len();
            let mut later = Vec::new();
            for bytes in left {
                match log.insert(bytes) {
                    Err(OpError::TooManyTwins) => later.push(bytes),
                    other => {
                        other?;
                    }
                }
            }
            left = later;
        }
        if log.held.is_empty() {
            Ok(log)
        } else {
            Err(RestoreError::Gap)
        }
    }

    /// Takes in an op as it was received. Size, form, group, place, signature and rights are checked before anything
    /// changes.
    ///
    /// # Errors
    /// [`OpError`] tells which check failed; peers are never told.
    pub fn insert(&mut self, bytes: &[u8]) -> Result<Inserted, OpError> {
        let signed = SignedOp::read(bytes)?;
        if signed.op.group != self.group {
            return Err(OpError::ForeignGroup);
        }
        if self.graph.contains(&signed.id) || self.held.contains(&signed) {
            return Ok(Inserted::Duplicate);
        }
        let missing = signed.parents().find(|id| !self.graph.contains(id));
        if let Some(missing) = missing.copied() {
            return self.hold(signed, missing);
        }
        let mut applied = vec![self.apply(signed)?];
        let mut next = 0;
        while let Some(came) = applied.get(next).copied() {
            next += 1;
            for waiting in self.held.release(&came) {
                let missing = waiting.parents().find(|id| !self.graph.contains(id));
                if let Some(missing) = missing.copied() {
                    // Its author may be known by now, and the signature a bad one.
                    let _ = self.hold(waiting, missing);
                } else if !self.graph.contains(&waiting.id) {
                    // One that turns out bad is dropped; it was only ever held.
                    applied.extend(self.apply(waiting));
                }
            }
        }
        Ok(Inserted::New { applied })
    }

    /// Keeps an op until one that it points to comes.
    fn hold(&mut self, signed: SignedOp, missing: OpId) -> Result<Inserted, OpError> {
        let author = self.state().stay(&signed.op.author);
        // Where the author is known, junk need not be held.
        if author.is_some_and(|info| !signed.is_signed_by(&info.card.ik)) {
            return Err(OpError::Signature);
        }
        let by = author.map(|_| signed.op.author);
        if !self.held.make_room_for(&signed, by) {
            return Err(OpError::TooManyHeld);
        }
        self.held.keep(signed, by, missing);
        Ok(Inserted::Held)
    }

    /// Checks an op whose parents are all here, and adds it.
    fn apply(&mut self, signed: SignedOp) -> Result<OpId, OpError> {
        let op = &signed.op;
        let follows = match op.prev {
            None => op.seq == 0,
            Some(prev) => self
                .graph
                .by_id(&prev)
                .is_some_and(|prev| prev.op.author == op.author && prev.op.seq + 1 == op.seq),
        };
        if !follows {
            return Err(OpError::Sequence);
        }
        let past = self
            .graph
            .closure(signed.parents())
            .ok_or(OpError::Sequence)?;
        let before = self.state_of(&past).ok_or(OpError::Sequence)?;
        // Without a card in the op's own past there is no key to check it with, whatever else is known.
        let author = before
            .stay(&op.author)
            .ok_or(OpError::Denied(Denied::NotMember))?;
        if !signed.is_signed_by(&author.card.ik) {
            return Err(OpError::Signature);
        }
        check(&self.graph, &past, &before, &signed)?;
        // A Leave is told to everybody, whatever its author wrote before.
        let leaves = matches!(op.body, OpBody::Leave { .. }) && self.state().is_present(&op.author);
        if self.graph.twins(&op.author, op.seq).len() >= MAX_TWINS
            && !leaves
            && !self.held.is_wanted_by_others(&signed)
        {
            return Err(OpError::TooManyTwins);
        }
        let id = signed.id;
        self.add(signed);
        Ok(id)
    }

    fn add(&mut self, signed: SignedOp) {
        self.graph.add(signed);
        self.state = OnceCell::new();
    }

    /// What a set of ops means: by going on from what is known of a smaller one if that is possible.
    pub(super) fn state_of(&self, set: &OpSet) -> Option<Arc<State>> {
        let mut known = self.evaluations.borrow_mut();
        let same = known.iter().rposition(|it| it.within() == set);
        let place = same.or_else(|| known.iter_mut().rposition(|it| it.go_on(&self.graph, set)));
        let evaluation = match place.and_then(|place| known.remove(place)) {
            Some(evaluation) => evaluation,
            None => Evaluation::of(&self.graph, set)?,
        };
        let state = Arc::clone(evaluation.state());
        if known.len() >= KEPT_EVALUATIONS {
            known.pop_front();
        }
        known.push_back(evaluation);
        Some(state)
    }

    /// Writes, signs and inserts one's own next op.
    ///
    /// # Errors
    /// [`AuthorError`] when one isn't entitled to it, or it can't be written. Nothing changed.
    pub fn author(
        &mut self,
        identity: &IdentityKey,
        body: OpBody,
    ) -> Result<(OpId, Vec<u8>), AuthorError> {
        let me = identity.member_id();
        let chain = self.graph.chain(&me);
        let last = chain.and_then(|chain| chain.last_key_value());
        let prev = last
            .and_then(|(_, twins)| self.graph.node(*twins.first()?))
            .map(|node| (node.op.seq, node.place.op));
        let seq = prev.map_or(0, |(seq, _)| seq + 1);
        if seq >= MAX_OPS_PER_AUTHOR {
            return Err(AuthorError::TooMany);
        }
        let op = Op {
            group: self.group,
            author: me,
            seq,
            prev: prev.map(|(_, id)| id),
            // More heads than fit: the rest is tied together by whoever writes next.
            deps: self.heads().into_iter().take(limits::MAX_DEPS).collect(),
            body,
        };
        let bytes = sign_op(&op, identity.signing_key());
        let signed = SignedOp::read(&bytes)?;
        let id = self.apply(signed).map_err(|error| match error {
            OpError::Denied(denied) => AuthorError::Denied(denied),
            OpError::Read(error) => AuthorError::Read(error),
            _ => AuthorError::Denied(Denied::NotMember),
        })?;
        Ok((id, bytes))
    }

    /// The group.
    #[must_use]
    pub const fn group(&self) -> GroupId {
        self.group
    }

    /// What all ops together mean.
    #[must_use]
    pub fn state(&self) -> &State {
        self.state_of_all()
    }

    fn state_of_all(&self) -> &Arc<State> {
        self.state.get_or_init(|| {
            let state = self.state_of(&self.graph.all());
            // There is always one: a log begins with its genesis.
            state.unwrap_or_else(|| Arc::clone(&self.founded))
        })
    }

    /// The same, to be kept while the log goes on.
    #[must_use]
    pub fn shared_state(&self) -> Arc<State> {
        Arc::clone(self.state_of_all())
    }

    /// What the log meant to somebody who knew these heads and all before them; `None` if one of them is unknown here.
    #[must_use]
    pub fn state_at(&self, heads: &[OpId]) -> Option<Arc<State>> {
        self.state_of(&self.graph.closure(heads)?)
    }

    /// The ops that nothing points to yet, ascending.
    #[must_use]
    pub fn heads(&self) -> Vec<OpId> {
        self.graph.heads().iter().copied().collect()
    }

    /// `H("…/heads", sorted heads)`.
    #[must_use]
    pub fn heads_hash(&self) -> [u8; 32] {
        heads_hash(&self.heads())
    }

    /// Whether an op is in the log.
    #[must_use]
    pub fn contains(&self, op: &OpId) -> bool {
        self.graph.contains(op)
    }

    /// How many ops are in the log.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.graph.len()
    }

    /// Never: a log begins with its genesis.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.graph.len() == 0
    }

    /// What held ops wait for.
    #[must_use]
    pub fn missing(&self) -> Vec<OpId> {
        let wanted = self.held.wanted();
        wanted
            .into_iter()
            .filter(|id| !self.graph.contains(id))
            .collect()
    }

    /// The op itself.
    #[must_use]
    pub fn op(&self, id: &OpId) -> Option<&Op> {
        self.graph.by_id(id).map(|node| &node.op)
    }

    /// What the creator writes to fix everything up to here. `me` is the creator.
    #[must_use]
    pub fn checkpoint(&self, me: &MemberId) -> Option<OpBody> {
        let heads: Vec<OpId> = self.heads().into_iter().take(limits::MAX_DEPS).collect();
        let last = self.graph.last_unforked(me).map(|last| last.id);
        let past = self.graph.closure(heads.iter().chain(&last))?;
        let roster_hash = self.state_of(&past)?.roster_hash();
        Some(OpBody::Checkpoint { heads, roster_hash })
    }

    /// What the creator writes to make a member an admin, or to hand the group over to it: who, and with which card.
    #[must_use]
    pub fn vouched(&self, member: &MemberId) -> Option<Vouched> {
        let info = self.state().member(member)?;
        Some(Vouched {
            member: *member,
            card_hash: info.card_hash,
        })
    }

    /// Two ops of one number by one author, if it wrote such: the proof that it did.
    #[must_use]
    pub fn equivocation(&self, author: &MemberId) -> Option<[&[u8]; 2]> {
        let fork = self.graph.first_fork(author, &self.graph.all())?;
        let twins = self.graph.chain(author)?.get(&fork)?;
        let mut nodes: Vec<_> = twins
            .iter()
            .filter_map(|index| self.graph.node(*index))
            .collect();
        order::sort_by_key(&mut nodes, |node| node.place);
        match nodes.as_slice() {
            [one, other, ..] => Some([&one.bytes, &other.bytes]),
            _ => None,
        }
    }

    /// The cut for a member that is to be removed now: its last op here, and the last message that the caller knows.
    #[must_use]
    pub fn cut_for(&self, member: &MemberId, message: Option<LastMessage>) -> Cut {
        Cut {
            op: self.graph.last_unforked(member),
            message,
        }
    }
}
