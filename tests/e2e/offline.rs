//! The app on the device: it opens without a network, and a newer version waits for its person.

use crate::harness::{Person, Profile, Uses, World, names, programs, story, until};
use anyhow::{Result, ensure};

const GROUP: &str = "Mountain hut";

/// What the service worker keeps.
const KEPT: &str = "return caches.keys();";

/// Waits until the app is kept on the device, whole.
async fn is_kept(person: &Person) -> Result<()> {
    let what = format!("{}'s device to keep the app", person.name());
    until(&what, async || {
        let active = "return navigator.serviceWorker.getRegistration()
            .then(it => it?.active?.state === 'activated' && Boolean(navigator.serviceWorker.controller));";
        Ok((person.script(active).await? == true).then_some(()))
    })
    .await
}

/// The names under which versions are kept.
async fn versions(person: &Person) -> Result<Vec<String>> {
    let kept = person.script(KEPT).await?;
    Ok(serde_json::from_value(kept)?)
}

/// What the page says of its version.
async fn shown_version(person: &Person) -> Result<String> {
    let shown = "return document.querySelector('meta[name=description]').content;";
    let shown = person.script(shown).await?;
    Ok(shown.as_str().unwrap_or_default().to_owned())
}

/// Lets the browser look for a newer version, as it does by itself from time to time.
async fn looks_for_newer(person: &Person) -> Result<()> {
    let look = "return navigator.serviceWorker.getRegistration().then(it => it.update()).then(() => null);";
    person.script(look).await.map(|_| ())
}

/// Somebody with a group and a message in it, whose device keeps the app.
async fn settled(world: &World, name: &str, profile: Profile) -> Result<Person> {
    let person = world.person_with(name, profile).await?;
    person.create_group(GROUP).await?;
    person.writes("bring the stove").await?;
    is_kept(&person).await?;
    Ok(person)
}

#[test]
fn the_app_opens_without_a_network_and_shows_what_was_written() {
    story("no_network", async |world| {
        let ada = settled(world, "Ada", Profile::Ordinary).await?;
        let ben = world.person("Ben").await?;
        ben.join(&ada.invite_link(Uses::One).await?, GROUP).await?;
        world.kill_relay().await?;
        ada.reload().await?;
        ada.is_in(GROUP).await?;
        ada.sees_message("bring the stove", "Ada").await?;

        // And from the very beginning.
        ada.close_browser().await?;
        ada.open_browser().await?;
        ada.open_group(GROUP).await?;
        ada.sees_message("bring the stove", "Ada").await?;
        ada.writes("and the map").await?;
        ada.sees_state("and the map", names::SENDING).await?;

        world.start_relay().await?;
        ben.sees_message("and the map", "Ada").await?;
        ada.sees_state("and the map", names::DELIVERED).await
    });
}

#[test]
fn the_list_of_emoji_is_kept_from_its_first_use_on() {
    story("emoji_offline", async |world| {
        let ada = settled(world, "Ada", Profile::Ordinary).await?;
        ada.click("button", names::EMOJI).await?;
        ada.sees("heading", names::SMILEYS).await?;
        ada.escape().await?;
        until("the list to be kept", async || {
            let kept = "return caches.match('/emoji/en.txt').then(Boolean);";
            Ok((ada.script(kept).await? == true).then_some(()))
        })
        .await?;
        let others = "return caches.match('/emoji/de.txt').then(Boolean);";
        ensure!(ada.script(others).await? == false, "nobody needs it");
        world.kill_relay().await?;
        ada.reload().await?;
        ada.is_in(GROUP).await?;
        ada.click("button", names::EMOJI).await?;
        ada.sees("heading", names::SMILEYS).await?;
        ada.fill(names::SEARCH_EMOJI, "tent").await?;
        ada.click("button", "tent").await?;
        let text = ada.value(names::MESSAGE).await?;
        ensure!(text == "⛺", "the draft is {text:?}");
        Ok(())
    });
}

#[test]
fn what_another_program_shares_is_never_asked_of_the_relay() {
    story("shared_offline", async |world| {
        let ada = settled(world, "Ada", Profile::Ordinary).await?;
        world.kill_relay().await?;
        ada.open(&format!("{}?text=the%20hut%20is%20open", ada.app()))
            .await?;
        ada.sees("dialog", names::SHARE_WITH).await?;
        ada.click("button", GROUP).await?;
        ada.is_in(GROUP).await?;
        let text = ada.value(names::MESSAGE).await?;
        ensure!(text == "the hut is open", "the draft is {text:?}");
        let address = ada.browser()?.current_url().await?;
        ensure!(address.query().is_none(), "{address}");
        Ok(())
    });
}

