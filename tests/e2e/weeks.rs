//! Weeks that pass between two visits: keys turn, and what was sealed to the former ones still opens.

use crate::harness::{Uses, names, story};
use anyhow::ensure;

const GROUP: &str = "Pen pals";

/// Longer than prekeys are used, shorter than former ones are kept.
const A_WEEK_AND_A_DAY: u32 = 8;

#[test]
fn what_was_sealed_to_former_prekeys_opens_after_a_start_that_turns_them() {
    story("weeks", async |world| {
        let (ada, ben, cyn) = tokio::try_join!(
            world.person("Ada"),
            world.person("Ben"),
            world.person("Cyn")
        )?;
        ada.create_group(GROUP).await?;
        let link = ada.invite_link(Uses::Several).await?;
        ben.join(&link, GROUP).await?;
        ben.writes("see you next week").await?;
        ada.sees_message("see you next week", "Ben").await?;
        ben.sees_state("see you next week", names::DELIVERED)
            .await?;

        // Her keys are a day old by then, so she makes new ones, and seals them to the only prekeys of his that she has.
        ben.close_browser().await?;
        ada.shift_clock_by_days(A_WEEK_AND_A_DAY).await?;
        ada.reload().await?;
        ada.is_in(GROUP).await?;
        ada.writes("a week later").await?;
        ada.sees_state("a week later", names::SENT).await?;

        // His prekeys turn as soon as the app starts.
        ben.open_browser().await?;
        ben.shift_clock_by_days(A_WEEK_AND_A_DAY).await?;
        ben.open_group(GROUP).await?;
        ben.sees_message("a week later", "Ada").await?;
        ben.writes("so it is").await?;
        ada.sees_message("so it is", "Ben").await?;
        ada.sees_state("a week later", names::DELIVERED).await?;

        // Once more, with both there: by now the first prekeys are gone.
        for person in [&ada, &ben] {
            person.shift_clock_by_days(A_WEEK_AND_A_DAY).await?;
            person.reload().await?;
            person.is_in(GROUP).await?;
        }
        ada.writes("and another one").await?;
        ben.sees_message("and another one", "Ada").await?;
        ben.writes("time flies").await?;
        ada.sees_message("time flies", "Ben").await?;
        ben.sees_state("time flies", names::DELIVERED).await?;

        // Whoever comes now is given keys that are good.
        cyn.shift_clock_by_days(2 * A_WEEK_AND_A_DAY).await?;
        let link = ada.invite_link(Uses::Several).await?;
        cyn.join(&link, GROUP).await?;
        cyn.writes("hello from the future").await?;
        for person in [&ada, &ben] {
            person.sees_message("hello from the future", "Cyn").await?;
        }
        ensure!(ben.texts_ending("later").await?.len() == 1);
        Ok(())
    });
}
