//! Playing what others say, in a real browser: volumes, deafening, and a browser that waits for a press.
#![cfg(all(target_arch = "wasm32", target_os = "unknown"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::cell::RefCell;
use std::rc::Rc;

use discordopus::browser::audio::Speakers;
use discordopus::browser::clock;
use discordopus_core::ids::{LinkId, MemberId};
use discordopus_core::sorted::Map;
use js_sys::{Array, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{HtmlAudioElement, MediaStream};

wasm_bindgen_test_configure!(run_in_browser);

const ADA: MemberId = MemberId([1; 32]);
const BEN: MemberId = MemberId([2; 32]);

/// Keeps the audio elements that the page makes, until dropped; they play only while `pressed`.
struct Elements {
    original: JsValue,
}

impl Elements {
    fn kept() -> Self {
        let original = js_sys::eval(
            "globalThis.elements = [];
             globalThis.pressed = true;
             const original = globalThis.Audio;
             globalThis.Audio = function () {
                 const element = new original();
                 const play = element.play.bind(element);
                 element.play = () => globalThis.pressed
                     ? play()
                     : Promise.reject(new DOMException('not yet', 'NotAllowedError'));
                 globalThis.elements.push(element);
                 return element;
             };
             original",
        )
        .unwrap();
        Self { original }
    }

    fn element(&self, number: u32) -> HtmlAudioElement {
        let elements = Reflect::get(&js_sys::global(), &"elements".into()).unwrap();
        elements
            .unchecked_into::<Array>()
            .get(number)
            .unchecked_into()
    }

    fn press(&self, pressed: bool) {
        Reflect::set(&js_sys::global(), &"pressed".into(), &pressed.into()).unwrap();
    }
}

impl Drop for Elements {
    fn drop(&mut self) {
        Reflect::set(&js_sys::global(), &"Audio".into(), &self.original).unwrap();
    }
}

fn volumes(list: &[(MemberId, u16)]) -> Map<MemberId, u16> {
    Map::from_iter(list.iter().copied())
}

#[wasm_bindgen_test]
fn each_person_is_played_at_an_own_volume() {
    let elements = Elements::kept();
    let speakers = Speakers::new(|_| {});
    speakers.set_volumes(volumes(&[(ADA, 40)]));
    speakers.play(LinkId(1), ADA, MediaStream::new().unwrap());
    speakers.play(LinkId(2), BEN, MediaStream::new().unwrap());
    assert_eq!(elements.element(0).volume(), 0.4);
    assert_eq!(elements.element(1).volume(), 1.0);
    speakers.set_volumes(volumes(&[(BEN, 0)]));
    assert_eq!(elements.element(0).volume(), 1.0);
    assert_eq!(elements.element(1).volume(), 0.0);
}

#[wasm_bindgen_test]
fn deafened_everything_is_silent_also_what_begins_meanwhile() {
    let elements = Elements::kept();
    let speakers = Speakers::new(|_| {});
    speakers.play(LinkId(1), ADA, MediaStream::new().unwrap());
    assert!(!elements.element(0).muted());
    speakers.set_deafened(true);
    speakers.play(LinkId(2), BEN, MediaStream::new().unwrap());
    assert!(elements.element(0).muted() && elements.element(1).muted());
    speakers.set_deafened(false);
    assert!(!elements.element(0).muted() && !elements.element(1).muted());
}

#[wasm_bindgen_test]
fn what_has_ended_is_let_go() {
    let elements = Elements::kept();
    let speakers = Speakers::new(|_| {});
    speakers.play(LinkId(1), ADA, MediaStream::new().unwrap());
    assert!(elements.element(0).src_object().is_some());
    speakers.stop(LinkId(1));
    assert!(elements.element(0).src_object().is_none());
    // A second stream of one link takes the first one's place.
    speakers.play(LinkId(1), ADA, MediaStream::new().unwrap());
    speakers.play(LinkId(1), ADA, MediaStream::new().unwrap());
    assert!(elements.element(1).src_object().is_none());
    assert!(elements.element(2).src_object().is_some());
}

#[wasm_bindgen_test]
async fn a_browser_that_waits_for_a_press_is_told_about_and_plays_after_one() {
    let elements = Elements::kept();
    let told = Rc::new(RefCell::new(Vec::new()));
    let tells = told.clone();
    let speakers = Speakers::new(move |blocked| tells.borrow_mut().push(blocked));
    elements.press(false);
    speakers.play(LinkId(1), ADA, MediaStream::new().unwrap());
    while told.borrow().is_empty() {
        clock::sleep_until(clock::now().plus(5)).await;
    }
    assert_eq!(*told.borrow(), [true]);
    assert!(elements.element(0).paused());
    elements.press(true);
    speakers.try_again();
    assert_eq!(*told.borrow(), [true, false]);
    assert!(!elements.element(0).paused());
}
