//! What happened in the group, in the middle of the log.

use discordopus_core::chat::Body;
use discordopus_core::ids::MemberId;
use leptos::prelude::*;

use super::log::LogContext;
use super::message::author_name;
use crate::ui::context::use_ui;
use crate::ui::i18n::format;
use crate::ui::view_model::Row;
use crate::ui::words;

/// One note.
#[component]
pub(super) fn Note(row: Row) -> impl IntoView {
    let strings = use_ui().strings;
    let LogContext { group, .. } = expect_context();
    let sent_at = row.view.with_untracked(|view| view.sent_at);
    let name = move |id: &MemberId| author_name(group, id, strings);
    let is_me = move |id: &MemberId| *id == group.me.get();
    let words = move || {
        row.view.with(|view| match &view.body {
            Body::Founded { by } if is_me(by) => strings.note_founded_you().into_any(),
            Body::Founded { by } => strings.note_founded().view(&[&name(by)]),
            Body::Joined { member, invited_by } if is_me(member) => {
                strings.note_joined_you().view(&[&name(invited_by)])
            }
            Body::Joined { member, invited_by } if is_me(invited_by) => {
                strings.note_joined_yours().view(&[&name(member)])
            }
            Body::Joined { member, invited_by } => strings
                .note_joined()
                .view(&[&name(member), &name(invited_by)]),
            Body::Left { member } if is_me(member) => strings.note_left_you().into_any(),
            Body::Left { member } => strings.note_left().view(&[&name(member)]),
            Body::Removed { member, by } if is_me(member) => {
                strings.note_removed_you().view(&[&name(by)])
            }
            Body::Removed { member, by } => {
                strings.note_removed().view(&[&name(member), &name(by)])
            }
            Body::Renamed { by, name: new } => strings.note_renamed().view(&[&name(by), new]),
            Body::Called { member, name, .. } if is_me(member) => {
                strings.note_called_you().view(&[name])
            }
            Body::Called { before, name, .. } => strings.note_called().view(&[before, name]),
            Body::MadeAdmin { member, by } if is_me(member) => {
                strings.note_made_admin_you().view(&[&name(by)])
            }
            Body::MadeAdmin { member, by } => {
                strings.note_made_admin().view(&[&name(member), &name(by)])
            }
            Body::AdminEnded { member, by } if is_me(member) => {
                strings.note_admin_ended_you().view(&[&name(by)])
            }
            Body::AdminEnded { member, by } => {
                strings.note_admin_ended().view(&[&name(member), &name(by)])
            }
            Body::HandedOver { member, by } if is_me(member) => {
                strings.note_handed_over_you().view(&[&name(by)])
            }
            Body::HandedOver { member, by } => {
                strings.note_handed_over().view(&[&name(member), &name(by)])
            }
            Body::TimerSet { seconds: 0 } => strings.note_timer_off().view(&[&name(&view.author)]),
            Body::TimerSet { seconds } => strings
                .note_timer()
                .view(&[&name(&view.author), &words::lifetime(*seconds, strings)]),
            // Words are drawn as messages, and what is silent isn't drawn.
            Body::Text(_)
            | Body::Files { .. }
            | Body::Unknown { .. }
            | Body::Deleted
            | Body::Silent => ().into_any(),
        })
    };
    view! {
        <p class="note">
            <span>{move || words()}</span>
            " "
            <time datetime=format::machine(sent_at) title=format::moment(sent_at)>
                {format::time(sent_at)}
            </time>
        </p>
    }
}
