//! MQTT 5 over one WebSocket: the checks at the door, the packets, and the task that owns the socket.

mod connect;
mod connection;
mod greeting;
mod line;
mod packets;

pub(crate) use connection::{Context, serve};

/// The WebSocket subprotocol MQTT is registered under.
pub(crate) const SUBPROTOCOL: &str = "mqtt";
