//! Somebody calls: a card on every page. It takes no focus away from whoever is writing; it is read out instead.

use leptos::prelude::*;

use super::join::JoinButton;
use crate::ui::components::dialog::fresh_id;
use crate::ui::components::message::author_name;
use crate::ui::components::rows::{ListRow, RowKey, rows};
use crate::ui::components::{Icon, IconName, act};
use crate::ui::context::use_ui;
use crate::ui::route::Route;
use crate::ui::view_model::GroupModel;

/// The incoming calls: on the page, and in every open dialog, because nothing outside of that one can be reached.
#[component]
pub(crate) fn IncomingCalls(
    /// One is joined.
    #[prop(optional, into)]
    on_join: Option<Callback<()>>,
) -> impl IntoView {
    let ui = use_ui();
    let row = move |group: GroupModel| {
        let row = move || view! { <Incoming group on_join /> };
        ListRow::new(RowKey::new(group.id.0), row)
    };
    view! {
        <div class="incoming-calls" aria-live="assertive">
            {rows(move || ui.model.ringing().into_iter().map(row).collect())}
        </div>
    }
}

#[component]
fn Incoming(group: GroupModel, on_join: Option<Callback<()>>) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let caller = move || {
        let by = group
            .call
            .with(|call| call.as_ref().map(|call| call.started_by));
        by.map(|by| author_name(group, &by, strings))
            .unwrap_or_default()
    };
    let title = move || {
        strings
            .incoming_call()
            .view(&[&group.name.get(), &caller()])
    };
    let leaves = move || {
        let other = ui.model.call_group()?;
        Some(strings.leaves_other_call().view(&[&other.name.get()]))
    };
    let title_id = fresh_id("incoming");
    let labelled_by = title_id.clone();
    let go = move |()| {
        if let Some(on_join) = on_join {
            on_join.run(());
        }
        ui.navigation.go(Route::Group(group.id));
    };
    let ignore = move |_| ui.model.command(|say| say.ignore_call(group.id));
    view! {
        <section class="incoming" role="alertdialog" aria-labelledby=labelled_by>
            <span class="card-icon">
                <Icon name=IconName::Phone />
            </span>
            <div class="incoming-text">
                <p>
                    <strong id=title_id>{move || title()}</strong>
                </p>
                <p class="muted small">{move || leaves()}</p>
                <div class="actions start">
                    <JoinButton group on_press=go />
                    <button type="button" class="button small" on:click=act(ignore)>
                        {strings.not_now()}
                    </button>
                </div>
            </div>
        </section>
    }
}
