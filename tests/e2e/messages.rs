//! What one does with messages that are there: answer, react, edit, delete, pin, call, find, let disappear.

use crate::harness::{Name, Person, Uses, World, names, story};
use anyhow::{Result, ensure};
use thirtyfour::Key;

const GROUP: &str = "Sunday breakfast";

/// So many that the first message is neither on the screen nor in memory once the group is opened anew.
const MANY: usize = 70;

/// Ada's group, with Ben in it.
async fn pair(world: &World) -> Result<[Person; 2]> {
    let (ada, ben) = tokio::try_join!(world.person("Ada"), world.person("Ben"))?;
    ada.create_group(GROUP).await?;
    ben.join(&ada.invite_link(Uses::One).await?, GROUP).await?;
    Ok([ada, ben])
}

#[test]
fn reactions_edits_pins_calls_by_name_and_deletions_reach_everybody() {
    story("amendments", async |world| {
        let [ada, ben] = pair(world).await?;

        // The time of this one runs while the others happen.
        ada.sets_timer(names::HALF_A_MINUTE).await?;
        ben.shows("Ada set messages to disappear 30 seconds after they were seen")
            .await?;
        ada.writes("the door code is 4711").await?;
        ben.sees_message("the door code is 4711", "Ada").await?;
        for person in [&ada, &ben] {
            person
                .sees_at("the door code is 4711", "image", names::DISAPPEARS)
                .await?;
            person.reload().await?;
            person.is_in(GROUP).await?;
            person.sees_message("the door code is 4711", "Ada").await?;
        }
        ada.sets_timer(names::FOR_GOOD).await?;
        ben.shows("Ada set messages to stay").await?;

        ben.writes("Who brings bread?").await?;
        ada.sees_message("Who brings bread?", "Ben").await?;
        ada.chooses_on("Who brings bread?", names::REPLY).await?;
        ada.reads("status", names::ANSWER_TO).await?;
        ada.writes("I do").await?;
        ben.sees_at("I do", "button", "Ben: Who brings bread?")
            .await?;

        reactions(&ada, &ben).await?;
        edits(&ada, &ben).await?;
        calls_by_name(&ada, &ben).await?;
        pins(&ada, &ben).await?;
        deletions(&ada, &ben).await?;
        while_one_is_away(&ada, &ben).await?;

        for person in [&ada, &ben] {
            person.sees_no_message("the door code is 4711").await?;
            person.reload().await?;
            person.is_in(GROUP).await?;
            person.sees_marked("meet at seven", names::EDITED).await?;
            let all = person.rows().await?;
            for gone in ["4711", "I do", "meet at six"] {
                ensure!(!all.iter().any(|row| row.contains(gone)), "{all:?}");
            }
        }
        Ok(())
    });
}

async fn reactions(ada: &Person, ben: &Person) -> Result<()> {
    ben.chooses_on("I do", "React with 👍").await?;
    ada.sees_at("I do", "button", "👍 1: Ben").await?;
    ada.click("button", "👍 1: Ben").await?;
    ben.click("button", "👍 2: Ben, Ada").await?;
    for person in [ada, ben] {
        person.sees_at("I do", "button", "👍 1: Ada").await?;
    }
    // Any other one, by its name.
    ben.chooses_on("I do", "React").await?;
    ben.sees("dialog", names::EMOJI).await?;
    ben.fill(names::SEARCH_EMOJI, "croissant").await?;
    ben.click("button", "croissant").await?;
    ada.sees_at("I do", "button", "🥐 1: Ben").await
}

async fn edits(ada: &Person, ben: &Person) -> Result<()> {
    ada.click("textbox", names::MESSAGE).await?;
    ada.presses(Key::Up).await?;
    ada.reads("status", names::EDITING).await?;
    ensure!(ada.value(names::MESSAGE).await? == "I do");
    ada.fill(names::MESSAGE, "I bring two loaves").await?;
    ada.presses(Key::Enter).await?;
    for person in [ada, ben] {
        person
            .sees_marked("I bring two loaves", names::EDITED)
            .await?;
        person
            .sees_at("I bring two loaves", "button", "👍 1: Ada")
            .await?;
    }
    ben.chooses_on("I bring two loaves", names::INFO).await?;
    ben.sees("heading", names::EARLIER_WORDS).await?;
    ben.reads("dialog", "I do").await?;
    ben.escape().await?;
    ben.sees_no("dialog", names::MESSAGE_INFO).await
}

