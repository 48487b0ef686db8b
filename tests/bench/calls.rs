//! What calls cost: until everybody is heard, on the wire, and on the processor; beside the same call without an app.

use crate::harness::world::story_with;
use crate::harness::{Person, Profile, Uses, World, story, until};
use anyhow::{Context as _, Result};
use std::time::Duration;

const GROUP: &str = "Stopwatch";
/// How often a join is timed; the middle one counts.
const JOINS: usize = 7;
/// How long is measured what goes out and what works.
const WINDOW: Duration = Duration::from_secs(40);
/// A page without an app; a click wakes its sound.
const PAGE: &str = "<!DOCTYPE html><title>Call</title><button>Wake</button>";

/// Connections without an app, each by a name: with what a browser does of itself.
const BARE: &str = "
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    window.peers = {};
    const described = async (peer) => {
        await peer.setLocalDescription();
        while (peer.iceGatheringState !== 'complete') {
            await new Promise((done) => setTimeout(done, 5));
        }
        return peer.localDescription.toJSON();
    };
    const made = (name) => {
        const peer = (peers[name] = new RTCPeerConnection());
        peer.ontrack = ({ track }) => {
            const element = (peer.element = new Audio());
            element.srcObject = new MediaStream([track]);
            element.play();
        };
        peer.addTrack(stream.getAudioTracks()[0]);
        return peer;
    };
    window.offer = (name) => described(made(name));
    window.answer = async (name, offer) => {
        const peer = made(name);
        await peer.setRemoteDescription(offer);
        return described(peer);
    };
    window.take = (name, answer) => peers[name].setRemoteDescription(answer);
";

/// Measures how soon everybody is heard, and prints it.
pub(crate) fn measure_joining() {
    story("joining_calls", joining);
}

/// Measures what calls cost, and prints it.
pub(crate) fn measure_cost() {
    let page = tempfile::tempdir().expect("a folder");
    std::fs::write(page.path().join("index.html"), PAGE).expect("a page");
    for people in [4, 5] {
        let mut ours = None;
        let mut bare = None;
        story("cost_of_calls", async |world| {
            ours = Some(cost(&in_call(world, people).await?).await?);
            Ok(())
        });
        story_with(
            page.path().to_owned(),
            "cost_of_bare_calls",
            async |world| {
                bare = Some(cost(&in_bare_call(world, people).await?).await?);
                Ok(())
            },
        );
        let (Some(ours), Some(bare)) = (ours, bare) else {
            continue;
        };
        println!(
            "| a call of {people} who talk with pauses, each stream on the wire: ours / a bare mesh | {:.1} / {:.1} kbit/s |",
            ours.kilobits, bare.kilobits
        );
        println!(
            "| the same, of one core for each person: ours / a bare mesh, times it | {:.1} / {:.1} %, {:.2} |",
            ours.work * 100.0,
            bare.work * 100.0,
            ours.work / bare.work
        );
    }
}

/// So many people in a group.
async fn group(world: &World, profile: fn(u8) -> Profile, people: usize) -> Result<Vec<Person>> {
    let mut all: Vec<Person> = Vec::new();
    for number in 0..u8::try_from(people)? {
        let name = format!("Person{number}");
        all.push(world.person_with(&name, profile(number)).await?);
    }
    all[0].create_group(GROUP).await?;
    let link = all[0].invite_link(Uses::Several).await?;
    for person in &all[1..] {
        person.join(&link, GROUP).await?;
    }
    let names: Vec<&str> = all.iter().map(Person::name).collect();
    for person in &all {
        person.sees_members(&names).await?;
    }
    Ok(all)
}

/// Notes when "Join call" is pressed.
const NOTE_PRESS: &str = "
    addEventListener('click', (event) => {
        if (event.target.closest('button')?.textContent.includes('Join call')) {
            window.pressed = performance.timeOrigin + performance.now();
        }
    }, { capture: true });
";

