//! A person: a name, a browser profile of their own, and a line to the relay.

use super::hearing::EAR;
use super::network::Network;
use super::processes::{self, Frozen};
use super::programs::{self, LATE_CLIENT};
use super::screen::{self, Name, Seen, until};
use super::{speech, tone};
use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use thirtyfour::prelude::*;
use thirtyfour::{LoggingPrefsLogLevel, WindowHandle};

/// What every browser is started with: no window, no questions, no traffic of its own, English.
const FLAGS: [&str; 13] = [
    "--headless=new",
    // Containers run tests as root, where the sandbox does not start.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=en-US",
    "--accept-lang=en-US",
    "--window-size=1280,900",
];

/// How a browser is set up beyond the common flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// As it comes.
    Ordinary,
    /// Speaks to the relay itself, without a line that could be cut: for measuring.
    Direct,
    /// The person forbids every site to keep data.
    StorageBlocked,
    /// Has a microphone that hears a tone of this pitch in hertz, and lets every site use it.
    Voice(u32),
    /// The same without a pause: for measuring.
    #[allow(dead_code, reason = "only measurements need it")]
    Hum(u32),
    /// Has a microphone that hears talk, and lets every site use it; whose, the number tells. For measuring.
    #[allow(dead_code, reason = "only measurements need it")]
    Talk(u8),
    /// Has a microphone and lets no site use it.
    MicrophoneRefused,
    /// Has what is plugged in at a sound server, and lets every site use it.
    Plugged,
}

/// Where a browser runs.
#[derive(Clone)]
pub(crate) struct Place {
    /// Starts it there.
    chromium: PathBuf,
    /// The relay as seen from there, where the network is another one.
    relay: Option<SocketAddr>,
}

impl Place {
    /// The place that a program gets into by these words before its own; `script` is written to start the browser so.
    pub(super) fn new(script: PathBuf, words: &str, relay: Option<SocketAddr>) -> Result<Self> {
        let browser = programs::chromium()?;
        let text = format!("#!/bin/sh\nexec {words} {} \"$@\"\n", browser.display());
        std::fs::write(&script, text)?;
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755))?;
        Ok(Self {
            chromium: script,
            relay,
        })
    }
}

/// Somebody at a browser. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Person {
    inner: Arc<Inner>,
}

struct Inner {
    name: String,
    profile: Profile,
    folder: PathBuf,
    driver: String,
    relay: SocketAddr,
    network: Network,
    place: Option<Place>,
    browser: Mutex<Option<WebDriver>>,
}

impl Person {
    /// Somebody with a fresh profile in `folder`; the browser is open, on an empty page.
    pub(super) async fn new(
        name: &str,
        profile: Profile,
        folder: &Path,
        driver: &str,
        relay: SocketAddr,
        place: Option<Place>,
    ) -> Result<Self> {
        let person = Self {
            inner: Arc::new(Inner {
                name: name.to_owned(),
                profile,
                folder: folder.join(name),
                driver: driver.to_owned(),
                relay,
                network: Network::to(relay).await?,
                place,
                browser: Mutex::new(None),
            }),
        };
        person.open_browser().await?;
        Ok(person)
    }

    /// The name typed into the app.
    pub(crate) fn name(&self) -> &str {
        &self.inner.name
    }

    /// The app's address, the same for everybody.
    pub(crate) fn app(&self) -> String {
        format!("http://{}/", self.inner.relay)
    }

