//! The Ed25519 key that is one member for one stay in one group.

use core::fmt;

use ed25519_dalek::{SigningKey, VerifyingKey};
use rand_core::CryptoRng;
use vodozemac::{Curve25519PublicKey, Curve25519SecretKey};
use zeroize::Zeroizing;

use crate::ids::MemberId;
use crate::wire::{self, labels};

/// A member's identity key. Wiped from memory when dropped.
pub struct IdentityKey {
    // Zeroizes itself: feature `zeroize` of ed25519-dalek.
    key: SigningKey,
}

impl IdentityKey {
    /// A new key. `rng` may be a `&mut dyn CryptoRng`.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let mut seed = Zeroizing::new([0_u8; 32]);
        rng.fill_bytes(seed.as_mut_slice());
        Self::from_seed(&seed)
    }

    /// The key of a stored seed.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self {
            key: SigningKey::from_bytes(seed),
        }
    }

    /// The seed, for [`crate::store::StoreName::Secrets`] only.
    #[must_use]
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.key.to_bytes())
    }

    /// The public half, `ik`.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }

    /// Who this key is.
    #[must_use]
    pub fn member_id(&self) -> MemberId {
        member_id(&self.public())
    }

    /// For signing ops, cards and proofs; always with a label, through [`wire::sign`].
    #[must_use]
    pub const fn signing_key(&self) -> &SigningKey {
        &self.key
    }
}

/// Names the member, never the key.
impl fmt::Debug for IdentityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("IdentityKey")
            .field(&self.member_id())
            .finish()
    }
}

/// `H("…/member", ik)`.
#[must_use]
pub fn member_id(ik: &[u8; 32]) -> MemberId {
    MemberId(wire::hash(labels::MEMBER, &[ik]))
}

/// Whether bytes are an Ed25519 key that can stand for one member: a point, in its one canonical encoding, not of small
/// order. (A second encoding of one key would be a second member id.)
pub(crate) fn is_sound_ed25519(bytes: &[u8; 32]) -> bool {
    VerifyingKey::from_bytes(bytes).is_ok_and(|key| {
        !key.is_weak() && VerifyingKey::from(key.to_edwards()).to_bytes() == *bytes
    })
}

/// Whether an X25519 key contributes to a shared secret, i.e. is not of small order.
pub(crate) fn is_sound_x25519(bytes: &[u8; 32]) -> bool {
    // Clamping makes every scalar a multiple of the cofactor, so any scalar takes exactly the small-order points to zero.
    Curve25519SecretKey::from_slice(&[0x77; 32])
        .diffie_hellman(&Curve25519PublicKey::from_bytes(*bytes))
        .is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_attr::test;
    use crate::testing::SeededRng;

    #[test]
    fn a_key_survives_its_seed() {
        let key = IdentityKey::generate(&mut SeededRng::new(1));
        let again = IdentityKey::from_seed(&key.seed());
        assert_eq!(again.public(), key.public());
        assert_eq!(again.member_id(), member_id(&key.public()));
        assert_ne!(
            key.member_id(),
            IdentityKey::generate(&mut SeededRng::new(2)).member_id()
        );
    }

    #[test]
    fn debug_output_holds_no_secret() {
        let key = IdentityKey::generate(&mut SeededRng::new(1));
        let text = format!("{key:?}");
        assert_eq!(text, format!("IdentityKey({:?})", key.member_id()));
    }

    #[test]
    fn weak_and_second_encodings_of_keys_are_refused() {
        // The neutral element, and the point of order two.
        let mut neutral = [0; 32];
        neutral[0] = 1;
        assert!(!is_sound_ed25519(&neutral));
        let mut order_two = [0xff; 32];
        order_two[0] = 0xec;
        order_two[31] = 0x7f;
        assert!(!is_sound_ed25519(&order_two));
        // y = p + 3 is a second encoding of y = 3, which is on the curve and of large order.
        let mut three = [0; 32];
        three[0] = 3;
        assert!(is_sound_ed25519(&three));
        let mut second = [0xff; 32];
        second[0] = 0xf0;
        second[31] = 0x7f;
        assert!(VerifyingKey::from_bytes(&second).is_ok());
        assert!(!is_sound_ed25519(&second));

        assert!(!is_sound_x25519(&[0; 32]));
        assert!(!is_sound_x25519(&neutral));
        let mut base = [0; 32];
        base[0] = 9;
        assert!(is_sound_x25519(&base));
    }
}
