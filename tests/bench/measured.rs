//! Measures, in Chromium on this machine, what the README quotes, and prints it as a table. `cargo xtask bench` builds
//! what is measured and calls it.
//!
//! Times are taken inside the pages, by listeners that wait there: the way from this program to the browser is no part
//! of them. Pages of different browsers share the machine's clock.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// The people of the end-to-end tests can do more than is measured.
#![cfg_attr(not(target_arch = "wasm32"), allow(dead_code, unused_imports))]

#[cfg(not(target_arch = "wasm32"))]
#[path = "../e2e/harness/mod.rs"]
mod harness;

#[cfg(not(target_arch = "wasm32"))]
mod busy;
#[cfg(not(target_arch = "wasm32"))]
mod calls;
#[cfg(not(target_arch = "wasm32"))]
mod leaving;
#[cfg(not(target_arch = "wasm32"))]
mod long;
#[cfg(not(target_arch = "wasm32"))]
mod machine;
#[cfg(not(target_arch = "wasm32"))]
mod native;
#[cfg(not(target_arch = "wasm32"))]
mod transfer;

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    // By hand: `cargo bench --profile dev --bench measured -- calls` measures these alone.
    let wanted = std::env::args().skip(1).find(|word| !word.starts_with('-'));
    let wanted = |part| wanted.as_deref().is_none_or(|name| name == part);
    println!("\n{}\n", machine::described());
    println!("| what | measured |");
    println!("|---|---|");
    if wanted("app") {
        native::measure();
    }
    if wanted("long") {
        long::measure();
    }
    if wanted("busy") {
        busy::measure();
    }
    if wanted("calls") || wanted("joining") {
        calls::measure_joining();
    }
    if wanted("calls") {
        calls::measure_cost();
    }
    if wanted("leaving") {
        leaving::measure();
    }
    if wanted("transfer") {
        transfer::measure();
    }
}

/// It drives browsers from outside; there is nothing to run in one.
#[cfg(target_arch = "wasm32")]
fn main() {}
