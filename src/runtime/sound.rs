//! The page's microphone and speakers, as the interface speaks to them and hears of them.
//!
//! They belong to the page and not to the client: a mute button acts on the track itself, at once, and what it shows is
//! what the track says.

use discordopus_core::ids::{GroupId, MemberId};
use discordopus_core::io::Voice;
use futures::channel::mpsc;

/// What a person does with sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SoundRequest {
    /// Take part in a group's call, or start it: the microphone is opened beside that, and joins when it is there.
    Join(GroupId),
    /// Leave the call.
    Leave,
    /// The microphone sends silence, or what it hears.
    Mute(bool),
    /// The others are silent, or heard.
    Deafen(bool),
    /// The push-to-talk key or button is held, or let go.
    Talk(bool),
    /// Play what the browser would not play before somebody pressed something.
    Hear,
    /// Try the microphone again, after it was refused or missing.
    RetryMicrophone,
    /// Show how loud the microphone is, outside of a call.
    TestMicrophone(bool),
    /// The settings are on screen: tell the devices, now and when they change.
    WatchDevices(bool),
}

/// What is told of sound. Each carries the whole new value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SoundEvent {
    /// What the microphone's track and the speakers do, and why there is no microphone.
    Voice {
        /// The group whose call they are in.
        call: Option<GroupId>,
        /// As the track says.
        voice: Voice,
        /// Why it is [`discordopus_core::io::Microphone::None`].
        problem: Option<MicrophoneProblem>,
    },
    /// Who of the others is speaking now.
    Speaking(Vec<MemberId>),
    /// One's own microphone hears speech.
    OwnSpeech(bool),
    /// The browser plays nothing before somebody presses something: [`SoundRequest::Hear`].
    Blocked(bool),
    /// How loud the tested microphone is, 0 to 100.
    Level(u8),
    /// The devices there are.
    Devices(Devices),
}

/// Why there is no microphone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MicrophoneProblem {
    /// It was asked for, and nothing is decided yet.
    Asking,
    /// The person, or a policy, said no.
    Refused,
    /// There is none.
    Missing,
    /// There is one that can't be used: another program has it, say.
    Unusable,
    /// It was there and is gone.
    Lost,
}

/// Devices for sound. Their names are told by the browser once a microphone was allowed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Devices {
    /// They were looked for: before, nothing can be said of them.
    pub known: bool,
    /// Microphones.
    pub microphones: Vec<Device>,
    /// Speakers; empty where the browser doesn't let a page choose.
    pub speakers: Vec<Device>,
}

/// A microphone or a speaker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// What the settings keep.
    pub id: String,
    /// Its name; empty when the browser doesn't tell.
    pub name: String,
}

/// A cheap handle to the page's sound. What it causes comes back as [`SoundEvent`].
#[derive(Debug, Clone)]
pub struct Sound {
    requests: mpsc::UnboundedSender<SoundRequest>,
}

impl Sound {
    /// A handle, and what is said through it: for the page, and for tests of the interface.
    #[must_use]
    pub fn new() -> (Self, mpsc::UnboundedReceiver<SoundRequest>) {
        let (requests, received) = mpsc::unbounded();
        (Self { requests }, received)
    }

    /// Says what a person does.
    pub fn request(&self, request: SoundRequest) {
        // The receiver lives as long as the page.
        let _ = self.requests.unbounded_send(request);
    }
}
