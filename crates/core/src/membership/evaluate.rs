//! The pure function from a set of ops to the state that it means.
//!
//! It goes by strata, each of which is settled before the next one is looked at, so that no rule can depend on itself:
//!
//! 1. **The creator's line** (`line.rs`): who is creator and admin when, checkpoints, rulings, policies. If a creator
//!    wrote two ops of one number, the state is that of everything in the past of the last op before, and is marked as
//!    forked. Any other author that did: from that number on nothing of it counts (its Leave excepted, which only
//!    concerns itself).
//! 2. **Removals**, the creator's before the admins'. An admin's removal needs nothing but what the creator said: only
//!    the creator's cuts end what an admin says. After this it is known what lies behind a cut.
//! 3. **Everything else, in the common order** (depth, id). A member's op counts if it stands (1, 2) and one of the
//!    Admits of its author that count lies in its past. An Admit counts if its invite counts and lies in its past, was
//!    not over, was not revoked in the Admit's past or at the same time, and had a use left; or if the creator vouched
//!    for whom it lets in.
//!
//! Whether a revocation counts is known from 1 and 2 alone: the creator's and the admins', and a member's own if its
//! invite counts, since it follows the invite in one chain. A ruling of the creator goes before all this for the op
//! that it is about.
//!
//! None of it has to be gone through again for an op that comes after all others and, by its kind, changes nothing of
//! what was decided before: an evaluation goes on with it ([`Evaluation::go_on`]) and comes to the same state.

use std::sync::Arc;

use super::authority::Verdict;
use super::body::{Admission, Cut, NewInvite, OpBody};
use super::genesis::Genesis;
use super::graph::{Graph, Node, OpSet, Place};
use super::line::{Line, Reading, read};
use super::state::{Ending, FormerInfo, InviteInfo, MemberInfo, Revocation, State, VoidReason};
use crate::ids::{InviteId, MemberId};
use crate::io::Role;
use crate::sorted::{Map, Set};

/// A removal that counts.
#[derive(Debug, Clone)]
struct Removal {
    by: MemberId,
    /// In which role.
    role: Role,
    at: Place,
    cut: Cut,
}

/// How an op fares before its own kind is looked at.
#[derive(Clone, Copy)]
struct Standing {
    role: Role,
    ruling: Option<Verdict>,
    counts: bool,
}

impl Standing {
    /// Whether it counts with the right of an admin, or by the creator's word.
    fn counts_as_officer(self) -> bool {
        self.counts && (self.role <= Role::Admin || self.ruling.is_some())
    }
}

/// What a set of ops means, and what it takes to go on from there.
#[derive(Debug, Clone)]
pub(super) struct Evaluation {
    within: OpSet,
    /// The last op of the set in the common order.
    last: Place,
    line: Line,
    /// From which number on an author's ops don't count.
    forks: Map<MemberId, u32>,
    removals: Map<MemberId, Vec<Removal>>,
    /// All revocations in the set, whether they count or not.
    revocations: Map<InviteId, Vec<usize>>,
    /// Of each member, the Admits that count.
    admits: Map<MemberId, Vec<usize>>,
    leaves: Map<MemberId, (Place, Cut)>,
    /// The node that opened each invite.
    invite_nodes: Map<InviteId, usize>,
    state: Arc<State>,
}

/// The state of a set of ops that holds the past of each of its ops; `None` without the genesis.
#[cfg(test)]
pub(super) fn evaluate(graph: &Graph, within: &OpSet) -> Option<Arc<State>> {
    Evaluation::of(graph, within).map(|evaluation| evaluation.state)
}

fn founder(first: &Node) -> Option<MemberInfo> {
    let newcomer = first.newcomer.as_ref()?;
    Some(MemberInfo {
        card: newcomer.card.clone(),
        card_hash: newcomer.card_hash,
        role: Role::Creator,
        ranked: None,
        sponsor: None,
        invite: None,
        admitted: first.place,
    })
}

/// The state that all but the creator's line is still missing from.
fn begun(first: &Node, genesis: &Genesis, line: &Line) -> State {
    State {
        group: first.op.group,
        name: genesis.name().to_owned(),
        renamed: None,
        creator: line.creator,
        policy: line.policy,
        policy_set: line.policy_set,
        max_members: genesis.max_members(),
        members: Map::new(),
        former: Map::new(),
        invites: Map::new(),
        void: Map::new(),
        equivocators: Set::new(),
        forked: false,
    }
}

