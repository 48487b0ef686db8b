//! Prekeys: the public keys with which others can write to a member that is away.

use hpke::Deserializable;

use super::key::is_sound_x25519;
use super::relay_url::is_relay_url;
use super::{IdentityKey, member_id};
use crate::ids::{GroupId, Mailbox, MemberId, Timestamp};
use crate::order;
use crate::wire::record;
use crate::wire::{self, DecodeError, SignatureBytes, labels, limits};

/// Bytes of an X-Wing public key: ML-KEM-768 (1,184), then X25519 (32).
pub const XWING_PUBLIC_LEN: usize = 1216;
/// Most one-time keys in one set: groups above this size use the fallback key only, or prekeys would outgrow the log.
pub const MAX_ONE_TIME_KEYS: usize = 32;
/// Largest encoded prekeys: the X-Wing key, the one-time keys, the relays, and room for the rest.
pub const MAX_PREKEYS: usize = XWING_PUBLIC_LEN
    + MAX_ONE_TIME_KEYS * 72
    + limits::MAX_RELAYS * (limits::MAX_RELAY_URL + 3)
    + 256;

/// The version of the encoding of prekeys.
const VERSION: u8 = 1;

/// A one-time key and the only member that may use it: no server hands them out, so none is used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct OneTimeKey {
    /// Who may use it.
    pub member: MemberId,
    /// The Curve25519 key.
    pub key: [u8; 32],
}

record!(OneTimeKey { member, key: bytes });

/// A member's current prekeys and where it can be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prekeys {
    /// The group they are for.
    pub group: GroupId,
    /// Whose they are.
    pub member: MemberId,
    /// Counts up; the highest wins.
    pub seq: u64,
    /// The X-Wing public key, [`XWING_PUBLIC_LEN`] bytes.
    pub xwing: Vec<u8>,
    /// The Olm fallback key: for members without a one-time key of their own here.
    pub olm_fallback: [u8; 32],
    /// At most [`MAX_ONE_TIME_KEYS`], strictly ascending by member.
    pub one_time: Vec<OneTimeKey>,
    /// Where frames for the member go.
    pub mailbox: Mailbox,
    /// The relays at which the mailbox is read, best first.
    pub relays: Vec<String>,
    /// From when on nobody should use them.
    pub expires: Timestamp,
}

impl Prekeys {
    /// The one-time key that is assigned to a member.
    #[must_use]
    pub fn one_time_for(&self, member: &MemberId) -> Option<[u8; 32]> {
        let position = self
            .one_time
            .binary_search_by(|entry| entry.member.cmp(member))
            .ok()?;
        self.one_time.get(position).map(|entry| entry.key)
    }
}

/// The fields as encoded.
struct Fields {
    version: u8,
    group: GroupId,
    member: MemberId,
    seq: u64,
    xwing: Vec<u8>,
    olm_fallback: [u8; 32],
    one_time: Vec<OneTimeKey>,
    mailbox: Mailbox,
    relays: Vec<String>,
    expires: Timestamp,
}

record!(Fields {
    version,
    group,
    member,
    seq,
    xwing: bytes,
    olm_fallback: bytes,
    one_time,
    mailbox,
    relays,
    expires,
});

/// Why prekeys are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PrekeysError {
    /// Not the encoding of prekeys, or a field breaks a rule.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A key is of small order or no key.
    #[error("weak key")]
    WeakKey,
    /// They name another member than the one whose key was given.
    #[error("of another member")]
    Member,
    /// The signature is not by that member.
    #[error("bad signature")]
    Signature,
}

/// Prekeys as they travel: the bytes that were signed, and the signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedPrekeys {
    /// The encoding.
    pub bytes: Vec<u8>,
    /// By the member's identity key.
    pub signature: SignatureBytes,
}

record!(SignedPrekeys {
    bytes: bytes,
    signature
});

impl SignedPrekeys {
    /// Signs prekeys. The fields have to keep the rules that [`Self::open`] checks.
    #[must_use]
    pub fn sign(prekeys: &Prekeys, key: &IdentityKey) -> Self {
        let bytes = wire::encode(&Fields {
            version: VERSION,
            group: prekeys.group,
            member: prekeys.member,
            seq: prekeys.seq,
            xwing: prekeys.xwing.clone(),
            olm_fallback: prekeys.olm_fallback,
            one_time: prekeys.one_time.clone(),
            mailbox: prekeys.mailbox,
            relays: prekeys.relays.clone(),
            expires: prekeys.expires,
        });
        let signature = wire::sign(key.signing_key(), labels::PREKEYS_SIGN, &bytes);
        Self { bytes, signature }
    }

