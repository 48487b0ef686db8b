//! What a call does outside of its screen: it keeps the computer's on, is named in the title, and asks before the page goes.

use crate::harness::{all_hear_each_other, names, story, until};
use crate::voice::{GROUP, band};
use anyhow::{Context as _, Result, ensure};

/// Keeps what the page gets of locks on the screen.
const NOTE_LOCKS: &str = "
    window.locks = [];
    const request = navigator.wakeLock.request.bind(navigator.wakeLock);
    navigator.wakeLock.request = async (kind) => {
        const lock = await request(kind);
        window.locks.push(lock);
        return lock;
    };
";

/// Notes whether the page has asked when it goes. To be run after the page has begun to listen itself.
const NOTE_ASKING: &str = "
    addEventListener('beforeunload', (event) => {
        sessionStorage.asked = event.defaultPrevented;
    });
";

#[test]
fn in_a_call_the_screen_stays_on_the_title_tells_of_it_and_the_page_asks_before_it_goes() {
    story("around_a_call", async |world| {
        let [ada, ben] = band(world).await?;
        ben.runs_in_every_page(NOTE_LOCKS).await?;
        ben.reload().await?;
        ben.is_in(GROUP).await?;
        let keeps_on = async |wanted: bool| {
            let what = format!("the screen to be kept on: {wanted}");
            until(&what, async || {
                let held = "return locks.some((it) => !it.released);";
                Ok((ben.script(held).await? == wanted).then_some(()))
            })
            .await
        };
        let is_titled = async |title: &str| {
            until(&format!("the title to be \"{title}\""), async || {
                Ok((ben.browser()?.title().await? == title).then_some(()))
            })
            .await
        };
        let asks = async || -> Result<bool> {
            ben.script(NOTE_ASKING).await?;
            ben.reload().await?;
            let asked = ben.script("return sessionStorage.asked;").await?;
            Ok(asked.as_str().context("the page never went")? == "true")
        };
        let outside = ben.browser()?.title().await?;
        keeps_on(false).await?;
        ensure!(!asks().await?, "it asks outside of calls");
        ben.is_in(GROUP).await?;

        ben.starts_a_call().await?;
        ada.joins_the_call().await?;
        all_hear_each_other(&[&ada, &ben]).await?;
        keeps_on(true).await?;
        is_titled(&format!("Call in {GROUP} - {}", names::APP)).await?;
        ben.leaves_the_call().await?;
        keeps_on(false).await?;
        is_titled(&outside).await?;

        ben.joins_the_call().await?;
        ensure!(asks().await?, "it goes without asking");
        // It went all the same.
        ada.sees_in_call(&[&ada]).await
    });
}