impl Evaluation {
    /// Of a set of ops that holds the past of each of its ops; `None` without the genesis.
    pub(super) fn of(graph: &Graph, within: &OpSet) -> Option<Self> {
        let (_, first) = graph.ordered(within).next()?;
        let OpBody::Create(genesis) = &first.op.body else {
            return None;
        };
        let line = match read(graph, within)? {
            Reading::One(line) => *line,
            Reading::Forked { by, last } => {
                let mut evaluation = Self::of(graph, &graph.closure([&last])?)?;
                evaluation.within = within.clone();
                let state = Arc::make_mut(&mut evaluation.state);
                state.equivocators.insert(by);
                state.forked = true;
                return Some(evaluation);
            }
        };
        let forks = Map::from_iter(
            graph
                .forked_authors()
                .filter_map(|author| Some((*author, graph.first_fork(author, within)?))),
        );
        let mut state = begun(first, genesis, &line);
        state.members.insert(line.founder, founder(first)?);
        state.equivocators = Set::from_iter(forks.keys().copied());
        let mut evaluation = Self {
            within: within.clone(),
            last: first.place,
            line,
            forks,
            removals: Map::new(),
            revocations: Map::new(),
            admits: Map::new(),
            leaves: Map::new(),
            invite_nodes: Map::new(),
            state: Arc::new(state),
        };
        evaluation.settle_removals(graph);
        evaluation.collect_revocations(graph);
        for (index, node) in graph.ordered(within) {
            evaluation.take(graph, index, node);
            evaluation.last = node.place;
        }
        let stays: Vec<MemberId> = evaluation.state.members.keys().copied().collect();
        for member in &stays {
            evaluation.settle_stay(member);
        }
        Some(evaluation)
    }

    /// The set that it is about.
    pub(super) const fn within(&self) -> &OpSet {
        &self.within
    }

    /// What the set means.
    pub(super) const fn state(&self) -> &Arc<State> {
        &self.state
    }

    /// Goes on to a larger set, by the ops that it lacks. False where it can't: it is then about this set or a smaller
    /// one, and what is asked for has to be evaluated from the beginning.
    pub(super) fn go_on(&mut self, graph: &Graph, to: &OpSet) -> bool {
        let lacking = graph.ordered_after(self.last, to);
        let all_behind = self.within.len() + lacking.clone().count() == to.len();
        all_behind
            && self.within.is_within(to)
            && lacking
                .into_iter()
                .all(|(index, node)| self.append(graph, index, node))
    }

    /// Goes on with an op whose past is here and that comes last, unless it bears on what came before: by taking a stay
    /// or a right from somebody, by a word of the creator about others' ops, by being one of two with one number.
    fn append(&mut self, graph: &Graph, index: usize, node: &Node) -> bool {
        let knows_all = || node.past.len() == self.within.len();
        let leaves_all_as_it_is = match &node.op.body {
            OpBody::Invite(_) | OpBody::Admit(_) | OpBody::Rename { .. } => true,
            // These bear on what was done at the same time, and on nothing else.
            OpBody::RevokeInvite { .. } | OpBody::Checkpoint { .. } | OpBody::SetPolicy(_) => {
                knows_all()
            }
            _ => false,
        };
        let twins = graph.twins(&node.op.author, node.op.seq);
        let is_twin = twins
            .iter()
            .any(|twin| *twin != index && self.within.contains(*twin));
        if !leaves_all_as_it_is || is_twin || self.state.forked || !self.line.append(index, node) {
            return false;
        }
        self.within.insert(index);
        self.last = node.place;
        let state = Arc::make_mut(&mut self.state);
        (state.policy, state.policy_set) = (self.line.policy, self.line.policy_set);
        self.take(graph, index, node);
        match &node.op.body {
            OpBody::RevokeInvite { invite } => {
                self.revocations.entry(*invite).or_default().push(index);
                self.settle_invite(graph, invite);
            }
            OpBody::Admit(_) => {
                if let Some(newcomer) = &node.newcomer {
                    self.settle_stay(&newcomer.member);
                }
            }
            _ => {}
        }
        true
    }

    fn settle_removals(&mut self, graph: &Graph) {
        let within = self.within.clone();
        for stratum in [Role::Creator, Role::Admin] {
            for (index, node) in graph.ordered(&within) {
                let OpBody::Remove { member, cut } = &node.op.body else {
                    continue;
                };
                let role = self.line.role_at(graph, index, node);
                let counts = match self.line.ruling(index, node) {
                    Some(Verdict::Void) => false,
                    // The creator's own word, and settled with what else it says.
                    Some(Verdict::Uphold) => stratum == Role::Creator,
                    None => {
                        role == stratum
                            && self.stands(graph, index, node, role)
                            && (role == Role::Creator || !self.line.protects(member, node))
                    }
                };
                // Nobody removes the creator.
                if counts && *member != self.line.creator {
                    self.removals.entry(*member).or_default().push(Removal {
                        by: node.op.author,
                        role: stratum,
                        at: node.place,
                        cut: *cut,
                    });
                }
            }
        }
    }

