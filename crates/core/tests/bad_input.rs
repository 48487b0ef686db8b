//! What arrives from a relay is hostile: every row of the protocol's table of bad input, against a whole client.
//!
//! The measure is the store: a frame that is refused writes nothing and sends nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};

use discordopus_core::ids::{GroupId, Mailbox};
use discordopus_core::invite::DEFAULT_LIFETIME;
use discordopus_core::io::{Command, JoinState};
use discordopus_core::store::{Record, StoreName};
use discordopus_core::testing::SeededRng;
use discordopus_core::testkit::World;
use discordopus_core::wire::{FRAME_SIZES, FrameKind};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;
#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// Three people who have written, and every frame that went through the relay.
fn conversation(seed: u64) -> (World, GroupId, Vec<(Mailbox, Vec<u8>)>) {
    let mut world = World::new(seed, 3);
    let group = world.group_of_all();
    for device in 0..3 {
        world.write(device, group, &format!("hello from {device}"));
        world.run_for(1_000);
    }
    let frames = world.relay.published.clone();
    (world, group, frames)
}

fn held(world: &World, device: usize) -> BTreeSet<(StoreName, Vec<u8>, Vec<u8>)> {
    let as_row = |record: Record| (record.store, record.key.name, record.value.to_vec());
    world.devices[device]
        .store
        .all()
        .into_iter()
        .map(as_row)
        .collect()
}

/// Hands a device a frame and shows that nothing came of it.
fn assert_ignored(world: &mut World, device: usize, mailbox: Mailbox, frame: Vec<u8>, what: &str) {
    let before = held(world, device);
    let sent = world.relay.published.len();
    let shown = world.devices[device].messages.len();
    world.inject(device, mailbox, frame);
    assert!(
        held(world, device) == before,
        "{what} changed what is stored"
    );
    assert_eq!(
        world.relay.published.len(),
        sent,
        "{what} made the client send something"
    );
    assert_eq!(
        world.devices[device].messages.len(),
        shown,
        "{what} was shown"
    );
}

#[test]
fn noise_of_every_size_and_kind_changes_nothing() {
    let (mut world, _, frames) = conversation(1);
    let mailboxes: BTreeSet<_> = frames.iter().map(|(mailbox, _)| *mailbox).collect();
    let mut rng = SeededRng::new(7);
    for size in [0, 1, 16, 511, 513, 65_536, 200_000]
        .into_iter()
        .chain(FRAME_SIZES)
    {
        for kind in [0, 1, 2, 3, 4, 5, 255_u8] {
            let mut frame: Vec<u8> = (0..size).map(|_| rng.number() as u8).collect();
            if let Some(first) = frame.first_mut() {
                *first = kind;
            }
            let mailbox = *mailboxes
                .iter()
                .nth(rng.below(mailboxes.len() as u64) as usize)
                .unwrap();
            assert_ignored(
                &mut world,
                1,
                mailbox,
                frame,
                &format!("{size} bytes of kind {kind}"),
            );
        }
    }
}

#[test]
fn a_changed_frame_changes_nothing_wherever_it_was_changed() {
    let (mut world, _, frames) = conversation(2);
    let mut rng = SeededRng::new(8);
    let published = world.relay.published.len();
    for (mailbox, frame) in frames {
        // A request to join that was changed is no request; one that wasn't is answered again, rightly. A presence token
        // is only random bytes: changed, it is nobody's.
        for _ in 0..6 {
            let mut changed = frame.clone();
            let position = rng.below(changed.len() as u64) as usize;
            changed[position] ^= 1 << rng.below(8);
            for device in 0..3 {
                let what = format!("kind {}, bit in byte {position}", frame[0]);
                if matches!(frame.first(), Some(1 | 2)) {
                    let before = but_expected(&world, device);
                    world.inject(device, mailbox, changed.clone());
                    assert!(
                        but_expected(&world, device) == before,
                        "{what} changed what is stored"
                    );
                } else {
                    assert_ignored(&mut world, device, mailbox, changed.clone(), &what);
                }
            }
        }
    }
    // A pairwise frame that can't be opened may mean that sessions were lost: each device may open one new session with
    // each peer, and not another one within the hour.
    let healing = world.relay.published.len() - published;
    assert!(
        healing <= 3 * 2,
        "{healing} frames sent because of changed ones"
    );
}

