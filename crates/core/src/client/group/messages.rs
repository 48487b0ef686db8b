//! Messages: written here, arriving, and the rows of history that they become.

use super::records::{Archived, OutboxEntry, Target, Touched, Waiting};
use super::{Group, synchronise};
use crate::chat::{Amendment, Body, Content, Delivery, MAX_PARENTS, MessageView, Parcel, Payload};
use crate::client::batch::Step;
use crate::ids::{ChainId, MILLIS_PER_MINUTE, MILLIS_PER_SECOND, MemberId, MessageId, Timestamp};
use crate::io::{Alarm, Event, Refusal};
use crate::order;
use crate::sender_keys::{Message, OpenError};
use crate::sorted::Set;
use crate::store::{Order, RecordKey, StoreName};
use crate::wire::{self, FrameKind, limits};

/// How far a sender's clock may run ahead of this device's before it is corrected for display, in milliseconds.
const MAX_CLOCK_LEAD: u64 = 5 * MILLIS_PER_MINUTE;
/// Most messages kept while their chain is unknown: after an absence all that a relay held may come before any key does.
const MAX_WAITING: usize = 1_000;
/// Most unknown chains that messages wait for: each is asked for at every member.
const MAX_WANTED: usize = 100;
/// Most bytes of those messages.
const MAX_WAITING_BYTES: usize = 1024 * 1024;
/// How long after a message of an unknown chain its key is asked for: it is usually right behind, in milliseconds.
const CHAIN_GRACE: u64 = 2 * MILLIS_PER_SECOND;
/// Envelopes kept to serve members that miss them.
const MAX_ARCHIVE: usize = 500;

impl Group {
    /// Writes a text to the group, perhaps in answer to another message.
    pub(crate) fn send_text(
        &mut self,
        text: &str,
        reply_to: Option<MessageId>,
        step: &mut Step<'_>,
    ) {
        let trimmed = text.trim_end();
        if trimmed.trim().is_empty() || trimmed.len() > limits::MAX_TEXT {
            return step.refuse(Some(self.id), Refusal::Text);
        }
        let text = trimmed.to_owned();
        let body = Body::Text(text.clone());
        self.send(Content::Text { text, reply_to }, body, step);
    }

    /// Sends something to the group; `body` is the row of history that it becomes. `None` when that can't be.
    pub(super) fn send(
        &mut self,
        content: Content,
        body: Body,
        step: &mut Step<'_>,
    ) -> Option<MessageView> {
        let refusal = if !self.is_member() {
            Some(Refusal::NotMember)
        } else if self.log.state().forked {
            Some(Refusal::NotAllowed)
        } else if !self.may_send() {
            Some(Refusal::Alarm)
        } else {
            None
        };
        if let Some(reason) = refusal {
            step.refuse(Some(self.id), reason);
            return None;
        }
        self.prepare_chain(step);
        let (kind, bytes) = content.encode();
        let lifetime = Some(self.timer()).filter(|seconds| *seconds > 0);
        let (reply_to, lifetime) = match content {
            Content::Text { reply_to, .. } => (reply_to, lifetime),
            Content::Files(Parcel { reply_to, .. }) => (reply_to, lifetime),
            _ => (None, None),
        };
        let clock = step
            .now
            .max(self.meta.clock.plus(1))
            .max(self.after_newest(&content));
        let mut parents = self.meta.parents.clone();
        order::sort(&mut parents);
        let payload = Payload {
            sent_at: step.now,
            heads_hash: self.log.heads_hash(),
            roster_hash: self.log.state().roster_hash(),
            parents,
            clock,
            kind,
            body: bytes,
            lifetime,
        };
        let r = step.random();
        let own = self.own.as_mut()?;
        let (chain, index) = (own.id(), own.next_index());
        let Ok((id, frame)) = own.encrypt(&payload.encode(), r) else {
            step.refuse(Some(self.id), Refusal::Text);
            return None;
        };
        self.touch(Touched::OwnChain);
        let recipients = Set::from_iter(self.others());
        let order = match body {
            Body::Silent => Order::default(),
            _ => self.next_order(clock),
        };
        let delivery = if recipients.is_empty() {
            Delivery::Sent
        } else {
            Delivery::Pending
        };
        let view = MessageView {
            group: self.id,
            id,
            author: self.me,
            sent_at: step.now,
            clock,
            order,
            body,
            delivery,
            delivered_to: Vec::new(),
            recipients: Some(recipients.iter().copied().collect()),
            reply_to,
            lifetime,
            amended: None,
            seen_by: None,
        };
        self.note_seen(id, clock.min(step.now.plus(MAX_CLOCK_LEAD)));
        self.store_new(&view, step);
        self.keep_in_archive(chain, index, &frame);
        if !recipients.is_empty() {
            let targets = Set::from_iter(recipients.iter().copied().map(Target::Member));
            self.outbox.insert(
                id,
                OutboxEntry {
                    view: view.clone(),
                    chain,
                    index,
                    recipients,
                },
            );
            self.touch(Touched::Outbox(id));
            self.enqueue(frame, targets, Some(id), step);
        }
        Some(view)
    }

