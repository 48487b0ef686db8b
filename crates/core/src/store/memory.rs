//! A store in memory: for the tests, and for a browser that allows nothing else and says so.

use crate::sorted::Map;
use std::cell::RefCell;

use zeroize::Zeroizing;

use super::{
    Change, Changes, MessageQuery, Record, RecordKey, Snapshot, Store, StoreError, StoreName,
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
            records: self
                .all()
                .into_iter()
                .filter(|record| record.store != StoreName::Messages)
                .collect(),
        }
    }

    /// Every record, history too: for a test that asks what a device holds.
    #[must_use]
    pub fn all(&self) -> Vec<Record> {
        let records = self.records.borrow();
        records
            .iter()
            .map(|((store, key), value)| Record {
                store: *store,
                key: key.clone(),
                value: value.clone(),
            })
            .collect()
    }

    /// One page of history, newest first.
    #[must_use]
    pub fn page(&self, query: MessageQuery) -> Vec<Record> {
        let mut page: Vec<Record> = self
            .all()
            .into_iter()
            .filter(|record| {
                record.store == StoreName::Messages && record.key.group == Some(query.group)
            })
            .filter(|record| query.before.is_none_or(|before| record.key.order < before))
            .collect();
        crate::order::sort_by_key(&mut page, |record| core::cmp::Reverse(record.key.order));
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

    async fn messages(&self, query: MessageQuery) -> Result<Vec<Record>, StoreError> {
        Ok(self.page(query))
    }
}
