//! How a record looks at rest: which key it lies under, and how its value is encrypted.
//!
//! ```text
//! database key = tag(group) 16 | day u32 BE | counter u64 BE | tag(name) 16      (binary, sorts as it reads)
//! value        = format 1 | nonce 12 | AES-256-GCM(key of the store, nonce, AAD = format 1 | store name | 0 | database key,
//!                                                  plaintext = CBOR [RecordKey, value])
//! tag(x)       = HKDF-Expand-SHA256(tag key, x, 16)
//! ```
//!
//! The tags are keyed: who reads the database sees that records belong together, how many there are and on which days
//! they were written, but can't test whether a known group or name is among them.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use discordopus_core::ids::GroupId;
use discordopus_core::store::{
    Order, Record, RecordKey, StoreError, StoreName, decode_row, encode_row,
};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The only format so far.
const FORMAT: u8 = 1;
const TAG: usize = 16;
pub(super) const NONCE: usize = 12;
const HEADER: usize = 1 + NONCE;
const ORDERED_PREFIX: usize = TAG + 4 + 8;
/// Length of a database key.
pub(super) const DATABASE_KEY: usize = ORDERED_PREFIX + TAG;

/// The two data keys and the tag key. Exists in clear in this tab's memory only.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct DataKeys {
    secrets: [u8; 32],
    rest: [u8; 32],
    tags: [u8; 32],
}

impl DataKeys {
    /// Length of [`DataKeys::to_bytes`].
    pub(super) const LEN: usize = 96;

    /// Fresh keys.
    #[must_use]
    pub(super) fn random(rng: &mut impl rand_core::CryptoRng) -> Self {
        let mut bytes = Zeroizing::new([0_u8; Self::LEN]);
        rng.fill_bytes(bytes.as_mut_slice());
        Self::from_bytes(&bytes)
    }

    /// What is wrapped.
    #[must_use]
    pub(super) fn to_bytes(&self) -> Zeroizing<[u8; Self::LEN]> {
        let mut bytes = Zeroizing::new([0_u8; Self::LEN]);
        bytes[..32].copy_from_slice(&self.secrets);
        bytes[32..64].copy_from_slice(&self.rest);
        bytes[64..].copy_from_slice(&self.tags);
        bytes
    }

    /// What encrypts everything but secrets.
    #[must_use]
    pub(super) fn rest(&self) -> &[u8; 32] {
        &self.rest
    }

    /// Undoes [`DataKeys::to_bytes`].
    #[must_use]
    pub(super) fn from_bytes(bytes: &[u8; Self::LEN]) -> Self {
        let mut keys = Self {
            secrets: [0; 32],
            rest: [0; 32],
            tags: [0; 32],
        };
        keys.secrets.copy_from_slice(&bytes[..32]);
        keys.rest.copy_from_slice(&bytes[32..64]);
        keys.tags.copy_from_slice(&bytes[64..]);
        keys
    }
}

/// Seals and opens records under one device's keys.
pub(super) struct Sealer {
    secrets: Aes256Gcm,
    rest: Aes256Gcm,
    tags: Hkdf<Sha256>,
}

impl Sealer {
    /// A sealer for these keys.
    ///
    /// # Errors
    /// Never for keys of the right length, which the type makes sure of.
    pub(super) fn new(keys: &DataKeys) -> Result<Self, StoreError> {
        Ok(Self {
            secrets: Aes256Gcm::new(&keys.secrets.into()),
            rest: Aes256Gcm::new(&keys.rest.into()),
            tags: Hkdf::from_prk(&keys.tags).map_err(|_| StoreError::Failed)?,
        })
    }

    /// The key that a record lies under.
    #[must_use]
    pub(super) fn database_key(&self, key: &RecordKey) -> [u8; DATABASE_KEY] {
        let mut out = [0; DATABASE_KEY];
        out[..ORDERED_PREFIX].copy_from_slice(&self.place(key.group.as_ref(), key.order));
        let group: &[u8] = key.group.as_ref().map_or(&[], |group| group.as_ref());
        // The group is in the tag of the name too, so that one name in two groups doesn't show as one.
        let name = self.tag(&[b"name", &[group.len() as u8], group, &key.name]);
        out[ORDERED_PREFIX..].copy_from_slice(&name);
        out
    }

