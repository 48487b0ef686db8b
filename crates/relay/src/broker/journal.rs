//! The store behind the broker: one redb file, one thread, many changes to a commit.
//!
//! The broker sends every change here while it holds its own lock, so changes arrive in the order they happened. The
//! thread commits whatever has gathered while the previous commit was on its way to the disk: a lone message waits for
//! one disk flush and a flood shares one. Replies (PUBACK, SUBACK, UNSUBACK) travel through the same queue and leave
//! after the commit that covers the changes before them.

use std::{
    collections::BTreeMap,
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread::JoinHandle,
};

use mqtt_protocol_core::mqtt::packet::Packet;
use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition};
use tokio::sync::mpsc::UnboundedSender;

use super::{
    commit::write_until_closed,
    message::Message,
    session::{SessionKey, Subscription},
};
use crate::{
    clock::Timestamp,
    mailbox::{MAILBOX_NAME_LENGTH, Mailbox},
};

/// File name inside the data folder.
const FILE_NAME: &str = "relay.redb";

/// Layout of the tables below; a file with another number is refused rather than guessed at.
const LAYOUT: u32 = 1;

pub(super) type MailboxKey = (SessionKey, [u8; MAILBOX_NAME_LENGTH]);
pub(super) type MessageKey = (SessionKey, u64);

const META: TableDefinition<'static, &str, u32> = TableDefinition::new("meta");
/// Session -> (expiry in seconds, when it ends; `CONNECTED` while it has a connection).
pub(super) const SESSIONS: TableDefinition<'static, SessionKey, (u32, u64)> =
    TableDefinition::new("sessions");
pub(super) const SUBSCRIPTIONS: TableDefinition<'static, MailboxKey, u8> =
    TableDefinition::new("subscriptions");
/// (session, message number) -> (expiry, packet).
pub(super) const MESSAGES: TableDefinition<'static, MessageKey, (u64, &[u8])> =
    TableDefinition::new("messages");

/// Stands for "had a connection when this was written".
pub(super) const CONNECTED: u64 = u64::MAX;

