//! The relay and chromedriver, as child processes that end with the story.

use anyhow::{Context as _, Result, ensure};
use sha2::{Digest as _, Sha256};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// A file or folder of this clone.
fn in_clone(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

/// What the environment variable names, or the first of `places` that is there.
fn found(variable: &str, places: &[PathBuf], how: &str) -> Result<PathBuf> {
    if let Some(named) = std::env::var_os(variable) {
        return Ok(named.into());
    }
    places
        .iter()
        .find(|place| place.exists())
        .cloned()
        .with_context(|| format!("nothing at {places:?}: {how}, or set {variable}"))
}

/// The folder cargo builds into.
pub(crate) fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .map_or_else(|| in_clone("target"), Path::to_owned)
}

/// The browser's program.
pub(crate) fn chromium() -> Result<PathBuf> {
    let places = ["/usr/bin/chromium", "/usr/bin/google-chrome"].map(PathBuf::from);
    found("DISCORDOPUS_CHROMIUM", &places, "install Chromium")
}

/// The built app.
pub(crate) fn dist() -> Result<PathBuf> {
    found(
        "DISCORDOPUS_DIST",
        &[in_clone("dist")],
        "run `cargo xtask build`",
    )
}

/// The relay's program.
pub(crate) fn relay() -> Result<PathBuf> {
    let built = |profile| target().join(profile).join("discordopus-relay");
    found(
        "DISCORDOPUS_RELAY",
        &[built("native"), built("debug")],
        "run `cargo build --package discordopus-relay`",
    )
}

/// The script that finds out whether everybody can use a page.
pub(crate) fn axe() -> Result<PathBuf> {
    found("DISCORDOPUS_AXE", &[], "run `cargo xtask test e2e`")
}

/// A running relay whose data outlives it.
pub(crate) struct Relay {
    run: Box<dyn Fn() -> Command + Send + Sync>,
    dist: PathBuf,
    data: PathBuf,
    port: u16,
    child: Option<Child>,
}

impl Relay {
    /// Starts the relay on a free port with `data` as its folder; `run` makes the command that runs it, with the flags
    /// that it is to have beside those.
    pub(crate) async fn start(
        run: impl Fn() -> Command + Send + Sync + 'static,
        dist: PathBuf,
        data: PathBuf,
    ) -> Result<Self> {
        let mut relay = Self {
            run: Box::new(run),
            dist,
            data,
            port: 0,
            child: None,
        };
        relay.start_again().await?;
        Ok(relay)
    }

    /// Where browsers ask for it, also while it is down: a page from there may use a microphone without a certificate.
    pub(crate) fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// Ends it without warning, as a power cut does.
    pub(crate) async fn kill(&mut self) -> Result<()> {
        let mut child = self.child.take().context("the relay is down already")?;
        child.kill().await.context("cannot kill the relay")
    }

