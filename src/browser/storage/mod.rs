//! What this device keeps: an IndexedDB database in which every value is encrypted.
//!
//! [`DeviceStore`] is the core's `Store`. One batch of changes is one transaction; it is encrypted before the transaction
//! opens, because IndexedDB closes a transaction as soon as anything else is waited for. How a record looks at rest is in
//! `seal`, what the browser does of that in `engine`, where the keys come from in `keys`, what a passphrase does in
//! `passphrase`, how a backup looks in `backup`.
//!
//! A new schema version adds its object stores in `names` and rewrites what it must after opening, in a file
//! `migrations/vX_to_vY.rs`. Version 2 added the places of messages, and files, and rewrites nothing: of what is older one
//! can't be found by its id.

mod backup;
mod connection;
mod engine;
mod keys;
pub mod names;
mod opening;
mod passphrase;
mod persistence;
mod saving;
mod seal;

use core::cell::Cell;
use std::rc::Rc;

use discordopus_core::ids::{GroupId, MessageId};
use discordopus_core::store::{
    Change, Changes, ChunkQuery, MessageQuery, Record, RecordKey, Snapshot, Store, StoreError,
    StoreName,
};
use futures::future;
use js_sys::Uint8Array;
use rexie::{Direction, KeyRange};
use wasm_bindgen::{JsCast, JsValue};

pub use backup::BackupError;
pub use connection::Closing;
use connection::{Connection, Durability, Write};
use engine::Engine;
pub use keys::PassphraseError;
pub use opening::{LockedStore, Opened, erase, open};
pub use persistence::{Usage, is_persistent, is_untouched, request_persistence, usage};
use seal::Sealer;

/// The stores that a start reads.
const SNAPSHOT: [StoreName; 3] = [StoreName::Secrets, StoreName::State, StoreName::Interface];

/// The encrypted database of this browser profile.
pub struct DeviceStore {
    connection: Rc<Connection>,
    sealer: Sealer,
    engine: Engine,
    closed: Rc<Cell<bool>>,
}

impl DeviceStore {
    /// Wraps the keys anew: under another passphrase, or under this device's key when that is empty. `current` is the
    /// passphrase so far, empty if there is none. The data stay as they are.
    ///
    /// # Errors
    /// [`PassphraseError`]; everything is as before then.
    pub async fn set_passphrase(&self, current: &str, new: &str) -> Result<(), PassphraseError> {
        self.still_open()?;
        keys::rewrap(&self.connection, current, new).await
    }

    /// Whether the keys lie under a passphrase.
    ///
    /// # Errors
    /// [`StoreError`] when that can't be read.
    pub async fn has_passphrase(&self) -> Result<bool, StoreError> {
        self.still_open()?;
        let found = self.connection.meta(names::DATA_KEYS).await?;
        Ok(found.is_instance_of::<Uint8Array>())
    }

    /// Closes the database; what is being written is completed first.
    pub fn close(self) {
        self.closed.set(true);
        self.connection.close();
    }

    fn still_open(&self) -> Result<(), StoreError> {
        if self.closed.get() {
            return Err(StoreError::Closed);
        }
        Ok(())
    }

    /// Reading fails for one reason that matters: the database is gone.
    fn reading_error(&self) -> StoreError {
        if self.closed.get() {
            StoreError::Closed
        } else {
            StoreError::Failed
        }
    }

    async fn sealed(&self, change: &Change) -> Result<Write, StoreError> {
        Ok(match change {
            Change::Put { store, key, value } => {
                let database_key = self.sealer.database_key(key);
                let mut nonce = [0; 12];
                getrandom::fill(&mut nonce).map_err(|_| StoreError::Failed)?;
                let value = if is_large(*store) {
                    let sealed = self.engine.seal(*store, key, &database_key, value, nonce);
                    sealed.await?
                } else {
                    self.sealer.seal(*store, key, &database_key, value, nonce)?
                };
                Write::Put {
                    store: *store,
                    key: database_key.to_vec(),
                    value,
                }
            }
            Change::Delete { store, key } => Write::Delete {
                store: *store,
                key: self.sealer.database_key(key).to_vec(),
            },
            Change::DeleteDay { store, group, day } => Write::DeleteRange {
                store: *store,
                range: self.sealer.day(*group, *day, 0),
            },
            Change::DeleteGroup { store, group } => Write::DeleteRange {
                store: *store,
                range: self.sealer.range(*group, None),
            },
        })
    }

    async fn opened(
        &self,
        store: StoreName,
        key: &JsValue,
        value: &JsValue,
    ) -> Result<Record, StoreError> {
        let (key, value) = (
            Uint8Array::new(key).to_vec(),
            Uint8Array::new(value).to_vec(),
        );
        match is_large(store) {
            true => self.engine.open(store, &key, &value).await,
            false => self.sealer.open(store, &key, &value),
        }
    }

    async fn all_opened(
        &self,
        store: StoreName,
        rows: &[(JsValue, JsValue)],
    ) -> Result<Vec<Record>, StoreError> {
        let opened = rows
            .iter()
            .map(|(key, value)| self.opened(store, key, value));
        future::try_join_all(opened).await
    }
}

