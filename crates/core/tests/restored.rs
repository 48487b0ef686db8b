//! Devices that were made of a backup: they go on as themselves, and use no key twice.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use discordopus_core::ids::{GroupId, MILLIS_PER_DAY};
use discordopus_core::invite::DEFAULT_LIFETIME;
use discordopus_core::io::{Alarm, Command, GroupState, Refusal};
use discordopus_core::store::{Changes, MemoryStore, StoreName};
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
    assert!(
        !world.devices[1]
            .texts(group)
            .contains(&"from the first".to_owned())
    );
    assert_eq!(world.devices[1].refusals, [Refusal::Alarm]);
}

/// A device whose backup went on elsewhere, switched on again; what the other one has stored by then.
fn left_behind(world: &mut World, group: GroupId, days: u64) -> MemoryStore {
    world.write(1, group, "before");
    world.run_for(3_000);
    let saved = backup(world, 1);
    life_goes_on(world, group, days);
    world.crash(1);
    let first = world.devices[1].store.clone();
    restore(world, 1, saved);
    world.run_for(20_000);
    world.write(1, group, "from the second");
    world.run_for(20_000);
    world.crash(1);
    let second = world.devices[1].store.clone();
    restore(world, 1, first);
    second
}

#[test]
fn a_device_that_was_left_behind_is_told_so_by_its_own_signature_as_soon_as_somebody_hears_it() {
    // Also when it had made newer sessions after the backup was written, and when weeks have passed.
    for (days, pause) in [(0, 0), (2, 0), (0, 20 * MILLIS_PER_DAY)] {
        let mut world = World::new(80 + days + pause % 7, 3);
        let group = world.group_of_all();
        left_behind(&mut world, group, days);
        world.run_for(pause + 20_000);
        let noticed_by = world.member(1, group);
        let told = alarms(&world, 1, group);
        assert!(told.contains(&Alarm::SetBack { noticed_by }), "{days}");
        assert!(!world.devices[1].groups[&group].rights.send);
        for device in [0, 2] {
            assert!(alarms(&world, device, group).is_empty(), "no false word");
        }
    }
}

#[test]
fn it_steps_aside_without_ending_the_stay_of_the_other_and_comes_back_as_a_new_member() {
    let mut world = World::new(90, 3);
    let group = world.group_of_all();
    let second = left_behind(&mut world, group, 1);
    world.run_for(20_000);
    let old = world.member(1, group);
    world.command(1, Command::StepAside { group });
    world.run_for(5_000);
    let view = &world.devices[1].groups[&group];
    assert_eq!(view.state, GroupState::Aside);
    let texts = world.devices[1].texts(group);
    assert!(texts.contains(&"before".to_owned()), "the history stays");
    let secrets = world.devices[1].store.all();
    let secrets = secrets.iter().filter(|it| it.store == StoreName::Secrets);
    assert_eq!(secrets.count(), 0, "the keys are gone");
    world.crash(1);
    world.switch_on(1);
    world.run_for(5_000);
    assert_eq!(world.devices[1].groups[&group].state, GroupState::Aside);

    // The one that went on is a member as before.
    let new = world.add_device();
    restore(&mut world, new, second);
    world.run_for(20_000);
    assert_eq!(world.member(new, group), old);
    world.write(new, group, "still here");
    world.run_for(20_000);
    assert_eq!(world.devices[0].texts(group).last().unwrap(), "still here");

    let link = world.invite(0, group, DEFAULT_LIFETIME, None);
    world.run_for(1_000);
    world.ask_to_join(1, &link, "Again");
    world.run_for(20_000);
    assert_ne!(world.member(1, group), old, "another member");
    world.write(1, group, "and me");
    world.run_for(20_000);
    for device in [0, 2, new] {
        let texts = world.devices[device].texts(group);
        assert_eq!(texts.last().unwrap(), "and me", "{device}");
        assert!(alarms(&world, device, group).is_empty(), "{device}");
    }
}

#[test]
fn a_lost_device_of_which_a_backup_is_restored_twice_is_told_which_one_is_newer() {
    let mut world = World::new(91, 3);
    let group = world.group_of_all();
    let saved = backup(&world, 1);
    let again = saved.clone();
    restore(&mut world, 1, saved);
    world.run_for(20_000);
    world.crash(1);
    let first = world.devices[1].store.clone();
    world.run_for(MILLIS_PER_DAY);
    restore(&mut world, 1, again);
    world.run_for(20_000);
    world.write(1, group, "the newer one");
    world.run_for(20_000);
    restore(&mut world, 1, first);
    world.run_for(20_000);
    let told = alarms(&world, 1, group);
    assert!(
        told.iter().any(|it| matches!(it, Alarm::SetBack { .. })),
        "{told:?}"
    );
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
