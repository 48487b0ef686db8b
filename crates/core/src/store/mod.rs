//! What the client keeps: one [`Changes`] is one transaction, one [`Snapshot`] is everything read at the start.
//!
//! A store is a set of encrypted key-value records. The core encodes and decodes every value and chooses every key;
//! an adapter encrypts, writes and reads, and understands nothing. History messages are not part of a snapshot: the
//! interface pages through them with [`MessageQuery`].

mod changes;
mod memory;
mod rows;
mod snapshot;
#[cfg(feature = "testing")]
pub mod suite;

pub(crate) use changes::RESTORED;
pub use changes::{Change, Changes, Order, RecordKey, StoreName, decode_row, encode_row};
pub use memory::MemoryStore;
pub use rows::{decode_records, encode_records};
pub use snapshot::{ChunkQuery, MessageQuery, Record, Snapshot, Store, StoreError};
