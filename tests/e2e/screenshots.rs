//! A picture of every screen, wide and on a phone, light and dark, in every language: for looking at, not for comparing.
//!
//! `cargo xtask screenshots` takes them.

use crate::harness::{Name, Person, Profile, Uses, World, names, programs, story};
use crate::tour::files::evening;
use crate::tour::tour;
use anyhow::Result;
use serde_json::json;
use std::path::{Path, PathBuf};

/// How a screen is looked at: what the picture's name ends with, width, height, a phone or not, the colours.
type View = (&'static str, u32, u32, bool, &'static str);

const WIDE: View = ("wide", 1280, 800, false, "light");
const DARK: View = ("wide-dark", 1280, 800, false, "dark");
const PHONE: View = ("phone", 390, 844, true, "light");
const PHONE_DARK: View = ("phone-dark", 390, 844, true, "dark");
/// The narrowest phone that the app is made for.
const SMALL: View = ("small", 360, 740, true, "light");

/// The folder for pictures of this name.
fn folder(name: &str) -> Result<PathBuf> {
    let folder = std::env::var_os("DISCORDOPUS_SCREENSHOTS")
        .map_or_else(|| programs::target().join("screenshots"), PathBuf::from)
        .join(name);
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn pictures(language: &str, views: &[View]) {
    story("screenshots", async |world| {
        let folder = folder(language)?;
        let mut number = 0;
        tour(world, language, async |guide, name| {
            number += 1;
            for view in views {
                let file = folder.join(format!("{number:02}-{name}-{}.png", view.0));
                std::fs::write(file, picture(&guide.person, view).await?)?;
            }
            Ok(())
        })
        .await
    });
}

/// What is on the screen, looked at in this way.
async fn picture(person: &Person, (_, width, height, mobile, colours): &View) -> Result<Vec<u8>> {
    let cdp = person.browser()?.cdp();
    let size =
        json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile });
    cdp.send_raw("Emulation.setDeviceMetricsOverride", size)
        .await?;
    let features = json!([
        { "name": "prefers-color-scheme", "value": colours },
        { "name": "prefers-reduced-motion", "value": "reduce" },
    ]);
    cdp.send_raw(
        "Emulation.setEmulatedMedia",
        json!({ "features": features }),
    )
    .await?;
    // Two frames: one to lay out, one that has been drawn.
    let drawn = "return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(null))));";
    person.script(drawn).await?;
    let picture = person.browser()?.screenshot_as_png().await?;
    cdp.send_raw("Emulation.clearDeviceMetricsOverride", json!({}))
        .await?;
    cdp.send_raw("Emulation.setEmulatedMedia", json!({ "features": [] }))
        .await?;
    Ok(picture)
}

#[test]
#[ignore = "`cargo xtask screenshots` takes the pictures"]
fn english() {
    pictures("en", &[WIDE, DARK, PHONE, PHONE_DARK, SMALL]);
}

#[test]
#[ignore = "`cargo xtask screenshots` takes the pictures"]
fn german() {
    pictures("de", &[WIDE, SMALL]);
}

#[test]
#[ignore = "`cargo xtask screenshots` takes the pictures"]
fn arabic() {
    pictures("ar", &[WIDE, DARK, SMALL]);
}

/// Those of the README and of the manifest, each with the pitch of their voice.
const FRIENDS: [(&str, u32); 6] = [
    ("Ada", 440),
    ("Ben", 940),
    ("Chloé", 1_500),
    ("Dora", 2_170),
    ("Emil", 2_930),
    ("Farah", 3_790),
];

const HIKE: &str = "Weekend hike";

/// Takes a picture of somebody's screen under this name.
async fn taken(person: &Person, folder: &Path, name: &str, view: &View) -> Result<()> {
    std::fs::write(folder.join(name), picture(person, view).await?)?;
    Ok(())
}

/// Friends in their groups, with something to talk about.
async fn friends(world: &World) -> Result<Vec<Person>> {
    let mut people = Vec::new();
    for (name, pitch) in FRIENDS {
        people.push(world.person_with(name, Profile::Voice(pitch)).await?);
    }
    for (group, members) in [("Book club", 3), ("Flat 4", 2), (HIKE, people.len())] {
        people[0].create_group(group).await?;
        let link = people[0].invite_link(Uses::Several).await?;
        for person in &people[1..members] {
            person.join(&link, group).await?;
        }
    }
    people[2].open_group("Book club").await?;
    people[2].writes("Chapter nine for Thursday?").await?;
    people[2].open_group(HIKE).await?;
    people[1].open_group(HIKE).await?;
    Ok(people)
}

async fn talk(people: &[Person]) -> Result<()> {
    let [ada, ben, chloe, dora, ..] = people else {
        anyhow::bail!("too few friends");
    };
    const QUESTION: &str = "Saturday, nine o'clock at the station?";
    const MAP: &str = "I'll bring the map.";
    const DONE: &str = "Perfect. Then we take the long way round.";
    let said = async |person: &Person, text: &str| -> Result<()> {
        person.writes(text).await?;
        ada.sees_message(text, person.name()).await
    };
    said(ada, QUESTION).await?;
    said(ben, MAP).await?;
    said(ben, "And coffee, obviously ☕").await?;
    let forecast = "The forecast says sun until four: https://weather.example/hills";
    said(chloe, forecast).await?;
    for person in [ben, dora] {
        person.sees_message(QUESTION, "Ada").await?;
        person.chooses_on(QUESTION, "React with 👍").await?;
    }
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("evening.bmp");
    std::fs::write(&file, evening())?;
    dora.attaches(&file).await?;
    dora.sees("button", "Remove evening.bmp").await?;
    dora.types("The ridge, last time we went").await?;
    dora.click("button", names::SEND).await?;
    ada.sees("image", Name::Begins("evening.")).await?;
    ada.chooses_on(MAP, names::REPLY).await?;
    ada.sends("Perfect. Then we take the **long** way round.")
        .await?;
    ada.sees_state(DONE, names::DELIVERED).await
}

#[test]
#[ignore = "`cargo xtask screenshots` takes the pictures"]
fn friends_who_plan_a_hike_and_call_each_other() {
    story("friends", async |world| {
        let folder = folder("friends")?;
        let people = friends(world).await?;
        let ada = &people[0];
        talk(&people).await?;
        taken(ada, &folder, "conversation.png", &WIDE).await?;
        taken(ada, &folder, "conversation-dark.png", &DARK).await?;
        taken(ada, &folder, "conversation-phone.png", &PHONE).await?;
        taken(ada, &folder, "conversation-phone-dark.png", &PHONE_DARK).await?;
        ada.starts_a_call().await?;
        let mut inside = vec![ada];
        for person in &people[1..] {
            if inside.len() < 4 {
                person.joins_the_call().await?;
            } else {
                person.joins_the_crowd(inside.len() + 1).await?;
            }
            inside.push(person);
            ada.sees_in_call(&inside).await?;
            ada.shows(&format!("Connected to {0} of {0}", inside.len() - 1))
                .await?;
            if matches!(inside.len(), 2 | 4 | 6) {
                for view in [WIDE, DARK, PHONE, PHONE_DARK, SMALL] {
                    let name = format!("call-{}-{}.png", inside.len(), view.0);
                    taken(ada, &folder, &name, &view).await?;
                }
            }
        }
        Ok(())
    });
}
