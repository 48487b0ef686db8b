//! The plaintext inside a sender-key message.

use super::content::MAX_LIFETIME;
use crate::file::MAX_DESCRIPTION;
use crate::ids::{MessageId, Timestamp};
use crate::wire::record;
use crate::wire::transparent;
use crate::wire::{self, DecodeError, limits};

/// Most messages that one names as its parents.
pub const MAX_PARENTS: usize = 8;
/// Room for the id of another message around a text, in bytes.
const MAX_REFERENCE: usize = 64;
/// Largest body, in bytes: a text with what it refers to, or what a message says of its files.
pub const MAX_BODY: usize = max(limits::MAX_TEXT + MAX_REFERENCE, MAX_DESCRIPTION);
/// Largest encoded payload: the largest body and room for everything around it.
pub const MAX_PAYLOAD: usize = MAX_BODY + 2 * 1024;

const fn max(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}

/// What a payload is. Numbers that this version doesn't know are kept and shown as "needs a newer version".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind(pub u16);

transparent!(Kind);

impl Kind {
    /// UTF-8 text.
    pub const TEXT: Self = Self(1);
    /// Other words for a message of one's own.
    pub const EDIT: Self = Self(2);
    /// A message of one's own is taken back.
    pub const DELETE: Self = Self(3);
    /// A reaction to a message.
    pub const REACTION: Self = Self(4);
    /// Files, perhaps with words.
    pub const ATTACHMENT: Self = Self(5);
    /// The sender's new display name, UTF-8.
    pub const PROFILE: Self = Self(6);
    /// How long messages stay.
    pub const TIMER: Self = Self(8);
    /// A text in answer to another message.
    pub const REPLY: Self = Self(9);
    /// A message is pinned, or no longer.
    pub const PIN: Self = Self(10);
}

/// The plaintext of one message.
#[derive(Clone, PartialEq, Eq)]
pub struct Payload {
    /// When the sender wrote it, by its clock.
    pub sent_at: Timestamp,
    /// Hash of the log heads that the sender knew.
    pub heads_hash: [u8; 32],
    /// Hash of the roster that the sender saw.
    pub roster_hash: [u8; 32],
    /// The last messages that the sender had seen, at most [`MAX_PARENTS`], sorted.
    pub parents: Vec<MessageId>,
    /// The hybrid logical clock: orders messages for display.
    pub clock: Timestamp,
    /// What `body` is.
    pub kind: Kind,
    /// The content.
    pub body: Vec<u8>,
    /// Seconds that its readers keep it after they have seen it; `None`: for good.
    pub lifetime: Option<u32>,
}

record!(Payload {
    sent_at,
    heads_hash: bytes,
    roster_hash: bytes,
    parents,
    clock,
    kind,
    body: bytes,
    lifetime,
});

impl Payload {
    /// The canonical bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        wire::encode(self)
    }

    /// Reads a payload that came out of a message.
    ///
    /// # Errors
    /// [`DecodeError`] when it is malformed or breaks a limit.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let payload: Self = wire::decode(bytes, MAX_PAYLOAD)?;
        let sorted = payload
            .parents
            .windows(2)
            .all(|pair| matches!(pair, [a, b] if a < b));
        let too_long = payload.body.len() > MAX_BODY;
        let lives = payload
            .lifetime
            .is_none_or(|seconds| (1..=MAX_LIFETIME).contains(&seconds));
        if payload.parents.len() > MAX_PARENTS || !sorted || too_long || !lives {
            return Err(DecodeError::Invalid);
        }
        Ok(payload)
    }
}
