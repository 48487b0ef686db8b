//! What stands around the pages: the groups beside them, or nothing as long as there are none.

use leptos::prelude::*;

use super::connection::ConnectionPage;
use super::group::GroupPage;
use super::home::Home;
use super::join::JoinPage;
use super::settings::SettingsPage;
use crate::ui::components::{AppBanners, CallBar, GroupList, JoinRequests, condition};
use crate::ui::context::use_ui;
use crate::ui::route::Route;

/// The page that the address asks for, in its frame.
#[component]
pub(crate) fn Frame() -> impl IntoView {
    let ui = use_ui();
    let framed = condition(move || {
        matches!(ui.navigation.route(), Route::Group(_))
            || ui.model.groups.with(|groups| !groups.is_empty())
    });
    // On a phone one column is on screen at a time: the groups with the start page below, or one page.
    let shows_list = move || ui.navigation.route() == Route::Home;
    view! {
        <AppBanners />
        <JoinRequests />
        {move || {
            if framed.get() {
                view! {
                    <div class="shell" class:at-list=shows_list>
                        <GroupList />
                        <CallBar />
                        <div class="stage">
                            <Page />
                        </div>
                    </div>
                }
                    .into_any()
            } else {
                view! {
                    <div class="solo">
                        <Page />
                    </div>
                }
                    .into_any()
            }
        }}
    }
}

#[component]
fn Page() -> impl IntoView {
    let ui = use_ui();
    let page = move || match ui.navigation.route() {
        Route::Home => view! { <Home /> }.into_any(),
        Route::Join => view! { <JoinPage /> }.into_any(),
        Route::Group(id) => view! { <GroupPage id /> }.into_any(),
        Route::Settings => view! { <SettingsPage /> }.into_any(),
        Route::Connection => view! { <ConnectionPage /> }.into_any(),
    };
    view! { {move || page()} }
}
