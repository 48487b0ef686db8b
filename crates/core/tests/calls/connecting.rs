//! How pairs connect, or say why they can't.

use super::support::{assert_connected, assert_settled, call, group_of, join, leave, state};
use discordopus_core::io::{
    Command, IceServer, Input, LinkProblem, LinkState, Output, Quality, Settings,
};
use discordopus_core::link::{ATTEMPT_LIMIT, PAIR_LIMIT};
use discordopus_core::store::StoreError;
use discordopus_core::testkit::World;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const NEEDS_TURN: LinkState = LinkState::Failed(LinkProblem::NeedsTurn);
const NO_PATH: LinkState = LinkState::Failed(LinkProblem::NoPath);

fn turn() -> IceServer {
    IceServer {
        urls: vec!["turn:turn.example:3478".into()],
        username: "user".into(),
        credential: "secret".into(),
    }
}

#[test]
fn without_a_path_a_turn_server_is_missed_within_20_seconds_and_nobody_else_is_disturbed() {
    let (mut world, group) = group_of(40, 3);
    world.rtc.no_path.insert((0, 1));
    for device in 0..3 {
        join(&mut world, device, group);
    }
    world.run_for(20_000);
    assert_eq!(state(&world, 0, group, 1), NEEDS_TURN);
    assert_eq!(state(&world, 1, group, 0), NEEDS_TURN);
    for healthy in [0, 1] {
        assert_eq!(state(&world, healthy, group, 2), LinkState::Connected);
        assert_eq!(state(&world, 2, group, healthy), LinkState::Connected);
    }
    assert_eq!(call(&world, 0, group).unwrap().connected(), (1, 2));
    world.run_for(20_000);
    assert_eq!(state(&world, 0, group, 1), NEEDS_TURN);
    let opened = world.rtc.opened;
    world.run_for(300_000);
    assert_eq!(world.rtc.opened, opened, "given up is given up");
}

#[test]
fn a_join_that_could_not_be_stored_comes_up_once_it_can_and_makes_no_connection_twice() {
    let (mut world, group) = group_of(58, 2);
    for _ in 0..2 {
        join(&mut world, 1, group);
        world.run_for(2_000);
        leave(&mut world, 1, group);
        join(&mut world, 0, group);
        world.run_for(1_000);
    }
    let before = world.rtc.opened;
    world.devices[1].store_fails = Some(StoreError::Full);
    join(&mut world, 1, group);
    world.run_for(2_000);
    assert_eq!(world.rtc.opened, before + 1, "its own end is there");
    world.devices[1].store_fails = None;
    world.run_for(6_000);
    assert_connected(&world, group, &[0, 1]);
    assert_eq!(world.rtc.opened, before + 2);
}

#[test]
fn with_a_turn_server_it_is_the_path_that_is_missing() {
    let (mut world, group) = group_of(41, 2);
    world.ice = Some(vec![turn()]);
    world.rtc.no_path.insert((0, 1));
    join(&mut world, 0, group);
    join(&mut world, 1, group);
    world.run_for(25_000);
    assert!(!matches!(state(&world, 0, group, 1), LinkState::Failed(_)));
    world.run_for(PAIR_LIMIT - 20_000);
    assert_eq!(state(&world, 0, group, 1), NO_PATH);
    assert_eq!(state(&world, 1, group, 0), NO_PATH);
    let link = call(&world, 0, group).unwrap().people[1].link;
    assert_eq!(link.unwrap().quality, Quality::NoPath);
}

#[test]
fn what_failed_is_tried_again_when_there_are_other_ice_servers() {
    let (mut world, group) = group_of(42, 2);
    world.rtc.no_path.insert((0, 1));
    join(&mut world, 0, group);
    join(&mut world, 1, group);
    world.run_for(60_000);
    assert_eq!(state(&world, 0, group, 1), NEEDS_TURN);
    world.rtc.no_path.clear();
    let settings = Settings {
        ice_servers: vec![turn()],
        ..world.devices[0].settings.clone()
    };
    world.command(0, Command::ChangeSettings(Box::new(settings)));
    world.run_for(3_000);
    assert_connected(&world, group, &[0, 1]);
}

#[test]
fn what_failed_is_tried_again_when_somebody_joins_anew() {
    let (mut world, group) = group_of(43, 2);
    world.rtc.no_path.insert((0, 1));
    join(&mut world, 0, group);
    join(&mut world, 1, group);
    world.run_for(60_000);
    world.rtc.no_path.clear();
    world.command(1, Command::LeaveCall { group });
    join(&mut world, 1, group);
    world.run_for(2_000);
    assert_connected(&world, group, &[0, 1]);
}

