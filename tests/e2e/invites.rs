//! Invite links: the good one, and each way in which one can be bad. Every bad one has its own words and changes nothing.

use crate::harness::{Person, Uses, World, names, story};
use anyhow::{Context as _, Result, ensure};

const GROUP: &str = "Choir";

#[test]
fn the_copied_link_is_the_shown_one_and_the_dialog_lists_it() {
    story("copy_link", async |world| {
        let ada = world.person("Ada").await?;
        ada.create_group(GROUP).await?;
        ada.allow_clipboard().await?;
        ada.click("button", names::INVITE_PEOPLE).await?;
        ada.click("button", names::CREATE_INVITE_LINK).await?;
        ada.sees("image", names::QR_CODE).await?;
        let shown = ada.value(names::INVITE_LINK).await?;
        ensure!(shown.starts_with(&format!("{}#/join/", ada.app())));
        ada.click("button", names::COPY_LINK).await?;
        ada.clipboard_holds(&shown).await?;
        ada.sees_in(
            Some(("list", names::ACTIVE_INVITES)),
            "button",
            names::REVOKE,
        )
        .await?;
        Ok(())
    });
}

#[test]
fn a_single_use_link_opened_by_two_at_once_lets_exactly_one_in() {
    story("single_use", async |world| {
        let (ada, ben, cyn) = tokio::try_join!(
            world.person("Ada"),
            world.person("Ben"),
            world.person("Cyn")
        )?;
        ada.create_group(GROUP).await?;
        let link = ada.invite_link(Uses::One).await?;
        tokio::try_join!(ben.ask_to_join(&link, GROUP), cyn.ask_to_join(&link, GROUP))?;
        let (ben_is_in, cyn_is_in) = tokio::try_join!(verdict(&ben), verdict(&cyn))?;
        ensure!(
            ben_is_in != cyn_is_in,
            "Ben is in: {ben_is_in}, Cyn: {cyn_is_in}"
        );
        let (lucky, late) = if ben_is_in {
            (&ben, &cyn)
        } else {
            (&cyn, &ben)
        };
        ada.sees_members(&["Ada", lucky.name()]).await?;
        lucky.writes("that was close").await?;
        ada.sees_message("that was close", lucky.name()).await?;
        ensure!(!late.has("log", names::MESSAGES).await?);
        Ok(())
    });
}

/// Waits for the answer to a join: in, or told that others were faster.
async fn verdict(person: &Person) -> Result<bool> {
    let what = format!("{} to be let in or told why not", person.name());
    crate::harness::until(&what, async || {
        if person.has("log", names::MESSAGES).await? {
            return Ok(Some(true));
        }
        let told = person.page_text().await?.contains(names::ALREADY_USED);
        Ok(told.then_some(false))
    })
    .await
}

#[test]
fn each_bad_link_says_what_is_wrong_with_it_and_changes_nothing() {
    story("bad_links", async |world| {
        let (ada, eve) = tokio::try_join!(world.person("Ada"), world.person("Eve"))?;
        ada.create_group(GROUP).await?;
        let link = ada.invite_link(Uses::Several).await?;
        let (address, code) = link.split_once("#/join/").context("no code in it")?;
        eve.open(&eve.app()).await?;
        let before = eve.waits_for_storage().await?;

        let cut = &link[..link.len() - 7];
        let flipped = flip(&link);
        let newer = format!("{address}#/join/{}", newer_version(code)?);
        for (bad, words) in [
            ("see you at eight", names::NOT_A_LINK),
            (cut, names::DAMAGED_LINK),
            (&flipped, names::DAMAGED_LINK),
            (&newer, names::NEWER_LINK),
        ] {
            eve.paste_link(bad).await?;
            eve.sees("heading", words).await?;
            eve.open(&eve.app()).await?;
        }
        // The same when it is opened rather than pasted.
        for (bad, words) in [(cut, names::DAMAGED_LINK), (&newer, names::NEWER_LINK)] {
            eve.open(bad).await?;
            eve.sees("heading", words).await?;
        }
        let after = eve.stored().await?;
        ensure!(before == after, "{before:?} became {after:?}");
        ada.sees_members(&["Ada"]).await
    });
}

#[test]
fn an_expired_link_says_so_before_anybody_is_asked() {
    story("expired_link", async |world| {
        let (ada, eve) = tokio::try_join!(world.person("Ada"), world.person("Eve"))?;
        ada.create_group(GROUP).await?;
        let link = ada.invite_link(Uses::Several).await?;
        // Links live for seven days unless told otherwise.
        eve.shift_clock_by_days(8).await?;
        eve.open(&link).await?;
        eve.sees("heading", names::EXPIRED_LINK).await?;
        ensure!(!eve.has("button", names::JOIN).await?);
        ada.sees_members(&["Ada"]).await
    });
}

#[test]
fn a_revoked_link_and_a_used_one_are_refused_in_words() {
    story("refused_links", async |world: &World| {
        let (ada, ben, eve) = tokio::try_join!(
            world.person("Ada"),
            world.person("Ben"),
            world.person("Eve")
        )?;
        ada.create_group(GROUP).await?;
        let used = ada.invite_link(Uses::One).await?;
        ben.join(&used, GROUP).await?;
        let revoked = ada.invite_link(Uses::Several).await?;
        ada.revokes_the_newest_invite().await?;

        eve.ask_to_join(&revoked, GROUP).await?;
        eve.reads("status", names::EXPIRED_OR_REVOKED).await?;
        eve.ask_to_join(&used, GROUP).await?;
        eve.reads("status", names::ALREADY_USED).await?;
        for person in [&ada, &ben] {
            person.sees_members(&["Ada", "Ben"]).await?;
        }
        ensure!(!eve.has("log", names::MESSAGES).await?);
        Ok(())
    });
}

/// The link with one letter in the middle exchanged.
fn flip(link: &str) -> String {
    let middle = link.len() - 40;
    let other = if link.as_bytes()[middle] == b'A' {
        "B"
    } else {
        "A"
    };
    let mut flipped = link.to_owned();
    flipped.replace_range(middle..=middle, other);
    flipped
}

/// The code as a later version of the app might write it: whole, but of a version that nobody knows yet.
fn newer_version(code: &str) -> Result<String> {
    use discordopus_core::wire::{self, base64url, labels};
    const CHECKSUM: usize = 4;
    let mut bytes = base64url::decode(code).map_err(|_| anyhow::anyhow!("not base64url"))?;
    bytes.truncate(bytes.len() - CHECKSUM);
    bytes[0] = 0xfe;
    let sum = wire::hash(labels::LINK_CHECKSUM, &[&bytes]);
    bytes.extend_from_slice(&sum[..CHECKSUM]);
    Ok(base64url::encode(&bytes))
}
