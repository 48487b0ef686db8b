//! A group's call above its conversation: who is in it, and what one does in it.

use discordopus_core::call::MANY_PEOPLE;
use discordopus_core::ids::MemberId;
use leptos::prelude::*;

use super::controls::{Controls, PushToTalk};
use super::details::CallDetails;
use super::join::JoinButton;
use super::person::Person;
use super::trouble::{LinkTroubles, MicrophoneTrouble};
use crate::ui::components::rows::{ListRow, RowKey, rows};
use crate::ui::components::{Icon, IconName, Shown, act, condition};
use crate::ui::context::use_ui;
use crate::ui::i18n::numbers;
use crate::ui::view_model::{GroupModel, kilobits};

/// The region "Call", while the group has one.
#[component]
pub(crate) fn CallRegion(group: GroupModel) -> impl IntoView {
    let ui = use_ui();
    let shown =
        condition(move || group.call.with(Option::is_some) || ui.model.is_in_call(&group.id));
    view! {
        <Shown when=shown>
            <Region group />
        </Shown>
    }
}

#[component]
fn Region(group: GroupModel) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let details = RwSignal::new(false);
    let inside = condition(move || ui.model.is_in_call(&group.id));
    let may_join = condition(move || !inside.get() && group.is_member());
    let person = move |member: MemberId| {
        let row = move || view! { <Person group member /> };
        ListRow::new(RowKey::new(member.0), row)
    };
    view! {
        <section class="call" aria-label=strings.call()>
            <div class="call-head">
                <Status group inside />
                <Shown when=may_join>
                    <JoinButton group />
                </Shown>
                <Shown when=inside>
                    <div class="call-controls">
                        <span class="call-main">
                            <Controls words=true />
                        </span>
                        <PushToTalk />
                        <button
                            type="button"
                            class="toggle"
                            on:click=act(move |_| details.set(true))
                        >
                            <Icon name=IconName::People />
                            {strings.call_details()}
                        </button>
                    </div>
                </Shown>
            </div>
            <Shown when=inside>
                <MicrophoneTrouble />
                <LinkTroubles group />
            </Shown>
            <ul class="callers" aria-label=strings.in_this_call()>
                {rows(move || group.callers().into_iter().map(person).collect())}
            </ul>
        </section>
        <CallDetails group open=details />
    }
}

/// How far the call is, and from many people on what it takes.
#[component]
fn Status(group: GroupModel, inside: Memo<bool>) -> impl IntoView {
    let strings = use_ui().strings;
    let people = Memo::new(move |_| {
        group
            .call
            .with(|call| call.as_ref().map(|it| it.people.len()))
    });
    let connected = Memo::new(move |_| {
        let joined = |call: &discordopus_core::io::CallView| call.joined.then(|| call.connected());
        group.call.with(|call| call.as_ref().and_then(joined))
    });
    let status = move || match (inside.get(), connected.get()) {
        (true, None) => strings.joining().to_owned(),
        (true, Some((_, 0))) => strings.call_alone().to_owned(),
        (true, Some((up, all))) => strings.connected_to().text(&[&figure(up), &figure(all)]),
        (false, _) => {
            let people = people.get().unwrap_or_default();
            strings
                .call_running()
                .text(u32::try_from(people).unwrap_or(u32::MAX))
        }
    };
    let takes = move || {
        let people = people.get().filter(|people| *people >= MANY_PEOPLE)?;
        let takes = numbers::number(kilobits(people));
        let words = strings.many_people_now();
        Some(words.text(&[&figure(people), &takes, &takes]))
    };
    view! {
        <div class="call-status">
            <p class="with-icon" >
                <Icon name=IconName::Phone />
                <span role="status">{move || status()}</span>
            </p>
            <p class="muted small">{move || takes()}</p>
        </div>
    }
}

/// A number of people.
fn figure(people: usize) -> String {
    numbers::number(u32::try_from(people).unwrap_or(u32::MAX))
}
