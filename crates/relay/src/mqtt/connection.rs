//! The task that owns one socket: reads packets as fast as the throttle allows, writes what the broker and the store
//! release, and tells the broker how it ended.

use std::{future::pending, sync::Arc, time::Instant};

use axum::extract::ws::{Message as Frame, WebSocket, close_code};
use mqtt_protocol_core::mqtt::{
    packet::{
        Packet, Property, Qos,
        v5_0::{Connect, Disconnect, Publish, Subscribe, Unsubscribe},
    },
    result_code::{
        ConnectReasonCode, DisconnectReasonCode, MqttError, PubackReasonCode, SubackReasonCode,
        UnsubackReasonCode,
    },
};
use tokio::sync::{
    mpsc::{self, UnboundedReceiver, UnboundedSender},
    watch,
};

use super::{
    connect,
    line::{Closed, Decoded, Line},
    packets,
};
use crate::{
    broker::{
        Broker, ConnectionNumber, End, Message, Routed, SessionKey, Signal, Subscription, reply,
    },
    clock::Timestamp,
    config::Limits,
    mailbox::{Mailbox, MailboxError},
    throttle::Throttle,
};

/// What every connection shares.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) broker: Arc<Broker>,
    pub(crate) limits: Arc<Limits>,
    /// Turns true, or loses its sender, when the relay stops.
    pub(crate) stop: watch::Receiver<bool>,
}

/// Serves one WebSocket until it ends.
pub(crate) async fn serve(socket: WebSocket, context: Context) {
    let limits = Arc::clone(&context.limits);
    let (replies, ready) = mpsc::unbounded_channel();
    let mut connection = Connection {
        line: Line::new(socket, &limits),
        throttle: Throttle::new(
            limits.packets_per_second,
            limits.packet_burst,
            Instant::now(),
        ),
        broker: context.broker,
        limits,
        signal: Arc::new(Signal::default()),
        replies,
        holds: None,
    };
    let outcome = connection.run(context.stop, ready).await;
    // The session is free before the goodbye, which may take its time.
    connection.holds = None;
    if outcome.is_ok() {
        connection.line.goodbye().await;
    }
}

/// The session a connection speaks for. Dropping it lets go, however the connection ended, even by a fault of our own.
struct Hold {
    broker: Arc<Broker>,
    session: SessionKey,
    connection: ConnectionNumber,
    end: End,
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.broker
            .detach(Timestamp::now(), &self.session, self.connection, self.end);
    }
}

struct Connection {
    line: Line,
    throttle: Throttle,
    broker: Arc<Broker>,
    limits: Arc<Limits>,
    signal: Arc<Signal>,
    replies: UnboundedSender<Packet>,
    /// Set by CONNECT.
    holds: Option<Hold>,
}

impl Connection {
    async fn run(
        &mut self,
        mut stop: watch::Receiver<bool>,
        mut ready: UnboundedReceiver<Packet>,
    ) -> Result<(), Closed> {
        let connect_by = Instant::now() + self.limits.connect_timeout;
        loop {
            let unread_until = self.work_off_input().await?;
            self.line.flush().await?;
            if self.line.closing() {
                return Ok(());
            }
            let silence = if self.holds.is_some() {
                self.line.deadline()
            } else {
                Some(connect_by)
            };
            tokio::select! {
                // `changed` also resolves when the relay is dropped without a word.
                _ = stop.changed() => {
                    self.end_as(End::Shutdown);
                    self.line.disconnect(DisconnectReasonCode::ServerShuttingDown, close_code::AWAY).await?;
                }
                () = self.signal.woken() => self.deliver().await?,
                reply = ready.recv() => {
                    if let Some(packet) = reply {
                        self.line.send(packet).await?;
                        while let Ok(packet) = ready.try_recv() {
                            self.line.send(packet).await?;
                        }
                    }
                }
                frame = self.line.read(), if unread_until.is_none() => self.take_frame(frame).await?,
                () = at(unread_until) => {}
                // A throttled peer is not silent: its packets wait on our side.
                () = at(silence), if unread_until.is_none() => {
                    if self.holds.is_some() {
                        self.line.keep_alive_passed().await?;
                    } else {
                        self.line.close(close_code::POLICY);
                    }
                }
            }
        }
    }

