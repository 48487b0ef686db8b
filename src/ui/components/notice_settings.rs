//! What may be told while the page is hidden: asked for once something was missed, and changed in the settings.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::sound_settings::Switch;
use super::{Icon, IconName, Shown, act, condition};
use crate::ui::context::{Ui, use_ui};
use crate::ui::dom::notices::{MayNotify, ask_to_notify, may_notify};

/// The part "Notifications" of the settings.
#[component]
pub(crate) fn NoticeSettings() -> impl IntoView {
    let Ui { strings, .. } = use_ui();
    let may = RwSignal::new(may_notify());
    let ask = move |_| {
        spawn_local(async move {
            let answer = ask_to_notify().await;
            may.try_set(answer);
        });
    };
    let open = condition(move || may.get() == MayNotify::NotAsked);
    let words = move || match may.get() {
        MayNotify::NotAsked => strings.notify_hint(),
        MayNotify::Yes => strings.notify_on(),
        MayNotify::No => strings.notify_off(),
    };
    view! {
        <section class="card" aria-labelledby="settings-notices">
            <h2 id="settings-notices">{strings.notifications()}</h2>
            <Shown when=open>
                <div class="actions start">
                    <button type="button" class="button" on:click=act(ask)>
                        {strings.notify_me()}
                    </button>
                </div>
            </Shown>
            <p class="field-about" role="status">
                {move || words()}
            </p>
            <Switch
                label=strings.notice_names()
                hint=strings.notice_names_hint()
                at=|settings| &mut settings.notices.names
            />
        </section>
    }
}

/// Asks whether to tell, once there was something to tell: nobody knows before what the question is about.
#[component]
pub(crate) fn NoticeOffer() -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let is_open = condition(move || {
        let settings = ui.model.sound.settings;
        let declined = settings.with(|settings| settings.notices.declined);
        ui.missed.get() && !declined && ui.visible.get()
    });
    let ask = move |_| {
        spawn_local(async move {
            ask_to_notify().await;
            ui.missed.try_set(false);
        });
    };
    let decline = move |_| {
        ui.missed.set(false);
        ui.model
            .change_settings(|settings| settings.notices.declined = true);
    };
    view! {
        <div role="status">
            <Shown when=is_open>
                <p class="notice">
                    <Icon name=IconName::Bell />
                    <span>{strings.notify_offer()}</span>
                    <button type="button" class="button small primary" on:click=act(ask)>
                        {strings.notify_me()}
                    </button>
                    <button type="button" class="button small" on:click=act(decline)>
                        {strings.not_now()}
                    </button>
                </p>
            </Shown>
        </div>
    }
}
