//! How commands, events and views become bytes: the client may run in another thread than the interface.
//!
//! Both ends are one build of the app, so these encodings are no format: nothing is ever kept or sent to a peer in them,
//! and their numbers may change at any time. Descriptions, candidates and voices are the exception: peers say them to each
//! other, and `call::signal` has their encodings; so are parts of the settings that are kept as they are, which
//! `client::settings` has.

#[cfg(test)]
mod sound;
#[cfg(test)]
mod transfer;

use super::{
    CallMember, CallView, Command, Config, Event, FetchState, Figures, FileProgress, GroupState,
    GroupView, Ice, IceServer, IceState, InviteView, JoinState, JoinView, LinkCommand, LinkEvent,
    LinkProblem, LinkState, LinkView, MemberLink, MemberView, NewFile, OfferView, Path, Presence,
    Quality, Refusal, RelayProblem, RelayState, RequestView, Rights, Role, Settings,
};
use crate::invite::{Link, LinkError};
use crate::store::{ChunkQuery, MessageQuery, StoreError};
use crate::wire::{Reader, Value, Writer, record, variants};

record!(Config { relays, origin });

variants!(Command {
    0 => CreateGroup { group_name, your_name },
    1 => Join { link, your_name },
    2 => CancelJoin { invite },
    3 => SendText { group, text, reply_to },
    4 => Retry { group, message },
    5 => CreateInvite { group, lifetime, max_uses, approval },
    6 => ApproveJoin { group, member },
    7 => RefuseJoin { group, member },
    8 => RevokeInvite { group, invite },
    9 => RemoveMember { group, member, revoke_invites },
    10 => MakeAdmin { group, member },
    11 => RemoveAdmin { group, member },
    12 => TransferCreator { group, member },
    13 => SetInvitePolicy { group, lowest },
    14 => Refound { group },
    15 => AcceptOffer { group, by },
    16 => DeclineOffer { group, by },
    17 => MarkVerified { group, member },
    18 => Unverify { group, member },
    19 => DismissAlarm { group, alarm },
    20 => LeaveGroup { group },
    21 => ForgetGroup { group },
    22 => RenameGroup { group, name },
    23 => MarkRead { group },
    24 => SaveDraft { group, text },
    25 => JoinCall { group, voice },
    26 => LeaveCall { group },
    27 => IgnoreCall { group },
    28 => SetVoice { group, voice },
    29 => SetTyping { group, typing },
    30 => ChangeSettings(settings),
    31 => EditMessage { group, message, text },
    32 => DeleteMessage { group, message },
    33 => HideMessage { group, message },
    34 => React { group, message, emoji, on },
    35 => PinMessage { group, message, on },
    36 => SetTimer { group, seconds },
    37 => SendFiles { group, text, reply_to, files },
    38 => FetchFile { group, number },
    39 => KeepChunks { group, upload, chunks },
    40 => DropUpload { group, upload },
    41 => StopFile { group, number },
    42 => DropFiles { group },
    43 => MarkSeen { group, messages },
    44 => StepAside { group },
});

variants!(Event {
    0 => Ready,
    1 => Group(view),
    2 => GroupForgotten(group),
    3 => GroupCreated(group),
    4 => InviteCreated { group, invite, link },
    5 => JoinRequested { group, request },
    6 => Join(view),
    7 => Message(view),
    8 => Draft { group, text },
    9 => Refused { group, reason },
    10 => Alarm { group, alarm },
    11 => Storage(problem),
    12 => Call { group, call },
    13 => Typing { group, members },
    14 => Settings(settings),
    15 => MessageGone { group, message },
    16 => FileHere { group, number },
    17 => Picture { group, member, picture },
    18 => FileGone { group, number },
    19 => FileProgress { group, progress },
    20 => ChunksKept { group, upload, count },
    21 => Links { group, links },
});

record!(NewFile {
    name,
    media_type,
    size,
    key,
    look,
    chunks,
    upload
});

record!(FileProgress {
    number,
    here,
    state
});

variants!(FetchState {
    0 => Looking,
    1 => Connecting { from },
    2 => Coming { from },
    3 => Nobody,
    4 => NoPath { from },
});

record!(MemberLink {
    member,
    state,
    path
});

record!(GroupView {
    id,
    name,
    me,
    state,
    members,
    alarms,
    offers,
    requests,
    former_members,
    invites,
    waiting_texts,
    waiting_changes,
    unread,
    timer,
    pinned,
    absent_files,
    relay,
    invite_policy,
    rights,
});

record!(Rights {
    send,
    refound,
    invite,
    rename,
    leave,
    appoint
});

variants!(GroupState {
    0 => Member,
    1 => Left,
    2 => Removed { by },
    3 => Forked,
    4 => Aside,
});

