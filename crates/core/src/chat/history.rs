//! A message as it is kept and shown.

use minicbor::{Decode, Encode};

use crate::ids::{GroupId, MemberId, MessageId, Timestamp};
use crate::store::{Order, RecordKey};
use crate::wire::{self, DecodeError, limits};

/// What a row of the log says.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub enum Body {
    /// A person's words.
    #[n(0)]
    Text(#[n(0)] String),
    /// A kind that this version doesn't know; shown as "needs a newer version", and kept.
    #[n(1)]
    Unknown {
        /// Its number.
        #[n(0)]
        kind: u16,
        /// Its content.
        #[cbor(n(1), with = "minicbor::bytes")]
        body: Vec<u8>,
    },
    /// Somebody came in.
    #[n(2)]
    Joined {
        /// Who.
        #[n(0)]
        member: MemberId,
        /// Whose invite it was.
        #[n(1)]
        invited_by: MemberId,
    },
    /// Somebody left.
    #[n(3)]
    Left {
        /// Who.
        #[n(0)]
        member: MemberId,
    },
    /// Somebody was removed.
    #[n(4)]
    Removed {
        /// Who.
        #[n(0)]
        member: MemberId,
        /// By whom.
        #[n(1)]
        by: MemberId,
    },
    /// The group was renamed.
    #[n(5)]
    Renamed {
        /// By whom.
        #[n(0)]
        by: MemberId,
        /// The new name.
        #[n(1)]
        name: String,
    },
    /// The group was founded.
    #[n(6)]
    Founded {
        /// By whom.
        #[n(0)]
        by: MemberId,
    },
    /// Somebody became an admin.
    #[n(7)]
    MadeAdmin {
        /// Who.
        #[n(0)]
        member: MemberId,
        /// By whom.
        #[n(1)]
        by: MemberId,
    },
    /// Somebody is a plain member again.
    #[n(8)]
    AdminEnded {
        /// Who.
        #[n(0)]
        member: MemberId,
        /// By whom.
        #[n(1)]
        by: MemberId,
    },
    /// The group has another creator.
    #[n(9)]
    HandedOver {
        /// Who has the role now.
        #[n(0)]
        member: MemberId,
        /// Who had it.
        #[n(1)]
        by: MemberId,
    },
}

/// How far an own message has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum Delivery {
    /// Written by somebody else, or a note: nothing to tell.
    #[n(0)]
    Incoming,
    /// Kept here; no relay has it yet.
    #[n(1)]
    Pending,
    /// A relay has it.
    #[n(2)]
    Sent,
    /// Every other member has said that it has it.
    #[n(3)]
    Delivered,
    /// The time in which relays keep it is over and somebody never said so.
    #[n(4)]
    Unknown,
    /// It can't be sent; the person may try again.
    #[n(5)]
    Failed,
}

/// One row of a group's log; also the format of its history record.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct MessageView {
    /// Its group.
    #[n(0)]
    pub group: GroupId,
    /// Its id: the envelope's hash, or a note's op id.
    #[n(1)]
    pub id: MessageId,
    /// Who wrote or did it.
    #[n(2)]
    pub author: MemberId,
    /// When, by the author's clock (capped at this device's clock plus five minutes).
    #[n(3)]
    pub sent_at: Timestamp,
    /// Display order is by this, then by id.
    #[n(4)]
    pub clock: Timestamp,
    /// Where its record is.
    #[n(5)]
    pub order: Order,
    /// What it says.
    #[n(6)]
    pub body: Body,
    /// How far it has come.
    #[n(7)]
    pub delivery: Delivery,
    /// Members that have said they have it (own messages only).
    #[n(8)]
    pub delivered_to: Vec<MemberId>,
}

/// Room for a record around the largest text.
const MAX_RECORD: usize = limits::MAX_TEXT + 16 * 1024;

impl MessageView {
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
