//! What people call themselves and how they look: said in the settings, and seen wherever they are.

use discordopus_core::chat::{Body, Delivery, MessageView};
use discordopus_core::io::{Command, Event, OwnProfile, Role, Settings};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Element, HtmlImageElement, HtmlInputElement};

use super::answer_history;
use super::files::{choose, file, png};
use super::scene::{ADA, CLUB, ME, club, club_page, member, message, told};
use super::stage::{Stage, value_of};

const PAGE: &str = "#/settings";

fn looks(bytes: &[u8]) -> Event {
    Event::Picture {
        group: CLUB,
        member: ADA,
        picture: Some(bytes.to_vec().into()),
    }
}

async fn wanted(stage: &Stage) -> OwnProfile {
    let changed = stage.command(|command| match command {
        Command::ChangeSettings(settings) => Some(settings.profile),
        _ => None,
    });
    changed.await
}

/// Ada's mark beside her name in the list of members.
fn mark(stage: &Stage) -> Element {
    stage.element("li.person:nth-child(2) .avatar")
}

fn drawn(mark: &Element) -> Option<HtmlImageElement> {
    let image = mark.query_selector("img").unwrap()?;
    Some(image.unchecked_into())
}

#[wasm_bindgen_test]
async fn a_name_is_changed_for_all_groups_and_what_is_no_name_is_not_sent() {
    let stage = Stage::running(PAGE, [told(club())]);
    let field = stage.find("textbox", "Your name").await;
    assert_eq!(value_of(&field), "Maya", "as one is called now");
    stage.type_into("Your name", "  ").await;
    stage.press("button", "Save").await;
    stage.see("Please type a name").await;
    stage.type_into("Your name", " Maya the Bee ").await;
    stage.press("button", "Save").await;
    let profile = wanted(&stage).await;
    assert_eq!(profile.name, "Maya the Bee");
    assert_eq!(profile.picture, None);
    stage.see("Saved").await;
}

#[wasm_bindgen_test]
async fn a_picture_is_drawn_small_and_square_before_it_is_sent_and_can_be_removed() {
    let stage = Stage::running(PAGE, [told(club())]);
    stage.find("button", "Choose a picture").await;
    assert!(stage.named("button", "Remove the picture").is_none());
    choose(&stage, &[file("me.png", "image/png", &png(900, 300))]).await;
    let picture = wanted(&stage).await.picture.unwrap();
    assert!(picture.len() <= 12 * 1024, "{} bytes", picture.len());
    let card: Element = stage.element(".profile-picture");
    let shown = stage
        .until(
            || drawn(&card).filter(|image| image.natural_width() > 0),
            || "one's own picture".to_owned(),
        )
        .await;
    assert_eq!((shown.natural_width(), shown.natural_height()), (128, 128));
    stage.press("button", "Remove the picture").await;
    assert_eq!(wanted(&stage).await.picture, None);
    let gone = || drawn(&card).is_none().then_some(());
    stage.until(gone, || "no picture".to_owned()).await;
}

#[wasm_bindgen_test]
async fn a_file_that_is_no_picture_is_not_sent() {
    let stage = Stage::running(PAGE, [told(club())]);
    stage.find("button", "Choose a picture").await;
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>";
    for bytes in [&b"words"[..], svg] {
        choose(&stage, &[file("me.png", "image/png", bytes)]).await;
        stage.see("This file is no picture").await;
        let field: HtmlInputElement = stage.element("input[type=file]").unchecked_into();
        assert_eq!(field.value(), "", "it can be chosen again");
    }
}

#[wasm_bindgen_test]
async fn what_is_set_stands_in_the_settings() {
    let settings = Settings {
        profile: OwnProfile {
            name: "Bee".to_owned(),
            picture: Some(png(128, 128).into()),
        },
        ..Settings::default()
    };
    let events = [told(club()), Event::Settings(Box::new(settings))];
    let stage = Stage::running(PAGE, events);
    let field = stage.find("textbox", "Your name").await;
    assert_eq!(value_of(&field), "Bee");
    stage.find("button", "Remove the picture").await;
}

#[wasm_bindgen_test]
async fn a_picture_takes_the_place_of_initials_and_goes_again() {
    let stage = Stage::running(&club_page(), [told(club()), looks(&png(128, 128))]);
    answer_history(&stage, vec![message(1, ADA, "hi", Delivery::Incoming)]).await;
    stage.see("hi").await;
    let in_list = mark(&stage);
    let in_log = stage.element(".message .avatar");
    for mark in [&in_list, &in_log] {
        let address = drawn(mark).unwrap().src();
        assert!(address.starts_with("blob:"), "{address}");
        assert!(!mark.has_attribute("data-mark"));
    }
    stage.bridge.on_event(Event::Picture {
        group: CLUB,
        member: ADA,
        picture: None,
    });
    stage.settles().await;
    for mark in [in_list, in_log] {
        assert!(drawn(&mark).is_none());
        assert_eq!(mark.get_attribute("data-mark").as_deref(), Some("A"));
    }
}

#[wasm_bindgen_test]
async fn what_is_no_small_raster_that_stands_still_is_not_drawn() {
    let moving = [&png(64, 64)[..], b"acTL"].concat();
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>".to_vec();
    for bytes in [png(600, 8), moving, svg, b"\xff\xd8\xff".to_vec()] {
        let stage = Stage::running(&club_page(), [told(club()), looks(&bytes)]);
        answer_history(&stage, Vec::new()).await;
        stage.find("heading", "Club").await;
        stage.settles().await;
        let mark = mark(&stage);
        assert!(drawn(&mark).is_none(), "{} bytes", bytes.len());
        assert_eq!(mark.get_attribute("data-mark").as_deref(), Some("A"));
    }
}

#[wasm_bindgen_test]
async fn a_picture_that_breaks_off_leaves_the_initials() {
    let mut broken = png(128, 128);
    broken.truncate(40);
    let stage = Stage::running(&club_page(), [told(club()), looks(&broken)]);
    answer_history(&stage, Vec::new()).await;
    stage.find("heading", "Club").await;
    let marked = || mark(&stage).get_attribute("data-mark");
    let initials = stage.until(marked, || "initials".to_owned()).await;
    assert_eq!(initials, "A");
}

#[wasm_bindgen_test]
async fn the_name_that_somebody_came_with_stays_visible_and_the_change_is_in_the_log() {
    let mut view = club();
    view.members[1] = member(ADA, "Countess", Role::Member);
    view.members[1].card_name = "Ada".to_owned();
    let stage = Stage::running(&club_page(), [told(view)]);
    let called = |number, who, before: &str, name: &str| MessageView {
        body: Body::Called {
            member: who,
            before: before.to_owned(),
            name: name.to_owned(),
        },
        ..message(number, who, "", Delivery::Incoming)
    };
    let notes = vec![
        called(1, ADA, "Ada", "Countess"),
        called(2, ME, "May", "Maya"),
    ];
    answer_history(&stage, notes).await;
    stage.see("Joined as Ada").await;
    stage.see("Ada is now called Countess").await;
    stage.see("You are now called Maya").await;
    assert!(!stage.text().contains("Joined as Maya"));
}
