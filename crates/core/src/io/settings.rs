//! What a person has set on this device: for sound, and for the way to others.

use super::link::IceServer;
use minicbor::bytes::ByteVec;

use crate::ids::{GroupId, MemberId};

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
    /// How the app looks.
    pub look: Look,
    /// What is told while the app can't be seen.
    pub notices: Notices,
    /// After how many minutes without anybody at the page it locks itself, where a passphrase is set; 0: never.
    pub lock_after: u16,
    /// What is told of single groups; of those that aren't named, everything.
    pub groups: crate::sorted::Map<GroupId, GroupNotices>,
    /// The emoji that were chosen last, the newest first.
    pub emoji: Vec<String>,
    /// What one calls oneself in all groups, and how one looks.
    pub profile: OwnProfile,
    /// Authors are told when the person has read a message.
    pub read_receipts: bool,
}

/// What one calls oneself in all groups, and how one looks there.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct OwnProfile {
    /// The name; what one came to each group with when empty.
    pub name: String,
    /// The picture: see [`crate::identity::is_picture`].
    pub picture: Option<ByteVec>,
}

/// Most emoji that are kept as chosen last.
pub const MAX_RECENT_EMOJI: usize = 16;

/// Minutes after which the app locks itself, unless something else was chosen.
pub const LOCK_AFTER: u16 = 15;

/// What is told of one group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GroupNotices {
    /// Its unread messages count nowhere but beside its name, and nothing is told of them.
    pub muted: bool,
    /// Which messages are told while the app can't be seen.
    pub level: NoticeLevel,
}

/// Which messages are told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NoticeLevel {
    /// All.
    #[default]
    All,
    /// Those that call one by name.
    Mentions,
    /// None.
    Nothing,
}

/// Smallest text, in hundredths of the browser's.
pub const MIN_TEXT_SIZE: u16 = 100;
/// Largest text, in hundredths of the browser's.
pub const MAX_TEXT_SIZE: u16 = 200;

/// How the app looks to this person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// The tag of the interface's language; what the browser prefers when empty or unknown.
    pub language: String,
    /// Light or dark.
    pub theme: Theme,
    /// Stronger contrast than the system asks for.
    pub high_contrast: bool,
    /// In hundredths of the browser's text size.
    pub text_size: u16,
    /// Less motion than the system asks for.
    pub reduced_motion: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            language: String::new(),
            theme: Theme::default(),
            high_contrast: false,
            text_size: MIN_TEXT_SIZE,
            reduced_motion: false,
        }
    }
}

/// Light or dark.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system is.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// What is told while the app can't be seen. Whether anything may be told is the browser's to keep.
///
/// Names and words are left out unless wanted: a system keeps what notifications said, unsealed, and shows it on locked
/// screens and on other devices.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notices {
    /// Who wrote or calls, where, and what.
    pub names: bool,
    /// The person was asked whether to be told anything, and does not want to be asked again.
    pub declined: bool,
}

impl core::fmt::Debug for OwnProfile {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("OwnProfile").finish_non_exhaustive()
    }
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
            look: Look::default(),
            notices: Notices::default(),
            lock_after: LOCK_AFTER,
            groups: crate::sorted::Map::new(),
            emoji: Vec::new(),
            profile: OwnProfile::default(),
            read_receipts: false,
        }
    }
}
