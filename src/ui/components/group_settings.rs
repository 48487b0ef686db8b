//! A group's settings: its name, who may invite, leaving it, and deleting what is left of it here.

use discordopus_core::io::{NoticeLevel, Role};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::confirm::Confirm;
use super::field::{Check, Choice};
use super::{Dialog, NameField, RefusalLine, Shown, act, condition, name_problem};
use crate::ui::context::use_ui;
use crate::ui::route::Route;
use crate::ui::view_model::GroupModel;
use crate::ui::words;

/// The choices of the lowest role that may invite.
const ROLES: [Role; 3] = [Role::Member, Role::Admin, Role::Creator];

/// The choices of how long messages stay after they were seen, in seconds; 0: for good.
const LIFETIMES: [u32; 7] = [
    0,
    30,
    5 * 60,
    3_600,
    24 * 3_600,
    7 * 24 * 3_600,
    28 * 24 * 3_600,
];

/// The choices of which messages are told.
const LEVELS: [NoticeLevel; 3] = [
    NoticeLevel::All,
    NoticeLevel::Mentions,
    NoticeLevel::Nothing,
];

/// "Group settings".
#[component]
pub(crate) fn GroupSettings(group: GroupModel, open: RwSignal<bool>) -> impl IntoView {
    let strings = use_ui().strings;
    let leaving = RwSignal::new(false);
    let may_rename = condition(move || group.is_member() && group.rights.get().rename);
    let may_appoint = condition(move || group.is_member() && group.rights.get().appoint);
    let may_write = condition(move || group.is_member() && group.rights.get().send);
    let leave = move |_| {
        open.set(false);
        leaving.set(true);
    };
    view! {
        <Dialog
            open
            on_close=move |()| open.set(false)
            title=Signal::stored(strings.group_settings().to_owned())
        >
            {move || {
                if may_rename.get() {
                    view! { <RenameForm group /> }.into_any()
                } else {
                    view! { <p class="muted">{strings.rename_not_allowed()}</p> }.into_any()
                }
            }}
            <Shown when=may_write>
                <section class="settings-part">
                    <Timer group />
                </section>
            </Shown>
            <section class="settings-part stack">
                <GroupNoticeSettings group />
            </section>
            <Shown when=may_appoint>
                <section class="settings-part">
                    <InvitePolicy group />
                </section>
            </Shown>
            <section class="settings-part">
                <DropFiles group />
            </section>
            <section class="settings-part">
                {move || match (group.is_over(), group.rights.get().leave) {
                    (false, true) => {
                        view! {
                            <button type="button" class="button danger" on:click=act(leave)>
                                {strings.leave_group()}
                            </button>
                        }
                            .into_any()
                    }
                    (false, false) => {
                        view! { <p class="muted">{strings.creator_stays()}</p> }.into_any()
                    }
                    (true, _) => view! { <ForgetButton group /> }.into_any(),
                }}
            </section>
            <p class="settings-part">
                <a href=Route::Settings.href()>{strings.device_settings()}</a>
            </p>
        </Dialog>
        <LeaveConfirm group open=leaving on_close=move |()| leaving.set(false) />
    }
}

/// What is told of the group, on this device.
#[component]
fn GroupNoticeSettings(group: GroupModel) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let now = move || ui.model.group_notices(&group.id);
    let chosen = move || {
        let level = now().level;
        let place = LEVELS.iter().position(|it| *it == level);
        place.unwrap_or_default()
    };
    let choose = move |place: usize| {
        if let Some(level) = LEVELS.get(place) {
            ui.model
                .change_group_notices(group.id, |notices| notices.level = *level);
        }
    };
    let words = [
        strings.notify_all(),
        strings.notify_mentions(),
        strings.notify_nothing(),
    ];
    let mute = move |muted: bool| {
        ui.model
            .change_group_notices(group.id, |notices| notices.muted = muted);
    };
    view! {
        <Choice
            label=strings.notifications()
            words=words.map(str::to_owned).to_vec()
            chosen=Signal::derive(chosen)
            on_choose=choose
        />
        <Check
            label=strings.mute_group()
            hint=strings.mute_group_hint()
            on=Signal::derive(move || now().muted)
            on_change=mute
        />
    }
}

