//! What a message says of a file that belongs to it.

use core::fmt;

use zeroize::Zeroize;

use super::{FileId, SEGMENT, chunks_of};
use crate::wire::{self, labels, record, transparent, variants};

/// Most files of one message: a screenful.
pub const MAX_FILES: usize = 10;
/// Most segments of a message's files together, 1.5 GB: their hashes have to fit a frame.
pub const MAX_SEGMENTS: usize = 400;
/// Longest words with files, in bytes.
pub const MAX_CAPTION: usize = 4 * 1024;
/// Longest name of a file, in bytes: what file systems take.
pub const MAX_NAME: usize = 255;
/// Longest media type, in bytes: RFC 6838 allows twice 127, and nobody uses half of it.
pub const MAX_MEDIA_TYPE: usize = 100;
/// Most bars of a recording's picture: as many as fit beside a button on a phone.
pub const MAX_WAVEFORM: usize = 64;
/// Room for a message with files: its words, the hashes, and of each file name, media type, key and picture.
pub const MAX_DESCRIPTION: usize = MAX_CAPTION
    + MAX_SEGMENTS * 32
    + MAX_FILES * (MAX_NAME + MAX_MEDIA_TYPE + MAX_WAVEFORM + 96)
    + 128;
/// Longest side of a picture that is believed, in pixels.
const MAX_SIDE: u32 = 100_000;

/// The key that a file's chunks are encrypted with; wiped from memory when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct FileKey(pub [u8; 32]);

transparent!(FileKey: bytes);

impl Drop for FileKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileKey")
    }
}

/// How a file is shown before it is here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Look {
    /// By its name.
    #[default]
    Plain,
    /// A picture of this size in pixels.
    Picture {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
    },
    /// A recording.
    Sound {
        /// How long it is.
        milliseconds: u32,
        /// How loud it is in equal parts of its time, 0 to 255; at most [`MAX_WAVEFORM`].
        waveform: Vec<u8>,
    },
}

variants!(Look {
    0 => Plain,
    1 => Picture { width, height },
    2 => Sound { milliseconds, waveform: bytes },
});

/// A file, as its sender describes it.
#[derive(Clone, PartialEq, Eq)]
pub struct File {
    /// Its name, without any folder.
    pub name: String,
    /// Its media type, as the sender's system has it; to be trusted no more than its name.
    pub media_type: String,
    /// How long it is, in bytes.
    pub size: u64,
    /// What its chunks are encrypted with.
    pub key: FileKey,
    /// The hashes of its segments, 32 bytes each.
    pub segments: Vec<u8>,
    /// How it is shown.
    pub look: Look,
}

record!(File {
    name,
    media_type,
    size,
    key,
    segments: bytes,
    look
});

/// Neither its name nor its key.
impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File")
            .field("id", &self.id())
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

impl File {
    /// What names it.
    #[must_use]
    pub fn id(&self) -> FileId {
        FileId(wire::hash(
            labels::FILE_ID,
            &[&self.size.to_be_bytes(), &self.segments],
        ))
    }

    /// How many chunks it has.
    #[must_use]
    pub fn chunks(&self) -> u64 {
        chunks_of(self.size)
    }

    /// The hash of a segment.
    #[must_use]
    pub fn segment(&self, index: usize) -> Option<&[u8]> {
        self.segments.chunks_exact(32).nth(index)
    }

    /// Whether it keeps the limits, and has as many segments as its size asks for.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let segments = self.chunks().div_ceil(SEGMENT as u64);
        let looks = match &self.look {
            Look::Plain => true,
            Look::Picture { width, height } => {
                (1..=MAX_SIDE).contains(width) && (1..=MAX_SIDE).contains(height)
            }
            Look::Sound { waveform, .. } => waveform.len() <= MAX_WAVEFORM,
        };
        let is_in_a_folder = self.name.contains(['/', '\\', '\0']);
        !self.name.is_empty()
            && self.name.len() <= MAX_NAME
            && !is_in_a_folder
            && self.media_type.len() <= MAX_MEDIA_TYPE
            && self.media_type.is_ascii()
            && looks
            && u64::try_from(self.segments.len()) == Ok(segments.saturating_mul(32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_attr::test;

    fn file(size: u64, segments: usize) -> File {
        File {
            name: "holiday.jpg".to_owned(),
            media_type: "image/jpeg".to_owned(),
            size,
            key: FileKey([7; 32]),
            segments: vec![1; segments * 32],
            look: Look::Picture {
                width: 3,
                height: 4,
            },
        }
    }

    #[test]
    fn a_file_has_the_segments_that_its_size_asks_for() {
        assert!(file(0, 1).is_sound());
        assert!(file(3_840_000, 1).is_sound());
        assert!(file(3_840_001, 2).is_sound());
        assert!(!file(3_840_001, 1).is_sound());
        assert!(!file(0, 0).is_sound());
        assert!(!file(u64::MAX, 1).is_sound());
    }

    #[test]
    fn names_of_folders_and_looks_beyond_the_limits_are_refused() {
        let with = |change: fn(&mut File)| {
            let mut file = file(9, 1);
            change(&mut file);
            file.is_sound()
        };
        assert!(with(|_| ()));
        assert!(!with(|file| file.name = "../other".to_owned()));
        assert!(!with(|file| file.name = String::new()));
        assert!(!with(|file| file.name = "x".repeat(MAX_NAME + 1)));
        assert!(!with(|file| file.media_type = "ä".to_owned()));
        assert!(!with(|file| file.look = Look::Picture {
            width: 0,
            height: 1
        }));
        assert!(!with(|file| file.look = Look::Sound {
            milliseconds: 1,
            waveform: vec![0; MAX_WAVEFORM + 1],
        }));
    }

    #[test]
    fn another_size_or_segment_is_another_file_and_debug_output_tells_no_name() {
        assert_ne!(file(1, 1).id(), file(2, 1).id());
        assert_ne!(file(1, 1).id(), file(1, 2).id());
        let text = format!("{:?}", file(1, 1));
        assert!(
            !text.contains("holiday") && !text.contains("[7, 7"),
            "{text}"
        );
    }
}
