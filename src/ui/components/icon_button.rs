//! A button that is an icon, and says in words what it does: to assistive technology, and to whoever points at it.

use leptos::prelude::*;

use super::{Icon, IconName, act};

/// The button.
#[component]
pub(crate) fn IconButton(
    /// What it shows.
    icon: IconName,
    /// What it does.
    #[prop(into)]
    label: String,
    /// More classes.
    #[prop(optional)]
    class: &'static str,
    /// It was pressed.
    #[prop(into)]
    on_press: Callback<()>,
) -> impl IntoView {
    view! {
        <button
            type="button"
            class=format!("icon-button {class}")
            aria-label=label.clone()
            title=label
            on:click=act(move |_| on_press.run(()))
        >
            <Icon name=icon />
        </button>
    }
}
