//! Short words about what just happened: something was refused, something was copied.

use leptos::prelude::*;

use super::{Icon, IconName, Shown, act};
use crate::ui::context::use_ui;
use crate::ui::words;

/// The last refusal, in the corner, until it is dismissed.
#[component]
pub(crate) fn Notices() -> impl IntoView {
    let ui = use_ui();
    let refused = ui.model.refused;
    let is_any = Signal::derive(move || refused.with(Option::is_some));
    let text = move || words::last_refusal(refused.get(), ui.strings);
    view! {
        <div class="notices" role="alert">
            <Shown when=is_any>
                <p class="notice">
                    <Icon name=IconName::Warning />
                    <span>{move || text()}</span>
                    <button
                        type="button"
                        class="icon-button"
                        aria-label=ui.strings.dismiss()
                        on:click=act(move |_| refused.set(None))
                    >
                        <Icon name=IconName::Close />
                    </button>
                </p>
            </Shown>
        </div>
    }
}

/// The last refusal inside a dialog, which covers the corner. What was refused before it opened is not its matter.
#[component]
pub(crate) fn RefusalLine() -> impl IntoView {
    let ui = use_ui();
    let refused = ui.model.refused;
    refused.set(None);
    let text = move || words::last_refusal(refused.get(), ui.strings);
    view! {
        <p class="problem" role="alert">
            {move || text()}
        </p>
    }
}
