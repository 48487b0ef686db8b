//! What one does with messages that are there: answer, react, edit, delete, pin, find.

use discordopus::runtime::{Query, Reply};
use discordopus_core::chat::{Amendment, Body, Deed, Delivery, MessageView};
use discordopus_core::ids::{MemberId, MessageId, Timestamp};
use discordopus_core::io::{Command, Event};
use wasm_bindgen_test::wasm_bindgen_test;

use super::answer_history;
use super::scene::{ADA, CLUB, ME, club, club_page, message, told};
use super::stage::{Stage, press_key, value_of};

/// A page with Ada's question and one's own answer.
async fn conversation() -> (Stage, MessageView, MessageView) {
    let stage = Stage::running(&club_page(), [told(club())]);
    let question = message(1, ADA, "Who brings bread?", Delivery::Incoming);
    let answer = message(2, ME, "I do", Delivery::Sent);
    answer_history(&stage, vec![answer.clone(), question.clone()]).await;
    stage.see("Who brings bread?").await;
    (stage, question, answer)
}

/// The message after somebody did this to it.
pub(super) fn changed(view: &MessageView, author: MemberId, number: u8, deed: Deed) -> MessageView {
    let mut view = view.clone();
    let at = Timestamp(view.clock.0 + u64::from(number));
    let amendment = Amendment {
        id: MessageId([number; 32]),
        target: view.id,
        author,
        at,
        clock: at,
        deed,
    };
    assert!(view.amend(&amendment));
    view
}

fn tell(stage: &Stage, view: MessageView) {
    stage.bridge.on_event(Event::Message(Box::new(view)));
}

/// Opens the menu of the message of this number from above, and presses an entry.
async fn choose(stage: &Stage, number: usize, entry: &str) {
    let menu = || {
        stage
            .all("button", "Message actions")
            .into_iter()
            .nth(number)
    };
    let menu = stage.until(menu, || format!("message {number}")).await;
    menu.click();
    stage.press("menuitem", entry).await;
}

#[wasm_bindgen_test]
async fn an_answer_says_what_it_answers_and_leads_there() {
    let (stage, question, _) = conversation().await;
    choose(&stage, 0, "Reply").await;
    stage.see("Answer to").await;
    let field = stage.type_into("Message", "Me too").await;
    press_key(&field, "Enter", false);
    let reply_to = stage
        .command(|command| match command {
            Command::SendText { reply_to, .. } => Some(reply_to),
            _ => None,
        })
        .await;
    assert_eq!(reply_to, Some(question.id));
    let mut view = message(3, ME, "Me too", Delivery::Pending);
    view.reply_to = Some(question.id);
    tell(&stage, view);
    stage.press("button", "Ada: Who brings bread?").await;
    let sought = || stage.selects("article.sought").then_some(());
    stage
        .until(sought, || "the question to stand out".to_owned())
        .await;
}

#[wasm_bindgen_test]
async fn a_quote_shows_what_was_said_without_the_marks() {
    let stage = Stage::running(&club_page(), [told(club())]);
    let question = message(1, ADA, "**Who** brings `bread`?", Delivery::Incoming);
    let mut answer = message(2, ME, "Me too", Delivery::Sent);
    answer.reply_to = Some(question.id);
    answer_history(&stage, vec![answer, question]).await;
    stage.find("button", "Ada: Who brings bread?").await;
}

#[wasm_bindgen_test]
async fn escape_ends_an_answer_and_the_next_message_is_one_of_its_own() {
    let (stage, ..) = conversation().await;
    choose(&stage, 0, "Reply").await;
    stage.see("Answer to").await;
    let field = stage.type_into("Message", "Something else").await;
    press_key(&field, "Escape", false);
    press_key(&field, "Enter", false);
    let reply_to = stage
        .command(|command| match command {
            Command::SendText { reply_to, .. } => Some(reply_to),
            _ => None,
        })
        .await;
    assert_eq!(reply_to, None);
}

