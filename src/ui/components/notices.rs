//! Short words about what just happened: something was refused, something was copied.

use leptos::prelude::*;

use super::{Icon, IconName};
use crate::ui::context::use_ui;
use crate::ui::words;

/// The last refusal, in the corner, until it is dismissed.
#[component]
pub(crate) fn Notices() -> impl IntoView {
    let ui = use_ui();
    let refused = ui.model.refused;
    let text = move || {
        let refused = refused.get()?;
        Some(words::refusal(refused.reason, ui.strings))
    };
    view! {
        <div class="notices" role="alert">
            <Show when=move || refused.with(Option::is_some)>
                <p class="notice">
                    <Icon name=IconName::Warning />
                    <span>{text}</span>
                    <button
                        type="button"
                        class="icon-button"
                        aria-label=ui.strings.dismiss
                        on:click=move |_| refused.set(None)
                    >
                        <Icon name=IconName::Close />
                    </button>
                </p>
            </Show>
        </div>
    }
}

/// The last refusal inside a dialog, which covers the corner. What was refused before it opened is not its matter.
#[component]
pub(crate) fn RefusalLine() -> impl IntoView {
    let ui = use_ui();
    let refused = ui.model.refused;
    refused.set(None);
    let text = move || {
        let refused = refused.get()?;
        Some(words::refusal(refused.reason, ui.strings))
    };
    view! {
        <p class="problem" role="alert">
            {text}
        </p>
    }
}
