//! "Install the app", where the browser offers it.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::{Icon, IconName, Shown, act};
use crate::ui::context::use_ui;
use crate::ui::dom::install;

/// The button, as long as there is an offer.
#[component]
pub(crate) fn InstallButton() -> impl IntoView {
    let strings = use_ui().strings;
    let offered = RwSignal::new(install::is_offered());
    let again = move || {
        offered.try_set(install::is_offered());
    };
    let came = window_event_listener_untyped(install::OFFERED, move |_| again());
    on_cleanup(move || came.remove());
    let press = move |_| {
        spawn_local(async move {
            install::install().await;
            again();
        });
    };
    view! {
        <Shown when=offered>
            <button type="button" class="button" on:click=act(press)>
                <Icon name=IconName::Install />
                {strings.install_app()}
            </button>
        </Shown>
    }
}
