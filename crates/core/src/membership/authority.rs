//! What only the creator says: the bodies of its ops.

use super::body::{LastOp, OpBody};
use super::genesis::Policy;
use super::role::{role_from_number, role_number};
use crate::ids::{MemberId, OpId};
use crate::wire::record;
use crate::wire::{self, DecodeError, limits};

/// A member that the creator vouches for: whatever becomes of the invite by which it came, or of whoever let it in,
/// from now on only the creator or the member itself ends its stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vouched {
    /// Who.
    pub member: MemberId,
    /// The card that the creator saw: the stay is the one that began with it.
    pub card_hash: [u8; 32],
}

record!(Vouched {
    member,
    card_hash: bytes
});

/// The creator's decision about one op.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It counts.
    Uphold,
    /// It doesn't.
    Void,
}

impl Verdict {
    const fn number(self) -> u8 {
        match self {
            Self::Uphold => 1,
            Self::Void => 2,
        }
    }

    const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Uphold),
            2 => Some(Self::Void),
            _ => None,
        }
    }
}

struct RevokeAdminFields {
    member: MemberId,
    cut: Option<LastOp>,
}

record!(RevokeAdminFields { member, cut });

struct RulingFields {
    op: OpId,
    verdict: u8,
}

record!(RulingFields { op, verdict });

struct CheckpointFields {
    heads: Vec<OpId>,
    roster_hash: [u8; 32],
}

record!(CheckpointFields {
    heads,
    roster_hash: bytes
});

struct PolicyFields {
    /// [`Policy::invite`] as a role's number.
    invite: u8,
}

record!(PolicyFields { invite });

pub(super) fn revoke_admin(member: MemberId, cut: Option<LastOp>) -> Vec<u8> {
    wire::encode(&RevokeAdminFields { member, cut })
}

pub(super) fn read_revoke_admin(bytes: &[u8]) -> Result<OpBody, DecodeError> {
    let RevokeAdminFields { member, cut } = wire::decode(bytes, limits::MAX_OP)?;
    Ok(OpBody::RevokeAdmin { member, cut })
}

pub(super) fn ruling(op: OpId, verdict: Verdict) -> Vec<u8> {
    let verdict = verdict.number();
    wire::encode(&RulingFields { op, verdict })
}

pub(super) fn read_ruling(bytes: &[u8]) -> Result<OpBody, DecodeError> {
    let RulingFields { op, verdict } = wire::decode(bytes, limits::MAX_OP)?;
    let verdict = Verdict::from_number(verdict).ok_or(DecodeError::Invalid)?;
    Ok(OpBody::Ruling { op, verdict })
}

pub(super) fn checkpoint(heads: &[OpId], roster_hash: [u8; 32]) -> Vec<u8> {
    wire::encode(&CheckpointFields {
        heads: heads.to_vec(),
        roster_hash,
    })
}

pub(super) fn read_checkpoint(bytes: &[u8]) -> Result<OpBody, DecodeError> {
    let CheckpointFields { heads, roster_hash } = wire::decode(bytes, limits::MAX_OP)?;
    Ok(OpBody::Checkpoint { heads, roster_hash })
}

pub(super) fn set_policy(policy: Policy) -> Vec<u8> {
    let invite = role_number(policy.invite);
    wire::encode(&PolicyFields { invite })
}

pub(super) fn read_set_policy(bytes: &[u8]) -> Result<OpBody, DecodeError> {
    let fields: PolicyFields = wire::decode(bytes, limits::MAX_OP)?;
    let invite = role_from_number(fields.invite).ok_or(DecodeError::Invalid)?;
    Ok(OpBody::SetPolicy(Policy { invite }))
}