record!(MemberView {
    id,
    name,
    card_name,
    role,
    is_me,
    card_hash: bytes,
    verified,
    card_changed,
    presence,
    removable,
});

record!(InviteView {
    id,
    by,
    expires,
    uses_left,
    approval,
    revocable
});

record!(OfferView {
    by,
    group_name,
    expires
});

record!(RequestView {
    member,
    invite,
    name,
    code,
    received
});

record!(JoinView {
    invite,
    mailbox,
    group_name,
    inviter_name,
    code,
    state,
    relay
});

variants!(JoinState {
    0 => Joining,
    1 => Waiting,
    2 => WaitingForApproval,
    3 => Joined(group),
    4 => Refused,
    5 => Used,
    6 => Declined,
    7 => Cancelled,
});

variants!(RelayState {
    0 => Connecting,
    1 => Online,
    2 => Offline { reason, retry_at },
    3 => Closed,
});

record!(ChunkQuery {
    group,
    number,
    first,
    limit
});

record!(MessageQuery {
    group,
    before,
    after,
    limit
});

variants!(Role {
    0 => Creator,
    1 => Admin,
    2 => Member,
});

variants!(Presence {
    0 => Online,
    1 => Offline,
    2 => Unknown,
});

variants!(RelayProblem {
    0 => Unreachable,
    1 => Refused,
    2 => TakenOver,
    3 => BadAddress,
    4 => Closed,
});

variants!(StoreError {
    0 => Blocked,
    1 => Full,
    2 => Closed,
    3 => TooNew,
    4 => Damaged,
    5 => Failed,
});

variants!(LinkError {
    0 => NotALink,
    1 => Damaged,
    2 => WrongVersion,
    3 => Expired,
});

variants!(Refusal {
    0 => Name,
    1 => Text,
    2 => UnknownGroup,
    3 => NotMember,
    4 => NotAllowed,
    5 => Link(error),
    6 => AlreadyMember,
    7 => InviteLimits,
    8 => Full,
    9 => Alarm,
    10 => CreatorCannotLeave,
    11 => Storage,
    12 => CallFull,
});

record!(CallView {
    id,
    started_by,
    started,
    ringing,
    joined,
    people
});

record!(CallMember {
    member,
    voice,
    hears,
    link
});

record!(LinkView {
    state,
    quality,
    path,
    sending,
    receiving,
    loss,
    round_trip
});

variants!(LinkState {
    0 => Waiting,
    1 => Connecting,
    2 => Connected,
    3 => Disconnected,
    4 => Restarting,
    5 => Failed(problem),
});

variants!(LinkProblem {
    0 => NoAnswer,
    1 => NeedsTurn,
    2 => NoPath,
    3 => Unusable,
});

variants!(Quality {
    0 => Good,
    1 => Fair,
    2 => Poor,
    3 => Reconnecting,
    4 => NoPath,
});

variants!(Path {
    0 => Direct,
    1 => Relayed,
});

variants!(LinkCommand {
    0 => Open { link, group, member, ice, offers, polite, voice },
    1 => SetVoice { link, voice },
    2 => Describe { link, description },
    3 => AddCandidate { link, candidate },
    4 => RestartIce { link },
    5 => Send { link, bytes: bytes },
    6 => Close { link },
    7 => Pour { link, bytes: bytes, tell },
});

variants!(LinkEvent {
    0 => Described { link, description },
    1 => Found { link, candidate },
    2 => State { link, state },
    3 => Channel { link, open },
    4 => Received { link, bytes: bytes },
    5 => Measured { link, figures },
    6 => Failed { link },
    7 => Drained { link },
});

variants!(IceState {
    0 => Connecting,
    1 => Connected,
    2 => Disconnected,
    3 => Failed,
    4 => Closed,
});

record!(Ice {
    servers,
    relay_only
});

record!(IceServer {
    urls,
    username,
    credential
});

record!(Figures {
    round_trip,
    jitter,
    packets_received,
    packets_lost,
    samples,
    concealed,
    bytes_received,
    bytes_sent,
    relayed
});

record!(Settings {
    microphone,
    speaker,
    echo_cancellation,
    noise_suppression,
    automatic_gain,
    push_to_talk,
    push_to_talk_key,
    start_muted,
    sounds,
    volumes,
    ice_servers,
    relay_only,
    look,
    notices,
    lock_after,
    groups,
    emoji,
    profile,
    read_receipts
});

impl Value for Link {
    fn put(&self, out: &mut Writer) {
        out.text(&self.to_code());
    }

    fn take(input: &mut Reader<'_>) -> Option<Self> {
        Self::from_code(input.text()?).ok()
    }
}

