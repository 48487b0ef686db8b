//! What is told while the page is hidden, newer versions, and what the system hands over; told by stand-ins for the
//! parts of the browser.

use discordopus::runtime::SoundRequest;
use discordopus_core::chat::{Deed, Delivery, MessageView};
use discordopus_core::io::{
    Command, Event, GroupNotices, GroupView, NoticeLevel, Notices, Settings,
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

use super::call_watch::{StandIn, call, noted, until_noted};
use super::messages::changed;
use super::scene::{ADA, CLUB, club, club_page, message, told};
use super::stage::{Stage, value_of};

/// A page that can't be seen, which may show notifications.
fn hidden_page() -> StandIn {
    StandIn::new(
        "const noted = globalThis.noted = [];
        globalThis.realNotification = globalThis.Notification;
        globalThis.Notification = class {
            static permission = 'granted';
            constructor(title, { body, tag }) {
                noted.push(body ? `${title}: ${body}` : title);
                globalThis.shown = this;
            }
            close() { noted.push('closed'); }
        };
        Object.defineProperty(document, 'visibilityState', { configurable: true, value: 'hidden' });
        document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));",
        "globalThis.Notification = globalThis.realNotification;
        delete document.visibilityState;
        document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));",
    )
}

fn look_at_the_page() {
    js_sys::eval(
        "delete document.visibilityState;
        document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));",
    )
    .unwrap();
}

fn names(on: bool) -> Event {
    Event::Settings(Box::new(Settings {
        notices: Notices {
            names: on,
            declined: false,
        },
        ..Settings::default()
    }))
}

/// Names are told, and of the club what was chosen for it.
fn of_the_club(muted: bool, level: NoticeLevel) -> Event {
    let mut settings = Settings::default();
    settings.notices.names = true;
    settings.groups.insert(CLUB, GroupNotices { muted, level });
    Event::Settings(Box::new(settings))
}

#[wasm_bindgen_test]
async fn of_a_group_one_can_be_told_mentions_only_or_nothing() {
    let _page = hidden_page();
    let stage = Stage::running("#/", [told(club())]);
    stage.find("link", "Club").await;
    stage
        .bridge
        .on_event(of_the_club(false, NoticeLevel::Mentions));
    let mut unread = 0;
    let mut say = async |text: &str| {
        unread += 1;
        stage.bridge.on_event(heard(u64::from(unread), text));
        stage.bridge.on_event(with_unread(unread));
        stage.settles().await;
    };
    say("to everybody").await;
    say("> what @Maya said").await;
    say("`@Maya` is no call, and @Mayall is another").await;
    assert!(noted().is_empty(), "{:?}", noted());
    say("**look, @Maya!**").await;
    let called = "Club: Ada: look, @Maya!";
    until_noted(&stage, &[called]).await;
    stage
        .bridge
        .on_event(of_the_club(false, NoticeLevel::Nothing));
    say("once more, @Maya").await;
    assert_eq!(noted(), [called]);
    stage.bridge.on_event(of_the_club(false, NoticeLevel::All));
    say("all").await;
    until_noted(&stage, &[called, "Club: Ada: all", "closed"]).await;
}

#[wasm_bindgen_test]
async fn a_muted_group_counts_beside_its_name_only() {
    let _page = hidden_page();
    let stage = Stage::running("#/", [with_unread(3)]);
    let title = || {
        let document = web_sys::window().unwrap().document().unwrap();
        document.title()
    };
    stage
        .until(
            || title().starts_with("(3)").then_some(()),
            || format!("a title with 3, it is {}", title()),
        )
        .await;
    stage.bridge.on_event(of_the_club(true, NoticeLevel::All));
    stage
        .until(
            || (!title().starts_with('(')).then_some(()),
            || format!("a title without figures, it is {}", title()),
        )
        .await;
    stage.bridge.on_event(heard(1, "hello @Maya"));
    stage.bridge.on_event(with_unread(4));
    stage.find("link", "Club, 4 unread messages").await;
    assert!(stage.selects(".badge.is-quiet"));
    assert!(noted().is_empty(), "{:?}", noted());
}

