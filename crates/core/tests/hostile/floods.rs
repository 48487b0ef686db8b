//! What a member can make the others' devices do, without ever doing anything that isn't allowed.

use discordopus_core::ids::GroupId;
use discordopus_core::pairwise::PairwiseKind;
use discordopus_core::sync::Sync;
use discordopus_core::testkit::World;
use discordopus_core::wire;

use super::support::Member;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Claims that it has nothing, so many times.
fn claims_to_have_nothing(
    world: &mut World,
    hostile: &mut Member,
    by: usize,
    group: GroupId,
    times: usize,
) {
    let to = world.member(by, group);
    let nothing = Sync::Vector {
        ops: Vec::new(),
        prekeys: Vec::new(),
        chains: Vec::new(),
        generation: 0,
        profiles: None,
    };
    let mailbox = hostile.mailbox_of(to);
    for _ in 0..times {
        let frame = hostile.seal(to, PairwiseKind::Sync, &wire::encode(&nothing));
        world.inject(by, mailbox, frame);
    }
}

/// Bytes that the relay was given for a member since there were `before` frames.
fn bytes_for(world: &World, hostile: &Member, before: usize) -> usize {
    let mailbox = hostile.mailbox_of(hostile.me);
    let frames = world.relay.published[before..].iter();
    frames
        .filter(|(to, _)| *to == mailbox)
        .map(|(_, frame)| frame.len())
        .sum()
}

#[test]
fn a_member_that_asks_for_everything_again_and_again_is_served_so_much_and_no_more() {
    let mut world = World::new(120, 3);
    let group = world.group_of_all();
    for number in 0..60 {
        world.write(number % 2, group, &"long ".repeat(1_200));
        world.run_for(500);
    }
    world.run_for(5_000);
    world.switch_off(2);
    let mut hostile = Member::of(&world, 2, group);
    let before = world.relay.published.len();
    claims_to_have_nothing(&mut world, &mut hostile, 0, group, 1);
    world.run_for(1_000);
    let once = bytes_for(&world, &hostile, before);
    assert!(once > 400_000, "{once}");
    claims_to_have_nothing(&mut world, &mut hostile, 0, group, 100);
    world.run_for(1_000);
    let all = bytes_for(&world, &hostile, before);
    assert!(all < 20_000_000, "{all}");
    // Later it gets its answer again, and the others never felt anything of it.
    world.write(0, group, "still here");
    world.run_for(200_000);
    assert_eq!(world.devices[1].texts(group).last().unwrap(), "still here");
    let before = world.relay.published.len();
    claims_to_have_nothing(&mut world, &mut hostile, 0, group, 1);
    world.run_for(1_000);
    assert!(bytes_for(&world, &hostile, before) >= once);
}
