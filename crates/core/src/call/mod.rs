//! Calls: who is in one, and a link to each of them.

/// How long a call that began rings, in milliseconds.
pub const RINGING: u64 = 45 * crate::ids::MILLIS_PER_SECOND;
/// From this many people on, each one's upload and download are worth a warning before one joins.
pub const MANY_PEOPLE: usize = 5;
/// Most people in a call: each one sends its sound to all the others.
pub const MAX_PEOPLE: usize = 8;
/// What one person's sound takes on the wire while that person speaks with pauses, in bits a second: with fewer than
/// [`MANY_PEOPLE`], and from then on (longer packets).
pub const VOICE_BITRATE: (u32, u32) = (24_500, 17_000);
