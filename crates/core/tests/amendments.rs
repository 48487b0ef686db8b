//! What becomes of messages after they were sent: edits, reactions, deletions, pins, and messages that disappear.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use discordopus_core::chat::{Body, Delivery, MAX_LIFETIME, MessageView, decode_record};
use discordopus_core::ids::{
    GroupId, MILLIS_PER_DAY, MILLIS_PER_HOUR, MILLIS_PER_MINUTE, MessageId,
};
use discordopus_core::io::{Command, Refusal};
use discordopus_core::store::StoreName;
use discordopus_core::testkit::World;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;
#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// The id of a text on a device's screen.
fn id_of(world: &World, device: usize, group: GroupId, text: &str) -> MessageId {
    let rows = world.devices[device].log(group);
    let row = rows.into_iter().find(|row| row.text() == Some(text));
    row.unwrap_or_else(|| panic!("{text} on device {device}"))
        .id
}

fn row(world: &World, device: usize, message: MessageId) -> &MessageView {
    &world.devices[device].messages[&message]
}

/// The row as it is written down.
fn stored(world: &World, device: usize, group: GroupId, message: MessageId) -> Option<MessageView> {
    let record = world.devices[device].store.find(group, message)?;
    Some(decode_record(&record.value).unwrap())
}

/// Whether a device has words in any record of its storage.
fn holds(world: &World, device: usize, words: &str) -> bool {
    let records = world.devices[device].store.all();
    records.iter().any(|record| {
        let bytes = record.value.as_slice();
        bytes.windows(words.len()).any(|it| it == words.as_bytes())
    })
}

fn edit(group: GroupId, message: MessageId, text: &str) -> Command {
    let text = text.to_owned();
    Command::EditMessage {
        group,
        message,
        text,
    }
}

fn react(group: GroupId, message: MessageId, emoji: &str, on: bool) -> Command {
    let emoji = emoji.to_owned();
    Command::React {
        group,
        message,
        emoji,
        on,
    }
}

/// Three people and a message of the first one, which everybody has.
fn with_a_message(seed: u64) -> (World, GroupId, MessageId) {
    let mut world = World::new(seed, 3);
    let group = world.group_of_all();
    world.write(0, group, "first words");
    world.run_for(2_000);
    let message = id_of(&world, 0, group, "first words");
    assert_eq!(row(&world, 0, message).delivery, Delivery::Delivered);
    (world, group, message)
}

#[test]
fn an_edit_is_seen_by_everybody_and_says_what_was_there_before() {
    let (mut world, group, message) = with_a_message(1);
    let rows = [0, 1, 2].map(|device| world.devices[device].log(group).len());
    world.command(0, edit(group, message, "better words"));
    world.run_for(2_000);
    for (device, rows) in rows.into_iter().enumerate() {
        let view = stored(&world, device, group, message).unwrap();
        assert_eq!(view.text(), Some("better words"), "device {device}");
        assert!(view.is_edited());
        assert!(view.body == Body::Text("first words".to_owned()));
        assert!(row(&world, device, message) == &view);
        assert_eq!(world.devices[device].log(group).len(), rows);
    }
    // An edit is not a new message.
    assert_eq!(world.devices[1].groups[&group].unread, 1);
}

#[test]
fn nobody_edits_or_deletes_what_others_wrote() {
    let (mut world, group, message) = with_a_message(2);
    world.command(1, edit(group, message, "put into the mouth"));
    world.command(1, Command::DeleteMessage { group, message });
    world.run_for(2_000);
    for device in 0..3 {
        let view = stored(&world, device, group, message).unwrap();
        assert_eq!(view.text(), Some("first words"), "device {device}");
    }
}

#[test]
fn reactions_of_several_people_add_up_and_are_taken_back() {
    let (mut world, group, message) = with_a_message(3);
    world.command(1, react(group, message, "👍", true));
    world.command(2, react(group, message, "👍", true));
    world.command(0, react(group, message, "🎉", true));
    world.run_for(2_000);
    let [_, second, third] = [0, 1, 2].map(|device| world.member(device, group));
    for device in 0..3 {
        let view = stored(&world, device, group, message).unwrap();
        let mut thumbs = view
            .reactions()
            .into_iter()
            .find(|it| it.0 == "👍")
            .unwrap()
            .1;
        thumbs.sort();
        let mut both = vec![second, third];
        both.sort();
        assert_eq!(thumbs, both, "device {device}");
        assert_eq!(view.reactions().len(), 2);
    }
    world.command(1, react(group, message, "👍", false));
    world.run_for(2_000);
    for device in 0..3 {
        let view = stored(&world, device, group, message).unwrap();
        let thumbs = view
            .reactions()
            .into_iter()
            .find(|it| it.0 == "👍")
            .unwrap()
            .1;
        assert_eq!(thumbs, [third], "device {device}");
    }
    world.command(1, react(group, message, "come here", true));
    assert_eq!(world.devices[1].refusals, [Refusal::Text]);
}

