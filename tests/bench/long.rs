//! What a long history costs the whole app when it starts.
//!
//! Messages are said by the real client: a script in the page repeats what the page told it when one was sent by hand, with
//! another number in the text.

use crate::harness::{Person, Profile, World, story, until};
use crate::native::{middle_and_worst, noted};
use anyhow::Result;

const GROUP: &str = "Archive";
/// Messages of the long history.
const MANY: u32 = 100_000;
/// How often a start is timed.
const STARTS: usize = 5;
/// What is sent by hand, and repeated.
pub(crate) const FIRST: &str = "line 000000";

/// Lets a page repeat a message that was sent by hand: `say(number)`.
pub(crate) const REPEAT: &str = "
    let said = null;
    const post = MessagePort.prototype.postMessage;
    MessagePort.prototype.postMessage = function (messages, ...rest) {
        for (const message of Array.isArray(messages) ? messages : []) {
            const at = new TextDecoder('latin1').decode(message).indexOf('line 000000');
            if (at >= 0) said = { port: this, bytes: message.slice(), at: at + 5 };
        }
        return post.call(this, messages, ...rest);
    };
    window.say = (number) => {
        const bytes = said.bytes.slice();
        bytes.set(new TextEncoder().encode(String(number).padStart(6, '0')), said.at);
        post.call(said.port, [bytes], [bytes.buffer]);
    };
";

/// Says many messages one after the other, each as soon as most before it are stored.
const FILL: &str = "
    const many = MANY, ahead = 500;
    window.filled = 0;
    (async () => {
        const answer = (request) => new Promise((done, fail) => {
            request.onsuccess = () => done(request.result);
            request.onerror = () => fail(request.error);
        });
        const [{ name }] = await indexedDB.databases();
        const database = await answer(indexedDB.open(name));
        let told = 1;
        while (filled < many) {
            filled = await answer(database.transaction('messages').objectStore('messages').count());
            while (told < Math.min(many, filled + ahead)) say(told++);
            await new Promise((done) => setTimeout(done, 20));
        }
        database.close();
    })();
";

/// Notes when the first control of a group's page, and of the list of groups, can be used, and when its end is shown.
const NOTE_START: &str = "
    const noted = (window.noted = {});
    const note = (what, found) => { if (found) noted[what] ??= performance.now(); };
    const look = () => {
        note('name', document.getElementById('your-name'));
        note('group', document.querySelector('nav a[href^=\"#/\"]'));
        note('composer', document.querySelector('textarea:not([disabled])'));
        note('end', document.querySelector('[role=log] article'));
    };
    new MutationObserver(look).observe(document, { childList: true, subtree: true });
";

/// Frames of which each scrolls on.
const FRAMES: u32 = 600;
/// Pixels that each of them scrolls: a quick flick.
const STEP: u32 = 120;
/// How long a frame is, in milliseconds, at 60 a second.
const FRAME: f64 = 1_000.0 / 60.0;

/// Scrolls up through the log, and notes when each frame begins.
const SCROLL: &str = "
    window.began = null;
    (async () => {
        const log = document.querySelector('[role=log]');
        const frame = () => new Promise(requestAnimationFrame);
        const noted = [await frame()];
        while (noted.length <= FRAMES) {
            log.scrollTop -= STEP;
            noted.push(await frame());
        }
        window.began = noted;
    })();
";

/// Measures it and prints it.
pub(crate) fn measure() {
    story("first_start", first_start);
    story("long_history", long_history);
}

async fn first_start(world: &World) -> Result<()> {
    let mut times = Vec::new();
    for number in 0..STARTS {
        let name = format!("Newcomer{number}");
        let person = world.person_with(&name, Profile::Direct).await?;
        person.runs_in_every_page(NOTE_START).await?;
        person.open(&person.app()).await?;
        times.push(noted(&person, "name").await?);
        person.close_browser().await?;
    }
    let (median, worst) = middle_and_worst(times);
    println!(
        "| opening the app on an empty profile to the first usable control, {STARTS} times: median / worst | {median:.0} / {worst:.0} ms |"
    );
    Ok(())
}

