//! Bringing each other up to date: hello, vector, data.

use crate::sorted::{Map, Set};

use super::Group;
use super::delivery::chain_have;
use super::outgoing::Urgency;
use super::records::{Known, Target, Touched};
use crate::client::batch::Step;
use crate::identity::SignedPrekeys;
use crate::ids::{MILLIS_PER_MINUTE, MILLIS_PER_SECOND, MemberId, OpId, Timestamp};
use crate::io::Alarm;
use crate::membership::{AuthorTip, Inserted, State};
use crate::order;
use crate::pairwise::{Channel, PairwiseKind};
use crate::sender_keys::Generations;
use crate::sync::{self, ChainHave, PrekeysHave, Sync};
use crate::wire;

/// Shortest time between two vectors to one peer because of what it wrote, in milliseconds.
pub(super) const ASK_INTERVAL: u64 = 2 * MILLIS_PER_SECOND;
/// Shortest time between two such proofs to one who is out and still talks, in milliseconds.
const TELL_INTERVAL: u64 = MILLIS_PER_MINUTE;
/// Most bytes of ops served in answer to one vector; the rest follows the next one.
const MAX_SERVED_OPS: usize = 1024 * 1024;
/// Most messages served in answer to one vector; the rest follows the next one.
const MAX_SERVED: usize = 200;
/// Most bytes of answers to one member's vectors that go out at once, and of more in every millisecond since: more than a
/// whole log and every message that is kept. Whoever asks for the same again and again must not have one send it that often.
const SERVED_AT_ONCE: u64 = 16 * 1024 * 1024;
const SERVED_A_MILLISECOND: u64 = 128;
/// Most chains named in one vector, newest first: more are older than any relay keeps.
const MAX_VECTOR_CHAINS: usize = 200;

impl Group {
    /// Tells every other member that one is here, live only.
    pub(super) fn say_hello(&mut self, step: &mut Step<'_>) {
        if !self.is_member() {
            return;
        }
        for member in self.others() {
            self.send_hello(member, false, step);
        }
    }

    fn send_hello(&mut self, to: MemberId, answer: bool, step: &mut Step<'_>) {
        let hello = Sync::Hello {
            heads: self.log.few_heads(),
            token: self.token,
            answer,
        };
        self.send_pairwise(
            to,
            PairwiseKind::Sync,
            &wire::encode(&hello),
            Urgency::Live,
            step,
        );
        self.introduce(to, step);
    }

    /// Sends one's own prekeys to a peer of which nothing was ever heard. It may have none of one's own, and so not know where
    /// to answer: the sponsor who should have passed them on may be gone.
    fn introduce(&mut self, to: MemberId, step: &mut Step<'_>) {
        let heard = self.channels.get(&to).is_some_and(Channel::is_confirmed);
        let own = self.prekeys.get(&self.me);
        if let Some(own) = own.filter(|_| !heard) {
            let data = Sync::Data {
                ops: Vec::new(),
                prekeys: vec![own.signed.clone()],
            };
            let body = wire::encode(&data);
            self.send_pairwise(to, PairwiseKind::Sync, &body, Urgency::Live, step);
        }
    }

    /// Shows the others at once that one goes, rather than when the relay notices.
    pub(super) fn say_goodbye(&mut self, step: &mut Step<'_>) {
        if let Some(mailbox) = self.mailbox_of(self.me) {
            let frame = sync::presence_frame(self.token);
            self.send_live(sync::presence_mailbox(&mailbox), &frame, step);
        }
    }

    /// Tells a peer what one holds, so that it can send the rest.
    pub(super) fn send_vector(&mut self, to: MemberId, step: &mut Step<'_>) {
        let ops = self.log.vector();
        let prekeys = self
            .prekeys
            .iter()
            .map(|(member, known)| PrekeysHave {
                member: *member,
                seq: known.open.seq,
            })
            .collect();
        let mut newest: Vec<_> = self.chains.values().collect();
        order::sort_by_key(&mut newest, |chain| {
            core::cmp::Reverse((chain.created(), chain.id()))
        });
        newest.truncate(MAX_VECTOR_CHAINS);
        let mut chains: Vec<_> = newest.into_iter().map(chain_have).collect();
        order::sort_by_key(&mut chains, |have| have.chain);
        let mut vector = Sync::Vector {
            ops,
            prekeys,
            chains,
            generation: self.highest_generation_of(to),
            profiles: self.profiles_here(),
        };
        let mut encoded = wire::encode(&vector);
        if encoded.len() > sync::MAX_BODY
            && let Sync::Vector { profiles, .. } = &mut vector
        {
            // Of all that it names, this can wait the longest.
            *profiles = None;
            encoded = wire::encode(&vector);
        }
        let vector = encoded;
        if vector.len() <= sync::MAX_BODY {
            self.send_pairwise(to, PairwiseKind::Sync, &vector, Urgency::Live, step);
        }
    }