    /// Starts it on the address and the data it had.
    pub(crate) async fn start_again(&mut self) -> Result<()> {
        ensure!(self.child.is_none(), "the relay is up already");
        let mut child = (self.run)()
            .arg("--port")
            .arg(self.port.to_string())
            .arg("--dist")
            .arg(&self.dist)
            .arg("--data")
            .arg(&self.data)
            .env("RUST_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("cannot start the relay")?;
        let line = line_with(&mut child, "listening on ").await?;
        let port = line.rsplit(':').next().unwrap_or_default();
        self.port = port.trim().parse().with_context(|| line.clone())?;
        self.child = Some(child);
        Ok(())
    }
}

/// A script beside the app that starts the client in a thread whose clock is ahead, by the days that it is named after.
pub(crate) const LATE_CLIENT: &str = "late-client.js";

const LATE_CLIENT_SCRIPT: &str = "import './client.js';
const now = Date.now;
const days = Number(self.name);
Date.now = () => now() + days * 24 * 60 * 60 * 1000;
";

/// Puts links to the app's files into `folder`, and [`LATE_CLIENT`] beside them.
pub(crate) fn link_app(dist: &Path, folder: &Path) -> Result<()> {
    std::fs::create_dir(folder)?;
    for entry in std::fs::read_dir(dist).context("the app is not built")? {
        let entry = entry?;
        std::os::unix::fs::symlink(entry.path(), folder.join(entry.file_name()))?;
    }
    std::fs::write(folder.join(LATE_CLIENT), LATE_CLIENT_SCRIPT)?;
    Ok(())
}

/// The two files of the app in which a build writes what it made.
const MADE: [&str; 2] = ["index.html", "service-worker.js"];

/// Puts another version of the app in place of the one in `app`, made as the build makes it: another description in the
/// page, its digest in the list, and another version above it. Returns what was there before.
pub(crate) fn built_anew(app: &Path, description: &str) -> Result<[String; 2]> {
    let before = read_made(app)?;
    let [page, worker] = &before;
    let (start, rest) = page
        .split_once("name=\"description\" content=\"")
        .context("the page has no description")?;
    let (_, end) = rest.split_once('"').context("it does not end")?;
    let page = format!("{start}name=\"description\" content=\"{description}\"{end}");
    let worker = with_digest(worker, &hex(&Sha256::digest(&page)))?;
    write_made(app, [&page, &worker])?;
    Ok(before)
}

/// Puts the service worker of another version in place, but none of its files: a deployment that is under way.
pub(crate) fn half_built(app: &Path) -> Result<()> {
    let [page, worker] = read_made(app)?;
    let worker = with_digest(&worker, &hex(&Sha256::digest("not there yet")))?;
    write_made(app, [&page, &worker])
}

/// Goes back to an earlier version.
pub(crate) fn roll_back(app: &Path, before: &[String; 2]) -> Result<()> {
    write_made(app, before.each_ref())
}

fn read_made(app: &Path) -> Result<[String; 2]> {
    let read = |name| std::fs::read_to_string(app.join(name)).context("the app is not built");
    let [page, worker] = MADE;
    Ok([read(page)?, read(worker)?])
}

fn write_made(app: &Path, made: [&String; 2]) -> Result<()> {
    for (name, text) in MADE.into_iter().zip(made) {
        // The copies would go on being served; the files themselves are links to the built ones, which stay as they are.
        for ending in ["", ".br", ".gz"] {
            let file = app.join(format!("{name}{ending}"));
            if file.exists() {
                std::fs::remove_file(file)?;
            }
        }
        std::fs::write(app.join(name), text)?;
    }
    Ok(())
}

/// The service worker with another digest of the page, and a version that is named after it.
fn with_digest(worker: &str, digest: &str) -> Result<String> {
    let replaced = |text: &str, before: &str, value: &str| -> Result<String> {
        let (start, rest) = text.split_once(before).context("another service worker")?;
        let (_, end) = rest.split_once('"').context("it does not end")?;
        Ok(format!("{start}{before}{value}\"{end}"))
    };
    let worker = replaced(worker, "[\"/\",\"", digest)?;
    replaced(&worker, "const VERSION = \"", &digest[..16])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Puts a deployment's own `config.json` in place of the one the app was built with.
pub(crate) fn deploy(app: &Path, config: &str) -> Result<()> {
    let file = app.join("config.json");
    // It may be a link to the built one, which stays as it is.
    if file.exists() {
        std::fs::remove_file(&file)?;
    }
    std::fs::write(file, config).context("cannot write the deployment's file")
}

/// The one chromedriver of a story; it serves all browsers.
pub(crate) struct Driver {
    address: String,
    child: Child,
}

impl Driver {
    /// Starts chromedriver on a free port.
    pub(crate) async fn start() -> Result<Self> {
        let program = std::env::var_os("CHROMEDRIVER").unwrap_or_else(|| "chromedriver".into());
        let mut child = Command::new(&program)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let line = line_with(&mut child, "successfully on port ").await?;
        let port = line.rsplit(' ').next().unwrap_or_default();
        let port: u16 = port.trim_end_matches('.').parse().context(line.clone())?;
        Ok(Self {
            address: format!("http://127.0.0.1:{port}"),
            child,
        })
    }

    /// Where it takes commands.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Ends it.
    pub(crate) async fn stop(&mut self) {
        let _ = self.child.kill().await;
    }
}

/// Reads what `child` prints up to the line that contains `words`, and goes on reading: a full pipe would stop it.
pub(crate) async fn line_with(child: &mut Child, words: &str) -> Result<String> {
    let output = child.stdout.take().context("its output is not ours")?;
    let mut lines = BufReader::new(output).lines();
    while let Some(line) = lines.next_line().await? {
        if line.contains(words) {
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Ok(line);
        }
    }
    anyhow::bail!("it ended without the words {words:?}")
}
