//! The sending side of a chain.

use core::fmt;

use ed25519_dalek::SigningKey;
use hpke::{Deserializable, OpModeS, Serializable};
use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::distribution::{self, DistributionError};
use super::message::{self, MAX_MESSAGE_PAYLOAD};
use super::ratchet::{ChainKey, HeaderScope, TAG, chain_id, signed_part};
use super::{MAX_CHAIN_MESSAGES, ROTATE_AFTER_AGE, ROTATE_AFTER_MESSAGES};
use crate::ids::{ChainId, GroupId, MemberId, MessageId, OpId, Timestamp};
use crate::order;
use crate::wire::record;
use crate::wire::{self, DecodeError, labels, limits};

/// What a chain is made for: one sender, one roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainScope {
    /// The group.
    pub group: GroupId,
    /// Oneself.
    pub sender: MemberId,
    /// Strictly greater than every one before of this member.
    pub generation: u64,
    /// The hash of the roster at `heads`.
    pub roster_hash: [u8; 32],
    /// The heads of the log, sorted, at least one and at most [`limits::MAX_DEPS`].
    pub heads: Vec<OpId>,
    /// The hash of `heads`.
    pub heads_hash: [u8; 32],
}

record!(ChainScope {
    group,
    sender,
    generation,
    roster_hash: bytes,
    heads,
    heads_hash: bytes,
});

/// Why a message was not encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncryptError {
    /// The chain is at its end; make a new one.
    #[error("the chain is used up")]
    Exhausted,
    /// Larger than [`MAX_MESSAGE_PAYLOAD`].
    #[error("too large")]
    TooLarge,
}

/// One's own chain. Wiped from memory when dropped; stored only under [`crate::store::StoreName::Secrets`].
pub struct OwnChain {
    scope: ChainScope,
    id: ChainId,
    signing: SigningKey,
    /// Kept only until every member has its sealed copy.
    first_key: Option<ChainKey>,
    key: ChainKey,
    index: u32,
    created: Timestamp,
}

/// As stored.
#[derive(Zeroize, ZeroizeOnDrop)]
struct Record {
    #[zeroize(skip)]
    version: u8,
    #[zeroize(skip)]
    scope: ChainScope,
    signing_seed: [u8; 32],
    first_key: Option<ChainKey>,
    key: ChainKey,
    #[zeroize(skip)]
    index: u32,
    #[zeroize(skip)]
    created: Timestamp,
    #[zeroize(skip)]
    id: ChainId,
}

record!(Record {
    version,
    scope,
    signing_seed: bytes,
    first_key,
    key,
    index,
    created,
    id
});

/// The version of stored chains.
const RECORD_VERSION: u8 = 1;
/// Largest stored chain: keys, hashes and heads.
const MAX_RECORD: usize = 512 + limits::MAX_DEPS * 34;

impl OwnChain {
    /// Starts a chain with fresh keys. `rng` may be a `&mut dyn CryptoRng`.
    pub fn new(mut scope: ChainScope, now: Timestamp, rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        order::sort(&mut scope.heads);
        scope.heads.dedup();
        let mut seed = Zeroizing::new([0_u8; 32]);
        rng.fill_bytes(seed.as_mut_slice());
        let signing = SigningKey::from_bytes(&seed);
        rng.fill_bytes(seed.as_mut_slice());
        let key = ChainKey::new(*seed);
        let id = chain_id(
            &scope.group,
            &scope.sender,
            scope.generation,
            &scope.roster_hash,
            &scope.heads_hash,
            &signing.verifying_key().to_bytes(),
            &key.commitment(),
        );
        Self {
            scope,
            id,
            signing,
            first_key: Some(key.clone()),
            key,
            index: 0,
            created: now,
        }
    }

    /// The chain's id; commits to its keys and its roster.
    #[must_use]
    pub const fn id(&self) -> ChainId {
        self.id
    }

