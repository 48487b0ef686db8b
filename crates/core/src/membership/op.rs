//! One op on the wire: content, and the author's signature over the content's bytes.
//!
//! `op = [content: bytes, signature: bytes 64]`;
//! `content = [version, group, author, seq, prev or null, [deps], kind, body: bytes]`. Everything is an array in the
//! order of the fields; fields at the end of an array that are absent are left out.

use ed25519_dalek::SigningKey;

use super::body::{BodyError, OpBody};
use super::genesis::group_id;
use crate::identity::{Card, SignedCard};
use crate::ids::{GroupId, MemberId, OpId};
use crate::wire::record;
use crate::wire::{self, DecodeError, SignatureBytes, labels, limits};

/// The version of ops that is written and read.
pub const OP_VERSION: u32 = 1;
/// Most ops of one author: a bound on what one member can make everybody store. A person needs a few a week.
pub const MAX_OPS_PER_AUTHOR: u32 = 10_000;

/// Most ops of a plain member, Leave excepted: it lets people in and opens invites, and needs far fewer. A crowd of them
/// can't make the log so long that nobody can go on.
pub const MAX_OPS_PER_MEMBER: u32 = 1_000;

/// An op's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Op {
    /// The group it belongs to.
    pub group: GroupId,
    /// Who wrote it.
    pub author: MemberId,
    /// Its number in its author's chain, from 0.
    pub seq: u32,
    /// The author's op before it; `None` exactly for number 0.
    pub prev: Option<OpId>,
    /// The heads of the log as its author knew it, ascending.
    pub deps: Vec<OpId>,
    /// What it says.
    pub body: OpBody,
}

struct Content {
    version: u32,
    group: GroupId,
    author: MemberId,
    seq: u32,
    prev: Option<OpId>,
    deps: Vec<OpId>,
    kind: u16,
    body: Vec<u8>,
}

record!(Content {
    version,
    group,
    author,
    seq,
    prev,
    deps,
    kind,
    body: bytes
});

struct Envelope {
    content: Vec<u8>,
    signature: SignatureBytes,
}

record!(Envelope {
    content: bytes,
    signature
});

/// Why bytes are not an op that this code can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReadOpError {
    /// Not the encoding of an op, or a field breaks a rule.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// Of a kind that is unknown.
    #[error("unsupported kind {0}")]
    UnsupportedKind(u16),
    /// Of a known kind, but asking for something that isn't supported (an invite for another role than a member's).
    #[error("unsupported field")]
    Unsupported,
    /// The newcomer's card doesn't open, or isn't for this group.
    #[error("bad card")]
    Card,
}

/// The card that an op brings in, opened.
#[derive(Debug, Clone)]
pub(super) struct Newcomer {
    pub(super) member: MemberId,
    pub(super) card: Card,
    pub(super) card_hash: [u8; 32],
}

impl Newcomer {
    fn open(signed: &SignedCard, group: &GroupId) -> Result<Self, ReadOpError> {
        let card = signed.open().map_err(|_| ReadOpError::Card)?;
        if !card.is_for(group) {
            return Err(ReadOpError::Card);
        }
        Ok(Self {
            member: card.member_id(),
            card_hash: signed.hash(),
            card,
        })
    }
}

/// An op that was read, its signature not yet checked.
#[derive(Debug, Clone)]
pub(crate) struct SignedOp {
    pub(crate) id: OpId,
    pub(crate) op: Op,
    /// Of a Create or an Admit.
    pub(super) newcomer: Option<Newcomer>,
    /// The bytes as received.
    pub(crate) bytes: Vec<u8>,
    content: Vec<u8>,
    signature: SignatureBytes,
}

/// Signs an op and encodes it. The result can be over the size limit; [`SignedOp::read`] tells.
pub(crate) fn sign_op(op: &Op, key: &SigningKey) -> Vec<u8> {
    let content = content(op);
    let signature = wire::sign(key, labels::OP_SIGN, &content);
    wire::encode(&Envelope { content, signature })
}

/// An op with zeros for a signature: for the models, which write millions and ask what they mean.
#[cfg(test)]
pub(super) fn unsigned_op(op: &Op) -> Vec<u8> {
    let signature = SignatureBytes([0; 64]);
    wire::encode(&Envelope {
        content: content(op),
        signature,
    })
}

fn content(op: &Op) -> Vec<u8> {
    wire::encode(&Content {
        version: OP_VERSION,
        group: op.group,
        author: op.author,
        seq: op.seq,
        prev: op.prev,
        deps: op.deps.clone(),
        kind: op.body.kind() as u16,
        body: op.body.to_bytes(),
    })
}

impl SignedOp {
    /// Reads an op and checks all that can be seen from it alone, but the signature.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, ReadOpError> {
        let Envelope { content, signature } = wire::decode(bytes, limits::MAX_OP)?;
        if version_of(&content)? != OP_VERSION {
            return Err(DecodeError::UnknownVersion.into());
        }
        let fields: Content = wire::decode(&content, limits::MAX_OP)?;
        let sorted = fields
            .deps
            .windows(2)
            .all(|pair| matches!(pair, [a, b] if a < b));
        if fields.deps.len() > limits::MAX_DEPS
            || !sorted
            || fields.seq >= MAX_OPS_PER_AUTHOR
            || (fields.seq == 0) != fields.prev.is_none()
        {
            return Err(DecodeError::Invalid.into());
        }
        let body = OpBody::from_bytes(fields.kind, &fields.body).map_err(|error| match error {
            BodyError::Decode(error) => ReadOpError::Decode(error),
            BodyError::Kind(kind) => ReadOpError::UnsupportedKind(kind),
            BodyError::Unsupported => ReadOpError::Unsupported,
        })?;
        let newcomer = match &body {
            OpBody::Create(genesis) => Some(Newcomer::open(genesis.creator(), &Card::NO_GROUP)?),
            OpBody::Admit(admission) => Some(Newcomer::open(&admission.card, &fields.group)?),
            _ => None,
        };
        let in_place = match (&body, &newcomer) {
            (OpBody::Create(_), Some(creator)) => {
                fields.seq == 0
                    && fields.deps.is_empty()
                    && group_id(&fields.body) == fields.group
                    && creator.member == fields.author
            }
            _ => !fields.deps.is_empty(),
        };
        if !in_place {
            return Err(DecodeError::Invalid.into());
        }
        Ok(Self {
            id: OpId(wire::hash(labels::OP, &[&content])),
            op: Op {
                group: fields.group,
                author: fields.author,
                seq: fields.seq,
                prev: fields.prev,
                deps: fields.deps,
                body,
            },
            newcomer,
            bytes: bytes.to_vec(),
            content,
            signature,
        })
    }

    /// Whether the signature is by this key.
    pub(super) fn is_signed_by(&self, ik: &[u8; 32]) -> bool {
        wire::verify(ik, labels::OP_SIGN, &self.content, &self.signature)
    }

    /// The signature: two copies of one op can differ in it.
    pub(super) const fn signature(&self) -> &SignatureBytes {
        &self.signature
    }

    /// Everything it points to.
    pub(super) fn parents(&self) -> impl Iterator<Item = &OpId> {
        self.op.deps.iter().chain(&self.op.prev)
    }
}

/// The version, read before the rest: another version may have other fields.
fn version_of(content: &[u8]) -> Result<u32, DecodeError> {
    let mut input = wire::Reader::new(content);
    input.array().ok_or(DecodeError::Malformed)?;
    wire::Value::take(&mut input).ok_or(DecodeError::Malformed)
}
