//! Moving in the log while rows come: what the person does counts, and what they read stays where it is.

use discordopus::runtime::{Query, Reply};
use discordopus::ui::view_model::PAGE;
use discordopus_core::chat::{Delivery, MessageView};
use discordopus_core::io::Event;
use wasm_bindgen::JsCast as _;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Element, HtmlElement};

use super::answer_history;
use super::reading::small;
use super::scene::{ADA, club, club_page, message, told};
use super::stage::Stage;

/// The number of the newest message of a log that is longer than its frame.
const NEWEST: u64 = 200;

fn line(number: u64) -> MessageView {
    let text = format!("line {number}.");
    message(number, ADA, &text, Delivery::Incoming)
}

/// A page of the history that ends with this message.
fn page_to(newest: u64) -> Vec<MessageView> {
    let oldest = newest + 1 - PAGE as u64;
    (oldest..=newest).rev().map(line).collect()
}

/// The log at its end, after its first page was read.
async fn at_end() -> (Stage, Element) {
    let stage = Stage::running(&club_page(), [told(club())]);
    small(&stage).await;
    answer_history(&stage, page_to(NEWEST)).await;
    stage.see("line 200.").await;
    let log = stage.element("#log");
    let is_there = || (to_end(&log) < 2).then_some(());
    stage.until(is_there, || "the end".to_owned()).await;
    stage.settles().await;
    (stage, log)
}

fn to_end(log: &Element) -> i32 {
    log.scroll_height() - log.client_height() - log.scroll_top()
}

fn row(stage: &Stage, number: u64) -> Element {
    let id = line(number).id;
    let part = u64::from_be_bytes(id.0[..8].try_into().unwrap());
    stage.element(&format!("#m-{part:016x}"))
}

#[wasm_bindgen_test]
async fn a_movement_away_from_the_end_counts_in_the_very_frame_in_which_a_message_comes() {
    let (stage, log) = at_end().await;
    let top = log.scroll_top() - 150;
    log.set_scroll_top(top);
    stage
        .bridge
        .on_event(Event::Message(Box::new(line(NEWEST + 1))));
    stage.see("line 201.").await;
    stage.settles().await;
    assert_eq!(log.scroll_top(), top);

    // And whoever is at the end stays there.
    log.set_scroll_top(log.scroll_height());
    stage.settles().await;
    stage
        .bridge
        .on_event(Event::Message(Box::new(line(NEWEST + 2))));
    stage.see("line 202.").await;
    stage.settles().await;
    assert!(to_end(&log) < 2, "{} from the end", to_end(&log));
}

#[wasm_bindgen_test]
async fn a_window_of_another_width_leaves_in_view_what_was() {
    let (stage, log) = at_end().await;
    // A browser that draws a log anew may forget where it stood.
    let becomes = |width: &str| {
        let style = log.unchecked_ref::<HtmlElement>().style();
        style.set_property("width", width).unwrap();
        log.set_scroll_top(0);
    };
    becomes("240px");
    stage.settles().await;
    assert!(to_end(&log) < 2, "{} from the end", to_end(&log));

    log.set_scroll_top(log.scroll_top() - 300);
    stage.settles().await;
    let top = log.get_bounding_client_rect().top();
    let is_first = |number: &u64| row(&stage, *number).get_bounding_client_rect().bottom() > top;
    let first = (1..=NEWEST)
        .skip((NEWEST - PAGE as u64) as usize)
        .find(is_first);
    let first = row(&stage, first.unwrap());
    let before = first.get_bounding_client_rect().top();
    becomes("320px");
    stage.settles().await;
    let moved = first.get_bounding_client_rect().top() - before;
    assert!(moved.abs() < 2.0, "it moved by {moved}");
}

#[wasm_bindgen_test]
async fn a_movement_counts_in_the_very_frame_in_which_older_messages_come() {
    let (stage, log) = at_end().await;
    let held = NEWEST + 1 - PAGE as u64;
    let in_frame = |stage: &Stage| {
        let place = row(stage, held).get_bounding_client_rect().top();
        place - log.get_bounding_client_rect().top()
    };
    log.set_scroll_top(50);
    let request = stage
        .until(
            || stage.history.borrow_mut().try_recv().ok(),
            || "a read of older messages".to_owned(),
        )
        .await;
    assert!(matches!(request.query, Query::Page(_)));
    stage.settles().await;
    let before = in_frame(&stage);

    log.set_scroll_top(log.scroll_top() - 30);
    let messages = page_to(NEWEST - PAGE as u64);
    let reply = Reply {
        messages,
        ..Reply::default()
    };
    request.reply.send(Ok(reply)).unwrap();
    let older = || stage.text().contains("line 81.").then_some(());
    stage.until(older, || "older messages".to_owned()).await;
    stage.settles().await;
    let moved = in_frame(&stage) - before;
    assert!((moved - 30.0).abs() < 2.0, "it moved by {moved}");
}