/// Whether a store holds values for which asking the browser's engine is worth the wait.
fn is_large(store: StoreName) -> bool {
    store == StoreName::Files
}

impl DeviceStore {
    /// Reads one record.
    async fn record(&self, name: StoreName, key: &RecordKey) -> Result<Option<Record>, StoreError> {
        self.still_open()?;
        let failed = |_| self.reading_error();
        let key = JsValue::from(Uint8Array::from(self.sealer.database_key(key).as_slice()));
        let reader = self.connection.reader()?;
        let transaction = reader.transaction(&[name.as_str()]).map_err(failed)?;
        let store = transaction.store(name.as_str()).map_err(failed)?;
        match store.get(key.clone()).await.map_err(failed)? {
            Some(value) => self.opened(name, &key, &value).await.map(Some),
            None => Ok(None),
        }
    }
}

impl DeviceStore {
    /// Reads the records of a range, up to a number, and no others however many there are.
    async fn scan(
        &self,
        name: StoreName,
        (first, end): &(Vec<u8>, Vec<u8>),
        limit: usize,
        direction: Direction,
    ) -> Result<Vec<Record>, StoreError> {
        self.still_open()?;
        if limit == 0 {
            return Ok(Vec::new());
        }
        let failed = |_| self.reading_error();
        let range = KeyRange::bound(
            &Uint8Array::from(first.as_slice()),
            &Uint8Array::from(end.as_slice()),
            Some(false),
            Some(true),
        )
        .map_err(|_| StoreError::Failed)?;
        let reader = self.connection.reader()?;
        let transaction = reader.transaction(&[name.as_str()]).map_err(failed)?;
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let store = transaction.store(name.as_str()).map_err(failed)?;
        let rows: Vec<_> = match direction {
            // Two requests instead of one for each record; backwards there is only the cursor.
            Direction::Next => {
                let keys = store.get_all_keys(Some(range.clone()), Some(limit));
                let values = store.get_all(Some(range), Some(limit));
                let (keys, values) = future::try_join(keys, values).await.map_err(failed)?;
                keys.into_iter().zip(values).collect()
            }
            _ => store
                .scan(Some(range), Some(limit), None, Some(direction))
                .await
                .map_err(failed)?,
        };
        self.all_opened(name, &rows).await
    }
}

impl Store for DeviceStore {
    async fn apply(&self, changes: &Changes) -> Result<(), StoreError> {
        self.still_open()?;
        if changes.is_empty() {
            return Ok(());
        }
        let durability = if changes.needs_strict_durability() {
            Durability::Strict
        } else {
            Durability::Relaxed
        };
        let writes = changes.list.iter().map(|change| self.sealed(change));
        let writes = future::try_join_all(writes).await?;
        self.still_open()?;
        self.connection.write(writes, durability).await
    }

    async fn load(&self) -> Result<Snapshot, StoreError> {
        self.still_open()?;
        let failed = |_| self.reading_error();
        let reader = self.connection.reader()?;
        let transaction = reader
            .transaction(&SNAPSHOT.map(StoreName::as_str))
            .map_err(failed)?;
        // All requests go out at once: a transaction in which nothing is pending ends.
        let reads = SNAPSHOT.map(|name| {
            let store = transaction.store(name.as_str());
            async move {
                let store = store?;
                let (keys, values) =
                    future::try_join(store.get_all_keys(None, None), store.get_all(None, None))
                        .await?;
                Ok::<_, rexie::Error>((name, keys, values))
            }
        });
        let mut records = Vec::new();
        for (name, keys, values) in future::try_join_all(reads).await.map_err(failed)? {
            let rows: Vec<_> = keys.into_iter().zip(values).collect();
            records.extend(self.all_opened(name, &rows).await?);
        }
        Ok(Snapshot { records })
    }

    async fn message(&self, group: GroupId, id: MessageId) -> Result<Option<Record>, StoreError> {
        let place = RecordKey::named(Some(group), id.0);
        let Some(place) = self.record(StoreName::Places, &place).await? else {
            return Ok(None);
        };
        let key = RecordKey::at_place(group, id, &place.value).ok_or(StoreError::Damaged)?;
        self.record(StoreName::Messages, &key).await
    }

    async fn file(&self, query: ChunkQuery) -> Result<Vec<Record>, StoreError> {
        let range = self
            .sealer
            .day(query.group, query.number, query.first.into());
        self.scan(StoreName::Files, &range, query.limit, Direction::Next)
            .await
    }

    async fn messages(&self, query: MessageQuery) -> Result<Vec<Record>, StoreError> {
        let range = self.sealer.between(query.group, query.after, query.before);
        let direction = match query.after {
            Some(_) => Direction::Next,
            None => Direction::Prev,
        };
        let mut rows = self
            .scan(StoreName::Messages, &range, query.limit, direction)
            .await?;
        if query.after.is_some() {
            rows.reverse();
        }
        Ok(rows)
    }
}
