//! Strict, deterministic CBOR on top of a lax decoder.

use zeroize::Zeroizing;

use super::value::{Reader, Value, Writer};

/// Why bytes were refused. Never sent to a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Longer than the limit of this type; nothing was looked at.
    #[error("too large")]
    TooLarge,
    /// Not a value of this type.
    #[error("malformed")]
    Malformed,
    /// Bytes follow the value.
    #[error("trailing bytes")]
    Trailing,
    /// Decodes, but is not the one canonical encoding of the value.
    #[error("not canonical")]
    NotCanonical,
    /// Well-formed, but of a version or kind this code doesn't know.
    #[error("unknown version")]
    UnknownVersion,
    /// Well-formed, but a field breaks a rule (unsorted set, over-long text, zero where it may not be).
    #[error("invalid field")]
    Invalid,
}

/// The canonical encoding of a value.
pub fn encode<T: Value>(value: &T) -> Vec<u8> {
    core::mem::take(&mut *encode_secret(value))
}

/// [`encode`] for what must not stay in memory: wiped when dropped, and never moved while it grows.
pub fn encode_secret<T: Value>(value: &T) -> Zeroizing<Vec<u8>> {
    Writer::written(|out| value.put(out))
}

/// Decodes one value of at most `limit` bytes, accepting its canonical encoding only.
///
/// # Errors
/// [`DecodeError`] tells which check failed, for counters and tests; peers are never told.
pub fn decode<T: Value>(bytes: &[u8], limit: usize) -> Result<T, DecodeError> {
    if bytes.len() > limit {
        return Err(DecodeError::TooLarge);
    }
    let mut reader = Reader::new(bytes);
    let value = T::take(&mut reader).ok_or(DecodeError::Malformed)?;
    if reader.position() != bytes.len() {
        return Err(DecodeError::Trailing);
    }
    // The copy it compares with is wiped: what is decoded may be a secret.
    if *encode_secret(&value) != bytes {
        return Err(DecodeError::NotCanonical);
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_attr::test;

    #[derive(Debug, PartialEq)]
    struct Sample {
        number: u32,
        bytes: Vec<u8>,
    }

    crate::wire::record!(Sample {
        number,
        bytes: bytes
    });

    #[test]
    fn only_the_canonical_encoding_is_accepted() {
        let good = encode(&Sample {
            number: 7,
            bytes: vec![1, 2],
        });
        assert_eq!(
            decode::<Sample>(&good, 64),
            Ok(Sample {
                number: 7,
                bytes: vec![1, 2]
            })
        );
        let mut trailing = good.clone();
        trailing.push(0);
        assert_eq!(decode::<Sample>(&trailing, 64), Err(DecodeError::Trailing));
        // 7 as a two-byte integer.
        assert_eq!(
            decode::<Sample>(&[0x82, 0x18, 7, 0x42, 1, 2], 64),
            Err(DecodeError::NotCanonical)
        );
        // The array with indefinite length.
        assert_eq!(
            decode::<Sample>(&[0x9f, 7, 0x42, 1, 2, 0xff], 64),
            Err(DecodeError::Malformed)
        );
        // An unknown third field.
        assert_eq!(
            decode::<Sample>(&[0x83, 7, 0x42, 1, 2, 1], 64),
            Err(DecodeError::Malformed)
        );
        assert_eq!(
            decode::<Sample>(&good, good.len() - 1),
            Err(DecodeError::TooLarge)
        );
        assert_eq!(
            decode::<Sample>(&good[..3], 64),
            Err(DecodeError::Malformed)
        );
    }

    #[test]
    fn secrets_have_the_same_encoding_as_everything_else() {
        let sample = Sample {
            number: 7,
            bytes: vec![1; 300],
        };
        let bytes = encode_secret(&sample);
        assert_eq!(*bytes, encode(&sample));
        assert_eq!(decode::<Sample>(&bytes, 400), Ok(sample));
        assert_eq!(decode::<Sample>(&bytes, 300), Err(DecodeError::TooLarge));
        assert_eq!(
            decode::<Sample>(&[0x82, 0x18, 7, 0x42, 1, 2], 64),
            Err(DecodeError::NotCanonical)
        );
        assert_eq!(
            decode::<Sample>(&[0x82, 7, 0x42, 1, 2, 0], 64),
            Err(DecodeError::Trailing)
        );
        assert_eq!(
            decode::<Sample>(&[0x82, 7], 64),
            Err(DecodeError::Malformed)
        );
    }
}