    fn held(&self) -> Option<(SessionKey, ConnectionNumber)> {
        self.holds
            .as_ref()
            .map(|hold| (hold.session, hold.connection))
    }

    fn end_as(&mut self, end: End) {
        if let Some(hold) = &mut self.holds {
            hold.end = end;
        }
    }

    /// Decodes and acts until the buffer is empty or the throttle says wait; returns until when.
    async fn work_off_input(&mut self) -> Result<Option<Instant>, Closed> {
        while self.line.has_input() && !self.line.closing() {
            let now = Instant::now();
            if let Some(wait) = self.throttle.wait(now) {
                return Ok(Some(now + wait));
            }
            match self.line.decode().await? {
                Decoded::Packet(packet) => self.act(packet).await?,
                Decoded::Refused(error) => {
                    tracing::debug!(%error, "connection closed for breaking the protocol");
                }
                Decoded::NeedMore => break,
            }
        }
        Ok(None)
    }

    async fn take_frame(
        &mut self,
        frame: Option<Result<Frame, axum::Error>>,
    ) -> Result<(), Closed> {
        match frame {
            Some(Ok(Frame::Binary(bytes))) => self.line.feed(bytes),
            Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => {}
            Some(Ok(Frame::Text(_))) => {
                // MQTT over WebSocket is binary only.
                self.line
                    .disconnect(DisconnectReasonCode::ProtocolError, close_code::UNSUPPORTED)
                    .await?;
            }
            Some(Ok(Frame::Close(_))) | None => return Err(Closed),
            Some(Err(error)) => {
                if is_oversize(&error) {
                    self.line
                        .disconnect(DisconnectReasonCode::PacketTooLarge, close_code::SIZE)
                        .await?;
                } else {
                    return Err(Closed);
                }
            }
        }
        Ok(())
    }

    async fn act(&mut self, packet: Packet) -> Result<(), Closed> {
        // An acknowledgement answers the relay's own packet and so is no load of the peer's making.
        if !matches!(packet, Packet::V5_0Puback(_)) {
            self.throttle.charge();
        }
        let Some((session, number)) = self.held() else {
            return match packet {
                Packet::V5_0Connect(connect) => self.connect(&connect).await,
                _ => {
                    self.line.close(close_code::PROTOCOL);
                    Ok(())
                }
            };
        };
        let acted = match packet {
            Packet::V5_0Publish(publish) => self.publish(&session, &publish),
            Packet::V5_0Puback(puback) => {
                self.broker
                    .acknowledge(&session, number, puback.packet_id());
                self.deliver().await?;
                Ok(())
            }
            Packet::V5_0Subscribe(subscribe) => self.subscribe(&session, number, &subscribe),
            Packet::V5_0Unsubscribe(unsubscribe) => {
                self.unsubscribe(&session, number, &unsubscribe)
            }
            Packet::V5_0Pingreq(_) => match packets::pingresp() {
                Ok(packet) => {
                    self.line.send(packet).await?;
                    Ok(())
                }
                Err(error) => Err(Refusal::from(error)),
            },
            Packet::V5_0Disconnect(disconnect) => self.disconnected(&disconnect),
            _ => Err(Refusal(DisconnectReasonCode::ProtocolError)),
        };
        if let Err(Refusal(reason)) = acted {
            tracing::debug!(%reason, "connection closed for breaking a rule");
            self.line.disconnect(reason, close_code::POLICY).await?;
        }
        Ok(())
    }

