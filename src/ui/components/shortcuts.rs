//! "?": every key that does something.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast as _;
use leptos::web_sys::{Element, HtmlElement};

use super::Dialog;
use super::jump::another_dialog;
use crate::ui::context::use_ui;
use crate::ui::view_model::key_name;

/// The dialog and its key.
#[component]
pub(crate) fn ShortcutsDialog() -> impl IntoView {
    let ui = use_ui();
    let open = ui.shortcuts;
    let key = window_event_listener(leptos::ev::keydown, move |event: KeyboardEvent| {
        let plain = !event.ctrl_key() && !event.meta_key() && !event.alt_key();
        if plain && event.key() == "?" && !is_typing(&event) && !another_dialog() {
            event.prevent_default();
            open.set(true);
        }
    });
    on_cleanup(move || key.remove());
    view! {
        <Dialog
            open
            on_close=move |()| open.set(false)
            title=Signal::stored(ui.strings.shortcuts().to_owned())
        >
            <Shortcuts />
        </Dialog>
    }
}

/// Whether a key goes into a field.
fn is_typing(event: &KeyboardEvent) -> bool {
    let target = event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|target| {
        let is_field = matches!(target.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT");
        let is_editable = target
            .dyn_ref::<HtmlElement>()
            .is_some_and(HtmlElement::is_content_editable);
        is_field || is_editable
    })
}

#[component]
fn Shortcuts() -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let settings = ui.model.sound.settings;
    let talk = settings.with_untracked(|settings| key_name(&settings.push_to_talk_key).to_owned());
    let keys = [
        (vec!["Enter"], strings.key_send()),
        (vec!["Shift", "Enter"], strings.key_line()),
        (vec!["\u{2191}"], strings.key_edit()),
        (vec!["Ctrl", "K"], strings.key_jump()),
        (vec!["\u{2191}", "\u{2193}"], strings.key_move()),
        (vec!["Esc"], strings.key_close()),
        (vec![talk.as_str()], strings.key_talk()),
        (vec!["?"], strings.key_shortcuts()),
    ];
    let row = |(keys, what): (Vec<&str>, &'static str)| {
        let keys = keys.into_iter().map(|key| {
            let key = key.to_owned();
            view! { <kbd>{key}</kbd> }.into_any()
        });
        view! {
            <div>
                <dt dir="ltr">{keys.collect_view()}</dt>
                <dd>{what}</dd>
            </div>
        }
        .into_any()
    };
    view! {
        <dl class="shortcuts">
            {keys.into_iter().map(row).collect_view()}
        </dl>
    }
}
