//! A group's call, as the interface shows it and as a person speaks to it.

use crate::ids::{CallId, MemberId, Timestamp};

/// What one's microphone and speakers do. The page reports the microphone's track itself, never a wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Voice {
    /// The microphone.
    pub microphone: Microphone,
    /// Nothing of the others is played.
    pub deafened: bool,
}

/// What a microphone's track does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Microphone {
    /// There is none, or the person refused it: listening only.
    #[default]
    None,
    /// There is one, and it sends silence.
    Muted,
    /// It sends what it hears.
    Open,
}

/// The call of a group, from its start to the moment the last one leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallView {
    /// Which.
    pub id: CallId,
    /// Who started it.
    pub started_by: MemberId,
    /// When, by the clock of whoever started it.
    pub started: Timestamp,
    /// To be shown as an incoming call: one is not in it, did not put it away, and it began less than
    /// [`crate::call::RINGING`] ago.
    pub ringing: bool,
    /// One takes part on this device.
    pub joined: bool,
    /// Everyone in it, oneself first.
    pub people: Vec<CallMember>,
}

impl CallView {
    /// How many of the others one is connected to, and how many others there are: "Connected to 2 of 3".
    #[must_use]
    pub fn connected(&self) -> (usize, usize) {
        let others = self.people.iter().filter_map(|person| person.link.as_ref());
        others.fold((0, 0), |(connected, all), link| {
            let is_up = matches!(link.state, LinkState::Connected);
            (connected + usize::from(is_up), all + 1)
        })
    }
}

/// One of the people in a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallMember {
    /// Who.
    pub member: MemberId,
    /// What it says its microphone and speakers do.
    pub voice: Voice,
    /// Whom it says it hears: those whose sound arrives there.
    pub hears: Vec<MemberId>,
    /// One's own connection to it; `None` for oneself and while one isn't in the call.
    pub link: Option<LinkView>,
}

/// One's connection to one of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkView {
    /// How far it is.
    pub state: LinkState,
    /// How good it is.
    pub quality: Quality,
    /// The way it takes, once known.
    pub path: Option<Path>,
    /// What goes out to it, in bits a second.
    pub sending: u32,
    /// What comes in from it, in bits a second.
    pub receiving: u32,
    /// What of its packets got lost lately, in thousandths.
    pub loss: u16,
    /// From here to there and back, in milliseconds, once measured.
    pub round_trip: Option<u32>,
}

/// How far a connection to somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// Nothing is heard from there yet.
    Waiting,
    /// Descriptions were exchanged, or are on their way; paths are tried.
    Connecting,
    /// Up.
    Connected,
    /// It was up and has stopped; it often comes back by itself.
    Disconnected,
    /// It has stopped, and another path is looked for.
    Restarting,
    /// Given up, for this reason; tried again when something changes.
    Failed(LinkProblem),
}

/// Why there is no connection to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkProblem {
    /// No answer came from there.
    NoAnswer,
    /// No path was found, and none of one's ICE servers relays: a TURN server is what is missing.
    NeedsTurn,
    /// No path was found, not even over a TURN server.
    NoPath,
    /// This browser could not make or use the connection.
    Unusable,
}

/// How good a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quality {
    /// One notices nothing.
    Good,
    /// Some delay, or a word now and then.
    Fair,
    /// Words get lost.
    Poor,
    /// It has stopped for a moment, or isn't up yet.
    Reconnecting,
    /// There is none.
    NoPath,
}

/// The way a connection takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Path {
    /// From device to device.
    Direct,
    /// Through a TURN server.
    Relayed,
}
