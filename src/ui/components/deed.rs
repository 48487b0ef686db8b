//! What one press does about a warning or a request: one sort of button for all of them.

use discordopus_core::ids::{GroupId, MemberId};
use discordopus_core::io::Alarm;
use leptos::prelude::*;

use super::act;
use crate::ui::context::{Ui, use_ui};
use crate::ui::i18n::Strings;
use crate::ui::view_model::Warning;

/// What is done.
#[derive(Clone, Copy)]
pub(crate) enum Deed {
    /// Somebody who asked may come in.
    LetIn(MemberId),
    /// Somebody who asked may not.
    Refuse(MemberId),
    /// A warning was read.
    Dismiss(Alarm),
    /// Gives up one's keys here.
    StepAside,
    /// Goes over to the group that a member founded anew.
    GoOver(MemberId),
    /// Stays.
    NotNow(MemberId),
    /// Founds the group anew.
    FoundAnew,
    /// Compares safety numbers.
    Verify(MemberId),
}

impl Deed {
    /// What can be done about a warning, the proposed one first.
    pub(super) fn about(warning: Warning) -> Vec<Self> {
        match warning {
            Warning::Alarm(alarm @ Alarm::SetBack { .. }) => {
                vec![Self::StepAside, Self::Dismiss(alarm)]
            }
            Warning::Alarm(alarm) => vec![Self::Dismiss(alarm)],
            Warning::CardChanged(member) => vec![Self::Verify(member)],
            Warning::Offer(by) => vec![Self::GoOver(by), Self::NotNow(by)],
            Warning::NoCreator => vec![Self::FoundAnew],
        }
    }

    /// Whether it is what the app proposes: a warning that was read away is not.
    fn is_proposed(self) -> bool {
        !matches!(self, Self::Refuse(_) | Self::Dismiss(_) | Self::NotNow(_))
    }

    fn words(self, strings: Strings) -> &'static str {
        match self {
            Self::LetIn(_) => strings.let_in(),
            Self::Refuse(_) => strings.refuse(),
            // These two keep one from writing: whoever goes on should know that it is more than reading.
            Self::Dismiss(Alarm::RostersDiffer { .. } | Alarm::SetBack { .. }) => {
                strings.go_on_anyway()
            }
            Self::Dismiss(_) => strings.dismiss(),
            Self::StepAside => strings.step_aside(),
            Self::GoOver(_) => strings.go_over(),
            Self::NotNow(_) => strings.not_now(),
            Self::FoundAnew => strings.found_anew(),
            Self::Verify(_) => strings.verify(),
        }
    }

    fn perform(self, ui: Ui, group: GroupId) {
        if matches!(self, Self::GoOver(_) | Self::FoundAnew) {
            ui.going_over.set(true);
        }
        if let Self::Verify(member) = self {
            ui.verifying.set(Some(member));
        }
        ui.model.command(|say| match self {
            Self::LetIn(member) => say.approve_join(group, member),
            Self::Refuse(member) => say.refuse_join(group, member),
            Self::Dismiss(alarm) => say.dismiss_alarm(group, alarm),
            Self::StepAside => say.step_aside(group),
            Self::GoOver(by) => say.accept_offer(group, by),
            Self::NotNow(by) => say.decline_offer(group, by),
            Self::FoundAnew => say.refound(group),
            Self::Verify(_) => {}
        });
    }
}

/// Its button.
#[component]
pub(crate) fn DeedButton(
    /// The group it is about.
    group: GroupId,
    /// What it does.
    deed: Deed,
) -> impl IntoView {
    let ui = use_ui();
    view! {
        <button
            type="button"
            class="button small"
            class:primary=deed.is_proposed()
            on:click=act(move |_| deed.perform(ui, group))
        >
            {deed.words(ui.strings)}
        </button>
    }
}
