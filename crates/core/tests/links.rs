//! Links outside of calls, and what they are for: files too large for mailboxes, and who writes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use discordopus_core::chat::{Attached, Body, Delivery};
use discordopus_core::file::{CHUNK, CHUNK_TAG, FileKey, Look, chunks_of};
use discordopus_core::ids::{GroupId, MILLIS_PER_HOUR, MILLIS_PER_MINUTE};
use discordopus_core::io::{
    Command, FetchState, LinkProblem, LinkState, NewFile, Path, Refusal, Voice,
};
use discordopus_core::store::{Changes, ChunkQuery, Order, RecordKey, StoreName};
use discordopus_core::testkit::World;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;
#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// Two segments, and a piece of a third.
const LARGE: usize = 7_700_000;

/// Chunks as encryption would leave them, each with other bytes.
fn chunks(size: usize, seed: u8) -> Vec<Vec<u8>> {
    let count = usize::try_from(chunks_of(size as u64)).unwrap();
    let length = |index: usize| (size - index * CHUNK).min(CHUNK) + CHUNK_TAG;
    (0..count)
        .map(|index| {
            let mut chunk = vec![seed; length(index)];
            chunk[..8].copy_from_slice(&(index as u64).to_be_bytes());
            chunk
        })
        .collect()
}

fn keep(world: &mut World, device: usize, group: GroupId, upload: u64, chunks: &[Vec<u8>]) {
    for some in chunks.chunks(64) {
        let chunks = some.iter().cloned().map(Into::into).collect();
        world.command(
            device,
            Command::KeepChunks {
                group,
                upload,
                chunks,
            },
        );
    }
}

fn finish(world: &mut World, device: usize, group: GroupId, upload: u64, size: usize) {
    let file = NewFile {
        name: "film.bin".to_owned(),
        media_type: String::new(),
        size: size as u64,
        key: FileKey([9; 32]),
        look: Look::Plain,
        chunks: Vec::new(),
        upload: Some(upload),
    };
    let command = Command::SendFiles {
        group,
        text: String::new(),
        reply_to: None,
        files: vec![file],
    };
    world.command(device, command);
}

fn attached(world: &World, device: usize, group: GroupId) -> Option<Attached> {
    let mut rows = world.devices[device].log(group).into_iter();
    rows.find_map(|row| match &row.body {
        Body::Files { files, .. } => files.first().cloned(),
        _ => None,
    })
}

fn number(world: &World, device: usize, group: GroupId) -> u32 {
    attached(world, device, group).expect("the message").number
}

fn held(world: &World, device: usize, group: GroupId) -> Vec<Vec<u8>> {
    let query = ChunkQuery {
        group,
        number: number(world, device, group),
        first: 0,
        limit: usize::MAX,
    };
    let records = world.devices[device].store.chunks(query);
    records.iter().map(|record| record.value.to_vec()).collect()
}

fn stored(world: &World, device: usize) -> usize {
    let records = world.devices[device].store.all();
    let files = records.iter().filter(|it| it.store == StoreName::Files);
    files.count()
}

fn fetch(world: &mut World, device: usize, group: GroupId) {
    let number = number(world, device, group);
    world.command(device, Command::FetchFile { group, number });
}

fn state(world: &World, device: usize, group: GroupId) -> FetchState {
    let number = number(world, device, group);
    world.devices[device].progress[&number].state
}

fn me(world: &World, device: usize, group: GroupId) -> discordopus_core::ids::MemberId {
    world.devices[device].groups[&group].me
}

/// Runs until a device has so many of the file's chunks.
fn run_until(world: &mut World, device: usize, group: GroupId, count: usize) {
    for _ in 0..20_000 {
        if held(world, device, group).len() >= count {
            return;
        }
        world.run_for(10);
    }
    panic!("{} chunks are here", held(world, device, group).len());
}

/// The first of some people has sent a large file.
fn sent(seed: u64, people: usize) -> (World, GroupId) {
    let mut world = World::new(seed, people);
    let group = world.group_of_all();
    world.run_for(2_000);
    keep(&mut world, 0, group, 7, &chunks(LARGE, 1));
    finish(&mut world, 0, group, 7, LARGE);
    world.run_for(3_000);
    (world, group)
}