#[test]
fn a_browser_that_makes_no_connections_is_named_as_the_reason() {
    let (mut world, group) = group_of(44, 3);
    world.rtc.unusable.insert(1);
    for device in 0..3 {
        join(&mut world, device, group);
    }
    world.run_for(40_000);
    let unusable = LinkState::Failed(LinkProblem::Unusable);
    assert_eq!(state(&world, 1, group, 0), unusable);
    assert_eq!(state(&world, 1, group, 2), unusable);
    assert_eq!(state(&world, 0, group, 2), LinkState::Connected);
    assert_settled(&world, group);
}

#[test]
fn a_connection_that_is_stuck_is_made_anew_after_8_seconds() {
    let (mut world, group) = group_of(45, 2);
    world.rtc.stuck_percent = 100;
    join(&mut world, 0, group);
    world.run_for(100);
    join(&mut world, 1, group);
    world.run_for(ATTEMPT_LIMIT - 500);
    assert_eq!(world.rtc.opened, 2);
    assert_eq!(state(&world, 0, group, 1), LinkState::Connecting);
    world.rtc.stuck_percent = 0;
    world.run_for(1_500);
    assert_eq!(world.rtc.opened, 4);
    assert_connected(&world, group, &[0, 1]);
}

#[test]
fn stuck_connections_are_made_anew_until_all_are_well() {
    for seed in 50..56 {
        let (mut world, group) = group_of(seed, 5);
        world.rtc.stuck_percent = 20;
        for device in 0..5 {
            join(&mut world, device, group);
        }
        // Two attempts of a pair may be stuck, one after the other; were it every fifth for ever, some pair would use up
        // its time with bad luck alone (keys, and so who offers, are drawn anew in each run).
        world.run_for(ATTEMPT_LIMIT + 500);
        world.rtc.stuck_percent = 0;
        world.run_for(PAIR_LIMIT - ATTEMPT_LIMIT - 500);
        assert_connected(&world, group, &[0, 1, 2, 3, 4]);
    }
}

#[test]
fn a_call_waits_a_second_for_ice_servers_and_no_longer() {
    let (mut world, group) = group_of(46, 2);
    world.ice = None;
    join(&mut world, 0, group);
    join(&mut world, 1, group);
    world.run_for(900);
    assert_eq!(world.rtc.opened, 0);
    world.run_for(1_100);
    assert_connected(&world, group, &[0, 1]);
}

#[test]
fn ice_servers_of_both_kinds_are_handed_to_the_connection_and_asked_for_once() {
    let mut world = World::new(47, 1);
    let group = world.found(0, "Friends", "Person 0");
    let settings = Settings {
        ice_servers: vec![turn()],
        relay_only: true,
        ..Settings::default()
    };
    world.command(0, Command::ChangeSettings(Box::new(settings)));
    world.devices[0].drain_later = true;
    join(&mut world, 0, group);
    let client = world.devices[0].client.as_mut().unwrap();
    let asked = core::iter::from_fn(|| client.poll_output())
        .filter(|output| matches!(output, Output::FetchIce))
        .count();
    assert_eq!(asked, 1);
    let told = Input::IceServers {
        servers: vec![turn()],
        lifetime_seconds: 3_600,
    };
    world.input(0, told);
    world.command(0, Command::LeaveCall { group });
    join(&mut world, 0, group);
    let client = world.devices[0].client.as_mut().unwrap();
    let asked = core::iter::from_fn(|| client.poll_output())
        .any(|output| matches!(output, Output::FetchIce));
    assert!(!asked, "what was told is still good");
}

#[test]
fn sound_is_limited_in_what_the_other_side_described_and_packets_are_long_among_many() {
    let (mut world, group) = group_of(48, 5);
    for device in 0..4 {
        join(&mut world, device, group);
    }
    world.run_for(2_000);
    assert_eq!(world.rtc.descriptions.len(), 12);
    let limited = |sdp: &str| sdp.contains("maxaveragebitrate=24000;usedtx=1;useinbandfec=1");
    let long = |sdp: &str| sdp.contains("a=ptime:60\r\n");
    assert!(world.rtc.descriptions.iter().all(|it| limited(&it.sdp)));
    assert!(!world.rtc.descriptions.iter().any(|it| long(&it.sdp)));
    join(&mut world, 4, group);
    world.run_for(5_000);
    assert_connected(&world, group, &[0, 1, 2, 3, 4]);
    // Four new pairs, and six that negotiated again: two descriptions each.
    let long = world.rtc.descriptions.iter().filter(|it| long(&it.sdp));
    assert_eq!(long.count(), 20);
}
