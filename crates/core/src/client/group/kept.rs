//! What waits until one has heard what the others did meanwhile.
//!
//! An op that is written on an old log can undo what was done since: a Remove voids whatever its target did, a
//! RevokeInvite whoever came by the invite. So a client writes ops (other than Leave) only after it has caught up with
//! somebody since it connected, or once nobody was there for a while. And where others are known to have a newer log, a
//! text waits for it: its reader may have been removed. What is asked for meanwhile is kept, in order, and done then.

use super::Group;
use super::records::Touched;
use crate::client::batch::Step;
use crate::ids::{
    GroupId, MILLIS_PER_MINUTE, MILLIS_PER_SECOND, MemberId, MessageId, OpId, Timestamp,
};
use crate::io::{Command, NewFile, Refusal, Role};
use crate::wire::{self, record};

/// How long one waits for somebody to catch up with, and for a log that is known to be newer, in milliseconds.
const SYNC_PATIENCE: u64 = 30 * MILLIS_PER_SECOND;
/// After a wait for a newer log that never came: how long nobody makes one wait again, in milliseconds. A member can name
/// ops that don't exist.
const HOLD_PAUSE: u64 = 5 * MILLIS_PER_MINUTE;
/// Most commands kept: more than anybody asks for within a wait, and a bound for one without network.
const MAX_KEPT: usize = 100;

/// What a command has to wait for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waits {
    /// It writes an op.
    ForSync,
    /// It writes a message.
    ForNewerLog,
}

/// The group that a command is about and what it has to wait for; `None` if it never waits.
pub(crate) fn waits(command: &Command) -> Option<(GroupId, Waits)> {
    match command {
        Command::CreateInvite { group, .. }
        | Command::RevokeInvite { group, .. }
        | Command::RemoveMember { group, .. }
        | Command::MakeAdmin { group, .. }
        | Command::RemoveAdmin { group, .. }
        | Command::TransferCreator { group, .. }
        | Command::SetInvitePolicy { group, .. }
        | Command::RenameGroup { group, .. }
        | Command::ApproveJoin { group, .. } => Some((*group, Waits::ForSync)),
        Command::SendText { group, .. }
        | Command::SendFiles { group, .. }
        | Command::EditMessage { group, .. }
        | Command::DeleteMessage { group, .. }
        | Command::React { group, .. }
        | Command::PinMessage { group, .. }
        | Command::SetTimer { group, .. } => Some((*group, Waits::ForNewerLog)),
        _ => None,
    }
}

/// How far one is with the others' news.
#[derive(Default)]
pub(crate) struct Catching {
    /// Since when a relay can be reached.
    connected: Option<Timestamp>,
    /// One has caught up with somebody since then.
    synced: bool,
    /// Heads that somebody named and one lacks.
    behind: Vec<OpId>,
    /// Until when texts wait for them.
    hold_until: Option<Timestamp>,
}

impl Catching {
    /// Of one who has just had the whole log from somebody, or founded the group.
    pub(crate) fn up_to_date() -> Self {
        Self {
            synced: true,
            ..Self::default()
        }
    }

    fn is_ready(&self, waits: Waits, now: Timestamp) -> bool {
        match waits {
            // A clock that was set back counts as time that has passed.
            Waits::ForSync => {
                self.synced
                    || self
                        .connected
                        .is_some_and(|at| now < at || now.since(at) >= SYNC_PATIENCE)
            }
            Waits::ForNewerLog => self
                .hold_until
                .is_none_or(|until| until <= now || until.since(now) > SYNC_PATIENCE),
        }
    }
}

impl Group {
    fn is_ready(&self, waits: Waits, now: Timestamp) -> bool {
        (waits == Waits::ForSync && self.others().is_empty()) || self.catching.is_ready(waits, now)
    }

    /// Whether an op may be written now.
    pub(super) fn may_author(&self, now: Timestamp) -> bool {
        self.is_ready(Waits::ForSync, now)
    }

