//! A request to join, sealed for whoever of the group looks into the join mailbox.
//!
//! `frame = kind (1) | r (16) | ct`, one of the sizes of [`crate::wire::FRAME_SIZES`];
//! `key 32 | nonce 12 = X(join-box key, "…/join-request-key" | r, 44)`;
//! `ct = AES-256-GCM(key, nonce, aad = kind | r, pad(request))`. The key is not kept from other holders of the link, so
//! the sealing hides requests from the relay only; who is let in, the proof decides.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use rand_core::CryptoRng;

use super::keys::JoinBoxKey;
use super::proof::JoinProof;
use crate::identity::{Card, Prekeys, SignedCard, SignedPrekeys};
use crate::ids::{GroupId, Timestamp};
use crate::wire::record;
use crate::wire::{
    self, DecodeError, FRAME_SIZES, FrameKind, PadError, frame_size_for, labels, pad, unpad,
};

/// The version of the encoding of requests.
const VERSION: u8 = 1;
/// Bytes of `r`.
const SALT_LEN: usize = 16;
/// Bytes of the AEAD's tag.
const TAG_LEN: usize = 16;
/// Kind, salt, tag, and the padding's first byte.
const OVERHEAD: usize = 1 + SALT_LEN + TAG_LEN + 1;

/// What a joiner asks with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinRequest {
    version: u8,
    /// Its card for this group.
    pub card: SignedCard,
    /// Its prekeys: how to answer.
    pub prekeys: SignedPrekeys,
    /// Its proof that it holds the invite.
    pub proof: JoinProof,
}

record!(JoinRequest {
    version,
    card,
    prekeys,
    proof
});

/// A request whose every signature was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedRequest {
    /// The joiner's card.
    pub card: Card,
    /// The joiner's prekeys.
    pub prekeys: Prekeys,
    /// When the joiner asked, by its own clock.
    pub asked: Timestamp,
}

/// Why a request is dropped. The sender is never told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenRequestError {
    /// Too short, or damaged, or sealed under another key.
    #[error("can't be opened")]
    Sealed,
    /// Opened, but no request.
    #[error("malformed: {0}")]
    Decode(#[from] DecodeError),
    /// Card, prekeys and proof don't belong together, to this group and to this invite.
    #[error("proves nothing")]
    Proof,
}

impl JoinRequest {
    /// A request.
    #[must_use]
    pub const fn new(card: SignedCard, prekeys: SignedPrekeys, proof: JoinProof) -> Self {
        Self {
            version: VERSION,
            card,
            prekeys,
            proof,
        }
    }

    /// Checks card, prekeys and proof against group and invite.
    ///
    /// # Errors
    /// [`OpenRequestError::Proof`], whatever it is that fails.
    pub fn verify(
        &self,
        group: &GroupId,
        ipk: &[u8; 32],
    ) -> Result<VerifiedRequest, OpenRequestError> {
        let checked = || {
            let card = self.card.open().ok().filter(|card| card.is_for(group))?;
            let prekeys = self.prekeys.open(&card.ik).ok()?;
            let proven = self.proof.verify(group, ipk, &card.ik, &self.card.hash());
            (proven && prekeys.group == *group).then_some(VerifiedRequest {
                card,
                prekeys,
                asked: self.proof.asked,
            })
        };
        checked().ok_or(OpenRequestError::Proof)
    }
}

/// Seals a request into a whole frame, ready for the join mailbox.
///
/// # Errors
/// [`PadError`] if it is larger than the largest frame.
pub fn seal_join_request(
    key: &JoinBoxKey,
    request: &JoinRequest,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Vec<u8>, PadError> {
    let plaintext = wire::encode(request);
    let size = frame_size_for(plaintext.len() + OVERHEAD)?;
    let padded = pad(plaintext, size + 1 - OVERHEAD)?;
    let mut frame = vec![FrameKind::JoinRequest.byte()];
    let mut salt = [0; SALT_LEN];
    rng.fill_bytes(&mut salt);
    frame.extend_from_slice(&salt);
    let (cipher, nonce) = cipher(key, &salt);
    let payload = Payload {
        msg: &padded,
        aad: &frame,
    };
    // Fails on lengths beyond 64 GiB only.
    let sealed = cipher
        .encrypt(&nonce, payload)
        .map_err(|_| PadError::TooLarge)?;
    frame.extend_from_slice(&sealed);
    Ok(frame)
}

/// Opens the body of a [`FrameKind::JoinRequest`] frame, as [`crate::wire::split_frame`] returns it.
///
/// # Errors
/// [`OpenRequestError`] tells which check failed.
pub fn open_join_request(key: &JoinBoxKey, body: &[u8]) -> Result<JoinRequest, OpenRequestError> {
    let largest = FRAME_SIZES.into_iter().max().unwrap_or(0);
    if body.len() >= largest {
        return Err(DecodeError::TooLarge.into());
    }
    let (salt, sealed) = body
        .split_first_chunk::<SALT_LEN>()
        .ok_or(OpenRequestError::Sealed)?;
    let mut aad = vec![FrameKind::JoinRequest.byte()];
    aad.extend_from_slice(salt);
    let (cipher, nonce) = cipher(key, salt);
    let payload = Payload {
        msg: sealed,
        aad: &aad,
    };
    let padded = cipher
        .decrypt(&nonce, payload)
        .map_err(|_| OpenRequestError::Sealed)?;
    let plaintext = unpad(&padded).map_err(|_| DecodeError::Malformed)?;
    let request: JoinRequest = wire::decode(plaintext, largest)?;
    if request.version != VERSION {
        return Err(DecodeError::UnknownVersion.into());
    }
    Ok(request)
}

fn cipher(
    key: &JoinBoxKey,
    salt: &[u8; SALT_LEN],
) -> (Aes256Gcm, Nonce<aes_gcm::aead::consts::U12>) {
    let derived = wire::expand::<44>(key.as_bytes(), labels::JOIN_REQUEST_KEY, &[salt]);
    let mut key = Key::<Aes256Gcm>::default();
    let mut nonce = Nonce::default();
    let (key_bytes, nonce_bytes) = derived.split_at(32);
    key.copy_from_slice(key_bytes);
    nonce.copy_from_slice(nonce_bytes);
    (Aes256Gcm::new(&key), nonce)
}
