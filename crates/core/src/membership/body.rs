//! What an op says: one type for each kind, and the kinds' numbers.

use super::authority::{self, Verdict, Vouched};
use super::genesis::{Genesis, Policy};
use crate::identity::{SignedCard, clean_name};
use crate::ids::{ChainId, GroupId, InviteId, Mailbox, MemberId, OpId, Timestamp};
use crate::invite::{InviteKeys, JoinBoxKey, JoinProof, invite_id};
use crate::wire::record;
use crate::wire::{self, DecodeError, SignatureBytes, labels, limits};

/// The number of an op's kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u16)]
pub enum OpKind {
    /// Founds the group; its body is the genesis.
    Create = 1,
    /// Opens an invite.
    Invite = 2,
    /// Ends an invite.
    RevokeInvite = 3,
    /// Lets somebody in.
    Admit = 4,
    /// Ends another member's stay.
    Remove = 5,
    /// Ends one's own stay.
    Leave = 6,
    /// Gives the group another name.
    Rename = 7,
    /// Makes a member an admin.
    GrantAdmin = 16,
    /// Ends that.
    RevokeAdmin = 17,
    /// The creator's decision about one op.
    Ruling = 18,
    /// Fixes everything up to here.
    Checkpoint = 19,
    /// Hands the creator's role over.
    TransferCreator = 20,
    /// Changes the policy.
    SetPolicy = 21,
}

/// The last things of a member that still count after its removal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cut {
    /// Its last op; `None` if none of its ops counts.
    pub op: Option<LastOp>,
    /// Its last message; `None` if the remover knows none.
    pub message: Option<LastMessage>,
}

record!(Cut { op, message });

/// A place in a member's chain of ops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastOp {
    /// Its number in the chain.
    pub seq: u32,
    /// Which op.
    pub id: OpId,
}

record!(LastOp { seq, id });

/// A place in a member's messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastMessage {
    /// The sender chain.
    pub chain: ChainId,
    /// The chain's generation, so that an older chain can be told from a newer one.
    pub generation: u64,
    /// The index in it.
    pub index: u32,
}

record!(LastMessage {
    chain,
    generation,
    index
});

impl Cut {
    /// Whether it is the cut's chain. Of a former member no other one is taken that isn't known already: how old it claims
    /// to be, its owner could choose.
    #[must_use]
    pub fn names_chain(&self, chain: &ChainId) -> bool {
        self.message.is_some_and(|last| last.chain == *chain)
    }

    /// Whether a message of the removed member counts.
    #[must_use]
    pub fn allows_message(&self, chain: &ChainId, generation: u64, index: u32) -> bool {
        self.message.is_some_and(|last| {
            generation < last.generation || (*chain == last.chain && index <= last.index)
        })
    }
}

/// An invite, as its op opens it. Neither the link's secret nor the signing key is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInvite {
    /// Checks the joiners' proofs; the invite's id is its hash.
    pub ipk: [u8; 32],
    /// Opens the joiners' requests.
    pub join_box: JoinBoxKey,
    /// Where the requests go.
    pub mailbox: Mailbox,
    /// The number of the role that a joiner gets; only a plain member's is supported.
    role: u8,
    /// Until when somebody can be let in.
    pub expires: Timestamp,
    /// For how many members; `None` for any number.
    pub max_uses: Option<u32>,
    /// The creator or an admin has to agree to each joiner.
    pub approval: bool,
    /// By the invite's key over group and author: nobody else's invite can be opened once more on other terms.
    proof: SignatureBytes,
}

record!(NewInvite {
    ipk: bytes,
    join_box,
    mailbox,
    role,
    expires,
    max_uses,
    approval,
    proof
});

impl NewInvite {
    /// The invite of these keys, to be opened by `author`.
    #[must_use]
    pub fn new(
        keys: &InviteKeys,
        group: &GroupId,
        author: &MemberId,
        expires: Timestamp,
        max_uses: Option<u32>,
    ) -> Self {
        Self {
            ipk: keys.public(),
            join_box: keys.join_box().clone(),
            mailbox: keys.mailbox(),
            role: super::role::role_number(crate::io::Role::Member),
            expires,
            max_uses,
            approval: false,
            proof: wire::sign(
                keys.signing_key(),
                labels::INVITE_PROOF,
                &[group.as_bytes().as_slice(), author.as_bytes()].concat(),
            ),
        }
    }

