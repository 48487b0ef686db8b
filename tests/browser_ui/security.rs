//! The passphrase lock: setting it, the locked screen, and that a call is never locked.

use discordopus::runtime::{Boot, SafeAsked, SafeError, SafeRequest};
use discordopus_core::chat::Delivery;
use discordopus_core::io::{Command, Event};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Event as DomEvent, window};

use super::answer_history;
use super::call_watch::{StandIn, voice};
use super::scene::{ADA, club, club_page, message, told};
use super::stage::{Stage, value_of};

const PAGE: &str = "#/settings";

async fn asked(stage: &Stage, wanted: SafeRequest) -> SafeAsked {
    let asked = stage.asked_of_storage().await;
    assert!(asked.request == wanted, "{:?}", asked.request);
    asked
}

fn unlock(passphrase: &str) -> SafeRequest {
    let passphrase = passphrase.to_owned();
    SafeRequest::Unlock { passphrase }
}

fn set(current: &str, new: &str) -> SafeRequest {
    SafeRequest::SetPassphrase {
        current: current.to_owned(),
        new: new.to_owned(),
    }
}

#[wasm_bindgen_test]
async fn a_passphrase_is_set_once_it_is_long_enough_and_typed_twice() {
    let stage = Stage::running(PAGE, [told(club())]);
    stage.see("whoever can use this browser").await;
    assert!(!stage.has("button", "Lock now"));
    stage.press("button", "Set a passphrase").await;
    stage.see("can't be recovered").await;
    stage.type_into("New passphrase", "short").await;
    stage.submit("textbox", "New passphrase").await;
    stage.see("That is too short").await;
    stage.type_into("New passphrase", "long enough").await;
    stage.type_into("New passphrase again", "long enouhg").await;
    stage.submit("textbox", "New passphrase").await;
    stage.see("The two are not the same").await;
    stage.type_into("New passphrase again", "long enough").await;
    stage.submit("textbox", "New passphrase").await;
    let request = asked(&stage, set("", "long enough")).await;
    stage.find("button", "Working...").await;
    request.reply.send(Ok(())).unwrap();
    stage.see("The passphrase is set.").await;
    stage.find("button", "Change the passphrase").await;
    stage.press("button", "Lock now").await;
    asked(&stage, SafeRequest::Lock).await;
}

#[wasm_bindgen_test]
async fn a_passphrase_is_changed_and_removed_by_who_knows_it() {
    let stage = Stage::at(PAGE);
    stage.run(true);
    stage.bridge.on_event(Event::Ready);
    stage.press("button", "Remove the passphrase").await;
    stage.type_into("Current passphrase", "a guess").await;
    stage.submit("textbox", "Current passphrase").await;
    let request = asked(&stage, set("a guess", "")).await;
    request.reply.send(Err(SafeError::Passphrase)).unwrap();
    stage.see("That is not the passphrase").await;
    stage.type_into("Current passphrase", "the right one").await;
    stage.submit("textbox", "Current passphrase").await;
    let request = asked(&stage, set("the right one", "")).await;
    request.reply.send(Ok(())).unwrap();
    stage.see("The passphrase is removed.").await;
    stage.find("button", "Set a passphrase").await;
}

#[wasm_bindgen_test]
async fn how_long_nobody_may_be_there_is_chosen() {
    let stage = Stage::at(PAGE);
    stage.run(true);
    stage.bridge.on_event(Event::Ready);
    let select = stage
        .find("combobox", "Lock when nobody was here for")
        .await;
    assert_eq!(
        select.text_content().unwrap(),
        "Never5 minutes15 minutes1 hour"
    );
    assert_eq!(value_of(&select), "2");
    js_sys::Reflect::set(&select, &"value".into(), &"1".into()).unwrap();
    let change = DomEvent::new("change").unwrap();
    select.dispatch_event(&change).unwrap();
    let minutes = stage
        .command(|command| match command {
            Command::ChangeSettings(settings) => Some(settings.lock_after),
            _ => None,
        })
        .await;
    assert_eq!(minutes, 5);
}

#[wasm_bindgen_test]
async fn a_locked_app_shows_nothing_of_the_groups_and_opens_with_the_passphrase() {
    let words = "what only members read";
    let stage = Stage::running(&club_page(), [told(club())]);
    let text = message(1, ADA, words, Delivery::Incoming);
    answer_history(&stage, vec![text]).await;
    stage.see(words).await;
    stage.bridge.on_boot(Boot::Locked);
    stage.find("heading", "Locked").await;
    assert!(!stage.text().contains(words));
    assert!(!stage.has("navigation", "Groups"));

    stage.submit("textbox", "Passphrase").await;
    stage.type_into("Passphrase", "a guess").await;
    stage.submit("textbox", "Passphrase").await;
    // Nothing was asked for an empty one.
    let request = asked(&stage, unlock("a guess")).await;
    stage.find("button", "Unlocking...").await;
    request.reply.send(Err(SafeError::Passphrase)).unwrap();
    stage.see("Nothing is lost").await;
    stage.find("button", "Unlock").await;
    stage.type_into("Passphrase", "the right one").await;
    stage.submit("textbox", "Passphrase").await;
    let request = asked(&stage, unlock("the right one")).await;
    request.reply.send(Ok(())).unwrap();
    stage.run(true);
    stage.bridge.on_event(told(club()));
    stage.bridge.on_event(Event::Ready);
    stage.find("navigation", "Groups").await;
    // The log is read from the storage anew.
    assert!(!stage.text().contains(words));
}

