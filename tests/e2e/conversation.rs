//! The app's main job: a group, a link, three people who talk, and nothing that a reload or a dead relay takes away.

use crate::harness::{Person, Uses, World, names, story};
use anyhow::{Result, ensure};

/// The group of these stories.
const GROUP: &str = "Book club";

#[test]
fn three_people_talk_in_all_directions_and_every_message_is_delivered() {
    story("three_people_talk", async |world| {
        let [ada, ben, cyn] = trio(world).await?;
        let everybody = [&ada, &ben, &cyn];
        for writer in everybody {
            let text = format!("{} says hello", writer.name());
            writer.writes_and_clicks_send(&text).await?;
            for reader in everybody {
                reader.sees_message(&text, writer.name()).await?;
            }
            writer.sees_state(&text, names::DELIVERED).await?;
        }
        for person in everybody {
            person.sees_members(&["Ada", "Ben", "Cyn"]).await?;
            ensure!(person.texts_ending("says hello").await?.len() == 3);
        }
        Ok(())
    });
}

#[test]
fn history_order_and_drafts_survive_a_reload_and_the_next_messages_decrypt() {
    story("reload", async |world| {
        let [ada, ben, cyn] = trio(world).await?;
        let everybody = [&ada, &ben, &cyn];
        let mut written = Vec::new();
        for round in 1..=2 {
            for writer in everybody {
                let text = format!("line {round} of {}", writer.name());
                writer.writes(&text).await?;
                for reader in everybody {
                    reader.sees_message(&text, writer.name()).await?;
                }
                written.push(text);
            }
        }
        for person in everybody {
            let before = person.stored().await?;
            person.types(&format!("draft of {}", person.name())).await?;
            person.waits_for_more_stored("interface", &before).await?;
        }
        for person in everybody {
            person.reload().await?;
            person.is_in(GROUP).await?;
            person.sees_texts("line ", &written).await?;
            let draft = person.value(names::MESSAGE).await?;
            ensure!(draft == format!("draft of {}", person.name()), "{draft:?}");
        }
        for writer in everybody {
            let text = format!("{} is back", writer.name());
            writer.writes_and_clicks_send(&text).await?;
            for reader in everybody {
                reader.sees_message(&text, writer.name()).await?;
            }
            writer.sees_state(&text, names::DELIVERED).await?;
        }
        Ok(())
    });
}

#[test]
fn a_killed_relay_that_comes_back_loses_and_doubles_nothing() {
    story("relay_killed", async |world| {
        let [ada, ben, cyn] = trio(world).await?;
        ada.writes("line 1").await?;
        ada.sees_state("line 1", names::DELIVERED).await?;

        // Waits at the relay when that dies: only its data file can bring it to Cyn.
        cyn.close_browser().await?;
        ben.writes("line 2").await?;
        ada.sees_message("line 2", "Ben").await?;
        ben.sees_state("line 2", names::SENT).await?;

        world.kill_relay().await?;
        ada.reads("status", names::RELAY_AWAY).await?;
        ben.reads("status", names::RELAY_AWAY).await?;
        ada.writes("line 3").await?;
        ada.sees_state("line 3", names::SENDING).await?;
        ben.writes("line 4").await?;
        ben.sees_state("line 4", names::SENDING).await?;
        world.start_relay().await?;

        ben.sees_message("line 3", "Ada").await?;
        ada.sees_message("line 4", "Ben").await?;
        ada.reads_no_more("status", names::RELAY_AWAY).await?;
        cyn.open_browser().await?;
        cyn.open_group(GROUP).await?;
        ada.sees_state("line 3", names::DELIVERED).await?;
        ben.sees_state("line 2", names::DELIVERED).await?;
        ben.sees_state("line 4", names::DELIVERED).await?;
        for person in [&ada, &ben, &cyn] {
            let mut lines = person.texts_beginning("line ").await?;
            lines.sort();
            ensure!(
                lines == ["line 1", "line 2", "line 3", "line 4"],
                "{lines:?}"
            );
        }
        Ok(())
    });
}

/// Ada's group, with Ben and Cyn in it, who came by one link.
pub(crate) async fn trio(world: &World) -> Result<[Person; 3]> {
    let (ada, ben, cyn) = tokio::try_join!(
        world.person("Ada"),
        world.person("Ben"),
        world.person("Cyn")
    )?;
    ada.create_group(GROUP).await?;
    let link = ada.invite_link(Uses::Several).await?;
    ben.join(&link, GROUP).await?;
    cyn.join(&link, GROUP).await?;
    for person in [&ada, &ben, &cyn] {
        person.sees_members(&["Ada", "Ben", "Cyn"]).await?;
    }
    Ok([ada, ben, cyn])
}
