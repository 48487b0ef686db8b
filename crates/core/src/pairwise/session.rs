//! One Olm session: its id, its copies, its record.

use core::cmp::Reverse;
use sha2::{Digest, Sha256};
use vodozemac::olm::{OlmMessage, Session, SessionKeys, SessionPickle};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::wire::{self, DecodeError, record, transparent};

/// Names a session, the same on both sides: SHA-256 over the initiator's identity key, its base key, and the one-time
/// (or fallback) key it used. These are Olm's own session ids, as bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub [u8; 32]);

transparent!(SessionId: bytes);

impl SessionId {
    pub(super) fn of(keys: &SessionKeys) -> Self {
        let mut state = Sha256::new();
        state.update(keys.identity_key.as_bytes());
        state.update(keys.base_key.as_bytes());
        state.update(keys.one_time_key.as_bytes());
        Self(state.finalize().into())
    }
}

/// A session and what the channel remembers of it.
pub(super) struct Held {
    pub(super) id: SessionId,
    pub(super) session: Session,
    /// One more than the highest that its opener knew of: later sessions rank before earlier ones.
    pub(super) epoch: u32,
}

impl Held {
    pub(super) fn new(session: Session, epoch: u32) -> Self {
        Self {
            id: SessionId::of(&session.session_keys()),
            session,
            epoch,
        }
    }

    /// Both sides sort their sessions alike: the highest epoch first and, of two that were opened at once, the smaller id.
    pub(super) const fn rank(&self) -> (Reverse<u32>, SessionId) {
        (Reverse(self.epoch), self.id)
    }

    /// The other side has answered, or opened it.
    pub(super) const fn is_confirmed(&self) -> bool {
        self.session.has_received_message()
    }

    /// The library's sessions can't be cloned; going through the (unserialised) pickle is a copy.
    pub(super) fn copy_session(&self) -> Session {
        Session::from_pickle(self.session.pickle())
    }

    /// Decrypts on a copy; the copy is the session to keep if everything else is right too.
    pub(super) fn decrypt(&self, message: &OlmMessage) -> Option<(Session, Zeroizing<Vec<u8>>)> {
        let mut copy = self.copy_session();
        let plaintext = copy.decrypt(message).ok()?;
        Some((copy, Zeroizing::new(plaintext)))
    }
}

/// As stored.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct HeldRecord {
    pickle: Vec<u8>,
    epoch: u32,
}

record!(HeldRecord {
    pickle: bytes,
    epoch
});

impl HeldRecord {
    pub(super) fn of(held: &Held) -> Self {
        let pickle = held.session.pickle();
        Self {
            pickle: core::mem::take(&mut *wire::pickle::encode(&pickle)),
            epoch: held.epoch,
        }
    }

    pub(super) fn restore(&self) -> Result<Held, DecodeError> {
        let pickle: SessionPickle = wire::pickle::decode(&self.pickle)?;
        Ok(Held::new(Session::from_pickle(pickle), self.epoch))
    }
}
