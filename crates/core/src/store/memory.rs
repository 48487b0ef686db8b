//! A store in memory: for the tests, and for a browser that allows nothing else and says so.

use crate::sorted::Map;
use std::cell::RefCell;

use zeroize::Zeroizing;

use crate::ids::{GroupId, MessageId};

use super::{
    Change, Changes, ChunkQuery, MessageQuery, Order, Record, RecordKey, Snapshot, Store,
    StoreError, StoreName,
};

type Records = Map<(StoreName, RecordKey), Zeroizing<Vec<u8>>>;

/// Keeps records until it is dropped.
#[derive(Debug, Default, Clone)]
pub struct MemoryStore {
    records: RefCell<Records>,
}

impl MemoryStore {
    /// Writes one batch.
    pub fn commit(&self, changes: &Changes) {
        let mut records = self.records.borrow_mut();
        for change in &changes.list {
            match change {
                Change::Put { store, key, value } => {
                    records.insert((*store, key.clone()), value.clone());
                }
                Change::Delete { store, key } => {
                    records.remove(&(*store, key.clone()));
                }
                Change::DeleteDay { store, group, day } => {
                    records.retain(|(name, key), _| {
                        name != store || key.group != Some(*group) || key.order.day != *day
                    });
                }
                Change::DeleteGroup { store, group } => {
                    records.retain(|(name, key), _| name != store || key.group != Some(*group));
                }
            }
        }
    }

    /// Every record but history.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            records: self.select(|store, _| store.is_read_at_start()),
        }
    }

    /// Every record, history too: for a test that asks what a device holds.
    #[must_use]
    pub fn all(&self) -> Vec<Record> {
        self.select(|_, _| true)
    }

    /// Copies of the records that are wanted.
    fn select(&self, is_wanted: impl Fn(StoreName, &RecordKey) -> bool) -> Vec<Record> {
        let records = self.records.borrow();
        records
            .iter()
            .filter(|((store, key), _)| is_wanted(*store, key))
            .map(|((store, key), value)| Record {
                store: *store,
                key: key.clone(),
                value: value.clone(),
            })
            .collect()
    }

    /// One message of the history.
    #[must_use]
    pub fn find(&self, group: GroupId, id: MessageId) -> Option<Record> {
        let records = self.records.borrow();
        let place = RecordKey::named(Some(group), id.0);
        let place = records.get(&(StoreName::Places, place))?;
        let key = RecordKey::at_place(group, id, place)?;
        let value = records.get(&(StoreName::Messages, key.clone()))?.clone();
        Some(Record {
            store: StoreName::Messages,
            key,
            value,
        })
    }

    /// The chunks of a file.
    #[must_use]
    pub fn chunks(&self, query: ChunkQuery) -> Vec<Record> {
        let mut chunks = self.select(|store, key| {
            let Order { day, counter } = key.order;
            store == StoreName::Files
                && key.group == Some(query.group)
                && day == query.number
                && counter >= query.first.into()
        });
        crate::order::sort_by_key(&mut chunks, |record| record.key.order);
        chunks.truncate(query.limit);
        chunks
    }

    /// One page of history, newest first.
    #[must_use]
    pub fn page(&self, query: MessageQuery) -> Vec<Record> {
        let mut page = self.select(|store, key| {
            store == StoreName::Messages
                && key.group == Some(query.group)
                && query.before.is_none_or(|before| key.order < before)
                && query.after.is_none_or(|after| key.order > after)
        });
        crate::order::sort_by_key(&mut page, |record| core::cmp::Reverse(record.key.order));
        if query.after.is_some() {
            page.drain(..page.len().saturating_sub(query.limit));
        }
        page.truncate(query.limit);
        page
    }
}

impl Store for MemoryStore {
    async fn apply(&self, changes: &Changes) -> Result<(), StoreError> {
        self.commit(changes);
        Ok(())
    }

    async fn load(&self) -> Result<Snapshot, StoreError> {
        Ok(self.snapshot())
    }

    async fn message(&self, group: GroupId, id: MessageId) -> Result<Option<Record>, StoreError> {
        Ok(self.find(group, id))
    }

    async fn file(&self, query: ChunkQuery) -> Result<Vec<Record>, StoreError> {
        Ok(self.chunks(query))
    }

    async fn messages(&self, query: MessageQuery) -> Result<Vec<Record>, StoreError> {
        Ok(self.page(query))
    }
}
