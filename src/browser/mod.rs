//! Adapters between the protocol core and the web platform. They execute and report; they decide nothing.

pub mod clock;
pub mod entropy;
pub mod error;
pub mod ice_servers;
pub mod listener;
pub mod page;
pub mod port;
pub mod relay;
pub mod storage;
pub mod tab_lock;