#[test]
fn a_large_file_comes_over_a_link_when_it_is_wanted_and_not_before() {
    let (mut world, group) = sent(60, 3);
    world.run_for(MILLIS_PER_MINUTE);
    assert_eq!((world.rtc.opened, stored(&world, 1)), (0, 0));
    fetch(&mut world, 1, group);
    world.run_for(300);
    let from = me(&world, 0, group);
    assert!(matches!(
        state(&world, 1, group),
        FetchState::Connecting { from: f } | FetchState::Coming { from: f } if f == from
    ));
    world.run_for(30_000);
    assert!(held(&world, 1, group) == chunks(LARGE, 1));
    assert!(held(&world, 0, group) == chunks(LARGE, 1));
    assert_eq!(stored(&world, 2), 0, "who doesn't want it doesn't get it");
    assert_eq!(world.rtc.opened, 2, "one link, two ends");
}

#[test]
fn links_are_shown_with_their_way_and_closed_when_nothing_was_carried_for_two_minutes() {
    let (mut world, group) = sent(61, 2);
    fetch(&mut world, 1, group);
    world.run_for(30_000);
    let link = world.devices[1].direct[&group][0];
    assert_eq!(link.member, me(&world, 0, group));
    assert_eq!(
        (link.state, link.path),
        (LinkState::Connected, Some(Path::Direct))
    );
    world.run_for(3 * MILLIS_PER_MINUTE);
    assert!(world.devices[0].direct[&group].is_empty());
    assert!(world.devices[1].direct[&group].is_empty());
}

#[test]
fn what_has_come_of_a_file_is_not_sent_again_after_a_crash_and_the_wish_is_remembered() {
    let (mut world, group) = sent(62, 2);
    fetch(&mut world, 1, group);
    run_until(&mut world, 1, group, 300);
    world.crash(1);
    let before = held(&world, 1, group).len();
    assert!(before < chunks(LARGE, 1).len());
    world.switch_on(1);
    let begun = world.rtc.received[&1];
    world.run_for(MILLIS_PER_MINUTE);
    assert!(held(&world, 1, group) == chunks(LARGE, 1));
    let again = world.rtc.received[&1] - begun;
    // What was on its way, or not stored yet.
    let most = (chunks(LARGE, 1).len() - before + 96) * (CHUNK + 200);
    assert!(
        again <= most,
        "{again} bytes came, {before} pieces were here"
    );
}

#[test]
fn a_sender_that_vanishes_is_replaced_by_whoever_else_has_the_file() {
    let (mut world, group) = sent(63, 3);
    fetch(&mut world, 2, group);
    world.run_for(40_000);
    assert!(held(&world, 2, group) == chunks(LARGE, 1));
    fetch(&mut world, 1, group);
    run_until(&mut world, 1, group, 100);
    world.crash(0);
    world.run_for(3 * MILLIS_PER_MINUTE);
    assert!(held(&world, 1, group) == chunks(LARGE, 1));
}

#[test]
fn who_has_only_a_part_of_a_file_gives_that_part() {
    let (mut world, group) = sent(64, 3);
    fetch(&mut world, 2, group);
    run_until(&mut world, 2, group, 300);
    world.crash(0);
    world.run_for(10_000);
    fetch(&mut world, 1, group);
    world.run_for(2 * MILLIS_PER_MINUTE);
    assert!(held(&world, 1, group) == chunks(LARGE, 1)[..256]);
    assert_eq!(state(&world, 1, group), FetchState::Nobody);
    world.switch_on(0);
    world.run_for(3 * MILLIS_PER_MINUTE);
    assert!(held(&world, 1, group) == chunks(LARGE, 1));
    assert!(held(&world, 2, group) == chunks(LARGE, 1));
}

#[test]
fn with_nobody_there_who_has_it_that_is_said_and_the_file_comes_with_the_first_who_does() {
    let (mut world, group) = sent(65, 3);
    world.switch_off(0);
    fetch(&mut world, 1, group);
    world.run_for(MILLIS_PER_MINUTE);
    assert_eq!(state(&world, 1, group), FetchState::Nobody);
    world.switch_on(0);
    world.run_for(MILLIS_PER_MINUTE);
    assert!(held(&world, 1, group) == chunks(LARGE, 1));
}

