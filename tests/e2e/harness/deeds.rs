//! What people do with the app, in their words.

use super::names;
use super::person::Person;
use super::screen::{self, Name, until};
use anyhow::{Context as _, Result, bail, ensure};

/// How often an invite link can be used.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Uses {
    /// By one person.
    One,
    /// By several: what the app proposes.
    Several,
}

impl Person {
    /// Opens the app and founds a group.
    pub(crate) async fn create_group(&self, group: &str) -> Result<()> {
        self.open(&self.app()).await?;
        self.sees("heading", names::APP).await?;
        self.found_group(group).await
    }

    /// Founds a group, from the first screen.
    pub(crate) async fn found_group(&self, group: &str) -> Result<()> {
        self.fill(names::YOUR_NAME, self.name()).await?;
        self.click("button", names::CREATE_GROUP).await?;
        self.sees("dialog", names::CREATE_GROUP).await?;
        self.fill(names::GROUP_NAME, group).await?;
        self.click("button", names::CREATE).await?;
        self.is_in(group).await
    }

    /// Waits until a group's conversation is on the screen.
    pub(crate) async fn is_in(&self, group: &str) -> Result<()> {
        self.sees("heading", group).await?;
        self.sees("log", names::MESSAGES).await?;
        Ok(())
    }

    /// Opens the app and goes to a group.
    pub(crate) async fn open_group(&self, group: &str) -> Result<()> {
        self.open(&self.app()).await?;
        self.choose_group(group).await
    }

    /// Goes to a group by its link beside the page.
    pub(crate) async fn choose_group(&self, group: &str) -> Result<()> {
        let groups = Some(("navigation", names::GROUPS));
        self.click_in(groups, "link", Name::Begins(group)).await?;
        self.is_in(group).await
    }

    /// Makes an invite link and reads it.
    pub(crate) async fn invite_link(&self, uses: Uses) -> Result<String> {
        self.invite_link_with(uses, false).await
    }

    /// The same, of an invite that asks before somebody joins.
    pub(crate) async fn invite_link_that_asks(&self) -> Result<String> {
        self.invite_link_with(Uses::Several, true).await
    }

    async fn invite_link_with(&self, uses: Uses, asks: bool) -> Result<String> {
        self.click("button", names::INVITE_PEOPLE).await?;
        self.sees("dialog", names::INVITE_PEOPLE).await?;
        let entry = match uses {
            Uses::One => names::ONCE,
            Uses::Several => names::FIVE_TIMES,
        };
        self.choose(names::CAN_BE_USED, entry).await?;
        if asks {
            self.click("checkbox", names::ASK_ME).await?;
        }
        self.click("button", names::CREATE_INVITE_LINK).await?;
        let what = format!("{} to get an invite link", self.name());
        let link = until(&what, async || {
            let link = self.value(names::INVITE_LINK).await?;
            Ok(link.contains("#/join/").then_some(link))
        })
        .await?;
        self.escape().await?;
        self.sees_no("dialog", names::INVITE_PEOPLE).await?;
        Ok(link)
    }

    /// Presses Escape.
    pub(crate) async fn escape(&self) -> Result<()> {
        let browser = self.browser()?;
        let focused = browser.active_element().await?;
        focused.send_keys(thirtyfour::Key::Escape).await?;
        Ok(())
    }

    /// Opens an invite link, gives the name and presses "Join".
    pub(crate) async fn ask_to_join(&self, link: &str, group: &str) -> Result<()> {
        self.open(link).await?;
        self.sees("heading", &format!("Join {group}")).await?;
        self.fill(names::YOUR_NAME, self.name()).await?;
        self.click("button", names::JOIN).await
    }

    /// Joins by an invite link and is in.
    pub(crate) async fn join(&self, link: &str, group: &str) -> Result<()> {
        self.ask_to_join(link, group).await?;
        self.is_in(group).await
    }

    /// Pastes a link on the first screen.
    pub(crate) async fn paste_link(&self, link: &str) -> Result<()> {
        self.click("button", names::JOIN_WITH_LINK).await?;
        self.sees("dialog", names::JOIN_WITH_LINK).await?;
        self.fill(names::INVITE_LINK, link).await?;
        self.click("button", names::CONTINUE).await
    }

