//! Several people, each with a browser of their own, through a real relay. Everything is found by its accessible name.
//!
//! `harness/` holds the world they live in and what a person can do in it; the other modules are the stories. They run
//! one after the other: browsers are many processes, and the machines that run this have few cores.
//!
//! `cargo xtask test e2e` builds what is needed first. By hand: `DISCORDOPUS_DIST` and `DISCORDOPUS_RELAY` name the built
//! app and the relay's program; without them the places where `cargo xtask` leaves both are looked at. A story that fails
//! leaves pictures of all screens in `target/e2e/`.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod harness;

mod absence;
mod around_calls;
mod axe;
mod backup;
mod conversation;
mod doubts;
mod ear;
mod files;
mod firefox;
mod foreign;
mod invites;
mod keyboard;
mod lock;
mod membership;
mod messages;
mod mid_call;
mod nat;
mod offline;
mod plugging;
mod profile;
mod screenshots;
mod start;
mod street;
mod tabs;
mod tour;
mod trust;
mod voice;
mod weeks;