/// All but sessions, which heal, and messages that wait because the change made them name an unknown chain.
fn but_expected(world: &World, device: usize) -> BTreeSet<(StoreName, Vec<u8>, Vec<u8>)> {
    held(world, device)
        .into_iter()
        .filter(|(_, name, _)| !name.starts_with(b"channel/") && !name.starts_with(b"waiting/"))
        .collect()
}

#[test]
fn a_truncated_or_lengthened_frame_changes_nothing() {
    let (mut world, _, frames) = conversation(3);
    for (mailbox, frame) in frames.iter().rev().take(40) {
        let shorter = frame[..frame.len() - 1].to_vec();
        let longer = [frame.as_slice(), &[0]].concat();
        // To the next frame size, so that the size alone doesn't give it away.
        let size = FRAME_SIZES
            .into_iter()
            .find(|size| *size > frame.len())
            .unwrap_or(frame.len());
        let mut padded = frame.clone();
        padded.resize(size, 0);
        assert_ignored(&mut world, 1, *mailbox, shorter, "a shorter frame");
        assert_ignored(&mut world, 1, *mailbox, longer, "a longer frame");
        if size != frame.len() {
            assert_ignored(&mut world, 1, *mailbox, padded, "a padded frame");
        }
    }
}

#[test]
fn every_frame_may_come_again_and_nothing_is_shown_or_believed_twice() {
    let (mut world, group, frames) = conversation(4);
    let members: Vec<_> = (0..3)
        .map(|device| world.devices[device].members(group))
        .collect();
    for (mailbox, frame) in frames {
        for device in 0..3 {
            world.inject(device, mailbox, frame.clone());
        }
    }
    world.run_for(60_000);
    for (device, before) in world.devices.iter().zip(members) {
        assert_eq!(device.texts(group).len(), 3);
        assert_eq!(device.arrived.len(), 2);
        assert_eq!(device.members(group), before);
    }
    world.write(0, group, "still works");
    world.run_for(2_000);
    assert_eq!(world.devices[1].texts(group).last().unwrap(), "still works");
    assert_eq!(world.devices[2].texts(group).last().unwrap(), "still works");
}

#[test]
fn frames_of_one_group_mean_nothing_in_another() {
    let (_, _, foreign) = conversation(5);
    let (mut world, group, _) = conversation(6);
    let waiting = |world: &World| {
        held(world, 1)
            .iter()
            .filter(|(_, name, _)| name.starts_with(b"waiting/"))
            .count()
    };
    for (mailbox, frame) in foreign {
        if frame.first() == Some(&FrameKind::Message.byte()) {
            // A message of an unknown chain might be one whose key is late: it is kept for a day, unread.
            world.inject(1, mailbox, frame);
        } else {
            assert_ignored(&mut world, 1, mailbox, frame, "a foreign frame");
        }
    }
    assert!(waiting(&world) > 0);
    world.run_for(26 * 60 * 60 * 1_000);
    assert_eq!(
        waiting(&world),
        0,
        "what stays unreadable is dropped after a day"
    );
    assert_eq!(world.devices[1].texts(group).len(), 3);
}

