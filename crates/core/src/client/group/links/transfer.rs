//! Files too large for mailboxes, over direct links: a segment at a time, each piece checked as it comes.
//!
//! The receiver asks for a few segments ahead of what it gets, so that a sender never has more to send than that. A
//! sender reads one segment at a time, the next one while the last of the one before go, and gives the link a windowful of
//! pieces, then waits until that has drained.

use std::collections::VecDeque;

use minicbor::bytes::ByteVec;

use super::command;
use crate::client::batch::Step;
use crate::client::group::Group;
use crate::client::group::files::Held;
use crate::file::{FileId, SEGMENT, chunk_hash, segment_hash};
use crate::ids::{MILLIS_PER_SECOND, MemberId, Timestamp};
use crate::io::{FetchState, FileProgress, LinkCommand, Output};
use crate::link::PAIR_LIMIT;
use crate::link::frame::LinkFrame;
use crate::sorted::{Map, Set};
use crate::wire;

/// Segments asked for at once: one comes, and the next is read meanwhile.
const AHEAD: usize = 2;
/// Most segments that a member may ask for at once: [`AHEAD`] for more files than anybody fetches of one person.
const MAX_WANTS: usize = 32 * AHEAD;
/// Most members that something is read for at once: up to 6 MB each.
const MAX_SERVED: usize = 4;
/// Frames that are left of what was read when more is, 2 MB: what a fast path takes while the storage reads.
const READ_AHEAD: usize = SEGMENT / 2;
/// Frames given to a link before it has to drain, 480 KB: what is underway on a fast path.
const WINDOW: usize = 32;
/// Pieces stored together, 1 MB: what a crash loses, and how long a transaction takes.
const BATCH: usize = 64;
/// How long a link may take to open for a file, in milliseconds: a pair gives up before.
const LINK_PATIENCE: u64 = PAIR_LIMIT + 10 * MILLIS_PER_SECOND;
/// How long nothing may come over an open link before somebody else is asked, in milliseconds.
const PIECE_PATIENCE: u64 = 15 * MILLIS_PER_SECOND;

/// A file that the person wants, and that is not all here.
pub(in crate::client::group) struct Incoming {
    /// Who sends it.
    from: Option<MemberId>,
    /// The segments that it has, a bit each.
    offered: Vec<u8>,
    /// Those that were asked for.
    segments: Vec<Segment>,
    /// Pieces that were checked and are not stored yet.
    arrived: Map<u32, ByteVec>,
    /// Who has failed to bring it since the person wanted it, or since it came.
    tried: Set<MemberId>,
    /// Something has to come before.
    due: Timestamp,
    /// Who has it and can't be reached.
    no_path: Option<MemberId>,
    /// What the interface was told last.
    shown: Option<FileProgress>,
}

struct Segment {
    index: u32,
    /// The hashes of its pieces, checked.
    list: Option<Vec<u8>>,
}

/// What a member has asked for.
#[derive(Default)]
pub(super) struct Serving {
    wants: VecDeque<Want>,
    reading: Option<Want>,
    /// Frames to be sent, and of which file.
    loaded: VecDeque<(FileId, Vec<u8>)>,
    /// The link has as much as it takes.
    is_full: bool,
}

struct Want {
    file: FileId,
    number: u32,
    segment: u32,
    have: Vec<u8>,
}

impl Serving {
    fn is_idle(&self) -> bool {
        self.wants.is_empty() && self.reading.is_none() && self.loaded.is_empty()
    }

    fn holds_pieces(&self) -> bool {
        self.reading.is_some() || !self.loaded.is_empty()
    }
}

fn first_of(segment: u32) -> u32 {
    segment.saturating_mul(SEGMENT as u32)
}

fn bit(bits: &[u8], index: u32) -> bool {
    crate::file::has_bit(bits, index)
}

impl Incoming {
    fn new(now: Timestamp) -> Self {
        Self {
            from: None,
            offered: Vec::new(),
            segments: Vec::new(),
            arrived: Map::new(),
            tried: Set::new(),
            due: now,
            no_path: None,
            shown: None,
        }
    }

