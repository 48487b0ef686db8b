//! The outermost layer: one byte that tells the kind, then the frame's own encoding, in one of a few sizes.

use super::DecodeError;
use super::padding::FRAME_SIZES;

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum FrameKind {
    /// A sender-key message: the same bytes for every member.
    Message = 1,
    /// An Olm message from one member to one other.
    Pairwise = 2,
    /// A sealed request to join, for a join mailbox.
    JoinRequest = 3,
    /// A presence token: random bytes that a member announced beforehand.
    Presence = 4,
}

impl FrameKind {
    /// The first byte.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self as u8
    }
}

/// Splits a received frame into kind and body.
///
/// # Errors
/// [`DecodeError::Invalid`] for a length that nobody sends, [`DecodeError::UnknownVersion`] for an unknown kind.
pub fn split_frame(bytes: &[u8]) -> Result<(FrameKind, &[u8]), DecodeError> {
    if !FRAME_SIZES.contains(&bytes.len()) {
        return Err(DecodeError::Invalid);
    }
    let (kind, body) = bytes.split_first().ok_or(DecodeError::Malformed)?;
    let kind = [
        FrameKind::Message,
        FrameKind::Pairwise,
        FrameKind::JoinRequest,
        FrameKind::Presence,
    ]
    .into_iter()
    .find(|known| known.byte() == *kind)
    .ok_or(DecodeError::UnknownVersion)?;
    Ok((kind, body))
}
