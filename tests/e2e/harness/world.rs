//! Puts a story together, and tells what everybody saw when it fails.

use super::lab::{self, Lab, Router};
use super::person::{Person, Place, Profile};
use super::programs::{self, Driver, Relay};
use super::sound_server::SoundServer;
use anyhow::{Context as _, Result};
use futures::FutureExt as _;
use serde_json::json;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tempfile::TempDir;
use tokio::process::Command;
use tokio::sync::Mutex as AsyncMutex;

/// One story at a time.
static STAGE: Mutex<()> = Mutex::new(());

/// How much of a console a failed story shows.
const CONSOLE_LINES: usize = 40;

/// What a story happens in.
pub(crate) struct World {
    folder: TempDir,
    driver: AsyncMutex<Driver>,
    relay: AsyncMutex<Relay>,
    people: Mutex<Vec<Person>>,
    lab: Option<AsyncMutex<Lab>>,
    sound_servers: Mutex<Vec<Arc<SoundServer>>>,
}

/// The servers of a deployment that help browsers to find a path, as its page and its relay tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Help {
    /// A STUN server, named in the deployment's file.
    Stun,
    /// A TURN server, whose credentials the relay hands out.
    Turn,
}

/// Lets a story happen in a world of its own.
///
/// # Panics
/// When the story fails; what everybody saw at that moment is printed before.
pub(crate) fn story(name: &str, tell: impl AsyncFnOnce(&World) -> Result<()>) {
    let app = programs::dist().expect("no app to tell the story with");
    story_with(app, name, tell);
}

/// The same, with another page than the built app in the folder `dist`.
///
/// # Panics
/// When the story fails.
pub(crate) fn story_with(dist: PathBuf, name: &str, tell: impl AsyncFnOnce(&World) -> Result<()>) {
    perform(name, World::new(dist), tell);
}

/// A story of houses at a street, each behind a router of its own.
///
/// # Panics
/// When the story fails, or the kernel refuses what it needs.
pub(crate) fn story_at_a_street(
    name: &str,
    help: Help,
    tell: impl AsyncFnOnce(&World) -> Result<()>,
) {
    let app = programs::dist().expect("no app to tell the story with");
    perform(name, World::at_a_street(app, help), tell);
}

