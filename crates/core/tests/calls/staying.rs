//! How a call goes on: cuts, killed and frozen tabs, a relay that dies, members that are removed.

use super::support::{
    assert_connected, assert_settled, call, group_of, join, members, people, person, state,
};
use discordopus_core::chat::Delivery;
use discordopus_core::io::{Command, LinkState, Microphone, Voice};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn a_killed_tab_is_gone_within_2_seconds() {
    for says_farewell in [true, false] {
        let (mut world, group) = group_of(60, 4);
        world.says_farewell = says_farewell;
        for device in 0..3 {
            join(&mut world, device, group);
        }
        world.run_for(10_000);
        world.crash(1);
        world.run_for(2_000);
        // On all screens: also on that of one who isn't in the call.
        assert_connected(&world, group, &[0, 2]);
        world.run_for(120_000);
        assert_connected(&world, group, &[0, 2]);
    }
}

#[test]
fn a_killed_tab_that_is_opened_again_joins_again() {
    let (mut world, group) = group_of(61, 3);
    for device in 0..3 {
        join(&mut world, device, group);
    }
    world.run_for(5_000);
    world.crash(1);
    world.switch_on(1);
    world.run_for(2_500);
    assert_connected(&world, group, &[0, 2]);
    join(&mut world, 1, group);
    world.run_for(2_000);
    assert_connected(&world, group, &[0, 1, 2]);
}

#[test]
fn a_closed_tab_is_gone_at_once() {
    let (mut world, group) = group_of(62, 3);
    for device in 0..3 {
        join(&mut world, device, group);
    }
    world.run_for(5_000);
    world.switch_off(0);
    world.run_for(100);
    assert_connected(&world, group, &[1, 2]);
}

#[test]
fn a_frozen_tab_is_gone_within_10_seconds_and_comes_back_when_it_thaws() {
    let (mut world, group) = group_of(63, 3);
    for device in 0..3 {
        join(&mut world, device, group);
    }
    world.run_for(5_000);
    world.set_frozen(2, true);
    world.run_for(10_000);
    for device in [0, 1] {
        assert_eq!(
            people(&world, device, group),
            members(&world, &[0, 1], group)
        );
    }
    world.run_for(10_000);
    world.set_frozen(2, false);
    world.run_for(20_000);
    assert_connected(&world, group, &[0, 1, 2]);
}

#[test]
fn a_member_whose_relay_connection_breaks_stays_while_its_link_answers() {
    let (mut world, group) = group_of(64, 3);
    for device in 0..3 {
        join(&mut world, device, group);
    }
    world.run_for(5_000);
    world.break_relay_of(1);
    for _ in 0..20 {
        world.run_for(200);
        assert_connected(&world, group, &[0, 1, 2]);
    }
}

#[test]
fn a_call_is_back_after_cuts_of_any_length() {
    for (seed, cut) in [
        (65, 1_000),
        (66, 4_000),
        (67, 12_000),
        (68, 25_000),
        (69, 90_000),
    ] {
        let (mut world, group) = group_of(seed, 3);
        for device in 0..3 {
            join(&mut world, device, group);
        }
        world.run_for(5_000);
        world.set_network(1, false);
        world.run_for(cut);
        assert_eq!(state(&world, 0, group, 2), LinkState::Connected);
        assert!(call(&world, 1, group).unwrap().joined);
        world.set_network(1, true);
        world.run_for(4_000);
        assert_connected(&world, group, &[0, 1, 2]);
    }
}

#[test]
fn a_call_is_back_within_3_seconds_after_a_cut_that_nobody_was_told_of() {
    for (seed, cut) in [
        (78, 4_000),
        (79, 12_000),
        (80, 18_000),
        (81, 25_000),
        (84, 33_000),
        (82, 40_000),
        (83, 90_000),
    ] {
        let (mut world, group) = group_of(seed, 3);
        for device in 0..3 {
            join(&mut world, device, group);
        }
        world.run_for(5_000);
        world.swallow(1);
        world.run_for(cut);
        assert_eq!(state(&world, 0, group, 2), LinkState::Connected);
        assert!(call(&world, 1, group).unwrap().joined);
        world.let_through(1);
        world.run_for(3_000);
        assert_connected(&world, group, &[0, 1, 2]);
        world.run_for(60_000);
        assert_connected(&world, group, &[0, 1, 2]);
    }
}

#[test]
fn a_cut_that_heals_by_itself_is_left_alone_for_5_seconds() {
    let (mut world, group) = group_of(70, 2);
    join(&mut world, 0, group);
    join(&mut world, 1, group);
    world.run_for(5_000);
    let restarts = world.rtc.restarts;
    world.rtc.no_path.insert((0, 1));
    world.run_for(7_000);
    assert_eq!(state(&world, 0, group, 1), LinkState::Disconnected);
    world.rtc.no_path.clear();
    world.run_for(2_000);
    assert_connected(&world, group, &[0, 1]);
    assert_eq!(world.rtc.restarts, restarts);
}

#[test]
fn without_its_relay_a_call_goes_on_and_repairs_itself_over_others_links() {
    let (mut world, group) = group_of(71, 3);
    for device in 0..3 {
        join(&mut world, device, group);
    }
    world.run_for(5_000);
    world.set_relay(false);
    world.run_for(60_000);
    assert_connected(&world, group, &[0, 1, 2]);
    let muted = Voice {
        microphone: Microphone::Muted,
        deafened: true,
    };
    world.command(
        0,
        Command::SetVoice {
            group,
            voice: muted,
        },
    );
    world.run_for(100);
    assert_eq!(person(&world, 2, group, 0).voice, muted);
    // A pair breaks so that only a new negotiation helps.
    world.rtc.no_path.insert((0, 1));
    world.run_for(30_000);
    world.rtc.no_path.clear();
    world.run_for(30_000);
    assert_connected(&world, group, &[0, 1, 2]);
    world.set_relay(true);
    world.run_for(70_000);
    assert_connected(&world, group, &[0, 1, 2]);
}

