//! Who has a message, and how they have reacted to it.

use discordopus_core::chat::{Body, Delivery, MessageView};
use discordopus_core::ids::{MemberId, Timestamp};
use discordopus_core::io::MemberView;
use leptos::prelude::*;

use super::log::LogContext;
use super::message::author_name;
use super::reactions::named;
use super::{Dialog, Face, Icon, IconName};
use crate::ui::context::use_ui;
use crate::ui::i18n::format;

/// Most kinds of reactions that are told: more than anybody reads.
const MAX_KINDS: usize = 50;

/// The dialog about the message that was chosen.
#[component]
pub(super) fn MessageInfo() -> impl IntoView {
    let strings = use_ui().strings;
    let LogContext { group, info_of, .. } = expect_context();
    let details = move || {
        let id = info_of.get()?;
        let row = group.row(&id)?;
        Some(view! { <Details view=row.view.get() /> }.into_any())
    };
    view! {
        <Dialog
            open=Signal::derive(move || info_of.get().is_some())
            on_close=move |()| info_of.set(None)
            title=Signal::stored(strings.message_info().to_owned())
        >
            {move || details()}
        </Dialog>
    }
}

#[component]
fn Details(view: MessageView) -> impl IntoView {
    let strings = use_ui().strings;
    let LogContext { group, .. } = expect_context();
    let written = strings.info_sent().text(&[&format::moment(view.sent_at)]);
    let about = if view.delivery == Delivery::Incoming {
        let author = untrack(|| author_name(group, &view.author, strings));
        view! { <p class="muted">{strings.info_incoming().view(&[&author])}</p> }.into_any()
    } else {
        view! { <Holders view=view.clone() /> }.into_any()
    };
    let edits = view
        .is_edited()
        .then(|| view! { <Wordings view=view.clone() /> }.into_any());
    let reactions = view.reactions();
    let reactions =
        (!reactions.is_empty()).then(|| view! { <Reacted view=view.clone() /> }.into_any());
    view! {
        <p class="muted">{written}</p>
        {edits}
        {reactions}
        {about}
    }
}

/// What the message said before, oldest first.
#[component]
fn Wordings(view: MessageView) -> impl IntoView {
    let strings = use_ui().strings;
    let mut wordings = Vec::new();
    if let Body::Text(first) = &view.body {
        wordings.push((view.sent_at, first.clone()));
    }
    let edits = view.amended.iter().flat_map(|it| &it.edits);
    wordings.extend(edits.map(|edit| (edit.at, edit.text.clone())));
    // The last one is what it says now.
    wordings.pop();
    let line = |(at, text): (Timestamp, String)| {
        view! {
            <li>
                <time class="muted small" datetime=format::machine(at)>
                    {format::moment(at)}
                </time>
                <p class="wording" dir="auto">
                    {text}
                </p>
            </li>
        }
        .into_any()
    };
    view! {
        <h3>{strings.info_edits()}</h3>
        <ul class="wordings">{wordings.into_iter().map(line).collect_view()}</ul>
    }
}

/// Who has reacted: under the message, only whoever points at a reaction is told.
#[component]
fn Reacted(view: MessageView) -> impl IntoView {
    let strings = use_ui().strings;
    let LogContext { group, .. } = expect_context();
    let line = |(emoji, members): (&str, Vec<MemberId>)| {
        view! {
            <li class="reacted">
                <span>{emoji.to_owned()}</span>
                <span>{named(group, members.iter(), strings)}</span>
            </li>
        }
        .into_any()
    };
    let lines = view.reactions().into_iter().take(MAX_KINDS).map(line);
    view! {
        <h3>{strings.info_reactions()}</h3>
        <ul class="wordings">{lines.collect_view()}</ul>
    }
}

/// The other members: who has said that it has the message, and who has not.
#[component]
fn Holders(view: MessageView) -> impl IntoView {
    let strings = use_ui().strings;
    let LogContext { group, .. } = expect_context();
    let doubt = view.delivery == Delivery::Unknown;
    let recipients = view.recipients.clone();
    let is_recipient = |id: &MemberId| recipients.as_ref().is_none_or(|all| all.contains(id));
    let line = move |member: MemberView| {
        let has_it = view.delivered_to.contains(&member.id);
        let readers = view.seen_by.as_deref().unwrap_or_default();
        let (icon, words) = if readers.contains(&member.id) {
            (IconName::Eye, strings.info_read())
        } else if has_it {
            (IconName::DoubleCheck, strings.info_has_it())
        } else {
            (IconName::Clock, strings.info_not_yet())
        };
        view! {
            <li class="person">
                <Face group member=member.id name=member.name.clone() />
                <span class="person-name">
                    <bdi>{member.name.clone()}</bdi>
                </span>
                <span class="muted with-icon">
                    <Icon name=icon />
                    {words}
                </span>
            </li>
        }
        .into_any()
    };
    let others: Vec<MemberView> = group.members.with_untracked(|members| {
        members
            .iter()
            // Who came later was never sent it.
            .filter(|member| !member.is_me && is_recipient(&member.id))
            .cloned()
            .collect()
    });
    let alone = others.is_empty();
    view! {
        {doubt.then(|| view! { <p class="muted">{strings.info_unknown_hint()}</p> }.into_any())}
        {alone.then(|| view! { <p class="muted">{strings.info_none()}</p> }.into_any())}
        <ul class="people">{others.into_iter().map(line).collect_view()}</ul>
        {(!alone).then(|| view! { <p class="field-about">{strings.info_read_hint()}</p> }.into_any())}
    }
}
