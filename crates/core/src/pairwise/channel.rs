//! The sessions with one other member.
//!
//! Each session has an epoch, which its opener sets to one more than the highest that it knows of and repeats in every
//! frame. Both sides send over the session with the highest epoch; of two that were opened at once, over the one with the
//! smaller id. So both come to the same session as soon as each has one frame of the other, in whatever order frames
//! arrive. A session that the other side reports as lost to it is given up.

use core::fmt;

use vodozemac::Curve25519PublicKey;
use vodozemac::olm::{
    Account, OlmMessage, PreKeyMessage, Session, SessionConfig, SessionCreationError,
};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::Device;
use super::frame::{self, Inner, MAX_PAIRWISE_BODY, PairwiseFrame, PairwiseKind, Route};
use super::session::{Held, HeldRecord, SessionId};
use super::window::CounterWindow;
use crate::identity::Prekeys;
use crate::ids::{GroupId, MILLIS_PER_HOUR, MILLIS_PER_MINUTE, MemberId, Timestamp};
use crate::order;
use crate::wire::record;
use crate::wire::transparent;
use crate::wire::{self, DecodeError};

/// Sessions kept besides the current one, for receiving what was sent before both sides moved on.
const OLDER_SESSIONS: usize = 3;
/// Least time between two sessions opened because something could not be decrypted, in milliseconds: hostile frames
/// must not make members burn prekeys.
pub const RENEW_INTERVAL: u64 = MILLIS_PER_HOUR;
/// The version of stored channels.
const RECORD_VERSION: u8 = 1;
/// Largest stored channel: four sessions with all their skipped keys, in the library's JSON.
const MAX_RECORD: usize = 4 * 64 * 1024;

/// The other member's public keys.
#[derive(Debug, Clone, Copy)]
pub struct PeerKeys<'a> {
    /// Who.
    pub member: MemberId,
    /// The Curve25519 identity key from its card.
    pub curve25519: [u8; 32],
    /// Its newest prekeys that were opened and not expired; needed only while there is no session to use.
    pub prekeys: Option<&'a Prekeys>,
}

/// Why nothing was sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Larger than [`MAX_PAIRWISE_BODY`].
    #[error("too large")]
    TooLarge,
    /// There is no session, and no prekeys to open one with.
    #[error("no prekeys")]
    NoPrekeys,
    /// The keys are of another member or group than the channel.
    #[error("keys of another member")]
    Mismatch,
    /// A key is of small order.
    #[error("weak key")]
    WeakKey,
}

/// Why a frame was not opened. For counters and tests; the sender is never told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It comes from, or opens a session with, another identity than the channel's.
    #[error("of another member")]
    Mismatch,
    /// It opens a session with a prekey that is gone or never existed. The session's id is for [`Channel::renew`].
    #[error("prekey is gone")]
    PrekeyGone(SessionId),
    /// It opens a session with a one-time key that was meant for somebody else.
    #[error("another member's one-time key")]
    ForeignPrekey,
    /// It belongs to no session that is held, or was changed, or was opened before.
    #[error("no session opens it")]
    NoSession,
    /// A counter that was used before.
    #[error("replayed")]
    Replay,
    /// A counter that lies too far back, in a frame that was not opened before. The sender goes on with an old state of its
    /// own, while another device of its identity has gone ahead: [`Channel::answer_behind`] tells it.
    #[error("counted behind")]
    Behind,
    /// What was inside is not a frame, or of an unknown kind.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// Inside it names other members, or another group.
    #[error("of another group or member inside")]
    Context,
}

/// What a frame said.
pub struct Opened {
    /// What the body is.
    pub kind: PairwiseKind,
    /// The group it is about; after [`Channel::open`] the one that was asked for.
    pub group: GroupId,
    /// The sender's count of its frames to us.
    pub counter: u64,
    /// It opened a session: the device has changed, too.
    pub opens_session: bool,
    /// The content.
    pub body: Zeroizing<Vec<u8>>,
}