    /// The generation.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.scope.generation
    }

    /// What it was made for.
    #[must_use]
    pub const fn scope(&self) -> &ChainScope {
        &self.scope
    }

    /// When it was made.
    #[must_use]
    pub const fn created(&self) -> Timestamp {
        self.created
    }

    /// The index of the next message; also how many were encrypted.
    #[must_use]
    pub const fn next_index(&self) -> u32 {
        self.index
    }

    /// Whether [`Self::finish_distribution`] has been called.
    #[must_use]
    pub const fn is_distributed(&self) -> bool {
        self.first_key.is_none()
    }

    /// Seals the first chain key for one member's current X-Wing key; `rng` may be a `&mut dyn CryptoRng`.
    ///
    /// The result goes, as it is, into a [`super::SealedDistribution`]; for sending it again, keep these bytes.
    ///
    /// # Errors
    /// [`DistributionError::Finished`] after [`Self::finish_distribution`], [`DistributionError::WeakKey`] if the key is
    /// none, [`DistributionError::Seal`] if sealing fails.
    pub fn seal_distribution(
        &self,
        recipient_xwing: &[u8],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Vec<u8>, DistributionError> {
        let first_key = self.first_key.as_ref().ok_or(DistributionError::Finished)?;
        let plaintext = distribution::plaintext(
            &self.scope,
            self.signing.verifying_key().to_bytes(),
            first_key,
            self.created,
        );
        let recipient = <distribution::Kem as hpke::Kem>::PublicKey::from_bytes(recipient_xwing)
            .map_err(|_| DistributionError::WeakKey)?;
        // The library wants a sized generator; a reference to one is one.
        let mut rng = rng;
        let (encapsulated, ciphertext) = hpke::single_shot_seal_with_rng::<
            distribution::Aead,
            distribution::Kdf,
            distribution::Kem,
        >(
            &OpModeS::Base,
            &recipient,
            labels::DISTRIBUTION.as_str().as_bytes(),
            &plaintext,
            &self.id.0,
            &mut rng,
        )
        .map_err(|_| DistributionError::Seal)?;
        let mut sealed = encapsulated.to_bytes().to_vec();
        sealed.extend_from_slice(&ciphertext);
        Ok(sealed)
    }

    /// Forgets the first chain key: from now on nobody, not even this device, can hand out what was sent.
    pub fn finish_distribution(&mut self) {
        self.first_key = None;
    }

    /// Encrypts and signs a payload; `random` is 16 fresh random bytes. Returns id and finished frame.
    ///
    /// The caller stores the chain before it sends the frame.
    ///
    /// # Errors
    /// [`EncryptError`]; the chain is unchanged then.
    pub fn encrypt(
        &mut self,
        payload: &[u8],
        random: [u8; 16],
    ) -> Result<(MessageId, Vec<u8>), EncryptError> {
        let index = self.index;
        if index >= MAX_CHAIN_MESSAGES {
            return Err(EncryptError::Exhausted);
        }
        if payload.len() > MAX_MESSAGE_PAYLOAD {
            return Err(EncryptError::TooLarge);
        }
        let padded =
            message::padded_len(payload.len(), index).map_err(|_| EncryptError::TooLarge)?;
        let header = HeaderScope {
            group: &self.scope.group,
            chain: &self.id,
            sender: &self.scope.sender,
            roster_hash: &self.scope.roster_hash,
        }
        .header(index, &random);
        // Room for everything from the start: growing would leave a copy of the plaintext behind.
        let mut text = Vec::with_capacity(padded + TAG);
        text.extend_from_slice(payload);
        let mut text = wire::pad(text, padded).map_err(|_| EncryptError::TooLarge)?;
        self.key
            .message_secret(index)
            .seal(&header, &mut text)
            .ok_or(EncryptError::TooLarge)?;
        let signature = wire::sign(
            &self.signing,
            labels::MESSAGE_SIGN,
            &signed_part(&header, &text),
        );
        self.key.step();
        self.index = index + 1;
        Ok(message::frame(self.id, index, random, text, signature))
    }

    /// Whether age or use call for a new chain. Roster changes do so too; the caller sees them.
    ///
    /// A clock that was set back by more than the age also does: it could otherwise keep a chain alive for years.
    #[must_use]
    pub const fn needs_rotation(&self, now: Timestamp) -> bool {
        self.index >= ROTATE_AFTER_MESSAGES
            || now.since(self.created) >= ROTATE_AFTER_AGE
            || self.created.since(now) >= ROTATE_AFTER_AGE
    }

    /// The record for [`crate::store::StoreName::Secrets`].
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        wire::encode_secret(&Record {
            version: RECORD_VERSION,
            scope: self.scope.clone(),
            signing_seed: self.signing.to_bytes(),
            first_key: self.first_key.clone(),
            key: self.key.clone(),
            index: self.index,
            created: self.created,
            id: self.id,
        })
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// [`DecodeError`] when it isn't one.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let record: Record = wire::decode(bytes, MAX_RECORD)?;
        if record.version != RECORD_VERSION {
            return Err(DecodeError::UnknownVersion);
        }
        if record.index > MAX_CHAIN_MESSAGES {
            return Err(DecodeError::Invalid);
        }
        Ok(Self {
            scope: record.scope.clone(),
            id: record.id,
            signing: SigningKey::from_bytes(&record.signing_seed),
            first_key: record.first_key.clone(),
            key: record.key.clone(),
            index: record.index,
            created: record.created,
        })
    }
}

