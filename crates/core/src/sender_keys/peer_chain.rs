//! The receiving side of a chain.

use crate::sorted::Map;
use core::fmt;

use ed25519_dalek::VerifyingKey;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::message::Message;
use super::ratchet::{ChainKey, HeaderScope, MessageSecret, signed_part};
use super::{ChainScope, MAX_CHAIN_MESSAGES};
use crate::ids::{ChainId, GroupId, MemberId, OpId, Timestamp};
use crate::order;
use crate::wire::record;
use crate::wire::{self, DecodeError, labels, limits};

/// Why a message was not opened. For counters and tests; the sender is never told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It belongs to another chain.
    #[error("of another chain")]
    OtherChain,
    /// Its index lies beyond the end that the sender announced.
    #[error("index beyond the chain's end")]
    BeyondEnd,
    /// The signature is not by this chain's key.
    #[error("bad signature")]
    Signature,
    /// A message of this index has been opened before.
    #[error("opened before")]
    Replay,
    /// Its key was given up before it came.
    #[error("message key is gone")]
    KeyGone,
    /// The ciphertext is not the sender's.
    #[error("bad tag")]
    Tag,
    /// It decrypts to something that isn't padded.
    #[error("bad padding")]
    Padding,
}

/// The chain has changed since the step was made: open the message again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the chain has changed since")]
pub struct StaleStep;

/// A decrypted message and what remains to be done about it.
pub struct Opened {
    /// The payload, without padding.
    pub payload: Zeroizing<Vec<u8>>,
    /// For [`PeerChain::commit`], once the payload has passed its own checks.
    pub step: Step,
}

/// The change of a chain that opening one message means. Wiped from memory when dropped.
#[must_use = "a message that is kept has to be committed, or it opens twice"]
pub struct Step {
    chain: ChainId,
    index: u32,
    advance: Option<Advance>,
}

struct Advance {
    /// The next index before and after.
    from: u32,
    key: ChainKey,
    skipped: Vec<(u32, MessageSecret)>,
}

#[derive(Clone, Zeroize, ZeroizeOnDrop)]
struct Skipped {
    #[zeroize(skip)]
    index: u32,
    secret: MessageSecret,
    #[zeroize(skip)]
    since: Timestamp,
}

record!(Skipped {
    index,
    secret,
    since
});

/// Another member's chain. Wiped from memory when dropped; stored only under [`crate::store::StoreName::Secrets`].
pub struct PeerChain {
    id: ChainId,
    scope: ChainScope,
    signing: VerifyingKey,
    created: Timestamp,
    /// The chain ends here, at most at [`MAX_CHAIN_MESSAGES`].
    end: u32,
    next: u32,
    key: ChainKey,
    skipped: Map<u32, Skipped>,
    opened: IndexSet,
}

/// One bit for every index that a chain can have.
#[derive(Clone, PartialEq, Eq)]
struct IndexSet([u8; INDEX_SET_LEN]);

const INDEX_SET_LEN: usize = MAX_CHAIN_MESSAGES.div_ceil(8) as usize;

impl IndexSet {
    fn contains(&self, index: u32) -> bool {
        self.0
            .get((index / 8) as usize)
            .is_some_and(|byte| byte >> (index % 8) & 1 == 1)
    }

    fn insert(&mut self, index: u32) {
        if let Some(byte) = self.0.get_mut((index / 8) as usize) {
            *byte |= 1 << (index % 8);
        }
    }
}

/// As stored.
#[derive(Zeroize, ZeroizeOnDrop)]
struct Record {
    #[zeroize(skip)]
    version: u8,
    #[zeroize(skip)]
    id: ChainId,
    #[zeroize(skip)]
    scope: ChainScope,
    #[zeroize(skip)]
    signing_public: [u8; 32],
    #[zeroize(skip)]
    created: Timestamp,
    #[zeroize(skip)]
    end: u32,
    #[zeroize(skip)]
    next: u32,
    key: ChainKey,
    skipped: Vec<Skipped>,
    #[zeroize(skip)]
    opened: [u8; INDEX_SET_LEN],
}

record!(Record {
    version,
    id,
    scope,
    signing_public: bytes,
    created,
    end,
    next,
    key,
    skipped,
    opened: bytes,
});

/// The version of stored chains.
const RECORD_VERSION: u8 = 1;
/// Largest stored chain: a key for every index, heads, and the rest.
const MAX_RECORD: usize = 1024 + limits::MAX_DEPS * 34 + MAX_CHAIN_MESSAGES as usize * 48;

