//! Nobody changes the group on an old view of it: what is asked for waits until one has heard of the others' changes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use discordopus_core::chat::Body;
use discordopus_core::ids::GroupId;
use discordopus_core::invite::DEFAULT_LIFETIME;
use discordopus_core::io::{Command, Role};
use discordopus_core::testkit::World;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;
#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

fn remove(world: &mut World, by: usize, group: GroupId, of: usize) {
    let member = world.member(of, group);
    let command = Command::RemoveMember {
        group,
        member,
        revoke_invites: false,
    };
    world.command(by, command);
}

fn waiting(world: &World, device: usize, group: GroupId) -> usize {
    world.devices[device].groups[&group].waiting_changes
}

fn members(world: &World, device: usize, group: GroupId) -> usize {
    world.devices[device].members(group).len()
}

#[test]
fn what_is_asked_for_without_a_network_is_done_after_the_first_sync() {
    let mut world = World::new(80, 4);
    let group = world.group_of_all();
    world.set_network(0, false);
    remove(&mut world, 0, group, 3);
    world.run_for(120_000);
    assert_eq!(waiting(&world, 0, group), 1);
    assert_eq!(members(&world, 0, group), 4);
    assert!(world.devices[0].refusals.is_empty());
    world.set_network(0, true);
    world.run_for(5_000);
    assert_eq!(waiting(&world, 0, group), 0);
    for device in 0..3 {
        assert_eq!(members(&world, device, group), 3, "device {device}");
    }
}

#[test]
fn a_removal_counts_what_its_target_did_while_one_was_away() {
    let mut world = World::new(81, 4);
    let group = world.group_of_all();
    world.set_network(0, false);
    // Somebody lets a friend in, and is removed by one who hasn't heard of it.
    let link = world.invite(1, group, DEFAULT_LIFETIME, Some(1));
    let friend = world.add_device();
    world.ask_to_join(friend, &link, "Friend");
    world.run_for(5_000);
    assert_eq!(members(&world, friend, group), 5);
    remove(&mut world, 0, group, 1);
    world.set_network(0, true);
    world.run_for(10_000);
    for device in [0, 2, 3, friend] {
        assert_eq!(members(&world, device, group), 4, "device {device}");
    }
}

#[test]
fn with_nobody_there_one_waits_half_a_minute() {
    let mut world = World::new(82, 3);
    let group = world.group_of_all();
    world.switch_off(1);
    world.switch_off(2);
    world.crash(0);
    world.switch_on(0);
    world.run_for(1_000);
    remove(&mut world, 0, group, 2);
    world.run_for(28_000);
    assert_eq!(waiting(&world, 0, group), 1);
    world.run_for(2_000);
    assert_eq!(waiting(&world, 0, group), 0);
    assert_eq!(members(&world, 0, group), 2);
}

#[test]
fn who_is_alone_in_a_group_waits_for_nobody() {
    let mut world = World::new(83, 1);
    let group = world.found(0, "Friends", "Ada");
    world.set_network(0, false);
    world.invite(0, group, DEFAULT_LIFETIME, None);
    assert_eq!(waiting(&world, 0, group), 0);
}

#[test]
fn what_waits_survives_a_restart() {
    let mut world = World::new(84, 3);
    let group = world.group_of_all();
    world.set_network(0, false);
    let member = world.member(1, group);
    let rename = Command::RenameGroup {
        group,
        name: "Other".into(),
    };
    world.command(0, rename);
    world.command(0, Command::MakeAdmin { group, member });
    let lowest = Role::Admin;
    world.command(0, Command::SetInvitePolicy { group, lowest });
    remove(&mut world, 0, group, 2);
    world.write(0, group, "this one goes to those who stay");
    world.crash(0);
    world.switch_on(0);
    assert_eq!(waiting(&world, 0, group), 4);
    let texts = &world.devices[0].groups[&group].waiting_texts;
    assert_eq!(
        texts[..],
        [Body::Text("this one goes to those who stay".into())]
    );
    world.set_network(0, true);
    world.run_for(10_000);
    let view = &world.devices[1].groups[&group];
    assert_eq!(view.name, "Other");
    assert_eq!(view.members[0].role, Role::Admin);
    assert_eq!(view.invite_policy, Role::Admin);
    let texts = world.devices[1].texts(group);
    assert_eq!(texts, ["this one goes to those who stay"]);
    assert!(world.devices[2].texts(group).is_empty());
}

#[test]
fn leaving_waits_for_nobody() {
    let mut world = World::new(85, 3);
    let group = world.group_of_all();
    world.set_network(1, false);
    world.command(1, Command::LeaveGroup { group });
    let state = &world.devices[1].groups[&group].state;
    assert_eq!(*state, discordopus_core::io::GroupState::Left);
}

#[test]
fn a_text_waits_for_a_removal_that_is_known_to_be_on_its_way() {
    let mut world = World::new(86, 4);
    let group = world.group_of_all();
    // The writer is away while another is removed; then it hears a hello that names the news before the news is there.
    world.set_network(1, false);
    remove(&mut world, 0, group, 3);
    world.run_for(5_000);
    world.set_relay(false);
    world.relay.forget_everything();
    world.set_relay(true);
    world.run_for(60_000);
    world.set_network(1, true);
    let heard_of = |world: &World| {
        let online = discordopus_core::io::Presence::Online;
        let members = &world.devices[1].groups[&group].members;
        members.iter().any(|it| !it.is_me && it.presence == online)
    };
    let until = world.now.plus(5_000);
    while !heard_of(&world) && world.step(until) {}
    assert_eq!(members(&world, 1, group), 4, "the news is not there yet");
    world.write(1, group, "not for everybody");
    let view = &world.devices[1].groups[&group];
    assert_eq!(
        view.waiting_texts[..],
        [Body::Text("not for everybody".into())]
    );
    world.run_for(5_000);
    assert_eq!(world.devices[2].texts(group), ["not for everybody"]);
    assert!(world.devices[1].groups[&group].waiting_texts.is_empty());
    assert!(world.devices[3].texts(group).is_empty());
}

#[test]
fn many_chains_of_messages_that_come_at_once_in_any_order_are_all_read() {
    const MESSAGES: usize = 700;
    let mut world = World::new(86, 3);
    let group = world.group_of_all();
    world.switch_off(2);
    for number in 0..MESSAGES {
        world.write(0, group, &format!("message {number}"));
        world.run_for(50);
    }
    world.switch_on(2);
    world.run_for(60_000);
    let texts = world.devices[2].texts(group);
    assert_eq!(texts.len(), MESSAGES);
    assert_eq!(texts.first().unwrap(), "message 0");
    assert_eq!(texts.last().unwrap(), &format!("message {}", MESSAGES - 1));
}
