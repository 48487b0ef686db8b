//! The files that go with the next message: chosen, dropped or pasted, and what can't go.

use leptos::ev::Event;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::web_sys::{DataTransfer, File, HtmlInputElement};

use discordopus_core::file::MAX_FILES;

use crate::runtime::files::{Chosen, FileProblem};
use crate::ui::components::{Check, Icon, IconButton, IconName, Shown, act, condition};
use crate::ui::context::use_ui;
use crate::ui::dom;
use crate::ui::i18n::{Strings, format, numbers};
use crate::ui::view_model::GroupModel;

/// The id of the field that opens the system's own list of files.
const FIELD: &str = "attach";

/// What came of dropping or pasting something: the files in it.
pub(in crate::ui::components) fn taken_from(transfer: Option<DataTransfer>) -> Vec<File> {
    let list = transfer.and_then(|transfer| transfer.files());
    let list = list.into_iter();
    list.flat_map(|list| (0..list.length()).filter_map(move |index| list.get(index)))
        .collect()
}

/// Takes files for the next message, and says what can't be taken.
pub(in crate::ui::components) fn take(
    group: GroupModel,
    strings: Strings,
    files: Vec<File>,
    problem: RwSignal<String>,
) {
    problem.set(String::new());
    spawn_local(async move {
        for file in files {
            let full = group
                .parcel
                .try_with_untracked(|parcel| parcel.len() >= MAX_FILES);
            let name = file.name();
            let said = match full {
                // The page may have gone to another group.
                None => return,
                Some(true) => {
                    let most = numbers::number(MAX_FILES as u32);
                    Some(strings.too_many_files().text(&[&most]))
                }
                Some(false) => match Chosen::read(file).await {
                    Ok(chosen) => {
                        group.parcel.update(|parcel| parcel.push(chosen));
                        None
                    }
                    Err(why) => Some(self::problem(why, &name, strings)),
                },
            };
            if let Some(said) = said {
                problem.try_set(said);
            }
        }
    });
}

/// Why a file can't be sent, in words.
pub(in crate::ui::components) fn problem(
    problem: FileProblem,
    name: &str,
    strings: Strings,
) -> String {
    match problem {
        FileProblem::TooLarge => strings.file_too_large().text(&[name]),
        FileProblem::Unreadable => strings.file_unreadable().text(&[name]),
        FileProblem::NoRoom => strings.file_no_room().text(&[name]),
        // They know.
        FileProblem::Stopped => String::new(),
    }
}

/// Opens the system's list of files.
#[component]
pub(in crate::ui::components) fn AttachButton(
    group: GroupModel,
    problem: RwSignal<String>,
) -> impl IntoView {
    let strings = use_ui().strings;
    let open = move |_| {
        if let Some(field) = dom::element(FIELD) {
            field.click();
        }
    };
    let chosen = move |event: Event| {
        let field: HtmlInputElement = event_target(&event);
        let list = field.files().into_iter();
        let files = list.flat_map(|list| (0..list.length()).filter_map(move |it| list.get(it)));
        take(group, strings, files.collect(), problem);
        // The same file may be chosen again.
        field.set_value("");
    };
    view! {
        <input
            id=FIELD
            type="file"
            multiple
            hidden
            aria-label=strings.attach_file()
            on:change=act(chosen)
        />
        <IconButton icon=IconName::Clip label=strings.attach_file() on_press=open />
    }
}

/// What goes with the next message, what can't, and how pictures go.
#[component]
pub(in crate::ui::components) fn Tray(
    group: GroupModel,
    problem: RwSignal<String>,
    bare: RwSignal<bool>,
    busy: RwSignal<Option<f64>>,
) -> impl IntoView {
    let strings = use_ui().strings;
    let parcel = group.parcel;
    let pictures = condition(move || parcel.with(|all| all.iter().any(Chosen::is_picture)));
    let entry = move |(index, chosen): (usize, Chosen)| {
        let remove = move |_| {
            parcel.update(|all| {
                if index < all.len() {
                    all.remove(index);
                }
            });
            problem.set(String::new());
        };
        let preview = chosen.preview();
        let address = preview.as_ref().map(|url| url.as_str().to_owned());
        StoredValue::new(preview);
        let picture = match address {
            Some(address) => view! { <img class="thumb" src=address alt="" /> }.into_any(),
            None => view! { <Icon name=IconName::File /> }.into_any(),
        };
        let label = strings.remove_file().text(&[&chosen.name]);
        let size = chosen.size();
        view! {
            <li class="file">
                {picture}
                <span class="file-name">
                    <bdi>{chosen.name}</bdi>
                    <span class="muted small">{format::bytes(size as f64)}</span>
                </span>
                <IconButton icon=IconName::Close label on_press=remove />
            </li>
        }
        .into_any()
    };
    let is_busy = condition(move || busy.get().is_some());
    let share = move || busy.get().unwrap_or_default();
    let done = move || format::percent((share() * 1_000.0) as u32);
    let drawn = move || {
        let all = parcel.get();
        if all.is_empty() {
            return ().into_any();
        }
        let all = all.into_iter().enumerate().map(entry).collect_view();
        view! {
            <ul class="tray-files" aria-label=strings.files_to_send()>
                {all}
            </ul>
        }
        .into_any()
    };
    let about_pictures = move || {
        pictures.get().then(|| {
            view! { <Check label=strings.bare_pictures() on=bare on_change=move |on| bare.set(on) /> }
                .into_any()
        })
    };
    view! {
        <div class="tray" aria-busy=move || is_busy.get().then_some("true")>
            {move || drawn()} {move || about_pictures()}
            <p class="problem" role="alert">
                {move || problem.get()}
            </p>
            <p class="muted small" role="status">
                {move || if is_busy.get() { strings.preparing_files() } else { "" }}
            </p>
            <Shown when=is_busy>
                <p class="tray-progress">
                    <progress max="1" prop:value=share aria-label=strings.preparing_files()></progress>
                    <span class="muted small">{move || done()}</span>
                    <button type="button" class="button small" on:click=act(move |_| busy.set(None))>
                        {strings.cancel()}
                    </button>
                </p>
            </Shown>
        </div>
    }
}
