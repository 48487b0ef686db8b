//! Files of messages: registered with their message, sent in pieces, asked for where they are missing.
//!
//! Pieces of small files go to every mailbox with their message. Whoever lacks some asks the author, then whoever else
//! is there, one after the other. A larger file is asked for when the person wants it; whoever has it says so, and it comes
//! over a direct link.

use core::ops::Range;
use std::collections::VecDeque;

use minicbor::bytes::ByteVec;

use super::Group;
use super::outgoing::Urgency;
use super::records::Touched;
use crate::chat::{Attached, Body, Content, Parcel};
use crate::client::batch::Step;
use crate::file::{
    CHUNKS_A_FRAME, File, FileId, FileNote, MAX_CAPTION, MAX_FILES, MAX_MAILED, MAX_MAILED_CHUNKS,
    SEGMENT, chunk_hash, chunk_length, chunks_of, decode_note, has_bit, segment_hash, set_bit,
};
use crate::ids::{MILLIS_PER_SECOND, MemberId, MessageId, Timestamp};
use crate::io::{Event, NewFile, Output, Refusal};
use crate::pairwise::PairwiseKind;
use crate::sorted::{Map, Set};
use crate::store::{Change, Order, RecordKey, StoreName};
use crate::wire::{self, record};

/// How long the pieces of a file may take that were sent with its message, and how long a member has to answer, in
/// milliseconds.
const PATIENCE: u64 = 8 * MILLIS_PER_SECOND;
/// How long a member is spared a second question for one file, in milliseconds: an answer is as long as the file.
const ANSWER_INTERVAL: u64 = 4 * MILLIS_PER_SECOND;
/// How long after a sender was lost somebody else is asked, in milliseconds.
const NEXT_QUESTION: u64 = MILLIS_PER_SECOND;
/// Numbers set aside for the files of one row of history: at least [`MAX_FILES`].
const FILES_A_ROW: u64 = 16;
/// Most frames with pieces kept whose message hasn't come, 1 MiB: relays promise no order.
const MAX_EARLY: usize = 32;
/// Most questions remembered, to answer none twice: more are forgotten together.
const MAX_ANSWERED: usize = 1_000;

/// A file that belongs to a message on this device.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    /// Whose goes, it goes.
    message: MessageId,
    author: MemberId,
    /// Names its chunks in the storage.
    number: u32,
    size: u64,
    /// The hashes of its segments, one after the other.
    segments: Vec<u8>,
    /// A bit for each chunk that is here.
    have: Vec<u8>,
    /// Whether the person wants it, or has let go of it; where nothing was said, small files are wanted.
    wanted: Option<bool>,
}

record!(Held {
    message,
    author,
    number,
    size,
    segments: bytes,
    have: bytes,
    wanted
});

/// What is true of files only while the client runs.
#[derive(Default)]
pub(super) struct Fetching {
    early: VecDeque<(MemberId, FileNote)>,
    asking: Map<FileId, Asking>,
    /// When each member was last sent each file.
    answered: Map<(MemberId, FileId), Timestamp>,
    /// Files that are read from the storage for somebody: what the asker has.
    reading: Map<(u32, MemberId), Reading>,
}

struct Asking {
    due: Timestamp,
    /// Who was asked since the last of them came.
    asked: Set<MemberId>,
}

struct Reading {
    file: FileId,
    have: Vec<u8>,
}

impl Held {
    pub(super) fn number(&self) -> u32 {
        self.number
    }

    pub(super) fn has(&self, chunk: u32) -> bool {
        has_bit(&self.have, chunk)
    }

    /// How many of its chunks are here.
    pub(super) fn count(&self) -> u32 {
        self.have.iter().map(|byte| byte.count_ones()).sum()
    }

    pub(super) fn is_whole(&self) -> bool {
        self.count() >= self.chunks()
    }

    fn chunks(&self) -> u32 {
        u32::try_from(chunks_of(self.size)).unwrap_or(u32::MAX)
    }

    pub(super) fn segments(&self) -> u32 {
        self.chunks().div_ceil(SEGMENT as u32)
    }

