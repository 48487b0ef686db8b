//! The settings of language and appearance: what each choice asks for, and what becomes of the page.

use discordopus::ui::i18n::{Language, Locale};
use discordopus_core::io::{Command, Event, GroupView, Look, Settings, Theme};
use js_sys::Reflect;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Element, Event as DomEvent, window};

use super::call_watch::StandIn;
use super::scene::{club, club_page, told};
use super::stage::Stage;

const ARABIC: &str = include_str!("../../static/languages/ar.txt");

fn arabic() -> Language {
    Language::read(Locale::Arabic, ARABIC).unwrap()
}

fn root() -> Element {
    window()
        .unwrap()
        .document()
        .unwrap()
        .document_element()
        .unwrap()
}

fn look(look: Look) -> Event {
    Event::Settings(Box::new(Settings {
        look,
        ..Settings::default()
    }))
}

async fn changed(stage: &Stage) -> Look {
    stage
        .command(|command| match command {
            Command::ChangeSettings(settings) => Some(settings.look),
            _ => None,
        })
        .await
}

async fn choose(stage: &Stage, list: &str, place: usize) {
    let select = stage.find("combobox", list).await;
    Reflect::set(&select, &"value".into(), &place.to_string().into()).unwrap();
    let event = DomEvent::new("change").unwrap();
    select.dispatch_event(&event).unwrap();
}

/// A relay that serves these words, or nothing.
pub(crate) fn serving(words: Option<&str>) -> StandIn {
    let words = words.map_or(JsValue::NULL, JsValue::from);
    Reflect::set(&window().unwrap(), &"servedWords".into(), &words).unwrap();
    StandIn::new(
        "window.realFetch = window.fetch;
        window.fetch = async () => new Response(window.servedWords, { status: window.servedWords ? 200 : 404 });",
        "window.fetch = window.realFetch;",
    )
}

#[wasm_bindgen_test]
async fn a_chosen_language_is_spoken_at_once_and_nothing_on_screen_is_lost() {
    let _relay = serving(Some(ARABIC));
    let stage = Stage::running("#/settings", [told(club())]);
    choose(&stage, "Language", 3).await;
    assert_eq!(changed(&stage).await.language, "ar");
    stage.find("heading", "اللغة").await;
    assert_eq!(root().get_attribute("dir").unwrap(), "rtl");
    assert_eq!(root().get_attribute("lang").unwrap(), "ar");
    stage.find("link", "Club").await;
    choose(&stage, "اللغة", 1).await;
    assert_eq!(changed(&stage).await.language, "en");
    stage.find("heading", "Language").await;
    assert_eq!(root().get_attribute("dir").unwrap(), "ltr");
    choose(&stage, "Language", 0).await;
    assert_eq!(changed(&stage).await.language, "");
}

#[wasm_bindgen_test]
async fn the_browser_is_told_what_the_app_is_called_in_the_language_of_the_page() {
    let document = window().unwrap().document().unwrap();
    let link = document.create_element("link").unwrap();
    link.set_attribute("rel", "manifest").unwrap();
    document.head().unwrap().append_child(&link).unwrap();
    let address = || link.get_attribute("href").unwrap_or_default();
    let stage = Stage::in_language("#/settings", arabic());
    assert_eq!(address(), "/manifests/ar.webmanifest");
    drop(stage);
    let stage = Stage::at("#/settings");
    assert_eq!(address(), "/manifest.webmanifest");
    drop(stage);
    link.remove();
}

#[wasm_bindgen_test]
async fn a_draft_stays_while_the_language_changes() {
    let _relay = serving(Some(ARABIC));
    let stage = Stage::running(&club_page(), [told(club())]);
    stage.type_into("Message", "half a").await;
    stage.bridge.on_event(look(Look {
        language: "ar".to_owned(),
        ..Look::default()
    }));
    let composer = stage.find("textbox", "رسالة").await;
    assert_eq!(super::stage::value_of(&composer), "half a");
    stage.bridge.on_event(look(Look::default()));
    stage.find("textbox", "Message").await;
}

#[wasm_bindgen_test]
async fn a_language_that_cannot_be_had_is_told_and_the_old_one_stays() {
    // A page that was open for long may ask a relay that has another version by now.
    let _relay = serving(Some("0000000000000000\napp_name = x\n"));
    let stage = Stage::running("#/settings", [told(club())]);
    choose(&stage, "Language", 2).await;
    stage.see("This language could not be loaded.").await;
    stage.find("heading", "Language").await;
}

#[wasm_bindgen_test]
async fn arabic_counts_in_all_its_six_forms() {
    let stage = Stage::in_language(&club_page(), arabic());
    stage.start([told(club())]);
    let with_unread = |unread| told(GroupView { unread, ..club() });
    // By the rules of CLDR; how the digits look is the browser's choice.
    let digits = |number: f64| {
        let format = js_sys::Intl::NumberFormat::new(
            &js_sys::Array::of1(&"ar".into()),
            &js_sys::Object::new(),
        );
        let written = format.format().call1(&JsValue::NULL, &number.into());
        written.unwrap().as_string().unwrap()
    };
    stage.bridge.on_event(with_unread(1));
    stage.find("link", "Club، رسالة واحدة غير مقروءة").await;
    stage.bridge.on_event(with_unread(2));
    stage.find("link", "Club، رسالتان غير مقروءتين").await;
    for (unread, words) in [
        (3, "رسائل"),
        (10, "رسائل"),
        (11, "رسالة"),
        (99, "رسالة"),
        (100, "رسالة"),
        (103, "رسائل"),
    ] {
        stage.bridge.on_event(with_unread(unread));
        let name = format!("Club، {} {words} غير مقروءة", digits(f64::from(unread)));
        stage.find("link", &name).await;
    }
}

#[wasm_bindgen_test]
async fn the_look_is_put_where_the_styles_find_it() {
    let stage = Stage::running("#/settings", [told(club())]);
    choose(&stage, "Colours", 2).await;
    assert_eq!(changed(&stage).await.theme, Theme::Dark);
    stage
        .until(
            || (root().get_attribute("data-theme")? == "dark").then_some(()),
            || "dark colours".to_owned(),
        )
        .await;
    choose(&stage, "Text size", 4).await;
    assert_eq!(changed(&stage).await.text_size, 200);
    stage.press("checkbox", "High contrast").await;
    assert!(changed(&stage).await.high_contrast);
    stage.press("checkbox", "Less motion").await;
    assert!(changed(&stage).await.reduced_motion);
    let attribute = |name: &str| root().get_attribute(name);
    let all_set = || {
        let size = attribute("style")?.contains("font-size: 200%");
        let contrast = attribute("data-contrast")? == "more";
        (size && contrast && attribute("data-motion")? == "reduced").then_some(())
    };
    stage.until(all_set, || "the look".to_owned()).await;
    // What the client keeps is what counts.
    stage.bridge.on_event(look(Look::default()));
    let none_set = || {
        let left = ["data-theme", "data-contrast", "data-motion"].map(attribute);
        left.iter().all(Option::is_none).then_some(())
    };
    stage
        .until(none_set, || "the system's look".to_owned())
        .await;
}