fn perform(
    name: &str,
    world: impl Future<Output = Result<World>>,
    tell: impl AsyncFnOnce(&World) -> Result<()>,
) {
    let _stage = STAGE.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("no runtime");
    runtime.block_on(async {
        let world = world.await.expect("no world to tell the story in");
        let end = AssertUnwindSafe(tell(&world)).catch_unwind().await;
        if !matches!(end, Ok(Ok(()))) {
            world.report(name).await;
        }
        world.end().await;
        match end {
            Ok(Ok(())) => {}
            Ok(Err(error)) => panic!("{error:#}"),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    });
}

impl World {
    async fn new(dist: PathBuf) -> Result<Self> {
        let folder = tempfile::tempdir().context("no folder for the profiles")?;
        let data = folder.path().join("relay");
        let app = folder.path().join("app");
        programs::link_app(&dist, &app)?;
        let program = programs::relay()?;
        let run = move || Command::new(&program);
        Ok(Self {
            driver: AsyncMutex::new(Driver::start().await?),
            relay: AsyncMutex::new(Relay::start(run, app, data).await?),
            people: Mutex::new(Vec::new()),
            lab: None,
            sound_servers: Mutex::default(),
            folder,
        })
    }

    async fn at_a_street(dist: PathBuf, help: Help) -> Result<Self> {
        let folder = tempfile::tempdir().context("no folder for the profiles")?;
        let data = folder.path().join("relay");
        let app = folder.path().join("app");
        programs::link_app(&dist, &app)?;
        let mut lab = Lab::new(folder.path()).await?;
        lab.start_turn().await?;
        let program = programs::relay()?;
        let words = lab.at_the_street(&program);
        let run = move || {
            let mut command = Command::new(&words[0]);
            command.args(&words[1..]).args(["--host", "0.0.0.0"]);
            if help == Help::Turn {
                for url in Lab::turn_urls() {
                    command.args(["--turn-url", &url]);
                }
                command.env("DISCORDOPUS_TURN_SECRET", lab::TURN_SECRET);
            }
            command
        };
        let servers = match help {
            Help::Stun => json!([{ "urls": [Lab::stun_url()] }]),
            Help::Turn => json!([]),
        };
        programs::deploy(&app, &json!({ "iceServers": servers }).to_string())?;
        Ok(Self {
            driver: AsyncMutex::new(Driver::start().await?),
            relay: AsyncMutex::new(Relay::start(run, app, data).await?),
            people: Mutex::new(Vec::new()),
            lab: Some(AsyncMutex::new(lab)),
            sound_servers: Mutex::default(),
            folder,
        })
    }

    /// Somebody new, with an ordinary browser.
    pub(crate) async fn person(&self, name: &str) -> Result<Person> {
        self.person_with(name, Profile::Ordinary).await
    }

    /// Somebody new.
    pub(crate) async fn person_with(&self, name: &str, profile: Profile) -> Result<Person> {
        let driver = self.driver.lock().await.address().to_owned();
        let relay = self.relay.lock().await.address();
        let person = Person::new(name, profile, self.folder.path(), &driver, relay, None).await?;
        self.people().push(person.clone());
        Ok(person)
    }

    /// Somebody new with a voice of this pitch, at home behind a router.
    pub(crate) async fn person_behind(
        &self,
        router: Router,
        name: &str,
        pitch: u32,
    ) -> Result<Person> {
        let driver = self.driver.lock().await.address().to_owned();
        let relay = self.relay.lock().await.address();
        let place = {
            let mut lab = self.lab()?.lock().await;
            lab.house(name, router, relay.port()).await?
        };
        let profile = Profile::Voice(pitch);
        let folder = self.folder.path();
        let person = Person::new(name, profile, folder, &driver, relay, Some(place)).await?;
        self.people().push(person.clone());
        Ok(person)
    }

    /// Somebody new whose browser has what is plugged in at a sound server.
    pub(crate) async fn person_at(&self, sound: &SoundServer, name: &str) -> Result<Person> {
        let driver = self.driver.lock().await.address().to_owned();
        let relay = self.relay.lock().await.address();
        let folder = self.folder.path();
        let enter = format!("env PULSE_SERVER={}", sound.address());
        let place = Place::new(folder.join(format!("chromium-{name}")), &enter, None)?;
        let profile = Profile::Plugged;
        let person = Person::new(name, profile, folder, &driver, relay, Some(place)).await?;
        self.people().push(person.clone());
        Ok(person)
    }

    /// A sound server, which runs until the story has ended and was reported.
    pub(crate) async fn sound_server(&self) -> Result<Arc<SoundServer>> {
        let server = Arc::new(SoundServer::start().await?);
        let servers = self.sound_servers.lock();
        let mut servers = servers.unwrap_or_else(PoisonError::into_inner);
        servers.push(Arc::clone(&server));
        Ok(server)
    }

    /// The street.
    pub(crate) fn lab(&self) -> Result<&AsyncMutex<Lab>> {
        self.lab.as_ref().context("this story has no street")
    }

    /// The folder that the relay serves the app from.
    pub(crate) fn app(&self) -> PathBuf {
        self.folder.path().join("app")
    }

    /// The app's address, for a browser that speaks to the relay itself.
    pub(crate) async fn address(&self) -> String {
        format!("http://{}/", self.relay.lock().await.address())
    }

    /// Ends the relay without warning.
    pub(crate) async fn kill_relay(&self) -> Result<()> {
        self.relay.lock().await.kill().await
    }

    /// Starts the relay again, where it was and with what it had stored.
    pub(crate) async fn start_relay(&self) -> Result<()> {
        self.relay.lock().await.start_again().await
    }

    fn people(&self) -> std::sync::MutexGuard<'_, Vec<Person>> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Prints what everybody sees, and leaves pictures of it. No addresses: an invite link is a secret.
    async fn report(&self, story: &str) {
        let pictures = programs::target().join("e2e");
        let people = self.people().clone();
        for person in people {
            eprintln!("--- {story}: what {} sees", person.name());
            let Ok(browser) = person.browser() else {
                eprintln!("(the browser is closed)");
                continue;
            };
            match person.page_text().await {
                Ok(text) => eprintln!("{text}"),
                Err(error) => eprintln!("(the page can't be read: {error:#})"),
            }
            let console = person.console().await.unwrap_or_default();
            for line in &console[console.len().saturating_sub(CONSOLE_LINES)..] {
                eprintln!("  console: {line}");
            }
            let picture: PathBuf = pictures.join(format!("{story}-{}.png", person.name()));
            let kept = std::fs::create_dir_all(&pictures).is_ok()
                && browser.screenshot(&picture).await.is_ok();
            if kept {
                eprintln!("  picture: {}", picture.display());
            }
        }
    }

    /// Closes all browsers and ends the programs.
    async fn end(self) {
        let people = std::mem::take(&mut *self.people());
        for person in people {
            let _ = person.close_browser().await;
        }
        let _ = self.relay.lock().await.kill().await;
        self.driver.lock().await.stop().await;
    }
}