    /// The hash of a segment.
    pub(super) fn segment(&self, index: u32) -> Option<&[u8; 32]> {
        let at = usize::try_from(index).ok()?;
        self.segments.as_chunks().0.get(at)
    }

    /// The numbers of a segment's chunks.
    pub(super) fn pieces_of(&self, segment: u32) -> Range<u32> {
        let first = segment.saturating_mul(SEGMENT as u32);
        first..first.saturating_add(SEGMENT as u32).min(self.chunks())
    }

    pub(super) fn has_segment(&self, segment: u32) -> bool {
        self.pieces_of(segment).all(|chunk| self.has(chunk))
    }

    /// Whether it is small enough for mailboxes.
    fn is_mailed(&self) -> bool {
        self.size <= MAX_MAILED as u64
    }

    fn is_wanted(&self) -> bool {
        self.wanted.unwrap_or(self.is_mailed())
    }
}

impl Group {
    /// Sends files, perhaps with words.
    pub(crate) fn send_files(
        &mut self,
        text: &str,
        reply_to: Option<MessageId>,
        files: &[NewFile],
        step: &mut Step<'_>,
    ) {
        let text = text.trim_end();
        let described: Option<Vec<File>> = files.iter().map(|new| self.describe(new)).collect();
        let (1..=MAX_FILES, true, Some(described)) =
            (files.len(), text.len() <= MAX_CAPTION, described)
        else {
            return step.refuse(Some(self.id), Refusal::Text);
        };
        let parcel = Parcel {
            text: text.to_owned(),
            reply_to,
            files: described.clone(),
        };
        let mut attached = self.attach(described);
        for (attached, new) in attached.iter_mut().zip(files) {
            if let Some(number) = self.number_of_upload(new) {
                attached.number = number;
            }
        }
        let body = Body::Files {
            text: text.to_owned(),
            files: attached.clone(),
        };
        let Some(sent) = self.send(Content::Files(parcel), body, step) else {
            return;
        };
        for (attached, new) in attached.iter().zip(files) {
            let id = attached.file.id();
            let mut held = hold(attached, sent.id, self.me);
            if self.end_upload(new) {
                (0..held.chunks()).for_each(|index| set_bit(&mut held.have, index));
                self.files.insert(id, held);
                self.touch(Touched::File(id));
                continue;
            }
            for (index, chunk) in (0..).zip(&new.chunks) {
                set_bit(&mut held.have, index);
                self.store_chunk(attached.number, index, chunk, step);
            }
            self.files.insert(id, held);
            self.touch(Touched::File(id));
            let chunks: Vec<_> = (0..).zip(new.chunks.iter().cloned()).collect();
            let notes = notes(id, &chunks, &[]);
            for member in self.others() {
                self.send_notes(member, &notes, Urgency::Queued, step);
            }
        }
    }

    /// Gives each file its place in the storage: they belong to the next row of history, so their numbers follow from its
    /// own, which never comes twice on this device.
    fn attach(&self, files: Vec<File>) -> Vec<Attached> {
        let first = first_of_row(self.meta.counter.saturating_add(1));
        (0..)
            .zip(files)
            .map(|(index, file)| {
                let number = first.saturating_add(index);
                Attached { number, file }
            })
            .collect()
    }

    pub(super) fn store_chunk(&self, number: u32, index: u32, chunk: &[u8], step: &mut Step<'_>) {
        let key = RecordKey {
            group: Some(self.id),
            order: Order {
                day: number,
                counter: index.into(),
            },
            name: Vec::new(),
        };
        step.changes.put(StoreName::Files, key, chunk.to_vec());
    }

