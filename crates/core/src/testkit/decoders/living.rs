//! Whole clients that read what a hostile relay, a hostile member or a damaged storage hands them.
#![allow(
    clippy::expect_used,
    reason = "a test's tool: what it can't do is a failed test"
)]

use zeroize::Zeroizing;

use super::super::World;
use crate::Client;
use crate::identity::IdentityKey;
use crate::ids::{ConnectionId, GroupId, Mailbox, MemberId, OpId, ReceiptId, Timestamp};
use crate::io::{Command, Config, IceServer, Input, Output, RelayCommand, Settings};
use crate::membership::op::{Op, sign_op};
use crate::membership::{Inserted, Log, OpBody};
use crate::pairwise::{Channel, Device, PairwiseKind, PeerKeys};
use crate::store::{MemoryStore, Record, RecordKey, Snapshot, StoreName};
use crate::testing::SeededRng;
use crate::wire::{self, FRAME_SIZES};

/// What clients of these tests are told about their surroundings.
pub(super) fn config() -> Config {
    Config {
        relays: vec!["ws://127.0.0.1/mqtt".into()],
        origin: "https://app.invalid/".into(),
    }
}

/// A group at some moment: the storage of its creator, who listens, and the keys of an admin, who speaks.
pub(super) struct Stage {
    pub(super) world: World,
    pub(super) now: Timestamp,
    pub(super) creator: Snapshot,
    creator_id: MemberId,
    pub(super) log: Log,
    group: GroupId,
    identities: [IdentityKey; 2],
    device: Device,
    channel: Zeroizing<Vec<u8>>,
}

thread_local! {
    static STAGE: Stage = Stage::set();
}

pub(super) fn on_stage<T>(act: impl FnOnce(&Stage) -> T) -> T {
    STAGE.with(act)
}

fn record<'a>(records: &'a Snapshot, name: &[u8]) -> &'a Zeroizing<Vec<u8>> {
    let mut all = records.records.iter();
    let found = all.find(|record| record.key.name.starts_with(name));
    &found.expect("a record of this name").value
}

fn identity(records: &Snapshot) -> IdentityKey {
    let bytes = record(records, b"identity");
    let mut input = wire::Reader::new(bytes);
    let _ = input.array();
    let seed = input.bytes().and_then(|seed| seed.try_into().ok());
    IdentityKey::from_seed(&seed.expect("an identity's seed"))
}

fn ops(records: &Snapshot) -> Vec<Vec<u8>> {
    let all = records.records.iter();
    all.filter(|record| record.key.name.starts_with(b"op/"))
        .map(|record| record.value.to_vec())
        .collect()
}

impl Stage {
    /// Three members, one of them an admin and one of them away; somebody who waits for approval; unread, undelivered and
    /// unsent messages.
    fn set() -> Self {
        let mut world = World::new(11, 3);
        let group = world.group_of_all();
        let admin = world.member(1, group);
        world.command(
            0,
            Command::MakeAdmin {
                group,
                member: admin,
            },
        );
        world.run_for(2_000);
        for device in 0..3 {
            world.write(device, group, &format!("hello from {device}"));
            world.run_for(1_000);
        }
        let settings = Settings {
            ice_servers: vec![IceServer {
                urls: vec!["turn:turn.example".into()],
                username: "user".into(),
                credential: "secret".into(),
            }],
            ..Settings::default()
        };
        world.command(1, Command::ChangeSettings(Box::new(settings)));
        world.set_network(2, false);
        world.command(
            0,
            Command::CreateInvite {
                group,
                lifetime: crate::invite::DEFAULT_LIFETIME,
                max_uses: Some(5),
                approval: true,
            },
        );
        world.run_for(1_000);
        let link = world.devices[0].links.last().expect("a link").clone();
        let joiner = world.add_device();
        world.ask_to_join(joiner, &link, "Somebody");
        world.run_for(3_000);
        world.write(0, group, "who will read this later?");
        world.run_for(3_000);
        world.set_network(0, false);
        world.write(0, group, "and this?");
        let creator = world.devices[0].store.snapshot();
        let speaker = world.devices[1].store.snapshot();
        let creator_id = world.member(0, group);
        let name = [b"channel/".as_slice(), creator_id.as_ref()].concat();
        Self {
            now: world.now.plus(60_000),
            creator_id,
            log: Log::restore_own(ops(&creator)).expect("a log"),
            group,
            identities: [identity(&creator), identity(&speaker)],
            device: Device::decode(record(&speaker, b"device")).expect("keys"),
            channel: record(&speaker, &name).clone(),
            creator,
            world,
        }
    }
}

