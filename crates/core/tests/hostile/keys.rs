//! Members that show others different things, and devices that were set back: noticed, shown, and no reason to go on.

use discordopus_core::chat::{Kind, Payload};
use discordopus_core::ids::{GroupId, MILLIS_PER_HOUR, MemberId};
use discordopus_core::invite::DEFAULT_LIFETIME;
use discordopus_core::io::{Alarm, Command, GroupState, Refusal};
use discordopus_core::membership::heads_hash;
use discordopus_core::pairwise::PairwiseKind;
use discordopus_core::sender_keys::{ChainScope, OwnChain, SealedDistribution};
use discordopus_core::sync::Sync;
use discordopus_core::testing::SeededRng;
use discordopus_core::testkit::World;
use discordopus_core::wire;

use super::support::Member;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Three people; the third's keys are in the test's hands.
fn taken_over(seed: u64) -> (World, GroupId, Member, MemberId) {
    let mut world = World::new(seed, 3);
    let group = world.group_of_all();
    world.switch_off(2);
    let hostile = Member::of(&world, 2, group);
    let to = world.member(1, group);
    (world, group, hostile, to)
}

fn new_chain(world: &World, of: &Member, generation: u64, seed: u64) -> OwnChain {
    let heads = of.log.heads();
    let scope = ChainScope {
        group: of.group,
        sender: of.me,
        generation,
        roster_hash: of.log.state().roster_hash(),
        heads_hash: heads_hash(&heads),
        heads,
    };
    OwnChain::new(scope, world.now, &mut SeededRng::new(seed))
}

fn hand_out(world: &mut World, hostile: &mut Member, to: MemberId, chain: &OwnChain) {
    let xwing = hostile.prekeys_of(to).xwing.clone();
    let sealed = chain
        .seal_distribution(&xwing, &mut SeededRng::new(7))
        .unwrap();
    let chain = chain.id();
    let body = SealedDistribution { chain, sealed }.encode();
    let frame = hostile.seal(to, PairwiseKind::Skdm, &body);
    world.inject(1, hostile.mailbox_of(to), frame);
}

fn alarms(world: &World, device: usize, group: GroupId) -> &[Alarm] {
    &world.devices[device].groups[&group].alarms
}

#[test]
fn two_different_keys_for_one_generation_raise_an_alarm_that_stays() {
    let (mut world, group, mut hostile, to) = taken_over(61);
    let chains = [4, 5].map(|seed| new_chain(&world, &hostile, 9, seed));
    hand_out(&mut world, &mut hostile, to, &chains[0]);
    assert!(alarms(&world, 1, group).is_empty());
    // The same one again is no second one.
    hand_out(&mut world, &mut hostile, to, &chains[0]);
    assert!(alarms(&world, 1, group).is_empty());
    hand_out(&mut world, &mut hostile, to, &chains[1]);
    let member = hostile.me;
    assert_eq!(alarms(&world, 1, group), [Alarm::TwoKeys { member }]);
    assert_eq!(world.devices[1].alarms.len(), 1);
    world.crash(1);
    world.switch_on(1);
    assert_eq!(alarms(&world, 1, group), [Alarm::TwoKeys { member }]);
    // It is about what that member writes; one's own words are safe.
    world.write(1, group, "careful");
    world.run_for(2_000);
    assert_eq!(world.devices[0].texts(group), ["careful"]);
    let command = Command::RemoveMember {
        group,
        member,
        revoke_invites: true,
    };
    world.command(0, command);
    world.run_for(5_000);
    assert!(alarms(&world, 1, group).is_empty(), "it is out");
}