#[test]
fn a_newer_version_waits_for_its_person_and_an_older_one_comes_back_the_same_way() {
    story("newer_version", async |world| {
        let ada = settled(world, "Ada", Profile::Ordinary).await?;
        let first = versions(&ada).await?;
        ensure!(first.len() == 1, "kept are {first:?}");
        let old = shown_version(&ada).await?;
        let first_tab = ada.tab().await?;
        ada.open_tab().await?;
        ada.open(&ada.app()).await?;
        ada.sees("heading", names::SECOND_TAB).await?;
        let second_tab = ada.tab().await?;

        let first_build = programs::built_anew(&world.app(), "A second version.")?;
        looks_for_newer(&ada).await?;
        ada.switch_to(&first_tab).await?;
        ada.reads("status", names::NEWER_VERSION).await?;
        // Nothing has happened to the page, and a reload that nobody asked the app for changes nothing.
        ada.writes("still the old one").await?;
        ensure!(shown_version(&ada).await? == old);
        ada.reload().await?;
        ada.is_in(GROUP).await?;
        ensure!(shown_version(&ada).await? == old);
        ada.reads("status", names::NEWER_VERSION).await?;

        ada.click("button", names::RELOAD).await?;
        until("the second version", async || {
            Ok((shown_version(&ada).await? == "A second version.").then_some(()))
        })
        .await?;
        ada.is_in(GROUP).await?;
        ada.sees_message("still the old one", "Ada").await?;
        let second = versions(&ada).await?;
        ensure!(second.len() == 1 && second != first, "kept are {second:?}");

        // The other tab is of the version before, says so, and is left alone.
        ada.switch_to(&second_tab).await?;
        ada.reads("status", names::NEWER_VERSION).await?;
        ensure!(shown_version(&ada).await? == old);
        ada.click("button", names::RELOAD).await?;
        until("the second version in the other tab", async || {
            Ok((shown_version(&ada).await? == "A second version.").then_some(()))
        })
        .await?;
        ada.close_tab().await?;
        ada.switch_to(&first_tab).await?;

        // The deployer goes back to the first build.
        programs::roll_back(&world.app(), &first_build)?;
        looks_for_newer(&ada).await?;
        ada.reads("status", names::NEWER_VERSION).await?;
        ada.click("button", names::RELOAD).await?;
        until("the first version", async || {
            Ok((shown_version(&ada).await? == old).then_some(()))
        })
        .await?;
        ada.is_in(GROUP).await?;
        ensure!(versions(&ada).await? == first);

        // It is whole: it opens without the relay.
        world.kill_relay().await?;
        ada.reload().await?;
        ada.is_in(GROUP).await?;
        ada.sees_message("still the old one", "Ada").await
    });
}

#[test]
fn in_a_call_nobody_is_asked_to_reload() {
    story("version_in_call", async |world| {
        let ada = settled(world, "Ada", Profile::Voice(440)).await?;
        ada.starts_a_call().await?;
        programs::built_anew(&world.app(), "A second version.")?;
        looks_for_newer(&ada).await?;
        until("the second version to wait", async || {
            let waits =
                "return navigator.serviceWorker.getRegistration().then(it => Boolean(it.waiting));";
            Ok((ada.script(waits).await? == true).then_some(()))
        })
        .await?;
        ensure!(!ada.has("button", names::RELOAD).await?);
        ada.leaves_the_call().await?;
        ada.reads("status", names::NEWER_VERSION).await?;
        ada.sees("button", names::RELOAD).await.map(|_| ())
    });
}

#[test]
fn half_a_deployment_is_never_taken() {
    story("half_deployed", async |world| {
        let ada = settled(world, "Ada", Profile::Ordinary).await?;
        let before = versions(&ada).await?;
        programs::half_built(&world.app())?;
        // The browser itself tells that nothing was installed.
        let look = "return navigator.serviceWorker.getRegistration().then(it => it.update()).then(it => {
                const worker = it.installing;
                if (!worker) return String(it.waiting?.state);
                return new Promise(done => worker.addEventListener('statechange', () => done(worker.state)));
            });";
        let state = ada.script(look).await?;
        ensure!(state == "redundant", "the half version is {state}");
        ensure!(versions(&ada).await? == before);
        world.kill_relay().await?;
        ada.reload().await?;
        ada.is_in(GROUP).await
    });
}

#[test]
fn two_who_keep_the_app_speak_to_each_other_as_before() {
    story("kept_and_talking", async |world| {
        let ada = settled(world, "Ada", Profile::Ordinary).await?;
        let ben = world.person("Ben").await?;
        ben.join(&ada.invite_link(Uses::Several).await?, GROUP)
            .await?;
        is_kept(&ben).await?;
        ada.reload().await?;
        ben.reload().await?;
        ada.is_in(GROUP).await?;
        ben.is_in(GROUP).await?;
        ben.writes("on my way").await?;
        ada.sees_message("on my way", "Ben").await
    });
}
