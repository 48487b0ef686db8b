//! A group: the conversation, and beside it the members.

use discordopus_core::ids::GroupId;
use discordopus_core::io::GroupState;
use leptos::prelude::*;

use crate::ui::components::{
    CallRegion, Composer, Deed, DeedButton, ForgetButton, GroupSettings, Icon, IconButton,
    IconName, InviteDialog, Log, MemberList, Menu, MenuButton, MenuItem, PinnedDialog, RelayBanner,
    SHOW_MEMBERS, SearchDialog, Shown, StartButton, Warnings, act, author_name, condition,
};
use crate::ui::context::use_ui;
use crate::ui::route::Route;
use crate::ui::view_model::GroupModel;

/// The group with this id, or words that it isn't here.
#[component]
pub(crate) fn GroupPage(id: GroupId) -> impl IntoView {
    let ui = use_ui();
    let here = condition(move || ui.model.group(&id).is_some());
    let page = move || {
        let group = here
            .get()
            .then(|| untrack(|| ui.model.group(&id)))
            .flatten();
        match group {
            Some(group) => view! { <Conversation group /> }.into_any(),
            None => view! { <UnknownGroup /> }.into_any(),
        }
    };
    view! { {move || page()} }
}

#[component]
fn Conversation(group: GroupModel) -> impl IntoView {
    let ui = use_ui();
    let inviting = RwSignal::new(false);
    let settings = RwSignal::new(false);
    let searching = RwSignal::new(false);
    let pins = RwSignal::new(false);
    ui.members_open.set(false);
    ui.verifying.set(None);
    let may_write = condition(move || group.is_member() && group.rights.get().send);
    view! {
        <main class="conversation">
            <Head group inviting settings searching pins />
            <RelayBanner group />
            <Warnings group />
            <CallRegion group />
            <Log group inviting />
            {move || {
                if may_write.get() {
                    view! { <Composer group /> }.into_any()
                } else {
                    view! { <Ended group /> }.into_any()
                }
            }}
        </main>
        <MemberList group />
        <InviteDialog group open=inviting />
        <GroupSettings group open=settings />
        <SearchDialog group open=searching />
        <PinnedDialog group open=pins />
    }
}

/// The id of the menu of a group.
const MENU: &str = "group-menu";

/// Name and buttons above the conversation.
#[component]
fn Head(
    group: GroupModel,
    inviting: RwSignal<bool>,
    settings: RwSignal<bool>,
    searching: RwSignal<bool>,
    pins: RwSignal<bool>,
) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let may_invite = condition(move || group.is_member() && group.rights.get().invite);
    let has_pins = condition(move || group.pinned.with(|pins| !pins.is_empty()));
    let menu_open = RwSignal::new(false);
    let count = move || {
        let members = group.members.with(Vec::len);
        strings
            .members_count()
            .text(u32::try_from(members).unwrap_or(u32::MAX))
    };
    view! {
        <header class="head">
            <a class="icon-button only-narrow" href=Route::Home.href() aria-label=strings.back()>
                <Icon name=IconName::Back />
            </a>
            <div class="head-title">
                <h1 dir="auto">{move || group.name.get()}</h1>
                <p class="muted small">{move || count()}</p>
            </div>
            <StartButton group />
            <Shown when=has_pins>
                <IconButton
                    icon=IconName::Pin
                    label=strings.pinned_messages()
                    class="not-narrow"
                    on_press=move |()| pins.set(true)
                />
            </Shown>
            <IconButton
                icon=IconName::Search
                label=strings.search()
                class="not-narrow"
                on_press=move |()| searching.set(true)
            />
            <Shown when=may_invite>
                <IconButton
                    icon=IconName::PersonAdd
                    label=strings.invite_people()
                    class="not-narrow"
                    on_press=move |()| inviting.set(true)
                />
            </Shown>
            <button
                type="button"
                class="icon-button only-no-column"
                id=SHOW_MEMBERS
                aria-label=strings.show_members()
                title=strings.show_members()
                aria-expanded=move || Some(if ui.members_open.get() { "true" } else { "false" })
                on:click=act(move |_| ui.members_open.update(|open| *open = !*open))
            >
                <Icon name=IconName::People />
            </button>
            <IconButton
                icon=IconName::Sliders
                label=strings.group_settings()
                class="not-narrow"
                on_press=move |()| settings.set(true)
            />
            // Where there is no room for so many buttons.
            <div class="only-narrow">
                <MenuButton
                    menu=MENU
                    label=Signal::stored(strings.more_of_group().to_owned())
                    expanded=menu_open
                    on_press=move |()| menu_open.set(true)
                />
            </div>
        </header>
        <Menu
            id=MENU
            label=Signal::stored(strings.more_of_group().to_owned())
            on_close=move |()| menu_open.set(false)
        >
            <MenuItem
                menu=MENU
                icon=IconName::Search
                label=strings.search()
                on_press=move |()| searching.set(true)
            />
            <Shown when=has_pins>
                <MenuItem
                    menu=MENU
                    icon=IconName::Pin
                    label=strings.pinned_messages()
                    on_press=move |()| pins.set(true)
                />
            </Shown>
            <Shown when=may_invite>
                <MenuItem
                    menu=MENU
                    icon=IconName::PersonAdd
                    label=strings.invite_people()
                    on_press=move |()| inviting.set(true)
                />
            </Shown>
            <MenuItem
                menu=MENU
                icon=IconName::Sliders
                label=strings.group_settings()
                on_press=move |()| settings.set(true)
            />
        </Menu>
    }
}

/// In place of the composer, where one can't write any more: why, and what to do.
#[component]
fn Ended(group: GroupModel) -> impl IntoView {
    let strings = use_ui().strings;
    let forked = condition(move || {
        group.state.with(|state| *state == GroupState::Forked) && group.may_refound()
    });
    let words = move || match group.state.get() {
        GroupState::Member => Some((
            strings.state_silent(),
            strings.state_silent_hint().to_owned(),
        )),
        GroupState::Left => Some((strings.state_left(), strings.state_left_hint().to_owned())),
        GroupState::Removed { by } => {
            let by = author_name(group, &by, strings);
            Some((
                strings.state_removed(),
                strings.state_removed_hint().text(&[&by]),
            ))
        }
        GroupState::Aside => Some((strings.state_aside(), strings.state_aside_hint().to_owned())),
        GroupState::Forked => Some((
            strings.state_forked(),
            strings.state_forked_hint().to_owned(),
        )),
    };
    view! {
        <section class="ended" role="status">
            {move || {
                words()
                    .map(|(title, hint)| {
                        view! {
                            <strong>{title}</strong>
                            <p class="muted">{hint}</p>
                        }
                            .into_any()
                    })
            }}
            <Shown when=forked>
                <p class="muted">{strings.found_anew_hint()}</p>
                <DeedButton group=group.id deed=Deed::FoundAnew />
            </Shown>
            <ForgetButton group />
        </section>
    }
}

#[component]
fn UnknownGroup() -> impl IntoView {
    let strings = use_ui().strings;
    view! {
        <main class="page">
            <section class="card card-start">
                <span class="card-icon">
                    <Icon name=IconName::Question />
                </span>
                <h1>{strings.unknown_group()}</h1>
                <p class="muted">{strings.unknown_group_hint()}</p>
                <a class="button primary" href=Route::Home.href()>
                    {strings.to_start()}
                </a>
            </section>
        </main>
    }
}
