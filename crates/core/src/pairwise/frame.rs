//! The pairwise frame: outside what a relay sees, inside Olm what the other member reads.

use core::fmt;

use vodozemac::olm::{Message, OlmMessage, PreKeyMessage};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::session::SessionId;
use crate::ids::{GroupId, MemberId};
use crate::wire::record;
use crate::wire::{self, DecodeError, FRAME_SIZES, FrameKind};

/// What a pairwise frame carries. The numbers are disjoint and fixed; an unknown one is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum PairwiseKind {
    /// A sealed sender-key distribution.
    Skdm = 1,
    /// The receiver of a distribution has taken it in.
    SkdmAck = 2,
    /// Synchronisation of log and messages.
    Sync = 3,
    /// The log and prekeys for somebody who was just admitted.
    JoinReply = 4,
    /// Asks for a distribution that is missing.
    ResendReq = 5,
    /// A call's signals.
    Call = 6,
    /// A direct link's signals.
    Link = 7,
    /// What has been received and read.
    Receipt = 8,
    /// Pieces of a file, and questions for them.
    File = 9,
}

impl PairwiseKind {
    pub(crate) const ALL: [Self; 9] = [
        Self::Skdm,
        Self::SkdmAck,
        Self::Sync,
        Self::JoinReply,
        Self::ResendReq,
        Self::Call,
        Self::Link,
        Self::Receipt,
        Self::File,
    ];

    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The kind of a number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }
}

/// The version of pairwise frames, outside and inside.
const VERSION: u8 = 1;
/// Most bytes of Olm's own framing around the ciphertext of a message that opens a session: a version, three keys, a
/// length; then version, ratchet key, index, length, MAC. Lengths and the index are counted at their longest.
const OLM_PREKEY: usize = 1 + 3 * 34 + (1 + 3) + OLM_NORMAL;
const OLM_NORMAL: usize = 1 + 34 + (1 + 5) + (1 + 3) + 8;
/// Bytes of a frame around the Olm message and the fill: kind, array, version, sender, Olm type, two-byte length.
const OUTER: usize = 1 + 1 + 1 + 34 + 1 + 3;
/// Least bytes left for the fill with its length: below it some sums can't be met, as 24 bytes take a longer length.
const MIN_FILL: usize = 26;
/// Most bytes of fill: the least, one cipher block, and what the lengths above were counted too long.
const MAX_FILL: usize = 64;
/// The block of Olm's cipher; its padding adds one to sixteen bytes.
const BLOCK: usize = 16;
/// Most bytes of the inner frame around the body.
const INNER: usize = 1 + 1 + 1 + (1 + 3 * 34) + 9 + 5 + 34 + 3;

/// Largest body of a pairwise frame, in either state of a session.
pub const MAX_PAIRWISE_BODY: usize =
    inner_room(FRAME_SIZES[FRAME_SIZES.len() - 1], true) - INNER - 1;

/// The padded length of the inner frame for one frame size.
const fn inner_room(frame: usize, opens_session: bool) -> usize {
    let olm = if opens_session {
        OLM_PREKEY
    } else {
        OLM_NORMAL
    };
    let ciphertext = frame - OUTER - MIN_FILL - olm;
    // One byte short of whole blocks, so that Olm's own padding adds exactly one.
    ciphertext / BLOCK * BLOCK - 1
}

/// The frame inside Olm.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct Inner {
    version: u8,
    kind: u8,
    #[zeroize(skip)]
    pub(super) route: Route,
    pub(super) counter: u64,
    /// The session's epoch; the same in all its frames.
    pub(super) epoch: u32,
    /// A session of the receiver that the sender can't open: the receiver stops using it.
    #[zeroize(skip)]
    pub(super) lost: Option<SessionId>,
    pub(super) body: Vec<u8>,
}

record!(Inner {
    version,
    kind,
    route,
    counter,
    epoch,
    lost,
    body: bytes
});

/// Where a frame belongs; repeated inside, so that it can't be moved elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) group: GroupId,
    pub(super) from: MemberId,
    pub(super) to: MemberId,
}

record!(Route { group, from, to });

impl Inner {
    pub(super) fn new(
        kind: PairwiseKind,
        route: Route,
        counter: u64,
        epoch: u32,
        lost: Option<SessionId>,
        body: &[u8],
    ) -> Self {
        Self {
            version: VERSION,
            kind: kind.number(),
            route,
            counter,
            epoch,
            lost,
            body: body.to_vec(),
        }
    }

    /// Encoded and padded for the smallest frame that it fits, and that frame's size.
    pub(super) fn padded(&self, opens_session: bool) -> Option<(Zeroizing<Vec<u8>>, usize)> {
        let bytes = wire::encode_secret(self);
        let (room, frame) = FRAME_SIZES
            .into_iter()
            .map(|frame| (inner_room(frame, opens_session), frame))
            .find(|(room, _)| bytes.len() < *room)?;
        let mut text = Vec::with_capacity(room);
        text.extend_from_slice(&bytes);
        wire::pad(text, room)
            .ok()
            .map(|text| (Zeroizing::new(text), frame))
    }

    /// Reads what came out of Olm.
    pub(crate) fn unpad(padded: &[u8]) -> Result<(Self, PairwiseKind), DecodeError> {
        let bytes = wire::unpad(padded).map_err(|_| DecodeError::Malformed)?;
        let inner: Self = wire::decode(bytes, FRAME_SIZES[FRAME_SIZES.len() - 1])?;
        if inner.version != VERSION {
            return Err(DecodeError::UnknownVersion);
        }
        let kind = PairwiseKind::from_number(inner.kind).ok_or(DecodeError::UnknownVersion)?;
        Ok((inner, kind))
    }
}

