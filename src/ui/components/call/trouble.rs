//! What is wrong with a call, in words with a next step: the microphone, and every connection that did not come about.

use discordopus_core::ids::MemberId;
use discordopus_core::io::{LinkProblem, LinkState};
use leptos::prelude::*;

use super::controls::request;
use crate::runtime::{MicrophoneProblem, SoundRequest};
use crate::ui::components::message::author_name;
use crate::ui::components::rows::{ListRow, RowKey, rows};
use crate::ui::components::{Icon, IconName, Shown, act, condition};
use crate::ui::context::use_ui;
use crate::ui::route::Route;
use crate::ui::view_model::GroupModel;
use crate::ui::words;

/// Why there is no microphone, and how to get one.
#[component]
pub(crate) fn MicrophoneTrouble() -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let problem = ui.model.sound.problem;
    let can_retry = condition(move || {
        problem
            .get()
            .is_some_and(|problem| problem != MicrophoneProblem::Asking)
    });
    let told = move || {
        let (title, hint) = words::microphone_problem(problem.get()?, strings);
        let words = view! {
            <Icon name=IconName::Ear />
            <p>
                <strong>{title}</strong>
                " "
                {hint}
            </p>
        };
        Some(words.into_any())
    };
    view! {
        <div class="trouble" role="status">
            {move || told()}
            <Shown when=can_retry>
                <button
                    type="button"
                    class="button small"
                    on:click=act(move |_| request(ui, SoundRequest::RetryMicrophone))
                >
                    {strings.try_again()}
                </button>
            </Shown>
        </div>
    }
}

/// The connections of a call that were given up, each with its reason.
#[component]
pub(super) fn LinkTroubles(group: GroupModel) -> impl IntoView {
    let failed = move |(member, problem): (MemberId, LinkProblem)| {
        // Another reason is another row: what stands in a row doesn't change.
        let key = RowKey::of_kind(problem as u8, member.0);
        ListRow::new(key, move || view! { <LinkTrouble group member problem /> })
    };
    view! {
        <div class="troubles" role="status">
            {rows(move || problems(group).into_iter().map(failed).collect())}
        </div>
    }
}

fn problems(group: GroupModel) -> Vec<(MemberId, LinkProblem)> {
    group.call.with(|call| {
        let people = call.as_ref().map(|call| call.people.as_slice());
        let people = people.unwrap_or_default().iter();
        let failed = people.filter_map(|person| match person.link.as_ref()?.state {
            LinkState::Failed(problem) => Some((person.member, problem)),
            _ => None,
        });
        failed.collect()
    })
}

#[component]
fn LinkTrouble(group: GroupModel, member: MemberId, problem: LinkProblem) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let (title, hint) = words::link_problem(problem, strings);
    let name = move || author_name(group, &member, strings);
    let turn_only = condition(move || {
        let settings = ui.model.sound.settings;
        problem == LinkProblem::NeedsTurn && settings.with(|settings| settings.relay_only)
    });
    let hint = move || match turn_only.get() {
        true => strings.link_turn_only_hint().into_any(),
        false => hint.view(&[&name(), &name()]).into_any(),
    };
    let settings = (problem == LinkProblem::NeedsTurn).then(|| {
        view! {
            <a class="button small" href=Route::Settings.href()>
                {strings.settings()}
            </a>
        }
        .into_any()
    });
    view! {
        <div class="trouble">
            <Icon name=IconName::Warning />
            <p>
                <strong>{move || title.view(&[&name()])}</strong>
                " "
                {move || hint()}
            </p>
            {settings}
        </div>
    }
}
