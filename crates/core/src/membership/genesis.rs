//! The genesis: the first op's body, whose hash is the group's id.

use super::role::{role_from_number, role_number};
use crate::identity::{Card, SignedCard, clean_name};
use crate::ids::GroupId;
use crate::io::Role;
use crate::wire::record;
use crate::wire::{self, DecodeError, labels, limits};

/// The version of the genesis' encoding.
const VERSION: u8 = 1;

/// Who may do what, as far as a group can choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// The lowest role that may create invites. [`Role::Member`]: everybody.
    pub invite: Role,
}

/// Everybody may invite: what the interface founds groups with.
impl Default for Policy {
    fn default() -> Self {
        Self {
            invite: Role::Member,
        }
    }
}

/// What a group is founded with. Never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Genesis {
    random: [u8; 32],
    creator: SignedCard,
    name: String,
    policy: Policy,
    max_members: u16,
}

/// Why there can be no such group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GenesisError {
    /// Not a name that [`clean_name`] returns.
    #[error("bad name")]
    Name,
    /// The founder's card doesn't open, or names a group.
    #[error("bad card")]
    Card,
}

/// The fields as encoded.
struct Fields {
    version: u8,
    random: [u8; 32],
    creator: SignedCard,
    name: String,
    /// [`Policy::invite`] as a role's number.
    invite: u8,
    max_members: u16,
}

record!(Fields {
    version,
    random: bytes,
    creator,
    name,
    invite,
    max_members
});

impl Genesis {
    /// A new group. `creator` is a card with [`Card::NO_GROUP`]; `random` makes the group's id unique.
    ///
    /// # Errors
    /// [`GenesisError`] for a name that isn't clean, or another card.
    pub fn new(
        name: &str,
        creator: SignedCard,
        random: [u8; 32],
        policy: Policy,
    ) -> Result<Self, GenesisError> {
        if !clean_name(name).is_ok_and(|clean| clean == name) {
            return Err(GenesisError::Name);
        }
        if !creator.is_for(&Card::NO_GROUP) {
            return Err(GenesisError::Card);
        }
        Ok(Self {
            random,
            creator,
            name: name.to_owned(),
            policy,
            max_members: limits::MAX_MEMBERS as u16,
        })
    }

    /// The canonical encoding: the body of the op that creates the group.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        wire::encode(&Fields {
            version: VERSION,
            random: self.random,
            creator: self.creator.clone(),
            name: self.name.clone(),
            invite: role_number(self.policy.invite),
            max_members: self.max_members,
        })
    }

    /// Reads and checks a genesis.
    ///
    /// # Errors
    /// [`DecodeError`] when an honest founder can't have written it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let fields: Fields = wire::decode(bytes, limits::MAX_OP)?;
        if fields.version != VERSION {
            return Err(DecodeError::UnknownVersion);
        }
        let policy = Policy {
            invite: role_from_number(fields.invite).ok_or(DecodeError::UnknownVersion)?,
        };
        if !(1..=limits::MAX_MEMBERS).contains(&usize::from(fields.max_members)) {
            return Err(DecodeError::Invalid);
        }
        let genesis = Self::new(&fields.name, fields.creator, fields.random, policy)
            .map_err(|_| DecodeError::Invalid)?;
        Ok(Self {
            max_members: fields.max_members,
            ..genesis
        })
    }

    /// `H("…/group", genesis)`.
    #[must_use]
    pub fn group_id(&self) -> GroupId {
        group_id(&self.to_bytes())
    }

    /// The founder's card.
    #[must_use]
    pub const fn creator(&self) -> &SignedCard {
        &self.creator
    }

    /// The group's first name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The policy that holds until it is changed.
    #[must_use]
    pub const fn policy(&self) -> Policy {
        self.policy
    }

    /// How many members, present and past, the group can have.
    #[must_use]
    pub const fn max_members(&self) -> u16 {
        self.max_members
    }
}

/// The group of a genesis, from its bytes.
#[must_use]
pub fn group_id(genesis: &[u8]) -> GroupId {
    GroupId(wire::hash(labels::GROUP, &[genesis]))
}
