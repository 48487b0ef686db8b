//! The app without a mouse: from message to message, and from entry to entry of every list.

use discordopus_core::chat::{Delivery, MessageView};
use discordopus_core::ids::GroupId;
use wasm_bindgen::JsCast as _;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{HtmlElement, window};

use super::answer_history;
use super::looks::serving;
use super::scene::{ADA, ME, club, club_page, message, told};
use super::stage::{Stage, press_key, press_shortcut, value_of};

fn focused() -> HtmlElement {
    let document = window().unwrap().document().unwrap();
    document.active_element().unwrap().unchecked_into()
}

/// Whether Tab stops at an element.
fn is_stop(element: &HtmlElement) -> bool {
    element.tab_index() >= 0
}

fn three() -> Vec<MessageView> {
    vec![
        message(3, ADA, "third", Delivery::Incoming),
        message(2, ME, "second", Delivery::Delivered),
        message(1, ADA, "first", Delivery::Incoming),
    ]
}

#[wasm_bindgen_test]
async fn arrows_go_from_message_to_message_and_enter_opens_the_menu() {
    let stage = Stage::running(&club_page(), [told(club())]);
    answer_history(&stage, three()).await;
    stage.see("third").await;
    let log = stage.find("log", "Messages").await;
    log.focus().unwrap();
    for text in ["third", "second", "first", "first"] {
        assert!(!press_key(&focused(), "ArrowUp", false) || text == "first");
        let row = focused();
        assert_eq!(row.tag_name(), "ARTICLE");
        assert!(row.text_content().unwrap().contains(text), "at {text}");
    }
    press_key(&focused(), "ArrowDown", false);
    assert!(focused().text_content().unwrap().contains("second"));
    press_key(&focused(), "Enter", false);
    let is_open = || stage.selects("#message-menu:popover-open").then_some(());
    stage.until(is_open, || "the menu".to_owned()).await;
    stage.press("menuitem", "Info").await;
    stage.find("dialog", "Message info").await;
}

#[wasm_bindgen_test]
async fn the_log_is_one_stop_and_its_buttons_are_those_of_one_message() {
    let stage = Stage::running(&club_page(), [told(club())]);
    answer_history(&stage, three()).await;
    stage.see("third").await;
    let buttons = || stage.all("button", "Message actions");
    assert_eq!(buttons().len(), 3);
    assert!(buttons().iter().all(|button| !is_stop(button)));
    let log = stage.find("log", "Messages").await;
    log.focus().unwrap();
    let stops = || buttons().iter().map(is_stop).collect::<Vec<_>>();
    assert_eq!(stops(), [false, false, true]);
    press_key(&log, "ArrowUp", false);
    press_key(&focused(), "ArrowUp", false);
    assert_eq!(stops(), [false, true, false]);
}

#[wasm_bindgen_test]
async fn arrows_go_through_the_groups_and_through_those_to_jump_to() {
    let mut other = club();
    other.id = GroupId([8; 32]);
    other.name = "Family".to_owned();
    let stage = Stage::running(&club_page(), [told(club()), told(other)]);
    stage.find("link", "Club").await.focus().unwrap();
    for name in ["Family", "New group", "Settings", "Club"] {
        press_key(&focused(), "ArrowDown", false);
        let label = focused().get_attribute("aria-label");
        assert_eq!(label.unwrap_or_else(|| focused().inner_text()).trim(), name);
    }
    press_shortcut("k");
    let field = stage.find("textbox", "Group name").await;
    let is_open = || (focused() == field).then_some(());
    stage.until(is_open, || "the field".to_owned()).await;
    press_key(&field, "ArrowDown", false);
    press_key(&focused(), "ArrowDown", false);
    assert!(focused().inner_text().contains("Family"));
    field.focus().unwrap();
    assert!(press_key(&field, "Home", false), "Home is the field's own");
}

#[wasm_bindgen_test]
async fn an_emoji_is_found_and_chosen_by_keys() {
    let _relay = serving(Some(
        "\u{1f600} grinning face\n\u{1f44d} thumbs up\n\u{1f44e} thumbs down",
    ));
    let stage = Stage::running(&club_page(), [told(club())]);
    answer_history(&stage, three()).await;
    stage.press("button", "Emoji").await;
    let field = stage.find("textbox", "Search emoji").await;
    stage.find("button", "thumbs down").await;
    stage.type_into("Search emoji", "thumbs").await;
    stage.gone("button", "grinning face").await;
    field.focus().unwrap();
    press_key(&field, "ArrowDown", false);
    let name = || focused().get_attribute("aria-label").unwrap();
    assert_eq!(name(), "thumbs up");
    press_key(&focused(), "ArrowRight", false);
    assert_eq!(name(), "thumbs down");
    press_key(&focused(), "ArrowLeft", false);
    press_key(&focused(), "ArrowLeft", false);
    assert_eq!(name(), "thumbs up", "there is none before the first");
    stage.submit("textbox", "Search emoji").await;
    let composer = stage.find("textbox", "Message").await;
    let put = || (value_of(&composer) == "\u{1f44d}").then_some(());
    stage
        .until(put, || "the first that was found".to_owned())
        .await;
}

#[wasm_bindgen_test]
async fn escape_closes_the_members_that_lie_over_the_conversation() {
    let stage = Stage::running(&club_page(), [told(club())]);
    stage.press("button", "Show members").await;
    let button = stage.find("button", "Show members").await;
    let shown = |wanted: &'static str| {
        let button = button.clone();
        move || (button.get_attribute("aria-expanded")? == wanted).then_some(())
    };
    stage
        .until(shown("true"), || "the members".to_owned())
        .await;
    press_key(&stage.find("button", "Start call").await, "Escape", false);
    stage
        .until(shown("false"), || "no members".to_owned())
        .await;
    assert_eq!(focused(), button);
}