/// A client that runs, with its storage and its open connections.
struct Running {
    client: Client,
    store: MemoryStore,
    connections: Vec<(ConnectionId, Vec<Mailbox>)>,
    now: Timestamp,
    rng: SeededRng,
}

impl Running {
    /// `None` if the storage was refused.
    fn start(snapshot: Snapshot, now: Timestamp) -> Option<Self> {
        let store = MemoryStore::default();
        let mut changes = crate::store::Changes::default();
        for record in &snapshot.records {
            changes.put(record.store, record.key.clone(), record.value.clone());
        }
        store.commit(&changes);
        let mut rng = SeededRng::new(5);
        let client = Client::restore(snapshot, config(), now, &mut rng).ok()?;
        let mut running = Self {
            client,
            store,
            connections: Vec::new(),
            now,
            rng,
        };
        running.drain();
        for (connection, _) in running.connections.clone() {
            running.take(Input::RelayOpened {
                connection,
                session_present: true,
            });
        }
        Some(running)
    }

    fn take(&mut self, input: Input) {
        self.client.handle(self.now, input, &mut self.rng);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.client.poll_output() {
            match output {
                Output::Persist(changes) => self.store.commit(&changes),
                Output::Relay(RelayCommand::Open {
                    connection,
                    mailboxes,
                    ..
                }) => self.connections.push((connection, mailboxes)),
                _ => {}
            }
        }
    }

    /// Lets everything happen that is due within an hour, and starts again from what is stored by then.
    fn goes_on(mut self) {
        for _ in 0..6 {
            match self.client.poll_timeout() {
                Some(at) if at <= self.now.plus(3_600_000) => self.now = self.now.max(at),
                _ => break,
            }
            self.take(Input::Timeout);
        }
        let again = Client::restore(self.store.snapshot(), config(), self.now, &mut self.rng);
        assert!(again.is_ok(), "what was stored can't be read again");
    }
}

/// The first two bytes choose a record; the third one whether it is replaced by the rest, joined by it under another name,
/// changed in one place, or gone.
pub(super) fn snapshot(bytes: &[u8]) -> bool {
    let Some(([high, low, what], rest)) = bytes.split_first_chunk::<3>() else {
        return false;
    };
    on_stage(|stage| {
        let mut snapshot = stage.creator.clone();
        let place = usize::from(u16::from_be_bytes([*high, *low])) % snapshot.records.len();
        let Some(record) = snapshot.records.get_mut(place) else {
            return false;
        };
        match what % 4 {
            0 => record.value = Zeroizing::new(rest.to_vec()),
            1 => {
                let (length, rest) = rest.split_first().unwrap_or((&0, rest));
                let (name, value) = rest.split_at(rest.len().min(usize::from(*length)));
                let key = RecordKey::named(record.key.group, name);
                let value = Zeroizing::new(value.to_vec());
                snapshot.records.push(Record {
                    store: StoreName::State,
                    key,
                    value,
                });
            }
            2 => {
                for change in rest.chunks_exact(3) {
                    if let [high, low, bits] = change {
                        let at = usize::from(u16::from_be_bytes([*high, *low]));
                        let length = record.value.len().max(1);
                        if let Some(byte) = record.value.get_mut(at % length) {
                            *byte ^= bits;
                        }
                    }
                }
            }
            _ => {
                snapshot.records.remove(place);
            }
        }
        let Some(mut running) = Running::start(snapshot, stage.now) else {
            return false;
        };
        running.take(Input::Timeout);
        true
    })
}

