//! The files of a message.

use std::sync::Arc;

use discordopus_core::chat::Attached;
use discordopus_core::file::{Look, MAX_MAILED};
use discordopus_core::ids::MemberId;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::large::Large;
use super::picture::Picture;
use super::sound::Sound;
use crate::runtime::files::{self, Loaded};
use crate::ui::components::message::author_name;
use crate::ui::components::{Icon, IconButton, IconName, act, effect};
use crate::ui::context::{Ui, use_ui};
use crate::ui::i18n::format;
use crate::ui::view_model::GroupModel;

/// A file as far as it is here.
#[derive(Clone)]
pub(super) enum State {
    Loading,
    Here(Arc<Vec<u8>>),
    Missing,
    Damaged,
}

/// Brings a file from the storage, and again when its last piece has come.
fn bring(ui: Ui, group: GroupModel, attached: Attached) -> RwSignal<State> {
    let state = RwSignal::new(State::Loading);
    let number = attached.number;
    let has_come = Memo::new(move |_| group.files_here.with(|files| files.contains(&number)));
    effect(move || {
        // A memo that nobody has read follows nothing.
        let _ = (has_come.get(), group.files_gone.get());
        let Some(commands) = ui.model.commands.get() else {
            return;
        };
        let attached = attached.clone();
        spawn_local(async move {
            let loaded = files::load(&commands, group.id, &attached).await;
            // The row may be gone by now.
            state.try_set(match loaded {
                Loaded::Whole(bytes) => State::Here(bytes),
                Loaded::Missing => State::Missing,
                Loaded::Damaged => State::Damaged,
            });
        });
    });
    state
}

/// The files of one message.
#[component]
pub(in crate::ui::components) fn Files(
    group: GroupModel,
    author: MemberId,
    files: Vec<Attached>,
) -> impl IntoView {
    let all = files.into_iter().map(|attached| {
        let is_small = attached.file.size <= MAX_MAILED as u64;
        // A picture is worth some memory, when one asked for it.
        match is_small {
            true => view! { <OneFile group author attached /> }.into_any(),
            false => view! { <Large group author attached /> }.into_any(),
        }
    });
    view! { <div class="files">{all.collect_view()}</div> }
}

#[component]
fn OneFile(group: GroupModel, author: MemberId, attached: Attached) -> impl IntoView {
    let ui = use_ui();
    let state = bring(ui, group, attached.clone());
    let file = attached.file.clone();
    let missing = StoredValue::new(attached);
    let shown = move || match state.get() {
        State::Missing => {
            let attached = missing.get_value();
            view! { <Missing group author attached /> }.into_any()
        }
        state => match file.look.clone() {
            Look::Picture { width, height } => {
                let name = file.name.clone();
                view! { <Picture name width height state /> }.into_any()
            }
            Look::Sound {
                milliseconds,
                waveform,
            } => {
                let media_type = file.media_type.clone();
                view! { <Sound milliseconds waveform media_type state /> }.into_any()
            }
            Look::Plain => {
                let (name, size) = (file.name.clone(), file.size);
                view! { <Plain name size state /> }.into_any()
            }
        },
    };
    view! { {move || shown()} }
}

/// A file by its name.
#[component]
pub(super) fn Plain(name: String, size: u64, state: State) -> impl IntoView {
    let strings = use_ui().strings;
    let label = strings.save_file().text(&[&name]);
    let saved = name.clone();
    let button = match state {
        State::Here(bytes) => view! {
            <IconButton
                icon=IconName::Save
                label=label
                on_press=move |()| files::save(&bytes, &saved)
            />
        }
        .into_any(),
        State::Damaged => {
            view! { <span class="problem small">{strings.file_damaged()}</span> }.into_any()
        }
        State::Loading | State::Missing => ().into_any(),
    };
    view! {
        <div class="file">
            <Icon name=IconName::File />
            <span class="file-name">
                <bdi>{name}</bdi>
                <span class="muted small">{format::bytes(size as f64)}</span>
            </span>
            {button}
        </div>
    }
}

/// A file that isn't here, or not all of it.
#[component]
fn Missing(group: GroupModel, author: MemberId, attached: Attached) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let number = attached.number;
    let words = move || {
        let name = author_name(group, &author, strings);
        strings.file_missing().text(&[&name])
    };
    let ask = move |_| {
        ui.model.command(|say| say.fetch_file(group.id, number));
    };
    view! {
        <div class="file missing">
            <Icon name=IconName::Clock />
            <span class="file-name">
                <bdi>{super::in_a_word(&attached, strings)}</bdi>
                <span class="muted small">{move || words()}</span>
            </span>
            <button type="button" class="button small" on:click=act(ask)>
                {strings.ask_again()}
            </button>
        </div>
    }
}
