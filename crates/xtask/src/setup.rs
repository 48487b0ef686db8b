//! Sets the machine up: looks for each thing a build or test needs, and installs only what is missing.
//!
//! Tools go into a per-user cache folder named by tool and version, never over a user's own; every clone shares it.

use crate::process::{ask, cargo, path_with, run, say, shown, which};
use crate::system;
use crate::versions::{
    AXE, BINARYEN, LIGHTHOUSE, PYTHON_AIORTC, PYTHON_CRYPTOGRAPHY, PYTHON_NUMPY, TRUNK,
    WASM_TARGET, locked_version,
};
use crate::workspace::Workspace;
use anyhow::{Context as _, Result, bail};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where Trunk, wasm-bindgen and wasm-opt of the right versions are.
pub(crate) struct BuildTools {
    /// The Trunk program itself.
    pub(crate) trunk: PathBuf,
    folders: Vec<PathBuf>,
}

impl BuildTools {
    /// PATH with these tools first: how Trunk and cargo find wasm-bindgen, its test runner and wasm-opt.
    pub(crate) fn path(&self) -> Result<OsString> {
        path_with(&self.folders)
    }
}

/// Where a browser and the program that drives it are.
pub(crate) struct Browser {
    /// Chromium or Chrome.
    pub(crate) chromium: PathBuf,
    /// The chromedriver that belongs to it.
    pub(crate) driver: PathBuf,
}

/// Everything a release build of the app needs.
pub(crate) fn build_tools(workspace: &Workspace) -> Result<BuildTools> {
    wasm_target()?;
    let bindgen = wasm_bindgen(workspace)?;
    let wasm_opt = wasm_opt()?;
    let trunk = trunk()?;
    Ok(BuildTools {
        trunk,
        folders: vec![bindgen, wasm_opt],
    })
}

/// What the tests on wasm need beside cargo.
pub(crate) fn test_tools(workspace: &Workspace) -> Result<OsString> {
    wasm_target()?;
    path_with(&[wasm_bindgen(workspace)?])
}

/// The standard library for wasm, added to the toolchain in use.
///
/// A `rust-toolchain.toml` would not do: where rustup is told not to install by itself, it adds nothing.
pub(crate) fn wasm_target() -> Result<()> {
    let installed = || {
        ask(Command::new("rustc").args(["--print", "target-libdir", "--target", WASM_TARGET]))
            .is_some_and(|folder| Path::new(&folder).is_dir())
    };
    if installed() {
        return Ok(());
    }
    if which("rustup").is_none() {
        bail!(
            "Rust's {WASM_TARGET} target is missing and there is no rustup to add it: install Rust from https://rustup.rs"
        );
    }
    let mut add = Command::new("rustup");
    add.args(["target", "add", WASM_TARGET]);
    say(format!(
        "Rust's {WASM_TARGET} target is missing; adding it (about 30 MB): {}",
        shown(&add)
    ));
    run(&mut add).with_context(|| format!("could not add Rust's {WASM_TARGET} target"))?;
    if !installed() {
        bail!("rustup added {WASM_TARGET}, but to another toolchain than the one `rustc` is");
    }
    Ok(())
}

fn trunk() -> Result<PathBuf> {
    // Its own release profile would spend half as much time again on making a short-lived tool faster; and it never
    // serves or downloads anything here, so TLS and the update check stay out.
    let folder = tool_folder("trunk", TRUNK, |target| {
        say(format!(
            "Building Trunk {TRUNK}, which bundles the app (once for this user; some minutes)"
        ));
        cargo_install("trunk", TRUNK, target, |c| {
            c.arg("--no-default-features")
                .env("CARGO_PROFILE_RELEASE_LTO", "off")
                .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
                .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
        })
    })?;
    Ok(folder.join("bin").join("trunk"))
}

fn wasm_bindgen(workspace: &Workspace) -> Result<PathBuf> {
    let version = locked_version(&workspace.lock()?, "wasm-bindgen")?;
    let folder = tool_folder("wasm-bindgen-cli", &version, |target| {
        say(format!(
            "Building wasm-bindgen-cli {version}, which joins wasm and JavaScript (once for this user; a minute or two)"
        ));
        cargo_install("wasm-bindgen-cli", &version, target, |_| ())
    })?;
    Ok(folder.join("bin"))
}