    /// The first and the last database key that a record of this group can have, up to (not including) a place.
    #[must_use]
    pub(super) fn range(&self, group: GroupId, before: Option<Order>) -> (Vec<u8>, Vec<u8>) {
        let first = self.group_tag(Some(&group)).to_vec();
        let end = match before {
            // Shorter than every key at this place, hence before it.
            Some(before) => self.place(Some(&group), before).to_vec(),
            // Longer than every key of the group and nowhere below one.
            None => [first.as_slice(), &[0xff; DATABASE_KEY]].concat(),
        };
        (first, end)
    }

    /// The bounds of all database keys there can be.
    #[must_use]
    pub(super) fn everything() -> (Vec<u8>, Vec<u8>) {
        (Vec::new(), vec![0xff; DATABASE_KEY + 1])
    }

    /// The same, from behind a place.
    #[must_use]
    pub(super) fn between(
        &self,
        group: GroupId,
        after: Option<Order>,
        before: Option<Order>,
    ) -> (Vec<u8>, Vec<u8>) {
        let (first, end) = self.range(group, before);
        let Some(after) = after else {
            return (first, end);
        };
        // Longer than every key at this place, and nowhere below one.
        let behind = [&self.place(Some(&group), after)[..], &[0xff; TAG + 1]].concat();
        (behind, end)
    }

    /// The first database key of a group's records on one day from `first` on, and the first one behind that day.
    #[must_use]
    pub(super) fn day(&self, group: GroupId, day: u32, first: u64) -> (Vec<u8>, Vec<u8>) {
        // Shorter than every key at its place, hence before it.
        let place = |day, counter| self.place(Some(&group), Order { day, counter }).to_vec();
        let end = match day.checked_add(1) {
            Some(next) => place(next, 0),
            None => self.range(group, None).1,
        };
        (place(day, first), end)
    }

    /// Encrypts one record for the database key that [`Sealer::database_key`] gives it.
    ///
    /// # Errors
    /// [`StoreError::Failed`] for a value of more than 64 GiB.
    pub(super) fn seal(
        &self,
        store: StoreName,
        key: &RecordKey,
        database_key: &[u8],
        value: &[u8],
        nonce: [u8; NONCE],
    ) -> Result<Vec<u8>, StoreError> {
        let plaintext = encode_row(key, value);
        let payload = Payload {
            msg: plaintext.as_slice(),
            aad: &associated_data(store, database_key),
        };
        let sealed = self
            .cipher(store)
            .encrypt(&Nonce::from(nonce), payload)
            .map_err(|_| StoreError::Failed)?;
        Ok(framed(nonce, &sealed))
    }

    /// Opens what [`Sealer::seal`] made for this store and this database key.
    ///
    /// # Errors
    /// [`StoreError::TooNew`] for another format, [`StoreError::Damaged`] for everything that was changed or moved.
    pub(super) fn open(
        &self,
        store: StoreName,
        database_key: &[u8],
        bytes: &[u8],
    ) -> Result<Record, StoreError> {
        let (nonce, sealed) = unframed(bytes)?;
        let payload = Payload {
            msg: sealed,
            aad: &associated_data(store, database_key),
        };
        let plaintext = self
            .cipher(store)
            .decrypt(&Nonce::from(nonce), payload)
            .map(Zeroizing::new)
            .map_err(|_| StoreError::Damaged)?;
        let (key, value) = decode_row(&plaintext).map_err(|_| StoreError::Damaged)?;
        Ok(Record { store, key, value })
    }

    fn cipher(&self, store: StoreName) -> &Aes256Gcm {
        match store {
            StoreName::Secrets => &self.secrets,
            StoreName::State
            | StoreName::Messages
            | StoreName::Places
            | StoreName::Files
            | StoreName::Interface => &self.rest,
        }
    }

    fn place(&self, group: Option<&GroupId>, order: Order) -> [u8; ORDERED_PREFIX] {
        let mut out = [0; ORDERED_PREFIX];
        out[..TAG].copy_from_slice(&self.group_tag(group));
        out[TAG..TAG + 4].copy_from_slice(&order.day.to_be_bytes());
        out[TAG + 4..].copy_from_slice(&order.counter.to_be_bytes());
        out
    }

    fn group_tag(&self, group: Option<&GroupId>) -> [u8; TAG] {
        match group {
            Some(group) => self.tag(&[b"group", group.as_ref()]),
            None => self.tag(&[b"device"]),
        }
    }

