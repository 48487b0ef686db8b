//! The protocol of DiscordOpus, without input and output of its own: no clock, no sockets, no storage.
//!
//! **The driver's contract: give [`Client`] one [`io::Input`], drain [`Client::poll_output`] to `None`, and carry the
//! outputs out strictly in order; only then give it the next. An output behind an [`io::Output::Persist`] runs after that
//! batch is stored, and not at all if storing failed ([`io::Input::StorageFailed`]); only what [`io::Output::runs_at_once`]
//! does so in any case. Ask [`Client::poll_timeout`] after every drain, and give it [`io::Input::Timeout`] then. Time and
//! randomness are arguments.**
//!
//! What travels, and what it means:
//!
#![doc = include_str!("../README.md")]

pub mod call;
pub mod chat;
mod client;
pub mod file;
pub mod identity;
pub mod ids;
pub mod invite;
pub mod io;
pub mod link;
pub mod membership;
mod order;
pub mod pairwise;
mod redacted;
pub mod sender_keys;
pub mod sorted;
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
