//! Two tabs of one browser: one runs the app, the other says so and can take over.

use crate::harness::{Uses, names, story};

const GROUP: &str = "Neighbours";

#[test]
fn a_second_tab_says_so_and_takes_over_without_loss() {
    story("two_tabs", async |world| {
        let (ada, ben) = tokio::try_join!(world.person("Ada"), world.person("Ben"))?;
        ada.create_group(GROUP).await?;
        let link = ada.invite_link(Uses::Several).await?;
        ben.join(&link, GROUP).await?;
        ada.writes("from the first tab").await?;
        ada.sees_state("from the first tab", names::DELIVERED)
            .await?;

        let first = ada.tab().await?;
        ada.open_tab().await?;
        ada.open(&ada.app()).await?;
        ada.sees("heading", names::SECOND_TAB).await?;
        let second = ada.tab().await?;

        // The first tab goes on as if nothing had happened.
        ada.switch_to(&first).await?;
        ada.writes("still the first").await?;
        ben.sees_message("still the first", "Ada").await?;

        ada.switch_to(&second).await?;
        ada.click("button", names::USE_HERE).await?;
        ada.choose_group(GROUP).await?;
        ada.sees_texts_of(&["from the first tab", "still the first"])
            .await?;
        ada.writes("from the second tab").await?;
        ben.sees_message("from the second tab", "Ada").await?;
        ada.sees_state("from the second tab", names::DELIVERED)
            .await?;

        // And back.
        ada.switch_to(&first).await?;
        ada.sees("heading", names::SECOND_TAB).await?;
        ada.click("button", names::USE_HERE).await?;
        ada.choose_group(GROUP).await?;
        ben.writes("which one is it?").await?;
        ada.sees_message("which one is it?", "Ben").await?;
        ada.sees_texts_of(&[
            "from the first tab",
            "still the first",
            "from the second tab",
        ])
        .await?;
        ada.switch_to(&second).await?;
        ada.sees("heading", names::SECOND_TAB).await.map(|_| ())
    });
}

#[test]
fn a_closed_first_tab_leaves_the_app_to_the_waiting_one() {
    story("first_tab_closed", async |world| {
        let ada = world.person("Ada").await?;
        ada.create_group(GROUP).await?;
        ada.writes("note to myself").await?;
        let first = ada.tab().await?;
        ada.open_tab().await?;
        ada.open(&ada.app()).await?;
        ada.sees("heading", names::SECOND_TAB).await?;
        let second = ada.tab().await?;
        ada.switch_to(&first).await?;
        ada.close_tab().await?;
        ada.switch_to(&second).await?;
        ada.click("button", names::USE_HERE).await?;
        ada.choose_group(GROUP).await?;
        ada.sees_message("note to myself", "Ada").await
    });
}
