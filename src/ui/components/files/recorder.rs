//! Recording a voice message.

use std::time::Duration;

use discordopus_core::io::NewFile;
use leptos::leptos_dom::helpers::IntervalHandle;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::tray;
use crate::runtime::files::{MAX_RECORDING, VoiceMessage};
use crate::ui::components::{IconButton, IconName, act, condition};
use crate::ui::context::use_ui;
use crate::ui::i18n::format;
use crate::ui::words;

/// How often the length is shown and the loudness noted.
const BEAT: Duration = Duration::from_millis(100);
/// What a recording is called as a file.
const NAME: &str = "voice-message";

/// Begins a recording, and while there is one: its length, and the ways to end it. `on_ready` gets the finished file.
#[component]
pub(in crate::ui::components) fn Recorder(
    problem: RwSignal<String>,
    #[prop(into)] on_ready: Callback<NewFile>,
) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let message = StoredValue::new_local(None::<VoiceMessage>);
    let beat = StoredValue::new_local(None::<IntervalHandle>);
    let length = RwSignal::new(0_u32);
    let recording = RwSignal::new(false);
    let is_on = condition(move || recording.get());
    let take = move || {
        if let Some(handle) = beat.try_update_value(Option::take).flatten() {
            handle.clear();
        }
        recording.try_set(false);
        message.try_update_value(Option::take).flatten()
    };
    let finish = move || {
        let Some(message) = take() else { return };
        spawn_local(async move {
            match message.finish(NAME).await {
                Ok(file) => on_ready.run(file),
                Err(why) => {
                    problem.try_set(tray::problem(why, strings.voice_message(), strings));
                }
            }
        });
    };
    let note = move || {
        let now = message.try_update_value(|message| {
            let message = message.as_mut()?;
            message.listen();
            Some(message.length())
        });
        if let Some(now) = now.flatten() {
            length.set(now);
            if now >= MAX_RECORDING {
                finish();
            }
        }
    };
    let begin = move |_| {
        problem.set(String::new());
        let settings = ui.model.sound.settings.get_untracked();
        spawn_local(async move {
            match VoiceMessage::start(&settings).await {
                Ok(started) => {
                    length.set(0);
                    message.try_update_value(|slot| *slot = Some(started));
                    beat.try_update_value(|slot| *slot = set_interval_with_handle(note, BEAT).ok());
                    recording.try_set(true);
                }
                Err(why) => {
                    problem.try_set(words::no_recording(why, strings).to_owned());
                }
            }
        });
    };
    on_cleanup(move || drop(take()));
    let idle = move || {
        view! {
            <IconButton
                icon=IconName::Microphone
                label=strings.record()
                class="record"
                on_press=begin
            />
        }
        .into_any()
    };
    let busy = move || {
        view! {
            <div class="recording" role="group" aria-label=strings.recording()>
                <span class="recording-light" aria-hidden="true"></span>
                <span>{strings.recording()}</span>
                <span class="sound-time">{move || format::duration(length.get())}</span>
                <button type="button" class="button small" on:click=act(move |_| drop(take()))>
                    {strings.discard()}
                </button>
                <button
                    type="button"
                    class="button small primary"
                    on:click=act(move |_| finish())
                >
                    {strings.send_voice_message()}
                </button>
            </div>
        }
        .into_any()
    };
    view! {
        {move || match is_on.get() {
            true => busy(),
            false => idle(),
        }}
    }
}