    async fn connect(&mut self, packet: &Connect) -> Result<(), Closed> {
        let now = Timestamp::now();
        let answer = connect::accept(packet, &self.limits, Arc::clone(&self.signal), now)
            .and_then(|accepted| {
                let (attach, properties) = accepted.into_parts();
                let session = attach.session;
                let attached = self
                    .broker
                    .attach(now, attach)
                    .map_err(|_| ConnectReasonCode::QuotaExceeded)?;
                self.holds = Some(Hold {
                    broker: Arc::clone(&self.broker),
                    session,
                    connection: attached.connection,
                    end: End::Lost,
                });
                connect::welcome(properties, attached.session_present)
                    .map_err(|_| ConnectReasonCode::UnspecifiedError)
            })
            .or_else(|reason| {
                tracing::debug!(%reason, "CONNECT refused");
                connect::refusal(reason)
            });
        match answer {
            Ok(connack) => self.line.send(connack.into()).await?,
            Err(error) => {
                tracing::error!(%error, "no CONNACK could be built");
                self.line.close(close_code::ERROR);
            }
        }
        if self.holds.is_some() {
            self.deliver().await?;
        } else {
            self.line.close(close_code::POLICY);
        }
        Ok(())
    }

    fn publish(&mut self, session: &SessionKey, publish: &Publish) -> Result<(), Refusal> {
        if publish.retain() {
            return Err(Refusal(DisconnectReasonCode::RetainNotSupported));
        }
        let packet_id = match (publish.qos(), publish.packet_id()) {
            (Qos::AtMostOnce, _) => None,
            (Qos::AtLeastOnce, Some(id)) if id != 0 => Some(id),
            (Qos::AtLeastOnce, _) => return Err(Refusal(DisconnectReasonCode::ProtocolError)),
            (Qos::ExactlyOnce, _) => return Err(Refusal(DisconnectReasonCode::QosNotSupported)),
        };
        let now = Timestamp::now();
        let message = Mailbox::parse(publish.topic_name())
            .map_err(|_| MqttError::TopicNameInvalid)
            .and_then(|mailbox| {
                Message::from_publish(mailbox, publish, now, self.limits.max_expiry)
            });
        match (message, packet_id) {
            (Ok(message), None) => {
                self.broker
                    .publish(now, session, message, false, None::<fn(Routed) -> _>);
            }
            (Ok(message), Some(id)) => {
                let success = packets::puback(id, PubackReasonCode::Success)?;
                let nobody = packets::puback(id, PubackReasonCode::NoMatchingSubscribers)?;
                let failed = packets::puback(id, PubackReasonCode::ImplementationSpecificError)?;
                let replies = &self.replies;
                self.broker.publish(
                    now,
                    session,
                    message,
                    true,
                    Some(|routed| match routed {
                        Routed::Matched => reply(replies, success, failed),
                        Routed::NoSubscriber => reply(replies, nobody.clone(), nobody),
                    }),
                );
            }
            // QoS 0 has no other way to be told.
            (Err(_), None) => return Err(Refusal(DisconnectReasonCode::TopicNameInvalid)),
            (Err(_), Some(id)) => {
                let refused = packets::puback(id, PubackReasonCode::TopicNameInvalid)?;
                self.broker
                    .reply_in_order(reply(&self.replies, refused.clone(), refused));
            }
        }
        Ok(())
    }

    fn subscribe(
        &mut self,
        session: &SessionKey,
        number: ConnectionNumber,
        subscribe: &Subscribe,
    ) -> Result<(), Refusal> {
        let with_identifier = subscribe
            .props()
            .iter()
            .any(|property| matches!(property, Property::SubscriptionIdentifier(_)));
        if with_identifier {
            return Err(Refusal(
                DisconnectReasonCode::SubscriptionIdentifiersNotSupported,
            ));
        }
        let packet_id = subscribe.packet_id();
        if packet_id == 0 || subscribe.entries().is_empty() {
            return Err(Refusal(DisconnectReasonCode::ProtocolError));
        }
        let entries: Vec<Result<(Mailbox, Subscription), MailboxError>> = subscribe
            .entries()
            .iter()
            .map(|entry| {
                let options = entry.sub_opts();
                Mailbox::parse(entry.topic_filter())
                    .map(|mailbox| (mailbox, Subscription::new(options.qos(), options.nl())))
            })
            .collect();
        let failed = packets::suback(
            packet_id,
            vec![SubackReasonCode::UnspecifiedError; entries.len()],
        )?;
        let wanted: Vec<_> = entries
            .iter()
            .map(|entry| entry.as_ref().ok().copied())
            .collect();
        let replies = &self.replies;
        self.broker.subscribe(session, number, &wanted, |granted| {
            let reasons = entries
                .iter()
                .zip(granted)
                .map(|(entry, granted)| match entry {
                    Err(error) => error.suback(),
                    Ok(_) if !granted => SubackReasonCode::QuotaExceeded,
                    Ok((_, subscription)) if subscription.at_least_once => {
                        SubackReasonCode::GrantedQos1
                    }
                    Ok(_) => SubackReasonCode::GrantedQos0,
                })
                .collect();
            let done = packets::suback(packet_id, reasons).unwrap_or_else(|_| failed.clone());
            reply(replies, done, failed)
        });
        Ok(())
    }

