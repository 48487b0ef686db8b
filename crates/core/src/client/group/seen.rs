//! Who has read what: told to a message's author once it was on screen, where the person wants that.
//!
//! A message is noted as it comes and told once. What came before the person wanted it told, or too long ago, never is. The
//! author's history isn't in memory: what is told of a message waits, stored, until the storage has answered.

use super::Group;
use super::outgoing::Urgency;
use super::records::Touched;
use crate::chat::MessageView;
use crate::client::batch::Step;
use crate::ids::{MILLIS_PER_SECOND, MemberId, MessageId, Timestamp};
use crate::order;
use crate::pairwise::PairwiseKind;
use crate::sorted::{Map, Set};
use crate::sync::{MAX_SEEN, Receipt};
use crate::wire;

/// What was read at a stretch travels together: how long the first of it waits, in milliseconds.
const SEEN_DELAY: u64 = MILLIS_PER_SECOND;
/// Most messages that wait to be read; the oldest are never told. Who was away so long doesn't read them one by one.
const MAX_UNSEEN: usize = 1_000;
/// Most of one's own messages of which readers were told and that the storage still has to answer for: a member can name
/// messages that never were.
const MAX_TOLD: usize = 1_000;

/// What is known of reading, on its way in and out.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Others' messages that were not on screen yet, and whose they are.
    pub(super) unseen: Map<MessageId, Unseen>,
    /// Readers of own messages that are still on their way from the storage.
    pub(super) told: Map<MessageId, Set<MemberId>>,
    /// What was on screen and has to be told.
    due: Set<MessageId>,
    /// When that is.
    at: Option<Timestamp>,
}

/// A message that was not on screen yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unseen {
    author: MemberId,
    came: Timestamp,
}

crate::wire::record!(Unseen { author, came });

impl Group {
    /// A message has come that the person will see some time.
    pub(super) fn note_unseen(&mut self, id: MessageId, author: MemberId, step: &Step<'_>) {
        if !step.ways.settings.read_receipts {
            return;
        }
        let came = step.now;
        self.seen.unseen.insert(id, Unseen { author, came });
        self.touch(Touched::Unseen(id));
        if self.seen.unseen.len() > MAX_UNSEEN {
            let all = self.seen.unseen.iter();
            let oldest = all.min_by_key(|(_, it)| it.came).map(|(id, _)| *id);
            oldest.into_iter().for_each(|id| self.forget_unseen(id));
        }
    }

    /// A message will not be told as read any more.
    pub(super) fn forget_unseen(&mut self, id: MessageId) {
        if self.seen.unseen.remove(&id).is_some() {
            self.seen.due.remove(&id);
            self.touch(Touched::Unseen(id));
        }
    }

    /// The person doesn't want it told any more.
    pub(crate) fn tell_nothing_as_read(&mut self) {
        let all: Vec<_> = self.seen.unseen.keys().copied().collect();
        all.into_iter().for_each(|id| self.forget_unseen(id));
    }

    /// Messages were on screen.
    pub(crate) fn mark_seen(&mut self, messages: &[MessageId], step: &mut Step<'_>) {
        let known = messages
            .iter()
            .filter(|id| self.seen.unseen.contains_key(id));
        self.seen.due.extend(known.copied());
        if !self.seen.due.is_empty() {
            self.seen.at.get_or_insert(step.now.plus(SEEN_DELAY));
        }
    }

    /// When what was read is told.
    pub(super) fn next_seen(&self) -> Option<Timestamp> {
        self.seen.at
    }

    /// Tells the authors what was read.
    pub(super) fn tell_seen(&mut self, step: &mut Step<'_>) {
        if self.seen.at.is_none_or(|at| at > step.now) {
            return;
        }
        self.seen.at = None;
        let mut by_author: Map<MemberId, Vec<MessageId>> = Map::new();
        for id in core::mem::take(&mut self.seen.due) {
            if let Some(unseen) = self.seen.unseen.remove(&id) {
                self.touch(Touched::Unseen(id));
                by_author.entry(unseen.author).or_default().push(id);
            }
        }
        for (author, messages) in by_author {
            if !self.log.state().members.contains_key(&author) {
                continue;
            }
            for seen in messages.chunks(MAX_SEEN) {
                let seen = Some(seen.to_vec());
                let chains = Vec::new();
                let body = wire::encode(&Receipt { chains, seen });
                self.send_pairwise(author, PairwiseKind::Receipt, &body, Urgency::Queued, step);
            }
        }
    }

    /// A member has read these.
    pub(super) fn take_seen(&mut self, by: MemberId, messages: &[MessageId], step: &mut Step<'_>) {
        for id in messages {
            if let Some(entry) = self.outbox.get_mut(id) {
                if note_reader(&mut entry.view, by) {
                    self.settle(*id, true, step);
                }
                continue;
            }
            if !self.seen.told.contains_key(id) && self.seen.told.len() >= MAX_TOLD {
                continue;
            }
            self.seen.told.entry(*id).or_default().insert(by);
            self.touch(Touched::Readers(*id));
            self.recall(*id, step);
        }
    }

    /// The storage has answered for a message: notes who has read it. Says whether it looks different now.
    pub(super) fn take_readers(&mut self, id: MessageId, view: Option<&mut MessageView>) -> bool {
        let Some(readers) = self.seen.told.remove(&id) else {
            return false;
        };
        self.touch(Touched::Readers(id));
        let me = self.me;
        let Some(view) = view.filter(|view| view.author == me) else {
            return false;
        };
        let mut changed = false;
        for by in readers {
            changed |= note_reader(view, by);
        }
        changed
    }
}

/// Notes that a member has read a message that it was written to. False if that was known, or can't be.
fn note_reader(view: &mut MessageView, by: MemberId) -> bool {
    let recipients = view.recipients.as_deref().unwrap_or_default();
    let known = view.seen_by.as_deref().unwrap_or_default();
    if !recipients.contains(&by) || known.contains(&by) {
        return false;
    }
    for list in [&mut view.delivered_to, view.seen_by.get_or_insert_default()] {
        if !list.contains(&by) {
            list.push(by);
            order::sort(list);
        }
    }
    true
}
