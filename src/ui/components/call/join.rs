//! Into a call: the buttons that start or join one, and the question before so many people share it.

use discordopus_core::call::{MANY_PEOPLE, MAX_PEOPLE};
use discordopus_core::ids::GroupId;
use discordopus_core::io::Refusal;
use leptos::prelude::*;

use crate::runtime::SoundRequest;
use crate::ui::components::{Dialog, Icon, IconButton, IconName, Shown, act, condition};
use crate::ui::context::{Ui, use_ui};
use crate::ui::i18n::numbers;
use crate::ui::view_model::{GroupModel, Refused, kilobits};

/// Joins a group's call, or starts it. Asks first where it gets crowded.
pub(super) fn join_call(ui: Ui, group: GroupModel) {
    let people = untrack(|| group.people_with_me());
    ui.model.refused.set(None);
    if people > MAX_PEOPLE {
        // The microphone is not opened for a call that has no room.
        ui.model.refused.set(Some(Refused {
            group: Some(group.id),
            reason: Refusal::CallFull,
        }));
    } else if people >= MANY_PEOPLE {
        ui.crowded.set(Some(group.id));
    } else {
        join_now(ui, group.id);
    }
}

fn join_now(ui: Ui, group: GroupId) {
    ui.sound
        .with_value(|sound| sound.request(SoundRequest::Join(group)));
}

/// "Start call", while there is none.
#[component]
pub(crate) fn StartButton(group: GroupModel) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let shown = condition(move || {
        group.is_member() && group.call.with(Option::is_none) && !ui.model.is_in_call(&group.id)
    });
    view! {
        <Shown when=shown>
            <IconButton
                icon=IconName::Phone
                label=strings.start_call()
                on_press=move |()| join_call(ui, group)
            />
        </Shown>
    }
}

/// "Join call".
#[component]
pub(super) fn JoinButton(
    group: GroupModel,
    /// It was pressed.
    #[prop(optional, into)]
    on_press: Option<Callback<()>>,
) -> impl IntoView {
    let ui = use_ui();
    let press = move |_| {
        if let Some(on_press) = on_press {
            on_press.run(());
        }
        join_call(ui, group);
    };
    view! {
        <button type="button" class="button primary small" on:click=act(press)>
            <Icon name=IconName::Phone />
            {ui.strings.join_call()}
        </button>
    }
}

/// Asks before one becomes one of many.
#[component]
pub(crate) fn CrowdDialog() -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let people = move || {
        let group = ui.model.group(&ui.crowded.get()?)?;
        Some(group.people_with_me())
    };
    let title = move || {
        let people = u32::try_from(people().unwrap_or_default()).unwrap_or(u32::MAX);
        strings.many_people().text(people)
    };
    let hint = move || {
        let takes = numbers::number(kilobits(people().unwrap_or_default()));
        strings.many_people_hint().text(&[&takes, &takes])
    };
    let close = move || ui.crowded.set(None);
    let join = move |_| {
        if let Some(group) = ui.crowded.get_untracked() {
            join_now(ui, group);
        }
        close();
    };
    view! {
        <Dialog
            open=Signal::derive(move || ui.crowded.with(Option::is_some))
            on_close=move |()| close()
            title=Signal::derive(title)
        >
            <p class="muted">{move || hint()}</p>
            <div class="actions">
                <button type="button" class="button" on:click=act(move |_| close())>
                    {strings.cancel()}
                </button>
                <button type="button" class="button primary" on:click=act(join)>
                    {strings.join_anyway()}
                </button>
            </div>
        </Dialog>
    }
}
