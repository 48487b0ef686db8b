//! The link that is handed from person to person.

use core::fmt;

use zeroize::Zeroizing;

use crate::ids::Timestamp;

/// Why a text is not a usable invite link. Each has its own words on screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Not an invite link at all.
    #[error("not an invite link")]
    NotALink,
    /// An invite link whose end or middle got lost or changed on the way.
    #[error("incomplete or damaged")]
    Damaged,
    /// Made by a newer or unknown version of the app.
    #[error("of an unknown version")]
    WrongVersion,
    /// Its time is over.
    #[error("expired")]
    Expired,
}

/// What an invite link carries. All of it stays in the fragment of an address, which no server sees.
#[derive(Clone, PartialEq, Eq)]
pub struct Link {
    /// The secret from which the invite's keys are derived.
    pub secret: Zeroizing<[u8; 32]>,
    /// `H("…/link", group_id | inviter card hash)`: what the joiner checks the log against.
    pub fingerprint: [u8; 32],
    /// The group's name when the link was made.
    pub group_name: String,
    /// The inviter's name.
    pub inviter_name: String,
    /// Until when it can be used.
    pub expires: Timestamp,
    /// The group's relays.
    pub relays: Vec<String>,
}

/// Names only: a link is a secret.
impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}
