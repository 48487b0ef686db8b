//! The members: who is in, who is there, and what one can do about each.

use discordopus_core::ids::MemberId;
use discordopus_core::io::{MemberView, Presence, Role};
use leptos::ev::{KeyboardEvent, PointerEvent};
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast as _;
use leptos::web_sys::Element;

use super::confirm::Confirm;
use super::group_settings::LeaveConfirm;
use super::jump::another_dialog;
use super::menu::{Menu, MenuButton, MenuItem};
use super::rows::{ListRow, RowKey, rows};
use super::safety::SafetyDialog;
use super::{Face, Icon, IconName, Shown, act, condition, walk_in_list};
use crate::ui::context::use_ui;
use crate::ui::dom;
use crate::ui::view_model::GroupModel;
use crate::ui::words;

/// The id of the one menu that all members share.
const MENU: &str = "member-menu";

/// The id of the button that shows the members where there is no column for them.
pub(crate) const SHOW_MEMBERS: &str = "show-members";

/// The column of members; where there is no room for it, a panel over the conversation.
#[component]
pub(crate) fn MemberList(group: GroupModel) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let menu_of: RwSignal<Option<MemberId>> = RwSignal::new(None);
    let chosen: RwSignal<Option<MemberView>> = RwSignal::new(None);
    let asked = RwSignal::new(None);
    let close = move || {
        ui.members_open.set(false);
        dom::focus(SHOW_MEMBERS);
    };
    let escape = window_event_listener(leptos::ev::keydown, move |event: KeyboardEvent| {
        let is_free =
            !event.default_prevented() && !another_dialog() && menu_of.get_untracked().is_none();
        if event.key() == "Escape" && is_free && ui.members_open.get_untracked() {
            event.prevent_default();
            close();
        }
    });
    let beside = window_event_listener(leptos::ev::pointerdown, move |event: PointerEvent| {
        let target = event.target();
        let target = target.and_then(|target| target.dyn_into::<Element>().ok());
        let around = format!(".members, .dialog, .menu, #{SHOW_MEMBERS}");
        let is_beside = target.is_some_and(|it| it.closest(&around).is_ok_and(|it| it.is_none()));
        if is_beside && ui.members_open.get_untracked() {
            ui.members_open.set(false);
        }
    });
    on_cleanup(move || {
        escape.remove();
        beside.remove();
    });
    let row = move |id: MemberId| {
        let press = move |()| {
            menu_of.set(Some(id));
            chosen.set(untrack(|| group.member(&id)));
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
                    on:click=act(move |_| close())
                >
                    <Icon name=IconName::Close />
                </button>
            </header>
            <ul class="people" on:keydown=act(|event| walk_in_list(&event, ".menu-button"))>
                {rows(move || ids(group).into_iter().map(row).collect())}
            </ul>
        <Menu
            id=MENU
            label=Signal::derive(move || chosen.get().map(|member| member.name).unwrap_or_default())
            on_close=move |()| menu_of.set(None)
        >
            <MemberActions group chosen asked />
        </Menu>
        </section>
        <RemoveConfirm group chosen asked />
        <AppointConfirm group chosen asked />
        <LeaveConfirm
            group
            open=is(asked, Question::Leave)
            on_close=move |()| asked.set(None)
        />
        <SafetyDialog
            group
            on_remove=move |member| {
                chosen.set(Some(member));
                asked.set(Some(Question::Remove));
            }
        />
    }
}

fn ids(group: GroupModel) -> Vec<MemberId> {
    group
        .members
        .with(|members| members.iter().map(|member| member.id).collect())
}

