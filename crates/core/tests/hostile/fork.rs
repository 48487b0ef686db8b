//! A creator that writes two histories.

use discordopus_core::ids::GroupId;
use discordopus_core::io::{Alarm, Command, GroupState, Refusal};
use discordopus_core::pairwise::PairwiseKind;
use discordopus_core::record;
use discordopus_core::store::StoreName;
use discordopus_core::sync::Sync;
use discordopus_core::testkit::World;
use discordopus_core::wire;

use super::support::{Content, Member, sign_op};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

struct Rename {
    name: String,
}

record!(Rename { name });

/// A group whose creator (0) is away, after everybody else has got the proof that it wrote two histories.
pub(crate) fn forked(seed: u64, devices: usize) -> (World, GroupId) {
    let mut world = World::new(seed, devices);
    let group = world.group_of_all();
    world.write(1, group, "before");
    world.run_for(2_000);
    world.switch_off(0);
    let mut creator = Member::of(&world, 0, group);
    // Another op in the place of its second: everybody came in after the one that it takes the place of.
    let genesis = creator.log.op_ids()[0];
    let content = Content {
        version: 1,
        group,
        author: creator.me,
        seq: 1,
        prev: Some(genesis),
        deps: vec![genesis],
        kind: 7,
        body: wire::encode(&Rename {
            name: "Another".into(),
        }),
    };
    let (_, op) = sign_op(&content, &creator.identity);
    let to = world.member(1, group);
    let data = Sync::Data {
        ops: vec![op.into()],
        prekeys: Vec::new(),
    };
    let mailbox = creator.mailbox_of(to);
    let frame = creator.seal(to, PairwiseKind::Sync, &wire::encode(&data));
    world.inject(1, mailbox, frame);
    world.run_for(2_000);
    // The others have it from the one that got it.
    for device in 2..devices {
        world.crash(device);
        world.switch_on(device);
        world.run_for(5_000);
    }
    (world, group)
}

#[test]
fn a_creators_fork_stops_the_group_and_destroys_nothing() {
    let (mut world, group) = forked(60, 3);
    let is_whole = |world: &World| {
        let device = &world.devices[1];
        assert_eq!(device.groups[&group].state, GroupState::Forked);
        let by = world.member(0, group);
        assert_eq!(device.groups[&group].alarms, [Alarm::Forked { by }]);
        assert_eq!(device.texts(group), ["before"]);
        let stored = device.store.all();
        assert!(
            stored
                .iter()
                .any(|record| record.store == StoreName::Secrets)
        );
        assert!(
            stored
                .iter()
                .any(|record| record.store == StoreName::Messages)
        );
    };
    is_whole(&world);
    let published = world.relay.published.len();
    world.write(1, group, "after");
    assert_eq!(world.devices[1].refusals, [Refusal::NotAllowed]);
    assert_eq!(world.devices[1].texts(group), ["before"]);
    assert_eq!(world.relay.published.len(), published);
    world.crash(1);
    world.switch_on(1);
    world.run_for(2_000);
    is_whole(&world);
    world.command(1, Command::LeaveGroup { group });
    assert_eq!(world.devices[1].groups[&group].state, GroupState::Left);
}
