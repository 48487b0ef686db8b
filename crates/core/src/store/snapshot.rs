//! What is read back: everything at the start, and pages of history later.

use core::fmt;

use zeroize::Zeroizing;

use super::{Changes, Order, RecordKey, StoreName};
use crate::ids::{GroupId, MessageId};

/// One record as it was written.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// Its store.
    pub store: StoreName,
    /// Its key.
    pub key: RecordKey,
    /// Its value in clear.
    pub value: Zeroizing<Vec<u8>>,
}

/// Which record and how long, never what is in it.
impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("store", &self.store)
            .field("key", &self.key)
            .field("length", &self.value.len())
            .finish()
    }
}

/// All records of the stores that are read at the start, in any order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The records.
    pub records: Vec<Record>,
}

/// One page of a group's history, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageQuery {
    /// Whose history.
    pub group: GroupId,
    /// Only records strictly before this place; `None` starts at the newest.
    pub before: Option<Order>,
    /// Only records strictly after this place, and of those the next ones.
    pub after: Option<Order>,
    /// At most this many.
    pub limit: usize,
}

/// Some chunks of a file, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChunkQuery {
    /// Whose.
    pub group: GroupId,
    /// The file's number on this device.
    pub number: u32,
    /// From which chunk on.
    pub first: u32,
    /// At most this many.
    pub limit: usize,
}

/// Why a store did not do what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The browser gives no storage at all (private mode, blocked by a setting or policy).
    #[error("storage is blocked")]
    Blocked,
    /// The quota is used up; nothing of this batch was written.
    #[error("storage is full")]
    Full,
    /// Another tab opened a newer version, or the browser closed the database.
    #[error("storage was closed")]
    Closed,
    /// Written by a newer version of the app.
    #[error("written by a newer version")]
    TooNew,
    /// A record can't be opened with this device's key.
    #[error("a record is damaged")]
    Damaged,
    /// Anything else the browser reported.
    #[error("storage failed")]
    Failed,
}

/// What the conformance suite and the drivers ask of a store.
#[allow(
    async_fn_in_trait,
    reason = "one thread: a browser's storage futures are never Send"
)]
pub trait Store {
    /// Writes one batch: all of it or nothing.
    async fn apply(&self, changes: &Changes) -> Result<(), StoreError>;
    /// Reads every record but history.
    async fn load(&self) -> Result<Snapshot, StoreError>;
    /// Reads one message of the history; `None` when it isn't there.
    async fn message(&self, group: GroupId, id: MessageId) -> Result<Option<Record>, StoreError>;
    /// Reads chunks of a file, by [`Order`].
    async fn file(&self, query: ChunkQuery) -> Result<Vec<Record>, StoreError>;
    /// Reads a page of history, newest first by [`Order`].
    async fn messages(&self, query: MessageQuery) -> Result<Vec<Record>, StoreError>;
}
