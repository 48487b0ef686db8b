//! What the page's microphone and speakers do, for the screens of a call and the settings.

use discordopus_core::ids::{GroupId, MemberId};
use discordopus_core::io::{Settings, Voice};
use leptos::prelude::*;

use crate::runtime::{Devices, MicrophoneProblem, SoundEvent};

/// Sound, as far as it is shown. Cheap to copy.
#[derive(Debug, Clone, Copy)]
pub struct SoundModel {
    /// The group whose call one is in.
    pub call: RwSignal<Option<GroupId>>,
    /// What the microphone's track and the speakers do.
    pub voice: RwSignal<Voice>,
    /// Why there is no microphone.
    pub problem: RwSignal<Option<MicrophoneProblem>>,
    /// Who of the others is speaking.
    pub speaking: RwSignal<Vec<MemberId>>,
    /// One's own microphone hears speech.
    pub own_speech: RwSignal<bool>,
    /// The browser plays nothing before somebody presses something.
    pub blocked: RwSignal<bool>,
    /// How loud the tested microphone is, 0 to 100.
    pub level: RwSignal<u8>,
    /// The devices there are.
    pub devices: RwSignal<Devices>,
    /// What is set on this device.
    pub settings: RwSignal<Settings>,
}

impl SoundModel {
    /// Silence. Its signals belong to the current reactive owner.
    #[must_use]
    pub fn new() -> Self {
        Self {
            call: RwSignal::new(None),
            voice: RwSignal::new(Voice::default()),
            problem: RwSignal::new(None),
            speaking: RwSignal::new(Vec::new()),
            own_speech: RwSignal::new(false),
            blocked: RwSignal::new(false),
            level: RwSignal::new(0),
            devices: RwSignal::new(Devices::default()),
            settings: RwSignal::new(Settings::default()),
        }
    }

    /// Something changed.
    pub fn take(&self, event: SoundEvent) {
        match event {
            SoundEvent::Voice {
                call,
                voice,
                problem,
            } => {
                self.call.set(call);
                self.voice.set(voice);
                self.problem.set(problem);
            }
            SoundEvent::Speaking(members) => self.speaking.set(members),
            SoundEvent::OwnSpeech(speech) => self.own_speech.set(speech),
            SoundEvent::Blocked(blocked) => self.blocked.set(blocked),
            SoundEvent::Level(level) => self.level.set(level),
            SoundEvent::Devices(devices) => self.devices.set(devices),
        }
    }
}

impl Default for SoundModel {
    fn default() -> Self {
        Self::new()
    }
}