    fn has(&self, held: &Held, index: u32) -> bool {
        held.has(index) || self.arrived.contains_key(&index)
    }

    /// A bit for each piece of the segment that is here.
    fn have_of(&self, held: &Held, segment: u32) -> Vec<u8> {
        let mut have = Vec::new();
        for (at, index) in (0..).zip(held.pieces_of(segment)) {
            if self.has(held, index) {
                crate::file::set_bit(&mut have, at);
            }
        }
        have
    }

    fn is_through(&self, held: &Held, segment: u32) -> bool {
        held.pieces_of(segment).all(|index| self.has(held, index))
    }

    /// The next segment that its sender has and that isn't all here.
    fn next_segment(&self, held: &Held) -> Option<u32> {
        (0..held.segments()).find(|segment| {
            bit(&self.offered, *segment)
                && !self.segments.iter().any(|it| it.index == *segment)
                && !self.is_through(held, *segment)
        })
    }
}

impl Group {
    /// Whether something travels between oneself and a member, or shall.
    pub(super) fn is_busy(&self, member: MemberId) -> bool {
        let mut incoming = self.links.incoming.values();
        let serving = self.links.serving.get(&member);
        incoming.any(|it| it.from == Some(member)) || serving.is_some_and(|it| !it.is_idle())
    }

    /// The person wants a file, now or since before the last start.
    pub(in crate::client::group) fn begin_fetching(&mut self, file: FileId, now: Timestamp) {
        let new = || Incoming::new(now);
        let incoming = self.links.incoming.entry(file).or_insert_with(new);
        incoming.tried.clear();
        incoming.no_path = None;
    }

    /// Somebody has come: what it couldn't bring before it may now.
    pub(in crate::client::group) fn try_again(&mut self, member: MemberId) {
        for incoming in self.links.incoming.values_mut() {
            incoming.tried.remove(&member);
            incoming.no_path.take_if(|it| *it == member);
        }
    }

    /// The person doesn't want it any more, or it is here or gone. What has come stays.
    pub(in crate::client::group) fn end_fetching(&mut self, file: FileId, step: &mut Step<'_>) {
        self.store_arrived(file, step);
        let Some(incoming) = self.links.incoming.remove(&file) else {
            return;
        };
        if let Some((from, way)) = incoming
            .from
            .and_then(|from| Some((from, self.way_to(from, step.now)?)))
        {
            self.send_link_frame(from, way, &LinkFrame::Stop { file }, step);
        }
    }

    /// Whether a file comes from somebody now.
    pub(in crate::client::group) fn has_source(&self, file: &FileId) -> bool {
        let incoming = self.links.incoming.get(file);
        incoming.is_some_and(|it| it.from.is_some())
    }

    /// A member says that it has these segments of a file.
    pub(in crate::client::group) fn take_offer_of_file(
        &mut self,
        from: MemberId,
        file: FileId,
        segments: Vec<u8>,
        step: &mut Step<'_>,
    ) {
        let Some(held) = self.files.get(&file) else {
            return;
        };
        let Some(incoming) = self.links.incoming.get_mut(&file) else {
            return;
        };
        if incoming.from.is_some() {
            return;
        }
        incoming.offered = segments;
        if incoming.next_segment(held).is_none() {
            return;
        }
        incoming.from = Some(from);
        incoming.due = step.now.plus(LINK_PATIENCE);
        incoming.no_path = None;
        self.want_link(from, step);
        if self.way_to(from, step.now).is_some() {
            self.go_on_fetching(from, step);
        }
    }

    /// There is a way to a member that sends files: what was asked for before is asked for anew.
    pub(super) fn go_on_fetching(&mut self, from: MemberId, step: &mut Step<'_>) {
        let incoming = self.links.incoming.iter_mut();
        let mut files = Vec::new();
        for (file, incoming) in incoming.filter(|(_, it)| it.from == Some(from)) {
            incoming.segments.clear();
            incoming.due = step.now.plus(PIECE_PATIENCE);
            files.push(*file);
        }
        for file in files {
            self.ask_ahead(file, step);
        }
    }

