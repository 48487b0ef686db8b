//! One group on this device: its state, what of it is stored, and the inputs that it takes.

mod alarms;
mod amend;
mod approval;
mod author;
mod call;
mod delivery;
mod expiry;
mod files;
mod found;
mod incoming;
mod kept;
mod links;
mod messages;
mod outgoing;
mod profiles;
mod records;
mod refound;
mod restored;
mod roster;
mod rotation;
mod seen;
mod sponsor;
mod synchronise;
mod uploads;
mod view;

use crate::sorted::{Map, Set};

pub(crate) use kept::{Catching, waits};
pub(crate) use records::{Known, Loaded, Meta, Standing};
use std::sync::Arc;

pub(crate) use refound::OFFER_LIFETIME;

use self::alarms::Raised;
use self::amend::{Pin, Recalls};
use self::approval::Asked;
use self::call::GroupCall;
use self::expiry::Expiring;
use self::files::{Fetching, Held};
use self::links::GroupLinks;
use self::profiles::KnownProfile;
use self::records::{Archived, CardHash, Distribution, OutboxEntry, Queued, Touched, Waiting};
use self::refound::Offer;
use self::seen::Seen;
use self::sponsor::Sponsoring;
use self::uploads::Upload;
use super::batch::Step;
use super::uplink::{Pace, Uplink};
use crate::chat::Amendment;
use crate::file::FileId;
use crate::identity::IdentityKey;
use crate::ids::{
    ChainId, ConnectionId, GroupId, MemberId, MessageId, OpId, Timestamp, TransmitId,
};
use crate::io::{Command, JoinView, Refusal, RelayProblem};
use crate::membership::{Log, State};
use crate::pairwise::{Channel, Device};
use crate::sender_keys::{Generations, OwnChain, PeerChain};

/// Milliseconds between two looks at what has become too old.
const HOUSEKEEPING_INTERVAL: u64 = crate::ids::MILLIS_PER_HOUR;
/// Bad frames within a minute above which the group no longer reacts to any (it still drops and counts them).
const MAX_BAD_FRAMES_A_MINUTE: u32 = 20;

/// The keys of a present member; gone once one has left or was removed.
pub(crate) struct Keys {
    pub(crate) identity: IdentityKey,
    pub(crate) device: Device,
}

/// One group on this device.
pub(crate) struct Group {
    id: GroupId,
    me: MemberId,
    keys: Option<Keys>,
    log: Log,
    /// The heads as they were before the creator's fork was seen: who was in by them is still talked to.
    fork_heads: Option<Vec<OpId>>,
    prekeys: Map<MemberId, Known>,
    channels: Map<MemberId, Channel>,
    /// The chain that one's next message uses.
    own: Option<OwnChain>,
    /// Sealed distribution messages of own chains, for resending.
    distributions: Map<ChainId, Distribution>,
    /// The chains of each sender that were accepted, also those dropped since.
    generations: Map<MemberId, Generations>,
    /// Former own chains that somebody still has to get.
    retiring: Map<ChainId, OwnChain>,
    chains: Map<ChainId, PeerChain>,
    /// Messages and distribution messages that can't be read yet.
    waiting: Map<[u8; 32], Waiting>,
    outbox: Map<MessageId, OutboxEntry>,
    queue: Map<u64, Queued>,
    /// Envelopes kept to serve members that miss them.
    archive: Map<(ChainId, u32), Archived>,
    meta: Meta,
    draft: String,
    /// The cards of members whose safety number the person has compared, by their hashes.
    verified: Map<MemberId, CardHash>,
    /// What members call themselves now, and how they look; oneself too.
    profiles: Map<MemberId, KnownProfile>,
    alarms: Vec<Raised>,
    /// Invites into groups that members have founded in place of this one.
    offers: Map<MemberId, Offer>,
    /// Requests to join that wait for a decision, or got none.
    requests: Map<MemberId, Asked>,
    /// What was asked for and has to wait, oldest first.
    kept: Vec<Command>,
    /// Changes to messages that are not here, or still on their way from the storage.
    amendments: Map<MessageId, Amendment>,
    pins: Map<MessageId, Pin>,
    /// Messages that will disappear.
    expiring: Map<MessageId, Expiring>,
    seen: Seen,
    /// Files of messages that are here.
    files: Map<FileId, Held>,