/// The sessions and counters shared with one other member. Wiped from memory when dropped; stored only under
/// [`crate::store::StoreName::Secrets`].
pub struct Channel {
    peer_curve25519: [u8; 32],
    /// By [`Held::rank`]: the first is used for sending, the others only for receiving.
    sessions: Vec<Held>,
    next_counter: u64,
    seen: CounterWindow,
    /// The peer's one-time key that was used last: a peer that hasn't published a new one still shows it.
    used_one_time: Option<[u8; 32]>,
    renewal: Renewal,
    /// The session of a frame that was [`OpenError::Behind`]; lost with the memory.
    behind: Option<Behind>,
}

/// A session of one that counts behind, after its frame.
struct Behind {
    session: Session,
    place: Option<SessionId>,
    epoch: u32,
}

/// A new session because something could not be decrypted.
#[derive(Debug, Clone, Copy, Default)]
struct Renewal {
    /// The next frame opens a session.
    wanted: bool,
    /// When it was last asked for.
    at: Option<Timestamp>,
    /// The peer's session that could not be opened; told to it until it answers on the new one.
    lost: Option<SessionId>,
    /// The least epoch of the next session.
    least_epoch: Option<u32>,
}

record!(Renewal {
    wanted,
    at,
    lost,
    least_epoch
});

#[derive(Zeroize, ZeroizeOnDrop)]
struct Record {
    version: u8,
    peer_curve25519: [u8; 32],
    sessions: Vec<HeldRecord>,
    next_counter: u64,
    #[zeroize(skip)]
    seen: CounterWindow,
    #[zeroize(skip)]
    used_one_time: Option<OneTime>,
    #[zeroize(skip)]
    renewal: Renewal,
}

record!(Record {
    version,
    peer_curve25519: bytes,
    sessions,
    next_counter,
    seen,
    used_one_time,
    renewal,
});

struct OneTime([u8; 32]);

transparent!(OneTime: bytes);

/// What opening one frame would change.
struct Change {
    /// The session after it; in the place of the one it was made from, or new.
    session: Session,
    place: Option<usize>,
    /// For a new session: the account after it, and the prekey it used.
    account: Option<(Account, [u8; 32])>,
    inner: Inner,
    kind: PairwiseKind,
}

impl Channel {
    /// A channel without sessions, to a member with this Curve25519 identity key.
    #[must_use]
    pub fn new(peer_curve25519: [u8; 32]) -> Self {
        Self {
            peer_curve25519,
            sessions: Vec::new(),
            next_counter: 0,
            seen: CounterWindow::default(),
            used_one_time: None,
            renewal: Renewal::default(),
            behind: None,
        }
    }

    /// The Curve25519 identity key of the other side.
    #[must_use]
    pub const fn peer_curve25519(&self) -> [u8; 32] {
        self.peer_curve25519
    }

