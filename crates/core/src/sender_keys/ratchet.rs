//! The key schedule of a chain: commitment, message secrets, message keys, header.

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::ids::{ChainId, GroupId, MemberId};
use crate::wire::transparent;
use crate::wire::{self, Label, labels};

/// The version of messages, the first field of their header.
pub(super) const VERSION: u8 = 1;
/// Bytes that AES-GCM adds.
pub(super) const TAG: usize = 16;

/// `ck_i`: gives the message secret of index `i` and every later one.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(super) struct ChainKey([u8; 32]);

transparent!(ChainKey: bytes);

impl ChainKey {
    pub(super) const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// `ckc = X(ck0, "…/ck-commit", 32)`.
    pub(super) fn commitment(&self) -> [u8; 32] {
        *wire::expand::<32>(&self.0, labels::CHAIN_KEY_COMMIT, &[])
    }

    /// `ms_i = X(ck_i, "…/ms" | u32 i, 32)`.
    pub(super) fn message_secret(&self, index: u32) -> MessageSecret {
        let secret = wire::expand::<32>(&self.0, labels::MESSAGE_SECRET, &[&index.to_be_bytes()]);
        MessageSecret(*secret)
    }

    /// `ck_{i+1} = X(ck_i, "…/ck", 32)`, over the place of `ck_i`.
    pub(super) fn step(&mut self) {
        let next = wire::expand::<32>(&self.0, labels::CHAIN_KEY, &[]);
        self.0.copy_from_slice(next.as_slice());
    }
}

/// `ms_i`: opens the one message of index `i`.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(super) struct MessageSecret([u8; 32]);

transparent!(MessageSecret: bytes);

impl MessageSecret {
    /// Key (32 bytes) and nonce (12) of a message: `X(ms_i, "…/mk" | H("…/hdr", hdr), 44)`.
    fn key_and_nonce(&self, header: &[u8]) -> Zeroizing<[u8; 44]> {
        let context = wire::hash(labels::MESSAGE_HEADER_HASH, &[header]);
        wire::expand::<44>(&self.0, labels::MESSAGE_KEY, &[&context])
    }

    fn cipher(&self, header: &[u8]) -> (Aes256Gcm, Zeroizing<[u8; 12]>) {
        let both = self.key_and_nonce(header);
        let mut key = Zeroizing::new([0; 32]);
        let mut nonce = Zeroizing::new([0; 12]);
        key.copy_from_slice(&both[..32]);
        nonce.copy_from_slice(&both[32..]);
        (Aes256Gcm::new((&*key).into()), nonce)
    }

    /// Encrypts in place; `None` only for lengths that AES-GCM refuses, which no frame has.
    pub(super) fn seal(&self, header: &[u8], text: &mut Vec<u8>) -> Option<()> {
        let (cipher, nonce) = self.cipher(header);
        let nonce: &Nonce<_> = (&*nonce).into();
        cipher.encrypt_in_place(nonce, header, text).ok()
    }

    /// Decrypts in place; `None` when the tag is wrong.
    pub(super) fn open(&self, header: &[u8], text: &mut Vec<u8>) -> Option<()> {
        let (cipher, nonce) = self.cipher(header);
        let nonce: &Nonce<_> = (&*nonce).into();
        cipher.decrypt_in_place(nonce, header, text).ok()
    }
}

/// `chain_id = H("…/chain", group_id | sender | gen | roster_hash | heads_hash | spk | ckc)`.
pub(super) fn chain_id(
    group: &GroupId,
    sender: &MemberId,
    generation: u64,
    roster_hash: &[u8; 32],
    heads_hash: &[u8; 32],
    signing_public: &[u8; 32],
    commitment: &[u8; 32],
) -> ChainId {
    ChainId(wire::hash(
        labels::CHAIN,
        &[
            &group.0,
            &sender.0,
            &generation.to_be_bytes(),
            roster_hash,
            heads_hash,
            signing_public,
            commitment,
        ],
    ))
}

/// What every message of one chain has in common, for building headers.
pub(super) struct HeaderScope<'a> {
    pub(super) group: &'a GroupId,
    pub(super) chain: &'a ChainId,
    pub(super) sender: &'a MemberId,
    pub(super) roster_hash: &'a [u8; 32],
}

impl HeaderScope<'_> {
    /// `hdr = "…/msg" | v | group_id | chain_id | sender | roster_hash | i | r`.
    pub(super) fn header(&self, index: u32, random: &[u8; 16]) -> Vec<u8> {
        const LABEL: Label = labels::MESSAGE_HEADER;
        [
            LABEL.as_str().as_bytes(),
            &[VERSION],
            &self.group.0,
            &self.chain.0,
            &self.sender.0,
            self.roster_hash,
            &index.to_be_bytes(),
            random,
        ]
        .concat()
    }
}

/// What a message's signature covers: `hdr | H("…/ct", ct)`.
pub(super) fn signed_part(header: &[u8], ciphertext: &[u8]) -> Vec<u8> {
    [header, &wire::hash(labels::CIPHERTEXT_HASH, &[ciphertext])].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_attr::test;

    /// The distance between chain keys is what makes old messages unreadable, so pin the schedule down.
    #[test]
    fn every_index_has_its_own_secret_and_the_chain_moves_on() {
        let mut key = ChainKey::new([1; 32]);
        let first = key.clone();
        let mut secrets = vec![key.message_secret(0).0, first.commitment(), first.0];
        for index in 1..50 {
            key.step();
            secrets.push(key.message_secret(index).0);
            secrets.push(key.0);
        }
        let all = secrets.len();
        secrets.sort_unstable();
        secrets.dedup();
        assert_eq!(secrets.len(), all);
        // The index is bound into the secret, not only the chain key's place.
        assert_ne!(first.message_secret(0).0, first.message_secret(1).0);
    }

    #[test]
    fn another_header_is_another_key() {
        let secret = ChainKey::new([1; 32]).message_secret(0);
        let mut text = b"text".to_vec();
        secret.seal(b"header", &mut text).unwrap();
        assert_eq!(text.len(), 4 + TAG);
        let mut copy = text.clone();
        assert_eq!(secret.open(b"another", &mut copy), None);
        secret.open(b"header", &mut text).unwrap();
        assert_eq!(text, b"text");
    }

    #[test]
    fn no_key_and_nonce_is_ever_used_twice() {
        let (group, chain, sender) = (GroupId([1; 32]), ChainId([2; 32]), MemberId([3; 32]));
        let scope = HeaderScope {
            group: &group,
            chain: &chain,
            sender: &sender,
            roster_hash: &[4; 32],
        };
        let mut seen = std::collections::BTreeSet::new();
        let mut key = ChainKey::new([1; 32]);
        for index in 0..200 {
            // The same index twice is what a restored backup or a second tab does; the random part differs.
            for random in [[0; 16], [1; 16]] {
                let header = scope.header(index, &random);
                let pair = key.message_secret(index).key_and_nonce(&header);
                assert!(seen.insert(pair[..].to_vec()), "index {index}");
                assert!(seen.insert(pair[..32].to_vec()), "index {index}");
            }
            key.step();
        }
    }
}