#[component]
fn MemberRow(
    group: GroupModel,
    id: MemberId,
    expanded: Signal<bool>,
    #[prop(into)] on_press: Callback<()>,
) -> impl IntoView {
    let strings = use_ui().strings;
    let member = move || group.member(&id);
    let name = Signal::derive(move || member().map(|m| m.name).unwrap_or_default());
    let is_me = condition(move || member().is_some_and(|member| member.is_me));
    let has_menu = condition(move || {
        if is_me.get() {
            group.rights.get().leave
        } else {
            group.is_member()
        }
    });
    let presence = move || member().map_or(Presence::Unknown, |member| member.presence);
    let role = move || member().map(|member| words::role(member.role, strings));
    let verified = condition(move || member().is_some_and(|member| member.verified));
    let calls = condition(move || group.callers().contains(&id));
    let changed = condition(move || member().is_some_and(|member| member.card_changed));
    // A name can be changed; the card, and with it the safety number, is still the one of whoever came so.
    let came_as = move || {
        let member = member()?;
        let phrase = strings.joined_as();
        (member.card_name != member.name).then(|| phrase.view(&[&member.card_name]))
    };
    let link = move || {
        let links = group.links.get();
        let link = links.iter().find(|link| link.member == id);
        link.map(|link| words::direct_link(link, strings))
    };
    // In a call that one shares, the call itself tells it.
    let linked = condition(move || {
        let shares_call = calls.get() && group.takes_part();
        !shares_call && link().is_some()
    });
    let about = move || {
        let presence = words::presence(presence(), strings);
        let role = role().unwrap_or_default();
        strings.both().text(&[role, presence])
    };
    view! {
        <li class="person" class:online=move || presence() == Presence::Online>
            <span class="avatar-frame">
                <Face group member=id name />
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
                    {move || about()}
                </span>
                {move || came_as().map(|words| view! { <span class="muted small">{words}</span> }.into_any())}
                <Shown when=linked>
                    <span class="muted small">{move || link()}</span>
                </Shown>
                <Shown when=calls>
                    <span class="mark with-icon small">
                        <Icon name=IconName::Phone />
                        {strings.in_call()}
                    </span>
                </Shown>
                <Shown when=verified>
                    <span class="mark with-icon small">
                        <Icon name=IconName::DoubleCheck />
                        {strings.verified()}
                    </span>
                </Shown>
                <Shown when=changed>
                    <span class="mark doubtful with-icon small">
                        <Icon name=IconName::Warning />
                        {strings.card_changed()}
                    </span>
                </Shown>
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

/// What is asked before something is done about a member.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Question {
    Leave,
    Remove,
    MakeAdmin,
    RemoveAdmin,
    HandOver,
}

/// Whether this is what is asked.
fn is(asked: RwSignal<Option<Question>>, question: Question) -> Signal<bool> {
    Signal::derive(move || asked.get() == Some(question))
}

/// What can be done about the member that was chosen.
#[component]
fn MemberActions(
    group: GroupModel,
    chosen: RwSignal<Option<MemberView>>,
    asked: RwSignal<Option<Question>>,
) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let item = move |icon, label, danger, question: Option<Question>| {
        let press = move |()| match question {
            Some(_) => asked.set(question),
            None => ui
                .verifying
                .set(chosen.get_untracked().map(|member| member.id)),
        };
        view! { <MenuItem menu=MENU icon label danger on_press=press /> }.into_any()
    };
    let items = move || {
        let Some(member) = chosen.get() else {
            return Vec::new();
        };
        if member.is_me {
            let leave = Some(Question::Leave);
            return vec![item(IconName::Back, strings.leave_group(), true, leave)];
        }
        let mut items = vec![item(IconName::Check, strings.verify(), false, None)];
        if group.rights.get().appoint {
            let (label, question) = if member.role == Role::Admin {
                (strings.remove_admin(), Question::RemoveAdmin)
            } else {
                (strings.make_admin(), Question::MakeAdmin)
            };
            items.push(item(IconName::PersonAdd, label, false, Some(question)));
            let hand_over = Some(Question::HandOver);
            items.push(item(IconName::Key, strings.hand_over(), false, hand_over));
        }
        if member.removable {
            let remove = Some(Question::Remove);
            items.push(item(
                IconName::Close,
                strings.remove_from_group(),
                true,
                remove,
            ));
        }
        items
    };
    view! { {move || items()} }
}

#[component]
fn RemoveConfirm(
    group: GroupModel,
    chosen: RwSignal<Option<MemberView>>,
    asked: RwSignal<Option<Question>>,
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
            open=is(asked, Question::Remove)
            on_close=move |()| {
                asked.set(None);
                revoke.set(true);
            }
            title=Signal::derive(move || strings.remove_member().text(&[&name()]))
            explanation=Signal::derive(move || strings.remove_hint().text(&[&name()]))
            action=Signal::stored(strings.remove())
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

/// Asks before a role changes hands.
#[component]
fn AppointConfirm(
    group: GroupModel,
    chosen: RwSignal<Option<MemberView>>,
    asked: RwSignal<Option<Question>>,
) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let words = move || match asked.get() {
        Some(Question::RemoveAdmin) => (
            strings.remove_admin_ask(),
            strings.remove_admin_hint(),
            strings.remove_admin(),
        ),
        Some(Question::HandOver) => (
            strings.hand_over_ask(),
            strings.hand_over_hint(),
            strings.hand_over(),
        ),
        _ => (
            strings.make_admin_ask(),
            strings.make_admin_hint(),
            strings.make_admin(),
        ),
    };
    let name = move || chosen.get().map(|member| member.name).unwrap_or_default();
    let open = move || {
        matches!(
            asked.get(),
            Some(Question::MakeAdmin | Question::RemoveAdmin | Question::HandOver)
        )
    };
    let confirm = move |()| {
        let (Some(question), Some(member)) = (asked.get_untracked(), chosen.get_untracked()) else {
            return;
        };
        let (group, member) = (group.id, member.id);
        ui.model.command(|say| match question {
            Question::MakeAdmin => say.make_admin(group, member),
            Question::RemoveAdmin => say.remove_admin(group, member),
            Question::HandOver => say.transfer_creator(group, member),
            Question::Leave | Question::Remove => {}
        });
    };
    view! {
        <Confirm
            open=Signal::derive(open)
            on_close=move |()| asked.set(None)
            title=Signal::derive(move || words().0.text(&[&name()]))
            explanation=Signal::derive(move || words().1.text(&[&name()]))
            action=Signal::derive(move || words().2)
            danger=Signal::derive(move || asked.get() != Some(Question::MakeAdmin))
            on_confirm=confirm
        />
    }
}