    /// A relay can be reached; from now on one waits for somebody.
    pub(super) fn note_connected(&mut self, now: Timestamp) {
        self.catching.connected.get_or_insert(now);
        self.catching.synced |= self.others().is_empty();
    }

    /// Nothing can be heard any more: what others do from now on is unknown.
    pub(super) fn note_disconnected(&mut self) {
        self.catching.connected = None;
        self.catching.synced = false;
    }

    /// A member named its heads. With all of them here, one has all that it has.
    pub(super) fn note_heads(&mut self, heads: &[OpId], now: Timestamp) {
        if heads.iter().all(|head| self.log.contains(head)) {
            self.catching.synced |= self.uplink.is_up();
        } else {
            self.note_newer(heads, now);
        }
    }

    /// Somebody has ops that are missing here: texts wait for them, but not for ever.
    pub(super) fn note_newer(&mut self, heads: &[OpId], now: Timestamp) {
        let missing = heads.iter().filter(|head| !self.log.contains(head));
        self.catching.behind = missing.copied().collect();
        let recently = self
            .catching
            .hold_until
            .is_some_and(|until| now < until.plus(HOLD_PAUSE));
        if !recently {
            self.catching.hold_until = Some(now.plus(SYNC_PATIENCE));
        }
    }

    /// The log grew: perhaps by what was missing.
    pub(super) fn note_progress(&mut self) {
        if self.catching.behind.is_empty() {
            return;
        }
        let log = &self.log;
        self.catching.behind.retain(|head| !log.contains(head));
        if self.catching.behind.is_empty() {
            self.catching.hold_until = None;
            self.catching.synced |= self.uplink.is_up();
        }
    }

    /// Keeps a command that has to wait. False if it can be carried out at once.
    pub(crate) fn keep(&mut self, command: &Command, waits: Waits, step: &mut Step<'_>) -> bool {
        let at_once = self.kept.is_empty() && self.is_ready(waits, step.now);
        if at_once || !self.is_member() || self.log.state().forked {
            return false;
        }
        if self.kept.len() >= MAX_KEPT {
            step.refuse(Some(self.id), Refusal::Full);
            return true;
        }
        self.kept.push(command.clone());
        self.touch(Touched::Kept);
        self.view_changed = true;
        true
    }

    /// The next kept command, once its time has come.
    pub(crate) fn next_kept(&mut self, now: Timestamp) -> Option<Command> {
        let (_, waits) = waits(self.kept.first()?)?;
        if self.is_member() && !self.is_ready(waits, now) {
            return None;
        }
        self.touch(Touched::Kept);
        self.view_changed = true;
        Some(self.kept.remove(0))
    }

    /// When a wait ends that somebody has an interest in.
    pub(super) fn next_patience(&self, now: Timestamp) -> Option<Timestamp> {
        let (_, first) = self.kept.first().and_then(waits).unzip();
        let ops = first == Some(Waits::ForSync) || !self.sponsoring.is_empty();
        let connected = self.catching.connected.filter(|_| ops);
        let texts = self
            .catching
            .hold_until
            .filter(|_| first == Some(Waits::ForNewerLog));
        let ends = [connected.map(|at| at.plus(SYNC_PATIENCE)), texts];
        ends.into_iter().flatten().filter(|end| *end > now).min()
    }

    /// The texts among the kept commands.
    pub(super) fn kept_texts(&self) -> impl Iterator<Item = &String> {
        self.kept.iter().filter_map(|command| match command {
            Command::SendText { text, .. } | Command::SendFiles { text, .. } => Some(text),
            _ => None,
        })
    }
}

/// A kept command as it is stored: one form for all of them.
pub(super) struct KeptRecord {
    kind: u8,
    id: Vec<u8>,
    number: u8,
    text: String,
}

record!(KeptRecord {
    kind,
    id: bytes,
    number,
    text
});

/// What is more than a text in files that wait.
struct KeptFiles {
    reply_to: Option<MessageId>,
    files: Vec<NewFile>,
}

record!(KeptFiles { reply_to, files });

