//! Who is in a call: start, ring, join, leave, end.

use super::support::{MUTED, OPEN, assert_connected, call, group_of, join, leave, people, person};
use discordopus_core::call::{MAX_PEOPLE, RINGING};
use discordopus_core::ids::{GroupId, MemberId};
use discordopus_core::io::{Command, IceServer, MAX_VOLUME, Microphone, Refusal, Settings};
use discordopus_core::sorted::Map;
use discordopus_core::testkit::{Network, World};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn two_people_start_and_join_and_are_connected() {
    let (mut world, group) = group_of(1, 2);
    join(&mut world, 0, group);
    world.run_for(100);
    let shown = call(&world, 1, group).expect("a call");
    assert!(shown.ringing && !shown.joined);
    assert_eq!(shown.started_by, world.member(0, group));
    join(&mut world, 1, group);
    world.run_for(1_000);
    assert_connected(&world, group, &[0, 1]);
    assert!(!call(&world, 1, group).unwrap().ringing);
    assert_eq!(call(&world, 0, group).unwrap().connected(), (1, 1));
    leave(&mut world, 0, group);
    world.run_for(100);
    assert_connected(&world, group, &[1]);
    leave(&mut world, 1, group);
    world.run_for(100);
    assert!(call(&world, 0, group).is_none() && call(&world, 1, group).is_none());
}

#[test]
fn a_call_rings_for_45_seconds_unless_it_is_put_away() {
    let (mut world, group) = group_of(2, 3);
    join(&mut world, 0, group);
    world.run_for(1_000);
    world.command(2, Command::IgnoreCall { group });
    assert!(!call(&world, 2, group).unwrap().ringing);
    world.run_for(RINGING - 1_500);
    assert!(call(&world, 1, group).unwrap().ringing);
    world.run_for(1_000);
    assert!(!call(&world, 1, group).unwrap().ringing);
    assert_eq!(people(&world, 1, group).len(), 1);
}

#[test]
fn a_call_goes_on_when_whoever_started_it_leaves() {
    let (mut world, group) = group_of(3, 3);
    for device in 0..3 {
        join(&mut world, device, group);
        world.run_for(500);
    }
    assert_connected(&world, group, &[0, 1, 2]);
    let id = call(&world, 1, group).unwrap().id;
    leave(&mut world, 0, group);
    world.run_for(500);
    assert_connected(&world, group, &[1, 2]);
    assert_eq!(call(&world, 0, group).unwrap().id, id);
    join(&mut world, 0, group);
    world.run_for(1_000);
    assert_connected(&world, group, &[0, 1, 2]);
}

#[test]
fn two_calls_that_start_at_once_become_one() {
    for seed in 10..30 {
        let (mut world, group) = group_of(seed, 4);
        join(&mut world, 0, group);
        join(&mut world, 1, group);
        join(&mut world, 2, group);
        world.run_for(3_000);
        assert_connected(&world, group, &[0, 1, 2]);
    }
}

#[test]
fn who_comes_online_later_hears_of_the_running_call() {
    let (mut world, group) = group_of(4, 3);
    world.switch_off(2);
    world.run_for(120_000);
    join(&mut world, 0, group);
    join(&mut world, 1, group);
    world.run_for(90_000);
    world.switch_on(2);
    world.run_for(2_000);
    let shown = call(&world, 2, group).expect("the running call");
    assert!(!shown.ringing && !shown.joined);
    assert_eq!(shown.people.len(), 2);
    join(&mut world, 2, group);
    world.run_for(1_000);
    assert_connected(&world, group, &[0, 1, 2]);
}

#[test]
fn eight_are_connected_with_each_other_and_a_ninth_is_refused() {
    let (mut world, group) = group_of(5, 9);
    for device in 0..8 {
        join(&mut world, device, group);
    }
    world.run_for(5_000);
    assert_connected(&world, group, &[0, 1, 2, 3, 4, 5, 6, 7]);
    join(&mut world, 8, group);
    world.run_for(1_000);
    assert_eq!(world.devices[8].refusals, [Refusal::CallFull]);
    assert_connected(&world, group, &[0, 1, 2, 3, 4, 5, 6, 7]);
    leave(&mut world, 3, group);
    world.run_for(1_000);
    join(&mut world, 8, group);
    world.run_for(3_000);
    assert_connected(&world, group, &[0, 1, 2, 4, 5, 6, 7, 8]);
}

