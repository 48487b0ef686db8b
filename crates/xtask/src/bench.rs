//! `cargo xtask bench`: what the README says about speed and size, measured on this machine.
//!
//! Nothing here passes or fails: other programs on the machine change every number but the sizes.

use crate::process::{cargo, run, say};
use crate::test::in_chromium;
use crate::versions::WASM_TARGET;
use crate::workspace::Workspace;
use crate::{dist, lighthouse, run as relay, setup, size};
use anyhow::{Context as _, Result};
use clap::ValueEnum;
use std::path::PathBuf;
use std::process::Command;

/// The example of the core that the page of the benchmark calls.
const SPEED: &str = "sender_key_speed";

/// Which parts to measure.
#[derive(clap::Args)]
pub(crate) struct BenchOptions {
    /// Only these parts; everything when none is named.
    #[arg(value_enum)]
    parts: Vec<Part>,
}

/// One part of what is measured.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// What a first visit downloads.
    Size,
    /// How good the first load is, on a phone and on a desk.
    Lighthouse,
    /// Cryptography, delivery and joining a group.
    App,
    /// Calls between browsers: how soon everybody is heard, and what that costs.
    Calls,
    /// The first half of that, which takes a minute.
    Joining,
    /// How long whoever is in a call no more is still on the others' screens.
    Leaving,
    /// A large file between browsers, beside a bare data channel.
    Transfer,
    /// Calls within one page, beside connections without an app.
    Mesh,
    /// A long history: to the first screen of it, and through it.
    Long,
    /// Hours of a busy conversation.
    Busy,
}

/// Builds what is measured, the way it is delivered, and measures it.
pub(crate) fn bench(workspace: &Workspace, options: &BenchOptions) -> Result<()> {
    let wanted = |part| options.parts.is_empty() || options.parts.contains(&part);
    say("Leave the machine alone while something is measured");
    if wanted(Part::Size) {
        size::check(&dist::build(workspace)?)?;
    }
    if wanted(Part::Lighthouse) {
        lighthouse::judge(workspace)?;
    }
    for (part, name) in [
        (Part::App, "app"),
        (Part::Calls, "calls"),
        (Part::Leaving, "leaving"),
        (Part::Long, "long"),
        (Part::Busy, "busy"),
        (Part::Transfer, "transfer"),
    ] {
        if wanted(part) {
            between_browsers(workspace, name)?;
        }
    }
    if options.parts.contains(&Part::Joining) && !wanted(Part::Calls) {
        between_browsers(workspace, "joining")?;
    }
    if wanted(Part::Mesh) {
        say("Building clients that call each other in one page (a few minutes the first time)");
        in_one_page(workspace, "browser_mesh", "beside_a_bare_mesh")?;
    }
    if wanted(Part::Long) {
        say("Building a page over a long history (a few minutes the first time)");
        in_one_page(workspace, "browser_long", "what_a_long_history_costs")?;
    }
    Ok(())
}

/// What several browsers measure together.
fn between_browsers(workspace: &Workspace, part: &str) -> Result<()> {
    let browser = setup::browser()?;
    let dist = dist::build(workspace)?;
    let relay = relay::build_relay(workspace)?;
    // The program only drives browsers: an optimised build of it would take minutes and change no number.
    let mut measure = cargo();
    measure
        .args(["bench", "--locked", "--profile", "dev"])
        .args(["--package", "discordopus", "--bench", "measured"])
        .args(["--", part])
        .current_dir(workspace.root())
        .env("DISCORDOPUS_DIST", dist)
        .env("DISCORDOPUS_RELAY", relay)
        .env("DISCORDOPUS_CHROMIUM", browser.chromium)
        .env("CHROMEDRIVER", browser.driver);
    if part == "app" {
        measure.env("DISCORDOPUS_SPEED_PAGE", speed_page(workspace)?);
    }
    run(&mut measure)
}

/// What a page of the tests measures: optimised, without what makes a build small.
fn in_one_page(workspace: &Workspace, test: &str, measurement: &str) -> Result<()> {
    let path = setup::test_tools(workspace)?;
    let browser = setup::browser()?;
    let mut measure = cargo();
    measure
        .args(["test", "--locked", "--release", "--target", WASM_TARGET])
        .args(["--package", "discordopus", "--test", test])
        .args(["--", "--include-ignored", "--nocapture", measurement])
        .current_dir(workspace.root())
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
    in_chromium(&mut measure, workspace, path, &browser);
    run(&mut measure)
}

/// The page that measures sender keys: their code in the app's release profile, and WebCrypto beside it.
fn speed_page(workspace: &Workspace) -> Result<PathBuf> {
    let tools = setup::build_tools(workspace)?;
    say("Building the benchmark of the sender keys for release (a few minutes the first time)");
    let mut build = cargo();
    build
        .args(["build", "--locked", "--release", "--target", WASM_TARGET])
        .args(["--package", "discordopus-core", "--features", "speed"])
        .args(["--example", SPEED])
        .current_dir(workspace.root());
    run(&mut build)?;

    let page = workspace.target().join("xtask").join("speed");
    let built = workspace
        .target()
        .join(WASM_TARGET)
        .join("release/examples");
    let module = page.join(format!("{SPEED}_bg.wasm"));
    std::fs::create_dir_all(&page)?;
    run(Command::new("wasm-bindgen")
        .args(["--target", "web", "--no-typescript", "--out-dir"])
        .arg(&page)
        .arg(built.join(format!("{SPEED}.wasm")))
        .env("PATH", tools.path()?))?;
    // The app goes through it too, with the same options (see index.html).
    run(Command::new("wasm-opt")
        .args(["-Oz", "--low-memory-unused", "--reorder-functions-by-name"])
        .arg("--output")
        .arg(&module)
        .arg(&module)
        .env("PATH", tools.path()?))?;
    for file in ["index.html", "speed.js"] {
        let from = workspace.path("tests/bench/page").join(file);
        std::fs::copy(&from, page.join(file))
            .with_context(|| format!("cannot copy {}", from.display()))?;
    }
    Ok(page)
}
