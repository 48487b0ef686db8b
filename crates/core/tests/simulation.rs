//! Random people on a random, bad network: what must hold once it heals, whatever happened before.
//!
//! `SIMULATION_SEEDS=a..b` chooses the seeds; a failure names the seed. Olm draws its own randomness, so a seed fixes the
//! schedule but not every byte: a failure that depends on which of two sessions has the smaller id may need several runs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]
#![cfg(not(target_arch = "wasm32"))]

use std::collections::{BTreeMap, BTreeSet};

use discordopus_core::chat::{Body, Delivery};
use discordopus_core::ids::{GroupId, MILLIS_PER_HOUR, MemberId, MessageId};
use discordopus_core::invite::DEFAULT_LIFETIME;
use discordopus_core::io::{Command, GroupState, JoinState};
use discordopus_core::sender_keys::Message;
use discordopus_core::store::StoreName;
use discordopus_core::testkit::{Network, World};
use discordopus_core::wire::FrameKind;

/// Seeds of an ordinary run: about twenty seconds on two cores.
const SEEDS: core::ops::Range<u64> = 0..12;
/// What happens in one run.
const STEPS: u64 = 120;
/// Most devices in one run.
const MAX_DEVICES: usize = 7;

fn seeds() -> core::ops::Range<u64> {
    let given = std::env::var("SIMULATION_SEEDS").ok();
    let parse = |text: String| {
        let (from, to) = text.split_once("..")?;
        Some(from.parse().ok()?..to.parse().ok()?)
    };
    given.and_then(parse).unwrap_or(SEEDS)
}

