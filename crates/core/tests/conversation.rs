//! Whole conversations between simulated devices: what the first issue of every chat is about.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use discordopus_core::chat::{Body, Delivery};
use discordopus_core::ids::{MILLIS_PER_DAY, MILLIS_PER_HOUR};
use discordopus_core::invite::DEFAULT_LIFETIME;
use discordopus_core::io::{Command, GroupState, JoinState, Presence, Refusal, RelayState};
use discordopus_core::store::{StoreError, StoreName};
use discordopus_core::testkit::{Network, World};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;
#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

fn states(world: &World, device: usize, group: discordopus_core::ids::GroupId) -> Vec<Delivery> {
    let me = world.member(device, group);
    world.devices[device]
        .log(group)
        .into_iter()
        .filter(|row| row.author == me && matches!(row.body, Body::Text(_)))
        .map(|row| row.delivery)
        .collect()
}

#[test]
fn three_people_write_in_all_six_directions_and_everything_is_delivered() {
    let mut world = World::new(1, 3);
    let group = world.group_of_all();
    for device in 0..3 {
        assert_eq!(
            world.devices[device].members(group).len(),
            3,
            "device {device}"
        );
    }
    for device in 0..3 {
        world.write(device, group, &format!("hello from {device}"));
        world.run_for(1_000);
    }
    for device in 0..3 {
        assert_eq!(
            world.devices[device].texts(group),
            ["hello from 0", "hello from 1", "hello from 2"]
        );
        assert_eq!(states(&world, device, group), [Delivery::Delivered]);
    }
}

#[test]
fn an_absent_member_gets_everything_once_and_in_order() {
    let mut world = World::new(2, 3);
    let group = world.group_of_all();
    world.set_network(2, false);
    for number in 0..20 {
        world.write(number % 2, group, &format!("message {number}"));
        world.run_for(200);
    }
    world.crash(1);
    world.run_for(10_000);
    assert!(
        states(&world, 0, group)
            .iter()
            .all(|state| *state == Delivery::Sent)
    );
    world.set_network(2, true);
    world.run_for(10_000);
    let expected: Vec<_> = (0..20).map(|number| format!("message {number}")).collect();
    assert_eq!(world.devices[2].texts(group), expected);
    assert_eq!(world.devices[2].arrived.len(), 20);
    assert!(
        states(&world, 0, group)
            .iter()
            .all(|state| *state == Delivery::Delivered)
    );
}

#[test]
fn a_relay_that_forgot_everything_loses_no_message_that_a_member_still_has() {
    let mut world = World::new(3, 3);
    let group = world.group_of_all();
    world.crash(2);
    for number in 0..5 {
        world.write(0, group, &format!("message {number}"));
        world.run_for(500);
    }
    world.set_relay(false);
    world.relay.forget_everything();
    world.crash(0);
    world.set_relay(true);
    world.run_for(120_000);
    world.switch_on(2);
    world.run_for(10_000);
    assert_eq!(
        world.devices[2].texts(group).len(),
        0,
        "the key for these is with the absent writer"
    );
    world.switch_on(0);
    world.run_for(60_000);
    assert_eq!(world.devices[2].texts(group).len(), 5);
}

#[test]
fn history_goes_on_after_everybody_restarts() {
    let mut world = World::new(4, 3);
    let group = world.group_of_all();
    world.write(0, group, "before");
    world.run_for(2_000);
    for device in 0..3 {
        world.crash(device);
    }
    for device in 0..3 {
        world.switch_on(device);
    }
    world.run_for(5_000);
    for device in 0..3 {
        world.write(device, group, &format!("after {device}"));
        world.run_for(1_000);
    }
    for device in 0..3 {
        assert_eq!(
            world.devices[device].texts(group),
            ["before", "after 0", "after 1", "after 2"]
        );
        assert_eq!(
            world.devices[device].arrived.len(),
            if device == 0 { 2 } else { 3 }
        );
    }
}

