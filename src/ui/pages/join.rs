//! The invite page: what the link offers, how far the join is, and why a link can't be used.

use discordopus_core::ids::{GroupId, InviteId};
use discordopus_core::invite::{Link, LinkError};
use discordopus_core::io::{JoinState, JoinView};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::home::PasteDialog;
use crate::ui::components::{
    Avatar, Icon, IconName, NameField, RefusalLine, act, condition, name_problem,
};
use crate::ui::context::use_ui;
use crate::ui::dom;
use crate::ui::i18n::format;
use crate::ui::route::Route;
use crate::ui::words;

/// The id of the name's field.
const YOUR_NAME: &str = "join-name";

/// An invite that was opened, or the join that is under way.
#[component]
pub(crate) fn JoinPage() -> impl IntoView {
    let ui = use_ui();
    let show = move || match ui.navigation.offer() {
        Some(Ok(link)) => view! { <Offer link /> }.into_any(),
        Some(Err(error)) => view! { <BadLink error /> }.into_any(),
        None => {
            // After a reload the link is gone, but the client remembers the join.
            let latest = Memo::new(move |_| ui.model.joins.with(|j| j.last().map(|j| j.invite)));
            view! {
                {move || match latest.get() {
                    Some(invite) => view! { <JoinCard invite /> }.into_any(),
                    None => view! { <NoInvite /> }.into_any(),
                }}
            }
            .into_any()
        }
    };
    view! { <main class="page">{move || show()}</main> }
}

/// A good link: the form, and after it the join's own course.
#[component]
fn Offer(link: Link) -> impl IntoView {
    let ui = use_ui();
    let mailbox = link.mailbox();
    let group = link.group;
    let inside = condition(move || {
        ui.model
            .group(&group)
            .is_some_and(|group| group.is_member())
    });
    let known = Memo::new(move |_| {
        let is_it =
            |join: &&JoinView| join.mailbox == mailbox && join.state != JoinState::Cancelled;
        ui.model
            .joins
            .with(|joins| joins.iter().find(is_it).map(|join| join.invite))
    });
    let link = StoredValue::new(link);
    let page = move || {
        if let Some(invite) = known.get() {
            view! { <JoinCard invite group /> }.into_any()
        } else if inside.get() {
            view! { <AlreadyIn group /> }.into_any()
        } else {
            view! { <JoinForm link=link.get_value() /> }.into_any()
        }
    };
    view! { {move || page()} }
}

#[component]
fn JoinForm(link: Link) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let your_name = RwSignal::new(untrack(|| ui.model.known_name()).unwrap_or_default());
    let tried = RwSignal::new(false);
    dom::focus_when_drawn(YOUR_NAME);
    let inviter = strings.invited_by().view(&[&link.inviter_name]);
    let title = strings.join_group().view(&[&link.group_name]);
    let expires = strings.expires_at().text(&[&format::moment(link.expires)]);
    let seed = link.group.0[0];
    let name = link.group_name.clone();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        tried.set(true);
        let name = your_name.get_untracked();
        if !name_problem(&name) {
            ui.model.refused.set(None);
            ui.model.command(|say| say.join(link.clone(), name));
        }
    };
    view! {
        <section class="card">
            <div class="brand">
                <Avatar seed name group=true />
                <div>
                    <h1>{title}</h1>
                    <p class="muted">{inviter}</p>
                </div>
            </div>
            <form on:submit=act(submit)>
                <NameField
                    id=YOUR_NAME
                    label=strings.your_name()
                    hint=strings.your_name_hint()
                    autocomplete="nickname"
                    value=your_name
                    tried
                />
                <RefusalLine />
                <button type="submit" class="button primary wide">
                    {strings.join()}
                </button>
            </form>
            <p class="muted small">{expires}</p>
        </section>
    }
}

/// A link to a group that one is in.
#[component]
fn AlreadyIn(group: GroupId) -> impl IntoView {
    let ui = use_ui();
    view! {
        <section class="card card-start">
            <span class="card-icon">
                <Icon name=IconName::People />
            </span>
            <h1>{ui.strings.refused_already_member()}</h1>
            <a
                class="button primary"
                href=Route::Group(group).href()
                on:click=act(move |_| ui.navigation.drop_offer())
            >
                {ui.strings.open_group()}
            </a>
        </section>
    }
}