impl PeerChain {
    pub(super) fn new(
        id: ChainId,
        scope: ChainScope,
        signing_public: [u8; 32],
        first_key: ChainKey,
        created: Timestamp,
        end: u32,
    ) -> Option<Self> {
        Some(Self {
            id,
            scope,
            signing: VerifyingKey::from_bytes(&signing_public).ok()?,
            created,
            end: end.min(MAX_CHAIN_MESSAGES),
            next: 0,
            key: first_key,
            skipped: Map::new(),
            opened: IndexSet([0; INDEX_SET_LEN]),
        })
    }

    /// As if the sender had announced an earlier end.
    #[cfg(test)]
    pub(super) fn set_end(&mut self, end: u32) {
        self.end = end;
    }

    /// The chain's id.
    #[must_use]
    pub const fn id(&self) -> ChainId {
        self.id
    }

    /// The group.
    #[must_use]
    pub const fn group(&self) -> GroupId {
        self.scope.group
    }

    /// Whose chain it is.
    #[must_use]
    pub const fn sender(&self) -> MemberId {
        self.scope.sender
    }

    /// The sender's count of its chains.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.scope.generation
    }

    /// The roster for which it was made.
    #[must_use]
    pub const fn roster_hash(&self) -> &[u8; 32] {
        &self.scope.roster_hash
    }

    /// The heads of that roster.
    #[must_use]
    pub fn heads(&self) -> &[OpId] {
        &self.scope.heads
    }

    /// When it was made, by the sender's clock.
    #[must_use]
    pub const fn created(&self) -> Timestamp {
        self.created
    }

    /// One more than the highest index that was opened.
    #[must_use]
    pub const fn next_index(&self) -> u32 {
        self.next
    }

    /// Checks and decrypts a message; changes nothing.
    ///
    /// The order: chain, index, signature, replay, then the keys on a copy, and the ciphertext. Nothing is derived for a
    /// message that the sender did not sign. Whether the sender may still write, the caller has checked before.
    ///
    /// # Errors
    /// [`OpenError`]: drop the message.
    pub fn open(&self, message: &Message) -> Result<Opened, OpenError> {
        if message.chain != self.id {
            return Err(OpenError::OtherChain);
        }
        let index = message.index;
        if index >= self.end {
            return Err(OpenError::BeyondEnd);
        }
        let header = HeaderScope {
            group: &self.scope.group,
            chain: &self.id,
            sender: &self.scope.sender,
            roster_hash: &self.scope.roster_hash,
        }
        .header(index, &message.random);
        let signed = signed_part(&header, &message.ciphertext);
        if !wire::verify_with(
            &self.signing,
            labels::MESSAGE_SIGN,
            &signed,
            &message.signature,
        ) {
            return Err(OpenError::Signature);
        }
        if self.opened.contains(index) {
            return Err(OpenError::Replay);
        }
        let mut text = Zeroizing::new(message.ciphertext.clone());
        let advance = if index < self.next {
            let skipped = self.skipped.get(&index).ok_or(OpenError::KeyGone)?;
            skipped
                .secret
                .open(&header, &mut text)
                .ok_or(OpenError::Tag)?;
            None
        } else {
            let mut key = self.key.clone();
            let mut skipped = Vec::with_capacity((index - self.next) as usize);
            for passed in self.next..index {
                skipped.push((passed, key.message_secret(passed)));
                key.step();
            }
            key.message_secret(index)
                .open(&header, &mut text)
                .ok_or(OpenError::Tag)?;
            key.step();
            Some(Advance {
                from: self.next,
                key,
                skipped,
            })
        };
        let length = wire::unpad(&text).map_err(|_| OpenError::Padding)?.len();
        text.truncate(length);
        Ok(Opened {
            payload: text,
            step: Step {
                chain: self.id,
                index,
                advance,
            },
        })
    }

    /// Takes the result of [`Self::open`] in: moves on, forgets the message's key, remembers the skipped ones.
    ///
    /// # Errors
    /// [`StaleStep`] when another message was committed in between that makes this step void; nothing changes then.
    pub fn commit(&mut self, step: Step, now: Timestamp) -> Result<(), StaleStep> {
        if step.chain != self.id || self.opened.contains(step.index) {
            return Err(StaleStep);
        }
        match step.advance {
            Some(advance) => {
                if advance.from != self.next {
                    return Err(StaleStep);
                }
                for (index, secret) in advance.skipped {
                    let skipped = Skipped {
                        index,
                        secret,
                        since: now,
                    };
                    self.skipped.insert(index, skipped);
                }
                self.key = advance.key;
                self.next = step.index + 1;
            }
            None => {
                self.skipped.remove(&step.index).ok_or(StaleStep)?;
            }
        }
        self.opened.insert(step.index);
        Ok(())
    }

    /// How many skipped message keys it holds.
    #[must_use]
    pub fn skipped_len(&self) -> usize {
        self.skipped.len()
    }

    /// Since when it holds its oldest skipped message key.
    #[must_use]
    pub fn oldest_skipped(&self) -> Option<Timestamp> {
        self.skipped.values().map(|skipped| skipped.since).min()
    }

    /// Gives up the skipped message keys that it has held since before a moment; tells how many they were.
    pub fn drop_skipped_before(&mut self, moment: Timestamp) -> usize {
        let before = self.skipped.len();
        self.skipped.retain(|_, skipped| skipped.since >= moment);
        before - self.skipped.len()
    }

    /// Gives up its `count` oldest skipped message keys (of equal age, the lower index first).
    pub fn drop_oldest_skipped(&mut self, count: usize) {
        let mut oldest: Vec<(Timestamp, u32)> = self
            .skipped
            .values()
            .map(|skipped| (skipped.since, skipped.index))
            .collect();
        order::sort(&mut oldest);
        for (_, index) in oldest.into_iter().take(count) {
            self.skipped.remove(&index);
        }
    }

    /// The indexes that were opened, as ascending inclusive ranges: what sync needs no more.
    #[must_use]
    pub fn received_ranges(&self) -> Vec<(u32, u32)> {
        ranges((0..self.next).filter(|index| self.opened.contains(*index)))
    }

    /// The indexes before [`Self::next_index`] that never came and could still be opened, as ascending inclusive ranges:
    /// what sync may ask for. What lies at and behind `next_index` can be opened too.
    #[must_use]
    pub fn missing_ranges(&self) -> Vec<(u32, u32)> {
        ranges(self.skipped.keys().copied())
    }

    /// Whether nothing that could still come can be opened: the chain may be forgotten.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.next >= self.end && self.skipped.is_empty()
    }

    /// The record for [`crate::store::StoreName::Secrets`].
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        wire::encode_secret(&Record {
            version: RECORD_VERSION,
            id: self.id,
            scope: self.scope.clone(),
            signing_public: self.signing.to_bytes(),
            created: self.created,
            end: self.end,
            next: self.next,
            key: self.key.clone(),
            skipped: self.skipped.values().cloned().collect(),
            opened: self.opened.0,
        })
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// [`DecodeError`] when it isn't one.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let record: Record = wire::decode(bytes, MAX_RECORD)?;
        if record.version != RECORD_VERSION {
            return Err(DecodeError::UnknownVersion);
        }
        let sorted = record
            .skipped
            .windows(2)
            .all(|pair| matches!(pair, [a, b] if a.index < b.index));
        let within = record
            .skipped
            .last()
            .is_none_or(|last| last.index < record.next);
        if record.end > MAX_CHAIN_MESSAGES || record.next > record.end || !sorted || !within {
            return Err(DecodeError::Invalid);
        }
        Ok(Self {
            id: record.id,
            scope: record.scope.clone(),
            signing: VerifyingKey::from_bytes(&record.signing_public)
                .map_err(|_| DecodeError::Invalid)?,
            created: record.created,
            end: record.end,
            next: record.next,
            key: record.key.clone(),
            skipped: Map::from_iter(
                record
                    .skipped
                    .iter()
                    .map(|skipped| (skipped.index, skipped.clone())),
            ),
            opened: IndexSet(record.opened),
        })
    }
}

/// Ascending numbers as inclusive ranges.
fn ranges(indexes: impl Iterator<Item = u32>) -> Vec<(u32, u32)> {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for index in indexes {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == index => *last = index,
            _ => ranges.push((index, index)),
        }
    }
    ranges
}

/// Names and places, no keys.
impl fmt::Debug for PeerChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeerChain")
            .field("id", &self.id)
            .field("sender", &self.scope.sender)
            .field("generation", &self.scope.generation)
            .field("next", &self.next)
            .field("skipped", &self.skipped.len())
            .finish_non_exhaustive()
    }
}

/// The place, not the key.
impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Step")
            .field("chain", &self.chain)
            .field("index", &self.index)
            .finish_non_exhaustive()
    }
}

/// The length, not the words.
impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("length", &self.payload.len())
            .field("step", &self.step)
            .finish()
    }
}