    /// Whose prekeys they claim to be: tells which key to [`Self::open`] them with, and proves nothing.
    ///
    /// # Errors
    /// [`DecodeError`] when they aren't prekeys.
    pub fn claimed_member(&self) -> Result<MemberId, DecodeError> {
        wire::decode::<Fields>(&self.bytes, MAX_PREKEYS).map(|fields| fields.member)
    }

    /// Checks them against the identity key from the member's card. Group, `seq` and `expires` are for the caller.
    ///
    /// The one-time keys' order is checked here; whether they are sound shows when one is used, and fails closed then.
    ///
    /// # Errors
    /// [`PrekeysError`] tells which check failed.
    pub fn open(&self, ik: &[u8; 32]) -> Result<Prekeys, PrekeysError> {
        let fields: Fields = wire::decode(&self.bytes, MAX_PREKEYS)?;
        if fields.version != VERSION {
            return Err(DecodeError::UnknownVersion.into());
        }
        if fields.member != member_id(ik) {
            return Err(PrekeysError::Member);
        }
        let sorted = fields
            .one_time
            .windows(2)
            .all(|pair| matches!(pair, [a, b] if a.member < b.member));
        if fields.one_time.len() > MAX_ONE_TIME_KEYS
            || !sorted
            || !keys_differ(&fields.one_time)
            || !are_relays(&fields.relays)
        {
            return Err(DecodeError::Invalid.into());
        }
        if !wire::verify(ik, labels::PREKEYS_SIGN, &self.bytes, &self.signature) {
            return Err(PrekeysError::Signature);
        }
        if !is_sound_x25519(&fields.olm_fallback) || !is_sound_xwing(&fields.xwing) {
            return Err(PrekeysError::WeakKey);
        }
        Ok(Prekeys {
            group: fields.group,
            member: fields.member,
            seq: fields.seq,
            xwing: fields.xwing,
            olm_fallback: fields.olm_fallback,
            one_time: fields.one_time,
            mailbox: fields.mailbox,
            relays: fields.relays,
            expires: fields.expires,
        })
    }
}

/// One key for two members would be used twice.
fn keys_differ(keys: &[OneTimeKey]) -> bool {
    let mut sorted: Vec<&[u8; 32]> = keys.iter().map(|entry| &entry.key).collect();
    order::sort(&mut sorted);
    sorted
        .windows(2)
        .all(|pair| matches!(pair, [a, b] if a != b))
}

/// Whether a list of relay addresses keeps to its limits: few, each one a relay address, none twice.
#[must_use]
pub fn are_relays(relays: &[String]) -> bool {
    relays.len() <= limits::MAX_RELAYS
        && relays.iter().enumerate().all(|(position, url)| {
            is_relay_url(url) && !relays.iter().take(position).any(|earlier| earlier == url)
        })
}

