//! A join that is under way: the joiner's side, from the opened link to the first look at the log.

use crate::sorted::Map;

use minicbor::bytes::ByteVec;
use zeroize::Zeroize;

use super::batch::Step;
use super::group::{Group, Keys, Known, Meta};
use super::uplink::{Outgoing, Pace, Uplink};
use crate::identity::{Card, IdentityKey, SignedCard, SignedPrekeys, approval_code};
use crate::ids::{
    ClientId, ConnectionId, InviteId, MILLIS_PER_MINUTE, MILLIS_PER_SECOND, Mailbox, MemberId,
    Timestamp,
};
use crate::invite::{InviteKeys, JoinProof, JoinRequest, Link, seal_join_request};
use crate::io::{Event, JoinState, JoinView, RelayProblem};
use crate::membership::Log;
use crate::pairwise::{Channel, Device, PairwiseFrame, PairwiseKind};
use crate::store::{RecordKey, StoreName};
use crate::sync::JoinReply;
use crate::wire::record;
use crate::wire::{self, DecodeError, FrameKind, limits};

/// After how long without an answer the page says that it waits for somebody, in milliseconds.
const PATIENCE: u64 = 6 * MILLIS_PER_SECOND;
/// How long a refusal waits for another member's yes before it is believed, in milliseconds.
const SECOND_OPINION: u64 = 3 * MILLIS_PER_SECOND;
/// First pause before a request is sent once more, in milliseconds; it doubles each time.
const FIRST_REPEAT: u64 = 30 * MILLIS_PER_SECOND;
/// Longest such pause, in milliseconds.
const LONGEST_REPEAT: u64 = 10 * MILLIS_PER_MINUTE;
/// Frames kept for after the join: what eager members send before the log arrives.
const MAX_EARLY: usize = 200;
/// Largest stored join: the parts of a log and the early frames.
const MAX_RECORD: usize = 8 * 1024 * 1024;

/// What is stored of a join.
#[derive(Clone)]
struct JoinRecord {
    secret: [u8; 32],
    group: crate::ids::GroupId,
    fingerprint: [u8; 32],
    group_name: String,
    inviter_name: String,
    expires: Timestamp,
    relays: Vec<String>,
    seed: [u8; 32],
    device: Vec<u8>,
    card: SignedCard,
    prekeys: SignedPrekeys,
    mailbox: Mailbox,
    client: ClientId,
    request: Vec<u8>,
    asked: Timestamp,
    early: Vec<ByteVec>,
    /// Somebody who decides about it has seen the request.
    seen: Option<bool>,
}

record!(JoinRecord {
    secret: bytes,
    group,
    fingerprint: bytes,
    group_name,
    inviter_name,
    expires,
    relays,
    seed: bytes,
    device: bytes,
    card,
    prekeys,
    mailbox,
    client,
    request: bytes,
    asked,
    early,
    seen,
});

impl Drop for JoinRecord {
    fn drop(&mut self) {
        self.secret.zeroize();
        self.seed.zeroize();
        self.device.zeroize();
    }
}

/// A join that waits for its answer.
pub(crate) struct PendingJoin {
    invite: InviteId,
    record: JoinRecord,
    me: MemberId,
    join_mailbox: Mailbox,
    uplink: Uplink,
    state: JoinState,
    repeat_at: Timestamp,
    pause: u64,
    waiting_at: Option<Timestamp>,
    /// What a member answered, and when that is believed.
    turned_away: Option<(JoinState, Timestamp)>,
}

