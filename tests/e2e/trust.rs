//! Who is let in, who removes whom, and how two people make sure of each other.

use crate::harness::{Person, Uses, names, story};
use anyhow::{Result, ensure};

const GROUP: &str = "Orchard";

#[test]
fn two_members_compare_their_safety_number_and_each_remembers_it() {
    story("verify", async |world| {
        let [ada, ben, cyn] = crate::conversation::trio(world).await?;
        let hers = ada.safety_number("Ben").await?;
        let his = ben.safety_number("Ada").await?;
        ensure!(hers.len() == 12, "{hers:?}");
        ensure!(hers == his, "{hers:?} is not {his:?}");
        for person in [&ada, &ben] {
            person.click("button", names::THEY_MATCH).await?;
            person.reads("status", "You have compared them").await?;
            person.escape().await?;
        }
        // Another pair has another number.
        ensure!(cyn.safety_number("Ada").await? != hers);
        cyn.escape().await?;
        for (person, other) in [(&ada, "Ben"), (&ben, "Ada")] {
            person.sees_of(other, names::VERIFIED).await?;
            person.reload().await?;
            person.sees_of(other, names::VERIFIED).await?;
        }
        ensure!(!cyn.page_text().await?.contains(names::VERIFIED));
        Ok(())
    });
}

#[test]
fn an_invite_that_asks_lets_in_who_is_approved_and_nobody_else() {
    story("approval", async |world| {
        let (ada, ben, cyn) = tokio::try_join!(
            world.person("Ada"),
            world.person("Ben"),
            world.person("Cyn")
        )?;
        ada.create_group(GROUP).await?;
        let link = ada.invite_link_that_asks().await?;

        ben.ask_to_join(&link, GROUP).await?;
        ben.reads("status", names::WAITING_FOR_APPROVAL).await?;
        ada.sees("alert", "Ben wants to join").await?;
        let code = ben.code().await?;
        ensure!(ada.code().await? == code);
        // It waits for her, also after a reload of either page.
        ada.reload().await?;
        ben.reload().await?;
        ben.reads("status", names::WAITING_FOR_APPROVAL).await?;
        ada.sees("alert", "Ben wants to join").await?;
        ensure!(ada.code().await? == code);
        ada.sees_members(&["Ada"]).await?;
        ada.click("button", names::LET_IN).await?;
        ben.is_in(GROUP).await?;
        ada.sees_no("alert", "Ben wants to join").await?;
        ada.sees_members(&["Ada", "Ben"]).await?;
        ben.writes("thank you").await?;
        ada.sees_message("thank you", "Ben").await?;

        cyn.ask_to_join(&link, GROUP).await?;
        cyn.reads("status", names::WAITING_FOR_APPROVAL).await?;
        ada.sees("alert", "Cyn wants to join").await?;
        ensure!(ada.code().await? == cyn.code().await?);
        ada.click("button", names::REFUSE).await?;
        cyn.reads("status", names::DECLINED).await?;
        ada.sees_no("alert", "Cyn wants to join").await?;
        for person in [&ada, &ben] {
            person.sees_members(&["Ada", "Ben"]).await?;
        }
        ensure!(!cyn.has("log", names::MESSAGES).await?);
        Ok(())
    });
}

#[test]
fn a_promoted_admin_removes_a_member_while_the_creator_is_away() {
    story("admin_removes", async |world| {
        let [ada, ben, cyn] = crate::conversation::trio(world).await?;
        ada.makes_admin("Ben").await?;
        for person in [&ada, &ben, &cyn] {
            person.sees_of("Ben", names::ADMIN).await?;
        }
        ada.close_browser().await?;

        ben.removes("Cyn").await?;
        cyn.reads("status", names::REMOVED).await?;
        ben.sees_members(&["Ada", "Ben"]).await?;
        ben.writes("just us").await?;

        ada.open_browser().await?;
        ada.open_group("Book club").await?;
        ada.sees_members(&["Ada", "Ben"]).await?;
        ada.sees_message("just us", "Ben").await?;
        ada.reads("log", "Cyn was removed by Ben").await?;
        ada.writes("so I see").await?;
        ben.sees_message("so I see", "Ada").await?;
        ensure!(cyn.row("just us").await?.is_none());
        Ok(())
    });
}