    fn collect_revocations(&mut self, graph: &Graph) {
        for (index, node) in graph.ordered(&self.within) {
            if let OpBody::RevokeInvite { invite } = node.op.body {
                self.revocations.entry(invite).or_default().push(index);
            }
        }
    }

    /// Whether an op that was written in a role lies before its author's fork and within the cuts of its removal. What
    /// a creator said holds; an admin is cut by the creator alone.
    fn stands(&self, graph: &Graph, index: usize, node: &Node, role: Role) -> bool {
        let author = &node.op.author;
        let removals = self.removals.get(author).into_iter().flatten();
        role == Role::Creator
            || (self
                .forks
                .get(author)
                .is_none_or(|fork| node.op.seq < *fork)
                && removals
                    .into_iter()
                    .filter(|removal| removal.role < role)
                    .all(|removal| graph.is_within(index, removal.cut.op)))
    }

    /// Whether the author had been let in, as far as it could know.
    fn was_in(&self, node: &Node) -> bool {
        node.op.author == self.line.founder
            || self
                .admits
                .get(&node.op.author)
                .is_some_and(|admits| admits.iter().any(|admit| node.past.contains(*admit)))
    }

    fn standing(&self, graph: &Graph, index: usize, node: &Node) -> Standing {
        let role = self.line.role_at(graph, index, node);
        let ruling = self.line.ruling(index, node);
        let counts = match ruling {
            Some(verdict) => verdict == Verdict::Uphold,
            None => self.was_in(node) && self.stands(graph, index, node, role),
        };
        Standing {
            role,
            ruling,
            counts,
        }
    }

    /// The next op in the common order.
    fn take(&mut self, graph: &Graph, index: usize, node: &Node) {
        let standing = self.standing(graph, index, node);
        match &node.op.body {
            OpBody::Leave { last } if self.was_in(node) => {
                let cut = Cut {
                    op: None,
                    message: *last,
                };
                self.leaves
                    .entry(node.op.author)
                    .or_insert((node.place, cut));
            }
            OpBody::Admit(admission) => self.admit(graph, index, node, admission, standing),
            OpBody::Invite(invite) if standing.counts => {
                self.open_invite(graph, index, node, invite, standing);
            }
            OpBody::Rename { name } if standing.counts_as_officer() => {
                let state = Arc::make_mut(&mut self.state);
                state.name.clone_from(name);
                state.renamed = Some((node.place, node.op.author));
            }
            _ => {}
        }
    }

    fn open_invite(
        &mut self,
        graph: &Graph,
        index: usize,
        node: &Node,
        invite: &NewInvite,
        standing: Standing,
    ) {
        let id = invite.id();
        let allowed =
            standing.ruling.is_some() || standing.role <= self.line.policy_for(graph, index, node);
        if !allowed || self.invite_nodes.contains_key(&id) {
            return;
        }
        self.invite_nodes.insert(id, index);
        let used_by = Set::from_iter(self.line.vouched_by_invite(id));
        Arc::make_mut(&mut self.state).invites.insert(
            id,
            InviteInfo {
                by: node.op.author,
                expires: invite.expires,
                max_uses: invite.max_uses,
                approval: invite.approval,
                used_by,
                revoked: None,
                ipk: invite.ipk,
                join_box: invite.join_box.clone(),
                mailbox: invite.mailbox,
                opened: node.place,
            },
        );
        self.settle_invite(graph, &id);
    }

    /// Notes an open invite's first revocation that counts.
    fn settle_invite(&mut self, graph: &Graph, id: &InviteId) {
        let Some(invite) = self.state.invites.get(id) else {
            return;
        };
        let first = self.revocations_of(graph, id, &invite.by).next();
        let revoked = first.map(|revocation| Revocation {
            by: revocation.op.author,
            at: revocation.place,
        });
        if let Some(invite) = Arc::make_mut(&mut self.state).invites.get_mut(id) {
            invite.revoked = revoked;
        }
    }

