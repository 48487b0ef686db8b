//! What is stored of a group: one record for each part that changes on its own.

use crate::sorted::{Map, Set};

use zeroize::{Zeroize, Zeroizing};

use super::amend::{Recalls, Timer};
use super::call::GroupCall;
use super::files::Fetching;
use super::kept::KeptRecord;
use super::links::GroupLinks;
use super::profiles::KnownProfile;
use super::seen::Seen;
use super::{Catching, Group, Keys};
use crate::chat::MessageView;
use crate::client::batch::Step;
use crate::client::uplink::Uplink;
use crate::file::FileId;
use crate::identity::{IdentityKey, Prekeys, SignedPrekeys, SignedProfile};
use crate::ids::{ChainId, ClientId, GroupId, Mailbox, MemberId, MessageId, OpId, Timestamp};
use crate::io::Event;
use crate::membership::Log;
use crate::pairwise::{Channel, Device};
use crate::sender_keys::{Generations, OwnChain, PeerChain};
use crate::store::{Record, RecordKey, StoreName};
use crate::wire::{self, DecodeError};
use crate::wire::{record, variants};

/// Records are our own; this only keeps a damaged one from claiming the whole memory.
const MAX_RECORD: usize = 8 * 1024 * 1024;

/// One's standing in the group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Member,
    Left,
    Removed(MemberId),
    Aside,
}

variants!(Standing {
    0 => Member,
    1 => Left,
    2 => Removed(value),
    3 => Aside,
});

/// Small things that change often.
#[derive(Debug, Clone)]
pub(crate) struct Meta {
    pub(crate) standing: Standing,
    /// Counts history records.
    pub(crate) counter: u64,
    /// The hybrid logical clock.
    pub(crate) clock: Timestamp,
    pub(crate) unread: u32,
    /// Of the newest own chain.
    pub(crate) generation: u64,
    /// The last messages seen, newest last.
    pub(crate) parents: Vec<MessageId>,
    /// The last end was a clean one; taken back at every start.
    pub(crate) clean: bool,
    pub(crate) next_queued: u64,
    pub(crate) relays: Vec<String>,
    pub(crate) me: MemberId,
    /// How long messages stay.
    pub(crate) timer: Option<Timer>,
    /// The numbers of files whose chunks are here before their message.
    pub(crate) uploads: Option<Vec<u32>>,
}

record!(Meta {
    standing,
    counter,
    clock,
    unread,
    generation,
    parents,
    clean,
    next_queued,
    relays,
    me,
    timer,
    uploads,
});

/// A card that was verified.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct CardHash(pub(crate) [u8; 32]);

/// A member's newest prekeys.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) signed: SignedPrekeys,
    pub(crate) open: Prekeys,
}

/// The sealed distribution messages of one own chain.
#[derive(Debug, Clone)]
pub(crate) struct Distribution {
    pub(crate) generation: u64,
    pub(crate) created: Timestamp,
    pub(crate) sealed: Map<MemberId, minicbor::bytes::ByteVec>,
    pub(crate) acked: Set<MemberId>,
}

record!(Distribution {
    generation,
    created,
    sealed,
    acked
});

/// An own message that somebody may still lack.
#[derive(Debug, Clone)]
pub(crate) struct OutboxEntry {
    pub(crate) view: MessageView,
    pub(crate) chain: ChainId,
    pub(crate) index: u32,
    /// Members it was encrypted for.
    pub(crate) recipients: Set<MemberId>,
}

record!(OutboxEntry {
    view,
    chain,
    index,
    recipients
});

/// Where a queued frame goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    /// To wherever that member's mailbox is by then.
    Member(MemberId),
    /// To somebody who is no member (any more, or yet).
    Mailbox(Mailbox),
}

variants!(Target {
    0 => Member(value),
    1 => Mailbox(value),
});

/// A frame that no relay has accepted yet for all its targets.
#[derive(Debug, Clone)]
pub(crate) struct Queued {
    pub(crate) frame: Vec<u8>,
    pub(crate) targets: Set<Target>,
    pub(crate) expires: Timestamp,
    /// The own message that it carries.
    pub(crate) message: Option<MessageId>,
}