#[test]
fn a_newcomer_joins_through_another_member_while_the_inviter_is_away() {
    let mut world = World::new(5, 3);
    let group = world.group_of_all();
    let link = world.invite(0, group, DEFAULT_LIFETIME, Some(5));
    world.run_for(2_000);
    world.crash(0);
    let newcomer = world.add_device();
    world.ask_to_join(newcomer, &link, "Newcomer");
    world.run_for(5_000);
    assert_eq!(world.devices[newcomer].members(group).len(), 4);
    world.write(newcomer, group, "hi");
    world.run_for(2_000);
    assert_eq!(world.devices[1].texts(group), ["hi"]);
    world.switch_on(0);
    world.run_for(5_000);
    assert_eq!(world.devices[0].texts(group), ["hi"]);
}

#[test]
fn a_newcomer_waits_for_somebody_to_come_and_joins_even_after_a_restart() {
    let mut world = World::new(6, 2);
    let group = world.group_of_all();
    let link = world.invite(1, group, DEFAULT_LIFETIME, Some(1));
    world.run_for(2_000);
    world.crash(0);
    world.crash(1);
    let newcomer = world.add_device();
    world.ask_to_join(newcomer, &link, "Newcomer");
    world.run_for(20_000);
    assert_eq!(
        world.devices[newcomer].joins.values().next().unwrap().state,
        JoinState::Waiting
    );
    world.crash(newcomer);
    world.switch_on(newcomer);
    world.run_for(20_000);
    world.switch_on(0);
    // The only one there listens for half a minute for what the others may have done.
    world.run_for(40_000);
    assert_eq!(
        world.devices[newcomer].joins.values().next().unwrap().state,
        JoinState::Joined(group)
    );
    assert_eq!(world.devices[newcomer].members(group).len(), 3);
}

#[test]
fn a_removed_member_is_told_and_reads_nothing_later() {
    let mut world = World::new(7, 3);
    let group = world.group_of_all();
    for device in 0..3 {
        world.write(device, group, "before");
        world.run_for(500);
    }
    let removed = world.member(2, group);
    world.command(
        0,
        Command::RemoveMember {
            group,
            member: removed,
            revoke_invites: true,
        },
    );
    world.run_for(3_000);
    let founder = world.member(0, group);
    assert_eq!(
        world.devices[2].groups[&group].state,
        GroupState::Removed { by: founder }
    );
    let secrets = world.devices[2]
        .store
        .all()
        .into_iter()
        .filter(|record| record.store == StoreName::Secrets)
        .count();
    assert_eq!(secrets, 0, "a removed member keeps no keys");
    world.write(0, group, "after");
    world.write(1, group, "also after");
    world.run_for(3_000);
    assert_eq!(world.devices[2].texts(group).len(), 3);
    assert_eq!(world.devices[1].texts(group).len(), 5);
    assert_eq!(world.devices[0].members(group), ["Person 0", "Person 1"]);
    assert!(
        world.devices[0].groups[&group].invites.is_empty(),
        "open invites were revoked too"
    );
    world.write(2, group, "I am still here");
    assert_eq!(world.devices[2].refusals.last(), Some(&Refusal::NotMember));
}

#[test]
fn a_member_that_was_away_during_its_removal_is_told_when_it_comes_back() {
    let mut world = World::new(8, 3);
    let group = world.group_of_all();
    world.crash(2);
    let removed = world.member(2, group);
    world.command(
        0,
        Command::RemoveMember {
            group,
            member: removed,
            revoke_invites: false,
        },
    );
    world.write(0, group, "secret");
    world.run_for(3_000);
    world.switch_on(2);
    world.run_for(5_000);
    assert!(matches!(
        world.devices[2].groups[&group].state,
        GroupState::Removed { .. }
    ));
    assert!(world.devices[2].texts(group).is_empty());
}

