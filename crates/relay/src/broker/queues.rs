//! The broker's state behind its lock: sessions come and go, messages fan out, quotas hold.

use std::sync::Arc;

use mqtt_protocol_core::mqtt::packet::v5_0::Publish;

use super::{
    Attach, Attached, Attachment, Change, ConnectionNumber, EXPIRY_SEARCH, End, Message, Queued,
    Routed, Session, SessionKey, SessionsFull, State, StoredSession, Subscription, Will,
    session::Freed,
};
use crate::{clock::Timestamp, mailbox::Mailbox};

/// Share of a queue's bytes that may be in flight: what was sent cannot be dropped, so the rest must suffice to make room.
const IN_FLIGHT_SHARE: usize = 2;

impl State {
    pub(super) fn restore(&mut self, stored: StoredSession, now: Timestamp) {
        let key = stored.key;
        let ends_at = stored
            .ends_at
            .unwrap_or_else(|| now.after(seconds(stored.expiry_seconds)));
        let mut session = Session::new(stored.expiry_seconds);
        session.ends_at = Some(ends_at);
        self.deadlines.insert((ends_at, key));
        for (mailbox, subscription) in stored.subscriptions {
            session.subscriptions.insert(mailbox, subscription);
            self.subscribers.entry(mailbox).or_default().insert(key);
        }
        for (number, message) in stored.messages {
            self.next_number = self.next_number.max(number + 1);
            self.bytes += message.bytes();
            session.enqueue(Queued {
                number,
                message: Arc::new(message),
                at_least_once: true,
                packet_id: None,
                stored: true,
            });
        }
        self.sessions.insert(key, session);
        self.enforce_quotas(&key, now);
    }

    pub(super) fn attach(
        &mut self,
        now: Timestamp,
        attach: Attach,
    ) -> Result<Attached, SessionsFull> {
        let key = attach.session;
        self.end_previous_connection(now, &key, attach.clean_start);
        if attach.clean_start {
            self.remove_session(now, &key);
        }
        let session_present = self.sessions.contains_key(&key);
        if !session_present && self.sessions.len() >= self.limits.max_sessions {
            return Err(SessionsFull);
        }
        let connection = self.next_connection;
        self.next_connection += 1;
        let session = self
            .sessions
            .entry(key)
            .or_insert_with(|| Session::new(attach.expiry_seconds));
        for due in [
            session.ends_at.take(),
            session.delayed_will.take().map(|(due, _)| due),
        ]
        .into_iter()
        .flatten()
        {
            self.deadlines.remove(&(due, key));
        }
        let was_persistent = session_present && session.persistent();
        session.expiry_seconds = attach.expiry_seconds;
        session.attachment = Some(Attachment {
            connection,
            signal: attach.signal,
            window: attach.window,
            max_packet_bytes: attach.max_packet_bytes,
            will: attach.will,
        });
        self.store_lifetime(&key, was_persistent);
        Ok(Attached {
            connection,
            session_present,
        })
    }

    /// Tells the connection that had this session, and lets its Will follow the rules.
    fn end_previous_connection(&mut self, now: Timestamp, key: &SessionKey, session_ends: bool) {
        let Some(session) = self.sessions.get_mut(key) else {
            return;
        };
        if let Some(old) = session.attachment.take() {
            old.signal.take_over();
            let freed = session.rewind();
            self.free(key, freed);
            if let Some(will) = old
                .will
                .filter(|will| session_ends || will.delay_seconds == 0)
            {
                self.publish_will(now, key, &will);
            }
        }
    }

    pub(super) fn detach(
        &mut self,
        now: Timestamp,
        key: &SessionKey,
        connection: ConnectionNumber,
        end: End,
    ) {
        let max_expiry = self.limits.max_expiry;
        let Some(session) = self.attached(key, connection) else {
            return;
        };
        let Some(attachment) = session.attachment.take() else {
            return;
        };
        let was_persistent = session.persistent();
        let (will, asked) = match end {
            End::Normal { expiry_seconds } => (None, expiry_seconds),
            End::WithWill { expiry_seconds } => (attachment.will, expiry_seconds),
            End::Lost => (attachment.will, None),
            End::Shutdown => (None, None),
        };
        if let Some(asked) = asked {
            session.expiry_seconds = capped_seconds(asked, max_expiry);
        }
        let ends_at = now.after(seconds(session.expiry_seconds));
        let held_back = will
            .as_ref()
            .map(|will| now.after(seconds(will.delay_seconds)))
            .filter(|due| *due > now && ends_at > now);
        session.ends_at = Some(ends_at);
        let freed = session.rewind();
        let over = session.expiry_seconds == 0;
        let publish_now = match (will, held_back) {
            (Some(will), Some(due)) => {
                session.delayed_will = Some((due.min(ends_at), will));
                self.deadlines.insert((due.min(ends_at), *key));
                None
            }
            (will, _) => will,
        };
        self.free(key, freed);
        if over {
            self.store_lifetime(key, was_persistent);
            self.remove_session(now, key);
        } else {
            self.deadlines.insert((ends_at, *key));
            self.store_lifetime(key, was_persistent);
        }
        if let Some(will) = publish_now {
            self.publish_will(now, key, &will);
        }
    }

