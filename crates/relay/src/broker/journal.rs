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
    sync::{Arc, mpsc},
    thread::JoinHandle,
    time::Duration,
};

use mqtt_protocol_core::mqtt::packet::Packet;
use redb::{
    Database, ReadableDatabase as _, ReadableTable as _, TableDefinition, WriteTransaction,
};
use tokio::sync::mpsc::UnboundedSender;

use super::{
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

/// How long changes nobody waits for (delivered messages, ended connections) may gather before they are written. Lost in
/// a crash they cost a duplicate delivery at most, which every receiver tolerates.
const LAZY_COMMIT: Duration = Duration::from_millis(200);

/// Changes taken into one transaction at most, so that the first waiting reply is not held up by an endless flood.
const MAX_BATCH: usize = 4_096;

type MailboxKey = (SessionKey, [u8; MAILBOX_NAME_LENGTH]);
type MessageKey = (SessionKey, u64);

const META: TableDefinition<'static, &str, u32> = TableDefinition::new("meta");
/// Session -> (expiry in seconds, when it ends; `CONNECTED` while it has a connection).
const SESSIONS: TableDefinition<'static, SessionKey, (u32, u64)> = TableDefinition::new("sessions");
const SUBSCRIPTIONS: TableDefinition<'static, MailboxKey, u8> =
    TableDefinition::new("subscriptions");
/// (session, message number) -> (expiry, packet).
const MESSAGES: TableDefinition<'static, MessageKey, (u64, &[u8])> =
    TableDefinition::new("messages");

/// Stands for "had a connection when this was written".
const CONNECTED: u64 = u64::MAX;

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
    /// Changes go to the writing thread.
    File(mpsc::Sender<Change>),
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
        let (sender, receiver) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("relay-store".to_owned())
            .spawn(move || write_until_closed(&database, &receiver))
            .map_err(OpenStoreError::Thread)?;
        Ok((Self::File(sender), Writer(thread), sessions))
    }

    /// Records one change. Never blocks.
    pub(crate) fn record(&self, change: Change) {
        match (self, change) {
            (Self::Memory, Change::Reply(reply)) => {
                // The connection may have ended; then nobody waits for the reply.
                let _ = reply.to.send(reply.durable);
            }
            (Self::Memory, _) => {}
            (Self::File(writer), change) => {
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

/// What one commit changes, with whatever cancelled out inside it already gone.
#[derive(Default)]
struct Batch {
    removed_sessions: Vec<SessionKey>,
    sessions: BTreeMap<SessionKey, (u32, u64)>,
    subscriptions: BTreeMap<MailboxKey, Option<u8>>,
    messages: BTreeMap<MessageKey, Option<Arc<Message>>>,
    replies: Vec<Reply>,
    changes: usize,
    /// Somebody waits for this batch, or it adds what must not be lost.
    urgent: bool,
}

impl Batch {
    fn add(&mut self, change: Change) {
        self.changes += 1;
        match change {
            Change::PutSession {
                session,
                expiry_seconds,
                ends_at,
            } => {
                let ends_at = ends_at.map_or(CONNECTED, |at| at.0);
                self.sessions.insert(session, (expiry_seconds, ends_at));
            }
            Change::RemoveSession { session } => {
                self.sessions.remove(&session);
                self.subscriptions.retain(|(key, _), _| *key != session);
                self.messages.retain(|(key, _), _| *key != session);
                self.removed_sessions.push(session);
            }
            Change::PutSubscription {
                session,
                mailbox,
                subscription,
            } => {
                self.subscriptions
                    .insert((session, *mailbox.name()), Some(subscription.to_stored()));
            }
            Change::RemoveSubscription { session, mailbox } => {
                self.subscriptions.insert((session, *mailbox.name()), None);
            }
            Change::PutMessage {
                session,
                number,
                message,
            } => {
                self.messages.insert((session, number), Some(message));
            }
            Change::RemoveMessage { session, number } => {
                // Delivered before it was ever written: neither write nor remove it.
                if self
                    .messages
                    .insert((session, number), None)
                    .is_some_and(|before| before.is_some())
                {
                    self.messages.remove(&(session, number));
                }
            }
            Change::Reply(reply) => {
                self.urgent = true;
                self.replies.push(*reply);
            }
        }
    }

    fn writes_nothing(&self) -> bool {
        self.removed_sessions.is_empty()
            && self.sessions.is_empty()
            && self.subscriptions.is_empty()
            && self.messages.is_empty()
    }

    fn apply(&self, transaction: &WriteTransaction) -> Result<(), redb::Error> {
        let mut sessions = transaction.open_table(SESSIONS)?;
        let mut subscriptions = transaction.open_table(SUBSCRIPTIONS)?;
        let mut messages = transaction.open_table(MESSAGES)?;
        for session in &self.removed_sessions {
            sessions.remove(session)?;
            let names =
                (*session, [0; MAILBOX_NAME_LENGTH])..=(*session, [0xff; MAILBOX_NAME_LENGTH]);
            subscriptions.retain_in(names, |_, _| false)?;
            messages.retain_in((*session, 0)..=(*session, u64::MAX), |_, _| false)?;
        }
        for (session, value) in &self.sessions {
            sessions.insert(session, value)?;
        }
        for (key, subscription) in &self.subscriptions {
            match subscription {
                Some(byte) => subscriptions.insert(key, byte)?,
                None => subscriptions.remove(key)?,
            };
        }
        for (key, message) in &self.messages {
            match message {
                Some(message) => {
                    let stored = message.to_stored();
                    messages.insert(key, (message.expires_at().0, stored.as_slice()))?;
                }
                None => {
                    messages.remove(key)?;
                }
            }
        }
        Ok(())
    }

    fn commit(&self, database: &Database) -> Result<(), redb::Error> {
        if self.writes_nothing() {
            return Ok(());
        }
        let transaction = database.begin_write()?;
        self.apply(&transaction)?;
        transaction.commit()?;
        Ok(())
    }

    fn finish(self, database: &Database) {
        let outcome = self.commit(database);
        if let Err(error) = &outcome {
            tracing::error!(%error, changes = self.changes, "the store refused a commit");
        }
        for reply in self.replies {
            let packet = if outcome.is_ok() {
                reply.durable
            } else {
                reply.failed
            };
            // A connection that has ended needs no reply.
            let _ = reply.to.send(packet);
        }
    }
}

/// The writing thread: gathers, commits, replies; ends when the broker is dropped.
fn write_until_closed(database: &Database, changes: &mpsc::Receiver<Change>) {
    while let Ok(first) = changes.recv() {
        let mut batch = Batch::default();
        batch.add(first);
        while batch.changes < MAX_BATCH {
            let next = if batch.urgent {
                changes.try_recv().ok()
            } else {
                changes.recv_timeout(LAZY_COMMIT).ok()
            };
            match next {
                Some(change) => batch.add(change),
                None => break,
            }
        }
        batch.finish(database);
    }
}
