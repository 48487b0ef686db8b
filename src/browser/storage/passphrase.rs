//! Sealing under a passphrase: how it becomes a key, and what a sealed secret looks like.
//!
//! ```text
//! stretch = format 1 | memory in KiB u32 BE | passes u32 BE | lanes 1 | salt 16
//! key     = Argon2id (version 1.3; passphrase as UTF-8, salt), 32 bytes
//! sealed  = stretch | nonce 12 | AES-256-GCM(key, nonce, AAD = purpose | 0 | stretch, secret)
//! ```
//!
//! What the stretching costs is stored beside the salt, so that later versions can ask for more. Passphrases come here in
//! one Unicode form (see [`normal`]): keyboards write the same letter in different ways.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::{Zeroize, Zeroizing};

/// The only format so far.
const FORMAT: u8 = 1;
const SALT: usize = 16;
/// Length of a [`Stretch`] as bytes.
pub(super) const STRETCH: usize = 1 + 4 + 4 + 1 + SALT;
const NONCE: usize = 12;
const TAG: usize = 16;

/// Most memory that is taken for a stored record, in KiB: a file from elsewhere must not take the whole device.
const MAX_MEMORY: u32 = 256 * 1024;
/// Most passes over it.
const MAX_PASSES: u32 = 64;
/// Most lanes; a wasm thread works on one after the other.
const MAX_LANES: u32 = 8;

/// What guessing one passphrase costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    /// In KiB.
    memory: u32,
    passes: u32,
    lanes: u32,
}

impl Cost {
    /// About half a second on a computer, and memory that a phone can spare: eight passes over 64 MiB.
    pub(super) const USUAL: Self = Self {
        memory: 64 * 1024,
        passes: 8,
        lanes: 1,
    };

    /// For tests of what doesn't depend on it.
    #[cfg(test)]
    pub(super) const CHEAP: Self = Self {
        memory: 64,
        passes: 1,
        lanes: 1,
    };
}

/// Why a secret was not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum SealedError {
    /// The passphrase is another one, or the record was changed: nobody can tell these apart.
    #[error("another passphrase")]
    Passphrase,
    /// Made by a newer version of the app.
    #[error("of a newer version")]
    TooNew,
    /// Too short, or its numbers make no sense.
    #[error("damaged")]
    Damaged,
    /// There is not enough memory.
    #[error("not enough memory")]
    Memory,
}

/// How one passphrase becomes a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    cost: Cost,
    salt: [u8; SALT],
}

impl Stretch {
    /// With a fresh salt.
    pub(super) fn new(cost: Cost, rng: &mut impl rand_core::CryptoRng) -> Self {
        let mut salt = [0; SALT];
        rng.fill_bytes(&mut salt);
        Self { cost, salt }
    }

    /// As it is stored.
    pub(super) fn to_bytes(self) -> [u8; STRETCH] {
        let mut bytes = [0; STRETCH];
        bytes[0] = FORMAT;
        bytes[1..5].copy_from_slice(&self.cost.memory.to_be_bytes());
        bytes[5..9].copy_from_slice(&self.cost.passes.to_be_bytes());
        bytes[9] = self.cost.lanes as u8;
        bytes[10..].copy_from_slice(&self.salt);
        bytes
    }

    /// Undoes [`Stretch::to_bytes`].
    ///
    /// # Errors
    /// [`SealedError::TooNew`] for another format, or one that costs more than this version would ever ask for.
    pub(super) fn from_bytes(bytes: &[u8; STRETCH]) -> Result<Self, SealedError> {
        let [format, m0, m1, m2, m3, p0, p1, p2, p3, lanes, salt @ ..] = *bytes;
        let cost = Cost {
            memory: u32::from_be_bytes([m0, m1, m2, m3]),
            passes: u32::from_be_bytes([p0, p1, p2, p3]),
            lanes: u32::from(lanes),
        };
        let too_much =
            cost.memory > MAX_MEMORY || cost.passes > MAX_PASSES || cost.lanes > MAX_LANES;
        if format != FORMAT || too_much {
            return Err(SealedError::TooNew);
        }
        Ok(Self { cost, salt })
    }

    /// The key of a passphrase. This is what takes its time; it belongs into a thread that draws nothing.
    ///
    /// # Errors
    /// [`SealedError::Damaged`] for a cost that makes no sense, [`SealedError::Memory`].
    pub(super) fn key(&self, passphrase: &str) -> Result<Zeroizing<[u8; 32]>, SealedError> {
        let Cost {
            memory,
            passes,
            lanes,
        } = self.cost;
        let damaged = |_| SealedError::Damaged;
        let parameters = Params::new(memory, passes, lanes, Some(32)).map_err(damaged)?;
        let count = parameters.block_count();
        let mut blocks = Vec::new();
        blocks
            .try_reserve_exact(count)
            .map_err(|_| SealedError::Memory)?;
        blocks.resize(count, Block::default());
        let mut key = Zeroizing::new([0; 32]);
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters);
        let made = argon2.hash_password_into_with_memory(
            passphrase.as_bytes(),
            &self.salt,
            key.as_mut_slice(),
            blocks.as_mut_slice(),
        );
        // The key could be computed from what is left in them.
        blocks.iter_mut().for_each(Zeroize::zeroize);
        made.map_err(damaged)?;
        Ok(key)
    }
}

