//! The measurements: sender keys, delivery, joining.

use crate::harness::world::story_with;
use crate::harness::{Person, Profile, Uses, World, names, story, until};
use anyhow::{Context as _, Result};
use serde_json::Value;
use std::path::PathBuf;

const GROUP: &str = "Stopwatch";
/// Messages whose way is timed.
const MESSAGES: usize = 100;
/// Fresh profiles whose join is timed: as many as the link that the app proposes lets in.
const JOINS: usize = 5;

/// Measures everything and prints it.
pub(crate) fn measure() {
    if let Some(page) = std::env::var_os("DISCORDOPUS_SPEED_PAGE") {
        story_with(PathBuf::from(page), "sender_keys", sender_keys);
    }
    story("delivery", delivery);
    story("joining", joining);
}

async fn sender_keys(world: &World) -> Result<()> {
    let person = world.person_with("Ada", Profile::Direct).await?;
    person.open(&person.app()).await?;
    let measured = until("the page to have measured", async || {
        let text = person.page_text().await?;
        anyhow::ensure!(!text.contains("failed:"), "{text}");
        Ok(serde_json::from_str::<Value>(&text).ok())
    })
    .await?;
    for result in measured["results"].as_array().into_iter().flatten() {
        let size = &result["size"];
        let number = |side: &str, what: &str| result[side][what].as_f64().unwrap_or_default();
        println!(
            "| sender keys, {size} B (frame of {} B): encrypt / decrypt in order | {:.0} / {:.0} a second |",
            result["wasm"]["frame"],
            number("wasm", "encrypt"),
            number("wasm", "decrypt"),
        );
        println!(
            "| the same shape in WebCrypto, {size} B | {:.0} / {:.0} a second |",
            number("web", "encrypt"),
            number("web", "decrypt"),
        );
        println!(
            "| sender keys, {size} B: first decrypt after a jump of 999 | {:.1} ms |",
            number("wasm", "jump"),
        );
    }
    println!(
        "| a whole client in wasm that catches up on {} messages, storage in memory | {:.0} a second |",
        measured["missed"],
        measured["catching_up"].as_f64().unwrap_or_default(),
    );
    Ok(())
}

/// Notes when "Send" is clicked.
const NOTE_CLICKS: &str = "
    window.clicked = [];
    addEventListener('click', (event) => {
        if (event.target.closest('button')?.getAttribute('aria-label') === 'Send') {
            clicked.push(performance.timeOrigin + performance.now());
        }
    }, { capture: true });
";

/// Notes when each text that begins with `ping` first stands in the log.
const NOTE_TEXTS: &str = "
    window.arrived = {};
    const log = document.querySelector('[role=log]');
    new MutationObserver(() => {
        const now = performance.timeOrigin + performance.now();
        for (const [text] of log.textContent.matchAll(/ping \\d{3}/g)) arrived[text] ??= now;
    }).observe(log, { childList: true, subtree: true, characterData: true });
";

async fn delivery(world: &World) -> Result<()> {
    let (ada, ben) = tokio::try_join!(
        world.person_with("Ada", Profile::Direct),
        world.person_with("Ben", Profile::Direct)
    )?;
    ada.create_group(GROUP).await?;
    let link = ada.invite_link(Uses::Several).await?;
    ben.join(&link, GROUP).await?;
    ada.sees_members(&["Ada", "Ben"]).await?;
    // The first message of a chain carries the keys along; conversations are made of the others.
    ada.writes_and_clicks_send("hello").await?;
    ben.sees_message("hello", "Ada").await?;
    ada.script(NOTE_CLICKS).await?;
    ben.script(NOTE_TEXTS).await?;
    let send = ada.element("button", names::SEND).await?;
    let composer = ada.element("textbox", names::MESSAGE).await?;
    let mut times = Vec::new();
    for number in 0..MESSAGES {
        let text = format!("ping {number:03}");
        composer.send_keys(&text).await?;
        send.click().await?;
        let arrived = until(&format!("Ben to get {text}"), async || {
            let arrived = ben.script(&format!("return arrived['{text}'];")).await?;
            Ok(arrived.as_f64())
        })
        .await?;
        let clicked = ada.script("return clicked.at(-1);").await?;
        times.push(arrived - clicked.as_f64().context("the click was not noted")?);
    }
    let (median, p95) = spread(times);
    println!(
        "| Send in one browser to the text in another's page, through the relay, {MESSAGES} messages: median / p95 | {median:.0} / {p95:.0} ms |"
    );
    Ok(())
}

