//! The connection to the database: opening, and one transaction for one batch of writes.
//!
//! The schema is made and read through rexie. Writing goes over a second connection of our own, because rexie offers
//! neither a transaction's durability nor the reason why one was aborted, and a full disk must be told apart from the
//! rest. IndexedDB orders the transactions of both.
//!
//! Each opening claims the database with a mark of its own, and every batch is written only if that mark still stands.
//! The tab lock lets one tab in at a time; but a tab that was frozen when the lock was taken from it may wake up in the
//! middle of a write, before it hears of its loss. It must not write over the state of its successor.

use core::cell::RefCell;
use std::rc::Rc;

use discordopus_core::store::{StoreError, StoreName};
use futures::channel::oneshot;
use js_sys::{Array, Function, Object, Reflect, Uint8Array};
use rexie::{ObjectStore, Rexie, Transaction, TransactionMode};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    Event, IdbDatabase, IdbFactory, IdbKeyRange, IdbOpenDbRequest, IdbRequest, IdbTransaction,
    IdbVersionChangeEvent,
};

use super::names;
use crate::browser::error::storage_error;
use crate::browser::listener::Listener;

/// One write of a transaction, already encrypted.
pub(super) enum Write {
    Put {
        store: StoreName,
        key: Vec<u8>,
        value: Vec<u8>,
    },
    Delete {
        store: StoreName,
        key: Vec<u8>,
    },
    /// From the first key up to, not including, the end.
    DeleteRange {
        store: StoreName,
        range: (Vec<u8>, Vec<u8>),
    },
}

impl Write {
    fn store(&self) -> StoreName {
        match self {
            Self::Put { store, .. }
            | Self::Delete { store, .. }
            | Self::DeleteRange { store, .. } => *store,
        }
    }
}

/// Whether a completed transaction must have reached the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Durability {
    Strict,
    Relaxed,
}

/// Why a database is closed without our doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// A tab with a newer version of the app needs it.
    NewerVersion,
    /// The browser took it away: the person deleted the site's data, or the disk failed.
    ByBrowser,
}

/// An open database.
pub(super) struct Connection {
    reader: RefCell<Option<Rc<Reader>>>,
    writer: IdbDatabase,
    /// Stands in the database for as long as no later opening has claimed it.
    mark: JsValue,
    _closing: [Listener; 2],
}

impl Connection {
    /// Opens the database of this name, and makes it if it isn't there. `on_close` is called once, when another tab
    /// needs the database for a newer version or the browser takes it away.
    pub(super) async fn open(
        name: &str,
        on_close: impl FnOnce(Closing) + 'static,
    ) -> Result<Rc<Self>, StoreError> {
        let builder = names::object_stores().fold(
            Rexie::builder(name).version(names::SCHEMA),
            |builder, store| builder.add_object_store(ObjectStore::new(store)),
        );
        let reader = builder.build().await;
        // A second opening of the same version: it never upgrades, and it says why the first one failed.
        let writer = open_again(name).await?;
        let reader = reader.map_err(|_| StoreError::Failed)?;

        let on_close = Rc::new(RefCell::new(Some(on_close)));
        let closing = ["versionchange", "close"].map(|kind| {
            let (database, on_close) = (writer.clone(), Rc::clone(&on_close));
            Listener::new(&writer, kind, move |event| {
                // Only then can the other tab go on.
                database.close();
                if let Some(on_close) = on_close.borrow_mut().take() {
                    on_close(closing(&event));
                }
            })
        });
        let mut mark = [0; 16];
        getrandom::fill(&mut mark).map_err(|_| StoreError::Failed)?;
        Ok(Rc::new(Self {
            reader: RefCell::new(Some(Rc::new(Reader(Some(reader))))),
            writer,
            mark: format!("{:032x}", u128::from_be_bytes(mark)).into(),
            _closing: closing,
        }))
    }

    /// Makes this opening the one that may write; earlier ones can write no more.
    pub(super) async fn claim(&self) -> Result<(), StoreError> {
        let transaction = self.transaction(&[names::META], Durability::Strict)?;
        let end = TransactionEnd::of(&transaction);
        transaction
            .object_store(names::META)
            .and_then(|store| store.put_with_key(&self.mark, &names::WRITER.into()))
            .map_err(|thrown| storage_error(&thrown))?;
        end.wait(&transaction).await
    }

    /// For reading.
    pub(super) fn reader(&self) -> Result<Rc<Reader>, StoreError> {
        self.reader.borrow().clone().ok_or(StoreError::Closed)
    }

    /// Closes both connections; transactions that run are completed.
    pub(super) fn close(&self) {
        self.writer.close();
        self.reader.borrow_mut().take();
    }

