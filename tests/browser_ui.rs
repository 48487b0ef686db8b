//! The interface in a real browser: what is on each screen by role and name, and what each control asks for.
#![cfg(all(target_arch = "wasm32", target_os = "unknown"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "browser_ui/call_watch.rs"]
mod call_watch;
#[path = "browser_ui/calls.rs"]
mod calls;
#[path = "browser_ui/files.rs"]
mod files;
#[path = "browser_ui/help.rs"]
mod help;
#[path = "browser_ui/hostile.rs"]
mod hostile;
#[path = "browser_ui/keys.rs"]
mod keys;
#[path = "browser_ui/looks.rs"]
mod looks;
#[path = "browser_ui/messages.rs"]
mod messages;
#[path = "browser_ui/moving.rs"]
mod moving;
#[path = "browser_ui/news.rs"]
mod news;
#[path = "browser_ui/profile.rs"]
mod profile;
#[path = "browser_ui/reading.rs"]
mod reading;
#[path = "browser_ui/scene.rs"]
mod scene;
#[path = "browser_ui/security.rs"]
mod security;
#[path = "browser_ui/settings.rs"]
mod settings;
#[path = "browser_ui/stage.rs"]
mod stage;
#[path = "browser_ui/trust.rs"]
mod trust;
#[path = "browser_ui/warnings.rs"]
mod warnings;

use discordopus::runtime::{Boot, Feature, Query, Reply};
use discordopus::ui::i18n::{Language, Locale};
use discordopus::ui::view_model::PAGE;
use discordopus_core::chat::{Body, Delivery};
use discordopus_core::ids::{
    InviteId, MILLIS_PER_DAY, MILLIS_PER_HOUR, Mailbox, MemberId, Timestamp,
};
use discordopus_core::io::{
    Command, Event, GroupState, JoinState, JoinView, Refusal, RelayProblem, RelayState, Role,
};
use discordopus_core::store::StoreError;
use scene::{ADA, CLUB, ME, club, club_page, link, member, message, soon, told};
use stage::{Stage, is_checked, press_key, press_shortcut, value_of};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::window;

wasm_bindgen_test_configure!(run_in_browser);

fn fragment() -> String {
    window().unwrap().location().hash().unwrap()
}

#[wasm_bindgen_test]
async fn the_first_page_asks_for_a_name_and_founds_a_group() {
    let stage = Stage::running("#/", []);
    stage.find("heading", "DiscordOpus").await;
    stage.find("textbox", "Your name").await;
    stage.find("button", "Join with a link").await;
    stage.press("button", "Create a group").await;
    stage.see("Please type a name.").await;
    assert!(!stage.has("textbox", "Group name"));

    stage.type_into("Your name", "Maya").await;
    stage.press("button", "Create a group").await;
    stage.find("dialog", "Create a group").await;
    stage.type_into("Group name", "Club").await;
    stage.press("button", "Create").await;
    let names = stage
        .command(|command| match command {
            Command::CreateGroup {
                group_name,
                your_name,
            } => Some((group_name, your_name)),
            _ => None,
        })
        .await;
    assert_eq!(names, ("Club".to_owned(), "Maya".to_owned()));

    stage.bridge.on_event(told(club()));
    stage.bridge.on_event(Event::GroupCreated(CLUB));
    stage.find("textbox", "Message").await;
    assert_eq!(fragment(), club_page());
}

#[wasm_bindgen_test]
async fn whoever_is_alone_in_a_group_is_told_to_invite_people() {
    let mut group = club();
    group.members.truncate(1);
    let stage = Stage::running(&club_page(), [told(group)]);
    stage.see("You are alone here so far.").await;
    stage.press("button", "Invite friends").await;
    stage.find("dialog", "Invite people").await;
    stage.press("button", "Close").await;
    stage.bridge.on_event(told(club()));
    stage.gone("button", "Invite friends").await;
}

#[wasm_bindgen_test]
async fn what_the_app_is_is_told_to_whoever_has_no_group_yet() {
    let stage = Stage::running("#/", []);
    stage.see("End-to-end encrypted").await;
    stage.find("button", "Restore a backup").await;
    stage.bridge.on_event(told(club()));
    stage.gone("button", "Restore a backup").await;
    assert!(!stage.text().contains("End-to-end encrypted"));
    stage.find("link", "Settings of this device").await;
}