    /// The highest generation of a member's chains that was seen; 0 for none.
    fn highest_generation_of(&self, member: MemberId) -> u64 {
        let seen = self.generations.get(&member);
        seen.and_then(Generations::highest).unwrap_or(0)
    }

    pub(super) fn on_sync(&mut self, from: MemberId, body: &[u8], step: &mut Step<'_>) {
        let present = self.roster().members.contains_key(&from);
        match sync::decode_sync(body) {
            Ok(Sync::Hello {
                heads,
                token,
                answer,
            }) => {
                if !present {
                    return self.tell_again_about_removal(from, step);
                }
                self.present.insert(from, token);
                self.view_changed = true;
                self.note_heads(&heads, step.now);
                if !answer {
                    self.send_hello(from, true, step);
                }
                self.asked.insert(from, step.now);
                self.send_vector(from, step);
                self.ask_for_waiting_chains(from, step);
                self.member_came(from, token, step);
                self.ask_newcomer_for_files(from, step.now);
            }
            Ok(Sync::Vector {
                ops,
                prekeys,
                chains,
                generation,
                profiles,
            }) => {
                if !present {
                    return self.tell_again_about_removal(from, step);
                }
                self.compare_generation(from, generation, step);
                self.take_receipt(from, &chains, step);
                self.serve(from, &ops, &prekeys, &chains, step);
                self.ask_for_profiles(from, &profiles.unwrap_or_default(), step);
                // It may be the answer to nothing: over a session that replaced one that was lost.
                let tips: Vec<_> = ops.iter().map(|end| end.tip).collect();
                if tips.iter().any(|tip| !self.log.contains(tip)) {
                    self.note_newer(&tips, step.now);
                    self.ask_for_news(from, step);
                }
            }
            Ok(Sync::Data { ops, prekeys }) => {
                let ops: Vec<_> = ops.iter().map(|op| op.to_vec()).collect();
                self.take_news(&ops, &prekeys, step);
            }
            Ok(Sync::Refounded { code }) => {
                if present {
                    self.on_refounded(from, code, step);
                }
            }
            Ok(Sync::Profiles { profiles }) => {
                for signed in &profiles {
                    self.take_profile(signed, step);
                }
            }
            Ok(Sync::WantProfiles { members }) => {
                if present {
                    self.serve_profiles(from, &members, step);
                }
            }
            Ok(Sync::Declined { member, invite }) => self.on_declined(from, member, invite, step),
            Err(_) => {
                self.count_bad_frame(step.now);
            }
        }
    }

    /// Sends a peer what its vector shows it lacks, unless it was sent too much already.
    fn serve(
        &mut self,
        to: MemberId,
        ops: &[AuthorTip],
        prekeys: &[PrekeysHave],
        chains: &[ChainHave],
        step: &mut Step<'_>,
    ) {
        let Some(paid) = paid_up(self.served.get(&to), step.now) else {
            return;
        };
        let mut bytes = 0;
        let ops = self.log.newer_than(ops, MAX_SERVED_OPS);
        let newer: Vec<SignedPrekeys> = self
            .prekeys
            .iter()
            .filter(|(member, known)| {
                prekeys
                    .iter()
                    .find(|have| have.member == **member)
                    .is_none_or(|have| have.seq < known.open.seq)
            })
            .map(|(_, known)| known.signed.clone())
            .collect();
        if !ops.is_empty() || !newer.is_empty() {
            for (ops, prekeys) in sync::parts(ops, newer) {
                let body = wire::encode(&Sync::Data { ops, prekeys });
                bytes += body.len();
                self.send_pairwise(to, PairwiseKind::Sync, &body, Urgency::Live, step);
            }
        }
        let missing: Vec<_> = self
            .archive
            .iter()
            .filter(|((chain, index), _)| {
                self.was_for(*chain, to)
                    && chains
                        .iter()
                        .find(|have| have.chain == *chain)
                        .is_none_or(|have| !have.contains(*index))
            })
            .map(|(_, archived)| archived.frame.clone())
            .take(MAX_SERVED)
            .collect();
        if let Some(mailbox) = self.mailbox_of(to) {
            for frame in missing {
                bytes += frame.len();
                self.send_live(mailbox, &frame, step);
            }
        }
        let cost = bytes as u64 / SERVED_A_MILLISECOND;
        self.served.insert(to, paid.plus(cost));
    }