impl PendingJoin {
    /// Makes identity and request for an invite. `None` if the request doesn't fit a frame, which no valid name causes.
    pub(crate) fn begin(link: &Link, name: &str, step: &mut Step<'_>) -> Option<Self> {
        let keys = InviteKeys::derive(&link.secret);
        let identity = IdentityKey::generate(step.rng);
        let me = identity.member_id();
        let mut device = Device::generate(step.rng, step.now);
        let card = Card {
            group: link.group,
            ik: identity.public(),
            olm: device.curve25519(),
            name: name.to_owned(),
            created: step.now,
        };
        let card = SignedCard::sign(&card, &identity);
        let mailbox = Mailbox(step.random());
        let prekeys = device.prekeys(link.group, me, &[], mailbox, link.relays.clone());
        let prekeys = SignedPrekeys::sign(&prekeys, &identity);
        let proof = JoinProof::new(&link.group, &keys, &card, &identity, step.now);
        let request = JoinRequest::new(card.clone(), prekeys.clone(), proof);
        let request = seal_join_request(keys.join_box(), &request, step.rng).ok()?;
        let record = JoinRecord {
            secret: *link.secret,
            group: link.group,
            fingerprint: link.fingerprint,
            group_name: link.group_name.clone(),
            inviter_name: link.inviter_name.clone(),
            expires: link.expires,
            relays: link.relays.clone(),
            seed: *identity.seed(),
            device: device.encode().to_vec(),
            card,
            prekeys,
            mailbox,
            client: ClientId(step.random()),
            request,
            asked: step.now,
            early: Vec::new(),
            seen: None,
        };
        let join = Self::resume(record, me, &keys, step);
        join.store(step);
        Some(join)
    }

    fn resume(record: JoinRecord, me: MemberId, keys: &InviteKeys, step: &mut Step<'_>) -> Self {
        let mut uplink = Uplink::new(&record.relays, record.client, step);
        uplink.set_mailboxes([record.mailbox].into(), step);
        Self {
            invite: keys.id(),
            me,
            join_mailbox: keys.mailbox(),
            uplink,
            state: record
                .seen
                .map_or(JoinState::Joining, |_| JoinState::WaitingForApproval),
            repeat_at: step.now,
            pause: FIRST_REPEAT,
            waiting_at: Some(step.now.plus(PATIENCE)),
            turned_away: None,
            record,
        }
    }

    /// Reads a stored join.
    ///
    /// # Errors
    /// [`DecodeError`] when it is damaged.
    pub(crate) fn restore(value: &[u8], step: &mut Step<'_>) -> Result<Self, DecodeError> {
        let record: JoinRecord = wire::decode(value, MAX_RECORD)?;
        Device::decode(&record.device)?;
        let keys = InviteKeys::derive(&record.secret);
        let me = IdentityKey::from_seed(&record.seed).member_id();
        Ok(Self::resume(record, me, &keys, step))
    }

    pub(crate) fn record_name(invite: InviteId) -> RecordKey {
        RecordKey::named(None, [b"join/".as_slice(), &invite.0].concat())
    }

    fn store(&self, step: &mut Step<'_>) {
        step.changes.put(
            StoreName::Secrets,
            Self::record_name(self.invite),
            wire::encode_secret(&self.record),
        );
    }

    pub(crate) fn invite(&self) -> InviteId {
        self.invite
    }

    pub(crate) fn group(&self) -> crate::ids::GroupId {
        self.record.group
    }

    pub(crate) fn owns(&self, connection: ConnectionId) -> bool {
        self.uplink.owns(connection)
    }

    pub(crate) fn start(&mut self, step: &mut Step<'_>) {
        self.uplink.open_all([0; 16], step);
        self.tell(step);
    }

    pub(crate) fn tell(&self, step: &mut Step<'_>) {
        step.event(Event::Join(self.view(self.state)));
    }

    pub(crate) fn view(&self, state: JoinState) -> JoinView {
        JoinView {
            invite: self.invite,
            mailbox: self.join_mailbox,
            group_name: self.record.group_name.clone(),
            inviter_name: self.record.inviter_name.clone(),
            code: approval_code(&self.record.card.hash()),
            state,
            relay: self.uplink.state(),
        }
    }

    pub(crate) fn relay_opened(&mut self, connection: ConnectionId, step: &mut Step<'_>) {
        self.uplink.opened(connection, step);
        self.ask(step);
        self.tell(step);
    }

    pub(crate) fn relay_closed(
        &mut self,
        connection: ConnectionId,
        reason: RelayProblem,
        step: &mut Step<'_>,
    ) {
        self.uplink.closed(connection, reason, Pace::Usual, step);
        self.tell(step);
    }

    pub(crate) fn wake(&mut self, step: &mut Step<'_>) {
        self.uplink.wake([0; 16], step);
    }

    pub(crate) fn network_lost(&mut self, step: &mut Step<'_>) {
        self.uplink.network_lost(step);
        self.tell(step);
    }

