//! The settings of security: the passphrase, when the app locks itself, and whether the browser keeps what is stored.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::{Choice, Dialog, Field, Shown, act, condition};
use crate::runtime::{ask_to_keep_storage, storage_state};
use crate::ui::context::use_ui;
use crate::ui::dom;
use crate::ui::i18n::{Strings, format};
use crate::ui::words;

/// Fewest characters of a passphrase: what a machine guesses in an evening is none.
const FEWEST: usize = 8;
/// The choices of how many minutes nobody may be there; 0: any number.
const MINUTES: [u16; 4] = [0, 5, 15, 60];
/// The id of the new passphrase's field.
const NEW: &str = "new-passphrase";

/// Whether this can be a passphrase.
pub(super) fn long_enough(passphrase: &str) -> bool {
    passphrase.chars().count() >= FEWEST
}

/// The part "Security" of the settings.
#[component]
pub(crate) fn SecuritySettings() -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let is_kept = condition(move || !ui.model.is_in_memory());
    view! {
        <section class="card" aria-labelledby="settings-security">
            <h2 id="settings-security">{strings.security()}</h2>
            <Shown when=is_kept>
                <PassphraseLock />
                <section class="settings-part stack" aria-labelledby="settings-storage">
                    <h3 id="settings-storage">{strings.storage()}</h3>
                    <Persistence />
                </section>
            </Shown>
        </section>
    }
}

/// What the dialog is open for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Doing {
    Set,
    Change,
    Remove,
}

impl Doing {
    fn words(self, strings: Strings) -> &'static str {
        match self {
            Self::Set => strings.set_passphrase(),
            Self::Change => strings.change_passphrase(),
            Self::Remove => strings.remove_passphrase(),
        }
    }
}

#[component]
fn PassphraseLock() -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let is_set = ui.model.passphrase;
    let doing: RwSignal<Option<Doing>> = RwSignal::new(None);
    let done = RwSignal::new("");
    let open = move |what: Doing| {
        done.set("");
        doing.set(Some(what));
    };
    let button = move |what: Doing| {
        view! {
            <button type="button" class="button" on:click=act(move |_| open(what))>
                {what.words(strings)}
            </button>
        }
        .into_any()
    };
    let buttons = move || match is_set.get() {
        true => [Doing::Change, Doing::Remove].map(button).collect_view(),
        false => vec![button(Doing::Set)].collect_view(),
    };
    let about = move || match is_set.get() {
        true => strings.passphrase_on(),
        false => strings.passphrase_off(),
    };
    let title = move || {
        let doing = doing.get();
        doing.map_or("", |doing| doing.words(strings)).to_owned()
    };
    view! {
        <p class="muted">{move || about()}</p>
        <div class="actions start wrap">{move || buttons()}</div>
        <p class="confirmation" role="status">
            {move || done.get()}
        </p>
        <Shown when=is_set>
            <IdleLock />
        </Shown>
        <Dialog
            open=Signal::derive(move || doing.get().is_some())
            on_close=move |()| doing.set(None)
            title=Signal::derive(title)
        >
            {move || doing.get().map(|what| view! { <PassphraseForm what doing done /> })}
        </Dialog>
    }
}