    /// Writes a new row, where it can be found by its id, and shows it.
    fn store_new(&mut self, view: &MessageView, step: &mut Step<'_>) {
        if view.body != Body::Silent {
            let place = RecordKey::named(Some(self.id), view.id.0);
            step.changes
                .put(StoreName::Places, place, wire::encode(&view.order));
            self.note_expiry(view, step.now);
            self.store_message(view, step);
        }
    }

    /// Writes the history record of a row and shows it.
    pub(super) fn store_message(&mut self, view: &MessageView, step: &mut Step<'_>) {
        if view.body == Body::Silent {
            return;
        }
        if view.body == Body::Deleted {
            self.forget_files(view.id, step);
        }
        step.changes
            .put(StoreName::Messages, view.record_key(), view.encode_record());
        step.event(Event::Message(Box::new(view.clone())));
    }

    /// A place for a new row of history.
    pub(super) fn next_order(&mut self, clock: Timestamp) -> Order {
        self.meta.counter += 1;
        self.touch(Touched::Meta);
        Order {
            day: clock.day(),
            counter: self.meta.counter,
        }
    }

    fn note_seen(&mut self, id: MessageId, clock: Timestamp) {
        self.meta.clock = self.meta.clock.max(clock);
        self.meta.parents.push(id);
        if self.meta.parents.len() > MAX_PARENTS {
            self.meta.parents.remove(0);
        }
        self.touch(Touched::Meta);
    }

    /// Takes a sender-key message: shows it, keeps it until it can be read, or drops it.
    pub(super) fn on_message(&mut self, frame: &[u8], body: &[u8], step: &mut Step<'_>) {
        let Ok(message) = Message::parse(body) else {
            self.count_bad_frame(step.now);
            return;
        };
        if self
            .own
            .as_ref()
            .is_some_and(|own| own.id() == message.chain)
            || self.distributions.contains_key(&message.chain)
        {
            return;
        }
        let Some(chain) = self.chains.get(&message.chain) else {
            return self.keep_for_later(message.chain, None, frame.to_vec(), message.id, step);
        };
        let sender = chain.sender();
        if !self.may_still_write(sender, message.chain, chain.generation(), message.index) {
            return;
        }
        let opened = match chain.open(&message) {
            Ok(opened) => opened,
            Err(OpenError::Replay) => {
                // The sender may have missed the first receipt.
                return self.owe_receipt(sender, message.chain, step.now);
            }
            Err(_) => {
                self.count_bad_frame(step.now);
                return;
            }
        };
        let Ok(payload) = Payload::decode(&opened.payload) else {
            self.count_bad_frame(step.now);
            return;
        };
        let Some(content) = Content::of(&payload) else {
            self.count_bad_frame(step.now);
            return;
        };
        if let Some(chain) = self.chains.get_mut(&message.chain) {
            // The step was made from this very state a moment ago.
            if chain.commit(opened.step, step.now).is_err() {
                return;
            }
        }
        self.touch(Touched::Chain(message.chain));
        self.limit_skipped();
        let latest = step.now.plus(MAX_CLOCK_LEAD);
        let clock = payload.clock.min(latest);
        self.note_seen(message.id, clock);
        let sent_at = payload.sent_at.min(latest);
        let lifetime = payload.lifetime;
        let row = MessageView {
            sent_at,
            ..MessageView::new(self.id, message.id, sender, clock, Body::Silent)
        };
        self.take_content(content, payload.clock, lifetime, row, step);
        self.keep_in_archive(message.chain, message.index, frame);
        self.owe_receipt(sender, message.chain, step.now);
        if payload.heads_hash != self.log.heads_hash() {
            self.ask_for_news(sender, step);
        } else if payload.roster_hash != self.log.state().roster_hash() {
            // One log has one meaning: this is a defect, or somebody wants to know who believes it.
            self.raise(Alarm::RostersDiffer { member: sender }, step);
        }
    }

    /// Does what a message asks for. `row` is the row it would be. Which of two changes counts is told by the clocks as
    /// they were written: where they are capped depends on the reader's own.
    fn take_content(
        &mut self,
        content: Content,
        clock: Timestamp,
        lifetime: Option<u32>,
        mut row: MessageView,
        step: &mut Step<'_>,
    ) {
        let id = row.id;
        row.body = match content {
            Content::Text { text, reply_to } => {
                row.reply_to = reply_to;
                Body::Text(text)
            }
            Content::Files(Parcel {
                text,
                reply_to,
                files,
            }) => {
                row.reply_to = reply_to;
                let files = self.take_files(files, id, row.author, step);
                Body::Files { text, files }
            }
            Content::Unknown { kind, body } => Body::Unknown { kind, body },
            Content::Timer(seconds) => {
                self.take_timer(seconds, clock, id);
                Body::TimerSet { seconds }
            }
            Content::Pin { target, on } => return self.take_pin(target, clock, id, on),
            Content::Amend { target, deed } => {
                let amendment = Amendment {
                    id,
                    target,
                    author: row.author,
                    at: row.sent_at,
                    clock,
                    deed,
                };
                return self.take_amendment(amendment, step);
            }
        };
        row.order = self.next_order(row.clock);
        row.lifetime = lifetime;
        if let (None, Some(seconds)) = (self.meta.timer, lifetime) {
            // Who came after it was set learns it so.
            self.take_timer(seconds, clock, id);
        }
        self.amend_waiting(&mut row);
        if !matches!(row.body, Body::TimerSet { .. } | Body::Deleted) {
            self.note_unseen(id, row.author, step);
            self.meta.unread = self.meta.unread.saturating_add(1);
            self.view_changed = true;
        }
        self.store_new(&row, step);
    }