    /// A message with files has come. From now on their pieces are taken, and asked for if they don't come.
    pub(super) fn take_files(
        &mut self,
        files: Vec<File>,
        message: MessageId,
        author: MemberId,
        step: &mut Step<'_>,
    ) -> Vec<Attached> {
        let attached = self.attach(files);
        for attached in &attached {
            let id = attached.file.id();
            if self.files.contains_key(&id) {
                // Each has a random key: one that is described twice is somebody's trick, and stays whose it was.
                continue;
            }
            let held = hold(attached, message, author);
            let is_wanted = held.is_wanted();
            self.view_changed |= !held.is_mailed();
            self.files.insert(id, held);
            self.touch(Touched::File(id));
            if is_wanted {
                self.wait_for_file(id, step.now);
            }
        }
        let early = core::mem::take(&mut self.fetching.early);
        for (from, note) in early {
            self.take_note(from, note, step);
        }
        attached
    }

    /// From now on somebody is asked when the pieces don't come by themselves.
    fn wait_for_file(&mut self, file: FileId, now: Timestamp) {
        let asking = Asking {
            due: now.plus(PATIENCE),
            asked: Set::new(),
        };
        self.fetching.asking.insert(file, asking);
    }

    /// After a start: asks for what is missing.
    pub(super) fn wait_for_files(&mut self, now: Timestamp) {
        let missing = self.files.iter();
        let missing = missing.filter(|(_, held)| held.is_wanted() && !held.is_whole());
        let missing: Vec<_> = missing.map(|(id, held)| (*id, held.is_mailed())).collect();
        for (id, is_mailed) in missing {
            self.wait_for_file(id, now);
            if !is_mailed {
                self.begin_fetching(id, now);
            }
        }
    }

    /// Takes what a member says about files.
    pub(super) fn on_file_note(&mut self, from: MemberId, body: &[u8], step: &mut Step<'_>) {
        match decode_note(body) {
            Ok(note) => self.take_note(from, note, step),
            Err(_) => {
                self.count_bad_frame(step.now);
            }
        }
    }

    fn take_note(&mut self, from: MemberId, note: FileNote, step: &mut Step<'_>) {
        match note {
            FileNote::Chunks {
                file,
                list,
                first,
                chunks,
            } => {
                if self.files.contains_key(&file) {
                    self.take_chunks(from, file, &list, first, &chunks, step);
                } else if self.fetching.early.len() < MAX_EARLY {
                    let note = FileNote::Chunks {
                        file,
                        list,
                        first,
                        chunks,
                    };
                    self.fetching.early.push_back((from, note));
                }
            }
            FileNote::Ask { file, have } => self.on_ask(from, file, have, step),
            FileNote::Has { file, segments } => {
                self.take_offer_of_file(from, file, segments, step);
                if self.has_source(&file) {
                    self.fetching.asking.remove(&file);
                }
            }
            FileNote::Lack { file } => {
                // Somebody else may have it.
                if let Some(asking) = self.fetching.asking.get_mut(&file)
                    && asking.asked.contains(&from)
                {
                    asking.due = step.now;
                }
            }
        }
    }

    fn take_chunks(
        &mut self,
        from: MemberId,
        id: FileId,
        list: &[u8],
        first: u32,
        chunks: &[ByteVec],
        step: &mut Step<'_>,
    ) {
        let Some(held) = self.files.get_mut(&id) else {
            return;
        };
        if held.is_whole() {
            return;
        }
        let begin = usize::try_from(first).unwrap_or(usize::MAX);
        let chunks: Vec<&[u8]> = chunks.iter().map(|chunk| chunk.as_slice()).collect();
        let segment = held.segment(0).copied().unwrap_or_default();
        let is_right =
            held.is_mailed() && crate::file::are_of_segment(&segment, list, begin, &chunks);
        if !is_right {
            self.count_bad_frame(step.now);
            return;
        }
        let number = held.number;
        let mut new = Vec::new();
        for (index, chunk) in (first..).zip(chunks) {
            if !held.has(index) {
                set_bit(&mut held.have, index);
                new.push((index, chunk));
            }
        }
        let is_whole = held.is_whole();
        if new.is_empty() {
            return;
        }
        self.touch(Touched::File(id));
        for (index, chunk) in new {
            self.store_chunk(number, index, chunk, step);
        }
        if is_whole {
            self.fetching.asking.remove(&id);
            let group = self.id;
            step.event(Event::FileHere { group, number });
        } else if let Some(asking) = self.fetching.asking.get_mut(&id) {
            // They are on their way.
            asking.due = step.now.plus(PATIENCE);
            asking.asked.remove(&from);
        }
    }

