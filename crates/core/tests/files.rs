//! Files of messages: how they get to everybody, and what becomes of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use discordopus_core::chat::{Attached, Body, MessageView};
use discordopus_core::file::{CHUNK, CHUNK_TAG, FileKey, Look, MAX_FILES, MAX_MAILED, chunks_of};
use discordopus_core::ids::{GroupId, MILLIS_PER_DAY, MILLIS_PER_MINUTE, MessageId};
use discordopus_core::io::{Command, NewFile, Refusal};
use discordopus_core::store::{ChunkQuery, StoreName};
use discordopus_core::testkit::{Network, World};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;
#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// Chunks as encryption would leave them, each with other bytes.
fn chunks(size: usize, seed: u8) -> Vec<Vec<u8>> {
    let count = usize::try_from(chunks_of(size as u64)).unwrap();
    let length = |index: usize| (size - index * CHUNK).min(CHUNK) + CHUNK_TAG;
    (0..count)
        .map(|index| vec![seed ^ u8::try_from(index).unwrap(); length(index)])
        .collect()
}

fn file(name: &str, size: usize, seed: u8) -> NewFile {
    NewFile {
        name: name.to_owned(),
        media_type: "application/octet-stream".to_owned(),
        size: size as u64,
        key: FileKey([seed; 32]),
        look: Look::Plain,
        chunks: chunks(size, seed).into_iter().map(Into::into).collect(),
        upload: None,
    }
}

fn send(world: &mut World, device: usize, group: GroupId, text: &str, files: Vec<NewFile>) {
    let command = Command::SendFiles {
        group,
        text: text.to_owned(),
        reply_to: None,
        files,
    };
    world.command(device, command);
}

/// The message with files on a device's screen.
fn parcel(world: &World, device: usize, group: GroupId) -> Option<&MessageView> {
    let mut rows = world.devices[device].log(group).into_iter();
    rows.find(|row| matches!(row.body, Body::Files { .. }))
}

fn attached(world: &World, device: usize, group: GroupId) -> Vec<Attached> {
    match parcel(world, device, group).map(|row| &row.body) {
        Some(Body::Files { files, .. }) => files.clone(),
        _ => Vec::new(),
    }
}

/// The chunks of the message's file that a device has.
fn held(world: &World, device: usize, group: GroupId, index: usize) -> Vec<Vec<u8>> {
    let Some(attached) = attached(world, device, group).get(index).cloned() else {
        return Vec::new();
    };
    let query = ChunkQuery {
        group,
        number: attached.number,
        first: 0,
        limit: usize::MAX,
    };
    let records = world.devices[device].store.chunks(query);
    records.iter().map(|record| record.value.to_vec()).collect()
}

/// All chunks of all files, of whatever message.
fn stored(world: &World, device: usize) -> usize {
    let records = world.devices[device].store.all();
    let files = records.iter().filter(|it| it.store == StoreName::Files);
    files.count()
}

fn three(seed: u64) -> (World, GroupId) {
    let mut world = World::new(seed, 3);
    let group = world.group_of_all();
    world.run_for(2_000);
    (world, group)
}

fn id(world: &World, device: usize, group: GroupId) -> MessageId {
    parcel(world, device, group).unwrap().id
}

#[test]
fn files_are_with_everybody_as_they_were_sent() {
    let (mut world, group) = three(1);
    let files = vec![file("a.bin", MAX_MAILED, 1), file("empty", 0, 2)];
    send(&mut world, 0, group, "two files", files);
    world.run_for(5_000);
    for device in 0..3 {
        let row = parcel(&world, device, group).unwrap();
        assert_eq!(row.text(), Some("two files"), "device {device}");
        let names: Vec<_> = attached(&world, device, group)
            .into_iter()
            .map(|it| it.file.name)
            .collect();
        assert_eq!(names, ["a.bin", "empty"]);
        assert!(held(&world, device, group, 0) == chunks(MAX_MAILED, 1));
        assert!(held(&world, device, group, 1) == chunks(0, 2));
    }
}

#[test]
fn who_was_away_gets_the_files_though_the_sender_has_gone() {
    let (mut world, group) = three(2);
    world.switch_off(2);
    send(&mut world, 0, group, "", vec![file("a.bin", 100_000, 1)]);
    world.run_for(5_000);
    world.switch_off(0);
    world.run_for(MILLIS_PER_DAY);
    world.switch_on(2);
    world.run_for(5_000);
    assert!(held(&world, 2, group, 0) == chunks(100_000, 1));
}

#[test]
fn files_survive_a_network_that_reorders_doubles_and_delays() {
    let (mut world, group) = three(3);
    world.network = Network::BAD;
    for seed in 1..4 {
        let text = format!("number {seed}");
        send(
            &mut world,
            0,
            group,
            &text,
            vec![file("a.bin", 200_000, seed)],
        );
    }
    world.run_for(2 * MILLIS_PER_MINUTE);
    for device in 0..3 {
        assert_eq!(stored(&world, device), 3 * chunks(200_000, 1).len());
    }
}

