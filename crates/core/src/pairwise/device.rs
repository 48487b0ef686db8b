//! The private keys behind one's prekeys in one group.

use crate::sorted::Map;
use core::fmt;

use hpke::{Deserializable, Kem, Serializable, kem::XWing};
use rand_core::CryptoRng;
use vodozemac::olm::{Account, AccountPickle};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::identity::{MAX_ONE_TIME_KEYS, OneTimeKey, Prekeys};
use crate::ids::{GroupId, MILLIS_PER_DAY, Mailbox, MemberId, Timestamp};
use crate::order;
use crate::sender_keys::{Distribution, DistributionError, SealedDistribution};
use crate::wire::record;
use crate::wire::transparent;
use crate::wire::{self, DecodeError, limits};

/// The X-Wing key and the fallback key are replaced after this time, in milliseconds; the previous ones are kept for
/// as long again, for what was sealed for them and is still on its way.
pub const PREKEY_LIFETIME: u64 = 7 * MILLIS_PER_DAY;

/// The version of stored devices.
const RECORD_VERSION: u8 = 1;
/// Largest stored device: an account with a one-time key for everyone who ever was a member, in the library's JSON.
const MAX_RECORD: usize = limits::MAX_MEMBERS * 512 + 16 * 1024;

/// An X-Wing private key: the 32-byte seed of both its halves.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
struct XwingSecret([u8; 32]);

transparent!(XwingSecret: bytes);

impl XwingSecret {
    fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let mut seed = Self([0; 32]);
        rng.fill_bytes(&mut seed.0);
        seed
    }

    fn public(&self) -> Vec<u8> {
        // A seed of the right length is always a key.
        <XWing as Kem>::PrivateKey::from_bytes(&self.0)
            .map(|secret| XWing::sk_to_pk(&secret).to_bytes().to_vec())
            .unwrap_or_default()
    }
}

/// The Olm account and the X-Wing keys of one member. Wiped from memory when dropped; stored only under
/// [`crate::store::StoreName::Secrets`].
pub struct Device {
    account: Account,
    fallback: [u8; 32],
    xwing: XwingSecret,
    previous_xwing: Option<XwingSecret>,
    rotated: Timestamp,
    seq: u64,
    assigned: Map<MemberId, [u8; 32]>,
}

#[derive(Zeroize, ZeroizeOnDrop)]
struct Record {
    version: u8,
    account: Vec<u8>,
    fallback: [u8; 32],
    xwing: XwingSecret,
    previous_xwing: Option<XwingSecret>,
    #[zeroize(skip)]
    rotated: Timestamp,
    seq: u64,
    #[zeroize(skip)]
    assigned: Vec<OneTimeKey>,
}

record!(Record {
    version,
    account: bytes,
    fallback: bytes,
    xwing,
    previous_xwing,
    rotated,
    seq,
    assigned,
});