    fn ask_ahead(&mut self, file: FileId, step: &mut Step<'_>) {
        let mut asked = Vec::new();
        if let (Some(held), Some(incoming)) =
            (self.files.get(&file), self.links.incoming.get_mut(&file))
        {
            while incoming.segments.len() < AHEAD
                && let Some(segment) = incoming.next_segment(held)
            {
                let have = incoming.have_of(held, segment);
                let list = None;
                incoming.segments.push(Segment {
                    index: segment,
                    list,
                });
                asked.push((segment, have));
            }
            // This one has no more; somebody else may.
            if incoming.segments.is_empty() && !held.is_whole() {
                return self.lose_source(file, step);
            }
        }
        let from = self.links.incoming.get(&file).and_then(|it| it.from);
        let Some(from) = from else { return };
        let Some(way) = self.way_to(from, step.now) else {
            return;
        };
        for (segment, have) in asked {
            let want = LinkFrame::Want {
                file,
                segment,
                have: have.into(),
            };
            self.send_link_frame(from, way, &want, step);
        }
    }

    /// Whoever sent a file doesn't any more: somebody else is asked.
    fn lose_source(&mut self, file: FileId, step: &mut Step<'_>) {
        self.store_arrived(file, step);
        let Some(incoming) = self.links.incoming.get_mut(&file) else {
            return;
        };
        incoming.tried.extend(incoming.from.take());
        incoming.segments.clear();
        let tried = incoming.tried.clone();
        self.ask_somebody_else(file, tried, step.now);
    }

    /// The link to a member brings nothing more. It may come back.
    pub(super) fn way_closed(&mut self, member: MemberId) {
        self.links.serving.remove(&member);
        for incoming in self.links.incoming.values_mut() {
            if incoming.from == Some(member) {
                incoming.segments.clear();
                incoming.due = self.seen_at.plus(LINK_PATIENCE);
            }
        }
    }

    /// There is no path to a member that has something.
    pub(super) fn no_path(&mut self, member: MemberId, step: &mut Step<'_>) {
        self.links.serving.remove(&member);
        let incoming = self.links.incoming.iter_mut();
        let mut files = Vec::new();
        for (file, incoming) in incoming.filter(|(_, it)| it.from == Some(member)) {
            incoming.no_path = Some(member);
            files.push(*file);
        }
        for file in files {
            self.lose_source(file, step);
        }
    }

    /// The hashes of a segment's pieces have come.
    pub(super) fn on_list(
        &mut self,
        from: MemberId,
        file: FileId,
        segment: u32,
        list: ByteVec,
        step: &mut Step<'_>,
    ) {
        let (Some(held), Some(incoming)) =
            (self.files.get(&file), self.links.incoming.get_mut(&file))
        else {
            return;
        };
        let asked = incoming.segments.iter_mut();
        let Some(asked) = asked
            .filter(|_| incoming.from == Some(from))
            .find(|it| it.index == segment)
        else {
            return;
        };
        let count = held.pieces_of(segment).count();
        if list.len() != count * 32 || held.segment(segment) != Some(&segment_hash(&list)) {
            self.count_bad_frame(step.now);
            return self.lose_source(file, step);
        }
        asked.list = Some(list.into());
    }

    /// A piece of a file has come.
    pub(super) fn on_piece(
        &mut self,
        from: MemberId,
        file: FileId,
        index: u32,
        bytes: ByteVec,
        step: &mut Step<'_>,
    ) {
        let (Some(held), Some(incoming)) =
            (self.files.get(&file), self.links.incoming.get_mut(&file))
        else {
            return;
        };
        // What was stopped may still be underway.
        if incoming.from != Some(from) || incoming.has(held, index) {
            return;
        }
        let segment = index / SEGMENT as u32;
        let asked = incoming.segments.iter().find(|it| it.index == segment);
        let Some(list) = asked.and_then(|it| it.list.as_ref()) else {
            return;
        };
        let at = usize::try_from(index % SEGMENT as u32).unwrap_or(usize::MAX);
        if list.chunks_exact(32).nth(at) != Some(chunk_hash(&bytes).as_slice()) {
            self.count_bad_frame(step.now);
            return self.lose_source(file, step);
        }
        incoming.arrived.insert(index, bytes);
        let through = incoming.is_through(held, segment);
        if through {
            incoming.segments.retain(|it| it.index != segment);
        }
        let is_full = incoming.arrived.len() >= BATCH;
        // Other files from there wait for their turn.
        let due = step.now.plus(PIECE_PATIENCE);
        let others = self.links.incoming.values_mut();
        for incoming in others.filter(|it| it.from == Some(from)) {
            incoming.due = incoming.due.max(due);
        }
        if through || is_full {
            self.store_arrived(file, step);
        }
        if through && self.links.incoming.contains_key(&file) {
            self.ask_ahead(file, step);
        }
    }