fn wasm_opt() -> Result<PathBuf> {
    let bin = Path::new("node_modules").join("binaryen").join("bin");
    // The program is JavaScript: it needs node on every run, not only to be installed.
    node("wasm-opt")?;
    let folder = tool_folder("binaryen", BINARYEN, |target| {
        say(format!(
            "Fetching wasm-opt (binaryen {BINARYEN}), which makes the app smaller (about 90 MB unpacked)"
        ));
        npm_install("binaryen", &format!("{BINARYEN}.0.0"), target)?;
        if ask(Command::new(target.join(&bin).join("wasm-opt")).arg("--version")).is_none() {
            bail!("wasm-opt does not run with this Node.js; version 18 or later is needed");
        }
        Ok(())
    })?;
    Ok(folder.join(bin))
}

/// The script that finds out whether everybody can use a page.
pub(crate) fn axe() -> Result<PathBuf> {
    let folder = tool_folder("axe-core", AXE, |target| {
        say(format!(
            "Fetching axe-core {AXE}, which checks every screen for accessibility (3 MB)"
        ));
        npm_install("axe-core", AXE, target)
    })?;
    Ok(folder.join("node_modules/axe-core/axe.min.js"))
}

/// The program that tells how good a page's first load is; for node, not for a shell.
pub(crate) fn lighthouse() -> Result<PathBuf> {
    node("Lighthouse")?;
    let folder = tool_folder("lighthouse", LIGHTHOUSE, |target| {
        say(format!(
            "Fetching Lighthouse {LIGHTHOUSE}, which judges the first load (190 MB unpacked)"
        ));
        npm_install("lighthouse", LIGHTHOUSE, target)
    })?;
    Ok(folder.join("node_modules/lighthouse/cli/index.js"))
}

/// The program that runs JavaScript outside of browsers.
fn node(what_it_runs: &str) -> Result<()> {
    if which("node").is_some() {
        return Ok(());
    }
    system::install(
        &format!("Node.js, which runs {what_it_runs},"),
        &["nodejs", "npm"],
        &["node"],
        "node",
    )
}

fn npm_install(package: &str, version: &str, target: &Path) -> Result<()> {
    if which("npm").is_none() {
        system::install(
            "npm, which fetches JavaScript packages,",
            &["npm"],
            &["node"],
            "npm",
        )?;
    }
    std::fs::create_dir_all(target)?;
    run(Command::new("npm")
        .args(["install", "--no-audit", "--no-fund", "--loglevel=error"])
        .arg("--prefix")
        .arg(target)
        .arg(format!("{package}@{version}")))
}

/// A Python with the package `cryptography`, apart from the system's own; nothing where there is no Python at all.
pub(crate) fn python() -> Result<Option<PathBuf>> {
    let package = format!("cryptography=={PYTHON_CRYPTOGRAPHY}");
    python_with(
        &format!("cryptography-{PYTHON_CRYPTOGRAPHY}"),
        &[package],
        &format!(
            "Python's cryptography {PYTHON_CRYPTOGRAPHY}, which checks the protocol's test vectors (5 MB)"
        ),
    )
}

/// A Python with another implementation of WebRTC; nothing where there is no Python at all.
pub(crate) fn python_webrtc() -> Result<Option<PathBuf>> {
    let packages = [
        format!("aiortc=={PYTHON_AIORTC}"),
        format!("numpy=={PYTHON_NUMPY}"),
    ];
    python_with(
        &format!("aiortc-{PYTHON_AIORTC}"),
        &packages,
        &format!("Python's aiortc {PYTHON_AIORTC}, which calls browsers (60 MB)"),
    )
}

/// A Python with these packages, in an environment of that name.
fn python_with(name: &str, packages: &[String], what: &str) -> Result<Option<PathBuf>> {
    const NUMBER: &str = "import sys; print('%d.%d' % sys.version_info[:2])";
    let Some(number) = ask(Command::new("python3").args(["-c", NUMBER])) else {
        return Ok(None);
    };
    // Debian keeps the part of Python that makes environments in a package of its own.
    if ask(Command::new("python3").args(["-c", "import ensurepip, venv"])).is_none() {
        system::install(
            "Python's venv, which keeps a package apart from the system's,",
            &["python3-venv"],
            &["python"],
            "python3-venv",
        )?;
    }
    // An environment belongs to the Python that made it.
    let folder = tool_folder("python", &format!("{number}-{name}"), |target| {
        say(format!("Fetching {what}"));
        run(Command::new("python3").args(["-m", "venv"]).arg(target))?;
        run(Command::new(target.join("bin").join("python"))
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
            ])
            .args(packages))
    })?;
    Ok(Some(folder.join("bin").join("python")))
}

