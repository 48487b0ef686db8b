//! A walk past every screen, in any of the app's languages, with a stop at each.

pub(crate) mod files;
mod keeping;
mod messages;

use crate::harness::{Name, Person, World, names, until};
use anyhow::{Context as _, Result};
use serde_json::json;
use std::path::Path;

const GROUP: &str = "Mountain hut";

/// Somebody who walks through the app in a language of their own. What is looked for is named in English.
pub(crate) struct Guide {
    pub(crate) person: Person,
    language: String,
    /// English texts beside those of the language; none for English.
    words: Vec<(String, String)>,
}

impl Guide {
    /// Somebody whose browser prefers this language.
    pub(crate) async fn new(world: &World, name: &str, language: &str) -> Result<Self> {
        let person = world.person(name).await?;
        let words = match language {
            "en" => Vec::new(),
            _ => dictionary(language)?,
        };
        let guide = Self {
            person,
            language: language.to_owned(),
            words,
        };
        guide.prefers().await?;
        Ok(guide)
    }

    /// Tells the tab in front which language its browser prefers.
    async fn prefers(&self) -> Result<()> {
        let prefers = format!(
            "Object.defineProperty(navigator, 'languages', {{ get: () => [{}] }});",
            json!(self.language)
        );
        self.person.runs_in_every_page(&prefers).await
    }

    /// An English text in the guide's language.
    pub(crate) fn say<'a>(&'a self, english: &'a str) -> &'a str {
        let found = self.words.iter().find(|(text, _)| text == english);
        found.map_or(english, |(_, own)| own)
    }

    /// Which language that is.
    pub(crate) fn language(&self) -> &str {
        &self.language
    }

    /// A digit as this language writes it.
    fn digit(&self, digit: u32) -> String {
        digit.to_string()
    }

    /// The same with its only gap filled.
    fn say_of(&self, english: &str, part: &str) -> String {
        self.say(english).replace("{0}", part)
    }

    async fn click(&self, role: &str, english: &str) -> Result<()> {
        self.person.click(role, self.say(english)).await
    }

    async fn sees(&self, role: &str, english: &str) -> Result<()> {
        self.person.sees(role, self.say(english)).await?;
        Ok(())
    }

    async fn fill(&self, english: &str, text: &str) -> Result<()> {
        self.person.fill(self.say(english), text).await
    }

    /// Chooses a text size by its place in the list.
    async fn sets_text_size(&self, place: &str) -> Result<()> {
        let list = self
            .person
            .element("combobox", self.say("Text size"))
            .await?;
        let list = thirtyfour::components::SelectElement::new(&list).await?;
        Ok(list.select_by_value(place).await?)
    }

    /// Sets how long messages stay, by the place in the list.
    async fn sets_timer_of(&self, place: u32) -> Result<()> {
        self.click("button", names::GROUP_SETTINGS).await?;
        let list = self
            .person
            .element("combobox", self.say(names::DISAPPEARING))
            .await?;
        let list = thirtyfour::components::SelectElement::new(&list).await?;
        list.select_by_index(place).await?;
        self.closes(names::GROUP_SETTINGS).await
    }

    /// Closes the dialog in front.
    async fn closes(&self, title: &str) -> Result<()> {
        self.person.escape().await?;
        self.person.sees_no("dialog", self.say(title)).await
    }
}

/// Every text of the app in English and in another language.
fn dictionary(language: &str) -> Result<Vec<(String, String)>> {
    const ENGLISH: &str = include_str!("../../src/ui/i18n/strings.rs");
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("static/languages")
        .join(format!("{language}.txt"));
    let file = std::fs::read_to_string(file).context("no such language")?;
    let own = |wanted: &str| {
        let mut lines = file.lines().filter_map(|line| line.split_once(" = "));
        let found = lines.find(|(name, _)| *name == wanted);
        found.map(|(_, text)| text.to_owned())
    };
    let entry = |line: &str| {
        let (name, rest) = line.trim().split_once(": ")?;
        let (_, text) = rest.split_once(" = \"")?;
        let english = text.strip_suffix("\";")?;
        Some((english.to_owned(), own(name)?))
    };
    Ok(ENGLISH.lines().filter_map(entry).collect())
}

/// Walks past every screen; `stop` is called at each with its name.
pub(crate) async fn tour(
    world: &World,
    language: &str,
    mut stop: impl AsyncFnMut(&Guide, &str) -> Result<()>,
) -> Result<()> {
    let guide = Guide::new(world, "Ada", language).await?;
    first_steps(&guide, &mut stop).await?;
    let ben = a_conversation(world, &guide, &mut stop).await?;
    dialogs_of_a_group(&guide, &mut stop).await?;
    calls(&guide, &ben, &mut stop).await?;
    settings(&guide, &mut stop).await?;
    troubles(world, &guide, &mut stop).await
}

