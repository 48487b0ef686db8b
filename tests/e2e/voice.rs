//! Calls: everybody hears everybody, proved by the sound that arrives and is played; silence is silence; and what goes on
//! when people, pages and the relay come and go.

use crate::harness::{
    KEY_T, Person, Profile, SPACE, Uses, World, all_hear_each_other, names, story,
};
use anyhow::{Result, ensure};

/// The group of these stories.
pub(crate) const GROUP: &str = "Band";

/// Who is in them, each with the pitch of their voice in hertz. No pitch is another's overtone, and all are far
/// apart: what is close to what is played, echo cancellation may take out.
const PEOPLE: [(&str, u32); 6] = [
    ("Ada", 440),
    ("Ben", 940),
    ("Cyn", 1_500),
    ("Dee", 2_170),
    ("Eli", 2_930),
    ("Fay", 3_790),
];

/// The first so many of them, in one group, each at its page.
pub(crate) async fn band<const N: usize>(world: &World) -> Result<[Person; N]> {
    let mut people = Vec::new();
    for (name, pitch) in &PEOPLE[..N] {
        people.push(world.person_with(name, Profile::Voice(*pitch)).await?);
    }
    gather(people).await
}

/// Makes the first the founder of a group and lets the others join.
pub(crate) async fn gather<const N: usize>(people: Vec<Person>) -> Result<[Person; N]> {
    people[0].create_group(GROUP).await?;
    let link = people[0].invite_link(Uses::Several).await?;
    for person in &people[1..] {
        person.join(&link, GROUP).await?;
    }
    let all: Vec<&str> = people.iter().map(Person::name).collect();
    for person in &people {
        person.sees_members(&all).await?;
    }
    let people = <[Person; N]>::try_from(people);
    Ok(people.unwrap_or_else(|_| panic!("so many people are asked for")))
}

/// The same with a call that all are in, where everybody hears everybody.
pub(crate) async fn band_in_call<const N: usize>(world: &World) -> Result<[Person; N]> {
    let people = band::<N>(world).await?;
    call(&people.each_ref()).await?;
    Ok(people)
}

/// Lets the first start a call and the others join.
pub(crate) async fn call(people: &[&Person]) -> Result<()> {
    people[0].starts_a_call().await?;
    for person in &people[1..] {
        person.joins_the_call().await?;
    }
    all_hear_each_other(people).await
}

#[test]
fn two_people_hear_each_other() {
    story("call_of_two", async |world| {
        let [ada, ben] = band(world).await?;
        ada.starts_a_call().await?;
        ben.sees("alertdialog", &format!("{GROUP}: call started by Ada"))
            .await?;
        ben.joins_the_call().await?;
        all_hear_each_other(&[&ada, &ben]).await?;
        for person in [&ada, &ben] {
            person.sees_in_call(&[&ada, &ben]).await?;
        }
        ben.leaves_the_call().await?;
        ada.sees_in_call(&[&ada]).await?;
        for person in [&ada, &ben] {
            person.is_connected_to_only(&[]).await?;
        }
        ada.leaves_the_call().await?;
        ben.sees("button", names::START_CALL).await?;
        Ok(())
    });
}

#[test]
fn four_people_hear_each_other_and_a_call_goes_on_without_whoever_started_it() {
    story("call_of_four", async |world| {
        let [ada, ben, cyn, dee] = band_in_call(world).await?;
        ada.leaves_the_call().await?;
        let left = [&ben, &cyn, &dee];
        for person in left {
            person.sees_in_call(&left).await?;
        }
        all_hear_each_other(&left).await?;
        ada.joins_the_call().await?;
        all_hear_each_other(&[&ada, &ben, &cyn, &dee]).await
    });
}

#[test]
fn from_the_fifth_person_on_the_app_warns_and_six_people_hear_each_other() {
    story("call_of_six", async |world| {
        let people: [Person; 6] = band(world).await?;
        people[0].starts_a_call().await?;
        for person in &people[1..4] {
            person.joins_the_call().await?;
        }
        for (before, person) in people.iter().enumerate().skip(4) {
            person
                .sees_in_call(&people[..before].iter().collect::<Vec<_>>())
                .await?;
            person.joins_the_crowd(before + 1).await?;
        }
        all_hear_each_other(&people.each_ref()).await
    });
}

#[test]
fn muted_is_silence_and_the_others_see_it() {
    story("mute", async |world| {
        let [ada, ben] = band_in_call(world).await?;
        ben.click("button", names::MUTE).await?;
        ada.hears_silence_of(&ben).await?;
        ada.sees_mark(&ben, names::MUTED, true).await?;
        ben.hears(&[&ada]).await?;

        // Whoever was muted is so in the next call.
        ben.leaves_the_call().await?;
        ada.sees_in_call(&[&ada]).await?;
        ben.joins_the_call().await?;
        ben.hears(&[&ada]).await?;
        ada.sees_mark(&ben, names::MUTED, true).await?;
        ensure!(!ada.listens().await?.is_heard(ben.pitch()?), "not muted");

        ben.click("button", names::MUTE).await?;
        ada.sees_mark(&ben, names::MUTED, false).await?;
        all_hear_each_other(&[&ada, &ben]).await
    });
}

#[test]
fn deafened_is_silence_and_the_others_see_it() {
    story("deafen", async |world| {
        let [ada, ben, cyn] = band_in_call(world).await?;
        ben.click("button", names::DEAFEN).await?;
        ben.plays_nothing_of(&[&ada, &cyn]).await?;
        ada.sees_mark(&ben, names::DEAFENED, true).await?;
        ada.hears(&[&cyn]).await?;
        ben.click("button", names::DEAFEN).await?;
        ada.sees_mark(&ben, names::DEAFENED, false).await?;
        ben.hears(&[&ada, &cyn]).await
    });
}

