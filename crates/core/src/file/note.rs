//! What members say to each other about files, inside a pairwise frame.

use minicbor::bytes::ByteVec;

use super::{CHUNK, CHUNK_TAG, CHUNKS_A_FRAME, FileId, MAX_MAILED_CHUNKS, MAX_SEGMENTS};
use crate::wire::{self, DecodeError, variants};

/// Largest note: two chunks, the list of a small file, and what is around them.
const MAX_NOTE: usize = CHUNKS_A_FRAME * (CHUNK + CHUNK_TAG) + MAX_MAILED_CHUNKS * 32 + 128;

/// One note.
#[derive(Clone, PartialEq, Eq)]
pub enum FileNote {
    /// Chunks of a small file.
    Chunks {
        /// Of which.
        file: FileId,
        /// The hashes of all its chunks.
        list: Vec<u8>,
        /// The number of the first.
        first: u32,
        /// At most [`CHUNKS_A_FRAME`].
        chunks: Vec<ByteVec>,
    },
    /// "Send me what I lack of this file."
    Ask {
        /// Which.
        file: FileId,
        /// A bit for each chunk that is here already, lowest first; bytes of zeros at the end are left out.
        have: Vec<u8>,
    },
    /// "I don't have it."
    Lack {
        /// Which.
        file: FileId,
    },
    /// "I have some of it, which can be had over a link."
    Has {
        /// Which.
        file: FileId,
        /// A bit for each segment that is all there, lowest first; bytes of zeros at the end are left out.
        segments: Vec<u8>,
    },
}

variants!(FileNote {
    0 => Chunks { file, list: bytes, first, chunks },
    1 => Ask { file, have: bytes },
    2 => Lack { file },
    3 => Has { file, segments: bytes },
});

/// Reads a note.
///
/// # Errors
/// [`DecodeError`] when it is malformed or breaks a limit.
pub fn decode_note(bytes: &[u8]) -> Result<FileNote, DecodeError> {
    let note: FileNote = wire::decode(bytes, MAX_NOTE)?;
    let is_sound = match &note {
        FileNote::Chunks { list, chunks, .. } => {
            list.len() % 32 == 0
                && list.len() <= MAX_MAILED_CHUNKS * 32
                && (1..=CHUNKS_A_FRAME).contains(&chunks.len())
        }
        FileNote::Ask { have, .. } => have.len() <= MAX_MAILED_CHUNKS.div_ceil(8),
        FileNote::Lack { .. } => true,
        FileNote::Has { segments, .. } => segments.len() <= MAX_SEGMENTS.div_ceil(8),
    };
    if is_sound {
        Ok(note)
    } else {
        Err(DecodeError::Invalid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pairwise::MAX_PAIRWISE_BODY;
    use crate::test_attr::test;

    fn chunks(list: usize, count: usize) -> FileNote {
        FileNote::Chunks {
            file: FileId([1; 32]),
            list: vec![2; list],
            first: u32::MAX,
            chunks: vec![vec![3; CHUNK + CHUNK_TAG].into(); count],
        }
    }

    #[test]
    fn the_largest_note_fits_a_pairwise_frame_and_arrives() {
        let largest = chunks(MAX_MAILED_CHUNKS * 32, CHUNKS_A_FRAME);
        let bytes = wire::encode(&largest);
        assert!(bytes.len() <= MAX_PAIRWISE_BODY, "{}", bytes.len());
        assert!(decode_note(&bytes) == Ok(largest));
    }

    #[test]
    fn notes_beyond_the_limits_are_refused() {
        let file = FileId([1; 32]);
        let long = FileNote::Ask {
            file,
            have: vec![1; 4],
        };
        let many = FileNote::Has {
            file,
            segments: vec![1; 51],
        };
        for note in [chunks(33, 1), chunks(32, 0), chunks(32 * 19, 1), long, many] {
            assert!(decode_note(&wire::encode(&note)).is_err());
        }
        let lack = FileNote::Lack { file };
        assert!(decode_note(&wire::encode(&lack)) == Ok(lack));
    }
}