    /// Writes all of it or nothing.
    pub(super) async fn write(
        &self,
        writes: Vec<Write>,
        durability: Durability,
    ) -> Result<(), StoreError> {
        let stores: Vec<_> = StoreName::ALL
            .into_iter()
            .filter(|store| writes.iter().any(|write| write.store() == *store))
            .map(StoreName::as_str)
            .chain([names::META])
            .collect();
        let transaction = self.transaction(&stores, durability)?;
        let end = TransactionEnd::of(&transaction);
        let queued = self.check_claim(&transaction).and_then(|listener| {
            writes
                .iter()
                .try_for_each(|write| queue(&transaction, write))
                .map(|()| listener)
        });
        match queued {
            Ok(_listener) => end.wait(&transaction).await,
            Err(thrown) => {
                // What was queued before must not be committed.
                let _ = transaction.abort();
                end.wait(&transaction).await.ok();
                Err(storage_error(&thrown))
            }
        }
    }

    /// Looks at the mark, in the same transaction and before its writes: they are undone if the mark is another's.
    fn check_claim(&self, transaction: &IdbTransaction) -> Result<Listener, JsValue> {
        let request = transaction
            .object_store(names::META)?
            .get(&names::WRITER.into())?;
        let (read, mark, transaction) = (request.clone(), self.mark.clone(), transaction.clone());
        Ok(Listener::new(&request, "success", move |_| {
            if read.result().is_ok_and(|found| found == mark) {
                // Spares the turn in which the browser would find out that nothing more is coming.
                #[allow(
                    deprecated,
                    reason = "dropped from version 2 of the specification, back in version 3"
                )]
                let _ = transaction.commit();
            } else {
                let _ = transaction.abort();
            }
        }))
    }

    /// Reads one value of the `meta` store.
    pub(super) async fn meta(&self, key: &str) -> Result<JsValue, StoreError> {
        let transaction = self
            .writer
            .transaction_with_str(names::META)
            .map_err(|thrown| storage_error(&thrown))?;
        let request = transaction
            .object_store(names::META)
            .and_then(|store| store.get(&JsValue::from_str(key)))
            .map_err(|thrown| storage_error(&thrown))?;
        finished(&request).await?;
        request.result().map_err(|thrown| storage_error(&thrown))
    }

    /// Replaces a value of the `meta` store, if this opening may still write.
    pub(super) async fn put_meta(&self, key: &str, value: &JsValue) -> Result<(), StoreError> {
        let transaction = self.transaction(&[names::META], Durability::Strict)?;
        let end = TransactionEnd::of(&transaction);
        let queued = self.check_claim(&transaction).and_then(|listener| {
            let store = transaction.object_store(names::META)?;
            store.put_with_key(value, &JsValue::from_str(key))?;
            Ok(listener)
        });
        match queued {
            Ok(_listener) => end.wait(&transaction).await,
            Err(thrown) => {
                let _ = transaction.abort();
                end.wait(&transaction).await.ok();
                Err(storage_error(&thrown))
            }
        }
    }

    /// Adds a value to the `meta` store unless there is one of that name; says whether it was added.
    pub(super) async fn add_meta(&self, key: &str, value: &JsValue) -> Result<bool, StoreError> {
        let transaction = self.transaction(&[names::META], Durability::Strict)?;
        let end = TransactionEnd::of(&transaction);
        let request = transaction
            .object_store(names::META)
            .and_then(|store| store.add_with_key(value, &JsValue::from_str(key)));
        if let Err(thrown) = request {
            let _ = transaction.abort();
            end.wait(&transaction).await.ok();
            let cloning = thrown
                .dyn_ref::<web_sys::DomException>()
                .map(web_sys::DomException::name);
            return Err(match cloning.as_deref() {
                // A private window that has a database but can't keep a key in it.
                Some("DataCloneError") => StoreError::Blocked,
                _ => storage_error(&thrown),
            });
        }
        let result = end.wait(&transaction).await;
        let reason = transaction.error().map(|error| error.name());
        match (result, reason.as_deref()) {
            (Err(_), Some("ConstraintError")) => Ok(false),
            (result, _) => result.map(|()| true),
        }
    }

    fn transaction(
        &self,
        stores: &[&str],
        durability: Durability,
    ) -> Result<IdbTransaction, StoreError> {
        // `IDBDatabase.transaction(stores, mode, options)`: web-sys has the third argument among its unstable parts.
        let stores: Array = stores
            .iter()
            .map(|store| JsValue::from_str(store))
            .collect();
        let options = Object::new();
        let durability = match durability {
            Durability::Strict => "strict",
            Durability::Relaxed => "relaxed",
        };
        let _ = Reflect::set(&options, &"durability".into(), &durability.into());
        Reflect::get(&self.writer, &"transaction".into())
            .and_then(JsCast::dyn_into::<Function>)
            .and_then(|method| method.call3(&self.writer, &stores, &"readwrite".into(), &options))
            .and_then(JsCast::dyn_into)
            .map_err(|thrown| storage_error(&thrown))
    }
}

/// The rexie connection, which closes with the last read that uses it.
pub(super) struct Reader(Option<Rexie>);