/// Why the store could not be opened or read.
#[derive(Debug, thiserror::Error)]
pub enum OpenStoreError {
    /// The folder could not be created.
    #[error("cannot create the data folder: {0}")]
    Folder(#[source] io::Error),
    /// The file cannot be opened; a second relay may be using it.
    #[error("cannot open the data file: {0}")]
    Database(#[source] Box<redb::Error>),
    /// Written by another version of the relay.
    #[error("the data file has layout {found}, this relay reads {LAYOUT}")]
    Layout {
        /// The number in the file.
        found: u32,
    },
    /// The writing thread could not be started.
    #[error("cannot start the store's thread: {0}")]
    Thread(#[source] io::Error),
}

impl<E: Into<redb::Error>> From<E> for OpenStoreError {
    fn from(error: E) -> Self {
        Self::Database(Box::new(error.into()))
    }
}

/// A packet that must not leave before the changes ahead of it are durable.
pub(crate) struct Reply {
    pub(crate) to: UnboundedSender<Packet>,
    pub(crate) durable: Packet,
    /// Sent instead when the store refused the changes.
    pub(crate) failed: Packet,
}

/// One change of the broker's durable state.
pub(crate) enum Change {
    PutSession {
        session: SessionKey,
        expiry_seconds: u32,
        /// `None` while it has a connection.
        ends_at: Option<Timestamp>,
    },
    /// Removes the session with its subscriptions and messages.
    RemoveSession {
        session: SessionKey,
    },
    PutSubscription {
        session: SessionKey,
        mailbox: Mailbox,
        subscription: Subscription,
    },
    RemoveSubscription {
        session: SessionKey,
        mailbox: Mailbox,
    },
    PutMessage {
        session: SessionKey,
        number: u64,
        message: Arc<Message>,
    },
    RemoveMessage {
        session: SessionKey,
        number: u64,
    },
    Reply(Box<Reply>),
}

/// A session as it was stored.
pub(crate) struct StoredSession {
    pub(crate) key: SessionKey,
    pub(crate) expiry_seconds: u32,
    /// `None` when it was connected when the relay stopped.
    pub(crate) ends_at: Option<Timestamp>,
    pub(crate) subscriptions: Vec<(Mailbox, Subscription)>,
    /// In the order of their numbers.
    pub(crate) messages: Vec<(u64, Message)>,
}

/// The broker's end of the store.
pub(crate) enum Journal {
    /// Nothing is kept; replies leave at once.
    Memory,
    /// Changes are written to the file by a thread of its own.
    File {
        /// Changes go to the writing thread.
        writer: mpsc::Sender<Change>,
        /// Set by the writing thread when a commit failed; redb then refuses all further ones until it is reopened.
        failed: Arc<AtomicBool>,
    },
}

/// Waits for the writing thread to finish.
pub(crate) struct Writer(JoinHandle<()>);

impl Writer {
    /// Blocks until everything handed to the journal is on disk; the journal must have been dropped before.
    pub(crate) fn join(self) {
        if self.0.join().is_err() {
            tracing::error!("the store's thread ended badly");
        }
    }
}

impl Journal {
    /// Opens or creates the file in `folder` and reads what it holds.
    pub(crate) fn open(
        folder: &Path,
    ) -> Result<(Self, Writer, Vec<StoredSession>), OpenStoreError> {
        create_private_folder(folder).map_err(OpenStoreError::Folder)?;
        let database = Database::create(folder.join(FILE_NAME))?;
        prepare(&database)?;
        let sessions = load(&database)?;
        let (journal, thread) = Self::over(database)?;
        Ok((journal, thread, sessions))
    }

    /// Starts the writing thread.
    fn over(database: Database) -> Result<(Self, Writer), OpenStoreError> {
        let (writer, changes) = mpsc::channel();
        let failed = Arc::new(AtomicBool::new(false));
        let thread = std::thread::Builder::new()
            .name("relay-store".to_owned())
            .spawn({
                let failed = Arc::clone(&failed);
                move || write_until_closed(&database, &changes, &failed)
            })
            .map_err(OpenStoreError::Thread)?;
        Ok((Self::File { writer, failed }, Writer(thread)))
    }

    /// Whether the store has stopped taking changes.
    pub(crate) fn failed(&self) -> bool {
        match self {
            Self::Memory => false,
            Self::File { failed, .. } => failed.load(Ordering::Relaxed),
        }
    }

    /// Records one change. Never blocks.
    pub(crate) fn record(&self, change: Change) {
        match (self, change) {
            (Self::Memory, Change::Reply(reply)) => {
                // The connection may have ended; then nobody waits for the reply.
                let _ = reply.to.send(reply.durable);
            }
            (Self::Memory, _) => {}
            (Self::File { writer, .. }, change) => {
                if let Err(mpsc::SendError(Change::Reply(reply))) = writer.send(change) {
                    let _ = reply.to.send(reply.failed);
                }
            }
        }
    }
}

#[cfg(unix)]
fn create_private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

#[cfg(not(unix))]
fn create_private_folder(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)
}

/// Creates the tables of a new file and checks the layout of an old one.
fn prepare(database: &Database) -> Result<(), OpenStoreError> {
    let transaction = database.begin_write()?;
    {
        let mut meta = transaction.open_table(META)?;
        let found = meta.get("layout")?.map(|value| value.value());
        match found {
            None => {
                meta.insert("layout", LAYOUT)?;
            }
            Some(LAYOUT) => {}
            Some(found) => return Err(OpenStoreError::Layout { found }),
        }
        transaction.open_table(SESSIONS)?;
        transaction.open_table(SUBSCRIPTIONS)?;
        transaction.open_table(MESSAGES)?;
    }
    transaction.commit()?;
    Ok(())
}

fn load(database: &Database) -> Result<Vec<StoredSession>, OpenStoreError> {
    let transaction = database.begin_read()?;
    let mut sessions = BTreeMap::new();
    for entry in transaction.open_table(SESSIONS)?.iter()? {
        let (key, value) = entry?;
        let (expiry_seconds, ends_at) = value.value();
        sessions.insert(
            key.value(),
            StoredSession {
                key: key.value(),
                expiry_seconds,
                ends_at: (ends_at != CONNECTED).then_some(Timestamp(ends_at)),
                subscriptions: Vec::new(),
                messages: Vec::new(),
            },
        );
    }
    for entry in transaction.open_table(SUBSCRIPTIONS)?.iter()? {
        let (key, value) = entry?;
        let (session, name) = key.value();
        if let (Some(session), Some(mailbox)) =
            (sessions.get_mut(&session), Mailbox::from_name(&name))
        {
            session
                .subscriptions
                .push((mailbox, Subscription::from_stored(value.value())));
        }
    }
    for entry in transaction.open_table(MESSAGES)?.iter()? {
        let (key, value) = entry?;
        let (session, number) = key.value();
        let (expires_at, stored) = value.value();
        match (
            sessions.get_mut(&session),
            Message::from_stored(stored, Timestamp(expires_at)),
        ) {
            (Some(session), Ok(message)) => session.messages.push((number, message)),
            _ => tracing::warn!("a stored message could not be read and is skipped"),
        }
    }
    Ok(sessions.into_values().collect())
}

#[cfg(test)]
mod tests {
    use std::{io::ErrorKind, sync::atomic::AtomicU64};

    use mqtt_protocol_core::mqtt::{
        packet::v5_0::{Pingresp, Puback},
        result_code::PubackReasonCode,
    };
    use redb::{StorageBackend, backends::InMemoryBackend};
    use tokio::sync::mpsc::unbounded_channel;

    use super::*;

    /// A disk that is full after so many writes.
    #[derive(Debug)]
    struct FillingDisk {
        inner: InMemoryBackend,
        writes_left: Arc<AtomicU64>,
    }

    impl FillingDisk {
        fn spend(&self) -> io::Result<()> {
            self.writes_left
                .try_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                    left.checked_sub(1)
                })
                .map(|_| ())
                .map_err(|_| ErrorKind::StorageFull.into())
        }
    }

