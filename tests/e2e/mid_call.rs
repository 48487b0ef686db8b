//! What happens to calls while they run: other devices, members who are removed, pages that stand still, and settings that
//! leave only one way.

use crate::harness::{Person, all_hear_each_other, names, story};
use crate::voice::{GROUP, band, band_in_call};
use anyhow::ensure;
use std::time::Instant;

/// What the browser calls devices that it makes up for tests.
const MICROPHONES: [&str; 2] = ["Fake Audio Input 1", "Fake Audio Input 2"];
const SPEAKERS: [&str; 2] = ["Fake Audio Output 1", "Fake Audio Output 2"];

#[test]
fn other_devices_are_taken_in_the_midst_of_a_call_without_new_negotiation() {
    story("devices", async |world| {
        let [ada, ben, cyn] = band_in_call(world).await?;
        let everybody = [&ada, &ben, &cyn];
        let before = ben.sound_goes_through().await?.turns;
        ben.goes_to_settings().await?;
        for (microphone, speaker) in MICROPHONES.into_iter().zip(SPEAKERS) {
            ben.choose(names::MICROPHONE, microphone).await?;
            ben.sends_from(microphone, 2).await?;
            ben.choose(names::SPEAKER, speaker).await?;
            ben.plays_on(speaker, 2).await?;
            for person in [&ada, &cyn] {
                person.hears(&[&ben]).await?;
            }
            ben.hears(&[&ada, &cyn]).await?;
        }
        ben.choose_group(GROUP).await?;
        all_hear_each_other(&everybody).await?;
        let after = ben.sound_goes_through().await?.turns;
        ensure!(
            before > 0 && after == before,
            "{before} turns, then {after}"
        );

        // The next call begins with what was chosen.
        ben.leaves_the_call().await?;
        ada.sees_in_call(&[&ada, &cyn]).await?;
        ben.joins_the_call().await?;
        all_hear_each_other(&everybody).await?;
        ben.sends_from(MICROPHONES[1], 2).await?;
        ben.plays_on(SPEAKERS[1], 2).await
    });
}

#[test]
fn whoever_is_played_louder_or_not_at_all_is_shown_as_speaking() {
    story("loudness", async |world| {
        let [ada, ben] = band_in_call(world).await?;
        ben.sees_mark(&ada, names::SPEAKING, true).await?;
        ben.turns_all_the_way_up(&ada).await?;
        ben.plays(&ada).await?;
        ben.sees_mark(&ada, names::SPEAKING, true).await?;
        ben.click("button", names::DEAFEN).await?;
        ben.plays_nothing_of(&[&ada]).await?;
        ben.sees_mark(&ada, names::SPEAKING, true).await?;
        ada.click("button", names::MUTE).await?;
        ben.sees_mark(&ada, names::SPEAKING, false).await
    });
}

#[test]
fn a_removed_member_is_out_of_the_call() {
    story("removed_from_call", async |world| {
        let [ada, ben, cyn] = band_in_call(world).await?;
        let left = [&ada, &ben];
        ada.removes("Cyn").await?;
        cyn.reads("status", names::REMOVED).await?;
        cyn.is_connected_to_only(&[]).await?;
        cyn.sees_no("button", names::LEAVE_CALL).await?;
        cyn.sees_no("button", names::JOIN_CALL).await?;
        for (person, other) in [(&ada, &ben), (&ben, &ada)] {
            person.is_connected_to_only(&[other]).await?;
            person.sees_in_call(&left).await?;
            let heard = person.listens().await?;
            ensure!(!heard.is_heard(cyn.pitch()?), "{heard:?}");
        }
        let heard = cyn.listens().await?;
        for person in left {
            ensure!(!heard.is_heard(person.pitch()?), "{heard:?}");
        }
        all_hear_each_other(&left).await
    });
}

#[test]
fn a_page_that_stands_still_is_gone_from_the_others_screens_until_it_goes_on() {
    story("frozen_page", async |world| {
        let [ada, ben, cyn] = band_in_call(world).await?;
        let left = [&ada, &ben];
        let frozen = cyn.freeze()?;
        let since = Instant::now();
        tokio::try_join!(ada.sees_in_call(&left), ben.sees_in_call(&left))?;
        eprintln!("gone after {:.1} s", since.elapsed().as_secs_f64());
        all_hear_each_other(&left).await?;
        drop(frozen);
        let everybody = [&ada, &ben, &cyn];
        for person in everybody {
            person.sees_in_call(&everybody).await?;
        }
        all_hear_each_other(&everybody).await
    });
}

#[test]
fn whoever_wants_turn_servers_only_has_no_path_without_one_and_reads_why() {
    story("relay_only_without_turn", async |world| {
        let [ada, ben]: [Person; 2] = band(world).await?;
        ada.lets_calls_go_over_turn_servers_only().await?;
        ada.choose_group(GROUP).await?;
        ada.starts_a_call().await?;
        ben.joins_the_call().await?;
        for (person, other) in [(&ada, &ben), (&ben, &ada)] {
            person.sees_mark(other, names::NO_PATH, true).await?;
            let words = format!("No path to {}: a TURN server is needed", other.name());
            person.shows(&words).await?;
        }
        ada.shows("Your settings let calls go over TURN servers only")
            .await
    });
}
