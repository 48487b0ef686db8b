//! The settings of sound and network: what is shown of them, and what each change asks for.

use discordopus::runtime::{Device, Devices, MicrophoneProblem, SoundEvent, SoundRequest};
use discordopus_core::io::{Command, Event, IceServer, Microphone, Settings, Voice};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Event as DomEvent, KeyboardEvent, KeyboardEventInit, window};

use super::scene::{CLUB, club, told};
use super::stage::{Stage, is_checked, value_of};

const PAGE: &str = "#/settings";

async fn changed(stage: &Stage) -> Settings {
    stage
        .command(|command| match command {
            Command::ChangeSettings(settings) => Some(*settings),
            _ => None,
        })
        .await
}

fn device(id: &str, name: &str) -> Device {
    Device {
        id: id.to_owned(),
        name: name.to_owned(),
    }
}

#[wasm_bindgen_test]
async fn the_settings_are_reached_from_the_first_page_and_from_a_group() {
    let stage = Stage::running("#/", []);
    stage.press("link", "Settings of this device").await;
    stage.find("heading", "Settings").await;
    drop(stage);
    let stage = Stage::running(&format!("#/g/{CLUB}"), [told(club())]);
    stage.press("link", "Settings").await;
    stage.find("heading", "Sound").await;
    stage.find("heading", "Network").await;
}

#[wasm_bindgen_test]
async fn a_device_is_chosen_out_of_those_that_there_are() {
    let stage = Stage::running(PAGE, [told(club())]);
    let microphone = stage.find("combobox", "Microphone").await;
    assert_eq!(
        stage.asked_of_sound().await,
        SoundRequest::WatchDevices(true)
    );
    assert_eq!(microphone.text_content().unwrap(), "The browser's choice");
    // Before they were looked for, nothing is said of them.
    assert!(!stage.text().contains("where sound is played"));
    let none = Devices {
        known: true,
        ..Devices::default()
    };
    stage.bridge.on_sound(SoundEvent::Devices(none));
    stage.see("where sound is played").await;
    stage.bridge.on_sound(SoundEvent::Devices(Devices {
        known: true,
        microphones: vec![device("a", "Headset"), device("b", "")],
        speakers: vec![device("s", "Desk")],
    }));
    let choose = async |name: &str, words: &str, place: &str| {
        let select = stage
            .until(
                || {
                    let select = stage.named("combobox", name)?;
                    select.text_content()?.contains(words).then_some(select)
                },
                || format!("{words} among {name}"),
            )
            .await;
        js_sys::Reflect::set(&select, &"value".into(), &place.into()).unwrap();
        select
            .dispatch_event(&DomEvent::new("change").unwrap())
            .unwrap();
        changed(&stage).await
    };
    assert_eq!(
        choose("Microphone", "Microphone 2", "2").await.microphone,
        "b"
    );
    assert_eq!(choose("Speaker", "Desk", "1").await.speaker, "s");
    assert_eq!(choose("Microphone", "Headset", "0").await.microphone, "");
    // One that was chosen and is gone is the browser's choice.
    stage.bridge.on_event(Event::Settings(Box::new(Settings {
        microphone: "gone".to_owned(),
        ..Settings::default()
    })));
    let microphone = stage.find("combobox", "Microphone").await;
    assert_eq!(value_of(&microphone), "0");

    window().unwrap().location().set_hash("#/").unwrap();
    assert_eq!(
        stage.asked_of_sound().await,
        SoundRequest::WatchDevices(false)
    );
}

#[wasm_bindgen_test]
async fn every_switch_is_kept() {
    let stage = Stage::running(PAGE, [told(club())]);
    type Read = fn(&Settings) -> bool;
    let switches: [(&str, Read); 6] = [
        ("Noise suppression", |set| set.noise_suppression),
        ("Echo cancellation", |set| set.echo_cancellation),
        ("Automatic gain", |set| set.automatic_gain),
        ("Sounds for calls", |set| set.sounds),
        ("Push to talk", |set| set.push_to_talk),
        ("Calls over TURN servers only", |set| set.relay_only),
    ];
    let mut before = Settings::default();
    for (name, read) in switches {
        let box_ = stage.find("checkbox", name).await;
        assert_eq!(is_checked(&box_), read(&before), "{name}");
        box_.click();
        let after = changed(&stage).await;
        assert_eq!(read(&after), !read(&before), "{name}");
        assert_eq!(
            switches
                .iter()
                .filter(|(_, read)| read(&after) != read(&before))
                .count(),
            1
        );
        before = after;
    }
}

