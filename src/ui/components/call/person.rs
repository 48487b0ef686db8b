//! One of the people in a call: who speaks, who is muted, how good the connection is, how loud it is played.

use discordopus_core::ids::MemberId;
use discordopus_core::io::{MAX_VOLUME, Microphone, Quality, Voice};
use leptos::prelude::*;

use crate::ui::components::message::author_name;
use crate::ui::components::{Face, Icon, IconName, Shown, act, condition};
use crate::ui::context::use_ui;
use crate::ui::i18n::format;
use crate::ui::view_model::GroupModel;
use crate::ui::words;

/// How far the volume moves at a time, in hundredths.
const STEP: u16 = 5;

/// One row of "In this call".
#[component]
pub(super) fn Person(group: GroupModel, member: MemberId) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let sound = ui.model.sound;
    let is_me = condition(move || group.me.get() == member);
    let name = Signal::derive(move || author_name(group, &member, strings));
    // Of oneself the page knows better and sooner than what was told to the others.
    let voice = Memo::new(
        move |_| match is_me.get() && ui.model.is_in_call(&group.id) {
            true => sound.voice.get(),
            false => group
                .caller(&member)
                .map_or(Voice::default(), |it| it.voice),
        },
    );
    let speaking = condition(move || {
        let heard = if is_me.get() {
            ui.model.is_in_call(&group.id) && sound.own_speech.get()
        } else {
            sound.speaking.with(|speaking| speaking.contains(&member))
        };
        heard && voice.get().microphone == Microphone::Open
    });
    let muted = condition(move || voice.get().microphone == Microphone::Muted);
    let listening = condition(move || voice.get().microphone == Microphone::None);
    let deafened = condition(move || voice.get().deafened);
    let linked = condition(move || group.caller(&member).is_some_and(|it| it.link.is_some()));
    view! {
        <li class="caller" class:speaking=speaking>
            <Face group member name />
            <span class="caller-name">
                <bdi>{move || name.get()}</bdi>
                <Shown when=is_me>
                    <span class="tag">{strings.you()}</span>
                </Shown>
            </span>
            <span class="caller-marks">
                <Mark when=speaking icon=IconName::Speaking words=strings.speaking() />
                <Mark when=muted icon=IconName::MicrophoneOff words=strings.muted() />
                <Mark when=listening icon=IconName::Ear words=strings.listening_only() />
                <Mark when=deafened icon=IconName::Deafened words=strings.deafened() />
            </span>
            <Shown when=linked>
                <QualityMark group member />
                <Volume member name />
            </Shown>
        </li>
    }
}

/// An icon that words stand behind.
#[component]
fn Mark(when: Memo<bool>, icon: IconName, words: &'static str) -> impl IntoView {
    view! {
        <Shown when>
            <span class="caller-mark" title=words>
                <Icon name=icon />
                <span class="visually-hidden">{words}</span>
            </span>
        </Shown>
    }
}

#[component]
fn QualityMark(group: GroupModel, member: MemberId) -> impl IntoView {
    let strings = use_ui().strings;
    let quality = Memo::new(move |_| {
        let link = group.caller(&member).and_then(|it| it.link);
        link.map_or(Quality::NoPath, |link| link.quality)
    });
    let icon = move || match quality.get() {
        Quality::Good => IconName::QualityGood,
        Quality::Fair => IconName::QualityFair,
        Quality::Poor => IconName::QualityPoor,
        Quality::Reconnecting | Quality::NoPath => IconName::QualityNone,
    };
    let is = move |them: &'static [Quality]| condition(move || them.contains(&quality.get()));
    let is_fine = is(&[Quality::Good, Quality::Fair]);
    let is_bad = is(&[Quality::NoPath]);
    let is_waiting = is(&[Quality::Reconnecting]);
    let words = move || words::quality(quality.get(), strings);
    view! {
        <span
            class="quality"
            class:fine=is_fine
            class:bad=is_bad
            role="img"
            aria-label=words
            title=words
        >
            {move || match is_waiting.get() {
                true => view! { <span class="spinner"></span> }.into_any(),
                false => view! { <Icon name=icon() /> }.into_any(),
            }}
            // What is well needs no words beside the picture.
            {move || (!is_fine.get()).then(words)}
        </span>
    }
}

#[component]
fn Volume(member: MemberId, name: Signal<String>) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let volume = Memo::new(move |_| ui.model.volume(&member));
    let set = move |value: String| {
        if let Ok(volume) = value.parse() {
            ui.model.set_volume(member, volume);
        }
    };
    let percent = move || format::percent(u32::from(volume.get()) * 10);
    view! {
        <span class="volume">
            <input
                type="range"
                min="0"
                max=MAX_VOLUME.to_string()
                step=STEP.to_string()
                aria-label=move || strings.volume_of().text(&[&name.get()])
                aria-valuetext=percent
                prop:value=move || volume.get().to_string()
                on:input=act(move |event| set(event_target_value(&event)))
            />
            <span class="volume-figure small muted" aria-hidden="true">
                {move || percent()}
            </span>
        </span>
    }
}
