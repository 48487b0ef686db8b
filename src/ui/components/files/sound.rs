//! A voice message: heard, stopped, wound, and heard faster.

use leptos::ev::Event;
use leptos::html::Audio;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast as _;
use leptos::web_sys::HtmlMediaElement;

use super::shown::{Plain, State};
use crate::runtime::files;
use crate::ui::components::{Icon, IconName, act, condition};
use crate::ui::context::use_ui;
use crate::ui::i18n::format;

/// How fast it can be heard.
const SPEEDS: [f64; 3] = [1.0, 1.5, 2.0];
/// Height of the picture of the sound, in its own units.
const HEIGHT: u32 = 32;
/// Width of one of its bars with the gap behind it.
const BAR: usize = 4;

/// A voice message.
#[component]
pub(super) fn Sound(
    milliseconds: u32,
    waveform: Vec<u8>,
    media_type: String,
    state: State,
) -> impl IntoView {
    let strings = use_ui().strings;
    let url = match &state {
        State::Here(bytes) => files::sound(bytes, &media_type),
        _ => None,
    };
    if let (None, State::Here(_) | State::Damaged) = (&url, &state) {
        let size = match &state {
            State::Here(bytes) => bytes.len() as u64,
            _ => 0,
        };
        let name = strings.voice_message().to_owned();
        return view! { <Plain name size state /> }.into_any();
    }
    let waits = url.is_none();
    let address = url.as_ref().map(|url| url.as_str().to_owned());
    // It is given back with the row.
    StoredValue::new(url);
    let player = NodeRef::<Audio>::new();
    let playing = RwSignal::new(false);
    let at = RwSignal::new(0_u32);
    let speed = RwSignal::new(0_usize);
    let is_playing = condition(move || playing.get());
    let label = move || match is_playing.get() {
        true => strings.pause(),
        false => strings.play_voice_message(),
    };
    let toggle = move |_| {
        let Some(player) = player.get() else { return };
        if player.paused() {
            stop_others();
            // Where the browser refuses, it stays paused, and the button says so.
            let _ = player.play();
        } else {
            let _ = player.pause();
        }
    };
    let moved = move |_| {
        if let Some(player) = player.get() {
            at.set((player.current_time() * 1_000.0) as u32);
        }
    };
    let ended = move |_| {
        playing.set(false);
        at.set(0);
    };
    let wind = move |event: Event| {
        if let (Some(player), Ok(to)) = (player.get(), event_target_value(&event).parse::<u32>()) {
            player.set_current_time(f64::from(to) / 1_000.0);
            at.set(to);
        }
    };
    let faster = move |_| {
        let next = (speed.get_untracked() + 1) % SPEEDS.len();
        speed.set(next);
        if let (Some(player), Some(rate)) = (player.get(), SPEEDS.get(next)) {
            player.set_playback_rate(*rate);
        }
    };
    let rate = move || format::decimal(SPEEDS.get(speed.get()).copied().unwrap_or(1.0));
    let time = move || {
        let at = at.get();
        format::duration(if at == 0 { milliseconds } else { at })
    };
    view! {
        <div class="sound" role="group" aria-label=strings.voice_message()>
            <audio
                node_ref=player
                src=address
                preload="metadata"
                on:play=act(move |_: Event| playing.set(true))
                on:pause=act(move |_: Event| playing.set(false))
                on:timeupdate=act(moved)
                on:ended=act(ended)
            ></audio>
            <button
                type="button"
                class="icon-button round"
                disabled=waits
                aria-label=label
                title=label
                on:click=act(toggle)
            >
                {move || match is_playing.get() {
                    true => view! { <Icon name=IconName::Pause /> }.into_any(),
                    false => view! { <Icon name=IconName::Play /> }.into_any(),
                }}
            </button>
            <div class="sound-line">
                <Waveform waveform />
                <input
                    type="range"
                    min="0"
                    max=milliseconds.to_string()
                    step="100"
                    aria-label=strings.position()
                    aria-valuetext=time
                    prop:value=move || at.get().to_string()
                    on:input=act(wind)
                />
            </div>
            <span class="sound-time">{move || time()}</span>
            <button
                type="button"
                class="button small"
                aria-label=move || strings.speed().text(&[&rate()])
                on:click=act(faster)
            >
                {move || format!("{}×", rate())}
            </button>
        </div>
    }
    .into_any()
}

/// One is heard at a time.
fn stop_others() {
    let Ok(players) = document().query_selector_all(".sound audio") else {
        return;
    };
    for index in 0..players.length() {
        let player = players.item(index);
        if let Some(player) = player.and_then(|it| it.dyn_into::<HtmlMediaElement>().ok()) {
            let _ = player.pause();
        }
    }
}

/// How loud it is over its time.
#[component]
fn Waveform(waveform: Vec<u8>) -> impl IntoView {
    let width = waveform.len().max(1) * BAR;
    let mut path = String::new();
    for (index, loud) in waveform.iter().enumerate() {
        let half = (u32::from(*loud) * HEIGHT / 2 / 256).max(1);
        let (x, top) = (index * BAR + BAR / 2, HEIGHT / 2 - half);
        path.push_str(&format!("M{x} {top}v{}", 2 * half));
    }
    view! {
        <svg
            class="waveform"
            viewBox=format!("0 0 {width} {HEIGHT}")
            preserveAspectRatio="none"
            aria-hidden="true"
        >
            <path d=path />
        </svg>
    }
}
