//! What a set of ops means: who is in, who was, which invites are open. Computed, never stored.

use crate::sorted::{Map, Set};

use super::body::Cut;
use super::genesis::Policy;
use super::graph::Place;
use super::role::role_number;
use crate::identity::Card;
use crate::ids::{GroupId, InviteId, Mailbox, MemberId, OpId, Timestamp};
use crate::invite::JoinBoxKey;
use crate::io::{Rights, Role};
use crate::wire::{self, labels};

/// A member's stay, from its first op that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberInfo {
    /// Its card.
    pub card: Card,
    /// The card's hash, as in the roster.
    pub card_hash: [u8; 32],
    /// Its role; of somebody who is out, the last one.
    pub role: Role,
    /// The op that gave it this role, and by whom; `None` for the role that it began with.
    pub ranked: Option<(Place, MemberId)>,
    /// Who let it in; `None` for the founder.
    pub sponsor: Option<MemberId>,
    /// By which invite; `None` for the founder.
    pub invite: Option<InviteId>,
    /// The op that let it in.
    pub admitted: Place,
}

/// How a stay ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// By the member itself.
    Left {
        /// The op.
        at: Place,
    },
    /// By another.
    Removed {
        /// By whom.
        by: MemberId,
        /// The op; the first of several.
        at: Place,
    },
}

/// Somebody whose stay is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormerInfo {
    /// Its stay.
    pub stay: MemberInfo,
    /// How it ended.
    pub ending: Ending,
    /// What its leaving and the removals allow of its messages: one is shown if all of them do.
    pub cuts: Vec<Cut>,
}

/// The end of an invite before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation {
    /// By whom.
    pub by: MemberId,
    /// The op; the first of several.
    pub at: Place,
}

/// An invite that counts, open or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InviteInfo {
    /// Who opened it.
    pub by: MemberId,
    /// Until when somebody can be let in.
    pub expires: Timestamp,
    /// For how many members; `None` for any number.
    pub max_uses: Option<u32>,
    /// The creator or an admin has to agree to each joiner.
    pub approval: bool,
    /// Who came by it, also those that are gone.
    pub used_by: Set<MemberId>,
    /// Its end before its time.
    pub revoked: Option<Revocation>,
    /// Checks the joiners' proofs.
    pub ipk: [u8; 32],
    /// Opens the joiners' requests.
    pub join_box: JoinBoxKey,
    /// Where the requests go.
    pub mailbox: Mailbox,
    /// The op that opened it.
    pub opened: Place,
}

impl InviteInfo {
    /// How many more members it lets in; `None` for any number.
    #[must_use]
    pub fn uses_left(&self) -> Option<u32> {
        let used = u32::try_from(self.used_by.len()).unwrap_or(u32::MAX);
        self.max_uses.map(|max| max.saturating_sub(used))
    }

    /// Whether somebody new can be let in by it.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.revoked.is_none() && now <= self.expires && self.uses_left() != Some(0)
    }
}

/// Why nobody came in by an Admit that looked right to the one who wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum VoidReason {
    /// Others came first.
    InviteUsed,
    /// The invite was revoked at the same time.
    InviteRevoked,
    /// The invite itself doesn't count, or was over.
    InviteVoid,
    /// The sponsor had no right to let anyone in any more.
    Sponsor,
    /// The creator decided so.
    Overruled,
}

/// What a set of ops means. Equal sets give equal states, whatever the order in which they came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// The group.
    pub group: GroupId,
    /// Its name.
    pub name: String,
    /// The op that gave it this name, and by whom; `None` for the first name.
    pub renamed: Option<(Place, MemberId)>,
    /// Who founded it, or took it over.
    pub creator: MemberId,
    /// Who may do what.
    pub policy: Policy,
    /// The op that set the policy, and by whom; `None` for the first policy.
    pub policy_set: Option<(Place, MemberId)>,
    /// How many members, present and past, there can be.
    pub max_members: u16,
    /// Who is in.
    pub members: Map<MemberId, MemberInfo>,
    /// Who was in.
    pub former: Map<MemberId, FormerInfo>,
    /// Every invite that counts.
    pub invites: Map<InviteId, InviteInfo>,
    /// Who was let in by ops that don't count.
    pub void: Map<MemberId, VoidReason>,
    /// Members that wrote two ops of one number: what they wrote from there on doesn't count.
    pub equivocators: Set<MemberId>,
    /// The creator did. The state is that of everything before it; nothing more can be decided.
    pub forked: bool,
}

impl State {
    /// A present member.
    #[must_use]
    pub fn member(&self, id: &MemberId) -> Option<&MemberInfo> {
        self.members.get(id)
    }

