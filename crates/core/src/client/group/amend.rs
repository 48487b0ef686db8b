//! What people do with messages that were sent before: edit, take back, react, pin; and the group's timer.
//!
//! The client holds no history in memory. An amendment is written down as it comes, and its message is recalled from the
//! storage; what came for it until then is applied at once. One whose message isn't here waits for it, within limits.

use super::Group;
use super::records::Touched;
use crate::chat::{Amendment, Body, Content, Deed, MAX_LIFETIME, MessageView, is_reaction};
use crate::client::batch::Step;
use crate::ids::{MILLIS_PER_DAY, MemberId, MessageId, Timestamp};
use crate::io::{Event, Output, Refusal};
use crate::order;
use crate::sorted::Set;
use crate::store::{RecordKey, StoreName};
use crate::wire::{limits, record};

/// Most amendments of one member that wait for their message: a busy week's, and a bound for one who invents messages.
const MAX_PENDING_EACH: usize = 200;
/// How long an amendment waits for its message, in milliseconds: nobody serves a message that is older.
const PENDING_LIFETIME: u64 = 30 * MILLIS_PER_DAY;
/// Most pinned messages of a group, also those that were let go of: more is a second log.
const MAX_PINS: usize = 50;

/// The newest word on whether a message is pinned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pin {
    clock: Timestamp,
    id: MessageId,
    on: bool,
}

record!(Pin { clock, id, on });

/// The newest word on how long messages stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timer {
    clock: Timestamp,
    id: MessageId,
    seconds: u32,
}

record!(Timer { clock, id, seconds });

/// What is recalled from the storage, and why.
#[derive(Default)]
pub(super) struct Recalls {
    asked: Set<MessageId>,
    to_hide: Set<MessageId>,
}

impl Group {
    /// Puts a message of one's own in other words.
    pub(crate) fn edit_message(&mut self, target: MessageId, text: &str, step: &mut Step<'_>) {
        let text = text.trim_end();
        if text.trim().is_empty() || text.len() > limits::MAX_TEXT {
            return step.refuse(Some(self.id), Refusal::Text);
        }
        self.send_amendment(target, Deed::Edit(text.to_owned()), step);
    }

    /// Takes a message of one's own back.
    pub(crate) fn delete_message(&mut self, target: MessageId, step: &mut Step<'_>) {
        self.send_amendment(target, Deed::Delete, step);
    }

    /// Reacts to a message, or no longer.
    pub(crate) fn react(&mut self, target: MessageId, emoji: &str, on: bool, step: &mut Step<'_>) {
        if !is_reaction(emoji) {
            return step.refuse(Some(self.id), Refusal::Text);
        }
        let emoji = emoji.to_owned();
        self.send_amendment(target, Deed::React { emoji, on }, step);
    }

    /// Pins a message for everybody, or lets go of it.
    pub(crate) fn pin_message(&mut self, target: MessageId, on: bool, step: &mut Step<'_>) {
        let content = Content::Pin { target, on };
        if let Some(sent) = self.send(content, Body::Silent, step) {
            self.take_pin(target, sent.clock, sent.id, on);
        }
    }

    /// Sets how long messages stay from now on, in seconds; 0: for good.
    pub(crate) fn set_timer(&mut self, seconds: u32, step: &mut Step<'_>) {
        if seconds > MAX_LIFETIME {
            return step.refuse(Some(self.id), Refusal::InviteLimits);
        }
        if seconds == self.timer() {
            return;
        }
        let sent = self.send(Content::Timer(seconds), Body::TimerSet { seconds }, step);
        if let Some(sent) = sent {
            self.take_timer(seconds, sent.clock, sent.id);
        }
    }

    /// What a pin or timer has to be later than to count: the newest known one may have come from a clock that is days
    /// ahead, or from somebody who wants to have the last word.
    pub(super) fn after_newest(&self, content: &Content) -> Timestamp {
        let newest = match content {
            Content::Pin { target, .. } => self.pins.get(target).map(|pin| pin.clock),
            Content::Timer(_) => self.meta.timer.map(|timer| timer.clock),
            _ => None,
        };
        newest.map_or(Timestamp(0), |clock| clock.plus(1))
    }

    /// Seconds that new messages stay; 0: for good.
    pub(super) fn timer(&self) -> u32 {
        self.meta.timer.map_or(0, |timer| timer.seconds)
    }

    pub(super) fn take_timer(&mut self, seconds: u32, clock: Timestamp, id: MessageId) {
        let known = self.meta.timer;
        if known.is_some_and(|it| (it.clock, it.id) >= (clock, id)) {
            return;
        }
        self.meta.timer = Some(Timer { clock, id, seconds });
        self.touch(Touched::Meta);
        self.view_changed = true;
    }

    pub(super) fn take_pin(
        &mut self,
        target: MessageId,
        clock: Timestamp,
        id: MessageId,
        on: bool,
    ) {
        let known = self.pins.get(&target);
        if known.is_some_and(|it| (it.clock, it.id) >= (clock, id)) {
            return;
        }
        self.pins.insert(target, Pin { clock, id, on });
        if self.pins.len() > MAX_PINS {
            let oldest = self.pins.iter().min_by_key(|(_, it)| (it.clock, it.id));
            if let Some(oldest) = oldest.map(|(target, _)| *target) {
                self.pins.remove(&oldest);
            }
        }
        self.touch(Touched::Pins);
        self.view_changed = true;
    }

    /// The pinned messages, the last pinned first.
    pub(super) fn pinned(&self) -> Vec<MessageId> {
        let mut pins: Vec<_> = self.pins.iter().filter(|(_, pin)| pin.on).collect();
        order::sort_by_key(&mut pins, |(_, pin)| {
            core::cmp::Reverse((pin.clock, pin.id))
        });
        pins.into_iter().map(|(target, _)| *target).collect()
    }

