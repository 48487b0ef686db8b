//! Keeps the app on the device, and finds out when there is a newer version of it.

use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::components::{condition, effect};
use super::context::Ui;
use super::dom;
use super::dom::versions::Versions;
use crate::runtime::Boot;

/// A page that is open for days asks this often.
const LOOK_EVERY: Duration = Duration::from_secs(60 * 60);

/// Begins once the app has settled: what is fetched for the next start must not slow this one down.
pub(super) fn watch_versions(ui: Ui) {
    let settled = condition(move || {
        let boot = ui.model.boot;
        boot.with(|boot| !matches!(boot, Boot::Starting | Boot::Fresh { .. }))
    });
    let watched: StoredValue<Option<Versions>, LocalStorage> = StoredValue::new_local(None);
    let look = move || {
        watched.with_value(|versions| {
            if let Some(versions) = versions {
                versions.look_for_newer();
            }
        });
    };
    let mut begun = false;
    effect(move || {
        if !settled.get() || begun {
            return;
        }
        begun = true;
        spawn_local(async move {
            let newer = move || {
                ui.newer.try_set(true);
            };
            let versions = Versions::watch(newer, |address| dom::set_fragment(&address)).await;
            watched.try_set_value(versions);
        });
    });
    // A relay that is back, or a page that is looked at again after a while, may have been given a newer version.
    let again = set_interval_with_handle(look, LOOK_EVERY).ok();
    let online = window_event_listener(leptos::ev::online, move |_| look());
    effect(move || {
        if ui.visible.get() {
            look();
        }
    });
    on_cleanup(move || {
        online.remove();
        if let Some(again) = again {
            again.clear();
        }
        watched.set_value(None);
    });
}
