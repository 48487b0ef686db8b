//! Frames on their way out: the queue, pairwise frames, and one's own sender chain.

use std::collections::{BTreeMap, BTreeSet};

use super::Group;
use super::records::{Distribution, Queued, Target, Touched};
use crate::client::batch::Step;
use crate::client::uplink::Outgoing;
use crate::ids::{
    ChainId, ConnectionId, MILLIS_PER_DAY, MILLIS_PER_SECOND, Mailbox, MemberId, MessageId,
    Timestamp, TransmitId,
};
use crate::pairwise::{Channel, PairwiseKind, PeerKeys};
use crate::sender_keys::{ChainScope, OwnChain, SealedDistribution};

/// How long relays keep a queued frame, and so how long it is worth repeating, in milliseconds.
pub(super) const QUEUE_LIFETIME: u64 = 7 * MILLIS_PER_DAY;
/// How long a relay may hold a frame that is meant for now, in seconds.
const LIVE_EXPIRY_SECONDS: u32 = 60;
/// Own chains whose sealed distribution messages are kept for resending: a week of daily rotation.
const MAX_DISTRIBUTIONS: usize = 8;

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

    /// Present members but oneself.
    pub(super) fn others(&self) -> Vec<MemberId> {
        self.log
            .state()
            .members
            .keys()
            .copied()
            .filter(|member| *member != self.me)
            .collect()
    }

    /// Puts a frame into the queue and on every open connection.
    pub(super) fn enqueue(
        &mut self,
        frame: Vec<u8>,
        targets: BTreeSet<Target>,
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
        let remaining = queued.expires.since(step.now) / MILLIS_PER_SECOND;
        let expiry_seconds = u32::try_from(remaining).unwrap_or(u32::MAX).max(1);
        for target in &queued.targets {
            let mailbox = match target {
                Target::Member(member) => self.prekeys.get(member).map(|known| known.open.mailbox),
                Target::Mailbox(mailbox) => Some(*mailbox),
            };
            let Some(mailbox) = mailbox else { continue };
            let outgoing = Outgoing {
                mailbox,
                bytes: &queued.frame,
                queued: true,
                expiry_seconds,
            };
            for id in self.uplink.send(outgoing, only, step) {
                self.in_flight.insert(id, (number, *target));
            }
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
            self.uplink.close(true, step);
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
                self.enqueue(frame, BTreeSet::from([Target::Member(to)]), None, step)
            }
            (Urgency::Live, Some(mailbox)) => self.send_live(mailbox, &frame, step),
            (Urgency::Live, None) => return false,
        }
        true
    }

    /// Makes sure that one's own chain is for the present roster and still young, and that everybody has it.
    pub(super) fn prepare_chain(&mut self, step: &mut Step<'_>) {
        let roster_hash = self.log.state().roster_hash();
        let usable = self.own.as_ref().is_some_and(|own| {
            own.scope().roster_hash == roster_hash && !own.needs_rotation(step.now)
        });
        if !usable {
            self.rotate(step);
        }
        self.distribute(step);
    }

    /// Starts a new chain. Its distribution messages follow with [`Group::distribute`].
    pub(super) fn rotate(&mut self, step: &mut Step<'_>) {
        self.meta.generation += 1;
        let scope = ChainScope {
            group: self.id,
            sender: self.me,
            generation: self.meta.generation,
            roster_hash: self.log.state().roster_hash(),
            heads: self.log.heads(),
            heads_hash: self.log.heads_hash(),
        };
        let own = OwnChain::new(scope, step.now, step.rng);
        self.distributions.insert(
            own.id(),
            Distribution {
                generation: self.meta.generation,
                created: step.now,
                sealed: BTreeMap::new(),
                acked: BTreeSet::new(),
            },
        );
        self.touch(Touched::Distribution(own.id()));
        self.own = Some(own);
        self.touch(Touched::OwnChain);
        self.touch(Touched::Meta);
        while self.distributions.len() > MAX_DISTRIBUTIONS {
            let oldest = self
                .distributions
                .iter()
                .min_by_key(|(_, distribution)| distribution.generation)
                .map(|(id, _)| *id);
            let Some(oldest) = oldest else { break };
            self.distributions.remove(&oldest);
            self.touch(Touched::Distribution(oldest));
        }
    }

    /// Hands the current chain to every present member that doesn't have it and whose prekeys are known.
    pub(super) fn distribute(&mut self, step: &mut Step<'_>) {
        let Some(own) = self.own.as_ref() else { return };
        let id = own.id();
        let others = self.others();
        let mut complete = true;
        for member in &others {
            let Some(distribution) = self.distributions.get(&id) else {
                return;
            };
            if distribution.sealed.contains_key(member) {
                continue;
            }
            let Some(known) = self.prekeys.get(member) else {
                complete = false;
                continue;
            };
            let Some(Ok(sealed)) = self
                .own
                .as_ref()
                .map(|own| own.seal_distribution(&known.open.xwing, step.rng))
            else {
                complete = false;
                continue;
            };
            if let Some(distribution) = self.distributions.get_mut(&id) {
                distribution.sealed.insert(*member, sealed.into());
            }
            self.touch(Touched::Distribution(id));
            self.send_distribution(id, *member, step);
        }
        if complete && let Some(own) = self.own.as_mut() {
            own.finish_distribution();
            self.touch(Touched::OwnChain);
        }
    }

    /// Sends (again) the sealed distribution message that was made for a member.
    pub(super) fn send_distribution(
        &mut self,
        chain: ChainId,
        member: MemberId,
        step: &mut Step<'_>,
    ) {
        let sealed = self
            .distributions
            .get(&chain)
            .and_then(|distribution| distribution.sealed.get(&member));
        let Some(sealed) = sealed.map(|sealed| sealed.to_vec()) else {
            return;
        };
        let body = SealedDistribution { chain, sealed }.encode();
        self.send_pairwise(member, PairwiseKind::Skdm, &body, Urgency::Queued, step);
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