#[wasm_bindgen_test]
async fn the_first_page_tells_what_the_app_cannot_promise() {
    let stage = Stage::running("#/", []);
    stage.press("button", "What it can't promise").await;
    stage.find("dialog", "What it can't promise").await;
    stage
        .see("Whoever serves this page can change the app.")
        .await;
    stage
        .see("Nobody outside the project has reviewed the cryptography yet.")
        .await;
}

#[wasm_bindgen_test]
async fn members_stand_in_the_order_of_the_alphabet_and_oneself_first() {
    let mut group = club();
    for (number, name) in [(3, "zoe"), (4, "\u{c4}nne"), (5, "Bert")] {
        let id = MemberId([number; 32]);
        group.members.push(member(id, name, Role::Member));
    }
    let stage = Stage::running(&club_page(), [told(group)]);
    stage.find("heading", "Members").await;
    stage.see("zoe").await;
    let text = stage.text();
    let (_, list) = text.split_once("Members").unwrap();
    let places = ["Maya", "Ada", "\u{c4}nne", "Bert", "zoe"].map(|name| list.find(name));
    assert!(places.is_sorted() && places[0].is_some(), "{list}");
}

#[wasm_bindgen_test]
async fn a_refusal_is_said_where_it_was_caused() {
    let stage = Stage::running("#/", []);
    stage.type_into("Your name", "Maya").await;
    stage.press("button", "Create a group").await;
    stage.type_into("Group name", "Club").await;
    stage.press("button", "Create").await;
    stage.find("button", "Creating the group...").await;
    stage.bridge.on_event(Event::Refused {
        group: None,
        reason: Refusal::Storage,
    });
    stage.see("The storage takes nothing at the moment").await;
    stage.find("button", "Create").await;
}

#[wasm_bindgen_test]
async fn every_bad_link_has_its_own_words_and_a_next_step() {
    let good = link().to_code().to_string();
    let truncated = good[..good.len() - 9].to_owned();
    let mut old = link();
    old.expires = Timestamp(1);
    let cases = [
        ("hello there".to_owned(), "This is not an invite link"),
        (
            format!("https://chat.example/#/join/{truncated}"),
            "This invite link is incomplete",
        ),
        (
            old.to_url("https://chat.example/"),
            "This invite link has expired",
        ),
    ];
    for (text, title) in cases {
        let stage = Stage::running("#/", []);
        stage.press("button", "Join with a link").await;
        stage.find("dialog", "Join with a link").await;
        stage.type_into("Invite link", &text).await;
        stage.press("button", "Continue").await;
        stage.find("heading", title).await;
        stage.find("button", "Use another link").await;
        stage.find("link", "Go to the start page").await;
        assert!(!stage.has("button", "Join"), "{title}");
    }
}

#[wasm_bindgen_test]
async fn an_invite_leaves_the_address_bar_at_once_and_leads_in() {
    let link = link();
    let code = link.to_code().to_string();
    let stage = Stage::running(&format!("#/join/{code}"), []);
    assert_eq!(fragment(), "#/join");
    stage.find("heading", "Join Club").await;
    stage.see("Invited by Ada").await;
    stage.see("This invite expires").await;
    assert!(!stage.text().contains(&code[10..40]));
    stage.type_into("Your name", "Maya").await;
    stage.press("button", "Join").await;
    let (asked, name) = stage
        .command(|command| match command {
            Command::Join { link, your_name } => Some((link, your_name)),
            _ => None,
        })
        .await;
    assert!(asked == link);
    assert_eq!(name, "Maya");

    let join = |state| {
        Event::Join(JoinView {
            invite: link.invite_id(),
            mailbox: link.mailbox(),
            group_name: "Club".to_owned(),
            inviter_name: "Ada".to_owned(),
            code: "1234 5678 9012".to_owned(),
            state,
            relay: RelayState::Online,
        })
    };
    for (state, words) in [
        (JoinState::Joining, "Joining..."),
        (JoinState::Waiting, "Waiting for a member to come online"),
        (JoinState::WaitingForApproval, "Waiting for approval"),
        (JoinState::Refused, "This invite has expired or was revoked"),
        (JoinState::Used, "This invite was already used"),
        (JoinState::Declined, "Your request was declined"),
    ] {
        stage.bridge.on_event(join(state));
        stage.find("status", words).await;
    }
    stage.bridge.on_event(told(club()));
    stage.bridge.on_event(join(JoinState::Joined(CLUB)));
    stage.find("log", "Messages").await;
    assert_eq!(fragment(), club_page());
}