impl KeptRecord {
    /// `None` for what is not worth keeping over a restart: the link of an invite, which nobody would be shown.
    pub(super) fn of(command: &Command) -> Option<Self> {
        let (kind, id, number, text): (u8, Vec<u8>, u8, &str) = match command {
            Command::RevokeInvite { invite, .. } => (1, invite.0.to_vec(), 0, ""),
            Command::RemoveMember {
                member,
                revoke_invites,
                ..
            } => (2, member.0.to_vec(), u8::from(*revoke_invites), ""),
            Command::MakeAdmin { member, .. } => (3, member.0.to_vec(), 0, ""),
            Command::RemoveAdmin { member, .. } => (4, member.0.to_vec(), 0, ""),
            Command::TransferCreator { member, .. } => (5, member.0.to_vec(), 0, ""),
            Command::SetInvitePolicy { lowest, .. } => (6, Vec::new(), *lowest as u8, ""),
            Command::RenameGroup { name, .. } => (7, Vec::new(), 0, name),
            Command::SendText { text, reply_to, .. } => {
                let to = reply_to.map_or_else(Vec::new, |to| to.0.to_vec());
                (8, to, 0, text)
            }
            Command::ApproveJoin { member, .. } => (9, member.0.to_vec(), 0, ""),
            Command::EditMessage { message, text, .. } => (10, message.0.to_vec(), 0, text),
            Command::DeleteMessage { message, .. } => (11, message.0.to_vec(), 0, ""),
            Command::React {
                message, emoji, on, ..
            } => (12, message.0.to_vec(), u8::from(*on), emoji),
            Command::PinMessage { message, on, .. } => (13, message.0.to_vec(), u8::from(*on), ""),
            Command::SetTimer { seconds, .. } => (14, seconds.to_be_bytes().to_vec(), 0, ""),
            Command::SendFiles {
                text,
                reply_to,
                files,
                ..
            } => {
                let (reply_to, files) = (*reply_to, files.clone());
                (15, wire::encode(&KeptFiles { reply_to, files }), 0, text)
            }
            _ => return None,
        };
        let text = text.to_owned();
        Some(Self {
            kind,
            id,
            number,
            text,
        })
    }

    /// The command; `None` for one that this version doesn't know.
    pub(super) fn command(self, group: GroupId) -> Option<Command> {
        let id: &[u8] = &self.id;
        let member = || id.try_into().ok().map(MemberId);
        let message = || id.try_into().ok().map(MessageId);
        Some(match self.kind {
            1 => Command::RevokeInvite {
                group,
                invite: crate::ids::InviteId(id.try_into().ok()?),
            },
            2 => Command::RemoveMember {
                group,
                member: member()?,
                revoke_invites: self.number == 1,
            },
            3 => Command::MakeAdmin {
                group,
                member: member()?,
            },
            4 => Command::RemoveAdmin {
                group,
                member: member()?,
            },
            5 => Command::TransferCreator {
                group,
                member: member()?,
            },
            6 => Command::SetInvitePolicy {
                group,
                lowest: [Role::Creator, Role::Admin, Role::Member]
                    .into_iter()
                    .find(|role| *role as u8 == self.number)?,
            },
            7 => Command::RenameGroup {
                group,
                name: self.text,
            },
            8 => Command::SendText {
                group,
                text: self.text,
                reply_to: message(),
            },
            9 => Command::ApproveJoin {
                group,
                member: member()?,
            },
            10 => Command::EditMessage {
                group,
                message: message()?,
                text: self.text,
            },
            11 => Command::DeleteMessage {
                group,
                message: message()?,
            },
            12 => Command::React {
                group,
                message: message()?,
                emoji: self.text,
                on: self.number == 1,
            },
            13 => Command::PinMessage {
                group,
                message: message()?,
                on: self.number == 1,
            },
            14 => Command::SetTimer {
                group,
                seconds: u32::from_be_bytes(id.try_into().ok()?),
            },
            15 => {
                let KeptFiles { reply_to, files } = wire::decode(id, id.len()).ok()?;
                Command::SendFiles {
                    group,
                    text: self.text,
                    reply_to,
                    files,
                }
            }
            _ => return None,
        })
    }
}