struct Outer {
    version: u8,
    from: MemberId,
    olm_type: u8,
    olm: Vec<u8>,
    fill: Vec<u8>,
}

record!(Outer {
    version,
    from,
    olm_type,
    olm: bytes,
    fill: bytes
});

/// The finished frame, kind byte first, of exactly `size` bytes.
pub(crate) fn frame(from: MemberId, message: &OlmMessage, size: usize) -> Option<Vec<u8>> {
    let (olm_type, olm) = message.to_parts();
    let gap = size.checked_sub(OUTER + olm.len())?;
    // 24 to 64 bytes of fill: their length takes two bytes.
    let fill = vec![
        0;
        gap.checked_sub(2)
            .filter(|fill| (24..=MAX_FILL).contains(fill))?
    ];
    let body = wire::encode(&Outer {
        version: VERSION,
        from,
        olm_type: u8::try_from(olm_type).ok()?,
        olm,
        fill,
    });
    let mut frame = Vec::with_capacity(size);
    frame.push(FrameKind::Pairwise.byte());
    frame.extend_from_slice(&body);
    (frame.len() == size).then_some(frame)
}

/// A received pairwise frame, parsed and not yet believed.
#[derive(Clone, PartialEq, Eq)]
pub struct PairwiseFrame {
    from: MemberId,
    pub(crate) message: OlmMessage,
}

impl PairwiseFrame {
    /// Reads the body of a frame of kind [`FrameKind::Pairwise`], i.e. without the kind's byte.
    ///
    /// # Errors
    /// [`DecodeError`] for anything an honest sender doesn't write.
    pub fn parse(body: &[u8]) -> Result<Self, DecodeError> {
        if !FRAME_SIZES.contains(&(body.len() + 1)) {
            return Err(DecodeError::Invalid);
        }
        let outer: Outer = wire::decode(body, FRAME_SIZES[FRAME_SIZES.len() - 1])?;
        if outer.version != VERSION {
            return Err(DecodeError::UnknownVersion);
        }
        if outer.fill.len() > MAX_FILL || outer.fill.iter().any(|byte| *byte != 0) {
            return Err(DecodeError::Invalid);
        }
        // From bytes only: the library's text parser has had trouble with hostile input (RUSTSEC-2026-0510).
        let message = match outer.olm_type {
            0 => PreKeyMessage::from_bytes(&outer.olm).map(OlmMessage::PreKey),
            1 => Message::from_bytes(&outer.olm).map(OlmMessage::Normal),
            _ => return Err(DecodeError::UnknownVersion),
        }
        .map_err(|_| DecodeError::Malformed)?;
        // The library's own format has many encodings of one message; there shall be one.
        if message.to_parts().1 != outer.olm {
            return Err(DecodeError::NotCanonical);
        }
        Ok(Self {
            from: outer.from,
            message,
        })
    }

    /// Who claims to have sent it: tells the receiver which channel to use, and proves nothing.
    #[must_use]
    pub const fn from(&self) -> MemberId {
        self.from
    }

    /// Whether it opens a session (or belongs to one that its sender believes unanswered).
    #[must_use]
    pub const fn opens_session(&self) -> bool {
        matches!(self.message, OlmMessage::PreKey(_))
    }
}

/// Who, and no content.
impl fmt::Debug for PairwiseFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PairwiseFrame")
            .field("from", &self.from)
            .field("opens_session", &self.opens_session())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_attr::test;

    #[test]
    fn kinds_have_the_numbers_of_the_protocol() {
        let numbers: Vec<u8> = PairwiseKind::ALL.iter().map(|kind| kind.number()).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
        for number in 0..=255 {
            let known = PairwiseKind::from_number(number).map(PairwiseKind::number);
            assert_eq!(known, (1..=9).contains(&number).then_some(number));
        }
    }

    #[test]
    fn the_smallest_frame_still_holds_an_acknowledgement() {
        // Chain id, generation, and room to spare.
        assert!(inner_room(FRAME_SIZES[0], true) - INNER > 64);
    }

    #[test]
    fn an_inner_frame_of_another_version_or_kind_is_refused() {
        let me = MemberId([1; 32]);
        let route = Route {
            group: GroupId([2; 32]),
            from: me,
            to: me,
        };
        let inner = Inner::new(PairwiseKind::Sync, route, 7, 1, None, b"body");
        let bytes = wire::encode(&inner);
        let padded = |bytes: &[u8]| wire::pad(bytes.to_vec(), 300).unwrap();
        let (read, kind) = Inner::unpad(&padded(&bytes)).unwrap();
        assert_eq!((read.counter, kind), (7, PairwiseKind::Sync));
        let mut version = bytes.clone();
        version[1] = 2;
        assert!(matches!(
            Inner::unpad(&padded(&version)),
            Err(DecodeError::UnknownVersion)
        ));
        let mut kind = bytes.clone();
        kind[2] = 10;
        assert!(matches!(
            Inner::unpad(&padded(&kind)),
            Err(DecodeError::UnknownVersion)
        ));
        assert!(matches!(Inner::unpad(&bytes), Err(DecodeError::Malformed)));
        let mut trailing = bytes;
        trailing.push(7);
        assert!(matches!(
            Inner::unpad(&padded(&trailing)),
            Err(DecodeError::Trailing)
        ));
    }
}
