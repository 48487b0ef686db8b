//! A backup: exported here, restored in a fresh browser, where the person goes on as themselves.

use crate::harness::{Person, Uses, names, story, until};
use anyhow::{Context as _, Result, ensure};
use std::path::{Path, PathBuf};
use thirtyfour::By;

const GROUP: &str = "Expedition";
const PASSPHRASE: &str = "correct horse battery";

/// Exports, and waits for the file.
async fn exports(person: &Person, folder: &Path) -> Result<PathBuf> {
    person.saves_to(folder).await?;
    person.click("link", names::SETTINGS).await?;
    person.click("button", names::EXPORT).await?;
    person.fill(names::PASSPHRASE, PASSPHRASE).await?;
    person.fill(names::PASSPHRASE_AGAIN, PASSPHRASE).await?;
    person.click("button", names::EXPORT_NOW).await?;
    until("the file", async || {
        let mut files = std::fs::read_dir(folder)?;
        let done = files.find_map(|file| {
            let path = file.ok()?.path();
            (path.extension()? == "backup").then_some(path)
        });
        Ok(done)
    })
    .await
}

async fn restores(person: &Person, file: &Path, passphrase: &str) -> Result<()> {
    let field = person.browser()?.find(By::Css("input[type=file]")).await?;
    field.send_keys(file.to_string_lossy().as_ref()).await?;
    person.fill(names::PASSPHRASE, passphrase).await?;
    person.click("button", names::RESTORE_NOW).await
}

async fn says(person: &Person, words: &str) -> Result<()> {
    until(words, async || {
        Ok(person.page_text().await?.contains(words).then_some(()))
    })
    .await
}

#[test]
fn a_backup_brings_a_person_to_another_browser() {
    story("backup", async |world| {
        let (ada, ben) = tokio::try_join!(world.person("Ada"), world.person("Ben"))?;
        ada.create_group(GROUP).await?;
        let link = ada.invite_link(Uses::Several).await?;
        ben.join(&link, GROUP).await?;
        ben.writes("the map is in the drawer").await?;
        ada.sees_message("the map is in the drawer", "Ben").await?;
        ada.writes("and the compass in my bag").await?;
        ben.sees_message("and the compass in my bag", "Ada").await?;
        let folder = tempfile::tempdir()?;
        let file = exports(&ada, folder.path()).await?;
        let bytes = std::fs::read(&file)?;
        ensure!(bytes.starts_with(b"DiscordOpus save"));
        let plain = b"compass";
        ensure!(!bytes.windows(plain.len()).any(|window| window == plain));
        ada.close_browser().await?;
        ben.writes("where are you?").await?;

        let new = world.person("Ada's new browser").await?;
        new.open(&new.app()).await?;
        new.click("button", names::RESTORE).await?;
        restores(&new, &file, "a guess").await?;
        says(&new, "That is not the passphrase").await?;
        let picture = folder.path().join("picture.png");
        std::fs::write(&picture, b"not a picture either")?;
        restores(&new, &picture, PASSPHRASE).await?;
        says(&new, "not a backup").await?;
        let damaged = folder.path().join("damaged");
        let cut = bytes.get(..bytes.len() - 9).context("a file")?;
        std::fs::write(&damaged, cut)?;
        restores(&new, &damaged, PASSPHRASE).await?;
        says(&new, "damaged or incomplete").await?;
        restores(&new, &file, PASSPHRASE).await?;

        new.choose_group(GROUP).await?;
        new.sees_texts_of(&[
            "the map is in the drawer",
            "and the compass in my bag",
            "where are you?",
        ])
        .await?;
        new.sends("back again").await?;
        new.sees_message("back again", "Ada").await?;
        ben.sees_message("back again", "Ada").await?;
        ben.writes("welcome").await?;
        new.sees_message("welcome", "Ben").await?;
        new.reload().await?;
        new.choose_group(GROUP).await?;
        new.sees_message("welcome", "Ben").await
    });
}

#[test]
fn the_old_device_is_told_that_its_backup_goes_on_elsewhere_and_comes_back_as_a_new_member() {
    story("left-behind", async |world| {
        let (ada, ben) = tokio::try_join!(world.person("Ada"), world.person("Ben"))?;
        ada.create_group(GROUP).await?;
        let link = ada.invite_link(Uses::Several).await?;
        ben.join(&link, GROUP).await?;
        ben.writes("the map is in the drawer").await?;
        ada.sees_message("the map is in the drawer", "Ben").await?;
        let folder = tempfile::tempdir()?;
        let file = exports(&ada, folder.path()).await?;
        ada.close_browser().await?;
        let new = world.person("Ada's new browser").await?;
        new.open(&new.app()).await?;
        new.click("button", names::RESTORE).await?;
        restores(&new, &file, PASSPHRASE).await?;
        new.choose_group(GROUP).await?;
        new.sends("from the new one").await?;
        ben.sees_message("from the new one", "Ada").await?;
        new.close_browser().await?;

        ada.open_browser().await?;
        ada.open_group(GROUP).await?;
        ada.sees("alert", "This device knows less than it should")
            .await?;
        ada.sees_no("textbox", names::MESSAGE).await?;
        ada.click("button", "Stop here").await?;
        says(&ada, "You go on elsewhere").await?;
        ada.sees_message("the map is in the drawer", "Ben").await?;

        // The stay goes on over there.
        new.open_browser().await?;
        new.open_group(GROUP).await?;
        new.sends("still a member").await?;
        ben.sees_message("still a member", "Ada").await?;

        ada.join(&link, GROUP).await?;
        ada.writes("here as well").await?;
        ben.sees_message("here as well", "Ada").await?;
        new.sees_message("here as well", "Ada").await
    });
}