#[wasm_bindgen_test]
async fn a_join_that_waits_is_shown_after_a_reload_and_can_be_given_up() {
    let invite = InviteId([3; 16]);
    let join = Event::Join(JoinView {
        invite,
        mailbox: Mailbox([3; 16]),
        group_name: "Climbing".to_owned(),
        inviter_name: "Grace".to_owned(),
        code: "1234 5678 9012".to_owned(),
        state: JoinState::Waiting,
        relay: RelayState::Online,
    });
    let stage = Stage::running("#/join", [join]);
    stage.find("heading", "Join Climbing").await;
    stage
        .find("status", "Waiting for a member to come online")
        .await;
    stage.press("button", "Stop waiting").await;
    let given_up = stage
        .command(|command| match command {
            Command::CancelJoin { invite } => Some(invite),
            _ => None,
        })
        .await;
    assert_eq!(given_up, invite);
}

#[wasm_bindgen_test]
async fn a_group_has_its_parts_and_enter_sends() {
    let mut other = club();
    other.id = discordopus_core::ids::GroupId([8; 32]);
    other.name = "Family".to_owned();
    other.unread = 2;
    let stage = Stage::running(&club_page(), [told(club()), told(other)]);
    for (role, name) in [
        ("navigation", "Groups"),
        ("link", "Club"),
        ("link", "Family, 2 unread messages"),
        ("heading", "Club"),
        ("log", "Messages"),
        ("button", "Send"),
        ("region", "Members"),
        ("button", "Invite people"),
        ("button", "Group settings"),
    ] {
        stage.find(role, name).await;
    }
    let field = stage.type_into("Message", "Hello\nthere ").await;
    assert!(
        press_key(&field, "Enter", true),
        "Shift+Enter is left to the field"
    );
    assert_eq!(value_of(&field), "Hello\nthere ");
    assert!(!press_key(&field, "Enter", false), "Enter breaks no line");
    let (group, text) = stage
        .command(|command| match command {
            Command::SendText { group, text, .. } => Some((group, text)),
            _ => None,
        })
        .await;
    assert_eq!((group, text.as_str()), (CLUB, "Hello\nthere"));
    let emptied = || value_of(&field).is_empty().then_some(());
    stage.until(emptied, || "an empty field".to_owned()).await;
    assert!(
        document_title().starts_with("(2) Club"),
        "{}",
        document_title()
    );
}

fn document_title() -> String {
    window().unwrap().document().unwrap().title()
}

#[wasm_bindgen_test]
async fn own_messages_tell_their_state_in_words_and_a_failed_one_is_tried_again() {
    let stage = Stage::running(&club_page(), [told(club())]);
    answer_history(&stage, Vec::new()).await;
    let mut view = message(1, ME, "Hello", Delivery::Pending);
    for (delivery, words) in [
        (Delivery::Pending, "Sending"),
        (Delivery::Sent, "Sent"),
        (Delivery::Delivered, "Delivered"),
        (Delivery::Unknown, "Delivery unknown"),
        (Delivery::Failed, "Failed: retry"),
    ] {
        view.delivery = delivery;
        stage
            .bridge
            .on_event(Event::Message(Box::new(view.clone())));
        stage.see(&format!("Hello{words}")).await;
    }
    stage.press("button", "Failed: retry").await;
    let retried = stage
        .command(|command| match command {
            Command::Retry { message, .. } => Some(message),
            _ => None,
        })
        .await;
    assert_eq!(retried, view.id);
}

/// Answers the page of history that the log asks for.
async fn answer_history(stage: &Stage, page: Vec<discordopus_core::chat::MessageView>) {
    let request = stage
        .until(
            || stage.history.borrow_mut().try_recv().ok(),
            || "a read of the history".to_owned(),
        )
        .await;
    let Query::Page(query) = request.query else {
        panic!("something else than a page was asked for");
    };
    assert_eq!((query.group, query.limit), (CLUB, PAGE));
    let reply = Reply {
        messages: page,
        ..Reply::default()
    };
    request.reply.send(Ok(reply)).unwrap();
}

