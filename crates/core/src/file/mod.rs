//! Attachments: how a file is cut, named and checked.
//!
//! ```text
//! chunk i      = AES-256-GCM(key, nonce = 0^8 | u32 i, AAD = label "file", the i-th 15,000 bytes)
//! list s       = H("file-chunk", chunk) of the segment's up to 256 chunks, one after the other
//! segments     = H("file-segment", list s), one after the other
//! file id      = H("file-id", u64 size | segments)
//! ```
//!
//! Each file has a random key of its own, so a chunk's number never serves twice as a nonce. Chunks are encrypted and
//! opened by an adapter; here they are opaque, and checked by their hashes: whoever serves them can't change them.

mod descriptor;
mod note;

pub use descriptor::{
    File, FileKey, Look, MAX_CAPTION, MAX_DESCRIPTION, MAX_FILES, MAX_MEDIA_TYPE, MAX_NAME,
    MAX_SEGMENTS, MAX_WAVEFORM,
};
pub use note::{FileNote, decode_note};

use crate::wire::{self, labels, transparent};

/// Bytes of a file in one chunk: with its tag and everything around it, it fits a data channel's message, and two of them
/// fit the largest frame.
pub const CHUNK: usize = 15_000;
/// Bytes that encryption adds to a chunk.
pub const CHUNK_TAG: usize = 16;
/// Chunks of a segment: its list of hashes fits a data channel's message.
pub const SEGMENT: usize = 256;
/// Largest file that goes through mailboxes: what an absent member's queue at a relay can hold some of.
pub const MAX_MAILED: usize = 256 * 1024;
/// Chunks of the largest file that goes through mailboxes.
pub const MAX_MAILED_CHUNKS: usize = MAX_MAILED.div_ceil(CHUNK);
/// Chunks in one frame for a mailbox.
pub const CHUNKS_A_FRAME: usize = 2;

/// Names a file by what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub [u8; 32]);

transparent!(FileId: bytes);

impl AsRef<[u8]> for FileId {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// How many chunks a file of this size has: at least one.
#[must_use]
pub fn chunks_of(size: u64) -> u64 {
    size.div_ceil(CHUNK as u64).max(1)
}

/// How long a chunk is when encrypted; `None` where there is none.
#[must_use]
pub fn chunk_length(size: u64, index: u64) -> Option<usize> {
    let before = index.checked_mul(CHUNK as u64)?;
    if index >= chunks_of(size) {
        return None;
    }
    let left = usize::try_from(size.saturating_sub(before)).unwrap_or(usize::MAX);
    Some(left.min(CHUNK) + CHUNK_TAG)
}

/// The nonce of a chunk.
#[must_use]
pub fn nonce(index: u32) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[8..].copy_from_slice(&index.to_be_bytes());
    nonce
}

/// What a chunk is authenticated with beside its own bytes.
#[must_use]
pub fn associated_data() -> &'static [u8] {
    labels::FILE.as_str().as_bytes()
}

/// The hash of one encrypted chunk.
#[must_use]
pub fn chunk_hash(chunk: &[u8]) -> [u8; 32] {
    wire::hash(labels::FILE_CHUNK, &[chunk])
}

/// The hash of a segment's list.
#[must_use]
pub fn segment_hash(list: &[u8]) -> [u8; 32] {
    wire::hash(labels::FILE_SEGMENT, &[list])
}

/// Whether a bit is set; those behind the end are not.
pub(crate) fn has_bit(bits: &[u8], index: u32) -> bool {
    let byte = usize::try_from(index / 8).ok().and_then(|it| bits.get(it));
    byte.is_some_and(|byte| byte >> (index % 8) & 1 == 1)
}

/// Sets a bit.
pub(crate) fn set_bit(bits: &mut Vec<u8>, index: u32) {
    let Ok(at) = usize::try_from(index / 8) else {
        return;
    };
    if bits.len() <= at {
        bits.resize(at + 1, 0);
    }
    if let Some(byte) = bits.get_mut(at) {
        *byte |= 1 << (index % 8);
    }
}

/// Whether a list is that of this segment, and the chunks from `first` on (counted within the segment) are the ones it
/// names.
#[must_use]
pub fn are_of_segment(
    segment: &[u8],
    list: &[u8],
    first: usize,
    chunks: &[impl AsRef<[u8]>],
) -> bool {
    let named = list.chunks_exact(32).skip(first);
    segment_hash(list).as_slice() == segment
        && named.len() >= chunks.len()
        && named
            .zip(chunks)
            .all(|(hash, chunk)| chunk_hash(chunk.as_ref()).as_slice() == hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_attr::test;

    #[test]
    fn every_size_is_cut_into_whole_chunks_and_a_rest() {
        let lengths = |size| {
            (0..chunks_of(size))
                .filter_map(|index| chunk_length(size, index))
                .collect::<Vec<_>>()
        };
        assert_eq!(lengths(0), [16]);
        assert_eq!(lengths(1), [17]);
        assert_eq!(lengths(15_000), [15_016]);
        assert_eq!(lengths(15_001), [15_016, 17]);
        assert_eq!(chunk_length(15_000, 1), None);
        assert_eq!(chunk_length(u64::MAX, u64::MAX), None);
        assert_eq!(chunks_of(MAX_MAILED as u64), MAX_MAILED_CHUNKS as u64);
    }

    #[test]
    fn chunks_that_are_changed_moved_or_too_many_are_not_of_the_segment() {
        let chunks = [vec![1; 20], vec![2; 20], vec![3; 20]];
        let list: Vec<u8> = chunks.iter().flat_map(|chunk| chunk_hash(chunk)).collect();
        let segment = segment_hash(&list);
        assert!(are_of_segment(&segment, &list, 0, &chunks));
        assert!(are_of_segment(&segment, &list, 1, &chunks[1..]));
        assert!(!are_of_segment(&segment, &list, 1, &chunks[..2]));
        assert!(!are_of_segment(&segment, &list, 1, &chunks));
        assert!(!are_of_segment(&segment, &list, 9, &chunks[..1]));
        assert!(!are_of_segment(&segment, &list[..64], 0, &chunks[..2]));
        assert!(!are_of_segment(&[0; 32], &list, 0, &chunks));
    }

    #[test]
    fn no_two_chunks_of_a_file_share_a_nonce() {
        assert_eq!(nonce(0), [0; 12]);
        assert_eq!(nonce(0x0102_0304)[8..], [1, 2, 3, 4]);
    }
}