async fn calls_by_name(ada: &Person, ben: &Person) -> Result<()> {
    ben.types("thank you, @ad").await?;
    ben.sees("option", "Ada").await?;
    ben.presses(Key::Enter).await?;
    ensure!(ben.value(names::MESSAGE).await? == "thank you, @Ada ");
    ben.presses("!").await?;
    ben.presses(Key::Enter).await?;
    ada.sees_at("thank you, @Ada !", "mark", "").await?;
    ben.sees_message("thank you, @Ada !", "Ben").await?;
    ensure!(!ben.has("mark", Name::Any).await?, "it calls Ada only");
    Ok(())
}

async fn pins(ada: &Person, ben: &Person) -> Result<()> {
    ada.chooses_on("I bring two loaves", names::PIN).await?;
    ben.click("button", names::PINNED).await?;
    let dialog = Some(("dialog", names::PINNED));
    ben.click_in(dialog, "button", "Ada: I bring two loaves")
        .await?;
    ben.has_in_view("I bring two loaves").await?;
    ben.chooses_on("I bring two loaves", names::UNPIN).await?;
    for person in [ada, ben] {
        person.sees_no("button", names::PINNED).await?;
    }
    Ok(())
}

async fn deletions(ada: &Person, ben: &Person) -> Result<()> {
    ada.chooses_on("I bring two loaves", names::DELETE).await?;
    ada.click("button", names::DELETE_FOR_ALL).await?;
    for person in [ada, ben] {
        person.sees_message(names::DELETED, "Ada").await?;
        person.sees_no_message("I bring two loaves").await?;
        ensure!(
            !person.has("button", "👍 1: Ada").await?,
            "a reaction to nothing"
        );
    }
    // Somebody else's can be deleted here only.
    ada.chooses_on("Who brings bread?", names::DELETE).await?;
    ada.sees("button", names::DELETE_HERE).await?;
    ensure!(!ada.has("button", names::DELETE_FOR_ALL).await?);
    ada.click("button", names::DELETE_HERE).await?;
    ada.sees_no_message("Who brings bread?").await?;
    ben.sees_message("Who brings bread?", "Ben").await
}

/// What is changed while somebody is away is there when they come back.
async fn while_one_is_away(ada: &Person, ben: &Person) -> Result<()> {
    ada.writes("meet at six").await?;
    ben.sees_message("meet at six", "Ada").await?;
    ben.go_offline().await?;
    ben.reads("status", names::RELAY_AWAY).await?;
    ada.chooses_on("meet at six", names::EDIT).await?;
    ada.fill(names::MESSAGE, "meet at seven").await?;
    ada.presses(Key::Enter).await?;
    ada.chooses_on("meet at seven", "React with ❤️").await?;
    ada.sees_at("meet at seven", "button", "❤️ 1: Ada").await?;
    ben.go_online().await?;
    ben.sees_at("meet at seven", "button", "❤️ 1: Ada").await?;
    ben.sees_no_message("meet at six").await
}

#[test]
fn an_old_message_is_found_answered_and_found_again_from_the_answer() {
    story("found_again", async |world| {
        let [ada, ben] = pair(world).await?;
        ben.writes("Who brings bread?").await?;
        for number in 1..=MANY {
            ben.sends(&format!("line {number}")).await?;
        }
        let last = format!("line {MANY}");
        for person in [&ada, &ben] {
            person.has_in_view(&last).await?;
            person.reload().await?;
            person.is_in(GROUP).await?;
            person.has_in_view(&last).await?;
            let shown = person.page_text().await?;
            ensure!(!shown.contains("bread"), "it is in memory still");
        }

        ada.searches("BREAD", "Ben: Who brings bread?").await?;
        ada.has_in_view("Who brings bread?").await?;
        ensure!(!ada.is_in_view(&last).await?);
        ada.chooses_on("Who brings bread?", names::REPLY).await?;
        ada.reads("status", names::ANSWER_TO).await?;
        ada.sends("I do").await?;
        // Who writes wants to see what was written.
        ada.has_in_view("I do").await?;

        ben.has_in_view("I do").await?;
        ben.click("button", "Ben: Who brings bread?").await?;
        ben.has_in_view("Who brings bread?").await?;
        ensure!(!ben.is_in_view("I do").await?);
        Ok(())
    });
}
