//! The link that is handed from person to person.
//!
//! `https://<host>/#/join/<code>`, where the code is the base64url of `version (1) | CBOR fields | checksum (4)`. The
//! checksum, the first bytes of `H("…/link-checksum", all before it)`, is no protection: it tells a link that lost a
//! character on its way from one that is none. Version and checksum keep their places in every later version.
//!
//! The fields hold the group's id itself besides the fingerprint `H("…/link", group_id | inviter card hash)`. The joiner
//! needs the id before it has seen anything of the group, for its card and its proof name it; and the fingerprint then
//! ties the log that it gets to the very inviter, not only to the group.

use core::fmt;

use zeroize::Zeroizing;

use super::keys::InviteKeys;
use crate::identity::{clean_name, is_relay_url};
use crate::ids::{GroupId, InviteId, Mailbox, Timestamp};
use crate::wire::record;
use crate::wire::{self, base64url, labels, limits};

/// The version of links that is written and read.
const VERSION: u8 = 1;
/// Bytes of the checksum.
const CHECKSUM_LEN: usize = 4;
/// What comes before the code, after any address.
const ROUTE: &str = "#/join/";
/// The scheme under which an installed app takes links.
const SCHEME: &str = "web+discordopus:";
/// Longest code that is looked at, in characters: all fields at their longest make about 1,500.
const MAX_CODE: usize = 2_048;
/// A text without route or scheme is taken for a code from this length on: shorter things are words.
const MIN_BARE_CODE: usize = 40;

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
    /// The group.
    pub group: GroupId,
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

struct Fields {
    secret: [u8; 32],
    group: GroupId,
    fingerprint: [u8; 32],
    group_name: String,
    inviter_name: String,
    expires: Timestamp,
    relays: Vec<String>,
}

record!(Fields {
    secret: bytes,
    group,
    fingerprint: bytes,
    group_name,
    inviter_name,
    expires,
    relays,
});

impl Link {
    /// Reads a link, wherever it was pasted from: a whole address, its fragment, the code alone, or the app's own
    /// scheme; white space around it and punctuation behind it don't matter, nor do other words beside it.
    ///
    /// # Errors
    /// [`LinkError`] tells what to say to the person.
    pub fn parse(text: &str, now: Timestamp) -> Result<Self, LinkError> {
        let link = Self::from_code(code_in(text).ok_or(LinkError::NotALink)?)?;
        if now > link.expires {
            return Err(LinkError::Expired);
        }
        Ok(link)
    }

    pub(crate) fn from_code(code: &str) -> Result<Self, LinkError> {
        if code.len() > MAX_CODE {
            return Err(LinkError::Damaged);
        }
        let bytes = Zeroizing::new(base64url::decode(code).map_err(|_| LinkError::Damaged)?);
        let (checked, sum) = bytes
            .split_last_chunk::<CHECKSUM_LEN>()
            .ok_or(LinkError::Damaged)?;
        if checksum(checked) != *sum {
            return Err(LinkError::Damaged);
        }
        let (version, fields) = checked.split_first().ok_or(LinkError::Damaged)?;
        if *version != VERSION {
            return Err(LinkError::WrongVersion);
        }
        let fields: Fields = wire::decode(fields, MAX_CODE).map_err(|_| LinkError::Damaged)?;
        let link = Self {
            secret: Zeroizing::new(fields.secret),
            group: fields.group,
            fingerprint: fields.fingerprint,
            group_name: fields.group_name,
            inviter_name: fields.inviter_name,
            expires: fields.expires,
            relays: fields.relays,
        };
        if link.is_sound() {
            Ok(link)
        } else {
            Err(LinkError::Damaged)
        }
    }

    /// Names that can be shown, and one to a few relays that may be opened.
    fn is_sound(&self) -> bool {
        let is_name = |name: &str| clean_name(name).is_ok_and(|clean| clean == name);
        is_name(&self.group_name)
            && is_name(&self.inviter_name)
            && (1..=limits::MAX_RELAYS).contains(&self.relays.len())
            && self.relays.iter().all(|url| is_relay_url(url))
    }

    /// The invite that it leads to.
    #[must_use]
    pub fn invite_id(&self) -> InviteId {
        InviteKeys::derive(&self.secret).id()
    }

    /// Where requests by this link go. Tells one link from another, as [`Self::invite_id`] does, and needs no curve.
    #[must_use]
    pub fn mailbox(&self) -> Mailbox {
        InviteKeys::mailbox_of(&self.secret)
    }

    /// The code alone.
    #[must_use]
    pub fn to_code(&self) -> Zeroizing<String> {
        let fields = wire::encode_secret(&Fields {
            secret: *self.secret,
            group: self.group,
            fingerprint: self.fingerprint,
            group_name: self.group_name.clone(),
            inviter_name: self.inviter_name.clone(),
            expires: self.expires,
            relays: self.relays.clone(),
        });
        // Room for everything from the start: growing would leave a copy of the secret behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(1 + fields.len() + CHECKSUM_LEN));
        bytes.push(VERSION);
        bytes.extend_from_slice(&fields);
        let sum = checksum(&bytes);
        bytes.extend_from_slice(&sum);
        Zeroizing::new(base64url::encode(&bytes))
    }

    /// The whole address, for an app at `origin` (e.g. `https://chat.example/`, with or without a path).
    #[must_use]
    pub fn to_url(&self, origin: &str) -> String {
        let base = origin.split('#').next().unwrap_or_default();
        let slash = if base.ends_with('/') { "" } else { "/" };
        format!("{base}{slash}{ROUTE}{}", self.to_code().as_str())
    }

    /// Whether the inviter that this link names has a card of this hash.
    #[must_use]
    pub fn names(&self, card_hash: &[u8; 32]) -> bool {
        self.fingerprint == Self::fingerprint_of(&self.group, card_hash)
    }

    /// `H("…/link", group_id | inviter card hash)`.
    #[must_use]
    pub fn fingerprint_of(group: &GroupId, card_hash: &[u8; 32]) -> [u8; 32] {
        wire::hash(labels::LINK, &[group.as_bytes(), card_hash])
    }
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM_LEN] {
    let hash = wire::hash(labels::LINK_CHECKSUM, &[bytes]);
    let mut sum = [0; CHECKSUM_LEN];
    sum.copy_from_slice(hash.split_at(CHECKSUM_LEN).0);
    sum
}

/// The part of a text that has to be the code; `None` if nothing in it looks like a link.
fn code_in(text: &str) -> Option<&str> {
    text.split_whitespace()
        .find_map(|word| {
            let after_route = word.split_once(ROUTE).map(|(_, code)| code);
            let in_scheme = || {
                let rest = word.split_once(SCHEME)?.1;
                let rest = rest.strip_prefix("//").unwrap_or(rest);
                Some(rest.strip_prefix("join/").unwrap_or(rest))
            };
            after_route.or_else(in_scheme)
        })
        .or_else(|| {
            let word = text.trim();
            let is_code = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            (word.len() >= MIN_BARE_CODE && word.bytes().all(is_code)).then_some(word)
        })
        // Sentences and mail programs put these behind an address; no code contains them.
        .map(|code| code.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '>', '"', '\'']))
}

/// Names only: a link is a secret.
impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}