#[test]
fn a_creator_hands_the_group_over_and_can_leave_it_then() {
    story("hand_over", async |world| {
        let [ada, ben, cyn] = crate::conversation::trio(world).await?;
        ada.click("button", names::GROUP_SETTINGS).await?;
        ada.reads("dialog", "Before you leave, hand it over")
            .await?;
        ensure!(!ada.has("button", names::LEAVE_GROUP).await?);
        ada.escape().await?;

        ada.hands_over_to("Ben").await?;
        for person in [&ada, &ben, &cyn] {
            person.sees_of("Ben", names::CREATOR).await?;
            person.sees_of("Ada", names::ADMIN).await?;
        }
        ben.reads("log", "Ada handed the group over to you").await?;
        ada.leaves().await?;
        ada.reads("status", names::LEFT).await?;
        for person in [&ben, &cyn] {
            person.sees_members(&["Ben", "Cyn"]).await?;
        }
        // The role came with its rights.
        ben.makes_admin("Cyn").await?;
        cyn.sees_of("Cyn", names::ADMIN).await?;
        talk(&[&ben, &cyn]).await?;
        ensure!(ada.texts_ending("agrees").await?.is_empty());
        Ok(())
    });
}

#[test]
fn two_admins_who_are_parted_remove_different_members_and_all_agree_once_joined() {
    story("parted", async |world| {
        let (ada, ben, cyn, dan, eve) = tokio::try_join!(
            world.person("Ada"),
            world.person("Ben"),
            world.person("Cyn"),
            world.person("Dan"),
            world.person("Eve")
        )?;
        ada.create_group(GROUP).await?;
        let link = ada.invite_link(Uses::Several).await?;
        for person in [&ben, &cyn, &dan, &eve] {
            person.join(&link, GROUP).await?;
        }
        let admins = [&ben, &cyn];
        for admin in admins {
            ada.makes_admin(admin.name()).await?;
            for other in admins {
                other.sees_of(admin.name(), names::ADMIN).await?;
            }
        }

        ben.is_parted();
        cyn.is_parted();
        ben.removes("Dan").await?;
        cyn.removes("Eve").await?;
        ben.sees_members(&["Ada", "Ben", "Cyn", "Eve"]).await?;
        cyn.sees_members(&["Ada", "Ben", "Cyn", "Dan"]).await?;
        ben.writes("from one side").await?;
        cyn.writes("from the other side").await?;
        // Nobody else has heard of either.
        ada.sees_members(&["Ada", "Ben", "Cyn", "Dan", "Eve"])
            .await?;

        ben.is_joined();
        cyn.is_joined();
        let stay = [&ada, &ben, &cyn];
        for person in stay {
            person.sees_members(&["Ada", "Ben", "Cyn"]).await?;
            person.sees_message("from one side", "Ben").await?;
            person.sees_message("from the other side", "Cyn").await?;
        }
        for person in [&dan, &eve] {
            person.reads("status", names::REMOVED).await?;
        }
        talk(&stay).await?;
        for person in [&dan, &eve] {
            ensure!(person.texts_ending("agrees").await?.is_empty());
        }
        Ok(())
    });
}

/// Each writes, and all have it.
async fn talk(people: &[&Person]) -> Result<()> {
    for writer in people {
        let text = format!("{} agrees", writer.name());
        writer.writes(&text).await?;
        for reader in people {
            reader.sees_message(&text, writer.name()).await?;
        }
        writer.sees_state(&text, names::DELIVERED).await?;
    }
    Ok(())
}
