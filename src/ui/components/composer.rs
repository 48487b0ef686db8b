//! Where one writes. What is typed is kept as a draft.

use discordopus_core::wire::limits::MAX_TEXT;
use leptos::ev::{Event, KeyboardEvent, SubmitEvent};
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;

use super::typing::{Typing, TypingLine};
use super::{Icon, IconName, Shown, act, condition, effect};
use crate::ui::context::{Ui, use_ui};
use crate::ui::dom;
use crate::ui::view_model::GroupModel;

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

/// The composer.
#[component]
pub(crate) fn Composer(group: GroupModel) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let draft = Draft::new(ui, group);
    let typing = Typing::new(ui, group);
    let text = group.draft;
    let too_long = condition(move || text.with(|text| text.len() > MAX_TEXT));
    let nothing = condition(move || text.with(|text| text.trim().is_empty()));
    let send = move || {
        if nothing.get_untracked() || too_long.get_untracked() {
            return;
        }
        let words = text.get_untracked().trim_end().to_owned();
        ui.model.command(|say| say.send_text(group.id, words));
        group.wrote.update(|count| *count = count.wrapping_add(1));
        text.set(String::new());
        typing.stopped();
        draft.save();
    };
    let key = move |event: KeyboardEvent| {
        // While a word is being composed, Enter belongs to the input method.
        let plain = !event.shift_key() && !event.is_composing();
        if event.key() == "Enter" && plain {
            event.prevent_default();
            send();
        }
    };
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
        text.with_untracked(|text| typing.typed(text));
        draft.typed();
    };
    view! {
        <form class="composer" on:submit=act(submit)>
            <TypingLine group />
            <Shown when=too_long>
                <p class="problem" role="alert">
                    {strings.text_too_long()}
                </p>
            </Shown>
            <div class="composer-box">
                <textarea
                    id=AREA
                    rows="1"
                    dir="auto"
                    enterkeyhint="send"
                    aria-label=strings.message()
                    placeholder=move || strings.message_to().text(&[&group.name.get()])
                    prop:value=move || text.get()
                    on:input=act(typed)
                    on:blur=act(move |_| draft.save())
                    on:keydown=act(key)
                ></textarea>
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