    pub(super) fn deliveries(
        &mut self,
        now: Timestamp,
        key: &SessionKey,
        connection: ConnectionNumber,
    ) -> Vec<Publish> {
        let count = usize::from(self.limits.max_in_flight)
            .min(self.limits.max_queue_messages / IN_FLIGHT_SHARE);
        let bytes = self.limits.max_queue_bytes / IN_FLIGHT_SHARE;
        let Some(session) = self.attached(key, connection) else {
            return Vec::new();
        };
        let (deliveries, freed) = session.take(now, count, bytes);
        self.free(key, freed);
        deliveries
    }

    pub(super) fn subscribe(
        &mut self,
        key: &SessionKey,
        connection: ConnectionNumber,
        mailbox: Mailbox,
        subscription: Subscription,
    ) -> bool {
        let max = self.limits.max_subscriptions;
        let crowded = self
            .subscribers
            .get(&mailbox)
            .is_some_and(|keys| keys.len() >= self.limits.max_subscribers && !keys.contains(key));
        let Some(session) = self.attached(key, connection) else {
            return false;
        };
        let full =
            !session.subscriptions.contains_key(&mailbox) && session.subscriptions.len() >= max;
        if full || crowded {
            return false;
        }
        let before = session.subscriptions.insert(mailbox, subscription);
        let persistent = session.persistent();
        self.subscribers.entry(mailbox).or_default().insert(*key);
        if persistent && before != Some(subscription) {
            self.journal.record(Change::PutSubscription {
                session: *key,
                mailbox,
                subscription,
            });
        }
        true
    }

    pub(super) fn unsubscribe(
        &mut self,
        key: &SessionKey,
        connection: ConnectionNumber,
        mailbox: Mailbox,
    ) -> bool {
        let Some(session) = self.attached(key, connection) else {
            return false;
        };
        let existed = session.subscriptions.remove(&mailbox).is_some();
        let persistent = session.persistent();
        if existed {
            self.forget_subscriber(&mailbox, key);
            if persistent {
                self.journal.record(Change::RemoveSubscription {
                    session: *key,
                    mailbox,
                });
            }
        }
        existed
    }

    /// Queues a message for every subscriber and wakes the connected ones.
    pub(super) fn fan_out(
        &mut self,
        now: Timestamp,
        from: Option<&SessionKey>,
        message: Message,
        at_least_once: bool,
    ) -> Routed {
        let mailbox = *message.mailbox();
        let keys: Vec<SessionKey> = self
            .subscribers
            .get(&mailbox)
            .map(|keys| keys.iter().copied().collect())
            .unwrap_or_default();
        let message = Arc::new(message);
        let mut routed = Routed::NoSubscriber;
        for key in keys {
            let Some(session) = self.sessions.get_mut(&key) else {
                continue;
            };
            let Some(subscription) = session.subscriptions.get(&mailbox).copied() else {
                continue;
            };
            if subscription.no_local && from == Some(&key) {
                continue;
            }
            routed = Routed::Matched;
            let at_least_once = at_least_once && subscription.at_least_once;
            if !at_least_once && session.attachment.is_none() {
                // Live only: an absent subscriber has no use for it.
                continue;
            }
            let number = self.next_number;
            self.next_number += 1;
            let stored = at_least_once && session.persistent();
            session.enqueue(Queued {
                number,
                message: Arc::clone(&message),
                at_least_once,
                packet_id: None,
                stored,
            });
            self.bytes += message.bytes();
            if let Some(attachment) = &session.attachment {
                attachment.signal.wake();
            }
            if stored {
                self.journal.record(Change::PutMessage {
                    session: key,
                    number,
                    message: Arc::clone(&message),
                });
            }
            self.enforce_quotas(&key, now);
        }
        routed
    }