record!(Queued {
    frame: bytes,
    targets,
    expires,
    message
});

/// An envelope kept to serve members that miss it.
#[derive(Debug, Clone)]
pub(crate) struct Archived {
    /// Lower is older.
    pub(crate) age: u64,
    pub(crate) frame: Vec<u8>,
}

record!(Archived { age, frame: bytes });

/// Something that can't be read yet.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    pub(crate) received: Timestamp,
    /// The chain it waits for, or that it would make known.
    pub(crate) chain: ChainId,
    /// `None`: a message frame. Otherwise the body of a distribution message from that member.
    pub(crate) distribution_from: Option<MemberId>,
    pub(crate) bytes: Vec<u8>,
}

record!(Waiting {
    received,
    chain,
    distribution_from,
    bytes: bytes
});

/// A part that has to be written (or, when it is gone, deleted) with the next batch.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Touched {
    Meta,
    Identity,
    Device,
    OwnChain,
    Retiring(ChainId),
    Draft,
    Kept,
    Alarms,
    ForkHeads,
    Offer(MemberId),
    Verified(MemberId),
    Request(MemberId),
    Op(OpId),
    Prekeys(MemberId),
    Profile(MemberId),
    Channel(MemberId),
    Chain(ChainId),
    Generations(MemberId),
    Distribution(ChainId),
    Waiting([u8; 32]),
    Outbox(MessageId),
    Queue(u64),
    Archive(ChainId, u32),
    Pins,
    Amendment(MessageId),
    Expiring(MessageId),
    Unseen(MessageId),
    Readers(MessageId),
    File(FileId),
}

/// The identity seed and the relay session's client id.
struct IdentityRecord {
    seed: [u8; 32],
    client: ClientId,
}

record!(IdentityRecord {
    seed: bytes,
    client
});

impl Drop for IdentityRecord {
    fn drop(&mut self) {
        self.seed.zeroize();
    }
}

impl Touched {
    fn store(&self) -> StoreName {
        match self {
            Self::Identity
            | Self::Device
            | Self::OwnChain
            | Self::Retiring(_)
            | Self::Offer(_)
            | Self::Channel(_)
            | Self::Chain(_) => StoreName::Secrets,
            Self::Draft => StoreName::Interface,
            _ => StoreName::State,
        }
    }

    fn name(&self) -> Vec<u8> {
        let (prefix, id): (&[u8], &[u8]) = match self {
            Self::Meta => (b"meta", &[]),
            Self::Identity => (b"identity", &[]),
            Self::Device => (b"device", &[]),
            Self::OwnChain => (b"own-chain", &[]),
            Self::Retiring(id) => (b"retiring/", id.as_ref()),
            Self::Draft => (b"draft", &[]),
            Self::Kept => (b"kept", &[]),
            Self::Alarms => (b"alarms", &[]),
            Self::ForkHeads => (b"fork", &[]),
            Self::Offer(id) => (b"offer/", id.as_ref()),
            Self::Verified(id) => (b"verified/", id.as_ref()),
            Self::Request(id) => (b"request/", id.as_ref()),
            Self::Op(id) => (b"op/", id.as_ref()),
            Self::Prekeys(id) => (b"prekeys/", id.as_ref()),
            Self::Profile(id) => (b"profile/", id.as_ref()),
            Self::Channel(id) => (b"channel/", id.as_ref()),
            Self::Chain(id) => (b"chain/", id.as_ref()),
            Self::Generations(id) => (b"generations/", id.as_ref()),
            Self::Distribution(id) => (b"distribution/", id.as_ref()),
            Self::Waiting(hash) => (b"waiting/", hash),
            Self::Outbox(id) => (b"outbox/", id.as_ref()),
            Self::Pins => (b"pins", &[]),
            Self::Amendment(id) => (b"amendment/", id.as_ref()),
            Self::Expiring(id) => (b"expiring/", id.as_ref()),
            Self::Unseen(id) => (b"unseen/", id.as_ref()),
            Self::Readers(id) => (b"readers/", id.as_ref()),
            Self::File(id) => (b"file/", id.as_ref()),
            Self::Queue(number) => return [b"queue/".as_slice(), &number.to_be_bytes()].concat(),
            Self::Archive(id, index) => {
                return [b"archive/".as_slice(), id.as_ref(), &index.to_be_bytes()].concat();
            }
        };
        [prefix, id].concat()
    }