#[wasm_bindgen_test]
async fn whoever_forgot_the_passphrase_can_erase_the_device_and_is_asked_before() {
    let stage = Stage::at("#/");
    stage.bridge.on_boot(Boot::Locked);
    stage.press("button", "Erase this device").await;
    stage.see("nobody can bring them back").await;
    stage.press("button", "Cancel").await;
    stage.gone("button", "Erase").await;
    stage.press("button", "Erase this device").await;
    stage.press("button", "Erase").await;
    asked(&stage, SafeRequest::Erase).await;
}

/// So many minutes pass at once.
fn minutes_pass(minutes: u32) {
    js_sys::eval(&format!("globalThis.minutesPassed += {minutes}")).unwrap();
}

/// Somebody is at the page.
fn moves() {
    let sign = DomEvent::new("pointermove").unwrap();
    window().unwrap().dispatch_event(&sign).unwrap();
}

#[wasm_bindgen_test]
async fn the_app_locks_itself_when_nobody_was_there_but_never_in_a_call() {
    let _clock = StandIn::new(
        "globalThis.minutesPassed = 0;
         globalThis.realNow = Date.now;
         Date.now = () => realNow() + minutesPassed * 60000;",
        "Date.now = realNow;",
    );
    let stage = Stage::at(&club_page());
    stage.run(true);
    stage.bridge.on_event(told(club()));
    stage.bridge.on_event(Event::Ready);
    stage.find("log", "Messages").await;
    // Signs of somebody put it off.
    for _ in 0..3 {
        minutes_pass(14);
        moves();
    }
    stage.bridge.on_sound(voice(true));
    stage.settles().await;
    minutes_pass(600);
    moves();
    stage.bridge.on_sound(voice(false));
    stage.settles().await;
    minutes_pass(14);
    moves();
    assert!(!stage.has_asked_of_storage());
    minutes_pass(15);
    moves();
    asked(&stage, SafeRequest::Lock).await;
}

#[wasm_bindgen_test]
async fn an_app_without_a_passphrase_is_never_locked() {
    let _clock = StandIn::new(
        "globalThis.minutesPassed = 0;
         globalThis.realNow = Date.now;
         Date.now = () => realNow() + minutesPassed * 60000;",
        "Date.now = realNow;",
    );
    let stage = Stage::running(&club_page(), [told(club())]);
    stage.find("log", "Messages").await;
    minutes_pass(600);
    moves();
    assert!(!stage.has_asked_of_storage());
}

#[wasm_bindgen_test]
async fn a_backup_is_written_under_a_passphrase_typed_twice() {
    let stage = Stage::running(PAGE, [told(club())]);
    stage.see("There are groups in this browser already").await;
    assert!(!stage.has("button", "Restore a backup"));
    stage.press("button", "Export").await;
    stage.type_into("Passphrase", "long enough").await;
    stage.submit("textbox", "Passphrase").await;
    stage.see("The two are not the same").await;
    stage.type_into("Passphrase again", "long enough").await;
    stage.submit("textbox", "Passphrase").await;
    let passphrase = "long enough".to_owned();
    let request = asked(&stage, SafeRequest::Export { passphrase }).await;
    (request.progress)(420);
    stage.see("42% done").await;
    request.reply.send(Ok(())).unwrap();
    stage.see("The backup is written.").await;
}

#[wasm_bindgen_test]
async fn a_backup_is_restored_on_the_first_page_and_what_is_wrong_is_told() {
    let stage = Stage::running("#/", []);
    stage.press("button", "Restore a backup").await;
    stage.see("Do not go on using the browser").await;
    stage.submit("textbox", "Passphrase").await;
    stage.see("Choose the file first.").await;
    js_sys::eval(
        "const chosen = new DataTransfer();
         chosen.items.add(new File(['bytes'], 'a.backup'));
         document.querySelector('input[type=file]').files = chosen.files;",
    )
    .unwrap();
    for (error, words) in [
        (SafeError::Passphrase, "That is not the passphrase"),
        (SafeError::NotBackup, "is not a backup"),
        (SafeError::NewerBackup, "by a newer version"),
        (SafeError::DamagedBackup, "damaged or incomplete"),
        (SafeError::InUse, "There are groups in this browser"),
    ] {
        stage.type_into("Passphrase", "open sesame").await;
        stage.submit("textbox", "Passphrase").await;
        let passphrase = "open sesame".to_owned();
        let request = asked(&stage, SafeRequest::Restore { passphrase }).await;
        let mut file = request.file.unwrap();
        assert_eq!(file.next().await, b"bytes");
        assert!(file.next().await.is_empty());
        assert_eq!(file.share(), 1_000);
        request.reply.send(Err(error)).unwrap();
        stage.see(words).await;
    }
}
