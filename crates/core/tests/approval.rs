//! Invites that ask for approval: nobody comes in before the creator or an admin has said yes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use discordopus_core::identity::{Card, IdentityKey, SignedCard, SignedPrekeys};
use discordopus_core::ids::{GroupId, Mailbox, MemberId, Timestamp};
use discordopus_core::invite::{
    DEFAULT_LIFETIME, InviteKeys, JoinProof, JoinRequest, Link, seal_join_request,
};
use discordopus_core::io::{Command, JoinState, JoinView};
use discordopus_core::pairwise::Device;
use discordopus_core::testing::SeededRng;
use discordopus_core::testkit::World;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;
#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// A creator (0), an admin (1), a member (2), and somebody (3) who asks by an invite that asks for approval.
fn somebody_asks(seed: u64, inviter: usize) -> (World, GroupId, usize) {
    let mut world = World::new(seed, 3);
    let group = world.group_of_all();
    let member = world.member(1, group);
    world.command(0, Command::MakeAdmin { group, member });
    world.run_for(3_000);
    let command = Command::CreateInvite {
        group,
        lifetime: DEFAULT_LIFETIME,
        max_uses: Some(1),
        approval: true,
    };
    world.command(inviter, command);
    world.run_for(3_000);
    let link = world.devices[inviter].links.last().unwrap().clone();
    let joiner = world.add_device();
    world.ask_to_join(joiner, &link, "Dora");
    world.run_for(3_000);
    (world, group, joiner)
}

fn join(world: &World, joiner: usize) -> &JoinView {
    world.devices[joiner].joins.values().next().unwrap()
}

fn asked(world: &World, device: usize, group: GroupId) -> Vec<MemberId> {
    let requests = &world.devices[device].groups[&group].requests;
    requests.iter().map(|request| request.member).collect()
}

#[test]
fn an_admin_sees_name_and_code_and_lets_the_joiner_in() {
    let (mut world, group, joiner) = somebody_asks(90, 0);
    let waiting = join(&world, joiner).clone();
    assert_eq!(waiting.state, JoinState::WaitingForApproval);
    assert_eq!(waiting.code.len(), 14);
    for officer in [0, 1] {
        let told = &world.devices[officer].requests;
        assert_eq!(told.len(), 1, "device {officer}");
        assert_eq!(told[0].name, "Dora");
        assert_eq!(told[0].code, waiting.code);
        assert_eq!(asked(&world, officer, group), [told[0].member]);
    }
    assert!(asked(&world, 2, group).is_empty());
    assert_eq!(world.devices[0].members(group).len(), 3);
    let member = asked(&world, 1, group)[0];
    world.command(1, Command::ApproveJoin { group, member });
    world.run_for(5_000);
    assert_eq!(join(&world, joiner).state, JoinState::Joined(group));
    for device in 0..4 {
        assert_eq!(world.devices[device].members(group).len(), 4);
        assert!(asked(&world, device, group).is_empty());
    }
    world.write(joiner, group, "hello");
    world.run_for(3_000);
    assert_eq!(world.devices[2].texts(group), ["hello"]);
}

#[test]
fn a_refusal_has_its_own_word_and_the_other_admins_hear_of_it() {
    let (mut world, group, joiner) = somebody_asks(91, 0);
    let member = asked(&world, 0, group)[0];
    world.command(1, Command::RefuseJoin { group, member });
    world.run_for(10_000);
    assert_eq!(join(&world, joiner).state, JoinState::Declined);
    for officer in [0, 1] {
        assert!(asked(&world, officer, group).is_empty());
        assert_eq!(world.devices[officer].members(group).len(), 3);
    }
    // Who has heard of it can't say yes by mistake.
    world.command(0, Command::ApproveJoin { group, member });
    world.run_for(5_000);
    assert_eq!(world.devices[0].members(group).len(), 3);
}

#[test]
fn a_request_survives_a_restart_on_both_sides() {
    let (mut world, group, joiner) = somebody_asks(92, 0);
    for device in [0, 1, joiner] {
        world.crash(device);
    }
    world.devices[joiner].joins.clear();
    world.set_network(joiner, false);
    for device in [0, 1, joiner] {
        world.switch_on(device);
    }
    world.run_for(20_000);
    assert_eq!(join(&world, joiner).state, JoinState::WaitingForApproval);
    let member = asked(&world, 0, group)[0];
    assert_eq!(world.devices[0].requests.len(), 1, "it was told once");
    world.command(0, Command::ApproveJoin { group, member });
    world.run_for(5_000);
    world.set_network(joiner, true);
    world.run_for(60_000);
    assert_eq!(join(&world, joiner).state, JoinState::Joined(group));
}