    fn parse(name: &[u8]) -> Option<Self> {
        fn id<const N: usize>(name: &[u8], prefix: &[u8]) -> Option<[u8; N]> {
            name.strip_prefix(prefix)?.try_into().ok()
        }
        match name {
            b"meta" => return Some(Self::Meta),
            b"identity" => return Some(Self::Identity),
            b"device" => return Some(Self::Device),
            b"own-chain" => return Some(Self::OwnChain),
            b"draft" => return Some(Self::Draft),
            b"kept" => return Some(Self::Kept),
            b"alarms" => return Some(Self::Alarms),
            b"fork" => return Some(Self::ForkHeads),
            b"pins" => return Some(Self::Pins),
            _ => {}
        }
        None.or_else(|| id(name, b"op/").map(|id| Self::Op(OpId(id))))
            .or_else(|| id(name, b"verified/").map(|id| Self::Verified(MemberId(id))))
            .or_else(|| id(name, b"offer/").map(|id| Self::Offer(MemberId(id))))
            .or_else(|| id(name, b"request/").map(|id| Self::Request(MemberId(id))))
            .or_else(|| id(name, b"prekeys/").map(|id| Self::Prekeys(MemberId(id))))
            .or_else(|| id(name, b"profile/").map(|id| Self::Profile(MemberId(id))))
            .or_else(|| id(name, b"channel/").map(|id| Self::Channel(MemberId(id))))
            .or_else(|| id(name, b"chain/").map(|id| Self::Chain(ChainId(id))))
            .or_else(|| id(name, b"retiring/").map(|id| Self::Retiring(ChainId(id))))
            .or_else(|| id(name, b"generations/").map(|id| Self::Generations(MemberId(id))))
            .or_else(|| id(name, b"distribution/").map(|id| Self::Distribution(ChainId(id))))
            .or_else(|| id(name, b"waiting/").map(Self::Waiting))
            .or_else(|| id(name, b"outbox/").map(|id| Self::Outbox(MessageId(id))))
            .or_else(|| id(name, b"amendment/").map(|id| Self::Amendment(MessageId(id))))
            .or_else(|| id(name, b"expiring/").map(|id| Self::Expiring(MessageId(id))))
            .or_else(|| id(name, b"unseen/").map(|id| Self::Unseen(MessageId(id))))
            .or_else(|| id(name, b"readers/").map(|id| Self::Readers(MessageId(id))))
            .or_else(|| id(name, b"file/").map(|id| Self::File(FileId(id))))
            .or_else(|| id(name, b"queue/").map(|number| Self::Queue(u64::from_be_bytes(number))))
            .or_else(|| {
                let (chain, index) = name
                    .strip_prefix(b"archive/".as_slice())?
                    .split_first_chunk::<32>()?;
                Some(Self::Archive(
                    ChainId(*chain),
                    u32::from_be_bytes(index.try_into().ok()?),
                ))
            })
    }
}

impl Group {
    /// Moves everything that was touched into the batch, and tells the interface when the group looks different.
    pub(crate) fn flush(&mut self, step: &mut Step<'_>) {
        for touched in core::mem::take(&mut self.touched) {
            let key = RecordKey::named(Some(self.id), touched.name());
            match self.record(&touched) {
                Some(value) => step.changes.put(touched.store(), key, value),
                None => step.changes.delete(touched.store(), key),
            }
        }
        self.tell_call(step);
        self.tell_links(step);
        self.tell_progress(step);
        if core::mem::take(&mut self.view_changed) {
            step.event(Event::Group(Box::new(self.view())));
        }
    }