    fn ask(&mut self, step: &mut Step<'_>) {
        let remaining = self.record.expires.since(step.now) / MILLIS_PER_SECOND;
        let outgoing = Outgoing {
            mailbox: self.join_mailbox,
            bytes: &self.record.request,
            queued: true,
            expiry_seconds: u32::try_from(remaining).unwrap_or(u32::MAX).max(60),
        };
        self.uplink.send(outgoing, None, step);
        self.repeat_at = step.now.plus(self.pause);
        self.pause = (self.pause * 2).min(LONGEST_REPEAT);
    }

    /// The answer, once it is time to believe it.
    pub(crate) fn verdict(&self, now: Timestamp) -> Option<JoinState> {
        self.turned_away
            .filter(|(_, at)| *at <= now)
            .map(|(state, _)| state)
    }

    pub(crate) fn timeout(&mut self, step: &mut Step<'_>) {
        if self.uplink.timeout([0; 16], Pace::Usual, step) {
            self.tell(step);
        }
        if self.waiting_at.is_some_and(|at| at <= step.now) {
            self.waiting_at = None;
            if self.state == JoinState::Joining {
                self.state = JoinState::Waiting;
                self.tell(step);
            }
        }
        if self.repeat_at <= step.now && self.uplink.is_up() {
            self.ask(step);
        }
    }