#[test]
fn a_member_that_is_no_admin_lets_nobody_in_even_by_its_own_invite() {
    let (mut world, group, joiner) = somebody_asks(93, 2);
    let member = asked(&world, 0, group)[0];
    world.command(2, Command::ApproveJoin { group, member });
    world.command(2, Command::RefuseJoin { group, member });
    world.run_for(5_000);
    assert_eq!(join(&world, joiner).state, JoinState::WaitingForApproval);
    assert_eq!(asked(&world, 0, group), [member]);
    assert_eq!(world.devices[0].members(group).len(), 3);
}

#[test]
fn without_any_admin_there_the_opener_says_that_one_has_to_agree() {
    let mut world = World::new(94, 2);
    let group = world.group_of_all();
    let command = Command::CreateInvite {
        group,
        lifetime: DEFAULT_LIFETIME,
        max_uses: Some(1),
        approval: true,
    };
    world.command(1, command);
    world.run_for(3_000);
    world.switch_off(0);
    let link = world.devices[1].links.last().unwrap().clone();
    let joiner = world.add_device();
    world.ask_to_join(joiner, &link, "Dora");
    world.run_for(3_000);
    assert_eq!(join(&world, joiner).state, JoinState::WaitingForApproval);
    world.switch_on(0);
    world.run_for(3_000);
    let member = asked(&world, 0, group)[0];
    world.command(0, Command::ApproveJoin { group, member });
    world.run_for(5_000);
    assert_eq!(join(&world, joiner).state, JoinState::Joined(group));
}

#[test]
fn a_revoked_invite_ends_its_open_requests() {
    let (mut world, group, joiner) = somebody_asks(95, 0);
    let invite = world.devices[0].requests[0].invite;
    world.command(0, Command::RevokeInvite { group, invite });
    world.run_for(10_000);
    assert_eq!(join(&world, joiner).state, JoinState::Refused);
    for officer in [0, 1] {
        assert!(asked(&world, officer, group).is_empty());
    }
}

#[test]
fn two_admins_that_both_say_yes_let_one_in_once() {
    let (mut world, group, joiner) = somebody_asks(96, 0);
    let member = asked(&world, 0, group)[0];
    for officer in [0, 1] {
        world.command(officer, Command::ApproveJoin { group, member });
    }
    world.run_for(10_000);
    assert_eq!(join(&world, joiner).state, JoinState::Joined(group));
    for device in 0..4 {
        assert_eq!(world.devices[device].members(group).len(), 4);
    }
}

#[test]
fn a_crowd_that_was_turned_down_keeps_nobody_from_asking() {
    let mut world = World::new(97, 1);
    let group = world.found(0, "Friends", "Ada");
    world.run_for(1_000);
    let command = Command::CreateInvite {
        group,
        lifetime: DEFAULT_LIFETIME,
        max_uses: None,
        approval: true,
    };
    world.command(0, command);
    world.run_for(1_000);
    let url = world.devices[0].links[0].clone();
    let link = Link::parse(&url, world.now).unwrap();
    let keys = InviteKeys::derive(&link.secret);
    let mut rng = SeededRng::new(5);
    for _ in 0..64 {
        let frame = request(&link, &keys, &mut rng, world.now);
        world.inject(0, keys.mailbox(), frame);
    }
    assert_eq!(asked(&world, 0, group).len(), 64);
    // One more has no room, as long as nobody has decided.
    let frame = request(&link, &keys, &mut rng, world.now);
    world.inject(0, keys.mailbox(), frame);
    assert_eq!(asked(&world, 0, group).len(), 64);
    for member in asked(&world, 0, group) {
        world.command(0, Command::RefuseJoin { group, member });
    }
    assert!(asked(&world, 0, group).is_empty());
    let friend = world.add_device();
    world.ask_to_join(friend, &url, "Ben");
    world.run_for(3_000);
    let member = asked(&world, 0, group)[0];
    world.command(0, Command::ApproveJoin { group, member });
    world.run_for(3_000);
    assert_eq!(join(&world, friend).state, JoinState::Joined(group));
}

fn request(link: &Link, keys: &InviteKeys, rng: &mut SeededRng, now: Timestamp) -> Vec<u8> {
    let identity = IdentityKey::generate(rng);
    let mut device = Device::generate(rng, now);
    let card = Card {
        group: link.group,
        ik: identity.public(),
        olm: device.curve25519(),
        name: "Nobody".into(),
        created: now,
    };
    let card = SignedCard::sign(&card, &identity);
    let me = identity.member_id();
    let mailbox = Mailbox([9; 16]);
    let prekeys = device.prekeys(link.group, me, &[], mailbox, link.relays.clone());
    let prekeys = SignedPrekeys::sign(&prekeys, &identity);
    let proof = JoinProof::new(&link.group, keys, &card, &identity, now);
    let request = JoinRequest::new(card, prekeys, proof);
    seal_join_request(keys.join_box(), &request, rng).unwrap()
}
