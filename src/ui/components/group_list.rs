//! The groups, each with how much is unread in it and how many want to come in.

use discordopus_core::ids::InviteId;
use discordopus_core::io::JoinView;
use leptos::prelude::*;

use super::rows::{ListRow, RowKey, rows};
use super::{Avatar, Icon, IconName, Shown, act, condition, walk_in_list};
use crate::ui::context::use_ui;
use crate::ui::i18n::{Strings, numbers};
use crate::ui::route::Route;
use crate::ui::view_model::GroupModel;

/// Navigation between groups.
#[component]
pub(crate) fn GroupList() -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let links = move || {
        let link = |group: GroupModel| {
            ListRow::new(
                RowKey::new(group.id.0),
                move || view! { <GroupLink group /> },
            )
        };
        ui.model
            .groups
            .with(|groups| groups.iter().copied().map(link).collect())
    };
    view! {
        <nav
            class="groups"
            aria-label=strings.groups()
            on:keydown=act(|event| walk_in_list(&event, "a"))
        >
            <p class="groups-head" aria-hidden="true">
                {strings.app_name()}
            </p>
            <ul>
                {rows(links)}
                {rows(move || ui.model.waiting_joins().into_iter().map(pending_join).collect())}
            </ul>
            <a class="group-link group-new" href=Route::Home.href() aria-current=move || ui.navigation.current(Route::Home)>
                <span class="avatar avatar-group avatar-plain">
                    <Icon name=IconName::Plus />
                </span>
                <span class="group-name">{strings.new_group()}</span>
            </a>
            <a class="group-link group-new" href=Route::Settings.href() aria-current=move || ui.navigation.current(Route::Settings)>
                <span class="avatar avatar-group avatar-plain">
                    <Icon name=IconName::Sliders />
                </span>
                <span class="group-name">{strings.settings()}</span>
            </a>
        </nav>
    }
}

#[component]
fn GroupLink(group: GroupModel) -> impl IntoView {
    let ui = use_ui();
    let route = Route::Group(group.id);
    let marked = condition(move || group.attention() != 0);
    let muted = condition(move || ui.model.group_notices(&group.id).muted);
    let calls = condition(move || group.call.with(Option::is_some));
    let seed = group.id.0[0];
    view! {
        <li>
            <a class="group-link" href=route.href() aria-current=move || ui.navigation.current(route) aria-label=move || label(group, ui.strings)>
                <Avatar seed name=group.name group=true />
                <span class="group-name" class:is-over=move || !group.is_member()>
                    <bdi>{move || group.name.get()}</bdi>
                </span>
                <Shown when=calls>
                    <span class="call-here">
                        <Icon name=IconName::Phone />
                    </span>
                </Shown>
                <Shown when=marked>
                    <span class="badge" class:is-quiet=muted data-mark=move || badge(group.attention())></span>
                </Shown>
            </a>
        </li>
    }
}

/// The name, how much is unread, how many want to come in, and whether there is a call.
fn label(group: GroupModel, strings: Strings) -> String {
    let mut label = group.name.get();
    let counts = [
        (group.unread.get(), strings.unread()),
        (group.requests(), strings.requests()),
    ];
    for (count, words) in counts {
        if count != 0 {
            label = strings.group_unread().text(&[&label, &words.text(count)]);
        }
    }
    if group.call.with(Option::is_some) {
        label = strings.group_unread().text(&[&label, strings.call_here()]);
    }
    label
}

/// A join that waits for somebody to come online.
fn pending_join(join: JoinView) -> ListRow {
    let invite = join.invite;
    ListRow::new(RowKey::of_invite(invite), move || {
        view! { <PendingJoin invite name=join.group_name /> }
    })
}

#[component]
fn PendingJoin(invite: InviteId, name: String) -> impl IntoView {
    let ui = use_ui();
    let label = ui.strings.pending_join().text(&[&name]);
    view! {
        <li>
            <a
                class="group-link"
                href=Route::Join.href()
                aria-label=label
                on:click=act(move |_| ui.navigation.drop_offer())
            >
                <Avatar seed=invite.0[0] name=name.clone() group=true />
                <span class="group-name is-over">
                    <bdi>{name}</bdi>
                </span>
                <span class="spinner" aria-hidden="true"></span>
            </a>
        </li>
    }
}

/// A count that fits its mark.
fn badge(count: u32) -> String {
    match count {
        0..100 => numbers::number(count),
        _ => numbers::number(99) + "+",
    }
}
