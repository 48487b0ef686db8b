//! A group's call on screen: who is in it, what one's microphone does, and what is wrong.

mod bar;
mod controls;
mod details;
mod incoming;
mod join;
mod keys;
mod person;
mod region;
mod trouble;

pub(crate) use bar::CallBar;
pub(crate) use incoming::IncomingCalls;
pub(crate) use join::{CrowdDialog, StartButton};
pub(crate) use keys::watch_talk_key;
pub(crate) use region::CallRegion;
pub(crate) use trouble::MicrophoneTrouble;
