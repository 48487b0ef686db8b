//! Who has read what: told only where the person wants that, only of what was on screen, and only to the author.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "hostile/support.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "shared with the tests of hostile members"
)]
mod support;

use discordopus_core::chat::MessageView;
use discordopus_core::ids::{GroupId, MemberId, MessageId};
use discordopus_core::io::Command;
use discordopus_core::pairwise::PairwiseKind;
use discordopus_core::sync::{MAX_SEEN, Receipt, decode_receipt};
use discordopus_core::testkit::{Network, World};
use discordopus_core::wire;

use support::Member;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;
#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

fn let_know(world: &mut World, device: usize, on: bool) {
    let mut settings = world.devices[device].settings.clone();
    settings.read_receipts = on;
    world.command(device, Command::ChangeSettings(Box::new(settings)));
}

fn some(seed: u64, devices: usize) -> (World, GroupId) {
    let mut world = World::new(seed, devices);
    let group = world.group_of_all();
    (1..devices).for_each(|device| let_know(&mut world, device, true));
    world.run_for(2_000);
    (world, group)
}

fn message(world: &World, device: usize, group: GroupId, text: &str) -> MessageView {
    let rows = world.devices[device].log(group);
    let mut rows = rows.into_iter();
    rows.find(|row| row.text() == Some(text)).unwrap().clone()
}

fn readers(world: &World, group: GroupId, text: &str) -> Vec<MemberId> {
    message(world, 0, group, text).seen_by.unwrap_or_default()
}

fn write(world: &mut World, group: GroupId, text: &str) -> MessageId {
    world.write(0, group, text);
    world.run_for(2_000);
    message(world, 0, group, text).id
}

fn see(world: &mut World, device: usize, group: GroupId, messages: &[MessageId]) {
    let messages = messages.to_vec();
    world.command(device, Command::MarkSeen { group, messages });
}

#[test]
fn an_author_learns_who_has_read_a_message_and_knows_it_after_a_restart() {
    let (mut world, group) = some(1, 3);
    let id = write(&mut world, group, "hello");
    assert_eq!(readers(&world, group, "hello"), [], "it has only come");
    see(&mut world, 1, group, &[id]);
    world.run_for(3_000);
    let member = world.member(1, group);
    assert_eq!(readers(&world, group, "hello"), [member]);
    world.crash(0);
    world.switch_on(0);
    let stored = world.devices[0].store.find(group, id).unwrap();
    let stored = discordopus_core::chat::decode_record(&stored.value).unwrap();
    assert_eq!(stored.seen_by, Some(vec![member]));
    // Nobody else is told.
    assert_eq!(message(&world, 2, group, "hello").seen_by, None);
}

#[test]
fn a_message_that_somebody_still_lacks_tells_who_has_read_it_too() {
    let (mut world, group) = some(2, 3);
    world.switch_off(2);
    let id = write(&mut world, group, "hello");
    see(&mut world, 1, group, &[id]);
    world.run_for(3_000);
    let member = world.member(1, group);
    assert_eq!(readers(&world, group, "hello"), [member]);
    world.switch_on(2);
    world.run_for(5_000);
    see(&mut world, 2, group, &[id]);
    world.run_for(3_000);
    assert_eq!(readers(&world, group, "hello").len(), 2);
}

#[test]
fn nothing_is_told_unless_the_person_wanted_it_when_the_message_came_and_still_does() {
    let (mut world, group) = some(3, 2);
    let_know(&mut world, 1, false);
    let before = write(&mut world, group, "before");
    see(&mut world, 1, group, &[before]);
    let_know(&mut world, 1, true);
    see(&mut world, 1, group, &[before]);
    world.run_for(3_000);
    assert_eq!(readers(&world, group, "before"), []);
    let while_on = write(&mut world, group, "while on");
    see(&mut world, 1, group, &[while_on]);
    // Within the second in which it would have been told.
    let_know(&mut world, 1, false);
    world.run_for(3_000);
    let_know(&mut world, 1, true);
    see(&mut world, 1, group, &[while_on]);
    world.run_for(3_000);
    assert_eq!(readers(&world, group, "while on"), []);
}

#[test]
fn what_was_on_screen_before_an_unclean_end_is_told_when_it_is_seen_again() {
    let (mut world, group) = some(4, 2);
    let id = write(&mut world, group, "hello");
    see(&mut world, 1, group, &[id]);
    world.crash(1);
    world.switch_on(1);
    world.run_for(3_000);
    assert_eq!(readers(&world, group, "hello"), []);
    see(&mut world, 1, group, &[id]);
    world.run_for(3_000);
    assert_eq!(readers(&world, group, "hello").len(), 1);
}

#[test]
fn what_was_read_at_a_stretch_goes_in_few_frames_and_arrives_in_spite_of_loss() {
    let (mut world, group) = some(5, 2);
    let count = MAX_SEEN + 12;
    for number in 0..count {
        world.write(0, group, &format!("text {number}"));
    }
    world.run_for(10_000);
    let ids: Vec<_> = (0..count)
        .map(|number| message(&world, 0, group, &format!("text {number}")).id)
        .collect();
    world.network = Network::BAD;
    for id in &ids {
        see(&mut world, 1, group, &[*id]);
    }
    let queued = |world: &World| {
        let records = world.devices[1].store.all();
        let queued = records
            .iter()
            .filter(|it| it.key.name.starts_with(b"queue/"));
        queued.count()
    };
    world.set_network(1, false);
    world.run_for(1_500);
    assert_eq!(queued(&world), 2, "{count} messages in two frames");
    world.set_network(1, true);
    world.run_for(120_000);
    world.network = Network::default();
    for device in 0..2 {
        world.crash(device);
        world.switch_on(device);
        world.run_for(30_000);
    }
    for number in 0..count {
        let text = format!("text {number}");
        assert_eq!(readers(&world, group, &text).len(), 1, "{text}");
    }
}

#[test]
fn nobody_can_claim_to_have_read_what_it_was_never_sent_or_somebody_elses() {
    let (mut world, group) = some(6, 4);
    let id = write(&mut world, group, "for three");
    world.write(1, group, "not the first one's");
    world.run_for(2_000);
    let other = message(&world, 0, group, "not the first one's").id;
    world.switch_off(3);
    let late = Member::of(&world, 3, group);
    let mut hostile = late;
    let to = world.member(0, group);
    let invented: Vec<_> = (0..MAX_SEEN).map(|at| MessageId([at as u8; 32])).collect();
    for seen in [vec![other], vec![id], invented] {
        let receipt = Receipt {
            chains: Vec::new(),
            seen: Some(seen),
        };
        let frame = hostile.seal(to, PairwiseKind::Receipt, &wire::encode(&receipt));
        world.inject(0, hostile.mailbox_of(to), frame);
    }
    world.run_for(2_000);
    assert_eq!(readers(&world, group, "for three"), [hostile.me]);
    assert_eq!(readers(&world, group, "not the first one's"), []);
    let waiting = world.devices[0].store.all();
    let waiting = waiting
        .iter()
        .filter(|it| it.key.name.starts_with(b"readers/"));
    assert_eq!(waiting.count(), 0, "nothing is left of what was invented");
}

#[test]
fn receipts_that_tell_nothing_or_too_much_are_refused() {
    for count in [0, MAX_SEEN + 1] {
        let receipt = Receipt {
            chains: Vec::new(),
            seen: Some(vec![MessageId([1; 32]); count]),
        };
        assert!(decode_receipt(&wire::encode(&receipt)).is_err(), "{count}");
    }
}
