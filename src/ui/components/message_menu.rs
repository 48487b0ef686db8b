//! What one can do with a message: the menu that all messages of a log share, and the dialogs behind it.

use discordopus_core::chat::{Body, MessageView};
use discordopus_core::ids::MessageId;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::emoji::{EmojiChoices, EmojiDialog};
use super::log::LogContext;
use super::menu::{Menu, MenuItem};
use super::message::body_text;
use super::{Dialog, Icon, IconName, Shown, act, condition};
use crate::ui::context::use_ui;
use crate::ui::dom;
use crate::ui::view_model::Composing;

/// The id of the menu.
pub(super) const MENU: &str = "message-menu";
/// How long "Copied" is shown.
const SAID_FOR: std::time::Duration = std::time::Duration::from_millis(2500);
/// Reactions that are offered in the menu itself.
const AT_HAND: usize = 6;

/// The menu.
#[component]
pub(super) fn MessageMenu() -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let context: LogContext = expect_context();
    let LogContext {
        group,
        menu_of,
        chosen,
        ..
    } = context;
    let deleting = RwSignal::new(None::<MessageId>);
    let reacting = RwSignal::new(false);
    // The row whose menu is open; it stays while the menu closes.
    let about = move |id: Option<MessageId>, holds: fn(&MessageView) -> bool| {
        let row = id.and_then(|id| group.row(&id));
        row.is_some_and(|row| row.view.with(holds))
    };
    let last = Memo::new(move |before: Option<&Option<MessageId>>| {
        menu_of.get().or_else(|| before.copied().flatten())
    });
    let may = condition(move || group.is_member() && group.rights.get().send);
    let has_words = move || {
        about(last.get(), |view| {
            view.text().is_some_and(|it| !it.is_empty())
        })
    };
    let is_there = move || about(last.get(), |view| view.body != Body::Deleted);
    let own = move || {
        let me = group.me.get();
        let row = last.get().and_then(|id| group.row(&id));
        row.is_some_and(|row| row.view.with(|view| view.author == me))
    };
    let pinned = move || {
        last.get()
            .is_some_and(|id| group.pinned.with(|pins| pins.contains(&id)))
    };
    let can_answer = condition(move || may.get() && is_there());
    let can_edit = condition(move || may.get() && own() && has_words());
    let can_copy = condition(has_words);
    let can_pin = condition(move || may.get() && is_there() && !pinned());
    let can_unpin = condition(move || may.get() && pinned());
    let with_chosen = move |deed: fn(LogContext, MessageId)| {
        move |()| {
            if let Some(id) = chosen.get_value() {
                deed(context, id);
            }
        }
    };
    let react = move |emoji: String| {
        if let Some(id) = chosen.get_value() {
            ui.model.command(|say| say.react(group.id, id, emoji, true));
        }
    };
    let pin = move |on: bool| {
        move |()| {
            if let Some(id) = chosen.get_value() {
                ui.model.command(|say| say.pin_message(group.id, id, on));
            }
        }
    };
    view! {
        <Menu
            id=MENU
            label=Signal::stored(strings.message_actions().to_owned())
            on_close=move |()| menu_of.set(None)
        >
            <Shown when=can_answer>
                <AtHand on_choose=react />
                <MenuItem
                    menu=MENU
                    icon=IconName::Smile
                    label=strings.react()
                    on_press=move |()| reacting.set(true)
                />
                <MenuItem
                    menu=MENU
                    icon=IconName::Reply
                    label=strings.reply()
                    on_press=with_chosen(|it, id| it.group.composing.set(Composing::Reply(id)))
                />
            </Shown>
            <Shown when=can_edit>
                <MenuItem
                    menu=MENU
                    icon=IconName::Pencil
                    label=strings.edit()
                    on_press=with_chosen(|it, id| it.group.composing.set(Composing::Edit(id)))
                />
            </Shown>
            <Shown when=can_copy>
                <MenuItem
                    menu=MENU
                    icon=IconName::Copy
                    label=strings.copy()
                    on_press=with_chosen(copy)
                />
            </Shown>
            <Shown when=can_pin>
                <MenuItem
                    menu=MENU
                    icon=IconName::Pin
                    label=strings.pin()
                    on_press=pin(true)
                />
            </Shown>
            <Shown when=can_unpin>
                <MenuItem
                    menu=MENU
                    icon=IconName::Pin
                    label=strings.unpin()
                    on_press=pin(false)
                />
            </Shown>
            <MenuItem
                menu=MENU
                icon=IconName::Question
                label=strings.info()
                on_press=with_chosen(|it, id| it.info_of.set(Some(id)))
            />
            <MenuItem
                menu=MENU
                icon=IconName::Bin
                label=strings.delete()
                on_press=move |()| deleting.set(chosen.get_value())
                danger=true
            />
        </Menu>
        <EmojiDialog open=reacting on_choose=react />
        <DeleteDialog message=deleting />
    }
}

/// The reactions used last.
#[component]
fn AtHand(#[prop(into)] on_choose: Callback<String>) -> impl IntoView {
    let strings = use_ui().strings;
    let choices: EmojiChoices = expect_context();
    let one = move |emoji: &String| {
        let (shown, chosen) = (emoji.clone(), emoji.clone());
        let press = move |_| {
            choices.chose(&chosen);
            on_choose.run(chosen.clone());
        };
        view! {
            <button
                type="button"
                class="emoji"
                role="menuitem"
                tabindex="-1"
                aria-label=strings.react_with().text(&[&shown])
                popovertarget=MENU
                popovertargetaction="hide"
                on:click=act(press)
            >
                {shown.clone()}
            </button>
        }
        .into_any()
    };
    let all = move || {
        let recent = choices.recent();
        recent.iter().take(AT_HAND).map(one).collect_view()
    };
    view! { <div class="at-hand">{move || all()}</div> }
}

fn copy(context: LogContext, id: MessageId) {
    let strings = context.strings;
    let text = context.group.timeline.with_untracked(|timeline| {
        let row = timeline.row(&id)?;
        Some(row.view.with_untracked(|view| body_text(view, strings)))
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

/// "Delete message?": here, or for everybody, as far as that can be had.
#[component]
fn DeleteDialog(message: RwSignal<Option<MessageId>>) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let LogContext { group, .. } = expect_context();
    let for_all = condition(move || {
        let row = message.get().and_then(|id| group.row(&id));
        let me = group.me.get();
        let own = row.is_some_and(|row| {
            row.view
                .with(|view| view.author == me && view.body != Body::Deleted)
        });
        own && group.is_member() && group.rights.get().send
    });
    let hide = move |_| {
        if let Some(id) = message.get_untracked() {
            ui.model.command(|say| say.hide_message(group.id, id));
        }
        message.set(None);
    };
    let delete = move |_| {
        if let Some(id) = message.get_untracked() {
            ui.model.command(|say| say.delete_message(group.id, id));
        }
        message.set(None);
    };
    view! {
        <Dialog
            open=Signal::derive(move || message.get().is_some())
            on_close=move |()| message.set(None)
            title=Signal::stored(strings.delete_message().to_owned())
        >
            <p class="muted">{strings.delete_hint()}</p>
            <div class="actions wrap">
                <Shown when=for_all>
                    <button type="button" class="button danger" on:click=act(delete)>
                        <Icon name=IconName::Bin />
                        {strings.delete_for_all()}
                    </button>
                </Shown>
                <button type="button" class="button" on:click=act(hide)>
                    {strings.delete_here()}
                </button>
            </div>
        </Dialog>
    }
}