async fn long_history(world: &World) -> Result<()> {
    let ada = world.person_with("Ada", Profile::Direct).await?;
    ada.create_group(GROUP).await?;
    ada.writes("hello").await?;
    let group = ada.script("return location.href;").await?;
    let group = group.as_str().unwrap_or_default().to_owned();
    let short = starts(&ada, &group).await?;
    ada.runs_in_every_page(REPEAT).await?;
    ada.open(&ada.app()).await?;
    ada.choose_group(GROUP).await?;
    ada.writes(FIRST).await?;
    // Nothing is drawn of what is said while another page is shown.
    ada.script("location.hash = '#/settings';").await?;
    ada.script(&FILL.replace("MANY", &MANY.to_string())).await?;
    let mut before = 0;
    while before < MANY {
        let what = format!("more than {before} messages");
        before = until(&what, async || {
            let filled = ada.script("return window.filled;").await?;
            let filled = filled.as_u64().and_then(|it| u32::try_from(it).ok());
            Ok(filled.filter(|filled| *filled > before))
        })
        .await?;
    }
    let long = starts(&ada, &group).await?;
    scrolled(&ada).await?;
    for (what, short, long) in [
        ("to its group in the list", short.group, long.group),
        ("to a field for a message", short.composer, long.composer),
        ("to its newest message", short.end, long.end),
    ] {
        println!(
            "| opening the browser and the app {what}, with 1 message / {MANY}, median of {STARTS} | {short:.0} / {long:.0} ms |"
        );
    }
    Ok(())
}

/// Scrolls up from the end of the group that is shown.
async fn scrolled(person: &Person) -> Result<()> {
    let script = SCROLL
        .replace("FRAMES", &FRAMES.to_string())
        .replace("STEP", &STEP.to_string());
    person.script(&script).await?;
    let began = until("the log to be scrolled through", async || {
        let began = person.script("return window.began;").await?;
        Ok((!began.is_null()).then_some(began))
    })
    .await?;
    let began: Vec<f64> = serde_json::from_value(began)?;
    let took = began.windows(2).map(|pair| pair[1] - pair[0]);
    let took: Vec<f64> = took.collect();
    let dropped: f64 = took
        .iter()
        .map(|it| ((it / FRAME).round() - 1.0).max(0.0))
        .sum();
    let longest = took.iter().copied().fold(0.0, f64::max);
    println!(
        "| scrolling up through {MANY} messages, {STEP} pixels a frame, {FRAMES} frames: dropped beside them / the longest time between two | {dropped:.0} / {longest:.0} ms |"
    );
    Ok(())
}

/// Median times of a start.
struct Starts {
    group: f64,
    composer: f64,
    end: f64,
}

/// Opens a profile's browser again and again. A device that keeps the app opens it without the relay, as always but the first time.
async fn starts(person: &Person, group: &str) -> Result<Starts> {
    let (mut groups, mut composers, mut ends) = (Vec::new(), Vec::new(), Vec::new());
    let keeps = "return Boolean(navigator.serviceWorker.controller);";
    until("the device to keep the app", async || {
        Ok((person.script(keeps).await? == true).then_some(()))
    })
    .await?;
    for _ in 0..STARTS {
        person.close_browser().await?;
        person.open_browser().await?;
        person.runs_in_every_page(NOTE_START).await?;
        person.open(group).await?;
        ends.push(noted(person, "end").await?);
        groups.push(noted(person, "group").await?);
        composers.push(noted(person, "composer").await?);
    }
    Ok(Starts {
        group: middle_and_worst(groups).0,
        composer: middle_and_worst(composers).0,
        end: middle_and_worst(ends).0,
    })
}
