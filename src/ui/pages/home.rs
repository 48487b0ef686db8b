//! The first page: a name, and the two ways to a group.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use crate::ui::components::{
    Dialog, Field, Icon, IconName, InstallButton, Limits, NameField, RefusalLine, RestoreButton,
    Shown, act, condition, effect, name_problem,
};
use crate::ui::context::use_ui;
use crate::ui::dom;
use crate::ui::route::{Route, Wish};

/// The id of the name's field.
const YOUR_NAME: &str = "your-name";

/// First run, and later the place for one more group.
#[component]
pub(crate) fn Home() -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let your_name = RwSignal::new(untrack(|| ui.model.known_name()).unwrap_or_default());
    if your_name.with_untracked(String::is_empty) {
        dom::focus_when_drawn(YOUR_NAME);
    }
    let tried = RwSignal::new(false);
    let creating = RwSignal::new(false);
    let joining = RwSignal::new(false);
    let create = move |()| {
        tried.set(true);
        if your_name.with_untracked(|name| name_problem(name)) {
            dom::focus(YOUR_NAME);
        } else {
            creating.set(true);
        }
    };
    effect(move || match ui.navigation.wish() {
        Some(Wish::Create) => {
            ui.navigation.take_wish();
            create(());
        }
        Some(Wish::Paste) => {
            ui.navigation.take_wish();
            joining.set(true);
        }
        Some(Wish::Share(_)) | None => {}
    });
    // Whoever is in a group knows what this is.
    let is_new = condition(move || {
        ui.model.groups.with(Vec::is_empty) && ui.model.joins.with(Vec::is_empty)
    });
    let is_empty = condition(move || is_new.get() && !ui.model.is_in_memory());
    view! {
        <main class="page home">
            <section class="card">
                <div class="brand">
                    <img src="icons/icon.svg" alt="" width="56" height="56" />
                    <div>
                        <h1>{strings.app_name()}</h1>
                        <p class="muted">{strings.tagline()}</p>
                    </div>
                </div>
                <NameField
                    id=YOUR_NAME
                    label=strings.your_name()
                    hint=strings.your_name_hint()
                    autocomplete="nickname"
                    value=your_name
                    tried
                />
                <div class="stack">
                    <button type="button" class="button primary" on:click=act(move |_| create(()))>
                        <Icon name=IconName::Plus />
                        {strings.create_group()}
                    </button>
                    <button type="button" class="button" on:click=act(move |_| joining.set(true))>
                        <Icon name=IconName::Key />
                        {strings.join_with_link()}
                    </button>
                </div>
                <Shown when=is_new>
                    <Promises />
                </Shown>
                <InstallButton />
                <div class="quiet-actions">
                    <Shown when=is_empty>
                        <RestoreButton />
                    </Shown>
                    <Limits />
                    <a class="button" href=Route::Settings.href()>
                        {strings.device_settings()}
                    </a>
                </div>
            </section>
            <CreateDialog open=creating your_name />
            <PasteDialog open=joining />
        </main>
    }
}

/// What the app is, in three lines.
#[component]
fn Promises() -> impl IntoView {
    let strings = use_ui().strings;
    let promises = [
        (
            IconName::Lock,
            strings.promise_private(),
            strings.promise_private_more(),
        ),
        (
            IconName::Check,
            strings.promise_no_account(),
            strings.promise_no_account_more(),
        ),
        (
            IconName::People,
            strings.promise_members(),
            strings.promise_members_more(),
        ),
    ];
    view! {
        <ul class="promises">
            {promises
                .into_iter()
                .map(|(icon, title, more)| {
                    view! {
                        <li>
                            <Icon name=icon />
                            <span>
                                <strong>{title}</strong>
                                <span class="muted">{more}</span>
                            </span>
                        </li>
                    }
                        .into_any()
                })
                .collect_view()}
        </ul>
    }
}

/// Asks for the group's name.
#[component]
fn CreateDialog(open: RwSignal<bool>, your_name: RwSignal<String>) -> impl IntoView {
    let strings = use_ui().strings;
    view! {
        <Dialog open on_close=move |()| open.set(false) title=Signal::stored(strings.create_group().to_owned())>
            <CreateForm your_name />
        </Dialog>
    }
}

#[component]
fn CreateForm(your_name: RwSignal<String>) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let group_name = RwSignal::new(String::new());
    let tried = RwSignal::new(false);
    let asked = RwSignal::new(false);
    let busy = move || asked.get() && ui.model.refused.with(Option::is_none);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        tried.set(true);
        let name = group_name.get_untracked();
        if name_problem(&name) || untrack(busy) {
            return;
        }
        ui.model.refused.set(None);
        asked.set(true);
        ui.model
            .command(|say| say.create_group(name, your_name.get_untracked()));
    };
    view! {
        <form on:submit=act(submit)>
            <NameField
                id="group-name"
                label=strings.group_name()
                hint=strings.create_group_hint()
                value=group_name
                tried
            />
            <RefusalLine />
            <div class="actions">
                <button type="submit" class="button primary" aria-disabled=move || busy().then_some("true")>
                    {move || if busy() { strings.creating() } else { strings.create() }}
                </button>
            </div>
        </form>
    }
}

/// Asks for an invite link.
#[component]
pub(super) fn PasteDialog(open: RwSignal<bool>) -> impl IntoView {
    let strings = use_ui().strings;
    view! {
        <Dialog open on_close=move |()| open.set(false) title=Signal::stored(strings.join_with_link().to_owned())>
            <PasteForm open />
        </Dialog>
    }
}

#[component]
fn PasteForm(open: RwSignal<bool>) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let link = RwSignal::new(String::new());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let text = link.get_untracked();
        if text.trim().is_empty() {
            return;
        }
        open.set(false);
        ui.navigation.offer_text(&text);
    };
    view! {
        <form on:submit=act(submit)>
            <Field
                label=strings.invite_link()
                hint=strings.paste_link_hint()
                value=link
            />
            <div class="actions">
                <button type="submit" class="button primary">
                    {strings.continue_()}
                </button>
            </div>
        </form>
    }
}