#[wasm_bindgen_test]
async fn the_history_is_read_newest_first_and_shown_in_order() {
    let mut view = club();
    view.unread = 1;
    let stage = Stage::running(&club_page(), [told(view)]);
    let page = vec![
        message(3, ADA, "third", Delivery::Incoming),
        message(2, ME, "second", Delivery::Delivered),
        message(1, ADA, "first", Delivery::Incoming),
    ];
    answer_history(&stage, page).await;
    stage.see("third").await;
    let text = stage.text();
    let at = |part: &str| {
        text.find(part)
            .unwrap_or_else(|| panic!("no {part} in {text}"))
    };
    assert!(at("first") < at("second") && at("second") < at("New messages"));
    assert!(at("New messages") < at("third"));
    stage
        .command(|command| {
            matches!(command, Command::MarkRead { group } if group == CLUB).then_some(())
        })
        .await;
}

#[wasm_bindgen_test]
async fn words_stay_words_and_addresses_become_harmless_links() {
    let stage = Stage::running(&club_page(), [told(club())]);
    let text = "<img src=x onerror=alert(1)> see https://example.org/a.";
    answer_history(&stage, vec![message(1, ADA, text, Delivery::Incoming)]).await;
    stage.see(text).await;
    let link = stage.find("link", "https://example.org/a").await;
    assert_eq!(
        link.get_attribute("rel").as_deref(),
        Some("noopener noreferrer")
    );
    assert_eq!(link.get_attribute("target").as_deref(), Some("_blank"));
    let article = link.closest("article").unwrap().unwrap();
    assert!(article.query_selector("img").unwrap().is_none());
    assert_eq!(
        link.parent_element()
            .unwrap()
            .get_attribute("dir")
            .as_deref(),
        Some("auto")
    );
}

#[wasm_bindgen_test]
async fn the_log_tells_who_came_and_went() {
    let stage = Stage::running(&club_page(), [told(club())]);
    let note = |number, body| {
        let mut view = message(number, ADA, "", Delivery::Incoming);
        view.body = body;
        view
    };
    let page = vec![
        note(
            5,
            Body::Renamed {
                by: ADA,
                name: "Club".to_owned(),
            },
        ),
        note(4, Body::Left { member: ADA }),
        note(
            3,
            Body::Removed {
                member: ADA,
                by: ME,
            },
        ),
        note(
            2,
            Body::Joined {
                member: ADA,
                invited_by: ME,
            },
        ),
        note(1, Body::Founded { by: ME }),
    ];
    answer_history(&stage, page).await;
    for words in [
        "You created the group",
        "Ada joined through your link",
        "Ada was removed by Maya",
        "Ada left",
        "Ada renamed the group to Club",
    ] {
        stage.see(words).await;
    }
}

#[wasm_bindgen_test]
async fn an_invite_is_made_shown_and_revoked() {
    let stage = Stage::running(&club_page(), [told(club())]);
    stage.press("button", "Invite people").await;
    stage.find("dialog", "Invite people").await;
    stage.find("combobox", "Expires after").await;
    stage.find("combobox", "Can be used").await;
    stage.press("button", "Create invite link").await;
    let limits = stage
        .command(|command| match command {
            Command::CreateInvite {
                lifetime, max_uses, ..
            } => Some((lifetime, max_uses)),
            _ => None,
        })
        .await;
    assert_eq!(limits, (7 * MILLIS_PER_DAY, Some(5)));
    assert!(!stage.has("textbox", "Invite link"));
    let url = link().to_url("https://chat.example/");
    stage.bridge.on_event(Event::InviteCreated {
        group: CLUB,
        invite: link().invite_id(),
        link: url.clone(),
    });
    let field = stage.find("textbox", "Invite link").await;
    assert_eq!(value_of(&field), url);
    assert!(field.has_attribute("readonly"));
    stage.find("button", "Copy link").await;
    stage.find("img", "QR code").await;
    stage.find("list", "Active invites").await;
    stage.press("button", "Revoke").await;
    let revoked = stage
        .command(|command| match command {
            Command::RevokeInvite { invite, .. } => Some(invite),
            _ => None,
        })
        .await;
    assert_eq!(revoked, InviteId([4; 16]));

    // The link is a secret: it goes with the dialog.
    stage.press("button", "Close").await;
    stage.gone("textbox", "Invite link").await;
    stage.press("button", "Invite people").await;
    stage.find("combobox", "Expires after").await;
    assert!(!stage.has("textbox", "Invite link"));
}

