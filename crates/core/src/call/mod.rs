//! Calls: who is in one, and a link to each of them.
//!
//! A call is a full mesh. Its members tell each other who is in by sealed [`signal`]s; each [`pair`] of them connects on its
//! own, in parallel, and repairs itself without touching another. What a link carries besides sound is a [`frame`].

#[doc(hidden)]
pub mod frame;
mod pair;
mod pulse;
mod quality;
#[doc(hidden)]
pub mod sdp;
#[doc(hidden)]
pub mod signal;

pub(crate) use pair::{Act, Pair};
pub(crate) use pulse::{Beat, Pulse};
pub(crate) use quality::Meter;

use crate::ids::{MILLIS_PER_MINUTE, MILLIS_PER_SECOND};
use crate::wire::transparent;

/// How long a call that began rings, in milliseconds.
pub const RINGING: u64 = 45 * MILLIS_PER_SECOND;
/// From this many people on, each one's upload and download are worth a warning before one joins.
pub const MANY_PEOPLE: usize = 5;
/// Most people in a call: each one sends its sound to all the others.
pub const MAX_PEOPLE: usize = 8;
/// What one person's sound takes on the wire while that person speaks with pauses, in bits a second: with fewer than
/// [`MANY_PEOPLE`], and from then on (longer packets).
pub const VOICE_BITRATE: (u32, u32) = (24_500, 17_000);

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
/// How long the connection to one that is gone is kept for its return, in milliseconds.
pub const RETURN_LIMIT: u64 = MILLIS_PER_MINUTE;
/// How long a join waits for word of ICE servers, in milliseconds.
pub const ICE_WAIT: u64 = MILLIS_PER_SECOND;
/// Sound that came within this time counts as hearing somebody, in milliseconds: a silent microphone sends a packet in
/// 400 ms, and figures come once a second.
pub const HEARING: u64 = 3 * MILLIS_PER_SECOND;
/// Least time between two words about whom one hears, in milliseconds.
pub const STATE_INTERVAL: u64 = MILLIS_PER_SECOND;
/// A member that was in a call when one's own connection broke says so again within this time after it is back, or isn't in
/// it any more; in milliseconds.
pub const CONFIRM_LIMIT: u64 = 10 * MILLIS_PER_SECOND;
/// How long somebody counts as writing after having said so last, in milliseconds.
pub const TYPING_LIFETIME: u64 = 30 * MILLIS_PER_SECOND;

/// One stay of a member in a call: random bits that it draws anew with every join.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seat(pub [u8; 8]);

transparent!(Seat: bytes);

/// One attempt to connect two seats: random bits of whoever makes the first offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attempt(pub [u8; 8]);

transparent!(Attempt: bytes);
