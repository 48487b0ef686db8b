//! How things on a screen are found: by role and accessible name, in the tree that assistive technology reads.

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use std::fmt;
use std::time::{Duration, Instant};
use thirtyfour::{WebDriver, WebElement};

/// How long anything may take before a story fails. Generous: nothing here measures speed.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// How often a screen is looked at while something is awaited.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Which accessible name is meant.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Name<'a> {
    /// Exactly this.
    Is(&'a str),
    /// One that begins so; the rest is a count or a state.
    Begins(&'a str),
    /// Any, or none.
    Any,
}

impl Name<'_> {
    fn fits(&self, name: &str) -> bool {
        match self {
            Self::Is(all) => name == *all,
            Self::Begins(start) => name.starts_with(start),
            Self::Any => true,
        }
    }
}

impl<'a> From<&'a str> for Name<'a> {
    fn from(name: &'a str) -> Self {
        Self::Is(name)
    }
}

impl<'a> From<&'a String> for Name<'a> {
    fn from(name: &'a String) -> Self {
        Self::Is(name)
    }
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Is(name) => write!(f, "\"{name}\""),
            Self::Begins(name) => write!(f, "\"{name}…\""),
            Self::Any => write!(f, "of any name"),
        }
    }
}

/// One thing on a screen, as assistive technology knows it.
pub(crate) struct Seen {
    /// Its accessible name.
    pub(crate) name: String,
    node: i64,
}

/// Everything of `role` with a fitting name, in the order of the page; below `scope` when one is given.
pub(crate) async fn all(
    driver: &WebDriver,
    scope: Option<&Seen>,
    role: &str,
    name: Name<'_>,
) -> Result<Vec<Seen>> {
    let cdp = driver.cdp();
    let root = match scope {
        Some(seen) => json!(seen.node),
        None => {
            let document = cdp
                .send_raw("DOM.getDocument", json!({ "depth": 0 }))
                .await?;
            document["root"]["backendNodeId"].clone()
        }
    };
    let asked = json!({ "backendNodeId": root, "role": role });
    let answer = cdp.send_raw("Accessibility.queryAXTree", asked).await?;
    let nodes = answer["nodes"].as_array().map_or(&[][..], Vec::as_slice);
    Ok(nodes
        .iter()
        .filter(|node| node["ignored"] != Value::Bool(true))
        .filter_map(|node| {
            let seen = Seen {
                name: node["name"]["value"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned(),
                node: node["backendDOMNodeId"].as_i64()?,
            };
            name.fits(&seen.name).then_some(seen)
        })
        .collect())
}

/// The element behind something on the screen, to be used with mouse and keyboard.
pub(crate) async fn element(driver: &WebDriver, seen: &Seen) -> Result<WebElement> {
    // The two protocols name elements differently; a property of the window hands one over.
    const HAND_OVER: &str = "function () { window.__seen = this; }";
    const TAKE: &str = "const seen = window.__seen; delete window.__seen; return seen;";
    let cdp = driver.cdp();
    let node = json!({ "backendNodeId": seen.node });
    let resolved = cdp.send_raw("DOM.resolveNode", node).await?;
    let call =
        json!({ "objectId": resolved["object"]["objectId"], "functionDeclaration": HAND_OVER });
    cdp.send_raw("Runtime.callFunctionOn", call).await?;
    Ok(driver.execute(TAKE, Vec::new()).await?.element()?)
}

/// What can be read in something on the screen.
pub(crate) async fn text(driver: &WebDriver, seen: &Seen) -> Result<String> {
    const READ: &str = "function () { return this.innerText ?? this.textContent; }";
    let cdp = driver.cdp();
    let node = json!({ "backendNodeId": seen.node });
    let resolved = cdp.send_raw("DOM.resolveNode", node).await?;
    let call = json!({
        "objectId": resolved["object"]["objectId"],
        "functionDeclaration": READ,
        "returnByValue": true,
    });
    let answer = cdp.send_raw("Runtime.callFunctionOn", call).await?;
    Ok(answer["result"]["value"]
        .as_str()
        .unwrap_or_default()
        .to_owned())
}

/// Looks again and again until `look` finds something. A page that changes under the look is looked at again, too.
pub(crate) async fn until<T>(
    what: &str,
    mut look: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let started = Instant::now();
    let mut trouble = None;
    while started.elapsed() < DEADLINE {
        match look().await {
            Ok(Some(found)) => return Ok(found),
            Ok(None) => trouble = None,
            Err(error) => trouble = Some(error),
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let waited = format!("waited {} s for {what}", DEADLINE.as_secs());
    match trouble {
        Some(error) => Err(error).context(waited),
        None => bail!(waited),
    }
}
