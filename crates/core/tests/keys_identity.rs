//! Cards and prekeys against arbitrary input.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg(not(target_arch = "wasm32"))]

use discordopus_core::identity::{
    Card, IdentityKey, MAX_CARD, MAX_PREKEYS, SignedCard, SignedPrekeys, clean_name, safety_number,
};
use discordopus_core::ids::{GroupId, Timestamp};
use discordopus_core::wire::{self, SignatureBytes, limits};
use proptest::prelude::*;

proptest! {
    #[test]
    fn random_bytes_are_no_card_and_no_prekeys(
        bytes in proptest::collection::vec(any::<u8>(), 0..400), signature in any::<[u8; 32]>(),
    ) {
        let mut half = [0; 64];
        half[..32].copy_from_slice(&signature);
        let signature = SignatureBytes(half);
        let card = SignedCard { bytes: bytes.clone(), signature };
        prop_assert!(card.open().is_err());
        let prekeys = SignedPrekeys { bytes: bytes.clone(), signature };
        prop_assert!(prekeys.open(&IdentityKey::from_seed(&[1; 32]).public()).is_err());
        let _ = wire::decode::<SignedCard>(&bytes, MAX_CARD + 80);
        let _ = wire::decode::<SignedPrekeys>(&bytes, MAX_PREKEYS + 80);
    }

    #[test]
    fn any_clean_name_makes_a_card_and_stays_as_it_is(text in "\\PC{0,30}") {
        if let Ok(name) = clean_name(&text) {
            prop_assert!(!name.is_empty() && name.len() <= limits::MAX_NAME);
            prop_assert_eq!(clean_name(&name), Ok(name.clone()));
            let key = IdentityKey::from_seed(&[1; 32]);
            let card = Card {
                group: GroupId([1; 32]), ik: key.public(), olm: [9; 32], name, created: Timestamp(1),
            };
            prop_assert_eq!(SignedCard::sign(&card, &key).open(), Ok(card));
        }
    }

    #[test]
    fn a_safety_number_does_not_depend_on_who_reads_it(a in any::<[u8; 32]>(), b in any::<[u8; 32]>()) {
        prop_assert_eq!(safety_number(&a, &b), safety_number(&b, &a));
    }
}
