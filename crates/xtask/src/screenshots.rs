//! `cargo xtask screenshots`: a picture of every screen, wide and on a phone, light and dark, in every language.

use crate::process::{cargo, run, say};
use crate::workspace::Workspace;
use crate::{dist, run as relay, setup};
use anyhow::Result;

/// Builds what there is to see, and lets browsers take the pictures.
pub(crate) fn screenshots(workspace: &Workspace) -> Result<()> {
    let browser = setup::browser()?;
    let dist = dist::build(workspace)?;
    let relay = relay::build_relay(workspace)?;
    let pictures = workspace.target().join("screenshots");
    say("Taking the pictures (some minutes)");
    let mut tour = cargo();
    tour.args(["test", "--locked", "--package", "discordopus"])
        .args(["--test", "e2e", "--", "--ignored", "screenshots::"])
        .current_dir(workspace.root())
        .env("DISCORDOPUS_DIST", dist)
        .env("DISCORDOPUS_RELAY", relay)
        .env("DISCORDOPUS_SCREENSHOTS", &pictures)
        .env("DISCORDOPUS_CHROMIUM", browser.chromium)
        .env("CHROMEDRIVER", browser.driver);
    run(&mut tour)?;
    say(format!("The pictures are in {}", pictures.display()));
    Ok(())
}