#[test]
fn a_deleted_message_is_gone_from_every_storage() {
    let (mut world, group, message) = with_a_message(4);
    world.command(0, edit(group, message, "second words"));
    world.run_for(2_000);
    for device in 0..3 {
        assert!(holds(&world, device, "first words") && holds(&world, device, "second words"));
    }
    world.command(0, Command::DeleteMessage { group, message });
    world.run_for(2_000);
    for device in 0..3 {
        assert!(stored(&world, device, group, message).unwrap().body == Body::Deleted);
        assert!(!holds(&world, device, "first words"), "device {device}");
        assert!(!holds(&world, device, "second words"), "device {device}");
    }
}

#[test]
fn what_was_deleted_before_it_could_be_read_never_shows() {
    let (mut world, group, _) = with_a_message(5);
    world.set_network(2, false);
    world.write(0, group, "a mistake");
    world.run_for(1_000);
    let message = id_of(&world, 0, group, "a mistake");
    world.command(0, Command::DeleteMessage { group, message });
    world.run_for(1_000);
    world.set_network(2, true);
    world.run_for(10_000);
    assert!(stored(&world, 2, group, message).unwrap().body == Body::Deleted);
    assert!(!holds(&world, 2, "a mistake"));
}

#[test]
fn changes_reach_who_was_switched_off_and_survive_a_restart() {
    let (mut world, group, message) = with_a_message(6);
    world.crash(2);
    world.command(0, edit(group, message, "while you were out"));
    world.command(1, react(group, message, "👀", true));
    world.run_for(5_000);
    world.switch_on(2);
    world.run_for(10_000);
    for device in 0..3 {
        world.crash(device);
        world.switch_on(device);
    }
    world.run_for(10_000);
    for device in 0..3 {
        let view = stored(&world, device, group, message).unwrap();
        assert_eq!(view.text(), Some("while you were out"), "device {device}");
        assert_eq!(view.reactions()[0].0, "👀");
    }
}

#[test]
fn a_crash_between_a_change_and_its_message_loses_neither() {
    for written in [false, true] {
        for skip in 1..4 {
            let (mut world, group, message) = with_a_message(7);
            let next = world.devices[2].batches + skip;
            world.devices[2].crash_at = Some((next, written));
            world.command(0, edit(group, message, "after all"));
            world.run_for(5_000);
            world.devices[2].crash_at = None;
            world.switch_on(2);
            world.run_for(20_000);
            let view = stored(&world, 2, group, message).unwrap();
            assert_eq!(view.text(), Some("after all"), "batch {skip} {written}");
        }
    }
}

#[test]
fn an_answer_names_what_it_answers() {
    let (mut world, group, message) = with_a_message(8);
    world.command(
        1,
        Command::SendText {
            group,
            text: "an answer".to_owned(),
            reply_to: Some(message),
        },
    );
    world.run_for(2_000);
    for device in 0..3 {
        let answer = id_of(&world, device, group, "an answer");
        let view = stored(&world, device, group, answer).unwrap();
        assert_eq!(view.reply_to, Some(message), "device {device}");
    }
}

#[test]
fn pins_are_the_same_for_everybody() {
    let (mut world, group, message) = with_a_message(9);
    world.write(1, group, "also good");
    world.run_for(2_000);
    let other = id_of(&world, 1, group, "also good");
    let pin = |message, on| Command::PinMessage { group, message, on };
    world.command(1, pin(message, true));
    world.run_for(1_000);
    world.command(2, pin(other, true));
    world.run_for(2_000);
    for device in 0..3 {
        assert_eq!(
            world.devices[device].groups[&group].pinned,
            [other, message]
        );
    }
    world.command(0, pin(message, false));
    world.run_for(2_000);
    world.crash(2);
    world.switch_on(2);
    world.run_for(5_000);
    for device in 0..3 {
        assert_eq!(world.devices[device].groups[&group].pinned, [other]);
    }
}

#[test]
fn clocks_that_are_days_apart_make_no_difference() {
    let (mut world, group, message) = with_a_message(16);
    for (device, days) in [(0, 0), (1, 3), (2, 1)] {
        world.devices[device].clock_ahead = days * MILLIS_PER_DAY;
    }
    for (device, on) in [(1, true), (1, false), (1, true), (2, true), (2, false)] {
        world.command(device, react(group, message, "👍", on));
        world.run_for(2_000);
    }
    let pin = |on| Command::PinMessage { group, message, on };
    world.command(1, pin(true));
    world.run_for(2_000);
    world.command(0, pin(false));
    world.run_for(2_000);
    set_timer(&mut world, 1, group, 60);
    set_timer(&mut world, 0, group, 0);
    let second = world.member(1, group);
    for device in 0..3 {
        let view = stored(&world, device, group, message).unwrap();
        assert_eq!(view.reactions(), [("👍", vec![second])], "device {device}");
        assert!(world.devices[device].groups[&group].pinned.is_empty());
        assert_eq!(world.devices[device].groups[&group].timer, 0);
    }
}

fn set_timer(world: &mut World, device: usize, group: GroupId, seconds: u32) {
    world.command(device, Command::SetTimer { group, seconds });
    world.run_for(2_000);
}

