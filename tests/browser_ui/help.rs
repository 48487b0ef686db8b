//! Help: the list of shortcuts, the test of the connection, and what can be told to somebody who helps.

use discordopus_core::chat::Delivery;
use discordopus_core::io::{Event, IceServer, Settings};
use wasm_bindgen_test::wasm_bindgen_test;

use super::scene::{ADA, CLUB, club, club_page, message, told};
use super::stage::{Stage, press_key, value_of};

#[wasm_bindgen_test]
async fn a_question_mark_shows_the_shortcuts_unless_it_is_typed_into_a_field() {
    let stage = Stage::running(&club_page(), [told(club())]);
    let composer = stage.find("textbox", "Message").await;
    press_key(&composer, "?", true);
    assert!(!stage.has("dialog", "Keyboard shortcuts"));
    press_key(&stage.find("button", "Start call").await, "?", true);
    let dialog = stage.find("dialog", "Keyboard shortcuts").await;
    let is_open = || dialog.has_attribute("open").then_some(());
    stage.until(is_open, || "an open dialog".to_owned()).await;
    stage.see("Begin a new line").await;
    stage.see("Change your last message").await;
    stage.press("button", "Close").await;
    stage.gone("dialog", "Keyboard shortcuts").await;
}

#[wasm_bindgen_test]
async fn about_tells_the_version_and_the_limits() {
    let stage = Stage::running("#/settings", [told(club())]);
    stage.find("heading", "About").await;
    stage.see(env!("CARGO_PKG_VERSION")).await;
    stage.press("button", "What it can't promise").await;
    stage.see("learns your network address").await;
}

#[wasm_bindgen_test]
async fn a_connection_without_servers_is_told_in_words() {
    let stage = Stage::running("#/connection", [told(club())]);
    stage.press("button", "Test now").await;
    // The page of this test comes from no relay.
    stage.see("The relay does not answer.").await;
    stage.see("Messages can't get through at the moment.").await;
    stage.find("button", "Test now").await;
}

#[wasm_bindgen_test]
async fn diagnostics_have_no_names_no_words_no_addresses_and_no_logins() {
    let own = IceServer {
        urls: vec!["turn:private.example".to_owned()],
        username: "u5er".to_owned(),
        credential: "s3cret".to_owned(),
    };
    let settings = Event::Settings(Box::new(Settings {
        ice_servers: vec![own],
        ..Settings::default()
    }));
    let text = Event::Message(Box::new(message(1, ADA, "the plan", Delivery::Incoming)));
    let stage = Stage::running("#/connection", [told(club()), settings, text]);
    stage.press("button", "Show diagnostics").await;
    let field = stage.find("textbox", "Diagnostics").await;
    let told = value_of(&field);
    assert!(
        told.contains("group 1: 2 members, 0 unread, relay online"),
        "{told}"
    );
    let club = CLUB.to_string();
    for secret in [
        "Club",
        "Ada",
        "Maya",
        "the plan",
        "private",
        "u5er",
        "s3cret",
        club.as_str(),
    ] {
        assert!(!told.contains(secret), "{secret} in {told}");
    }
}
