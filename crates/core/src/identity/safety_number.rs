//! The number that two people compare, face to face or by phone.

use crate::wire::{self, labels};

/// Groups of digits in a safety number.
const GROUPS: usize = 12;
/// Bytes that make one group: 2^40 values for 10^5 numbers, so that the bias is below one in ten million.
const BYTES_PER_GROUP: usize = 5;

/// Sixty digits, in twelve groups of five with spaces between, over two card hashes in either order.
///
/// The bytes are `H(SAFETY_NUMBER, smaller | larger | block)` for block 0 and 1, one after the other; each group is five
/// of them as a big-endian number, modulo 100,000. One number stands for both cards: to have two people read out the
/// same number for different cards, one has to find a collision in about 199 bits.
#[must_use]
pub fn safety_number(card_hash_a: &[u8; 32], card_hash_b: &[u8; 32]) -> String {
    let (first, second) = if card_hash_a <= card_hash_b {
        (card_hash_a, card_hash_b)
    } else {
        (card_hash_b, card_hash_a)
    };
    let mut bytes = Vec::with_capacity(64);
    for block in 0..2_u8 {
        bytes.extend_from_slice(&wire::hash(
            labels::SAFETY_NUMBER,
            &[first, second, &[block]],
        ));
    }
    let groups: Vec<String> = bytes
        .chunks_exact(BYTES_PER_GROUP)
        .take(GROUPS)
        .map(|chunk| {
            let number = chunk
                .iter()
                .fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
            format!("{:05}", number % 100_000)
        })
        .collect();
    groups.join(" ")
}

/// Twelve digits in three groups by which whoever approves a join recognises the joiner, who reads out its own.
///
/// The first 8 bytes of `H(APPROVAL_CODE, card hash)` as a big-endian number, modulo 10^12. To pass for somebody else one
/// has to make some 10^12 cards while that one waits.
#[must_use]
pub fn approval_code(card_hash: &[u8; 32]) -> String {
    let digest = wire::hash(labels::APPROVAL_CODE, &[card_hash]);
    let number = digest
        .iter()
        .take(8)
        .fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    let number = number % 1_000_000_000_000;
    let (first, rest) = (number / 100_000_000, number % 100_000_000);
    format!("{first:04} {:04} {:04}", rest / 10_000, rest % 10_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_attr::test;

    #[test]
    fn a_safety_number_is_sixty_digits_in_twelve_groups() {
        let number = safety_number(&[1; 32], &[2; 32]);
        let groups: Vec<&str> = number.split(' ').collect();
        assert_eq!(groups.len(), 12);
        assert!(
            groups
                .iter()
                .all(|group| group.len() == 5 && group.bytes().all(|b| b.is_ascii_digit()))
        );
    }

    #[test]
    fn both_sides_read_the_same_number_and_another_card_changes_it() {
        let number = safety_number(&[1; 32], &[2; 32]);
        assert_eq!(number, safety_number(&[2; 32], &[1; 32]));
        assert_ne!(number, safety_number(&[1; 32], &[3; 32]));
        assert_ne!(number, safety_number(&[3; 32], &[2; 32]));
    }
}