fn read(world: &mut World, device: usize, group: GroupId) {
    world.command(device, Command::MarkRead { group });
}

#[test]
fn a_message_disappears_a_while_after_each_person_has_seen_it() {
    let (mut world, group, message) = with_a_message(10);
    set_timer(&mut world, 1, group, 60);
    for device in 0..3 {
        assert_eq!(
            world.devices[device].groups[&group].timer, 60,
            "device {device}"
        );
    }
    world.write(0, group, "not for long");
    world.run_for(2_000);
    let short = id_of(&world, 0, group, "not for long");
    assert_eq!(row(&world, 1, short).lifetime, Some(60));
    read(&mut world, 1, group);
    world.run_for(MILLIS_PER_MINUTE + 2_000);
    // Its writer has seen it, and the one who read it. The third hasn't, and keeps it.
    for (device, gone) in [(0, true), (1, true), (2, false)] {
        assert_eq!(
            !holds(&world, device, "not for long"),
            gone,
            "device {device}"
        );
        assert_eq!(!world.devices[device].messages.contains_key(&short), gone);
    }
    read(&mut world, 2, group);
    // A restart doesn't start the time anew.
    world.run_for(MILLIS_PER_MINUTE / 2);
    world.crash(2);
    world.switch_on(2);
    world.run_for(MILLIS_PER_MINUTE / 2 + 2_000);
    assert!(!holds(&world, 2, "not for long"));
    assert!(stored(&world, 2, group, short).is_none());
    // What was written before the timer was set stays.
    world.run_for(MILLIS_PER_DAY);
    assert!(stored(&world, 2, group, message).is_some());
}

#[test]
fn a_message_that_disappears_comes_back_by_nothing() {
    let (mut world, group, _) = with_a_message(11);
    set_timer(&mut world, 0, group, 60);
    world.set_network(2, false);
    world.write(0, group, "not for long");
    world.run_for(1_000);
    let short = id_of(&world, 0, group, "not for long");
    world.run_for(MILLIS_PER_MINUTE);
    assert!(stored(&world, 0, group, short).is_none());
    // The third one comes now, gets it, and says so; others react to it.
    world.set_network(2, true);
    world.run_for(10_000);
    assert!(stored(&world, 2, group, short).is_some());
    world.command(2, react(group, short, "👍", true));
    world.run_for(10_000);
    world.crash(0);
    world.switch_on(0);
    world.run_for(MILLIS_PER_HOUR);
    assert!(stored(&world, 0, group, short).is_none());
    assert!(!holds(&world, 0, "not for long"));
    assert!(!world.devices[0].messages.contains_key(&short));
}

#[test]
fn who_comes_after_the_timer_was_set_learns_it_from_the_first_message() {
    let (mut world, group, _) = with_a_message(12);
    set_timer(&mut world, 0, group, 3_600);
    let link = world.invite(0, group, MILLIS_PER_DAY, None);
    let newcomer = world.add_device();
    world.ask_to_join(newcomer, &link, "Late");
    world.run_for(5_000);
    assert_eq!(world.devices[newcomer].groups[&group].timer, 0);
    world.write(1, group, "welcome");
    world.run_for(5_000);
    assert_eq!(world.devices[newcomer].groups[&group].timer, 3_600);
    set_timer(&mut world, 2, group, 0);
    assert_eq!(world.devices[newcomer].groups[&group].timer, 0);
}

#[test]
fn a_timer_beyond_the_limit_is_refused() {
    let (mut world, group, _) = with_a_message(13);
    set_timer(&mut world, 0, group, MAX_LIFETIME + 1);
    assert_eq!(world.devices[0].refusals, [Refusal::InviteLimits]);
    assert_eq!(world.devices[0].groups[&group].timer, 0);
}

#[test]
fn what_one_deletes_here_stays_with_the_others() {
    let (mut world, group, message) = with_a_message(14);
    world.command(1, Command::HideMessage { group, message });
    world.run_for(2_000);
    assert!(!holds(&world, 1, "first words"));
    assert!(!world.devices[1].messages.contains_key(&message));
    world.command(0, edit(group, message, "changed"));
    world.run_for(5_000);
    assert!(stored(&world, 1, group, message).is_none());
    for device in [0, 2] {
        let view = stored(&world, device, group, message).unwrap();
        assert_eq!(view.text(), Some("changed"));
    }
}

#[test]
fn changes_to_messages_that_do_not_exist_are_bounded() {
    let (mut world, group, _) = with_a_message(15);
    for number in 0..300_u32 {
        let mut message = [0xee; 32];
        message[..4].copy_from_slice(&number.to_be_bytes());
        world.command(1, react(group, MessageId(message), "👍", true));
        world.run_for(10);
    }
    world.run_for(10_000);
    let waiting = |world: &World| {
        let records = world.devices[0].store.all();
        let waiting = records.iter().filter(|record| {
            record.store == StoreName::State && record.key.name.starts_with(b"amendment/")
        });
        waiting.count()
    };
    assert_eq!(waiting(&world), 200);
    world.run_for(31 * MILLIS_PER_DAY);
    assert_eq!(waiting(&world), 0);
}