#[test]
fn a_single_use_link_lets_exactly_one_of_two_in_and_tells_the_other() {
    let mut world = World::new(9, 4);
    let group = world.found(0, "Friends", "Founder");
    world.run_for(1_000);
    let link = world.invite(0, group, DEFAULT_LIFETIME, Some(1));
    world.run_for(1_000);
    world.ask_to_join(1, &link, "One");
    world.ask_to_join(2, &link, "Two");
    world.run_for(10_000);
    let joined: Vec<_> = [1, 2]
        .into_iter()
        .filter(|device| !world.devices[*device].groups.is_empty())
        .collect();
    assert_eq!(joined.len(), 1);
    let other = 3 - joined[0];
    assert_eq!(
        world.devices[other].joins.values().next().unwrap().state,
        JoinState::Used
    );
    assert_eq!(world.devices[0].members(group).len(), 2);
    world.ask_to_join(3, &link, "Three");
    world.run_for(10_000);
    assert_eq!(
        world.devices[3].joins.values().next().unwrap().state,
        JoinState::Used
    );
}

#[test]
fn a_revoked_or_expired_invite_lets_nobody_in_and_says_so() {
    let mut world = World::new(10, 3);
    let group = world.found(0, "Friends", "Founder");
    world.run_for(1_000);
    let revoked = world.invite(0, group, DEFAULT_LIFETIME, None);
    let invite = world.devices[0].groups[&group].invites[0].id;
    world.command(0, Command::RevokeInvite { group, invite });
    world.run_for(1_000);
    world.ask_to_join(1, &revoked, "One");
    world.run_for(10_000);
    assert_eq!(
        world.devices[1].joins.values().next().unwrap().state,
        JoinState::Refused
    );
    let expiring = world.invite(0, group, MILLIS_PER_HOUR, None);
    world.run_for(2 * MILLIS_PER_HOUR);
    world.devices[2].clock_ahead = 0;
    assert!(
        world.devices[0].groups[&group].invites.is_empty(),
        "an expired invite is no open one"
    );
    assert!(discordopus_core::invite::Link::parse(&expiring, world.now).is_err());
}

#[test]
fn nothing_is_lost_or_doubled_when_the_relay_dies_in_mid_conversation() {
    let mut world = World::new(11, 3);
    let group = world.group_of_all();
    for number in 0..30 {
        if number == 10 {
            world.set_relay(false);
        }
        if number == 20 {
            world.set_relay(true);
        }
        world.write(number % 3, group, &format!("message {number}"));
        world.run_for(300);
    }
    world.run_for(120_000);
    for device in 0..3 {
        let mut texts = world.devices[device].texts(group);
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), 30, "device {device}");
        assert_eq!(world.devices[device].arrived.len(), 20);
        assert!(
            states(&world, device, group)
                .iter()
                .all(|state| *state == Delivery::Delivered)
        );
    }
}

#[test]
fn a_slow_reordering_doubling_and_lossy_network_loses_and_doubles_nothing() {
    for seed in 0..10 {
        let mut world = World::new(100 + seed, 4);
        world.network = Network::BAD;
        let group = world.group_of_all();
        world.run_for(60_000);
        for number in 0..40 {
            world.write(number % 4, group, &format!("message {number}"));
            let pause = world.rng.below(800);
            world.run_for(pause);
        }
        world.run_for(60_000);
        for device in 0..4 {
            assert_eq!(
                world.devices[device].texts(group).len(),
                40,
                "seed {seed} device {device}"
            );
            assert_eq!(
                world.devices[device].arrived.len(),
                30,
                "seed {seed} device {device}"
            );
        }
    }
}

#[test]
fn a_crash_before_or_after_any_write_loses_no_message_and_repeats_none() {
    // Every batch of the writer from the moment it begins to write, lost and kept.
    for batch in 1..14 {
        for written in [false, true] {
            let mut world = World::new(1_000 + batch, 3);
            let group = world.group_of_all();
            let now = world.devices[0].batches;
            world.devices[0].crash_at = Some((now + batch, written));
            for number in 0..4 {
                world.write(0, group, &format!("message {number}"));
                world.run_for(700);
                world.switch_on(0);
            }
            world.run_for(30_000);
            let own = world.devices[0].store.all();
            let kept = own
                .iter()
                .filter(|record| record.store == StoreName::Messages);
            let texts = kept
                .filter_map(|record| discordopus_core::chat::decode_record(&record.value).ok())
                .filter(|row| matches!(row.body, Body::Text(_)))
                .count();
            for device in 1..3 {
                assert_eq!(
                    world.devices[device].texts(group).len(),
                    texts,
                    "batch {batch} written {written}"
                );
                assert_eq!(
                    world.devices[device].arrived.len(),
                    texts,
                    "batch {batch} written {written}"
                );
            }
            assert!(texts >= 3, "only the write that crashed may be gone");
        }
    }
}