#[wasm_bindgen_test]
async fn the_chosen_limits_of_an_invite_are_the_ones_asked_for() {
    let stage = Stage::running(&club_page(), [told(club())]);
    stage.press("button", "Invite people").await;
    for (name, option) in [("Expires after", 0), ("Can be used", 3)] {
        let choice = stage.find("combobox", name).await;
        let choice: web_sys::HtmlSelectElement = wasm_bindgen::JsCast::unchecked_into(choice);
        choice.set_selected_index(option);
        choice
            .dispatch_event(&web_sys::Event::new("change").unwrap())
            .unwrap();
    }
    stage.press("button", "Create invite link").await;
    let limits = stage
        .command(|command| match command {
            Command::CreateInvite {
                lifetime, max_uses, ..
            } => Some((lifetime, max_uses)),
            _ => None,
        })
        .await;
    assert_eq!(limits, (MILLIS_PER_HOUR, None));
}

#[wasm_bindgen_test]
async fn a_member_is_removed_after_a_question_with_open_invites_by_default() {
    let stage = Stage::running(&club_page(), [told(club())]);
    stage.press("button", "Actions for Ada").await;
    stage.press("menuitem", "Remove from group").await;
    stage.find("dialog", "Remove Ada?").await;
    let revoke = stage
        .find("checkbox", "Also revoke open invite links")
        .await;
    assert!(is_checked(&revoke));
    stage.press("button", "Remove").await;
    let removed = stage
        .command(|command| match command {
            Command::RemoveMember {
                member,
                revoke_invites,
                ..
            } => Some((member, revoke_invites)),
            _ => None,
        })
        .await;
    assert_eq!(removed, (ADA, true));
    stage
        .gone("checkbox", "Also revoke open invite links")
        .await;
}

#[wasm_bindgen_test]
async fn leaving_is_asked_for_and_deleting_comes_after_it() {
    let stage = Stage::running(&club_page(), [told(club())]);
    stage.press("button", "Group settings").await;
    stage.press("button", "Leave group").await;
    stage.find("dialog", "Leave Club?").await;
    assert!(!stage.has("button", "Delete from this device"));
    stage.press("button", "Leave").await;
    stage
        .command(|command| matches!(command, Command::LeaveGroup { .. }).then_some(()))
        .await;
    let mut left = club();
    left.state = GroupState::Left;
    stage.bridge.on_event(told(left));
    stage.see("You left this group").await;
    stage.gone("textbox", "Message").await;
    stage.press("button", "Delete from this device").await;
    stage.press("button", "Delete").await;
    stage
        .command(|command| matches!(command, Command::ForgetGroup { .. }).then_some(()))
        .await;
}

#[wasm_bindgen_test]
async fn whoever_is_removed_is_told_by_whom_and_can_write_no_more() {
    let mut removed = club();
    removed.state = GroupState::Removed { by: ADA };
    let stage = Stage::running(&club_page(), [told(removed)]);
    stage.see("You were removed from this group").await;
    stage.see("Ada removed you").await;
    assert!(!stage.has("textbox", "Message"));
    assert!(!stage.has("button", "Invite people"));
    assert!(!stage.has("button", "Actions for Ada"));
}

#[wasm_bindgen_test]
async fn a_group_is_renamed() {
    let stage = Stage::running(&club_page(), [told(club())]);
    stage.press("button", "Group settings").await;
    stage.type_into("Group name", "Society").await;
    stage.press("button", "Save").await;
    let name = stage
        .command(|command| match command {
            Command::RenameGroup { name, .. } => Some(name),
            _ => None,
        })
        .await;
    assert_eq!(name, "Society");
    let mut renamed = club();
    renamed.name = name;
    stage.bridge.on_event(told(renamed));
    stage.see("Saved").await;
    stage.press("button", "Close").await;
    stage.find("heading", "Society").await;
}

