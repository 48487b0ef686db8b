//! Calls between Chromium and Firefox: each offers to the other, and both are heard.

use crate::ear::{CALL, PAGE};
use crate::harness::world::story_with;
use crate::harness::{
    Firefox, Person, Profile, SoundServer, Uses, World, all_hear_each_other, names, story,
};
use crate::plugging::{DESK, HEADSET};
use crate::voice::GROUP;
use anyhow::Result;

/// Two people with Chromium and one with Firefox, in one group.
async fn mixed(world: &World) -> Result<([Person; 2], Firefox)> {
    let ada = world.person_with("Ada", Profile::Voice(440)).await?;
    let ben = world.person_with("Ben", Profile::Voice(940)).await?;
    ada.create_group(GROUP).await?;
    let link = ada.invite_link(Uses::Several).await?;
    ben.join(&link, GROUP).await?;
    let fox = Firefox::open("Fox", 1_500).await?;
    fox.join(&link).await?;
    for person in [&ada, &ben] {
        person.sees_members(&["Ada", "Ben", "Fox"]).await?;
    }
    Ok(([ada, ben], fox))
}

async fn all_three_hear(people: [&Person; 2], fox: &Firefox) -> Result<()> {
    let [ada, ben] = people;
    ada.hears_voices(&[ben.voice()?, fox.voice()]).await?;
    ben.hears_voices(&[ada.voice()?, fox.voice()]).await?;
    fox.hears(&[ada.voice()?, ben.voice()?]).await
}

#[test]
#[ignore = "needs Firefox: `cargo xtask test firefox`"]
fn firefox_offers_to_chromium_and_everybody_is_heard() {
    story("firefox_offers", async |world| {
        let ([ada, ben], fox) = mixed(world).await?;
        ada.starts_a_call().await?;
        ben.joins_the_call().await?;
        all_hear_each_other(&[&ada, &ben]).await?;
        fox.press(names::JOIN_CALL).await?;
        all_three_hear([&ada, &ben], &fox).await?;
        fox.close().await;
        Ok(())
    });
}

#[test]
#[ignore = "needs Firefox: `cargo xtask test firefox`"]
fn chromium_offers_to_firefox_and_everybody_is_heard() {
    story("chromium_offers", async |world| {
        let ([ada, ben], fox) = mixed(world).await?;
        fox.press(names::START_CALL).await?;
        fox.find(names::LEAVE_CALL).await?;
        ada.joins_the_call().await?;
        ben.joins_the_call().await?;
        all_three_hear([&ada, &ben], &fox).await?;
        fox.close().await;
        Ok(())
    });
}

#[test]
#[ignore = "needs Firefox: `cargo xtask test firefox`"]
fn what_is_measured_in_firefox_is_what_is_heard_there() {
    let page = tempfile::tempdir().expect("a folder");
    std::fs::write(page.path().join("index.html"), PAGE).expect("a page");
    story_with(page.path().to_owned(), "firefox_ear", async |world| {
        let fox = Firefox::open("Fox", 1_500).await?;
        fox.goes_to(&world.address().await).await?;
        fox.press("Wake").await?;
        fox.script(&format!("return (async () => {{ {CALL} }})();"))
            .await?;
        fox.hears(&[fox.voice()]).await?;
        fox.script("track.enabled = false;").await?;
        fox.hears_nothing().await?;
        fox.close().await;
        Ok(())
    });
}

#[test]
#[ignore = "needs Firefox: `cargo xtask test firefox`"]
fn in_firefox_another_microphone_takes_over_from_one_that_is_unplugged() {
    story("firefox_unplugged", async |world| {
        let sound = SoundServer::start().await?;
        let desk = sound.plug_in_microphone(DESK.0, DESK.1).await?;
        let fox = Firefox::open_at(sound, "Fox").await?;
        let ada = world.person_with("Ada", Profile::Voice(440)).await?;
        ada.create_group(GROUP).await?;
        fox.join(&ada.invite_link(Uses::One).await?).await?;
        ada.sees_members(&["Ada", "Fox"]).await?;
        ada.starts_a_call().await?;
        fox.press(names::JOIN_CALL).await?;
        ada.hears_microphone(DESK).await?;
        let sound = fox.sound();
        let headset = sound.plug_in_microphone(HEADSET.0, HEADSET.1).await?;
        sound.unplug(desk).await?;
        ada.hears_microphone(HEADSET).await?;
        let _desk = sound.plug_in_microphone(DESK.0, DESK.1).await?;
        sound.unplug(headset).await?;
        ada.hears_microphone(DESK).await?;
        fox.hears(&[ada.voice()?]).await?;
        fox.close().await;
        Ok(())
    });
}
