//! What a LINK frame says: how two members find a path to each other outside of a call; and what every description keeps to.

use super::Attempt;
use crate::io::{Candidate, Description};
use crate::sync;
use crate::wire::{self, DecodeError, record, variants};

/// Longest session description, in bytes: browsers write two to four thousand for one sound and one channel.
pub const MAX_SDP: usize = 16 * 1024;
/// Most candidates in one signal; a device has a handful for each of its addresses.
pub const MAX_CANDIDATES: usize = 32;
/// Longest part of a candidate, in bytes.
pub const MAX_CANDIDATE: usize = 512;

/// The body of a LINK frame. Whoever may write to somebody may open a link to it; nothing that is carried gives rights that
/// its sender hasn't.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkSignal {
    /// An offer or an answer.
    Described {
        /// Which attempt.
        attempt: Attempt,
        /// The offer or answer.
        description: Description,
    },
    /// Ways to be reached.
    Found {
        /// Which attempt.
        attempt: Attempt,
        /// The ways.
        candidates: Vec<Candidate>,
    },
}

variants!(LinkSignal {
    0 => Described { attempt, description },
    1 => Found { attempt, candidates },
});

record!(Description { answer, sdp });

record!(Candidate {
    candidate,
    mid,
    line,
    fragment
});

/// Decodes a LINK body.
///
/// # Errors
/// [`DecodeError`] for anything but a canonical, bounded value.
pub fn decode(bytes: &[u8]) -> Result<LinkSignal, DecodeError> {
    let signal: LinkSignal = wire::decode(bytes, sync::MAX_BODY)?;
    let fits = match &signal {
        LinkSignal::Described { description, .. } => is_short_enough(description),
        LinkSignal::Found { candidates, .. } => are_short(candidates),
    };
    if fits {
        Ok(signal)
    } else {
        Err(DecodeError::Invalid)
    }
}

/// Whether a description keeps its limit.
#[must_use]
pub fn is_short_enough(description: &Description) -> bool {
    description.sdp.len() <= MAX_SDP
}

/// Whether these candidates keep their limits, together and each.
#[must_use]
pub fn are_short(candidates: &[Candidate]) -> bool {
    candidates.len() <= MAX_CANDIDATES && candidates.iter().all(is_short)
}

/// Whether a candidate is one that a browser could have found.
#[must_use]
pub fn is_short(candidate: &Candidate) -> bool {
    let short =
        |text: &Option<String>| text.as_ref().is_none_or(|text| text.len() <= MAX_CANDIDATE);
    candidate.candidate.len() <= MAX_CANDIDATE
        && short(&candidate.mid)
        && short(&candidate.fragment)
}
