//! What the app is, and what it can't promise.

use leptos::prelude::*;

use super::{Limits, act};
use crate::ui::context::use_ui;
use crate::ui::route::Route;

/// The app's version.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The part "About" of the settings.
#[component]
pub(crate) fn About() -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    view! {
        <section class="card" aria-labelledby="settings-about">
            <h2 id="settings-about">{strings.about()}</h2>
            <p>{strings.version().view(&[VERSION])}</p>
            <p class="muted">{strings.licence()}</p>
            <div class="actions start wrap">
                <Limits />
                <button
                    type="button"
                    class="button small"
                    on:click=act(move |_| ui.shortcuts.set(true))
                >
                    {strings.shortcuts()}
                </button>
                <a class="button small" href=Route::Connection.href()>
                    {strings.connection_and_diagnostics()}
                </a>
            </div>
        </section>
    }
}
