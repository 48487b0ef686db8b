//! The card: who a member says it is, signed by its identity key.

use super::key::{is_sound_ed25519, is_sound_x25519};
use super::name::is_clean_name;
use super::{IdentityKey, member_id};
use crate::ids::{GroupId, MemberId, Timestamp};
use crate::wire::record;
use crate::wire::{self, DecodeError, SignatureBytes, labels, limits};

/// Largest encoded card: three keys and hashes, a name, a time.
pub const MAX_CARD: usize = 3 * 34 + limits::MAX_NAME + 32;

/// The version of the encoding of cards.
const VERSION: u8 = 1;

/// What a member says about itself when it comes into a group; never changed afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// The group it is for. All zeros in the founder's card inside the genesis, and only there: the group's id is the
    /// hash of the genesis, so it can't be known yet. Whoever reads a genesis demands the zeros.
    pub group: GroupId,
    /// The identity key.
    pub ik: [u8; 32],
    /// The Curve25519 identity key of the Olm account.
    pub olm: [u8; 32],
    /// The display name, as [`super::clean_name`] leaves it.
    pub name: String,
    /// When it was made, by the member's own clock: shown, never decided upon.
    pub created: Timestamp,
}

impl Card {
    /// The group of a founder's card.
    pub const NO_GROUP: GroupId = GroupId([0; 32]);

    /// Whose card it is.
    #[must_use]
    pub fn member_id(&self) -> MemberId {
        member_id(&self.ik)
    }

    /// Whether it was made for this group.
    #[must_use]
    pub fn is_for(&self, group: &GroupId) -> bool {
        self.group == *group
    }
}

/// A card's fields as encoded.
struct Fields {
    version: u8,
    group: GroupId,
    ik: [u8; 32],
    olm: [u8; 32],
    name: String,
    created: Timestamp,
}

record!(Fields {
    version,
    group,
    ik: bytes,
    olm: bytes,
    name,
    created
});

/// Why a card is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CardError {
    /// Not the encoding of a card.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The name is not one that [`super::clean_name`] returns.
    #[error("bad name")]
    Name,
    /// The identity key or the Olm key is of small order, no key, or another encoding of one.
    #[error("weak key")]
    WeakKey,
    /// The signature is not by the card's own key.
    #[error("bad signature")]
    Signature,
}

/// A card as it travels: the bytes that were signed, and the signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCard {
    /// The card's encoding.
    pub bytes: Vec<u8>,
    /// By the card's own key.
    pub signature: SignatureBytes,
}

record!(SignedCard {
    bytes: bytes,
    signature
});

impl SignedCard {
    /// Signs a card. `card.ik` has to be `key`'s public half and the name clean; [`Self::open`] refuses anything else.
    #[must_use]
    pub fn sign(card: &Card, key: &IdentityKey) -> Self {
        let bytes = wire::encode(&Fields {
            version: VERSION,
            group: card.group,
            ik: card.ik,
            olm: card.olm,
            name: card.name.clone(),
            created: card.created,
        });
        let signature = wire::sign(key.signing_key(), labels::CARD_SIGN, &bytes);
        Self { bytes, signature }
    }

    /// Checks everything that can be seen from a card alone. Which group it has to be for, the caller knows.
    ///
    /// # Errors
    /// [`CardError`] tells which check failed.
    pub fn open(&self) -> Result<Card, CardError> {
        let fields: Fields = wire::decode(&self.bytes, MAX_CARD)?;
        if fields.version != VERSION {
            return Err(DecodeError::UnknownVersion.into());
        }
        if !is_clean_name(&fields.name) {
            return Err(CardError::Name);
        }
        if !is_sound_ed25519(&fields.ik) || !is_sound_x25519(&fields.olm) {
            return Err(CardError::WeakKey);
        }
        if !wire::verify(&fields.ik, labels::CARD_SIGN, &self.bytes, &self.signature) {
            return Err(CardError::Signature);
        }
        Ok(Card {
            group: fields.group,
            ik: fields.ik,
            olm: fields.olm,
            name: fields.name,
            created: fields.created,
        })
    }

