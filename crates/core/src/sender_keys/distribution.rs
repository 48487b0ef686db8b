//! How a chain's first key reaches one other member: HPKE (RFC 9180) over X-Wing, inside the pairwise channel.

use core::fmt;

use hpke::{Deserializable, OpModeR};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::ratchet::{ChainKey, chain_id};
use super::{ChainScope, MAX_CHAIN_MESSAGES, PeerChain, ROTATE_AFTER_AGE};
use crate::identity::is_sound_ed25519;
use crate::ids::{ChainId, GroupId, MILLIS_PER_DAY, MemberId, OpId, Timestamp};
use crate::wire::record;
use crate::wire::{self, DecodeError, labels, limits};

pub(super) type Kem = hpke::kem::XWing;
pub(super) type Kdf = hpke::kdf::HkdfSha256;
pub(super) type Aead = hpke::aead::AesGcm256;

/// Bytes of an X-Wing encapsulated key: ML-KEM-768 ciphertext (1,088) and X25519 key (32).
const ENCAPSULATED: usize = 1120;
/// Largest plaintext of a distribution: keys, hashes, heads.
const MAX_PLAINTEXT: usize = 256 + limits::MAX_DEPS * 34;
/// Largest sealed distribution: encapsulated key, plaintext, tag.
pub const MAX_SEALED_DISTRIBUTION: usize = ENCAPSULATED + MAX_PLAINTEXT + 16;
/// Longest time, in milliseconds, for which a sender may announce a chain: beyond it, it surely isn't rotating.
const MAX_ANNOUNCED_AGE: u64 = 7 * MILLIS_PER_DAY;
/// The version of distributions.
const VERSION: u8 = 1;

/// Why a distribution was not made, or not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DistributionError {
    /// The first chain key is already forgotten.
    #[error("distribution is finished")]
    Finished,
    /// The recipient's key is not an X-Wing key.
    #[error("weak key")]
    WeakKey,
    /// HPKE could not seal.
    #[error("sealing failed")]
    Seal,
    /// HPKE could not open: another key, another chain id, or changed bytes.
    #[error("opening failed")]
    Open,
    /// What was inside is no distribution.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

/// Why an opened distribution was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AcceptError {
    /// It is for another group.
    #[error("of another group")]
    Group,
    /// The chain's signing key is of small order, or no key.
    #[error("weak key")]
    WeakKey,
    /// Its contents don't give the chain id under which it came: another key, roster, sender or generation.
    #[error("chain id does not match")]
    ChainId,
}

/// A distribution as it travels inside the pairwise channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedDistribution {
    /// The chain that it claims to be for.
    pub chain: ChainId,
    /// From [`super::OwnChain::seal_distribution`].
    pub sealed: Vec<u8>,
}

record!(SealedDistribution {
    chain,
    sealed: bytes
});

impl SealedDistribution {
    /// The body of a pairwise frame.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        wire::encode(self)
    }

    /// Reads the body of a pairwise frame.
    ///
    /// # Errors
    /// [`DecodeError`] when it isn't one.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let value: Self = wire::decode(bytes, MAX_SEALED_DISTRIBUTION + 64)?;
        if value.sealed.len() > MAX_SEALED_DISTRIBUTION {
            return Err(DecodeError::TooLarge);
        }
        Ok(value)
    }
}

#[derive(Zeroize, ZeroizeOnDrop)]
struct Plaintext {
    #[zeroize(skip)]
    version: u8,
    #[zeroize(skip)]
    group: GroupId,
    #[zeroize(skip)]
    generation: u64,
    #[zeroize(skip)]
    heads: Vec<OpId>,
    #[zeroize(skip)]
    signing_public: [u8; 32],
    first_key: ChainKey,
    #[zeroize(skip)]
    created: Timestamp,
    #[zeroize(skip)]
    max_messages: u32,
    #[zeroize(skip)]
    max_age: u64,
}

record!(Plaintext {
    version,
    group,
    generation,
    heads,
    signing_public: bytes,
    first_key,
    created,
    max_messages,
    max_age,
});

pub(super) fn plaintext(
    scope: &ChainScope,
    signing_public: [u8; 32],
    first_key: &ChainKey,
    created: Timestamp,
) -> Zeroizing<Vec<u8>> {
    wire::encode_secret(&Plaintext {
        version: VERSION,
        group: scope.group,
        generation: scope.generation,
        heads: scope.heads.clone(),
        signing_public,
        first_key: first_key.clone(),
        created,
        max_messages: MAX_CHAIN_MESSAGES,
        max_age: ROTATE_AFTER_AGE,
    })
}

