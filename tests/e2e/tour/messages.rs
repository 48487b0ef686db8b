//! The part of the walk past what one does with messages.

use super::Guide;
use crate::harness::{Name, names};
use anyhow::Result;
use thirtyfour::Key;

/// The first message of the conversation, Ben's.
const QUESTION: &str = "Hello! Who brings the stove?";
/// One of Ada's that is taken back.
const TAKEN_BACK: &str = "Half past six at the station, platform 3";
/// What she answers, before and after she has thought again.
const ANSWER: &str = "@Ben already told you";
const BETTER: &str = "@Ben you do, I bring the gas";

impl Guide {
    async fn chooses_on(&self, line: &str, english: &str) -> Result<()> {
        let menu = self.say(names::MESSAGE_ACTIONS);
        self.person.opens_menu(line, menu).await?;
        self.click("menuitem", english).await
    }

    async fn reacts(&self, line: &str, emoji: &str) -> Result<()> {
        let menu = self.say(names::MESSAGE_ACTIONS);
        self.person.opens_menu(line, menu).await?;
        let entry = self.say_of("React with {0}", emoji);
        self.person.click("menuitem", &entry).await
    }

    /// Presses keys in the composer.
    async fn types(&self, keys: impl Into<thirtyfour::TypingData>) -> Result<()> {
        let composer = self
            .person
            .element("textbox", self.say(names::MESSAGE))
            .await?;
        Ok(composer.send_keys(keys.into()).await?)
    }
}

/// Answers, reactions, edits, pins, a search, a deletion, and messages that disappear.
pub(super) async fn messages(
    guide: &Guide,
    ben: &Guide,
    stop: &mut impl AsyncFnMut(&Guide, &str) -> Result<()>,
) -> Result<()> {
    guide
        .person
        .opens_menu(QUESTION, guide.say(names::MESSAGE_ACTIONS))
        .await?;
    stop(guide, "message-menu").await?;
    guide.click("menuitem", "React").await?;
    guide.sees("heading", names::SMILEYS).await?;
    stop(guide, "emoji-picker").await?;
    guide.closes(names::EMOJI).await?;
    for reader in [guide, ben] {
        reader.reacts(QUESTION, "❤️").await?;
    }
    ben.reacts(QUESTION, "😂").await?;
    guide
        .person
        .sees("button", Name::Begins("😂 1: Ben"))
        .await?;

    guide.chooses_on(QUESTION, names::REPLY).await?;
    guide.types("@B").await?;
    guide.person.sees("option", "Ben").await?;
    stop(guide, "answer-that-calls-somebody").await?;
    guide.types(Key::Enter + "already told you").await?;
    guide.types(Key::Enter).await?;
    ben.person.shows(ANSWER).await?;
    guide.types(Key::Up).await?;
    stop(guide, "edit-a-message").await?;
    guide.fill(names::MESSAGE, BETTER).await?;
    guide.types(Key::Enter).await?;
    ben.person.shows(ben.say(names::EDITED)).await?;

    guide.chooses_on(TAKEN_BACK, names::DELETE).await?;
    guide.sees("button", names::DELETE_FOR_ALL).await?;
    stop(guide, "delete-a-message").await?;
    guide.click("button", names::DELETE_FOR_ALL).await?;
    ben.person.shows(ben.say(names::DELETED)).await?;
    ben.chooses_on(QUESTION, names::PIN).await?;
    guide.sees("button", names::PINNED).await?;

    guide.sets_timer_of(2).await?;
    ben.types("Then see you in the train").await?;
    ben.types(Key::Enter).await?;
    guide.person.shows("Then see you in the train").await?;
    stop(guide, "changed-messages").await?;
    stop(ben, "changed-messages-of-others").await?;

    guide.chooses_on(BETTER, names::INFO).await?;
    guide.sees("heading", names::EARLIER_WORDS).await?;
    stop(guide, "message-info").await?;
    guide.closes(names::MESSAGE_INFO).await?;
    guide.click("button", names::PINNED).await?;
    let hit = format!("Ben: {QUESTION}");
    let dialog = guide.say(names::PINNED);
    guide
        .person
        .sees_in(Some(("dialog", dialog)), "button", &hit)
        .await?;
    stop(guide, "pinned-messages").await?;
    guide.closes(names::PINNED).await?;
    guide.click("button", names::SEARCH).await?;
    guide.fill(names::SEARCH_MESSAGES, "the").await?;
    guide.person.presses(Key::Enter).await?;
    let dialog = guide.say(names::SEARCH_IN_GROUP);
    guide
        .person
        .sees_in(Some(("dialog", dialog)), "button", &hit)
        .await?;
    stop(guide, "search").await?;
    guide.closes(names::SEARCH_IN_GROUP).await
}
