//! Files between people: sent while the other is there and while it is away, kept over a reload, gone with their message.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::harness::{Name, Person, Profile, Uses, names, story, until};
use crate::tour::files::evening;

const GROUP: &str = "Sunday breakfast";

/// Puts a file where a browser can take it from.
fn file(folder: &Path, name: &str, bytes: &[u8]) -> Result<PathBuf> {
    let path = folder.join(name);
    std::fs::write(&path, bytes)?;
    Ok(path)
}

/// Chooses a file, and sees it among what will be sent.
async fn attaches(person: &Person, file: &Path) -> Result<()> {
    person.sees("button", "Attach a file").await?;
    person.attaches(file).await?;
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
        let picture = file(folder.path(), "table.bmp", &evening())?;
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

/// Bytes that show where they are from.
fn film(size: u32) -> Vec<u8> {
    let at = |at: u32| (at.wrapping_mul(2_654_435_761) >> 24) as u8;
    (0..size).map(at).collect()
}

#[test]
fn a_large_file_comes_directly_from_whoever_has_it_and_is_saved_as_it_was_sent() {
    story("large files", async |world| {
        let folder = tempfile::tempdir()?;
        let bytes = film(12_000_000);
        let path = file(folder.path(), "film.bin", &bytes)?;
        let (ada, ben, eve) = tokio::try_join!(
            world.person("Ada"),
            world.person("Ben"),
            world.person("Eve"),
        )?;
        ada.create_group(GROUP).await?;
        let link = ada.invite_link(Uses::Several).await?;
        ben.join(&link, GROUP).await?;
        eve.join(&link, GROUP).await?;

        attaches(&ada, &path).await?;
        ada.click("button", "Send").await?;
        ada.sees("button", "Save film.bin").await?;
        ben.click("button", "Download film.bin").await?;
        ben.sees("button", "Save film.bin").await?;

        // Half of it is here when the page is loaded anew: the rest comes by itself.
        eve.click("button", "Download film.bin").await?;
        eve.reads("article", "from Ada").await?;
        eve.reload().await?;
        eve.is_in(GROUP).await?;
        eve.sees("button", "Save film.bin").await?;
        let saved = tempfile::tempdir()?;
        eve.saves_to(saved.path()).await?;
        eve.click("button", "Save film.bin").await?;
        until("the file that was sent", async || {
            let saved = std::fs::read(saved.path().join("film.bin"));
            Ok(saved.is_ok_and(|saved| saved == bytes).then_some(()))
        })
        .await?;

        // Whoever has it gives it on, while its sender is away, to one who let go of it.
        ben.click("button", names::GROUP_SETTINGS).await?;
        ben.sees("dialog", names::GROUP_SETTINGS).await?;
        ben.click("button", "Delete files from this device").await?;
        ben.click("button", "Delete files").await?;
        ben.escape().await?;
        ada.close_browser().await?;
        ben.click("button", "Download film.bin").await?;
        ben.sees("button", "Save film.bin").await?;
        Ok(())
    });
}
