//! What the tests of the interface let a client tell.

use discordopus_core::chat::{Body, Delivery, MessageView};
use discordopus_core::ids::{GroupId, InviteId, MILLIS_PER_DAY, MemberId, MessageId, Timestamp};
use discordopus_core::invite::Link;
use discordopus_core::io::{
    Event, GroupState, GroupView, InviteView, MemberView, Presence, RelayState, Rights, Role,
};
use discordopus_core::store::Order;
use zeroize::Zeroizing;

pub(crate) const CLUB: GroupId = GroupId([7; 32]);
pub(crate) const ME: MemberId = MemberId([1; 32]);
pub(crate) const ADA: MemberId = MemberId([2; 32]);

/// The address of the club's page.
pub(crate) fn club_page() -> String {
    format!("#/g/{CLUB}")
}

/// Somebody in a group.
pub(crate) fn member(id: MemberId, name: &str, role: Role) -> MemberView {
    MemberView {
        id,
        name: name.to_owned(),
        card_name: name.to_owned(),
        role,
        is_me: id == ME,
        card_hash: [0; 32],
        verified: false,
        card_changed: false,
        presence: Presence::Online,
        removable: id != ME,
    }
}

/// A group of two.
pub(crate) fn club() -> GroupView {
    GroupView {
        id: CLUB,
        name: "Club".to_owned(),
        me: ME,
        state: GroupState::Member,
        members: vec![
            member(ME, "Maya", Role::Creator),
            member(ADA, "Ada", Role::Member),
        ],
        alarms: Vec::new(),
        offers: Vec::new(),
        requests: Vec::new(),
        former_members: Vec::new(),
        invites: vec![InviteView {
            id: InviteId([4; 16]),
            by: ME,
            expires: soon(),
            uses_left: Some(5),
            approval: false,
            revocable: true,
        }],
        waiting_texts: Vec::new(),
        waiting_changes: 0,
        unread: 0,
        timer: 0,
        pinned: Vec::new(),
        absent_files: Vec::new(),
        relay: RelayState::Online,
        invite_policy: Role::Member,
        rights: Rights {
            send: true,
            refound: false,
            invite: true,
            rename: true,
            leave: true,
            appoint: true,
        },
    }
}

/// The event that tells a group.
pub(crate) fn told(view: GroupView) -> Event {
    Event::Group(Box::new(view))
}

/// A message of the club by its number.
pub(crate) fn message(
    number: u64,
    author: MemberId,
    text: &str,
    delivery: Delivery,
) -> MessageView {
    let mut id = [0; 32];
    id[..8].copy_from_slice(&number.to_be_bytes());
    let at = Timestamp(1_790_000_000_000 + number);
    MessageView {
        order: Order {
            day: at.day(),
            counter: number,
        },
        delivery,
        ..MessageView::new(CLUB, MessageId(id), author, at, Body::Text(text.to_owned()))
    }
}

/// A good invite link to the club.
pub(crate) fn link() -> Link {
    Link {
        secret: Zeroizing::new([8; 32]),
        group: CLUB,
        fingerprint: [9; 32],
        group_name: "Club".to_owned(),
        inviter_name: "Ada".to_owned(),
        expires: soon(),
        relays: vec!["wss://relay.example/mqtt".to_owned()],
    }
}

/// A week from now.
pub(crate) fn soon() -> Timestamp {
    Timestamp(js_sys::Date::now() as u64).plus(7 * MILLIS_PER_DAY)
}
