//! Frames that arrive: what they are, whom they are from, and which part of the group they concern.

use super::Group;
use super::outgoing::Urgency;
use super::records::Touched;
use crate::client::batch::Step;
use crate::identity::Card;
use crate::ids::{ChainId, Mailbox, MemberId, MessageId, Timestamp};
use crate::io::Alarm;
use crate::membership::{Cut, heads_hash};
use crate::order;
use crate::pairwise::{Channel, OpenError, Opened, PairwiseFrame, PairwiseKind};
use crate::sender_keys::{Distribution, MAX_CHAINS_PER_SENDER, SealedDistribution, Verdict};
use crate::sorted::Set;
use crate::sync::{self, ChainRef};
use crate::wire::{self, FrameKind, labels, limits};

/// Chains asked for at once when a member comes; the rest follows by sync.
const MAX_ASKED_CHAINS: usize = 16;

impl Group {
    /// Takes one frame from a relay. Whatever is wrong with it, the worst that happens is that it is dropped.
    pub(crate) fn received(&mut self, mailbox: Mailbox, bytes: &[u8], step: &mut Step<'_>) {
        if !self.is_member() {
            return;
        }
        match wire::split_frame(bytes) {
            Ok((FrameKind::Message, body)) => self.on_message(bytes, body, step),
            Ok((FrameKind::Pairwise, body)) => self.on_pairwise(body, step),
            Ok((FrameKind::JoinRequest, body)) => self.on_join_request(mailbox, body, step),
            Ok((FrameKind::Presence, body)) => self.on_presence(mailbox, body, step),
            Err(_) => {
                self.count_bad_frame(step.now);
            }
        }
    }

    /// The card of a present or former member, or of one whose admission didn't count: it has to be told.
    pub(super) fn card_of(&self, member: MemberId) -> Option<Card> {
        let card = self.roster().stay(&member).map(|info| info.card.clone());
        card.or_else(|| self.log.void_card(&member))
    }

    fn on_presence(&mut self, mailbox: Mailbox, body: &[u8], step: &mut Step<'_>) {
        let Ok(token) = sync::decode_presence(body) else {
            return;
        };
        let is_of = |member: &MemberId| {
            let own = self.mailbox_of(*member);
            own.is_some_and(|own| sync::presence_mailbox(&own) == mailbox)
        };
        let Some(member) = self.others().into_iter().find(is_of) else {
            return;
        };
        if self.present.get(&member) == Some(&token) {
            self.present.remove(&member);
            self.view_changed = true;
        }
        self.on_will(member, token, step);
    }

    pub(super) fn on_pairwise(&mut self, body: &[u8], step: &mut Step<'_>) {
        let Some((from, opened)) = self.open_pairwise(body, step) else {
            return;
        };
        self.touch(Touched::Channel(from));
        if opened.opens_session {
            self.touch(Touched::Device);
        }
        let present = self.roster().members.contains_key(&from);
        match opened.kind {
            PairwiseKind::Sync => self.on_sync(from, &opened.body, step),
            // What a former member wrote before its end may arrive after the news of it; the cut tells which that is.
            PairwiseKind::Skdm => self.on_distribution(from, &opened.body, step),
            // Otherwise who is out may still learn that (by sync), and is not listened to.
            _ if !present => {}
            PairwiseKind::SkdmAck => {
                if let Ok(reference) = wire::decode::<ChainRef>(&opened.body, limits::MAX_FRAME)
                    && let Some(distribution) = self.distributions.get_mut(&reference.chain)
                    && distribution.sealed.contains_key(&from)
                    && distribution.acked.insert(from)
                {
                    self.touch(Touched::Distribution(reference.chain));
                }
            }
            PairwiseKind::ResendReq => {
                if let Ok(reference) = wire::decode::<ChainRef>(&opened.body, limits::MAX_FRAME) {
                    self.send_distribution(reference.chain, from, step);
                }
            }
            PairwiseKind::Receipt => match sync::decode_receipt(&opened.body) {
                Ok(receipt) => {
                    self.take_receipt(from, &receipt.chains, step);
                    self.take_seen(from, &receipt.seen.unwrap_or_default(), step);
                }
                Err(_) => {
                    self.count_bad_frame(step.now);
                }
            },
            PairwiseKind::Call => self.on_call(from, opened.counter, &opened.body, step),
            PairwiseKind::Link => self.on_link_signal(from, opened.counter, &opened.body, step),
            PairwiseKind::File => self.on_file_note(from, &opened.body, step),
            // Of a join that is over.
            PairwiseKind::JoinReply => {}
        }
    }

