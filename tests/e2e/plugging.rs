//! Microphones and speakers that are plugged in and out in the midst of a call: who is heard, by whom, and what is on screen.

use crate::harness::{Person, Profile, SoundServer, World, names, story, until};
use crate::voice::{GROUP, gather};
use anyhow::{Result, ensure};

/// A microphone, and the pitch it hears.
pub(crate) type Microphone = (&'static str, u32);

pub(crate) const DESK: Microphone = ("Desk", 940);
pub(crate) const HEADSET: Microphone = ("Headset", 1_500);
/// A speaker.
const PHONES: &str = "Phones";

impl Person {
    /// Waits until a microphone is what is heard of somebody.
    pub(crate) async fn hears_microphone(&self, (name, hertz): Microphone) -> Result<()> {
        self.hears_voices(&[(name, hertz.into())]).await
    }

    /// Chooses a device as soon as it is listed.
    async fn chooses_device(&self, combobox: &str, device: &str) -> Result<()> {
        let what = format!("{} to choose {device}", self.name());
        until(&what, async || {
            self.choose(combobox, device).await?;
            Ok(Some(()))
        })
        .await
    }
}

/// Ada, with a voice, and Ben, with what is plugged in at a sound server, in a call.
async fn call(world: &World, sound: &SoundServer) -> Result<[Person; 2]> {
    let ada = world.person_with("Ada", Profile::Voice(440)).await?;
    let ben = world.person_at(sound, "Ben").await?;
    let [ada, ben] = gather(vec![ada, ben]).await?;
    ada.starts_a_call().await?;
    ben.joins_the_call().await?;
    for person in [&ada, &ben] {
        person.is_connected_to_all(1).await?;
    }
    ben.hears(&[&ada]).await?;
    Ok([ada, ben])
}

#[test]
#[ignore = "needs PulseAudio: `cargo xtask test sound`"]
fn another_microphone_takes_over_from_one_that_is_unplugged_until_it_is_back() {
    story("unplugged_microphone", async |world| {
        let sound = world.sound_server().await?;
        let _desk = sound.plug_in_microphone(DESK.0, DESK.1).await?;
        let [ada, ben] = call(world, &sound).await?;
        ada.hears_microphone(DESK).await?;
        let before = ben.sound_goes_through().await?.turns;

        // What is plugged in is listed without being looked for.
        ben.goes_to_settings().await?;
        let mut headset = sound.plug_in_microphone(HEADSET.0, HEADSET.1).await?;
        ben.chooses_device(names::MICROPHONE, HEADSET.0).await?;
        ada.hears_microphone(HEADSET).await?;

        for _ in 0..2 {
            sound.unplug(headset).await?;
            ada.hears_microphone(DESK).await?;
            ada.sees_mark(&ben, names::LISTENING_ONLY, false).await?;
            headset = sound.plug_in_microphone(HEADSET.0, HEADSET.1).await?;
            ada.hears_microphone(HEADSET).await?;
        }
        let after = ben.sound_goes_through().await?.turns;
        ensure!(after == before, "{before} turns, then {after}");
        Ok(())
    });
}

#[test]
#[ignore = "needs PulseAudio: `cargo xtask test sound`"]
fn whose_only_microphone_is_unplugged_listens_and_is_heard_when_it_is_back() {
    story("no_microphone_left", async |world| {
        let sound = world.sound_server().await?;
        let desk = sound.plug_in_microphone(DESK.0, DESK.1).await?;
        let [ada, ben] = call(world, &sound).await?;
        ada.hears_microphone(DESK).await?;
        ada.sees_mark(&ben, names::LISTENING_ONLY, false).await?;

        sound.unplug(desk).await?;
        ben.shows(names::MICROPHONE_IS_GONE).await?;
        for person in [&ada, &ben] {
            person.sees_mark(&ben, names::LISTENING_ONLY, true).await?;
        }
        ada.hears_silence_where_was((DESK.0, DESK.1.into())).await?;
        ben.hears(&[&ada]).await?;

        let desk = sound.plug_in_microphone(DESK.0, DESK.1).await?;
        ada.hears_microphone(DESK).await?;
        for person in [&ada, &ben] {
            person.sees_mark(&ben, names::LISTENING_ONLY, false).await?;
        }
        let words = ben.page_text().await?;
        ensure!(!words.contains(names::MICROPHONE_IS_GONE), "{words}");

        // Muted stays muted, whatever is plugged in meanwhile.
        ben.click("button", names::MUTE).await?;
        ada.hears_silence_where_was((DESK.0, DESK.1.into())).await?;
        sound.unplug(desk).await?;
        let _desk = sound.plug_in_microphone(DESK.0, DESK.1).await?;
        ben.click("button", names::MUTE).await?;
        ada.hears_microphone(DESK).await
    });
}

#[test]
#[ignore = "needs PulseAudio: `cargo xtask test sound`"]
fn who_comes_without_a_microphone_is_heard_once_one_is_plugged_in() {
    story("no_microphone_yet", async |world| {
        let sound = world.sound_server().await?;
        let [ada, ben] = call(world, &sound).await?;
        ben.shows(names::NO_MICROPHONE).await?;
        ada.sees_mark(&ben, names::LISTENING_ONLY, true).await?;
        let _desk = sound.plug_in_microphone(DESK.0, DESK.1).await?;
        ada.hears_microphone(DESK).await?;
        ada.sees_mark(&ben, names::LISTENING_ONLY, false).await
    });
}

#[test]
#[ignore = "needs PulseAudio: `cargo xtask test sound`"]
fn a_new_speaker_is_listed_at_once_and_when_it_goes_the_others_are_heard_elsewhere() {
    story("speaker", async |world| {
        let sound = world.sound_server().await?;
        let _desk = sound.plug_in_microphone(DESK.0, DESK.1).await?;
        let [ada, ben] = call(world, &sound).await?;
        sound.plays(None, ada.pitch()?).await?;
        ben.goes_to_settings().await?;
        let phones = sound.plug_in_speaker(PHONES).await?;
        ben.chooses_device(names::SPEAKER, PHONES).await?;
        sound.plays(Some(PHONES), ada.pitch()?).await?;
        sound.unplug(phones).await?;
        sound.plays(None, ada.pitch()?).await?;
        ben.choose_group(GROUP).await?;
        ben.hears(&[&ada]).await?;
        ada.hears_microphone(DESK).await
    });
}
