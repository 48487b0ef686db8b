//! One message: author, time, words, its state, and its menu.

use discordopus_core::chat::{Body, Delivery};
use discordopus_core::ids::MemberId;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::log::LogContext;
use super::menu::{Menu, MenuButton, MenuItem};
use super::message_text::MessageText;
use super::{Avatar, Icon, IconName, act};
use crate::ui::context::use_ui;
use crate::ui::dom;
use crate::ui::i18n::{Strings, format};
use crate::ui::view_model::{GroupModel, Row};
use crate::ui::words;

/// The id of the one menu that all messages share.
const MENU: &str = "message-menu";
/// How long "Copied" is shown.
const SAID_FOR: std::time::Duration = std::time::Duration::from_millis(2500);

/// The name of one who is or was in the group.
pub(crate) fn author_name(group: GroupModel, id: &MemberId, strings: Strings) -> String {
    let name = group
        .people
        .with(|people| people.name(id).map(str::to_owned));
    name.unwrap_or_else(|| strings.someone().to_owned())
}

/// What a message says, as text.
pub(super) fn body_text(body: &Body, strings: Strings) -> String {
    match body {
        Body::Text(text) => text.clone(),
        _ => strings.needs_newer().to_owned(),
    }
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
    let seed = author.0[0];
    let expanded = Signal::derive(move || menu_of.get() == Some(id));
    let body = match &view.body {
        Body::Text(text) => view! { <MessageText text=text.clone() /> }.into_any(),
        _ => view! { <p class="muted">{strings.needs_newer()}</p> }.into_any(),
    };
    view! {
        <article class="message" class:own=own class:opens=opens>
            <div class="message-side">
                {opens.then(|| view! { <Avatar seed name /> }.into_any())}
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
                {body}
                {own.then(|| view! { <State row /> }.into_any())}
            </div>
            <MenuButton
                menu=MENU
                label=Signal::stored(strings.message_actions().to_owned())
                expanded
                on_press=move |()| {
                    menu_of.set(Some(id));
                    chosen.set_value(Some(id));
                }
            />
        </article>
    }
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

/// What one can do with a message.
#[component]
pub(super) fn MessageMenu() -> impl IntoView {
    let strings = use_ui().strings;
    let context: LogContext = expect_context();
    let chosen = context.chosen;
    let copy = move |()| {
        let Some(id) = chosen.get_value() else { return };
        let text = context.group.timeline.with_untracked(|timeline| {
            let row = timeline.row(&id)?;
            Some(
                row.view
                    .with_untracked(|view| body_text(&view.body, strings)),
            )
        });
        if let Some(text) = text {
            spawn_local(async move {
                let copied = dom::copy(&text).await;
                say(
                    context,
                    if copied {
                        strings.copied()
                    } else {
                        strings.copy_failed()
                    },
                );
            });
        }
    };
    let info = move |()| context.info_of.set(chosen.get_value());
    view! {
        <Menu
            id=MENU
            label=Signal::stored(strings.message_actions().to_owned())
            on_close=move |()| context.menu_of.set(None)
        >
            <MenuItem menu=MENU icon=IconName::Copy label=strings.copy() on_press=copy />
            <MenuItem menu=MENU icon=IconName::Question label=strings.info() on_press=info />
        </Menu>
    }
}

fn say(context: LogContext, words: &'static str) {
    // The group may be off screen by the time the browser has answered.
    if context.said.try_set(words.to_owned()).is_none() {
        set_timeout(
            move || {
                context.said.try_set(String::new());
            },
            SAID_FOR,
        );
    }
}