/// Asks for the passphrases that are needed.
#[component]
fn PassphraseForm(
    what: Doing,
    doing: RwSignal<Option<Doing>>,
    done: RwSignal<&'static str>,
) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let [current, new, again] = [(); 3].map(|()| RwSignal::new(String::new()));
    let [of_current, of_new, of_again] = [(); 3].map(|()| RwSignal::new(String::new()));
    let busy = RwSignal::new(false);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let (given, wanted) = (current.get_untracked(), new.get_untracked());
        let sets = what != Doing::Remove;
        let short = sets && !long_enough(&wanted);
        let differs = sets && wanted != again.get_untracked();
        let say = |wrong: bool, words: &str| {
            if wrong {
                words.to_owned()
            } else {
                String::new()
            }
        };
        of_current.set(String::new());
        of_new.set(say(short, strings.passphrase_short()));
        of_again.set(say(!short && differs, strings.passphrase_differs()));
        if short || differs {
            return dom::focus(NEW);
        }
        busy.set(true);
        let safe = ui.safe.get_value();
        spawn_local(async move {
            let result = safe.set_passphrase(given, wanted).await;
            busy.try_set(false);
            match result {
                Ok(()) => {
                    ui.model.passphrase.try_set(sets);
                    done.try_set(match sets {
                        true => strings.passphrase_set(),
                        false => strings.passphrase_removed(),
                    });
                    doing.try_set(None);
                }
                Err(error) => {
                    let words = words::safe_error(error, strings).to_owned();
                    let place = if what == Doing::Set {
                        of_new
                    } else {
                        of_current
                    };
                    place.try_set(words);
                }
            }
        });
    };
    let asks_current = what != Doing::Set;
    let asks_new = what != Doing::Remove;
    view! {
        <form on:submit=act(submit)>
            {asks_current
                .then(|| {
                    view! {
                        <Field
                            label=strings.current_passphrase()
                            value=current
                            problem=of_current
                            secret=true
                            autocomplete="current-password"
                        />
                    }
                        .into_any()
                })}
            {asks_new
                .then(|| {
                    view! {
                        <Field
                            id=NEW
                            label=strings.new_passphrase()
                            hint=strings.passphrase_hint()
                            value=new
                            problem=of_new
                            secret=true
                            autocomplete="new-password"
                        />
                        <Field
                            label=strings.repeat_passphrase()
                            value=again
                            problem=of_again
                            secret=true
                            autocomplete="new-password"
                        />
                        <p class="notice">{strings.passphrase_lost()}</p>
                    }
                        .into_any()
                })}
            <div class="actions">
                <button
                    type="submit"
                    class="button primary"
                    aria-disabled=move || busy.get().then_some("true")
                >
                    {move || if busy.get() { strings.working() } else { what.words(strings) }}
                </button>
            </div>
        </form>
    }
}

/// When the app locks itself, and a button for now.
#[component]
fn IdleLock() -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let chosen = move || {
        let settings = ui.model.sound.settings;
        let minutes = settings.with(|settings| settings.lock_after);
        let place = MINUTES.iter().position(|it| *it == minutes);
        place.unwrap_or_default()
    };
    let choose = move |place: usize| {
        if let Some(minutes) = MINUTES.get(place) {
            ui.model
                .change_settings(|settings| settings.lock_after = *minutes);
        }
    };
    let words = MINUTES.map(|minutes| match minutes {
        0 => strings.lock_never().to_owned(),
        minutes => words::lifetime(u32::from(minutes) * 60, strings),
    });
    let lock = move |_| ui.safe.with_value(|safe| safe.lock());
    view! {
        <Choice
            label=strings.lock_after()
            words=words.to_vec()
            chosen=Signal::derive(chosen)
            on_choose=choose
        />
        <p class="field-about">{strings.lock_after_hint()}</p>
        <div class="actions start">
            <button type="button" class="button primary" on:click=act(lock)>
                {strings.lock_now()}
            </button>
        </div>
    }
}

/// How much is stored, and whether the browser has promised to keep it.
#[component]
fn Persistence() -> impl IntoView {
    let strings = use_ui().strings;
    let room: RwSignal<Option<(f64, f64)>> = RwSignal::new(None);
    let promised: RwSignal<Option<bool>> = RwSignal::new(None);
    let refused = RwSignal::new(false);
    spawn_local(async move {
        let (now, kept) = storage_state().await;
        room.try_set(now);
        promised.try_set(Some(kept));
    });
    let ask = move |_| {
        spawn_local(async move {
            let kept = ask_to_keep_storage().await;
            refused.try_set(!kept);
            promised.try_set(Some(kept));
        });
    };
    let is_open = condition(move || promised.get() == Some(false));
    let promise = move || match promised.get() {
        None => "",
        Some(true) => strings.storage_kept(),
        Some(false) if refused.get() => strings.storage_refused(),
        Some(false) => strings.storage_not_kept(),
    };
    let used = move || {
        let (used, quota) = room.get()?;
        let figures = [format::bytes(used), format::bytes(quota)];
        let [used, quota] = &figures;
        Some(strings.storage_used().text(&[used, quota]))
    };
    view! {
        <p>{move || used()}</p>
        <p class="muted" role="status">
            {move || promise()}
        </p>
        <Shown when=is_open>
            <div class="actions start">
                <button type="button" class="button" on:click=act(ask)>
                    {strings.ask_to_keep()}
                </button>
            </div>
        </Shown>
    }
}
