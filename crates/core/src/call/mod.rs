//! Calls: who is in one, and a link to each of them.
//!
//! A call is a full mesh of direct links ([`crate::link`]). Its members tell each other who is in by sealed [`signal`]s.

mod quality;
#[doc(hidden)]
pub mod sdp;
#[doc(hidden)]
pub mod signal;

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

/// How long the connection to one that is gone is kept for its return, in milliseconds.
pub const RETURN_LIMIT: u64 = MILLIS_PER_MINUTE;
/// Sound that came within this time counts as hearing somebody, in milliseconds: a silent microphone sends a packet in
/// 400 ms, and figures come once a second.
pub const HEARING: u64 = 3 * MILLIS_PER_SECOND;
/// Least time between two words about whom one hears, in milliseconds.
pub const STATE_INTERVAL: u64 = MILLIS_PER_SECOND;
/// A member that was in a call when one's own connection broke says so again within this time after it is back, or isn't in
/// it any more; in milliseconds.
pub const CONFIRM_LIMIT: u64 = 10 * MILLIS_PER_SECOND;

/// One stay of a member in a call: random bits that it draws anew with every join.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seat(pub [u8; 8]);

transparent!(Seat: bytes);
