//! Admins, the creator's successor and the invite policy, between whole clients.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use discordopus_core::chat::Body;
use discordopus_core::ids::{GroupId, MILLIS_PER_HOUR, MemberId};
use discordopus_core::invite::DEFAULT_LIFETIME;
use discordopus_core::io::{Command, GroupState, Refusal, Role};
use discordopus_core::testkit::World;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;
#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

fn role(world: &World, seen_by: usize, group: GroupId, of: MemberId) -> Option<Role> {
    let members = &world.devices[seen_by].groups[&group].members;
    let member = members.iter().find(|member| member.id == of);
    member.map(|member| member.role)
}

fn make_admin(world: &mut World, group: GroupId, device: usize) {
    let member = world.member(device, group);
    world.command(0, Command::MakeAdmin { group, member });
    world.run_for(3_000);
}

fn remove(world: &mut World, by: usize, group: GroupId, member: MemberId) {
    let command = Command::RemoveMember {
        group,
        member,
        revoke_invites: true,
    };
    world.command(by, command);
}

#[test]
fn an_admin_removes_a_member_while_the_creator_is_away() {
    let mut world = World::new(71, 4);
    let group = world.group_of_all();
    make_admin(&mut world, group, 1);
    let admin = world.member(1, group);
    for device in 0..4 {
        assert_eq!(role(&world, device, group, admin), Some(Role::Admin));
        let rows = world.devices[device].log(group);
        let notes = rows
            .iter()
            .filter(|row| matches!(row.body, Body::MadeAdmin { member, .. } if member == admin));
        assert_eq!(notes.count(), 1, "device {device}");
    }
    world.set_network(0, false);
    let target = world.member(3, group);
    remove(&mut world, 1, group, target);
    world.run_for(3_000);
    let removed = GroupState::Removed { by: admin };
    assert_eq!(world.devices[3].groups[&group].state, removed);
    world.write(2, group, "after the removal");
    world.run_for(3_000);
    world.set_network(0, true);
    world.run_for(10_000);
    assert_eq!(world.devices[0].texts(group), ["after the removal"]);
    assert_eq!(world.devices[0].members(group).len(), 3);
    assert!(world.devices[3].texts(group).is_empty());
}

#[test]
fn two_admins_that_remove_somebody_apart_agree_when_they_meet() {
    let mut world = World::new(72, 4);
    let group = world.group_of_all();
    make_admin(&mut world, group, 1);
    make_admin(&mut world, group, 2);
    world.set_network(1, false);
    let target = world.member(3, group);
    remove(&mut world, 1, group, target);
    remove(&mut world, 2, group, target);
    world.run_for(3_000);
    world.set_network(1, true);
    world.run_for(10_000);
    for device in 0..3 {
        assert_eq!(world.devices[device].members(group).len(), 3);
        world.write(device, group, &format!("from {device}"));
    }
    world.run_for(10_000);
    for device in 0..3 {
        assert_eq!(
            world.devices[device].texts(group).len(),
            3,
            "device {device}"
        );
    }
}

#[test]
fn whoever_is_no_admin_any_more_removes_nobody() {
    let mut world = World::new(73, 3);
    let group = world.group_of_all();
    make_admin(&mut world, group, 1);
    let member = world.member(1, group);
    world.command(0, Command::RemoveAdmin { group, member });
    world.run_for(3_000);
    assert_eq!(role(&world, 1, group, member), Some(Role::Member));
    let target = world.member(2, group);
    remove(&mut world, 1, group, target);
    world.run_for(3_000);
    assert!(world.devices[1].refusals.contains(&Refusal::NotAllowed));
    assert_eq!(world.devices[0].members(group).len(), 3);
}

/// Takes everybody but these away, and what the relay still had for anybody.
fn leave_alone(world: &mut World, devices: &[usize]) {
    for device in 0..world.devices.len() {
        world.set_network(device, false);
    }
    world.set_relay(false);
    world.relay.forget_everything();
    world.set_relay(true);
    for device in devices {
        world.set_network(*device, true);
    }
}

fn meet(world: &mut World) {
    for device in 0..world.devices.len() {
        world.set_network(device, true);
    }
    world.run_for(20_000);
}

#[test]
fn what_an_admin_did_beside_a_checkpoint_it_does_again() {
    let mut world = World::new(77, 4);
    let group = world.group_of_all();
    make_admin(&mut world, group, 1);
    make_admin(&mut world, group, 2);
    let [admin, other, target] = [1, 2, 3].map(|device| world.member(device, group));
    // An admin acts while the creator is away.
    leave_alone(&mut world, &[1, 2, 3]);
    world.run_for(5_000);
    remove(&mut world, 1, group, target);
    let name = "Old friends".into();
    world.command(1, Command::RenameGroup { group, name });
    world.run_for(5_000);
    assert_eq!(world.devices[2].members(group).len(), 3);
    // The creator ends the other's rights without having heard of it, and fixes what it knows.
    leave_alone(&mut world, &[0]);
    world.run_for(60_000);
    let command = Command::RemoveAdmin {
        group,
        member: other,
    };
    world.command(0, command);
    world.run_for(5_000);
    assert_eq!(role(&world, 0, group, other), Some(Role::Member));
    assert_eq!(world.devices[0].members(group).len(), 4);
    meet(&mut world);
    for device in 0..3 {
        assert_eq!(role(&world, device, group, other), Some(Role::Member));
        assert_eq!(role(&world, device, group, admin), Some(Role::Admin));
        assert_eq!(role(&world, device, group, target), None, "device {device}");
        assert_eq!(world.devices[device].groups[&group].name, "Old friends");
        world.write(device, group, &format!("from {device}"));
    }
    world.run_for(10_000);
    for device in 0..3 {
        assert_eq!(world.devices[device].texts(group).len(), 3);
    }
    assert!(world.devices[3].texts(group).is_empty());
}