async fn joining(world: &World) -> Result<()> {
    let voices = |number: u8| Profile::Hum(440 + 510 * u32::from(number));
    let all = group(world, voices, 4).await?;
    for person in &all {
        person.script(NOTE_PRESS).await?;
    }
    for people in [2, 4] {
        let all = &all[..people];
        all[0].starts_a_call().await?;
        for person in &all[1..people - 1] {
            person.joins_the_call().await?;
        }
        let newest = &all[people - 1];
        let mut times = Vec::new();
        for _ in 0..JOINS {
            newest
                .sees_in_call(&all[..people - 1].iter().collect::<Vec<_>>())
                .await?;
            for person in all {
                let waits = format!(
                    "window.heard = null; void ear.hears({}).then((at) => {{ heard = at; }});",
                    people - 1
                );
                // Those in the call hear each other already; only the newest one is awaited.
                person.script(&waits).await?;
            }
            newest.joins_the_call().await?;
            let mut last = 0.0_f64;
            for person in all {
                last = last.max(noted(person, "heard").await?);
            }
            times.push(last - noted(newest, "pressed").await?);
            newest.leaves_the_call().await?;
        }
        times.sort_by(f64::total_cmp);
        println!(
            "| from pressing \"Join call\" to everybody heard, call of {people}, {JOINS} times: median / worst | {:.0} / {:.0} ms |",
            times[times.len() / 2],
            times[times.len() - 1],
        );
        for person in &all[..people - 1] {
            person.leaves_the_call().await?;
        }
    }
    Ok(())
}

async fn noted(person: &Person, what: &str) -> Result<f64> {
    let wanted = format!("{} to note \"{what}\"", person.name());
    until(&wanted, async || {
        let noted = person.script(&format!("return window.{what};")).await?;
        Ok(noted.as_f64())
    })
    .await
}

async fn in_call(world: &World, people: usize) -> Result<Vec<Person>> {
    let all = group(world, Profile::Talk, people).await?;
    all[0].starts_a_call().await?;
    for (before, person) in all.iter().enumerate().skip(1) {
        person
            .sees_in_call(&all[..before].iter().collect::<Vec<_>>())
            .await?;
        if before < 4 {
            person.joins_the_call().await?;
        } else {
            person.joins_the_crowd(before + 1).await?;
        }
    }
    for person in &all {
        person.is_connected_to_all(people - 1).await?;
    }
    Ok(all)
}

async fn in_bare_call(world: &World, people: usize) -> Result<Vec<Person>> {
    let mut all = Vec::new();
    for number in 0..u8::try_from(people)? {
        let name = format!("Person{number}");
        let person = world.person_with(&name, Profile::Talk(number)).await?;
        person.open(&person.app()).await?;
        person.click("button", "Wake").await?;
        person
            .script(&format!("return (async () => {{ {BARE} }})();"))
            .await?;
        all.push(person);
    }
    for (one, caller) in all.iter().enumerate() {
        for (other, callee) in all.iter().enumerate().skip(one + 1) {
            let offer = caller.script(&format!("return offer({other});")).await?;
            let answer = callee
                .script(&format!("return answer({one}, {offer});"))
                .await?;
            caller
                .script(&format!("return take({other}, {answer});"))
                .await?;
        }
    }
    Ok(all)
}

/// What a call costs each person.
struct Cost {
    /// What each stream takes on the wire, a second.
    kilobits: f64,
    /// How much of a core each person's browser takes.
    work: f64,
}

async fn cost(people: &[Person]) -> Result<Cost> {
    // Every stream runs, and the first seconds are over, in which a browser finds out how much it may send.
    for person in people {
        until(&format!("{} to send to all", person.name()), async || {
            let (streams, _) = sent(person).await?;
            Ok((streams == people.len() - 1).then_some(()))
        })
        .await?;
    }
    tokio::time::sleep(Duration::from_secs(5)).await;
    let mut before = Vec::new();
    for person in people {
        before.push((sent(person).await?.1, person.work()?));
    }
    tokio::time::sleep(WINDOW).await;
    let (mut bytes, mut work) = (0.0, 0.0);
    for (person, (sent_before, worked_before)) in people.iter().zip(before) {
        bytes += sent(person).await?.1 - sent_before;
        work += person.work()? - worked_before;
    }
    let seconds = WINDOW.as_secs_f64();
    let each = people.len() as f64;
    Ok(Cost {
        kilobits: bytes * 8.0 / 1000.0 / seconds / (each * (each - 1.0)),
        work: work / seconds / each,
    })
}

/// How many streams a page sends, and how many bytes it has sent.
async fn sent(person: &Person) -> Result<(usize, f64)> {
    let sent = person.script("return ear.sent();").await?;
    let figure = |what: &str| sent[what].as_f64().with_context(|| sent.to_string());
    Ok((figure("streams")? as usize, figure("bytes")?))
}