/// An opened distribution, not yet checked against the log. Wiped from memory when dropped.
pub struct Distribution {
    chain: ChainId,
    content: Plaintext,
}

impl Distribution {
    /// Opens a sealed distribution with one of the own X-Wing secrets (the current one, or else the previous).
    ///
    /// # Errors
    /// [`DistributionError::Open`] or [`DistributionError::Decode`].
    pub fn open(
        sealed: &[u8],
        xwing_secret: &[u8; 32],
        chain: &ChainId,
    ) -> Result<Self, DistributionError> {
        if sealed.len() > MAX_SEALED_DISTRIBUTION {
            return Err(DecodeError::TooLarge.into());
        }
        let (encapsulated, ciphertext) = sealed
            .split_at_checked(ENCAPSULATED)
            .ok_or(DecodeError::Malformed)?;
        let secret = <Kem as hpke::Kem>::PrivateKey::from_bytes(xwing_secret)
            .map_err(|_| DistributionError::WeakKey)?;
        let encapsulated = <Kem as hpke::Kem>::EncappedKey::from_bytes(encapsulated)
            .map_err(|_| DistributionError::Open)?;
        let plaintext = hpke::single_shot_open::<Aead, Kdf, Kem>(
            &OpModeR::Base,
            &secret,
            &encapsulated,
            labels::DISTRIBUTION.as_str().as_bytes(),
            ciphertext,
            &chain.0,
        )
        .map(Zeroizing::new)
        .map_err(|_| DistributionError::Open)?;
        Self::read(&plaintext, chain)
    }

    /// Reads what was sealed.
    pub(crate) fn read(plaintext: &[u8], chain: &ChainId) -> Result<Self, DistributionError> {
        let content: Plaintext = wire::decode(plaintext, MAX_PLAINTEXT)?;
        if content.version != VERSION {
            return Err(DecodeError::UnknownVersion.into());
        }
        let sorted = content
            .heads
            .windows(2)
            .all(|pair| matches!(pair, [a, b] if a < b));
        if content.heads.is_empty()
            || content.heads.len() > limits::MAX_DEPS
            || !sorted
            || !(1..=MAX_CHAIN_MESSAGES).contains(&content.max_messages)
            || !(1..=MAX_ANNOUNCED_AGE).contains(&content.max_age)
        {
            return Err(DecodeError::Invalid.into());
        }
        Ok(Self {
            chain: *chain,
            content,
        })
    }

    /// The chain it claims to be for.
    #[must_use]
    pub const fn chain(&self) -> ChainId {
        self.chain
    }

    /// The generation it claims.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.content.generation
    }

    /// The heads whose roster the chain was made for: sorted, at least one.
    #[must_use]
    pub fn heads(&self) -> &[OpId] {
        &self.content.heads
    }

    /// Makes the receiving chain, if the contents give the chain id under which they came.
    ///
    /// `sender` is the member whose pairwise session brought it; `roster_hash` and `heads_hash` are computed by the
    /// caller from [`Self::heads`]. That this roster holds the sender and oneself, the caller has checked; that the
    /// generation is new, [`super::Generations`] tells.
    ///
    /// # Errors
    /// [`AcceptError`]: nothing of it may be kept.
    pub fn accept(
        self,
        group: &GroupId,
        sender: &MemberId,
        roster_hash: &[u8; 32],
        heads_hash: &[u8; 32],
    ) -> Result<PeerChain, AcceptError> {
        let content = &self.content;
        if content.group != *group {
            return Err(AcceptError::Group);
        }
        if !is_sound_ed25519(&content.signing_public) {
            return Err(AcceptError::WeakKey);
        }
        let id = chain_id(
            group,
            sender,
            content.generation,
            roster_hash,
            heads_hash,
            &content.signing_public,
            &content.first_key.commitment(),
        );
        if id != self.chain {
            return Err(AcceptError::ChainId);
        }
        PeerChain::new(
            id,
            ChainScope {
                group: *group,
                sender: *sender,
                generation: content.generation,
                roster_hash: *roster_hash,
                heads: content.heads.clone(),
                heads_hash: *heads_hash,
            },
            content.signing_public,
            content.first_key.clone(),
            content.created,
            content.max_messages,
        )
        .ok_or(AcceptError::WeakKey)
    }
}

