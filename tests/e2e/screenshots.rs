//! A picture of every screen, wide and on a phone, light and dark, in every language: for looking at, not for comparing.
//!
//! `cargo xtask screenshots` takes them.

use crate::harness::{programs, story};
use crate::tour::{Guide, tour};
use anyhow::Result;
use serde_json::json;
use std::path::PathBuf;

/// How a screen is looked at: what the picture's name ends with, width, height, a phone or not, the colours.
type View = (&'static str, u32, u32, bool, &'static str);

const WIDE: View = ("wide", 1280, 800, false, "light");
const DARK: View = ("wide-dark", 1280, 800, false, "dark");
const PHONE: View = ("phone", 390, 844, true, "light");
const PHONE_DARK: View = ("phone-dark", 390, 844, true, "dark");

fn pictures(language: &str, views: &[View]) {
    story("screenshots", async |world| {
        let folder = std::env::var_os("DISCORDOPUS_SCREENSHOTS")
            .map_or_else(|| programs::target().join("screenshots"), PathBuf::from)
            .join(language);
        std::fs::create_dir_all(&folder)?;
        let mut number = 0;
        tour(world, language, async |guide, name| {
            number += 1;
            for view in views {
                let file = folder.join(format!("{number:02}-{name}-{}.png", view.0));
                std::fs::write(file, picture(guide, view).await?)?;
            }
            Ok(())
        })
        .await
    });
}

/// What is on the screen, looked at in this way.
async fn picture(guide: &Guide, (_, width, height, mobile, colours): &View) -> Result<Vec<u8>> {
    let cdp = guide.person.browser()?.cdp();
    let size =
        json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile });
    cdp.send_raw("Emulation.setDeviceMetricsOverride", size)
        .await?;
    let features = json!([
        { "name": "prefers-color-scheme", "value": colours },
        { "name": "prefers-reduced-motion", "value": "reduce" },
    ]);
    cdp.send_raw(
        "Emulation.setEmulatedMedia",
        json!({ "features": features }),
    )
    .await?;
    // Two frames: one to lay out, one that has been drawn.
    let drawn = "return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(null))));";
    guide.person.script(drawn).await?;
    let picture = guide.person.browser()?.screenshot_as_png().await?;
    cdp.send_raw("Emulation.clearDeviceMetricsOverride", json!({}))
        .await?;
    cdp.send_raw("Emulation.setEmulatedMedia", json!({ "features": [] }))
        .await?;
    Ok(picture)
}

#[test]
#[ignore = "`cargo xtask screenshots` takes the pictures"]
fn english() {
    pictures("en", &[WIDE, DARK, PHONE, PHONE_DARK]);
}

#[test]
#[ignore = "`cargo xtask screenshots` takes the pictures"]
fn german() {
    pictures("de", &[WIDE, PHONE]);
}

#[test]
#[ignore = "`cargo xtask screenshots` takes the pictures"]
fn arabic() {
    pictures("ar", &[WIDE, DARK, PHONE]);
}