/// Length, the lattice key's modulus check (FIPS 203, section 7.2), and an X25519 part that contributes.
fn is_sound_xwing(bytes: &[u8]) -> bool {
    let x25519 = bytes.last_chunk::<32>();
    bytes.len() == XWING_PUBLIC_LEN
        && x25519.is_some_and(is_sound_x25519)
        && <hpke::kem::XWing as hpke::Kem>::PublicKey::from_bytes(bytes).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_attr::test;
    use crate::testing::SeededRng;
    use hpke::{Kem, Serializable, kem::XWing};

    fn sample() -> (Prekeys, IdentityKey) {
        let key = IdentityKey::generate(&mut SeededRng::new(7));
        let (_, xwing) = XWing::derive_keypair(&[5; 32]);
        let prekeys = Prekeys {
            group: GroupId([3; 32]),
            member: key.member_id(),
            seq: 4,
            xwing: xwing.to_bytes().to_vec(),
            olm_fallback: [9; 32],
            one_time: vec![
                OneTimeKey {
                    member: MemberId([1; 32]),
                    key: [1; 32],
                },
                OneTimeKey {
                    member: MemberId([2; 32]),
                    key: [2; 32],
                },
            ],
            mailbox: Mailbox([8; 16]),
            relays: vec!["wss://relay.example/mqtt".into()],
            expires: Timestamp(77),
        };
        (prekeys, key)
    }

    fn opened(prekeys: &Prekeys, key: &IdentityKey) -> Result<Prekeys, PrekeysError> {
        SignedPrekeys::sign(prekeys, key).open(&key.public())
    }

    #[test]
    fn signed_prekeys_open_to_what_was_signed() {
        let (prekeys, key) = sample();
        assert_eq!(opened(&prekeys, &key), Ok(prekeys.clone()));
        assert_eq!(prekeys.one_time_for(&MemberId([2; 32])), Some([2; 32]));
        assert_eq!(prekeys.one_time_for(&MemberId([3; 32])), None);
    }

    #[test]
    fn the_largest_prekeys_fit_their_limit() {
        let (mut prekeys, key) = sample();
        prekeys.seq = u64::MAX;
        prekeys.expires = Timestamp(u64::MAX);
        prekeys.one_time = (0..MAX_ONE_TIME_KEYS as u8)
            .map(|n| OneTimeKey {
                member: MemberId([n; 32]),
                key: [n; 32],
            })
            .collect();
        prekeys.relays = (0..limits::MAX_RELAYS)
            .map(|n| {
                format!(
                    "wss://r.example/{n}{}",
                    "r".repeat(limits::MAX_RELAY_URL - 17)
                )
            })
            .collect();
        assert_eq!(opened(&prekeys, &key), Ok(prekeys.clone()));
        prekeys.one_time.push(OneTimeKey {
            member: MemberId([99; 32]),
            key: [99; 32],
        });
        assert_eq!(opened(&prekeys, &key), Err(DecodeError::Invalid.into()));
    }

    #[test]
    fn prekeys_of_another_member_or_signed_by_another_are_refused() {
        let (prekeys, key) = sample();
        let other = IdentityKey::generate(&mut SeededRng::new(8));
        let signed = SignedPrekeys::sign(&prekeys, &other);
        assert_eq!(signed.open(&key.public()), Err(PrekeysError::Signature));
        assert_eq!(signed.open(&other.public()), Err(PrekeysError::Member));
        let mut signed = SignedPrekeys::sign(&prekeys, &key);
        signed.bytes[60] ^= 1;
        assert!(signed.open(&key.public()).is_err());
    }

    #[test]
    fn unsorted_doubled_or_shared_one_time_keys_are_refused() {
        let (prekeys, key) = sample();
        let mut unsorted = prekeys.clone();
        unsorted.one_time.reverse();
        let mut doubled = prekeys.clone();
        doubled.one_time[1].member = doubled.one_time[0].member;
        let mut shared = prekeys;
        shared.one_time[1].key = shared.one_time[0].key;
        for bad in [unsorted, doubled, shared] {
            assert_eq!(opened(&bad, &key), Err(DecodeError::Invalid.into()));
        }
    }

    #[test]
    fn bad_relay_addresses_are_refused() {
        let (prekeys, key) = sample();
        let long = format!("wss://r.example/{}", "r".repeat(limits::MAX_RELAY_URL));
        for relays in [
            vec!["https://relay.example".to_owned()],
            vec!["wss://".to_owned()],
            vec!["wss://a b".to_owned()],
            vec![long],
            vec!["ws://relay.example/mqtt".to_owned()],
            vec!["wss://user@relay.example".to_owned()],
            vec!["wss://relay.example".to_owned(); 2],
            (0..=limits::MAX_RELAYS)
                .map(|n| format!("wss://r{n}.example"))
                .collect(),
        ] {
            let prekeys = Prekeys {
                relays,
                ..prekeys.clone()
            };
            assert_eq!(opened(&prekeys, &key), Err(DecodeError::Invalid.into()));
        }
    }

    #[test]
    fn weak_prekeys_are_refused() {
        let (prekeys, key) = sample();
        let fallback = Prekeys {
            olm_fallback: [0; 32],
            ..prekeys.clone()
        };
        let mut low_order = prekeys.clone();
        low_order.xwing[1184..].fill(0);
        // Coefficients of 4,095 are above ML-KEM's modulus.
        let mut modulus = prekeys.clone();
        modulus.xwing[..3].fill(0xff);
        let mut short = prekeys;
        short.xwing.pop();
        for bad in [fallback, low_order, modulus, short] {
            assert_eq!(opened(&bad, &key), Err(PrekeysError::WeakKey));
        }
    }
}
