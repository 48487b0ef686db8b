//! Relay connections: MQTT 5 over WebSocket.
//!
//! `session` is the protocol without a socket, `socket` the sockets without a protocol.

mod packets;
mod session;

pub use session::{Opening, Report, Session};
