//! The DiscordOpus relay: one port that serves the built app and moves sealed messages between mailboxes.
//!
//! - [`Config`] says where to listen, what to serve, where to keep queues, and every limit.
//! - [`Relay::bind`] starts a relay in this process; [`Relay::shutdown`] stops it with everything on disk.
//! - `broker` decides who gets what (no sockets), `mqtt` speaks MQTT 5 on a WebSocket, `http` serves files and headers.
//!
//! The relay holds no keys and reads no payload. It logs neither topics, nor addresses, nor payloads.
//!
#![doc = include_str!("../README.md")]

mod admission;
mod broker;
mod clock;
mod config;
mod http;
mod mailbox;
mod mqtt;
mod relay;
mod throttle;
mod turn;

pub use broker::OpenStoreError;
pub use config::*;
pub use http::AllowedRelayError;
pub use relay::{BindError, Relay};
pub use turn::{TURN_LIFETIME, Turn, TurnError};
