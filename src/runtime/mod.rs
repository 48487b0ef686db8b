//! The driver: the only code that knows both the protocol core and the browser.
//!
//! [`start`] looks whether the browser can run the app, waits for this browser's tab lock, opens the storage, restores
//! the client and then drives it until another tab takes over. The interface sees [`Boot`] states and core events, and
//! speaks through [`Startup`] and [`Commands`]; it never holds a handle of the platform.

mod boot;
mod bridge;
mod commands;
mod driver;
mod start;

pub use crate::browser::page::Feature;
pub use boot::{Boot, Failure, Startup};
pub use bridge::Bridge;
pub use commands::{Commands, HistoryRequest};
pub use start::start;
