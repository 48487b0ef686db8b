//! The screen of a locked app: a passphrase opens it, and whoever has lost that can begin anew.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::ui::components::{Confirm, Field, Icon, IconName, act};
use crate::ui::context::use_ui;
use crate::ui::dom;
use crate::ui::route::Route;
use crate::ui::words;

/// The id of the passphrase's field.
const PASSPHRASE: &str = "unlock-passphrase";

/// The page.
#[component]
pub(crate) fn Locked() -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let passphrase = RwSignal::new(String::new());
    let problem = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let erasing = RwSignal::new(false);
    dom::focus_when_drawn(PASSPHRASE);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let given = passphrase.get_untracked();
        if given.is_empty() || busy.get_untracked() {
            return dom::focus(PASSPHRASE);
        }
        busy.set(true);
        problem.set(String::new());
        let safe = ui.safe.get_value();
        spawn_local(async move {
            let result = safe.unlock(given).await;
            busy.try_set(false);
            if let Err(error) = result {
                problem.try_set(words::safe_error(error, strings).to_owned());
                dom::focus(PASSPHRASE);
                dom::select(PASSPHRASE);
            }
        });
    };
    let erase = move |()| {
        let safe = ui.safe.get_value();
        spawn_local(async move {
            match safe.erase().await {
                // What the address leads to is gone.
                Ok(()) => ui.navigation.go(Route::Home),
                Err(error) => {
                    problem.try_set(words::safe_error(error, strings).to_owned());
                }
            }
        });
    };
    view! {
        <main class="solo">
            <section class="card card-start">
                <span class="card-icon">
                    <Icon name=IconName::Lock />
                </span>
                <h1>{strings.locked()}</h1>
                <p class="muted">{strings.locked_hint()}</p>
                <form class="stack" on:submit=act(submit)>
                    <Field
                        id=PASSPHRASE
                        label=strings.passphrase()
                        value=passphrase
                        problem=problem
                        secret=true
                        autocomplete="current-password"
                    />
                    <button
                        type="submit"
                        class="button primary"
                        aria-disabled=move || busy.get().then_some("true")
                    >
                        {move || if busy.get() { strings.unlocking() } else { strings.unlock() }}
                    </button>
                </form>
                <p class="muted small">{strings.passphrase_lost()}</p>
                <button
                    type="button"
                    class="button small"
                    on:click=act(move |_| erasing.set(true))
                >
                    {strings.erase_device()}
                </button>
            </section>
            <Confirm
                open=erasing
                on_close=move |()| erasing.set(false)
                title=Signal::stored(strings.erase_title().to_owned())
                explanation=Signal::stored(strings.erase_hint().to_owned())
                action=Signal::stored(strings.erase())
                on_confirm=erase
            />
        </main>
    }
}
