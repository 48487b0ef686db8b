//! The way out of a group that its creator has forked.

use discordopus_core::ids::GroupId;
use discordopus_core::io::{Command, GroupState, Refusal};
use discordopus_core::testkit::World;

use super::fork::forked;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn offers(world: &World, device: usize, group: GroupId) -> usize {
    world.devices[device].groups[&group].offers.len()
}

#[test]
fn a_forked_group_is_founded_anew_and_the_others_come_over() {
    // The creator (0) is away; its fork reaches everybody else.
    let (mut world, old) = forked(68, 4);
    for device in 1..4 {
        let view = &world.devices[device].groups[&old];
        assert_eq!(view.state, GroupState::Forked, "device {device}");
        assert!(view.rights.refound);
    }
    world.crash(3);
    world.command(1, Command::Refound { group: old });
    let new = *world.devices[1].founded.last().unwrap();
    assert_eq!(world.devices[1].groups[&new].name, "Friends");
    world.run_for(5_000);
    assert_eq!(offers(&world, 2, old), 1);
    world.crash(2);
    world.switch_on(2);
    world.run_for(2_000);
    let offer = world.devices[2].groups[&old].offers[0].clone();
    assert_eq!(offer.by, world.member(1, old));
    assert_eq!(offer.group_name, "Friends");
    world.command(
        2,
        Command::AcceptOffer {
            group: old,
            by: offer.by,
        },
    );
    world.switch_on(3);
    world.run_for(10_000);
    let by = world.devices[3].groups[&old].offers[0].by;
    world.command(3, Command::AcceptOffer { group: old, by });
    world.run_for(10_000);
    for device in 1..4 {
        let names = world.devices[device].members(new);
        assert_eq!(names.len(), 3, "device {device}");
        assert!(names.contains(&"Person 3".to_owned()));
        world.write(device, new, &format!("from {device}"));
        assert_eq!(offers(&world, device, old), 0);
    }
    world.run_for(5_000);
    for device in 1..4 {
        assert_eq!(world.devices[device].texts(new).len(), 3);
    }
    world.command(2, Command::LeaveGroup { group: old });
    world.command(2, Command::ForgetGroup { group: old });
    assert!(!world.devices[2].groups.contains_key(&old));
    assert_eq!(world.devices[2].texts(new).len(), 3);
}

#[test]
fn an_offer_that_is_declined_or_was_never_made_leads_nowhere() {
    let mut world = World::new(69, 3);
    let group = world.group_of_all();
    let [zero, one] = [0, 1].map(|device| world.member(device, group));
    assert!(!world.devices[1].groups[&group].rights.refound);
    // A member may found anew whatever it thinks is lost; the others decide for themselves.
    world.command(1, Command::Refound { group });
    world.run_for(3_000);
    assert_eq!((offers(&world, 0, group), offers(&world, 2, group)), (1, 1));
    world.command(0, Command::DeclineOffer { group, by: one });
    assert_eq!(offers(&world, 0, group), 0);
    world.command(2, Command::AcceptOffer { group, by: zero });
    assert!(matches!(world.devices[2].refusals[..], [Refusal::Link(_)]));
    assert_eq!(world.devices[2].groups.len(), 1);
    assert_eq!(world.devices[2].groups[&group].state, GroupState::Member);
}