    /// Somebody lacks pieces of a file.
    fn on_ask(&mut self, from: MemberId, id: FileId, have: Vec<u8>, step: &mut Step<'_>) {
        if self.fetching.answered.len() >= MAX_ANSWERED {
            self.fetching.answered.clear();
        }
        let last = self.fetching.answered.insert((from, id), step.now);
        if last.is_some_and(|at| step.now >= at && step.now.since(at) < ANSWER_INTERVAL) {
            return;
        }
        if let Some(held) = self.files.get(&id).filter(|it| !it.is_mailed()) {
            let mut segments = Vec::new();
            for segment in (0..held.segments()).filter(|it| held.has_segment(*it)) {
                set_bit(&mut segments, segment);
            }
            let note = if segments.is_empty() {
                FileNote::Lack { file: id }
            } else {
                FileNote::Has { file: id, segments }
            };
            let note = wire::encode(&note);
            self.send_pairwise(from, PairwiseKind::File, &note, Urgency::Live, step);
            return;
        }
        // A list can be made of the whole file only.
        let is_served = |held: &&Held| held.is_whole();
        let Some(held) = self.files.get(&id).filter(is_served) else {
            let lack = wire::encode(&FileNote::Lack { file: id });
            self.send_pairwise(from, PairwiseKind::File, &lack, Urgency::Live, step);
            return;
        };
        let (group, number) = (self.id, held.number);
        let reading = Reading { file: id, have };
        self.fetching.reading.insert((number, from), reading);
        step.after.push(Output::ReadFile {
            group,
            number,
            first: 0,
            limit: MAX_MAILED_CHUNKS as u32,
        });
    }

    /// The storage has read a file's chunks from `first` on, for whoever asked.
    pub(crate) fn file_read(
        &mut self,
        number: u32,
        first: u32,
        chunks: Vec<(u32, ByteVec)>,
        step: &mut Step<'_>,
    ) {
        self.segment_read(number, first, &chunks, step);
        let wanted = self.fetching.reading.keys().copied();
        let wanted: Vec<_> = wanted.filter(|(it, _)| *it == number).collect();
        for key in wanted {
            if let Some(reading) = self.fetching.reading.remove(&key) {
                let notes = notes(reading.file, &chunks, &reading.have);
                self.send_notes(key.1, &notes, Urgency::Live, step);
            }
        }
    }

    fn send_notes(
        &mut self,
        to: MemberId,
        notes: &[Vec<u8>],
        urgency: Urgency,
        step: &mut Step<'_>,
    ) {
        for note in notes {
            self.send_pairwise(to, PairwiseKind::File, note, urgency, step);
        }
    }

    /// Files too large for mailboxes that aren't all here.
    pub(super) fn absent_files(&self) -> Vec<u32> {
        let files = self.files.values();
        let absent = files.filter(|held| !held.is_mailed() && !held.is_whole());
        absent.map(Held::number).collect()
    }

    fn file_of(&self, number: u32) -> Option<FileId> {
        let mut files = self.files.iter();
        files
            .find(|(_, held)| held.number == number)
            .map(|(id, _)| *id)
    }

    /// The person wants to see a file whose pieces are missing: everybody is asked anew.
    pub(crate) fn fetch_file(&mut self, number: u32, step: &mut Step<'_>) {
        let Some(id) = self.file_of(number).filter(|id| !self.has_source(id)) else {
            return;
        };
        let Some(held) = self.files.get_mut(&id).filter(|held| !held.is_whole()) else {
            return;
        };
        held.wanted = Some(true);
        let is_mailed = held.is_mailed();
        self.touch(Touched::File(id));
        if !is_mailed {
            self.begin_fetching(id, step.now);
        }
        let asking = Asking {
            due: step.now,
            asked: Set::new(),
        };
        self.fetching.asking.insert(id, asking);
        self.ask_for_files(step);
    }

