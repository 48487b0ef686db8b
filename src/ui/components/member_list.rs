//! The members: who is in, who is there, and what one can do about each.

use discordopus_core::ids::MemberId;
use discordopus_core::io::{MemberView, Presence};
use leptos::prelude::*;

use super::confirm::Confirm;
use super::group_settings::LeaveConfirm;
use super::menu::{Menu, MenuButton, MenuItem};
use super::rows::{ListRow, RowKey, rows};
use super::{Avatar, Icon, IconName, Shown, act, condition};
use crate::ui::context::use_ui;
use crate::ui::view_model::GroupModel;
use crate::ui::words;

/// The id of the one menu that all members share.
const MENU: &str = "member-menu";

/// The column of members; where there is no room for it, a panel over the conversation.
#[component]
pub(crate) fn MemberList(group: GroupModel) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let menu_of: RwSignal<Option<MemberId>> = RwSignal::new(None);
    let chosen: RwSignal<Option<MemberView>> = RwSignal::new(None);
    let removing = RwSignal::new(false);
    let leaving = RwSignal::new(false);
    let close = move |_| ui.members_open.set(false);
    let row = move |id: MemberId| {
        let press = move |()| {
            menu_of.set(Some(id));
            chosen.set(find(group, &id));
        };
        let expanded = Signal::derive(move || menu_of.get() == Some(id));
        view! { <MemberRow group id expanded on_press=press /> }
    };
    let row = move |id: MemberId| ListRow::new(RowKey::new(id.0), move || row(id));
    view! {
        <section class="members" class:open=move || ui.members_open.get() aria-label=strings.members()>
            <header class="members-head">
                <h2>{strings.members()}</h2>
                <button
                    type="button"
                    class="icon-button only-no-column"
                    aria-label=strings.close()
                    on:click=act(close)
                >
                    <Icon name=IconName::Close />
                </button>
            </header>
            <ul class="people">
                {rows(move || ids(group).into_iter().map(row).collect())}
            </ul>
        <Menu
            id=MENU
            label=Signal::derive(move || chosen.get().map(|member| member.name).unwrap_or_default())
            on_close=move |()| menu_of.set(None)
        >
            <MemberActions chosen removing leaving />
        </Menu>
        </section>
        <RemoveConfirm group chosen open=removing />
        <LeaveConfirm group open=leaving />
    }
}

fn ids(group: GroupModel) -> Vec<MemberId> {
    group
        .members
        .with(|members| members.iter().map(|member| member.id).collect())
}

fn find(group: GroupModel, id: &MemberId) -> Option<MemberView> {
    group
        .members
        .with(|members| members.iter().find(|member| member.id == *id).cloned())
}

#[component]
fn MemberRow(
    group: GroupModel,
    id: MemberId,
    expanded: Signal<bool>,
    #[prop(into)] on_press: Callback<()>,
) -> impl IntoView {
    let strings = use_ui().strings;
    let member = move || find(group, &id);
    let name = Signal::derive(move || member().map(|m| m.name).unwrap_or_default());
    let is_me = condition(move || member().is_some_and(|member| member.is_me));
    let has_menu = condition(move || {
        let mine = is_me.get() && group.rights.get().leave;
        group.is_member() && (mine || member().is_some_and(|member| member.removable))
    });
    let presence = move || member().map_or(Presence::Unknown, |member| member.presence);
    let about = move || {
        let Some(member) = member() else {
            return String::new();
        };
        let verified = member.verified.then_some(strings.verified());
        let parts = [Some(words::role(member.role, strings)), verified];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    };
    let seed = id.0[0];
    view! {
        <li class="person" class:online=move || presence() == Presence::Online>
            <span class="avatar-frame">
                <Avatar seed name />
                <span class="presence" aria-hidden="true"></span>
            </span>
            <span class="person-text">
                <span class="person-name">
                    <bdi>{move || name.get()}</bdi>
                    <Shown when=is_me>
                        <span class="tag">{strings.you()}</span>
                    </Shown>
                </span>
                <span class="muted small">
                    {move || about()} ", " {move || words::presence(presence(), strings)}
                </span>
            </span>
            <Shown when=has_menu>
                <MenuButton
                    menu=MENU
                    label=Signal::derive(move || strings.member_actions().text(&[&name.get()]))
                    expanded
                    on_press
                />
            </Shown>
        </li>
    }
}

/// What can be done about the member that was chosen.
#[component]
fn MemberActions(
    chosen: RwSignal<Option<MemberView>>,
    removing: RwSignal<bool>,
    leaving: RwSignal<bool>,
) -> impl IntoView {
    let strings = use_ui().strings;
    let is_me = condition(move || chosen.get().is_some_and(|member| member.is_me));
    let item = move || {
        let (icon, label, asked) = if is_me.get() {
            (IconName::Back, strings.leave_group(), leaving)
        } else {
            (IconName::Close, strings.remove_from_group(), removing)
        };
        let press = move |()| asked.set(true);
        view! { <MenuItem menu=MENU icon label danger=true on_press=press /> }.into_any()
    };
    view! { {move || item()} }
}

#[component]
fn RemoveConfirm(
    group: GroupModel,
    chosen: RwSignal<Option<MemberView>>,
    open: RwSignal<bool>,
) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    // On by default: who was removed may still hold a link.
    let revoke = RwSignal::new(true);
    let name = move || chosen.get().map(|member| member.name).unwrap_or_default();
    let confirm = move |()| {
        if let Some(member) = chosen.get_untracked() {
            let revoke = revoke.get_untracked();
            ui.model
                .command(|say| say.remove_member(group.id, member.id, revoke));
        }
    };
    view! {
        <Confirm
            open
            on_close=move |()| {
                open.set(false);
                revoke.set(true);
            }
            title=Signal::derive(move || strings.remove_member().text(&[&name()]))
            explanation=Signal::derive(move || strings.remove_hint().text(&[&name()]))
            action=strings.remove()
            on_confirm=confirm
        >
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=move || revoke.get()
                    on:change=act(move |event| revoke.set(event_target_checked(&event)))
                />
                {strings.also_revoke()}
            </label>
        </Confirm>
    }
}
