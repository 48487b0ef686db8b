//! How loud something is.

use web_sys::{AnalyserNode, AudioContext, MediaStream, MediaStreamAudioSourceNode};

/// Samples that are looked at: about 40 ms.
const WINDOW: u32 = 2_048;

/// What comes from a stream, and what measures it.
pub(super) struct Source {
    pub(super) node: MediaStreamAudioSourceNode,
    analyser: AnalyserNode,
}

impl Source {
    /// Measures a stream from now on; `None` where the browser can't.
    pub(super) fn new(context: &AudioContext, stream: &MediaStream) -> Option<Self> {
        let node = context.create_media_stream_source(stream).ok()?;
        let analyser = context.create_analyser().ok()?;
        analyser.set_fft_size(WINDOW);
        node.connect_with_audio_node(&analyser).ok()?;
        // It may begin suspended; whoever wants to hear or to measure has pressed something.
        let _ = context.resume();
        Some(Self { node, analyser })
    }

    /// The root of the mean square of the last samples, between 0 and 1.
    pub(super) fn level(&self) -> f64 {
        let mut samples = vec![0.0_f32; WINDOW as usize];
        self.analyser.get_float_time_domain_data(&mut samples);
        let sum: f64 = samples.iter().map(|it| f64::from(*it).powi(2)).sum();
        (sum / f64::from(WINDOW)).sqrt()
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        let _ = self.node.disconnect();
    }
}

/// Measures a microphone, as long as it lives.
pub struct Meter {
    context: AudioContext,
    source: Source,
}

impl Meter {
    /// Begins to measure; `None` where the browser can't.
    #[must_use]
    pub fn new(stream: &MediaStream) -> Option<Self> {
        let context = AudioContext::new().ok()?;
        let source = Source::new(&context, stream)?;
        Some(Self { context, source })
    }

    /// How loud it is at this moment, between 0 and 1.
    #[must_use]
    pub fn level(&self) -> f64 {
        self.source.level()
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        let _ = self.context.close();
    }
}

impl core::fmt::Debug for Meter {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Meter").finish_non_exhaustive()
    }
}