    pub(crate) fn next_timeout(&self) -> Option<Timestamp> {
        let repeat = self.uplink.is_up().then_some(self.repeat_at);
        let believed = self.turned_away.map(|(_, at)| at);
        [
            self.uplink.next_timeout(Pace::Usual),
            self.waiting_at,
            repeat,
            believed,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Ends the join: nothing of it stays.
    pub(crate) fn end(mut self, state: JoinState, step: &mut Step<'_>) {
        self.uplink.close(true, step);
        step.changes
            .delete(StoreName::Secrets, Self::record_name(self.invite));
        step.event(Event::Join(self.view(state)));
    }

    pub(crate) fn shutdown(&mut self, step: &mut Step<'_>) {
        self.uplink.close(false, step);
    }

    /// Takes a frame. `Some` when the join has succeeded. `counter` is the number of the
    /// last history record of an earlier stay.
    pub(crate) fn received(
        &mut self,
        bytes: &[u8],
        counter: u64,
        step: &mut Step<'_>,
    ) -> Option<Joined> {
        let (kind, body) = wire::split_frame(bytes).ok()?;
        if !matches!(kind, FrameKind::Pairwise | FrameKind::Message)
            || self.record.early.len() >= MAX_EARLY
        {
            return None;
        }
        let frame = (kind == FrameKind::Pairwise)
            .then(|| PairwiseFrame::parse(body).ok())
            .flatten();
        if let Some(frame) = &frame
            && let Some(state) = self.read_answer(frame)
        {
            if state == JoinState::WaitingForApproval {
                self.note_seen(step);
                return None;
            }
            // One member's word: another one, who knows more or less, may be about to say yes.
            self.turned_away
                .get_or_insert((state, step.now.plus(SECOND_OPINION)));
            return None;
        }
        self.record.early.push(bytes.to_vec().into());
        let outcome = frame.and_then(|frame| self.try_to_complete(frame.from(), counter, step));
        if outcome.is_none() {
            self.store(step);
        }
        outcome
    }

    fn note_seen(&mut self, step: &mut Step<'_>) {
        if self.state != JoinState::WaitingForApproval {
            self.state = JoinState::WaitingForApproval;
            self.record.seen = Some(true);
            self.store(step);
            self.tell(step);
        }
    }

    /// The device as it was before any frame: opening has to start from there, as parts arrive in any order.
    fn stored_device(&self) -> Option<Device> {
        Device::decode(&self.record.device).ok()
    }

    /// The answer of a member that doesn't let one in, or not yet.
    fn read_answer(&self, frame: &PairwiseFrame) -> Option<JoinState> {
        let (_, _, opened) =
            Channel::open_first(&mut self.stored_device()?, frame, self.me).ok()?;
        if opened.kind != PairwiseKind::JoinReply {
            return None;
        }
        match wire::decode::<JoinReply>(&opened.body, limits::MAX_FRAME).ok()? {
            JoinReply::Refused => Some(JoinState::Refused),
            JoinReply::Used => Some(JoinState::Used),
            JoinReply::Seen => Some(JoinState::WaitingForApproval),
            JoinReply::Declined => Some(JoinState::Declined),
            JoinReply::Welcome { .. } => None,
        }
    }

    /// Reads every part that one sponsor has sent so far; done when they add up to a log that holds oneself.
    fn try_to_complete(
        &self,
        sponsor: MemberId,
        counter: u64,
        step: &mut Step<'_>,
    ) -> Option<Joined> {
        let mut device = self.stored_device()?;
        let mut session: Option<(Channel, [u8; 32])> = None;
        let mut ops: Vec<Vec<u8>> = Vec::new();
        let mut prekeys: Vec<SignedPrekeys> = Vec::new();
        let mut complete = false;
        let mut early: Vec<Vec<u8>> = Vec::new();
        for bytes in &self.record.early {
            let frame = wire::split_frame(bytes)
                .ok()
                .filter(|(kind, _)| *kind == FrameKind::Pairwise)
                .and_then(|(_, body)| PairwiseFrame::parse(body).ok())
                .filter(|frame| frame.from() == sponsor);
            let opened = frame.and_then(|frame| match session.as_mut() {
                None => {
                    let (channel, key, opened) =
                        Channel::open_first(&mut device, &frame, self.me).ok()?;
                    session = Some((channel, key));
                    Some(opened)
                }
                Some((channel, key)) => channel
                    .open(
                        &mut device,
                        &frame,
                        key,
                        self.me,
                        sponsor,
                        self.record.group,
                    )
                    .ok(),
            });
            let Some(opened) = opened else {
                early.push(bytes.to_vec());
                continue;
            };
            let reply = (opened.kind == PairwiseKind::JoinReply)
                .then(|| wire::decode::<JoinReply>(&opened.body, limits::MAX_FRAME));
            if let Some(Ok(JoinReply::Welcome {
                ops: more,
                prekeys: of,
                last,
            })) = reply
            {
                ops.extend(more.iter().map(|op| op.to_vec()));
                prekeys.extend(of);
                complete |= last;
            }
        }
        if !complete {
            return None;
        }
        let (channel, key) = session?;
        let log = self.read_log(&ops)?;
        let state = log.state();
        let vouched = state
            .members
            .get(&sponsor)
            .is_some_and(|info| info.card.olm == key);
        if !vouched || !state.members.contains_key(&self.me) {
            return None;
        }
        let channels = Map::from_iter([(sponsor, channel)]);
        let group = self.found(log, device, channels, &prekeys, counter, step)?;
        Some(Joined {
            group: Box::new(group),
            early,
        })
    }

    /// The log, if it is the one that the link promised.
    fn read_log(&self, ops: &[Vec<u8>]) -> Option<Log> {
        // The sponsor is a stranger still: nothing of what it sends is taken on trust.
        let log = Log::receive(ops).ok()?;
        let state = log.state();
        let inviter = state.invites.get(&self.invite)?.by;
        let card_hash = state.stay(&inviter)?.card_hash;
        let promised = state.group == self.record.group
            && Link::fingerprint_of(&state.group, &card_hash) == self.record.fingerprint;
        promised.then_some(log)
    }

    fn found(
        &self,
        log: Log,
        device: Device,
        channels: Map<MemberId, Channel>,
        prekeys: &[SignedPrekeys],
        counter: u64,
        step: &mut Step<'_>,
    ) -> Option<Group> {
        let identity = IdentityKey::from_seed(&self.record.seed);
        let own = Known {
            signed: self.record.prekeys.clone(),
            open: self.record.prekeys.open(&identity.public()).ok()?,
        };
        let meta = Meta::new(self.me, self.record.relays.clone(), counter);
        let uplink = Uplink::new(&self.record.relays, self.record.client, step);
        let mut group = Group::assemble(
            self.record.group,
            Some(Keys { identity, device }),
            log,
            meta,
            uplink,
        );
        group.begin_stay(own, channels, prekeys, step);
        Some(group)
    }

    /// Gives the relay session to the group that the join has become.
    pub(crate) fn hand_over(&mut self, step: &mut Step<'_>) {
        self.uplink.close(false, step);
        step.changes
            .delete(StoreName::Secrets, Self::record_name(self.invite));
    }
}

/// A join that succeeded: the group, and the frames that came before it existed.
pub(crate) struct Joined {
    pub(crate) group: Box<Group>,
    pub(crate) early: Vec<Vec<u8>>,
}
