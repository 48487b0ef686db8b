//! What every component may reach: the view model, the address, the words, and the buttons of the start screens.

use discordopus_core::ids::{GroupId, MemberId};
use leptos::prelude::*;

use super::i18n::{Locale, Strings};
use super::route::Navigation;
use super::view_model::AppModel;
use crate::runtime::{Safe, Sound, Startup};

/// The context of all components. Cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Ui {
    /// What is on screen.
    pub(crate) model: AppModel,
    /// Where the person is.
    pub(crate) navigation: Navigation,
    /// The words.
    pub(crate) strings: Strings,
    /// The language they are in.
    pub(crate) locale: Locale,
    /// The buttons of the start screens.
    pub(crate) startup: StoredValue<Startup>,
    /// The page's microphone and speakers.
    pub(crate) sound: StoredValue<Sound>,
    /// The storage as a whole.
    pub(crate) safe: StoredValue<Safe, LocalStorage>,
    /// Whether the page can be seen.
    pub(crate) visible: RwSignal<bool>,
    /// Whether the member list is open where it has no column of its own.
    pub(crate) members_open: RwSignal<bool>,
    /// The member with whom safety numbers are compared.
    pub(crate) verifying: RwSignal<Option<MemberId>>,
    /// The person leaves a group for one that was founded anew, and wants to see it.
    pub(crate) going_over: RwSignal<bool>,
    /// The group whose call the person wants to join, while asked whether it should be in spite of so many people.
    pub(crate) crowded: RwSignal<Option<GroupId>>,
    /// A newer version of the app is on the device.
    pub(crate) newer: RwSignal<bool>,
    /// Something would have been told while the page was hidden, had the person been asked.
    pub(crate) missed: RwSignal<bool>,
    /// The list of shortcuts is open.
    pub(crate) shortcuts: RwSignal<bool>,
    /// The words of the chosen language could not be had.
    pub(crate) language_failed: RwSignal<bool>,
    /// The push-to-talk key or button is held.
    pub(crate) talking: RwSignal<bool>,
}

/// The context, from anywhere below `App`.
pub(crate) fn use_ui() -> Ui {
    expect_context::<Ui>()
}