/// Before there is a group.
async fn first_steps(
    guide: &Guide,
    stop: &mut impl AsyncFnMut(&Guide, &str) -> Result<()>,
) -> Result<()> {
    let ada = &guide.person;
    ada.open(&ada.app()).await?;
    ada.sees("heading", names::APP).await?;
    stop(guide, "first-run").await?;
    guide.click("button", "What it can't promise").await?;
    guide.sees("dialog", "What it can't promise").await?;
    stop(guide, "limits").await?;
    guide.closes("What it can't promise").await?;
    guide.click("button", names::CREATE_GROUP).await?;
    guide.person.shows(guide.say("Please type a name.")).await?;
    stop(guide, "first-run-without-a-name").await?;
    guide.click("button", names::JOIN_WITH_LINK).await?;
    guide.sees("dialog", names::JOIN_WITH_LINK).await?;
    stop(guide, "join-with-a-link").await?;
    guide.fill(names::INVITE_LINK, "hello").await?;
    guide.click("button", names::CONTINUE).await?;
    guide.sees("heading", names::NOT_A_LINK).await?;
    stop(guide, "not-a-link").await?;
    ada.open(&ada.app()).await?;
    guide.fill(names::YOUR_NAME, ada.name()).await?;
    guide.click("button", names::CREATE_GROUP).await?;
    guide.sees("dialog", names::CREATE_GROUP).await?;
    stop(guide, "create-a-group").await?;
    guide.fill(names::GROUP_NAME, GROUP).await?;
    guide.click("button", names::CREATE).await?;
    ada.sees("heading", GROUP).await?;
    guide.sees("log", names::MESSAGES).await?;
    stop(guide, "empty-group").await
}

/// An invite, somebody who comes, and what the two write.
async fn a_conversation(
    world: &World,
    guide: &Guide,
    stop: &mut impl AsyncFnMut(&Guide, &str) -> Result<()>,
) -> Result<Guide> {
    guide.click("button", names::INVITE_PEOPLE).await?;
    guide.click("checkbox", names::ASK_ME).await?;
    guide.click("button", names::CREATE_INVITE_LINK).await?;
    let link = until("an invite link", async || {
        let link = guide.person.value(guide.say(names::INVITE_LINK)).await?;
        Ok(link.contains("#/join/").then_some(link))
    })
    .await?;
    guide.sees("image", names::QR_CODE).await?;
    stop(guide, "invite-people").await?;
    guide.closes(names::INVITE_PEOPLE).await?;

    let ben = Guide::new(world, "Ben", guide.language()).await?;
    ben.person.open(&link).await?;
    let title = ben.say_of("Join {0}", GROUP);
    ben.person.sees("heading", &title).await?;
    stop(&ben, "invite").await?;
    ben.fill(names::YOUR_NAME, "Ben").await?;
    ben.click("button", names::JOIN).await?;
    ben.person
        .reads("status", ben.say(names::WAITING_FOR_APPROVAL))
        .await?;
    stop(&ben, "waiting-for-approval").await?;
    guide.sees("button", names::LET_IN).await?;
    stop(guide, "somebody-wants-to-join").await?;
    guide.click("button", names::LET_IN).await?;
    ben.sees("log", names::MESSAGES).await?;
    for (writer, text) in [
        (&ben, "Hello! Who brings the stove?"),
        (
            guide,
            "Me. And the **big** pot, see https://example.org/pot",
        ),
        (
            &ben,
            "Then I bring the map, two ropes and what is left of the cheese.",
        ),
        (guide, "Half past six at the station, platform 3"),
    ] {
        let box_of = writer.say(names::MESSAGE);
        let field = writer.person.element("textbox", box_of).await?;
        field.send_keys(text).await?;
        field.send_keys(thirtyfour::Key::Enter).await?;
        for reader in [guide, &ben] {
            reader.person.shows(&text[..5]).await?;
        }
    }
    guide.person.shows(guide.say(names::DELIVERED)).await?;
    stop(guide, "conversation").await?;
    messages::messages(guide, &ben, stop).await?;
    files::files(guide, &ben, stop).await?;
    Ok(ben)
}

