//! What is told by notifications while the page can't be seen: calls, messages, and people who want to come in.

use discordopus_core::chat::Body;
use discordopus_core::chat::MessageView;
use discordopus_core::ids::{GroupId, MessageId};
use discordopus_core::io::{GroupNotices, NoticeLevel};
use discordopus_core::sorted::Map;
use leptos::prelude::*;

use super::components::{author_name, calls, effect, plain_text};
use super::context::Ui;
use super::dom;
use super::dom::notices::{MayNotify, Notice, Words, may_notify};
use super::route::Route;
use super::view_model::GroupModel;

/// The name of the notification of a call.
const CALL: &str = "call";
/// The name of the one notification of everything else, while it tells no names.
const SOMETHING: &str = "something";
/// Most characters of a message that are shown.
const MAX_SHOWN: usize = 160;

/// Begins to tell.
pub(super) fn watch_news(ui: Ui) {
    tell_of_calls(ui);
    tell_of_groups(ui);
}

/// Whether notifications may say who and what.
fn names(ui: Ui) -> bool {
    let settings = ui.model.sound.settings;
    settings.with(|settings| settings.notices.names)
}

fn show(ui: Ui, group: GroupId, words: Words) -> Option<Notice> {
    if may_notify() == MayNotify::NotAsked {
        ui.missed.set(true);
    }
    Notice::show(words, move || {
        dom::bring_to_front();
        ui.navigation.go(Route::Group(group));
    })
}

/// A notification of an incoming call, as long as it rings and the page can't be seen.
fn tell_of_calls(ui: Ui) {
    let caller = Memo::new(move |_| {
        if ui.visible.get() {
            return None;
        }
        let group = ui.model.ringing().first().copied()?;
        let call = group.call.get()?;
        let strings = ui.strings;
        let title = if names(ui) {
            let by = author_name(group, &call.started_by, strings);
            strings.incoming_call().text(&[&group.name.get(), &by])
        } else {
            strings.notice_call().to_owned()
        };
        Some((group.id, title))
    });
    let shown: StoredValue<Option<Notice>, LocalStorage> = StoredValue::new_local(None);
    effect(move || {
        let notice = caller.get().and_then(|(group, title)| {
            let words = Words {
                title,
                body: String::new(),
                name: CALL.to_owned(),
                address: Route::Group(group).href(),
            };
            show(ui, group, words)
        });
        shown.update_value(|shown| {
            // What was shown before goes with its value, unless the new one has taken its place.
            if let Some(old) = std::mem::replace(shown, notice)
                && shown.is_some()
            {
                old.leave();
            }
        });
    });
}

/// A notification when more waits in a group than before, until somebody looks.
fn tell_of_groups(ui: Ui) {
    let shown: StoredValue<Map<String, Notice>, LocalStorage> = StoredValue::new_local(Map::new());
    let mut before: Map<GroupId, (u32, u32)> = Map::new();
    let mut said: Map<GroupId, Said> = Map::new();
    effect(move || {
        let hidden = !ui.visible.get();
        if !hidden {
            shown.set_value(Map::new());
        }
        for group in ui.model.groups.get() {
            let now = (group.unread.get(), group.requests());
            let old = before.insert(group.id, now);
            // What waited already when the page was opened is no news.
            let is_more = old.is_some_and(|old| {
                let wrote = now.0 > old.0 && untrack(|| is_told(ui, group));
                wrote || now.1 > old.1
            });
            if hidden && is_more {
                let words = untrack(|| words(ui, group, old.is_some_and(|old| now.1 > old.1)));
                let name = words.name.clone();
                if let Some(notice) = show(ui, group.id, words) {
                    shown.update_value(|shown| {
                        if let Some(old) = shown.insert(name, notice) {
                            old.leave();
                        }
                    });
                }
            }
            let says = group.newest.with(|it| it.as_ref().map(said_by));
            let said = said.insert(group.id, says.clone()).flatten();
            if let Some(said) = said.filter(|_| hidden && !is_more) {
                amend(ui, group, shown, &said, says.as_ref());
            }
        }
    });
}

/// Whether the person wants to be told of the last message of a group.
fn is_told(ui: Ui, group: GroupModel) -> bool {
    let GroupNotices { muted, level } = ui.model.group_notices(&group.id);
    !muted
        && match level {
            NoticeLevel::All => true,
            NoticeLevel::Mentions => calls_me(group),
            NoticeLevel::Nothing => false,
        }
}

/// Whether the last message of somebody else calls one by name.
fn calls_me(group: GroupModel) -> bool {
    let members = group.members.get();
    let Some(me) = members.iter().find(|member| member.is_me) else {
        return false;
    };
    let names: Vec<String> = members.iter().map(|member| member.name.clone()).collect();
    let text = group.newest.get();
    let text = text.as_ref().and_then(MessageView::text);
    text.is_some_and(|text| calls(text, &names, &me.name))
}

/// A message and its words, as they were told.
type Said = Option<(MessageId, String)>;

fn said_by(view: &MessageView) -> (MessageId, String) {
    (view.id, view.text().unwrap_or_default().to_owned())
}

/// What a notification tells has changed, or is gone: so does the notification, if it is still there.
fn amend(
    ui: Ui,
    group: GroupModel,
    shown: StoredValue<Map<String, Notice>, LocalStorage>,
    said: &(MessageId, String),
    says: Option<&(MessageId, String)>,
) {
    let name = group.id.to_string();
    if !shown.with_value(|shown| shown.contains_key(&name)) {
        return;
    }
    match says {
        None => shown.update_value(|shown| {
            shown.remove(&name);
        }),
        Some(says) if says.0 == said.0 && says.1 != said.1 => {
            let words = untrack(|| words(ui, group, false));
            if let Some(notice) = show(ui, group.id, words) {
                shown.update_value(|shown| {
                    if let Some(old) = shown.insert(name, notice) {
                        old.leave();
                    }
                });
            }
        }
        Some(_) => {}
    }
}

fn words(ui: Ui, group: GroupModel, asks: bool) -> Words {
    let strings = ui.strings;
    let address = Route::Group(group.id).href();
    if !names(ui) {
        return Words {
            title: strings.app_name().to_owned(),
            body: strings.notice_something().to_owned(),
            name: SOMETHING.to_owned(),
            address,
        };
    }
    let request = asks
        .then(|| {
            group
                .matters
                .with(|matters| matters.requests.first().cloned())
        })
        .flatten();
    let body = match request {
        Some(request) => strings.wants_to_join().text(&[&request.name]),
        None => last_words(ui, group),
    };
    Words {
        title: group.name.get(),
        body,
        name: group.id.to_string(),
        address,
    }
}

/// Who wrote what last.
fn last_words(ui: Ui, group: GroupModel) -> String {
    let strings = ui.strings;
    let heard = group.newest.get();
    let Some((view, text)) = heard.as_ref().and_then(|view| match &view.body {
        Body::Text(_) | Body::Files { .. } => Some((view, plain_text(view, strings))),
        _ => None,
    }) else {
        return strings.notice_something().to_owned();
    };
    let author = author_name(group, &view.author, strings);
    let shown: String = text.chars().take(MAX_SHOWN).collect();
    strings.notice_message().text(&[&author, &shown])
}
