//! Lasting troubles, told above what they are about.

use discordopus_core::io::RelayState;
use leptos::prelude::*;

use super::{Icon, IconName, Shown, condition};
use crate::ui::context::use_ui;
use crate::ui::route::Route;
use crate::ui::view_model::GroupModel;
use crate::ui::words::{self, Trouble};

/// A headline and what it means.
#[component]
fn Banner(
    trouble: Trouble,
    #[prop(optional)] danger: bool,
    /// It is about a connection, which can be looked at more closely.
    #[prop(optional)]
    testable: bool,
) -> impl IntoView {
    let strings = use_ui().strings;
    view! {
        <p class="banner" class:danger=danger>
            <Icon name=IconName::Warning />
            <span>
                <strong>{trouble.0}</strong>
                " "
                {trouble.1}
                {testable
                    .then(|| {
                        view! {
                            " "
                            <a href=Route::Connection.href()>{strings.test_connection()}</a>
                        }
                            .into_any()
                    })}
            </span>
        </p>
    }
}

/// What is wrong with the whole app: the storage.
#[component]
pub(crate) fn AppBanners() -> impl IntoView {
    let ui = use_ui();
    let in_memory = Signal::derive(move || ui.model.is_in_memory());
    let storage = move || {
        let error = ui.model.storage.get()?;
        let trouble = words::storage(error, ui.strings);
        Some(view! { <Banner trouble danger=true /> }.into_any())
    };
    view! {
        <div class="banners" role="alert">
            {move || storage()}
            <Shown when=in_memory>
                <Banner trouble=(ui.strings.in_memory(), ui.strings.in_memory_hint()) />
            </Shown>
        </div>
    }
}

/// A group's connection, while it is not up.
#[component]
pub(crate) fn RelayBanner(group: GroupModel) -> impl IntoView {
    let ui = use_ui();
    // Between two attempts it is briefly "connecting" again: the words stay until the connection is up.
    let trouble = Memo::new(
        move |before: Option<&Option<Trouble>>| match group.relay.get() {
            RelayState::Offline { reason, .. } => words::relay_problem(reason, ui.strings),
            RelayState::Connecting => before.copied().flatten(),
            RelayState::Online | RelayState::Closed => None,
        },
    );
    let connecting = condition(move || {
        trouble.get().is_none() && group.relay.with(|relay| *relay == RelayState::Connecting)
    });
    view! {
        <div class="banners" role="status">
            {move || trouble.get().map(|trouble| view! { <Banner trouble testable=true /> }.into_any())}
            <Shown when=connecting>
                <p class="connecting">
                    <span class="spinner" aria-hidden="true"></span>
                    {ui.strings.connecting()}
                </p>
            </Shown>
        </div>
    }
}