#[wasm_bindgen_test]
async fn the_last_own_message_is_edited_with_the_up_key_and_the_draft_comes_back() {
    let (stage, _, answer) = conversation().await;
    let field = stage.find("textbox", "Message").await;
    press_key(&field, "ArrowUp", false);
    let filled = || (value_of(&field) == "I do").then_some(());
    stage
        .until(filled, || "the words in the field".to_owned())
        .await;
    stage.see("Edit message").await;
    let field = stage.type_into("Message", "I do, two of them").await;
    press_key(&field, "Enter", false);
    let (message, text) = stage
        .command(|command| match command {
            Command::EditMessage { message, text, .. } => Some((message, text)),
            _ => None,
        })
        .await;
    assert_eq!((message, text.as_str()), (answer.id, "I do, two of them"));
    let empty = || value_of(&field).is_empty().then_some(());
    stage.until(empty, || "the empty draft".to_owned()).await;
    let deed = Deed::Edit("I do, two of them".to_owned());
    tell(&stage, changed(&answer, ME, 9, deed));
    stage.see("I do, two of them").await;
    stage.see("Edited").await;
    assert!(!stage.text().contains("I doSent"));
    choose(&stage, 1, "Info").await;
    stage.see("Earlier words").await;
}

#[wasm_bindgen_test]
async fn the_info_tells_who_has_reacted_how_for_whoever_cannot_point_at_a_reaction() {
    let (stage, question, _) = conversation().await;
    let react = |emoji: &str| Deed::React {
        emoji: emoji.to_owned(),
        on: true,
    };
    let view = changed(&question, ADA, 7, react("👍"));
    let view = changed(&view, ME, 8, react("👍"));
    let view = changed(&view, ADA, 9, react("❤️"));
    tell(&stage, view);
    choose(&stage, 0, "Info").await;
    stage.find("heading", "Reactions").await;
    stage.see("👍Ada, Maya").await;
    stage.see("❤️Ada").await;
}

#[wasm_bindgen_test]
async fn a_reaction_is_added_and_taken_back_by_pressing_it() {
    let (stage, question, _) = conversation().await;
    let deed = Deed::React {
        emoji: "👍".to_owned(),
        on: true,
    };
    let once = changed(&question, ADA, 8, deed.clone());
    tell(&stage, once.clone());
    stage.press("button", "👍 1: Ada").await;
    let given = stage.command(reaction).await;
    assert_eq!(given, (question.id, "👍".to_owned(), true));
    tell(&stage, changed(&once, ME, 9, deed));
    stage.press("button", "👍 2: Ada, Maya").await;
    assert!(!stage.command(reaction).await.2);
    choose(&stage, 0, "React with ❤️").await;
    // It is the first in the menu from now on.
    let settings = stage
        .command(|command| match command {
            Command::ChangeSettings(settings) => Some(settings),
            _ => None,
        })
        .await;
    assert_eq!(settings.emoji, ["❤️"]);
    assert_eq!(stage.command(reaction).await.1, "❤️");
}

fn reaction(command: Command) -> Option<(MessageId, String, bool)> {
    match command {
        Command::React {
            message, emoji, on, ..
        } => Some((message, emoji, on)),
        _ => None,
    }
}

#[wasm_bindgen_test]
async fn deleting_asks_where_and_only_for_own_messages_everywhere() {
    let (stage, question, answer) = conversation().await;
    choose(&stage, 0, "Delete").await;
    stage.find("dialog", "Delete message").await;
    assert!(!stage.has("button", "Delete for everyone"));
    stage.press("button", "Delete on this device").await;
    let hidden = stage
        .command(|command| match command {
            Command::HideMessage { message, .. } => Some(message),
            _ => None,
        })
        .await;
    assert_eq!(hidden, question.id);
    stage.bridge.on_event(Event::MessageGone {
        group: CLUB,
        message: question.id,
    });
    let gone = || (!stage.text().contains("bread")).then_some(());
    stage.until(gone, || "the message to go".to_owned()).await;
    choose(&stage, 0, "Delete").await;
    stage.press("button", "Delete for everyone").await;
    let deleted = stage
        .command(|command| match command {
            Command::DeleteMessage { message, .. } => Some(message),
            _ => None,
        })
        .await;
    assert_eq!(deleted, answer.id);
    tell(&stage, changed(&answer, ME, 9, Deed::Delete));
    stage.see("This message was deleted.").await;
}

#[wasm_bindgen_test]
async fn nobody_else_s_message_can_be_edited() {
    let (stage, ..) = conversation().await;
    let menus = stage.all("button", "Message actions");
    menus[0].click();
    stage.find("menuitem", "Reply").await;
    assert!(!stage.has("menuitem", "Edit"));
}