/// Chromium (or Chrome) and its driver.
pub(crate) fn browser() -> Result<Browser> {
    if let Some(found) = find_browser() {
        return Ok(found);
    }
    let debian = if system::is_ubuntu() {
        ["chromium-browser", "chromium-chromedriver"]
    } else {
        ["chromium", "chromium-driver"]
    };
    system::install(
        "a Chromium browser with chromedriver",
        &debian,
        &["chromium", "chromedriver"],
        "chromedriver",
    )?;
    find_browser()
        .context("installed, but no Chromium browser with a chromedriver can be found in PATH")
}

fn find_browser() -> Option<Browser> {
    const NAMES: [&str; 4] = [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    ];
    const MAC: [&str; 2] = [
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    ];
    let driver = std::env::var_os("CHROMEDRIVER")
        .map(PathBuf::from)
        .or_else(|| which("chromedriver"))?;
    let chromium = NAMES
        .iter()
        .find_map(|name| which(name))
        .or_else(|| MAC.iter().map(PathBuf::from).find(|path| path.is_file()))?;
    Some(Browser { chromium, driver })
}

/// The cache folder of one version of one tool, filled by `install` when it does not exist yet.
///
/// It is filled under another name and renamed at the end, so that an interrupted install never looks finished.
pub(crate) fn tool_folder(
    name: &str,
    version: &str,
    install: impl FnOnce(&Path) -> Result<()>,
) -> Result<PathBuf> {
    let tools = cache_root()?.join("discordopus").join("tools");
    let folder = tools.join(format!("{name}-{version}"));
    if folder.is_dir() {
        return Ok(folder);
    }
    let partial = tools.join(format!("{name}-{version}.partial-{}", std::process::id()));
    std::fs::create_dir_all(&tools)
        .with_context(|| format!("cannot create {}", tools.display()))?;
    let filled = install(&partial).with_context(|| format!("could not install {name} {version}"));
    if filled.is_ok() && !folder.is_dir() {
        std::fs::rename(&partial, &folder)?;
    } else if partial.exists() {
        // Failed, or another clone was faster; either way nobody needs this copy.
        std::fs::remove_dir_all(&partial)?;
    }
    filled?;
    Ok(folder)
}

fn cache_root() -> Result<PathBuf> {
    let given = |name| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    given("XDG_CACHE_HOME")
        .or_else(|| Some(given("HOME")?.join(".cache")))
        .context("neither XDG_CACHE_HOME nor HOME says where tools can be kept")
}

fn cargo_install(
    package: &str,
    version: &str,
    target: &Path,
    adjust: impl Fn(&mut Command),
) -> Result<()> {
    let command = |locked: bool| {
        let mut command = cargo();
        command
            .args(["install", package, "--version", version, "--root"])
            .arg(target);
        if locked {
            command.arg("--locked");
        }
        // Outside the workspace its .cargo/config.toml does not reach the tool, nor should a caller's flags.
        command
            .current_dir(std::env::temp_dir())
            .env_remove("RUSTFLAGS");
        adjust(&mut command);
        command
    };
    // A tool's own lock file may name a version the registry in use does not serve; any compatible one will do then.
    run(&mut command(true)).or_else(|_| {
        say(format!("{package} did not build with its own lock file; once more with what the registry offers"));
        run(&mut command(false))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_install_names_the_tool_and_leaves_nothing_behind() {
        let name = format!("no-such-tool-{}", std::process::id());
        let error = tool_folder(&name, "1", |target| {
            std::fs::create_dir_all(target)?;
            bail!("no network")
        })
        .unwrap_err();
        assert_eq!(
            format!("{error:#}"),
            format!("could not install {name} 1: no network")
        );
        let tools = cache_root().unwrap().join("discordopus/tools");
        let left = std::fs::read_dir(tools).unwrap().flatten();
        assert!(
            left.into_iter()
                .all(|entry| !entry.file_name().to_string_lossy().starts_with(&name))
        );
    }
}
