//! The call one is in, always in the same place: at the foot of the page or of the list of groups, on every page.

use discordopus_core::io::Microphone;
use leptos::prelude::*;

use super::controls::{Controls, HoldToTalk, request};
use crate::runtime::SoundRequest;
use crate::ui::components::{Icon, IconName, Shown, act, condition};
use crate::ui::context::use_ui;
use crate::ui::route::Route;
use crate::ui::words;

/// The bar, while one is in a call.
#[component]
pub(crate) fn CallBar() -> impl IntoView {
    let ui = use_ui();
    let shown = condition(move || ui.model.sound.call.with(Option::is_some));
    view! {
        <Shown when=shown>
            <Bar />
        </Shown>
    }
}

#[component]
fn Bar() -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let sound = ui.model.sound;
    let blocked = sound.blocked;
    let microphone = Memo::new(move |_| sound.voice.get().microphone);
    let icon = move || match microphone.get() {
        Microphone::None => IconName::Ear,
        Microphone::Muted => IconName::MicrophoneOff,
        Microphone::Open => IconName::Microphone,
    };
    let name = move || ui.model.call_group().map(|group| group.name.get());
    let href = move || sound.call.get().map(|id| Route::Group(id).href());
    let open = condition(move || microphone.get() == Microphone::Open);
    let speech = condition(move || open.get() && sound.own_speech.get());
    view! {
        <aside class="call-bar" aria-label=strings.your_call()>
            <Shown when=blocked>
                <div class="call-blocked">
                    <button
                        type="button"
                        class="button primary wide"
                        on:click=act(move |_| request(ui, SoundRequest::Hear))
                    >
                        <Icon name=IconName::Speaking />
                        {strings.tap_to_hear()}
                    </button>
                    <p class="muted small">{strings.tap_to_hear_hint()}</p>
                </div>
            </Shown>
            <HoldToTalk />
            <div class="call-bar-row">
                <span class="light" class:open=open class:speech=speech>
                    {move || view! { <Icon name=icon() /> }.into_any()}
                </span>
                <div class="call-bar-text">
                    <p class="call-bar-truth" role="status">
                        {move || words::microphone(microphone.get(), strings)}
                    </p>
                    <a class="call-bar-group" href=href>
                        <bdi>{move || name()}</bdi>
                    </a>
                </div>
                <Controls />
            </div>
        </aside>
    }
}
