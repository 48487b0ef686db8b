//! People who are away: what was written meanwhile reaches them, and nobody needs the one who invited.

use crate::harness::{Uses, World, names, story};

/// The group of these stories.
const GROUP: &str = "Night shift";

/// How many messages are written while somebody is away.
const MISSED: usize = 20;

#[test]
fn one_who_was_offline_gets_every_missed_message_once_and_in_order() {
    story("offline", async |world| {
        let [ada, ben, cyn] = crate::conversation::trio(world).await?;
        ada.writes("before").await?;
        ada.sees_state("before", names::DELIVERED).await?;
        ada.go_offline().await?;
        ada.reads("status", names::RELAY_AWAY).await?;

        let mut written = Vec::new();
        for number in 1..=MISSED {
            let text = format!("missed {number:02}");
            let (writer, reader) = if number % 2 == 0 {
                (&ben, &cyn)
            } else {
                (&cyn, &ben)
            };
            writer.writes(&text).await?;
            reader.sees_message(&text, writer.name()).await?;
            written.push(text);
        }
        cyn.close_browser().await?;

        ada.go_online().await?;
        ada.sees_texts("missed ", &written).await?;
        ben.sees_texts("missed ", &written).await?;
        ada.writes("back again").await?;
        ben.sees_message("back again", "Ada").await?;
        ada.sees_texts("missed ", &written).await
    });
}

#[test]
fn a_newcomer_joins_through_any_member_and_waits_while_nobody_is_there() {
    story("inviter_away", async |world: &World| {
        let (ada, ben, cyn, dan) = tokio::try_join!(
            world.person("Ada"),
            world.person("Ben"),
            world.person("Cyn"),
            world.person("Dan")
        )?;
        ada.create_group(GROUP).await?;
        let link = ada.invite_link(Uses::Several).await?;
        ben.join(&link, GROUP).await?;
        ada.close_browser().await?;

        cyn.join(&link, GROUP).await?;
        cyn.sees_members(&["Ada", "Ben", "Cyn"]).await?;
        ben.writes("welcome").await?;
        cyn.sees_message("welcome", "Ben").await?;

        ben.close_browser().await?;
        cyn.close_browser().await?;
        dan.ask_to_join(&link, GROUP).await?;
        dan.reads("status", names::WAITING).await?;
        dan.reload().await?;
        dan.reads("status", names::WAITING).await?;

        cyn.open_browser().await?;
        cyn.open_group(GROUP).await?;
        dan.is_in(GROUP).await?;
        dan.sees_members(&["Ada", "Ben", "Cyn", "Dan"]).await?;
        cyn.writes("you made it").await?;
        dan.sees_message("you made it", "Cyn").await?;
        dan.writes("thank you").await?;
        cyn.sees_message("thank you", "Dan").await?;

        // The inviter hears of it all when she is back.
        ada.open_browser().await?;
        ada.open_group(GROUP).await?;
        ada.sees_members(&["Ada", "Ben", "Cyn", "Dan"]).await?;
        ada.sees_message("welcome", "Ben").await
    });
}
