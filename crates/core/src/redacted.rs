//! Debug output of what carries people's words or links: which and how long, never what.

use core::fmt;

use crate::chat::{Amended, Amendment, Body, Deed, Payload};
use crate::io::{Command, Event};

/// The length of a text, in place of the text.
struct Length(usize);

impl fmt::Debug for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0)
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.debug_tuple("Text").field(&Length(text.len())).finish(),
            Self::Unknown { kind, body } => f
                .debug_struct("Unknown")
                .field("kind", kind)
                .field("body", &Length(body.len()))
                .finish(),
            Self::Files { text, files } => f
                .debug_struct("Files")
                .field("text", &Length(text.len()))
                .field("files", files)
                .finish(),
            Self::Deleted => f.write_str("Deleted"),
            Self::Silent => f.write_str("Silent"),
            Self::TimerSet { seconds } => f
                .debug_struct("TimerSet")
                .field("seconds", seconds)
                .finish(),
            Self::Joined { member, invited_by } => f
                .debug_struct("Joined")
                .field("member", member)
                .field("invited_by", invited_by)
                .finish(),
            Self::Left { member } => f.debug_struct("Left").field("member", member).finish(),
            Self::Removed { member, by } => f
                .debug_struct("Removed")
                .field("member", member)
                .field("by", by)
                .finish(),
            Self::Renamed { by, .. } => f
                .debug_struct("Renamed")
                .field("by", by)
                .finish_non_exhaustive(),
            Self::Called { member, .. } => f
                .debug_struct("Called")
                .field("member", member)
                .finish_non_exhaustive(),
            Self::Founded { by } => f.debug_struct("Founded").field("by", by).finish(),
            Self::MadeAdmin { member, by } => f
                .debug_struct("MadeAdmin")
                .field("member", member)
                .field("by", by)
                .finish(),
            Self::AdminEnded { member, by } => f
                .debug_struct("AdminEnded")
                .field("member", member)
                .field("by", by)
                .finish(),
            Self::HandedOver { member, by } => f
                .debug_struct("HandedOver")
                .field("member", member)
                .field("by", by)
                .finish(),
        }
    }
}

impl fmt::Debug for Amended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Amended")
            .field("edits", &self.edits.len())
            .field("reactions", &self.reactions.len())
            .finish()
    }
}