#[test]
fn without_a_path_to_the_only_one_who_has_it_that_is_said() {
    let (mut world, group) = sent(66, 3);
    world.rtc.no_path.insert((0, 1));
    fetch(&mut world, 1, group);
    world.run_for(2 * MILLIS_PER_MINUTE);
    let from = me(&world, 0, group);
    assert_eq!(state(&world, 1, group), FetchState::NoPath { from });
    let link = world.devices[1].direct[&group][0];
    assert_eq!(link.state, LinkState::Failed(LinkProblem::NeedsTurn));
    // Somebody with a path to both comes to have it.
    fetch(&mut world, 2, group);
    world.run_for(MILLIS_PER_MINUTE);
    fetch(&mut world, 1, group);
    world.run_for(2 * MILLIS_PER_MINUTE);
    assert!(held(&world, 1, group) == chunks(LARGE, 1));
}

#[test]
fn a_file_that_was_stopped_comes_no_further_until_it_is_wanted_again() {
    let (mut world, group) = sent(67, 2);
    fetch(&mut world, 1, group);
    run_until(&mut world, 1, group, 100);
    let number = number(&world, 1, group);
    world.command(1, Command::StopFile { group, number });
    let here = held(&world, 1, group).len();
    world.run_for(MILLIS_PER_MINUTE);
    world.crash(1);
    world.switch_on(1);
    world.run_for(MILLIS_PER_MINUTE);
    assert_eq!(held(&world, 1, group).len(), here);
    fetch(&mut world, 1, group);
    world.run_for(MILLIS_PER_MINUTE);
    assert!(held(&world, 1, group) == chunks(LARGE, 1));
}

#[test]
fn several_can_fetch_at_once_from_one() {
    let (mut world, group) = sent(68, 7);
    for device in 1..7 {
        fetch(&mut world, device, group);
    }
    world.run_for(3 * MILLIS_PER_MINUTE);
    for device in 1..7 {
        assert!(held(&world, device, group) == chunks(LARGE, 1), "{device}");
    }
}

fn named(world: &World, device: usize, group: GroupId) -> Vec<(u32, u64)> {
    let rows = world.devices[device].log(group).into_iter();
    let files = rows.filter_map(|row| match &row.body {
        Body::Files { files, .. } => files.first(),
        _ => None,
    });
    files.map(|it| (it.number, it.file.size)).collect()
}

#[test]
fn several_files_come_from_one_after_each_other_and_one_that_is_stopped_holds_up_no_other() {
    let mut world = World::new(81, 2);
    let group = world.group_of_all();
    world.run_for(2_000);
    for upload in 1..=6_u8 {
        let size = LARGE + usize::from(upload);
        keep(&mut world, 0, group, upload.into(), &chunks(size, upload));
        finish(&mut world, 0, group, upload.into(), size);
    }
    world.run_for(3_000);
    let files = named(&world, 1, group);
    assert_eq!(files.len(), 6);
    for (number, _) in &files {
        let number = *number;
        world.command(1, Command::FetchFile { group, number });
    }
    world.run_for(700);
    let (stopped, _) = files[0];
    let stop = Command::StopFile {
        group,
        number: stopped,
    };
    world.command(1, stop);
    world.run_for(3 * MILLIS_PER_MINUTE);
    for (number, size) in &files[1..] {
        let query = ChunkQuery {
            group,
            number: *number,
            first: 0,
            limit: usize::MAX,
        };
        let here = world.devices[1].store.chunks(query).len();
        assert_eq!(here as u64, chunks_of(*size));
    }
}

#[test]
fn in_a_call_its_links_carry_files_too() {
    let (mut world, group) = sent(69, 2);
    for device in 0..2 {
        let voice = Voice::default();
        world.command(device, Command::JoinCall { group, voice });
    }
    world.run_for(5_000);
    let opened = world.rtc.opened;
    fetch(&mut world, 1, group);
    world.run_for(30_000);
    assert!(held(&world, 1, group) == chunks(LARGE, 1));
    assert_eq!(world.rtc.opened, opened);
}

