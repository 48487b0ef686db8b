//! What tests of calls ask and demand.

use discordopus_core::ids::{GroupId, MemberId};
use discordopus_core::io::{CallMember, CallView, Command, LinkState, Microphone, Voice};
use discordopus_core::testkit::World;

pub(crate) const OPEN: Voice = Voice {
    microphone: Microphone::Open,
    deafened: false,
};
pub(crate) const MUTED: Voice = Voice {
    microphone: Microphone::Muted,
    deafened: false,
};

/// A world whose devices share a group.
pub(crate) fn group_of(seed: u64, devices: usize) -> (World, GroupId) {
    let mut world = World::new(seed, devices);
    let group = world.group_of_all();
    (world, group)
}

pub(crate) fn join(world: &mut World, device: usize, group: GroupId) {
    let voice = OPEN;
    world.command(device, Command::JoinCall { group, voice });
}

pub(crate) fn leave(world: &mut World, device: usize, group: GroupId) {
    world.command(device, Command::LeaveCall { group });
}

pub(crate) fn call(world: &World, device: usize, group: GroupId) -> Option<&CallView> {
    world.devices[device].calls.get(&group)
}

/// Who is in the call, as a device shows it.
pub(crate) fn people(world: &World, device: usize, group: GroupId) -> Vec<MemberId> {
    let call = call(world, device, group);
    let mut people: Vec<_> = call
        .iter()
        .flat_map(|call| &call.people)
        .map(|person| person.member)
        .collect();
    people.sort();
    people
}

pub(crate) fn members(world: &World, devices: &[usize], group: GroupId) -> Vec<MemberId> {
    let mut members: Vec<_> = devices.iter().map(|it| world.member(*it, group)).collect();
    members.sort();
    members
}

/// One of the people in a call, as a device shows it.
pub(crate) fn person(world: &World, device: usize, group: GroupId, of: usize) -> CallMember {
    let member = world.member(of, group);
    let call = call(world, device, group).expect("a call");
    let mut people = call.people.iter();
    people
        .find(|person| person.member == member)
        .expect("that person in the call")
        .clone()
}

pub(crate) fn state(world: &World, device: usize, group: GroupId, of: usize) -> LinkState {
    let person = person(world, device, group, of);
    person.link.expect("a link").state
}

/// Demands that exactly these are in the call, everywhere, and connected to each other.
pub(crate) fn assert_connected(world: &World, group: GroupId, inside: &[usize]) {
    let expected = members(world, inside, group);
    let mut ids = Vec::new();
    for device in 0..world.devices.len() {
        let is_on = world.devices[device].client.is_some();
        let is_member = world.devices[device].groups.contains_key(&group);
        if !is_on || !is_member {
            continue;
        }
        assert_eq!(people(world, device, group), expected, "device {device}");
        ids.extend(call(world, device, group).map(|call| call.id));
        let joined = call(world, device, group).is_some_and(|call| call.joined);
        assert_eq!(joined, inside.contains(&device), "device {device}");
    }
    assert!(ids.windows(2).all(|pair| pair[0] == pair[1]), "{ids:?}");
    for a in inside {
        for b in inside.iter().filter(|b| *b != a) {
            let state = state(world, *a, group, *b);
            assert_eq!(state, LinkState::Connected, "{a} with {b}");
        }
    }
}

/// Demands that every pair is connected or has a reason why not.
pub(crate) fn assert_settled(world: &World, group: GroupId) {
    for device in 0..world.devices.len() {
        let Some(call) = call(world, device, group) else {
            continue;
        };
        for person in &call.people {
            let state = person.link.map(|link| link.state);
            let is_settled = matches!(
                state,
                None | Some(LinkState::Connected | LinkState::Failed(_))
            );
            assert!(is_settled, "device {device}: {state:?}");
        }
    }
}
