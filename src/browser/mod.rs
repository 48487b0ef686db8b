//! Adapters between the protocol core and the web platform. They execute and report; they decide nothing.

pub mod audio;
pub mod checkup;
pub mod clock;
pub mod entropy;
pub mod error;
pub mod file;
pub mod files;
pub mod frames;
pub mod ice_servers;
pub mod listener;
mod object;
pub mod page;
pub mod port;
pub mod relay;
pub mod rtc;
pub mod storage;
pub mod tab_lock;
