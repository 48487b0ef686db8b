//! The settings of sound: devices, what is done to the microphone's sound, push-to-talk, and what may be heard of calls.

use discordopus_core::io::Settings;
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::dialog::fresh_id;
use super::{Check, Choice, MicrophoneTrouble, Shown, act, condition, effect};
use crate::runtime::{Device, SoundRequest};
use crate::ui::context::use_ui;
use crate::ui::i18n::{Strings, numbers};
use crate::ui::view_model::key_name;

/// The part "Sound" of the settings.
#[component]
pub(crate) fn SoundSettings() -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let request = move |request| ui.sound.with_value(|sound| sound.request(request));
    request(SoundRequest::WatchDevices(true));
    on_cleanup(move || request(SoundRequest::WatchDevices(false)));
    view! {
        <section class="card" aria-labelledby="settings-sound">
            <h2 id="settings-sound">{strings.sound()}</h2>
            <MicrophoneChoice />
            <MicrophoneTest />
            <SpeakerChoice />
            <div class="settings-part">
                <Switch
                    label=strings.noise_suppression()
                    hint=strings.noise_suppression_hint()
                    at=|settings| &mut settings.noise_suppression
                />
                <Switch
                    label=strings.echo_cancellation()
                    hint=strings.echo_cancellation_hint()
                    at=|settings| &mut settings.echo_cancellation
                />
                <Switch
                    label=strings.automatic_gain()
                    hint=strings.automatic_gain_hint()
                    at=|settings| &mut settings.automatic_gain
                />
            </div>
            <div class="settings-part stack">
                <Switch
                    label=strings.push_to_talk()
                    hint=strings.push_to_talk_hint()
                    at=|settings| &mut settings.push_to_talk
                />
                <TalkKey />
            </div>
            <div class="settings-part stack">
                <Switch
                    label=strings.sounds()
                    hint=strings.sounds_hint()
                    at=|settings| &mut settings.sounds
                />
            </div>
        </section>
    }
}

/// One of the settings that are on or off.
#[component]
pub(super) fn Switch(
    label: &'static str,
    hint: &'static str,
    /// Where it is.
    at: fn(&mut Settings) -> &mut bool,
) -> impl IntoView {
    let ui = use_ui();
    let is_on = move || {
        let mut settings = ui.model.sound.settings.get();
        *at(&mut settings)
    };
    let set = move |on| ui.model.change_settings(|settings| *at(settings) = on);
    view! { <Check label hint on=Signal::derive(is_on) on_change=set /> }
}

/// The browser's choice, and every device by its name.
fn device_words(kind: &'static str, devices: &[Device], strings: Strings) -> Vec<String> {
    let numbered = |(index, device): (usize, &Device)| match device.name.as_str() {
        "" => strings
            .device_numbered()
            .text(&[kind, &numbers::number(index as u32 + 1)]),
        name => name.to_owned(),
    };
    let default = strings.device_default().to_owned();
    let named = devices.iter().enumerate().map(numbered);
    std::iter::once(default).chain(named).collect()
}

/// A device out of those that there are. One that was chosen and is gone is the browser's choice.
#[component]
fn DeviceChoice(
    label: &'static str,
    #[prop(into)] devices: Signal<Vec<Device>>,
    /// Where its id is.
    at: fn(&mut Settings) -> &mut String,
) -> impl IntoView {
    let ui = use_ui();
    // Drawn anew only when a device has come or gone: an open list stays open.
    let devices = Memo::new(move |_| devices.get());
    let chosen = move || {
        let mut settings = ui.model.sound.settings.get();
        let id = at(&mut settings);
        let place = devices.with(|devices| devices.iter().position(|device| device.id == *id));
        place.map_or(0, |place| place + 1)
    };
    let choose = move |index: usize| {
        let id = devices.with_untracked(|devices| {
            let device = index.checked_sub(1).and_then(|place| devices.get(place));
            device.map(|device| device.id.clone()).unwrap_or_default()
        });
        ui.model.change_settings(|settings| *at(settings) = id);
    };
    let choice = move || {
        let words = devices.with(|devices| device_words(label, devices, ui.strings));
        view! { <Choice label words chosen=Signal::derive(chosen) on_choose=choose /> }.into_any()
    };
    view! { {move || choice()} }
}

