//! Adapters between the protocol core and the web platform. They execute and report; they decide nothing.

pub mod page;