#[wasm_bindgen_test]
async fn what_is_told_of_a_group_is_chosen_in_its_settings() {
    let stage = Stage::running(&club_page(), [told(club())]);
    stage.press("button", "Group settings").await;
    let level = stage.find("combobox", "Notifications").await;
    assert_eq!(
        level.text_content().unwrap(),
        "All messagesOnly mentionsNothing"
    );
    js_sys::Reflect::set(&level, &"value".into(), &"1".into()).unwrap();
    let change = web_sys::Event::new("change").unwrap();
    level.dispatch_event(&change).unwrap();
    stage.press("checkbox", "Mute this group").await;
    let chosen = stage
        .command(|command| match command {
            Command::ChangeSettings(settings) => {
                let chosen = settings.groups.get(&CLUB).copied()?;
                chosen.muted.then_some(chosen.level)
            }
            _ => None,
        })
        .await;
    assert_eq!(chosen, NoticeLevel::Mentions);
}

fn with_unread(unread: u32) -> Event {
    told(GroupView { unread, ..club() })
}

fn heard(number: u64, text: &str) -> Event {
    Event::Message(Box::new(message(number, ADA, text, Delivery::Incoming)))
}

#[wasm_bindgen_test]
async fn a_hidden_page_tells_of_a_call_where_it_may() {
    let _page = hidden_page();
    let stage = Stage::running("#/", [told(club()), names(true)]);
    stage.bridge.on_event(call(false, true, &[ADA]));
    let title = "Club: call started by Ada";
    until_noted(&stage, &[title]).await;
    // Pressing it leads to the group, where the call can be joined; it asks for nothing by itself.
    let pressed: js_sys::Function = js_sys::eval("globalThis.shown.onclick")
        .unwrap()
        .unchecked_into();
    pressed.call0(&JsValue::NULL).unwrap();
    stage.find("region", "Call").await;
    assert!(
        stage.sounded.borrow_mut().try_recv().is_err(),
        "joined by itself"
    );
    stage.bridge.on_event(call(false, false, &[ADA]));
    until_noted(&stage, &[title, "closed"]).await;
    stage.press("button", "Join call").await;
    assert_eq!(stage.asked_of_sound().await, SoundRequest::Join(CLUB));
}

#[wasm_bindgen_test]
async fn a_notification_tells_neither_who_nor_what_unless_that_is_wanted() {
    let _page = hidden_page();
    // What is unread from the start is no news.
    let stage = Stage::running("#/", [with_unread(3)]);
    stage.find("link", "Club, 3 unread messages").await;
    stage.bridge.on_event(heard(1, "the secret"));
    stage.bridge.on_event(with_unread(4));
    let something = "DiscordOpus: Something new in your groups";
    until_noted(&stage, &[something]).await;
    stage.bridge.on_event(call(false, true, &[ADA]));
    until_noted(&stage, &[something, "Somebody is calling"]).await;
    stage.bridge.on_event(call(false, false, &[ADA]));
    stage.bridge.on_event(names(true));
    stage.bridge.on_event(heard(2, "the plan"));
    stage.bridge.on_event(with_unread(5));
    let named = "Club: Ada: the plan";
    until_noted(&stage, &[something, "Somebody is calling", "closed", named]).await;
}

