//! Requirements on the bridge.

use discordopus_core::chat::{Body, Delivery, MessageView};
use discordopus_core::ids::{GroupId, InviteId, Mailbox, MemberId, MessageId, Timestamp};
use discordopus_core::io::{
    Alarm, Event, GroupState, GroupView, JoinState, JoinView, MemberView, OfferView, Presence,
    Refusal, RelayState, RequestView, Rights, Role,
};
use discordopus_core::store::StoreError;
use leptos::prelude::{GetUntracked as _, Owner, WithUntracked as _};

use super::Bridge;
use crate::runtime::{Boot, Commands};
use crate::ui::view_model::{AppModel, MadeInvite, Refused, Warning};

const ME: MemberId = MemberId([1; 32]);
const ADA: MemberId = MemberId([2; 32]);

fn member(id: MemberId, name: &str) -> MemberView {
    MemberView {
        id,
        name: name.to_owned(),
        card_name: name.to_owned(),
        role: Role::Member,
        is_me: id == ME,
        card_hash: [0; 32],
        verified: false,
        card_changed: false,
        presence: Presence::Online,
        removable: false,
    }
}

fn group(number: u8, name: &str) -> GroupView {
    GroupView {
        id: GroupId([number; 32]),
        name: name.to_owned(),
        me: ME,
        state: GroupState::Member,
        members: vec![member(ME, "Me"), member(ADA, "Ada")],
        alarms: Vec::new(),
        offers: Vec::new(),
        requests: Vec::new(),
        former_members: Vec::new(),
        invites: Vec::new(),
        waiting_texts: Vec::new(),
        waiting_changes: 0,
        unread: 0,
        timer: 0,
        pinned: Vec::new(),
        absent_files: Vec::new(),
        relay: RelayState::Online,
        invite_policy: Role::Member,
        rights: Rights::default(),
    }
}

/// Runs a test over a bridge and its model; the owner keeps their signals alive.
fn with_bridge(test: impl FnOnce(&Bridge, AppModel)) {
    let owner = Owner::new();
    owner.with(|| {
        let model = AppModel::new();
        test(&Bridge::new(model), model);
    });
}

fn running() -> Boot {
    Boot::Running {
        commands: Commands::detached().0,
        in_memory: false,
        passphrase: false,
    }
}

fn tell(bridge: &Bridge, view: GroupView) {
    bridge.on_event(Event::Group(Box::new(view)));
}

fn names(model: AppModel) -> Vec<String> {
    let groups = model.groups.get_untracked();
    groups
        .iter()
        .map(|group| group.name.get_untracked())
        .collect()
}

#[test]
fn groups_stand_by_name_whatever_their_case_and_move_when_renamed() {
    with_bridge(|bridge, model| {
        tell(bridge, group(1, "zebra"));
        tell(bridge, group(2, "Bear"));
        tell(bridge, group(3, "ant"));
        assert_eq!(names(model), ["ant", "Bear", "zebra"]);
        tell(bridge, group(1, "Aardvark"));
        assert_eq!(names(model), ["Aardvark", "ant", "Bear"]);
        bridge.on_event(Event::GroupForgotten(GroupId([3; 32])));
        assert_eq!(names(model), ["Aardvark", "Bear"]);
    });
}

#[test]
fn a_change_reaches_the_group_that_is_on_screen() {
    with_bridge(|bridge, model| {
        tell(bridge, group(1, "Club"));
        let on_screen = model.groups.get_untracked().remove(0);
        let mut changed = group(1, "Club");
        changed.unread = 3;
        changed.state = GroupState::Removed { by: ADA };
        changed.members.pop();
        changed.former_members.push(member(ADA, "Ada"));
        tell(bridge, changed);
        assert_eq!(on_screen.unread.get_untracked(), 3);
        assert_eq!(
            on_screen.state.get_untracked(),
            GroupState::Removed { by: ADA }
        );
        assert_eq!(on_screen.members.with_untracked(Vec::len), 1);
        // One who has left keeps her name in the log.
        let name = on_screen
            .people
            .with_untracked(|people| people.name(&ADA).map(str::to_owned));
        assert_eq!(name.as_deref(), Some("Ada"));
    });
}