    /// Whether somebody is in.
    #[must_use]
    pub fn is_present(&self, id: &MemberId) -> bool {
        self.members.contains_key(id)
    }

    /// The stay of anybody who is or was in.
    #[must_use]
    pub fn stay(&self, id: &MemberId) -> Option<&MemberInfo> {
        self.members
            .get(id)
            .or_else(|| self.former.get(id).map(|former| &former.stay))
    }

    /// `H("…/roster", group_id | sorted (member_id, role, card_hash))`.
    #[must_use]
    pub fn roster_hash(&self) -> [u8; 32] {
        let mut bytes = Vec::with_capacity(32 + self.members.len() * 65);
        bytes.extend_from_slice(self.group.as_bytes());
        for (id, member) in &self.members {
            bytes.extend_from_slice(id.as_bytes());
            bytes.push(role_number(member.role));
            bytes.extend_from_slice(&member.card_hash);
        }
        wire::hash(labels::ROSTER, &[&bytes])
    }

    /// Whether the creator or an admin is meant.
    fn is_officer(&self, id: &MemberId) -> bool {
        self.member(id).is_some_and(|info| info.role <= Role::Admin)
    }

    /// Whether a member may open invites.
    #[must_use]
    pub fn may_invite(&self, by: &MemberId) -> bool {
        self.member(by)
            .is_some_and(|info| info.role <= self.policy.invite)
    }

    /// Whether a member may revoke an invite: its own, or as admin or creator any.
    ///
    /// A plain member can't end others' invites. That also keeps the rules free of circles: whether a member's
    /// revocation counts never depends on an Admit that the revocation could void.
    #[must_use]
    pub fn may_revoke(&self, by: &MemberId, invite: &InviteId) -> bool {
        self.invites.get(invite).is_some_and(|info| {
            info.revoked.is_none()
                && (self.is_officer(by) || (self.is_present(by) && info.by == *by))
        })
    }

    /// Whether a member may end another's stay: the creator anyone's, an admin a plain member's.
    #[must_use]
    pub fn may_remove(&self, by: &MemberId, target: &MemberId) -> bool {
        match (self.member(by), self.member(target)) {
            (Some(by), Some(target)) => by.role <= Role::Admin && by.role < target.role,
            _ => false,
        }
    }

    /// Whether a member may let somebody in by an invite: by one that asks for approval only the creator and admins.
    #[must_use]
    pub fn may_admit(&self, by: &MemberId, invite: &InviteId) -> bool {
        self.is_officer(by)
            || (self.is_present(by) && self.invites.get(invite).is_some_and(|it| !it.approval))
    }

    /// Whether a member may make another an admin.
    #[must_use]
    pub fn may_grant(&self, by: &MemberId, target: &MemberId) -> bool {
        self.is_creator(by)
            && !self.equivocators.contains(target)
            && self
                .member(target)
                .is_some_and(|info| info.role == Role::Member)
    }

    /// Whether a member may take the admin role back from another.
    #[must_use]
    pub fn may_revoke_admin(&self, by: &MemberId, target: &MemberId) -> bool {
        self.is_creator(by)
            && self
                .member(target)
                .is_some_and(|info| info.role == Role::Admin)
    }

    /// Whether a member may hand the creator's role over to another.
    #[must_use]
    pub fn may_transfer(&self, by: &MemberId, target: &MemberId) -> bool {
        self.is_creator(by)
            && by != target
            && !self.equivocators.contains(target)
            && self.is_present(target)
    }

    /// Whether a member is the creator.
    #[must_use]
    pub fn is_creator(&self, by: &MemberId) -> bool {
        *by == self.creator && self.is_present(by)
    }

    /// Whether a member may rename the group.
    #[must_use]
    pub fn may_rename(&self, by: &MemberId) -> bool {
        self.is_officer(by)
    }

    /// Whether a member may leave: the creator has to hand the group over first.
    #[must_use]
    pub fn may_leave(&self, by: &MemberId) -> bool {
        self.member(by)
            .is_some_and(|info| info.role != Role::Creator)
    }

    /// What the interface offers to a member.
    #[must_use]
    pub fn rights(&self, of: &MemberId) -> Rights {
        if self.forked {
            return Rights::default();
        }
        Rights {
            invite: self.may_invite(of),
            rename: self.may_rename(of),
            send: self.is_present(of),
            refound: self.is_present(of) && !self.is_present(&self.creator),
            leave: self.may_leave(of),
            appoint: self.is_creator(of),
        }
    }
}

/// `H("…/heads", sorted heads)`. The heads have to be ascending.
#[must_use]
pub fn heads_hash(heads: &[OpId]) -> [u8; 32] {
    let parts: Vec<&[u8]> = heads.iter().map(AsRef::as_ref).collect();
    wire::hash(labels::HEADS, &parts)
}