struct Run {
    world: World,
    group: GroupId,
    /// Every text that was written, by its content.
    written: u64,
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut world = World::new(seed, 3);
        let group = world.group_of_all();
        world.network = if seed.is_multiple_of(2) {
            Network::BAD
        } else {
            Network::default()
        };
        for device in 0..3 {
            world.devices[device].clock_ahead = if seed.is_multiple_of(3) {
                world.rng.below(3 * 24) * MILLIS_PER_HOUR
            } else {
                0
            };
        }
        Self {
            world,
            group,
            written: 0,
        }
    }

    fn is_member(&self, device: usize) -> bool {
        self.world.devices[device]
            .groups
            .get(&self.group)
            .is_some_and(|view| view.state == GroupState::Member)
    }

    fn step(&mut self) {
        let devices = self.world.devices.len() as u64;
        let device = self.world.rng.below(devices) as usize;
        match self.world.rng.below(100) {
            0..50 => self.write_something(device),
            50..58 => {
                let up = self.world.devices[device].network;
                self.world.set_network(device, !up);
            }
            58..66 => self.world.crash(device),
            66..76 => self.world.switch_on(device),
            76..80 => {
                let next = self.world.devices[device].batches + 1 + self.world.rng.below(4);
                let written = self.world.rng.chance(50);
                self.world.devices[device].crash_at = Some((next, written));
            }
            80..83 => {
                let up = self.world.relay_up;
                self.world.set_relay(!up);
            }
            83..88 => self.join_somebody(device),
            88..91 => self.remove_somebody(),
            91..92 if device != 0 => self
                .world
                .command(device, Command::LeaveGroup { group: self.group }),
            92..93 => self.world.run_for(26 * MILLIS_PER_HOUR),
            _ => {}
        }
        let pause = self.world.rng.below(1_500);
        self.world.run_for(pause);
    }

    fn write_something(&mut self, device: usize) {
        if self.is_member(device) && self.world.devices[device].client.is_some() {
            self.written += 1;
            let text = format!("text {} by {device}", self.written);
            self.world.write(device, self.group, &text);
        }
    }

    fn join_somebody(&mut self, inviter: usize) {
        let usable = self.is_member(inviter) && self.world.devices[inviter].client.is_some();
        if self.world.devices.len() >= MAX_DEVICES || !usable {
            return;
        }
        let before = self.world.devices[inviter].links.len();
        let max_uses = self.world.rng.chance(50).then_some(1);
        self.world.command(
            inviter,
            Command::CreateInvite {
                group: self.group,
                lifetime: DEFAULT_LIFETIME,
                max_uses,
                approval: false,
            },
        );
        // A crash in the middle of it leaves no link.
        let Some(link) = self.world.devices[inviter].links.get(before).cloned() else {
            return;
        };
        let device = self.world.add_device();
        self.world.devices[device].clock_ahead = self.world.devices[inviter].clock_ahead;
        self.world
            .ask_to_join(device, &link, &format!("Person {device}"));
    }

    fn remove_somebody(&mut self) {
        if self.world.devices[0].client.is_none() {
            return;
        }
        let view = &self.world.devices[0].groups[&self.group];
        let removable: Vec<_> = view
            .members
            .iter()
            .filter(|member| member.removable)
            .map(|member| member.id)
            .collect();
        // What waits may be a removal as well.
        if removable.len() < 2 || view.waiting_changes > 0 {
            return;
        }
        let member = removable[self.world.rng.below(removable.len() as u64) as usize];
        self.world.command(
            0,
            Command::RemoveMember {
                group: self.group,
                member,
                revoke_invites: false,
            },
        );
    }

    /// Everything works again, and there is time to catch up.
    fn heal(&mut self) {
        self.world.network = Network::default();
        self.world.set_relay(true);
        for device in 0..self.world.devices.len() {
            self.world.devices[device].crash_at = None;
            self.world.set_network(device, true);
            self.world.switch_on(device);
        }
        self.world.run_for(15 * 60 * 1_000);
        // One more round of hellos: what was served in one round may have to be followed by what it made readable.
        for device in 0..self.world.devices.len() {
            self.world.crash(device);
            self.world.switch_on(device);
            self.world.run_for(60_000);
        }
    }

    fn stored_texts(&self, device: usize) -> BTreeMap<MessageId, (MemberId, Delivery, String)> {
        let records = self.world.devices[device].store.all();
        let messages = records
            .iter()
            .filter(|record| record.store == StoreName::Messages);
        messages
            .filter_map(|record| discordopus_core::chat::decode_record(&record.value).ok())
            .filter_map(|row| match row.body {
                Body::Text(text) => Some((row.id, (row.author, row.delivery, text))),
                _ => None,
            })
            .collect()
    }

    fn check(&self, seed: u64) {
        let members: Vec<_> = (0..self.world.devices.len())
            .filter(|device| self.is_member(*device))
            .collect();
        let roster = |device: usize| -> BTreeSet<MemberId> {
            self.world.devices[device].groups[&self.group]
                .members
                .iter()
                .map(|member| member.id)
                .collect()
        };
        let present = roster(0);
        for device in &members {
            let alarms = &self.world.devices[*device].alarms;
            assert!(
                alarms.is_empty(),
                "seed {seed}: device {device} has seen {alarms:?}"
            );
            assert_eq!(
                roster(*device),
                present,
                "seed {seed}: device {device} sees another roster"
            );
        }
        let held: BTreeSet<_> = members
            .iter()
            .map(|device| self.world.member(*device, self.group))
            .collect();
        assert!(
            held.is_subset(&present),
            "seed {seed}: somebody believes to be a member and isn't"
        );
        // Who was let in by one member and, seconds before, refused by another that knew less, gave up: it stays in the
        // roster until it is removed, and never wrote.
        let ended = |state: &JoinState| matches!(state, JoinState::Refused | JoinState::Used);
        let devices = self.world.devices.iter();
        let gave_up = devices.filter(|device| device.joins.values().any(|join| ended(&join.state)));
        let ghosts = present.difference(&held).count();
        assert!(
            ghosts <= gave_up.count(),
            "seed {seed}: the roster holds {ghosts} that nobody is"
        );
        self.check_messages(seed, &members);
        self.check_keys(seed);
    }

    fn check_messages(&self, seed: u64, members: &[usize]) {
        for writer in members {
            let me = self.world.member(*writer, self.group);
            for (id, (author, delivery, text)) in self.stored_texts(*writer) {
                if author != me || delivery == Delivery::Failed {
                    continue;
                }
                assert_eq!(
                    delivery,
                    Delivery::Delivered,
                    "seed {seed}: {text:?} of device {writer}"
                );
                let view = &self.world.devices[*writer].messages[&id];
                for reader in members.iter().filter(|reader| *reader != writer) {
                    let reader_id = self.world.member(*reader, self.group);
                    let has_it = self.stored_texts(*reader).contains_key(&id);
                    let says_so = view.delivered_to.contains(&reader_id);
                    assert!(
                        has_it || !says_so,
                        "seed {seed}: device {reader} lacks {text:?} that it confirmed"
                    );
                }
            }
        }
        for device in members {
            let mut seen = BTreeSet::new();
            let arrived = self.world.devices[*device].arrived.iter();
            let doubles: Vec<_> = arrived.filter(|(_, id)| !seen.insert(*id)).collect();
            // After a crash between storing and showing, a row may be shown again from the same record; never stored twice.
            let rows = self.world.devices[*device].store.all();
            let mut names = BTreeSet::new();
            for record in rows
                .iter()
                .filter(|record| record.store == StoreName::Messages)
            {
                assert!(
                    names.insert(record.key.name.clone()),
                    "seed {seed}: stored twice on device {device}: {doubles:?}"
                );
            }
        }
    }

    fn check_keys(&self, seed: u64) {
        let mut places: BTreeMap<_, Vec<u8>> = BTreeMap::new();
        for (_, frame) in &self.world.relay.published {
            if frame.first() != Some(&FrameKind::Message.byte()) {
                continue;
            }
            let message = Message::parse(&frame[1..]).unwrap();
            let first = places
                .entry((message.chain, message.index, message.random))
                .or_insert_with(|| frame.clone());
            assert!(
                first == frame,
                "seed {seed}: two ciphertexts under one key and nonce"
            );
        }
        for device in 0..self.world.devices.len() {
            let gone = self.world.devices[device]
                .groups
                .get(&self.group)
                .is_some_and(|view| view.state != GroupState::Member);
            let secrets = self.world.devices[device]
                .store
                .all()
                .into_iter()
                .filter(|record| record.store == StoreName::Secrets);
            assert!(
                !gone || secrets.count() == 0,
                "seed {seed}: device {device} is out and holds keys"
            );
        }
    }
}

#[test]
fn whatever_happens_the_members_agree_and_nothing_confirmed_is_lost() {
    let mut steps = 0;
    for seed in seeds() {
        let mut run = Run::new(seed);
        for _ in 0..STEPS {
            run.step();
            steps += 1;
        }
        run.heal();
        run.check(seed);
    }
    println!("{steps} steps over {:?}", seeds());
}