#[test]
fn a_client_that_starts_again_begins_with_an_empty_screen() {
    with_bridge(|bridge, model| {
        bridge.on_boot(running());
        tell(bridge, group(1, "Club"));
        bridge.on_event(Event::Ready);
        assert!(model.ready.get_untracked());
        bridge.on_boot(Boot::TakenOver);
        assert!(model.commands.with_untracked(Option::is_none));
        bridge.on_boot(running());
        assert!(!model.ready.get_untracked());
        assert_eq!(names(model), Vec::<String>::new());
        assert!(model.commands.with_untracked(Option::is_some));
    });
}

#[test]
fn a_page_that_was_used_before_the_client_ran_stays_as_it_is() {
    with_bridge(|bridge, model| {
        let commands = Commands::detached().0;
        bridge.on_boot(Boot::Fresh { commands });
        assert!(model.ready.get_untracked());
        assert!(model.commands.with_untracked(Option::is_some));
        bridge.on_boot(running());
        assert!(model.ready.get_untracked());
        bridge.on_boot(Boot::SecondTab);
        assert!(model.commands.with_untracked(Option::is_none));
        bridge.on_boot(running());
        assert!(!model.ready.get_untracked());
    });
}

#[test]
fn a_draft_comes_back_into_its_group() {
    with_bridge(|bridge, model| {
        tell(bridge, group(1, "Club"));
        bridge.on_event(Event::Draft {
            group: GroupId([1; 32]),
            text: "half a sen".to_owned(),
        });
        let club = model.groups.get_untracked().remove(0);
        assert_eq!(club.draft.get_untracked(), "half a sen");
    });
}

#[test]
fn a_message_reaches_the_log_and_only_words_of_others_are_heard() {
    with_bridge(|bridge, model| {
        tell(bridge, group(1, "Club"));
        let club = model.groups.get_untracked().remove(0);
        let wanted = club.begin_paging().unwrap();
        club.finish_paging(wanted, Ok(Vec::new()));
        let view = |number: u8, author, delivery| {
            Event::Message(Box::new(MessageView {
                delivery,
                ..MessageView::new(
                    GroupId([1; 32]),
                    MessageId([number; 32]),
                    author,
                    Timestamp(u64::from(number)),
                    Body::Text("hello".to_owned()),
                )
            }))
        };
        bridge.on_event(view(1, ME, Delivery::Pending));
        assert_eq!(club.heard.get_untracked(), None);
        bridge.on_event(view(2, ADA, Delivery::Incoming));
        let heard = club.heard.get_untracked().map(|heard| heard.id);
        assert_eq!(heard, Some(MessageId([2; 32])));
        let newest = club.timeline.with_untracked(|timeline| timeline.newest());
        assert_eq!(newest.map(|view| view.id), Some(MessageId([2; 32])));
    });
}

#[test]
fn a_join_is_followed_from_asking_to_arriving() {
    with_bridge(|bridge, model| {
        let join = |state| {
            Event::Join(JoinView {
                invite: InviteId([5; 16]),
                mailbox: Mailbox([5; 16]),
                group_name: "Club".to_owned(),
                inviter_name: "Ada".to_owned(),
                code: String::new(),
                state,
                relay: RelayState::Online,
            })
        };
        bridge.on_event(join(JoinState::Joining));
        bridge.on_event(join(JoinState::Waiting));
        assert_eq!(model.joins.with_untracked(Vec::len), 1);
        assert_eq!(model.waiting_joins().len(), 1);
        let club = GroupId([1; 32]);
        bridge.on_event(join(JoinState::Joined(club)));
        assert_eq!(model.arrived.get_untracked(), Some(club));
        assert_eq!(model.waiting_joins().len(), 0);
    });
}

#[test]
fn refusals_links_and_storage_troubles_are_shown_as_told() {
    with_bridge(|bridge, model| {
        let club = GroupId([1; 32]);
        let refused = Refused {
            group: Some(club),
            reason: Refusal::NotAllowed,
        };
        bridge.on_event(Event::Refused {
            group: refused.group,
            reason: refused.reason,
        });
        assert_eq!(model.refused.get_untracked(), Some(refused));
        let made = MadeInvite {
            group: club,
            invite: InviteId([5; 16]),
            link: "https://chat.example/#/join/x".to_owned(),
        };
        bridge.on_event(Event::InviteCreated {
            group: made.group,
            invite: made.invite,
            link: made.link.clone(),
        });
        assert_eq!(model.made_invite.get_untracked(), Some(made));
        bridge.on_event(Event::Storage(Some(StoreError::Full)));
        assert_eq!(model.storage.get_untracked(), Some(StoreError::Full));
        bridge.on_event(Event::Storage(None));
        assert_eq!(model.storage.get_untracked(), None);
    });
}

