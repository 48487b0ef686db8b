//! What a group's member has to be told: warnings, groups that can't go on, and what still waits.

use discordopus_core::chat::{Body, Delivery};
use discordopus_core::ids::{GroupId, InviteId, Mailbox, MemberId};
use discordopus_core::io::{
    Alarm, Command, Event, GroupState, JoinState, JoinView, OfferView, RelayState, Role,
};

use super::answer_history;
use super::scene::{ADA, CLUB, ME, club, club_page, member, message, soon, told};
use super::stage::Stage;
use wasm_bindgen_test::wasm_bindgen_test;

const BEN: MemberId = MemberId([3; 32]);
/// The group that takes the club's place.
const ANEW: GroupId = GroupId([8; 32]);

#[wasm_bindgen_test]
async fn every_alarm_is_told_in_plain_words_and_can_be_put_away() {
    let cases = [
        (
            Alarm::TwoKeys { member: ADA },
            "Ada's app tells different people different things",
            "Dismiss",
        ),
        (
            Alarm::TwoHistories { member: ADA },
            "Ada told members different things about this group",
            "Dismiss",
        ),
        (
            Alarm::RostersDiffer { member: ADA },
            "Ada sees other members in this group than you do",
            "Go on anyway",
        ),
        (
            Alarm::SetBack { noticed_by: ADA },
            "This device knows less than it should",
            "Go on anyway",
        ),
    ];
    let stage = Stage::running(&club_page(), [told(club())]);
    for (alarm, title, button) in cases {
        let mut view = club();
        view.alarms = vec![alarm];
        view.rights.send = button == "Dismiss";
        let writes = view.rights.send;
        stage.bridge.on_event(told(view));
        stage.find("alert", title).await;
        if writes {
            stage.find("textbox", "Message").await;
        } else {
            stage.see("Nothing is sent from here").await;
            assert!(!stage.has("textbox", "Message"));
        }
        stage.press("button", button).await;
        let dismissed = stage
            .command(|command| match command {
                Command::DismissAlarm { group, alarm } => Some((group, alarm)),
                _ => None,
            })
            .await;
        assert_eq!(dismissed, (CLUB, alarm));
        stage.bridge.on_event(told(club()));
        stage.gone("alert", title).await;
        stage.find("textbox", "Message").await;
    }
}

#[wasm_bindgen_test]
async fn a_device_that_was_left_behind_can_stop_here_and_is_told_how_to_come_back() {
    let stage = Stage::running(&club_page(), [told(club())]);
    let mut view = club();
    view.alarms = vec![Alarm::SetBack { noticed_by: ME }];
    view.rights.send = false;
    stage.bridge.on_event(told(view));
    stage.see("Newer keys of yours are in use").await;
    stage.press("button", "Stop here").await;
    let group = stage
        .command(|command| match command {
            Command::StepAside { group } => Some(group),
            _ => None,
        })
        .await;
    assert_eq!(group, CLUB);
    let mut aside = club();
    aside.state = GroupState::Aside;
    aside.alarms = vec![Alarm::SetBack { noticed_by: ME }];
    aside.rights = discordopus_core::io::Rights::default();
    stage.bridge.on_event(told(aside));
    stage
        .see("ask for an invite link and join as a new member")
        .await;
    assert!(!stage.has("textbox", "Message"));
    assert!(!stage.has("button", "Go on anyway"), "it is over");
}

#[wasm_bindgen_test]
async fn a_group_that_has_split_is_founded_anew_in_one_step() {
    let mut forked = club();
    forked.state = GroupState::Forked;
    forked.alarms = vec![Alarm::Forked { by: ADA }];
    forked.rights.send = false;
    forked.rights.refound = true;
    let stage = Stage::running(&club_page(), [told(forked)]);
    stage.see("This group has split").await;
    assert!(!stage.has("textbox", "Message"));
    // It is told once: in place of the composer.
    assert!(!stage.has("alert", "This group has split"));
    stage.press("button", "Found the group anew").await;
    let old = stage
        .command(|command| match command {
            Command::Refound { group } => Some(group),
            _ => None,
        })
        .await;
    assert_eq!(old, CLUB);
    let mut anew = club();
    anew.id = ANEW;
    stage.bridge.on_event(told(anew));
    stage.bridge.on_event(Event::GroupCreated(ANEW));
    stage.find("textbox", "Message").await;
    assert_eq!(super::fragment(), format!("#/g/{ANEW}"));
}

#[wasm_bindgen_test]
async fn a_group_without_its_creator_goes_on_and_can_be_founded_anew() {
    let mut lost = club();
    lost.members[0].role = Role::Member;
    lost.rights.refound = true;
    lost.rights.appoint = false;
    let stage = Stage::running(&club_page(), [told(lost)]);
    stage
        .find("alert", "This group has no creator any more")
        .await;
    stage.find("textbox", "Message").await;
    stage.press("button", "Found the group anew").await;
    stage
        .command(|command| matches!(command, Command::Refound { .. }).then_some(()))
        .await;
}

