//! Padding inside the encryption, so that a relay sees only a few sizes.

/// The sizes in bytes that anything published may have.
pub const FRAME_SIZES: [usize; 4] = [512, 2 * 1024, 8 * 1024, 32 * 1024];

/// Why something could not be padded or unpadded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PadError {
    /// Larger than the largest frame: it has to travel over a direct link.
    #[error("too large for a frame")]
    TooLarge,
    /// The padding of an opened frame is not the one that [`pad`] writes.
    #[error("bad padding")]
    Malformed,
}

/// The smallest frame size that holds `length` bytes.
///
/// # Errors
/// [`PadError::TooLarge`] above the largest.
pub fn frame_size_for(length: usize) -> Result<usize, PadError> {
    FRAME_SIZES
        .into_iter()
        .find(|size| length <= *size)
        .ok_or(PadError::TooLarge)
}

/// Appends `0x80` and zeros until the text has `length` bytes (ISO/IEC 7816-4).
///
/// # Errors
/// [`PadError::TooLarge`] if text and marker don't fit.
pub fn pad(mut plaintext: Vec<u8>, length: usize) -> Result<Vec<u8>, PadError> {
    if plaintext.len() >= length {
        return Err(PadError::TooLarge);
    }
    plaintext.push(0x80);
    plaintext.resize(length, 0);
    Ok(plaintext)
}

/// Takes [`pad`]'s padding off.
///
/// # Errors
/// [`PadError::Malformed`] if there is none.
pub fn unpad(padded: &[u8]) -> Result<&[u8], PadError> {
    match padded.iter().rposition(|byte| *byte != 0) {
        Some(end) if padded.get(end) == Some(&0x80) => padded.get(..end).ok_or(PadError::Malformed),
        _ => Err(PadError::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_attr::test;

    #[test]
    fn padding_comes_off_again_and_only_that_padding() {
        for length in [0_usize, 1, 5, 30] {
            let text = vec![0x80; length];
            let padded = pad(text.clone(), 32).unwrap();
            assert_eq!(padded.len(), 32);
            assert_eq!(unpad(&padded).unwrap(), text);
        }
        assert_eq!(pad(vec![0; 32], 32), Err(PadError::TooLarge));
        assert_eq!(unpad(&[0; 8]), Err(PadError::Malformed));
        assert_eq!(unpad(&[1, 2, 3]), Err(PadError::Malformed));
        assert_eq!(unpad(&[]), Err(PadError::Malformed));
    }
}
