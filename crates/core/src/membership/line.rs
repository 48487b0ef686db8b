//! The creator's line: its ops in one order, and all that follows from them alone.
//!
//! The line begins with the genesis and goes on in the founder's chain, up to a transfer; from there in those ops of the
//! new creator that follow the transfer, and so on. What is said here is settled before anything else is looked at.

use super::authority::{Verdict, Vouched};
use super::body::{LastOp, OpBody};
use super::genesis::Policy;
use super::graph::{Graph, Node, OpSet, Place};
use crate::ids::{InviteId, MemberId, OpId};
use crate::io::Role;
use crate::sorted::Map;

/// A time in which somebody is an admin.
#[derive(Debug, Clone)]
struct Tenure {
    /// The grant; of a former creator the transfer.
    since: usize,
    /// The revocation, and the last op that still counts as an admin's.
    end: Option<(usize, Option<LastOp>)>,
}

/// A member that a creator vouched for.
#[derive(Debug, Clone)]
struct Vouching {
    by: usize,
    card_hash: [u8; 32],
    /// The Admit that it is about; the founder has none.
    admit: Option<(usize, InviteId)>,
}

/// All that the creator's line says.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// Who holds the role at the end of the line.
    pub(super) creator: MemberId,
    /// Who held it first.
    pub(super) founder: MemberId,
    pub(super) policy: Policy,
    /// The op that set the policy; `None` for the genesis.
    pub(super) policy_set: Option<(Place, MemberId)>,
    ops: OpSet,
    tenures: Map<MemberId, Vec<Tenure>>,
    ranked: Map<MemberId, (Place, MemberId)>,
    vouchings: Map<MemberId, Vouching>,
    rulings: Map<OpId, Verdict>,
    checkpoints: Vec<usize>,
    /// In the line's order, beginning with the genesis.
    policies: Vec<(usize, Policy)>,
    /// The transfer by which the creator came to its role; `None` for the founder.
    transfer: Option<usize>,
    /// A transfer led nowhere, which another op may change.
    passed_over: bool,
}

/// The line of a set of ops.
pub(super) enum Reading {
    /// It is one line.
    One(Box<Line>),
    /// A creator wrote two ops of one number.
    Forked {
        /// Which creator.
        by: MemberId,
        /// The last op of the line before that.
        last: OpId,
    },
}

/// Reads the creator's line of a set that holds the past of each of its ops; `None` without the genesis.
pub(super) fn read(graph: &Graph, within: &OpSet) -> Option<Reading> {
    let (genesis, first) = graph.ordered(within).next()?;
    let OpBody::Create(founding) = &first.op.body else {
        return None;
    };
    let mut line = Line {
        creator: first.op.author,
        founder: first.op.author,
        policy: founding.policy(),
        policy_set: None,
        ops: OpSet::default(),
        tenures: Map::new(),
        ranked: Map::new(),
        vouchings: Map::new(),
        rulings: Map::new(),
        checkpoints: Vec::new(),
        policies: vec![(genesis, founding.policy())],
        transfer: None,
        passed_over: false,
    };
    line.ops.insert(genesis);
    let mut last = first.place.op;
    'creators: loop {
        let holder = line.creator;
        let fork = graph.first_fork(&holder, within);
        for (seq, twins) in graph.chain(&holder).into_iter().flatten() {
            if fork == Some(*seq) {
                return Some(Reading::Forked { by: holder, last });
            }
            let index = twins.iter().copied().find(|index| within.contains(*index));
            let Some((index, node)) = index.and_then(|index| Some((index, graph.node(index)?)))
            else {
                break;
            };
            if !line.goes_on_with(node) {
                continue;
            }
            line.ops.insert(index);
            last = node.place.op;
            match &node.op.body {
                OpBody::TransferCreator(to) => {
                    if takes_over(graph, within, to.member, index) {
                        line.hand_over(index, node, to);
                        continue 'creators;
                    }
                    line.passed_over = true;
                }
                _ => line.take(index, node),
            }
        }
        break;
    }
    line.find_vouched_admits(graph, within);
    Some(Reading::One(Box::new(line)))
}

