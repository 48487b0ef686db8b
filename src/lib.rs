//! The browser app: `ui` shows, `runtime` drives the protocol core, `browser` touches the web platform.

pub mod browser;
pub mod runtime;
pub mod ui;
