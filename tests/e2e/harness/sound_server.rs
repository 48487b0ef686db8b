//! A sound server of one's own, for browsers that are to have real devices: microphones and speakers that are plugged in and
//! out. Nobody hears any of them.

use super::screen::until;
use super::tone;
use anyhow::{Context as _, Result, ensure};
use std::f64::consts::TAU;
use std::process::{Output, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::net::UnixStream;
use tokio::process::{Child, Command};

/// The speaker that is always there: Firefox runs no sound at all without one.
const SPEAKER: &str = "Loudspeaker";
/// Samples a second of what is recorded, and for how long is recorded.
const RATE: u32 = 16_000;
const RECORDING: Duration = Duration::from_millis(1_000);
/// The least amplitude of a pitch that counts as played, of 1.
const AUDIBLE: f64 = 1e-3;

/// A sound server. It ends with the story, and whatever the person at this machine has set for their own is not touched.
pub(crate) struct SoundServer {
    address: String,
    folder: TempDir,
    _child: Child,
}

/// Something that is plugged in.
pub(crate) struct Plugged {
    /// The server's modules that it is made of, in the order in which they depend on each other.
    modules: Vec<String>,
    /// Plays what a microphone hears.
    _player: Option<Child>,
}

impl SoundServer {
    /// Starts it, with one speaker.
    pub(crate) async fn start() -> Result<Self> {
        let folder = tempfile::tempdir().context("no folder for a sound server")?;
        let program = std::env::var_os("DISCORDOPUS_PULSEAUDIO");
        let program = program.unwrap_or_else(|| "pulseaudio".into());
        let socket = folder.path().join("socket");
        let protocol = format!(
            "module-native-protocol-unix auth-anonymous=1 socket={}",
            socket.display()
        );
        let speaker = format!("module-null-sink {}", speaker(SPEAKER).join(" "));
        let child = Command::new(&program)
            .args(["-n", "--daemonize=no", "--exit-idle-time=-1"])
            .args(["--load", &speaker, "--load", &protocol])
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
            folder,
            _child: child,
        })
    }

    /// Where a browser finds it, as `PULSE_SERVER`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Plugs in a speaker of this name.
    pub(crate) async fn plug_in_speaker(&self, name: &str) -> Result<Plugged> {
        let words = speaker(name);
        let modules = vec![self.load("module-null-sink", &words).await?];
        Ok(Plugged {
            modules,
            _player: None,
        })
    }

    /// Plugs in a microphone of this name that hears a voice of this pitch.
    pub(crate) async fn plug_in_microphone(&self, name: &str, hertz: u32) -> Result<Plugged> {
        let air = format!("{name}-air");
        let mut modules = vec![self.load("module-null-sink", &speaker(&air)).await?];
        let player = self.play(&air, tone::samples(&tone::voice(hertz)))?;
        let words = [
            format!("master={air}.monitor"),
            format!("source_name={name}"),
            format!("source_properties=device.description={name}"),
        ];
        modules.push(self.load("module-remap-source", &words).await?);
        Ok(Plugged {
            modules,
            _player: Some(player),
        })
    }

    /// Plays something again and again, until the player is dropped.
    fn play(&self, speaker: &str, samples: Vec<u8>) -> Result<Child> {
        let mut player = Command::new("pacat");
        player
            .args(["--playback", "--raw", "--format=s16le", "--channels=1"])
            .arg(format!("--rate={}", tone::RATE))
            .arg(format!("--device={speaker}"));
        let player = self.within(&mut player).stdin(Stdio::piped());
        let mut child = player.kill_on_drop(true).spawn()?;
        let mut ear = child.stdin.take().context("the player does not listen")?;
        tokio::spawn(async move { while ear.write_all(&samples).await.is_ok() {} });
        Ok(child)
    }

    /// Pulls something out.
    pub(crate) async fn unplug(&self, plugged: Plugged) -> Result<()> {
        for module in plugged.modules.iter().rev() {
            self.tell(&["unload-module", module]).await?;
        }
        Ok(())
    }

    /// Waits until this speaker sounds with this pitch.
    pub(crate) async fn plays(&self, speaker: Option<&str>, hertz: f64) -> Result<()> {
        let speaker = speaker.unwrap_or(SPEAKER);
        until(&format!("{speaker} to play {hertz} Hz"), async || {
            let samples = self.record(speaker).await?;
            let heard = amplitude(&samples, hertz);
            ensure!(heard > AUDIBLE, "it plays it with {heard}");
            Ok(Some(()))
        })
        .await
    }

    /// What a speaker plays in a while.
    async fn record(&self, speaker: &str) -> Result<Vec<f64>> {
        let mut recorder = Command::new("parec");
        recorder
            .args(["--raw", "--format=s16le", "--channels=1"])
            .arg(format!("--rate={RATE}"))
            .arg(format!("--device={speaker}.monitor"));
        // It ends when it is told to, not after a time.
        let file = self.folder.path().join("recorded");
        recorder.stdout(std::fs::File::create(&file)?);
        let mut child = self.within(&mut recorder).kill_on_drop(true).spawn()?;
        tokio::time::sleep(RECORDING).await;
        child.kill().await?;
        let bytes = std::fs::read(&file)?;
        let sample = |pair: &[u8]| {
            let [low, high] = pair else { return 0.0 };
            f64::from(i16::from_le_bytes([*low, *high])) / f64::from(i16::MAX)
        };
        Ok(bytes.chunks_exact(2).map(sample).collect())
    }

    /// Loads a module, and gives back its number.
    async fn load(&self, module: &str, words: &[String]) -> Result<String> {
        let mut command = vec!["load-module", module];
        command.extend(words.iter().map(String::as_str));
        let said = self.tell(&command).await?;
        Ok(String::from_utf8_lossy(&said.stdout).trim().to_owned())
    }

    async fn tell(&self, words: &[&str]) -> Result<Output> {
        let mut command = Command::new("pactl");
        let said = self.within(command.args(words)).output().await;
        let said = said.context("pactl, which comes with PulseAudio, is not here")?;
        let trouble = String::from_utf8_lossy(&said.stderr).trim().to_owned();
        ensure!(
            said.status.success(),
            "pactl {}: {trouble}",
            words.join(" ")
        );
        Ok(said)
    }

    /// A command that speaks to this server.
    fn within<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("PULSE_SERVER", &self.address)
            .env("HOME", self.folder.path())
            .env("XDG_RUNTIME_DIR", self.folder.path())
            .stdin(Stdio::null())
    }
}

/// What makes a speaker of this name.
fn speaker(name: &str) -> [String; 2] {
    [
        format!("sink_name={name}"),
        format!("sink_properties=device.description={name}"),
    ]
}

/// How much of a pitch is in what was recorded.
fn amplitude(samples: &[f64], hertz: f64) -> f64 {
    let turn = TAU * hertz / f64::from(RATE);
    let (mut across, mut along) = (0.0, 0.0);
    for (number, sample) in samples.iter().enumerate() {
        let (sine, cosine) = (turn * number as f64).sin_cos();
        across += sample * sine;
        along += sample * cosine;
    }
    2.0 * f64::hypot(across, along) / samples.len().max(1) as f64
}