    /// Whether a chain was handed to a member: only then are its messages of any use to it.
    fn was_for(&self, chain: crate::ids::ChainId, member: MemberId) -> bool {
        if let Some(distribution) = self.distributions.get(&chain) {
            return distribution.sealed.contains_key(&member);
        }
        self.chains.get(&chain).is_some_and(|known| {
            known.sender() != member
                && self
                    .log
                    .state_at(known.heads())
                    .is_some_and(|then| then.members.contains_key(&member))
        })
    }

    /// Takes ops and prekeys, whoever sent them: their signatures speak for themselves.
    pub(super) fn take_news(
        &mut self,
        ops: &[Vec<u8>],
        prekeys: &[SignedPrekeys],
        step: &mut Step<'_>,
    ) {
        self.insert_ops(ops.iter().map(Vec::as_slice), step);
        let mut learnt = false;
        for signed in prekeys {
            learnt |= self.take_prekeys(signed);
            self.look_for_own_prekeys(signed, step);
        }
        if learnt {
            self.update_mailboxes(step);
            self.flush_queue(None, step);
            self.view_changed = true;
        }
        self.distribute(step);
        self.greet_newcomers(step);
    }

    /// Says hello to members that one has just heard of: their own hello may have come too early to be understood.
    fn greet_newcomers(&mut self, step: &mut Step<'_>) {
        for member in core::mem::take(&mut self.newcomers) {
            self.send_hello(member, false, step);
        }
    }

    /// Own prekeys that are newer than this device's own were published before it was set back.
    fn look_for_own_prekeys(&mut self, signed: &SignedPrekeys, step: &mut Step<'_>) {
        let Some(keys) = self.keys.as_ref() else {
            return;
        };
        let newer = |known: &Known| {
            signed.claimed_member() == Ok(self.me)
                && signed
                    .open(&keys.identity.public())
                    .is_ok_and(|open| open.seq > known.open.seq)
        };
        if self.prekeys.get(&self.me).is_some_and(newer) {
            let noticed_by = self.me;
            self.raise(Alarm::SetBack { noticed_by }, step);
        }
    }

    /// Keeps prekeys that are a known member's newest.
    pub(super) fn take_prekeys(&mut self, signed: &SignedPrekeys) -> bool {
        let Some(card) = signed
            .claimed_member()
            .ok()
            .and_then(|member| self.card_of(member))
        else {
            return false;
        };
        let Ok(open) = signed.open(&card.ik) else {
            return false;
        };
        let newest = self
            .prekeys
            .get(&open.member)
            .is_none_or(|known| known.open.seq < open.seq);
        if open.group != self.id || open.member == self.me || !newest {
            return false;
        }
        self.touch(Touched::Prekeys(open.member));
        self.prekeys.insert(
            open.member,
            Known {
                signed: signed.clone(),
                open,
            },
        );
        true
    }

    /// Sends new ops (and prekeys) to every other member, and to one who is out because of them.
    pub(super) fn broadcast(
        &mut self,
        ops: Vec<Vec<u8>>,
        prekeys: Vec<SignedPrekeys>,
        step: &mut Step<'_>,
    ) {
        let parts = sync::parts(ops, prekeys);
        for member in self.others() {
            for (ops, prekeys) in &parts {
                let body = wire::encode(&Sync::Data {
                    ops: ops.clone(),
                    prekeys: prekeys.clone(),
                });
                self.send_pairwise(member, PairwiseKind::Sync, &body, Urgency::Queued, step);
            }
        }
    }

    /// Somebody who is out still talks. The answer is a good deal longer than what it says, so it comes rarely.
    fn tell_again_about_removal(&mut self, member: MemberId, step: &mut Step<'_>) {
        if is_first_in(TELL_INTERVAL, &mut self.told, member, step.now) {
            self.tell_about_removal(member, step);
        }
    }

    /// Sends somebody who is out the ops that show it so, and nothing else.
    pub(super) fn tell_about_removal(&mut self, member: MemberId, step: &mut Step<'_>) {
        let mut ops = self.log.ops_up_to_removal_of(&member);
        if ops.is_empty() {
            ops = self.log.ops_that_void(&member);
        }
        if ops.is_empty() {
            return;
        }
        let Some(mailbox) = self.mailbox_of(member) else {
            return;
        };
        for (ops, prekeys) in sync::parts(ops, Vec::new()) {
            let body = wire::encode(&Sync::Data { ops, prekeys });
            if let Some(frame) = self.seal(member, PairwiseKind::Sync, &body) {
                self.enqueue(
                    frame,
                    Set::from_iter([Target::Mailbox(mailbox)]),
                    None,
                    step,
                );
            }
        }
    }