    /// Whether a message of this chain and index may be shown: its sender is present, or wrote it before its end.
    fn may_still_write(
        &self,
        sender: MemberId,
        chain: ChainId,
        generation: u64,
        index: u32,
    ) -> bool {
        let state = self.roster();
        if state.members.contains_key(&sender) {
            return true;
        }
        let former = state.former.get(&sender);
        former.is_some_and(|former| {
            former
                .cuts
                .iter()
                .all(|cut| cut.allows_message(&chain, generation, index))
        })
    }

    /// Keeps what can't be read yet, within limits, and sees to it that the key is asked for.
    pub(super) fn keep_for_later(
        &mut self,
        chain: ChainId,
        from: Option<MemberId>,
        bytes: Vec<u8>,
        id: MessageId,
        step: &mut Step<'_>,
    ) {
        let held: usize = self
            .waiting
            .values()
            .map(|waiting| waiting.bytes.len())
            .sum();
        let is_one_too_many =
            from.is_none() && !self.wanted.contains_key(&chain) && self.wanted.len() >= MAX_WANTED;
        let is_full = self.waiting.len() >= MAX_WAITING || held + bytes.len() > MAX_WAITING_BYTES;
        if is_full || is_one_too_many {
            self.count_bad_frame(step.now);
            return;
        }
        self.waiting.insert(
            id.0,
            Waiting {
                received: step.now,
                chain,
                distribution_from: from,
                bytes,
            },
        );
        self.touch(Touched::Waiting(id.0));
        if from.is_none() {
            self.wanted
                .entry(chain)
                .or_insert(Some(step.now.plus(CHAIN_GRACE)));
        }
    }

    /// Reads what had to wait for a chain, now that it is known.
    pub(super) fn retry_waiting(&mut self, chain: ChainId, step: &mut Step<'_>) {
        self.wanted.remove(&chain);
        let ready: Vec<_> = self
            .waiting
            .iter()
            .filter(|(_, waiting)| waiting.chain == chain && waiting.distribution_from.is_none())
            .map(|(hash, waiting)| (*hash, waiting.bytes.clone()))
            .collect();
        for (hash, frame) in ready {
            self.waiting.remove(&hash);
            self.touch(Touched::Waiting(hash));
            if let Some((_, body)) = frame.split_first() {
                self.on_message(&frame, body, step);
            }
        }
    }

    pub(super) fn keep_in_archive(&mut self, chain: ChainId, index: u32, frame: &[u8]) {
        debug_assert_eq!(frame.first(), Some(&FrameKind::Message.byte()));
        self.archive.insert(
            (chain, index),
            Archived {
                age: self.meta.counter,
                frame: frame.to_vec(),
            },
        );
        self.touch(Touched::Archive(chain, index));
        while self.archive.len() > MAX_ARCHIVE {
            let oldest = self
                .archive
                .iter()
                .min_by_key(|(_, archived)| archived.age)
                .map(|(key, _)| *key);
            let Some(oldest) = oldest else { break };
            self.archive.remove(&oldest);
            self.touch(Touched::Archive(oldest.0, oldest.1));
        }
    }

    /// The person has seen everything.
    pub(crate) fn mark_read(&mut self, now: Timestamp) {
        self.start_expiry(now);
        if self.meta.unread != 0 {
            self.meta.unread = 0;
            self.touch(Touched::Meta);
            self.view_changed = true;
        }
    }

    /// Keeps the composer's text.
    pub(crate) fn save_draft(&mut self, text: String) {
        if self.draft != text && text.len() <= 4 * limits::MAX_TEXT {
            self.draft = text;
            self.touch(Touched::Draft);
        }
    }

    pub(crate) fn draft(&self) -> &str {
        &self.draft
    }

    /// A peer wrote with other heads than ours: bring each other up to date, but not for every message of a burst.
    pub(super) fn ask_for_news(&mut self, peer: MemberId, step: &mut Step<'_>) {
        if synchronise::is_first_in(synchronise::ASK_INTERVAL, &mut self.asked, peer, step.now) {
            self.send_vector(peer, step);
        }
    }
}