    fn open_pairwise(&mut self, body: &[u8], step: &mut Step<'_>) -> Option<(MemberId, Opened)> {
        let frame = PairwiseFrame::parse(body).ok();
        let known =
            frame.and_then(|frame| self.card_of(frame.from()).map(|card| (card.olm, frame)));
        let (Some((curve25519, frame)), Some(keys)) = (known, self.keys.as_mut()) else {
            self.count_bad_frame(step.now);
            return None;
        };
        let from = frame.from();
        let channel = self
            .channels
            .entry(from)
            .or_insert_with(|| Channel::new(curve25519));
        let lost = match channel.open(
            &mut keys.device,
            &frame,
            &curve25519,
            self.me,
            from,
            self.id,
        ) {
            Ok(opened) => return Some((from, opened)),
            Err(OpenError::PrekeyGone(session)) => Some(Some(session)),
            Err(OpenError::NoSession) => Some(None),
            Err(OpenError::Behind) => {
                self.count_bad_frame(step.now);
                self.answer_behind(from, step);
                return None;
            }
            Err(_) => None,
        };
        // It may be a double, or the peer may have lost its sessions, or we ours: a new one, rarely, settles it.
        let renew = lost.is_some_and(|lost| channel.renew(step.now, lost));
        if self.count_bad_frame(step.now) && renew {
            self.touch(Touched::Channel(from));
            self.send_vector(from, step);
        }
        None
    }

    /// Takes another member's sender key, or keeps it until the log says whom it was made for.
    fn on_distribution(&mut self, from: MemberId, body: &[u8], step: &mut Step<'_>) {
        let Ok(sealed) = SealedDistribution::decode(body) else {
            self.count_bad_frame(step.now);
            return;
        };
        let chain = sealed.chain;
        if self.chains.contains_key(&chain) {
            return self.acknowledge_chain(from, chain, step);
        }
        let Some(distribution) = self.open_distribution(&sealed) else {
            self.count_bad_frame(step.now);
            return;
        };
        let Some(then) = self.log.state_at(distribution.heads()) else {
            let id = MessageId(wire::hash(labels::MESSAGE_ID, &[body]));
            self.keep_for_later(chain, Some(from), body.to_vec(), id, step);
            self.note_newer(distribution.heads(), step.now);
            self.ask_for_news(from, step);
            return;
        };
        if !self.may_still_distribute(from, chain) {
            self.count_bad_frame(step.now);
            return;
        }
        let generation = distribution.generation();
        let both = then.members.contains_key(&from) && then.members.contains_key(&self.me);
        let hash = heads_hash(distribution.heads());
        let accepted = distribution.accept(&self.id, &from, &then.roster_hash(), &hash);
        let (true, Ok(accepted)) = (both, accepted) else {
            self.count_bad_frame(step.now);
            return;
        };
        let generations = self.generations.entry(from).or_default();
        match generations.judge(generation, &chain) {
            Verdict::New => generations.record(generation, chain),
            // Had before, and dropped since: an old distribution revives nothing.
            Verdict::Equivocation => {
                self.count_bad_frame(step.now);
                return self.raise(Alarm::TwoKeys { member: from }, step);
            }
            Verdict::Known | Verdict::Old => {
                self.count_bad_frame(step.now);
                return;
            }
        }
        self.touch(Touched::Generations(from));
        self.chains.insert(chain, accepted);
        self.touch(Touched::Chain(chain));
        self.drop_oldest_chains(from);
        self.acknowledge_chain(from, chain, step);
        self.retry_waiting(chain, step);
    }

