//! What tells one tone from another.

use web_sys::{AnalyserNode, AudioContext, MediaStream, MediaStreamAudioSourceNode};

/// Samples that are looked at: enough for 6 Hz between two steps.
const WINDOW: u32 = 8_192;
/// From here on something can be heard, in decibels of full scale.
const AUDIBLE: f32 = -60.0;

/// Finds out with which pitch a stream sounds.
pub(crate) struct Pitch {
    analyser: AnalyserNode,
    step: f32,
    _source: MediaStreamAudioSourceNode,
}

impl Pitch {
    pub(crate) fn of(stream: &MediaStream, context: &AudioContext) -> Self {
        let analyser = context.create_analyser().unwrap();
        analyser.set_fft_size(WINDOW);
        let source = context.create_media_stream_source(stream).unwrap();
        source.connect_with_audio_node(&analyser).unwrap();
        Self {
            analyser,
            step: context.sample_rate() / WINDOW as f32,
            _source: source,
        }
    }

    /// Whether this is the loudest pitch in it now, and can be heard.
    pub(crate) fn is(&self, hertz: f32) -> bool {
        let mut levels = vec![0.0_f32; self.analyser.frequency_bin_count() as usize];
        self.analyser.get_float_frequency_data(&mut levels);
        let levels = levels.iter().enumerate();
        let Some((bin, level)) = levels.max_by(|(_, one), (_, other)| one.total_cmp(other)) else {
            return false;
        };
        *level > AUDIBLE && (bin as f32 * self.step - hertz).abs() <= self.step
    }
}