    /// `H(CARD_HASH, bytes)`: what the roster, invite links and safety numbers hold. The signature is not in it.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        wire::hash(labels::CARD_HASH, &[&self.bytes])
    }

    /// Whether it opens and was made for this group.
    #[must_use]
    pub fn is_for(&self, group: &GroupId) -> bool {
        self.open().is_ok_and(|card| card.is_for(group))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_attr::test;
    use crate::testing::SeededRng;

    fn sample() -> (Card, IdentityKey) {
        let key = IdentityKey::generate(&mut SeededRng::new(7));
        let card = Card {
            group: GroupId([3; 32]),
            ik: key.public(),
            olm: [9; 32],
            name: "Ada".into(),
            created: Timestamp(1_700_000_000_000),
        };
        (card, key)
    }

    #[test]
    fn a_signed_card_opens_to_what_was_signed() {
        let (card, key) = sample();
        let signed = SignedCard::sign(&card, &key);
        assert_eq!(signed.open(), Ok(card.clone()));
        assert_eq!(card.member_id(), key.member_id());
        assert!(signed.is_for(&card.group));
        assert!(!signed.is_for(&Card::NO_GROUP));
        let travelled: SignedCard = wire::decode(&wire::encode(&signed), 1024).unwrap();
        assert_eq!(travelled, signed);
    }

    #[test]
    fn the_largest_card_fits_its_limit() {
        let (mut card, key) = sample();
        card.name = "n".repeat(limits::MAX_NAME);
        card.created = Timestamp(u64::MAX);
        let signed = SignedCard::sign(&card, &key);
        assert!(signed.bytes.len() <= MAX_CARD);
        assert_eq!(signed.open(), Ok(card));
    }

    #[test]
    fn any_changed_byte_spoils_a_card() {
        let (card, key) = sample();
        let signed = SignedCard::sign(&card, &key);
        for position in 0..signed.bytes.len() {
            let mut changed = signed.clone();
            changed.bytes[position] ^= 1;
            assert!(changed.open().is_err(), "byte {position}");
        }
        let mut changed = signed.clone();
        changed.signature.0[40] ^= 1;
        assert_eq!(changed.open(), Err(CardError::Signature));
        let mut longer = signed;
        longer.bytes.push(0);
        assert_eq!(longer.open(), Err(CardError::Decode(DecodeError::Trailing)));
    }

    #[test]
    fn a_card_signed_by_another_key_or_under_another_label_is_refused() {
        let (card, key) = sample();
        let other = IdentityKey::generate(&mut SeededRng::new(8));
        assert_eq!(
            SignedCard::sign(&card, &other).open(),
            Err(CardError::Signature)
        );
        let mut signed = SignedCard::sign(&card, &key);
        signed.signature = wire::sign(key.signing_key(), labels::PREKEYS_SIGN, &signed.bytes);
        assert_eq!(signed.open(), Err(CardError::Signature));
    }

    #[test]
    fn a_card_with_a_bad_name_or_a_weak_key_is_refused() {
        let (card, key) = sample();
        for name in ["", " Ada", "a\u{202e}b"] {
            let card = Card {
                name: name.into(),
                ..card.clone()
            };
            assert_eq!(SignedCard::sign(&card, &key).open(), Err(CardError::Name));
        }
        let card_weak = Card {
            olm: [0; 32],
            ..card.clone()
        };
        assert_eq!(
            SignedCard::sign(&card_weak, &key).open(),
            Err(CardError::WeakKey)
        );
        let card_weak = Card {
            ik: [0; 32],
            ..card
        };
        assert_eq!(
            SignedCard::sign(&card_weak, &key).open(),
            Err(CardError::WeakKey)
        );
    }

    #[test]
    fn a_card_of_an_unknown_version_or_over_its_limit_is_refused() {
        let (card, key) = sample();
        let mut signed = SignedCard::sign(&card, &key);
        signed.bytes[1] = 2;
        assert_eq!(
            signed.open(),
            Err(CardError::Decode(DecodeError::UnknownVersion))
        );
        signed.bytes = vec![0; MAX_CARD + 1];
        assert_eq!(signed.open(), Err(CardError::Decode(DecodeError::TooLarge)));
    }
}
