//! `cargo xtask run`: from a fresh clone to the app in a browser.

use crate::dist;
use crate::process::{cargo, run as run_program, say};
use crate::workspace::Workspace;
use anyhow::{Context as _, Result, bail};
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::Command;

/// Where to listen and where to keep the relay's queues.
#[derive(clap::Args)]
pub(crate) struct RunOptions {
    /// The port to listen on.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// The address to listen on. Browsers give the app the storage and cryptography it needs only on localhost or
    /// behind https.
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,
    /// The folder for undelivered sealed messages [default: the user's state folder].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Passed on to the relay; `-- --help` lists what it understands.
    #[arg(last = true)]
    relay: Vec<String>,
}

/// Builds what has changed, then becomes the relay.
pub(crate) fn run(workspace: &Workspace, options: RunOptions) -> Result<()> {
    let address = SocketAddr::new(options.host, options.port);
    // Asked before the long part, not after it.
    if let Err(error) = TcpListener::bind(address) {
        bail!("cannot listen on {address} ({error}): choose another with --port or --host");
    }
    let dist = dist::build(workspace)?;
    let relay = build_relay(workspace)?;
    say(format!(
        "Starting the relay. Open http://{address} in a browser, create a group, and send its invite link to friends"
    ));
    if !options.host.is_loopback() {
        say(
            "Other machines need https in front of it: without, their browsers withhold storage and cryptography",
        );
    }
    let mut command = Command::new(relay);
    command
        .arg("--host")
        .arg(options.host.to_string())
        .arg("--port")
        .arg(options.port.to_string());
    command.arg("--dist").arg(dist);
    if let Some(folder) = options.data {
        command.arg("--data").arg(folder);
    }
    command.args(options.relay);
    become_program(&mut command)
}

/// Builds the relay if anything it is made from has changed, and says where it is.
pub(crate) fn build_relay(workspace: &Workspace) -> Result<PathBuf> {
    say("Bringing the relay up to date (a few minutes the first time)");
    run_program(
        cargo()
            .args([
                "build",
                "--locked",
                "--package",
                "discordopus-relay",
                "--profile",
                "native",
            ])
            .current_dir(workspace.root()),
    )
    .context("the relay did not build")?;
    Ok(workspace.relay())
}

/// Replaces this process, so that a signal sent to `cargo xtask run` reaches the relay itself.
#[cfg(unix)]
fn become_program(command: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt as _;
    Err(command.exec())
        .with_context(|| format!("could not start: {}", crate::process::shown(command)))
}

#[cfg(not(unix))]
fn become_program(command: &mut Command) -> Result<()> {
    run_program(command)
}
