//! Who comes in, who may do what, and how two people make sure of each other.

use discordopus_core::identity::safety_number;
use discordopus_core::ids::{GroupId, InviteId, MemberId};
use discordopus_core::io::{
    Command, Event, GroupView, JoinState, JoinView, RelayState, RequestView, Role,
};

use super::scene::{ADA, CLUB, ME, club, club_page, link, member, soon, told};
use super::stage::{Stage, is_checked, value_of};
use wasm_bindgen_test::wasm_bindgen_test;

const BEN: MemberId = MemberId([3; 32]);
const CYN: MemberId = MemberId([4; 32]);

fn request(member: MemberId, name: &str) -> RequestView {
    RequestView {
        member,
        invite: InviteId([4; 16]),
        name: name.to_owned(),
        code: "1234 5678 9012".to_owned(),
        received: soon(),
    }
}

/// The club as a plain member sees it.
fn as_member() -> GroupView {
    let mut view = club();
    view.members[0].role = Role::Member;
    view.members[1].role = Role::Creator;
    view.members[1].removable = false;
    view.rights.appoint = false;
    view.rights.rename = false;
    view.rights.leave = true;
    view
}

#[wasm_bindgen_test]
async fn an_invite_can_ask_before_someone_joins_and_says_so_in_the_list() {
    let mut view = club();
    view.invites[0].approval = true;
    let stage = Stage::running(&club_page(), [told(view)]);
    stage.press("button", "Invite people").await;
    stage.see("asks before someone joins").await;
    stage.see("5 uses left").await;
    stage.see("This invite expires").await;
    let ask = stage.find("checkbox", "Ask me before someone joins").await;
    assert!(!is_checked(&ask));
    for wanted in [false, true] {
        if wanted {
            ask.click();
        }
        stage.press("button", "Create invite link").await;
        let approval = stage
            .command(|command| match command {
                Command::CreateInvite { approval, .. } => Some(approval),
                _ => None,
            })
            .await;
        assert_eq!(approval, wanted);
    }
}

#[wasm_bindgen_test]
async fn a_joiner_who_waits_for_approval_is_given_the_code_to_read_out() {
    let join = |state| {
        Event::Join(JoinView {
            invite: link().invite_id(),
            mailbox: link().mailbox(),
            group_name: "Club".to_owned(),
            inviter_name: "Ada".to_owned(),
            code: "1234 5678 9012".to_owned(),
            state,
            relay: RelayState::Online,
        })
    };
    let stage = Stage::running("#/join", [join(JoinState::Joining)]);
    stage.find("status", "Joining...").await;
    assert!(!stage.text().contains("1234 5678 9012"));
    stage.bridge.on_event(join(JoinState::WaitingForApproval));
    stage.find("status", "Waiting for approval").await;
    stage.see("Read them this code").await;
    stage.see("1234 5678 9012").await;
    stage.bridge.on_event(join(JoinState::Declined));
    stage.find("status", "Your request was declined").await;
    stage.find("button", "Use another link").await;
    assert!(!stage.text().contains("1234 5678 9012"));
}

#[wasm_bindgen_test]
async fn whoever_wants_to_join_is_announced_on_every_page_until_it_is_decided() {
    let mut asked = club();
    asked.requests = vec![request(BEN, "Ben"), request(CYN, "Cyn")];
    for page in [
        "#/".to_owned(),
        club_page(),
        format!("#/g/{}", GroupId([8; 32])),
    ] {
        let stage = Stage::running(&page, [told(asked.clone())]);
        stage.find("alert", "Ben wants to join").await;
        stage.find("link", "Club, 2 people want to join").await;
        stage.see("1234 5678 9012").await;
        stage.see("1 more person is waiting").await;
        stage.press("button", "Let in").await;
        let let_in = stage
            .command(|command| match command {
                Command::ApproveJoin { group, member } => Some((group, member)),
                _ => None,
            })
            .await;
        assert_eq!(let_in, (CLUB, BEN));

        let mut next = club();
        next.requests = vec![request(CYN, "Cyn")];
        stage.bridge.on_event(told(next));
        stage.find("alert", "Cyn wants to join").await;
        assert!(!stage.has("alert", "Ben wants to join"));
        stage.press("button", "Refuse").await;
        let refused = stage
            .command(|command| match command {
                Command::RefuseJoin { group, member } => Some((group, member)),
                _ => None,
            })
            .await;
        assert_eq!(refused, (CLUB, CYN));
        stage.bridge.on_event(told(club()));
        stage.gone("alert", "Cyn wants to join").await;
        stage.find("link", "Club").await;
    }
}