    /// Whether there is a session that the other side has used: without one, prekeys are needed to write.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        self.sessions.first().is_some_and(Held::is_confirmed)
    }

    /// Whether the next [`Self::seal`] opens a session, and so needs prekeys.
    #[must_use]
    pub const fn needs_prekeys(&self) -> bool {
        self.sessions.is_empty() || self.renewal.wanted
    }

    /// The next frame shall open a new session, because frames of the peer could not be decrypted. `lost` is the
    /// session of an [`OpenError::PrekeyGone`]. Older sessions stay for receiving.
    ///
    /// Answers `false`, and does nothing, within [`RENEW_INTERVAL`] of the last time.
    pub fn renew(&mut self, now: Timestamp, lost: Option<SessionId>) -> bool {
        // A clock that was set back counts as time that has passed.
        let early = self
            .renewal
            .at
            .is_some_and(|at| now >= at && now.since(at) < RENEW_INTERVAL);
        if early {
            return false;
        }
        self.renewal = Renewal {
            wanted: true,
            at: Some(now),
            lost,
            least_epoch: self.renewal.least_epoch,
        };
        true
    }

    /// The channel came out of a backup: the next frame opens a session that ranks above all that may have been opened
    /// since, with a counter above all that may have been used, and without `one_time`, the peer's key that may have been
    /// used. Both count more slowly than time, so the time is above them. Older sessions stay for receiving.
    pub fn begin_after_restore(&mut self, now: Timestamp, one_time: Option<[u8; 32]>) {
        let minutes = now.0 / MILLIS_PER_MINUTE;
        self.renewal = Renewal {
            wanted: true,
            at: None,
            lost: None,
            least_epoch: Some(u32::try_from(minutes).unwrap_or(u32::MAX)),
        };
        self.next_counter = self.next_counter.max(now.0);
        self.used_one_time = one_time.or(self.used_one_time);
    }

    /// Encrypts a body for the peer and gives the finished frame. The caller stores the channel before it sends it.
    ///
    /// # Errors
    /// [`SealError`]; nothing has changed then.
    pub fn seal(
        &mut self,
        device: &Device,
        me: MemberId,
        peer: &PeerKeys<'_>,
        kind: PairwiseKind,
        group: GroupId,
        body: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        if body.len() > MAX_PAIRWISE_BODY {
            return Err(SealError::TooLarge);
        }
        if peer.curve25519 != self.peer_curve25519 {
            return Err(SealError::Mismatch);
        }
        let (mut session, epoch, fresh) = match self.sessions.first() {
            Some(held) if !self.renewal.wanted => (held.copy_session(), held.epoch, None),
            newest => {
                let next = newest.map_or(0, |held| held.epoch).saturating_add(1);
                let epoch = next.max(self.renewal.least_epoch.unwrap_or_default());
                let (session, key) = self.open_outbound(device, me, peer, group)?;
                (session, epoch, Some(key))
            }
        };
        let opens_session = !session.has_received_message();
        let lost = self.renewal.lost.filter(|_| opens_session);
        let route = Route {
            group,
            from: me,
            to: peer.member,
        };
        let inner = Inner::new(kind, route, self.next_counter, epoch, lost, body);
        let (padded, size) = inner.padded(opens_session).ok_or(SealError::TooLarge)?;
        let message = session.encrypt(&*padded).map_err(|_| SealError::WeakKey)?;
        let frame = frame::frame(me, &message, size).ok_or(SealError::TooLarge)?;
        if let Some(used_one_time) = fresh {
            self.hold(Held::new(session, epoch));
            self.renewal.wanted = false;
            self.renewal.least_epoch = None;
            self.used_one_time = used_one_time.or(self.used_one_time);
        } else if let Some(held) = self.sessions.first_mut() {
            held.session = session;
        }
        self.next_counter = self.next_counter.saturating_add(1);
        Ok(frame)
    }

    /// Puts a new session in its place, and forgets those of the lowest rank.
    fn hold(&mut self, held: Held) {
        self.sessions.push(held);
        order::sort_by_key(&mut self.sessions, Held::rank);
        self.sessions.truncate(1 + OLDER_SESSIONS);
    }

    /// A session with the one-time key that is ours, or the fallback key; and the one-time key, if it was that.
    fn open_outbound(
        &self,
        device: &Device,
        me: MemberId,
        peer: &PeerKeys<'_>,
        group: GroupId,
    ) -> Result<(Session, Option<[u8; 32]>), SealError> {
        let prekeys = peer.prekeys.ok_or(SealError::NoPrekeys)?;
        if prekeys.member != peer.member || prekeys.group != group {
            return Err(SealError::Mismatch);
        }
        let one_time = prekeys
            .one_time_for(&me)
            .filter(|key| Some(*key) != self.used_one_time);
        let session = device
            .account()
            .create_outbound_session(
                SessionConfig::version_1(),
                Curve25519PublicKey::from_bytes(self.peer_curve25519),
                Curve25519PublicKey::from_bytes(one_time.unwrap_or(prekeys.olm_fallback)),
            )
            .map_err(|_| SealError::WeakKey)?;
        Ok((session, one_time))
    }

    /// Decrypts a frame and takes its effects on the sessions in. The caller stores the channel, and the device if it has
    /// changed ([`Opened::opens_session`]), together with whatever the frame causes.
    ///
    /// # Errors
    /// [`OpenError`]; neither channel nor device has changed then.
    pub fn open(
        &mut self,
        device: &mut Device,
        frame: &PairwiseFrame,
        peer_curve25519: &[u8; 32],
        me: MemberId,
        peer: MemberId,
        group: GroupId,
    ) -> Result<Opened, OpenError> {
        if frame.from() != peer || *peer_curve25519 != self.peer_curve25519 {
            return Err(OpenError::Mismatch);
        }
        let change = self.decrypt(device, frame, peer)?;
        let inner = &change.inner;
        let expected = Route {
            group,
            from: peer,
            to: me,
        };
        if inner.route != expected {
            return Err(OpenError::Context);
        }
        if self.seen.is_new(inner.counter) {
            return Ok(self.keep(device, change));
        }
        if !self.seen.is_behind(inner.counter) {
            return Err(OpenError::Replay);
        }
        let place = change.place.and_then(|place| self.sessions.get(place));
        self.behind = Some(Behind {
            place: place.map(|held| held.id),
            epoch: inner.epoch,
            session: change.session,
        });
        Err(OpenError::Behind)
    }

    /// Seals an answer to a frame that was [`OpenError::Behind`], over the session that it came on: its sender knows no newer
    /// one. What it said is not taken in, and a session that it opened is used for this once. The caller stores the
    /// channel before it sends the answer.
    pub fn answer_behind(
        &mut self,
        me: MemberId,
        peer: MemberId,
        group: GroupId,
        kind: PairwiseKind,
        body: &[u8],
    ) -> Option<Vec<u8>> {
        let mut behind = self.behind.take()?;
        let route = Route {
            group,
            from: me,
            to: peer,
        };
        let inner = Inner::new(kind, route, self.next_counter, behind.epoch, None, body);
        let (padded, size) = inner.padded(false)?;
        let message = behind.session.encrypt(&*padded).ok()?;
        let frame = frame::frame(me, &message, size)?;
        let same = |held: &&mut Held| Some(held.id) == behind.place;
        if let Some(held) = self.sessions.iter_mut().find(same) {
            // Its keys are used now, so it must not come back as it was.
            held.session = behind.session;
        }
        self.next_counter = self.next_counter.saturating_add(1);
        Some(frame)
    }

    /// Opens the first frame of a member whose card isn't known yet (a joiner's sponsor). The caller takes the channel
    /// only if the body proves that this member's card holds the Curve25519 key that is returned with it, that
    /// [`Opened::group`] is right, and if it has no channel with that member already.
    ///
    /// # Errors
    /// [`OpenError`]; the device has not changed then.
    pub fn open_first(
        device: &mut Device,
        frame: &PairwiseFrame,
        me: MemberId,
    ) -> Result<(Self, [u8; 32], Opened), OpenError> {
        let OlmMessage::PreKey(message) = &frame.message else {
            return Err(OpenError::NoSession);
        };
        let curve25519 = message.identity_key().to_bytes();
        let mut channel = Self::new(curve25519);
        let change = channel.decrypt(device, frame, frame.from())?;
        let route = &change.inner.route;
        if route.from != frame.from() || route.to != me {
            return Err(OpenError::Context);
        }
        if !channel.seen.is_new(change.inner.counter) {
            return Err(OpenError::Replay);
        }
        let opened = channel.keep(device, change);
        Ok((channel, curve25519, opened))
    }

    /// Decrypts on copies.
    fn decrypt(
        &self,
        device: &Device,
        frame: &PairwiseFrame,
        peer: MemberId,
    ) -> Result<Change, OpenError> {
        let (session, place, account, plaintext) = match &frame.message {
            OlmMessage::PreKey(message) => {
                if message.identity_key().to_bytes() != self.peer_curve25519 {
                    return Err(OpenError::Mismatch);
                }
                let id = SessionId::of(&message.session_keys());
                match self.sessions.iter().position(|held| held.id == id) {
                    Some(place) => self.decrypt_at(place, &frame.message)?,
                    None => inbound(device, message, peer, id)?,
                }
            }
            OlmMessage::Normal(_) => (0..self.sessions.len())
                .find_map(|place| self.decrypt_at(place, &frame.message).ok())
                .ok_or(OpenError::NoSession)?,
        };
        let (inner, kind) = Inner::unpad(&plaintext)?;
        let known = place.and_then(|place| self.sessions.get(place));
        if known.is_some_and(|held| held.epoch != inner.epoch) {
            return Err(OpenError::Context);
        }
        Ok(Change {
            session,
            place,
            account,
            inner,
            kind,
        })
    }

    fn decrypt_at(&self, place: usize, message: &OlmMessage) -> Result<Decrypted, OpenError> {
        let held = self.sessions.get(place).ok_or(OpenError::NoSession)?;
        let (session, plaintext) = held.decrypt(message).ok_or(OpenError::NoSession)?;
        Ok((session, Some(place), None, plaintext))
    }

    /// Takes a checked change in.
    fn keep(&mut self, device: &mut Device, change: Change) -> Opened {
        let mut inner = change.inner;
        let counter = inner.counter;
        let opens_session = change.account.is_some();
        if let Some((account, key)) = change.account {
            device.keep_account(account, &key);
        }
        let before = self.current_session();
        match change.place.and_then(|place| self.sessions.get_mut(place)) {
            Some(held) => held.session = change.session,
            None => {
                if let Some(lost) = inner.lost {
                    self.sessions.retain(|held| held.id != lost);
                }
                self.hold(Held::new(change.session, inner.epoch));
            }
        }
        // The peer answers on the current session, or has opened a newer one: either way it knows what was lost, and
        // there is no need for one more session.
        let answered = change.place == Some(0);
        let replaced = self.current_session() != before;
        if answered || replaced {
            self.renewal.lost = None;
        }
        if replaced {
            self.renewal.wanted = false;
        }
        self.seen.insert(counter);
        Opened {
            kind: change.kind,
            group: inner.route.group,
            counter,
            opens_session,
            body: Zeroizing::new(core::mem::take(&mut inner.body)),
        }
    }

    /// How many sessions are held, the current one included.
    #[must_use]
    pub const fn sessions_len(&self) -> usize {
        self.sessions.len()
    }

    /// The session used for sending.
    #[must_use]
    pub fn current_session(&self) -> Option<SessionId> {
        self.sessions.first().map(|held| held.id)
    }

    /// The record for [`crate::store::StoreName::Secrets`].
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        wire::encode_secret(&Record {
            version: RECORD_VERSION,
            peer_curve25519: self.peer_curve25519,
            sessions: self.sessions.iter().map(HeldRecord::of).collect(),
            next_counter: self.next_counter,
            seen: self.seen.clone(),
            used_one_time: self.used_one_time.map(OneTime),
            renewal: self.renewal,
        })
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// [`DecodeError`] when it isn't one.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let record: Record = wire::decode(bytes, MAX_RECORD)?;
        if record.version != RECORD_VERSION {
            return Err(DecodeError::UnknownVersion);
        }
        if record.sessions.len() > 1 + OLDER_SESSIONS {
            return Err(DecodeError::Invalid);
        }
        Ok(Self {
            peer_curve25519: record.peer_curve25519,
            sessions: record
                .sessions
                .iter()
                .map(HeldRecord::restore)
                .collect::<Result<_, _>>()?,
            next_counter: record.next_counter,
            seen: record.seen.clone(),
            used_one_time: record.used_one_time.as_ref().map(|key| key.0),
            renewal: record.renewal,
            behind: None,
        })
    }
}