    impl StorageBackend for FillingDisk {
        fn len(&self) -> io::Result<u64> {
            self.inner.len()
        }
        fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
            self.inner.read(offset, out)
        }
        fn set_len(&self, len: u64) -> io::Result<()> {
            self.spend()?;
            self.inner.set_len(len)
        }
        fn sync_data(&self) -> io::Result<()> {
            self.spend()?;
            self.inner.sync_data()
        }
        fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
            self.spend()?;
            self.inner.write(offset, data)
        }
    }

    #[test]
    fn a_publisher_is_told_when_the_store_could_not_keep_its_message() {
        let writes_left = Arc::new(AtomicU64::new(u64::MAX));
        let database = Database::builder()
            .create_with_backend(FillingDisk {
                inner: InMemoryBackend::new(),
                writes_left: Arc::clone(&writes_left),
            })
            .expect("database");
        prepare(&database).expect("tables");
        let (journal, writer) = Journal::over(database).expect("thread");
        let (to, mut replies) = unbounded_channel();
        let keep_one = |session: SessionKey| {
            journal.record(Change::PutSession {
                session,
                expiry_seconds: 60,
                ends_at: None,
            });
            let failed = Puback::builder()
                .packet_id(1u16)
                .reason_code(PubackReasonCode::ImplementationSpecificError)
                .build()
                .expect("packet");
            journal.record(Change::Reply(Box::new(Reply {
                to: to.clone(),
                durable: Pingresp::builder().build().expect("packet").into(),
                failed: failed.into(),
            })));
        };
        keep_one([1; 32]);
        assert!(matches!(
            replies.blocking_recv(),
            Some(Packet::V5_0Pingresp(_))
        ));
        assert!(!journal.failed());
        writes_left.store(0, Ordering::Relaxed);
        keep_one([2; 32]);
        assert!(matches!(
            replies.blocking_recv(),
            Some(Packet::V5_0Puback(_))
        ));
        assert!(journal.failed());
        drop(journal);
        writer.join();
    }
}
