//! Single deviations from the protocol, each shown to a whole client.

use discordopus_core::identity::{Card, IdentityKey, SignedCard, SignedPrekeys};
use discordopus_core::ids::{GroupId, Mailbox};
use discordopus_core::invite::{
    DEFAULT_LIFETIME, InviteKeys, JoinRequest, Link, open_join_request, seal_join_request,
};
use discordopus_core::io::{Command, Role};
use discordopus_core::membership::OpBody;
use discordopus_core::pairwise::{Device, PairwiseKind};
use discordopus_core::store::StoreName;
use discordopus_core::sync::Sync;
use discordopus_core::testing::SeededRng;
use discordopus_core::testkit::World;
use discordopus_core::wire::{self, FrameKind};

use super::support::Member;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn a_former_admin_removes_nobody_by_an_op_that_is_dated_back() {
    let mut world = World::new(110, 4);
    let group = world.group_of_all();
    let admin = world.member(1, group);
    let appoint = Command::MakeAdmin {
        group,
        member: admin,
    };
    world.command(0, appoint);
    world.run_for(3_000);
    world.switch_off(1);
    // What it holds is from the time when it was an admin, and so is all that its op points to.
    let mut former = Member::of(&world, 1, group);
    let dismiss = Command::RemoveAdmin {
        group,
        member: admin,
    };
    world.command(0, dismiss);
    world.run_for(3_000);
    let target = world.member(3, group);
    let remove = OpBody::Remove {
        member: target,
        cut: former.log.cut_for(&target, None),
    };
    let (_, op) = former.log.author(&former.identity, remove).unwrap();
    let to = world.member(2, group);
    let data = wire::encode(&Sync::Data {
        ops: vec![op.into()],
        prekeys: Vec::new(),
    });
    let frame = former.seal(to, PairwiseKind::Sync, &data);
    let ops = |world: &World| {
        let all = world.devices[2].store.all();
        all.iter()
            .filter(|it| it.key.name.starts_with(b"op/"))
            .count()
    };
    let before = ops(&world);
    world.inject(2, former.mailbox_of(to), frame);
    assert_eq!(ops(&world), before + 1, "it is kept, and means nothing");
    world.write(2, group, "so others hear of it");
    world.run_for(10_000);
    for device in [0, 2, 3] {
        let view = &world.devices[device].groups[&group];
        assert_eq!(view.members.len(), 4, "device {device}");
        let admins = view.members.iter().filter(|it| it.role == Role::Admin);
        assert_eq!(admins.count(), 0);
    }
    assert_eq!(world.devices[3].texts(group), ["so others hear of it"]);
}

#[test]
fn frames_of_one_group_are_worth_nothing_in_another() {
    let mut world = World::new(111, 2);
    let mut groups = [world.group_of_all(), world.group_of_all()];
    // A restarted client connects in this order, and a frame is injected over the first connection.
    groups.sort();
    let [first, second] = groups;
    world.crash(1);
    world.switch_on(1);
    world.run_for(3_000);
    let before = world.relay.published.len();
    world.write(0, second, "only for the second");
    world.command(
        0,
        Command::RenameGroup {
            group: second,
            name: "Second".into(),
        },
    );
    world.run_for(3_000);
    let frames: Vec<_> = world.relay.published[before..].to_vec();
    let kinds = [FrameKind::Message, FrameKind::Pairwise];
    for kind in kinds {
        assert!(frames.iter().any(|(_, frame)| frame[0] == kind.byte()));
    }
    let state = |world: &World| {
        let view = &world.devices[1].groups[&first];
        (view.name.clone(), view.members.len(), view.alarms.clone())
    };
    let whole = state(&world);
    for (_, frame) in frames {
        world.inject(1, Mailbox([0; 16]), frame);
    }
    world.run_for(3_000);
    assert!(world.devices[1].texts(first).is_empty());
    assert_eq!(state(&world), whole);
    assert_eq!(world.devices[1].texts(second), ["only for the second"]);
}

#[test]
fn everything_that_was_ever_sent_changes_nothing_when_it_comes_again() {
    let mut world = World::new(112, 3);
    let group = world.group_of_all();
    for device in 0..3 {
        world.write(device, group, &format!("from {device}"));
        world.run_for(3_000);
    }
    let seen = |world: &World| {
        let device = &world.devices[1];
        let stored = device.store.all();
        let rows = stored.iter().filter(|it| it.store == StoreName::Messages);
        let view = &device.groups[&group];
        (rows.count(), view.members.len(), view.alarms.len())
    };
    let before = seen(&world);
    let frames = world.relay.published.clone();
    for (mailbox, frame) in frames {
        world.inject(1, mailbox, frame);
    }
    world.run_for(10_000);
    assert_eq!(seen(&world), before);
    world.write(1, group, "still here");
    world.run_for(3_000);
    assert_eq!(world.devices[0].texts(group).last().unwrap(), "still here");
}

fn stranger(link: &Link, world: &World) -> (SignedCard, SignedPrekeys) {
    let mut rng = SeededRng::new(9);
    let identity = IdentityKey::generate(&mut rng);
    let mut device = Device::generate(&mut rng, world.now);
    let card = Card {
        group: link.group,
        ik: identity.public(),
        olm: device.curve25519(),
        name: "Eve".into(),
        created: world.now,
    };
    let mailbox = Mailbox([9; 16]);
    let me = identity.member_id();
    let prekeys = device.prekeys(link.group, me, &[], mailbox, link.relays.clone());
    (
        SignedCard::sign(&card, &identity),
        SignedPrekeys::sign(&prekeys, &identity),
    )
}

#[test]
fn a_seen_proof_lets_nobody_else_in() {
    let mut world = World::new(113, 1);
    let group: GroupId = world.found(0, "Friends", "Ada");
    world.run_for(1_000);
    let url = world.invite(0, group, DEFAULT_LIFETIME, None);
    world.set_network(0, false);
    let joiner = world.add_device();
    world.ask_to_join(joiner, &url, "Ben");
    world.run_for(3_000);
    let link = Link::parse(&url, world.now).unwrap();
    let keys = InviteKeys::derive(&link.secret);
    let mut published = world.relay.published.iter();
    let (_, frame) = published
        .rfind(|(mailbox, _)| *mailbox == keys.mailbox())
        .unwrap();
    let seen = open_join_request(keys.join_box(), wire::split_frame(frame).unwrap().1).unwrap();
    let (card, prekeys) = stranger(&link, &world);
    let stolen = JoinRequest::new(card, prekeys, seen.proof);
    let frame = seal_join_request(keys.join_box(), &stolen, &mut SeededRng::new(4)).unwrap();
    world.set_network(0, true);
    world.run_for(10);
    world.inject(0, keys.mailbox(), frame);
    world.run_for(40_000);
    assert_eq!(world.devices[0].members(group), ["Ada", "Ben"]);
}
