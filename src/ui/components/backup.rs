//! The settings of backups: writing one, and taking one in where there is nothing yet.

use leptos::ev::{Event, SubmitEvent};
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast as _;
use leptos::web_sys::HtmlInputElement;
use wasm_bindgen_futures::spawn_local;

use super::dialog::fresh_id;
use super::security::long_enough;
use super::{Dialog, Field, Icon, IconName, Shown, act, condition};
use crate::runtime::File;
use crate::ui::context::use_ui;
use crate::ui::dom;
use crate::ui::i18n::format;
use crate::ui::words;

/// The id of the field for the passphrase of a new backup.
const NEW: &str = "backup-passphrase";
/// The id of the field for the passphrase of a backup that is there.
const KNOWN: &str = "restore-passphrase";

/// The part "Backup" of the settings.
#[component]
pub(crate) fn BackupSettings() -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let exporting = RwSignal::new(false);
    let done = RwSignal::new("");
    let is_kept = condition(move || !ui.model.is_in_memory());
    let is_empty = condition(move || {
        ui.model.groups.with(Vec::is_empty) && ui.model.joins.with(Vec::is_empty)
    });
    let open = move |_| {
        done.set("");
        exporting.set(true);
    };
    view! {
        <Shown when=is_kept>
            <section class="card" aria-labelledby="settings-backup">
                <h2 id="settings-backup">{strings.backup()}</h2>
                <p class="muted">{strings.backup_hint()}</p>
                <div class="actions start wrap">
                    <button type="button" class="button" on:click=act(open)>
                        {strings.export()}
                    </button>
                    <Shown when=is_empty>
                        <RestoreButton />
                    </Shown>
                </div>
                <p class="confirmation" role="status">
                    {move || done.get()}
                </p>
                {move || {
                    (!is_empty.get())
                        .then(|| view! { <p class="field-about">{strings.restore_in_use()}</p> })
                }}
            </section>
        </Shown>
        <Dialog
            open=exporting
            on_close=move |()| exporting.set(false)
            title=Signal::stored(strings.export_title().to_owned())
        >
            <ExportForm open=exporting done />
        </Dialog>
    }
}

/// Asks for a passphrase twice, and writes the backup.
#[component]
fn ExportForm(open: RwSignal<bool>, done: RwSignal<&'static str>) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let [new, again] = [(); 2].map(|()| RwSignal::new(String::new()));
    let [of_new, of_again] = [(); 2].map(|()| RwSignal::new(String::new()));
    let progress: RwSignal<Option<u16>> = RwSignal::new(None);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if progress.get_untracked().is_some() {
            return;
        }
        let wanted = new.get_untracked();
        of_new.set(String::new());
        of_again.set(String::new());
        if !long_enough(&wanted) {
            of_new.set(strings.passphrase_short().to_owned());
            return dom::focus(NEW);
        }
        if wanted != again.get_untracked() {
            return of_again.set(strings.passphrase_differs().to_owned());
        }
        progress.set(Some(0));
        let safe = ui.safe.get_value();
        spawn_local(async move {
            let tell = move |share| {
                progress.try_set(Some(share));
            };
            let result = safe.export(wanted, tell).await;
            progress.try_set(None);
            match result {
                Ok(()) => {
                    done.try_set(strings.exported());
                    open.try_set(false);
                }
                Err(error) => {
                    of_new.try_set(words::safe_error(error, strings).to_owned());
                }
            }
        });
    };
    view! {
        <form on:submit=act(submit)>
            <Field
                id=NEW
                label=strings.passphrase()
                hint=strings.passphrase_hint()
                value=new
                problem=of_new
                secret=true
                autocomplete="new-password"
            />
            <Field
                label=strings.passphrase_again()
                value=again
                problem=of_again
                secret=true
                autocomplete="new-password"
            />
            <p class="notice">{strings.backup_lost()}</p>
            <Submit progress label=strings.export_now() />
        </form>
    }
}

/// How far it is, and the button that begins it.
#[component]
fn Submit(progress: RwSignal<Option<u16>>, label: &'static str) -> impl IntoView {
    let strings = use_ui().strings;
    let words = move || {
        let share = progress.get()?;
        Some(
            strings
                .done_share()
                .text(&[&format::percent(u32::from(share))]),
        )
    };
    view! {
        <p class="muted small" role="status">
            {move || words()}
        </p>
        <div class="actions">
            <button
                type="submit"
                class="button primary"
                aria-disabled=move || progress.get().map(|_| "true")
            >
                {move || match progress.get() {
                    Some(_) => strings.working(),
                    None => label,
                }}
            </button>
        </div>
    }
}

/// "Restore": a button, and the dialog that it opens.
#[component]
pub(crate) fn RestoreButton() -> impl IntoView {
    let strings = use_ui().strings;
    let open = RwSignal::new(false);
    view! {
        <button type="button" class="button" on:click=act(move |_| open.set(true))>
            {strings.restore_title()}
        </button>
        <Dialog
            open
            on_close=move |()| open.set(false)
            title=Signal::stored(strings.restore_title().to_owned())
        >
            <RestoreForm />
        </Dialog>
    }
}

/// Asks for the file and its passphrase, and takes the backup in.
#[component]
fn RestoreForm() -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let id = fresh_id("backup-file");
    let file_id = StoredValue::new(id.clone());
    let passphrase = RwSignal::new(String::new());
    let problem = RwSignal::new(String::new());
    let of_file = RwSignal::new("");
    let progress: RwSignal<Option<u16>> = RwSignal::new(None);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if progress.get_untracked().is_some() {
            return;
        }
        of_file.set("");
        problem.set(String::new());
        let Some(file) = chosen(&file_id.get_value()) else {
            return of_file.set(strings.restore_file_missing());
        };
        let given = passphrase.get_untracked();
        if given.is_empty() {
            return dom::focus(KNOWN);
        }
        progress.set(Some(0));
        let safe = ui.safe.get_value();
        spawn_local(async move {
            let tell = move |share| {
                progress.try_set(Some(share));
            };
            let result = safe.restore(file, given, tell).await;
            progress.try_set(None);
            if let Err(error) = result {
                problem.try_set(words::safe_error(error, strings).to_owned());
            }
        });
    };
    let again = move |_: Event| of_file.set("");
    view! {
        <form on:submit=act(submit)>
            <p class="muted">{strings.restore_hint()}</p>
            <div class="field">
                <label for=id.clone()>{strings.restore_file()}</label>
                <input id=id type="file" on:change=act(again) />
                <p class="problem" role="alert">
                    {move || of_file.get()}
                </p>
            </div>
            <Field
                id=KNOWN
                label=strings.passphrase()
                value=passphrase
                problem
                secret=true
                autocomplete="current-password"
            />
            <p class="notice">
                <Icon name=IconName::Warning />
                <span>{strings.restore_warning()}</span>
            </p>
            <Submit progress label=strings.restore_now() />
        </form>
    }
}

/// The file that was chosen in a field.
fn chosen(id: &str) -> Option<File> {
    let field: HtmlInputElement = dom::element(id)?.dyn_into().ok()?;
    let file = field.files()?.get(0)?;
    Some(File::new(file.unchecked_into()))
}
