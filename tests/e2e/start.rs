//! The page is there at once; the client, in its own thread, comes after it.

use crate::harness::{names, story, until};
use anyhow::ensure;

const GROUP: &str = "Book club";

#[test]
fn the_first_page_can_be_used_before_the_client_is_loaded() {
    story("early", async |world| {
        let ada = world.person("Ada").await?;
        ada.hold("*client.js").await?;
        ada.open(&ada.app()).await?;
        ada.sees("heading", names::APP).await?;
        ada.fill(names::YOUR_NAME, "Ada").await?;
        ada.click("button", names::CREATE_GROUP).await?;
        ada.fill(names::GROUP_NAME, GROUP).await?;
        ada.click("button", names::CREATE).await?;
        ensure!(!ada.has("log", names::MESSAGES).await?);
        ada.let_go().await?;
        ada.is_in(GROUP).await?;
        ada.sees_members(&["Ada"]).await
    });
}

#[test]
fn a_client_that_cannot_be_loaded_is_told_with_a_way_on() {
    story("no_client", async |world| {
        let ada = world.person("Ada").await?;
        ada.hold("*client.js").await?;
        ada.open(&ada.app()).await?;
        ada.sees("heading", names::APP).await?;
        ada.go_offline().await?;
        ada.let_go().await?;
        ada.sees("heading", names::STOPPED).await?;
        ada.go_online().await?;
        ada.click("button", names::RELOAD).await?;
        ada.sees("heading", names::APP).await?;
        ada.found_group(GROUP).await
    });
}

/// Notes whether the page ever tells what the app is before the app is there.
const NOTE_INTRODUCTION: &str = "
    window.introduced = false;
    new MutationObserver(() => {
        introduced ||= document.querySelector('#introduction > .shown') !== null;
    }).observe(document, { childList: true, subtree: true, attributes: true });
";

#[test]
fn who_comes_for_the_first_time_reads_meanwhile_what_the_app_is_and_nobody_later_on() {
    story("introduction", async |world| {
        let ada = world.person("Ada").await?;
        ada.runs_in_every_page(NOTE_INTRODUCTION).await?;
        ada.hold("*_bg.wasm").await?;
        ada.open(&ada.app()).await?;
        until("the introduction", async || {
            let text = ada.page_text().await?;
            Ok(text.contains("nothing to install").then_some(()))
        })
        .await?;
        let text = ada.page_text().await?;
        ensure!(!text.contains("nichts zu installieren"), "{text}");
        ada.let_go().await?;
        ada.sees("heading", names::APP).await?;
        ensure!(ada.script("return introduced;").await? == true);

        let keeps = "return Boolean(navigator.serviceWorker.controller);";
        until("the device to keep the app", async || {
            Ok((ada.script(keeps).await? == true).then_some(()))
        })
        .await?;
        ada.reload().await?;
        ada.sees("heading", names::APP).await?;
        ensure!(ada.script("return introduced;").await? == false);
        Ok(())
    });
}
