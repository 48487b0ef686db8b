//! A group with a long history, in the device's own storage: it opens at its end, and little of it is held at a time.
#![cfg(all(target_arch = "wasm32", target_os = "unknown"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// The stage can do more than is needed here.
#![allow(dead_code)]

#[path = "browser_long/measured.rs"]
mod measured;
#[path = "browser_ui/scene.rs"]
mod scene;
#[path = "browser_ui/stage.rs"]
mod stage;

use std::rc::Rc;

use discordopus::browser::storage::{self, DeviceStore, Opened};
use discordopus::runtime::serve_history;
use discordopus::ui::view_model::MAX_SHOWN;
use discordopus_core::chat::{Delivery, MessageView};
use discordopus_core::store::{Changes, RecordKey, Store as _, StoreName};
use discordopus_core::wire;
use futures::channel::mpsc;
use scene::{ADA, club, club_page, message, told};
use stage::Stage;
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Element, HtmlElement, window};

wasm_bindgen_test_configure!(run_in_browser);

/// Messages of the long history. Far more than are held in memory; `cargo xtask bench` takes ten times as many.
const MANY: u64 = 10_000;
/// What is looked for, in the midst of them.
const NEEDLE: u64 = 4_711;
/// Messages that are written at once.
const BATCH: u64 = 1_000;

/// The least that makes the log scroll: no test is about looks.
const STYLE: &str = "#log { block-size: 600px; overflow-y: auto; overflow-anchor: none; }";

fn said(number: u64) -> String {
    match number {
        NEEDLE => "the needle".to_owned(),
        _ => format!("line {number}."),
    }
}

fn line(number: u64) -> MessageView {
    message(number, ADA, &said(number), Delivery::Incoming)
}

/// Writes a history as the client writes one: into the encrypted database.
async fn with_history(name: &str, count: u64) -> DeviceStore {
    let (opened, _) = storage::open(name).await.unwrap();
    let Opened::Open(store) = opened else {
        panic!("locked");
    };
    for start in (0..count).step_by(BATCH as usize) {
        let mut changes = Changes::default();
        for number in start..count.min(start + BATCH) {
            let view = line(number);
            let place = RecordKey::named(Some(view.group), view.id.0);
            changes.put(StoreName::Places, place, wire::encode(&view.order));
            changes.put(StoreName::Messages, view.record_key(), view.encode_record());
        }
        store.apply(&changes).await.unwrap();
    }
    *store
}

/// The group's page over a history, answered as in the client's thread.
fn page_over(store: DeviceStore) -> Stage {
    let stage = Stage::running(&club_page(), [told(club())]);
    let (_, nobody) = mpsc::unbounded();
    let requests = stage.history.replace(nobody);
    spawn_local(serve_history(Rc::new(store), requests));
    let document = window().unwrap().document().unwrap();
    let style = document.create_element("style").unwrap();
    style.set_text_content(Some(STYLE));
    document.head().unwrap().append_child(&style).unwrap();
    stage
}

fn log() -> HtmlElement {
    let document = window().unwrap().document().unwrap();
    document.get_element_by_id("log").unwrap().unchecked_into()
}

fn rows() -> Vec<Element> {
    let document = window().unwrap().document().unwrap();
    let rows = document.query_selector_all("#log article").unwrap();
    let rows = (0..rows.length()).filter_map(|at| rows.item(at));
    rows.map(|row| row.unchecked_into()).collect()
}

/// The number of the first and of the last message that is drawn.
fn drawn() -> Option<(u64, u64)> {
    let number = |row: &Element| {
        let text = row.text_content()?;
        let (_, rest) = text.split_once("line ")?;
        rest.split('.').next()?.parse().ok()
    };
    let rows = rows();
    assert!(rows.len() <= MAX_SHOWN, "{} rows are drawn", rows.len());
    let mut numbers = rows.iter().filter_map(number);
    let first = numbers.next()?;
    Some((first, numbers.next_back().unwrap_or(first)))
}

fn is_at_end() -> bool {
    let log = log();
    log.scroll_height() - log.client_height() - log.scroll_top() < 40
}

/// Some frames, after which the log has settled, as it has for everybody who scrolls by hand.
async fn settled() {
    for _ in 0..4 {
        frame().await;
    }
}

/// The next frame.
async fn frame() {
    let next = js_sys::Promise::new(&mut |done, _| {
        window().unwrap().request_animation_frame(&done).unwrap();
    });
    JsFuture::from(next).await.unwrap();
}

async fn until_drawn(stage: &Stage, what: &str, holds: impl Fn(u64, u64) -> bool) {
    let look = || drawn().filter(|(first, last)| holds(*first, *last));
    let look = || look().map(|_| ());
    stage.until(look, || what.to_owned()).await;
}

#[wasm_bindgen_test]
async fn a_long_history_opens_at_its_end_and_is_walked_through_without_holding_it() {
    let stage = page_over(with_history("long", MANY).await);
    until_drawn(&stage, "the newest message", |_, last| last == MANY - 1).await;
    let at_end = || is_at_end().then_some(());
    stage.until(at_end, || "the end".to_owned()).await;

    // Up, further than what is held in memory.
    let mut first = drawn().unwrap().0;
    while first > MANY - 1_500 {
        log().set_scroll_top(0);
        until_drawn(&stage, "older messages", |now, _| now < first).await;
        settled().await;
        first = drawn().unwrap().0;
    }
    let last = drawn().unwrap().1;
    assert!(last < MANY - 1, "the newest are still drawn");

    // And down again, to the end.
    let mut last = last;
    while last < MANY - 1 {
        log().set_scroll_top(log().scroll_height());
        until_drawn(&stage, "newer messages", |_, now| now > last).await;
        settled().await;
        last = drawn().unwrap().1;
    }

    // Somewhere in the midst of it.
    stage.press("button", "Search").await;
    stage.type_into("Search messages", "NEEDLE").await;
    stage.submit("textbox", "Search messages").await;
    stage.press("button", "Ada: the needle").await;
    until_drawn(&stage, "what is around it", |first, last| {
        first < NEEDLE && NEEDLE < last
    })
    .await;
    let sought = || log().query_selector("article.sought").unwrap();
    let sought = stage.until(sought, || "the needle".to_owned()).await;
    let (place, frame) = (
        sought.get_bounding_client_rect(),
        log().get_bounding_client_rect(),
    );
    assert!(place.top() >= frame.top() && place.bottom() <= frame.bottom());

    // What arrives meanwhile doesn't move what is read, and the way back is one step.
    stage
        .bridge
        .on_event(discordopus_core::io::Event::Message(Box::new(line(MANY))));
    stage.press("button", "Jump to latest").await;
    stage.until(at_end, || "the end again".to_owned()).await;
    until_drawn(&stage, "the newest message", |_, last| last >= MANY - 1).await;
}
