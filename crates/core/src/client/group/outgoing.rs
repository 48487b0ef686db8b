//! Frames on their way out: the queue, and pairwise frames.

use crate::sorted::Set;

use super::Group;
use super::records::{Queued, Standing, Target, Touched};
use crate::client::batch::Step;
use crate::client::uplink::Outgoing;
use crate::ids::{
    ConnectionId, MILLIS_PER_DAY, MILLIS_PER_SECOND, Mailbox, MemberId, MessageId, Timestamp,
    TransmitId,
};
use crate::pairwise::{Channel, PairwiseKind, PeerKeys};

/// How long relays keep a queued frame, and so how long it is worth repeating, in milliseconds.
pub(super) const QUEUE_LIFETIME: u64 = 7 * MILLIS_PER_DAY;
/// How long a relay may hold a frame that is meant for now, in seconds.
const LIVE_EXPIRY_SECONDS: u32 = 60;

/// Whether a frame waits for an absent receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Urgency {
    /// Stored here until a relay has it, and there until the receiver has it.
    Queued,
    /// For whoever is there now.
    Live,
}

impl Group {
    pub(super) fn mailbox_of(&self, member: MemberId) -> Option<Mailbox> {
        self.prekeys.get(&member).map(|known| known.open.mailbox)
    }

    /// Present members but oneself. Of a forked group, those of before the fork, without who made it.
    pub(super) fn others(&self) -> Vec<MemberId> {
        let fork_by = self.log.state().forked.then_some(self.log.state().creator);
        self.roster()
            .members
            .keys()
            .copied()
            .filter(|member| *member != self.me && Some(*member) != fork_by)
            .collect()
    }

    /// Puts a frame into the queue and on every open connection.
    pub(super) fn enqueue(
        &mut self,
        frame: Vec<u8>,
        targets: Set<Target>,
        message: Option<MessageId>,
        step: &mut Step<'_>,
    ) {
        let number = self.meta.next_queued;
        self.meta.next_queued += 1;
        self.queue.insert(
            number,
            Queued {
                frame,
                targets,
                expires: step.now.plus(QUEUE_LIFETIME),
                message,
            },
        );
        self.touch(Touched::Meta);
        self.touch(Touched::Queue(number));
        self.transmit(number, None, step);
    }

    /// Sends everything that waits, oldest first: all of it over a connection that has just opened, or what concerns
    /// one member whose mailbox has just become known.
    pub(super) fn flush_queue(&mut self, only: Option<ConnectionId>, step: &mut Step<'_>) {
        let numbers: Vec<_> = self.queue.keys().copied().collect();
        for number in numbers {
            self.transmit(number, only, step);
        }
    }

    fn transmit(&mut self, number: u64, only: Option<ConnectionId>, step: &mut Step<'_>) {
        let Some(queued) = self.queue.get(&number) else {
            return;
        };
        let frame = queued.frame.clone();
        for target in queued.targets.clone() {
            if !self.hand_to_link(number, target, &frame, step) {
                self.transmit_to_mailbox(number, target, only, step);
            }
        }
    }

    pub(super) fn transmit_to_mailbox(
        &mut self,
        number: u64,
        target: Target,
        only: Option<ConnectionId>,
        step: &mut Step<'_>,
    ) {
        let mailbox = match target {
            Target::Member(member) => self.mailbox_of(member),
            Target::Mailbox(mailbox) => Some(mailbox),
        };
        let (Some(queued), Some(mailbox)) = (self.queue.get(&number), mailbox) else {
            return;
        };
        let remaining = queued.expires.since(step.now) / MILLIS_PER_SECOND;
        let outgoing = Outgoing {
            mailbox,
            bytes: &queued.frame,
            queued: true,
            expiry_seconds: u32::try_from(remaining).unwrap_or(u32::MAX).max(1),
        };
        for id in self.uplink.send(outgoing, only, step) {
            self.in_flight.insert(id, (number, target));
        }
    }

    /// Sends a frame to whoever listens at a mailbox now.
    pub(super) fn send_live(&mut self, mailbox: Mailbox, frame: &[u8], step: &mut Step<'_>) {
        let outgoing = Outgoing {
            mailbox,
            bytes: frame,
            queued: false,
            expiry_seconds: LIVE_EXPIRY_SECONDS,
        };
        self.uplink.send(outgoing, None, step);
    }

