//! A creator that writes two histories.

use discordopus_core::ids::{GroupId, OpId};
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

/// More branches than an op or a sender key may name.
const BRANCHES: u32 = 12;

#[test]
fn an_admin_that_forks_without_end_keeps_nobody_from_writing_and_starting_again() {
    let mut world = World::new(61, 3);
    let group = world.group_of_all();
    let member = world.member(2, group);
    world.command(0, Command::MakeAdmin { group, member });
    world.run_for(2_000);
    world.switch_off(2);
    let mut forker = Member::of(&world, 2, group);
    let deps = forker.log.heads();
    let rename = |seq, prev, deps: &[OpId], name: String| {
        let content = Content {
            version: 1,
            group,
            author: member,
            seq,
            prev,
            deps: deps.to_vec(),
            kind: 7,
            body: wire::encode(&Rename { name }),
        };
        sign_op(&content, &forker.identity)
    };
    let (mut ops, mut prev, mut tied) = (Vec::new(), None, deps);
    for seq in 0..BRANCHES {
        let mut next = None;
        for branch in 0..4 {
            let (id, op) = rename(seq, prev, &tied, format!("Branch {branch} of {seq}"));
            ops.push(op.into());
            next = Some(id);
        }
        prev = next;
        tied = next.into_iter().collect();
    }
    let data = wire::encode(&Sync::Data {
        ops,
        prekeys: Vec::new(),
    });
    for device in 0..2 {
        let to = world.member(device, group);
        let (mailbox, frame) = (
            forker.mailbox_of(to),
            forker.seal(to, PairwiseKind::Sync, &data),
        );
        world.inject(device, mailbox, frame);
    }
    world.run_for(2_000);
    for device in 0..2 {
        let heads = Member::of(&world, device, group).log.heads();
        assert!(heads.len() > 32, "{}", heads.len());
        world.write(device, group, &format!("still here, says {device}"));
        world.run_for(2_000);
        world.crash(device);
        world.switch_on(device);
        world.run_for(2_000);
    }
    for device in 0..2 {
        assert_eq!(
            world.devices[device].texts(group),
            ["still here, says 0", "still here, says 1"]
        );
    }
}
