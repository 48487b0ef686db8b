//! Calls on the virtual clock: who is in, who is connected to whom, and that every pair ends connected or with a reason.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "calls/support.rs"]
mod support;

#[path = "calls/connecting.rs"]
mod connecting;

#[path = "calls/staying.rs"]
mod staying;

// As long as the simulation, which stays out of the browser, too.
#[cfg(not(target_arch = "wasm32"))]
#[path = "calls/storms.rs"]
mod storms;

#[path = "calls/people.rs"]
mod people;

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);
