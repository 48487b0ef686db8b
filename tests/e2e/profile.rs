//! What people call themselves and how they look, and who has read what.

use std::path::Path;

use anyhow::Result;

use crate::harness::{Person, Uses, names, story, until};
use crate::tour::files::evening;

const GROUP: &str = "Book club";

/// Waits until whoever's mark is found by this selector has a picture of this size (0: none).
async fn has_picture(person: &Person, selector: &str, size: u64) -> Result<()> {
    let script = format!(
        "const image = document.querySelector('{selector} img'); return image ? image.naturalWidth : 0"
    );
    let what = format!(
        "{} to see a picture of {size} pixels at {selector}",
        person.name()
    );
    until(&what, async || {
        let width = person.script(&script).await?;
        Ok((width.as_u64() == Some(size)).then_some(()))
    })
    .await
}

async fn chooses_picture(person: &Person, file: &Path) -> Result<()> {
    person.sees("button", "Choose a picture").await?;
    person.attaches(file).await?;
    person.sees("button", "Remove the picture").await?;
    Ok(())
}

#[test]
fn a_new_name_and_a_picture_are_seen_by_the_others_and_stay_over_a_reload() {
    story("profile", async |world| {
        let folder = tempfile::tempdir()?;
        let picture = folder.path().join("evening.bmp");
        std::fs::write(&picture, evening())?;
        let (ada, ben) = tokio::try_join!(world.person("Ada"), world.person("Ben"))?;
        ada.create_group(GROUP).await?;
        let link = ada.invite_link(Uses::Several).await?;
        ben.join(&link, GROUP).await?;
        ada.writes("who reads next?").await?;
        ben.sees_message("who reads next?", "Ada").await?;

        ada.click("link", names::SETTINGS).await?;
        chooses_picture(&ada, &picture).await?;
        ada.fill(names::YOUR_NAME, "Countess").await?;
        ada.click("button", "Save").await?;
        ada.choose_group(GROUP).await?;
        for person in [&ada, &ben] {
            for _reload in 0..2 {
                person.sees_message("who reads next?", "Countess").await?;
                person.sees_of("Countess", "Joined as Ada").await?;
                has_picture(person, ".message .avatar", 128).await?;
                has_picture(person, ".person .avatar", 128).await?;
                person.reload().await?;
                person.is_in(GROUP).await?;
            }
        }
        until("the note", async || {
            let text = ben.page_text().await?;
            Ok(text.contains("Ada is now called Countess").then_some(()))
        })
        .await?;

        // Whoever comes while she is away learns it from Ben.
        ada.close_browser().await?;
        let cleo = world.person("Cleo").await?;
        cleo.join(&link, GROUP).await?;
        cleo.sees_of("Countess", "Joined as Ada").await?;
        has_picture(&cleo, ".person .avatar", 128).await?;

        ada.open_browser().await?;
        ada.open_group(GROUP).await?;
        ada.click("link", names::SETTINGS).await?;
        ada.click("button", "Remove the picture").await?;
        has_picture(&cleo, ".person .avatar", 0).await?;
        has_picture(&ben, ".message .avatar", 0).await
    });
}

#[test]
fn whoever_lets_it_be_seen_is_shown_as_having_read_a_message_once_it_was_on_screen() {
    story("reading", async |world| {
        let (ada, ben) = tokio::try_join!(world.person("Ada"), world.person("Ben"))?;
        ada.create_group(GROUP).await?;
        ben.join(&ada.invite_link(Uses::One).await?, GROUP).await?;
        ada.writes("before").await?;
        ben.sees_message("before", "Ada").await?;
        ben.click("link", names::SETTINGS).await?;
        ben.click("checkbox", "Let others see what I have read")
            .await?;

        // Ben looks at his settings: it comes, and isn't on screen.
        ada.writes("are you there?").await?;
        ada.sees_state("are you there?", "Delivered").await?;
        ada.chooses_on("are you there?", names::INFO).await?;
        ada.reads("dialog", "Has it").await?;
        ben.choose_group(GROUP).await?;
        ben.sees_message("are you there?", "Ada").await?;
        ada.reads("dialog", "Has read it").await?;
        ada.escape().await?;

        // What came before he wanted it seen is not told.
        ada.chooses_on("before", names::INFO).await?;
        ada.reads("dialog", "Has it").await?;
        ada.escape().await?;
        ada.reload().await?;
        ada.is_in(GROUP).await?;
        ada.chooses_on("are you there?", names::INFO).await?;
        ada.reads("dialog", "Has read it").await
    });
}
