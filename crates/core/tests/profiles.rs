//! What people call themselves and how they look: with everybody in the end, and nobody else's to say.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "hostile/support.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "shared with the tests of hostile members"
)]
mod support;

use discordopus_core::chat::Body;
use discordopus_core::identity::{MAX_PICTURE, Profile, SignedProfile};
use discordopus_core::ids::{GroupId, MILLIS_PER_DAY, MemberId, Timestamp};
use discordopus_core::invite::DEFAULT_LIFETIME;
use discordopus_core::io::{Command, GroupView, MemberView, OwnProfile};
use discordopus_core::pairwise::PairwiseKind;
use discordopus_core::sync::Sync;
use discordopus_core::testkit::{Network, World};
use discordopus_core::wire;

use support::Member;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;
#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

fn picture(seed: u8) -> Vec<u8> {
    let mut bytes = b"\xff\xd8\xff".to_vec();
    bytes.resize(MAX_PICTURE, seed);
    bytes
}

fn call_oneself(world: &mut World, device: usize, name: &str, look: Option<u8>) {
    let mut settings = world.devices[device].settings.clone();
    settings.profile = OwnProfile {
        name: name.to_owned(),
        picture: look.map(|seed| picture(seed).into()),
    };
    world.command(device, Command::ChangeSettings(Box::new(settings)));
}

fn view(world: &World, device: usize, group: GroupId) -> &GroupView {
    &world.devices[device].groups[&group]
}

/// A member as a device shows it.
fn shown(world: &World, device: usize, group: GroupId, member: MemberId) -> MemberView {
    let view = view(world, device, group);
    let mut all = view.members.iter().chain(&view.former_members);
    all.find(|it| it.id == member).unwrap().clone()
}

fn look(world: &World, device: usize, group: GroupId, member: MemberId) -> Option<Vec<u8>> {
    let pictures = &world.devices[device].pictures;
    pictures.get(&(group, member)).cloned()
}

/// The names that the log says somebody took.
fn notes(world: &World, device: usize, group: GroupId) -> Vec<(String, String)> {
    let rows = world.devices[device].log(group).into_iter();
    rows.filter_map(|row| match &row.body {
        Body::Called { before, name, .. } => Some((before.clone(), name.clone())),
        _ => None,
    })
    .collect()
}

fn some(seed: u64, devices: usize) -> (World, GroupId) {
    let mut world = World::new(seed, devices);
    let group = world.group_of_all();
    world.run_for(2_000);
    (world, group)
}

#[test]
fn a_new_name_and_a_picture_reach_everybody_and_outlast_a_restart() {
    let (mut world, group) = some(1, 3);
    let member = world.member(1, group);
    call_oneself(&mut world, 1, " Ada ✿ ", Some(1));
    world.run_for(3_000);
    for device in 0..3 {
        for _restart in 0..2 {
            let it = shown(&world, device, group, member);
            assert_eq!(it.name, "Ada ✿", "device {device}");
            assert_eq!(it.card_name, "Person 1", "what it came as stays");
            assert_eq!(look(&world, device, group, member), Some(picture(1)));
            let note = ("Person 1".to_owned(), "Ada ✿".to_owned());
            assert_eq!(notes(&world, device, group), [note]);
            world.crash(device);
            world.devices[device].pictures.clear();
            world.switch_on(device);
            world.run_for(2_000);
        }
    }
    call_oneself(&mut world, 1, "Ada ✿", None);
    world.run_for(3_000);
    for device in 0..3 {
        assert_eq!(look(&world, device, group, member), None);
        assert_eq!(notes(&world, device, group).len(), 1, "no other name");
    }
}

#[test]
fn whoever_comes_while_somebody_is_away_learns_its_name_and_picture_from_the_others() {
    let (mut world, group) = some(2, 3);
    let member = world.member(1, group);
    call_oneself(&mut world, 1, "Ada", Some(1));
    world.run_for(3_000);
    world.switch_off(1);
    let link = world.invite(0, group, DEFAULT_LIFETIME, None);
    let late = world.add_device();
    world.run_for(1_000);
    world.ask_to_join(late, &link, "Late");
    world.run_for(20_000);
    assert_eq!(shown(&world, late, group, member).name, "Ada");
    assert_eq!(look(&world, late, group, member), Some(picture(1)));
    assert_eq!(notes(&world, late, group), [], "it was no news any more");
}

#[test]
fn whoever_was_away_for_longer_than_relays_keep_anything_learns_it_too() {
    let (mut world, group) = some(3, 3);
    let member = world.member(1, group);
    world.switch_off(2);
    call_oneself(&mut world, 1, "Ada", Some(1));
    world.run_for(9 * MILLIS_PER_DAY);
    world.switch_on(2);
    world.run_for(30_000);
    assert_eq!(shown(&world, 2, group, member).name, "Ada");
    assert_eq!(look(&world, 2, group, member), Some(picture(1)));
    assert_eq!(notes(&world, 2, group).len(), 1);
}