/// Names and places, no keys.
impl fmt::Debug for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Distribution")
            .field("chain", &self.chain)
            .field("generation", &self.content.generation)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_attr::test;
    use crate::testing::SeededRng;
    use hpke::{Kem as _, OpModeS, Serializable};

    fn honest() -> Plaintext {
        Plaintext {
            version: VERSION,
            group: GroupId([1; 32]),
            generation: 1,
            heads: vec![OpId([5; 32]), OpId([6; 32])],
            signing_public: crate::identity::IdentityKey::from_seed(&[1; 32]).public(),
            first_key: ChainKey::new([2; 32]),
            created: Timestamp(7),
            max_messages: MAX_CHAIN_MESSAGES,
            max_age: ROTATE_AFTER_AGE,
        }
    }

    /// Sealed under the chain id that its contents give, as a hostile sender can do.
    fn sealed(content: &Plaintext, trailing: &[u8]) -> (Vec<u8>, [u8; 32], ChainId) {
        let chain = chain_id(
            &content.group,
            &MemberId([2; 32]),
            content.generation,
            &[3; 32],
            &[4; 32],
            &content.signing_public,
            &content.first_key.commitment(),
        );
        let (secret, public) = Kem::derive_keypair(&[5; 32]);
        let mut plaintext = wire::encode(content);
        plaintext.extend_from_slice(trailing);
        let (key, ciphertext) = hpke::single_shot_seal_with_rng::<Aead, Kdf, Kem>(
            &OpModeS::Base,
            &public,
            labels::DISTRIBUTION.as_str().as_bytes(),
            &plaintext,
            &chain.0,
            &mut SeededRng::new(3),
        )
        .unwrap();
        let sealed = [key.to_bytes().as_slice(), &ciphertext].concat();
        (
            sealed,
            secret.to_bytes().as_slice().try_into().unwrap(),
            chain,
        )
    }

    fn open(content: &Plaintext) -> Result<Distribution, DistributionError> {
        let (sealed, secret, chain) = sealed(content, &[]);
        Distribution::open(&sealed, &secret, &chain)
    }

    fn accept(distribution: Distribution) -> Result<PeerChain, AcceptError> {
        distribution.accept(&GroupId([1; 32]), &MemberId([2; 32]), &[3; 32], &[4; 32])
    }

    #[test]
    fn an_honest_distribution_is_accepted() {
        let distribution = open(&honest()).unwrap();
        assert_eq!(distribution.generation(), 1);
        assert_eq!(distribution.heads().len(), 2);
        assert_eq!(accept(distribution).unwrap().created(), Timestamp(7));
    }

    #[test]
    fn a_weak_signing_key_is_refused() {
        let mut content = honest();
        content.signing_public = [0; 32];
        content.signing_public[0] = 1;
        assert_eq!(
            accept(open(&content).unwrap()).unwrap_err(),
            AcceptError::WeakKey
        );
    }

    #[test]
    fn fields_out_of_their_limits_are_refused() {
        let changes: [fn(&mut Plaintext); 9] = [
            |content| content.heads.clear(),
            |content| content.heads.reverse(),
            |content| content.heads = vec![OpId([5; 32]); 2],
            |content| {
                content.heads = (0..=limits::MAX_DEPS as u8)
                    .map(|n| OpId([n; 32]))
                    .collect()
            },
            |content| content.max_messages = 0,
            |content| content.max_messages = MAX_CHAIN_MESSAGES + 1,
            |content| content.max_age = 0,
            |content| content.max_age = MAX_ANNOUNCED_AGE + 1,
            |content| content.version = 2,
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let mut content = honest();
            change(&mut content);
            assert!(
                matches!(open(&content), Err(DistributionError::Decode(_))),
                "change {number}"
            );
        }
        let (sealed, secret, chain) = sealed(&honest(), &[0]);
        assert!(matches!(
            Distribution::open(&sealed, &secret, &chain),
            Err(DistributionError::Decode(DecodeError::Trailing))
        ));
    }

    #[test]
    fn the_largest_distribution_fits_its_limit() {
        let mut content = honest();
        content.heads = (0..limits::MAX_DEPS as u8).map(|n| OpId([n; 32])).collect();
        content.generation = u64::MAX;
        content.created = Timestamp(u64::MAX);
        let (sealed, secret, chain) = sealed(&content, &[]);
        assert!(sealed.len() <= MAX_SEALED_DISTRIBUTION);
        accept(Distribution::open(&sealed, &secret, &chain).unwrap()).unwrap();
    }
}
