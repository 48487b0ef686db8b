//! Invites: the link, the keys that it carries, and the proof that a joiner shows.

mod keys;
mod link;
mod proof;
mod request;

pub use keys::{InviteKeys, JoinBoxKey, invite_id, new_secret};
pub use link::{Link, LinkError};
pub use proof::JoinProof;
pub use request::{
    JoinRequest, OpenRequestError, VerifiedRequest, open_join_request, seal_join_request,
};

use crate::ids::MILLIS_PER_DAY;

/// Longest lifetime of an invite, in milliseconds: a link that is forgotten somewhere should die.
pub const MAX_LIFETIME: u64 = 30 * MILLIS_PER_DAY;
/// Lifetime of an invite unless the person says otherwise, in milliseconds.
pub const DEFAULT_LIFETIME: u64 = 7 * MILLIS_PER_DAY;

#[cfg(test)]
mod tests;