#[wasm_bindgen_test]
async fn a_pinned_message_is_listed_and_a_press_leads_there() {
    let (stage, question, _) = conversation().await;
    choose(&stage, 0, "Pin").await;
    let pinned = stage
        .command(|command| match command {
            Command::PinMessage { message, on, .. } => Some((message, on)),
            _ => None,
        })
        .await;
    assert_eq!(pinned, (question.id, true));
    let mut view = club();
    view.pinned = vec![question.id];
    stage.bridge.on_event(told(view));
    stage.press("button", "Pinned messages").await;
    answer_one(&stage, Some(question)).await;
    stage.press("button", "Ada: Who brings bread?").await;
    let sought = || stage.selects("article.sought").then_some(());
    stage
        .until(sought, || "the message to stand out".to_owned())
        .await;
}

/// Answers a question for one message, or for a search.
async fn answer_one(stage: &Stage, view: Option<MessageView>) -> Query {
    let request = stage
        .until(
            || stage.history.borrow_mut().try_recv().ok(),
            || "a question about the history".to_owned(),
        )
        .await;
    let reply = Reply {
        messages: view.into_iter().collect(),
        ..Reply::default()
    };
    request.reply.send(Ok(reply)).unwrap();
    request.query
}

#[wasm_bindgen_test]
async fn a_search_asks_for_the_words_and_leads_to_what_it_found() {
    let (stage, ..) = conversation().await;
    stage.press("button", "Search").await;
    stage.type_into("Search messages", "old bread").await;
    stage.submit("textbox", "Search messages").await;
    let old = message(0, ADA, "The old bread", Delivery::Incoming);
    let query = answer_one(&stage, Some(old.clone())).await;
    let Query::Search { words, before, .. } = query else {
        panic!("no search");
    };
    assert_eq!((words.as_str(), before), ("old bread", None));
    stage.see("1 message found").await;
    stage.press("button", "Ada: The old bread").await;
    // It isn't in the log yet: its place is asked for, then what is around it.
    assert_eq!(
        answer_one(&stage, Some(old.clone())).await,
        Query::One {
            group: CLUB,
            message: old.id
        }
    );
    let Query::Page(up) = answer_one(&stage, Some(old)).await else {
        panic!("no page");
    };
    assert!(up.before.is_some() && up.after.is_none());
    let Query::Page(down) = answer_one(&stage, None).await else {
        panic!("no page");
    };
    assert!(down.before.is_none() && down.after.is_some());
    let sought = || stage.selects("article.sought").then_some(());
    stage
        .until(sought, || "the message to stand out".to_owned())
        .await;
}

#[wasm_bindgen_test]
async fn what_looks_like_markup_of_the_web_is_shown_as_it_was_typed() {
    let stage = Stage::running(&club_page(), [told(club())]);
    let text = "<img src=x onerror=alert(1)> **bold** @Maya";
    answer_history(&stage, vec![message(1, ADA, text, Delivery::Incoming)]).await;
    stage.see("<img src=x onerror=alert(1)> bold @Maya").await;
    assert!(!stage.selects("article img"));
    assert!(stage.selects("article strong"));
    assert!(stage.selects("article.calls-me .mention.own"));
}

#[wasm_bindgen_test]
async fn a_name_is_offered_while_it_is_typed() {
    let (stage, ..) = conversation().await;
    let field = stage.type_into("Message", "hi @A").await;
    stage.find("option", "Ada").await;
    press_key(&field, "Enter", false);
    let completed = || (value_of(&field) == "hi @Ada ").then_some(());
    stage.until(completed, || "the whole name".to_owned()).await;
}

#[wasm_bindgen_test]
async fn messages_that_disappear_say_so() {
    let stage = Stage::running(&club_page(), [told(club())]);
    let mut short = message(1, ADA, "Not for long", Delivery::Incoming);
    short.lifetime = Some(3_600);
    let mut set = message(0, ADA, "", Delivery::Incoming);
    set.body = Body::TimerSet { seconds: 3_600 };
    answer_history(&stage, vec![short, set]).await;
    stage
        .see("Ada set messages to disappear 1 hour after they were seen")
        .await;
    stage
        .find("img", "Disappears 1 hour after it was seen")
        .await;
    stage.press("button", "Group settings").await;
    let select = stage.find("combobox", "Disappearing messages").await;
    let select: web_sys::HtmlSelectElement = wasm_bindgen::JsCast::unchecked_into(select);
    // The fifth entry: one day.
    select.set_selected_index(4);
    let init = web_sys::EventInit::new();
    init.set_bubbles(true);
    let event = web_sys::Event::new_with_event_init_dict("change", &init).unwrap();
    select.dispatch_event(&event).unwrap();
    let seconds = stage
        .command(|command| match command {
            Command::SetTimer { seconds, .. } => Some(seconds),
            _ => None,
        })
        .await;
    assert_eq!(seconds, 24 * 3_600);
}
