//! Where one writes. What is typed is kept as a draft.

use discordopus_core::io::NewFile;
use discordopus_core::wire::limits::MAX_TEXT;
use leptos::ev::{ClipboardEvent, Event, KeyboardEvent, SubmitEvent};
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_bindgen::JsCast as _;
use leptos::web_sys::HtmlTextAreaElement;

use super::emoji::EmojiDialog;
use super::files::{AttachButton, DropPlace, Recorder, Tray, take, taken_from, why_not};
use super::mention::{LIST, Mentions, Offer, byte_at, entry_id, units};
use super::quote::Quote;
use super::typing::{Typing, TypingLine};
use super::{Icon, IconButton, IconName, Shown, act, condition, effect};
use crate::runtime::files;
use crate::ui::context::{Ui, use_ui};
use crate::ui::dom;
use crate::ui::view_model::{Composing, GroupModel};

/// A draft is written once nothing was typed for this long.
const DRAFT_PAUSE: std::time::Duration = std::time::Duration::from_millis(400);

/// The id of the field.
const AREA: &str = "composer";

/// Keeps the draft: soon after typing, and at once when the page may go.
#[derive(Clone, Copy)]
struct Draft {
    ui: Ui,
    group: GroupModel,
    saved: StoredValue<String>,
    pending: StoredValue<Option<TimeoutHandle>>,
}

impl Draft {
    fn new(ui: Ui, group: GroupModel) -> Self {
        let draft = Self {
            ui,
            group,
            saved: StoredValue::new(group.draft.get_untracked()),
            pending: StoredValue::new(None),
        };
        let leaving = window_event_listener(leptos::ev::pagehide, move |_| draft.save());
        let hidden = window_event_listener(leptos::ev::visibilitychange, move |_| draft.save());
        on_cleanup(move || {
            leaving.remove();
            hidden.remove();
            draft.save();
        });
        draft
    }

    fn typed(self) {
        self.stop();
        let handle = set_timeout_with_handle(move || self.save(), DRAFT_PAUSE).ok();
        self.pending.set_value(handle);
    }

    fn save(self) {
        self.stop();
        // Other words for a message that was sent are no draft.
        if is_edit(self.group) {
            return;
        }
        let text = self.group.draft.get_untracked();
        if self
            .saved
            .try_get_value()
            .is_some_and(|saved| saved != text)
        {
            self.saved.set_value(text.clone());
            self.ui
                .model
                .command(|say| say.save_draft(self.group.id, text));
        }
    }

    fn stop(self) {
        if let Some(handle) = self.pending.try_update_value(Option::take).flatten() {
            handle.clear();
        }
    }
}

fn is_edit(group: GroupModel) -> bool {
    matches!(group.composing.get_untracked(), Composing::Edit(_))
}

/// Puts the words of a message that is to be edited into the field, and the draft back afterwards.
fn follow_edit(group: GroupModel) {
    let put_aside = StoredValue::new(None::<String>);
    effect(move || {
        let composing = group.composing.get();
        if let Composing::Edit(message) = composing {
            let text = group.timeline.with_untracked(|timeline| {
                let row = timeline.row(&message)?;
                row.view
                    .with_untracked(|view| view.text().map(str::to_owned))
            });
            let draft = group.draft.get_untracked();
            put_aside.update_value(|kept| {
                kept.get_or_insert(draft);
            });
            group.draft.set(text.unwrap_or_default());
        } else if let Some(draft) = put_aside.try_update_value(Option::take).flatten() {
            group.draft.set(draft);
        }
        if composing != Composing::New {
            dom::focus_when_drawn(AREA);
        }
    });
    on_cleanup(move || {
        if let Some(draft) = put_aside.try_update_value(Option::take).flatten() {
            group.draft.set(draft);
        }
        group.composing.set(Composing::New);
    });
}

/// Where the caret is, in bytes.
fn caret(text: &str) -> usize {
    let area = dom::element(AREA).and_then(|it| it.dyn_into::<HtmlTextAreaElement>().ok());
    let units = area.and_then(|area| area.selection_start().ok().flatten());
    units.map_or(text.len(), |units| byte_at(text, units))
}

/// Puts a text into the field with the caret behind these bytes: at once, because the next letter may be on its way.
fn put(text: &str, byte: usize) {
    let at = units(text.get(..byte).unwrap_or(text));
    let area = dom::element(AREA).and_then(|it| it.dyn_into::<HtmlTextAreaElement>().ok());
    if let Some(area) = area {
        area.set_value(text);
        let _ = area.set_selection_range(at, at);
    }
}

