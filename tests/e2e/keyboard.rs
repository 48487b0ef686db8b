//! The first conversation without a mouse: every step is a key, and the focus can be followed.

use crate::harness::{Person, names, story, until};
use anyhow::{Result, ensure};
use thirtyfour::Key;

const GROUP: &str = "Night train";

/// Most presses of Tab to anything on a screen: whoever needs more gives up.
const MAX_TABS: usize = 40;

/// What has the focus: its accessible name, and whether it can be seen that it has it.
const FOCUSED: &str = "
    const focused = document.activeElement;
    const style = getComputedStyle(focused);
    const ring = style.outlineStyle !== 'none' || style.boxShadow !== 'none'
        || getComputedStyle(focused.parentElement).outlineStyle !== 'none'
        || getComputedStyle(focused.parentElement).boxShadow !== 'none';
    const label = focused.labels?.[0]?.textContent ?? '';
    const name = focused.getAttribute('aria-label') || label || focused.textContent || '';
    return [focused.tagName, name.trim(), ring];";

/// Goes on with Tab until the focus is on what has this name.
async fn tabs_to(person: &Person, name: &str) -> Result<()> {
    let mut passed = Vec::new();
    for _ in 0..MAX_TABS {
        let focused = person.script(FOCUSED).await?;
        let (tag, found, ring): (String, String, bool) = serde_json::from_value(focused)?;
        if found == name {
            ensure!(ring, "nobody sees that {name:?} has the focus");
            return Ok(());
        }
        passed.push(format!("{tag} {found:?}"));
        person.presses(Key::Tab).await?;
    }
    anyhow::bail!("{MAX_TABS} tabs do not lead to {name:?}, only to {passed:?}")
}

async fn types(person: &Person, text: &str) -> Result<()> {
    person.presses(text).await
}

#[test]
fn the_whole_first_conversation_is_held_by_keys_alone() {
    story("keyboard", async |world| {
        let (ada, ben) = tokio::try_join!(world.person("Ada"), world.person("Ben"))?;

        // The first page begins with the name.
        ada.open(&ada.app()).await?;
        ada.sees("heading", names::APP).await?;
        tabs_to(&ada, names::YOUR_NAME).await?;
        types(&ada, "Ada").await?;
        tabs_to(&ada, names::CREATE_GROUP).await?;
        ada.presses(Key::Enter).await?;
        ada.sees("dialog", names::CREATE_GROUP).await?;
        tabs_to(&ada, names::GROUP_NAME).await?;
        types(&ada, GROUP).await?;
        ada.presses(Key::Enter).await?;
        ada.is_in(GROUP).await?;

        // An invite, and back to where one was.
        tabs_to(&ada, names::INVITE_PEOPLE).await?;
        ada.presses(Key::Enter).await?;
        ada.sees("dialog", names::INVITE_PEOPLE).await?;
        tabs_to(&ada, names::CREATE_INVITE_LINK).await?;
        ada.presses(" ").await?;
        let link = until("an invite link", async || {
            let link = ada.value(names::INVITE_LINK).await?;
            Ok(link.contains("#/join/").then_some(link))
        })
        .await?;
        ada.presses(Key::Escape).await?;
        ada.sees_no("dialog", names::INVITE_PEOPLE).await?;
        let focused = ada.script(FOCUSED).await?;
        ensure!(
            focused[1] == names::INVITE_PEOPLE,
            "the focus is on {focused}"
        );

        ben.open(&link).await?;
        ben.sees("heading", &format!("Join {GROUP}")).await?;
        tabs_to(&ben, names::YOUR_NAME).await?;
        types(&ben, "Ben").await?;
        ben.presses(Key::Enter).await?;
        ben.is_in(GROUP).await?;

        // What is written is sent with Enter; a line is broken with Shift.
        for (writer, reader) in [(&ada, &ben), (&ben, &ada)] {
            tabs_to(writer, names::MESSAGE).await?;
            let text = format!("{} on board", writer.name());
            types(writer, &text).await?;
            writer.presses(Key::Enter).await?;
            reader.sees_message(&text, writer.name()).await?;
        }

        // A message's menu: opened, walked through and closed; the focus comes back.
        tabs_to(&ada, "Message actions").await?;
        ada.presses(Key::Enter).await?;
        ada.sees("menuitem", "Info").await?;
        ada.presses(Key::Down).await?;
        ada.presses(Key::Escape).await?;
        ada.sees_no("menuitem", "Info").await?;

        // From group to group, the list of keys, and a member's menu.
        ada.presses(Key::Control + "k").await?;
        ada.sees("dialog", "Jump to a group").await?;
        types(&ada, "night").await?;
        ada.presses(Key::Enter).await?;
        ada.sees_no("dialog", "Jump to a group").await?;
        tabs_to(&ada, "Actions for Ben").await?;
        ada.presses("?").await?;
        ada.sees("dialog", "Keyboard shortcuts").await?;
        ada.presses(Key::Escape).await?;
        ada.sees_no("dialog", "Keyboard shortcuts").await?;
        tabs_to(&ada, "Actions for Ben").await?;
        ada.presses(Key::Enter).await?;
        ada.sees("menuitem", names::VERIFY).await?;
        ada.presses(Key::Enter).await?;
        ada.sees("dialog", names::SAFETY_NUMBER).await?;
        ada.presses(Key::Escape).await?;
        ada.sees_no("dialog", names::SAFETY_NUMBER).await
    });
}
