//! A voice for tests: a tone of one pitch, sent like a microphone's sound.

use wasm_bindgen::JsCast;
use web_sys::{AudioContext, MediaStreamTrack};

/// A tone that is sent like a microphone's sound.
pub(crate) struct Tone {
    context: AudioContext,
    pub(crate) track: MediaStreamTrack,
}

impl Tone {
    pub(crate) fn of(hertz: f32) -> Self {
        let context = AudioContext::new().unwrap();
        let oscillator = context.create_oscillator().unwrap();
        oscillator.frequency().set_value(hertz);
        let end = context.create_media_stream_destination().unwrap();
        oscillator.connect_with_audio_node(&end).unwrap();
        oscillator.start().unwrap();
        let track = end.stream().get_audio_tracks().get(0).unchecked_into();
        Self { context, track }
    }
}

impl Drop for Tone {
    fn drop(&mut self) {
        let _ = self.context.close();
    }
}
