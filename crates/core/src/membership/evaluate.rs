//! The pure function from a set of ops to the state that it means.
//!
//! It goes by strata, each of which is settled before the next one is looked at, so that no rule can depend on itself:
//!
//! 1. **Chains.** An author that wrote two ops of one number: from that number on nothing of it counts (its Leave
//!    excepted, which only concerns itself). If the creator did, the state is that of everything in the past of its last
//!    op before, and is marked as forked.
//! 2. **Removals**, by the role of their authors from the creator downwards. A removal needs nothing from the strata
//!    below. After this it is known what lies behind a cut.
//! 3. **Everything else, in the common order** (depth, id). A member's op counts if it stands (1, 2) and one of the
//!    Admits of its author that count lies in its past. An Admit counts if its invite counts and lies in its past, was
//!    not over, was not revoked in the Admit's past or at the same time, and had a use left.
//!
//! Whether a revocation counts is known from 1 and 2 alone: the creator's always, and a member's own if its invite
//! counts, since it follows the invite in one chain.

use crate::sorted::{Map, Set};

use super::body::{Admission, Cut, NewInvite, OpBody};
use super::genesis::Genesis;
use super::graph::{Graph, Node, OpSet, Place};
use super::state::{Ending, FormerInfo, InviteInfo, MemberInfo, Revocation, State, VoidReason};
use crate::ids::{InviteId, MemberId};
use crate::io::Role;

/// A removal that counts.
struct Removal<'a> {
    by: MemberId,
    at: Place,
    cut: &'a Cut,
}

struct Evaluation<'a> {
    graph: &'a Graph,
    within: &'a OpSet,
    creator: MemberId,
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
    let creator = first.op.author;
    if let Some(fork) = graph.first_fork(&creator, within) {
        let (_, before) = graph
            .ordered(within)
            .find(|(_, node)| node.op.author == creator && node.op.seq + 1 == fork)?;
        let mut state = evaluate(graph, &graph.closure([&before.place.op])?)?;
        state.equivocators.insert(creator);
        state.forked = true;
        return Some(state);
    }
    let mut evaluation = Evaluation {
        graph,
        within,
        creator,
        forks: Map::from_iter(
            graph
                .forked_authors()
                .filter_map(|author| Some((*author, graph.first_fork(author, within)?))),
        ),
        removals: Map::new(),
        revocations: Map::new(),
        admits: Map::new(),
        stays: Map::new(),
        leaves: Map::new(),
        invite_nodes: Map::new(),
        state: founded(first, genesis)?,
    };
    evaluation.settle_removals();
    evaluation.collect_revocations();
    evaluation.walk();
    Some(evaluation.finish())
}

/// The state right after the genesis.
fn founded(first: &Node, genesis: &Genesis) -> Option<State> {
    let creator = first.op.author;
    let newcomer = first.newcomer.as_ref()?;
    let info = MemberInfo {
        card: newcomer.card.clone(),
        card_hash: newcomer.card_hash,
        role: Role::Creator,
        sponsor: None,
        invite: None,
        admitted: first.place,
    };
    Some(State {
        group: first.op.group,
        name: genesis.name().to_owned(),
        renamed: None,
        creator,
        policy: genesis.policy(),
        max_members: genesis.max_members(),
        members: Map::from_iter([(creator, info)]),
        former: Map::new(),
        invites: Map::new(),
        void: Map::new(),
        equivocators: Set::new(),
        forked: false,
    })
}

impl<'a> Evaluation<'a> {
    /// The role in which an author wrote an op. Grants of the admin role belong to the creator's stratum: they are
    /// settled before anything that an admin writes is looked at.
    fn role(&self, author: &MemberId) -> Role {
        if *author == self.creator {
            Role::Creator
        } else {
            Role::Member
        }
    }

    fn settle_removals(&mut self) {
        let graph = self.graph;
        for stratum in [Role::Creator, Role::Admin] {
            for (index, node) in graph.ordered(self.within) {
                let OpBody::Remove { member, cut } = &node.op.body else {
                    continue;
                };
                let author = node.op.author;
                let counts = self.role(&author) == stratum
                    && stratum < self.role(member)
                    && self.stands(index, node);
                if counts {
                    self.removals.entry(*member).or_default().push(Removal {
                        by: author,
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

    /// Whether an op lies before its author's fork and within the cuts of its removal.
    fn stands(&self, index: usize, node: &Node) -> bool {
        let author = &node.op.author;
        self.forks
            .get(author)
            .is_none_or(|fork| node.op.seq < *fork)
            && self.removals.get(author).is_none_or(|removals| {
                removals
                    .iter()
                    .all(|removal| self.graph.is_within(index, removal.cut))
            })
    }

    /// Whether the author had been let in, as far as it could know.
    fn was_in(&self, node: &Node) -> bool {
        node.op.author == self.creator
            || self
                .admits
                .get(&node.op.author)
                .is_some_and(|admits| admits.iter().any(|admit| node.past.contains(*admit)))
    }

    fn walk(&mut self) {
        let graph = self.graph;
        for (index, node) in graph.ordered(self.within) {
            let was_in = self.was_in(node);
            let counts = was_in && self.stands(index, node);
            match &node.op.body {
                OpBody::Leave { last } if was_in => {
                    let cut = Cut {
                        op: None,
                        message: *last,
                    };
                    self.leaves
                        .entry(node.op.author)
                        .or_insert((node.place, cut));
                }
                OpBody::Admit(admission) => self.admit(index, node, admission, counts),
                OpBody::Invite(invite) if counts => self.open_invite(index, node, invite),
                OpBody::Rename { name } if counts && self.role(&node.op.author) <= Role::Admin => {
                    self.state.name.clone_from(name);
                    self.state.renamed = Some((node.place, node.op.author));
                }
                _ => {}
            }
        }
    }

    fn open_invite(&mut self, index: usize, node: &Node, invite: &NewInvite) {
        let id = invite.id();
        let author = node.op.author;
        if self.role(&author) > self.state.policy.invite || self.invite_nodes.contains_key(&id) {
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
                used_by: Set::new(),
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
            .filter(move |(index, node)| {
                let author = &node.op.author;
                (self.role(author) <= Role::Admin || author == opened_by)
                    && self.stands(*index, node)
            })
    }

    fn admit(&mut self, index: usize, node: &Node, admission: &Admission, counts: bool) {
        let Some(newcomer) = &node.newcomer else {
            return;
        };
        let member = newcomer.member;
        if let Err(reason) = self.check_admit(index, node, admission, member, counts) {
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
        member: MemberId,
        counts: bool,
    ) -> Result<(), VoidReason> {
        if !counts {
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
        // One that came after the Admit doesn't undo it.
        if self
            .revocations_of(&admission.invite, &invite.by)
            .any(|(_, revocation)| !revocation.past.contains(index))
        {
            return Err(VoidReason::InviteRevoked);
        }
        if invite.uses_left() == Some(0) && !invite.used_by.contains(&member) {
            return Err(VoidReason::InviteUsed);
        }
        Ok(())
    }

    fn finish(mut self) -> State {
        for (member, stay) in self.stays {
            self.state.void.remove(&member);
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
