//! Short words about what just happened, in the corner: something was refused, or a newer version of the app is here.

use leptos::prelude::*;

use super::{Icon, IconName, NoticeOffer, Shown, act, condition};
use crate::ui::context::use_ui;
use crate::ui::dom;
use crate::ui::words;

/// What is told in the corner.
#[component]
pub(crate) fn Notices() -> impl IntoView {
    view! {
        <div class="notices">
            <NoticeOffer />
            <NewerVersion />
            <LastRefusal />
        </div>
    }
}

/// A newer version waits until the person wants it. In a call nobody does: reloading would end it.
#[component]
fn NewerVersion() -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let in_call = condition(move || ui.model.sound.call.with(Option::is_some));
    let is_told = condition(move || ui.newer.get() && !in_call.get());
    view! {
        <div role="status">
            <Shown when=is_told>
                <p class="notice">
                    <Icon name=IconName::Check />
                    <span>{strings.newer_version()}</span>
                    <button
                        type="button"
                        class="button small primary"
                        on:click=act(|_| dom::versions::reload())
                    >
                        {strings.reload()}
                    </button>
                    <button
                        type="button"
                        class="icon-button"
                        aria-label=strings.later()
                        on:click=act(move |_| ui.newer.set(false))
                    >
                        <Icon name=IconName::Close />
                    </button>
                </p>
            </Shown>
        </div>
    }
}

/// The last refusal, until it is dismissed.
#[component]
fn LastRefusal() -> impl IntoView {
    let ui = use_ui();
    let refused = ui.model.refused;
    let is_any = Signal::derive(move || refused.with(Option::is_some));
    let text = move || words::last_refusal(refused.get(), ui.strings);
    view! {
        <div role="alert">
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
