//! The channel between two members: Olm sessions, and the padded frames inside them.
//!
//! One [`Device`] per group holds the private keys behind the published prekeys; one [`Channel`] per other member holds
//! the sessions with it. Opening works on copies: a frame that fails any check changes neither.
//!
//! Olm is vodozemac's. It draws its own randomness from the system (one-time keys, base keys, ratchet keys), which is the
//! one exception to the rule that randomness comes in as a parameter; nothing here depends on what it draws.

mod channel;
mod device;
pub(crate) mod frame;
mod session;
mod window;

pub use channel::{Channel, OpenError, Opened, PeerKeys, RENEW_INTERVAL, SealError};
pub use device::{Device, PREKEY_LIFETIME};
pub use frame::{MAX_PAIRWISE_BODY, PairwiseFrame, PairwiseKind};
pub use session::SessionId;
