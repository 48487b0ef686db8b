//! Everything at once: signals that get lost, come late, twice or in another order, and ones that nobody sent.

use super::support::{
    MUTED, assert_connected, assert_settled, call, group_of, join, leave, members, people,
};
use discordopus_core::ids::{GroupId, Mailbox};
use discordopus_core::io::{Command, LinkState};
use discordopus_core::testing::SeededRng;
use discordopus_core::testkit::{Network, World};
use discordopus_core::wire::FRAME_SIZES;

/// Slow, out of order, twice, and one in ten never.
const STORM: Network = Network {
    lose_queued_percent: 10,
    ..Network::BAD
};

#[test]
fn eight_that_come_at_once_are_all_connected_however_bad_the_network() {
    for seed in 80..86 {
        let (mut world, group) = group_of(seed, 8);
        world.network = STORM;
        world.rtc.stuck_percent = 10;
        for device in 0..8 {
            join(&mut world, device, group);
            let pause = world.rng.below(300);
            world.run_for(pause);
        }
        world.run_for(40_000);
        assert_settled(&world, group);
        // What got lost for good is said again when something changes.
        world.network = Network::default();
        world.rtc.stuck_percent = 0;
        world.set_relay(false);
        world.set_relay(true);
        world.run_for(75_000);
        assert_connected(&world, group, &[0, 1, 2, 3, 4, 5, 6, 7]);
    }
}

/// Does something at random with one of the devices.
fn stir(world: &mut World, group: GroupId, device: usize) {
    let others = world.devices.len();
    let other = usize::try_from(world.rng.below(others as u64)).unwrap();
    match world.rng.below(12) {
        0..=3 => join(world, device, group),
        4 => leave(world, device, group),
        5 => {
            let voice = MUTED;
            world.command(device, Command::SetVoice { group, voice });
        }
        6 => {
            world.crash(device);
            world.switch_on(device);
        }
        7 => {
            world.set_network(device, false);
            let cut = world.rng.below(20_000);
            world.run_for(cut);
            world.set_network(device, true);
        }
        8 => {
            world.set_relay(false);
            let cut = world.rng.below(20_000);
            world.run_for(cut);
            world.set_relay(true);
        }
        9 => {
            world.set_frozen(device, true);
            let cut = world.rng.below(20_000);
            world.run_for(cut);
            world.set_frozen(device, false);
        }
        10 if device != other => {
            let pair = (device.min(other), device.max(other));
            if !world.rtc.no_path.remove(&pair) {
                world.rtc.no_path.insert(pair);
            }
        }
        _ => world.break_relay_of(device),
    }
}

#[test]
fn whatever_happens_every_pair_ends_connected_or_with_a_reason() {
    for seed in 100..112 {
        let (mut world, group) = group_of(seed, 5);
        world.network = STORM;
        world.rtc.stuck_percent = 5;
        world.says_farewell = seed % 2 == 0;
        for _ in 0..25 {
            let device = usize::try_from(world.rng.below(5)).unwrap();
            stir(&mut world, group, device);
            let pause = world.rng.below(6_000);
            world.run_for(pause);
        }
        world.network = Network::default();
        world.rtc.no_path.clear();
        world.rtc.stuck_percent = 0;
        world.run_for(80_000);
        assert_settled(&world, group);
        let inside: Vec<_> = (0..5)
            .filter(|device| call(&world, *device, group).is_some_and(|call| call.joined))
            .collect();
        // A change that everybody notices: those who gave up try again, and all agree who is in.
        world.set_relay(false);
        world.set_relay(true);
        world.run_for(130_000);
        assert_connected(&world, group, &inside);
    }
}

/// Everything that was ever published, once more, and things that nobody wrote.
fn forge(world: &mut World, rng: &mut SeededRng, device: usize, own: Mailbox) {
    let old = world.relay.published.len() as u64;
    for _ in 0..20 {
        let index = usize::try_from(rng.below(old)).unwrap();
        let (_, bytes) = world.relay.published[index].clone();
        world.inject(device, own, bytes.clone());
        let mut altered = bytes;
        let place = usize::try_from(rng.below(altered.len() as u64)).unwrap();
        altered[place] ^= 1 << rng.below(8);
        world.inject(device, own, altered);
    }
    let mut junk = vec![2; FRAME_SIZES[1]];
    for byte in &mut junk[1..] {
        *byte = rng.below(256) as u8;
    }
    world.inject(device, own, junk);
}

#[test]
fn what_a_relay_repeats_or_alters_changes_nothing() {
    let (mut world, group) = group_of(120, 4);
    let mut rng = SeededRng::new(7);
    join(&mut world, 0, group);
    join(&mut world, 1, group);
    world.run_for(3_000);
    leave(&mut world, 1, group);
    world.run_for(1_000);
    join(&mut world, 2, group);
    world.run_for(3_000);
    assert_connected(&world, group, &[0, 2]);
    let opened = world.rtc.opened;
    for round in 0..10 {
        for device in 0..4 {
            let mailbox = Mailbox([round; 16]);
            forge(&mut world, &mut rng, device, mailbox);
        }
        world.run_for(500);
    }
    assert_connected(&world, group, &[0, 2]);
    assert_eq!(world.rtc.opened, opened);
    world.run_for(60_000);
    assert_connected(&world, group, &[0, 2]);
}

#[test]
fn a_member_that_is_removed_while_pairs_connect_leaves_the_others_whole() {
    for seed in 130..136 {
        let (mut world, group) = group_of(seed, 5);
        world.network = Network::BAD;
        for device in 0..5 {
            join(&mut world, device, group);
        }
        let pause = world.rng.below(600);
        world.run_for(pause);
        let member = world.member(3, group);
        let remove = Command::RemoveMember {
            group,
            member,
            revoke_invites: true,
        };
        world.command(0, remove);
        world.run_for(60_000);
        let left = members(&world, &[0, 1, 2, 4], group);
        for device in [0, 1, 2, 4] {
            assert_eq!(people(&world, device, group), left);
            let call = call(&world, device, group).unwrap();
            let links = call.people.iter().filter_map(|person| person.link);
            assert!(
                links
                    .into_iter()
                    .all(|link| link.state == LinkState::Connected)
            );
        }
    }
}
