//! A message as it is kept and shown.

use super::amend::{Amended, MAX_EDITS, MAX_REACTIONS_EACH};
use crate::file::{File, MAX_DESCRIPTION};
use crate::ids::{GroupId, MemberId, MessageId, Timestamp};
use crate::store::{Order, RecordKey};
use crate::wire::{self, DecodeError, limits};
use crate::wire::{record, variants};

/// What a row of the log says.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    /// A person's words.
    Text(String),
    /// A kind that this version doesn't know; shown as "needs a newer version", and kept.
    Unknown {
        /// Its number.
        kind: u16,
        /// Its content.
        body: Vec<u8>,
    },
    /// Its author has taken it back; what it said is gone from this device.
    Deleted,
    /// A change to something else, which is no row of the log and never stored as one.
    Silent,
    /// How long messages stay was set.
    TimerSet {
        /// In seconds; 0: for good.
        seconds: u32,
    },
    /// Files, perhaps with words.
    Files {
        /// The words; may be empty.
        text: String,
        /// The files.
        files: Vec<Attached>,
    },
    /// Somebody came in.
    Joined {
        /// Who.
        member: MemberId,
        /// Whose invite it was.
        invited_by: MemberId,
    },
    /// Somebody left.
    Left {
        /// Who.
        member: MemberId,
    },
    /// Somebody was removed.
    Removed {
        /// Who.
        member: MemberId,
        /// By whom.
        by: MemberId,
    },
    /// The group was renamed.
    Renamed {
        /// By whom.
        by: MemberId,
        /// The new name.
        name: String,
    },
    /// Somebody calls itself something else.
    Called {
        /// Who.
        member: MemberId,
        /// What it was called.
        before: String,
        /// What it is called from now on.
        name: String,
    },
    /// The group was founded.
    Founded {
        /// By whom.
        by: MemberId,
    },
    /// Somebody became an admin.
    MadeAdmin {
        /// Who.
        member: MemberId,
        /// By whom.
        by: MemberId,
    },
    /// Somebody is a plain member again.
    AdminEnded {
        /// Who.
        member: MemberId,
        /// By whom.
        by: MemberId,
    },
    /// The group has another creator.
    HandedOver {
        /// Who has the role now.
        member: MemberId,
        /// Who had it.
        by: MemberId,
    },
}

variants!(Body {
    0 => Text(value),
    1 => Unknown { kind, body: bytes },
    2 => Joined { member, invited_by },
    3 => Left { member },
    4 => Removed { member, by },
    5 => Renamed { by, name },
    6 => Founded { by },
    7 => MadeAdmin { member, by },
    8 => AdminEnded { member, by },
    9 => HandedOver { member, by },
    10 => Deleted,
    11 => Silent,
    12 => TimerSet { seconds },
    13 => Files { text, files },
    14 => Called { member, before, name },
});

/// A file of a message on this device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    /// Where its chunks are: they have this as the day of their [`Order`], and their own number as its counter.
    pub number: u32,
    /// What its sender says of it.
    pub file: File,
}

record!(Attached { number, file });

/// How far an own message has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// Written by somebody else, or a note: nothing to tell.
    Incoming,
    /// Kept here; no relay has it yet.
    Pending,
    /// A relay has it.
    Sent,
    /// Every other member has said that it has it.
    Delivered,
    /// The time in which relays keep it is over and somebody never said so.
    Unknown,
    /// It can't be sent; the person may try again.
    Failed,
}

variants!(Delivery {
    0 => Incoming,
    1 => Pending,
    2 => Sent,
    3 => Delivered,
    4 => Unknown,
    5 => Failed,
});

/// One row of a group's log; also the format of its history record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageView {
    /// Its group.
    pub group: GroupId,
    /// Its id: the envelope's hash, or a note's op id.
    pub id: MessageId,
    /// Who wrote or did it.
    pub author: MemberId,
    /// When, by the author's clock (capped at this device's clock plus five minutes).
    pub sent_at: Timestamp,
    /// Display order is by this, then by id.
    pub clock: Timestamp,
    /// Where its record is.
    pub order: Order,
    /// What it says.
    pub body: Body,
    /// How far it has come.
    pub delivery: Delivery,
    /// Members that have said they have it (own messages only), ascending.
    pub delivered_to: Vec<MemberId>,
    /// Members it was written to, ascending: everybody else that was present then. Those of them that are still present and
    /// not in `delivered_to` may lack it. `None` for what others wrote, for notes, and in records of earlier versions.
    pub recipients: Option<Vec<MemberId>>,
    /// The message that it answers.
    pub reply_to: Option<MessageId>,
    /// Seconds that it is kept after it was seen; `None`: for good.
    pub lifetime: Option<u32>,
    /// What has become of it since.
    pub amended: Option<Box<Amended>>,
    /// Members whose people have read it and let that be known (own messages only), ascending.
    pub seen_by: Option<Vec<MemberId>>,
}

record!(MessageView {
    group,
    id,
    author,
    sent_at,
    clock,
    order,
    body,
    delivery,
    delivered_to,
    recipients,
    reply_to,
    lifetime,
    amended,
    seen_by,
});

/// Room for a record: its files, the first wording and the later ones, the reactions of 256 members with at most 150 bytes each, and
/// 32 KiB for the rest, which is mostly the ids of who has it, who has read it, and of whom it was written to.
const MAX_RECORD: usize = MAX_DESCRIPTION
    + limits::MAX_TEXT * (1 + MAX_EDITS)
    + limits::MAX_MEMBERS * MAX_REACTIONS_EACH * 150
    + 32 * 1024;

impl MessageView {
    /// A row as it is when nothing has happened to it yet.
    #[must_use]
    pub fn new(
        group: GroupId,
        id: MessageId,
        author: MemberId,
        clock: Timestamp,
        body: Body,
    ) -> Self {
        Self {
            group,
            id,
            author,
            sent_at: clock,
            clock,
            order: Order::default(),
            body,
            delivery: Delivery::Incoming,
            delivered_to: Vec::new(),
            recipients: None,
            reply_to: None,
            lifetime: None,
            amended: None,
            seen_by: None,
        }
    }

    /// The key of its history record.
    #[must_use]
    pub fn record_key(&self) -> RecordKey {
        RecordKey {
            group: Some(self.group),
            order: self.order,
            name: self.id.0.to_vec(),
        }
    }

    /// The value of its history record.
    #[must_use]
    pub fn encode_record(&self) -> Vec<u8> {
        wire::encode(self)
    }
}

/// Reads one history record.
///
/// # Errors
/// [`DecodeError`] when it isn't one.
pub fn decode_record(value: &[u8]) -> Result<MessageView, DecodeError> {
    wire::decode(value, MAX_RECORD)
}
