//! A modal dialog: the browser's own, which traps the focus, closes on Escape and gives the focus back.

use std::sync::atomic::{AtomicU32, Ordering};

use leptos::ev::MouseEvent;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast as _;
use leptos::web_sys::HtmlDialogElement;

use super::{Icon, IconName, IncomingCalls, Shown, act, effect};
use crate::ui::context::use_ui;
use crate::ui::dom;

static NEXT_ID: AtomicU32 = AtomicU32::new(0);

/// An id for an element that another one names, unique in the page.
pub(crate) fn fresh_id(stem: &str) -> String {
    format!("{stem}-{}", NEXT_ID.fetch_add(1, Ordering::Relaxed))
}

fn element(id: &str) -> Option<HtmlDialogElement> {
    dom::element(id)?.dyn_into().ok()
}

/// A modal dialog. `on_close` has to make `open` false.
#[component]
pub(crate) fn Dialog(
    /// Whether it is shown.
    #[prop(into)]
    open: Signal<bool>,
    /// It was closed, by whatever means.
    #[prop(into)]
    on_close: Callback<()>,
    /// Its heading and accessible name.
    #[prop(into)]
    title: Signal<String>,
    /// What is in it; made anew each time.
    children: ChildrenFn,
) -> impl IntoView {
    let strings = use_ui().strings;
    let id = fresh_id("dialog");
    let heading = format!("{id}-title");
    let (id, title_id) = (StoredValue::new(id), StoredValue::new(heading));
    // Most dialogs of a page are never opened: until then there is nothing of them in it.
    let was_opened = RwSignal::new(false);
    let dialog = move || element(&id.try_get_value()?);
    let children = StoredValue::new(children);
    effect(move || {
        let open = open.get();
        if open {
            was_opened.set(true);
        }
        // After the content is there: the browser moves the focus into it.
        request_animation_frame(move || {
            let Some(dialog) = dialog() else {
                return;
            };
            if open && !dialog.open() {
                let _ = dialog.show_modal();
            } else if !open && dialog.open() {
                dialog.close();
            }
        });
    });
    let close = move || {
        if let Some(dialog) = dialog() {
            dialog.close();
        }
    };
    // The dialog's box is filled by its panel: a click on the dialog itself is one beside the panel.
    let press_beside = move |event: MouseEvent| {
        let on_dialog = event
            .target()
            .zip(dialog())
            .is_some_and(|(target, dialog)| target == *dialog.unchecked_ref());
        if on_dialog {
            close();
        }
    };
    view! {
        <Shown when=was_opened>
            <dialog
                class="dialog"
                id=id.get_value()
                aria-labelledby=title_id.get_value()
                on:close=act(move |_| on_close.run(()))
                on:mousedown=act(press_beside)
            >
                <Shown when=open>
                    <div class="panel">
                        <h2 id=title_id.get_value()>{move || title.get()}</h2>
                        {children.with_value(|children| children())}
                        // Last, so that the focus begins with what the dialog is for.
                        <button
                            type="button"
                            class="icon-button panel-close"
                            aria-label=strings.close()
                            on:click=act(move |_| close())
                        >
                            <Icon name=IconName::Close />
                        </button>
                    </div>
                    <IncomingCalls on_join=move |()| close() />
                </Shown>
            </dialog>
        </Shown>
    }
}