    fn store_arrived(&mut self, file: FileId, step: &mut Step<'_>) {
        let incoming = self.links.incoming.get_mut(&file);
        let arrived = incoming.map(|it| core::mem::take(&mut it.arrived));
        if let Some(arrived) = arrived.filter(|it| !it.is_empty()) {
            self.keep_pieces_of(file, arrived, step);
        }
    }

    /// It has not what it said.
    pub(super) fn on_lacking(&mut self, from: MemberId, file: FileId, step: &mut Step<'_>) {
        let incoming = self.links.incoming.get(&file);
        if incoming.is_some_and(|it| it.from == Some(from)) {
            self.lose_source(file, step);
        }
    }

    /// A member asks for a segment.
    pub(super) fn on_want(
        &mut self,
        from: MemberId,
        file: FileId,
        segment: u32,
        have: ByteVec,
        step: &mut Step<'_>,
    ) {
        let held = self.files.get(&file);
        let held = held.filter(|it| segment < it.segments() && it.has_segment(segment));
        let Some(number) = held.map(|it| it.number()) else {
            if let Some(way) = self.way_to(from, step.now) {
                self.send_link_frame(from, way, &LinkFrame::Lacking { file }, step);
            }
            return;
        };
        let serving = self.links.serving.entry(from).or_default();
        if serving.wants.len() >= MAX_WANTS || have.len() > SEGMENT / 8 {
            self.count_bad_frame(step.now);
            return;
        }
        serving.wants.push_back(Want {
            file,
            number,
            segment,
            have: have.into(),
        });
        self.read_on(step);
    }

    /// A member doesn't want a file any more.
    pub(super) fn on_stop(&mut self, from: MemberId, file: FileId) {
        if let Some(serving) = self.links.serving.get_mut(&from) {
            serving.wants.retain(|want| want.file != file);
            serving.reading.take_if(|want| want.file == file);
            serving.loaded.retain(|(of, _)| *of != file);
        }
    }

    /// Has the next segments read that somebody waits for, as many as there may be.
    fn read_on(&mut self, step: &mut Step<'_>) {
        let group = self.id;
        let serving = self.links.serving.values();
        let mut served = serving.filter(|it| it.holds_pieces()).count();
        for serving in self.links.serving.values_mut() {
            let is_new = !serving.holds_pieces();
            if serving.reading.is_some() || serving.loaded.len() > READ_AHEAD {
                continue;
            }
            if is_new && served >= MAX_SERVED {
                continue;
            }
            let Some(want) = serving.wants.pop_front() else {
                continue;
            };
            served += usize::from(is_new);
            step.after.push(Output::ReadFile {
                group,
                number: want.number,
                first: first_of(want.segment),
                limit: SEGMENT as u32,
            });
            serving.reading = Some(want);
        }
    }

