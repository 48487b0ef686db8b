//! Who has read what: what is told of one's own reading, and what is shown of the others'.

use discordopus_core::chat::{Delivery, MessageView};
use discordopus_core::ids::MessageId;
use discordopus_core::io::{Command, Event, Settings};
use wasm_bindgen_test::wasm_bindgen_test;

use super::answer_history;
use super::scene::{ADA, ME, club, club_page, message, told};
use super::stage::Stage;

fn lets_see(on: bool) -> Event {
    Event::Settings(Box::new(Settings {
        read_receipts: on,
        ..Settings::default()
    }))
}

/// What the page says was on screen, until it says one of `until`.
async fn seen(stage: &Stage, until: MessageId) -> Vec<MessageId> {
    let mut all = Vec::new();
    while !all.contains(&until) {
        let more = stage.command(|command| match command {
            Command::MarkSeen { messages, .. } => Some(messages),
            _ => None,
        });
        all.extend(more.await);
    }
    all
}

fn id(number: u64) -> MessageId {
    message(number, ADA, "", Delivery::Incoming).id
}

/// Makes the log as high as a small window: there are no style sheets here.
pub(crate) async fn small(stage: &Stage) {
    stage.find("log", "Messages").await;
    let frame = stage.element("#log");
    let document = frame.owner_document().unwrap();
    let style = document.create_element("style").unwrap();
    let words = "#log { block-size: 300px; overflow-y: auto; overflow-anchor: none } #log svg { block-size: 1em }";
    style.set_text_content(Some(words));
    frame
        .parent_element()
        .unwrap()
        .append_child(&style)
        .unwrap();
}

/// A log that is longer than any screen: from Ada, and every tenth one of one's own.
fn long() -> Vec<MessageView> {
    let one = |number: u64| match number % 10 {
        0 => message(number, ME, "mine", Delivery::Delivered),
        _ => message(number, ADA, &format!("number {number}"), Delivery::Incoming),
    };
    (1..=50).rev().map(one).collect()
}

#[wasm_bindgen_test]
async fn the_switch_is_off_until_the_person_wants_it() {
    let stage = Stage::running("#/settings", [told(club())]);
    stage
        .press("checkbox", "Let others see what I have read")
        .await;
    let on = stage
        .command(|command| match command {
            Command::ChangeSettings(settings) => Some(settings.read_receipts),
            _ => None,
        })
        .await;
    assert!(on);
    assert!(!Settings::default().read_receipts);
}

#[wasm_bindgen_test]
async fn only_messages_of_others_that_are_in_view_are_told_and_each_once() {
    let stage = Stage::running(&club_page(), [told(club()), lets_see(true)]);
    small(&stage).await;
    answer_history(&stage, long()).await;
    stage.see("number 49").await;
    let first = seen(&stage, id(49)).await;
    assert!(!first.contains(&id(1)), "it is far above the screen");
    assert!(!first.contains(&id(50)), "one's own");
    let frame = stage.element("#log");
    frame.set_scroll_top(0);
    let then = seen(&stage, id(1)).await;
    assert!(!then.contains(&id(50)));
    let twice = then.iter().filter(|id| first.contains(id));
    assert_eq!(twice.count(), 0);
}

#[wasm_bindgen_test]
async fn nothing_is_told_while_it_is_off_and_what_is_in_view_once_it_is_on() {
    let stage = Stage::running(&club_page(), [told(club()), lets_see(false)]);
    small(&stage).await;
    answer_history(&stage, long()).await;
    stage.see("number 49").await;
    stage.settles().await;
    let frame = stage.element("#log");
    frame.set_scroll_top(0);
    stage.settles().await;
    frame.set_scroll_top(frame.scroll_height());
    stage.settles().await;
    stage.bridge.on_event(lets_see(true));
    let told = seen(&stage, id(49)).await;
    assert!(!told.contains(&id(1)), "it was in view while it was off");
}

#[wasm_bindgen_test]
async fn the_info_of_an_own_message_tells_who_has_read_it_who_has_it_and_who_has_not() {
    let stage = Stage::running(&club_page(), [told(club())]);
    let mut view = message(1, ME, "to you", Delivery::Sent);
    view.recipients = Some(vec![ADA]);
    answer_history(&stage, vec![view.clone()]).await;
    stage.press("button", "Message actions").await;
    stage.press("menuitem", "Info").await;
    stage.see("Not yet").await;
    view.delivered_to = vec![ADA];
    stage
        .bridge
        .on_event(Event::Message(Box::new(view.clone())));
    stage.see("Has it").await;
    view.seen_by = Some(vec![ADA]);
    stage.bridge.on_event(Event::Message(Box::new(view)));
    stage.see("Has read it").await;
    stage.see("only if they show that to others").await;
}