    fn tag(&self, parts: &[&[u8]]) -> [u8; TAG] {
        let mut out = [0; TAG];
        // Fails for outputs above 8,160 bytes only.
        let expanded = self.tags.expand_multi_info(parts, &mut out);
        debug_assert!(expanded.is_ok());
        out
    }
}

/// What a value is bound to.
pub(super) fn associated_data(store: StoreName, database_key: &[u8]) -> Vec<u8> {
    [&[FORMAT], store.as_str().as_bytes(), &[0], database_key].concat()
}

/// A value as it is stored.
pub(super) fn framed(nonce: [u8; NONCE], sealed: &[u8]) -> Vec<u8> {
    [&[FORMAT], &nonce[..], sealed].concat()
}

/// What [`framed`] has put together.
///
/// # Errors
/// [`StoreError::TooNew`] for another format, [`StoreError::Damaged`] for what is too short.
pub(super) fn unframed(bytes: &[u8]) -> Result<([u8; NONCE], &[u8]), StoreError> {
    let (header, sealed) = bytes
        .split_first_chunk::<HEADER>()
        .ok_or(StoreError::Damaged)?;
    let [format, nonce @ ..] = *header;
    match format {
        FORMAT => Ok((nonce, sealed)),
        _ => Err(StoreError::TooNew),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONCE_1: [u8; NONCE] = [7; NONCE];

    fn sealer(byte: u8) -> Sealer {
        Sealer::new(&DataKeys::from_bytes(&core::array::from_fn(|i| {
            byte ^ (i / 32) as u8
        })))
        .unwrap()
    }

    fn key(group: u8, day: u32, counter: u64, name: &[u8]) -> RecordKey {
        RecordKey {
            group: Some(GroupId([group; 32])),
            order: Order { day, counter },
            name: name.to_vec(),
        }
    }

    fn sealed(sealer: &Sealer, store: StoreName, key: &RecordKey) -> ([u8; DATABASE_KEY], Vec<u8>) {
        let database_key = sealer.database_key(key);
        let bytes = sealer
            .seal(store, key, &database_key, b"value", NONCE_1)
            .unwrap();
        (database_key, bytes)
    }

    #[test]
    fn what_is_sealed_opens_to_the_same_record() {
        let (sealer, key) = (sealer(1), key(1, 2, 3, b"name"));
        let (database_key, bytes) = sealed(&sealer, StoreName::State, &key);
        let record = sealer
            .open(StoreName::State, &database_key, &bytes)
            .unwrap();
        assert_eq!(record.key, key);
        assert_eq!(record.value.as_slice(), b"value");
    }

    #[test]
    fn a_record_opens_only_where_it_was_written() {
        let (sealer, key_1, key_2) = (sealer(1), key(1, 2, 3, b"a"), key(1, 2, 3, b"b"));
        let (database_key, bytes) = sealed(&sealer, StoreName::State, &key_1);
        let elsewhere = sealer.database_key(&key_2);
        let damaged = Err(StoreError::Damaged);
        assert_eq!(sealer.open(StoreName::State, &elsewhere, &bytes), damaged);
        // `State` and `Interface` share a key, so this is the associated data's work.
        assert_eq!(
            sealer.open(StoreName::Interface, &database_key, &bytes),
            damaged
        );
    }

    #[test]
    fn secrets_lie_under_a_key_of_their_own() {
        let same_rest = |secrets: u8| {
            let mut bytes = [9; DataKeys::LEN];
            bytes[..32].fill(secrets);
            Sealer::new(&DataKeys::from_bytes(&bytes)).unwrap()
        };
        let (one, other, key) = (same_rest(1), same_rest(2), key(1, 2, 3, b"a"));
        let (database_key, bytes) = sealed(&one, StoreName::State, &key);
        assert!(other.open(StoreName::State, &database_key, &bytes).is_ok());
        let (database_key, bytes) = sealed(&one, StoreName::Secrets, &key);
        assert_eq!(
            other.open(StoreName::Secrets, &database_key, &bytes),
            Err(StoreError::Damaged)
        );
    }

    #[test]
    fn every_changed_bit_is_noticed() {
        let (sealer, key) = (sealer(1), key(1, 2, 3, b"a"));
        let (database_key, bytes) = sealed(&sealer, StoreName::Messages, &key);
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 0x10;
            let expected = if at == 0 {
                StoreError::TooNew
            } else {
                StoreError::Damaged
            };
            assert_eq!(
                sealer.open(StoreName::Messages, &database_key, &changed),
                Err(expected),
                "byte {at}"
            );
        }
        for length in 0..bytes.len() {
            assert!(
                sealer
                    .open(StoreName::Messages, &database_key, &bytes[..length])
                    .is_err()
            );
        }
    }

    #[test]
    fn database_keys_sort_by_group_then_day_then_counter() {
        let sealer = sealer(1);
        let mut last = None;
        for (day, counter) in [
            (0, 0),
            (0, 1),
            (0, 256),
            (1, 0),
            (256, 0),
            (u32::MAX, u64::MAX),
        ] {
            let key = sealer.database_key(&key(1, day, counter, b"any"));
            assert!(last < Some(key), "{day} {counter}");
            last = Some(key);
        }
    }

    #[test]
    fn a_range_holds_the_group_up_to_its_bound_and_nothing_else() {
        let sealer = sealer(1);
        let (first, end) = sealer.range(GroupId([1; 32]), None);
        let inside = |range: &(Vec<u8>, Vec<u8>), key: &RecordKey| {
            let key = sealer.database_key(key).to_vec();
            range.0 <= key && key < range.1
        };
        let whole = (first, end);
        for name in [&b""[..], b"\0", b"\xff\xff\xff"] {
            assert!(inside(&whole, &key(1, 0, 0, name)));
            assert!(inside(&whole, &key(1, u32::MAX, u64::MAX, name)));
            assert!(!inside(&whole, &key(2, 0, 0, name)));
            assert!(!inside(&whole, &RecordKey::named(None, name)));
        }
        let until = sealer.range(GroupId([1; 32]), Some(Order { day: 5, counter: 7 }));
        for name in [&b""[..], b"\0", b"\xff\xff\xff"] {
            assert!(inside(&until, &key(1, 5, 6, name)));
            assert!(!inside(&until, &key(1, 5, 7, name)));
            assert!(!inside(&until, &key(1, 5, 8, name)));
            assert!(!inside(&until, &key(1, 6, 0, name)));
        }
    }

    #[test]
    fn a_day_holds_what_was_put_there_and_nothing_else() {
        let sealer = sealer(1);
        for day in [5, u32::MAX] {
            let (first, end) = sealer.day(GroupId([1; 32]), day, 7);
            let inside = |group, at, counter, name: &[u8]| {
                let key = sealer.database_key(&key(group, at, counter, name)).to_vec();
                first <= key && key < end
            };
            for name in [&b""[..], b"\0", b"\xff\xff\xff"] {
                assert!(inside(1, day, 7, name));
                assert!(inside(1, day, u64::MAX, name));
                assert!(!inside(1, day, 6, name));
                assert!(!inside(1, day - 1, u64::MAX, name));
                assert!(day == u32::MAX || !inside(1, day + 1, 0, name));
                assert!(!inside(2, day, 7, name));
            }
        }
    }

    #[test]
    fn a_range_behind_a_place_leaves_that_place_out() {
        let sealer = sealer(1);
        let (first, end) =
            sealer.between(GroupId([1; 32]), Some(Order { day: 5, counter: 7 }), None);
        let inside = |key: &RecordKey| {
            let key = sealer.database_key(key).to_vec();
            first <= key && key < end
        };
        for name in [&b""[..], b"\0", b"\xff\xff\xff"] {
            assert!(!inside(&key(1, 5, 6, name)));
            assert!(!inside(&key(1, 5, 7, name)));
            assert!(inside(&key(1, 5, 8, name)));
            assert!(inside(&key(1, 6, 0, name)));
            assert!(!inside(&key(2, 6, 0, name)));
        }
    }

    #[test]
    fn a_database_key_tells_neither_group_nor_name_without_the_tag_key() {
        let key = key(1, 2, 3, b"name");
        let (one, other) = (sealer(1).database_key(&key), sealer(2).database_key(&key));
        assert_ne!(one[..TAG], other[..TAG]);
        assert_ne!(one[ORDERED_PREFIX..], other[ORDERED_PREFIX..]);
        assert!(!one.windows(4).any(|window| window == b"name"));
    }
}
