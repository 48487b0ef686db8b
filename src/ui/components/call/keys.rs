//! Push-to-talk by a key: the microphone is open exactly as long as it is held.

use leptos::ev::{self, KeyboardEvent};
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast as _;
use leptos::web_sys::Element;

use super::controls::{is_push_to_talk, request};
use crate::runtime::SoundRequest;
use crate::ui::components::effect;
use crate::ui::context::Ui;
use crate::ui::view_model::is_silent_key;

/// What takes keys for itself. Buttons don't count: whoever has just pressed one would press it again instead of talking,
/// and Enter presses them as well.
const FIELDS: &str = "input, textarea, select, [contenteditable]";

/// Something that opens the microphone is held, or let go. Said once however many say it.
pub(super) fn talk(ui: Ui, held: bool) {
    if ui.talking.get_untracked() != held {
        ui.talking.set(held);
        request(ui, SoundRequest::Talk(held));
    }
}

/// Listens for the push-to-talk key on every page.
pub(crate) fn watch_talk_key(ui: Ui) {
    let ready = move || {
        ui.model.sound.call.with_untracked(Option::is_some) && untrack(|| is_push_to_talk(ui))
    };
    let is_it = move |event: &KeyboardEvent| {
        let settings = ui.model.sound.settings;
        settings.with_untracked(|settings| settings.push_to_talk_key == event.code())
    };
    let down = window_event_listener(ev::keydown, move |event| {
        if !ready() || !is_it(&event) || is_meant_otherwise(&event) {
            return;
        }
        // Neither scrolls the page nor presses what has the focus.
        event.prevent_default();
        if !event.repeat() {
            talk(ui, true);
        }
    });
    let up = window_event_listener(ev::keyup, move |event| {
        if ui.talking.get_untracked() && is_it(&event) {
            event.prevent_default();
            talk(ui, false);
        }
    });
    // The key may be let go where this page does not hear of it.
    let away = window_event_listener(ev::blur, move |_| talk(ui, false));
    on_cleanup(move || {
        down.remove();
        up.remove();
        away.remove();
    });
    effect(move || {
        let may_talk =
            ui.visible.get() && ui.model.sound.call.with(Option::is_some) && is_push_to_talk(ui);
        if !may_talk {
            talk(ui, false);
        }
    });
}

/// Whether the key goes into a field, or belongs to a shortcut.
fn is_meant_otherwise(event: &KeyboardEvent) -> bool {
    if is_silent_key(&event.code()) {
        return false;
    }
    let target = event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok());
    let in_field =
        target.is_some_and(|target| target.closest(FIELDS).is_ok_and(|field| field.is_some()));
    in_field || event.ctrl_key() || event.alt_key() || event.meta_key()
}
