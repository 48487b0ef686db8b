//! Which messages were really on screen: told to the client, which tells their authors where the person wants that.

use std::time::Duration;

use discordopus_core::ids::MessageId;
use discordopus_core::sorted::Set;
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;

use super::log_scroll::{FRAME, ROWS};
use super::message::element_id;
use super::{condition, effect};
use crate::ui::context::Ui;
use crate::ui::dom;
use crate::ui::view_model::GroupModel;

/// How long the log has to stand still: what only rushes by wasn't read.
const STANDS: Duration = Duration::from_millis(400);

/// Looks at what is on screen whenever the log stands still. Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct LogSeen {
    ui: Ui,
    group: GroupModel,
    /// Ids of elements that were told.
    told: StoredValue<Set<String>>,
    waiting: StoredValue<Option<TimeoutHandle>>,
}

impl LogSeen {
    /// For the log that is being drawn.
    pub(super) fn new(ui: Ui, group: GroupModel) -> Self {
        let seen = Self {
            ui,
            group,
            told: StoredValue::new(Set::new()),
            waiting: StoredValue::new(None),
        };
        let wanted = condition(move || {
            let settings = ui.model.sound.settings;
            ui.visible.get() && settings.with(|settings| settings.read_receipts)
        });
        effect(move || {
            if wanted.get() {
                seen.moved();
            }
        });
        on_cleanup(move || seen.stop());
        seen
    }

    /// Something has moved, has come or has gone.
    pub(super) fn moved(self) {
        let settings = self.ui.model.sound.settings;
        if !settings.with_untracked(|settings| settings.read_receipts) {
            return;
        }
        self.stop();
        let handle = set_timeout_with_handle(move || self.look(), STANDS);
        self.waiting.try_set_value(handle.ok());
    }

    fn stop(self) {
        let waiting = self.waiting.try_update_value(Option::take).flatten();
        if let Some(handle) = waiting {
            handle.clear();
        }
    }

    fn look(self) {
        if self.ui.visible.try_get_untracked() != Some(true) {
            return;
        }
        let mut on_screen = on_screen();
        self.told
            .update_value(|told| on_screen.retain(|id| told.insert(id.clone())));
        if on_screen.is_empty() {
            return;
        }
        let messages: Vec<MessageId> = self.group.timeline.with_untracked(|timeline| {
            let rows = timeline.ids();
            let shown = rows.filter(|id| on_screen.contains(&element_id(id)));
            shown.collect()
        });
        let group = self.group.id;
        self.ui.model.command(|say| say.mark_seen(group, messages));
    }
}

/// The ids of others' messages of which the end is in view, or that fill it.
fn on_screen() -> Vec<String> {
    let (Some(frame), Some(rows)) = (dom::element(FRAME), dom::element(ROWS)) else {
        return Vec::new();
    };
    let view = frame.get_bounding_client_rect();
    let rows = rows.children();
    let all = (0..rows.length()).rev().filter_map(|at| rows.item(at));
    let mut seen = Vec::new();
    for row in all {
        let place = row.get_bounding_client_rect();
        // From the end upwards: nothing above is in view any more.
        if place.bottom() <= view.top() {
            break;
        }
        let ends = place.bottom() <= view.bottom() + 1.0;
        let fills = place.top() <= view.top() && place.bottom() >= view.bottom();
        let is_message = row.tag_name() == "ARTICLE" && !row.id().is_empty();
        if is_message && (ends || fills) && !row.class_list().contains("own") {
            seen.push(row.id());
        }
    }
    seen
}