impl Device {
    /// New keys. The X-Wing key comes from `rng` (which may be a `&mut dyn CryptoRng`), the Olm account from the system.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized), now: Timestamp) -> Self {
        let mut account = Account::new();
        let fallback = new_fallback(&mut account);
        Self {
            account,
            fallback,
            xwing: XwingSecret::generate(rng),
            previous_xwing: None,
            rotated: now,
            seq: 0,
            assigned: Map::new(),
        }
    }

    /// The Curve25519 identity key, for the card.
    #[must_use]
    pub fn curve25519(&self) -> [u8; 32] {
        self.account.curve25519_key().to_bytes()
    }

    /// Whether the prekeys are due to be replaced.
    #[must_use]
    pub const fn needs_rotation(&self, now: Timestamp) -> bool {
        now.since(self.rotated) >= PREKEY_LIFETIME || self.rotated.since(now) >= PREKEY_LIFETIME
    }

    /// Replaces the X-Wing key and the fallback key. The ones before are kept until the next time.
    pub fn rotate(&mut self, now: Timestamp, rng: &mut (impl CryptoRng + ?Sized)) {
        let fresh = XwingSecret::generate(rng);
        self.previous_xwing = Some(core::mem::replace(&mut self.xwing, fresh));
        self.fallback = new_fallback(&mut self.account);
        self.rotated = now;
    }

    /// The one-time keys for these members, sorted by member: the ones they had, as long as they are unused, and new
    /// ones for the others. Empty above [`MAX_ONE_TIME_KEYS`] members; they then use the fallback key.
    pub fn one_time_for(&mut self, members: &[MemberId]) -> Vec<OneTimeKey> {
        let mut members = members.to_vec();
        order::sort(&mut members);
        members.dedup();
        if members.len() > MAX_ONE_TIME_KEYS {
            return Vec::new();
        }
        let mut keys = Vec::with_capacity(members.len());
        for member in members {
            let key = match self.assigned.get(&member) {
                Some(key) => *key,
                None => {
                    let Some(key) = self
                        .account
                        .generate_one_time_keys(1)
                        .created
                        .first()
                        .copied()
                    else {
                        continue;
                    };
                    self.assigned.insert(member, key.to_bytes());
                    key.to_bytes()
                }
            };
            keys.push(OneTimeKey { member, key });
        }
        self.account.mark_keys_as_published();
        keys
    }

    /// The next prekeys, with one-time keys for `peers`. Store the device before they leave it.
    ///
    /// `seq` counts up with every call. They expire when the keys behind them may be gone.
    pub fn prekeys(
        &mut self,
        group: GroupId,
        member: MemberId,
        peers: &[MemberId],
        mailbox: Mailbox,
        relays: Vec<String>,
    ) -> Prekeys {
        self.seq = self.seq.saturating_add(1);
        Prekeys {
            group,
            member,
            seq: self.seq,
            xwing: self.xwing.public(),
            olm_fallback: self.fallback,
            one_time: self.one_time_for(peers),
            mailbox,
            relays,
            expires: self.rotated.plus(2 * PREKEY_LIFETIME),
        }
    }

    /// Leaves out so many `seq`: others may know prekeys of this device that it doesn't know itself.
    pub const fn skip(&mut self, count: u64) {
        self.seq = self.seq.saturating_add(count);
    }

    /// The `seq` of the last prekeys that were made; 0 before the first.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// Opens a distribution with the current X-Wing key, or else the previous.
    ///
    /// # Errors
    /// [`DistributionError`] of the last attempt.
    pub fn open_distribution(
        &self,
        distribution: &SealedDistribution,
    ) -> Result<Distribution, DistributionError> {
        let mut result = Err(DistributionError::Open);
        for secret in [Some(&self.xwing), self.previous_xwing.as_ref()]
            .into_iter()
            .flatten()
        {
            result = Distribution::open(&distribution.sealed, &secret.0, &distribution.chain);
            if !matches!(result, Err(DistributionError::Open)) {
                break;
            }
        }
        result
    }

    pub(super) const fn account(&self) -> &Account {
        &self.account
    }

    /// A copy of the account to open a session with. It replaces the account by [`Self::keep_account`] if all is well.
    pub(super) fn copy_account(&self) -> Account {
        Account::from_pickle(self.account.pickle())
    }

    /// Whether a member may open a session with this key: it is its own one-time key, or nobody's (the fallback key).
    pub(super) fn may_use(&self, member: &MemberId, key: &[u8; 32]) -> bool {
        self.assigned
            .iter()
            .all(|(owner, assigned)| assigned != key || owner == member)
    }

    /// Takes in an account that has opened a session with `key`, and forgets whose that key was.
    pub(super) fn keep_account(&mut self, account: Account, key: &[u8; 32]) {
        self.account = account;
        self.assigned.retain(|_, assigned| assigned != key);
    }

    /// The record for [`crate::store::StoreName::Secrets`].
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let pickle = self.account.pickle();
        wire::encode_secret(&Record {
            version: RECORD_VERSION,
            account: core::mem::take(&mut *wire::pickle::encode(&pickle)),
            fallback: self.fallback,
            xwing: self.xwing.clone(),
            previous_xwing: self.previous_xwing.clone(),
            rotated: self.rotated,
            seq: self.seq,
            assigned: self
                .assigned
                .iter()
                .map(|(member, key)| OneTimeKey {
                    member: *member,
                    key: *key,
                })
                .collect(),
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
        let pickle: AccountPickle = wire::pickle::decode(&record.account)?;
        Ok(Self {
            account: Account::from_pickle(pickle),
            fallback: record.fallback,
            xwing: record.xwing.clone(),
            previous_xwing: record.previous_xwing.clone(),
            rotated: record.rotated,
            seq: record.seq,
            assigned: Map::from_iter(
                record
                    .assigned
                    .iter()
                    .map(|entry| (entry.member, entry.key)),
            ),
        })
    }
}

/// Makes the next fallback key; the account keeps the one before.
fn new_fallback(account: &mut Account) -> [u8; 32] {
    account.generate_fallback_key();
    let key = account
        .fallback_key()
        .into_values()
        .next()
        .map(|key| key.to_bytes());
    account.mark_keys_as_published();
    // One was made in the line above, so there is one; zeros would be refused by everyone.
    key.unwrap_or_default()
}

/// Counts, no keys.
impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Device")
            .field("seq", &self.seq)
            .field("rotated", &self.rotated)
            .field("assigned", &self.assigned.len())
            .finish_non_exhaustive()
    }
}