/// How long messages stay: any member's choice.
#[component]
fn Timer(group: GroupModel) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let chosen = move || {
        let now = group.timer.get();
        LIFETIMES.iter().position(|seconds| *seconds == now)
    };
    let choose = move |index: usize| {
        if let Some(seconds) = LIFETIMES.get(index) {
            ui.model.command(|say| say.set_timer(group.id, *seconds));
        }
    };
    let words = LIFETIMES.map(|seconds| match seconds {
        0 => strings.timer_off().to_owned(),
        seconds => words::lifetime(seconds, strings),
    });
    view! {
        <Choice
            label=strings.timer()
            words=words.to_vec()
            chosen=Signal::derive(move || chosen().unwrap_or_default())
            on_choose=choose
        />
        <p class="muted small">{strings.timer_hint()}</p>
    }
}

/// Who may invite: the creator's choice.
#[component]
fn InvitePolicy(group: GroupModel) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let lowest = move || group.matters.with(|matters| matters.invite_policy);
    let chosen = move || ROLES.iter().position(|role| *role == lowest());
    let choose = move |index: usize| {
        if let Some(role) = ROLES.get(index) {
            ui.model
                .command(|say| say.set_invite_policy(group.id, *role));
        }
    };
    let words = [
        strings.who_invites_all(),
        strings.who_invites_admins(),
        strings.who_invites_creator(),
    ];
    view! {
        <Choice
            label=strings.who_invites()
            words=words.map(str::to_owned).to_vec()
            chosen=Signal::derive(move || chosen().unwrap_or_default())
            on_choose=choose
        />
    }
}

#[component]
fn RenameForm(group: GroupModel) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let name = RwSignal::new(group.name.get_untracked());
    let tried = RwSignal::new(false);
    let asked = RwSignal::new(false);
    let saved = move || {
        let same = name.with(|name| group.name.with(|now| now == name.trim()));
        if asked.get() && same {
            strings.saved()
        } else {
            ""
        }
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        tried.set(true);
        let name = name.get_untracked();
        if name_problem(&name) {
            return;
        }
        asked.set(true);
        ui.model.refused.set(None);
        if group.name.with_untracked(|now| now != name.trim()) {
            ui.model.command(|say| say.rename_group(group.id, name));
        }
    };
    view! {
        <form on:submit=act(submit)>
            <NameField
                id="rename-group"
                label=strings.group_name()
                value=name
                tried
            />
            <RefusalLine />
            <div class="actions start">
                <button type="submit" class="button primary">
                    {strings.save()}
                </button>
                <span class="confirmation" role="status">
                    {move || saved()}
                </span>
            </div>
        </form>
    }
}

/// Lets go of the group's files on this device.
#[component]
pub(super) fn DropFiles(group: GroupModel) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let asking = RwSignal::new(false);
    view! {
        <button type="button" class="button" on:click=act(move |_| asking.set(true))>
            {strings.drop_files()}
        </button>
        <Confirm
            open=asking
            on_close=move |()| asking.set(false)
            title=Signal::stored(strings.drop_files().to_owned())
            explanation=Signal::stored(strings.drop_files_hint().to_owned())
            action=Signal::stored(strings.drop_files_now())
            on_confirm=move |()| ui.model.command(|say| say.drop_files(group.id))
        />
    }
}

/// Asks before leaving.
#[component]
pub(super) fn LeaveConfirm(
    group: GroupModel,
    #[prop(into)] open: Signal<bool>,
    #[prop(into)] on_close: Callback<()>,
) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    view! {
        <Confirm
            open
            on_close
            title=Signal::derive(move || strings.leave_named().text(&[&group.name.get()]))
            explanation=Signal::stored(strings.leave_hint().to_owned())
            action=Signal::stored(strings.leave())
            on_confirm=move |()| ui.model.command(|say| say.leave_group(group.id))
        />
    }
}

/// "Delete from this device", for a group that one is out of.
#[component]
pub(crate) fn ForgetButton(group: GroupModel) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let asking = RwSignal::new(false);
    let out = condition(move || group.is_over());
    let forget = move |()| {
        ui.model.command(|say| say.forget_group(group.id));
        ui.navigation.go(Route::Home);
    };
    view! {
        <Shown when=out>
            <button type="button" class="button danger" on:click=act(move |_| asking.set(true))>
                {strings.forget_group()}
            </button>
        </Shown>
        <Confirm
            open=asking
            on_close=move |()| asking.set(false)
            title=Signal::derive(move || strings.forget_named().text(&[&group.name.get()]))
            explanation=Signal::stored(strings.forget_hint().to_owned())
            action=Signal::stored(strings.forget_now())
            on_confirm=forget
        />
    }
}
