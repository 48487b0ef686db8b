//! Files that are dragged onto the page: taken wherever they are dropped in a group, and never opened in its place.

use leptos::ev::DragEvent;
use leptos::prelude::*;
use leptos::wasm_bindgen::{JsCast as _, JsValue};
use leptos::web_sys::Element;

use super::tray::{take, taken_from};
use crate::ui::components::jump::another_dialog;
use crate::ui::components::{Icon, IconName, Shown};
use crate::ui::context::use_ui;
use crate::ui::view_model::GroupModel;

/// Whether files are being dragged. Words stay with the field that they are dragged into, and a field for a file takes its
/// file itself.
fn is_ours(event: &DragEvent) -> bool {
    let types = event.data_transfer().map(|transfer| transfer.types());
    let files = types.is_some_and(|types| types.includes(&JsValue::from("Files"), 0));
    let target = event.target();
    let target = target.and_then(|target| target.dyn_into::<Element>().ok());
    let is_field =
        target.is_some_and(|target| target.matches("input[type=file]").unwrap_or_default());
    files && !is_field
}

/// Keeps a browser from leaving the app for a file that missed its place.
pub(crate) fn keep_page_when_dropped() {
    let keep = |event: DragEvent| {
        if is_ours(&event) {
            event.prevent_default();
        }
    };
    let over = window_event_listener(leptos::ev::dragover, keep);
    let dropped = window_event_listener(leptos::ev::drop, keep);
    on_cleanup(move || {
        over.remove();
        dropped.remove();
    });
}

/// Says that files can be let go of while they are over the page, and takes them for the group's next message.
#[component]
pub(in crate::ui::components) fn DropPlace(
    group: GroupModel,
    problem: RwSignal<String>,
) -> impl IntoView {
    let strings = use_ui().strings;
    let over = RwSignal::new(false);
    let dragged = window_event_listener(leptos::ev::dragover, move |event: DragEvent| {
        let wanted = is_ours(&event) && !another_dialog();
        over.maybe_update(|over| std::mem::replace(over, wanted) != wanted);
    });
    // Also told at every border inside the page: only at the outermost nothing is entered.
    let left = window_event_listener(leptos::ev::dragleave, move |event: DragEvent| {
        if event.related_target().is_none() {
            over.set(false);
        }
    });
    let dropped = window_event_listener(leptos::ev::drop, move |event: DragEvent| {
        over.set(false);
        if is_ours(&event) && !another_dialog() {
            take(group, strings, taken_from(event.data_transfer()), problem);
        }
    });
    on_cleanup(move || {
        dragged.remove();
        left.remove();
        dropped.remove();
    });
    view! {
        <Shown when=over>
            <p class="drop-place" aria-hidden="true">
                <span>
                    <Icon name=IconName::Clip />
                    {strings.drop_files_here()}
                </span>
            </p>
        </Shown>
    }
}
