//! The part of the walk past what keeps a device's data: the passphrase, the lock, the backup.

use super::Guide;
use crate::harness::names;
use anyhow::Result;

const PASSPHRASE: &str = "correct horse battery";

/// Begins and ends in the settings.
pub(super) async fn keeping(
    guide: &Guide,
    stop: &mut impl AsyncFnMut(&Guide, &str) -> Result<()>,
) -> Result<()> {
    guide.click("button", names::EXPORT).await?;
    guide.sees("textbox", names::PASSPHRASE_AGAIN).await?;
    stop(guide, "export-a-backup").await?;
    guide.person.escape().await?;
    guide.click("button", names::SET_PASSPHRASE).await?;
    guide.sees("textbox", names::NEW_PASSPHRASE).await?;
    stop(guide, "set-a-passphrase").await?;
    guide.fill(names::NEW_PASSPHRASE, PASSPHRASE).await?;
    guide.fill(names::REPEAT_PASSPHRASE, PASSPHRASE).await?;
    guide.person.presses(thirtyfour::Key::Enter).await?;
    guide.click("button", names::LOCK_NOW).await?;
    guide.sees("heading", names::LOCKED).await?;
    stop(guide, "locked").await?;
    guide.fill(names::PASSPHRASE, PASSPHRASE).await?;
    guide.click("button", names::UNLOCK).await?;
    guide.sees("heading", "Appearance").await
}
