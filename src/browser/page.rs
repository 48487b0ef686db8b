//! What the page itself can tell: its address, and whether the browser has everything the app needs.

use std::rc::Rc;

use discordopus_core::io::Config;
use wasm_bindgen::JsValue;
use web_sys::{EventTarget, VisibilityState};

use super::listener::Listener;
use super::object::property;

/// A part of the web platform that the app can't do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// The page came over `https:` (or from this machine); browsers give keys and locks to such pages only.
    SecureContext,
    /// IndexedDB, where everything is kept.
    IndexedDb,
    /// WebCrypto, which holds the key that the device's storage is locked with.
    WebCrypto,
    /// Web Locks, which see to it that one tab only runs the client.
    WebLocks,
    /// WebSocket, the way to the relay.
    WebSocket,
    /// BroadcastChannel, by which tabs of one browser hand over to each other.
    BroadcastChannel,
    /// Workers, in one of which the client runs.
    Workers,
}

impl Feature {
    /// What this browser lacks, in the order of the enum, as far as a page can see.
    #[must_use]
    pub fn missing() -> Vec<Self> {
        let global: JsValue = js_sys::global().into();
        let navigator = property(&global, "navigator");
        let present = [
            (
                Self::SecureContext,
                property(&global, "isSecureContext").is_truthy(),
            ),
            // A page that may not use storage still has the object: that is the storage's own answer, not a lack.
            (
                Self::IndexedDb,
                property(&global, "IDBFactory").is_function(),
            ),
            (
                Self::WebCrypto,
                property(&property(&global, "crypto"), "subtle").is_object(),
            ),
            (Self::WebLocks, property(&navigator, "locks").is_object()),
            (
                Self::WebSocket,
                property(&global, "WebSocket").is_function(),
            ),
            (
                Self::BroadcastChannel,
                property(&global, "BroadcastChannel").is_function(),
            ),
            (Self::Workers, property(&global, "Worker").is_function()),
        ];
        present
            .into_iter()
            .filter_map(|(feature, present)| (!present).then_some(feature))
            .collect()
    }
}

/// Something that happened to the page as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageEvent {
    /// It can be seen again, came back from the browser's cache, or the network is back.
    Woke,
    /// The browser says that there is no network.
    NetworkLost,
}

/// Tells of page events until dropped.
#[derive(Debug)]
pub struct PageEvents {
    _listeners: Vec<Listener>,
}

impl PageEvents {
    /// Calls back for every page event.
    pub fn listen(callback: impl Fn(PageEvent) + 'static) -> Self {
        let Some(window) = web_sys::window() else {
            return Self {
                _listeners: Vec::new(),
            };
        };
        let callback = Rc::new(callback);
        let on = |target: &EventTarget, kind, event| {
            let callback = Rc::clone(&callback);
            Listener::new(target, kind, move |_| callback(event))
        };
        let mut listeners = vec![
            on(&window, "online", PageEvent::Woke),
            on(&window, "pageshow", PageEvent::Woke),
            on(&window, "offline", PageEvent::NetworkLost),
        ];
        if let Some(document) = window.document() {
            let (callback, seen) = (Rc::clone(&callback), document.clone());
            listeners.push(Listener::new(&document, "visibilitychange", move |_| {
                if seen.visibility_state() == VisibilityState::Visible {
                    callback(PageEvent::Woke);
                }
            }));
        }
        Self {
            _listeners: listeners,
        }
    }
}

/// What the page's address says about the deployment: the relay is at `/mqtt` of the host that serves the app.
///
/// # Errors
/// [`PageError`] outside a page with an `http:` or `https:` address.
pub fn config() -> Result<Config, PageError> {
    let location = web_sys::window().ok_or(PageError)?.location();
    let origin = location.origin().map_err(|_| PageError)?;
    let path = location.pathname().map_err(|_| PageError)?;
    config_for(&origin, &path).ok_or(PageError)
}

/// The app does not run in a page that came from a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the page has no address on a server")]
pub struct PageError;

fn config_for(origin: &str, path: &str) -> Option<Config> {
    let relay = if let Some(host) = origin.strip_prefix("https://") {
        format!("wss://{host}/mqtt")
    } else {
        format!("ws://{}/mqtt", origin.strip_prefix("http://")?)
    };
    Some(Config {
        relays: vec![relay],
        origin: format!("{origin}{path}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_relay_is_spoken_to_as_securely_as_the_page_was_loaded() {
        let config = config_for("https://chat.example", "/app/").unwrap();
        assert_eq!(config.relays, ["wss://chat.example/mqtt"]);
        assert_eq!(config.origin, "https://chat.example/app/");

        let config = config_for("http://127.0.0.1:8080", "/").unwrap();
        assert_eq!(config.relays, ["ws://127.0.0.1:8080/mqtt"]);

        assert_eq!(config_for("file://", "/index.html"), None);
    }
}