    // Below: true only while the client runs.
    uplink: Uplink,
    catching: Catching,
    call: GroupCall,
    links: GroupLinks,
    /// Files whose chunks come before their message.
    uploads: Map<u64, Upload>,
    recalls: Recalls,
    fetching: Fetching,
    /// What our own Will says on the present connections.
    token: [u8; 16],
    present: Map<MemberId, [u8; 16]>,
    in_flight: Map<TransmitId, (u64, records::Target)>,
    /// Own messages whose last frame has just left the queue.
    accepted_by_relay: Vec<MessageId>,
    /// Members that were just let in, and may have said hello before we knew them.
    newcomers: Vec<MemberId>,
    receipts: Map<MemberId, Set<ChainId>>,
    receipts_due: Option<Timestamp>,
    /// Chains that were asked for, and when that is due.
    wanted: Map<ChainId, Option<Timestamp>>,
    /// When each peer was last sent a vector because of something it wrote.
    asked: Map<MemberId, Timestamp>,
    /// Until when each peer has to make up for what it was served.
    served: Map<MemberId, Timestamp>,
    /// When each member's profile was asked for last.
    profiles_asked: Map<MemberId, Timestamp>,
    /// When each one that is out and still talks was last told so.
    told: Map<MemberId, Timestamp>,
    /// When each one that goes on with an old state was last told so.
    told_behind: Map<MemberId, Timestamp>,
    /// When each one that asked to come in was last sent the log.
    welcomed: Map<MemberId, Timestamp>,
    sponsoring: Vec<Sponsoring>,
    bad_frames: (Timestamp, u32),
    housekeeping_due: Timestamp,
    seen_at: Timestamp,
    /// One's admission turned out not to count.
    unadmitted: Option<JoinView>,

    touched: Set<Touched>,
    view_changed: bool,
}

impl Group {
    pub(crate) fn id(&self) -> GroupId {
        self.id
    }

    pub(crate) fn owns(&self, connection: ConnectionId) -> bool {
        self.uplink.owns(connection)
    }

    pub(crate) fn is_member(&self) -> bool {
        self.meta.standing == Standing::Member && self.keys.is_some()
    }

    /// Who is in. Of a forked group nothing is certain but what one believed before: with these one can still talk about
    /// the fork, and go on elsewhere.
    fn roster(&self) -> Arc<State> {
        let heads = self.fork_heads.as_ref().filter(|_| self.log.state().forked);
        heads
            .and_then(|heads| self.log.state_at(heads))
            .unwrap_or_else(|| self.log.shared_state())
    }

    fn touch(&mut self, what: Touched) {
        self.touched.insert(what);
    }

    /// Opens the connections of a group that was just made or restored.
    pub(crate) fn start(&mut self, step: &mut Step<'_>) {
        self.housekeeping_due = step.now;
        if self.is_member() || !self.queue.is_empty() {
            self.update_mailboxes(step);
            self.reconnect(step);
        }
        self.recall_all(step);
        self.wait_for_files(step.now);
        self.drop_lost_uploads(step);
        self.view_changed = true;
    }

    /// Draws the token of the next connections. One that is being opened has its own already.
    fn renew_token(&mut self, step: &mut Step<'_>) {
        if self.uplink.is_idle() {
            self.token = step.random();
        }
    }

    fn reconnect(&mut self, step: &mut Step<'_>) {
        self.renew_token(step);
        self.uplink.open_all(self.token, step);
    }

    /// How soon a relay connection is wanted back.
    fn pace(&self) -> Pace {
        if self.is_in_call() {
            Pace::Hurried
        } else {
            Pace::Usual
        }
    }

