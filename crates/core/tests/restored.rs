//! Devices that were made of a backup: they go on as themselves, and use no key twice.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use discordopus_core::chat::Delivery;
use discordopus_core::ids::{GroupId, MILLIS_PER_DAY};
use discordopus_core::io::{Alarm, Command, GroupState};
use discordopus_core::store::{Changes, MemoryStore};
use discordopus_core::testkit::World;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;
#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// What a backup holds that is written now.
fn backup(world: &World, device: usize) -> MemoryStore {
    let store = world.devices[device].store.clone();
    let mut changes = Changes::default();
    changes.mark_restored();
    store.commit(&changes);
    store
}

/// The device is lost, and another one is made of the backup.
fn restore(world: &mut World, device: usize, backup: MemoryStore) {
    world.crash(device);
    world.devices[device].store = backup;
    world.switch_on(device);
}

fn alarms(world: &World, device: usize, group: GroupId) -> &[Alarm] {
    &world.devices[device].groups[&group].alarms
}

/// Everybody writes, all devices are restarted unprepared, prekeys are made anew: every sort of key is used up.
fn life_goes_on(world: &mut World, group: GroupId, days: u64) {
    for day in 0..days {
        for device in 0..3 {
            world.write(device, group, &format!("day {day} of {device}"));
            world.run_for(3_000);
            world.crash(device);
            world.switch_on(device);
            world.run_for(3_000);
        }
        world.run_for(MILLIS_PER_DAY);
    }
}

#[test]
fn a_restored_device_writes_and_is_read_at_once_and_hears_what_it_missed() {
    for days in [0, 1, 9] {
        let mut world = World::new(71 + days, 3);
        let group = world.group_of_all();
        life_goes_on(&mut world, group, 1);
        let saved = backup(&world, 1);
        life_goes_on(&mut world, group, days);
        restore(&mut world, 1, saved);
        world.run_for(20_000);
        world.write(1, group, "I am back");
        world.run_for(20_000);
        for device in [0, 2] {
            let texts = world.devices[device].texts(group);
            assert_eq!(texts.last().unwrap(), "I am back", "{days} days, {device}");
            assert!(alarms(&world, device, group).is_empty(), "no false word");
        }
        assert_eq!(alarms(&world, 1, group), [], "after {days} days");
        world.write(0, group, "welcome back");
        world.run_for(20_000);
        let texts = world.devices[1].texts(group);
        assert_eq!(texts.last().unwrap(), "welcome back", "after {days} days");
    }
}

#[test]
fn the_mark_of_a_backup_holds_for_one_start() {
    let mut world = World::new(75, 3);
    let group = world.group_of_all();
    let saved = backup(&world, 1);
    restore(&mut world, 1, saved);
    world.run_for(20_000);
    let after = world.devices[1].store.snapshot();
    assert!(!after.records.iter().any(|it| it.key.name == b"restored"));
    world.write(1, group, "still me");
    world.run_for(5_000);
    assert_eq!(world.devices[0].texts(group), ["still me"]);
}

#[test]
fn a_device_that_goes_on_beside_the_one_made_of_its_backup_is_heard_no_more_with_new_keys() {
    let mut world = World::new(76, 3);
    let group = world.group_of_all();
    world.write(1, group, "before");
    world.run_for(3_000);
    let saved = backup(&world, 1);
    // The first one is away while the other comes and writes. It needs a new chain afterwards.
    world.crash(1);
    let first = world.devices[1].store.clone();
    restore(&mut world, 1, saved);
    world.run_for(20_000);
    world.write(1, group, "from the second");
    world.run_for(20_000);
    restore(&mut world, 1, first);
    world.run_for(20_000);
    world.write(1, group, "from the first");
    world.run_for(20_000);
    for device in [0, 2] {
        let texts = world.devices[device].texts(group);
        assert_eq!(texts.last().unwrap(), "from the second");
        assert!(alarms(&world, device, group).is_empty(), "no false word");
    }
    let log = world.devices[1].log(group);
    let last = log.last().unwrap();
    assert_eq!(last.text(), Some("from the first"));
    assert_eq!(last.delivery, Delivery::Sent, "never delivered");
}

#[test]
fn two_devices_made_of_one_backup_use_no_key_twice() {
    let mut world = World::new(77, 3);
    let group = world.group_of_all();
    world.write(1, group, "before");
    world.run_for(3_000);
    let saved = backup(&world, 1);
    let other = backup(&world, 1);
    restore(&mut world, 1, saved);
    world.run_for(20_000);
    world.write(1, group, "the first try");
    world.run_for(20_000);
    // Thrown away; the backup is taken in once more.
    restore(&mut world, 1, other);
    world.run_for(20_000);
    let open: Vec<Alarm> = alarms(&world, 1, group).to_vec();
    for alarm in open {
        world.command(1, Command::DismissAlarm { group, alarm });
    }
    world.write(1, group, "the second try");
    world.run_for(20_000);
    for device in [0, 2] {
        let texts = world.devices[device].texts(group);
        assert_eq!(texts.last().unwrap(), "the second try", "{device}");
        assert!(alarms(&world, device, group).is_empty(), "no false word");
    }
    let state = &world.devices[1].groups[&group].state;
    assert_eq!(*state, GroupState::Member);
}
