//! What a call does outside of its screens, told by stand-ins for the parts of the browser that do it.

use discordopus::runtime::SoundEvent;
use discordopus_core::ids::{CallId, MemberId, Timestamp};
use discordopus_core::io::{CallMember, CallView, Event, Settings, Voice};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;

use super::scene::{ADA, CLUB, ME, club, club_page, told};
use super::stage::Stage;

/// A script that puts stand-ins in place, and one that takes them away when the value goes.
pub(crate) struct StandIn(&'static str);

impl StandIn {
    pub(crate) fn new(script: &str, undo: &'static str) -> Self {
        js_sys::eval(script).unwrap();
        Self(undo)
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        js_sys::eval(self.0).unwrap();
    }
}

/// What the stand-ins were asked for, in words.
pub(crate) fn noted() -> Vec<String> {
    let notes = js_sys::eval("globalThis.noted").unwrap();
    let notes: js_sys::Array = notes.unchecked_into();
    notes.iter().filter_map(|note| note.as_string()).collect()
}

pub(crate) async fn until_noted(stage: &Stage, wanted: &[&str]) {
    stage
        .until(
            || (noted() == wanted).then_some(()),
            || format!("{wanted:?}, noted were {:?}", noted()),
        )
        .await;
}

/// Notes the pitch of every tone. (The class itself was looked up when the page began.)
fn speakers() -> StandIn {
    StandIn::new(
        "globalThis.noted = [];
        const { start, stop } = AudioScheduledSourceNode.prototype;
        globalThis.realTones = { start, stop };
        AudioScheduledSourceNode.prototype.start = function () {
            globalThis.noted.push(String(Math.round(this.frequency.value)));
        };
        AudioScheduledSourceNode.prototype.stop = () => {};",
        "Object.assign(AudioScheduledSourceNode.prototype, globalThis.realTones);",
    )
}

pub(crate) fn call(joined: bool, ringing: bool, people: &[MemberId]) -> Event {
    let person = |id: &MemberId| CallMember {
        member: *id,
        voice: Voice::default(),
        hears: Vec::new(),
        link: None,
    };
    Event::Call {
        group: CLUB,
        call: Some(Box::new(CallView {
            id: CallId([6; 16]),
            started_by: ADA,
            started: Timestamp(1),
            ringing,
            joined,
            people: people.iter().map(person).collect(),
        })),
    }
}

pub(crate) fn voice(inside: bool) -> SoundEvent {
    SoundEvent::Voice {
        call: inside.then_some(CLUB),
        voice: Voice::default(),
        problem: None,
    }
}

fn sounds(on: bool) -> Event {
    Event::Settings(Box::new(Settings {
        sounds: on,
        ..Settings::default()
    }))
}

const RING: [&str; 4] = ["587", "784", "587", "784"];
const COME: [&str; 2] = ["523", "659"];
const GO: [&str; 2] = ["523", "392"];

#[wasm_bindgen_test]
async fn an_incoming_call_rings_unless_sounds_are_off() {
    let _speakers = speakers();
    let stage = Stage::running(&club_page(), [told(club()), sounds(false)]);
    let card = "Club: call started by Ada";
    stage.bridge.on_event(call(false, true, &[ADA]));
    stage.find("alertdialog", card).await;
    assert_eq!(noted(), [] as [&str; 0]);
    stage.bridge.on_event(sounds(true));
    until_noted(&stage, &RING).await;
}

#[wasm_bindgen_test]
async fn coming_and_going_is_heard_by_those_in_the_call() {
    let _speakers = speakers();
    let stage = Stage::running(&club_page(), [told(club())]);
    // Not by those outside.
    stage.bridge.on_event(call(false, false, &[ADA]));
    stage.find("status", "1 person is in a call").await;
    stage
        .bridge
        .on_event(call(false, false, &[ADA, MemberId([3; 32])]));
    stage.find("status", "2 people are in a call").await;
    assert_eq!(noted(), [] as [&str; 0]);
    stage.bridge.on_event(call(true, false, &[ME]));
    stage.bridge.on_sound(voice(true));
    until_noted(&stage, &COME).await;
    stage.bridge.on_event(call(true, false, &[ME, ADA]));
    until_noted(&stage, &[COME, COME].concat()).await;
    stage.bridge.on_event(call(true, false, &[ME]));
    until_noted(&stage, &[COME, COME, GO].concat()).await;
    stage.bridge.on_event(sounds(false));
    stage.bridge.on_event(call(true, false, &[ME, ADA]));
    let list = stage.find("list", "In this call").await;
    let there = || list.text_content()?.contains("Ada").then_some(());
    stage.until(there, || "Ada in the list".to_owned()).await;
    assert_eq!(noted().len(), 6);
}

#[wasm_bindgen_test]
async fn the_screen_stays_on_during_a_call() {
    let _lock = StandIn::new(
        "globalThis.noted = [];
        Object.defineProperty(navigator, 'wakeLock', { configurable: true, value: {
            request: kind => {
                globalThis.noted.push(kind);
                const release = () => globalThis.noted.push('released');
                return Promise.resolve({ release });
            },
        } });",
        "delete navigator.wakeLock;",
    );
    let stage = Stage::running(&club_page(), [told(club())]);
    stage.find("button", "Start call").await;
    assert_eq!(noted(), [] as [&str; 0]);
    stage.bridge.on_sound(voice(true));
    until_noted(&stage, &["screen"]).await;
    stage.bridge.on_sound(voice(false));
    until_noted(&stage, &["screen", "released"]).await;
}