    /// The open browser.
    pub(crate) fn browser(&self) -> Result<WebDriver> {
        self.slot()
            .clone()
            .with_context(|| format!("{}'s browser is closed", self.name()))
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<WebDriver>> {
        // A poisoned lock means that a story has failed already; its report still wants the browser.
        self.inner
            .browser
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens the browser on its profile.
    pub(crate) async fn open_browser(&self) -> Result<()> {
        let mut wishes = DesiredCapabilities::chrome();
        let program = match &self.inner.place {
            Some(place) => place.chromium.clone(),
            None => programs::chromium()?,
        };
        wishes.set_binary(&program.to_string_lossy())?;
        for flag in FLAGS {
            wishes.add_arg(flag)?;
        }
        wishes.add_arg(&format!("--user-data-dir={}", self.inner.folder.display()))?;
        // Every browser asks for the same address, as it does outside; each comes by its own line.
        let there = self.inner.place.as_ref().and_then(|place| place.relay);
        let line = match there {
            Some(relay) => Some(relay),
            None if self.inner.profile == Profile::Direct => None,
            None => Some(self.inner.network.address()),
        };
        if let Some(line) = line {
            let relay = self.inner.relay;
            wishes.add_arg(&format!("--host-resolver-rules=MAP {relay} {line}"))?;
        }
        if there.is_some() {
            // The driver's own way to the browser: there is no network between the two.
            wishes.add_arg("--remote-debugging-pipe")?;
        }
        for flag in self.microphone()? {
            wishes.add_arg(&flag)?;
        }
        wishes.set_browser_log_level(LoggingPrefsLogLevel::All)?;
        let (yes, no) = (1, 2);
        let answered = match self.inner.profile {
            Profile::StorageBlocked => Some(("cookies", no)),
            Profile::MicrophoneRefused => Some(("media_stream_mic", no)),
            Profile::Plugged => Some(("media_stream_mic", yes)),
            _ => None,
        };
        if let Some((what, answer)) = answered {
            let setting = format!("profile.default_content_setting_values.{what}");
            wishes.add_experimental_option("prefs", json!({ setting: answer }))?;
        }
        let browser = WebDriver::new(&self.inner.driver, wishes)
            .await
            .with_context(|| format!("{}'s browser did not start", self.name()))?;
        *self.slot() = Some(browser);
        self.brings_an_ear().await
    }

    /// The flags that make the browser's microphone.
    fn microphone(&self) -> Result<Vec<String>> {
        let device = "--use-fake-device-for-media-stream".to_owned();
        let sound = match self.inner.profile {
            Profile::Voice(hertz) => tone::voice(hertz),
            Profile::Hum(hertz) => tone::hum(hertz),
            Profile::Talk(number) => speech::talk(number.into()),
            Profile::MicrophoneRefused => return Ok(vec![device]),
            _ => return Ok(Vec::new()),
        };
        let file = self.inner.folder.with_extension("wav");
        tone::write_wav(&file, &sound)?;
        Ok(vec![
            device,
            "--use-fake-ui-for-media-stream".to_owned(),
            format!("--use-file-for-fake-audio-capture={}", file.display()),
        ])
    }

    /// The pitch of this person's voice.
    pub(crate) fn pitch(&self) -> Result<f64> {
        match self.inner.profile {
            Profile::Voice(hertz) | Profile::Hum(hertz) => Ok(f64::from(hertz)),
            _ => bail!("{} has no voice", self.name()),
        }
    }

    /// Closes the browser as one closes its window.
    pub(crate) async fn close_browser(&self) -> Result<()> {
        let browser = self.slot().take().context("it is closed already")?;
        // First the page, which is told so; then what is left of the program.
        let _ = browser.close_window().await;
        let _ = browser.quit().await;
        Ok(())
    }

    /// Ends the browser without warning.
    pub(crate) async fn kill_browser(&self) -> Result<()> {
        let pid = processes::browser(&self.inner.folder)?;
        let browser = self.slot().take().context("it is closed already")?;
        processes::signal("KILL", &[pid])?;
        let _ = browser.quit().await;
        Ok(())
    }

    /// Ends everything of the browser that runs pages, without warning. The rest of it goes on.
    #[allow(dead_code, reason = "only measurements need it")]
    pub(crate) fn kill_pages(&self) -> Result<()> {
        processes::kill_pages(processes::browser(&self.inner.folder)?)
    }

    /// How long the processors have worked for this browser so far, in seconds.
    #[allow(dead_code, reason = "only measurements need it")]
    pub(crate) fn work(&self) -> Result<f64> {
        processes::work(processes::browser(&self.inner.folder)?)
    }

    /// What the browser's pages hold in memory, in bytes, after the browser was told that the machine has none left: by then
    /// it has thrown away what nobody needs any more.
    #[allow(dead_code, reason = "only measurements need it")]
    pub(crate) async fn memory(&self) -> Result<f64> {
        const PAUSE: Duration = Duration::from_secs(2);
        let cdp = self.browser()?.cdp();
        let pressure = json!({ "level": "critical" });
        cdp.send_raw("Memory.simulatePressureNotification", pressure)
            .await?;
        cdp.send_raw("HeapProfiler.collectGarbage", json!({}))
            .await?;
        // Its other processes and threads are told one after the other, and none says when it is done.
        tokio::time::sleep(PAUSE).await;
        processes::memory(processes::browser(&self.inner.folder)?)
    }

    /// Lets the browser's pages stand still as they are, until what comes back is dropped.
    pub(crate) fn freeze(&self) -> Result<Frozen> {
        Frozen::pages(processes::browser(&self.inner.folder)?)
    }

    /// Pulls the network cable.
    pub(crate) async fn go_offline(&self) -> Result<()> {
        self.inner.network.cut();
        self.say_network(false).await
    }

    /// Plugs it in again.
    pub(crate) async fn go_online(&self) -> Result<()> {
        self.inner.network.join();
        self.say_network(true).await
    }

    /// The line carries nothing any more, and nobody notices.
    pub(crate) fn is_parted(&self) {
        self.inner.network.hold();
    }

    /// The line carries again, first what was on its way.
    pub(crate) fn is_joined(&self) {
        self.inner.network.join();
    }

    /// The browser notices a pulled cable by itself; here it must be told.
    async fn say_network(&self, up: bool) -> Result<()> {
        let conditions = json!({ "offline": !up, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
        let cdp = self.browser()?.cdp();
        cdp.send_raw("Network.emulateNetworkConditions", conditions)
            .await?;
        Ok(())
    }

    /// Lets no file that fits this pattern through, for now.
    pub(crate) async fn hold(&self, pattern: &str) -> Result<()> {
        let held = json!({ "patterns": [{ "urlPattern": pattern }] });
        self.browser()?.cdp().send_raw("Fetch.enable", held).await?;
        Ok(())
    }

    /// Lets everything through that is held.
    pub(crate) async fn let_go(&self) -> Result<()> {
        let cdp = self.browser()?.cdp();
        cdp.send_raw("Fetch.disable", json!({})).await?;
        Ok(())
    }

    /// Types an address.
    pub(crate) async fn open(&self, address: &str) -> Result<()> {
        self.browser()?.goto(address).await?;
        Ok(())
    }

    /// Presses the reload button.
    pub(crate) async fn reload(&self) -> Result<()> {
        self.browser()?.refresh().await?;
        Ok(())
    }

    /// Runs a script in the page and gives back what it returns; a promise is awaited.
    pub(crate) async fn script(&self, script: &str) -> Result<Value> {
        let answer = self.browser()?.execute(script, Vec::new()).await?;
        Ok(answer.json().clone())
    }

    /// Whether something of this role and name is on the screen now.
    pub(crate) async fn has<'a>(&self, role: &str, name: impl Into<Name<'a>>) -> Result<bool> {
        let found = screen::all(&self.browser()?, None, role, name.into()).await?;
        Ok(!found.is_empty())
    }

    /// Waits until something of this role and name is on the screen.
    pub(crate) async fn sees<'a>(&self, role: &str, name: impl Into<Name<'a>>) -> Result<Seen> {
        self.sees_in(None, role, name).await
    }

    /// The same, in a part of the screen.
    pub(crate) async fn sees_in<'a>(
        &self,
        scope: Option<(&str, &str)>,
        role: &str,
        name: impl Into<Name<'a>>,
    ) -> Result<Seen> {
        let name = name.into();
        let place = scope.map_or(String::new(), |(role, name)| {
            format!(" in {role} \"{name}\"")
        });
        let what = format!("{} to see {role} {name}{place}", self.name());
        until(&what, async || {
            let browser = self.browser()?;
            let within = match scope {
                Some((role, name)) => {
                    match screen::all(&browser, None, role, Name::Is(name))
                        .await?
                        .pop()
                    {
                        Some(part) => Some(part),
                        None => return Ok(None),
                    }
                }
                None => None,
            };
            let found = screen::all(&browser, within.as_ref(), role, name).await?;
            Ok(found.into_iter().next())
        })
        .await
    }

    /// Waits until nothing of this role and name is on the screen.
    pub(crate) async fn sees_no<'a>(&self, role: &str, name: impl Into<Name<'a>>) -> Result<()> {
        let name = name.into();
        let what = format!("{} to see no {role} {name}", self.name());
        until(&what, async || {
            Ok((!self.has(role, name).await?).then_some(()))
        })
        .await
    }