#[test]
fn nothing_is_sent_while_storage_refuses_and_everything_when_it_accepts_again() {
    let mut world = World::new(12, 2);
    let group = world.group_of_all();
    world.devices[0].store_fails = Some(StoreError::Full);
    let before = world.relay.published.len();
    world.write(0, group, "not yet");
    assert_eq!(
        world.relay.published.len(),
        before,
        "nothing may be sent that isn't stored"
    );
    assert_eq!(world.devices[0].storage, Some(StoreError::Full));
    world.write(0, group, "refused");
    assert_eq!(
        world.devices[0].refusals.last(),
        None,
        "refusals wait behind the batch too"
    );
    world.run_for(20_000);
    world.devices[0].store_fails = None;
    world.run_for(20_000);
    assert_eq!(world.devices[0].storage, None);
    assert_eq!(world.devices[0].refusals.last(), Some(&Refusal::Storage));
    assert_eq!(world.devices[1].texts(group), ["not yet"]);
}

#[test]
fn a_failure_that_hits_several_steps_at_once_loses_none_of_them() {
    let mut world = World::new(18, 2);
    let group = world.group_of_all();
    world.devices[0].drain_later = true;
    world.write(0, group, "one");
    world.write(0, group, "two");
    world.devices[0].drain_later = false;
    world.devices[0].store_fails = Some(StoreError::Full);
    world.write(0, group, "three");
    assert_eq!(world.devices[0].storage, Some(StoreError::Full));
    world.devices[0].store_fails = None;
    world.run_for(20_000);
    assert_eq!(world.devices[1].texts(group), ["one", "two", "three"]);
}

#[test]
fn presence_follows_the_connection() {
    let mut world = World::new(13, 2);
    let group = world.group_of_all();
    let presence = |world: &World, of: usize, at: usize| {
        let id = world.member(of, group);
        let view = &world.devices[at].groups[&group];
        view.members
            .iter()
            .find(|member| member.id == id)
            .map(|member| member.presence)
    };
    assert_eq!(presence(&world, 1, 0), Some(Presence::Online));
    world.crash(1);
    world.run_for(1_000);
    assert_eq!(presence(&world, 1, 0), Some(Presence::Offline));
    world.switch_on(1);
    world.run_for(1_000);
    assert_eq!(presence(&world, 1, 0), Some(Presence::Online));
    world.switch_off(1);
    world.run_for(1_000);
    assert_eq!(presence(&world, 1, 0), Some(Presence::Offline));
    world.set_relay(false);
    assert!(matches!(
        world.devices[0].groups[&group].relay,
        RelayState::Offline { .. }
    ));
    assert_eq!(presence(&world, 1, 0), Some(Presence::Unknown));
}

#[test]
fn a_member_leaves_and_the_others_go_on() {
    let mut world = World::new(14, 3);
    let group = world.group_of_all();
    world.write(2, group, "goodbye");
    world.command(2, Command::LeaveGroup { group });
    world.run_for(3_000);
    assert_eq!(world.devices[2].groups[&group].state, GroupState::Left);
    assert_eq!(world.devices[0].members(group), ["Person 0", "Person 1"]);
    assert_eq!(world.devices[0].texts(group), ["goodbye"]);
    world.write(0, group, "we go on");
    world.run_for(2_000);
    assert_eq!(world.devices[1].texts(group), ["goodbye", "we go on"]);
    world.command(2, Command::ForgetGroup { group });
    assert!(world.devices[2].groups.is_empty());
    assert!(
        world.devices[2].store.all().is_empty(),
        "forgetting leaves nothing behind"
    );
    world.command(0, Command::LeaveGroup { group });
    assert_eq!(
        world.devices[0].refusals.last(),
        Some(&Refusal::CreatorCannotLeave)
    );
}

