//! A modal dialog: the browser's own, which traps the focus, closes on Escape and gives the focus back.

use std::sync::atomic::{AtomicU32, Ordering};

use leptos::ev::MouseEvent;
use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast as _;

use super::{Icon, IconName, Shown, act};
use crate::ui::context::use_ui;

static NEXT_ID: AtomicU32 = AtomicU32::new(0);

/// An id for an element that another one names, unique in the page.
pub(crate) fn fresh_id(stem: &str) -> String {
    format!("{stem}-{}", NEXT_ID.fetch_add(1, Ordering::Relaxed))
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
    let node: NodeRef<html::Dialog> = NodeRef::new();
    let heading = StoredValue::new(fresh_id("dialog"));
    let children = StoredValue::new(children);
    Effect::new(move || {
        let open = open.get();
        // After the content is there: the browser moves the focus into it.
        request_animation_frame(move || {
            let Some(dialog) = node.try_get_untracked().flatten() else {
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
        if let Some(dialog) = node.get_untracked() {
            dialog.close();
        }
    };
    // The dialog's box is filled by its panel: a click on the dialog itself is one beside the panel.
    let press_beside = move |event: MouseEvent| {
        let on_dialog = event
            .target()
            .zip(node.get_untracked())
            .is_some_and(|(target, dialog)| target == *dialog.unchecked_ref());
        if on_dialog {
            close();
        }
    };
    view! {
        <dialog
            class="dialog"
            node_ref=node
            aria-labelledby=heading.get_value()
            on:close=act(move |_| on_close.run(()))
            on:mousedown=act(press_beside)
        >
            <Shown when=open>
                <div class="panel">
                    <h2 id=heading.get_value()>{move || title.get()}</h2>
                    {children.with_value(|children| children())}
                    // Last, so that the focus begins with what the dialog is for.
                    <button
                        type="button"
                        class="icon-button panel-close"
                        aria-label=strings.close
                        on:click=act(move |_| close())
                    >
                        <Icon name=IconName::Close />
                    </button>
                </div>
            </Shown>
        </dialog>
    }
}