/// What the composer is for, if not a message of its own, and the way out of it.
#[component]
fn About(group: GroupModel) -> impl IntoView {
    let strings = use_ui().strings;
    let stop = move |_| {
        group.composing.set(Composing::New);
        dom::focus(AREA);
    };
    let words = move || match group.composing.get() {
        Composing::New => None,
        Composing::Edit(_) => Some(view! { <span>{strings.editing()}</span> }.into_any()),
        Composing::Reply(message) => Some(
            view! {
                <span>{strings.replying()}</span>
                <Quote group message />
            }
            .into_any(),
        ),
    };
    let line = move || {
        let words = words()?;
        let line = view! {
            <div class="composer-about" role="status">
                {words}
                <button
                    type="button"
                    class="icon-button"
                    aria-label=strings.cancel()
                    on:click=act(stop)
                >
                    <Icon name=IconName::Close />
                </button>
            </div>
        };
        Some(line.into_any())
    };
    view! { {move || line()} }
}

/// The composer.
#[component]
pub(crate) fn Composer(group: GroupModel) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let draft = Draft::new(ui, group);
    let typing = Typing::new(ui, group);
    let text = group.draft;
    let offer = RwSignal::new(Offer::default());
    let picking = RwSignal::new(false);
    let offers = condition(move || offer.with(Offer::is_open));
    let active = move || offers.get().then(|| offer.with(|it| entry_id(it.chosen)));
    let too_long = condition(move || text.with(|text| text.len() > MAX_TEXT));
    let (problem, bare) = (RwSignal::new(String::new()), RwSignal::new(true));
    // How far files are that are made ready; nothing once the person gives up.
    let busy = RwSignal::new(None::<f64>);
    let no_words = condition(move || text.with(|text| text.trim().is_empty()));
    let no_files = condition(move || {
        let is_edit = matches!(group.composing.get(), Composing::Edit(_));
        is_edit || group.parcel.with(Vec::is_empty)
    });
    let nothing = condition(move || (no_words.get() && no_files.get()) || busy.get().is_some());
    let said = move || {
        group.composing.set(Composing::New);
        group.wrote.update(|count| *count = count.wrapping_add(1));
    };
    let sent = move || {
        said();
        text.set(String::new());
        draft.save();
    };
    let reply_to = move || match group.composing.get_untracked() {
        Composing::Reply(message) => Some(message),
        _ => None,
    };
    let send_files = move |words: String, files: Vec<NewFile>| {
        let reply_to = reply_to();
        ui.model
            .command(|say| say.send_files(group.id, words, reply_to, files));
    };
    let hand_over = move |files: Vec<NewFile>| {
        send_files(text.get_untracked().trim_end().to_owned(), files);
        group.parcel.set(Vec::new());
        sent();
    };
    let send_parcel = move || {
        let parcel = group.parcel.get_untracked();
        let bare = bare.get_untracked();
        let Some(commands) = ui.model.commands.get_untracked() else {
            return;
        };
        busy.set(Some(0.0));
        problem.set(String::new());
        spawn_local(async move {
            let mut files = Vec::new();
            for (index, chosen) in parcel.iter().enumerate() {
                let go_on = |share: f64| {
                    let share = (index as f64 + share) / parcel.len() as f64;
                    // The page may have gone to another group.
                    busy.try_update(|busy| busy.as_mut().map(|busy| *busy = share).is_some())
                        .unwrap_or_default()
                };
                match chosen.prepare(bare, (&commands, group.id), go_on).await {
                    Ok(file) => files.push(file),
                    Err(why) => {
                        problem.try_set(why_not(why, &chosen.name, strings));
                    }
                }
            }
            // One that can't go keeps the others here: the person decides.
            if files.len() < parcel.len() {
                busy.try_set(None);
                return files::let_go(&commands, group.id, &files);
            }
            match busy.try_update(Option::take) {
                Some(Some(_)) => hand_over(files),
                _ => files::let_go(&commands, group.id, &files),
            }
        });
    };
    let speak = move |file: NewFile| {
        send_files(String::new(), vec![file]);
        said();
    };
    let send = move || {
        if nothing.get_untracked() || too_long.get_untracked() {
            return;
        }
        if !no_files.get_untracked() {
            typing.stopped();
            return send_parcel();
        }
        let words = text.get_untracked().trim_end().to_owned();
        offer.set(Offer::default());
        typing.stopped();
        if let Composing::Edit(message) = group.composing.get_untracked() {
            ui.model
                .command(|say| say.edit_message(group.id, message, words));
            return group.composing.set(Composing::New);
        }
        let reply_to = reply_to();
        ui.model
            .command(|say| say.send_text(group.id, words, reply_to));
        sent();
    };
    let accept = move |index: usize| {
        let accepted =
            text.with_untracked(|text| offer.with_untracked(|it| it.accept(text, index)));
        if let Some((with_name, byte)) = accepted {
            put(&with_name, byte);
            text.set(with_name);
            draft.typed();
        }
        offer.set(Offer::default());
    };
    let insert = move |emoji: String| {
        let (with_emoji, byte) = text.with_untracked(|text| {
            let byte = caret(text);
            let (before, after) = text.split_at(byte);
            (format!("{before}{emoji}{after}"), byte + emoji.len())
        });
        put(&with_emoji, byte);
        text.set(with_emoji);
        draft.typed();
        // The dialog gives the focus back to its button first.
        dom::focus_when_drawn(AREA);
    };
    let edit_last = move || {
        let me = group.me.get_untracked();
        let last = group
            .timeline
            .with_untracked(|timeline| timeline.last_text_of(&me));
        if let Some(message) = last {
            group.composing.set(Composing::Edit(message));
        }
    };
    let key = move |event: KeyboardEvent| {
        // While a word is being composed, Enter belongs to the input method.
        if event.is_composing() {
            return;
        }
        let plain = !event.shift_key();
        let offers = offer.with_untracked(Offer::is_open);
        match event.key().as_str() {
            "Enter" | "Tab" if offers && plain => accept(offer.with_untracked(|it| it.chosen)),
            "ArrowDown" if offers => offer.update(|it| it.step(true)),
            "ArrowUp" if offers => offer.update(|it| it.step(false)),
            "ArrowUp" if plain && text.with_untracked(String::is_empty) => edit_last(),
            "Enter" if plain => send(),
            "Escape" if offers => offer.set(Offer::default()),
            "Escape" if group.composing.get_untracked() != Composing::New => {
                group.composing.set(Composing::New);
            }
            _ => return,
        }
        event.prevent_default();
    };
    follow_edit(group);
    effect(move || {
        text.track();
        request_animation_frame(fit);
    });
    dom::focus_when_drawn(AREA);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        send();
        dom::focus(AREA);
    };
    let typed = move |event: Event| {
        text.set(event_target_value(&event));
        text.with_untracked(|text| {
            typing.typed(text);
            offer.set(Offer::new(group, text, caret(text)));
        });
        draft.typed();
    };
    let pasted = move |event: ClipboardEvent| {
        let files = taken_from(event.clipboard_data());
        if !files.is_empty() {
            event.prevent_default();
            take(group, strings, files, problem);
        }
    };
    view! {
        <form class="composer" class:empty=nothing on:submit=act(submit)>
            <DropPlace group problem />
            <TypingLine group />
            <Shown when=too_long>
                <p class="problem" role="alert">
                    {strings.text_too_long()}
                </p>
            </Shown>
            <Mentions group offer on_choose=accept />
            <About group />
            <Tray group problem bare busy />
            <div class="composer-box">
                <AttachButton group problem />
                <textarea
                    id=AREA
                    rows="1"
                    dir="auto"
                    enterkeyhint="send"
                    aria-label=strings.message()
                    aria-autocomplete="list"
                    aria-controls=move || offers.get().then_some(LIST)
                    aria-activedescendant=active
                    placeholder=move || strings.message_to().text(&[&group.name.get()])
                    prop:value=move || text.get()
                    on:input=act(typed)
                    on:blur=act(move |_| draft.save())
                    on:keydown=act(key)
                    on:paste=act(pasted)
                ></textarea>
                <Recorder problem on_ready=speak />
                <IconButton
                    icon=IconName::Smile
                    label=strings.emoji()
                    on_press=move |()| picking.set(true)
                />
                <button
                    type="submit"
                    class="icon-button send"
                    aria-label=strings.send()
                    aria-disabled=move || (nothing.get() || too_long.get()).then_some("true")
                >
                    <Icon name=IconName::Send />
                </button>
            </div>
        </form>
        <EmojiDialog open=picking on_choose=insert />
    }
}

/// As high as its text; the style sheet sets the most.
fn fit() {
    if let Some(area) = dom::element(AREA) {
        dom::set_style(&area, "height", "auto");
        let height = format!("{}px", area.scroll_height());
        dom::set_style(&area, "height", &height);
    }
}