/// What a group opens.
async fn dialogs_of_a_group(
    guide: &Guide,
    stop: &mut impl AsyncFnMut(&Guide, &str) -> Result<()>,
) -> Result<()> {
    let actions = guide.say_of("Actions for {0}", "Ben");
    guide.person.click("button", &actions).await?;
    stop(guide, "member-menu").await?;
    guide.click("menuitem", names::VERIFY).await?;
    guide.sees("dialog", names::SAFETY_NUMBER).await?;
    guide.sees("image", names::QR_CODE).await?;
    stop(guide, "safety-number").await?;
    guide.closes(names::SAFETY_NUMBER).await?;
    guide.person.click("button", &actions).await?;
    guide.click("menuitem", names::REMOVE_FROM_GROUP).await?;
    guide.sees("checkbox", names::ALSO_REVOKE).await?;
    stop(guide, "remove-a-member").await?;
    guide.person.escape().await?;
    guide.click("button", names::GROUP_SETTINGS).await?;
    guide.sees("dialog", names::GROUP_SETTINGS).await?;
    stop(guide, "group-settings").await?;
    guide.closes(names::GROUP_SETTINGS).await?;
    guide.person.presses(thirtyfour::Key::Control + "k").await?;
    guide.sees("dialog", "Jump to a group").await?;
    stop(guide, "jump-to-a-group").await?;
    guide.closes("Jump to a group").await
}

/// A call that comes, and one that goes on.
async fn calls(
    guide: &Guide,
    ben: &Guide,
    stop: &mut impl AsyncFnMut(&Guide, &str) -> Result<()>,
) -> Result<()> {
    ben.click("button", names::START_CALL).await?;
    let card = guide
        .say("{0}: call started by {1}")
        .replace("{0}", GROUP)
        .replace("{1}", "Ben");
    guide.person.sees("alertdialog", &card).await?;
    stop(guide, "incoming-call").await?;
    guide
        .person
        .click_in(
            Some(("alertdialog", card.as_str())),
            "button",
            guide.say(names::JOIN_CALL),
        )
        .await?;
    guide.sees("button", names::LEAVE_CALL).await?;
    let connected = guide
        .say("Connected to {0} of {1}")
        .replace("{0}", &guide.digit(1))
        .replace("{1}", &guide.digit(1));
    guide.person.shows(&connected).await?;
    stop(guide, "call").await?;
    guide.click("button", "Call details").await?;
    guide.sees("dialog", "Call details").await?;
    stop(guide, "call-details").await?;
    guide.closes("Call details").await?;
    for it in [guide, ben] {
        it.click("button", names::LEAVE_CALL).await?;
    }
    Ok(())
}

/// What can be set.
async fn settings(
    guide: &Guide,
    stop: &mut impl AsyncFnMut(&Guide, &str) -> Result<()>,
) -> Result<()> {
    guide.click("link", names::SETTINGS).await?;
    guide.sees("heading", "Appearance").await?;
    stop(guide, "settings").await?;
    keeping::keeping(guide, stop).await?;
    guide.person.presses("?").await?;
    guide.sees("dialog", "Keyboard shortcuts").await?;
    stop(guide, "keyboard-shortcuts").await?;
    guide.closes("Keyboard shortcuts").await?;
    guide.click("link", "Connection and diagnostics").await?;
    guide.click("button", "Test now").await?;
    guide
        .person
        .shows(guide.say("The relay answers: messages get through."))
        .await?;
    guide.sees("button", "Test now").await?;
    guide.click("button", "Show diagnostics").await?;
    guide.sees("textbox", "Diagnostics").await?;
    stop(guide, "connection").await?;
    guide.click("link", names::SETTINGS).await?;
    guide.sets_text_size("4").await?;
    guide.click("checkbox", "High contrast").await?;
    stop(guide, "settings-large-and-strong").await?;
    // With text of twice its size there is room for one column, as on a phone.
    guide.click("link", names::BACK).await?;
    guide.person.click("link", Name::Begins(GROUP)).await?;
    guide.sees("log", names::MESSAGES).await?;
    stop(guide, "conversation-large-and-strong").await?;
    guide.click("link", names::BACK).await?;
    guide.click("link", names::SETTINGS).await?;
    guide.sets_text_size("0").await?;
    guide.click("checkbox", "High contrast").await
}

/// What can be wrong.
async fn troubles(
    world: &World,
    guide: &Guide,
    stop: &mut impl AsyncFnMut(&Guide, &str) -> Result<()>,
) -> Result<()> {
    let ada = &guide.person;
    let first = ada.tab().await?;
    ada.open_tab().await?;
    guide.prefers().await?;
    ada.open(&ada.app()).await?;
    guide.sees("heading", names::SECOND_TAB).await?;
    stop(guide, "second-tab").await?;
    ada.close_tab().await?;
    ada.switch_to(&first).await?;
    ada.click("link", Name::Begins(GROUP)).await?;
    guide.sees("log", names::MESSAGES).await?;
    world.kill_relay().await?;
    ada.shows(guide.say(names::RELAY_AWAY)).await?;
    stop(guide, "no-relay").await
}