    /// The same, but the creator or an admin has to agree to each joiner.
    #[must_use]
    pub fn with_approval(self) -> Self {
        Self {
            approval: true,
            ..self
        }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> InviteId {
        invite_id(&self.ipk)
    }

    /// Whether the author of the op holds the invite's secret.
    pub(super) fn is_proven(&self, group: &GroupId, author: &MemberId) -> bool {
        wire::verify(
            &self.ipk,
            labels::INVITE_PROOF,
            &[group.as_bytes().as_slice(), author.as_bytes()].concat(),
            &self.proof,
        )
    }

    /// Whether it asks for something that this code doesn't do yet.
    pub(super) const fn is_unsupported(&self) -> bool {
        self.role != super::role::role_number(crate::io::Role::Member)
    }
}

/// Somebody is let in. Every reader checks the joiner's proof again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// By which invite.
    pub invite: InviteId,
    /// The joiner's card.
    pub card: SignedCard,
    /// The joiner's proof that it holds the invite, over this card.
    pub proof: JoinProof,
    /// When, by the sponsor's clock: what the invite's end is compared with. The only clock in the log; a dishonest
    /// sponsor can stretch an invite with it, but could as well open a new one.
    pub at: Timestamp,
}

record!(Admission {
    invite,
    card,
    proof,
    at
});

/// What an op says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpBody {
    /// Founds the group.
    Create(Genesis),
    /// Opens an invite.
    Invite(NewInvite),
    /// Ends an invite.
    RevokeInvite {
        /// Which.
        invite: InviteId,
    },
    /// Lets somebody in.
    Admit(Box<Admission>),
    /// Ends another member's stay.
    Remove {
        /// Whose.
        member: MemberId,
        /// What of it still counts.
        cut: Cut,
    },
    /// Ends one's own stay.
    Leave {
        /// Its last message: what comes later under its name is not its own word. `None` if it never wrote.
        last: Option<LastMessage>,
    },
    /// Gives the group another name.
    Rename {
        /// The new name.
        name: String,
    },
    /// Makes a member an admin, and vouches for its stay and its card.
    GrantAdmin(Vouched),
    /// Ends that.
    RevokeAdmin {
        /// Whose.
        member: MemberId,
        /// Its last op that counts as an admin's; `None` if none does.
        cut: Option<LastOp>,
    },
    /// Decides about one op, whatever the other rules say of it.
    Ruling {
        /// Which.
        op: OpId,
        /// How.
        verdict: Verdict,
    },
    /// Fixes everything up to here: what an admin claims to have done before, and isn't in its past, is void.
    Checkpoint {
        /// The heads of the log as the creator knew it; the same as the op's own `deps`.
        heads: Vec<OpId>,
        /// The roster that they mean.
        roster_hash: [u8; 32],
    },
    /// Hands the creator's role over, and vouches for the new creator's stay and card.
    TransferCreator(Vouched),
    /// Changes the policy.
    SetPolicy(Policy),
}

struct RevokeFields {
    invite: InviteId,
}

record!(RevokeFields { invite });

struct RemoveFields {
    member: MemberId,
    cut: Cut,
}

record!(RemoveFields { member, cut });

struct LeaveFields {
    last: Option<LastMessage>,
}

record!(LeaveFields { last });

struct RenameFields {
    name: String,
}

record!(RenameFields { name });

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyError {
    Decode(DecodeError),
    Kind(u16),
    Unsupported,
}

impl From<DecodeError> for BodyError {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}