    fn record(&self, touched: &Touched) -> Option<Zeroizing<Vec<u8>>> {
        let plain = |bytes: Vec<u8>| Some(Zeroizing::new(bytes));
        match touched {
            Touched::Meta => plain(wire::encode(&self.meta)),
            Touched::Identity => self.keys.as_ref().map(|keys| {
                wire::encode_secret(&IdentityRecord {
                    seed: *keys.identity.seed(),
                    client: self.uplink.client(),
                })
            }),
            Touched::Device => self.keys.as_ref().map(|keys| keys.device.encode()),
            Touched::OwnChain => self.own.as_ref().map(OwnChain::encode),
            Touched::Retiring(id) => self.retiring.get(id).map(OwnChain::encode),
            Touched::Draft => {
                (!self.draft.is_empty()).then(|| Zeroizing::new(self.draft.clone().into_bytes()))
            }
            Touched::Kept => {
                let kept: Vec<_> = self.kept.iter().filter_map(KeptRecord::of).collect();
                (!kept.is_empty()).then(|| wire::encode_secret(&kept))
            }
            Touched::Verified(id) => self.verified.get(id).and_then(|it| plain(it.0.to_vec())),
            Touched::Offer(id) => self.offers.get(id).map(wire::encode_secret),
            Touched::ForkHeads => self
                .fork_heads
                .as_ref()
                .and_then(|it| plain(wire::encode(it))),
            Touched::Alarms => plain(wire::encode(&self.alarms)),
            Touched::Request(id) => self.requests.get(id).and_then(|it| plain(wire::encode(it))),
            Touched::Op(id) => self
                .log
                .op_bytes(id)
                .map(|bytes| Zeroizing::new(bytes.to_vec())),
            Touched::Prekeys(id) => self
                .prekeys
                .get(id)
                .and_then(|known| plain(wire::encode(&known.signed))),
            Touched::Profile(id) => self
                .profiles
                .get(id)
                .and_then(|known| plain(wire::encode(&known.signed))),
            Touched::Channel(id) => self.channels.get(id).map(Channel::encode),
            Touched::Chain(id) => self.chains.get(id).map(PeerChain::encode),
            Touched::Generations(id) => self.generations.get(id).and_then(|it| plain(it.encode())),
            Touched::Distribution(id) => self
                .distributions
                .get(id)
                .and_then(|it| plain(wire::encode(it))),
            Touched::Waiting(hash) => self
                .waiting
                .get(hash)
                .and_then(|it| plain(wire::encode(it))),
            Touched::Outbox(id) => self.outbox.get(id).and_then(|it| plain(wire::encode(it))),
            Touched::Pins => plain(wire::encode(&self.pins)),
            Touched::Amendment(id) => self
                .amendments
                .get(id)
                .and_then(|it| plain(wire::encode(it))),
            Touched::Expiring(id) => self.expiring.get(id).and_then(|it| plain(wire::encode(it))),
            Touched::Unseen(id) => {
                (self.seen.unseen.get(id)).and_then(|it| plain(wire::encode(it)))
            }
            Touched::Readers(id) => (self.seen.told.get(id)).and_then(|it| plain(wire::encode(it))),
            Touched::File(id) => self.files.get(id).and_then(|it| plain(wire::encode(it))),
            Touched::Queue(number) => self
                .queue
                .get(number)
                .and_then(|it| plain(wire::encode(it))),
            Touched::Archive(id, index) => self
                .archive
                .get(&(*id, *index))
                .and_then(|it| plain(wire::encode(it))),
        }
    }

    /// Deletes what this device holds of the group's keys: after leaving, after a removal.
    pub(super) fn wipe_keys(&mut self, step: &mut Step<'_>) {
        self.keys = None;
        self.own = None;
        self.retiring.clear();
        self.channels.clear();
        self.chains.clear();
        self.distributions.clear();
        self.waiting.clear();
        self.offers.clear();
        self.touched
            .retain(|touched| touched.store() != StoreName::Secrets);
        step.changes.list.push(crate::store::Change::DeleteGroup {
            store: StoreName::Secrets,
            group: self.id,
        });
    }
}

/// A group's records on their way back into a [`Group`].
#[derive(Default)]
pub(crate) struct Loaded {
    records: Map<Touched, Zeroizing<Vec<u8>>>,
}

impl Loaded {
    pub(crate) fn add(&mut self, record: Record) {
        // A name this version doesn't know belongs to a newer one: it is left alone.
        if let Some(touched) = Touched::parse(&record.key.name) {
            self.records.insert(touched, record.value);
        }
    }

