//! The microphone: opened, silenced and closed, and what its track says of itself.

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    ConstrainDomStringParameters, DomException, MediaDevices, MediaStream, MediaStreamConstraints,
    MediaStreamTrack, MediaStreamTrackState, MediaTrackConstraints,
};

use crate::browser::listener::Listener;

/// How a microphone is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wishes {
    /// Its device id; empty for the browser's choice, which is also taken when the device is gone.
    pub device: String,
    /// Without the speakers' sound.
    pub echo_cancellation: bool,
    /// Without what isn't speech.
    pub noise_suppression: bool,
    /// Always about equally loud.
    pub automatic_gain: bool,
}

/// Why there is no microphone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenError {
    /// The person, or a policy, said no.
    Refused,
    /// There is none.
    Missing,
    /// There is one, but it gives nothing.
    Unusable,
}

/// An open microphone. Closed when dropped, and the browser's sign for it goes out.
pub struct Microphone {
    stream: MediaStream,
    track: MediaStreamTrack,
    is_substitute: bool,
    _listeners: [Listener; 3],
}

impl Microphone {
    /// Opens one; the browser may ask the person. `on_change` is called whenever [`Microphone::is_heard`] or
    /// [`Microphone::is_gone`] may have changed by itself.
    ///
    /// # Errors
    /// [`OpenError`], as far as the browser tells the reason.
    pub async fn open(
        wishes: &Wishes,
        silent: bool,
        on_change: impl Fn() + Clone + 'static,
    ) -> Result<Self, OpenError> {
        let devices = web_sys::window()
            .and_then(|window| window.navigator().media_devices().ok())
            .filter(|devices| !devices.is_undefined())
            .ok_or(OpenError::Unusable)?;
        let (stream, is_substitute) = match asked(&devices, wishes).await {
            Err(OpenError::Missing) if !wishes.device.is_empty() => {
                let device = String::new();
                let any = Wishes {
                    device,
                    ..wishes.clone()
                };
                (asked(&devices, &any).await?, true)
            }
            opened => (opened?, false),
        };
        let track = stream
            .get_audio_tracks()
            .get(0)
            .dyn_into::<MediaStreamTrack>()
            .map_err(|_| OpenError::Missing)?;
        // Before anything can have been sent.
        track.set_enabled(!silent);
        let on = |kind| {
            let on_change = on_change.clone();
            Listener::new(&track, kind, move |_| on_change())
        };
        let listeners = [on("mute"), on("unmute"), on("ended")];
        Ok(Self {
            stream,
            track,
            is_substitute,
            _listeners: listeners,
        })
    }

    /// What is sent to others: this very track, which [`Microphone::set_silent`] silences. (`track.clone()` would be the
    /// browser's own method, and make another one that nothing silences.)
    #[must_use]
    pub fn track(&self) -> MediaStreamTrack {
        Clone::clone(&self.track)
    }

    /// The same, as what can be listened to.
    #[must_use]
    pub fn stream(&self) -> &MediaStream {
        &self.stream
    }

    /// Sends silence, or what it hears.
    pub fn set_silent(&self, silent: bool) {
        self.track.set_enabled(!silent);
    }

    /// What it hears goes out: the track is on, alive, and not silenced by the system.
    #[must_use]
    pub fn is_heard(&self) -> bool {
        self.track.enabled() && !self.is_gone() && !self.track.muted()
    }

    /// It is the browser's choice, since the wished device was not there.
    #[must_use]
    pub fn is_substitute(&self) -> bool {
        self.is_substitute
    }

    /// The device was taken away, or the permission.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.track.ready_state() == MediaStreamTrackState::Ended
    }
}

impl Drop for Microphone {
    fn drop(&mut self) {
        self.track.stop();
    }
}

impl core::fmt::Debug for Microphone {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Microphone(heard: {})", self.is_heard())
    }
}

async fn asked(devices: &MediaDevices, wishes: &Wishes) -> Result<MediaStream, OpenError> {
    let constraints = MediaStreamConstraints::new();
    constraints.set_audio(&wished(wishes));
    let asked = devices.get_user_media_with_constraints(&constraints);
    let asked = asked.map_err(|thrown| reason(&thrown))?;
    let opened = JsFuture::from(asked).await;
    Ok(opened.map_err(|thrown| reason(&thrown))?.unchecked_into())
}

fn wished(wishes: &Wishes) -> MediaTrackConstraints {
    let constraints = MediaTrackConstraints::new();
    constraints.set_echo_cancellation_bool(wishes.echo_cancellation);
    constraints.set_noise_suppression_bool(wishes.noise_suppression);
    constraints.set_auto_gain_control_bool(wishes.automatic_gain);
    constraints.set_channel_count_i32(1);
    if !wishes.device.is_empty() {
        // A mere preference may lose against the one that the browser prefers itself.
        let device = ConstrainDomStringParameters::new();
        device.set_exact_str(&wishes.device);
        constraints.set_device_id_constrain_dom_string_parameters(&device);
    }
    constraints
}

fn reason(thrown: &JsValue) -> OpenError {
    let name = thrown.dyn_ref::<DomException>().map(DomException::name);
    reason_named(name.as_deref().unwrap_or_default())
}

fn reason_named(name: &str) -> OpenError {
    match name {
        "NotAllowedError" | "SecurityError" => OpenError::Refused,
        "NotFoundError" | "OverconstrainedError" => OpenError::Missing,
        _ => OpenError::Unusable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_a_missing_device_and_a_busy_one_are_told_apart() {
        assert_eq!(reason_named("NotAllowedError"), OpenError::Refused);
        assert_eq!(reason_named("NotFoundError"), OpenError::Missing);
        assert_eq!(reason_named("NotReadableError"), OpenError::Unusable);
    }
}
