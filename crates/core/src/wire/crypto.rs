//! The hash, the key derivation and the signature, each with its domain label.

use crate::wire::transparent;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use hkdf::Hkdf;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// A domain separation label: begins with `DiscordOpus/v1/` and is used in one place only (see [`super::labels`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label(pub(super) &'static str);

impl Label {
    /// The label's text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

/// An Ed25519 signature (64 bytes).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SignatureBytes(pub [u8; 64]);

transparent!(SignatureBytes: bytes);

/// `H(l, x) = SHA-256(u8 len(l) | l | x)`, where `x` is the concatenation of `parts`.
///
/// Parts are concatenated as they are: callers pass fixed-width fields, or prefix a u32 length themselves.
#[must_use]
pub fn hash(label: Label, parts: &[&[u8]]) -> [u8; 32] {
    let mut state = Sha256::new();
    // Labels are constants of this crate, far below 256 bytes.
    state.update([label.0.len() as u8]);
    state.update(label.0.as_bytes());
    for part in parts {
        state.update(part);
    }
    state.finalize().into()
}

/// `X(k, l | context, N) = HKDF-Expand-SHA256(prk = k, info = l | context, N)` (RFC 5869, section 2.3).
#[must_use]
pub fn expand<const N: usize>(
    key: &[u8; 32],
    label: Label,
    context: &[&[u8]],
) -> Zeroizing<[u8; N]> {
    const { assert!(N <= 255 * 32) };
    let mut out = Zeroizing::new([0_u8; N]);
    let mut info: Vec<&[u8]> = Vec::with_capacity(1 + context.len());
    info.push(label.0.as_bytes());
    info.extend_from_slice(context);
    // Both steps fail on lengths only, and both lengths are fixed at compile time.
    let expanded =
        Hkdf::<Sha256>::from_prk(key).map(|hkdf| hkdf.expand_multi_info(&info, out.as_mut_slice()));
    debug_assert!(matches!(expanded, Ok(Ok(()))));
    out
}

/// `HKDF-Extract(salt = l, ikm)` (RFC 5869, section 2.2): a uniform key from a secret of at least 32 bytes of entropy.
#[must_use]
pub fn extract(label: Label, secret: &[u8]) -> Zeroizing<[u8; 32]> {
    let (prk, _) = Hkdf::<Sha256>::extract(Some(label.0.as_bytes()), secret);
    Zeroizing::new(prk.into())
}

fn to_be_signed(label: Label, bytes: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(label.0.len() + 1 + bytes.len());
    message.extend_from_slice(label.0.as_bytes());
    message.push(0);
    message.extend_from_slice(bytes);
    message
}

/// Ed25519 over `l | 0x00 | bytes` (RFC 8032).
#[must_use]
pub fn sign(key: &SigningKey, label: Label, bytes: &[u8]) -> SignatureBytes {
    SignatureBytes(key.sign(&to_be_signed(label, bytes)).to_bytes())
}

/// Checks [`sign`] with `verify_strict`: no small-order keys, no malleable signatures.
#[must_use]
pub fn verify(key: &[u8; 32], label: Label, bytes: &[u8], signature: &SignatureBytes) -> bool {
    VerifyingKey::from_bytes(key).is_ok_and(|key| verify_with(&key, label, bytes, signature))
}

/// [`verify`] with a key that is already unpacked: for keys that check many signatures.
#[must_use]
pub fn verify_with(
    key: &VerifyingKey,
    label: Label,
    bytes: &[u8],
    signature: &SignatureBytes,
) -> bool {
    key.verify_strict(
        &to_be_signed(label, bytes),
        &Signature::from_bytes(&signature.0),
    )
    .is_ok()
}