    /// The storage has read a segment.
    pub(in crate::client::group) fn segment_read(
        &mut self,
        number: u32,
        first: u32,
        chunks: &[(u32, ByteVec)],
        step: &mut Step<'_>,
    ) {
        let list: Vec<u8> = chunks.iter().flat_map(|it| chunk_hash(&it.1)).collect();
        let is_this = |want: &mut Want| want.number == number && first_of(want.segment) == first;
        let mut ready = Vec::new();
        let mut lacking = Vec::new();
        for (member, serving) in self.links.serving.iter_mut() {
            let Some(want) = serving.reading.take_if(is_this) else {
                continue;
            };
            let held = self.files.get(&want.file);
            let hash = held.and_then(|it| it.segment(want.segment));
            if hash != Some(&segment_hash(&list)) {
                // It is damaged here.
                lacking.push((*member, want.file));
                continue;
            }
            let frame = wire::encode(&LinkFrame::List {
                file: want.file,
                segment: want.segment,
                list: list.clone().into(),
            });
            serving.loaded.push_back((want.file, frame));
            for (index, bytes) in chunks {
                if !bit(&want.have, index.saturating_sub(first)) {
                    let frame = wire::encode(&LinkFrame::Piece {
                        file: want.file,
                        index: *index,
                        bytes: bytes.clone(),
                    });
                    serving.loaded.push_back((want.file, frame));
                }
            }
            ready.push(*member);
        }
        for (member, file) in lacking {
            if let Some(way) = self.way_to(member, step.now) {
                self.send_link_frame(member, way, &LinkFrame::Lacking { file }, step);
            }
        }
        for member in ready {
            self.give(member, step);
        }
        self.read_on(step);
    }

    /// A link has room again.
    pub(in crate::client::group) fn pour(&mut self, member: MemberId, step: &mut Step<'_>) {
        if let Some(serving) = self.links.serving.get_mut(&member) {
            serving.is_full = false;
        }
        self.give(member, step);
        self.read_on(step);
    }

    /// Gives a link as much as it takes at once.
    fn give(&mut self, member: MemberId, step: &mut Step<'_>) {
        let line = self.way_to(member, step.now);
        let line = line.and_then(|way| self.line_over(member, way));
        let Some(link) = line.and_then(|line| line.pair.link()) else {
            return;
        };
        let Some(serving) = self.links.serving.get_mut(&member) else {
            return;
        };
        if serving.is_full {
            return;
        }
        let count = serving.loaded.len().min(WINDOW);
        serving.is_full = count > 0;
        for (index, (_, bytes)) in serving.loaded.drain(..count).enumerate() {
            let tell = index + 1 == count;
            command(LinkCommand::Pour { link, bytes, tell }, step);
        }
        if count > 0
            && let Some(direct) = self.links.direct.get_mut(&member)
        {
            direct.used = step.now;
        }
    }

    pub(super) fn transfers_timeout(&mut self, step: &mut Step<'_>) {
        let incoming = self.links.incoming.iter();
        let late = incoming.filter(|(_, it)| it.from.is_some() && it.due <= step.now);
        for file in late.map(|(file, _)| *file).collect::<Vec<_>>() {
            self.lose_source(file, step);
        }
    }

    pub(super) fn transfers_next_timeout(&self) -> Option<Timestamp> {
        let incoming = self.links.incoming.values();
        let due = incoming.filter(|it| it.from.is_some());
        due.map(|it| it.due).min()
    }

    /// Tells the interface how far files are, when that has changed.
    pub(in crate::client::group) fn tell_progress(&mut self, step: &mut Step<'_>) {
        let group = self.id;
        let mut news = Vec::new();
        for (file, incoming) in &self.links.incoming {
            let Some(held) = self.files.get(file) else {
                continue;
            };
            let state = match (incoming.from, incoming.no_path) {
                (Some(from), _) if incoming.segments.is_empty() => FetchState::Connecting { from },
                (Some(from), _) => FetchState::Coming { from },
                (None, _) if self.is_asking(file) => FetchState::Looking,
                (None, Some(from)) => FetchState::NoPath { from },
                (None, None) => FetchState::Nobody,
            };
            let progress = FileProgress {
                number: held.number(),
                here: held.count(),
                state,
            };
            if incoming.shown.as_ref() != Some(&progress) {
                news.push((*file, progress));
            }
        }
        for (file, progress) in news {
            if let Some(incoming) = self.links.incoming.get_mut(&file) {
                incoming.shown = Some(progress.clone());
            }
            step.event(crate::io::Event::FileProgress { group, progress });
        }
    }
}
