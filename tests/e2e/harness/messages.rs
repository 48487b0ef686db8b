//! What people do with messages that are there, in their words.

use super::names;
use super::person::Person;
use super::screen::{self, Name, Seen, until};
use anyhow::{Context as _, Result, ensure};
use std::path::Path;
use thirtyfour::By;

/// Whether the row with these words lies within what is seen of the log.
const IN_VIEW: &str = "
    const frame = document.querySelector('[role=log]').getBoundingClientRect();
    const rows = [...document.querySelectorAll('[role=log] article')];
    const row = rows.find((it) => it.innerText.split('\\n').some((line) => line.trim() === arguments[0]));
    const place = row?.getBoundingClientRect();
    return Boolean(place) && place.bottom > frame.top && place.top < frame.bottom;
";

impl Person {
    /// The row with this line, not one that only quotes it.
    async fn message(&self, line: &str) -> Result<Option<Seen>> {
        let browser = self.browser()?;
        let log = screen::all(&browser, None, "log", Name::Any).await?;
        let log = log.first().context("no log on the screen")?;
        let mut found = None;
        for row in screen::all(&browser, Some(log), "article", Name::Any).await? {
            let text = screen::text(&browser, &row).await?;
            if !text.lines().any(|it| it.trim() == line) {
                continue;
            }
            let buttons = screen::all(&browser, Some(&row), "button", Name::Any).await?;
            let quote = format!(": {line}");
            if !buttons.iter().any(|it| it.name.ends_with(&quote)) {
                ensure!(found.is_none(), "\"{line}\" is on the screen twice");
                found = Some(row);
            }
        }
        Ok(found)
    }

    /// Chooses an entry of a message's menu.
    pub(crate) async fn chooses_on(&self, line: &str, entry: &str) -> Result<()> {
        self.opens_menu(line, names::MESSAGE_ACTIONS).await?;
        self.click("menuitem", entry).await
    }

    /// Opens a message's menu, whose button is called so.
    pub(crate) async fn opens_menu(&self, line: &str, name: &str) -> Result<()> {
        let what = format!("{} to open the menu of \"{line}\"", self.name());
        until(&what, async || {
            let Some(row) = self.message(line).await? else {
                return Ok(None);
            };
            let browser = self.browser()?;
            let menu = screen::all(&browser, Some(&row), "button", Name::Is(name)).await?;
            let menu = menu.first().context("no menu")?;
            screen::element(&browser, menu).await?.click().await?;
            Ok(Some(()))
        })
        .await
    }

    /// Waits until something of this role and name belongs to a message.
    pub(crate) async fn sees_at(&self, line: &str, role: &str, name: &str) -> Result<()> {
        let what = format!("{} to see {role} \"{name}\" at \"{line}\"", self.name());
        until(&what, async || {
            let Some(row) = self.message(line).await? else {
                return Ok(None);
            };
            let found = screen::all(&self.browser()?, Some(&row), role, Name::Is(name)).await?;
            Ok((!found.is_empty()).then_some(()))
        })
        .await
    }

    /// Waits until a message says this of itself.
    pub(crate) async fn sees_marked(&self, line: &str, mark: &str) -> Result<()> {
        let what = format!("{} to see \"{line}\" as \"{mark}\"", self.name());
        until(&what, async || {
            let row = self.row(line).await?;
            Ok(row
                .filter(|row| row.lines().any(|it| it.trim() == mark))
                .map(|_| ()))
        })
        .await
    }

    /// Waits until no message says this.
    pub(crate) async fn sees_no_message(&self, line: &str) -> Result<()> {
        let what = format!("{} to see \"{line}\" no more", self.name());
        until(&what, async || {
            Ok(self.message(line).await?.is_none().then_some(()))
        })
        .await
    }

    /// Waits until a message lies within what is seen of the log.
    pub(crate) async fn has_in_view(&self, line: &str) -> Result<()> {
        let what = format!("{} to have \"{line}\" before the eyes", self.name());
        until(&what, async || {
            Ok(self.is_in_view(line).await?.then_some(()))
        })
        .await
    }

    /// Whether a message lies within what is seen of the log now.
    pub(crate) async fn is_in_view(&self, line: &str) -> Result<bool> {
        let answer = self.browser()?.execute(IN_VIEW, vec![line.into()]).await?;
        Ok(answer.json() == true)
    }

    /// Types with the focus on the composer and presses Enter, and doesn't wait for anything.
    pub(crate) async fn sends(&self, text: &str) -> Result<()> {
        let composer = self.element("textbox", names::MESSAGE).await?;
        composer.send_keys(text).await?;
        Ok(composer.send_keys(thirtyfour::Key::Enter).await?)
    }

    /// Sets how long messages stay.
    pub(crate) async fn sets_timer(&self, entry: &str) -> Result<()> {
        self.click("button", names::GROUP_SETTINGS).await?;
        self.sees("dialog", names::GROUP_SETTINGS).await?;
        self.choose(names::DISAPPEARING, entry).await?;
        self.escape().await?;
        self.sees_no("dialog", names::GROUP_SETTINGS).await
    }

    /// Chooses a file in the system's own list, which no test can reach: the field gets what the person would have chosen.
    pub(crate) async fn attaches(&self, file: &Path) -> Result<()> {
        let field = self.browser()?.find(By::Css("input[type=file]")).await?;
        let path = file.to_str().context("a path in UTF-8")?;
        Ok(field.send_keys(path).await?)
    }

    /// From now on what is saved goes to this folder.
    pub(crate) async fn saves_to(&self, folder: &Path) -> Result<()> {
        let behaviour = serde_json::json!({ "behavior": "allow", "downloadPath": folder });
        let cdp = self.browser()?.cdp();
        cdp.send_raw("Browser.setDownloadBehavior", behaviour)
            .await?;
        Ok(())
    }

    /// Looks for words in the group on the screen, and goes to the only message that has them.
    pub(crate) async fn searches(&self, words: &str, hit: &str) -> Result<()> {
        self.click("button", names::SEARCH).await?;
        self.sees("dialog", names::SEARCH_IN_GROUP).await?;
        self.fill(names::SEARCH_MESSAGES, words).await?;
        self.presses(thirtyfour::Key::Enter).await?;
        let dialog = Some(("dialog", names::SEARCH_IN_GROUP));
        self.reads("status", names::ONE_FOUND).await?;
        self.click_in(dialog, "button", hit).await?;
        self.sees_no("dialog", names::SEARCH_IN_GROUP).await
    }
}
