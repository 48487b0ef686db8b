//! What a busy conversation costs the whole app: a letter that is typed meanwhile, and memory after hours of it.

use crate::harness::{Profile, Uses, World, names, story};
use crate::long::{FIRST, REPEAT};
use crate::native::spread;
use anyhow::Result;
use std::time::{Duration, Instant};

const GROUP: &str = "Archive";
/// An hour's messages, at one a second, and how many hours are measured.
const HOUR: u32 = 3_600;
const HOURS: u32 = 2;
/// Notes how long each letter takes from the keyboard to its frame.
const NOTE_LETTERS: &str = "
    window.letters = [];
    addEventListener('keydown', ({ timeStamp }) => requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => letters.push(performance.now() - timeStamp);
        port2.postMessage(null);
    }), { capture: true });
";

/// Measures it and prints it.
pub(crate) fn measure() {
    story("busy_hours", busy_hours);
}

/// Hours of a conversation in a few minutes: 50 messages a second are sent, as far as the machine can, while somebody types.
async fn busy_hours(world: &World) -> Result<()> {
    let (ada, ben) = tokio::try_join!(
        world.person_with("Ada", Profile::Direct),
        world.person_with("Ben", Profile::Direct)
    )?;
    ada.runs_in_every_page(REPEAT).await?;
    ada.create_group(GROUP).await?;
    let link = ada.invite_link(Uses::Several).await?;
    ben.join(&link, GROUP).await?;
    ada.sees_members(&["Ada", "Ben"]).await?;
    ada.writes(FIRST).await?;
    ben.sees_message(FIRST, "Ada").await?;
    ben.script(NOTE_LETTERS).await?;
    let composer = ben.element("textbox", names::MESSAGE).await?;
    // Nothing is drawn of what she says: the machine has enough to do with his page.
    ada.script("location.hash = '#/settings';").await?;
    let mut memory = vec![ben.memory().await?];
    let mut took = Duration::ZERO;
    for hour in 0..HOURS {
        let began = Instant::now();
        let (from, to) = (hour * HOUR + 1, (hour + 1) * HOUR);
        ada.script(&format!(
            "let next = {from}; const all = setInterval(() => {{ if (next > {to}) clearInterval(all); else say(next++); }}, 20);"
        ))
        .await?;
        let last = format!("line {to:06}");
        let look =
            format!("return document.querySelector('[role=log]').textContent.includes('{last}');");
        while ben.script(&look).await? != true {
            composer.send_keys("a").await?;
        }
        took += began.elapsed();
        composer.clear().await?;
        memory.push(ben.memory().await?);
    }
    let letters = ben.script("return letters;").await?;
    let letters: Vec<f64> = serde_json::from_value(letters)?;
    let count = letters.len();
    let (median, p95) = spread(letters);
    let rate = f64::from(HOURS * HOUR) / took.as_secs_f64();
    println!(
        "| a letter typed while {rate:.0} messages a second arrive from another browser, to its frame, {count} letters: median / p95 | {median:.0} / {p95:.0} ms |"
    );
    let megabytes: Vec<String> = memory.iter().map(|it| format!("{:.0}", it / 1e6)).collect();
    println!(
        "| memory of the page and its client at first, and after each of {HOURS} hours at one message a second ({HOUR} an hour) | {} MB |",
        megabytes.join(" / ")
    );
    Ok(())
}