#[test]
fn a_link_that_breaks_is_made_anew_for_what_is_left() {
    let (mut world, group) = sent(70, 2);
    fetch(&mut world, 1, group);
    run_until(&mut world, 1, group, 100);
    world.set_network(1, false);
    world.run_for(40_000);
    world.set_network(1, true);
    world.run_for(2 * MILLIS_PER_MINUTE);
    assert!(held(&world, 1, group) == chunks(LARGE, 1));
}

#[test]
fn let_go_of_a_groups_files_are_gone_and_can_be_fetched_again() {
    let (mut world, group) = sent(71, 2);
    fetch(&mut world, 1, group);
    world.run_for(30_000);
    world.command(1, Command::DropFiles { group });
    world.run_for(1_000);
    assert_eq!(stored(&world, 1), 0);
    world.crash(1);
    world.switch_on(1);
    world.run_for(MILLIS_PER_MINUTE);
    assert_eq!(stored(&world, 1), 0, "it isn't fetched again by itself");
    fetch(&mut world, 1, group);
    world.run_for(MILLIS_PER_MINUTE);
    assert!(held(&world, 1, group) == chunks(LARGE, 1));
}

#[test]
fn chunks_of_a_file_that_is_never_sent_are_gone_with_the_next_start_or_at_once() {
    let mut world = World::new(72, 2);
    let group = world.group_of_all();
    world.run_for(1_000);
    keep(&mut world, 0, group, 1, &chunks(1_000_000, 1));
    assert_eq!(world.devices[0].kept_chunks, 67);
    world.command(0, Command::DropUpload { group, upload: 1 });
    world.run_for(1_000);
    assert_eq!(stored(&world, 0), 0);
    keep(&mut world, 0, group, 2, &chunks(1_000_000, 1));
    world.run_for(1_000);
    assert_eq!(stored(&world, 0), 67);
    world.crash(0);
    world.switch_on(0);
    world.run_for(1_000);
    assert_eq!(stored(&world, 0), 0);
}

#[test]
fn a_file_whose_chunks_are_not_those_of_its_size_is_refused() {
    let mut world = World::new(73, 2);
    let group = world.group_of_all();
    world.run_for(1_000);
    keep(&mut world, 0, group, 1, &chunks(1_000_000, 1));
    for size in [999_999, 1_000_001, 2_000_000, 15_000] {
        finish(&mut world, 0, group, 1, size);
        assert_eq!(world.devices[0].refusals.pop(), Some(Refusal::Text));
    }
    finish(&mut world, 0, group, 8, 1_000_000);
    assert_eq!(world.devices[0].refusals.pop(), Some(Refusal::Text));
    finish(&mut world, 0, group, 1, 1_000_000);
    assert_eq!(world.devices[0].refusals.pop(), None);
    // Nothing comes behind a chunk that isn't full.
    keep(&mut world, 0, group, 3, &[vec![1; 20], vec![1; 20]]);
    assert_eq!(world.devices[0].refusals.pop(), Some(Refusal::Text));
}

#[test]
fn pieces_that_are_not_of_the_file_are_dropped_and_somebody_else_is_asked() {
    let (mut world, group) = sent(74, 3);
    fetch(&mut world, 2, group);
    world.run_for(40_000);
    // The author's storage is damaged.
    let number = number(&world, 0, group);
    let key = RecordKey {
        group: Some(group),
        order: Order {
            day: number,
            counter: 3,
        },
        name: Vec::new(),
    };
    let mut damage = Changes::default();
    damage.put(StoreName::Files, key, vec![0; CHUNK + CHUNK_TAG]);
    world.devices[0].store.commit(&damage);
    fetch(&mut world, 1, group);
    world.run_for(3 * MILLIS_PER_MINUTE);
    assert!(held(&world, 1, group) == chunks(LARGE, 1));
    assert_eq!(world.rtc.opened_by[&1], 2, "one to each of them");
}