    /// Waits until something of this role says these words.
    pub(crate) async fn reads(&self, role: &str, words: &str) -> Result<()> {
        let what = format!("{} to read \"{words}\" in a {role}", self.name());
        until(&what, async || {
            let browser = self.browser()?;
            for seen in screen::all(&browser, None, role, Name::Any).await? {
                let said = seen.name.contains(words)
                    || screen::text(&browser, &seen).await?.contains(words);
                if said {
                    return Ok(Some(()));
                }
            }
            Ok(None)
        })
        .await
    }

    /// Waits until nothing of this role says these words.
    pub(crate) async fn reads_no_more(&self, role: &str, words: &str) -> Result<()> {
        let what = format!("{} to read \"{words}\" in no {role}", self.name());
        until(&what, async || {
            let browser = self.browser()?;
            for seen in screen::all(&browser, None, role, Name::Any).await? {
                if screen::text(&browser, &seen).await?.contains(words) {
                    return Ok(None);
                }
            }
            Ok(Some(()))
        })
        .await
    }

    /// Clicks something, as soon as it is there and can be clicked.
    pub(crate) async fn click<'a>(&self, role: &str, name: impl Into<Name<'a>>) -> Result<()> {
        self.click_in(None, role, name).await
    }

    /// The same, in a part of the screen.
    pub(crate) async fn click_in<'a>(
        &self,
        scope: Option<(&str, &str)>,
        role: &str,
        name: impl Into<Name<'a>>,
    ) -> Result<()> {
        let name = name.into();
        let what = format!("{} to click {role} {name}", self.name());
        until(&what, async || {
            let seen = self.sees_in(scope, role, name).await?;
            let element = screen::element(&self.browser()?, &seen).await?;
            if !element.is_enabled().await? {
                return Ok(None);
            }
            element.click().await?;
            Ok(Some(()))
        })
        .await
    }

    /// The element behind something on the screen, for mouse and keyboard.
    pub(crate) async fn element<'a>(
        &self,
        role: &str,
        name: impl Into<Name<'a>>,
    ) -> Result<WebElement> {
        let name = name.into();
        let what = format!("{} to reach {role} {name}", self.name());
        until(&what, async || {
            let seen = self.sees(role, name).await?;
            Ok(Some(screen::element(&self.browser()?, &seen).await?))
        })
        .await
    }

    /// Presses keys where the focus is.
    pub(crate) async fn presses(&self, keys: impl Into<TypingData>) -> Result<()> {
        let focused = self.browser()?.active_element().await?;
        Ok(focused.send_keys(keys.into()).await?)
    }

    /// Puts `text` into a textbox in place of what is in it.
    pub(crate) async fn fill<'a>(&self, textbox: impl Into<Name<'a>>, text: &str) -> Result<()> {
        let element = self.element("textbox", textbox).await?;
        element.click().await?;
        let all = Key::Control + "a";
        element.send_keys(all).await?;
        element.send_keys(text).await?;
        Ok(())
    }

    /// What is in a textbox.
    pub(crate) async fn value<'a>(&self, textbox: impl Into<Name<'a>>) -> Result<String> {
        let element = self.element("textbox", textbox).await?;
        Ok(element.prop("value").await?.unwrap_or_default())
    }

    /// Chooses an entry of a combobox by its words.
    pub(crate) async fn choose(&self, combobox: &str, entry: &str) -> Result<()> {
        let element = self.element("combobox", combobox).await?;
        let select = thirtyfour::components::SelectElement::new(&element).await?;
        select
            .select_by_exact_text(entry)
            .await
            .with_context(|| format!("\"{combobox}\" offers no \"{entry}\""))?;
        Ok(())
    }

    /// The tab in front.
    pub(crate) async fn tab(&self) -> Result<WindowHandle> {
        Ok(self.browser()?.window().await?)
    }

    /// Opens one more tab, in front.
    pub(crate) async fn open_tab(&self) -> Result<()> {
        let browser = self.browser()?;
        let tab = browser.new_tab().await?;
        browser.switch_to_window(tab).await?;
        self.brings_an_ear().await
    }

    /// Every page of this tab will tell what it hears, where a story wants to know.
    async fn brings_an_ear(&self) -> Result<()> {
        let is_in_calls = matches!(
            self.inner.profile,
            Profile::Voice(_)
                | Profile::Hum(_)
                | Profile::Talk(_)
                | Profile::MicrophoneRefused
                | Profile::Plugged
        );
        if is_in_calls {
            self.runs_in_every_page(EAR).await?;
        }
        Ok(())
    }

    /// Brings a tab to the front.
    pub(crate) async fn switch_to(&self, tab: &WindowHandle) -> Result<()> {
        let browser = self.browser()?;
        browser.switch_to_window(tab.clone()).await?;
        browser
            .cdp()
            .send_raw("Page.bringToFront", json!({}))
            .await?;
        Ok(())
    }

    /// Closes the tab in front.
    pub(crate) async fn close_tab(&self) -> Result<()> {
        Ok(self.browser()?.close_window().await?)
    }

    /// Says yes once and for all to the question whether the page may use the clipboard.
    pub(crate) async fn allow_clipboard(&self) -> Result<()> {
        let wanted = json!({
            "origin": self.app(),
            "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"],
        });
        let cdp = self.browser()?.cdp();
        cdp.send_raw("Browser.grantPermissions", wanted).await?;
        Ok(())
    }

    /// Waits until this is what one would paste. Says nothing about what it is instead: it may be a secret.
    pub(crate) async fn clipboard_holds(&self, text: &str) -> Result<()> {
        until("the clipboard to hold the copied text", async || {
            let held = self
                .script("return navigator.clipboard.readText();")
                .await?;
            Ok((held.as_str() == Some(text)).then_some(()))
        })
        .await
    }

    /// Sets the clock of every page that is opened from now on ahead, and that of the client's thread, by as much again
    /// each time.
    pub(crate) async fn shift_clock_by_days(&self, days: u32) -> Result<()> {
        self.runs_in_every_page(&format!(
            "{{
            const now = Date.now;
            Date.now = () => now() + {days} * 24 * 60 * 60 * 1000;
            window.Worker = class extends Worker {{
                constructor(_, options) {{
                    super('/{LATE_CLIENT}', {{ ...options, name: String(Number(options.name ?? 0) + {days}) }});
                }}
            }};
            }}"
        ))
        .await
    }

    /// Lets a script run in every page that is opened from now on, before anything else does.
    pub(crate) async fn runs_in_every_page(&self, source: &str) -> Result<()> {
        let script = json!({ "source": source });
        let cdp = self.browser()?.cdp();
        cdp.send_raw("Page.addScriptToEvaluateOnNewDocument", script)
            .await?;
        Ok(())
    }

    /// Everything that can be read on the screen.
    pub(crate) async fn page_text(&self) -> Result<String> {
        let text = self.script("return document.body.innerText;").await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// What the console of the page said since it was last asked.
    pub(crate) async fn console(&self) -> Result<Vec<String>> {
        let entries = self.browser()?.browser_log().await?;
        Ok(entries
            .into_iter()
            .map(|entry| format!("{} {}", entry.level, entry.message))
            .collect())
    }
}