/// How far a join is. `group` is known as long as the link is.
#[component]
fn JoinCard(invite: InviteId, #[prop(optional)] group: Option<GroupId>) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let view = Memo::new(move |_| {
        ui.model
            .joins
            .with(|joins| joins.iter().find(|join| join.invite == invite).cloned())
    });
    let seed = group.map_or(invite.0[0], |group| group.0[0]);
    let name = Signal::derive(move || view.get().map(|v| v.group_name).unwrap_or_default());
    view! {
        <section class="card">
            <div class="brand">
                <Avatar seed name group=true />
                <div>
                    <h1>{move || strings.join_group().view(&[&name.get()])}</h1>
                    <p class="muted">
                        {move || view.get().map(|v| strings.invited_by().view(&[&v.inviter_name]))}
                    </p>
                </div>
            </div>
            {move || view.get().map(|view| view! { <Progress view /> }.into_any())}
        </section>
    }
}

/// The words for a join's state, and what one can do in it.
#[component]
fn Progress(view: JoinView) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let inviter = view.inviter_name.clone();
    let code = (view.state == JoinState::WaitingForApproval).then_some(view.code);
    let (status, hint) = match view.state {
        JoinState::Joining => (strings.joining(), strings.joining_hint().to_owned()),
        JoinState::Waiting => (
            strings.waiting_for_member(),
            strings.waiting_hint().to_owned(),
        ),
        JoinState::WaitingForApproval => (
            strings.waiting_for_approval(),
            strings.approval_hint().to_owned(),
        ),
        JoinState::Joined(_) => (strings.joined(), String::new()),
        JoinState::Refused => (
            strings.invite_refused(),
            strings.invite_refused_hint().text(&[&inviter]),
        ),
        JoinState::Used => (
            strings.invite_used(),
            strings.invite_used_hint().text(&[&inviter]),
        ),
        JoinState::Declined => (
            strings.join_declined(),
            strings.join_declined_hint().to_owned(),
        ),
        JoinState::Cancelled => (strings.join_cancelled(), String::new()),
    };
    let pending = matches!(
        view.state,
        JoinState::Joining | JoinState::Waiting | JoinState::WaitingForApproval
    );
    let relay = words::relay_state(view.relay, strings).filter(|_| pending);
    let invite = view.invite;
    let stop = move |_| ui.model.command(|say| say.cancel_join(invite));
    view! {
        <p class="status-line" role="status">
            {pending.then(|| view! { <span class="spinner" aria-hidden="true"></span> }.into_any())}
            <strong>{status}</strong>
        </p>
        <p class="muted">{hint}</p>
        {code.map(|code| view! { <p class="code"><bdi dir="ltr">{code}</bdi></p> }.into_any())}
        {relay.map(|(title, _)| view! { <p class="problem">{title}</p> }.into_any())}
        {match view.state {
            JoinState::Joined(group) => {
                view! {
                    <a class="button primary" href=Route::Group(group).href()>
                        {strings.open_group()}
                    </a>
                }
                    .into_any()
            }
            _ if pending => {
                view! {
                    <button type="button" class="button" on:click=act(stop)>
                        {strings.stop_waiting()}
                    </button>
                }
                    .into_any()
            }
            _ => view! { <NextSteps /> }.into_any(),
        }}
    }
}

/// A link that can't be used: why, and what to do.
#[component]
fn BadLink(error: LinkError) -> impl IntoView {
    let strings = use_ui().strings;
    let (title, hint) = words::link_error(error, strings);
    view! { <NoWay title hint /> }
}

/// The address has no link in it and no join is under way.
#[component]
fn NoInvite() -> impl IntoView {
    let strings = use_ui().strings;
    view! { <NoWay title=strings.no_invite() hint=strings.no_invite_hint() /> }
}

#[component]
fn NoWay(title: &'static str, hint: &'static str) -> impl IntoView {
    view! {
        <section class="card card-start">
            <span class="card-icon">
                <Icon name=IconName::Warning />
            </span>
            <h1>{title}</h1>
            <p class="muted" role="status">
                {hint}
            </p>
            <NextSteps />
        </section>
    }
}

/// Another link, or back to the start.
#[component]
fn NextSteps() -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let pasting = RwSignal::new(false);
    view! {
        <div class="stack">
            <button type="button" class="button primary" on:click=act(move |_| pasting.set(true))>
                {strings.paste_another()}
            </button>
            <a
                class="button"
                href=Route::Home.href()
                on:click=act(move |_| ui.navigation.drop_offer())
            >
                {strings.to_start()}
            </a>
        </div>
        <PasteDialog open=pasting />
    }
}
