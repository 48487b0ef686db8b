//! A speaker that nobody hears: Firefox runs no sound at all without one.

use super::screen::until;
use anyhow::{Context as _, Result};
use std::process::Stdio;
use tempfile::TempDir;
use tokio::net::UnixStream;
use tokio::process::{Child, Command};

/// A sound server of its own, with nothing but that speaker. It ends with the story.
pub(super) struct Sink {
    address: String,
    _folder: TempDir,
    _child: Child,
}

impl Sink {
    /// Starts it.
    pub(super) async fn start() -> Result<Self> {
        let folder = tempfile::tempdir().context("no folder for a sound server")?;
        let program = std::env::var_os("DISCORDOPUS_PULSEAUDIO");
        let program = program.unwrap_or_else(|| "pulseaudio".into());
        let socket = folder.path().join("socket");
        let protocol = format!(
            "module-native-protocol-unix auth-anonymous=1 socket={}",
            socket.display()
        );
        let child = Command::new(&program)
            .args(["-n", "--daemonize=no", "--exit-idle-time=-1"])
            .args(["--load", "module-null-sink", "--load", &protocol])
            // Whatever the person has set for their own stays theirs.
            .env("HOME", folder.path())
            .env("XDG_RUNTIME_DIR", folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        until("the sound server to answer", async || {
            Ok(UnixStream::connect(&socket).await.ok())
        })
        .await?;
        Ok(Self {
            address: format!("unix:{}", socket.display()),
            _folder: folder,
            _child: child,
        })
    }

    /// Where a browser finds it, as `PULSE_SERVER`.
    pub(super) fn address(&self) -> &str {
        &self.address
    }
}