fn request(number: u8) -> RequestView {
    RequestView {
        member: MemberId([number; 32]),
        invite: InviteId([5; 16]),
        name: "Ben".to_owned(),
        code: "1234 5678 9012".to_owned(),
        received: Timestamp(0),
    }
}

#[test]
fn people_who_want_to_join_count_like_messages_and_are_decided_about_one_by_one() {
    with_bridge(|bridge, model| {
        tell(bridge, group(1, "Ants"));
        let mut bears = group(2, "Bears");
        bears.unread = 3;
        bears.requests = vec![request(7), request(8)];
        tell(bridge, bears.clone());
        assert_eq!(model.attention(), 5);
        let next = |model: AppModel| {
            let (group, request) = model.next_request()?;
            Some((group.id, request.member))
        };
        let bears_id = GroupId([2; 32]);
        assert_eq!(next(model), Some((bears_id, MemberId([7; 32]))));
        bears.requests.remove(0);
        tell(bridge, bears.clone());
        assert_eq!(next(model), Some((bears_id, MemberId([8; 32]))));
        bears.requests.clear();
        tell(bridge, bears);
        assert_eq!(next(model), None);
        assert_eq!(model.attention(), 3);
    });
}

/// A group with everything to warn about.
fn troubled() -> GroupView {
    let mut view = group(1, "Club");
    view.alarms = vec![
        Alarm::TwoKeys { member: ADA },
        Alarm::Forked { by: ADA },
        Alarm::SetBack { noticed_by: ME },
    ];
    view.offers = vec![OfferView {
        by: ADA,
        group_name: "Club".to_owned(),
        expires: Timestamp(1),
    }];
    view.members[1].card_changed = true;
    view.rights.refound = true;
    view
}

fn warnings(view: GroupView) -> (Vec<Warning>, bool) {
    let mut found = (Vec::new(), false);
    with_bridge(|bridge, model| {
        tell(bridge, view);
        let club = model.groups.get_untracked().remove(0);
        found = (club.warnings(), club.may_refound());
    });
    found
}

#[test]
fn a_member_is_told_of_alarms_offers_and_changed_cards_in_this_order() {
    let (told, may_refound) = warnings(troubled());
    let expected = [
        Warning::Alarm(Alarm::TwoKeys { member: ADA }),
        Warning::Alarm(Alarm::SetBack { noticed_by: ME }),
        Warning::Offer(ADA),
        Warning::CardChanged(ADA),
    ];
    assert_eq!(told, expected);
    assert!(!may_refound, "going over to Ada's group comes first");
}

#[test]
fn a_group_without_creator_is_offered_to_be_founded_anew_where_nobody_has_done_so() {
    let mut lost = group(1, "Club");
    lost.rights.refound = true;
    assert_eq!(warnings(lost), (vec![Warning::NoCreator], true));
    let mut forked = group(1, "Club");
    forked.state = GroupState::Forked;
    forked.rights.refound = true;
    // That it has split is told in place of the composer, with the same offer.
    assert_eq!(warnings(forked), (Vec::new(), true));
}

#[test]
fn whoever_is_out_is_warned_of_nothing() {
    for state in [GroupState::Left, GroupState::Removed { by: ADA }] {
        let mut view = troubled();
        view.state = state;
        assert_eq!(warnings(view).0, Vec::new());
    }
}

#[test]
fn own_texts_that_wait_are_shown_in_order() {
    with_bridge(|bridge, model| {
        let mut view = group(1, "Club");
        let text = |words: &str| Body::Text(words.to_owned());
        view.waiting_texts = vec![text("first"), text("second")];
        view.waiting_changes = 2;
        tell(bridge, view);
        let club = model.groups.get_untracked().remove(0);
        club.matters.with_untracked(|matters| {
            assert_eq!(matters.waiting_texts, ["first", "second"]);
            assert_eq!(matters.waiting_changes, 2);
        });
    });
}