    pub(super) fn sweep(&mut self, now: Timestamp) {
        while let Some(&(due, key)) = self.deadlines.first() {
            if due > now {
                break;
            }
            self.deadlines.pop_first();
            let Some(session) = self.sessions.get_mut(&key) else {
                continue;
            };
            let over = session.ends_at.is_some_and(|at| at <= now);
            let will = session
                .delayed_will
                .take_if(|(due, _)| *due <= now || over)
                .map(|(_, will)| will);
            if let Some(will) = will {
                self.publish_will(now, &key, &will);
            }
            if over {
                self.remove_session(now, &key);
            }
        }
        if now >= self.next_expiry_search {
            self.next_expiry_search = now.after(EXPIRY_SEARCH);
            let keys: Vec<SessionKey> = self.sessions.keys().copied().collect();
            for key in keys {
                self.drop_expired(&key, now);
            }
        }
    }

    /// The session, if this connection still speaks for it.
    pub(super) fn attached(
        &mut self,
        key: &SessionKey,
        connection: ConnectionNumber,
    ) -> Option<&mut Session> {
        self.sessions.get_mut(key).filter(|session| {
            session
                .attachment
                .as_ref()
                .is_some_and(|attachment| attachment.connection == connection)
        })
    }

    /// Accounts for messages a session no longer holds.
    pub(super) fn free(&mut self, key: &SessionKey, freed: Freed) {
        self.bytes = self.bytes.saturating_sub(freed.bytes);
        for number in freed.stored {
            self.journal.record(Change::RemoveMessage {
                session: *key,
                number,
            });
        }
    }

    fn publish_will(&mut self, now: Timestamp, from: &SessionKey, will: &Will) {
        self.counts.published += 1;
        let message = will.message.published_at(now, self.limits.max_expiry);
        self.fan_out(now, Some(from), message, will.at_least_once);
    }

    /// Brings the store in line with how long a session is to live.
    fn store_lifetime(&mut self, key: &SessionKey, was_persistent: bool) {
        let Some(session) = self.sessions.get_mut(key) else {
            return;
        };
        if session.persistent() {
            self.journal.record(Change::PutSession {
                session: *key,
                expiry_seconds: session.expiry_seconds,
                ends_at: session.ends_at,
            });
            if !was_persistent {
                // What a short-lived session had gathered becomes durable with it.
                for (mailbox, subscription) in &session.subscriptions {
                    self.journal.record(Change::PutSubscription {
                        session: *key,
                        mailbox: *mailbox,
                        subscription: *subscription,
                    });
                }
                for queued in session.store_all() {
                    self.journal.record(Change::PutMessage {
                        session: *key,
                        number: queued.number,
                        message: queued.message,
                    });
                }
            }
        } else if was_persistent {
            session.store_none();
            self.journal.record(Change::RemoveSession { session: *key });
        }
    }

    fn remove_session(&mut self, now: Timestamp, key: &SessionKey) {
        let Some(mut session) = self.sessions.remove(key) else {
            return;
        };
        for due in [
            session.ends_at,
            session.delayed_will.as_ref().map(|(due, _)| *due),
        ]
        .into_iter()
        .flatten()
        {
            self.deadlines.remove(&(due, *key));
        }
        for mailbox in session.subscriptions.keys() {
            self.forget_subscriber(mailbox, key);
        }
        let freed = session.drain();
        self.bytes = self.bytes.saturating_sub(freed.bytes);
        if session.persistent() {
            self.journal.record(Change::RemoveSession { session: *key });
        }
        if let Some((_, will)) = session.delayed_will.take() {
            self.publish_will(now, key, &will);
        }
    }

    fn forget_subscriber(&mut self, mailbox: &Mailbox, key: &SessionKey) {
        if let Some(keys) = self.subscribers.get_mut(mailbox) {
            keys.remove(key);
            if keys.is_empty() {
                self.subscribers.remove(mailbox);
            }
        }
    }
}

fn seconds(seconds: u32) -> std::time::Duration {
    std::time::Duration::from_secs(u64::from(seconds))
}

/// A client's wish, as far as the relay grants it.
pub(crate) fn capped_seconds(asked: u32, max: std::time::Duration) -> u32 {
    asked.min(u32::try_from(max.as_secs()).unwrap_or(u32::MAX))
}
