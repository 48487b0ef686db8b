//! What a call does outside of its screens: it sounds, keeps the screen on, and asks before the page goes.

use std::time::Duration;

use discordopus_core::ids::{GroupId, MemberId};
use leptos::leptos_dom::helpers::IntervalHandle;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::components::{condition, effect, watch_talk_key};
use super::context::Ui;
use super::dom::ScreenLock;
use super::tones::{Tone, Tones};
use super::view_model::has_come_or_gone;

/// From one ring to the next.
const RING_PAUSE: Duration = Duration::from_secs(3);

/// Begins all of it.
pub(super) fn watch_calls(ui: Ui) {
    let tones = Tones::new();
    let in_call = condition(move || ui.model.sound.call.with(Option::is_some));
    ring(ui, tones);
    tell_who_comes_and_goes(ui, tones);
    keep_screen_on(ui, in_call);
    ask_before_leaving(in_call);
    watch_talk_key(ui);
}

/// Rings as long as somebody calls.
fn ring(ui: Ui, tones: Tones) {
    let rings = condition(move || {
        let sounds = ui.model.sound.settings.with(|settings| settings.sounds);
        sounds && !ui.model.ringing().is_empty()
    });
    let running: StoredValue<Option<IntervalHandle>> = StoredValue::new(None);
    let stop = move || {
        if let Some(interval) = running.try_update_value(Option::take).flatten() {
            interval.clear();
        }
    };
    effect(move || {
        stop();
        if rings.get() {
            tones.play(Tone::Ring);
            let again = set_interval_with_handle(move || tones.play(Tone::Ring), RING_PAUSE);
            running.set_value(again.ok());
        }
    });
    on_cleanup(stop);
}

/// A tone when somebody comes into the call that one is in, or leaves it.
fn tell_who_comes_and_goes(ui: Ui, tones: Tones) {
    let people = Memo::new(move |_| {
        let group = ui.model.call_group().filter(|group| group.takes_part());
        group.map(|group| (group.id, group.callers()))
    });
    let mut before: Option<(GroupId, Vec<MemberId>)> = None;
    effect(move || {
        let now = people.get();
        let (come, gone) = match (&before, &now) {
            (Some((call, before)), Some((same, now))) if call == same => {
                has_come_or_gone(before, now)
            }
            // One's own coming and going.
            (None, Some(_)) => (true, false),
            (Some(_), None) => (false, true),
            _ => (false, false),
        };
        before = now;
        if ui
            .model
            .sound
            .settings
            .with_untracked(|settings| settings.sounds)
        {
            if come {
                tones.play(Tone::Come);
            } else if gone {
                tones.play(Tone::Go);
            }
        }
    });
}

/// A phone does not fall asleep in a call. The browser takes the lock back whenever the page is hidden.
fn keep_screen_on(ui: Ui, in_call: Memo<bool>) {
    let wanted = condition(move || in_call.get() && ui.visible.get());
    let held: StoredValue<Option<ScreenLock>, LocalStorage> = StoredValue::new_local(None);
    effect(move || {
        held.set_value(None);
        if !wanted.get() {
            return;
        }
        spawn_local(async move {
            let lock = ScreenLock::take().await;
            if wanted.try_get_untracked() == Some(true) {
                let _ = held.try_update_value(|held| *held = lock);
            }
        });
    });
}

/// The browser asks in its own words.
fn ask_before_leaving(in_call: Memo<bool>) {
    let listener = window_event_listener(leptos::ev::beforeunload, move |event| {
        if in_call.get_untracked() {
            event.prevent_default();
            // Browsers from before 2024 ask for a value instead.
            event.set_return_value("?");
        }
    });
    on_cleanup(move || listener.remove());
}