/// A transfer to somebody who had left without having heard of it leaves the role where it is: otherwise nobody had it.
/// Once the new creator has written anything after the transfer, it has taken over.
fn takes_over(graph: &Graph, within: &OpSet, member: MemberId, transfer: usize) -> bool {
    let theirs = || {
        let chain = graph.chain(&member).into_iter().flatten();
        chain
            .flat_map(|(_, twins)| twins)
            .filter(|index| within.contains(**index))
            .filter_map(|index| graph.node(*index))
    };
    let heard = theirs().any(|node| node.past.contains(transfer));
    let left = theirs().any(|node| matches!(node.op.body, OpBody::Leave { .. }));
    heard || !left
}

impl Line {
    /// Whether an op is the creator's, and not from before it had the role.
    fn goes_on_with(&self, node: &Node) -> bool {
        let had_it = |transfer| node.past.contains(transfer);
        node.op.author == self.creator && self.transfer.is_none_or(had_it)
    }

    /// Goes on with an op that comes after all others and is neither a transfer nor a Leave. False if the line may be
    /// another one with it.
    pub(super) fn append(&mut self, index: usize, node: &Node) -> bool {
        if self.passed_over {
            return false;
        }
        if self.goes_on_with(node) {
            self.ops.insert(index);
            self.take(index, node);
        }
        true
    }

    fn take(&mut self, index: usize, node: &Node) {
        let by = (node.place, node.op.author);
        match &node.op.body {
            OpBody::GrantAdmin(vouched) => {
                self.begin_tenure(vouched.member, index, by);
                self.vouch(vouched, index);
            }
            OpBody::RevokeAdmin { member, cut } => {
                let tenures = self.tenures.entry(*member).or_default();
                if let Some(open) = tenures.last_mut().filter(|last| last.end.is_none()) {
                    open.end = Some((index, *cut));
                    self.ranked.insert(*member, by);
                }
            }
            OpBody::Ruling { op, verdict } => {
                self.rulings.insert(*op, *verdict);
            }
            OpBody::Checkpoint { .. } => self.checkpoints.push(index),
            OpBody::SetPolicy(policy) => {
                self.policies.push((index, *policy));
                self.policy = *policy;
                self.policy_set = Some(by);
            }
            _ => {}
        }
    }

    /// Who hands the role over stays on as an admin: it was trusted with more.
    fn hand_over(&mut self, index: usize, node: &Node, to: &Vouched) {
        let by = (node.place, node.op.author);
        self.begin_tenure(node.op.author, index, by);
        self.ranked.insert(node.op.author, by);
        self.vouch(to, index);
        self.ranked.insert(to.member, by);
        self.creator = to.member;
        self.transfer = Some(index);
    }

    fn begin_tenure(&mut self, member: MemberId, since: usize, by: (Place, MemberId)) {
        let tenures = self.tenures.entry(member).or_default();
        if tenures.last().is_none_or(|last| last.end.is_some()) {
            tenures.push(Tenure { since, end: None });
            self.ranked.insert(member, by);
        }
    }

    fn vouch(&mut self, vouched: &Vouched, by: usize) {
        self.vouchings.entry(vouched.member).or_insert(Vouching {
            by,
            card_hash: vouched.card_hash,
            admit: None,
        });
    }

    /// The Admits that the vouchings are about: the first of each member, with that card, that the creator had seen.
    fn find_vouched_admits(&mut self, graph: &Graph, within: &OpSet) {
        if self.vouchings.is_empty() {
            return;
        }
        for (index, node) in graph.ordered(within) {
            if let (OpBody::Admit(admission), Some(newcomer)) = (&node.op.body, &node.newcomer)
                && let Some(vouching) = self.vouchings.get_mut(&newcomer.member)
                && vouching.admit.is_none()
                && vouching.card_hash == newcomer.card_hash
                && graph
                    .node(vouching.by)
                    .is_some_and(|by| by.past.contains(index))
            {
                vouching.admit = Some((index, admission.invite));
            }
        }
    }

