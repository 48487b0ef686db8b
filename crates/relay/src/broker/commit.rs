//! The writing thread: gathers changes into batches, commits each in one transaction, then lets its replies go.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::Duration,
};

use redb::{Database, WriteTransaction};

use super::{
    journal::{
        CONNECTED, Change, MESSAGES, MailboxKey, MessageKey, Reply, SESSIONS, SUBSCRIPTIONS,
    },
    message::Message,
    session::SessionKey,
};
use crate::mailbox::MAILBOX_NAME_LENGTH;

/// How long changes nobody waits for (delivered messages, ended connections) may gather before they are written. Lost in
/// a crash they cost a duplicate delivery at most, which every receiver tolerates.
const LAZY_COMMIT: Duration = Duration::from_millis(200);

/// Changes taken into one transaction at most, so that the first waiting reply is not held up by an endless flood.
const MAX_BATCH: usize = 4_096;

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

    fn finish(self, database: &Database, failed: &AtomicBool) {
        let outcome = self.commit(database);
        if let Err(error) = &outcome {
            failed.store(true, Ordering::Relaxed);
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
pub(super) fn write_until_closed(
    database: &Database,
    changes: &mpsc::Receiver<Change>,
    failed: &AtomicBool,
) {
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
        batch.finish(database, failed);
    }
}