    /// The person doesn't want a file that hasn't come yet. What has come of it stays.
    pub(crate) fn stop_file(&mut self, number: u32, step: &mut Step<'_>) {
        let Some(id) = self.file_of(number) else {
            return;
        };
        self.fetching.asking.remove(&id);
        self.end_fetching(id, step);
        if let Some(held) = self.files.get_mut(&id) {
            held.wanted = Some(false);
            self.touch(Touched::File(id));
        }
    }

    /// Lets go of all files of the group on this device; their messages stay, and whoever has them can be asked again.
    pub(crate) fn drop_files(&mut self, step: &mut Step<'_>) {
        let here = self.files.iter().filter(|(_, held)| held.count() > 0);
        let here: Vec<_> = here.map(|(id, held)| (*id, held.number)).collect();
        self.view_changed = true;
        for (id, number) in here {
            self.fetching.asking.remove(&id);
            self.end_fetching(id, step);
            if let Some(held) = self.files.get_mut(&id) {
                held.have.clear();
                held.wanted = Some(false);
            }
            self.touch(Touched::File(id));
            self.delete_chunks(number, step);
            let group = self.id;
            step.event(Event::FileGone { group, number });
        }
    }

    /// Pieces have come over a link; they are what they should be.
    pub(super) fn keep_pieces_of(
        &mut self,
        id: FileId,
        pieces: Map<u32, ByteVec>,
        step: &mut Step<'_>,
    ) {
        let Some(held) = self.files.get_mut(&id) else {
            return;
        };
        for index in pieces.keys() {
            set_bit(&mut held.have, *index);
        }
        let (number, is_whole) = (held.number, held.is_whole());
        self.touch(Touched::File(id));
        for (index, piece) in &pieces {
            self.store_chunk(number, *index, piece, step);
        }
        if is_whole {
            self.view_changed = true;
            self.end_fetching(id, step);
            let group = self.id;
            step.event(Event::FileHere { group, number });
        }
    }

    /// Whoever sent a file doesn't any more.
    pub(super) fn ask_somebody_else(&mut self, id: FileId, asked: Set<MemberId>, now: Timestamp) {
        let asking = Asking {
            due: now.plus(NEXT_QUESTION),
            asked,
        };
        self.fetching.asking.insert(id, asking);
    }

    /// Whether there is still somebody to be asked for a file, or to answer.
    pub(super) fn is_asking(&self, id: &FileId) -> bool {
        let asking = self.fetching.asking.get(id);
        asking.is_some_and(|it| it.due > self.seen_at || self.whom_to_ask(id, &it.asked).is_some())
    }

    /// Somebody has come: it may have what nobody else had.
    pub(super) fn ask_newcomer_for_files(&mut self, member: MemberId, now: Timestamp) {
        self.try_again(member);
        for asking in self.fetching.asking.values_mut() {
            asking.asked.remove(&member);
            asking.due = asking.due.min(now.plus(PATIENCE));
        }
    }

    /// When somebody has to be asked for a file.
    pub(super) fn next_question(&self) -> Option<Timestamp> {
        let asking = self.fetching.asking.iter();
        let due = asking.filter(|(id, it)| self.whom_to_ask(id, &it.asked).is_some());
        due.map(|(_, it)| it.due).min()
    }

    /// Whom to ask next: the author first.
    fn whom_to_ask(&self, file: &FileId, asked: &Set<MemberId>) -> Option<MemberId> {
        let held = self.files.get(file)?;
        let open = |member: &MemberId| self.present.contains_key(member) && !asked.contains(member);
        if open(&held.author) {
            return Some(held.author);
        }
        self.others().into_iter().find(open)
    }