#[test]
fn the_end_of_an_admin_is_fixed_by_a_checkpoint() {
    let mut world = World::new(78, 4);
    let group = world.group_of_all();
    make_admin(&mut world, group, 1);
    make_admin(&mut world, group, 2);
    let count = |world: &World| {
        let records = world.devices[3].store.all();
        let ops = records.iter().filter(|it| it.key.name.starts_with(b"op/"));
        ops.count()
    };
    let before = count(&world);
    let member = world.member(1, group);
    world.command(0, Command::RemoveAdmin { group, member });
    world.run_for(3_000);
    assert_eq!(count(&world), before + 2);
    let target = world.member(2, group);
    let command = Command::RemoveMember {
        group,
        member: target,
        revoke_invites: false,
    };
    world.command(0, command);
    world.run_for(3_000);
    assert_eq!(count(&world), before + 4);
    // A plain member's end needs none.
    remove(&mut world, 0, group, member);
    world.run_for(3_000);
    assert_eq!(world.devices[3].members(group).len(), 2);
}

#[test]
fn the_founder_leaves_once_the_group_is_in_other_hands() {
    let mut world = World::new(74, 3);
    let group = world.group_of_all();
    world.command(0, Command::LeaveGroup { group });
    assert!(
        world.devices[0]
            .refusals
            .contains(&Refusal::CreatorCannotLeave)
    );
    let heir = world.member(1, group);
    world.command(
        0,
        Command::TransferCreator {
            group,
            member: heir,
        },
    );
    world.run_for(3_000);
    let founder = world.member(0, group);
    for device in 0..3 {
        assert_eq!(role(&world, device, group, heir), Some(Role::Creator));
        assert_eq!(role(&world, device, group, founder), Some(Role::Admin));
    }
    assert!(world.devices[1].groups[&group].rights.appoint);
    assert!(!world.devices[0].groups[&group].rights.appoint);
    world.command(0, Command::LeaveGroup { group });
    world.run_for(3_000);
    assert_eq!(world.devices[0].groups[&group].state, GroupState::Left);
    let member = world.member(2, group);
    world.command(1, Command::MakeAdmin { group, member });
    world.run_for(3_000);
    assert_eq!(role(&world, 2, group, member), Some(Role::Admin));
    world.write(2, group, "without the founder");
    world.run_for(3_000);
    assert_eq!(world.devices[1].texts(group), ["without the founder"]);
}

#[test]
fn where_only_admins_invite_a_member_makes_no_invite() {
    let mut world = World::new(75, 2);
    let group = world.group_of_all();
    let lowest = Role::Admin;
    world.command(0, Command::SetInvitePolicy { group, lowest });
    world.run_for(3_000);
    let view = &world.devices[1].groups[&group];
    assert_eq!(view.invite_policy, Role::Admin);
    assert!(!view.rights.invite);
    let command = Command::CreateInvite {
        group,
        lifetime: DEFAULT_LIFETIME,
        max_uses: None,
        approval: false,
    };
    world.command(1, command);
    assert!(world.devices[1].refusals.contains(&Refusal::NotAllowed));
    make_admin(&mut world, group, 1);
    world.invite(1, group, DEFAULT_LIFETIME, None);
}

#[test]
fn a_creator_with_two_histories_stops_the_group_and_everybody_may_go() {
    let mut world = World::new(76, 3);
    let group = world.group_of_all();
    let rename = |name: &str| Command::RenameGroup {
        group,
        name: name.into(),
    };
    // The creator's device is set back to an older copy, and does something else with it before it hears of anything.
    let old = world.devices[0].store.clone();
    world.command(0, rename("One"));
    world.run_for(3_000);
    world.crash(0);
    world.devices[0].store = old;
    // With nobody there it waits for half a minute, and then has to believe that nothing has happened.
    for device in [1, 2] {
        world.set_network(device, false);
    }
    world.switch_on(0);
    world.command(0, rename("Other"));
    world.run_for(40_000);
    for device in [1, 2] {
        world.set_network(device, true);
    }
    // Sessions that were set back as well are renewed once an hour.
    for _ in 0..3 {
        world.run_for(MILLIS_PER_HOUR);
        for device in 0..3 {
            world.crash(device);
            world.switch_on(device);
            world.run_for(10_000);
        }
    }
    for device in 1..3 {
        let view = &world.devices[device].groups[&group];
        assert_eq!(view.state, GroupState::Forked, "device {device}");
        world.write(device, group, "to whom?");
        assert!(
            world.devices[device]
                .refusals
                .contains(&Refusal::NotAllowed)
        );
        assert!(world.devices[device].texts(group).is_empty());
    }
    world.command(1, Command::LeaveGroup { group });
    assert_eq!(world.devices[1].groups[&group].state, GroupState::Left);
    world.command(1, Command::ForgetGroup { group });
    assert!(!world.devices[1].groups.contains_key(&group));
}
