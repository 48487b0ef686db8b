//! How members bring each other up to date: what a SYNC, RECEIPT or RESEND_REQ frame says.
//!
//! On every connect a member says hello to every other one, live only. Who is there answers, and both send a vector of
//! what they hold; each then sends what the other lacks: ops and prekeys in a data frame, messages as the sender's own
//! signed bytes, straight to the mailbox.

use minicbor::bytes::ByteVec;

use crate::identity::{SignedPrekeys, SignedProfile};
use crate::ids::{ChainId, InviteId, Mailbox, MemberId, MessageId, OpId};
use crate::membership::AuthorTip;
use crate::wire::{self, DecodeError, FRAME_SIZES, FrameKind, labels, limits};
use crate::wire::{record, variants};

/// Most ops, prekeys, chains or ranges in one frame; a frame's size bounds them before this does.
const MAX_ENTRIES: usize = 1_024;
/// Largest body of a pairwise frame that still fits the largest frame with all its layers.
pub(crate) const MAX_BODY: usize = 28 * 1024;

/// Indexes of one chain, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Range {
    /// First index.
    pub from: u32,
    /// Last index.
    pub to: u32,
}

record!(Range { from, to });

/// What a member holds of one chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainHave {
    /// The chain.
    pub chain: ChainId,
    /// Sorted, not touching.
    pub ranges: Vec<Range>,
}

record!(ChainHave { chain, ranges });

impl ChainHave {
    /// Whether an index is among the ranges.
    #[must_use]
    pub fn contains(&self, index: u32) -> bool {
        self.ranges
            .iter()
            .any(|range| (range.from..=range.to).contains(&index))
    }
}

/// Whose prekeys a member holds, and how new they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrekeysHave {
    /// Whose.
    pub member: MemberId,
    /// Their sequence number.
    pub seq: u64,
}

record!(PrekeysHave { member, seq });

/// Whose profile a member holds, and how new it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProfileHave {
    /// Whose.
    pub member: MemberId,
    /// Its count.
    pub count: u64,
}

record!(ProfileHave { member, count });

/// Most profiles asked for in one frame: the answer is half a megabyte at most.
pub const MAX_WANTED_PROFILES: usize = 32;

/// The body of a SYNC frame.
#[derive(Debug, Clone, PartialEq)]
pub enum Sync {
    /// "I am here."
    Hello {
        /// The sender's log heads.
        heads: Vec<OpId>,
        /// What its relay publishes when it goes: see [`presence_mailbox`].
        token: [u8; 16],
        /// Whether this answers a hello.
        answer: bool,
    },
    /// "This is what I hold."
    Vector {
        /// Ops, by author.
        ops: Vec<AuthorTip>,
        /// Prekeys, by member.
        prekeys: Vec<PrekeysHave>,
        /// Messages, by chain.
        chains: Vec<ChainHave>,
        /// The highest generation of the receiver's own chains that the sender has seen; 0 for none.
        generation: u64,
        /// Profiles, by member; `None` where there are none.
        profiles: Option<Vec<ProfileHave>>,
    },
    /// "You may lack these."
    Data {
        /// Signed ops in causal order.
        ops: Vec<ByteVec>,
        /// Signed prekeys.
        prekeys: Vec<SignedPrekeys>,
    },
    /// "I have turned this request down", to those who could still say yes to it.
    Declined {
        /// Who asked.
        member: MemberId,
        /// By which invite.
        invite: InviteId,
    },
    /// "I have founded the group anew: come over."
    Refounded {
        /// The code of an invite link.
        code: String,
    },
    /// "Members look so."
    Profiles {
        /// Signed profiles.
        profiles: Vec<SignedProfile>,
    },
    /// "Send me these members' profiles."
    WantProfiles {
        /// Whose, at most [`MAX_WANTED_PROFILES`].
        members: Vec<MemberId>,
    },
}

variants!(Sync {
    0 => Hello { heads, token: bytes, answer },
    1 => Vector { ops, prekeys, chains, generation, profiles },
    2 => Data { ops, prekeys },
    3 => Declined { member, invite },
    4 => Refounded { code },
    5 => Profiles { profiles },
    6 => WantProfiles { members },
});

/// The body of a JOIN_REPLY frame.
#[derive(Debug, Clone, PartialEq)]
pub enum JoinReply {
    /// A part of the log; the last part completes it.
    Welcome {
        /// Signed ops in causal order, the Create op first.
        ops: Vec<ByteVec>,
        /// The members' signed prekeys.
        prekeys: Vec<SignedPrekeys>,
        /// No further part follows.
        last: bool,
    },
    /// Expired, revoked or unknown: deliberately one answer.
    Refused,
    /// Used up by others.
    Used,
    /// Shown to somebody who can say yes or no.
    Seen,
    /// Somebody said no.
    Declined,
}

variants!(JoinReply {
    0 => Welcome { ops, prekeys, last },
    1 => Refused,
    2 => Used,
    3 => Seen,
    4 => Declined,
});

/// The body of a RECEIPT frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// What the sender of the receipt has stored of the addressee's chains.
    pub chains: Vec<ChainHave>,
    /// Messages of the addressee that the sender's person has read, at most [`MAX_SEEN`]; `None` where there are none.
    pub seen: Option<Vec<MessageId>>,
}

record!(Receipt { chains, seen });

/// Most messages that one receipt tells as read: a receipt stays within one of the smaller frames.
pub const MAX_SEEN: usize = 48;

