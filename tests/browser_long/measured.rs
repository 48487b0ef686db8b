//! What a long history costs, for `cargo xtask bench`: the first screen of it, scrolling, and typing while much arrives.

use discordopus_core::io::Event;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{console_log, wasm_bindgen_test};

use super::stage::Stage;
use super::{frame, line, log, page_over, until_drawn, window, with_history};

/// Messages of the long history.
const MANY: u64 = 100_000;
/// And of a short one, beside it.
const FEW: u64 = 10;
/// Frames of which each scrolls on.
const FRAMES: u32 = 600;
/// Pixels that each of them scrolls: a quick flick.
const STEP: i32 = 120;
/// A frame that takes longer than this was dropped, in milliseconds, at 60 a second.
const DROPPED: f64 = 25.0;
/// Messages that arrive while somebody types, one every 20 ms.
const ARRIVING: u64 = 500;

fn now() -> f64 {
    window().unwrap().performance().unwrap().now()
}

/// How long the first screen of a history takes, from the running client to its newest message.
async fn opening(name: &str, count: u64) -> (Stage, f64) {
    let store = with_history(name, count).await;
    let started = now();
    let stage = page_over(store);
    until_drawn(&stage, "the newest message", |_, last| last == count - 1).await;
    (stage, now() - started)
}

fn sorted(mut times: Vec<f64>) -> Vec<f64> {
    times.sort_by(f64::total_cmp);
    times
}

#[wasm_bindgen_test]
#[ignore = "a measurement, for `cargo xtask bench`"]
async fn what_a_long_history_costs() {
    let (stage, short) = opening("measured-short", FEW).await;
    drop(stage);
    let started = now();
    let (stage, long) = opening("measured-long", MANY).await;
    let written = now() - started - long;
    console_log!("{MANY} messages written into the storage in {written:.0} ms");
    console_log!("a group opened, {FEW} messages / {MANY}: {short:.0} / {long:.0} ms");

    let mut took = Vec::new();
    let mut before = now();
    for _ in 0..FRAMES {
        let log = log();
        log.set_scroll_top(log.scroll_top() - STEP);
        frame().await;
        took.push(now() - before);
        before = now();
    }
    let dropped = took.iter().filter(|it| **it > DROPPED).count();
    let took = sorted(took);
    let worst = took[took.len() - 1];
    console_log!(
        "scrolling up through it, {FRAMES} frames: {dropped} dropped, the longest {worst:.0} ms"
    );

    stage.press("button", "Jump to latest").await;
    until_drawn(&stage, "the end", |_, last| last == MANY - 1).await;
    let bridge = std::rc::Rc::new(stage);
    let teller = bridge.clone();
    let told = std::rc::Rc::new(std::cell::Cell::new(0));
    let counter = told.clone();
    let tell = Closure::<dyn FnMut()>::new(move || {
        if counter.get() < ARRIVING {
            let view = line(MANY + counter.replace(counter.get() + 1));
            teller.bridge.on_event(Event::Message(Box::new(view)));
        }
    });
    let every = window()
        .unwrap()
        .set_interval_with_callback_and_timeout_and_arguments_0(tell.as_ref().unchecked_ref(), 20)
        .unwrap();
    let mut waited = Vec::new();
    let mut text = String::new();
    while told.get() < ARRIVING {
        text.push('a');
        let started = now();
        bridge.type_into("Message", &text).await;
        frame().await;
        // Behind the frame in which it is drawn.
        let painted = js_sys::Promise::resolve(&JsValue::NULL);
        JsFuture::from(painted).await.unwrap();
        waited.push(now() - started);
    }
    window().unwrap().clear_interval_with_handle(every);
    let waited = sorted(waited);
    let (median, p95) = (waited[waited.len() / 2], waited[waited.len() * 95 / 100]);
    console_log!(
        "a letter typed while 50 messages a second arrive, to its frame, {} letters: median / p95 {median:.0} / {p95:.0} ms",
        waited.len()
    );
}