/// In the newcomer's page, from its first moment: types the name, presses "Join", and notes what stands there when.
const JOIN_AT_ONCE: &str = "
    const noted = (window.noted = {});
    const note = (what) => { noted[what] ??= performance.now(); };
    new MutationObserver(() => {
        const name = Array.from(document.querySelectorAll('input'))
            .find((input) => input.labels?.[0]?.textContent.trim() === 'Your name');
        if (name && noted.control === undefined) {
            note('control');
            name.value = 'Newcomer';
            name.dispatchEvent(new Event('input', { bubbles: true }));
            setTimeout(() => Array.from(document.querySelectorAll('button'))
                .find((button) => button.textContent.trim() === 'Join').click());
        }
        const log = document.querySelector('[role=log]');
        if (log) note('group');
        if (log?.textContent.includes('welcome')) note('message');
    }).observe(document, { childList: true, subtree: true, characterData: true });
";

/// In a member's page: greets whoever comes in.
const GREET: &str = "
    const composer = document.querySelector('textarea');
    const members = Array.from(document.querySelectorAll('section, aside'))
        .find((part) => part.textContent.includes('Ada') && !part.contains(composer));
    let greeted = members.querySelectorAll('li').length;
    new MutationObserver(() => {
        const present = members.querySelectorAll('li').length;
        if (present <= greeted) return;
        greeted = present;
        composer.value = 'welcome';
        composer.dispatchEvent(new Event('input', { bubbles: true }));
        setTimeout(() => Array.from(document.querySelectorAll('button'))
            .find((button) => button.getAttribute('aria-label') === 'Send').click());
    }).observe(members, { childList: true, subtree: true });
";

async fn joining(world: &World) -> Result<()> {
    let ada = world.person_with("Ada", Profile::Direct).await?;
    ada.create_group(GROUP).await?;
    let link = ada.invite_link(Uses::Several).await?;
    ada.script(GREET).await?;
    let mut first_control = Vec::new();
    let mut first_message = Vec::new();
    for number in 1..=JOINS {
        let newcomer = world
            .person_with(&format!("Newcomer{number}"), Profile::Direct)
            .await?;
        newcomer.runs_in_every_page(JOIN_AT_ONCE).await?;
        newcomer.open(&link).await?;
        let noted = |what: &'static str| noted(&newcomer, what);
        first_message.push(noted("message").await?);
        first_control.push(noted("control").await?);
        newcomer.close_browser().await?;
    }
    let (median, worst) = middle_and_worst(first_control);
    println!(
        "| opening an invite link on a fresh profile to the first usable control, {JOINS} times: median / worst | {median:.0} / {worst:.0} ms |"
    );
    let (median, worst) = middle_and_worst(first_message);
    println!(
        "| the same to the first message shown, name typed by a script: median / worst | {median:.0} / {worst:.0} ms |"
    );
    Ok(())
}

/// A moment that a page notes, in milliseconds since it was opened.
pub(crate) async fn noted(person: &Person, what: &str) -> Result<f64> {
    until(
        &format!("{} to note \"{what}\"", person.name()),
        async || {
            let noted = person
                .script(&format!("return window.noted?.['{what}'];"))
                .await?;
            Ok(noted.as_f64())
        },
    )
    .await
}

/// Median and 95th percentile.
pub(crate) fn spread(mut times: Vec<f64>) -> (f64, f64) {
    times.sort_by(f64::total_cmp);
    let at = |part: usize| {
        times
            .get(times.len() * part / 100)
            .copied()
            .unwrap_or_default()
    };
    (at(50), at(95))
}

/// Median and the longest.
pub(crate) fn middle_and_worst(mut times: Vec<f64>) -> (f64, f64) {
    times.sort_by(f64::total_cmp);
    let worst = times.last().copied().unwrap_or_default();
    (spread(times).0, worst)
}
