//! What a group's member has to be told or asked, above the conversation, each with its next step.

use discordopus_core::ids::GroupId;
use discordopus_core::io::{Alarm, RequestView};
use leptos::prelude::*;

use super::deed::{Deed, DeedButton};
use super::message::author_name;
use super::rows::{ListRow, RowKey, rows};
use super::{Icon, IconName, condition};
use crate::ui::context::use_ui;
use crate::ui::i18n::Phrase;
use crate::ui::view_model::{GroupModel, Warning};
use crate::ui::words;

/// The warnings of a group, and that changes wait.
#[component]
pub(crate) fn Warnings(group: GroupModel) -> impl IntoView {
    let strings = use_ui().strings;
    let row = |group, warning| ListRow::new(key(warning), move || view! { <Told group warning /> });
    let each = move || {
        let warnings = group.warnings();
        warnings.into_iter().map(|it| row(group, it)).collect()
    };
    let waiting = Memo::new(move |_| group.matters.with(|matters| matters.waiting_changes));
    let words = move || match waiting.get() {
        0 => String::new(),
        count => strings
            .waiting_changes()
            .text(u32::try_from(count).unwrap_or(u32::MAX)),
    };
    view! {
        <div class="banners">{rows(each)}</div>
        <p class="waiting-changes" role="status">
            {move || words()}
        </p>
    }
}

fn key(warning: Warning) -> RowKey {
    let (kind, id) = match warning {
        Warning::Alarm(Alarm::TwoKeys { member }) => (0, member.0),
        Warning::Alarm(Alarm::TwoHistories { member }) => (1, member.0),
        Warning::Alarm(Alarm::RostersDiffer { member }) => (2, member.0),
        Warning::Alarm(Alarm::SetBack { noticed_by }) => (3, noticed_by.0),
        Warning::Alarm(Alarm::Forked { by }) => (4, by.0),
        Warning::Offer(by) => (5, by.0),
        Warning::CardChanged(member) => (6, member.0),
        Warning::NoCreator => (7, [0; 32]),
    };
    RowKey::of_kind(kind, id)
}

#[component]
fn Told(group: GroupModel, warning: Warning) -> impl IntoView {
    let strings = use_ui().strings;
    let (title, hint, about) = words::warning(warning, strings);
    // Told by nobody else: this device found its own signature under something newer.
    let own = Alarm::SetBack {
        noticed_by: group.me.get_untracked(),
    };
    let hint = match warning {
        Warning::Alarm(alarm) if alarm == own => strings.set_back_proven_hint(),
        _ => hint,
    };
    let name = untrack(|| about.map(|member| author_name(group, &member, strings)));
    let names = [name.unwrap_or_default()];
    let danger = matches!(warning, Warning::Alarm(_) | Warning::CardChanged(_));
    let deeds = Deed::about(warning);
    view! { <Asked group=group.id icon=IconName::Warning title hint names=names.to_vec() danger deeds /> }
}

/// Whoever wants to come into one of the groups, on every page: the first of them, and how many there are after it.
#[component]
pub(crate) fn JoinRequests() -> impl IntoView {
    let ui = use_ui();
    let first = move || {
        let next = ui.model.next_request().into_iter();
        let row = |(group, request): (GroupModel, RequestView)| {
            ListRow::new(
                RowKey::new(request.member.0),
                move || view! { <Request group request /> },
            )
        };
        next.map(row).collect()
    };
    view! { <div class="banners">{rows(first)}</div> }
}

#[component]
fn Request(group: GroupModel, request: RequestView) -> impl IntoView {
    let strings = use_ui().strings;
    let names = vec![request.name, group.name.get_untracked()];
    let deeds = vec![Deed::LetIn(request.member), Deed::Refuse(request.member)];
    let title = strings.wants_to_join();
    let hint = strings.wants_to_join_hint();
    let others = Memo::new(move |_| group.requests().saturating_sub(1));
    let more = condition(move || others.get() != 0);
    let more = move || {
        more.get()
            .then(|| strings.more_requests().text(others.get()))
    };
    view! {
        <Asked group=group.id icon=IconName::PersonAdd title hint names danger=false code=request.code deeds />
        <p class="more-requests">{move || more()}</p>
    }
}

/// One banner: a headline, what to do, and the buttons that do it.
#[component]
fn Asked(
    group: GroupId,
    icon: IconName,
    title: Phrase,
    hint: Phrase,
    names: Vec<String>,
    danger: bool,
    #[prop(optional)] code: Option<String>,
    deeds: Vec<Deed>,
) -> impl IntoView {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    view! {
        <section class="banner" class:danger=danger role="alert" aria-label=title.text(&names)>
            <Icon name=icon />
            <div class="banner-text">
                <p>
                    <strong>{title.view(&names)}</strong>
                    " "
                    {hint.view(&names)}
                </p>
                {code.map(|code| view! { <p class="code"><bdi dir="ltr">{code}</bdi></p> }.into_any())}
                <div class="actions start">
                    {deeds
                        .into_iter()
                        .map(|deed| view! { <DeedButton group deed /> }.into_any())
                        .collect_view()}
                </div>
            </div>
        </section>
    }
}