    fn get<T: wire::Value>(&self, touched: &Touched) -> Result<Option<T>, DecodeError> {
        self.records
            .get(touched)
            .map(|bytes| wire::decode(bytes, MAX_RECORD))
            .transpose()
    }

    /// Builds the group.
    ///
    /// # Errors
    /// [`DecodeError`] when a record is damaged or an indispensable one is absent.
    pub(crate) fn build(self, id: GroupId, step: &mut Step<'_>) -> Result<Group, DecodeError> {
        let meta: Meta = self.get(&Touched::Meta)?.ok_or(DecodeError::Malformed)?;
        let ops = self
            .records
            .iter()
            .filter_map(|(touched, bytes)| match touched {
                Touched::Op(_) => Some(bytes.as_slice()),
                _ => None,
            });
        let log = Log::restore_own(ops).map_err(|_| DecodeError::Malformed)?;
        let identity: Option<IdentityRecord> = self
            .records
            .get(&Touched::Identity)
            .map(|bytes| wire::decode(bytes, MAX_RECORD))
            .transpose()?;
        let device = self
            .records
            .get(&Touched::Device)
            .map(|bytes| Device::decode(bytes))
            .transpose();
        let client = identity
            .as_ref()
            .map_or_else(|| ClientId(step.random()), |record| record.client);
        let keys = match (identity, device.map_err(|_| DecodeError::Malformed)?) {
            (Some(record), Some(device)) => Some(Keys {
                identity: IdentityKey::from_seed(&record.seed),
                device,
            }),
            _ => None,
        };
        let uplink = Uplink::new(&meta.relays, client, step);
        let mut group = Group::assemble(id, keys, log, meta, uplink);
        for (touched, bytes) in &self.records {
            group.take_record(touched, bytes)?;
        }
        if group.meta.clean {
            group.meta.clean = false;
            group.touch(Touched::Meta);
        } else {
            // An unclean end: this chain's last steps may not have been stored.
            group.retire_chain();
        }
        Ok(group)
    }
}

impl Group {
    pub(crate) fn assemble(
        id: GroupId,
        keys: Option<Keys>,
        log: Log,
        meta: Meta,
        uplink: Uplink,
    ) -> Self {
        Self {
            id,
            me: meta.me,
            keys,
            log,
            fork_heads: None,
            prekeys: Map::new(),
            channels: Map::new(),
            own: None,
            distributions: Map::new(),
            generations: Map::new(),
            retiring: Map::new(),
            chains: Map::new(),
            waiting: Map::new(),
            outbox: Map::new(),
            queue: Map::new(),
            archive: Map::new(),
            meta,
            draft: String::new(),
            verified: Map::new(),
            profiles: Map::new(),
            alarms: Vec::new(),
            offers: Map::new(),
            requests: Map::new(),
            kept: Vec::new(),
            amendments: Map::new(),
            pins: Map::new(),
            expiring: Map::new(),
            seen: Seen::default(),
            files: Map::new(),
            uplink,
            catching: Catching::default(),
            call: GroupCall::default(),
            recalls: Recalls::default(),
            fetching: Fetching::default(),
            links: GroupLinks::default(),
            uploads: Map::new(),
            token: [0; 16],
            present: Map::new(),
            in_flight: Map::new(),
            accepted_by_relay: Vec::new(),
            newcomers: Vec::new(),
            receipts: Map::new(),
            receipts_due: None,
            wanted: Map::new(),
            asked: Map::new(),
            profiles_asked: Map::new(),
            told: Map::new(),
            told_behind: Map::new(),
            served: Map::new(),
            welcomed: Map::new(),
            sponsoring: Vec::new(),
            bad_frames: (Timestamp(0), 0),
            housekeeping_due: Timestamp(0),
            seen_at: Timestamp(0),
            unadmitted: None,
            touched: Set::new(),
            view_changed: false,
        }
    }

