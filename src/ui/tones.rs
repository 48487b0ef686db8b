//! The sounds of calls, made of oscillators: an incoming call, somebody comes, somebody goes.

use leptos::prelude::*;
use leptos::wasm_bindgen::JsValue;
use leptos::web_sys::{AudioContext, OscillatorType};

/// One note: the pitch in hertz, when it begins and how long it lasts, in seconds.
type Note = (f32, f64, f64);

/// Two rising calls, as far from speech and from alarms as a sound can be that has to be noticed.
const RING: &[Note] = &[
    (587.3, 0.0, 0.28),
    (784.0, 0.18, 0.42),
    (587.3, 0.8, 0.28),
    (784.0, 0.98, 0.42),
];
/// Up: somebody comes.
const COME: &[Note] = &[(523.3, 0.0, 0.12), (659.3, 0.1, 0.2)];
/// Down: somebody goes.
const GO: &[Note] = &[(523.3, 0.0, 0.12), (392.0, 0.1, 0.2)];

/// How loud, of 1: below the voices of a call.
const LOUDNESS: f32 = 0.12;
/// Seconds from silence to full loudness: a note that begins at once clicks.
const RISE: f64 = 0.015;
/// What counts as silence to a curve that never reaches it.
const SILENCE: f32 = 0.0001;

/// What sounds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Somebody calls.
    Ring,
    /// Somebody has come into the call.
    Come,
    /// Somebody has left it.
    Go,
}

/// Plays tones; makes what it needs with the first one. Cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Tones(StoredValue<Option<AudioContext>, LocalStorage>);

impl Tones {
    /// Silent so far. Belongs to the current reactive owner.
    pub(crate) fn new() -> Self {
        Self(StoredValue::new_local(None))
    }

    /// Plays one. A browser that plays nothing before somebody pressed something stays silent.
    pub(crate) fn play(self, tone: Tone) {
        let notes = match tone {
            Tone::Ring => RING,
            Tone::Come => COME,
            Tone::Go => GO,
        };
        let _ = self.0.try_update_value(|context| {
            if context.is_none() {
                *context = AudioContext::new().ok();
            }
            if let Some(context) = context {
                let _ = context.resume();
                for note in notes {
                    let _ = sound(context, *note);
                }
            }
        });
    }
}

fn sound(context: &AudioContext, (pitch, begins, lasts): Note) -> Result<(), JsValue> {
    let begin = context.current_time() + begins;
    let end = begin + lasts;
    let oscillator = context.create_oscillator()?;
    oscillator.set_type(OscillatorType::Sine);
    oscillator.frequency().set_value(pitch);
    let loudness = context.create_gain()?;
    let gain = loudness.gain();
    gain.set_value_at_time(SILENCE, begin)?;
    gain.exponential_ramp_to_value_at_time(LOUDNESS, begin + RISE)?;
    gain.exponential_ramp_to_value_at_time(SILENCE, end)?;
    oscillator.connect_with_audio_node(&loudness)?;
    loudness.connect_with_audio_node(&context.destination())?;
    oscillator.start_with_when(begin)?;
    oscillator.stop_with_when(end)
}
