//! Removing somebody: they see it, keep what they had, and get nothing more.

use crate::harness::{names, story};
use anyhow::{Result, ensure};

#[test]
fn a_removed_member_sees_it_and_holds_no_key_while_the_others_go_on() {
    story("removed", async |world| {
        let [ada, ben, cyn] = crate::conversation::trio(world).await?;
        for writer in [&ada, &ben, &cyn] {
            let text = format!("{} was here", writer.name());
            writer.writes(&text).await?;
            writer.sees_state(&text, names::DELIVERED).await?;
        }
        cyn.sees_message("Ben was here", "Ben").await?;
        let before = cyn.stored().await?;
        let group = before.group()?;
        ensure!(before.count("secrets", &group) > 0, "{before:?}");

        ada.removes("Cyn").await?;
        cyn.reads("status", names::REMOVED).await?;
        for person in [&ada, &ben] {
            person.sees_members(&["Ada", "Ben"]).await?;
        }
        cyn.sees_no("textbox", names::MESSAGE).await?;
        let removed = cyn.stored().await?;
        ensure!(removed.count("secrets", &group) == 0, "{removed:?}");

        ada.writes("later 1").await?;
        ben.sees_message("later 1", "Ada").await?;
        ben.writes("later 2").await?;
        ada.sees_message("later 2", "Ben").await?;
        ada.sees_state("later 1", names::DELIVERED).await?;
        ben.sees_state("later 2", names::DELIVERED).await?;

        // Whatever was still under way has had its chance once a fresh start of the app is up.
        cyn.reload().await?;
        cyn.reads("status", names::REMOVED).await?;
        ensure!(cyn.texts_beginning("later ").await?.is_empty());
        ensure!(cyn.texts_ending(" was here").await?.len() == 3);
        let after = cyn.stored().await?;
        ensure!(after.count("secrets", &group) == 0, "{after:?}");
        ensure!(
            after.count("messages", &group) == removed.count("messages", &group),
            "{removed:?} became {after:?}"
        );
        Ok(())
    });
}

#[test]
fn a_member_who_leaves_is_gone_for_the_others_and_keeps_the_history() {
    story("left", async |world| {
        let [ada, ben, cyn] = crate::conversation::trio(world).await?;
        ada.writes("hello").await?;
        cyn.sees_message("hello", "Ada").await?;
        cyn.leaves().await?;
        cyn.reads("status", names::LEFT).await?;
        for person in [&ada, &ben] {
            person.sees_members(&["Ada", "Ben"]).await?;
        }
        cyn.sees_message("hello", "Ada").await?;
        ben.writes("go on").await?;
        ada.sees_message("go on", "Ben").await?;
        ben.sees_state("go on", names::DELIVERED).await?;
        none_of(&cyn, "go on").await
    });
}

/// The text is not on this screen.
async fn none_of(person: &crate::harness::Person, text: &str) -> Result<()> {
    ensure!(person.row(text).await?.is_none());
    Ok(())
}
