//! The protocol of DiscordOpus, without input and output of its own.

pub mod chat;
pub mod identity;
pub mod ids;
pub mod invite;
pub mod io;
pub mod membership;
pub mod pairwise;
pub mod sender_keys;
pub mod store;
#[cfg(test)]
mod test_attr;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod wire;
