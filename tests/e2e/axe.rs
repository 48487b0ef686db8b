//! Whether everybody can use every screen, as far as a program can find out: axe-core finds nothing to complain of.

use crate::harness::{programs, story};
use crate::tour::{Guide, tour};
use anyhow::{Result, ensure};
use serde_json::{Value, json};

/// What a person may have set their system to.
type Sight = (&'static str, &'static [(&'static str, &'static str)]);

const LIGHT: Sight = ("light", &[("prefers-color-scheme", "light")]);
const DARK: Sight = ("dark", &[("prefers-color-scheme", "dark")]);
const FORCED: Sight = (
    "forced colours",
    &[
        ("forced-colors", "active"),
        ("prefers-color-scheme", "dark"),
    ],
);
const CONTRAST: Sight = ("more contrast", &[("prefers-contrast", "more")]);

/// What axe finds, each as a line with the rule and the element.
const LOOK: &str = "
    return (async () => {
        // What fades in is looked at when it is there.
        for (const animation of document.getAnimations()) {
            const ends = Number.isFinite(animation.effect.getComputedTiming().endTime);
            if (ends) animation.finish();
        }
        const found = await axe.run(document, { resultTypes: ['violations'] });
        return found.violations.flatMap(({ id, nodes }) =>
            nodes.map(node => `${id}: ${node.html} (${node.any.concat(node.all, node.none)[0]?.message})`));
    })();";

async fn look(guide: &Guide, screen: &str, sights: &[Sight], axe: &str) -> Result<Vec<String>> {
    let cdp = guide.person.browser()?.cdp();
    guide.person.script(axe).await?;
    let mut found = Vec::new();
    for (name, features) in sights {
        let features: Vec<Value> = features
            .iter()
            .chain(&[("prefers-reduced-motion", "reduce")])
            .map(|(name, value)| json!({ "name": name, "value": value }))
            .collect();
        cdp.send_raw(
            "Emulation.setEmulatedMedia",
            json!({ "features": features }),
        )
        .await?;
        let complaints = guide.person.script(LOOK).await?;
        let complaints: Vec<String> = serde_json::from_value(complaints)?;
        let place = format!("{screen}, {name}");
        found.extend(complaints.into_iter().map(|it| format!("{place}: {it}")));
    }
    cdp.send_raw("Emulation.setEmulatedMedia", json!({ "features": [] }))
        .await?;
    Ok(found)
}

fn nothing_is_found(name: &str, language: &str, sights: &[Sight]) {
    story(name, async |world| {
        let axe = std::fs::read_to_string(programs::axe()?)?;
        let mut all = Vec::new();
        tour(world, language, async |guide, screen| {
            all.extend(look(guide, screen, sights, &axe).await?);
            Ok(())
        })
        .await?;
        ensure!(all.is_empty(), "{}", all.join("\n"));
        Ok(())
    });
}

#[test]
fn every_screen_can_be_used_by_everybody_in_any_colours() {
    nothing_is_found("axe", "en", &[LIGHT, DARK, FORCED, CONTRAST]);
}

#[test]
fn every_screen_can_be_used_by_everybody_from_right_to_left() {
    nothing_is_found("axe_arabic", "ar", &[LIGHT, DARK]);
}

#[test]
fn a_page_that_cannot_be_used_is_found() {
    story("axe_finds", async |world| {
        let axe = std::fs::read_to_string(programs::axe()?)?;
        let guide = Guide::new(world, "Ada", "en").await?;
        guide.person.open(&guide.person.app()).await?;
        guide
            .person
            .sees("heading", crate::harness::names::APP)
            .await?;
        let spoil =
            "document.querySelector('main').insertAdjacentHTML('beforeend', '<button></button>');";
        guide.person.script(spoil).await?;
        let found = look(&guide, "first-run", &[LIGHT], &axe).await?;
        ensure!(
            found.len() == 1 && found[0].contains("button-name"),
            "{found:?}"
        );
        Ok(())
    });
}
