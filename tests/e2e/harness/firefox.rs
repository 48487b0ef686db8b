//! Somebody with Firefox. Its driver knows no tree of roles and names, so what is pressed is found by what can be read on
//! it or stands in its `aria-label`; and there is no way to put a script before the page's own, so the ear comes later,
//! before any call.

use super::hearing::{self, EAR, Voice};
use super::names;
use super::programs::line_with;
use super::screen::until;
use super::sound_server::SoundServer;
use anyhow::{Context as _, Result};
use serde_json::Value;
use std::process::Stdio;
use thirtyfour::common::capabilities::firefox::FirefoxPreferences;
use thirtyfour::prelude::*;
use tokio::process::{Child, Command};

/// Finds something by what is written on it, beside it, or in its label.
const FIND: &str = "
    const words = (it) => (it.getAttribute('aria-label') ?? it.labels?.[0]?.innerText ?? it.innerText).trim();
    const shown = [...document.querySelectorAll('button, input, textarea, a')].filter((it) => it.checkVisibility());
    return shown.find((it) => !it.disabled && words(it) === arguments[0]) ?? null;
";

/// Somebody at a Firefox with a fresh profile.
pub(crate) struct Firefox {
    name: String,
    pitch: u32,
    browser: WebDriver,
    driver: Child,
    sound: SoundServer,
}

impl Firefox {
    /// Opens the browser; its microphone hears a tone of this pitch, and every site may use it.
    pub(crate) async fn open(name: &str, pitch: u32) -> Result<Self> {
        Self::opened(name, pitch, SoundServer::start().await?, true).await
    }

    /// The same with what is plugged in at this sound server.
    pub(crate) async fn open_at(sound: SoundServer, name: &str) -> Result<Self> {
        Self::opened(name, 0, sound, false).await
    }

    /// What its sound comes from and goes to.
    pub(crate) fn sound(&self) -> &SoundServer {
        &self.sound
    }

    async fn opened(name: &str, pitch: u32, sound: SoundServer, made_up: bool) -> Result<Self> {
        let program = std::env::var_os("GECKODRIVER").unwrap_or_else(|| "geckodriver".into());
        // It answers only those who ask for the port it was told, so it can't choose one itself.
        let free = std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
        let mut driver = Command::new(&program)
            .args(["--port", &free.port().to_string()])
            .env("PULSE_SERVER", sound.address())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        line_with(&mut driver, "Listening on ").await?;
        let mut wishes = DesiredCapabilities::firefox();
        wishes.set_headless()?;
        let mut preferences = FirefoxPreferences::new();
        preferences.set("media.navigator.streams.fake", made_up)?;
        preferences.set("media.navigator.audio.fake_frequency", pitch)?;
        preferences.set("media.navigator.permission.disabled", true)?;
        // Its autoplay is none of these stories' business.
        preferences.set("media.autoplay.default", 0)?;
        preferences.set("media.autoplay.blocking_policy", 0)?;
        preferences.set("intl.accept_languages", "en-US")?;
        preferences.set("intl.locale.requested", "en-US")?;
        wishes.set_preferences(preferences)?;
        let browser = WebDriver::new(format!("http://{free}"), wishes)
            .await
            .context("Firefox did not start")?;
        Ok(Self {
            name: name.to_owned(),
            pitch,
            browser,
            driver,
            sound,
        })
    }

    /// Who speaks how.
    pub(crate) fn voice(&self) -> Voice<'_> {
        (&self.name, f64::from(self.pitch))
    }

    /// Joins a group by an invite link.
    pub(crate) async fn join(&self, link: &str) -> Result<()> {
        self.goes_to(link).await?;
        self.fill(names::YOUR_NAME, &self.name).await?;
        self.press(names::JOIN).await?;
        self.find(names::MESSAGE).await?;
        Ok(())
    }

    /// Types an address.
    pub(crate) async fn goes_to(&self, address: &str) -> Result<()> {
        self.browser.goto(address).await?;
        self.script(EAR).await
    }

    /// Runs a script in the page; a promise is awaited.
    pub(crate) async fn script(&self, script: &str) -> Result<()> {
        self.browser.execute(script, Vec::new()).await?;
        Ok(())
    }

    /// Presses a button.
    pub(crate) async fn press(&self, button: &str) -> Result<()> {
        let what = format!("{} to press \"{button}\"", self.name);
        until(&what, async || {
            self.find(button).await?.click().await?;
            Ok(Some(()))
        })
        .await
    }

    async fn fill(&self, textbox: &str, text: &str) -> Result<()> {
        let element = self.find(textbox).await?;
        element.clear().await?;
        element.send_keys(text).await?;
        Ok(())
    }

    /// Waits until something with these words is there.
    pub(crate) async fn find(&self, words: &str) -> Result<WebElement> {
        let what = format!("{} to find \"{words}\"", self.name);
        until(&what, async || {
            let found = self.browser.execute(FIND, vec![words.into()]).await?;
            match found.json() {
                Value::Null => Ok(None),
                _ => Ok(Some(found.element()?)),
            }
        })
        .await
    }

    /// Waits until all of these are heard at the same time.
    pub(crate) async fn hears(&self, others: &[Voice<'_>]) -> Result<()> {
        hearing::hears(&self.name, || Ok(self.browser.clone()), others).await
    }

    /// Waits until nothing is heard that could be a voice.
    pub(crate) async fn hears_nothing(&self) -> Result<()> {
        let what = format!("{} to hear nothing", self.name);
        until(&what, async || {
            let heard = hearing::listen(&self.browser).await?;
            Ok(heard.is_quiet().then_some(()))
        })
        .await
    }

    /// Ends the browser and its driver.
    pub(crate) async fn close(mut self) {
        let _ = self.browser.quit().await;
        let _ = self.driver.kill().await;
    }
}
