//! The envelope of a sender-key message: the same bytes for every member.

use super::MAX_CHAIN_MESSAGES;
use super::ratchet::{TAG, VERSION};
use crate::ids::{ChainId, MessageId};
use crate::wire::record;
use crate::wire::{self, DecodeError, FRAME_SIZES, FrameKind, PadError, SignatureBytes, labels};

/// Bytes of a frame around the ciphertext, but for the index: kind, array, version, chain id, random, two-byte length of
/// the ciphertext, signature. The ciphertext is never below 256 bytes, so its length always takes two bytes.
const OVERHEAD: usize = 1 + 1 + 1 + (2 + 32) + (1 + 16) + 3 + (2 + 64);

/// Largest payload that fits one message.
pub const MAX_MESSAGE_PAYLOAD: usize =
    FRAME_SIZES[FRAME_SIZES.len() - 1] - OVERHEAD - MAX_INDEX_LEN - TAG - 1;

/// Bytes of the longest index.
const MAX_INDEX_LEN: usize = 3;

const fn index_len(index: u32) -> usize {
    match index {
        0..=23 => 1,
        24..=255 => 2,
        _ => MAX_INDEX_LEN,
    }
}

/// The length to which a payload is padded so that the finished frame has one of [`FRAME_SIZES`].
pub(super) fn padded_len(payload: usize, index: u32) -> Result<usize, PadError> {
    // One byte marks where the padding begins.
    let around = OVERHEAD + index_len(index) + TAG;
    let frame = wire::frame_size_for(payload.saturating_add(1 + around))?;
    Ok(frame - around)
}

struct Fields {
    version: u8,
    chain: ChainId,
    index: u32,
    random: [u8; 16],
    ciphertext: Vec<u8>,
    signature: SignatureBytes,
}

record!(Fields {
    version,
    chain,
    index,
    random: bytes,
    ciphertext: bytes,
    signature
});

/// A received message, parsed and not yet believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The hash of the frame's body: the message's name everywhere.
    pub id: MessageId,
    /// The chain it claims to belong to.
    pub chain: ChainId,
    /// Its place in the chain, below [`MAX_CHAIN_MESSAGES`].
    pub index: u32,
    /// Makes key and nonce unique even if a sender falls back to an old state.
    pub random: [u8; 16],
    /// The ciphertext and its tag.
    pub ciphertext: Vec<u8>,
    /// By the chain's signing key.
    pub signature: SignatureBytes,
}

impl Message {
    /// Reads the body of a frame of kind [`FrameKind::Message`], i.e. without the kind's byte.
    ///
    /// # Errors
    /// [`DecodeError`] for anything an honest sender doesn't write: other sizes, other encodings, other versions, an
    /// index beyond the end of every chain.
    pub fn parse(body: &[u8]) -> Result<Self, DecodeError> {
        if !FRAME_SIZES.contains(&(body.len() + 1)) {
            return Err(DecodeError::Invalid);
        }
        let fields: Fields = wire::decode(body, FRAME_SIZES[FRAME_SIZES.len() - 1])?;
        if fields.version != VERSION {
            return Err(DecodeError::UnknownVersion);
        }
        if fields.index >= MAX_CHAIN_MESSAGES {
            return Err(DecodeError::Invalid);
        }
        Ok(Self {
            id: message_id(body),
            chain: fields.chain,
            index: fields.index,
            random: fields.random,
            ciphertext: fields.ciphertext,
            signature: fields.signature,
        })
    }
}

fn message_id(body: &[u8]) -> MessageId {
    MessageId(wire::hash(labels::MESSAGE_ID, &[body]))
}

/// The finished frame, kind byte first, and its id.
pub(crate) fn frame(
    chain: ChainId,
    index: u32,
    random: [u8; 16],
    ciphertext: Vec<u8>,
    signature: SignatureBytes,
) -> (MessageId, Vec<u8>) {
    let body = wire::encode(&Fields {
        version: VERSION,
        chain,
        index,
        random,
        ciphertext,
        signature,
    });
    let id = message_id(&body);
    let mut frame = Vec::with_capacity(body.len() + 1);
    frame.push(FrameKind::Message.byte());
    frame.extend_from_slice(&body);
    debug_assert!(FRAME_SIZES.contains(&frame.len()));
    (id, frame)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_attr::test;

    fn sample(index: u32, payload: usize) -> Vec<u8> {
        let length = padded_len(payload, index).unwrap() + TAG;
        frame(
            ChainId([1; 32]),
            index,
            [2; 16],
            vec![3; length],
            SignatureBytes([4; 64]),
        )
        .1
    }

    #[test]
    fn every_frame_has_exactly_one_of_the_sizes() {
        for index in [0, 23, 24, 255, 256, 999] {
            for payload in [
                0, 1, 300, 360, 370, 371, 372, 373, 374, 375, 376, 377, 378, 2_000, 8_000, 18_432,
            ] {
                let frame = sample(index, payload);
                assert!(
                    FRAME_SIZES.contains(&frame.len()),
                    "{index} {payload} {}",
                    frame.len()
                );
                let message = Message::parse(&frame[1..]).unwrap();
                assert_eq!(message.index, index);
                assert!(message.ciphertext.len() >= 256);
            }
        }
        assert_eq!(sample(999, MAX_MESSAGE_PAYLOAD).len(), FRAME_SIZES[3]);
        assert_eq!(
            padded_len(MAX_MESSAGE_PAYLOAD + 1, 999),
            Err(PadError::TooLarge)
        );
        assert_eq!(padded_len(usize::MAX, 0), Err(PadError::TooLarge));
    }

    #[test]
    fn a_message_of_another_size_version_or_index_is_refused() {
        let frame = sample(0, 10);
        let body = &frame[1..];
        assert_eq!(Message::parse(&body[..400]), Err(DecodeError::Invalid));
        assert_eq!(Message::parse(&[]), Err(DecodeError::Invalid));
        let mut longer = body.to_vec();
        longer.push(0);
        assert_eq!(Message::parse(&longer), Err(DecodeError::Invalid));
        let mut version = body.to_vec();
        version[1] = 2;
        assert_eq!(Message::parse(&version), Err(DecodeError::UnknownVersion));
        assert_eq!(
            Message::parse(&sample(999, 10)[1..]).map(|m| m.index),
            Ok(999)
        );
        assert_eq!(
            Message::parse(&sample(1_000, 10)[1..]),
            Err(DecodeError::Invalid)
        );
        assert_eq!(
            Message::parse(&vec![0; 64 * 1024 - 1]),
            Err(DecodeError::Invalid)
        );
    }

    #[test]
    fn trailing_bytes_inside_a_right_size_are_refused() {
        // A ciphertext one byte shorter, and one byte behind the message.
        let length = padded_len(10, 0).unwrap() + TAG - 1;
        let (_, mut frame) = {
            let body = wire::encode(&Fields {
                version: VERSION,
                chain: ChainId([1; 32]),
                index: 0,
                random: [2; 16],
                ciphertext: vec![3; length],
                signature: SignatureBytes([4; 64]),
            });
            (0, body)
        };
        frame.push(0);
        assert_eq!(frame.len() + 1, FRAME_SIZES[0]);
        assert_eq!(Message::parse(&frame), Err(DecodeError::Trailing));
    }

    #[test]
    fn the_id_is_the_hash_of_the_body() {
        let frame = sample(0, 10);
        let message = Message::parse(&frame[1..]).unwrap();
        assert_eq!(message.id.0, wire::hash(labels::MESSAGE_ID, &[&frame[1..]]));
    }
}
