//! Finding messages: a search over the history on this device, and the pinned ones. A press leads there.

use discordopus_core::chat::MessageView;
use discordopus_core::ids::MessageId;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::message::{author_name, plain_text};
use super::quote::in_short;
use super::{Dialog, Field, Icon, IconName, Shown, act, condition, effect, walk_in_list};
use crate::ui::context::use_ui;
use crate::ui::i18n::format;
use crate::ui::view_model::GroupModel;

/// Most hits in the list: whoever has more says more of what is looked for.
const MAX_HITS: usize = 100;

/// How far a search is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Search {
    #[default]
    Idle,
    Running,
    Done,
    Failed,
}

/// "Search".
#[component]
pub(crate) fn SearchDialog(group: GroupModel, open: RwSignal<bool>) -> impl IntoView {
    let strings = use_ui().strings;
    view! {
        <Dialog
            open
            on_close=move |()| open.set(false)
            title=Signal::stored(strings.search_in_group().to_owned())
        >
            <Finder group open />
        </Dialog>
    }
}

#[component]
fn Finder(group: GroupModel, open: RwSignal<bool>) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let words = RwSignal::new(String::new());
    let state = RwSignal::new(Search::Idle);
    let hits = RwSignal::new(Vec::<MessageView>::new());
    // Counts searches: what an earlier one still finds is of no interest.
    let current = StoredValue::new(0_u32);
    let search = move |event: SubmitEvent| {
        event.prevent_default();
        let wanted = words.get_untracked();
        let Some(commands) = ui.model.commands.get_untracked() else {
            return;
        };
        if wanted.trim().is_empty() {
            return;
        }
        current.update_value(|number| *number = number.wrapping_add(1));
        let number = current.get_value();
        hits.set(Vec::new());
        state.set(Search::Running);
        spawn_local(async move {
            let mut before = None;
            loop {
                let answer = commands.search(group.id, wanted.clone(), before).await;
                if current.try_get_value() != Some(number) {
                    return;
                }
                let Ok(answer) = answer else {
                    return state.set(Search::Failed);
                };
                hits.update(|hits| {
                    hits.extend(answer.messages);
                    hits.truncate(MAX_HITS);
                });
                before = answer.next;
                if before.is_none() || hits.with_untracked(|hits| hits.len() >= MAX_HITS) {
                    return state.set(Search::Done);
                }
            }
        });
    };
    let said = move || {
        let count = hits.with(Vec::len);
        match state.get() {
            Search::Idle => String::new(),
            Search::Running => strings.searching().to_owned(),
            Search::Failed => strings.search_failed().to_owned(),
            Search::Done if count == 0 => strings.search_none().to_owned(),
            Search::Done if count == MAX_HITS => strings.search_many().to_owned(),
            Search::Done => strings
                .hits()
                .text(u32::try_from(count).unwrap_or(u32::MAX)),
        }
    };
    let list = move || {
        let hits = hits.get().into_iter();
        hits.map(|view| view! { <Hit group view open /> }.into_any())
            .collect_view()
    };
    view! {
        <div class="stack" on:keydown=act(|event| walk_in_list(&event, "input, .hit"))>
        <form class="search" on:submit=act(search)>
            <Field label=strings.search_messages() hint=strings.search_hint() value=words />
            <button type="submit" class="button primary">
                <Icon name=IconName::Search />
                {strings.search()}
            </button>
        </form>
        <p class="muted" role="status">
            {move || said()}
        </p>
        <ul class="hits">{move || list()}</ul>
        </div>
    }
}

/// A message in a list; pressed, it is shown in the log.
#[component]
fn Hit(group: GroupModel, view: MessageView, open: RwSignal<bool>) -> impl IntoView {
    let strings = use_ui().strings;
    let id = view.id;
    let name = untrack(|| author_name(group, &view.author, strings));
    let text = in_short(&plain_text(&view, strings));
    let label = strings.quote_of().text(&[&name, &text]);
    let go = move |_| {
        open.set(false);
        group.sought.set(Some(id));
    };
    view! {
        <li>
            <button type="button" class="hit" aria-label=label on:click=act(go)>
                <strong>
                    <bdi>{name}</bdi>
                </strong>
                " "
                <span dir="auto">{text}</span>
            </button>
            // Beside it: the button is called by who wrote and what.
            <time class="muted small" datetime=format::machine(view.sent_at)>
                {format::moment(view.sent_at)}
            </time>
        </li>
    }
}

/// "Pinned messages".
#[component]
pub(crate) fn PinnedDialog(group: GroupModel, open: RwSignal<bool>) -> impl IntoView {
    let strings = use_ui().strings;
    view! {
        <Dialog
            open
            on_close=move |()| open.set(false)
            title=Signal::stored(strings.pinned_messages().to_owned())
        >
            <Pinned group open />
        </Dialog>
    }
}

#[component]
fn Pinned(group: GroupModel, open: RwSignal<bool>) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let here = RwSignal::new(None::<Vec<MessageView>>);
    effect(move || {
        let pinned: Vec<MessageId> = group.pinned.get();
        let Some(commands) = ui.model.commands.get_untracked() else {
            return;
        };
        spawn_local(async move {
            let mut views = Vec::new();
            for message in pinned {
                views.extend(commands.message(group.id, message).await.ok().flatten());
            }
            here.try_set(Some(views));
        });
    });
    let none = condition(move || here.with(|here| here.as_ref().is_some_and(Vec::is_empty)));
    let list = move || {
        let views = here.get().unwrap_or_default().into_iter();
        views
            .map(|view| view! { <Hit group view open /> }.into_any())
            .collect_view()
    };
    view! {
        <Shown when=none>
            <p class="muted">{strings.pinned_none()}</p>
        </Shown>
        <ul class="hits" on:keydown=act(|event| walk_in_list(&event, ".hit"))>{move || list()}</ul>
    }
}
