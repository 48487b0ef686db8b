//! One atomic batch of writes.

use core::fmt;

use zeroize::Zeroizing;

use crate::ids::{GroupId, MessageId};
use crate::wire::{self, DecodeError, record};

/// The object stores of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StoreName {
    /// Private keys, session pickles, chain keys, invite secrets, client ids. Encrypted under a key of its own.
    Secrets,
    /// Ops, prekeys, outbox, read markers: everything else that a client needs at its start.
    State,
    /// History: one record a message, paged by [`Order`]; never read as a whole.
    Messages,
    /// Where each message of the history is: an [`Order`] under its id. Never read as a whole.
    Places,
    /// Chunks of files, encrypted under each file's own key: [`Order::day`] is the file, [`Order::counter`] the chunk.
    /// Never read as a whole.
    Files,
    /// Drafts and choices of the interface.
    Interface,
}

impl StoreName {
    /// All stores, in a fixed order.
    pub const ALL: [Self; 6] = [
        Self::Secrets,
        Self::State,
        Self::Messages,
        Self::Places,
        Self::Files,
        Self::Interface,
    ];

    /// Whether its records are part of a [`super::Snapshot`].
    #[must_use]
    pub const fn is_read_at_start(self) -> bool {
        matches!(self, Self::Secrets | Self::State | Self::Interface)
    }

    /// The name in the database and in the AAD of every record of this store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Secrets => "secrets",
            Self::State => "state",
            Self::Messages => "messages",
            Self::Places => "places",
            Self::Files => "files",
            Self::Interface => "interface",
        }
    }
}

/// The part of a key that an adapter may leave readable, so that a database can sort by it.
///
/// It tells a day and a count, never a moment or a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Order {
    /// Days since the epoch.
    pub day: u32,
    /// Counts up with every record of a group on this device.
    pub counter: u64,
}

record!(Order { day, counter });

/// Names one record of a store.
///
/// An adapter stores records under `keyed_hash(group) | day | counter | keyed_hash(name)` and keeps the key itself
/// inside the encryption, so that it can hand it back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordKey {
    /// The group it belongs to; `None` for what belongs to the device.
    pub group: Option<GroupId>,
    /// Its place among the records of the group; zero where order means nothing.
    pub order: Order,
    /// Its name within the group: unique together with `order`.
    pub name: Vec<u8>,
}

record!(RecordKey {
    group,
    order,
    name: bytes
});

/// A record as an adapter encrypts it: its key travels inside, so that it comes back with it.
struct Row {
    key: RecordKey,
    value: Zeroizing<Vec<u8>>,
}

record!(Row { key, value: bytes });

/// What an adapter encrypts for a record.
#[must_use]
pub fn encode_row(key: &RecordKey, value: &[u8]) -> Zeroizing<Vec<u8>> {
    wire::encode_secret(&Row {
        key: key.clone(),
        value: Zeroizing::new(value.to_vec()),
    })
}

/// Reads what [`encode_row`] made: the key and the value.
///
/// # Errors
/// [`DecodeError`] when it isn't such a row.
pub fn decode_row(bytes: &[u8]) -> Result<(RecordKey, Zeroizing<Vec<u8>>), DecodeError> {
    // A device's own record, already authenticated: as long as it is.
    let row: Row = wire::decode(bytes, bytes.len())?;
    Ok((row.key, row.value))
}

impl RecordKey {
    /// The key of a message's history record, whose place was read from [`StoreName::Places`]; `None` if that is damaged.
    #[must_use]
    pub fn at_place(group: GroupId, message: MessageId, place: &[u8]) -> Option<Self> {
        Some(Self {
            group: Some(group),
            order: wire::decode(place, place.len()).ok()?,
            name: message.0.to_vec(),
        })
    }

    /// A key without a place in an order.
    #[must_use]
    pub fn named(group: Option<GroupId>, name: impl Into<Vec<u8>>) -> Self {
        Self {
            group,
            order: Order::default(),
            name: name.into(),
        }
    }
}

/// The record that stands while a restored backup has not been started.
pub(crate) const RESTORED: &[u8] = b"restored";

/// One write.
#[derive(Clone, PartialEq, Eq)]
pub enum Change {
    /// Writes a record, replacing what was there.
    Put {
        /// Which store.
        store: StoreName,
        /// Which record.
        key: RecordKey,
        /// Its value in clear; wiped from memory when dropped.
        value: Zeroizing<Vec<u8>>,
    },
    /// Deletes a record; not an error when it is absent.
    Delete {
        /// Which store.
        store: StoreName,
        /// Which record.
        key: RecordKey,
    },
    /// Deletes every record of a group in a store whose place is of one day.
    DeleteDay {
        /// Which store.
        store: StoreName,
        /// Which group.
        group: GroupId,
        /// Which [`Order::day`].
        day: u32,
    },
    /// Deletes every record of a group in a store.
    DeleteGroup {
        /// Which store.
        store: StoreName,
        /// Which group.
        group: GroupId,
    },
}

/// Which record and how long, never what is in it: values are keys and people's words.
impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Put { store, key, value } => f
                .debug_struct("Put")
                .field("store", store)
                .field("key", key)
                .field("length", &value.len())
                .finish(),
            Self::Delete { store, key } => f
                .debug_struct("Delete")
                .field("store", store)
                .field("key", key)
                .finish(),
            Self::DeleteDay { store, group, day } => f
                .debug_struct("DeleteDay")
                .field("store", store)
                .field("group", group)
                .field("day", day)
                .finish(),
            Self::DeleteGroup { store, group } => f
                .debug_struct("DeleteGroup")
                .field("store", store)
                .field("group", group)
                .finish(),
        }
    }
}

/// Writes that happen together or not at all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// In this order.
    pub list: Vec<Change>,
}

impl Changes {
    /// Nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Adds a [`Change::Put`].
    pub fn put(&mut self, store: StoreName, key: RecordKey, value: impl Into<Zeroizing<Vec<u8>>>) {
        self.list.push(Change::Put {
            store,
            key,
            value: value.into(),
        });
    }

    /// Adds a [`Change::Delete`].
    pub fn delete(&mut self, store: StoreName, key: RecordKey) {
        self.list.push(Change::Delete { store, key });
    }

    /// Notes that the records in the store came out of a backup: the next start makes keys anew where going on with these
    /// would use some of them twice.
    pub fn mark_restored(&mut self) {
        self.put(
            StoreName::State,
            RecordKey::named(None, RESTORED),
            Vec::new(),
        );
    }

    /// Whether key or ratchet state is in it, so that the transaction must reach the disk before it counts as complete.
    #[must_use]
    pub fn needs_strict_durability(&self) -> bool {
        self.list.iter().any(|change| match change {
            Change::Put { store, .. }
            | Change::Delete { store, .. }
            | Change::DeleteDay { store, .. }
            | Change::DeleteGroup { store, .. } => *store == StoreName::Secrets,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Record, Snapshot};
    use crate::test_attr::test;

    #[test]
    fn debug_output_holds_no_value() {
        let key = RecordKey::named(None, b"name".as_slice());
        let value = Zeroizing::new(vec![231, 232, 233]);
        let mut changes = Changes::default();
        changes.put(StoreName::Secrets, key.clone(), value.clone());
        let record = Record {
            store: StoreName::Secrets,
            key,
            value,
        };
        let snapshot = Snapshot {
            records: vec![record],
        };
        for text in [format!("{changes:?}"), format!("{snapshot:?}")] {
            assert!(text.contains("length: 3"), "{text}");
            assert!(!text.contains("231") && !text.contains("e7"), "{text}");
        }
    }
}
