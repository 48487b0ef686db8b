//! What a person has set on this device: for sound, and for the way to others.

use super::link::IceServer;
use crate::ids::MemberId;

/// Louder than this a person can't be made, in hundredths of how loud it is.
pub const MAX_VOLUME: u16 = 200;

/// What a person has set on this device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The microphone's device id; the browser's choice when empty or gone.
    pub microphone: String,
    /// The speaker's device id; the browser's choice when empty or gone.
    pub speaker: String,
    /// Take the speakers' sound out of the microphone's.
    pub echo_cancellation: bool,
    /// Take out what isn't speech.
    pub noise_suppression: bool,
    /// Make quiet and loud alike.
    pub automatic_gain: bool,
    /// The microphone is open only while a key is held.
    pub push_to_talk: bool,
    /// Which key: `KeyboardEvent.code`.
    pub push_to_talk_key: String,
    /// Calls begin muted: whoever was muted when a call ended stays so in the next one.
    pub start_muted: bool,
    /// A sound for an incoming call, and when people come and go.
    pub sounds: bool,
    /// How loud people are played, in hundredths; who isn't named, at 100.
    pub volumes: crate::sorted::Map<MemberId, u16>,
    /// Own STUN and TURN servers, beside the deployment's.
    pub ice_servers: Vec<IceServer>,
    /// Never connect without a TURN server in between.
    pub relay_only: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            microphone: String::new(),
            speaker: String::new(),
            echo_cancellation: true,
            noise_suppression: true,
            automatic_gain: true,
            push_to_talk: false,
            push_to_talk_key: "Space".to_owned(),
            start_muted: false,
            sounds: true,
            volumes: crate::sorted::Map::new(),
            ice_servers: Vec::new(),
            relay_only: false,
        }
    }
}
