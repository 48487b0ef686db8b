//! A voice message: what the microphone hears, as a file.

use std::cell::RefCell;
use std::rc::Rc;

use futures::channel::oneshot;
use web_sys::{
    Blob, BlobEvent, BlobPropertyBag, MediaRecorder, MediaRecorderOptions, MediaStream,
    RecordingState,
};

use crate::browser::listener::Listener;
use wasm_bindgen::JsCast;

/// Bits a second that voices are recorded with: speech is clear, and two minutes fit a small file.
const BITS_A_SECOND: u32 = 16_000;
/// What is recorded where the browser has it, best first: everything else plays the first two.
const KINDS: [&str; 3] = [
    "audio/webm;codecs=opus",
    "audio/mp4",
    "audio/ogg;codecs=opus",
];

/// What was recorded.
#[derive(Debug)]
pub struct Recording {
    /// The file.
    pub bytes: Vec<u8>,
    /// What it is, without codecs.
    pub media_type: String,
}

/// A recorder at work. Dropped without an end, it leaves nothing.
pub struct Recorder {
    recorder: MediaRecorder,
    parts: Rc<RefCell<Vec<Blob>>>,
    _data: Listener,
}

impl Recorder {
    /// Begins to record a stream; `None` where the browser can't.
    #[must_use]
    pub fn start(stream: &MediaStream) -> Option<Self> {
        let kind = KINDS
            .into_iter()
            .find(|kind| MediaRecorder::is_type_supported(kind))?;
        let options = MediaRecorderOptions::new();
        options.set_mime_type(kind);
        options.set_audio_bits_per_second(BITS_A_SECOND);
        let recorder =
            MediaRecorder::new_with_media_stream_and_media_recorder_options(stream, &options)
                .ok()?;
        let parts = Rc::new(RefCell::new(Vec::new()));
        let kept = Rc::clone(&parts);
        let data = Listener::new(&recorder, "dataavailable", move |event| {
            if let Some(blob) = event.unchecked_into::<BlobEvent>().data() {
                kept.borrow_mut().push(blob);
            }
        });
        recorder.start().ok()?;
        Some(Self {
            recorder,
            parts,
            _data: data,
        })
    }

    /// Ends it, and gives what was recorded; `None` if that is nothing.
    pub async fn finish(self) -> Option<Recording> {
        let (sender, receiver) = oneshot::channel();
        let mut sender = Some(sender);
        let _ended = Listener::new(&self.recorder, "stop", move |_| {
            if let Some(sender) = sender.take() {
                let _ = sender.send(());
            }
        });
        if self.recorder.state() != RecordingState::Inactive {
            self.recorder.stop().ok()?;
            receiver.await.ok()?;
        }
        let list = js_sys::Array::new();
        for part in self.parts.borrow().iter() {
            list.push(part);
        }
        let whole =
            Blob::new_with_blob_sequence_and_options(&list, &BlobPropertyBag::new()).ok()?;
        let bytes = super::bytes_of(&whole).await?;
        let media_type = self.recorder.mime_type();
        let media_type = media_type.split(';').next().unwrap_or_default().to_owned();
        (!bytes.is_empty()).then_some(Recording { bytes, media_type })
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        if self.recorder.state() != RecordingState::Inactive {
            let _ = self.recorder.stop();
        }
    }
}

impl core::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}