#[test]
fn push_to_talk_is_heard_only_while_the_key_is_held() {
    story("push_to_talk", async |world| {
        let [ada, ben] = band_in_call(world).await?;
        ben.click("button", names::PUSH_TO_TALK).await?;
        ben.sees("button", names::HOLD_TO_TALK).await?;
        ada.hears_silence_of(&ben).await?;
        for _ in 0..2 {
            ben.holds(SPACE).await?;
            ada.hears(&[&ben]).await?;
            ben.lets_go(SPACE).await?;
            ada.hears_silence_of(&ben).await?;
        }
        // Another key.
        ben.goes_to_settings().await?;
        ben.element("textbox", names::PUSH_TO_TALK_KEY)
            .await?
            .send_keys(KEY_T.1)
            .await?;
        ben.choose_group(GROUP).await?;
        ben.sees("button", names::HOLD_TO_TALK).await?;
        ben.element("log", names::MESSAGES).await?.focus().await?;
        ben.holds(KEY_T).await?;
        ada.hears(&[&ben]).await?;
        ben.lets_go(KEY_T).await?;
        ada.hears_silence_of(&ben).await?;
        ben.holds(SPACE).await?;
        let heard = ada.listens().await?;
        ensure!(!heard.is_heard(ben.pitch()?), "{heard:?}");
        ben.lets_go(SPACE).await?;
        // Without the mode all is as it was before.
        ben.click("button", names::PUSH_TO_TALK).await?;
        ben.sees_no("button", names::HOLD_TO_TALK).await?;
        ada.hears(&[&ben]).await
    });
}

#[test]
fn whoever_comes_late_hears_and_is_heard() {
    story("late", async |world| {
        let [ada, ben, cyn] = band(world).await?;
        call(&[&ada, &ben]).await?;
        cyn.sees_in_call(&[&ada, &ben]).await?;
        // A page that is opened while the call runs shows it as well.
        cyn.reload().await?;
        cyn.is_in(GROUP).await?;
        cyn.joins_the_call().await?;
        all_hear_each_other(&[&ada, &ben, &cyn]).await
    });
}

#[test]
fn a_killed_page_is_gone_from_the_others_screens_and_comes_back() {
    story("killed_page", async |world| {
        let [ada, ben, cyn] = band_in_call(world).await?;
        cyn.kill_browser().await?;
        for person in [&ada, &ben] {
            person.sees_in_call(&[&ada, &ben]).await?;
        }
        all_hear_each_other(&[&ada, &ben]).await?;
        cyn.open_browser().await?;
        cyn.open_group(GROUP).await?;
        cyn.joins_the_call().await?;
        all_hear_each_other(&[&ada, &ben, &cyn]).await
    });
}

#[test]
fn a_call_goes_on_when_the_relay_dies_and_what_people_do_in_it_is_seen() {
    story("call_without_relay", async |world| {
        let [ada, ben, cyn] = band_in_call(world).await?;
        world.kill_relay().await?;
        for person in [&ada, &ben, &cyn] {
            person.reads("status", names::RELAY_AWAY).await?;
        }
        all_hear_each_other(&[&ada, &ben, &cyn]).await?;
        ben.click("button", names::MUTE).await?;
        ada.hears_silence_of(&ben).await?;
        ada.sees_mark(&ben, names::MUTED, true).await?;
        ben.click("button", names::MUTE).await?;
        ada.sees_mark(&ben, names::MUTED, false).await?;
        cyn.leaves_the_call().await?;
        for person in [&ada, &ben] {
            person.sees_in_call(&[&ada, &ben]).await?;
        }
        // What has to be negotiated anew goes from one to the other.
        let before = ben.sound_goes_through().await?.turns;
        ben.go_offline().await?;
        ben.go_online().await?;
        ben.negotiates_after(before).await?;
        all_hear_each_other(&[&ada, &ben]).await?;
        world.start_relay().await?;
        cyn.reads_no_more("status", names::RELAY_AWAY).await?;
        cyn.joins_the_call().await?;
        all_hear_each_other(&[&ada, &ben, &cyn]).await
    });
}

#[test]
fn whoever_refuses_the_microphone_listens() {
    story("refused", async |world| {
        let people = vec![
            world.person_with("Ada", Profile::Voice(440)).await?,
            world.person_with("Ben", Profile::Voice(940)).await?,
            world.person_with("Cyn", Profile::MicrophoneRefused).await?,
        ];
        let [ada, ben, cyn] = gather(people).await?;
        cyn.starts_a_call().await?;
        ada.joins_the_call().await?;
        ben.joins_the_call().await?;
        cyn.hears(&[&ada, &ben]).await?;
        ada.hears(&[&ben]).await?;
        ben.hears(&[&ada]).await?;
        for person in [&ada, &ben, &cyn] {
            person.is_connected_to_all(2).await?;
            person.sees_mark(&cyn, names::LISTENING_ONLY, true).await?;
        }
        let words = "This page may not use the microphone";
        cyn.shows(words).await
    });
}

#[test]
fn two_people_who_start_at_once_are_in_one_call() {
    story("both_start", async |world| {
        let [ada, ben] = band(world).await?;
        tokio::try_join!(ada.presses_start(), ben.presses_start())?;
        all_hear_each_other(&[&ada, &ben]).await?;
        for person in [&ada, &ben] {
            person.sees_in_call(&[&ada, &ben]).await?;
        }
        Ok(())
    });
}
