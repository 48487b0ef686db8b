//! What somebody who means harm can write: nothing of it runs, stands still, or passes for somebody else's words.

use discordopus_core::chat::{Amended, Body, Delivery, Reaction};
use discordopus_core::ids::{MemberId, MessageId, Timestamp};
use discordopus_core::io::{Event, GroupView, Role};
use discordopus_core::wire::limits::MAX_TEXT;
use js_sys::Reflect;
use wasm_bindgen::JsCast as _;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{HtmlElement, window};

use super::answer_history;
use super::scene::{ADA, ME, club, club_page, member, message, told};
use super::stage::{Stage, press_key};

const STYLES: &str = include_str!("../../static/styles/conversation.css");

/// The app's styles, as long as the value lives.
struct Styles(HtmlElement);

impl Styles {
    fn new() -> Self {
        let document = window().unwrap().document().unwrap();
        let style = document.create_element("style").unwrap();
        style.set_text_content(Some(STYLES));
        document.head().unwrap().append_child(&style).unwrap();
        Self(style.unchecked_into())
    }
}

impl Drop for Styles {
    fn drop(&mut self) {
        self.0.remove();
    }
}

/// Everything of this selector in the page.
fn elements(selector: &str) -> Vec<HtmlElement> {
    let document = window().unwrap().document().unwrap();
    let found = document.query_selector_all(selector).unwrap();
    let found = (0..found.length()).filter_map(|at| found.item(at));
    found.map(|it| it.unchecked_into()).collect()
}

#[wasm_bindgen_test]
async fn no_script_in_words_names_quotes_or_other_wordings_runs() {
    let evil = "<img src=x onerror=\"window.harmed=1\"><script>window.harmed=1</script>\
        <a href=\"javascript:window.harmed=1\">x</a> javascript:window.harmed=1 [x](javascript:window.harmed=1)";
    let mut view = club();
    view.name = evil.to_owned();
    view.members = vec![
        member(ME, "Maya", Role::Creator),
        member(ADA, evil, Role::Member),
    ];
    let stage = Stage::running(&club_page(), [told(view)]);
    let first = message(1, ADA, evil, Delivery::Incoming);
    let mut second = message(
        2,
        ADA,
        &format!("> {evil}\n- {evil}\n```\n{evil}\n```"),
        Delivery::Incoming,
    );
    second.reply_to = Some(first.id);
    let mut timer = message(3, ADA, "", Delivery::Incoming);
    timer.body = Body::TimerSet { seconds: 30 };
    answer_history(&stage, vec![timer, second, first]).await;
    let quote = || elements("article .quote").pop();
    let quote = stage.until(quote, || "the quote".to_owned()).await;
    quote.click();
    let field = stage.type_into("Message", evil).await;
    press_key(&field, "@", false);
    let sought = || stage.selects("article.sought").then_some(());
    stage.until(sought, || "the first message".to_owned()).await;
    assert!(elements("main img, main script, main a[href^=javascript]").is_empty());
    let harmed = Reflect::get(&window().unwrap(), &"harmed".into()).unwrap();
    assert!(harmed.is_undefined());
}

#[wasm_bindgen_test]
async fn marks_that_pile_up_stay_within_their_message() {
    let _styles = Styles::new();
    let stage = Stage::running(&club_page(), [told(club())]);
    let piled = format!("a{}", "\u{301}".repeat((MAX_TEXT - 1) / 2));
    let messages = [
        message(2, ADA, "after it", Delivery::Incoming),
        message(1, ADA, &piled, Delivery::Incoming),
    ];
    answer_history(&stage, messages.to_vec()).await;
    stage.see("after it").await;
    for text in elements("article .message-text") {
        let style = window()
            .unwrap()
            .get_computed_style(&text)
            .unwrap()
            .unwrap();
        assert_eq!(style.get_property_value("overflow-y").unwrap(), "clip");
        assert!(text.offset_height() < 200, "{}", text.offset_height());
    }
}

#[wasm_bindgen_test]
async fn ten_thousand_reactions_are_a_line_and_a_number() {
    let stage = Stage::running(&club_page(), [told(club())]);
    let emoji = |number: u32| char::from_u32(0x1f300 + number % 250).unwrap().to_string();
    let reaction = |number: u32| {
        let mut id = [0; 32];
        id[..4].copy_from_slice(&number.to_be_bytes());
        Reaction {
            member: MemberId(id),
            emoji: emoji(number),
            id: MessageId(id),
            clock: Timestamp(u64::from(number)),
            on: true,
        }
    };
    let mut view = message(1, ADA, "hello", Delivery::Incoming);
    view.amended = Some(Box::new(Amended {
        edits: Vec::new(),
        reactions: (0..10_000).map(reaction).collect(),
    }));
    answer_history(&stage, vec![view.clone()]).await;
    stage.see("+230").await;
    let drawn = elements("article .reaction");
    assert_eq!(drawn.len(), 20);
    for one in drawn {
        // Who they are is told of a few.
        assert!(one.get_attribute("aria-label").unwrap().len() < 400);
        assert!(one.inner_text().contains("40"));
    }
    // Somebody adds one and takes it back, all the time.
    let mut without = view.clone();
    without.amended = None;
    for _ in 0..500 {
        for view in [&view, &without] {
            stage
                .bridge
                .on_event(Event::Message(Box::new(view.clone())));
        }
    }
    let gone = || elements("article .reaction").is_empty().then_some(());
    stage.until(gone, || "no reaction".to_owned()).await;
}

#[wasm_bindgen_test]
async fn names_are_isolated_wherever_they_stand() {
    // The core refuses names that turn the direction of what follows; these turn what isn't isolated from them.
    let name = "\u{5d3}\u{5e0}\u{5d4} (admin)";
    let view = GroupView {
        members: vec![
            member(ME, "Maya", Role::Creator),
            member(ADA, name, Role::Member),
        ],
        ..club()
    };
    let stage = Stage::running(&club_page(), [told(view)]);
    let first = message(1, ADA, "one", Delivery::Incoming);
    let mut second = message(2, ME, &format!("two @{name}"), Delivery::Sent);
    second.reply_to = Some(first.id);
    let mut timer = message(3, ADA, "", Delivery::Incoming);
    timer.body = Body::TimerSet { seconds: 30 };
    answer_history(&stage, vec![timer, second, first]).await;
    stage.see("two").await;
    let _styles = Styles::new();
    for place in ["article .author", "article .quote", ".note", ".mention"] {
        let parts = elements(place);
        let found: Vec<_> = parts
            .iter()
            .filter(|part| part.inner_text().contains(name))
            .collect();
        assert!(!found.is_empty(), "{place}");
        for part in found {
            let isolates = |it: &HtmlElement| {
                let style = window().unwrap().get_computed_style(it).unwrap().unwrap();
                let isolates = style.get_property_value("unicode-bidi").unwrap();
                isolates.contains("isolate") && it.inner_text().trim_start_matches('@') == name
            };
            let inner = part.query_selector_all("*").unwrap();
            let mut all = (0..inner.length())
                .filter_map(|at| inner.item(at))
                .map(|it| it.unchecked_into::<HtmlElement>());
            assert!(isolates(part) || all.any(|it| isolates(&it)), "{place}");
        }
    }
}