    /// Makes new prekeys when the old ones are due, with a one-time key for every present member.
    pub(super) fn renew_prekeys_if_due(&mut self, step: &mut Step<'_>) {
        let due = self.is_member()
            && self
                .keys
                .as_ref()
                .is_some_and(|keys| keys.device.needs_rotation(step.now));
        if due {
            self.renew_prekeys(true, step);
        }
    }

    /// Publishes new prekeys; `rotate` also replaces the keys that were published before.
    pub(super) fn renew_prekeys(&mut self, rotate: bool, step: &mut Step<'_>) {
        let others = self.others();
        let Some(known) = self.prekeys.get(&self.me) else {
            return;
        };
        let mailbox = known.open.mailbox;
        let Some(keys) = self.keys.as_mut() else {
            return;
        };
        if rotate {
            keys.device.rotate(step.now, step.rng);
        }
        let open =
            keys.device
                .prekeys(self.id, self.me, &others, mailbox, self.meta.relays.clone());
        let signed = SignedPrekeys::sign(&open, &keys.identity);
        self.prekeys.insert(
            self.me,
            Known {
                signed: signed.clone(),
                open,
            },
        );
        self.touch(Touched::Device);
        self.touch(Touched::Prekeys(self.me));
        if rotate {
            // Whoever had the keys before shall not be able to read on with the chains of before.
            self.retire_chain();
        }
        self.broadcast(Vec::new(), vec![signed], step);
    }

    /// Inserts ops, tells about what they changed, and sends nothing by itself.
    pub(super) fn insert_ops<'a>(
        &mut self,
        ops: impl Iterator<Item = &'a [u8]>,
        step: &mut Step<'_>,
    ) {
        let before = self.log.state().clone();
        let heads = self.log.heads();
        let mut applied: Vec<OpId> = Vec::new();
        for op in ops {
            match self.log.insert(op) {
                Ok(Inserted::New { applied: new }) => applied.extend(new),
                Ok(Inserted::Held | Inserted::Duplicate) => {}
                Err(_) => {
                    self.count_bad_frame(step.now);
                }
            }
        }
        if applied.is_empty() {
            return;
        }
        if self.log.state().forked && !before.forked {
            self.fork_heads = Some(heads);
            self.touch(Touched::ForkHeads);
        }
        self.note_progress();
        self.look_for_own_ops(&applied, step);
        self.write_again(&applied, &before, step);
        for id in applied {
            self.touch(Touched::Op(id));
        }
        self.after_log_change(&before, step);
    }

    /// What one did as an admin and a checkpoint had not seen, one does again.
    fn write_again(&mut self, came: &[OpId], before: &State, step: &mut Step<'_>) {
        let Some(keys) = self.keys.as_ref() else {
            return;
        };
        let mut written = Vec::new();
        for body in self.log.to_reissue(&self.me, came, before) {
            if let Ok((id, bytes)) = self.log.author(&keys.identity, body) {
                self.touched.insert(Touched::Op(id));
                written.push(bytes);
            }
        }
        if !written.is_empty() {
            self.broadcast(written, Vec::new(), step);
        }
    }
}

/// From when on what a member is sent next has to be made up for, if it is until `until` for what it was sent; `None` while
/// that is too much. A clock that was set back counts as time that has passed.
fn paid_up(until: Option<&Timestamp>, now: Timestamp) -> Option<Timestamp> {
    const LONGEST: u64 = SERVED_AT_ONCE / SERVED_A_MILLISECOND;
    let until = until.copied().unwrap_or(now).max(now);
    match until.since(now) {
        // One answer takes less than what goes out at once.
        ahead if ahead >= 2 * LONGEST => Some(now),
        ahead => (ahead < LONGEST).then_some(until),
    }
}

/// Whether something is done for a member for the first time in an interval; if so, notes that it is. A clock that was
/// set back counts as time that has passed.
pub(super) fn is_first_in(
    interval: u64,
    last: &mut Map<MemberId, Timestamp>,
    member: MemberId,
    now: Timestamp,
) -> bool {
    let recently = |at: &Timestamp| now >= *at && now.since(*at) < interval;
    if last.get(&member).is_some_and(recently) {
        return false;
    }
    last.insert(member, now);
    true
}