impl Reader {
    /// A transaction that reads these stores.
    pub(super) fn transaction(&self, stores: &[&str]) -> Result<Transaction, rexie::Error> {
        self.0
            .as_ref()
            .ok_or(rexie::Error::TransactionAbortFailed)?
            .transaction(stores, TransactionMode::ReadOnly)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(reader) = self.0.take() {
            reader.close();
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.close();
    }
}

fn closing(event: &Event) -> Closing {
    // Deleting the database is a version change to none.
    let newer = event
        .dyn_ref::<IdbVersionChangeEvent>()
        .and_then(IdbVersionChangeEvent::new_version);
    match newer {
        Some(_) => Closing::NewerVersion,
        None => Closing::ByBrowser,
    }
}

fn queue(transaction: &IdbTransaction, write: &Write) -> Result<(), JsValue> {
    let store = transaction.object_store(write.store().as_str())?;
    match write {
        Write::Put { key, value, .. } => store.put_with_key(
            &Uint8Array::from(value.as_slice()),
            &Uint8Array::from(key.as_slice()),
        )?,
        Write::Delete { key, .. } => store.delete(&Uint8Array::from(key.as_slice()))?,
        Write::DeleteRange { range, .. } => store.delete(
            IdbKeyRange::bound_with_lower_open_and_upper_open(
                &Uint8Array::from(range.0.as_slice()),
                &Uint8Array::from(range.1.as_slice()),
                false,
                true,
            )?
            .as_ref(),
        )?,
    };
    Ok(())
}

/// Deletes the database of this name with everything in it. Other tabs that have it open close it.
pub(super) async fn delete(name: &str) -> Result<(), StoreError> {
    let factory: IdbFactory = Reflect::get(&js_sys::global(), &"indexedDB".into())
        .and_then(JsCast::dyn_into)
        .map_err(|_| StoreError::Blocked)?;
    let request = factory
        .delete_database(name)
        .map_err(|thrown| opening_error(&thrown))?;
    finished(&request).await
}

async fn open_again(name: &str) -> Result<IdbDatabase, StoreError> {
    let factory: IdbFactory = Reflect::get(&js_sys::global(), &"indexedDB".into())
        .and_then(JsCast::dyn_into)
        .map_err(|_| StoreError::Blocked)?;
    let request = factory
        .open_with_u32(name, names::SCHEMA)
        .map_err(|thrown| opening_error(&thrown))?;
    // The first opening failed before it made the schema: leave no empty database behind.
    let _upgrade = Listener::new(&request, "upgradeneeded", |event: Event| {
        let transaction = event
            .target()
            .and_then(|target| target.dyn_into::<IdbOpenDbRequest>().ok())
            .and_then(|request| request.transaction());
        if let Some(transaction) = transaction {
            let _ = transaction.abort();
        }
    });
    finished(&request).await.map_err(|error| match error {
        // On opening: a browser that allows no writes (an old private mode), or the abort above.
        StoreError::Closed => StoreError::Blocked,
        error => error,
    })?;
    request
        .result()
        .and_then(JsCast::dyn_into)
        .map_err(|thrown| opening_error(&thrown))
}

fn opening_error(thrown: &JsValue) -> StoreError {
    match storage_error(thrown) {
        StoreError::Closed => StoreError::Blocked,
        error => error,
    }
}

/// Waits for a request.
async fn finished(request: &IdbRequest) -> Result<(), StoreError> {
    let (sender, receiver) = oneshot::channel();
    let sender = Rc::new(RefCell::new(Some(sender)));
    let _listeners = ["success", "error"].map(|kind| {
        let sender = Rc::clone(&sender);
        Listener::new(request, kind, move |_| {
            if let Some(sender) = sender.borrow_mut().take() {
                let _ = sender.send(kind == "success");
            }
        })
    });
    match receiver.await {
        Ok(true) => Ok(()),
        _ => Err(request
            .error()
            .ok()
            .flatten()
            .map_or(StoreError::Failed, |exception| storage_error(&exception))),
    }
}

/// How a transaction ends.
struct TransactionEnd {
    receiver: oneshot::Receiver<bool>,
    _listeners: [Listener; 2],
}

impl TransactionEnd {
    fn of(transaction: &IdbTransaction) -> Self {
        let (sender, receiver) = oneshot::channel();
        let sender = Rc::new(RefCell::new(Some(sender)));
        let listeners = ["complete", "abort"].map(|kind| {
            let sender = Rc::clone(&sender);
            Listener::new(transaction, kind, move |_| {
                if let Some(sender) = sender.borrow_mut().take() {
                    let _ = sender.send(kind == "complete");
                }
            })
        });
        Self {
            receiver,
            _listeners: listeners,
        }
    }

    async fn wait(self, transaction: &IdbTransaction) -> Result<(), StoreError> {
        match self.receiver.await {
            Ok(true) => Ok(()),
            _ => Err(transaction
                .error()
                // Aborted without a reason: by ourselves, or because the connection was taken away.
                .map_or(StoreError::Closed, |exception| storage_error(&exception))),
        }
    }
}