    /// Whether an op is one of the creator's, in its time.
    pub(super) fn contains(&self, index: usize) -> bool {
        self.ops.contains(index)
    }

    /// The role in which an op was written.
    pub(super) fn role_at(&self, graph: &Graph, index: usize, node: &Node) -> Role {
        if self.contains(index) {
            Role::Creator
        } else if self.is_admins(graph, index, node) {
            Role::Admin
        } else {
            Role::Member
        }
    }

    /// Whether an op is an admin's: a grant lies in its past that wasn't revoked, or the op lies within the
    /// revocation's cut; and each checkpoint had seen it, or it the checkpoint.
    fn is_admins(&self, graph: &Graph, index: usize, node: &Node) -> bool {
        let tenures = self.tenures.get(&node.op.author);
        let granted = tenures.is_some_and(|tenures| {
            tenures.iter().any(|tenure| {
                node.past.contains(tenure.since)
                    && tenure
                        .end
                        .is_none_or(|(_, cut)| graph.is_within(index, cut))
            })
        });
        granted
            && self.checkpoints.iter().all(|checkpoint| {
                node.past.contains(*checkpoint)
                    || graph
                        .node(*checkpoint)
                        .is_some_and(|it| it.past.contains(index))
            })
    }

    /// The role that somebody has at the end of the line.
    pub(super) fn role_of(&self, member: &MemberId) -> Role {
        let last = self.tenures.get(member).and_then(|tenures| tenures.last());
        if *member == self.creator {
            Role::Creator
        } else if last.is_some_and(|tenure| tenure.end.is_none()) {
            Role::Admin
        } else {
            Role::Member
        }
    }

    /// The op that gave somebody its role, and whose it is; `None` for a role that one begins with.
    pub(super) fn ranked(&self, member: &MemberId) -> Option<(Place, MemberId)> {
        self.ranked.get(member).copied()
    }

    /// Whether an admin's removal can't concern a member, since the creator vouched for it at the same time: every
    /// vouching has to be taken back in the removal's own past.
    pub(super) fn protects(&self, member: &MemberId, removal: &Node) -> bool {
        let tenures = self.tenures.get(member).into_iter().flatten();
        *member == self.creator
            || tenures
                .into_iter()
                .any(|it| it.end.is_none_or(|(end, _)| !removal.past.contains(end)))
    }

    /// The creator's latest decision about an op. Its own acts are not subject to it.
    pub(super) fn ruling(&self, index: usize, node: &Node) -> Option<Verdict> {
        let ruling = self.rulings.get(&node.place.op).copied();
        ruling.filter(|_| !self.contains(index))
    }

    /// The least role that may open an invite by an op: as far as its author knew, and by every policy that was set at
    /// the same time.
    pub(super) fn policy_for(&self, graph: &Graph, index: usize, node: &Node) -> Role {
        let (known, unknown): (Vec<_>, Vec<_>) = self
            .policies
            .iter()
            .partition(|(policy, _)| node.past.contains(*policy));
        let concurrent = unknown.iter().filter(|(policy, _)| {
            graph
                .node(*policy)
                .is_some_and(|it| !it.past.contains(index))
        });
        known
            .last()
            .into_iter()
            .chain(concurrent)
            .map(|(_, policy)| policy.invite)
            .min()
            .unwrap_or(Role::Creator)
    }

    /// The card that the creator vouched for, and the Admit that brought it.
    pub(super) fn vouched(&self, member: &MemberId) -> Option<(Option<usize>, [u8; 32])> {
        let vouching = self.vouchings.get(member)?;
        Some((vouching.admit.map(|(index, _)| index), vouching.card_hash))
    }

    /// Those who came by an invite and were vouched for: their uses of it are never anybody else's.
    pub(super) fn vouched_by_invite(&self, invite: InviteId) -> impl Iterator<Item = MemberId> {
        self.vouchings.iter().filter_map(move |(member, vouching)| {
            let (_, by) = vouching.admit?;
            (by == invite).then_some(*member)
        })
    }
}