impl fmt::Debug for Amendment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let deed = match &self.deed {
            Deed::Edit(_) => "Edit",
            Deed::Delete => "Delete",
            Deed::React { .. } => "React",
        };
        f.debug_struct("Amendment")
            .field("id", &self.id)
            .field("target", &self.target)
            .field("author", &self.author)
            .field("deed", &deed)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payload")
            .field("sent_at", &self.sent_at)
            .field("clock", &self.clock)
            .field("kind", &self.kind)
            .field("body", &Length(self.body.len()))
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, group) = match self {
            Self::CreateGroup { .. } => ("CreateGroup", None),
            Self::Join { .. } => ("Join", None),
            Self::CancelJoin { .. } => ("CancelJoin", None),
            Self::SendText { group, .. } => ("SendText", Some(group)),
            Self::SendFiles { group, .. } => ("SendFiles", Some(group)),
            Self::KeepChunks { group, .. } => ("KeepChunks", Some(group)),
            Self::DropUpload { group, .. } => ("DropUpload", Some(group)),
            Self::FetchFile { group, .. } => ("FetchFile", Some(group)),
            Self::StopFile { group, .. } => ("StopFile", Some(group)),
            Self::DropFiles { group } => ("DropFiles", Some(group)),
            Self::Retry { group, .. } => ("Retry", Some(group)),
            Self::EditMessage { group, .. } => ("EditMessage", Some(group)),
            Self::DeleteMessage { group, .. } => ("DeleteMessage", Some(group)),
            Self::HideMessage { group, .. } => ("HideMessage", Some(group)),
            Self::React { group, .. } => ("React", Some(group)),
            Self::PinMessage { group, .. } => ("PinMessage", Some(group)),
            Self::SetTimer { group, .. } => ("SetTimer", Some(group)),
            Self::CreateInvite { group, .. } => ("CreateInvite", Some(group)),
            Self::RevokeInvite { group, .. } => ("RevokeInvite", Some(group)),
            Self::RemoveMember { group, .. } => ("RemoveMember", Some(group)),
            Self::MakeAdmin { group, .. } => ("MakeAdmin", Some(group)),
            Self::RemoveAdmin { group, .. } => ("RemoveAdmin", Some(group)),
            Self::TransferCreator { group, .. } => ("TransferCreator", Some(group)),
            Self::SetInvitePolicy { group, .. } => ("SetInvitePolicy", Some(group)),
            Self::LeaveGroup { group } => ("LeaveGroup", Some(group)),
            Self::ForgetGroup { group } => ("ForgetGroup", Some(group)),
            Self::RenameGroup { group, .. } => ("RenameGroup", Some(group)),
            Self::ApproveJoin { group, .. } => ("ApproveJoin", Some(group)),
            Self::RefuseJoin { group, .. } => ("RefuseJoin", Some(group)),
            Self::Refound { group } => ("Refound", Some(group)),
            Self::AcceptOffer { group, .. } => ("AcceptOffer", Some(group)),
            Self::DeclineOffer { group, .. } => ("DeclineOffer", Some(group)),
            Self::MarkVerified { group, .. } => ("MarkVerified", Some(group)),
            Self::Unverify { group, .. } => ("Unverify", Some(group)),
            Self::DismissAlarm { group, .. } => ("DismissAlarm", Some(group)),
            Self::MarkRead { group } => ("MarkRead", Some(group)),
            Self::StepAside { group } => ("StepAside", Some(group)),
            Self::MarkSeen { group, .. } => ("MarkSeen", Some(group)),
            Self::JoinCall { group, .. } => ("JoinCall", Some(group)),
            Self::LeaveCall { group } => ("LeaveCall", Some(group)),
            Self::IgnoreCall { group } => ("IgnoreCall", Some(group)),
            Self::SetVoice { group, .. } => ("SetVoice", Some(group)),
            Self::SetTyping { group, .. } => ("SetTyping", Some(group)),
            Self::ChangeSettings(_) => ("ChangeSettings", None),
            Self::SaveDraft { group, .. } => ("SaveDraft", Some(group)),
        };
        let mut out = f.debug_struct(name);
        if let Some(group) = group {
            out.field("group", group);
        }
        out.finish_non_exhaustive()
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready => f.write_str("Ready"),
            Self::Group(view) => f.debug_tuple("Group").field(view).finish(),
            Self::Picture { group, member, .. } => f
                .debug_struct("Picture")
                .field("group", group)
                .field("member", member)
                .finish_non_exhaustive(),
            Self::FileHere { group, number } => f
                .debug_struct("FileHere")
                .field("group", group)
                .field("number", number)
                .finish(),
            Self::FileGone { group, number } => f
                .debug_struct("FileGone")
                .field("group", group)
                .field("number", number)
                .finish(),
            Self::FileProgress { group, progress } => f
                .debug_struct("FileProgress")
                .field("group", group)
                .field("progress", progress)
                .finish(),
            Self::ChunksKept { group, count, .. } => f
                .debug_struct("ChunksKept")
                .field("group", group)
                .field("count", count)
                .finish_non_exhaustive(),
            Self::Links { group, links } => f
                .debug_struct("Links")
                .field("group", group)
                .field("links", links)
                .finish(),
            Self::MessageGone { group, message } => f
                .debug_struct("MessageGone")
                .field("group", group)
                .field("message", message)
                .finish(),
            Self::GroupForgotten(group) => f.debug_tuple("GroupForgotten").field(group).finish(),
            Self::GroupCreated(group) => f.debug_tuple("GroupCreated").field(group).finish(),
            Self::InviteCreated { group, invite, .. } => f
                .debug_struct("InviteCreated")
                .field("group", group)
                .field("invite", invite)
                .finish_non_exhaustive(),
            Self::JoinRequested { group, request } => f
                .debug_struct("JoinRequested")
                .field("group", group)
                .field("request", request)
                .finish(),
            Self::Join(view) => f.debug_tuple("Join").field(view).finish(),
            Self::Message(view) => f.debug_tuple("Message").field(view).finish(),
            Self::Draft { group, text } => f
                .debug_struct("Draft")
                .field("group", group)
                .field("text", &Length(text.len()))
                .finish(),
            Self::Refused { group, reason } => f
                .debug_struct("Refused")
                .field("group", group)
                .field("reason", reason)
                .finish(),
            Self::Alarm { group, alarm } => f
                .debug_struct("Alarm")
                .field("group", group)
                .field("alarm", alarm)
                .finish(),
            Self::Storage(state) => f.debug_tuple("Storage").field(state).finish(),
            Self::Call { group, call } => f
                .debug_struct("Call")
                .field("group", group)
                .field("call", call)
                .finish(),
            Self::Typing { group, members } => f
                .debug_struct("Typing")
                .field("group", group)
                .field("members", members)
                .finish(),
            Self::Settings(_) => f.debug_struct("Settings").finish_non_exhaustive(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{GroupId, InviteId, MemberId};
    use crate::io::{Input, Output};
    use crate::test_attr::test;

    #[test]
    fn words_and_links_stay_out_of_debug_output() {
        let group = GroupId([1; 32]);
        let words = || "SECRET".to_owned();
        let inputs = [
            Command::SendText {
                group,
                text: words(),
                reply_to: None,
            },
            Command::EditMessage {
                group,
                message: crate::ids::MessageId([3; 32]),
                text: words(),
            },
            Command::SaveDraft {
                group,
                text: words(),
            },
            Command::RenameGroup {
                group,
                name: words(),
            },
            Command::CreateGroup {
                group_name: words(),
                your_name: words(),
            },
        ];
        for command in inputs {
            let text = format!("{:?}", Input::Command(command));
            assert!(!text.contains("SECRET"), "{text}");
        }
        let events = [
            Event::InviteCreated {
                group,
                invite: InviteId([2; 16]),
                link: words(),
            },
            Event::Draft {
                group,
                text: words(),
            },
        ];
        for event in events {
            let text = format!("{:?}", Output::Event(event));
            assert!(!text.contains("SECRET"), "{text}");
        }
        let called = Body::Called {
            member: MemberId([3; 32]),
            before: words(),
            name: words(),
        };
        assert!(!format!("{called:?}").contains("SECRET"));
        let text = format!("{:?}", Body::Text(words()));
        assert_eq!(text, "Text(6 bytes)");
    }
}
