//! What one calls oneself, and how one looks, in all groups.

use discordopus_core::io::OwnProfile;
use leptos::ev::{Event, SubmitEvent};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::web_sys::HtmlInputElement;

use super::{Avatar, NameField, Shown, act, condition, name_problem};
use crate::runtime::portrait::{self, Portrait};
use crate::ui::context::use_ui;
use crate::ui::dom;

/// The id of the field for the name.
const NAME: &str = "profile-name";
/// The id of the field that opens the system's own list of files.
const PICTURE: &str = "profile-picture";
/// The id of the button that opens it.
const PICTURE_BUTTON: &str = "profile-choose";

/// The part "Profile" of the settings.
#[component]
pub(crate) fn ProfileSettings() -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let settings = ui.model.sound.settings;
    let name = RwSignal::new(String::new());
    let tried = RwSignal::new(false);
    let said = RwSignal::new("");
    let problem = RwSignal::new("");
    // What is set comes after the page, and what somebody else set here meanwhile isn't typed over.
    let known = Memo::new(move |_| {
        let chosen = settings.with(|settings| settings.profile.name.clone());
        Some(chosen)
            .filter(|name| !name.is_empty())
            .or_else(|| ui.model.known_name())
            .unwrap_or_default()
    });
    Effect::new(move || name.set(known.get()));
    let picture = Memo::new(move |_| {
        let bytes = settings.with(|settings| settings.profile.picture.clone());
        bytes.and_then(|bytes| Portrait::of(&bytes))
    });
    let has_picture = condition(move || picture.with(Option::is_some));
    let change = move |change: &dyn Fn(&mut OwnProfile)| {
        ui.model
            .change_settings(|settings| change(&mut settings.profile));
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        tried.set(true);
        said.set("");
        if name.with_untracked(|name| name_problem(name)) {
            return dom::focus(NAME);
        }
        let wanted = name.get_untracked();
        change(&|profile| profile.name = wanted.trim().to_owned());
        said.set(strings.saved());
    };
    let choose = move |event: Event| {
        let field: HtmlInputElement = event_target(&event);
        let Some(file) = field.files().and_then(|files| files.get(0)) else {
            return;
        };
        // The same file may be chosen again.
        field.set_value("");
        said.set("");
        problem.set("");
        spawn_local(async move {
            let drawn = portrait::draw(file).await;
            match drawn {
                Some(bytes) => {
                    change(&|profile| profile.picture = Some(bytes.clone().into()));
                    said.try_set(strings.saved());
                }
                None => {
                    problem.try_set(strings.picture_unusable());
                }
            }
        });
    };
    let remove = move |_| {
        change(&|profile| profile.picture = None);
        problem.set("");
        said.set(strings.saved());
        dom::focus(PICTURE_BUTTON);
    };
    view! {
        <section class="card profile" aria-labelledby="settings-profile">
            <h2 id="settings-profile">{strings.profile()}</h2>
            <p class="muted">{strings.profile_hint()}</p>
            <div class="profile-picture">
                <Avatar seed=0 name=known picture=picture />
                <input
                    id=PICTURE
                    type="file"
                    accept="image/*"
                    hidden
                    aria-label=strings.choose_picture()
                    on:change=act(choose)
                />
                <div class="actions start wrap">
                    <button
                        type="button"
                        id=PICTURE_BUTTON
                        class="button"
                        on:click=act(move |_| press_field())
                    >
                        {strings.choose_picture()}
                    </button>
                    <Shown when=has_picture>
                        <button type="button" class="button" on:click=act(remove)>
                            {strings.remove_picture()}
                        </button>
                    </Shown>
                </div>
            </div>
            <p class="problem" role="alert">
                {move || problem.get()}
            </p>
            <form on:submit=act(submit)>
                <NameField
                    id=NAME
                    label=strings.your_name()
                    value=name
                    tried
                    autocomplete="name"
                />
                <div class="actions start">
                    <button type="submit" class="button primary">
                        {strings.save()}
                    </button>
                </div>
            </form>
            <p class="confirmation" role="status">
                {move || said.get()}
            </p>
        </section>
    }
}

fn press_field() {
    if let Some(field) = dom::element(PICTURE) {
        field.click();
    }
}