#[test]
fn messages_of_unknown_chains_are_bounded_in_number_and_bytes() {
    let (mut world, _, frames) = conversation(7);
    let quiet = world.relay.published.len();
    world.run_for(10_000);
    assert_eq!(world.relay.published.len(), quiet);
    let (mailbox, sample) = frames
        .iter()
        .find(|(_, frame)| frame[0] == FrameKind::Message.byte())
        .unwrap();
    // The chain id is the first byte string of 32 bytes in the frame; another one is another, unknown chain.
    let at = sample
        .windows(2)
        .position(|pair| pair == [0x58, 32])
        .unwrap()
        + 2;
    let waiting = |world: &World| {
        held(world, 1)
            .into_iter()
            .filter(|(_, name, _)| name.starts_with(b"waiting/"))
            .count()
    };
    for number in 0..500_u64 {
        let mut frame = sample.clone();
        frame[at..at + 8].copy_from_slice(&number.to_be_bytes());
        world.inject(1, *mailbox, frame);
    }
    assert_eq!(waiting(&world), 100, "one for each chain");
    for number in 0..2_000_u64 {
        let mut frame = sample.clone();
        frame[at..at + 8].copy_from_slice(&(number % 100).to_be_bytes());
        let end = frame.len() - 8;
        frame[end..].copy_from_slice(&number.to_be_bytes());
        world.inject(1, *mailbox, frame);
    }
    assert_eq!(waiting(&world), 1_000);
    let sent = world.relay.published.len();
    world.run_for(10_000);
    let mut to_each: BTreeMap<Mailbox, usize> = BTreeMap::new();
    for (mailbox, _) in &world.relay.published[sent..] {
        *to_each.entry(*mailbox).or_default() += 1;
    }
    assert!(
        to_each.values().all(|count| *count <= 100),
        "each member is asked for each chain once: {to_each:?}"
    );
}

#[test]
fn a_removed_members_later_words_are_not_shown_and_its_earlier_ones_are() {
    let mut world = World::new(8, 3);
    let group = world.group_of_all();
    world.write(2, group, "before");
    world.run_for(1_000);
    // The one to be removed doesn't hear of it, goes on writing, and sends it all the moment it is back.
    let removed = world.member(2, group);
    world.set_network(2, false);
    world.command(
        0,
        Command::RemoveMember {
            group,
            member: removed,
            revoke_invites: false,
        },
    );
    world.write(2, group, "after, not knowing");
    world.run_for(5_000);
    world.set_network(2, true);
    world.run_for(5_000);
    for device in [0, 1] {
        assert_eq!(
            world.devices[device].texts(group),
            ["before"],
            "device {device}"
        );
    }
}

#[test]
fn a_seen_join_request_admits_nobody_but_its_own_sender() {
    let mut world = World::new(9, 3);
    let group = world.found(0, "Friends", "Founder");
    world.run_for(1_000);
    let link = world.invite(0, group, DEFAULT_LIFETIME, Some(2));
    world.ask_to_join(1, &link, "One");
    world.run_for(5_000);
    let request = world
        .relay
        .published
        .iter()
        .find(|(_, frame)| frame[0] == FrameKind::JoinRequest.byte())
        .cloned()
        .unwrap();
    for _ in 0..5 {
        world.inject(0, request.0, request.1.clone());
        world.run_for(1_000);
    }
    assert_eq!(world.devices[0].members(group).len(), 2);
    assert_eq!(
        world.devices[0].groups[&group].invites[0].uses_left,
        Some(1),
        "asking again is not another use"
    );
    world.ask_to_join(2, &link, "Two");
    world.run_for(5_000);
    assert_eq!(
        world.devices[2].joins.values().next().unwrap().state,
        JoinState::Joined(group)
    );
}

#[test]
fn a_waiting_joiner_is_not_disturbed_by_noise_and_forged_answers() {
    let (_, _, foreign) = conversation(10);
    let mut world = World::new(11, 2);
    let group = world.found(0, "Friends", "Founder");
    world.run_for(1_000);
    let link = world.invite(0, group, DEFAULT_LIFETIME, Some(1));
    world.run_for(1_000);
    world.crash(0);
    world.ask_to_join(1, &link, "One");
    world.run_for(10_000);
    for (mailbox, frame) in foreign {
        world.inject(1, mailbox, frame.clone());
        let mut changed = frame;
        changed[40] ^= 1;
        world.inject(1, mailbox, changed);
    }
    assert_eq!(
        world.devices[1].joins.values().next().unwrap().state,
        JoinState::Waiting
    );
    world.switch_on(0);
    world.run_for(10_000);
    assert_eq!(
        world.devices[1].joins.values().next().unwrap().state,
        JoinState::Joined(group)
    );
}
