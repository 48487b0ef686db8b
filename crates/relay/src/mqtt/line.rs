//! The wire side of one connection: codec, keep-alive, socket writes and the goodbye.

use std::time::{Duration, Instant};

use axum::{
    body::Bytes,
    extract::ws::{CloseFrame, Message as Frame, WebSocket, close_code},
};
use futures::SinkExt as _;
use mqtt_protocol_core::mqtt::{
    Connection, Version,
    common::Cursor,
    connection::{ConnectionOptions, Event, TimerKind},
    packet::{GenericPacketTrait as _, Packet},
    result_code::{DisconnectReasonCode, MqttError},
    role,
};

use super::{greeting::Greeting, packets};
use crate::config::Limits;

/// The socket cannot be written to any more.
#[derive(Debug)]
pub(super) struct Closed;

/// Codec and socket of one connection.
pub(super) struct Line {
    socket: WebSocket,
    codec: Connection<role::Server>,
    /// Until CONNECT has arrived.
    greeting: Option<Greeting>,
    /// Bytes that arrived but were not decoded yet.
    input: Bytes,
    /// When the peer's silence has lasted too long.
    deadline: Option<Instant>,
    write_timeout: Duration,
    goodbye_timeout: Duration,
    closing: Option<u16>,
}

/// What one step of decoding brought. Lives on the stack for one call; boxing would cost more than it saves.
#[allow(clippy::large_enum_variant)]
pub(super) enum Decoded {
    /// A packet for the relay to act on.
    Packet(Packet),
    /// The codec refused what it read; its DISCONNECT, if one was due, is on its way.
    Refused(MqttError),
    /// Nothing more in the buffer.
    NeedMore,
}

impl Line {
    pub(super) fn new(socket: WebSocket, limits: &Limits) -> Self {
        let options = ConnectionOptions::new()
            .maximum_packet_size_recv(limits.max_packet_bytes)
            .receive_maximum(limits.max_in_flight);
        Self {
            socket,
            codec: Connection::with_options(Version::V5_0, options),
            greeting: Some(Greeting::new(limits.max_packet_bytes)),
            input: Bytes::new(),
            deadline: None,
            write_timeout: limits.write_timeout,
            goodbye_timeout: limits.goodbye_timeout,
            closing: None,
        }
    }

    /// The next frame; cancel-safe.
    pub(super) async fn read(&mut self) -> Option<Result<Frame, axum::Error>> {
        self.socket.recv().await
    }

    /// Hands over a binary frame. Only called when [`Line::has_input`] is false.
    pub(super) fn feed(&mut self, bytes: Bytes) {
        self.input = bytes;
    }

    pub(super) fn has_input(&self) -> bool {
        !self.input.is_empty()
    }

    /// Whether the connection is to end after what was written.
    pub(super) fn closing(&self) -> bool {
        self.closing.is_some()
    }

    /// Ends the connection with this WebSocket close code once the current packet is dealt with.
    pub(super) fn close(&mut self, code: u16) {
        self.closing.get_or_insert(code);
    }

    /// When the peer will have been silent for too long.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Decodes at most one packet from the buffer.
    pub(super) async fn decode(&mut self) -> Result<Decoded, Closed> {
        while self.has_input() {
            let mut cursor = Cursor::new(self.input.as_ref());
            let fed = match &mut self.greeting {
                None => Ok(self.codec.recv(&mut cursor)),
                Some(greeting) => match greeting.feed(&mut cursor) {
                    Ok(None) => Ok(Vec::new()),
                    Ok(Some(connect)) => {
                        self.greeting = None;
                        Ok(self.codec.recv(&mut Cursor::new(connect.as_slice())))
                    }
                    Err(error) => Err(error),
                },
            };
            let used = usize::try_from(cursor.position()).unwrap_or(usize::MAX);
            let _ = self.input.split_to(used.min(self.input.len()));
            let events = match fed {
                Ok(events) => events,
                Err(error) => return Ok(self.refuse(error)),
            };
            let mut decoded = None;
            for event in self.settle(events).await? {
                match event {
                    Event::NotifyPacketReceived(packet) => decoded = Some(Decoded::Packet(packet)),
                    Event::NotifyError(error) => return Ok(self.refuse(error)),
                    _ => {}
                }
            }
            if let Some(decoded) = decoded {
                return Ok(decoded);
            }
        }
        Ok(Decoded::NeedMore)
    }