/// The first byte chooses the mailbox; the rest is the frame, filled up with zeros to a length that a relay passes on.
pub(super) fn received(bytes: &[u8]) -> bool {
    let Some((choice, frame)) = bytes.split_first() else {
        return false;
    };
    on_stage(|stage| {
        let Some(mut running) = Running::start(stage.creator.clone(), stage.now) else {
            return false;
        };
        let (connection, mailboxes) = running.connections.first().expect("a connection");
        let (connection, place) = (*connection, usize::from(*choice) % mailboxes.len().max(1));
        let mailbox = mailboxes.get(place).copied().unwrap_or(Mailbox([0; 16]));
        let mut frame = frame.to_vec();
        let size = FRAME_SIZES.into_iter().find(|size| frame.len() <= *size);
        frame.resize(size.unwrap_or(frame.len()), 0);
        let known = wire::split_frame(&frame).is_ok();
        running.take(Input::RelayReceived {
            connection,
            receipt: ReceiptId(1),
            mailbox,
            bytes: frame,
        });
        running.goes_on();
        known
    })
}

/// The first byte is the kind of frame, the rest its body: sealed with an admin's keys, for the creator.
pub(super) fn spoken(bytes: &[u8]) -> bool {
    let Some((kind, body)) = bytes.split_first() else {
        return false;
    };
    on_stage(|stage| {
        let kinds = PairwiseKind::ALL;
        let kind = kinds[usize::from(*kind) % kinds.len()];
        let mut channel = Channel::decode(&stage.channel).expect("a channel");
        let speaker = stage.identities[1].member_id();
        let peer = PeerKeys {
            member: stage.creator_id,
            curve25519: channel.peer_curve25519(),
            prekeys: None,
        };
        let sealed = channel.seal(&stage.device, speaker, &peer, kind, stage.group, body);
        let Ok(frame) = sealed else {
            return false;
        };
        let mut running = Running::start(stage.creator.clone(), stage.now).expect("a client");
        let (connection, mailboxes) = running.connections.first().expect("a connection");
        let (connection, mailbox) = (*connection, *mailboxes.first().expect("a mailbox"));
        running.take(Input::RelayReceived {
            connection,
            receipt: ReceiptId(1),
            mailbox,
            bytes: frame,
        });
        running.goes_on();
        true
    })
}

/// The first byte chooses the author and what it knew, the second the kind of op; the rest is the body.
pub(super) fn written(bytes: &[u8]) -> bool {
    let Some(([choice, kind], body)) = bytes.split_first_chunk::<2>() else {
        return false;
    };
    let Ok(body) = OpBody::from_bytes(u16::from(*kind), body) else {
        return false;
    };
    on_stage(|stage| {
        let author = &stage.identities[usize::from(choice & 1)];
        let me = author.member_id();
        let all = stage.log.op_ids();
        let own = all.iter().filter_map(|id| Some((stage.log.op(id)?, *id)));
        let last = own
            .filter(|(op, _)| op.author == me)
            .map(|(op, id)| (op.seq, id))
            .max_by_key(|(seq, _)| *seq);
        // The heads, or some one op further back.
        let deps: Vec<OpId> = match choice >> 1 {
            0 => stage.log.heads(),
            back => all
                .iter()
                .rev()
                .nth(usize::from(back))
                .copied()
                .into_iter()
                .collect(),
        };
        let op = Op {
            group: stage.group,
            author: me,
            seq: last.map_or(0, |(seq, _)| seq + 1),
            prev: last.map(|(_, id)| id),
            deps,
            body,
        };
        let signed = sign_op(&op, author.signing_key());
        let mut log = stage.log.clone();
        if !matches!(log.insert(&signed), Ok(Inserted::New { .. })) {
            assert_eq!(log.heads(), stage.log.heads());
            return false;
        }
        // Whoever reads the same ops comes to the same state, in whatever order they come.
        let mut backwards = log.all_ops();
        backwards.reverse();
        let other = Log::restore_own(&backwards).expect("the log again");
        assert_eq!(log.state(), other.state());
        assert_eq!(log.heads(), other.heads());
        true
    })
}
