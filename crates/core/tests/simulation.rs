//! Random people on a random, bad network: what must hold once it heals, whatever happened before.
//!
//! `SIMULATION_SEEDS=a..b` chooses the seeds; a failure prints a test that repeats its seed. Olm draws its own randomness,
//! so a seed fixes the schedule but not every byte: a failure that depends on which of two sessions has the smaller id may
//! need several runs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]
#![cfg(not(target_arch = "wasm32"))]

use std::collections::{BTreeMap, BTreeSet};

use discordopus_core::chat::{Body, Delivery, MessageView};
use discordopus_core::ids::{GroupId, MILLIS_PER_HOUR, MemberId, MessageId};
use discordopus_core::invite::DEFAULT_LIFETIME;
use discordopus_core::io::{Alarm, Command, GroupState, JoinState, Role};
use discordopus_core::sender_keys::Message;
use discordopus_core::store::{MemoryStore, StoreName};
use discordopus_core::testkit::{Network, World};
use discordopus_core::wire::FrameKind;

/// Seeds of an ordinary run: about twenty seconds on two cores.
const SEEDS: core::ops::Range<u64> = 0..12;
/// What happens in one run.
const STEPS: u64 = 120;
/// Most devices in an ordinary run, and in every tenth one.
const MAX_DEVICES: [usize; 2] = [7, 16];

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
    most_devices: usize,
    /// A copy of a device's storage, made some time ago.
    copy: Option<(usize, MemoryStore)>,
    /// Devices that were set back to such a copy.
    set_back: BTreeSet<usize>,
}

impl Run {
    fn new(seed: u64) -> Self {
        let crowd = seed % 10 == 9;
        let mut world = World::new(seed, if crowd { 9 } else { 3 });
        let group = world.group_of_all();
        world.network = if seed.is_multiple_of(2) {
            Network::BAD
        } else {
            Network::default()
        };
        for device in 0..world.devices.len() {
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
            most_devices: MAX_DEVICES[usize::from(crowd)],
            copy: None,
            set_back: BTreeSet::new(),
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
            88..90 => self.remove_somebody(device),
            90..91 => self.leave(device),
            91..92 => self.world.run_for(26 * MILLIS_PER_HOUR),
            92..96 => self.appoint(device),
            96..98 => self.decide(device),
            98..99 => self.keep_a_copy(device),
            99..100 => self.set_a_device_back(),
            _ => {}
        }
        let pause = self.world.rng.below(1_500);
        self.world.run_for(pause);
    }

    fn write_something(&mut self, device: usize) {
        if self.is_member(device) && self.world.devices[device].client.is_some() {
            if self.world.rng.chance(30) {
                return self.change_something(device);
            }
            self.written += 1;
            let text = format!("text {} by {device}", self.written);
            self.world.write(device, self.group, &text);
        }
    }

    /// Somebody edits or takes back something of its own, reacts to something, or pins it.
    fn change_something(&mut self, device: usize) {
        let group = self.group;
        let me = self.world.member(device, group);
        let rows = self.world.devices[device].log(group).into_iter();
        let rows: Vec<_> = rows
            .filter(|row| matches!(row.body, Body::Text(_)))
            .map(|row| (row.id, row.author))
            .collect();
        if rows.is_empty() {
            return;
        }
        let (message, author) = rows[self.world.rng.below(rows.len() as u64) as usize];
        let on = self.world.rng.chance(70);
        let command = match self.world.rng.below(10) {
            0..4 if author == me => {
                self.written += 1;
                Command::EditMessage {
                    group,
                    message,
                    text: format!("edit {} by {device}", self.written),
                }
            }
            4 if author == me => Command::DeleteMessage { group, message },
            5 => Command::PinMessage { group, message, on },
            _ => Command::React {
                group,
                message,
                emoji: if self.world.rng.chance(50) {
                    "👍".to_owned()
                } else {
                    "🎉".to_owned()
                },
                on,
            },
        };
        self.world.command(device, command);
    }

