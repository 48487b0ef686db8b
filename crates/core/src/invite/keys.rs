//! What an invite's secret turns into.

use core::fmt;

use ed25519_dalek::SigningKey;
use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::ids::{InviteId, Mailbox};
use crate::wire::transparent;
use crate::wire::{self, labels};

/// The symmetric key of an invite's requests: known to the members, by the log, and to whoever has the link.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct JoinBoxKey([u8; 32]);

transparent!(JoinBoxKey: bytes);

impl JoinBoxKey {
    /// The key, for the derivation of others.
    pub(super) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Nothing of the key.
impl fmt::Debug for JoinBoxKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JoinBoxKey")
    }
}

/// The keys of one invite: the inviter derives them when it opens the invite, the joiner from the link.
pub struct InviteKeys {
    // Zeroizes itself: feature `zeroize` of ed25519-dalek.
    signing: SigningKey,
    join_box: JoinBoxKey,
    mailbox: Mailbox,
}

impl InviteKeys {
    /// From the 32 random bytes in the link.
    #[must_use]
    pub fn derive(secret: &[u8; 32]) -> Self {
        let key = wire::extract(labels::INVITE, secret);
        Self {
            signing: SigningKey::from_bytes(&wire::expand::<32>(&key, labels::INVITE_SIGNING, &[])),
            join_box: JoinBoxKey(*wire::expand::<32>(&key, labels::JOIN_BOX, &[])),
            mailbox: mailbox(&key),
        }
    }

    /// The mailbox alone.
    pub(super) fn mailbox_of(secret: &[u8; 32]) -> Mailbox {
        mailbox(&wire::extract(labels::INVITE, secret))
    }

    /// The invite's id: a hash of [`Self::public`], so that nobody can open another invite under this id.
    #[must_use]
    pub fn id(&self) -> InviteId {
        invite_id(&self.public())
    }

    /// `ipk`: checks join proofs.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        self.signing.verifying_key().to_bytes()
    }

    /// `isk`.
    pub(crate) const fn signing_key(&self) -> &SigningKey {
        &self.signing
    }

    /// Seals and opens requests.
    #[must_use]
    pub const fn join_box(&self) -> &JoinBoxKey {
        &self.join_box
    }

    /// Where requests go.
    #[must_use]
    pub const fn mailbox(&self) -> Mailbox {
        self.mailbox
    }
}

fn mailbox(key: &[u8; 32]) -> Mailbox {
    Mailbox(*wire::expand::<16>(key, labels::JOIN_MAILBOX, &[]))
}

/// The id only.
impl fmt::Debug for InviteKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("InviteKeys").field(&self.id()).finish()
    }
}

/// A new invite's secret. `rng` may be a `&mut dyn CryptoRng`.
pub fn new_secret(rng: &mut (impl CryptoRng + ?Sized)) -> Zeroizing<[u8; 32]> {
    let mut secret = Zeroizing::new([0; 32]);
    rng.fill_bytes(secret.as_mut_slice());
    secret
}

/// The first 16 bytes of `H("…/invite-id", ipk)`.
#[must_use]
pub fn invite_id(ipk: &[u8; 32]) -> InviteId {
    let hash = wire::hash(labels::INVITE_ID, &[ipk]);
    let mut id = [0; InviteId::LEN];
    id.copy_from_slice(hash.split_at(InviteId::LEN).0);
    InviteId(id)
}
