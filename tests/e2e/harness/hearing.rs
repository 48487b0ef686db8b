//! What a person really hears, and from whom: sound that arrives and is played, not packets, which also come when all is
//! silent.

use super::person::Person;
use super::screen::until;
use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use thirtyfour::WebDriver;

/// Collects a page's connections and what it plays.
pub(super) const EAR: &str = include_str!("ear.js");

/// How long is listened.
const WINDOW_MS: u32 = 1_500;

/// Mean square of what is heard, of 1, above which it counts as sound. A muted microphone gives a thousand millionth.
const SOUND: f64 = 1e-4;

/// And below which it counts as silence.
const SILENCE: f64 = 1e-6;

/// How far a peak may lie from a pitch: one step of the spectrum.
const STEP_HERTZ: f64 = 6.0;

/// What a page heard in a while.
#[derive(Debug, Deserialize)]
pub(crate) struct Heard {
    /// Of each connection that is up.
    pub(crate) arrived: Vec<Arrived>,
    /// The audible peaks in what is played.
    played: Vec<Peak>,
    /// Connections that are not closed.
    pub(crate) open: usize,
}

/// What came over one connection.
#[derive(Debug, Deserialize)]
pub(crate) struct Arrived {
    /// What it was mostly heard with.
    pitch: Option<f64>,
    /// The highest peak in what came now, if it could be heard.
    peak: Option<Peak>,
    /// Mean square of what leaves the receiver: at the volume of the element that plays it.
    energy: f64,
    /// It came through a TURN server.
    pub(crate) relayed: bool,
    /// How one's own end of it travels.
    pub(crate) protocol: String,
}

/// A peak in a spectrum.
#[derive(Debug, Deserialize)]
struct Peak {
    hertz: f64,
    #[expect(dead_code, reason = "shown when a story fails")]
    level: f64,
}

/// What a page's sound goes through.
#[derive(Debug, Deserialize)]
pub(crate) struct Through {
    /// The microphone that each connection sends, by its name.
    microphones: Vec<String>,
    /// The speaker of everybody who is played, by its name.
    speakers: Vec<String>,
    /// How many turns the negotiations of all connections have taken.
    pub(crate) turns: u32,
}

impl Peak {
    fn is(&self, pitch: f64) -> bool {
        (self.hertz - pitch).abs() <= STEP_HERTZ
    }
}

impl Heard {
    /// What came from the person with this pitch.
    pub(crate) fn from(&self, pitch: f64) -> Option<&Arrived> {
        let is = |it: &&Arrived| it.pitch.is_some_and(|it| (it - pitch).abs() <= STEP_HERTZ);
        // The newest: one that was replaced may still be up.
        self.arrived.iter().rfind(is)
    }

    /// This pitch arrives.
    fn arrives(&self, pitch: f64) -> bool {
        let peak = self.from(pitch).and_then(|it| it.peak.as_ref());
        peak.is_some_and(|peak| peak.is(pitch))
    }

    /// And leaves its receiver with energy.
    fn sounds(&self, pitch: f64) -> bool {
        self.arrives(pitch) && self.from(pitch).is_some_and(|it| it.energy > SOUND)
    }

    /// This pitch is played.
    fn plays(&self, pitch: f64) -> bool {
        self.played.iter().any(|peak| peak.is(pitch))
    }

    /// This pitch arrives with energy, or is played.
    pub(crate) fn is_heard(&self, pitch: f64) -> bool {
        self.sounds(pitch) || self.plays(pitch)
    }

    /// Nothing at all is played.
    pub(crate) fn is_quiet(&self) -> bool {
        self.played.is_empty() && self.arrived.iter().all(|it| it.energy < SILENCE)
    }

    /// There is a connection to the person with this pitch, and silence on it.
    fn is_silent(&self, pitch: f64) -> bool {
        let arrived = self.from(pitch);
        arrived.is_some_and(|it| it.energy < SILENCE && it.peak.is_none()) && !self.plays(pitch)
    }
}

/// Lets a page listen for a while.
pub(super) async fn listen(browser: &WebDriver) -> Result<Heard> {
    let script = format!("return window.ear.listen({WINDOW_MS});");
    let heard = browser.execute(script, Vec::new()).await?;
    serde_json::from_value(heard.json().clone()).context("what the page heard")
}

/// Somebody who can be heard: the name, and the pitch of the voice.
pub(crate) type Voice<'a> = (&'a str, f64);