impl OpBody {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> OpKind {
        match self {
            Self::Create(_) => OpKind::Create,
            Self::Invite(_) => OpKind::Invite,
            Self::RevokeInvite { .. } => OpKind::RevokeInvite,
            Self::Admit(_) => OpKind::Admit,
            Self::Remove { .. } => OpKind::Remove,
            Self::Leave { .. } => OpKind::Leave,
            Self::Rename { .. } => OpKind::Rename,
            Self::GrantAdmin(_) => OpKind::GrantAdmin,
            Self::RevokeAdmin { .. } => OpKind::RevokeAdmin,
            Self::Ruling { .. } => OpKind::Ruling,
            Self::Checkpoint { .. } => OpKind::Checkpoint,
            Self::TransferCreator(_) => OpKind::TransferCreator,
            Self::SetPolicy(_) => OpKind::SetPolicy,
        }
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Create(genesis) => genesis.to_bytes(),
            Self::Invite(invite) => wire::encode(invite),
            Self::RevokeInvite { invite } => wire::encode(&RevokeFields { invite: *invite }),
            Self::Admit(admission) => wire::encode(admission.as_ref()),
            Self::Remove { member, cut } => wire::encode(&RemoveFields {
                member: *member,
                cut: *cut,
            }),
            Self::Leave { last } => wire::encode(&LeaveFields { last: *last }),
            Self::Rename { name } => wire::encode(&RenameFields { name: name.clone() }),
            Self::GrantAdmin(vouched) | Self::TransferCreator(vouched) => wire::encode(vouched),
            Self::RevokeAdmin { member, cut } => authority::revoke_admin(*member, *cut),
            Self::Ruling { op, verdict } => authority::ruling(*op, *verdict),
            Self::Checkpoint { heads, roster_hash } => authority::checkpoint(heads, *roster_hash),
            Self::SetPolicy(policy) => authority::set_policy(*policy),
        }
    }

    pub(crate) fn from_bytes(kind: u16, bytes: &[u8]) -> Result<Self, BodyError> {
        const CREATE: u16 = OpKind::Create as u16;
        const INVITE: u16 = OpKind::Invite as u16;
        const REVOKE_INVITE: u16 = OpKind::RevokeInvite as u16;
        const ADMIT: u16 = OpKind::Admit as u16;
        const REMOVE: u16 = OpKind::Remove as u16;
        const LEAVE: u16 = OpKind::Leave as u16;
        const RENAME: u16 = OpKind::Rename as u16;
        const GRANT_ADMIN: u16 = OpKind::GrantAdmin as u16;
        const REVOKE_ADMIN: u16 = OpKind::RevokeAdmin as u16;
        const RULING: u16 = OpKind::Ruling as u16;
        const CHECKPOINT: u16 = OpKind::Checkpoint as u16;
        const TRANSFER_CREATOR: u16 = OpKind::TransferCreator as u16;
        const SET_POLICY: u16 = OpKind::SetPolicy as u16;
        let limit = limits::MAX_OP;
        Ok(match kind {
            CREATE => Self::Create(Genesis::from_bytes(bytes)?),
            INVITE => {
                let invite: NewInvite = wire::decode(bytes, limit)?;
                if invite.max_uses == Some(0) {
                    return Err(DecodeError::Invalid.into());
                }
                if invite.is_unsupported() {
                    return Err(BodyError::Unsupported);
                }
                Self::Invite(invite)
            }
            REVOKE_INVITE => Self::RevokeInvite {
                invite: wire::decode::<RevokeFields>(bytes, limit)?.invite,
            },
            ADMIT => Self::Admit(Box::new(wire::decode(bytes, limit)?)),
            REMOVE => {
                let RemoveFields { member, cut } = wire::decode(bytes, limit)?;
                Self::Remove { member, cut }
            }
            LEAVE => {
                let LeaveFields { last } = wire::decode(bytes, limit)?;
                Self::Leave { last }
            }
            RENAME => {
                let RenameFields { name } = wire::decode(bytes, limit)?;
                if !clean_name(&name).is_ok_and(|clean| clean == name) {
                    return Err(DecodeError::Invalid.into());
                }
                Self::Rename { name }
            }
            GRANT_ADMIN => Self::GrantAdmin(wire::decode(bytes, limit)?),
            REVOKE_ADMIN => authority::read_revoke_admin(bytes)?,
            RULING => authority::read_ruling(bytes)?,
            CHECKPOINT => authority::read_checkpoint(bytes)?,
            TRANSFER_CREATOR => Self::TransferCreator(wire::decode(bytes, limit)?),
            SET_POLICY => authority::read_set_policy(bytes)?,
            unknown => return Err(BodyError::Kind(unknown)),
        })
    }
}