#[test]
fn one_log_with_two_rosters_stops_sending_until_the_person_goes_on() {
    let (mut world, group, mut hostile, to) = taken_over(62);
    let mut chain = new_chain(&world, &hostile, 9, 4);
    hand_out(&mut world, &mut hostile, to, &chain);
    let payload = Payload {
        sent_at: world.now,
        heads_hash: chain.scope().heads_hash,
        roster_hash: [7; 32],
        parents: Vec::new(),
        clock: world.now,
        kind: Kind::TEXT,
        body: b"who is here?".to_vec(),
        lifetime: None,
    };
    let (_, frame) = chain.encrypt(&payload.encode(), [3; 16]).unwrap();
    world.inject(1, hostile.mailbox_of(to), frame);
    let alarm = Alarm::RostersDiffer { member: hostile.me };
    assert_eq!(alarms(&world, 1, group), [alarm]);
    assert!(!world.devices[1].groups[&group].rights.send);
    world.write(1, group, "not sent");
    assert_eq!(world.devices[1].refusals, [Refusal::Alarm]);
    world.command(1, Command::DismissAlarm { group, alarm });
    assert!(alarms(&world, 1, group).is_empty());
    world.crash(1);
    world.switch_on(1);
    world.write(1, group, "sent");
    world.run_for(5_000);
    assert_eq!(world.devices[0].texts(group), ["sent"]);
}

#[test]
fn a_device_that_was_set_back_notices_stops_and_comes_back_as_somebody_new() {
    let mut world = World::new(63, 3);
    let group = world.group_of_all();
    let old = world.devices[1].store.clone();
    // Each unclean restart begins another chain.
    for number in 0..3 {
        world.write(1, group, &format!("text {number}"));
        world.run_for(3_000);
        world.crash(1);
        world.switch_on(1);
        world.run_for(3_000);
    }
    world.crash(1);
    world.devices[1].store = old;
    world.switch_on(1);
    world.run_for(20_000);
    let open = alarms(&world, 1, group);
    assert!(matches!(open, [Alarm::SetBack { .. }, ..]), "{open:?}");
    world.write(1, group, "never");
    world.run_for(3_000);
    assert_eq!(world.devices[1].refusals, [Refusal::Alarm]);
    for device in [0, 2] {
        assert!(alarms(&world, device, group).is_empty(), "no false word");
        assert_eq!(world.devices[device].texts(group).len(), 3);
    }
    world.command(1, Command::LeaveGroup { group });
    world.run_for(5_000);
    let link = world.invite(0, group, DEFAULT_LIFETIME, None);
    world.ask_to_join(1, &link, "Person 1");
    world.run_for(10_000);
    let view = &world.devices[1].groups[&group];
    assert_eq!(view.state, GroupState::Member);
    assert!(view.alarms.is_empty() && view.rights.send);
    world.write(1, group, "again");
    world.run_for(3_000);
    assert_eq!(world.devices[0].texts(group).last().unwrap(), "again");
}

#[test]
fn an_own_op_that_one_does_not_know_proves_that_one_was_set_back() {
    let mut world = World::new(64, 2);
    let group = world.group_of_all();
    // Sessions are renewed once an hour, and may have been when everybody came.
    world.run_for(MILLIS_PER_HOUR);
    let old = world.devices[0].store.clone();
    let name = "Other".into();
    world.command(0, Command::RenameGroup { group, name });
    world.run_for(3_000);
    world.crash(0);
    world.devices[0].store = old;
    world.switch_on(0);
    world.run_for(20_000);
    let me = world.member(0, group);
    let proven = Alarm::SetBack { noticed_by: me };
    assert!(alarms(&world, 0, group).contains(&proven));
    assert_eq!(world.devices[0].groups[&group].name, "Other");
}

#[test]
fn a_member_that_claims_to_have_seen_too_much_is_named_and_costs_no_numbers() {
    let (mut world, group, mut hostile, to) = taken_over(65);
    let vector = Sync::Vector {
        ops: hostile.log.vector(),
        prekeys: Vec::new(),
        chains: Vec::new(),
        generation: u64::MAX,
        profiles: None,
    };
    let frame = hostile.seal(to, PairwiseKind::Sync, &wire::encode(&vector));
    world.inject(1, hostile.mailbox_of(to), frame);
    let noticed_by = hostile.me;
    let alarm = Alarm::SetBack { noticed_by };
    assert_eq!(alarms(&world, 1, group), [alarm]);
    world.command(1, Command::DismissAlarm { group, alarm });
    world.write(1, group, "I know better");
    world.run_for(3_000);
    assert_eq!(world.devices[0].texts(group), ["I know better"]);
    assert!(alarms(&world, 1, group).is_empty());
}
