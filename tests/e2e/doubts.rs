//! When something is missing, the app says so and never pretends.

use crate::harness::{Profile, Uses, names, story};
use anyhow::ensure;

const GROUP: &str = "Allotment";

#[test]
fn without_a_network_the_app_says_so_queues_and_sends_later() {
    story("no_network", async |world| {
        let (ada, ben) = tokio::try_join!(world.person("Ada"), world.person("Ben"))?;
        ada.create_group(GROUP).await?;
        let link = ada.invite_link(Uses::Several).await?;
        ben.join(&link, GROUP).await?;
        ada.go_offline().await?;
        ada.reads("status", names::RELAY_AWAY).await?;
        ada.writes("written in a tunnel").await?;
        ada.sees_state("written in a tunnel", names::SENDING)
            .await?;
        ada.go_online().await?;
        ben.sees_message("written in a tunnel", "Ada").await?;
        ada.sees_state("written in a tunnel", names::DELIVERED)
            .await?;
        ada.reads_no_more("status", names::RELAY_AWAY).await
    });
}

#[test]
fn what_was_queued_survives_a_crash_of_the_browser() {
    story("crash", async |world| {
        let (ada, ben) = tokio::try_join!(world.person("Ada"), world.person("Ben"))?;
        ada.create_group(GROUP).await?;
        let link = ada.invite_link(Uses::Several).await?;
        ben.join(&link, GROUP).await?;
        ada.go_offline().await?;
        ada.reads("status", names::RELAY_AWAY).await?;
        ada.writes("last words").await?;
        ada.sees_state("last words", names::SENDING).await?;
        ada.kill_browser().await?;
        ada.open_browser().await?;
        ada.go_online().await?;
        ada.open_group(GROUP).await?;
        ben.sees_message("last words", "Ada").await?;
        ada.sees_state("last words", names::DELIVERED).await?;
        // Both ends go on with fresh keys.
        ada.writes("new words").await?;
        ben.sees_message("new words", "Ada").await?;
        ben.writes("welcome back").await?;
        ada.sees_message("welcome back", "Ben").await?;
        ensure!(ben.texts_ending(" words").await?.len() == 2);
        Ok(())
    });
}

#[test]
fn a_browser_that_keeps_nothing_is_told_before_anything_is_lost() {
    story("storage_blocked", async |world| {
        let eve = world.person_with("Eve", Profile::StorageBlocked).await?;
        eve.open(&eve.app()).await?;
        eve.sees("heading", names::STORAGE_BLOCKED).await?;
        eve.click("button", names::CONTINUE_WITHOUT).await?;
        eve.reads("alert", names::NOTHING_IS_KEPT).await?;
        eve.found_group(GROUP).await?;
        eve.writes("gone tomorrow").await?;
        eve.reads("alert", names::NOTHING_IS_KEPT).await
    });
}

#[test]
fn unread_messages_are_counted_in_the_name_of_the_group() {
    story("unread", async |world| {
        let (ada, ben) = tokio::try_join!(world.person("Ada"), world.person("Ben"))?;
        ada.create_group(GROUP).await?;
        let link = ada.invite_link(Uses::Several).await?;
        ben.join(&link, GROUP).await?;
        ben.writes("first").await?;
        ada.sees_message("first", "Ben").await?;
        ada.open(&ada.app()).await?;
        ada.sees("link", GROUP).await?;
        ben.writes("second").await?;
        ben.writes("third").await?;
        ada.sees("link", &format!("{GROUP}, 2 unread messages"))
            .await?;
        ada.choose_group(GROUP).await?;
        ada.sees_message("third", "Ben").await?;
        ada.sees("link", GROUP).await?;
        Ok(())
    });
}