#[wasm_bindgen_test]
async fn the_push_to_talk_key_is_the_one_that_is_pressed() {
    let stage = Stage::running(PAGE, [told(club())]);
    let field = stage.find("textbox", "Push-to-talk key").await;
    assert_eq!(value_of(&field), "Space");
    let press = |code: &str| {
        let init = KeyboardEventInit::new();
        init.set_code(code);
        init.set_cancelable(true);
        init.set_bubbles(true);
        let event = KeyboardEvent::new_with_keyboard_event_init_dict("keydown", &init).unwrap();
        field.dispatch_event(&event).unwrap()
    };
    // Tab goes on to the next field.
    assert!(press("Tab"));
    assert!(!press("KeyV"));
    assert_eq!(changed(&stage).await.push_to_talk_key, "KeyV");
    stage
        .until(
            || (value_of(&field) == "V").then_some(()),
            || "V".to_owned(),
        )
        .await;
}

#[wasm_bindgen_test]
async fn the_microphone_s_test_shows_its_level_and_ends_with_the_page() {
    let stage = Stage::running(PAGE, [told(club())]);
    assert!(!stage.has("meter", "Microphone level"));
    stage.press("button", "Test microphone").await;
    let asked = async || stage.asked_of_sound().await;
    assert_eq!(asked().await, SoundRequest::WatchDevices(true));
    assert_eq!(asked().await, SoundRequest::TestMicrophone(true));
    let meter = stage.find("meter", "Microphone level").await;
    let value = || js_sys::Reflect::get(&meter, &"value".into()).unwrap();
    stage.bridge.on_sound(SoundEvent::Level(42));
    stage
        .until(
            || (value() == 42.0).then_some(()),
            || "the level".to_owned(),
        )
        .await;
    stage.bridge.on_sound(SoundEvent::Voice {
        call: None,
        voice: Voice::default(),
        problem: Some(MicrophoneProblem::Refused),
    });
    stage.see("This page may not use the microphone").await;
    stage.press("button", "Try again").await;
    assert_eq!(asked().await, SoundRequest::RetryMicrophone);
    window().unwrap().location().set_hash("#/").unwrap();
    let mut left = [asked().await, asked().await];
    if left[0] == SoundRequest::WatchDevices(false) {
        left.swap(0, 1);
    }
    assert_eq!(
        left,
        [
            SoundRequest::TestMicrophone(false),
            SoundRequest::WatchDevices(false)
        ]
    );
}

#[wasm_bindgen_test]
async fn the_microphone_is_not_tested_during_a_call() {
    let stage = Stage::running(PAGE, [told(club())]);
    stage.press("button", "Test microphone").await;
    stage.find("meter", "Microphone level").await;
    stage.bridge.on_sound(SoundEvent::Voice {
        call: Some(CLUB),
        voice: Voice {
            microphone: Microphone::Open,
            deafened: false,
        },
        problem: None,
    });
    stage.gone("meter", "Microphone level").await;
    let button = stage.find("button", "Test microphone").await;
    assert_eq!(
        button.get_attribute("aria-disabled").as_deref(),
        Some("true")
    );
}

#[wasm_bindgen_test]
async fn own_servers_are_checked_added_and_removed() {
    let stage = Stage::running(PAGE, [told(club())]);
    stage.type_into("Server address", "https://host").await;
    stage.press("button", "Add server").await;
    stage.see("An address begins with stun:").await;
    stage
        .type_into("Server address", "turn:turn.example:3478")
        .await;
    stage.press("button", "Add server").await;
    stage
        .see("A TURN server needs a user name and a password.")
        .await;
    assert!(!stage.text().contains("An address begins with"));
    stage.type_into("User name", "maya").await;
    stage.type_into("Password", "secret").await;
    stage.press("button", "Add server").await;
    let server = IceServer {
        urls: vec!["turn:turn.example:3478".to_owned()],
        username: "maya".to_owned(),
        credential: "secret".to_owned(),
    };
    assert_eq!(changed(&stage).await.ice_servers, [server]);
    let field = stage.find("textbox", "Password").await;
    let emptied = || value_of(&field).is_empty().then_some(());
    stage.until(emptied, || "an empty field".to_owned()).await;
    stage.press("button", "Remove turn:turn.example:3478").await;
    assert!(changed(&stage).await.ice_servers.is_empty());
    stage.gone("button", "Remove turn:turn.example:3478").await;
}