    fn unsubscribe(
        &mut self,
        session: &SessionKey,
        number: ConnectionNumber,
        unsubscribe: &Unsubscribe,
    ) -> Result<(), Refusal> {
        let packet_id = unsubscribe.packet_id();
        if packet_id == 0 || unsubscribe.entries().is_empty() {
            return Err(Refusal(DisconnectReasonCode::ProtocolError));
        }
        let entries: Vec<Option<Mailbox>> = unsubscribe
            .entries()
            .iter()
            .map(|filter| Mailbox::parse(filter.as_str()).ok())
            .collect();
        let failed = packets::unsuback(
            packet_id,
            vec![UnsubackReasonCode::UnspecifiedError; entries.len()],
        )?;
        let replies = &self.replies;
        self.broker
            .unsubscribe(session, number, &entries, |existed| {
                let reasons = entries
                    .iter()
                    .zip(existed)
                    .map(|(entry, existed)| match (entry, existed) {
                        (None, _) => UnsubackReasonCode::TopicFilterInvalid,
                        (Some(_), true) => UnsubackReasonCode::Success,
                        (Some(_), false) => UnsubackReasonCode::NoSubscriptionExisted,
                    })
                    .collect();
                let done = packets::unsuback(packet_id, reasons).unwrap_or_else(|_| failed.clone());
                reply(replies, done, failed)
            });
        Ok(())
    }

    fn disconnected(&mut self, disconnect: &Disconnect) -> Result<(), Refusal> {
        let expiry_seconds =
            disconnect
                .props()
                .iter()
                .flatten()
                .find_map(|property| match property {
                    Property::SessionExpiryInterval(interval) => Some(interval.val()),
                    _ => None,
                });
        self.end_as(match disconnect.reason_code() {
            None | Some(DisconnectReasonCode::NormalDisconnection) => {
                End::Normal { expiry_seconds }
            }
            Some(_) => End::WithWill { expiry_seconds },
        });
        self.line.close(close_code::NORMAL);
        Ok(())
    }

    /// Sends what the broker holds for this session, as far as the client's window reaches.
    async fn deliver(&mut self) -> Result<(), Closed> {
        let Some((session, number)) = self.held() else {
            return Ok(());
        };
        if self.signal.taken_over() {
            return self
                .line
                .disconnect(DisconnectReasonCode::SessionTakenOver, close_code::POLICY)
                .await;
        }
        let deliveries = self.broker.deliveries(Timestamp::now(), &session, number);
        for publish in deliveries {
            self.line.send_publish(publish).await?;
        }
        Ok(())
    }
}

/// A rule was broken in a way that ends the connection.
struct Refusal(DisconnectReasonCode);

impl From<MqttError> for Refusal {
    fn from(error: MqttError) -> Self {
        Self(error.into())
    }
}

/// Sleeps until then; for ever without a time.
async fn at(when: Option<Instant>) {
    match when {
        Some(when) => tokio::time::sleep_until(when.into()).await,
        None => pending().await,
    }
}

fn is_oversize(error: &axum::Error) -> bool {
    // The WebSocket library's own error type is not part of axum's interface; its text is.
    error.to_string().starts_with("Space limit exceeded")
}