    /// Whether a new chain of a member is taken: it is present, or the chain is the one that its end names.
    fn may_still_distribute(&self, from: MemberId, chain: ChainId) -> bool {
        let state = self.log.state();
        let named = |cuts: &[Cut]| cuts.iter().all(|cut| cut.names_chain(&chain));
        state.members.contains_key(&from)
            || state.former.get(&from).is_some_and(|it| named(&it.cuts))
    }

    fn open_distribution(&self, sealed: &SealedDistribution) -> Option<Distribution> {
        self.keys.as_ref()?.device.open_distribution(sealed).ok()
    }

    fn acknowledge_chain(&mut self, to: MemberId, chain: ChainId, step: &mut Step<'_>) {
        let body = wire::encode(&ChainRef { chain });
        self.send_pairwise(to, PairwiseKind::SkdmAck, &body, Urgency::Queued, step);
    }

    fn drop_oldest_chains(&mut self, sender: MemberId) {
        loop {
            let mut of_sender: Vec<_> = self
                .chains
                .values()
                .filter(|chain| chain.sender() == sender)
                .map(|chain| (chain.generation(), chain.id()))
                .collect();
            if of_sender.len() <= MAX_CHAINS_PER_SENDER {
                return;
            }
            order::sort(&mut of_sender);
            let Some((_, id)) = of_sender.first().copied() else {
                return;
            };
            self.chains.remove(&id);
            self.touch(Touched::Chain(id));
        }
    }

    /// Distribution messages that waited for the log, tried again after it grew.
    pub(super) fn retry_distributions(&mut self, step: &mut Step<'_>) {
        let ready: Vec<_> = self
            .waiting
            .iter()
            .filter_map(|(hash, waiting)| {
                waiting
                    .distribution_from
                    .map(|from| (*hash, from, waiting.clone()))
            })
            .collect();
        for (hash, from, before) in ready {
            self.waiting.remove(&hash);
            self.touch(Touched::Waiting(hash));
            self.on_distribution(from, &before.bytes, step);
            if let Some(again) = self.waiting.get_mut(&hash) {
                // It doesn't get younger by waiting on.
                again.received = before.received;
            }
        }
    }

    /// Asks a member that has just come for chains that messages still wait for: an earlier request may have got lost.
    pub(super) fn ask_for_waiting_chains(&mut self, member: MemberId, step: &mut Step<'_>) {
        let messages = self
            .waiting
            .values()
            .filter(|waiting| waiting.distribution_from.is_none());
        let chains = Set::from_iter(messages.map(|waiting| waiting.chain));
        for chain in chains.into_iter().take(MAX_ASKED_CHAINS) {
            let body = wire::encode(&ChainRef { chain });
            self.send_pairwise(member, PairwiseKind::ResendReq, &body, Urgency::Live, step);
        }
    }

    /// Asks everybody who is there for chains whose messages arrived without their key. Only the owner answers.
    pub(super) fn ask_for_wanted_chains(&mut self, step: &mut Step<'_>) {
        let now: Timestamp = step.now;
        let due: Vec<_> = self
            .wanted
            .iter()
            .filter(|(_, due)| due.is_some_and(|due| due <= now))
            .map(|(chain, _)| *chain)
            .collect();
        for chain in due {
            // Asked once; the next connect brings the next chance by sync.
            self.wanted.insert(chain, None);
            let body = wire::encode(&ChainRef { chain });
            for member in self.others() {
                self.send_pairwise(
                    member,
                    PairwiseKind::ResendReq,
                    &body,
                    Urgency::Queued,
                    step,
                );
            }
        }
    }
}
