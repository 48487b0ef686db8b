//! One message: author, time, words, its state, and its menu.

use discordopus_core::chat::{Body, Delivery, MessageView};
use discordopus_core::ids::{MemberId, MessageId};
use leptos::prelude::*;

use super::files::{Files, in_a_word};
use super::log::LogContext;
use super::markup::plain;
use super::menu::MenuButton;
use super::message_menu::MENU;
use super::message_text::MessageText;
use super::quote::Quote;
use super::reactions::Reactions;
use super::{Face, Icon, IconName, Shown, act, condition};
use crate::ui::context::use_ui;
use crate::ui::i18n::{Strings, format};
use crate::ui::view_model::{GroupModel, Row};
use crate::ui::words;

/// The name of one who is or was in the group.
pub(crate) fn author_name(group: GroupModel, id: &MemberId, strings: Strings) -> String {
    let name = group
        .people
        .with(|people| people.name(id).map(str::to_owned));
    name.unwrap_or_else(|| strings.someone().to_owned())
}

/// What a message says now, in words without marks.
pub(crate) fn plain_text(view: &MessageView, strings: Strings) -> String {
    plain(&body_text(view, strings))
}

/// What a message says now, as it was typed.
pub(crate) fn body_text(view: &MessageView, strings: Strings) -> String {
    match (view.text(), &view.body) {
        (Some(""), Body::Files { files, .. }) => {
            let words = files.iter().map(|attached| in_a_word(attached, strings));
            words.collect::<Vec<_>>().join(", ")
        }
        (Some(text), _) => text.to_owned(),
        (None, Body::Deleted) => strings.deleted().to_owned(),
        (None, _) => strings.needs_newer().to_owned(),
    }
}

/// The id of a message's element.
pub(super) fn element_id(id: &MessageId) -> String {
    let [a, b, c, d, e, f, g, h, ..] = id.0;
    format!("m-{:016x}", u64::from_be_bytes([a, b, c, d, e, f, g, h]))
}

/// What of a message decides how its words are drawn.
#[derive(Clone, PartialEq, Eq)]
enum Words {
    Text(String),
    Deleted,
    Unknown,
}

/// One message. `opens` says that it shows its author.
#[component]
pub(super) fn Message(row: Row, opens: bool) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let LogContext {
        group,
        menu_of,
        chosen,
        ..
    } = expect_context();
    let view = row.view.get_untracked();
    let id = view.id;
    let author = view.author;
    let own = author == group.me.get_untracked();
    let name = Signal::derive(move || author_name(group, &author, strings));
    let expanded = Signal::derive(move || menu_of.get() == Some(id));
    let (state, reactions) = (row.clone(), row.clone());
    let (answered_row, edited_row, files_row) = (row.clone(), row.clone(), row.clone());
    let said_row = row;
    let said = Memo::new(move |_| {
        said_row.view.with(|view| match (view.text(), &view.body) {
            (Some(text), _) => Words::Text(text.to_owned()),
            (None, Body::Deleted) => Words::Deleted,
            (None, _) => Words::Unknown,
        })
    });
    let attached = Memo::new(move |_| {
        files_row.view.with(|view| match &view.body {
            Body::Files { files, .. } => files.clone(),
            _ => Vec::new(),
        })
    });
    let files = move || {
        let files = attached.get();
        let any = !files.is_empty();
        any.then(|| view! { <Files group author files /> }.into_any())
    };
    let body = move || match said.get() {
        // Files without words.
        Words::Text(text) if text.is_empty() => ().into_any(),
        Words::Text(text) => {
            let (names, own) = names(group);
            view! { <MessageText text names own /> }.into_any()
        }
        Words::Deleted => view! { <p class="muted deleted">{strings.deleted()}</p> }.into_any(),
        Words::Unknown => view! { <p class="muted">{strings.needs_newer()}</p> }.into_any(),
    };
    let calls_me = move || {
        let Words::Text(text) = said.get() else {
            return false;
        };
        let (_, me) = names(group);
        !own && !me.is_empty() && text.contains(&format!("@{me}"))
    };
    let answered = Memo::new(move |_| answered_row.view.with(|view| view.reply_to));
    let edited = condition(move || edited_row.view.with(MessageView::is_edited));
    let lifetime = view.lifetime;
    view! {
        <article
            id=element_id(&id)
            class="message"
            tabindex="-1"
            class:own=own
            class:opens=opens
            class:calls-me=calls_me
        >
            <div class="message-side">
                {opens.then(|| view! { <Face group member=author name /> }.into_any())}
            </div>
            <div class="message-main">
                <p class="message-head">
                    <span class="author" class:visually-hidden=!opens>
                        <bdi>{move || name.get()}</bdi>
                    </span>
                    <time
                        class="message-time"
                        datetime=format::machine(view.sent_at)
                        title=format::moment(view.sent_at)
                    >
                        {format::time(view.sent_at)}
                    </time>
                </p>
                {move || answered.get().map(|message| view! { <Quote group message /> }.into_any())}
                {move || body()}
                {move || files()}
                <span class="marks">
                    <Shown when=edited>
                        <span class="muted">{strings.edited()}</span>
                    </Shown>
                    {lifetime
                        .map(|seconds| {
                            let words = strings.disappears().text(&[&words::lifetime(seconds, strings)]);
                            view! {
                                <span class="muted" role="img" aria-label=words.clone() title=words>
                                    <Icon name=IconName::Timer />
                                </span>
                            }
                                .into_any()
                        })}
                </span>
                {own.then(|| view! { <State row=state /> }.into_any())}
                <Reactions row=reactions />
            </div>
            <MenuButton
                menu=MENU
                label=Signal::stored(strings.message_actions().to_owned())
                expanded
                in_list=true
                on_press=move |()| {
                    menu_of.set(Some(id));
                    chosen.set_value(Some(id));
                }
            />
        </article>
    }
}

