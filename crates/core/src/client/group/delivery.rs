//! Who has what: receipts that are owed, and the states of one's own messages.

use super::outgoing::{QUEUE_LIFETIME, Urgency};
use super::records::{Target, Touched};
use super::{Group, Standing};
use crate::chat::Delivery;
use crate::client::batch::Step;
use crate::ids::{ChainId, MILLIS_PER_DAY, MemberId, MessageId, Timestamp};
use crate::io::Refusal;
use crate::order;
use crate::pairwise::PairwiseKind;
use crate::sender_keys::{MAX_SKIPPED_PER_GROUP, PeerChain, SKIPPED_LIFETIME};
use crate::sorted::Set;
use crate::sync::{ChainHave, Range, Receipt};
use crate::wire;

/// Receipts of a burst travel together: how long the first of them waits, in milliseconds.
const RECEIPT_DELAY: u64 = 40;
/// How long a frame of an unknown chain is kept, in milliseconds.
const WAITING_LIFETIME: u64 = MILLIS_PER_DAY;

impl Group {
    pub(super) fn owe_receipt(&mut self, to: MemberId, chain: ChainId, now: Timestamp) {
        self.receipts.entry(to).or_default().insert(chain);
        self.receipts_due.get_or_insert(now.plus(RECEIPT_DELAY));
    }

    pub(super) fn send_due_receipts(&mut self, step: &mut Step<'_>) {
        if self.receipts_due.is_none_or(|due| due > step.now) {
            return;
        }
        self.receipts_due = None;
        for (member, chains) in core::mem::take(&mut self.receipts) {
            let chains = chains
                .into_iter()
                .filter_map(|chain| self.have(chain))
                .collect();
            let body = wire::encode(&Receipt { chains, seen: None });
            if self.log.state().members.contains_key(&member) {
                self.send_pairwise(member, PairwiseKind::Receipt, &body, Urgency::Queued, step);
            }
        }
    }

    pub(super) fn have(&self, chain: ChainId) -> Option<ChainHave> {
        self.chains.get(&chain).map(chain_have)
    }

    /// A member says what it holds of one's own chains.
    pub(super) fn take_receipt(
        &mut self,
        from: MemberId,
        chains: &[ChainHave],
        step: &mut Step<'_>,
    ) {
        let confirmed: Vec<_> = self
            .outbox
            .iter()
            .filter(|(_, entry)| {
                entry.recipients.contains(&from) && !entry.view.delivered_to.contains(&from)
            })
            .filter(|(_, entry)| {
                chains
                    .iter()
                    .any(|have| have.chain == entry.chain && have.contains(entry.index))
            })
            .map(|(id, _)| *id)
            .collect();
        for id in confirmed {
            if let Some(entry) = self.outbox.get_mut(&id) {
                entry.view.delivered_to.push(from);
                order::sort(&mut entry.view.delivered_to);
            }
            self.settle(id, true, step);
        }
    }

    /// Recomputes an own message's state; forgets it once everybody has it.
    pub(super) fn settle(&mut self, id: MessageId, changed: bool, step: &mut Step<'_>) {
        let Some(entry) = self.outbox.get_mut(&id) else {
            return;
        };
        let everybody = entry
            .recipients
            .iter()
            .all(|member| entry.view.delivered_to.contains(member));
        let before = entry.view.delivery;
        if everybody {
            entry.view.delivery = Delivery::Delivered;
        } else if changed
            && before == Delivery::Pending
            && !entry.view.delivered_to.is_empty()
            && self.uplink.is_up()
        {
            // Somebody has it, so a relay had it, whether or not its word reached us. Without a relay it went over a link,
            // and for the others it still waits here.
            entry.view.delivery = Delivery::Sent;
        }
        if !changed && entry.view.delivery == before {
            return;
        }
        let view = entry.view.clone();
        if everybody {
            self.outbox.remove(&id);
        }
        self.touch(Touched::Outbox(id));
        self.store_message(&view, step);
    }

    /// A relay has the message for everybody it was written to.
    pub(super) fn message_sent(&mut self, id: MessageId, step: &mut Step<'_>) {
        self.set_delivery(
            id,
            &[Delivery::Pending, Delivery::Failed],
            Delivery::Sent,
            step,
        );
    }

    pub(super) fn message_failed(&mut self, id: MessageId, step: &mut Step<'_>) {
        self.set_delivery(
            id,
            &[Delivery::Pending, Delivery::Sent],
            Delivery::Failed,
            step,
        );
    }

    fn set_delivery(
        &mut self,
        id: MessageId,
        from: &[Delivery],
        to: Delivery,
        step: &mut Step<'_>,
    ) {
        let Some(entry) = self.outbox.get_mut(&id) else {
            return;
        };
        if !from.contains(&entry.view.delivery) {
            return;
        }
        entry.view.delivery = to;
        let view = entry.view.clone();
        self.touch(Touched::Outbox(id));
        self.store_message(&view, step);
    }