#[test]
fn whoever_left_can_come_back_by_a_new_invite_as_a_new_member() {
    let mut world = World::new(15, 3);
    let group = world.group_of_all();
    let before = world.member(2, group);
    world.command(2, Command::LeaveGroup { group });
    world.run_for(3_000);
    let link = world.invite(0, group, DEFAULT_LIFETIME, Some(1));
    world.ask_to_join(2, &link, "Person 2");
    world.run_for(5_000);
    assert_eq!(world.devices[2].groups[&group].state, GroupState::Member);
    assert_ne!(world.member(2, group), before);
    world.write(2, group, "back");
    world.run_for(2_000);
    assert_eq!(world.devices[0].texts(group), ["back"]);
}

#[test]
fn drafts_and_unread_counts_survive_a_restart() {
    let mut world = World::new(16, 2);
    let group = world.group_of_all();
    world.command(
        1,
        Command::SaveDraft {
            group,
            text: "half a sent".into(),
        },
    );
    world.write(0, group, "one");
    world.write(0, group, "two");
    world.run_for(2_000);
    assert_eq!(world.devices[1].groups[&group].unread, 2);
    world.crash(1);
    world.switch_on(1);
    world.run_for(1_000);
    assert_eq!(world.devices[1].groups[&group].unread, 2);
    assert_eq!(world.devices[1].drafts[&group], "half a sent");
    world.command(1, Command::MarkRead { group });
    assert_eq!(world.devices[1].groups[&group].unread, 0);
}

#[test]
fn a_sender_rotates_after_a_hundred_messages_and_after_a_day() {
    let mut world = World::new(17, 2);
    let group = world.group_of_all();
    for number in 0..230 {
        world.write(0, group, &format!("message {number}"));
        world.run_for(20);
    }
    world.run_for(2 * MILLIS_PER_DAY);
    world.write(0, group, "two days later");
    world.run_for(2_000);
    assert_eq!(world.devices[1].texts(group).len(), 231);
    assert!(
        states(&world, 0, group)
            .iter()
            .all(|state| *state == Delivery::Delivered)
    );
    let chains = world.devices[1]
        .store
        .all()
        .into_iter()
        .filter(|record| record.key.name.starts_with(b"chain/"))
        .count();
    assert_eq!(chains, 4, "0-99, 100-199, 200-229, and one for the new day");
}

#[test]
fn two_who_join_at_once_see_everybody_online() {
    for seed in 0..20 {
        let mut world = World::new(200 + seed, 3);
        let group = world.found(0, "Friends", "Founder");
        world.run_for(1_000);
        let link = world.invite(0, group, DEFAULT_LIFETIME, None);
        world.run_for(1_000);
        world.ask_to_join(1, &link, "One");
        world.ask_to_join(2, &link, "Two");
        world.run_for(20_000);
        for device in 0..3 {
            let members = &world.devices[device].groups[&group].members;
            assert_eq!(members.len(), 3, "seed {seed}");
            for member in members {
                assert_eq!(
                    member.presence,
                    Presence::Online,
                    "seed {seed}: {} at {device}",
                    member.name
                );
            }
        }
    }
}

#[test]
fn a_sender_rotates_when_its_own_prekeys_turn() {
    let mut world = World::new(18, 2);
    let group = world.group_of_all();
    world.run_for(7 * MILLIS_PER_DAY - MILLIS_PER_HOUR);
    world.write(0, group, "with the old keys");
    world.run_for(2 * MILLIS_PER_HOUR);
    world.write(0, group, "with the new ones");
    world.run_for(2_000);
    assert_eq!(world.devices[1].texts(group).len(), 2);
    let records = world.devices[1].store.all().into_iter();
    let chains = records.filter(|record| record.key.name.starts_with(b"chain/"));
    assert_eq!(chains.count(), 2, "though the first was two hours old");
}