#[test]
fn outside_of_a_call_one_sees_who_writes_over_a_link_that_opens_for_it() {
    let mut world = World::new(75, 3);
    let group = world.group_of_all();
    world.run_for(2_000);
    let typing = true;
    world.command(0, Command::SetTyping { group, typing });
    world.run_for(3_000);
    let writer = me(&world, 0, group);
    for device in 1..3 {
        assert_eq!(world.devices[device].typing[&group], [writer]);
    }
    let typing = false;
    world.command(0, Command::SetTyping { group, typing });
    world.run_for(100);
    assert!(world.devices[1].typing[&group].is_empty());
    world.run_for(3 * MILLIS_PER_MINUTE);
    assert!(world.devices[0].direct[&group].is_empty());
}

#[test]
fn with_the_relay_gone_messages_go_over_links_that_are_open() {
    let mut world = World::new(76, 3);
    let group = world.group_of_all();
    world.write(0, group, "brings its key to everybody");
    world.run_for(2_000);
    let typing = true;
    world.command(0, Command::SetTyping { group, typing });
    world.run_for(3_000);
    world.set_relay(false);
    world.run_for(1_000);
    world.write(0, group, "over links");
    world.run_for(3_000);
    for device in 1..3 {
        let texts = world.devices[device].texts(group);
        assert!(texts.contains(&"over links".to_owned()), "{texts:?}");
    }
}

fn delivery(world: &World, device: usize, group: GroupId, text: &str) -> Option<Delivery> {
    let rows = world.devices[device].log(group).into_iter();
    let mut rows = rows.filter(|row| row.text() == Some(text));
    rows.next().map(|row| row.delivery)
}

#[test]
fn what_one_got_over_a_link_is_not_called_sent_while_it_waits_here_for_another() {
    let mut world = World::new(80, 3);
    let group = world.group_of_all();
    world.write(0, group, "brings its key to everybody");
    world.run_for(2_000);
    let typing = true;
    world.command(0, Command::SetTyping { group, typing });
    world.run_for(3_000);
    world.switch_off(2);
    world.run_for(2_000);
    world.set_relay(false);
    world.run_for(1_000);
    world.write(0, group, "for both");
    world.run_for(3_000);
    assert!(
        world.devices[1]
            .texts(group)
            .contains(&"for both".to_owned())
    );
    let state = |world: &World| delivery(world, 0, group, "for both");
    assert_eq!(state(&world), Some(Delivery::Pending));
    world.set_relay(true);
    world.run_for(MILLIS_PER_MINUTE);
    assert_eq!(state(&world), Some(Delivery::Sent));
    world.switch_on(2);
    world.run_for(5_000);
    assert_eq!(state(&world), Some(Delivery::Delivered));
}

#[test]
fn two_who_open_at_once_come_to_one_link_each() {
    let mut world = World::new(77, 2);
    let group = world.group_of_all();
    world.run_for(2_000);
    for device in 0..2 {
        let typing = true;
        world.command(device, Command::SetTyping { group, typing });
    }
    world.run_for(5_000);
    for device in 0..2 {
        let links = &world.devices[device].direct[&group];
        let states: Vec<_> = links.iter().map(|it| it.state).collect();
        assert_eq!(states, [LinkState::Connected]);
    }
}

#[test]
fn no_more_than_eight_links_are_open_at_once() {
    let mut world = World::new(78, 12);
    let group = world.group_of_all();
    world.run_for(5_000);
    let typing = true;
    world.command(0, Command::SetTyping { group, typing });
    world.run_for(5_000);
    assert_eq!(world.devices[0].direct[&group].len(), 8);
}

#[test]
fn who_was_removed_has_no_link_any_more() {
    let mut world = World::new(79, 3);
    let group = world.group_of_all();
    world.run_for(2_000);
    let typing = true;
    world.command(0, Command::SetTyping { group, typing });
    world.run_for(3_000);
    let member = me(&world, 2, group);
    world.command(
        0,
        Command::RemoveMember {
            group,
            member,
            revoke_invites: false,
        },
    );
    world.run_for(3_000);
    let linked = |world: &World, device: usize| -> Vec<_> {
        let links = world.devices[device].direct[&group].iter();
        links.map(|link| link.member).collect()
    };
    assert_eq!(linked(&world, 0), [me(&world, 1, group)]);
    assert!(linked(&world, 2).is_empty());
    world.run_for(MILLIS_PER_HOUR);
    assert_eq!(linked(&world, 2), []);
}
