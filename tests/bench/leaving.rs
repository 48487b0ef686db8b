//! How long somebody who is in a call no more is still on the others' screens.

use crate::harness::{Person, Profile, Uses, World, all_hear_each_other, story, until};
use anyhow::{Context as _, Result};
use std::time::{SystemTime, UNIX_EPOCH};

const GROUP: &str = "Farewell";
/// How often each end is timed; the middle one counts.
const ROUNDS: usize = 5;

/// Notes when the third row of the people in the call goes.
const NOTE_GONE: &str = "
    window.gone = null;
    const rows = () => document.querySelectorAll('[aria-label=\"In this call\"] > li').length;
    const look = () => {
        if (rows() < 3) {
            window.gone = performance.timeOrigin + performance.now();
        } else {
            setTimeout(look, 5);
        }
    };
    look();
";

/// How somebody's part in a call ends.
#[derive(Clone, Copy)]
enum End {
    /// As one closes a tab.
    Closed,
    /// The tab's process ends without a word.
    Killed,
    /// The tab's process stands still; sockets stay open.
    Frozen,
}

/// Measures it and prints it.
pub(crate) fn measure() {
    story("leaving", async |world| {
        let [ada, ben, cyn] = in_call(world).await?;
        for (end, what) in [
            (End::Closed, "a closed tab is gone from the others' screens"),
            (End::Killed, "a killed one"),
            (End::Frozen, "a frozen one"),
        ] {
            let mut times = Vec::new();
            for _ in 0..ROUNDS {
                times.push(gone_after(end, [&ada, &ben], &cyn).await?);
            }
            times.sort_by(f64::total_cmp);
            println!(
                "| {what} after, {ROUNDS} times: median / worst | {:.2} / {:.2} s |",
                times[times.len() / 2],
                times[times.len() - 1],
            );
        }
        Ok(())
    });
}

/// Three people in a call.
async fn in_call(world: &World) -> Result<[Person; 3]> {
    let mut people = Vec::new();
    for (name, pitch) in [("Ada", 440), ("Ben", 940), ("Cyn", 1_500)] {
        people.push(world.person_with(name, Profile::Voice(pitch)).await?);
    }
    people[0].create_group(GROUP).await?;
    let link = people[0].invite_link(Uses::Several).await?;
    for person in &people[1..] {
        person.join(&link, GROUP).await?;
    }
    people[0].starts_a_call().await?;
    for person in &people[1..] {
        person.joins_the_call().await?;
    }
    all_hear_each_other(&people.iter().collect::<Vec<_>>()).await?;
    <[Person; 3]>::try_from(people)
        .ok()
        .context("three were made")
}

/// Ends Cyn's part, and tells after how many seconds the last one sees it; then brings Cyn back.
async fn gone_after(end: End, left: [&Person; 2], cyn: &Person) -> Result<f64> {
    let everybody = [left[0], left[1], cyn];
    for person in left {
        person.script(NOTE_GONE).await?;
    }
    let mut frozen = None;
    let began = match end {
        End::Closed => {
            let tab = cyn.tab().await?;
            cyn.open_tab().await?;
            let blank = cyn.tab().await?;
            cyn.switch_to(&tab).await?;
            let began = now()?;
            cyn.close_tab().await?;
            cyn.switch_to(&blank).await?;
            began
        }
        End::Killed => {
            let began = now()?;
            cyn.kill_pages()?;
            began
        }
        End::Frozen => {
            let began = now()?;
            frozen = Some(cyn.freeze()?);
            began
        }
    };
    let mut last = 0.0_f64;
    for person in left {
        let what = format!("{} to see Cyn go", person.name());
        let gone = until(&what, async || {
            Ok(person.script("return window.gone;").await?.as_f64())
        })
        .await?;
        last = last.max(gone - began);
    }
    drop(frozen);
    match end {
        // It is in again by itself once it goes on.
        End::Frozen => {}
        End::Closed | End::Killed => {
            if matches!(end, End::Killed) {
                cyn.kill_browser().await?;
                cyn.open_browser().await?;
            }
            cyn.open_group(GROUP).await?;
            cyn.joins_the_call().await?;
        }
    }
    for person in everybody {
        person.sees_in_call(&everybody).await?;
    }
    all_hear_each_other(&everybody).await?;
    Ok(last / 1_000.0)
}

/// In milliseconds, as pages count.
fn now() -> Result<f64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64() * 1_000.0)
}
