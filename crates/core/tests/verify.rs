//! Safety numbers that were compared are remembered; and who has which message.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use discordopus_core::chat::Delivery;
use discordopus_core::identity::safety_number;
use discordopus_core::ids::GroupId;
use discordopus_core::io::{Command, MemberView, Refusal};
use discordopus_core::store::{Changes, RecordKey, StoreName};
use discordopus_core::testkit::World;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;
#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

fn seen(world: &World, by: usize, group: GroupId, of: usize) -> MemberView {
    let id = world.member(of, group);
    let members = &world.devices[by].groups[&group].members;
    members.iter().find(|it| it.id == id).unwrap().clone()
}

#[test]
fn both_sides_see_one_number_and_each_marks_the_other_for_itself() {
    let mut world = World::new(100, 3);
    let group = world.group_of_all();
    let number = |by: usize, of: usize| {
        let (me, them) = (seen(&world, by, group, by), seen(&world, by, group, of));
        safety_number(&me.card_hash, &them.card_hash)
    };
    assert_eq!(number(0, 1), number(1, 0));
    assert_ne!(number(0, 1), number(0, 2));
    let member = world.member(1, group);
    world.command(0, Command::MarkVerified { group, member });
    assert!(seen(&world, 0, group, 1).verified);
    assert!(!seen(&world, 0, group, 2).verified);
    assert!(!seen(&world, 1, group, 0).verified);
    world.crash(0);
    world.switch_on(0);
    world.run_for(2_000);
    assert!(seen(&world, 0, group, 1).verified && !seen(&world, 0, group, 1).card_changed);
    world.command(0, Command::Unverify { group, member });
    world.crash(0);
    world.switch_on(0);
    assert!(!seen(&world, 0, group, 1).verified);
}

#[test]
fn one_does_not_verify_oneself_or_who_is_not_there() {
    let mut world = World::new(101, 2);
    let group = world.group_of_all();
    let me = world.member(0, group);
    for member in [me, discordopus_core::ids::MemberId([7; 32])] {
        world.command(0, Command::MarkVerified { group, member });
    }
    assert_eq!(world.devices[0].refusals, [Refusal::NotAllowed; 2]);
    assert!(!seen(&world, 0, group, 0).verified);
}

#[test]
fn a_message_tells_whom_it_was_written_to_and_who_has_it() {
    let mut world = World::new(102, 3);
    let group = world.group_of_all();
    let [one, two] = [1, 2].map(|device| world.member(device, group));
    world.set_network(2, false);
    world.write(0, group, "hello");
    world.run_for(3_000);
    let row = world.devices[0]
        .log(group)
        .last()
        .unwrap()
        .to_owned()
        .clone();
    let mut everybody = vec![one, two];
    everybody.sort();
    assert_eq!(row.recipients, Some(everybody.clone()));
    assert_eq!(row.delivered_to, [one]);
    assert_eq!(row.delivery, Delivery::Sent);
    world.crash(0);
    world.switch_on(0);
    world.set_network(2, true);
    world.run_for(5_000);
    let row = world.devices[0]
        .log(group)
        .last()
        .unwrap()
        .to_owned()
        .clone();
    assert_eq!(row.delivered_to, everybody);
    assert_eq!(row.delivery, Delivery::Delivered);
    let theirs = world.devices[1].log(group).last().unwrap().to_owned();
    assert_eq!(theirs.recipients, None);
}

#[test]
fn another_card_than_the_one_that_was_compared_is_shown_as_changed() {
    let mut world = World::new(103, 2);
    let group = world.group_of_all();
    let member = world.member(1, group);
    world.crash(0);
    // As if the person had compared the number of another card of this member.
    let name = [b"verified/".as_slice(), &member.0].concat();
    let mut changes = Changes::default();
    let key = RecordKey::named(Some(group), name);
    changes.put(StoreName::State, key, vec![7; 32]);
    world.devices[0].store.commit(&changes);
    world.switch_on(0);
    let view = seen(&world, 0, group, 1);
    assert!(view.card_changed && !view.verified);
    world.command(0, Command::MarkVerified { group, member });
    let view = seen(&world, 0, group, 1);
    assert!(view.verified && !view.card_changed);
}
