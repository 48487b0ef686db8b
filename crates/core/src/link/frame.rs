//! What travels over a link's data channel.
//!
//! The connection is bound to the other member by its sealed offer and answer; what is sent for somebody else, or must
//! outlive the link, is sealed all the same. Chunks of files are encrypted under the file's own key, and checked against
//! the hashes in its message.

use minicbor::bytes::ByteVec;

use crate::file::FileId;
use crate::ids::MemberId;
use crate::wire::{self, DecodeError, variants};

/// Largest message on a data channel, in bytes: what every browser takes in one piece.
pub const MAX_MESSAGE: usize = 16 * 1024;
/// Most bytes of a frame in one message; the rest is the message's own head.
pub const MAX_PART: usize = MAX_MESSAGE - 64;

/// One message on a data channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkFrame {
    /// "Are you there?"
    Ping {
        /// Said again in the answer.
        number: u32,
    },
    /// "I am."
    Pong {
        /// Of the ping.
        number: u32,
    },
    /// The sender writes a message, or has stopped.
    Typing {
        /// Whether.
        typing: bool,
    },
    /// A frame as a relay would have brought it, or a part of one.
    Frame {
        /// To be confirmed under this number; 0 for one that needn't be.
        number: u64,
        /// Another part follows.
        more: bool,
        /// The frame or part.
        bytes: ByteVec,
    },
    /// A frame has arrived, and what it caused is stored.
    Confirmed {
        /// Which.
        number: u64,
    },
    /// A frame for somebody else, whom the sender can't reach.
    Forward {
        /// For whom.
        to: MemberId,
        /// The frame.
        bytes: ByteVec,
    },
    /// "Send me what I lack of this segment of a file."
    Want {
        /// Which file.
        file: FileId,
        /// Which segment.
        segment: u32,
        /// A bit for each of the segment's chunks that is there already, lowest first; bytes of zeros at the end are left out.
        have: ByteVec,
    },
    /// The hashes of a segment's chunks, before the chunks.
    List {
        /// Of which file.
        file: FileId,
        /// Which segment.
        segment: u32,
        /// 32 bytes each.
        list: ByteVec,
    },
    /// One chunk of a file.
    Piece {
        /// Of which file.
        file: FileId,
        /// Its number in the file.
        index: u32,
        /// The chunk.
        bytes: ByteVec,
    },
    /// "I don't have what you want of this file."
    Lacking {
        /// Which.
        file: FileId,
    },
    /// "Send me no more of this file."
    Stop {
        /// Which.
        file: FileId,
    },
}

variants!(LinkFrame {
    0 => Ping { number },
    1 => Pong { number },
    2 => Typing { typing },
    3 => Frame { number, more, bytes },
    4 => Confirmed { number },
    5 => Forward { to, bytes },
    6 => Want { file, segment, have },
    7 => List { file, segment, list },
    8 => Piece { file, index, bytes },
    9 => Lacking { file },
    10 => Stop { file },
});

/// Decodes a data channel's message.
///
/// # Errors
/// [`DecodeError`] for anything but a canonical value of bounded size.
pub fn decode(bytes: &[u8]) -> Result<LinkFrame, DecodeError> {
    wire::decode(bytes, MAX_MESSAGE)
}

/// A frame as the messages that carry it.
pub fn parts(number: u64, frame: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let last = frame.len().div_ceil(MAX_PART).saturating_sub(1);
    frame
        .chunks(MAX_PART)
        .enumerate()
        .map(move |(index, part)| {
            wire::encode(&LinkFrame::Frame {
                number,
                more: index < last,
                bytes: part.to_vec().into(),
            })
        })
}