/// Lets these join at once and demands that the call is full, and that whoever has no place in it is told.
fn fill(world: &mut World, group: GroupId, newcomers: core::ops::Range<usize>) {
    let all = newcomers.end;
    for device in newcomers.clone() {
        join(world, device, group);
    }
    world.run_for(12_000);
    let is_refused = |device: &usize| !world.devices[*device].refusals.is_empty();
    let (refused, inside): (Vec<_>, Vec<_>) = (0..all).partition(is_refused);
    assert_eq!(inside.len(), MAX_PEOPLE, "{refused:?} of {newcomers:?}");
    assert!(refused.iter().all(|device| newcomers.contains(device)));
    for device in refused {
        assert_eq!(world.devices[device].refusals, [Refusal::CallFull]);
    }
    assert_connected(world, group, &inside);
}

#[test]
fn of_those_that_come_at_once_only_as_many_stay_as_there_are_places_and_the_others_are_told() {
    for seed in 40..50 {
        for settled in [0, 5, 7, 8] {
            let (mut world, group) = group_of(seed, 10);
            for device in 0..settled {
                join(&mut world, device, group);
            }
            world.run_for(5_000);
            if settled == MAX_PEOPLE {
                // It doesn't know how full it is.
                world.switch_off(9);
                world.switch_on(9);
                join(&mut world, 9, group);
                world.run_for(12_000);
                assert_connected(&world, group, &[0, 1, 2, 3, 4, 5, 6, 7]);
                assert_eq!(world.devices[9].refusals, [Refusal::CallFull]);
            } else {
                fill(&mut world, group, settled..10);
            }
        }
    }
}

#[test]
fn a_device_is_in_one_call_at_a_time() {
    let (mut world, group) = group_of(6, 2);
    let other = world.found(0, "Others", "Person 0");
    join(&mut world, 0, group);
    join(&mut world, 1, group);
    world.run_for(2_000);
    assert_connected(&world, group, &[0, 1]);
    join(&mut world, 0, other);
    world.run_for(1_000);
    assert!(call(&world, 0, other).unwrap().joined);
    assert!(!call(&world, 0, group).unwrap().joined);
    assert_connected(&world, group, &[1]);
}

#[test]
fn settings_are_kept_told_at_the_start_and_within_limits() {
    let mut world = World::new(8, 1);
    assert_eq!(world.devices[0].settings, Settings::default());
    let friend = MemberId([5; 32]);
    let mut volumes = Map::new();
    volumes.insert(friend, 500);
    let server = |url: &str| IceServer {
        urls: vec![url.into()],
        username: String::new(),
        credential: String::new(),
    };
    let settings = Settings {
        speaker: "x".repeat(5_000),
        push_to_talk: true,
        push_to_talk_key: "KeyT".into(),
        volumes,
        ice_servers: vec![server("stun:a.example"), server("https://b.example")],
        ..Settings::default()
    };
    world.command(0, Command::ChangeSettings(Box::new(settings)));
    let told = world.devices[0].settings.clone();
    assert_eq!(told.volumes.get(&friend), Some(&MAX_VOLUME));
    assert_eq!(told.ice_servers, [server("stun:a.example")]);
    assert!(told.speaker.is_empty() && told.push_to_talk);
    world.crash(0);
    world.devices[0].settings = Settings::default();
    world.switch_on(0);
    assert_eq!(world.devices[0].settings, told);
}

/// Delays that put frames out of order.
const UNEVEN: Network = Network {
    min_delay: 1,
    max_delay: 400,
    duplicate_percent: 0,
    lose_live_percent: 0,
    lose_queued_percent: 0,
    queue_limit: 1_000,
};

#[test]
fn news_of_a_join_that_come_after_those_of_the_end_bring_nobody_back() {
    for seed in 140..150 {
        let (mut world, group) = group_of(seed, 3);
        world.network = UNEVEN;
        join(&mut world, 1, group);
        leave(&mut world, 1, group);
        world.run_for(2_000);
        assert!(call(&world, 0, group).is_none(), "it left");
        join(&mut world, 2, group);
        world.crash(2);
        world.run_for(2_000);
        assert!(call(&world, 0, group).is_none(), "it was killed");
    }
}

#[test]
fn what_a_microphone_does_is_told_at_once() {
    let (mut world, group) = group_of(7, 2);
    join(&mut world, 0, group);
    join(&mut world, 1, group);
    world.run_for(2_000);
    assert_eq!(person(&world, 1, group, 0).voice, OPEN);
    let voice = MUTED;
    world.command(0, Command::SetVoice { group, voice });
    world.run_for(50);
    let seen = person(&world, 1, group, 0).voice;
    assert_eq!(seen.microphone, Microphone::Muted);
}