    /// Ends the invite on top of the list.
    pub(crate) async fn revokes_the_newest_invite(&self) -> Result<()> {
        self.click("button", names::INVITE_PEOPLE).await?;
        let invites = Some(("list", names::ACTIVE_INVITES));
        self.click_in(invites, "button", names::REVOKE).await?;
        let what = format!("{} to see the invite go", self.name());
        until(&what, async || {
            Ok((!self.has("button", names::REVOKE).await?).then_some(()))
        })
        .await?;
        self.escape().await
    }

    /// Removes a member from the group and leaves the question about invites as it stands.
    pub(crate) async fn removes(&self, member: &str) -> Result<()> {
        self.chooses_for(member, names::REMOVE_FROM_GROUP).await?;
        self.sees("checkbox", names::ALSO_REVOKE).await?;
        self.click("button", names::REMOVE).await
    }

    /// Chooses an entry of a member's menu.
    pub(crate) async fn chooses_for(&self, member: &str, entry: &str) -> Result<()> {
        self.click("button", &format!("Actions for {member}"))
            .await?;
        self.click("menuitem", entry).await
    }

    /// Makes a member an admin.
    pub(crate) async fn makes_admin(&self, member: &str) -> Result<()> {
        self.chooses_for(member, names::MAKE_ADMIN).await?;
        self.click("button", names::MAKE_ADMIN).await
    }

    /// Hands the group over to a member.
    pub(crate) async fn hands_over_to(&self, member: &str) -> Result<()> {
        self.chooses_for(member, names::HAND_OVER).await?;
        self.click("button", names::HAND_OVER).await
    }

    /// Waits until a member's entry in the list says this.
    pub(crate) async fn sees_of(&self, member: &str, words: &str) -> Result<()> {
        let what = format!("{} to see {member} as \"{words}\"", self.name());
        until(&what, async || {
            let listed = self.listed_members().await?;
            let fits = |item: &String| item.contains(member) && item.contains(words);
            Ok(listed.iter().any(fits).then_some(()))
        })
        .await
    }

    /// Opens a member's safety number and reads its groups of digits.
    pub(crate) async fn safety_number(&self, member: &str) -> Result<Vec<String>> {
        self.chooses_for(member, names::VERIFY).await?;
        self.sees("image", names::QR_CODE).await?;
        let dialog = self.sees("dialog", names::SAFETY_NUMBER).await?;
        let text = screen::text(&self.browser()?, &dialog).await?;
        let is_group = |word: &&str| word.len() == 5 && word.bytes().all(|b| b.is_ascii_digit());
        Ok(text
            .split_whitespace()
            .filter(is_group)
            .map(str::to_owned)
            .collect())
    }

    /// The twelve digits in three groups that stand on the screen.
    pub(crate) async fn code(&self) -> Result<String> {
        let what = format!("{} to see a code", self.name());
        until(&what, async || {
            let text = self.page_text().await?;
            let is_code = |line: &&str| {
                let groups: Vec<&str> = line.split(' ').collect();
                let digits = |group: &&str| group.len() == 4 && group.parse::<u16>().is_ok();
                groups.len() == 3 && groups.iter().all(digits)
            };
            let code = text.lines().map(str::trim).find(is_code);
            Ok(code.map(str::to_owned))
        })
        .await
    }

    /// Leaves the group on the screen.
    pub(crate) async fn leaves(&self) -> Result<()> {
        self.click("button", names::GROUP_SETTINGS).await?;
        self.click("button", names::LEAVE_GROUP).await?;
        self.click("button", names::LEAVE).await
    }

    /// Types a message without sending it.
    pub(crate) async fn types(&self, text: &str) -> Result<()> {
        self.fill(names::MESSAGE, text).await
    }

    /// Writes a message and presses Enter.
    pub(crate) async fn writes(&self, text: &str) -> Result<()> {
        let composer = self.element("textbox", names::MESSAGE).await?;
        composer.send_keys(text).await?;
        composer.send_keys(thirtyfour::Key::Enter).await?;
        self.sees_message(text, self.name()).await
    }

    /// Writes a message and clicks "Send".
    pub(crate) async fn writes_and_clicks_send(&self, text: &str) -> Result<()> {
        self.types(text).await?;
        self.click("button", names::SEND).await?;
        self.sees_message(text, self.name()).await
    }