    /// Asks for what has not come.
    pub(super) fn ask_for_files(&mut self, step: &mut Step<'_>) {
        let due = self.fetching.asking.iter();
        let due = due.filter(|(_, asking)| asking.due <= step.now);
        for id in due.map(|(id, _)| *id).collect::<Vec<_>>() {
            let asked = self.fetching.asking.get(&id).map(|it| it.asked.clone());
            let to = asked.and_then(|asked| self.whom_to_ask(&id, &asked));
            let (Some(to), Some(held)) = (to, self.files.get(&id)) else {
                continue;
            };
            // Of a large file it is asked over the link, segment by segment.
            let have = match held.is_mailed() {
                true => held.have.clone(),
                false => Vec::new(),
            };
            let note = wire::encode(&FileNote::Ask { file: id, have });
            self.send_pairwise(to, PairwiseKind::File, &note, Urgency::Live, step);
            if let Some(asking) = self.fetching.asking.get_mut(&id) {
                asking.asked.insert(to);
                asking.due = step.now.plus(PATIENCE);
            }
        }
    }

    /// A message is gone, and with it its files.
    pub(super) fn forget_files(&mut self, message: MessageId, step: &mut Step<'_>) {
        let gone: Vec<_> = self
            .files
            .iter()
            .filter(|(_, held)| held.message == message)
            .map(|(id, held)| (*id, held.number))
            .collect();
        self.view_changed |= !gone.is_empty();
        for (id, number) in gone {
            self.files.remove(&id);
            self.fetching.asking.remove(&id);
            self.touch(Touched::File(id));
            self.end_fetching(id, step);
            self.delete_chunks(number, step);
        }
    }

    pub(super) fn delete_chunks(&self, number: u32, step: &mut Step<'_>) {
        step.changes.list.push(Change::DeleteDay {
            store: StoreName::Files,
            group: self.id,
            day: number,
        });
    }

    /// What a message says of a new file. `None` where its chunks are not those of its size, or too many.
    fn describe(&self, new: &NewFile) -> Option<File> {
        let segments = match new.upload {
            Some(_) => self.segments_of_upload(new)?,
            None => segments_of(new)?,
        };
        let file = File {
            name: new.name.clone(),
            media_type: new.media_type.clone(),
            size: new.size,
            key: new.key.clone(),
            segments,
            look: new.look.clone(),
        };
        file.is_sound().then_some(file)
    }
}

/// The number of the first file of a row of history.
pub(super) fn first_of_row(row: u64) -> u32 {
    u32::try_from(row.saturating_mul(FILES_A_ROW)).unwrap_or(u32::MAX)
}

/// The hashes of a small file's segments, of which it has one.
fn segments_of(new: &NewFile) -> Option<Vec<u8>> {
    let is_cut_right = u64::try_from(new.chunks.len()) == Ok(chunks_of(new.size))
        && (0..)
            .zip(&new.chunks)
            .all(|(index, chunk)| chunk_length(new.size, index) == Some(chunk.len()));
    let list: Vec<u8> = new.chunks.iter().flat_map(|it| chunk_hash(it)).collect();
    let is_small = new.size <= MAX_MAILED as u64;
    (is_small && is_cut_right).then(|| segment_hash(&list).to_vec())
}

/// The notes that bring a member the chunks which it lacks. All chunks have to be there, for their list.
fn notes(file: FileId, chunks: &[(u32, ByteVec)], have: &[u8]) -> Vec<Vec<u8>> {
    let hashes = chunks.iter().flat_map(|(_, chunk)| chunk_hash(chunk));
    let list: Vec<u8> = hashes.collect();
    let lacks = |pair: &&[(u32, ByteVec)]| pair.iter().any(|(index, _)| !has_bit(have, *index));
    let frames = chunks.chunks(CHUNKS_A_FRAME).filter(lacks);
    frames
        .filter_map(|pair| {
            let (first, _) = pair.first()?;
            Some(wire::encode(&FileNote::Chunks {
                file,
                list: list.clone(),
                first: *first,
                chunks: pair.iter().map(|(_, chunk)| chunk.clone()).collect(),
            }))
        })
        .collect()
}

fn hold(attached: &Attached, message: MessageId, author: MemberId) -> Held {
    Held {
        message,
        author,
        number: attached.number,
        size: attached.file.size,
        segments: attached.file.segments.clone(),
        have: Vec::new(),
        wanted: None,
    }
}