#[wasm_bindgen_test]
async fn two_members_compare_one_number_and_keep_what_they_found() {
    let with_ada = |verified| {
        let mut view = club();
        view.members[0].card_hash = [5; 32];
        view.members[1].card_hash = [6; 32];
        view.members[1].verified = verified;
        told(view)
    };
    let stage = Stage::running(&club_page(), [with_ada(false)]);
    stage.press("button", "Actions for Ada").await;
    stage.press("menuitem", "Verify").await;
    stage.find("dialog", "Safety number").await;
    let number = safety_number(&[5; 32], &[6; 32]);
    assert_eq!(number.split(' ').map(str::len).collect::<Vec<_>>(), [5; 12]);
    stage.see(&number).await;
    stage.find("img", "QR code").await;
    assert!(!stage.has("button", "Take back"));
    stage.press("button", "They match").await;
    let verified = stage
        .command(|command| match command {
            Command::MarkVerified { group, member } => Some((group, member)),
            _ => None,
        })
        .await;
    assert_eq!(verified, (CLUB, ADA));

    stage.bridge.on_event(with_ada(true));
    stage.press("button", "Take back").await;
    let taken_back = stage
        .command(|command| match command {
            Command::Unverify { member, .. } => Some(member),
            _ => None,
        })
        .await;
    assert_eq!(taken_back, ADA);
    stage.press("button", "Close").await;
    let list = stage.find("region", "Members").await;
    let text = list.text_content().unwrap();
    assert!(text.contains("Verified"), "{text}");
    stage.bridge.on_event(with_ada(false));
    let plain = || {
        let text = list.text_content().unwrap();
        (!text.contains("Verified")).then_some(())
    };
    stage.until(plain, || "no badge".to_owned()).await;
}

#[wasm_bindgen_test]
async fn numbers_that_differ_take_trust_back_and_lead_to_the_way_out() {
    let mut view = club();
    view.members[1].verified = true;
    let stage = Stage::running(&club_page(), [told(view)]);
    stage.press("button", "Actions for Ada").await;
    stage.press("menuitem", "Verify").await;
    stage.press("button", "They do not match").await;
    stage.see("Do not trust what is written here yet").await;
    stage.see("send a new invite over another channel").await;
    let taken_back = stage
        .command(|command| match command {
            Command::Unverify { member, .. } => Some(member),
            _ => None,
        })
        .await;
    assert_eq!(taken_back, ADA);
    stage.press("button", "Remove from group").await;
    stage.find("dialog", "Remove Ada?").await;
}

#[wasm_bindgen_test]
async fn a_member_with_other_keys_than_before_is_marked_and_warned_about() {
    let mut view = club();
    view.members[1].card_changed = true;
    let stage = Stage::running(&club_page(), [told(view)]);
    stage.find("alert", "Ada has other keys now").await;
    let list = stage.find("region", "Members").await;
    assert!(list.text_content().unwrap().contains("Keys changed"));
    stage.press("button", "Verify").await;
    stage.find("dialog", "Safety number").await;
    stage.see("but Ada has other keys now").await;
    stage.bridge.on_event(told(club()));
    stage.press("button", "Close").await;
    stage.gone("alert", "Ada has other keys now").await;
}