/// What [`crate::wire::encode_secret`] wrote in this very build: unlike what a peer sends, it isn't compared with a new
/// encoding.
#[must_use]
pub fn read<T: Value>(bytes: &[u8]) -> Option<T> {
    T::take(&mut Reader::new(bytes))
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;
    use crate::chat::{Body, Delivery, MessageView};
    use crate::ids::{GroupId, InviteId, Mailbox, MemberId, MessageId, Timestamp};
    use crate::io::Alarm;
    use crate::store::Order;
    use crate::test_attr::test;
    use crate::wire::encode_secret;

    const GROUP: GroupId = GroupId([1; 32]);
    const MEMBER: MemberId = MemberId([2; 32]);
    const INVITE: InviteId = InviteId([3; 16]);
    const MESSAGE: MessageId = MessageId([4; 32]);

    fn arrives<T: Value + PartialEq>(sent: T) {
        let bytes = encode_secret(&sent);
        assert!(read::<T>(&bytes) == Some(sent), "{bytes:x?}");
        for end in 0..bytes.len() {
            assert!(read::<T>(&bytes[..end]).is_none(), "cut at {end}");
        }
    }

    fn link() -> Link {
        Link {
            secret: Zeroizing::new([7; 32]),
            group: GROUP,
            fingerprint: [8; 32],
            group_name: "Club".to_owned(),
            inviter_name: "Ada".to_owned(),
            expires: Timestamp(1_800_000_000_000),
            relays: vec!["wss://relay.example/mqtt".to_owned()],
        }
    }

    #[test]
    fn every_command_arrives_as_it_was_said() {
        let (group, member, invite, by) = (GROUP, MEMBER, INVITE, MEMBER);
        let text = || "words".to_owned();
        for command in [
            Command::CreateGroup {
                group_name: text(),
                your_name: text(),
            },
            Command::Join {
                link: link(),
                your_name: text(),
            },
            Command::CancelJoin { invite },
            Command::SendText {
                group,
                text: text(),
                reply_to: Some(MESSAGE),
            },
            Command::EditMessage {
                group,
                message: MESSAGE,
                text: text(),
            },
            Command::DeleteMessage {
                group,
                message: MESSAGE,
            },
            Command::HideMessage {
                group,
                message: MESSAGE,
            },
            Command::React {
                group,
                message: MESSAGE,
                emoji: text(),
                on: true,
            },
            Command::PinMessage {
                group,
                message: MESSAGE,
                on: true,
            },
            Command::SetTimer { group, seconds: 60 },
            Command::Retry {
                group,
                message: MessageId([4; 32]),
            },
            Command::CreateInvite {
                group,
                lifetime: 7,
                max_uses: None,
                approval: true,
            },
            Command::CreateInvite {
                group,
                lifetime: 7,
                max_uses: Some(5),
                approval: false,
            },
            Command::ApproveJoin { group, member },
            Command::RefuseJoin { group, member },
            Command::RevokeInvite { group, invite },
            Command::RemoveMember {
                group,
                member,
                revoke_invites: true,
            },
            Command::MakeAdmin { group, member },
            Command::RemoveAdmin { group, member },
            Command::TransferCreator { group, member },
            Command::SetInvitePolicy {
                group,
                lowest: Role::Admin,
            },
            Command::Refound { group },
            Command::AcceptOffer { group, by },
            Command::DeclineOffer { group, by },
            Command::MarkVerified { group, member },
            Command::Unverify { group, member },
            Command::DismissAlarm {
                group,
                alarm: Alarm::TwoKeys { member },
            },
            Command::LeaveGroup { group },
            Command::ForgetGroup { group },
            Command::RenameGroup {
                group,
                name: text(),
            },
            Command::MarkRead { group },
            Command::StepAside { group },
            Command::MarkSeen {
                group,
                messages: vec![MessageId([8; 32])],
            },
            Command::SaveDraft {
                group,
                text: text(),
            },
        ] {
            arrives(command);
        }
    }

    fn member(role: Role, presence: Presence) -> MemberView {
        MemberView {
            id: MEMBER,
            name: "Ada".to_owned(),
            card_name: "Augusta".to_owned(),
            role,
            is_me: true,
            card_hash: [9; 32],
            verified: true,
            card_changed: false,
            presence,
            removable: true,
        }
    }

    fn view(state: GroupState, relay: RelayState) -> GroupView {
        let request = RequestView {
            member: MEMBER,
            invite: INVITE,
            name: "Eve".to_owned(),
            code: "1234 5678 9012".to_owned(),
            received: Timestamp(5),
        };
        GroupView {
            id: GROUP,
            name: "Club".to_owned(),
            me: MEMBER,
            state,
            members: vec![
                member(Role::Creator, Presence::Online),
                member(Role::Admin, Presence::Offline),
                member(Role::Member, Presence::Unknown),
            ],
            alarms: vec![
                Alarm::TwoHistories { member: MEMBER },
                Alarm::RostersDiffer { member: MEMBER },
                Alarm::SetBack { noticed_by: MEMBER },
                Alarm::Forked { by: MEMBER },
            ],
            offers: vec![OfferView {
                by: MEMBER,
                group_name: "Club".to_owned(),
                expires: Timestamp(6),
            }],
            requests: vec![request],
            former_members: vec![member(Role::Member, Presence::Offline)],
            invites: vec![InviteView {
                id: INVITE,
                by: MEMBER,
                expires: Timestamp(7),
                uses_left: None,
                approval: true,
                revocable: true,
            }],
            waiting_texts: vec![Body::Text("later".to_owned())],
            waiting_changes: 3,
            unread: 4,
            timer: 60,
            pinned: vec![MessageId([4; 32])],
            absent_files: vec![16, 70_000],
            relay,
            invite_policy: Role::Admin,
            rights: Rights {
                send: true,
                refound: false,
                invite: true,
                rename: false,
                leave: true,
                appoint: true,
            },
        }
    }

    #[test]
    fn every_event_arrives_as_it_was_told() {
        arrives(Event::Ready);
        for (state, relay) in [
            (GroupState::Member, RelayState::Connecting),
            (GroupState::Left, RelayState::Online),
            (GroupState::Removed { by: MEMBER }, RelayState::Closed),
            (GroupState::Aside, RelayState::Closed),
            (
                GroupState::Forked,
                RelayState::Offline {
                    reason: RelayProblem::TakenOver,
                    retry_at: Timestamp(8),
                },
            ),
        ] {
            arrives(Event::Group(Box::new(view(state, relay))));
        }
        arrives(Event::GroupForgotten(GROUP));
        arrives(Event::GroupCreated(GROUP));
        arrives(Event::InviteCreated {
            group: GROUP,
            invite: INVITE,
            link: link().to_url("https://chat.example/"),
        });
        for request in view(GroupState::Member, RelayState::Online).requests {
            arrives(Event::JoinRequested {
                group: GROUP,
                request,
            });
        }
        for state in [
            JoinState::Joining,
            JoinState::Waiting,
            JoinState::WaitingForApproval,
            JoinState::Joined(GROUP),
            JoinState::Refused,
            JoinState::Used,
            JoinState::Declined,
            JoinState::Cancelled,
        ] {
            arrives(Event::Join(JoinView {
                invite: INVITE,
                mailbox: Mailbox([4; 16]),
                group_name: "Club".to_owned(),
                inviter_name: "Ada".to_owned(),
                code: String::new(),
                state,
                relay: RelayState::Online,
            }));
        }
        arrives(Event::Message(Box::new(MessageView {
            group: GROUP,
            delivery: Delivery::Sent,
            delivered_to: vec![MEMBER],
            recipients: Some(vec![MEMBER]),
            reply_to: Some(MESSAGE),
            lifetime: Some(60),
            amended: Some(Box::default()),
            ..MessageView::new(
                GROUP,
                MESSAGE,
                MEMBER,
                Timestamp(2),
                Body::Text("words".to_owned()),
            )
        })));
        arrives(Event::MessageGone {
            group: GROUP,
            message: MESSAGE,
        });
        arrives(Event::Draft {
            group: GROUP,
            text: "half a sen".to_owned(),
        });
        for reason in [
            Refusal::Name,
            Refusal::Text,
            Refusal::UnknownGroup,
            Refusal::NotMember,
            Refusal::NotAllowed,
            Refusal::Link(LinkError::NotALink),
            Refusal::Link(LinkError::Damaged),
            Refusal::Link(LinkError::WrongVersion),
            Refusal::Link(LinkError::Expired),
            Refusal::AlreadyMember,
            Refusal::InviteLimits,
            Refusal::Full,
            Refusal::Alarm,
            Refusal::CreatorCannotLeave,
            Refusal::Storage,
        ] {
            arrives(Event::Refused {
                group: Some(GROUP),
                reason,
            });
        }
        arrives(Event::Alarm {
            group: GROUP,
            alarm: Alarm::TwoKeys { member: MEMBER },
        });
        for problem in [
            StoreError::Blocked,
            StoreError::Full,
            StoreError::Closed,
            StoreError::TooNew,
            StoreError::Damaged,
            StoreError::Failed,
        ] {
            arrives(Event::Storage(Some(problem)));
        }
        arrives(Event::Storage(None));
    }

    #[test]
    fn a_question_for_history_arrives() {
        arrives(MessageQuery {
            group: GROUP,
            before: Some(Order::default()),
            after: Some(Order::default()),
            limit: 50,
        });
        arrives(Config {
            relays: vec!["wss://relay.example/mqtt".to_owned()],
            origin: "https://chat.example/".to_owned(),
        });
    }
}