    /// The revocations that count of an invite that counts.
    fn revocations_of<'a>(
        &'a self,
        graph: &'a Graph,
        invite: &InviteId,
        opened_by: &'a MemberId,
    ) -> impl Iterator<Item = &'a Node> {
        let all = self.revocations.get(invite).into_iter().flatten();
        all.filter_map(|index| Some((*index, graph.node(*index)?)))
            .filter(move |(index, node)| match self.line.ruling(*index, node) {
                Some(verdict) => verdict == Verdict::Uphold,
                None => {
                    let role = self.line.role_at(graph, *index, node);
                    (role <= Role::Admin || node.op.author == *opened_by)
                        && self.stands(graph, *index, node, role)
                }
            })
            .map(|(_, node)| node)
    }

    fn admit(
        &mut self,
        graph: &Graph,
        index: usize,
        node: &Node,
        admission: &Admission,
        standing: Standing,
    ) {
        let Some(newcomer) = &node.newcomer else {
            return;
        };
        let member = newcomer.member;
        let vouched = self.line.vouched(&member);
        // A member that the creator vouched for is in with the card that the creator saw, and with no other.
        if vouched.is_some_and(|(_, card)| card != newcomer.card_hash) {
            return;
        }
        let is_vouched = vouched.is_some_and(|(admit, _)| admit == Some(index));
        let checked = if is_vouched || standing.ruling == Some(Verdict::Uphold) {
            Ok(())
        } else {
            self.check_admit(graph, index, node, admission, standing)
        };
        let state = Arc::make_mut(&mut self.state);
        let is_new = state.stay(&member).is_none();
        if let Err(reason) = checked {
            if is_new {
                state.void.entry(member).or_insert(reason);
            }
            return;
        }
        state.void.remove(&member);
        if let Some(invite) = state.invites.get_mut(&admission.invite) {
            invite.used_by.insert(member);
        }
        self.admits.entry(member).or_default().push(index);
        if is_new {
            let stay = MemberInfo {
                card: newcomer.card.clone(),
                card_hash: newcomer.card_hash,
                role: Role::Member,
                ranked: None,
                sponsor: Some(node.op.author),
                invite: Some(admission.invite),
                admitted: node.place,
            };
            state.members.insert(member, stay);
        }
    }

    fn check_admit(
        &self,
        graph: &Graph,
        index: usize,
        node: &Node,
        admission: &Admission,
        standing: Standing,
    ) -> Result<(), VoidReason> {
        if standing.ruling.is_some() {
            return Err(VoidReason::Overruled);
        }
        if !standing.counts {
            return Err(VoidReason::Sponsor);
        }
        let known = self
            .invite_nodes
            .get(&admission.invite)
            .is_some_and(|opened| node.past.contains(*opened));
        let invite = self
            .state
            .invites
            .get(&admission.invite)
            .filter(|invite| known && admission.at <= invite.expires)
            .ok_or(VoidReason::InviteVoid)?;
        if invite.approval && standing.role > Role::Admin {
            return Err(VoidReason::Sponsor);
        }
        // One that came after the Admit doesn't undo it.
        if self
            .revocations_of(graph, &admission.invite, &invite.by)
            .any(|revocation| !revocation.past.contains(index))
        {
            return Err(VoidReason::InviteRevoked);
        }
        let joiner = node.newcomer.as_ref().map(|newcomer| newcomer.member);
        let again = joiner.is_some_and(|joiner| invite.used_by.contains(&joiner));
        if invite.uses_left() == Some(0) && !again {
            return Err(VoidReason::InviteUsed);
        }
        Ok(())
    }

    /// Notes in which role somebody is in, or how its stay ended.
    fn settle_stay(&mut self, member: &MemberId) {
        let state = Arc::make_mut(&mut self.state);
        let Some(stay) = state.members.get_mut(member) else {
            return;
        };
        stay.role = self.line.role_of(member);
        stay.ranked = self.line.ranked(member);
        let removals = || self.removals.get(member).into_iter().flatten();
        let left = self.leaves.get(member);
        let ending = match (removals().min_by_key(|r| r.at), left) {
            (Some(removal), _) => Ending::Removed {
                by: removal.by,
                at: removal.at,
            },
            (None, Some((at, _))) => Ending::Left { at: *at },
            (None, None) => return,
        };
        // What a leaver says of its last message holds beside what removals leave of it.
        let own = left.map(|(_, cut)| *cut);
        let cuts = removals().map(|removal| removal.cut).chain(own).collect();
        if let Some(stay) = state.members.remove(member) {
            state
                .former
                .insert(*member, FormerInfo { stay, ending, cuts });
        }
    }
}