#[wasm_bindgen_test]
async fn a_draft_comes_back_and_is_kept_when_the_field_is_left() {
    let draft = Event::Draft {
        group: CLUB,
        text: "half a sen".to_owned(),
    };
    let stage = Stage::running(&club_page(), [told(club()), draft]);
    let field = stage.find("textbox", "Message").await;
    assert_eq!(value_of(&field), "half a sen");
    let field = stage.type_into("Message", "half a sentence").await;
    field
        .dispatch_event(&web_sys::Event::new("blur").unwrap())
        .unwrap();
    let kept = stage
        .command(|command| match command {
            Command::SaveDraft { text, .. } => Some(text),
            _ => None,
        })
        .await;
    assert_eq!(kept, "half a sentence");
}

#[wasm_bindgen_test]
async fn troubles_are_told_in_plain_words() {
    let mut away = club();
    away.relay = RelayState::Offline {
        reason: RelayProblem::Unreachable,
        retry_at: soon(),
    };
    let stage = Stage::running(&club_page(), [told(away)]);
    stage.see("No connection to the relay").await;
    stage.see("sent as soon as the connection is back").await;
    stage.find("link", "Test the connection").await;
    stage
        .bridge
        .on_event(Event::Storage(Some(StoreError::Full)));
    stage.see("The storage is full").await;
    stage.bridge.on_event(Event::Storage(None));
    stage.bridge.on_event(told(club()));
    let healed = || {
        let text = stage.text();
        let quiet = !text.contains("The storage is full") && !text.contains("No connection");
        quiet.then_some(())
    };
    stage.until(healed, || "quiet".to_owned()).await;
}

#[wasm_bindgen_test]
async fn a_start_that_cannot_go_on_says_why_and_what_to_do() {
    let stage = Stage::at("#/");
    stage.bridge.on_boot(Boot::SecondTab);
    stage
        .find("heading", "DiscordOpus is open in another tab")
        .await;
    stage.find("button", "Use here").await;
    stage.bridge.on_boot(Boot::StorageBlocked);
    stage
        .find("heading", "This browser keeps nothing for this page")
        .await;
    stage.find("button", "Continue without storage").await;
    stage
        .bridge
        .on_boot(Boot::Unsupported(vec![Feature::WebLocks]));
    stage
        .find("heading", "This browser can't run DiscordOpus")
        .await;
    stage.see("Locks between tabs (Web Locks)").await;
    stage.bridge.on_boot(Boot::TooNew);
    stage.find("button", "Reload").await;
    stage.start([]);
    stage.find("textbox", "Your name").await;
}

#[wasm_bindgen_test]
async fn a_group_that_is_not_here_says_so() {
    let stage = Stage::running(&club_page(), []);
    stage
        .find("heading", "This group is not on this device")
        .await;
    stage.find("link", "Go to the start page").await;
}

#[wasm_bindgen_test]
async fn control_and_k_jump_to_a_group_by_a_part_of_its_name() {
    let mut other = club();
    other.id = discordopus_core::ids::GroupId([8; 32]);
    other.name = "Family".to_owned();
    let stage = Stage::running(&club_page(), [told(club()), told(other)]);
    stage.find("textbox", "Message").await;
    press_shortcut("k");
    stage.find("dialog", "Jump to a group").await;
    let field = stage.type_into("Group name", "fam").await;
    let form: web_sys::HtmlFormElement =
        wasm_bindgen::JsCast::unchecked_into(field.closest("form").unwrap().unwrap());
    form.request_submit().unwrap();
    stage.find("heading", "Family").await;
}

#[wasm_bindgen_test]
async fn the_page_speaks_german_where_german_is_asked_for() {
    let file = include_str!("../static/languages/de.txt");
    let german = Language::read(Locale::German, file).unwrap();
    let stage = Stage::in_language("#/", german);
    stage.start([]);
    stage.find("textbox", "Dein Name").await;
    let document = window().unwrap().document().unwrap();
    let root = document.document_element().unwrap();
    assert_eq!(root.get_attribute("lang").as_deref(), Some("de"));
    assert_eq!(root.get_attribute("dir").as_deref(), Some("ltr"));
}