#[test]
fn a_picture_goes_along_into_groups_that_one_comes_to_later() {
    let (mut world, group) = some(4, 2);
    call_oneself(&mut world, 1, "Ada", Some(1));
    world.run_for(2_000);
    let other = world.found(0, "Others", "Person 0");
    let link = world.invite(0, other, DEFAULT_LIFETIME, None);
    world.run_for(1_000);
    world.ask_to_join(1, &link, "Countess");
    world.run_for(5_000);
    let member = world.member(1, other);
    assert_eq!(shown(&world, 0, other, member).name, "Countess");
    assert_eq!(look(&world, 0, other, member), Some(picture(1)));
    let before = world.member(1, group);
    assert_eq!(shown(&world, 0, group, before).name, "Ada");
}

#[test]
fn members_agree_after_loss_on_the_newest_of_many_names() {
    for seed in 10..16 {
        let (mut world, group) = some(seed, 4);
        world.network = Network::BAD;
        for step in 0..30_u64 {
            let device = world.rng.below(4) as usize;
            match world.rng.below(5) {
                0 => world.crash(device),
                1 => {
                    let up = world.devices[device].network;
                    world.set_network(device, !up);
                }
                _ => {
                    world.switch_on(device);
                    let look = u8::try_from(step).ok().filter(|step| step % 3 != 0);
                    call_oneself(&mut world, device, &format!("name {step}"), look);
                }
            }
            let pause = world.rng.below(3_000);
            world.run_for(pause);
        }
        world.network = Network::default();
        for device in 0..4 {
            world.set_network(device, true);
            world.switch_on(device);
        }
        world.run_for(15 * 60_000);
        // Hellos without loss: what was served live before may be gone.
        for device in 0..4 {
            world.crash(device);
            world.switch_on(device);
            world.run_for(30_000);
        }
        for about in 0..4 {
            let member = world.member(about, group);
            let name = world.devices[about].settings.profile.name.clone();
            let own = world.devices[about].settings.profile.picture.clone();
            for device in 0..4 {
                let it = shown(&world, device, group, member);
                let expected = if name.is_empty() {
                    &it.card_name
                } else {
                    &name
                };
                assert_eq!(&it.name, expected, "seed {seed}: {about} at {device}");
                let look = look(&world, device, group, member);
                assert_eq!(look, own.as_ref().map(|it| it.to_vec()), "seed {seed}");
            }
        }
    }
}

/// Three people, of whom the third is in the test's hands; what it says to the second.
fn taken_over(seed: u64) -> (World, GroupId, Member) {
    let (mut world, group) = some(seed, 3);
    world.switch_off(2);
    let hostile = Member::of(&world, 2, group);
    (world, group, hostile)
}

fn tell(world: &mut World, hostile: &mut Member, signed: SignedProfile) {
    let to = world.member(1, hostile.group);
    let body = wire::encode(&Sync::Profiles {
        profiles: vec![signed],
    });
    let frame = hostile.seal(to, PairwiseKind::Sync, &body);
    world.inject(1, hostile.mailbox_of(to), frame);
}

fn profile(of: &Member, count: u64, name: &str, picture: &[u8]) -> Profile {
    Profile {
        group: of.group,
        member: of.me,
        count,
        changed: Timestamp(u64::MAX),
        name: name.to_owned(),
        picture: Some(picture.to_vec().into()),
    }
}

#[test]
fn nobody_can_say_what_somebody_else_is_called() {
    let (mut world, group, mut hostile) = taken_over(20);
    let victim = world.member(0, group);
    let mut forged = profile(&hostile, 9, "Mallory", &picture(1));
    forged.member = victim;
    let signed = SignedProfile::sign(&forged, &hostile.identity);
    tell(&mut world, &mut hostile, signed);
    assert_eq!(shown(&world, 1, group, victim).name, "Person 0");
    assert_eq!(look(&world, 1, group, victim), None);
}

#[test]
fn an_older_profile_one_of_another_group_and_broken_ones_change_nothing() {
    let (mut world, group, mut hostile) = taken_over(21);
    let me = hostile.me;
    let good = profile(&hostile, 9, "Newest", &picture(1));
    let signed = SignedProfile::sign(&good, &hostile.identity);
    tell(&mut world, &mut hostile, signed);
    assert_eq!(shown(&world, 1, group, me).name, "Newest");
    let mut elsewhere = profile(&hostile, 10, "Elsewhere", &picture(2));
    elsewhere.group = GroupId([1; 32]);
    let huge = [picture(2), vec![0]].concat();
    for bad in [
        profile(&hostile, 8, "Older", &picture(2)),
        elsewhere,
        profile(&hostile, 10, "a\u{202e}b", &picture(2)),
        profile(&hostile, 10, "line\nbreak", &picture(2)),
        profile(&hostile, 10, "Huge", &huge),
        profile(
            &hostile,
            10,
            "Drawing",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        ),
    ] {
        let name = bad.name.clone();
        let signed = SignedProfile::sign(&bad, &hostile.identity);
        tell(&mut world, &mut hostile, signed);
        assert_eq!(shown(&world, 1, group, me).name, "Newest", "{name:?}");
        assert_eq!(look(&world, 1, group, me), Some(picture(1)), "{name:?}");
    }
    let note = notes(&world, 1, group);
    assert_eq!(note.len(), 1);
    // A clock that claims the end of time is only shown, and shown as now.
    let row = world.devices[1].log(group);
    let row = row.iter().find(|it| matches!(it.body, Body::Called { .. }));
    assert!(row.unwrap().clock <= world.now);
}