#[component]
fn MicrophoneChoice() -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let devices = ui.model.sound.devices;
    let microphones = move || devices.with(|devices| devices.microphones.clone());
    let nameless = condition(move || {
        devices.with(|devices| {
            devices.known && devices.microphones.iter().all(|it| it.name.is_empty())
        })
    });
    view! {
        <div>
            <DeviceChoice
                label=strings.microphone()
                devices=Signal::derive(microphones)
                at=|settings| &mut settings.microphone
            />
            <Shown when=nameless>
                <p class="field-about">{strings.devices_hint()}</p>
            </Shown>
        </div>
    }
}

#[component]
fn SpeakerChoice() -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let devices = ui.model.sound.devices;
    let speakers = move || devices.with(|devices| devices.speakers.clone());
    let fixed =
        condition(move || devices.with(|devices| devices.known && devices.speakers.is_empty()));
    view! {
        <div>
            <DeviceChoice
                label=strings.speaker()
                devices=Signal::derive(speakers)
                at=|settings| &mut settings.speaker
            />
            <Shown when=fixed>
                <p class="field-about">{strings.speaker_fixed()}</p>
            </Shown>
        </div>
    }
}

/// "Test microphone", with its level while it is tested. In a call the microphone is in use, and seen there.
#[component]
fn MicrophoneTest() -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let sound = ui.model.sound;
    let testing = RwSignal::new(false);
    let test = move |on: bool| {
        if testing.get_untracked() != on {
            testing.set(on);
            let request = SoundRequest::TestMicrophone(on);
            ui.sound.with_value(|sound| sound.request(request));
        }
    };
    let in_call = condition(move || sound.call.with(Option::is_some));
    effect(move || {
        if in_call.get() {
            test(false);
        }
    });
    on_cleanup(move || test(false));
    let press = move |_| {
        if !in_call.get_untracked() {
            test(!testing.get_untracked());
        }
    };
    view! {
        <div class="stack">
            <div class="actions start">
                <button
                    type="button"
                    class="button"
                    aria-pressed=move || Some(if testing.get() { "true" } else { "false" })
                    aria-disabled=move || in_call.get().then_some("true")
                    on:click=act(press)
                >
                    {strings.test_microphone()}
                </button>
            </div>
            <Shown when=testing>
                <p class="field-about">{strings.test_microphone_hint()}</p>
                <meter
                    class="level"
                    aria-label=strings.microphone_level()
                    min="0"
                    max="100"
                    prop:value=move || f64::from(sound.level.get())
                ></meter>
                <MicrophoneTrouble />
            </Shown>
        </div>
    }
}

/// "Push-to-talk key": a field that takes the next key.
#[component]
fn TalkKey() -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let id = fresh_id("talk-key");
    let about = format!("{id}-about");
    let key = move || {
        let settings = ui.model.sound.settings;
        settings.with(|settings| key_name(&settings.push_to_talk_key).to_owned())
    };
    let take = move |event: KeyboardEvent| {
        let code = event.code();
        // These lead out of the field; and a key without a name can't be told from others.
        if matches!(code.as_str(), "Tab" | "Escape" | "") {
            return;
        }
        event.prevent_default();
        ui.model
            .change_settings(|settings| settings.push_to_talk_key = code);
    };
    view! {
        <div class="field">
            <label for=id.clone()>{strings.push_to_talk_key()}</label>
            <input
                id=id
                type="text"
                readonly=true
                aria-describedby=about.clone()
                prop:value=key
                on:keydown=act(take)
            />
            <p id=about class="field-about">
                {strings.push_to_talk_key_hint()}
            </p>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::i18n::Language;

    #[test]
    fn a_device_without_a_name_goes_by_its_number() {
        let device = |name: &str| Device {
            id: "id".to_owned(),
            name: name.to_owned(),
        };
        let words = device_words(
            "Microphone",
            &[device("Headset"), device("")],
            Language::ENGLISH.strings,
        );
        assert_eq!(words, ["The browser's choice", "Headset", "Microphone 2"]);
    }
}
