//! Who is writing, above the composer; and telling the others that one writes.

use discordopus_core::ids::MemberId;
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;

use super::message::author_name;
use crate::ui::context::{Ui, use_ui};
use crate::ui::view_model::GroupModel;
use crate::ui::words;

/// Who has typed nothing for this long has stopped.
const TYPING_PAUSE: std::time::Duration = std::time::Duration::from_secs(5);

/// The line above the composer. It is not read out: that would drown what is written.
#[component]
pub(super) fn TypingLine(group: GroupModel) -> impl IntoView {
    let strings = use_ui().strings;
    let words = move || {
        let name = |id: &MemberId| author_name(group, id, strings);
        let names: Vec<String> = group
            .typing
            .with(|typing| typing.iter().map(name).collect());
        words::typing(&names, strings)
    };
    view! { <p class="typing-line">{move || words()}</p> }
}

/// Tells the others when one begins to write and when one stops.
#[derive(Clone, Copy)]
pub(super) struct Typing {
    ui: Ui,
    group: GroupModel,
    told: StoredValue<bool>,
    pause: StoredValue<Option<TimeoutHandle>>,
}

impl Typing {
    /// Nothing is written yet. Leaving the conversation stops it.
    pub(super) fn new(ui: Ui, group: GroupModel) -> Self {
        let typing = Self {
            ui,
            group,
            told: StoredValue::new(false),
            pause: StoredValue::new(None),
        };
        on_cleanup(move || typing.stopped());
        typing
    }

    /// Something was typed, and this is in the field now.
    pub(super) fn typed(self, text: &str) {
        if text.trim().is_empty() {
            self.stopped();
            return;
        }
        self.forget_pause();
        self.pause
            .set_value(set_timeout_with_handle(move || self.stopped(), TYPING_PAUSE).ok());
        self.tell(true);
    }

    /// It was sent, or nothing comes any more.
    pub(super) fn stopped(self) {
        self.forget_pause();
        self.tell(false);
    }

    fn tell(self, typing: bool) {
        let is_news = self
            .told
            .try_update_value(|told| std::mem::replace(told, typing) != typing);
        if is_news == Some(true) {
            let group = self.group.id;
            self.ui.model.command(|say| say.set_typing(group, typing));
        }
    }

    fn forget_pause(self) {
        if let Some(handle) = self.pause.try_update_value(Option::take).flatten() {
            handle.clear();
        }
    }
}
