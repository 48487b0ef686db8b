//! The driver: the only code that knows both the protocol core and the browser.
//!
//! The client runs in a thread of its own, so that the page never waits for cryptography and storage, and can be used
//! before that half of the app is loaded. [`serve`] is that thread: it waits for this browser's tab lock, opens the
//! storage, restores the client and then drives it until another tab takes over. [`connect`] is its counterpart in the
//! page. The interface sees [`Boot`] states and core events, and speaks through [`Startup`] and [`Commands`]; it never
//! holds a handle of the platform. Sound and direct links are the page's own (`voice`, [`Sound`]): only a page can have
//! them.

mod boot;
mod bridge;
mod checkup;
mod commands;
mod connect;
mod driver;
mod exchange;
pub mod files;
mod pace;
pub mod portrait;
mod reading;
mod safe;
mod serve;
mod sound;
mod start;
mod uploads;
mod voice;

pub use crate::browser::file::File;
pub use crate::browser::page::Feature;
pub use boot::{Boot, Failure, Startup};
pub use bridge::Bridge;
pub use checkup::{Answer, Finding, Purpose, ask_to_keep_storage, check_connection, storage_state};
pub use commands::{Commands, HistoryRequest};
pub use connect::connect;
pub use reading::{Query, Reply, serve_history};
pub use safe::{Safe, SafeAsked, SafeError, SafeRequest};
pub use serve::serve;
pub use sound::{Device, Devices, MicrophoneProblem, Sound, SoundEvent, SoundRequest};