    pub(crate) fn relay_opened(&mut self, connection: ConnectionId, step: &mut Step<'_>) {
        let was_up = self.uplink.is_up();
        self.uplink.opened(connection, step);
        self.note_connected(step.now);
        self.flush_queue(Some(connection), step);
        self.say_hello(step);
        if !was_up {
            self.call_relay_opened(step);
            self.links_relay_opened(step);
        }
        self.view_changed = true;
    }

    pub(crate) fn relay_closed(
        &mut self,
        connection: ConnectionId,
        reason: RelayProblem,
        step: &mut Step<'_>,
    ) {
        self.uplink.closed(connection, reason, self.pace(), step);
        self.renew_token(step);
        if !self.uplink.is_up() {
            self.note_disconnected();
            self.present.clear();
            self.in_flight.clear();
        }
        self.view_changed = true;
    }

    pub(crate) fn wake(&mut self, step: &mut Step<'_>) {
        self.renew_token(step);
        self.uplink.wake(self.token, step);
        self.call_wake(step);
        self.view_changed = true;
    }

    pub(crate) fn network_lost(&mut self, step: &mut Step<'_>) {
        self.uplink.network_lost(step);
        self.renew_token(step);
        self.call_network_lost();
        self.note_disconnected();
        self.present.clear();
        self.in_flight.clear();
        self.view_changed = true;
    }

    pub(crate) fn timeout(&mut self, step: &mut Step<'_>) {
        self.renew_token(step);
        if self.uplink.timeout(self.token, self.pace(), step) {
            self.view_changed = true;
        }
        self.send_due_receipts(step);
        self.tell_seen(step);
        self.ask_for_wanted_chains(step);
        self.call_timeout(step);
        self.links_timeout(step);
        self.let_disappear(step);
        self.ask_for_files(step);
        if self.housekeeping_due <= step.now {
            self.housekeeping_due = step.now.plus(HOUSEKEEPING_INTERVAL);
            self.expire(step);
        }
    }

    pub(crate) fn next_timeout(&self) -> Option<Timestamp> {
        let wanted = self.wanted.values().flatten().copied().min();
        let sponsoring = self
            .sponsoring
            .iter()
            .map(|request| request.due)
            .filter(|due| *due > self.seen_at)
            .min();
        [
            self.uplink.next_timeout(self.pace()),
            self.receipts_due,
            self.next_seen(),
            wanted,
            sponsoring,
            self.next_patience(self.seen_at),
            self.next_expiry(),
            self.next_disappearance(),
            self.next_question(),
            self.call_next_timeout(),
            self.links_next_timeout(),
            Some(self.housekeeping_due),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Says goodbye and notes that this end was a clean one.
    pub(crate) fn shutdown(&mut self, step: &mut Step<'_>) {
        if self.is_member() {
            self.leave_call(step);
            self.drop_links(step);
            self.say_goodbye(step);
            self.meta.clean = true;
            self.touch(Touched::Meta);
        }
        self.uplink.close(false, step);
    }

    /// The person has compared safety numbers with a member, and they match.
    pub(crate) fn mark_verified(&mut self, member: MemberId, step: &mut Step<'_>) {
        let card = self.log.state().member(&member).map(|info| info.card_hash);
        match card.filter(|_| self.is_member() && member != self.me) {
            Some(card) => {
                self.verified.insert(member, CardHash(card));
                self.touch(Touched::Verified(member));
                self.view_changed = true;
            }
            None => step.refuse(Some(self.id), Refusal::NotAllowed),
        }
    }

    /// Takes that back.
    pub(crate) fn unverify(&mut self, member: MemberId) {
        if self.verified.remove(&member).is_some() {
            self.touch(Touched::Verified(member));
            self.view_changed = true;
        }
    }

    /// Counts a frame that was dropped; true while the group may still react to one.
    fn count_bad_frame(&mut self, now: Timestamp) -> bool {
        if now.since(self.bad_frames.0) >= crate::ids::MILLIS_PER_MINUTE {
            self.bad_frames = (now, 0);
        }
        self.bad_frames.1 = self.bad_frames.1.saturating_add(1);
        self.bad_frames.1 <= MAX_BAD_FRAMES_A_MINUTE
    }
}