#[wasm_bindgen_test]
async fn a_group_that_another_member_founded_anew_is_gone_over_to_or_not() {
    let mut offered = club();
    offered.rights.refound = true;
    offered.offers = vec![OfferView {
        by: ADA,
        group_name: "Club".to_owned(),
        expires: soon(),
    }];
    let title = "Ada founded this group anew";
    let stage = Stage::running(&club_page(), [told(offered.clone())]);
    stage.find("alert", title).await;
    // Two new groups would part the members.
    assert!(!stage.has("button", "Found the group anew"));
    stage.press("button", "Not now").await;
    let declined = stage
        .command(|command| match command {
            Command::DeclineOffer { by, .. } => Some(by),
            _ => None,
        })
        .await;
    assert_eq!(declined, ADA);
    let mut alone = offered.clone();
    alone.offers.clear();
    stage.bridge.on_event(told(alone));
    stage.gone("alert", title).await;
    stage.find("button", "Found the group anew").await;

    stage.bridge.on_event(told(offered));
    stage.press("button", "Go over").await;
    let accepted = stage
        .command(|command| match command {
            Command::AcceptOffer { by, .. } => Some(by),
            _ => None,
        })
        .await;
    assert_eq!(accepted, ADA);
    let join = |state| {
        Event::Join(JoinView {
            invite: InviteId([3; 16]),
            mailbox: Mailbox([3; 16]),
            group_name: "Club".to_owned(),
            inviter_name: "Ada".to_owned(),
            code: String::new(),
            state,
            relay: RelayState::Online,
        })
    };
    stage.bridge.on_event(join(JoinState::Waiting));
    stage
        .find("status", "Waiting for a member to come online")
        .await;
    let mut anew = club();
    anew.id = ANEW;
    stage.bridge.on_event(told(anew));
    stage.bridge.on_event(join(JoinState::Joined(ANEW)));
    stage.find("log", "Messages").await;
    assert_eq!(super::fragment(), format!("#/g/{ANEW}"));
}

#[wasm_bindgen_test]
async fn own_texts_that_wait_stand_below_the_log_until_they_are_in_it() {
    let mut view = club();
    let text = |words: &str| Body::Text(words.to_owned());
    view.waiting_texts = vec![text("first"), text("second")];
    let stage = Stage::running(&club_page(), [told(view)]);
    answer_history(&stage, vec![message(1, ADA, "hello", Delivery::Incoming)]).await;
    stage.see("hello").await;
    stage.see("firstWaiting...").await;
    stage.see("secondWaiting...").await;
    let all = stage.text();
    let at = |part: &str| all.find(part).unwrap_or_else(|| panic!("no {part}"));
    assert!(at("hello") < at("firstWaiting") && at("firstWaiting") < at("secondWaiting"));
    stage.bridge.on_event(told(club()));
    let empty = || (!stage.text().contains("Waiting...")).then_some(());
    stage.until(empty, || "nothing that waits".to_owned()).await;
}

#[wasm_bindgen_test]
async fn changes_that_wait_are_told_quietly() {
    let mut view = club();
    view.waiting_changes = 2;
    let stage = Stage::running(&club_page(), [told(view)]);
    let words = "2 changes of the group wait until the others are heard";
    stage.find("status", words).await;
    stage.bridge.on_event(told(club()));
    stage.gone("status", words).await;
}

#[wasm_bindgen_test]
async fn the_log_tells_of_every_change_of_roles_in_words_that_fit_oneself() {
    let mut view = club();
    view.members.push(member(BEN, "Ben", Role::Member));
    let stage = Stage::running(&club_page(), [told(view)]);
    let bodies = [
        Body::Joined {
            member: BEN,
            invited_by: ME,
        },
        Body::Joined {
            member: BEN,
            invited_by: ADA,
        },
        Body::MadeAdmin {
            member: BEN,
            by: ADA,
        },
        Body::MadeAdmin {
            member: ME,
            by: ADA,
        },
        Body::AdminEnded {
            member: BEN,
            by: ADA,
        },
        Body::AdminEnded {
            member: ME,
            by: ADA,
        },
        Body::HandedOver {
            member: BEN,
            by: ADA,
        },
        Body::HandedOver {
            member: ME,
            by: ADA,
        },
        Body::Removed {
            member: BEN,
            by: ADA,
        },
    ];
    let note = |(number, body): (u64, Body)| {
        let mut view = message(number, ADA, "", Delivery::Incoming);
        view.body = body;
        view
    };
    let mut page: Vec<_> = (1..).zip(bodies).map(note).collect();
    page.reverse();
    answer_history(&stage, page).await;
    for words in [
        "Ben joined through your link",
        "Ben joined through Ada's link",
        "Ada made Ben an admin",
        "Ada made you an admin",
        "Ada took the admin role back from Ben",
        "Ada took the admin role back from you",
        "Ada handed the group over to Ben",
        "Ada handed the group over to you",
        "Ben was removed by Ada",
    ] {
        stage.see(words).await;
    }
}

#[wasm_bindgen_test]
async fn a_message_tells_who_has_it_of_those_it_was_written_to() {
    let mut view = club();
    view.members.push(member(BEN, "Ben", Role::Member));
    let late = MemberId([4; 32]);
    view.members.push(member(late, "Cyn", Role::Member));
    let stage = Stage::running(&club_page(), [told(view)]);
    let mut written = message(1, ME, "Hello", Delivery::Sent);
    written.recipients = Some(vec![ADA, BEN]);
    written.delivered_to = vec![ADA];
    answer_history(&stage, vec![written]).await;
    stage.press("button", "Message actions").await;
    stage.press("menuitem", "Info").await;
    let dialog = stage.find("dialog", "Message info").await;
    stage.see("Has it").await;
    let text = dialog.text_content().unwrap();
    assert!(text.contains("AdaHas it"), "{text}");
    assert!(text.contains("BenNot yet"), "{text}");
    assert!(!text.contains("Cyn"), "{text}");
}
