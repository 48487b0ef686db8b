//! What a CALL frame says: who is in the call, and how two of its members find a path to each other.

use super::{MAX_PEOPLE, Seat};
use crate::ids::{CallId, MemberId, Timestamp};
use crate::io::{Candidate, Description, Microphone, Voice};
use crate::link::Attempt;
use crate::link::signal::{are_short, is_short_enough};
use crate::sync;
use crate::wire::{self, DecodeError, record, variants};

record!(Voice {
    microphone,
    deafened
});

variants!(Microphone {
    0 => None,
    1 => Muted,
    2 => Open,
});

/// "I am in the call." All of a member's state in one, so that the newest one says everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Here {
    /// Which call. Of two in one group the smaller one stays.
    pub call: CallId,
    /// When it began, by the clock of whoever began it.
    pub started: Timestamp,
    /// Who began it.
    pub started_by: MemberId,
    /// How long ago that was, as far as the sender knows, in milliseconds: clocks may differ.
    pub age: u64,
    /// The sender's seat.
    pub seat: Seat,
    /// What the sender's relay publishes when it goes, see [`crate::sync::Sync::Hello`].
    pub token: [u8; 16],
    /// What its microphone and speakers do.
    pub voice: Voice,
    /// Whom it hears.
    pub hears: Vec<MemberId>,
    /// An offer to the receiver follows: the sender knew it in the call when it came.
    pub offering: bool,
}

record!(Here {
    call,
    started,
    started_by,
    age,
    seat,
    token: bytes,
    voice,
    hears,
    offering
});

/// The body of a CALL frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signal {
    /// A start, a join, or news of somebody who is in.
    Here(Here),
    /// An offer or an answer.
    Described {
        /// The sender's state: whoever gets this before the news of the join needs no other.
        here: Here,
        /// The receiver's seat: nothing that was meant for an earlier one is believed.
        to: Seat,
        /// Which attempt.
        attempt: Attempt,
        /// The offer or answer.
        description: Description,
    },
    /// Ways to be reached.
    Found {
        /// The receiver's seat.
        to: Seat,
        /// Which attempt.
        attempt: Attempt,
        /// The ways.
        candidates: Vec<Candidate>,
    },
    /// This seat is empty now: the sender's, or one that the receiver takes for the sender's.
    Left {
        /// The seat.
        seat: Seat,
    },
}

variants!(Signal {
    0 => Here(here),
    1 => Described { here, to, attempt, description },
    2 => Found { to, attempt, candidates },
    3 => Left { seat },
});

/// Decodes a CALL body.
///
/// # Errors
/// [`DecodeError`] for anything but a canonical, bounded value.
pub fn decode(bytes: &[u8]) -> Result<Signal, DecodeError> {
    let signal: Signal = wire::decode(bytes, sync::MAX_BODY)?;
    let fits = match &signal {
        Signal::Here(here) => here.hears.len() <= MAX_PEOPLE,
        Signal::Described {
            here, description, ..
        } => here.hears.len() <= MAX_PEOPLE && is_short_enough(description),
        Signal::Found { candidates, .. } => are_short(candidates),
        Signal::Left { .. } => true,
    };
    if fits {
        Ok(signal)
    } else {
        Err(DecodeError::Invalid)
    }
}