    /// Sends a failed message again: the same bytes under the same id, so that nobody can get it twice.
    pub(crate) fn retry(&mut self, id: MessageId, step: &mut Step<'_>) {
        if !self.is_member() {
            return step.refuse(Some(self.id), Refusal::NotMember);
        }
        let Some(entry) = self.outbox.get(&id) else {
            return;
        };
        let missing = entry
            .recipients
            .iter()
            .filter(|member| !entry.view.delivered_to.contains(member));
        let targets = Set::from_iter(missing.copied().map(Target::Member));
        let Some(frame) = self
            .archive
            .get(&(entry.chain, entry.index))
            .map(|archived| archived.frame.clone())
        else {
            return;
        };
        self.set_delivery(
            id,
            &[Delivery::Failed, Delivery::Unknown],
            Delivery::Pending,
            step,
        );
        self.enqueue(frame, targets, Some(id), step);
    }

    /// A member is gone: nobody waits for it any more.
    pub(super) fn stop_waiting_for(&mut self, member: MemberId, step: &mut Step<'_>) {
        self.drop_target(member);
        let ids: Vec<_> = self.outbox.keys().copied().collect();
        for id in ids {
            let removed = self
                .outbox
                .get_mut(&id)
                .is_some_and(|entry| entry.recipients.remove(&member));
            if removed {
                self.touch(Touched::Outbox(id));
                self.settle(id, false, step);
            }
        }
        self.after_queue_change(step);
    }

    /// One is no member any more: what wasn't sent never will be.
    pub(super) fn fail_unsent(&mut self, step: &mut Step<'_>) {
        debug_assert_ne!(self.meta.standing, Standing::Member);
        let ids: Vec<_> = self.outbox.keys().copied().collect();
        for id in ids {
            self.set_delivery(id, &[Delivery::Pending], Delivery::Failed, step);
            self.outbox.remove(&id);
            self.touch(Touched::Outbox(id));
        }
    }

    /// Lets go of what has become too old.
    pub(super) fn expire(&mut self, step: &mut Step<'_>) {
        let now = step.now;
        self.expire_queue(now);
        let doubtful: Vec<_> = self
            .outbox
            .iter()
            .filter(|(_, entry)| now.since(entry.view.sent_at) >= QUEUE_LIFETIME)
            .map(|(id, _)| *id)
            .collect();
        for id in doubtful {
            self.set_delivery(
                id,
                &[Delivery::Pending, Delivery::Sent],
                Delivery::Unknown,
                step,
            );
        }
        let old: Vec<_> = self
            .waiting
            .iter()
            .filter(|(_, waiting)| now.since(waiting.received) >= WAITING_LIFETIME)
            .map(|(hash, _)| *hash)
            .collect();
        for hash in old {
            self.waiting.remove(&hash);
            self.touch(Touched::Waiting(hash));
        }
        let waited_for = Set::from_iter(self.waiting.values().map(|waiting| waiting.chain));
        self.wanted.retain(|chain, _| waited_for.contains(chain));
        self.drop_skipped(now);
        self.expire_amendments(now);
        self.settle_requests(step);
        self.renew_prekeys_if_due(step);
        self.after_queue_change(step);
    }

    fn drop_skipped(&mut self, now: Timestamp) {
        let oldest = Timestamp(now.0.saturating_sub(SKIPPED_LIFETIME));
        for (id, chain) in &mut self.chains {
            let before = chain.skipped_len();
            chain.drop_skipped_before(oldest);
            if chain.skipped_len() != before {
                self.touched.insert(Touched::Chain(*id));
            }
        }
        self.limit_skipped();
    }

    /// Keeps the group's skipped message keys within their limit, oldest chains first.
    pub(super) fn limit_skipped(&mut self) {
        let mut excess = self
            .chains
            .values()
            .map(PeerChain::skipped_len)
            .sum::<usize>()
            .saturating_sub(MAX_SKIPPED_PER_GROUP);
        while excess > 0 {
            let oldest = self
                .chains
                .iter_mut()
                .filter(|(_, chain)| chain.skipped_len() > 0)
                .min_by_key(|(_, chain)| chain.created());
            let Some((id, chain)) = oldest else { break };
            let count = chain.skipped_len().min(excess);
            chain.drop_oldest_skipped(count);
            excess -= count;
            self.touched.insert(Touched::Chain(*id));
        }
    }
}

/// What one has of a chain, as told to others.
pub(super) fn chain_have(chain: &PeerChain) -> ChainHave {
    let ranges = chain
        .received_ranges()
        .into_iter()
        .map(|(from, to)| Range { from, to })
        .collect();
    ChainHave {
        chain: chain.id(),
        ranges,
    }
}