    /// Nothing after an error can be trusted: codec and peer are out of step, and the codec does not expect more input.
    fn refuse(&mut self, error: MqttError) -> Decoded {
        self.input.clear();
        // Says more than the plain close the codec may have asked for just before.
        self.closing = Some(close_code_for(error));
        Decoded::Refused(error)
    }

    /// Queues a packet for writing; [`Line::flush`] sends what was queued.
    pub(super) async fn send(&mut self, packet: Packet) -> Result<(), Closed> {
        let events = self.codec.send(packet);
        for event in self.settle(events).await? {
            if let Event::NotifyError(error) = event {
                // Mostly a client whose packet limit is below the smallest answers: it cannot be served.
                tracing::debug!(%error, "packet not sent");
                self.close(close_code::POLICY);
            }
        }
        Ok(())
    }

    /// Sends a message under a packet id the broker chose.
    pub(super) async fn send_publish(
        &mut self,
        publish: mqtt_protocol_core::mqtt::packet::v5_0::Publish,
    ) -> Result<(), Closed> {
        if let Some(id) = publish.packet_id()
            && let Err(error) = self.codec.register_packet_id(id)
        {
            tracing::error!(%error, "the broker chose a packet id in use");
            return Err(Closed);
        }
        self.send(publish.into()).await
    }

    /// Writes out everything queued.
    pub(super) async fn flush(&mut self) -> Result<(), Closed> {
        match tokio::time::timeout(self.write_timeout, self.socket.flush()).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Closed),
        }
    }

    /// The keep-alive time has passed: says so.
    pub(super) async fn keep_alive_passed(&mut self) -> Result<(), Closed> {
        self.deadline = None;
        let events = self.codec.notify_timer_fired(TimerKind::PingreqRecv);
        self.settle(events).await?;
        self.close(close_code::NORMAL);
        Ok(())
    }

    /// Sends DISCONNECT with a reason and ends the connection.
    pub(super) async fn disconnect(
        &mut self,
        reason: DisconnectReasonCode,
        code: u16,
    ) -> Result<(), Closed> {
        self.close(code);
        if let Ok(packet) = packets::disconnect(reason) {
            self.send(packet).await?;
        }
        Ok(())
    }

    /// Closes the WebSocket, reading a little longer so that the last words arrive.
    pub(super) async fn goodbye(mut self) {
        let patience = self.goodbye_timeout;
        let code = self.closing.unwrap_or(close_code::NORMAL);
        let close = Frame::Close(Some(CloseFrame {
            code,
            reason: "".into(),
        }));
        let farewell = async {
            if self.socket.send(close).await.is_ok() {
                while let Some(Ok(_)) = self.socket.recv().await {}
            }
        };
        // A peer that does not answer in time is simply dropped.
        let _ = tokio::time::timeout(patience, farewell).await;
    }

    /// Performs what the codec asks of the socket and the timer; returns the rest.
    async fn settle(&mut self, events: Vec<Event>) -> Result<Vec<Event>, Closed> {
        let mut rest = Vec::new();
        for event in events {
            match event {
                Event::RequestSendPacket { packet, .. } => {
                    let frame = Frame::Binary(packet.to_continuous_buffer().into());
                    match tokio::time::timeout(self.write_timeout, self.socket.feed(frame)).await {
                        Ok(Ok(())) => {}
                        _ => return Err(Closed),
                    }
                }
                Event::RequestTimerReset {
                    kind: TimerKind::PingreqRecv,
                    duration_ms,
                } => self.deadline = Some(Instant::now() + Duration::from_millis(duration_ms)),
                Event::RequestTimerCancel(TimerKind::PingreqRecv) => self.deadline = None,
                Event::RequestClose => self.close(close_code::NORMAL),
                other => rest.push(other),
            }
        }
        Ok(rest)
    }
}

/// The WebSocket's own word for why a connection ends.
fn close_code_for(error: MqttError) -> u16 {
    match error {
        MqttError::PacketTooLarge => close_code::SIZE,
        _ => close_code::PROTOCOL,
    }
}
