//! The buttons of a call. What a button shows is what the microphone's track and the speakers do, never what was pressed.

use discordopus_core::io::Microphone;
use leptos::ev::{KeyboardEvent, MouseEvent, PointerEvent};
use leptos::prelude::*;

use super::keys::talk;
use crate::runtime::SoundRequest;
use crate::ui::components::{Icon, IconName, Shown, act, condition};
use crate::ui::context::{Ui, use_ui};
use crate::ui::view_model::key_name;

/// Says what the person does with sound.
pub(super) fn request(ui: Ui, request: SoundRequest) {
    ui.sound.with_value(|sound| sound.request(request));
}

/// Whether the microphone is open only while something is held.
pub(super) fn is_push_to_talk(ui: Ui) -> bool {
    ui.model
        .sound
        .settings
        .with(|settings| settings.push_to_talk)
}

fn pressed(is: bool) -> Option<&'static str> {
    Some(if is { "true" } else { "false" })
}

/// A button with an icon that is down or up.
#[component]
fn Toggle(
    label: &'static str,
    /// Beside the icon, too.
    words: bool,
    #[prop(into)] icon: Signal<IconName>,
    #[prop(into)] down: Signal<bool>,
    /// It does nothing now.
    #[prop(into, default = Signal::stored(false))]
    idle: Signal<bool>,
    #[prop(into)] on_press: Callback<()>,
) -> impl IntoView {
    let press = move |_| {
        if !idle.get_untracked() {
            on_press.run(());
        }
    };
    view! {
        <button
            type="button"
            class="toggle"
            aria-label=label
            title=label
            aria-pressed=move || pressed(down.get())
            aria-disabled=move || idle.get().then_some("true")
            on:click=act(press)
        >
            {move || view! { <Icon name=icon.get() /> }.into_any()}
            {words.then_some(label)}
        </button>
    }
}

/// "Mute", "Deafen" and "Leave call".
#[component]
pub(super) fn Controls(
    /// Words beside the icons.
    #[prop(optional)]
    words: bool,
) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let voice = ui.model.sound.voice;
    let muted = condition(move || voice.get().microphone != Microphone::Open);
    let deafened = condition(move || voice.get().deafened);
    // In push-to-talk what is held decides, and without a microphone there is nothing to decide.
    let idle = move || voice.get().microphone == Microphone::None || is_push_to_talk(ui);
    let mute = move |()| request(ui, SoundRequest::Mute(!muted.get_untracked()));
    let deafen = move |()| request(ui, SoundRequest::Deafen(!deafened.get_untracked()));
    let microphone = move || match muted.get() {
        true => IconName::MicrophoneOff,
        false => IconName::Microphone,
    };
    let speakers = move || match deafened.get() {
        true => IconName::Deafened,
        false => IconName::Headphones,
    };
    view! {
        <Toggle
            label=strings.mute()
            words
            icon=Signal::derive(microphone)
            down=muted
            idle=Signal::derive(idle)
            on_press=mute
        />
        <Toggle
            label=strings.deafen()
            words
            icon=Signal::derive(speakers)
            down=deafened
            on_press=deafen
        />
        <button
            type="button"
            class="toggle leave"
            aria-label=strings.leave_call()
            title=strings.leave_call()
            on:click=act(move |_| request(ui, SoundRequest::Leave))
        >
            <Icon name=IconName::HangUp />
            {words.then_some(strings.leave_call())}
        </button>
    }
}

/// "Push to talk": whether the microphone is open only while something is held.
#[component]
pub(super) fn PushToTalk() -> impl IntoView {
    let ui = use_ui();
    let on = condition(move || is_push_to_talk(ui));
    let press = move |()| {
        let on = !on.get_untracked();
        ui.model
            .change_settings(|settings| settings.push_to_talk = on);
    };
    view! {
        <Toggle
            label=ui.strings.push_to_talk()
            words=true
            icon=Signal::stored(IconName::Speaking)
            down=on
            on_press=press
        />
    }
}

/// "Hold to talk", in push-to-talk.
#[component]
pub(super) fn HoldToTalk() -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let voice = ui.model.sound.voice;
    let shown =
        condition(move || is_push_to_talk(ui) && voice.get().microphone != Microphone::None);
    let key = move || {
        let settings = ui.model.sound.settings;
        settings.with(|set| {
            let name = key_name(&set.push_to_talk_key);
            strings.hold_key().text(&[name])
        })
    };
    let is_press = |event: &KeyboardEvent| matches!(event.key().as_str(), " " | "Enter");
    let down = move |event: PointerEvent| {
        if event.button() == 0 {
            talk(ui, true);
        }
    };
    let key_down = move |event: KeyboardEvent| {
        if is_press(&event) {
            event.prevent_default();
            talk(ui, true);
        }
    };
    let key_up = move |event: KeyboardEvent| {
        if is_press(&event) {
            event.prevent_default();
            talk(ui, false);
        }
    };
    view! {
        <Shown when=shown>
            <button
                type="button"
                class="hold"
                aria-label=strings.hold_to_talk()
                aria-pressed=move || pressed(ui.talking.get())
                on:pointerdown=act(down)
                on:pointerup=act(move |_: PointerEvent| talk(ui, false))
                on:pointerleave=act(move |_: PointerEvent| talk(ui, false))
                on:pointercancel=act(move |_: PointerEvent| talk(ui, false))
                // A long touch would open the browser's menu.
                on:contextmenu=act(|event: MouseEvent| event.prevent_default())
                on:keydown=act(key_down)
                on:keyup=act(key_up)
                on:blur=act(move |_| talk(ui, false))
            >
                <Icon name=IconName::Microphone />
                {strings.hold_to_talk()}
                <span class="hold-key">{move || key()}</span>
            </button>
        </Shown>
    }
}
