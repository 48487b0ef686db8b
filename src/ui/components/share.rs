//! A text that another program shared: which group is it for?

use leptos::prelude::*;

use super::rows::{ListRow, RowKey, rows};
use super::{Avatar, Dialog, Shown, act, condition, effect};
use crate::ui::context::{Ui, use_ui};
use crate::ui::route::{Route, Wish};
use crate::ui::view_model::GroupModel;

/// Asks for the group, as long as there is a text without one.
#[component]
pub(crate) fn ShareDialog() -> impl IntoView {
    let ui = use_ui();
    let open = RwSignal::new(false);
    effect(move || {
        // Not before there are groups to choose from.
        let wished = matches!(ui.navigation.wish(), Some(Wish::Share(_)));
        open.set(wished && ui.model.ready.get());
    });
    view! {
        <Dialog
            open
            on_close=move |()| give_up(ui)
            title=Signal::stored(ui.strings.share_with().to_owned())
        >
            <Choices />
        </Dialog>
    }
}

/// The shared text, if there is one now.
fn shared(ui: Ui) -> Option<String> {
    match ui.navigation.wish() {
        Some(Wish::Share(text)) => Some(text),
        _ => None,
    }
}

fn give_up(ui: Ui) {
    if untrack(|| shared(ui)).is_some() {
        ui.navigation.take_wish();
    }
}

#[component]
fn Choices() -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let groups = move || {
        let mut groups = ui.model.groups.get();
        groups.retain(|group| !group.is_over());
        groups
    };
    let none = condition(move || groups().is_empty());
    let row = move |group: GroupModel| {
        ListRow::new(RowKey::new(group.id.0), move || view! { <Choice group /> })
    };
    view! {
        <blockquote class="shared" dir="auto">
            {move || shared(ui)}
        </blockquote>
        <ul class="found">
            {rows(move || groups().into_iter().map(row).collect())}
        </ul>
        <Shown when=none>
            <p class="muted">{strings.share_nowhere()}</p>
        </Shown>
    }
}

#[component]
fn Choice(group: GroupModel) -> impl IntoView {
    let ui = use_ui();
    let choose = move |_| {
        let Some(text) = untrack(|| shared(ui)) else {
            return;
        };
        ui.navigation.take_wish();
        let mut draft = group.draft.get_untracked();
        if !draft.is_empty() {
            draft.push('\n');
        }
        draft.push_str(&text);
        group.draft.set(draft.clone());
        ui.model.command(|say| say.save_draft(group.id, draft));
        ui.navigation.go(Route::Group(group.id));
    };
    view! {
        <li>
            <button type="button" class="group-link" on:click=act(choose)>
                <Avatar seed=group.id.0[0] name=group.name group=true />
                <bdi class="group-name">{move || group.name.get()}</bdi>
            </button>
        </li>
    }
}
