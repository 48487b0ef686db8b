//! The page is there at once; the client, in its own thread, comes after it.

use crate::harness::{names, story};
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