#[test]
fn messages_go_over_links_when_there_is_no_relay_and_none_is_lost() {
    let (mut world, group) = group_of(72, 3);
    join(&mut world, 0, group);
    join(&mut world, 1, group);
    world.run_for(5_000);
    world.write(0, group, "first");
    world.run_for(1_000);
    world.set_relay(false);
    world.write(0, group, "over the link");
    let long = "x".repeat(16_000);
    world.write(0, group, &long);
    world.run_for(1_000);
    let read = world.devices[1].texts(group);
    assert_eq!(
        read,
        ["first".to_owned(), "over the link".to_owned(), long.clone()]
    );
    assert_eq!(world.devices[2].texts(group).len(), 1);
    // What is under way when a link dies takes the mailbox.
    world.set_network(1, false);
    world.write(0, group, "into the void");
    world.run_for(30_000);
    world.set_relay(true);
    world.set_network(1, true);
    world.run_for(90_000);
    for device in 0..3 {
        assert_eq!(
            world.devices[device].texts(group).len(),
            4,
            "device {device}"
        );
    }
    let mut rows = world.devices[0].messages.values();
    assert!(rows.all(|row| matches!(row.delivery, Delivery::Delivered | Delivery::Incoming)));
}

#[test]
fn a_silence_that_may_be_ones_own_ends_nothing_and_keeps_nobody_busy() {
    let (mut world, group) = group_of(77, 2);
    join(&mut world, 0, group);
    join(&mut world, 1, group);
    world.run_for(5_000);
    world.set_relay(false);
    world.set_frozen(1, true);
    let until = world.now.plus(120_000);
    let mut steps = 0;
    while world.step(until) {
        steps += 1;
    }
    assert!(steps < 2_000, "{steps} steps in two minutes");
    assert_eq!(people(&world, 0, group), members(&world, &[0, 1], group));
    assert_settled(&world, group);
}

#[test]
fn what_a_link_has_not_confirmed_when_it_ends_takes_the_mailbox() {
    let (mut world, group) = group_of(76, 2);
    join(&mut world, 0, group);
    join(&mut world, 1, group);
    world.run_for(5_000);
    world.set_frozen(1, true);
    world.write(0, group, "are you there?");
    world.run_for(1_000);
    let delivery = |world: &discordopus_core::testkit::World| {
        world.devices[0].log(group).last().map(|row| row.delivery)
    };
    assert_eq!(delivery(&world), Some(Delivery::Pending));
    world.run_for(10_000);
    assert_eq!(delivery(&world), Some(Delivery::Sent));
    world.set_frozen(1, false);
    world.run_for(1_000);
    assert_eq!(delivery(&world), Some(Delivery::Delivered));
    assert_eq!(world.devices[1].texts(group), ["are you there?"]);
    assert_eq!(world.devices[1].arrived.len(), 1);
}

#[test]
fn a_removed_member_is_out_at_once() {
    let (mut world, group) = group_of(73, 4);
    for device in 0..4 {
        join(&mut world, device, group);
    }
    world.run_for(5_000);
    let member = world.member(2, group);
    world.command(
        0,
        Command::RemoveMember {
            group,
            member,
            revoke_invites: true,
        },
    );
    world.run_for(200);
    let left = members(&world, &[0, 1, 3], group);
    for device in [0, 1, 3] {
        assert_eq!(people(&world, device, group), left, "device {device}");
    }
    assert!(call(&world, 2, group).is_none());
    world.run_for(60_000);
    assert_settled(&world, group);
    assert_eq!(people(&world, 0, group), left);
}

#[test]
fn everybody_sees_who_hears_whom() {
    let (mut world, group) = group_of(74, 3);
    world.rtc.unheard.insert((2, 1));
    for device in 0..3 {
        join(&mut world, device, group);
    }
    world.run_for(8_000);
    assert_connected(&world, group, &[0, 1, 2]);
    let hears = |world: &discordopus_core::testkit::World, viewer, of| {
        let mut hears = person(world, viewer, group, of).hears;
        hears.sort();
        hears
    };
    for viewer in 0..3 {
        assert_eq!(hears(&world, viewer, 0), members(&world, &[1, 2], group));
        assert_eq!(hears(&world, viewer, 1), members(&world, &[0], group));
        assert_eq!(hears(&world, viewer, 2), members(&world, &[0, 1], group));
    }
    let link = person(&world, 0, group, 1).link.unwrap();
    assert_eq!((link.receiving, link.sending), (24_000, 24_000));
    world.rtc.unheard.insert((1, 0));
    world.run_for(6_000);
    assert_eq!(hears(&world, 2, 0), members(&world, &[2], group));
}

#[test]
fn who_writes_is_shown_to_those_with_a_link() {
    let (mut world, group) = group_of(75, 3);
    world.rtc.no_path.insert((0, 2));
    join(&mut world, 0, group);
    join(&mut world, 1, group);
    world.run_for(3_000);
    let typing = |typing| Command::SetTyping { group, typing };
    world.command(0, typing(true));
    world.run_for(100);
    let writer = world.member(0, group);
    assert_eq!(world.devices[1].typing[&group], [writer]);
    assert!(!world.devices[2].typing.contains_key(&group));
    world.command(0, typing(false));
    world.run_for(100);
    assert!(world.devices[1].typing[&group].is_empty());
    world.command(0, typing(true));
    world.run_for(100);
    world.crash(0);
    world.run_for(2_000);
    assert!(world.devices[1].typing[&group].is_empty());
}