/// Session after decryption, its place, the account if it is new, and the plaintext.
type Decrypted = (
    Session,
    Option<usize>,
    Option<(Account, [u8; 32])>,
    Zeroizing<Vec<u8>>,
);

/// A session that the peer opens with this message.
fn inbound(
    device: &Device,
    message: &PreKeyMessage,
    peer: MemberId,
    id: SessionId,
) -> Result<Decrypted, OpenError> {
    let key = message.one_time_key().to_bytes();
    if !device.may_use(&peer, &key) {
        return Err(OpenError::ForeignPrekey);
    }
    let mut account = device.copy_account();
    let result = account
        .create_inbound_session(SessionConfig::version_1(), message.identity_key(), message)
        .map_err(|error| match error {
            SessionCreationError::MissingOneTimeKey(_) => OpenError::PrekeyGone(id),
            _ => OpenError::NoSession,
        })?;
    Ok((
        result.session,
        None,
        Some((account, key)),
        Zeroizing::new(result.plaintext),
    ))
}

/// Counts, no keys.
impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("sessions", &self.sessions.len())
            .field("next_counter", &self.next_counter)
            .finish_non_exhaustive()
    }
}

/// The kind and the length, not the content.
impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("kind", &self.kind)
            .field("counter", &self.counter)
            .field("length", &self.body.len())
            .finish_non_exhaustive()
    }
}