    /// The rows of the log on the screen, top to bottom: all that can be read or heard of each.
    pub(crate) async fn rows(&self) -> Result<Vec<String>> {
        let browser = self.browser()?;
        let log = screen::all(&browser, None, "log", Name::Is(names::MESSAGES)).await?;
        let log = log.first().context("no log on the screen")?;
        let mut rows = Vec::new();
        for row in screen::all(&browser, Some(log), "article", Name::Any).await? {
            let text = screen::text(&browser, &row).await?;
            rows.push(format!("{}\n{text}", row.name));
        }
        Ok(rows)
    }

    /// The row with this line, if it is on the screen; fails when there are two.
    pub(crate) async fn row(&self, line: &str) -> Result<Option<String>> {
        let mut fitting: Vec<String> = self.rows().await?;
        fitting.retain(|row| row.lines().any(|l| l.trim() == line));
        ensure!(fitting.len() < 2, "\"{line}\" is on the screen twice");
        Ok(fitting.pop())
    }

    /// Waits until a message of this author is on the screen.
    pub(crate) async fn sees_message(&self, text: &str, author: &str) -> Result<()> {
        let what = format!("{} to see \"{text}\" from {author}", self.name());
        until(&what, async || {
            let row = self.row(text).await?;
            Ok(row.filter(|row| row.contains(author)).map(|_| ()))
        })
        .await
    }

    /// Waits until an own message has come this far.
    pub(crate) async fn sees_state(&self, text: &str, state: &str) -> Result<()> {
        let what = format!("{} to see \"{text}\" as \"{state}\"", self.name());
        until(&what, async || {
            let row = self.row(text).await?;
            Ok(row.filter(|row| row.contains(state)).map(|_| ()))
        })
        .await
    }

    /// Waits until exactly these members are listed.
    pub(crate) async fn sees_members(&self, members: &[&str]) -> Result<()> {
        let what = format!("{} to see the members {members:?}", self.name());
        until(&what, async || {
            let listed = self.listed_members().await?;
            let all = members
                .iter()
                .all(|name| listed.iter().any(|item| item.contains(name)));
            Ok((all && listed.len() == members.len()).then_some(()))
        })
        .await
    }

    /// What the list of members says of each.
    async fn listed_members(&self) -> Result<Vec<String>> {
        let browser = self.browser()?;
        let region = screen::all(&browser, None, "region", Name::Is(names::MEMBERS)).await?;
        let mut listed = Vec::new();
        if let Some(region) = region.first() {
            for item in screen::all(&browser, Some(region), "listitem", Name::Any).await? {
                listed.push(screen::text(&browser, &item).await?);
            }
        }
        Ok(listed)
    }

    /// Waits until the texts with this beginning are these, in this order.
    pub(crate) async fn sees_texts(&self, start: &str, texts: &[String]) -> Result<()> {
        let what = format!("{} to see {texts:?}", self.name());
        until(&what, async || {
            let seen = self.texts_beginning(start).await?;
            if seen == texts {
                return Ok(Some(()));
            }
            bail!("on the screen are {seen:?}")
        })
        .await
    }

    /// Waits until each of these texts is on the screen, once.
    pub(crate) async fn sees_texts_of(&self, texts: &[&str]) -> Result<()> {
        for text in texts {
            let what = format!("{} to see \"{text}\"", self.name());
            until(&what, async || Ok(self.row(text).await?.map(|_| ()))).await?;
        }
        Ok(())
    }

    /// Texts with this end, in the order of the log.
    pub(crate) async fn texts_ending(&self, end: &str) -> Result<Vec<String>> {
        self.texts(|line| line.ends_with(end)).await
    }

    /// Texts with this beginning, in the order of the log.
    pub(crate) async fn texts_beginning(&self, start: &str) -> Result<Vec<String>> {
        self.texts(|line| line.starts_with(start)).await
    }

    async fn texts(&self, fits: impl Fn(&str) -> bool) -> Result<Vec<String>> {
        let rows = self.rows().await?;
        let fitting = |row: &String| {
            let mut lines = row.lines().map(str::trim);
            lines.find(|line| fits(line)).map(str::to_owned)
        };
        Ok(rows.iter().filter_map(fitting).collect())
    }
}