#[wasm_bindgen_test]
async fn the_creator_gives_and_takes_roles_after_a_question() {
    let stage = Stage::running(&club_page(), [told(club())]);
    stage.press("button", "Actions for Ada").await;
    assert!(!stage.has("menuitem", "Remove admin"));
    stage.press("menuitem", "Make admin").await;
    stage.find("dialog", "Make Ada an admin?").await;
    stage.press("button", "Make admin").await;
    let made = stage
        .command(|command| match command {
            Command::MakeAdmin { member, .. } => Some(member),
            _ => None,
        })
        .await;
    assert_eq!(made, ADA);

    let mut view = club();
    view.members[1].role = Role::Admin;
    stage.bridge.on_event(told(view));
    stage.see("Admin, Online").await;
    stage.press("button", "Actions for Ada").await;
    stage.press("menuitem", "Remove admin").await;
    stage.press("button", "Remove admin").await;
    let ended = stage
        .command(|command| match command {
            Command::RemoveAdmin { member, .. } => Some(member),
            _ => None,
        })
        .await;
    assert_eq!(ended, ADA);

    stage.press("button", "Actions for Ada").await;
    stage.press("menuitem", "Hand over the group").await;
    stage.find("dialog", "Hand the group over to Ada?").await;
    stage.press("button", "Hand over the group").await;
    let handed = stage
        .command(|command| match command {
            Command::TransferCreator { member, .. } => Some(member),
            _ => None,
        })
        .await;
    assert_eq!(handed, ADA);
}

#[wasm_bindgen_test]
async fn a_plain_member_can_verify_others_and_leave_but_hands_out_no_roles() {
    let stage = Stage::running(&club_page(), [told(as_member())]);
    stage.press("button", "Actions for Ada").await;
    stage.find("menuitem", "Verify").await;
    for missing in [
        "Make admin",
        "Remove admin",
        "Hand over the group",
        "Remove from group",
    ] {
        assert!(!stage.has("menuitem", missing), "{missing}");
    }
    stage.press("button", "Actions for Maya").await;
    stage.find("menuitem", "Leave group").await;
    assert!(!stage.has("menuitem", "Verify"));
    stage.press("button", "Group settings").await;
    stage
        .see("Only the creator and admins can rename the group.")
        .await;
    assert!(!stage.has("combobox", "Who can invite people"));
}

#[wasm_bindgen_test]
async fn a_creator_is_told_to_hand_over_first_and_can_leave_after_it() {
    let mut view = club();
    view.rights.leave = false;
    let stage = Stage::running(&club_page(), [told(view)]);
    assert!(!stage.has("button", "Actions for Maya"));
    stage.press("button", "Group settings").await;
    stage
        .see("Before you leave, hand it over to another member")
        .await;
    assert!(!stage.has("button", "Leave group"));
    stage.bridge.on_event(told(as_member()));
    stage.find("button", "Leave group").await;
}

#[wasm_bindgen_test]
async fn the_creator_says_who_may_invite() {
    let mut view = club();
    view.invite_policy = Role::Admin;
    let stage = Stage::running(&club_page(), [told(view)]);
    stage.press("button", "Group settings").await;
    let choice = stage.find("combobox", "Who can invite people").await;
    assert_eq!(value_of(&choice), "1");
    let choice: web_sys::HtmlSelectElement = wasm_bindgen::JsCast::unchecked_into(choice);
    choice.set_selected_index(2);
    choice
        .dispatch_event(&web_sys::Event::new("change").unwrap())
        .unwrap();
    let lowest = stage
        .command(|command| match command {
            Command::SetInvitePolicy { lowest, .. } => Some(lowest),
            _ => None,
        })
        .await;
    assert_eq!(lowest, Role::Creator);
    let mut view = club();
    view.invite_policy = Role::Member;
    view.members.push(member(BEN, "Ben", Role::Member));
    assert_eq!(view.me, ME);
    stage.bridge.on_event(told(view));
    let back = || (value_of(&choice) == "0").then_some(());
    stage.until(back, || "all members".to_owned()).await;
}
