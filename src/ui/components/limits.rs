//! What the app can't promise, in plain words: the README's list, one press away from the promises.

use leptos::prelude::*;

use super::{Dialog, act};
use crate::ui::context::use_ui;

/// "What it can't promise": a button, and the dialog that it opens.
#[component]
pub(crate) fn Limits() -> impl IntoView {
    let strings = use_ui().strings;
    let open = RwSignal::new(false);
    let limits = [
        strings.limit_host(),
        strings.limit_relay(),
        strings.limit_creator(),
        strings.limit_removal(),
        strings.limit_call(),
        strings.limit_signed(),
        strings.limit_storage(),
        strings.limit_review(),
    ];
    view! {
        <button type="button" class="button small" on:click=act(move |_| open.set(true))>
            {strings.limits()}
        </button>
        <Dialog
            open
            on_close=move |()| open.set(false)
            title=Signal::stored(strings.limits().to_owned())
        >
            <ul class="plain-list stack">
                {limits.into_iter().map(|limit| view! { <li>{limit}</li> }.into_any()).collect_view()}
            </ul>
        </Dialog>
    }
}