/// The body of RESEND_REQ and SKDM_ACK frames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainRef {
    /// The chain asked for, or accepted.
    pub chain: ChainId,
}

record!(ChainRef { chain });

/// Decodes a body and checks its entry counts.
///
/// # Errors
/// [`DecodeError`] for anything but a canonical, bounded value.
pub fn decode_sync(bytes: &[u8]) -> Result<Sync, DecodeError> {
    let sync: Sync = wire::decode(bytes, limits::MAX_FRAME)?;
    let fits = match &sync {
        Sync::Hello { heads, .. } => heads.len() <= limits::MAX_DEPS.max(MAX_ENTRIES),
        Sync::Vector {
            ops,
            prekeys,
            chains,
            profiles,
            ..
        } => {
            ops.len() <= MAX_ENTRIES
                && prekeys.len() <= MAX_ENTRIES
                && chains.iter().all(well_formed)
                && chains.len() <= MAX_ENTRIES
                // Where there are none, nothing is said.
                && profiles
                    .as_ref()
                    .is_none_or(|it| (1..=MAX_ENTRIES).contains(&it.len()))
        }
        Sync::Data { ops, prekeys } => ops.len() <= MAX_ENTRIES && prekeys.len() <= MAX_ENTRIES,
        Sync::Declined { .. } | Sync::Refounded { .. } => true,
        Sync::Profiles { profiles } => profiles.len() <= MAX_ENTRIES,
        Sync::WantProfiles { members } => (1..=MAX_WANTED_PROFILES).contains(&members.len()),
    };
    if fits {
        Ok(sync)
    } else {
        Err(DecodeError::Invalid)
    }
}

/// Decodes a RECEIPT body.
///
/// # Errors
/// [`DecodeError`] for anything but a canonical, bounded value.
pub fn decode_receipt(bytes: &[u8]) -> Result<Receipt, DecodeError> {
    let receipt: Receipt = wire::decode(bytes, limits::MAX_FRAME)?;
    let seen = receipt.seen.as_ref();
    if receipt.chains.len() <= MAX_ENTRIES
        && receipt.chains.iter().all(well_formed)
        && seen.is_none_or(|seen| (1..=MAX_SEEN).contains(&seen.len()))
    {
        Ok(receipt)
    } else {
        Err(DecodeError::Invalid)
    }
}

fn well_formed(have: &ChainHave) -> bool {
    have.ranges.len() <= MAX_ENTRIES
        && have.ranges.iter().all(|range| range.from <= range.to)
        && have
            .ranges
            .windows(2)
            .all(|pair| matches!(pair, [a, b] if a.to < b.from))
}

/// Cuts ops and prekeys into parts that each fit one pairwise frame.
#[must_use]
pub fn parts(
    ops: Vec<Vec<u8>>,
    prekeys: Vec<SignedPrekeys>,
) -> Vec<(Vec<ByteVec>, Vec<SignedPrekeys>)> {
    let mut parts = Vec::new();
    let mut current: (Vec<ByteVec>, Vec<SignedPrekeys>) = (Vec::new(), Vec::new());
    let mut size = 0;
    // 16 bytes cover the CBOR headers around one entry.
    for op in ops {
        let length = op.len() + 16;
        if size + length > MAX_BODY && size > 0 {
            parts.push(core::mem::take(&mut current));
            size = 0;
        }
        size += length;
        current.0.push(op.into());
    }
    for signed in prekeys {
        let length = wire::encode(&signed).len() + 16;
        if size + length > MAX_BODY && size > 0 {
            parts.push(core::mem::take(&mut current));
            size = 0;
        }
        size += length;
        current.1.push(signed);
    }
    if size > 0 || parts.is_empty() {
        parts.push(current);
    }
    parts
}

/// Cuts profiles into parts that each fit one pairwise frame.
#[must_use]
pub fn profile_parts(profiles: Vec<SignedProfile>) -> Vec<Vec<SignedProfile>> {
    let mut parts: Vec<Vec<SignedProfile>> = Vec::new();
    let mut size = 0;
    for signed in profiles {
        let length = signed.bytes.len() + 80;
        match parts.last_mut().filter(|_| size + length <= MAX_BODY) {
            Some(part) => part.push(signed),
            None => {
                parts.push(vec![signed]);
                size = 0;
            }
        }
        size += length;
    }
    parts
}

/// Where a member's presence token appears when its connection breaks: derived from its mailbox, which its peers know.
#[must_use]
pub fn presence_mailbox(mailbox: &Mailbox) -> Mailbox {
    let digest = wire::hash(labels::PRESENCE, &[&mailbox.0]);
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(digest) {
        *to = from;
    }
    Mailbox(bytes)
}

/// A presence frame: kind, token, zeros.
#[must_use]
pub fn presence_frame(token: [u8; 16]) -> Vec<u8> {
    let mut frame = vec![FrameKind::Presence.byte()];
    frame.extend_from_slice(&token);
    frame.resize(FRAME_SIZES[0], 0);
    frame
}

/// The token of a presence frame's body.
///
/// # Errors
/// [`DecodeError`] unless zeros follow the token.
pub fn decode_presence(body: &[u8]) -> Result<[u8; 16], DecodeError> {
    let (token, rest) = body
        .split_first_chunk::<16>()
        .ok_or(DecodeError::Malformed)?;
    if rest.iter().any(|byte| *byte != 0) {
        return Err(DecodeError::NotCanonical);
    }
    Ok(*token)
}