    fn send_amendment(&mut self, target: MessageId, deed: Deed, step: &mut Step<'_>) {
        let content = Content::Amend {
            target,
            deed: deed.clone(),
        };
        if let Some(sent) = self.send(content, Body::Silent, step) {
            let amendment = Amendment {
                id: sent.id,
                target,
                author: self.me,
                at: sent.sent_at,
                clock: sent.clock,
                deed,
            };
            self.take_amendment(amendment, step);
        }
    }

    /// An amendment is here, a member's or one's own.
    pub(super) fn take_amendment(&mut self, amendment: Amendment, step: &mut Step<'_>) {
        let target = amendment.target;
        // What somebody may still lack is here in memory, and written from here.
        let entry = self.outbox.get_mut(&target);
        if let Some(entry) = entry.filter(|entry| entry.view.body != Body::Silent) {
            if entry.view.amend(&amendment) {
                let view = entry.view.clone();
                self.touch(Touched::Outbox(target));
                self.store_message(&view, step);
            }
            return;
        }
        let author = amendment.author;
        self.touch(Touched::Amendment(amendment.id));
        self.amendments.insert(amendment.id, amendment);
        self.limit_amendments(author);
        self.recall(target, step);
    }

    fn limit_amendments(&mut self, author: MemberId) {
        let theirs = self
            .amendments
            .iter()
            .filter(|(_, amendment)| amendment.author == author);
        if theirs.clone().count() > MAX_PENDING_EACH {
            let oldest = theirs.min_by_key(|(id, amendment)| (amendment.clock, **id));
            if let Some(oldest) = oldest.map(|(id, _)| *id) {
                self.amendments.remove(&oldest);
                self.touch(Touched::Amendment(oldest));
            }
        }
    }

    /// Asks the storage for a message, once at a time.
    pub(super) fn recall(&mut self, message: MessageId, step: &mut Step<'_>) {
        if self.recalls.asked.insert(message) {
            let group = self.id;
            step.after.push(Output::Recall { group, message });
        }
    }

    /// After a start: asks for the messages that amendments wait for.
    pub(super) fn recall_all(&mut self, step: &mut Step<'_>) {
        let targets = self.amendments.values().map(|amendment| amendment.target);
        let read = self.seen.told.keys().copied();
        for target in Set::from_iter(targets.chain(read)) {
            self.recall(target, step);
        }
    }

    /// The storage has answered; `None`: it doesn't have the message.
    pub(crate) fn recalled(
        &mut self,
        message: MessageId,
        view: Option<MessageView>,
        step: &mut Step<'_>,
    ) {
        // Without a question this is from before the message was deleted here.
        if !self.recalls.asked.remove(&message) {
            return;
        }
        let hide = self.recalls.to_hide.remove(&message);
        let mut view = view.filter(|view| view.group == self.id);
        let read = self.take_readers(message, view.as_mut());
        let Some(mut view) = view else {
            return;
        };
        if hide {
            self.erase(&view, step);
        } else if self.amend_waiting(&mut view) || read {
            self.store_message(&view, step);
        }
    }

    /// Applies what came for a message before it could be. Says whether it looks different now.
    pub(super) fn amend_waiting(&mut self, view: &mut MessageView) -> bool {
        let waiting = self
            .amendments
            .iter()
            .filter(|(_, amendment)| amendment.target == view.id)
            .map(|(id, _)| *id);
        let mut changed = false;
        for id in waiting.collect::<Vec<_>>() {
            if let Some(amendment) = self.amendments.remove(&id) {
                changed |= view.amend(&amendment);
                self.touch(Touched::Amendment(id));
            }
        }
        changed
    }

    /// Lets go of amendments whose message never came.
    pub(super) fn expire_amendments(&mut self, now: Timestamp) {
        let old = self
            .amendments
            .iter()
            .filter(|(_, amendment)| now.since(amendment.at) >= PENDING_LIFETIME)
            .map(|(id, _)| *id);
        for id in old.collect::<Vec<_>>() {
            self.amendments.remove(&id);
            self.touch(Touched::Amendment(id));
        }
    }

    /// Deletes a message on this device only.
    pub(crate) fn hide_message(&mut self, message: MessageId, step: &mut Step<'_>) {
        let here = self.outbox.get(&message).map(|entry| entry.view.clone());
        match here {
            Some(view) => self.erase(&view, step),
            None => {
                self.recalls.to_hide.insert(message);
                self.recall(message, step);
            }
        }
    }

    /// Takes a row out of the history.
    pub(super) fn erase(&mut self, view: &MessageView, step: &mut Step<'_>) {
        step.changes.delete(StoreName::Messages, view.record_key());
        let place = RecordKey::named(Some(self.id), view.id.0);
        step.changes.delete(StoreName::Places, place);
        self.forget_expiry(view.id);
        self.forget_unseen(view.id);
        self.forget_files(view.id, step);
        // An answer that is on its way must not bring it back.
        self.recalls.asked.remove(&view.id);
        self.recalls.to_hide.remove(&view.id);
        if let Some(entry) = self.outbox.get_mut(&view.id) {
            // Those who lack it still get it, but it is written down no more.
            entry.view.body = Body::Silent;
            entry.view.amended = None;
            self.touch(Touched::Outbox(view.id));
        }
        if self.pins.remove(&view.id).is_some() {
            self.touch(Touched::Pins);
            self.view_changed = true;
        }
        step.event(Event::MessageGone {
            group: self.id,
            message: view.id,
        });
    }
}
