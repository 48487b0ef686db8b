//! A file that is too large for mailboxes: fetched when the person wants it, and saved without being held in memory.

use discordopus_core::chat::Attached;
use discordopus_core::ids::MemberId;
use discordopus_core::io::{FetchState, FileProgress};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::runtime::files;
use crate::ui::components::message::author_name;
use crate::ui::components::{Icon, IconButton, IconName, act, condition};
use crate::ui::context::use_ui;
use crate::ui::i18n::format;
use crate::ui::view_model::GroupModel;

/// How much of a file there is, in thousandths.
fn share(progress: &FileProgress, chunks: u64) -> u32 {
    let here = u64::from(progress.here) * 1_000 / chunks.max(1);
    u32::try_from(here).unwrap_or(1_000)
}

/// A large file, here or not.
#[component]
pub(super) fn Large(group: GroupModel, author: MemberId, attached: Attached) -> impl IntoView {
    let number = attached.number;
    let file = &attached.file;
    let (name, size) = (file.name.clone(), file.size);
    let absent = condition(move || group.absent.with(|absent| absent.contains(&number)));
    let attached = StoredValue::new(attached);
    view! {
        <div class="file large">
            <Icon name=IconName::File />
            <span class="file-name">
                <bdi>{name}</bdi>
                <span class="muted small">{format::bytes(size as f64)}</span>
            </span>
            {move || {
                let attached = attached.get_value();
                match absent.get() {
                    true => view! { <Fetch group author attached /> }.into_any(),
                    false => view! { <Save group attached /> }.into_any(),
                }
            }}
        </div>
    }
}

/// Fetches a file, and says how far that is.
#[component]
fn Fetch(group: GroupModel, author: MemberId, attached: Attached) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let number = attached.number;
    let chunks = attached.file.chunks();
    let name = StoredValue::new(attached.file.name);
    // Whether the person has said so in this page; the client tells of what it fetches since before.
    let stopped = RwSignal::new(false);
    let progress = Memo::new(move |_| {
        let all = group.progress.get();
        all.into_iter().find(|it| it.number == number)
    });
    let fetches = condition(move || !stopped.get() && progress.get().is_some());
    let words = move || {
        let called = |member: &MemberId| author_name(group, member, strings);
        let Some(progress) = progress.get().filter(|_| fetches.get()) else {
            return strings.file_large().to_owned();
        };
        match progress.state {
            FetchState::Looking => strings.file_looking().to_owned(),
            FetchState::Connecting { from } => strings.file_connecting().text(&[&called(&from)]),
            FetchState::Coming { from } => {
                let done = format::percent(share(&progress, chunks));
                strings.file_coming().text(&[&done, &called(&from)])
            }
            FetchState::Nobody => strings.file_nobody().text(&[&called(&author)]),
            FetchState::NoPath { from } => strings.file_no_path().text(&[&called(&from)]),
        }
    };
    let done = move || {
        let progress = progress.get();
        progress.map_or(0, |progress| share(&progress, chunks))
    };
    let begin = move || {
        stopped.set(false);
        ui.model.command(|say| say.fetch_file(group.id, number));
    };
    let fetch = move |_| begin();
    let stop = move |_| {
        stopped.set(true);
        ui.model.command(|say| say.stop_file(group.id, number));
    };
    let again = condition(move || {
        let progress = progress.get();
        progress.is_some_and(|it| matches!(it.state, FetchState::NoPath { .. }))
    });
    let buttons = move || {
        let name = name.get_value();
        let stop = view! {
            <button
                type="button"
                class="button small"
                aria-label=strings.stop_download().text(&[&name])
                on:click=act(stop)
            >
                {strings.stop()}
            </button>
        };
        let again = again.get().then(|| {
            view! {
                <button type="button" class="button small" on:click=act(fetch)>
                    {strings.ask_again()}
                </button>
            }
        });
        match fetches.get() {
            true => view! {
                <progress
                    max="1000"
                    prop:value=move || f64::from(done())
                    aria-label=name.clone()
                ></progress>
                <span class="actions start">{again} {stop}</span>
            }
            .into_any(),
            false => view! {
                <button
                    type="button"
                    class="button small"
                    aria-label=strings.download_file().text(&[&name])
                    on:click=act(fetch)
                >
                    <Icon name=IconName::Save />
                    {strings.fetch_file()}
                </button>
            }
            .into_any(),
        }
    };
    view! {
        <span class="muted small file-state">{move || words()}</span>
        {move || buttons()}
    }
}

/// Hands a file that is here to the person.
#[component]
fn Save(group: GroupModel, attached: Attached) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let name = attached.file.name.clone();
    let label = strings.save_file().text(&[&name]);
    let attached = StoredValue::new(attached);
    let done = RwSignal::new(None::<f64>);
    let damaged = RwSignal::new(false);
    let saved = StoredValue::new(None);
    let save = move |()| {
        let Some(commands) = ui.model.commands.get_untracked() else {
            return;
        };
        if done.get_untracked().is_some() {
            return;
        }
        done.set(Some(0.0));
        let attached = attached.get_value();
        spawn_local(async move {
            // The row may be gone by then.
            let go_on = |share: f64| done.try_set(Some(share)).is_none();
            let made = files::save_from_storage(&commands, group.id, &attached, go_on).await;
            damaged.try_set(made.is_none());
            saved.try_set_value(made);
            done.try_set(None);
        });
    };
    let words = move || {
        let percent = |done: f64| format::percent((done * 1_000.0) as u32);
        match (done.get(), damaged.get()) {
            (Some(done), _) => strings.saving_file().text(&[&name, &percent(done)]),
            (None, true) => strings.file_damaged().to_owned(),
            (None, false) => String::new(),
        }
    };
    view! {
        <IconButton icon=IconName::Save label on_press=save />
        <span class="muted small file-state" role="status">
            {move || words()}
        </span>
    }
}