/// The names that can be called, the longest first, and one's own.
fn names(group: GroupModel) -> (Vec<String>, String) {
    let me = group.me.get();
    let mut own = String::new();
    let mut names: Vec<String> = Vec::new();
    group.members.with(|members| {
        for member in members {
            let at = names.partition_point(|other| other.len() > member.name.len());
            names.insert(at, member.name.clone());
            if member.id == me {
                own.clone_from(&member.name);
            }
        }
    });
    (names, own)
}

/// An own text that isn't sent yet and stands in no history.
#[component]
pub(super) fn Waiting(text: String) -> impl IntoView {
    let strings = use_ui().strings;
    let LogContext { group, .. } = expect_context();
    let name = move || author_name(group, &group.me.get(), strings);
    view! {
        <article class="message own waiting">
            <div class="message-side"></div>
            <div class="message-main">
                <span class="visually-hidden">
                    <bdi>{move || name()}</bdi>
                </span>
                <MessageText text />
                <span class="state">
                    <Icon name=IconName::Clock />
                    {strings.waiting_text()}
                </span>
            </div>
        </article>
    }
}

/// How far an own message has come, in words.
#[component]
fn State(row: Row) -> impl IntoView {
    let ui = use_ui();
    let LogContext { group, .. } = expect_context();
    let id = row.place.id;
    let delivery = Memo::new(move |_| row.view.with(|view| view.delivery));
    let shown = move || {
        let state = delivery.get();
        let words = words::delivery(state, ui.strings)?;
        let (icon, class) = match state {
            Delivery::Failed => {
                let retry = move |_| ui.model.command(|say| say.retry(group.id, id));
                let button = view! {
                    <button type="button" class="state failed" on:click=act(retry)>
                        <Icon name=IconName::Warning />
                        {words}
                    </button>
                };
                return Some(button.into_any());
            }
            Delivery::Unknown => (IconName::Question, "state doubt"),
            Delivery::Delivered => (IconName::DoubleCheck, "state"),
            Delivery::Sent => (IconName::Check, "state"),
            Delivery::Incoming | Delivery::Pending => (IconName::Clock, "state"),
        };
        let view = view! {
            <span class=class>
                <Icon name=icon />
                {words}
            </span>
        };
        Some(view.into_any())
    };
    view! { {move || shown()} }
}
