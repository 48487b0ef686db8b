//! The message that another one answers, in a line above it.

use discordopus_core::chat::{Body, MessageView};
use discordopus_core::ids::MessageId;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::act;
use super::message::{author_name, plain_text};
use crate::ui::context::use_ui;
use crate::ui::view_model::GroupModel;

/// Most characters of what is quoted: a line or two.
const MAX_QUOTED: usize = 160;

/// What is known of a message that is not drawn here.
#[derive(Clone)]
enum Found {
    Looking,
    Here(ArcRwSignal<MessageView>),
    Absent,
}

/// Looks a message up: in the log, else in the storage.
fn look_up(group: GroupModel, id: MessageId) -> RwSignal<Found> {
    let row = group
        .timeline
        .with_untracked(|timeline| timeline.row(&id).map(|row| row.view.clone()));
    let found = RwSignal::new(row.map_or(Found::Looking, Found::Here));
    let commands = use_ui().model.commands.get_untracked();
    if let (Found::Looking, Some(commands)) = (found.get_untracked(), commands) {
        spawn_local(async move {
            let view = commands.message(group.id, id).await.ok().flatten();
            let view = view.map_or(Found::Absent, |view| Found::Here(ArcRwSignal::new(view)));
            // The row may be gone by now.
            found.try_set(view);
        });
    }
    found
}

/// The words of a message, on one line and not too long.
pub(super) fn in_short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MAX_QUOTED) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

/// The line: author and words; pressed, it leads there.
#[component]
pub(super) fn Quote(group: GroupModel, message: MessageId) -> impl IntoView {
    let strings = use_ui().strings;
    let found = look_up(group, message);
    let line = move || match found.get() {
        Found::Looking => view! { <span class="quote muted">"…"</span> }.into_any(),
        Found::Absent => {
            view! { <span class="quote muted">{strings.quote_absent()}</span> }.into_any()
        }
        Found::Here(view) => {
            let (author, text, deleted) = view.with(|view| {
                let text = plain_text(view, strings);
                (view.author, text, view.body == Body::Deleted)
            });
            let name = author_name(group, &author, strings);
            let short = in_short(&text);
            let label = strings.quote_of().text(&[&name, &short]);
            view! {
                <button
                    type="button"
                    class="quote"
                    aria-label=label
                    on:click=act(move |_| group.sought.set(Some(message)))
                >
                    <strong>
                        <bdi>{name}</bdi>
                    </strong>
                    " "
                    <span class:muted=deleted dir="auto">
                        {short}
                    </span>
                </button>
            }
            .into_any()
        }
    };
    view! { {move || line()} }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_quoted_in_one_short_line() {
        assert_eq!(in_short("one\n\n  two "), "one two");
        let long = in_short(&"ä".repeat(1_000));
        assert_eq!(long.chars().count(), MAX_QUOTED + 1);
        assert!(long.ends_with('…'));
    }
}