#[wasm_bindgen_test]
async fn a_notification_says_what_its_message_says_now_and_goes_with_it() {
    let _page = hidden_page();
    let stage = Stage::running("#/", [told(club()), names(true)]);
    stage.find("link", "Club").await;
    let first = message(1, ADA, "first", Delivery::Incoming);
    let second = message(2, ADA, "at six", Delivery::Incoming);
    for view in [&first, &second] {
        stage.bridge.on_event(tells(view.clone()));
    }
    stage.bridge.on_event(with_unread(2));
    until_noted(&stage, &["Club: Ada: at six"]).await;
    // An older one that changes is no news.
    let edit = |text: &str| Deed::Edit(text.to_owned());
    let older = changed(&first, ADA, 8, edit("the very first"));
    stage.bridge.on_event(tells(older));
    let second = changed(&second, ADA, 9, edit("at seven"));
    stage.bridge.on_event(tells(second.clone()));
    // The one in whose place it comes is closed.
    let now = ["Club: Ada: at six", "Club: Ada: at seven", "closed"];
    until_noted(&stage, &now).await;
    stage
        .bridge
        .on_event(tells(changed(&second, ADA, 10, Deed::Delete)));
    until_noted(&stage, &[now[0], now[1], now[2], "closed"]).await;
}

fn tells(view: MessageView) -> Event {
    Event::Message(Box::new(view))
}

#[wasm_bindgen_test]
async fn whoever_looks_at_the_page_is_rid_of_its_notifications() {
    let _page = hidden_page();
    let stage = Stage::running("#/", [told(club())]);
    stage.find("link", "Club").await;
    stage.bridge.on_event(heard(1, "hello"));
    stage.bridge.on_event(with_unread(1));
    let something = "DiscordOpus: Something new in your groups";
    until_noted(&stage, &[something]).await;
    look_at_the_page();
    until_noted(&stage, &[something, "closed"]).await;
    // What comes while the page is seen is not told besides.
    stage.bridge.on_event(heard(2, "you there?"));
    stage.bridge.on_event(with_unread(2));
    stage.find("link", "Club, 2 unread messages").await;
    assert_eq!(noted().len(), 2);
}

/// A browser that has not been asked yet, and will refuse.
fn unasked_page() -> StandIn {
    StandIn::new(
        "const noted = globalThis.noted = [];
        globalThis.realNotification = globalThis.Notification;
        globalThis.Notification = class {
            static permission = 'default';
            static requestPermission() {
                noted.push('asked');
                globalThis.Notification.permission = 'denied';
                return Promise.resolve('denied');
            }
        };
        Object.defineProperty(document, 'visibilityState', { configurable: true, value: 'hidden' });
        document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));",
        "globalThis.Notification = globalThis.realNotification;
        delete document.visibilityState;
        document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));",
    )
}

#[wasm_bindgen_test]
async fn notifications_are_asked_for_by_a_press_and_never_before() {
    let _page = unasked_page();
    let stage = Stage::running("#/settings", [told(club())]);
    stage.find("button", "Notify me").await;
    stage.bridge.on_event(call(false, true, &[ADA]));
    stage.find("alertdialog", "Club: call started by Ada").await;
    assert_eq!(noted(), [] as [&str; 0]);
    stage.press("button", "Notify me").await;
    stage.see("This browser shows no notifications").await;
    assert_eq!(noted(), ["asked"]);
}

#[wasm_bindgen_test]
async fn notifications_are_offered_once_something_was_missed_and_no_more_after_a_no() {
    const OFFER: &str = "Something new came while you were away.";
    let _page = unasked_page();
    let stage = Stage::running(&club_page(), [told(club())]);
    stage.find("button", "Start call").await;
    assert!(!stage.text().contains(OFFER));
    stage.bridge.on_event(heard(1, "hello"));
    stage.bridge.on_event(with_unread(1));
    stage.see("hello").await;
    look_at_the_page();
    stage.see(OFFER).await;
    stage.press("button", "Not now").await;
    let declined = stage
        .command(|command| match command {
            Command::ChangeSettings(settings) => Some(settings.notices.declined),
            _ => None,
        })
        .await;
    assert!(declined);
    stage.gone("button", "Not now").await;
    assert_eq!(noted(), [] as [&str; 0]);
}

