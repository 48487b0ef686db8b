//! Unpadded base64url (RFC 4648, section 5), strict: one text for one value.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The text is not unpadded, canonical base64url.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not base64url")]
pub struct DecodeTextError;

/// Bytes to text.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk
            .iter()
            .fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for position in 0..=chunk.len() {
            let digit = (group >> (18 - 6 * position)) & 63;
            out.push(char::from(ALPHABET[digit as usize]));
        }
    }
    out
}

/// Text to bytes. Padding, other alphabets and leftover bits are refused.
///
/// # Errors
/// [`DecodeTextError`] for anything [`encode`] could not have written.
pub fn decode(text: &str) -> Result<Vec<u8>, DecodeTextError> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for chunk in text.as_bytes().chunks(4) {
        if chunk.len() == 1 {
            return Err(DecodeTextError);
        }
        let mut group = 0_u32;
        for character in chunk {
            let digit = match character {
                b'A'..=b'Z' => character - b'A',
                b'a'..=b'z' => character - b'a' + 26,
                b'0'..=b'9' => character - b'0' + 52,
                b'-' => 62,
                b'_' => 63,
                _ => return Err(DecodeTextError),
            };
            group = group << 6 | u32::from(digit);
        }
        group <<= 6 * (4 - chunk.len());
        let bytes = [(group >> 16) as u8, (group >> 8) as u8, group as u8];
        let (kept, rest) = bytes.split_at(chunk.len() - 1);
        if rest.iter().any(|byte| *byte != 0) {
            return Err(DecodeTextError);
        }
        out.extend_from_slice(kept);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_attr::test;

    #[test]
    fn every_length_survives_a_round_trip() {
        for length in 0..70_u8 {
            let bytes: Vec<u8> = (0..length).map(|i| i.wrapping_mul(37) ^ 0xa5).collect();
            assert_eq!(decode(&encode(&bytes)), Ok(bytes));
        }
        assert_eq!(encode(b"foobar"), "Zm9vYmFy");
        assert_eq!(encode(&[0xff, 0xef]), "_-8");
    }

    #[test]
    fn what_the_encoder_would_not_write_is_refused() {
        for text in ["A", "Zm9vYmF=", "Zm9v YmFy", "_-9", "+/==", "é"] {
            assert_eq!(decode(text), Err(DecodeTextError), "{text}");
        }
    }
}