    /// A relay took responsibility for a frame.
    pub(crate) fn accepted(&mut self, transmit: TransmitId, step: &mut Step<'_>) {
        let Some((number, target)) = self.in_flight.remove(&transmit) else {
            return;
        };
        self.reached(number, target, step);
    }

    /// A queued frame needn't be sent to this target any more.
    pub(super) fn reached(&mut self, number: u64, target: Target, step: &mut Step<'_>) {
        self.forget_target(number, target);
        self.after_queue_change(step);
    }

    /// A relay refused a frame for good.
    pub(crate) fn refused(&mut self, transmit: TransmitId, step: &mut Step<'_>) {
        let Some((number, _)) = self.in_flight.remove(&transmit) else {
            return;
        };
        let message = self.queue.remove(&number).and_then(|queued| queued.message);
        self.touch(Touched::Queue(number));
        if let Some(message) = message {
            self.message_failed(message, step);
        }
        self.after_queue_change(step);
    }

    /// Nothing more goes to this member.
    pub(super) fn drop_target(&mut self, member: MemberId) {
        let numbers: Vec<_> = self.queue.keys().copied().collect();
        for number in numbers {
            self.forget_target(number, Target::Member(member));
        }
    }

    fn forget_target(&mut self, number: u64, target: Target) {
        let Some(queued) = self.queue.get_mut(&number) else {
            return;
        };
        if !queued.targets.remove(&target) || !queued.targets.is_empty() {
            // The record is rewritten only when it ends: sending to some twice after a crash costs less than a write
            // for each of them, and receivers drop doubles.
            return;
        }
        if let Some(message) = self.queue.remove(&number).and_then(|queued| queued.message) {
            self.accepted_by_relay.push(message);
        }
        self.touch(Touched::Queue(number));
    }

    /// Draws the conclusions of frames that left the queue.
    pub(super) fn after_queue_change(&mut self, step: &mut Step<'_>) {
        for message in core::mem::take(&mut self.accepted_by_relay) {
            self.message_sent(message, step);
        }
        if !self.is_member() && self.queue.is_empty() {
            // The relay's session is the other device's, too.
            self.uplink
                .close(self.meta.standing != Standing::Aside, step);
            self.view_changed = true;
        }
    }

    /// Seals a pairwise frame. `None` when the member's prekeys aren't known (they come with the next sync).
    pub(super) fn seal(
        &mut self,
        to: MemberId,
        kind: PairwiseKind,
        body: &[u8],
    ) -> Option<Vec<u8>> {
        let keys = self.keys.as_ref()?;
        let card = self.card_of(to)?;
        let curve25519 = card.olm;
        let peer = PeerKeys {
            member: to,
            curve25519,
            prekeys: self.prekeys.get(&to).map(|known| &known.open),
        };
        let channel = self
            .channels
            .entry(to)
            .or_insert_with(|| Channel::new(curve25519));
        let frame = channel
            .seal(&keys.device, self.me, &peer, kind, self.id, body)
            .ok()?;
        self.touched.insert(Touched::Channel(to));
        Some(frame)
    }

    /// Seals a pairwise frame and sends it. False when the member's prekeys aren't known.
    pub(super) fn send_pairwise(
        &mut self,
        to: MemberId,
        kind: PairwiseKind,
        body: &[u8],
        urgency: Urgency,
        step: &mut Step<'_>,
    ) -> bool {
        if urgency == Urgency::Live && !self.uplink.is_up() {
            return false;
        }
        let Some(frame) = self.seal(to, kind, body) else {
            return false;
        };
        match (urgency, self.mailbox_of(to)) {
            (Urgency::Queued, _) => {
                self.enqueue(frame, Set::from_iter([Target::Member(to)]), None, step)
            }
            (Urgency::Live, Some(mailbox)) => self.send_live(mailbox, &frame, step),
            (Urgency::Live, None) => return false,
        }
        true
    }

    /// Takes frames out of the queue that no relay would keep any more.
    pub(super) fn expire_queue(&mut self, now: Timestamp) {
        let old: Vec<_> = self
            .queue
            .iter()
            .filter(|(_, queued)| queued.expires <= now)
            .map(|(number, _)| *number)
            .collect();
        for number in old {
            self.queue.remove(&number);
            self.touch(Touched::Queue(number));
        }
    }
}
