//! What people see: components that read the view model and speak through `Commands`.
//!
//! `view_model` holds what is on screen as plain values (tested natively), `pages` are the screens, `components` their
//! parts, `i18n` every word, `route` the addresses, `dom` the few calls to the page. No component decides a matter of
//! the protocol: where one would need to, the answer belongs into the core's views.

#[allow(
    unreachable_pub,
    reason = "the component macro makes property types public"
)]
mod app;
mod call_watch;
#[allow(
    unreachable_pub,
    reason = "the component macro makes property types public"
)]
mod components;
mod context;
mod dom;
pub mod i18n;
mod idle_watch;
mod news_watch;
#[allow(
    unreachable_pub,
    reason = "the component macro makes property types public"
)]
mod pages;
pub mod route;
mod tones;
mod version_watch;
pub mod view_model;
mod words;

pub use app::{App, mount};
