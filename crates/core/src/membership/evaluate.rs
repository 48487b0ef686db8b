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
struct Removal<'a> {
    by: MemberId,
    /// In which role.
    role: Role,
    at: Place,
    cut: &'a Cut,
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

struct Evaluation<'a> {
    graph: &'a Graph,
    within: &'a OpSet,
    line: Line,
    /// From which number on an author's ops don't count.
    forks: Map<MemberId, u32>,
    removals: Map<MemberId, Vec<Removal<'a>>>,
    /// All revocations in the set, whether they count or not.
    revocations: Map<InviteId, Vec<(usize, &'a Node)>>,
    /// Of each member, the Admits that count.
    admits: Map<MemberId, Vec<usize>>,
    stays: Map<MemberId, MemberInfo>,
    leaves: Map<MemberId, (Place, Cut)>,
    /// The node that opened each invite.
    invite_nodes: Map<InviteId, usize>,
    state: State,
}

/// The state of a set of ops that holds the past of each of its ops; `None` without the genesis.
pub(super) fn evaluate(graph: &Graph, within: &OpSet) -> Option<State> {
    let (_, first) = graph.ordered(within).next()?;
    let OpBody::Create(genesis) = &first.op.body else {
        return None;
    };
    let line = match read(graph, within)? {
        Reading::One(line) => *line,
        Reading::Forked { by, last } => {
            let mut state = evaluate(graph, &graph.closure([&last])?)?;
            state.equivocators.insert(by);
            state.forked = true;
            return Some(state);
        }
    };
    let mut evaluation = Evaluation {
        graph,
        within,
        forks: Map::from_iter(
            graph
                .forked_authors()
                .filter_map(|author| Some((*author, graph.first_fork(author, within)?))),
        ),
        removals: Map::new(),
        revocations: Map::new(),
        admits: Map::new(),
        stays: Map::from_iter([(line.founder, founder(first)?)]),
        leaves: Map::new(),
        invite_nodes: Map::new(),
        state: begun(first, genesis, &line),
        line,
    };
    evaluation.settle_removals();
    evaluation.collect_revocations();
    evaluation.walk();
    Some(evaluation.finish())
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

impl<'a> Evaluation<'a> {
    fn settle_removals(&mut self) {
        let graph = self.graph;
        for stratum in [Role::Creator, Role::Admin] {
            for (index, node) in graph.ordered(self.within) {
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
                            && self.stands(index, node, role)
                            && (role == Role::Creator || !self.line.protects(member, node))
                    }
                };
                // Nobody removes the creator.
                if counts && *member != self.line.creator {
                    self.removals.entry(*member).or_default().push(Removal {
                        by: node.op.author,
                        role: stratum,
                        at: node.place,
                        cut,
                    });
                }
            }
        }
    }

    fn collect_revocations(&mut self) {
        for (index, node) in self.graph.ordered(self.within) {
            if let OpBody::RevokeInvite { invite } = node.op.body {
                self.revocations
                    .entry(invite)
                    .or_default()
                    .push((index, node));
            }
        }
    }

    /// Whether an op that was written in a role lies before its author's fork and within the cuts of its removal. What
    /// a creator said holds; an admin is cut by the creator alone.
    fn stands(&self, index: usize, node: &Node, role: Role) -> bool {
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
                    .all(|removal| self.graph.is_within(index, removal.cut.op)))
    }

    /// Whether the author had been let in, as far as it could know.
    fn was_in(&self, node: &Node) -> bool {
        node.op.author == self.line.founder
            || self
                .admits
                .get(&node.op.author)
                .is_some_and(|admits| admits.iter().any(|admit| node.past.contains(*admit)))
    }

    fn standing(&self, index: usize, node: &Node) -> Standing {
        let role = self.line.role_at(self.graph, index, node);
        let ruling = self.line.ruling(index, node);
        let counts = match ruling {
            Some(verdict) => verdict == Verdict::Uphold,
            None => self.was_in(node) && self.stands(index, node, role),
        };
        Standing {
            role,
            ruling,
            counts,
        }
    }

    fn walk(&mut self) {
        let graph = self.graph;
        for (index, node) in graph.ordered(self.within) {
            let standing = self.standing(index, node);
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
                OpBody::Admit(admission) => self.admit(index, node, admission, standing),
                OpBody::Invite(invite) if standing.counts => {
                    self.open_invite(index, node, invite, standing);
                }
                OpBody::Rename { name } if standing.counts_as_officer() => {
                    self.state.name.clone_from(name);
                    self.state.renamed = Some((node.place, node.op.author));
                }
                _ => {}
            }
        }
    }

    fn open_invite(&mut self, index: usize, node: &Node, invite: &NewInvite, standing: Standing) {
        let id = invite.id();
        let author = node.op.author;
        let allowed = standing.ruling.is_some()
            || standing.role <= self.line.policy_for(self.graph, index, node);
        if !allowed || self.invite_nodes.contains_key(&id) {
            return;
        }
        self.invite_nodes.insert(id, index);
        let revoked = self
            .revocations_of(&id, &author)
            .next()
            .map(|(_, revocation)| Revocation {
                by: revocation.op.author,
                at: revocation.place,
            });
        self.state.invites.insert(
            id,
            InviteInfo {
                by: author,
                expires: invite.expires,
                max_uses: invite.max_uses,
                approval: invite.approval,
                used_by: Set::from_iter(self.line.vouched_by_invite(id)),
                revoked,
                ipk: invite.ipk,
                join_box: invite.join_box.clone(),
                mailbox: invite.mailbox,
                opened: node.place,
            },
        );
    }

    /// The revocations that count of an invite that counts.
    fn revocations_of(
        &self,
        invite: &InviteId,
        opened_by: &MemberId,
    ) -> impl Iterator<Item = &(usize, &'a Node)> {
        self.revocations
            .get(invite)
            .into_iter()
            .flatten()
            .filter(move |(index, node)| match self.line.ruling(*index, node) {
                Some(verdict) => verdict == Verdict::Uphold,
                None => {
                    let role = self.line.role_at(self.graph, *index, node);
                    (role <= Role::Admin || node.op.author == *opened_by)
                        && self.stands(*index, node, role)
                }
            })
    }

    fn admit(&mut self, index: usize, node: &Node, admission: &Admission, standing: Standing) {
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
            self.check_admit(index, node, admission, standing)
        };
        if let Err(reason) = checked {
            self.state.void.entry(member).or_insert(reason);
            return;
        }
        if let Some(invite) = self.state.invites.get_mut(&admission.invite) {
            invite.used_by.insert(member);
        }
        self.admits.entry(member).or_default().push(index);
        self.stays.entry(member).or_insert_with(|| MemberInfo {
            card: newcomer.card.clone(),
            card_hash: newcomer.card_hash,
            role: Role::Member,
            ranked: None,
            sponsor: Some(node.op.author),
            invite: Some(admission.invite),
            admitted: node.place,
        });
    }

    fn check_admit(
        &self,
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
            .revocations_of(&admission.invite, &invite.by)
            .any(|(_, revocation)| !revocation.past.contains(index))
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

    fn finish(mut self) -> State {
        for (member, mut stay) in self.stays {
            self.state.void.remove(&member);
            stay.role = self.line.role_of(&member);
            stay.ranked = self.line.ranked(&member);
            let removals = self.removals.remove(&member).unwrap_or_default();
            let ending = match (
                removals.iter().min_by_key(|r| r.at),
                self.leaves.get(&member),
            ) {
                (Some(removal), _) => Ending::Removed {
                    by: removal.by,
                    at: removal.at,
                },
                (None, Some((at, _))) => Ending::Left { at: *at },
                (None, None) => {
                    self.state.members.insert(member, stay);
                    continue;
                }
            };
            // What a leaver says of its last message holds beside what removals leave of it.
            let own = self.leaves.get(&member).map(|(_, cut)| *cut);
            self.state.former.insert(
                member,
                FormerInfo {
                    stay,
                    ending,
                    cuts: removals
                        .iter()
                        .map(|removal| *removal.cut)
                        .chain(own)
                        .collect(),
                },
            );
        }
        self.state.equivocators = Set::from_iter(self.forks.into_keys());
        self.state
    }
}
