//! The passphrase lock: what is stored opens with the passphrase only, also in another tab, and nothing is lost by it.

use crate::harness::{Person, Uses, names, story, until};
use anyhow::{Result, ensure};
use serde_json::json;

const GROUP: &str = "Diary";
const PASSPHRASE: &str = "correct horse battery";

/// What the database has beside its records, and whether a key of the browser's is in it.
const META: &str = "
    const database = await new Promise((resolve, reject) => {
        const request = indexedDB.open('discordopus');
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
    });
    const meta = database.transaction('meta').objectStore('meta');
    const value = await new Promise((resolve, reject) => {
        const request = meta.get('data-keys');
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
    });
    database.close();
    return [value.constructor.name, String(value.key?.constructor.name)];
";

async fn wrapped_by(person: &Person) -> Result<serde_json::Value> {
    let script = format!("return (async () => {{ {META} }})();");
    person.script(&script).await
}

async fn sets_a_passphrase(person: &Person) -> Result<()> {
    person.click("link", names::SETTINGS).await?;
    person.click("button", names::SET_PASSPHRASE).await?;
    person.fill(names::NEW_PASSPHRASE, PASSPHRASE).await?;
    person.fill(names::REPEAT_PASSPHRASE, PASSPHRASE).await?;
    person.presses(thirtyfour::Key::Enter).await?;
    person.sees("button", names::LOCK_NOW).await.map(|_| ())
}

async fn unlocks(person: &Person, passphrase: &str) -> Result<()> {
    person.sees("heading", names::LOCKED).await?;
    person.fill(names::PASSPHRASE, passphrase).await?;
    person.click("button", names::UNLOCK).await
}

#[test]
fn a_locked_app_opens_with_its_passphrase_only_and_has_lost_nothing() {
    story("lock", async |world| {
        let (ada, ben) = tokio::try_join!(world.person("Ada"), world.person("Ben"))?;
        ada.create_group(GROUP).await?;
        let link = ada.invite_link(Uses::Several).await?;
        ben.join(&link, GROUP).await?;
        ada.writes("before it was locked").await?;
        ada.sees_state("before it was locked", names::DELIVERED)
            .await?;
        let before = wrapped_by(&ada).await?;
        ensure!(before == json!(["Object", "CryptoKey"]), "{before}");
        sets_a_passphrase(&ada).await?;
        // No key lies in the database that opens it.
        let after = wrapped_by(&ada).await?;
        ensure!(after == json!(["Uint8Array", "undefined"]), "{after}");

        ada.reload().await?;
        ada.sees("heading", names::LOCKED).await?;
        ben.writes("while it is locked").await?;
        ben.sees_state("while it is locked", names::SENT).await?;
        unlocks(&ada, "a guess").await?;
        until("the word on the wrong passphrase", async || {
            let said = ada.page_text().await?.contains("Nothing is lost");
            Ok(said.then_some(()))
        })
        .await?;
        unlocks(&ada, PASSPHRASE).await?;
        ada.sees("heading", names::SETTINGS).await?;
        ada.choose_group(GROUP).await?;
        ada.sees_texts_of(&["before it was locked", "while it is locked"])
            .await?;
        ada.writes("open again").await?;
        ben.sees_message("open again", "Ada").await?;

        ada.click("link", names::SETTINGS).await?;
        ada.click("button", names::LOCK_NOW).await?;
        ada.sees("heading", names::LOCKED).await?;
        ensure!(!ada.page_text().await?.contains(GROUP));
        unlocks(&ada, PASSPHRASE).await?;
        ada.choose_group(GROUP).await?;
        ada.sees_message("open again", "Ada").await
    });
}

#[test]
fn another_tab_that_takes_over_asks_for_the_passphrase() {
    story("lock_tabs", async |world| {
        let ada = world.person("Ada").await?;
        ada.create_group(GROUP).await?;
        ada.writes("note to myself").await?;
        sets_a_passphrase(&ada).await?;
        let first = ada.tab().await?;
        ada.open_tab().await?;
        ada.open(&ada.app()).await?;
        ada.click("button", names::USE_HERE).await?;
        unlocks(&ada, PASSPHRASE).await?;
        ada.choose_group(GROUP).await?;
        ada.sees_message("note to myself", "Ada").await?;
        let second = ada.tab().await?;

        // A locked tab hands over, too.
        ada.click("link", names::SETTINGS).await?;
        ada.click("button", names::LOCK_NOW).await?;
        ada.sees("heading", names::LOCKED).await?;
        ada.switch_to(&first).await?;
        ada.sees("heading", names::SECOND_TAB).await?;
        ada.click("button", names::USE_HERE).await?;
        ada.sees("heading", names::LOCKED).await?;
        ada.switch_to(&second).await?;
        ada.sees("heading", names::SECOND_TAB).await?;
        ada.switch_to(&first).await?;
        unlocks(&ada, PASSPHRASE).await?;
        ada.choose_group(GROUP).await?;
        ada.sees_message("note to myself", "Ada").await
    });
}

#[test]
fn whoever_lost_the_passphrase_can_erase_the_device_and_begin_anew() {
    story("lock_erase", async |world| {
        let ada = world.person("Ada").await?;
        ada.create_group(GROUP).await?;
        sets_a_passphrase(&ada).await?;
        ada.reload().await?;
        ada.click("button", names::ERASE_DEVICE).await?;
        ada.click("button", names::ERASE).await?;
        ada.sees("textbox", names::YOUR_NAME).await?;
        ada.sees_no("heading", names::LOCKED).await?;
        ensure!(ada.stored().await?.total("secrets") == 0);
        ada.found_group("Another one").await
    });
}
