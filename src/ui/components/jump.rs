//! Ctrl+K or Cmd+K: to another group with a few keys.

use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::prelude::*;

use super::rows::{ListRow, RowKey, rows};
use super::{Avatar, Dialog, Field, Shown, act, walk_in_list};
use crate::ui::context::use_ui;
use crate::ui::i18n::letters;
use crate::ui::route::Route;
use crate::ui::view_model::GroupModel;

/// The dialog and its key.
#[component]
pub(crate) fn JumpDialog() -> impl IntoView {
    let ui = use_ui();
    let open = RwSignal::new(false);
    let key = window_event_listener(leptos::ev::keydown, move |event: KeyboardEvent| {
        let wanted =
            (event.ctrl_key() || event.meta_key()) && !event.shift_key() && !event.alt_key();
        let groups = ui.model.groups.with_untracked(|groups| !groups.is_empty());
        if wanted && groups && event.key().eq_ignore_ascii_case("k") && !another_dialog() {
            event.prevent_default();
            open.set(true);
        }
    });
    on_cleanup(move || key.remove());
    view! {
        <Dialog
            open
            on_close=move |()| open.set(false)
            title=Signal::stored(ui.strings.jump_to_group().to_owned())
        >
            <Finder open />
        </Dialog>
    }
}

/// A modal dialog is open: what lies below it can't be reached, by keys either.
pub(super) fn another_dialog() -> bool {
    document()
        .query_selector("dialog[open]")
        .is_ok_and(|found| found.is_some())
}

#[component]
fn Finder(open: RwSignal<bool>) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let wanted = RwSignal::new(String::new());
    let found = move || {
        let wanted = letters::lower(wanted.get().trim());
        let fits = |group: &GroupModel| {
            group
                .name
                .with(|name| letters::lower(name).contains(&wanted))
        };
        let mut groups = ui.model.groups.get();
        groups.retain(fits);
        groups
    };
    let go = move |group: GroupModel| {
        open.set(false);
        ui.navigation.go(Route::Group(group.id));
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(group) = untrack(found).first() {
            go(*group);
        }
    };
    let row = move |group: GroupModel| {
        ListRow::new(
            RowKey::new(group.id.0),
            move || view! { <Found group open /> },
        )
    };
    view! {
        <div class="stack" on:keydown=act(|event| walk_in_list(&event, "input, a"))>
            <form on:submit=act(submit)>
                <Field label=strings.group_name() hint=strings.jump_hint() value=wanted />
            </form>
            <ul class="found">
                {rows(move || found().into_iter().map(row).collect())}
            </ul>
        </div>
        <Shown when=Signal::derive(move || found().is_empty())>
            <p class="muted">{strings.no_group_matches()}</p>
        </Shown>
    }
}

#[component]
fn Found(group: GroupModel, open: RwSignal<bool>) -> impl IntoView {
    view! {
        <li>
            <a
                class="group-link"
                href=Route::Group(group.id).href()
                on:click=act(move |_| open.set(false))
            >
                <Avatar seed=group.id.0[0] name=group.name group=true />
                <bdi class="group-name">{move || group.name.get()}</bdi>
            </a>
        </li>
    }
}