    fn take_record(&mut self, touched: &Touched, bytes: &[u8]) -> Result<(), DecodeError> {
        match touched {
            Touched::Meta | Touched::Identity | Touched::Device | Touched::Op(_) => {}
            Touched::OwnChain => {
                self.own = Some(OwnChain::decode(bytes).map_err(|_| DecodeError::Malformed)?)
            }
            Touched::Retiring(id) => {
                let chain = OwnChain::decode(bytes).map_err(|_| DecodeError::Malformed)?;
                self.retiring.insert(*id, chain);
            }
            Touched::Draft => {
                self.draft =
                    String::from_utf8(bytes.to_vec()).map_err(|_| DecodeError::Malformed)?
            }
            Touched::Kept => {
                let kept: Vec<KeptRecord> = wire::decode(bytes, MAX_RECORD)?;
                self.kept = kept
                    .into_iter()
                    .filter_map(|kept| kept.command(self.id))
                    .collect();
            }
            Touched::Verified(id) => {
                let card = bytes.try_into().map_err(|_| DecodeError::Malformed)?;
                self.verified.insert(*id, CardHash(card));
            }
            Touched::Offer(id) => {
                self.offers.insert(*id, wire::decode(bytes, MAX_RECORD)?);
            }
            Touched::ForkHeads => self.fork_heads = Some(wire::decode(bytes, MAX_RECORD)?),
            Touched::Alarms => self.alarms = wire::decode(bytes, MAX_RECORD)?,
            Touched::Request(id) => {
                self.requests.insert(*id, wire::decode(bytes, MAX_RECORD)?);
            }
            Touched::Prekeys(id) => {
                let signed: SignedPrekeys = wire::decode(bytes, MAX_RECORD)?;
                // Whose admission turned out not to count has no card any more, and is sent nothing.
                if let Some(card) = self.card_of(*id) {
                    let open = signed.open(&card.ik).map_err(|_| DecodeError::Malformed)?;
                    self.prekeys.insert(*id, Known { signed, open });
                }
            }
            Touched::Profile(id) => {
                let signed: SignedProfile = wire::decode(bytes, MAX_RECORD)?;
                if let Some(card) = self.card_of(*id) {
                    let open = signed.open(&card.ik).map_err(|_| DecodeError::Malformed)?;
                    self.profiles.insert(*id, KnownProfile { signed, open });
                }
            }
            Touched::Channel(id) => {
                self.channels.insert(
                    *id,
                    Channel::decode(bytes).map_err(|_| DecodeError::Malformed)?,
                );
            }
            Touched::Chain(id) => {
                self.chains.insert(
                    *id,
                    PeerChain::decode(bytes).map_err(|_| DecodeError::Malformed)?,
                );
            }
            Touched::Generations(id) => {
                self.generations.insert(*id, Generations::decode(bytes)?);
            }
            Touched::Distribution(id) => {
                self.distributions
                    .insert(*id, wire::decode(bytes, MAX_RECORD)?);
            }
            Touched::Waiting(hash) => {
                self.waiting.insert(*hash, wire::decode(bytes, MAX_RECORD)?);
            }
            Touched::Outbox(id) => {
                self.outbox.insert(*id, wire::decode(bytes, MAX_RECORD)?);
            }
            Touched::Pins => self.pins = wire::decode(bytes, MAX_RECORD)?,
            Touched::Amendment(id) => {
                self.amendments
                    .insert(*id, wire::decode(bytes, MAX_RECORD)?);
            }
            Touched::Expiring(id) => {
                self.expiring.insert(*id, wire::decode(bytes, MAX_RECORD)?);
            }
            Touched::Unseen(id) => {
                let unseen = wire::decode(bytes, MAX_RECORD)?;
                self.seen.unseen.insert(*id, unseen);
            }
            Touched::Readers(id) => {
                self.seen.told.insert(*id, wire::decode(bytes, MAX_RECORD)?);
            }
            Touched::File(id) => {
                self.files.insert(*id, wire::decode(bytes, MAX_RECORD)?);
            }
            Touched::Queue(number) => {
                self.queue.insert(*number, wire::decode(bytes, MAX_RECORD)?);
            }
            Touched::Archive(id, index) => {
                self.archive
                    .insert((*id, *index), wire::decode(bytes, MAX_RECORD)?);
            }
        }
        Ok(())
    }
}