/// Names and places, no keys.
impl fmt::Debug for OwnChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnChain")
            .field("id", &self.id)
            .field("generation", &self.scope.generation)
            .field("index", &self.index)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sender_keys::{Distribution, Message, OpenError, PeerChain};
    use crate::test_attr::test;
    use crate::testing::SeededRng;
    use hpke::Kem;

    fn chain() -> (OwnChain, PeerChain) {
        let scope = ChainScope {
            group: GroupId([1; 32]),
            sender: MemberId([2; 32]),
            generation: 1,
            roster_hash: [3; 32],
            heads: vec![OpId([5; 32])],
            heads_hash: [4; 32],
        };
        let own = OwnChain::new(scope, Timestamp(1), &mut SeededRng::new(1));
        let (secret, public) = hpke::kem::XWing::derive_keypair(&[5; 32]);
        let sealed = own
            .seal_distribution(&public.to_bytes(), &mut SeededRng::new(2))
            .unwrap();
        let secret: [u8; 32] = secret.to_bytes().as_slice().try_into().unwrap();
        let peer = Distribution::open(&sealed, &secret, &own.id())
            .unwrap()
            .accept(&own.scope.group, &own.scope.sender, &[3; 32], &[4; 32])
            .unwrap();
        (own, peer)
    }

    /// What a sender with its own keys but without our rules could send at `index`.
    fn hostile(
        own: &OwnChain,
        index: u32,
        make: impl FnOnce(&ChainKey, &[u8]) -> Vec<u8>,
    ) -> Message {
        let header = HeaderScope {
            group: &own.scope.group,
            chain: &own.id,
            sender: &own.scope.sender,
            roster_hash: &own.scope.roster_hash,
        }
        .header(index, &[0; 16]);
        let ciphertext = make(&own.key, &header);
        let signed = signed_part(&header, &ciphertext);
        let signature = wire::sign(&own.signing, labels::MESSAGE_SIGN, &signed);
        let (_, frame) = message::frame(own.id, index, [0; 16], ciphertext, signature);
        Message::parse(&frame[1..]).unwrap()
    }

    fn length(index: u32) -> usize {
        message::padded_len(0, index).unwrap()
    }

    #[test]
    fn a_signed_message_with_a_bad_tag_changes_nothing() {
        let (own, peer) = chain();
        let before = peer.encode();
        for index in [0, 1, 999] {
            let message = hostile(&own, index, |_, _| vec![7; length(index) + TAG]);
            assert_eq!(peer.open(&message).unwrap_err(), OpenError::Tag);
        }
        assert_eq!(peer.encode(), before);
        // The honest message of that index is still welcome.
        let mut own = own;
        let (_, frame) = own.encrypt(b"honest", [0; 16]).unwrap();
        assert_eq!(
            *peer
                .open(&Message::parse(&frame[1..]).unwrap())
                .unwrap()
                .payload,
            b"honest"
        );
    }

    #[test]
    fn a_signed_message_without_padding_changes_nothing() {
        let (own, peer) = chain();
        let before = peer.encode();
        let message = hostile(&own, 0, |key, header| {
            let mut text = vec![0; length(0)];
            key.message_secret(0).seal(header, &mut text).unwrap();
            text
        });
        assert_eq!(peer.open(&message).unwrap_err(), OpenError::Padding);
        assert_eq!(peer.encode(), before);
    }

    #[test]
    fn an_index_beyond_the_announced_end_is_refused_before_any_ratcheting() {
        let (own, mut peer) = chain();
        peer.set_end(10);
        let message = hostile(&own, 10, |_, _| vec![7; length(10) + TAG]);
        assert_eq!(peer.open(&message).unwrap_err(), OpenError::BeyondEnd);
    }

    #[test]
    fn debug_output_holds_no_key() {
        let (own, peer) = chain();
        let ck = format!("{:?}", own.signing.to_bytes());
        for text in [format!("{own:?}"), format!("{peer:?}")] {
            assert!(!text.contains(&ck[1..20]));
            assert!(text.len() < 200, "{text}");
        }
    }
}
