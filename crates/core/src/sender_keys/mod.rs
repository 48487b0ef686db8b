//! Sender keys: one chain encrypts a member's messages for everyone in one roster.
//!
//! A member makes an [`OwnChain`] for one roster, hands its first key to every other member inside a
//! [`SealedDistribution`], and encrypts each message once. A receiver turns the distribution into a [`PeerChain`].
//! Receiving has two steps, so that nothing is kept of a message that fails a later check: [`PeerChain::open`] changes
//! nothing, [`PeerChain::commit`] takes its result in.

mod distribution;
mod generations;
pub(crate) mod message;
mod own_chain;
mod peer_chain;
mod ratchet;

pub use distribution::{
    AcceptError, Distribution, DistributionError, MAX_SEALED_DISTRIBUTION, SealedDistribution,
};
pub use generations::{Generations, Verdict};
pub use message::{MAX_MESSAGE_PAYLOAD, Message};
pub use own_chain::{ChainScope, EncryptError, OwnChain};
pub use peer_chain::{OpenError, Opened, PeerChain, StaleStep, Step};

use crate::ids::MILLIS_PER_DAY;

/// A chain ends at this index: bounds how far one message can make a receiver ratchet, and its skipped keys.
pub const MAX_CHAIN_MESSAGES: u32 = 1_000;
/// A sender makes a new chain after this many messages, so that a stolen chain key reads no more than these.
pub const ROTATE_AFTER_MESSAGES: u32 = 100;
/// A sender makes a new chain after this time, in milliseconds, so that a stolen chain key doesn't last.
pub const ROTATE_AFTER_AGE: u64 = MILLIS_PER_DAY;
/// Most skipped message keys that a group keeps over all chains: what a device that was away for long may still need.
pub const MAX_SKIPPED_PER_GROUP: usize = 4_000;
/// Skipped message keys older than this, in milliseconds, are dropped: relays keep no message longer.
pub const SKIPPED_LIFETIME: u64 = 7 * MILLIS_PER_DAY;
/// Most chains that are kept of one sender: one in use, and those whose messages may still be on their way. After an
/// absence many chains come at once and in any order; with five, whoever missed more than 500 messages of somebody lost
/// some of them for good. As many as [`Generations`] remembers.
pub const MAX_CHAINS_PER_SENDER: usize = generations::REMEMBERED;