    fn join_somebody(&mut self, inviter: usize) {
        let usable = self.is_member(inviter) && self.world.devices[inviter].client.is_some();
        if self.world.devices.len() >= self.most_devices || !usable {
            return;
        }
        let before = self.world.devices[inviter].links.len();
        let max_uses = self.world.rng.chance(50).then_some(1);
        let approval = self.world.rng.chance(30);
        self.world.command(
            inviter,
            Command::CreateInvite {
                group: self.group,
                lifetime: DEFAULT_LIFETIME,
                max_uses,
                approval,
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

    fn remove_somebody(&mut self, by: usize) {
        if !self.is_member(by) || self.world.devices[by].client.is_none() {
            return;
        }
        let view = &self.world.devices[by].groups[&self.group];
        let removable: Vec<_> = view
            .members
            .iter()
            .filter(|member| member.removable)
            .map(|member| member.id)
            .collect();
        // What waits may be a removal as well.
        if view.members.len() < 3 || removable.is_empty() || view.waiting_changes > 0 {
            return;
        }
        let member = removable[self.world.rng.below(removable.len() as u64) as usize];
        self.world.command(
            by,
            Command::RemoveMember {
                group: self.group,
                member,
                revoke_invites: false,
            },
        );
    }

    fn leave(&mut self, device: usize) {
        let group = self.group;
        let view = self.world.devices[device].groups.get(&group);
        if view.is_some_and(|view| view.rights.leave && view.members.len() > 2) {
            self.world.command(device, Command::LeaveGroup { group });
        }
    }

    /// The creator raises or lowers somebody, hands the group over, or changes the policy.
    fn appoint(&mut self, by: usize) {
        let group = self.group;
        let Some(view) = self.world.devices[by].groups.get(&group) else {
            return;
        };
        if !view.rights.appoint {
            return;
        }
        let others: Vec<_> = view.members.iter().filter(|it| !it.is_me).collect();
        if others.is_empty() {
            return;
        }
        let other = others[self.world.rng.below(others.len() as u64) as usize];
        let (member, role) = (other.id, other.role);
        let command = match self.world.rng.below(10) {
            0 => Command::TransferCreator { group, member },
            1 => Command::SetInvitePolicy {
                group,
                lowest: if self.world.rng.chance(50) {
                    Role::Admin
                } else {
                    Role::Member
                },
            },
            _ if role == Role::Admin => Command::RemoveAdmin { group, member },
            _ => Command::MakeAdmin { group, member },
        };
        self.world.command(by, command);
    }

    /// Somebody says yes or no to whoever asked first.
    fn decide(&mut self, by: usize) {
        let group = self.group;
        let view = self.world.devices[by].groups.get(&group);
        let Some(request) = view.and_then(|view| view.requests.first()) else {
            return;
        };
        let member = request.member;
        let command = if self.world.rng.chance(70) {
            Command::ApproveJoin { group, member }
        } else {
            Command::RefuseJoin { group, member }
        };
        self.world.command(by, command);
    }

    fn keep_a_copy(&mut self, device: usize) {
        // One that can't change the group for the others: a creator that is set back may fork it, which is another story.
        let plain = self.is_member(device)
            && self.world.devices[device].groups[&self.group]
                .members
                .first()
                .is_some_and(|me| me.role == Role::Member);
        if plain {
            self.copy = Some((device, self.world.devices[device].store.clone()));
        }
    }

    fn set_a_device_back(&mut self) {
        let Some((device, copy)) = self.copy.take() else {
            return;
        };
        let plain = self.is_member(device)
            && self.world.devices[device].groups[&self.group].members[0].role == Role::Member;
        if plain {
            self.world.crash(device);
            self.world.devices[device].store = copy;
            self.set_back.insert(device);
            self.world.switch_on(device);
        }
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
        // The sessions of a device that was set back are refused as replays, and each peer opens one an hour.
        if !self.set_back.is_empty() {
            self.world.run_for(MILLIS_PER_HOUR);
        }
        // One more round of hellos: what was served in one round may have to be followed by what it made readable.
        for device in 0..self.world.devices.len() {
            self.world.crash(device);
            self.world.switch_on(device);
            self.world.run_for(60_000);
        }
    }

    /// The rows of texts as a device has stored them.
    fn stored_texts(&self, device: usize) -> BTreeMap<MessageId, MessageView> {
        let records = self.world.devices[device].store.all();
        let messages = records
            .iter()
            .filter(|record| record.store == StoreName::Messages);
        messages
            .filter_map(|record| discordopus_core::chat::decode_record(&record.value).ok())
            .filter(|row| matches!(row.body, Body::Text(_) | Body::Deleted))
            .map(|row| (row.id, row))
            .collect()
    }

    fn id_of(&self, device: usize) -> Option<MemberId> {
        let view = self.world.devices[device].groups.get(&self.group)?;
        Some(view.me)
    }

    fn check(&self, seed: u64) {
        let members: Vec<_> = (0..self.world.devices.len())
            .filter(|device| self.is_member(*device))
            .collect();
        let roster = |device: usize| -> BTreeSet<(MemberId, Role)> {
            self.world.devices[device].groups[&self.group]
                .members
                .iter()
                .map(|member| (member.id, member.role))
                .collect()
        };
        let whole = members.iter().find(|it| !self.set_back.contains(it));
        let Some(first) = whole.or(members.first()) else {
            return;
        };
        let agreed = roster(*first);
        for device in &members {
            self.check_alarms(seed, *device);
            // With the keys that it had promised since, a device that was set back may have lost its last way to be
            // written to. Then it says that it is to leave and come back.
            let knows = |alarm: &Alarm| matches!(alarm, Alarm::SetBack { .. });
            let stranded = self.set_back.contains(device)
                && self.world.devices[*device].alarms.iter().any(knows);
            assert!(
                stranded || roster(*device) == agreed,
                "seed {seed}: device {device} sees another roster than {first}"
            );
        }
        let present: BTreeSet<_> = agreed.iter().map(|(member, _)| *member).collect();
        let held: BTreeSet<_> = members.iter().filter_map(|it| self.id_of(*it)).collect();
        assert!(
            held.is_subset(&present),
            "seed {seed}: somebody believes to be a member and isn't"
        );
        // Who was let in by one member and, seconds before, refused by another that knew less, gave up: it stays in the
        // roster until it is removed, and never wrote. So does somebody whose removal turned out not to count after its
        // device had destroyed its keys over it.
        let ended = |state: &JoinState| {
            matches!(
                state,
                JoinState::Refused | JoinState::Used | JoinState::Declined
            )
        };
        let devices = self.world.devices.iter();
        let gave_up = devices.filter(|device| device.joins.values().any(|join| ended(&join.state)));
        let out = (0..self.world.devices.len()).filter(|device| !self.is_member(*device));
        let out: BTreeSet<_> = out.filter_map(|device| self.id_of(device)).collect();
        let ghosts = present.difference(&held).filter(|it| !out.contains(it));
        let ghosts = ghosts.count();
        assert!(
            ghosts <= gave_up.count(),
            "seed {seed}: the roster holds {ghosts} that nobody is"
        );
        self.check_messages(seed, &members, &held);
        self.check_keys(seed);
    }

    /// Alarms are true: only about devices that were set back, and on them.
    fn check_alarms(&self, seed: u64, device: usize) {
        let guilty: Vec<_> = self
            .set_back
            .iter()
            .filter_map(|it| self.id_of(*it))
            .collect();
        for alarm in &self.world.devices[device].alarms {
            let is_true = match alarm {
                Alarm::TwoKeys { member } | Alarm::TwoHistories { member } => {
                    guilty.contains(member)
                }
                Alarm::SetBack { .. } => self.set_back.contains(&device),
                Alarm::RostersDiffer { .. } | Alarm::Forked { .. } => false,
            };
            assert!(is_true, "seed {seed}: device {device} has seen {alarm:?}");
        }
    }

    fn check_messages(&self, seed: u64, members: &[usize], held: &BTreeSet<MemberId>) {
        let whole: Vec<_> = members
            .iter()
            .filter(|device| !self.set_back.contains(device))
            .copied()
            .collect();
        let lost: Vec<_> = self
            .set_back
            .iter()
            .filter_map(|it| self.id_of(*it))
            .collect();
        let texts: BTreeMap<_, _> = members
            .iter()
            .map(|device| (*device, self.stored_texts(*device)))
            .collect();
        for writer in &whole {
            let me = self.world.member(*writer, self.group);
            for (id, row) in &texts[writer] {
                if row.author != me || row.delivery == Delivery::Failed {
                    continue;
                }
                let recipients = row.recipients.as_ref().unwrap();
                for reader in whole.iter().filter(|reader| *reader != writer) {
                    let reader_id = self.world.member(*reader, self.group);
                    let written_to = recipients.contains(&reader_id);
                    assert_eq!(
                        texts[reader].contains_key(id),
                        written_to,
                        "seed {seed}: {:?} of device {writer} at device {reader}",
                        row.sent_at
                    );
                }
                let reachable = |member: &MemberId| held.contains(member) && !lost.contains(member);
                let present = self.world.devices[*writer].groups[&self.group]
                    .members
                    .iter();
                let present: BTreeSet<_> = present.map(|member| member.id).collect();
                let waits_for = recipients.iter().filter(|it| present.contains(it));
                if !recipients.is_empty() && waits_for.into_iter().all(reachable) {
                    assert_eq!(
                        row.delivery,
                        Delivery::Delivered,
                        "seed {seed}: {id:?} of device {writer}"
                    );
                }
            }
        }
        self.check_changes(seed, &whole, &texts);
        for device in members {
            // Rows of history are never stored twice.
            let mut seen = BTreeSet::new();
            for record in self.world.devices[*device].store.all() {
                assert!(
                    record.store != StoreName::Messages || seen.insert(record.key.name.clone()),
                    "seed {seed}: stored twice on device {device}"
                );
            }
        }
    }

    /// Those who were in from the beginning, and so were written every change, see the same.
    fn check_changes(
        &self,
        seed: u64,
        whole: &[usize],
        texts: &BTreeMap<usize, BTreeMap<MessageId, MessageView>>,
    ) {
        let mut first = whole.iter().filter(|device| **device < 3);
        let Some(one) = first.next() else { return };
        let writers = whole.iter().filter_map(|device| self.id_of(*device));
        let writers: BTreeSet<_> = writers.collect();
        for other in first {
            for (id, row) in &texts[one] {
                let Some(same) = texts[other].get(id) else {
                    continue;
                };
                // What somebody wrote who is out, or was set back, may have ended with those who had it by then.
                if !writers.contains(&row.author) {
                    continue;
                }
                assert_eq!(
                    what_shows(row, &writers),
                    what_shows(same, &writers),
                    "seed {seed}: {id:?} at devices {one} and {other}"
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

/// A message's words, and these members' reactions to it.
fn what_shows(
    row: &MessageView,
    members: &BTreeSet<MemberId>,
) -> (String, Vec<(String, MemberId)>) {
    let reactions = row.reactions().into_iter();
    let mut of_members: Vec<_> = reactions
        .flat_map(|(emoji, who)| who.into_iter().map(move |it| (emoji.to_owned(), it)))
        .filter(|(_, member)| members.contains(member))
        .collect();
    of_members.sort();
    (row.text().unwrap_or_default().to_owned(), of_members)
}

/// Prints the test that repeats a seed, when that seed fails.
struct Repeats(u64);

impl Drop for Repeats {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let seed = self.0;
            println!("#[test]\nfn what_seed_{seed}_has_shown() {{\n    holds({seed});\n}}");
        }
    }
}

/// The life of one group; how many steps it had.
fn holds(seed: u64) -> u64 {
    let _repeats = Repeats(seed);
    let mut run = Run::new(seed);
    for _ in 0..STEPS {
        run.step();
    }
    run.heal();
    run.check(seed);
    STEPS
}

/// A sponsor left before it had passed on the prekeys of whom it let in.
#[test]
fn what_seed_440690104_has_shown() {
    holds(440_690_104);
}

#[test]
fn whatever_happens_the_members_agree_and_nothing_confirmed_is_lost() {
    let steps: u64 = seeds().map(holds).sum();
    println!("{steps} steps over {:?}", seeds());
}
