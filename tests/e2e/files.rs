//! Files between people: sent while the other is there and while it is away, kept over a reload, gone with their message.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use thirtyfour::By;

use crate::harness::{Name, Person, Profile, Uses, story};

const GROUP: &str = "Sunday breakfast";

/// A picture of four pixels.
const PICTURE: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52,
    0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x02, 0x08, 0x02, 0x00, 0x00, 0x00, 0xfd, 0xd4, 0x9a,
    0x73, 0x00, 0x00, 0x00, 0x10, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x38, 0x61, 0x64, 0x04,
    0x44, 0x0c, 0x10, 0x0a, 0x00, 0x23, 0x36, 0x04, 0xb1, 0x46, 0x7c, 0x16, 0x33, 0x00, 0x00, 0x00,
    0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

/// Puts a file where a browser can take it from.
fn file(folder: &Path, name: &str, bytes: &[u8]) -> Result<PathBuf> {
    let path = folder.join(name);
    std::fs::write(&path, bytes)?;
    Ok(path)
}

/// Chooses a file in the system's own list, which no test can reach: the field gets what the person would have chosen.
async fn attaches(person: &Person, file: &Path) -> Result<()> {
    person.sees("button", "Attach a file").await?;
    let browser = person.browser()?;
    let field = browser.find(By::Css("input[type=file]")).await?;
    let path = file.to_str().context("a path in UTF-8")?;
    field.send_keys(path).await?;
    let name = file.file_name().and_then(|it| it.to_str());
    let remove = format!("Remove {}", name.unwrap_or_default());
    person.sees("button", remove.as_str()).await?;
    Ok(())
}

#[test]
fn files_pictures_and_voice_messages_reach_those_who_are_there_and_those_who_come_later() {
    story("files", async |world| {
        let folder = tempfile::tempdir()?;
        let ada = world.person_with("Ada", Profile::Voice(440));
        let (ada, ben) = tokio::try_join!(ada, world.person("Ben"))?;
        ada.create_group(GROUP).await?;
        ben.join(&ada.invite_link(Uses::One).await?, GROUP).await?;

        // A picture, drawn anew on its way, and words beside it.
        let picture = file(folder.path(), "table.png", PICTURE)?;
        attaches(&ada, &picture).await?;
        ada.types("our table").await?;
        ada.click("button", "Send").await?;
        let shown = Name::Begins("Show table.");
        for person in [&ada, &ben] {
            person.sees_message("our table", ada.name()).await?;
            person.sees("button", shown).await?;
        }
        ben.reload().await?;
        ben.is_in(GROUP).await?;
        ben.click("button", shown).await?;
        ben.sees("dialog", Name::Begins("table.")).await?;
        ben.sees("button", Name::Begins("Save table.")).await?;
        ben.escape().await?;

        // One who is away gets the file of one who has gone since.
        ben.close_browser().await?;
        let bytes: Vec<u8> = (0..200_000_u32).map(|at| (at % 251) as u8).collect();
        let notes = file(folder.path(), "notes.bin", &bytes)?;
        attaches(&ada, &notes).await?;
        ada.click("button", "Send").await?;
        ada.sees("button", "Save notes.bin").await?;
        ada.sees_state("notes.bin", "Sent").await?;
        ada.close_browser().await?;
        ben.open_browser().await?;

        ben.open_group(GROUP).await?;
        ben.sees("button", "Save notes.bin").await?;

        // What the microphone hears.
        ada.open_browser().await?;

        ada.open_group(GROUP).await?;
        ada.click("button", "Record a voice message").await?;
        ada.reads("group", "0:02").await?;
        ada.click("button", "Send voice message").await?;
        ben.click("button", "Play voice message").await?;
        ben.sees("button", "Pause").await?;

        // With the message its files go.
        ada.chooses_on("our table", "Delete").await?;
        ada.click("button", "Delete for everyone").await?;
        ben.sees_no("button", shown).await?;
        Ok(())
    });
}