/// One whose mailbox lost most of the pieces.
fn with_missing_pieces(seed: u64) -> (World, GroupId) {
    let (mut world, group) = three(seed);
    world.write(0, group, "brings its key to everybody");
    world.run_for(2_000);
    world.switch_off(2);
    world.network.queue_limit = 5;
    send(&mut world, 0, group, "", vec![file("a.bin", 200_000, 1)]);
    world.run_for(MILLIS_PER_MINUTE);
    assert!(held(&world, 1, group, 0) == chunks(200_000, 1));
    (world, group)
}

#[test]
fn pieces_that_got_lost_are_asked_of_the_author() {
    let (mut world, group) = with_missing_pieces(4);
    world.network = Network::default();
    world.switch_on(2);
    world.run_for(2_000);
    assert!(held(&world, 2, group, 0) != chunks(200_000, 1));
    world.run_for(MILLIS_PER_MINUTE);
    assert!(held(&world, 2, group, 0) == chunks(200_000, 1));
}

#[test]
fn pieces_that_got_lost_are_asked_of_whoever_is_there() {
    let (mut world, group) = with_missing_pieces(5);
    world.switch_off(0);
    world.network = Network::default();
    world.switch_on(2);
    world.run_for(MILLIS_PER_MINUTE);
    assert!(held(&world, 2, group, 0) == chunks(200_000, 1));
}

#[test]
fn with_nobody_there_the_pieces_wait_for_the_first_who_comes() {
    let (mut world, group) = with_missing_pieces(6);
    world.switch_off(0);
    world.switch_off(1);
    world.network = Network::default();
    world.switch_on(2);
    world.run_for(MILLIS_PER_MINUTE);
    world.crash(2);
    world.switch_on(2);
    world.run_for(MILLIS_PER_MINUTE);
    assert!(held(&world, 2, group, 0) != chunks(200_000, 1));
    world.switch_on(1);
    world.run_for(MILLIS_PER_MINUTE);
    assert!(held(&world, 2, group, 0) == chunks(200_000, 1));
}

#[test]
fn a_deleted_message_takes_its_files_with_it_everywhere() {
    let (mut world, group) = three(7);
    send(&mut world, 0, group, "", vec![file("a.bin", 50_000, 1)]);
    world.run_for(5_000);
    let message = id(&world, 0, group);
    world.command(0, Command::DeleteMessage { group, message });
    world.run_for(5_000);
    for device in 0..3 {
        assert_eq!(stored(&world, device), 0, "device {device}");
        assert!(world.devices[device].messages[&message].body == Body::Deleted);
    }
}

#[test]
fn files_of_a_message_that_disappears_or_is_hidden_go_with_it() {
    let (mut world, group) = three(8);
    let seconds = 60;
    world.command(0, Command::SetTimer { group, seconds });
    world.run_for(2_000);
    send(&mut world, 0, group, "", vec![file("a.bin", 50_000, 1)]);
    world.run_for(5_000);
    let message = id(&world, 0, group);
    world.command(1, Command::HideMessage { group, message });
    world.run_for(MILLIS_PER_MINUTE);
    // The third hasn't seen it.
    for (device, count) in [(0, 0), (1, 0), (2, 4)] {
        assert_eq!(stored(&world, device), count, "device {device}");
    }
}

#[test]
fn a_crash_right_after_sending_loses_no_file() {
    let (mut world, group) = three(9);
    send(&mut world, 0, group, "", vec![file("a.bin", 150_000, 1)]);
    world.crash(0);
    world.switch_on(0);
    world.run_for(MILLIS_PER_MINUTE);
    for device in 0..3 {
        assert!(
            held(&world, device, group, 0) == chunks(150_000, 1),
            "{device}"
        );
    }
}

#[test]
fn files_that_are_too_many_too_large_or_cut_wrongly_are_refused() {
    let (mut world, group) = three(10);
    let large = file("a.bin", MAX_MAILED + 1, 1);
    let mut short = file("a.bin", 100, 1);
    short.size = 101;
    let many = vec![file("a.bin", 1, 1); MAX_FILES + 1];
    for files in [vec![large], vec![short], many, Vec::new()] {
        send(&mut world, 0, group, "", files);
    }
    assert_eq!(world.devices[0].refusals, [Refusal::Text; 4]);
    world.run_for(1_000);
    assert_eq!(stored(&world, 0), 0);
}

#[test]
fn forgetting_a_group_forgets_its_files() {
    let (mut world, group) = three(11);
    send(&mut world, 0, group, "", vec![file("a.bin", 50_000, 1)]);
    world.run_for(5_000);
    world.command(1, Command::LeaveGroup { group });
    world.run_for(5_000);
    world.command(1, Command::ForgetGroup { group });
    world.run_for(1_000);
    assert_eq!(stored(&world, 1), 0);
    assert_eq!(stored(&world, 2), 4);
}
