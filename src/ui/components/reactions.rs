//! The reactions under a message.

use discordopus_core::ids::{MemberId, MessageId};
use leptos::prelude::*;

use super::act;
use super::log::LogContext;
use super::message::author_name;
use crate::ui::context::use_ui;
use crate::ui::i18n::{Strings, numbers};
use crate::ui::view_model::{GroupModel, Row};

/// Most kinds of reactions that are drawn; behind them only the count of the rest.
const MAX_DRAWN: usize = 20;
/// Most names that a reaction tells.
const MAX_NAMES: usize = 10;

/// One kind of reaction, as it stands.
#[derive(Clone, PartialEq, Eq)]
struct Standing {
    emoji: String,
    members: Vec<MemberId>,
}

/// The reactions, each a button that adds or takes back one's own.
#[component]
pub(super) fn Reactions(row: Row) -> impl IntoView {
    let id = row.place.id;
    let all = Memo::new(move |_| {
        row.view.with(|view| {
            let all = view.reactions().into_iter();
            all.map(|(emoji, members)| Standing {
                emoji: emoji.to_owned(),
                members,
            })
            .collect::<Vec<_>>()
        })
    });
    let drawn = move || {
        let all = all.get();
        if all.is_empty() {
            return ().into_any();
        }
        let more = all.len().saturating_sub(MAX_DRAWN);
        let more =
            (more > 0).then(|| view! { <span class="muted small">{format!("+{more}")}</span> });
        let all = all.into_iter().take(MAX_DRAWN);
        let all = all.map(|one| view! { <Reaction message=id one /> }.into_any());
        view! { <div class="reactions">{all.collect_view()} {more}</div> }.into_any()
    };
    view! { {move || drawn()} }
}

/// The names of members, one after the other.
pub(super) fn named<'a>(
    group: GroupModel,
    members: impl Iterator<Item = &'a MemberId>,
    strings: Strings,
) -> String {
    let names = members.map(|member| untrack(|| author_name(group, member, strings)));
    let all = names.reduce(|before, name| strings.both().text(&[&before, &name]));
    all.unwrap_or_default()
}

#[component]
fn Reaction(message: MessageId, one: Standing) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let LogContext { group, .. } = expect_context();
    let Standing { emoji, members } = one;
    let own = members.contains(&group.me.get_untracked());
    let count = u32::try_from(members.len()).unwrap_or(u32::MAX);
    let names = named(group, members.iter().take(MAX_NAMES), strings);
    let number = numbers::number(count);
    let label = strings.reacted().text(&[&emoji, &number, &names]);
    let shown = emoji.clone();
    let press = move |_| {
        let emoji = emoji.clone();
        ui.model
            .command(|say| say.react(group.id, message, emoji, !own));
    };
    view! {
        <button
            type="button"
            class="reaction"
            // Tab stops here only in the message that has the focus.
            tabindex="-1"
            aria-pressed=if own { "true" } else { "false" }
            aria-label=label.clone()
            title=label
            on:click=act(press)
        >
            <span>{shown}</span>
            <span class="count">{number}</span>
        </button>
    }
}
