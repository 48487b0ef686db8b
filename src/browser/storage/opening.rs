//! Opening the database: at once, or only with a passphrase.

use core::cell::Cell;
use std::rc::Rc;

use discordopus_core::store::StoreError;
use futures::channel::oneshot;

use super::connection::{self, Closing, Connection};
use super::engine::Engine;
use super::keys::{self, Found};
use super::seal::{DataKeys, Sealer};
use super::{DeviceStore, PassphraseError};

/// A database that was opened.
pub enum Opened {
    /// It can be read.
    Open(Box<DeviceStore>),
    /// A passphrase is needed first.
    Locked(LockedStore),
}

/// A database whose keys lie under a passphrase: nothing in it can be read.
pub struct LockedStore {
    connection: Rc<Connection>,
    closed: Rc<Cell<bool>>,
    sealed: Vec<u8>,
}

/// Opens the database called `name` ([`super::names::DATABASE`] but in tests), and makes it at the first start.
///
/// An opening that can be read may write from now on, and no earlier one.
///
/// The receiver hears when the database is taken away: by a tab with a newer version, or by the browser. From then on
/// every call answers [`StoreError::Closed`].
///
/// # Errors
/// [`StoreError::Blocked`], [`StoreError::TooNew`], [`StoreError::Full`], or [`StoreError::Damaged`] when the keys are
/// not what this app wrote.
pub async fn open(name: &str) -> Result<(Opened, oneshot::Receiver<Closing>), StoreError> {
    let closed = Rc::new(Cell::new(false));
    let (sender, receiver) = oneshot::channel();
    let on_close = {
        let closed = Rc::clone(&closed);
        move |closing| {
            closed.set(true);
            // Nobody may be listening any more.
            let _ = sender.send(closing);
        }
    };
    let connection = Connection::open(name, on_close).await?;
    let opened = match keys::data_keys(&connection).await? {
        Found::Keys(keys) => Opened::Open(Box::new(store(connection, closed, &keys).await?)),
        Found::Locked(sealed) => Opened::Locked(LockedStore {
            connection,
            closed,
            sealed,
        }),
    };
    Ok((opened, receiver))
}

impl LockedStore {
    /// Opens it.
    ///
    /// # Errors
    /// [`PassphraseError`]; it can be tried again.
    pub async fn unlock(&self, passphrase: &str) -> Result<DeviceStore, PassphraseError> {
        if self.closed.get() {
            return Err(StoreError::Closed.into());
        }
        let keys = keys::unlock(&self.sealed, passphrase)?;
        let (connection, closed) = (Rc::clone(&self.connection), Rc::clone(&self.closed));
        Ok(store(connection, closed, &keys).await?)
    }

    /// Closes the database.
    pub fn close(self) {
        self.closed.set(true);
        self.connection.close();
    }
}

async fn store(
    connection: Rc<Connection>,
    closed: Rc<Cell<bool>>,
    keys: &DataKeys,
) -> Result<DeviceStore, StoreError> {
    let sealer = Sealer::new(keys)?;
    let engine = Engine::new(keys).await?;
    connection.claim().await?;
    Ok(DeviceStore {
        connection,
        sealer,
        engine,
        closed,
    })
}

/// Deletes the database called `name` with its keys and everything in it. It must not be open here.
///
/// # Errors
/// [`StoreError`]; all or nothing is gone then.
pub async fn erase(name: &str) -> Result<(), StoreError> {
    connection::delete(name).await
}
