//! Direct links: how two members find a path to each other, whether it holds, and what travels over it.
//!
//! In a call each two of its members have one, which carries sound. Others are opened when there is something to carry.
//! Each [`pair`] connects on its own, in parallel, and repairs itself without touching another. What a link carries besides
//! sound is a [`frame`].

#[doc(hidden)]
pub mod frame;
mod pair;
mod pulse;
#[doc(hidden)]
pub mod signal;

pub(crate) use pair::{Act, Pair};
pub(crate) use pulse::{Beat, Pulse};

use crate::ids::MILLIS_PER_SECOND;
use crate::wire::transparent;

/// How long an attempt may take before another one is made, in milliseconds: a stuck connection doesn't get unstuck.
pub const ATTEMPT_LIMIT: u64 = 8 * MILLIS_PER_SECOND;
/// How much longer the side waits that does not make the first offers, in milliseconds: attempts shall not cross.
pub const OTHER_SIDE_LATER: u64 = 2 * MILLIS_PER_SECOND;
/// How long attempts go on, in milliseconds; then only a change begins them again.
pub const PAIR_LIMIT: u64 = 30 * MILLIS_PER_SECOND;
/// After this time without a path, and without a TURN server, that server is named as what is missing, in milliseconds.
pub const TURN_IS_MISSED: u64 = 18 * MILLIS_PER_SECOND;
/// How long an offer waits for its answer before it is sent again, in milliseconds.
pub const ANSWER_WAIT: u64 = 2_500;
/// How long a connection that stopped is left alone, in milliseconds: cuts of 12 seconds healed by themselves.
pub const DISCONNECTED_WAIT: u64 = 5 * MILLIS_PER_SECOND;
/// A connection that failed, or whose channel the other side closed, is made anew after this time, in milliseconds.
pub const FAILED_WAIT: u64 = MILLIS_PER_SECOND;
/// Candidates found within this time travel together, in milliseconds.
pub const CANDIDATE_DELAY: u64 = 10;
/// A channel over which nothing came for this time is asked for an answer, in milliseconds.
pub const PING_AFTER: u64 = 2 * MILLIS_PER_SECOND;
/// Who answers nothing for this time is gone, in milliseconds.
pub const SILENCE_LIMIT: u64 = 9 * MILLIS_PER_SECOND;
/// Whose relay connection broke is asked over the link, and gone without an answer within this time, in milliseconds.
pub const PROBE_LIMIT: u64 = MILLIS_PER_SECOND;
/// How long a join waits for word of ICE servers, in milliseconds.
pub const ICE_WAIT: u64 = MILLIS_PER_SECOND;
/// How long somebody counts as writing after having said so last, in milliseconds.
pub const TYPING_LIFETIME: u64 = 30 * MILLIS_PER_SECOND;

/// One attempt to connect: random bits of whoever makes the first offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attempt(pub [u8; 8]);

transparent!(Attempt: bytes);