/// Waits until all of these are heard at the same time, each with sound of its pitch that arrives and is played.
pub(super) async fn hears(
    listener: &str,
    browser: impl Fn() -> Result<WebDriver>,
    others: &[Voice<'_>],
) -> Result<()> {
    let what = format!("{listener} to hear {others:?}");
    until(&what, async || {
        let heard = listen(&browser()?).await?;
        for (name, pitch) in others {
            ensure!(
                heard.sounds(*pitch),
                "{name}'s {pitch} Hz is not in {heard:?}"
            );
            ensure!(
                heard.plays(*pitch),
                "{name}'s {pitch} Hz is not played: {heard:?}"
            );
        }
        Ok(Some(()))
    })
    .await
}

impl Person {
    /// Listens for a while.
    pub(crate) async fn listens(&self) -> Result<Heard> {
        listen(&self.browser()?).await
    }

    /// What this page's sound goes through.
    pub(crate) async fn sound_goes_through(&self) -> Result<Through> {
        let through = self.script("return window.ear.devices();").await?;
        serde_json::from_value(through).context("what the page's sound goes through")
    }

    /// Waits until negotiations have taken more turns than so many.
    pub(crate) async fn negotiates_after(&self, turns: u32) -> Result<()> {
        let what = format!("{} to negotiate anew", self.name());
        until(&what, async || {
            let now = self.sound_goes_through().await?.turns;
            Ok((now > turns).then_some(()))
        })
        .await
    }

    /// Waits until so many others get what this microphone hears.
    pub(crate) async fn sends_from(&self, microphone: &str, others: usize) -> Result<()> {
        let what = format!("{} to send from {microphone}", self.name());
        until(&what, async || {
            let through = self.sound_goes_through().await?;
            let all = through.microphones.iter().all(|it| it == microphone);
            ensure!(all && through.microphones.len() == others, "{through:?}");
            Ok(Some(()))
        })
        .await
    }

    /// Waits until so many others are played by this speaker.
    pub(crate) async fn plays_on(&self, speaker: &str, others: usize) -> Result<()> {
        let what = format!("{} to play on {speaker}", self.name());
        until(&what, async || {
            let through = self.sound_goes_through().await?;
            let all = through.speakers.iter().all(|it| it == speaker);
            ensure!(all && through.speakers.len() == others, "{through:?}");
            Ok(Some(()))
        })
        .await
    }

    /// Who speaks how.
    pub(crate) fn voice(&self) -> Result<Voice<'_>> {
        Ok((self.name(), self.pitch()?))
    }

    /// Waits until all of these are heard at the same time, each with sound of its pitch that arrives and is played.
    pub(crate) async fn hears(&self, others: &[&Person]) -> Result<()> {
        let voices = others
            .iter()
            .map(|it| it.voice())
            .collect::<Result<Vec<_>>>()?;
        self.hears_voices(&voices).await
    }

    /// The same of people with whatever browser.
    pub(crate) async fn hears_voices(&self, others: &[Voice<'_>]) -> Result<()> {
        hears(self.name(), || self.browser(), others).await
    }

    /// Waits until somebody is played, by whatever means.
    pub(crate) async fn plays(&self, other: &Person) -> Result<()> {
        let what = format!("{} to play {}", self.name(), other.name());
        until(&what, async || {
            let heard = self.listens().await?;
            let pitch = other.pitch()?;
            ensure!(heard.plays(pitch), "{pitch} Hz is not played: {heard:?}");
            Ok(Some(()))
        })
        .await
    }

    /// Waits until there is silence from somebody to whom there is a connection.
    pub(crate) async fn hears_silence_of(&self, other: &Person) -> Result<()> {
        self.hears_silence_where_was(other.voice()?).await
    }

    /// The same of whoever had this voice.
    pub(crate) async fn hears_silence_where_was(&self, (name, pitch): Voice<'_>) -> Result<()> {
        let what = format!("{} to hear silence of {name}", self.name());
        until(&what, async || {
            let heard = self.listens().await?;
            ensure!(
                heard.is_silent(pitch),
                "no silence at {pitch} Hz: {heard:?}"
            );
            Ok(Some(()))
        })
        .await
    }

    /// Waits until nothing is played at all, although sound of these arrives.
    pub(crate) async fn plays_nothing_of(&self, others: &[&Person]) -> Result<()> {
        let what = format!("{} to play nothing of {}", self.name(), names(others));
        until(&what, async || {
            let heard = self.listens().await?;
            ensure!(heard.played.is_empty(), "played: {:?}", heard.played);
            for other in others {
                let pitch = other.pitch()?;
                ensure!(
                    heard.arrives(pitch) && !heard.sounds(pitch),
                    "{pitch} Hz does not arrive, or can be heard: {heard:?}"
                );
            }
            Ok(Some(()))
        })
        .await
    }

    /// Waits until no connection of this page is left but those to `others`.
    pub(crate) async fn is_connected_to_only(&self, others: &[&Person]) -> Result<()> {
        let what = format!("{} to be connected to only {}", self.name(), names(others));
        until(&what, async || {
            let heard = self.listens().await?;
            ensure!(
                heard.open == others.len(),
                "{} connections are open",
                heard.open
            );
            Ok(Some(()))
        })
        .await
    }
}

fn names(people: &[&Person]) -> String {
    let names: Vec<&str> = people.iter().map(|it| it.name()).collect();
    names.join(", ")
}
