//! The protocol of DiscordOpus, without input and output of its own.

pub mod chat;
mod client;
pub mod identity;
pub mod ids;
pub mod invite;
pub mod io;
pub mod membership;
pub mod pairwise;
pub mod sender_keys;
pub mod store;
pub mod sync;
#[cfg(test)]
mod test_attr;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(feature = "testing")]
pub mod testkit;
pub mod wire;

pub use client::{Client, RestoreError};