/// A browser with a service worker whose newer version waits.
fn waiting_version() -> StandIn {
    StandIn::new(
        "const noted = globalThis.noted = [];
        const worker = new EventTarget();
        worker.state = 'installed';
        worker.postMessage = words => noted.push(words);
        const registration = new EventTarget();
        Object.assign(registration, { active: {}, waiting: worker, installing: null });
        registration.update = () => Promise.resolve(registration);
        const workers = new EventTarget();
        workers.controller = {};
        workers.register = async () => registration;
        workers.getRegistration = async () => registration;
        Object.defineProperty(navigator, 'serviceWorker', { configurable: true, value: workers });",
        "delete navigator.serviceWorker;",
    )
}

#[wasm_bindgen_test]
async fn a_newer_version_is_told_outside_of_calls_and_taken_by_a_press_only() {
    let _worker = waiting_version();
    let stage = Stage::running(&club_page(), [told(club())]);
    stage.see("A new version is ready").await;
    stage.bridge.on_sound(super::call_watch::voice(true));
    stage.gone("button", "Reload").await;
    stage.bridge.on_sound(super::call_watch::voice(false));
    stage.find("button", "Reload").await;
    assert_eq!(noted(), [] as [&str; 0]);
    // The page is reloaded once the version has taken over, which this one never does.
    stage.press("button", "Reload").await;
    until_noted(&stage, &["take over"]).await;
    stage.press("button", "Later").await;
    stage.gone("button", "Reload").await;
}

#[wasm_bindgen_test]
async fn an_offer_to_install_the_app_is_taken_up_by_a_press() {
    let _offer = StandIn::new("globalThis.noted = [];", "delete window.installOffer;");
    let stage = Stage::running("#/", []);
    stage.find("button", "Create a group").await;
    assert!(!stage.has("button", "Install the app"));
    js_sys::eval(
        "window.installOffer = { prompt: async () => globalThis.noted.push('asked') };
        window.dispatchEvent(new Event('installoffer'));",
    )
    .unwrap();
    stage.press("button", "Install the app").await;
    stage.gone("button", "Install the app").await;
    assert_eq!(noted(), ["asked"]);
}

#[wasm_bindgen_test]
async fn a_text_that_another_program_shares_becomes_a_draft_and_leaves_the_address() {
    let path = web_sys::window().unwrap().location().pathname().unwrap();
    let _address = StandIn::new(
        "history.replaceState(null, '', '?title=A%20find&text=look%20here&url=https%3A%2F%2Fexample.org');",
        "history.replaceState(null, '', location.pathname);",
    );
    let stage = Stage::running("#/", [told(club())]);
    stage.find("dialog", "Share with a group").await;
    let location = web_sys::window().unwrap().location();
    assert_eq!(location.search().unwrap(), "");
    assert_eq!(location.pathname().unwrap(), path);
    stage.press("button", "Club").await;
    let draft = stage
        .command(|command| match command {
            Command::SaveDraft { group, text } if group == CLUB => Some(text),
            _ => None,
        })
        .await;
    assert_eq!(draft, "A find\nlook here\nhttps://example.org");
    let composer = stage.find("textbox", "Message").await;
    assert_eq!(value_of(&composer), draft);
}

#[wasm_bindgen_test]
async fn shortcuts_of_the_installed_app_lead_to_their_dialogs() {
    let stage = Stage::running("#/paste", []);
    stage.find("dialog", "Join with a link").await;
    drop(stage);
    // Without a name there is something to do first.
    let stage = Stage::running("#/create", []);
    stage.see("Please type a name.").await;
    drop(stage);
    let stage = Stage::running("#/create", [told(club())]);
    stage.find("dialog", "Create a group").await;
}

#[wasm_bindgen_test]
async fn a_link_in_the_apps_own_scheme_opens_its_invite() {
    let code = super::scene::link().to_url("https://here.example/");
    let (_, code) = code.split_once("#/join/").unwrap();
    let opened = format!("#/open/web%2Bdiscordopus%3Ajoin%2F{code}");
    let stage = Stage::running(&opened, []);
    stage.find("heading", "Join Club").await;
    assert_eq!(super::fragment(), "#/join");
}
