//! Screens on which the app can't or may not go on: each says why and what to do next.

use leptos::prelude::*;

use crate::runtime::{Failure, Feature};
use crate::ui::components::{Icon, IconName, act};
use crate::ui::context::use_ui;
use crate::ui::dom;
use crate::ui::words;

/// One headline, one explanation, and buttons.
#[component]
fn StartScreen(
    icon: IconName,
    title: &'static str,
    hint: &'static str,
    children: Children,
) -> impl IntoView {
    view! {
        <main class="solo">
            <section class="card card-start">
                <span class="card-icon">
                    <Icon name=icon />
                </span>
                <h1>{title}</h1>
                <p class="muted">{hint}</p>
                {children()}
            </section>
        </main>
    }
}

/// The client is on its way. The words come late enough not to flash.
#[component]
pub(crate) fn Loading() -> impl IntoView {
    let strings = use_ui().strings;
    view! {
        <main class="solo">
            <p class="loading" role="status">
                <span class="spinner" aria-hidden="true"></span>
                {strings.starting()}
            </p>
        </main>
    }
}

/// Another tab runs the client.
#[component]
pub(crate) fn SecondTab() -> impl IntoView {
    let strings = use_ui().strings;
    view! {
        <StartScreen icon=IconName::Windows title=strings.second_tab() hint=strings.second_tab_hint()>
            <UseHere />
        </StartScreen>
    }
}

/// Another tab took the client away.
#[component]
pub(crate) fn TakenOver() -> impl IntoView {
    let strings = use_ui().strings;
    view! {
        <StartScreen icon=IconName::Windows title=strings.second_tab() hint=strings.taken_over_hint()>
            <UseHere />
        </StartScreen>
    }
}

#[component]
fn UseHere() -> impl IntoView {
    let ui = use_ui();
    let use_here = move |_| ui.startup.with_value(|startup| startup.use_here());
    view! {
        <button type="button" class="button primary" on:click=act(use_here)>
            {ui.strings.use_here()}
        </button>
    }
}

/// The browser lacks something.
#[component]
pub(crate) fn Unsupported(missing: Vec<Feature>) -> impl IntoView {
    let strings = use_ui().strings;
    view! {
        <StartScreen icon=IconName::Warning title=strings.unsupported() hint=strings.unsupported_hint()>
            <ul class="plain-list">
                {missing
                    .into_iter()
                    .map(|feature| view! { <li>{words::feature(feature, strings)}</li> }.into_any())
                    .collect_view()}
            </ul>
        </StartScreen>
    }
}

/// The browser gives no storage.
#[component]
pub(crate) fn StorageBlocked() -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let go_on = move |_| {
        ui.startup
            .with_value(|startup| startup.continue_in_memory())
    };
    view! {
        <StartScreen
            icon=IconName::Warning
            title=strings.storage_blocked()
            hint=strings.storage_blocked_hint()
        >
            <Reload />
            <button type="button" class="button" on:click=act(go_on)>
                {strings.continue_in_memory()}
            </button>
        </StartScreen>
    }
}

/// A newer version of the app has written the storage.
#[component]
pub(crate) fn TooNew() -> impl IntoView {
    let strings = use_ui().strings;
    view! {
        <StartScreen icon=IconName::Warning title=strings.too_new() hint=strings.too_new_hint()>
            <Reload />
        </StartScreen>
    }
}

/// The client can't start or go on.
#[component]
pub(crate) fn Failed(failure: Failure) -> impl IntoView {
    let strings = use_ui().strings;
    let (title, hint) = words::failure(failure, strings);
    view! {
        <StartScreen icon=IconName::Warning title hint>
            <Reload />
        </StartScreen>
    }
}

#[component]
fn Reload() -> impl IntoView {
    let strings = use_ui().strings;
    view! {
        <button type="button" class="button primary" on:click=act(|_| dom::versions::reload())>
            {strings.reload()}
        </button>
    }
}
