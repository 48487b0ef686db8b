//! Relay connections: MQTT 5 over WebSocket.
//!
//! `session` is the protocol without a socket, `socket` the sockets without a protocol.

mod packets;
mod session;
mod socket;

pub use socket::Relays;
