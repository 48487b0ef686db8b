//! Calls with another implementation of WebRTC: everything but the connections is the app's own, in a page whose
//! connections are carried by a program in Python (aiortc). What the core puts into descriptions, and what browsers make of
//! its answers, has to hold for more than one library.

use crate::harness::{Person, Profile, World, names, story, until};
use crate::voice::{call, gather};
use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// What stands between the page and the program, in the page.
const BRIDGE: &str = include_str!("bridge.js");
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/e2e/foreign/peer.py");
/// Between two looks into the page: far below what anybody waits for.
const LOOK: Duration = Duration::from_millis(20);
/// Questions of the story have numbers from here on; those of the page are below.
const QUESTIONS: u64 = 1_000_000;
/// Mean square above which something is sound, and how far a pitch may lie from its tone, in hertz.
const SOUND: f64 = 1e-4;
const STEP_HERTZ: f64 = 6.0;

/// Somebody whose connections aiortc carries.
struct Foreigner {
    person: Person,
    child: Child,
    orders: ChildStdin,
    news: Lines<BufReader<ChildStdout>>,
    question: AtomicU64,
}

impl Foreigner {
    async fn arrives(world: &World, name: &str, pitch: u32) -> Result<Self> {
        let python = std::env::var_os("DISCORDOPUS_PYTHON").unwrap_or_else(|| "python3".into());
        let person = world.person_with(name, Profile::Voice(pitch)).await?;
        person.runs_in_every_page(BRIDGE).await?;
        let mut child = Command::new(python)
            .arg(PROGRAM)
            .arg(pitch.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("cannot start Python")?;
        let orders = child.stdin.take().context("it takes no orders")?;
        let news = child.stdout.take().context("it tells nothing")?;
        Ok(Self {
            person,
            child,
            orders,
            news: BufReader::new(news).lines(),
            question: AtomicU64::new(QUESTIONS),
        })
    }

    /// Carries what page and program say to each other, as long as `work` goes on.
    async fn while_carried<T>(&mut self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                news = self.news.next_line() => {
                    let news = news?.context("the program has ended")?;
                    take(&self.person, &news).await?;
                }
                () = tokio::time::sleep(LOOK) => self.give_orders().await?,
            }
        }
    }

    async fn give_orders(&mut self) -> Result<()> {
        let orders = self.person.script("return window.bridge.orders();").await?;
        for order in orders.as_array().into_iter().flatten() {
            self.order(order).await?;
        }
        Ok(())
    }

    async fn order(&mut self, order: &Value) -> Result<()> {
        self.orders
            .write_all(format!("{order}\n").as_bytes())
            .await?;
        self.orders.flush().await?;
        Ok(())
    }

    /// What the program hears over each connection: its energy and its pitch.
    async fn listens(&mut self) -> Result<Vec<(f64, f64)>> {
        self.give_orders().await?;
        let names = self.person.script("return window.bridge.names();").await?;
        let mut heard = Vec::new();
        for name in names.as_array().into_iter().flatten() {
            let number = self.question.fetch_add(1, Ordering::Relaxed);
            self.order(&json!({ "id": name, "do": "hear", "number": number }))
                .await?;
            loop {
                let line = self.news.next_line().await?;
                let line = line.context("the program has ended")?;
                let news: Value = serde_json::from_str(&line)?;
                if news["number"] == number {
                    let figure = |what: &str| news[what].as_f64().context(line.clone());
                    heard.push((figure("energy")?, figure("pitch")?));
                    break;
                }
                take(&self.person, &line).await?;
            }
        }
        Ok(heard)
    }

    /// Waits until each of these is heard over a connection of its own, and nothing else.
    async fn hears(&mut self, others: &[&Person]) -> Result<()> {
        let foreigner = tokio::sync::Mutex::new(self);
        until("the foreigner to hear the others", async || {
            let heard = foreigner.lock().await.listens().await?;
            for other in others {
                let pitch = other.pitch()?;
                let is_there = heard
                    .iter()
                    .any(|(energy, it)| *energy > SOUND && (it - pitch).abs() <= STEP_HERTZ);
                ensure!(is_there, "{pitch} Hz is not in {heard:?}");
            }
            ensure!(heard.len() == others.len(), "{heard:?}");
            Ok(Some(()))
        })
        .await
    }

    async fn leaves(mut self) {
        let _ = self.child.kill().await;
    }
}

async fn take(person: &Person, news: &str) -> Result<()> {
    // JSON is JavaScript as well.
    person
        .script(&format!("window.bridge.take({news});"))
        .await?;
    Ok(())
}

#[test]
#[ignore = "needs aiortc: `cargo xtask test foreign`"]
fn another_implementation_has_sound_both_ways_over_three_connections() {
    story("foreign", async |world| {
        let mut foreigner = Foreigner::arrives(world, "Pia", 830).await?;
        let pia = foreigner.person.clone();
        let mut people = vec![pia.clone()];
        for (name, pitch) in [("Ada", 440), ("Ben", 560), ("Cyn", 700)] {
            people.push(world.person_with(name, Profile::Voice(pitch)).await?);
        }
        let [pia, ada, ben, cyn] = gather(people).await?;
        let browsers = [&ada, &ben, &cyn];
        // It comes to a running call, so it offers to everybody.
        call(&browsers).await?;
        let joins = async {
            pia.joins_the_call().await?;
            pia.is_connected_to_all(3).await?;
            ada.hears(&[&pia, &ben, &cyn]).await?;
            ben.hears(&[&pia, &ada, &cyn]).await?;
            cyn.hears(&[&pia, &ada, &ben]).await
        };
        foreigner.while_carried(joins).await?;
        foreigner.hears(&browsers).await?;
        // Whoever comes back makes the offers: now it answers.
        let comes_back = async {
            ada.leaves_the_call().await?;
            pia.sees_in_call(&[&pia, &ben, &cyn]).await?;
            ada.joins_the_call().await?;
            pia.is_connected_to_all(3).await?;
            ada.hears(&[&pia, &ben, &cyn]).await
        };
        foreigner.while_carried(comes_back).await?;
        foreigner.hears(&browsers).await?;
        // What is said over the data channel arrives, too.
        world.kill_relay().await?;
        let is_muted = async {
            ada.click("button", names::MUTE).await?;
            pia.sees_mark(&ada, names::MUTED, true).await?;
            pia.click("button", names::MUTE).await?;
            ada.sees_mark(&pia, names::MUTED, true).await
        };
        foreigner.while_carried(is_muted).await?;
        // Nothing that the page asks of a browser was missing.
        let console = pia.console().await?;
        let missed = console.iter().find(|line| line.contains("Uncaught"));
        ensure!(missed.is_none(), "{missed:?}");
        foreigner.leaves().await;
        Ok(())
    });
}
