//! What people do in calls, in their words.

use super::names;
use super::person::Person;
use super::screen::{self, Name, until};
use anyhow::{Result, ensure};
use serde_json::json;

/// The list of the people in a call.
const PEOPLE: (&str, &str) = ("list", names::IN_THIS_CALL);

/// A key: where it is, what it writes, and its number.
pub(crate) type Key = (&'static str, &'static str, u32);

/// The space bar.
pub(crate) const SPACE: Key = ("Space", " ", 32);
/// The key with a T.
pub(crate) const KEY_T: Key = ("KeyT", "t", 84);

/// What the app expects each voice to take among many people, in kbit/s.
const VOICE_KILOBITS: usize = 17;

impl Person {
    /// Starts a call in the group on the screen.
    pub(crate) async fn starts_a_call(&self) -> Result<()> {
        self.click("button", names::START_CALL).await?;
        self.sees("button", names::LEAVE_CALL).await?;
        Ok(())
    }

    /// Presses "Start call", or "Join call" where somebody was faster.
    pub(crate) async fn presses_start(&self) -> Result<()> {
        let what = format!("{} to start a call or to join it", self.name());
        until(&what, async || {
            for button in [names::START_CALL, names::JOIN_CALL] {
                // It may have changed into the other one since it was seen.
                if self.has("button", button).await? && self.click("button", button).await.is_ok() {
                    return Ok(Some(()));
                }
            }
            Ok(None)
        })
        .await
    }

    /// Joins the call that is running.
    pub(crate) async fn joins_the_call(&self) -> Result<()> {
        self.click("button", names::JOIN_CALL).await?;
        self.sees("button", names::LEAVE_CALL).await?;
        Ok(())
    }

    /// Joins although so many are in it, after the warning about it, which names what it takes.
    pub(crate) async fn joins_the_crowd(&self, people: usize) -> Result<()> {
        self.click("button", names::JOIN_CALL).await?;
        let title = format!("You would be {people} in this call");
        let dialog = self.sees("dialog", &title).await?;
        let warning = screen::text(&self.browser()?, &dialog).await?;
        let takes = (people - 1) * VOICE_KILOBITS;
        let estimate = format!("about {takes} kbit/s up and {takes} kbit/s down");
        ensure!(warning.contains(&estimate), "{warning}");
        ensure!(!self.has("button", names::LEAVE_CALL).await?, "in already");
        self.click("button", names::JOIN_ANYWAY).await?;
        self.sees("button", names::LEAVE_CALL).await?;
        Ok(())
    }

    /// Leaves the call.
    pub(crate) async fn leaves_the_call(&self) -> Result<()> {
        self.click("button", names::LEAVE_CALL).await?;
        self.sees_no("button", names::LEAVE_CALL).await
    }

    /// Waits until the screen says that all of these are connected.
    pub(crate) async fn is_connected_to_all(&self, others: usize) -> Result<()> {
        let words = format!("Connected to {others} of {others}");
        self.reads("status", &words).await
    }

    /// Waits until these are the people in the call, on the screen.
    pub(crate) async fn sees_in_call(&self, people: &[&Person]) -> Result<()> {
        let names: Vec<&str> = people.iter().map(|it| it.name()).collect();
        let what = format!("{} to see {names:?} in the call", self.name());
        until(&what, async || {
            let listed = self.callers().await?;
            let all = names
                .iter()
                .all(|name| listed.iter().any(|row| row.contains(name)));
            ensure!(all && listed.len() == names.len(), "listed are {listed:?}");
            Ok(Some(()))
        })
        .await
    }

    /// Waits until the row of somebody in the call says this, or no longer says it.
    pub(crate) async fn sees_mark(&self, other: &Person, words: &str, there: bool) -> Result<()> {
        let (name, verb) = (other.name(), if there { "says" } else { "does not say" });
        let what = format!("{}'s list {verb} \"{words}\" of {name}", self.name());
        until(&what, async || {
            let listed = self.callers().await?;
            let row = listed.iter().find(|row| row.contains(name));
            let fits = row.is_some_and(|row| row.contains(words) == there);
            ensure!(fits, "listed are {listed:?}");
            Ok(Some(()))
        })
        .await
    }

    /// What the list of people in the call says of each: all that can be read or heard.
    async fn callers(&self) -> Result<Vec<String>> {
        let browser = self.browser()?;
        let (role, name) = PEOPLE;
        let mut rows = Vec::new();
        if let Some(list) = screen::all(&browser, None, role, Name::Is(name))
            .await?
            .first()
        {
            for row in screen::all(&browser, Some(list), "listitem", Name::Any).await? {
                let mut text = screen::text(&browser, &row).await?;
                for sign in screen::all(&browser, Some(&row), "image", Name::Any).await? {
                    text.push('\n');
                    text.push_str(&sign.name);
                }
                rows.push(text);
            }
        }
        Ok(rows)
    }

    /// Waits until these words are somewhere on the screen.
    pub(crate) async fn shows(&self, words: &str) -> Result<()> {
        let what = format!("{} to read \"{words}\"", self.name());
        until(&what, async || {
            Ok(self.page_text().await?.contains(words).then_some(()))
        })
        .await
    }

    /// Plays somebody as loud as can be.
    pub(crate) async fn turns_all_the_way_up(&self, other: &Person) -> Result<()> {
        let slider = format!("Volume of {}", other.name());
        let slider = self.element("slider", &slider).await?;
        slider.send_keys(thirtyfour::Key::End).await?;
        Ok(())
    }

    /// Goes to the settings, which is no end of a call.
    pub(crate) async fn goes_to_settings(&self) -> Result<()> {
        self.click("link", names::SETTINGS).await?;
        self.sees("heading", names::SETTINGS).await?;
        Ok(())
    }

    /// Goes to the settings and has calls go over TURN servers only.
    pub(crate) async fn lets_calls_go_over_turn_servers_only(&self) -> Result<()> {
        self.goes_to_settings().await?;
        self.click("checkbox", names::RELAY_ONLY).await
    }

    /// Holds a key down.
    pub(crate) async fn holds(&self, key: Key) -> Result<()> {
        self.key("keyDown", key).await
    }

    /// Lets it go.
    pub(crate) async fn lets_go(&self, key: Key) -> Result<()> {
        self.key("keyUp", key).await
    }

    async fn key(&self, kind: &str, (code, key, number): Key) -> Result<()> {
        let event = json!({
            "type": kind, "code": code, "key": key, "windowsVirtualKeyCode": number,
        });
        let cdp = self.browser()?.cdp();
        cdp.send_raw("Input.dispatchKeyEvent", event).await?;
        Ok(())
    }
}

/// Waits until each of these hears every other one: sound of that one's pitch arrives, and is played.
pub(crate) async fn all_hear_each_other(people: &[&Person]) -> Result<()> {
    for person in people {
        let others: Vec<&Person> = people
            .iter()
            .filter(|other| other.name() != person.name())
            .copied()
            .collect();
        person.is_connected_to_all(others.len()).await?;
        person.hears(&others).await?;
    }
    Ok(())
}
