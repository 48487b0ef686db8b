//! Files that are too large to be handed over with their message: their chunks come before it, a few at a time.

use minicbor::bytes::ByteVec;

use super::Group;
use super::files::first_of_row;
use super::records::Touched;
use crate::client::batch::Step;
use crate::file::{CHUNK, CHUNK_TAG, MAX_SEGMENTS, SEGMENT, chunk_hash, chunks_of, segment_hash};
use crate::io::{Event, NewFile, Refusal};

/// Most files that are made ready at once: as many as a message has.
const MAX_UPLOADS: usize = crate::file::MAX_FILES;

/// A file whose chunks are coming from the interface.
pub(super) struct Upload {
    /// Names its chunks in the storage.
    number: u32,
    count: u32,
    /// The last chunk was shorter than the others: nothing comes after it.
    is_ended: bool,
    last: usize,
    /// The hashes of the chunks of the segment that isn't full.
    list: Vec<u8>,
    segments: Vec<u8>,
}

impl Upload {
    /// Its size, without what encryption adds.
    fn size(&self) -> u64 {
        let whole = u64::from(self.count.saturating_sub(1)) * CHUNK as u64;
        whole + (self.last.saturating_sub(CHUNK_TAG)) as u64
    }
}

impl Group {
    /// Takes the next chunks of a file that will be sent. The first ones begin it.
    pub(crate) fn keep_chunks(&mut self, upload: u64, chunks: &[ByteVec], step: &mut Step<'_>) {
        let group = self.id;
        if !self.is_member() {
            return step.refuse(Some(group), Refusal::NotMember);
        }
        if !self.uploads.contains_key(&upload) {
            if self.uploads.len() >= MAX_UPLOADS {
                return step.refuse(Some(group), Refusal::Text);
            }
            // A row of the history that will never be written: its files' numbers belong to nobody else.
            self.meta.counter += 1;
            let number = first_of_row(self.meta.counter);
            self.meta.uploads.get_or_insert_default().push(number);
            self.touch(Touched::Meta);
            let new = Upload {
                number,
                count: 0,
                is_ended: false,
                last: 0,
                list: Vec::new(),
                segments: Vec::new(),
            };
            self.uploads.insert(upload, new);
        }
        let mut stored = Vec::new();
        let Some(known) = self.uploads.get_mut(&upload) else {
            return;
        };
        for chunk in chunks {
            let fits = (CHUNK_TAG..=CHUNK + CHUNK_TAG).contains(&chunk.len());
            let is_full = known.segments.len() >= MAX_SEGMENTS * 32;
            if !fits || is_full || known.is_ended {
                self.drop_upload(upload, step);
                return step.refuse(Some(group), Refusal::Text);
            }
            stored.push((known.count, chunk));
            known.count += 1;
            known.last = chunk.len();
            known.is_ended = chunk.len() < CHUNK + CHUNK_TAG;
            known.list.extend(chunk_hash(chunk));
            if known.list.len() >= SEGMENT * 32 {
                known.segments.extend(segment_hash(&known.list));
                known.list.clear();
            }
        }
        let (number, count) = (known.number, known.count);
        for (index, chunk) in stored {
            self.store_chunk(number, index, chunk, step);
        }
        step.event(Event::ChunksKept {
            group,
            upload,
            count,
        });
    }

    /// The file isn't sent after all.
    pub(crate) fn drop_upload(&mut self, upload: u64, step: &mut Step<'_>) {
        if let Some(upload) = self.uploads.remove(&upload) {
            self.forget_upload(upload.number);
            self.delete_chunks(upload.number, step);
        }
    }

    /// After a start: what was being made ready is of no use.
    pub(super) fn drop_lost_uploads(&mut self, step: &mut Step<'_>) {
        for number in self.meta.uploads.take().into_iter().flatten() {
            self.touch(Touched::Meta);
            self.delete_chunks(number, step);
        }
    }

    fn forget_upload(&mut self, number: u32) {
        if let Some(uploads) = self.meta.uploads.as_mut() {
            uploads.retain(|it| *it != number);
        }
        let is_empty = |it: &mut Vec<u32>| it.is_empty();
        self.meta.uploads.take_if(is_empty);
        self.touch(Touched::Meta);
    }

    /// Where the chunks of a file are that came before its message.
    pub(super) fn number_of_upload(&self, new: &NewFile) -> Option<u32> {
        let upload = self.uploads.get(&new.upload?)?;
        Some(upload.number)
    }

    /// The hashes of its segments, if its chunks are those of its size.
    pub(super) fn segments_of_upload(&self, new: &NewFile) -> Option<Vec<u8>> {
        let upload = self.uploads.get(&new.upload?)?;
        let is_whole = u64::from(upload.count) == chunks_of(new.size) && upload.size() == new.size;
        let mut segments = upload.segments.clone();
        if !upload.list.is_empty() {
            segments.extend(segment_hash(&upload.list));
        }
        is_whole.then_some(segments)
    }

    /// The message is there: from now on it holds the chunks. True if there were any.
    pub(super) fn end_upload(&mut self, new: &NewFile) -> bool {
        let ended = new.upload.and_then(|upload| self.uploads.remove(&upload));
        if let Some(ended) = &ended {
            self.forget_upload(ended.number);
        }
        ended.is_some()
    }
}