/// Seals a secret under a passphrase.
///
/// # Errors
/// [`SealedError::Memory`].
pub(super) fn seal(
    purpose: &[u8],
    secret: &[u8],
    passphrase: &str,
    cost: Cost,
    rng: &mut impl rand_core::CryptoRng,
) -> Result<Vec<u8>, SealedError> {
    let stretch = Stretch::new(cost, rng);
    let key = stretch.key(passphrase)?;
    let mut nonce = [0; NONCE];
    rng.fill_bytes(&mut nonce);
    let stretch = stretch.to_bytes();
    let payload = Payload {
        msg: secret,
        aad: &associated_data(purpose, &stretch),
    };
    let sealed = Aes256Gcm::new(&(*key).into())
        .encrypt(&Nonce::from(nonce), payload)
        .map_err(|_| SealedError::Damaged)?;
    Ok([&stretch, &nonce[..], &sealed].concat())
}

/// Opens what [`seal`] made for this purpose.
///
/// # Errors
/// [`SealedError`].
pub(super) fn open(
    purpose: &[u8],
    sealed: &[u8],
    passphrase: &str,
) -> Result<Zeroizing<Vec<u8>>, SealedError> {
    let (stretch, rest) = sealed
        .split_first_chunk::<STRETCH>()
        .ok_or(SealedError::Damaged)?;
    let how = Stretch::from_bytes(stretch)?;
    let (nonce, sealed) = rest
        .split_first_chunk::<NONCE>()
        .filter(|(_, sealed)| sealed.len() >= TAG)
        .ok_or(SealedError::Damaged)?;
    let payload = Payload {
        msg: sealed,
        aad: &associated_data(purpose, stretch),
    };
    Aes256Gcm::new(&(*how.key(passphrase)?).into())
        .decrypt(&Nonce::from(*nonce), payload)
        .map(Zeroizing::new)
        .map_err(|_| SealedError::Passphrase)
}

/// The form of a passphrase that is stretched: Unicode's NFKC, in which what looks the same is the same.
pub(super) fn normal(passphrase: &str) -> Zeroizing<String> {
    let text = js_sys::JsString::from(passphrase).normalize("NFKC");
    Zeroizing::new(String::from(text))
}

fn associated_data(purpose: &[u8], stretch: &[u8; STRETCH]) -> Vec<u8> {
    [purpose, &[0], stretch].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::browser::entropy::entropy;

    fn sealed() -> Vec<u8> {
        seal(
            b"test",
            b"a secret",
            "open sesame",
            Cost::CHEAP,
            &mut entropy(),
        )
        .unwrap()
    }

    #[test]
    fn a_secret_opens_with_its_passphrase_and_with_no_other() {
        let sealed = sealed();
        assert_eq!(
            *open(b"test", &sealed, "open sesame").unwrap(),
            b"a secret".to_vec()
        );
        for other in ["open sesame ", "Open sesame", ""] {
            assert_eq!(
                open(b"test", &sealed, other),
                Err(SealedError::Passphrase),
                "{other:?}"
            );
        }
        assert_eq!(
            open(b"other", &sealed, "open sesame"),
            Err(SealedError::Passphrase)
        );
    }

    #[test]
    fn one_secret_is_never_sealed_alike() {
        let (one, other) = (sealed(), sealed());
        assert_ne!(one[10..STRETCH], other[10..STRETCH], "salts");
        assert_ne!(one[STRETCH + NONCE..], other[STRETCH + NONCE..]);
    }

    #[test]
    fn the_key_is_argon2id_as_others_compute_it() {
        // Computed by OpenSSL.
        let stretch = Stretch {
            cost: Cost {
                memory: 256,
                passes: 2,
                lanes: 1,
            },
            salt: *b"somesaltsomesalt",
        };
        let hex: String = stretch
            .key("password")
            .unwrap()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(
            hex,
            "cab746b4621993fdc91ec50787980b414a90a692f0bc68dfe19f9c25b3cba9ec"
        );
    }

    #[test]
    fn every_changed_bit_is_noticed() {
        let sealed = sealed();
        for at in (0..sealed.len()).filter(|at| !(1..10).contains(at)) {
            let mut changed = sealed.clone();
            changed[at] ^= 0x10;
            let expected = if at == 0 {
                SealedError::TooNew
            } else {
                SealedError::Passphrase
            };
            assert_eq!(
                open(b"test", &changed, "open sesame"),
                Err(expected),
                "{at}"
            );
        }
        for length in 0..sealed.len() {
            assert!(open(b"test", &sealed[..length], "open sesame").is_err());
        }
    }

    #[test]
    fn a_record_that_would_take_the_whole_device_is_refused_unread() {
        let sealed = sealed();
        for at in [1, 5, 9] {
            let mut greedy = sealed.clone();
            greedy[at] = 0xff;
            assert_eq!(
                open(b"test", &greedy, "open sesame"),
                Err(SealedError::TooNew)
            );
        }
        let mut senseless = sealed;
        senseless[1..5].fill(0);
        assert_eq!(
            open(b"test", &senseless, "open sesame"),
            Err(SealedError::Damaged)
        );
    }

    #[test]
    fn the_usual_cost_is_one_that_this_version_reads() {
        let stretch = Stretch::new(Cost::USUAL, &mut entropy());
        assert_eq!(Stretch::from_bytes(&stretch.to_bytes()), Ok(stretch));
    }
}
