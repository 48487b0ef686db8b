//! Direct links between members: one `RTCPeerConnection` each, with a data channel and, in a call, sound both ways.
//!
//! The adapter carries out what [`LinkCommand`] says and tells what happens as [`LinkEvent`]. Of WebRTC's negotiation it
//! keeps what must be one task with the browser's own state: the W3C's "perfect negotiation" (WebRTC 1.0, 10.7), told here
//! who is polite. Whom to connect to, when to try again and when to give up is the client's business.

use core::fmt;

use crate::ids::{GroupId, LinkId, MemberId};

/// The number of a link's first data channel, negotiated beforehand as the second: no channel of the peer's making is used.
pub const CHANNEL: u16 = 0;
/// The number of the second, for what may wait: it shall hold up nobody's call.
pub const BULK_CHANNEL: u16 = 1;

/// Something to do with a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkCommand {
    /// Make the connection.
    Open {
        /// Which.
        link: LinkId,
        /// To whom: the page plays this person's sound at the volume that is set for it.
        group: GroupId,
        /// To whom.
        member: MemberId,
        /// Ways to find a path.
        ice: Ice,
        /// Makes the first offer, at once; the other side waits for it.
        offers: bool,
        /// Gives way when both offer at the same time.
        polite: bool,
        /// Carries sound, from the start.
        voice: bool,
    },
    /// Sound on or off on a link that stays.
    SetVoice {
        /// Which.
        link: LinkId,
        /// Whether.
        voice: bool,
    },
    /// The other side described itself.
    Describe {
        /// Which.
        link: LinkId,
        /// How; limits on what is sent are in it already.
        description: Description,
    },
    /// The other side has found a way to be reached.
    AddCandidate {
        /// Which.
        link: LinkId,
        /// The way.
        candidate: Candidate,
    },
    /// Look for another path.
    RestartIce {
        /// Which.
        link: LinkId,
    },
    /// Send over the data channel. Without an open one, forget it.
    Send {
        /// Which.
        link: LinkId,
        /// One message.
        bytes: Vec<u8>,
    },
    /// Send over the data channel for what may wait, behind everything else that was given to it.
    Pour {
        /// Which.
        link: LinkId,
        /// One message.
        bytes: Vec<u8>,
        /// Say [`LinkEvent::Drained`] once there is little left of this and what was before it.
        tell: bool,
    },
    /// End it. Nothing more is told of it.
    Close {
        /// Which.
        link: LinkId,
    },
}

impl LinkCommand {
    /// Whether it brings nobody anything that this client has sealed, and takes nothing from anybody.
    pub(super) const fn is_preparation(&self) -> bool {
        match self {
            Self::Open { .. }
            | Self::SetVoice { .. }
            | Self::Describe { .. }
            | Self::AddCandidate { .. }
            | Self::RestartIce { .. } => true,
            // The last words have to be sent before.
            Self::Send { .. } | Self::Pour { .. } | Self::Close { .. } => false,
        }
    }
}

/// Something that happened to a link. Of links that were closed, or never opened, nothing is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkEvent {
    /// This side has a description for the other one.
    Described {
        /// Which.
        link: LinkId,
        /// The description.
        description: Description,
    },
    /// This side has found a way to be reached.
    Found {
        /// Which.
        link: LinkId,
        /// The way.
        candidate: Candidate,
    },
    /// The connection's state has changed.
    State {
        /// Which.
        link: LinkId,
        /// The browser's word for it.
        state: IceState,
    },
    /// The data channel can be used, or can't any more.
    Channel {
        /// Which.
        link: LinkId,
        /// Whether it can.
        open: bool,
    },
    /// A message came over the data channel. Untrusted in every respect.
    Received {
        /// Which.
        link: LinkId,
        /// One message.
        bytes: Vec<u8>,
    },
    /// Little is left of what was poured.
    Drained {
        /// Which.
        link: LinkId,
    },
    /// What was measured, about once a second.
    Measured {
        /// Which.
        link: LinkId,
        /// The figures.
        figures: Figures,
    },
    /// The browser refused to make the connection or to take a description.
    Failed {
        /// Which.
        link: LinkId,
    },
}

impl LinkEvent {
    /// Which link it is about.
    #[must_use]
    pub const fn link(&self) -> LinkId {
        let (Self::Described { link, .. }
        | Self::Found { link, .. }
        | Self::State { link, .. }
        | Self::Channel { link, .. }
        | Self::Received { link, .. }
        | Self::Drained { link }
        | Self::Measured { link, .. }
        | Self::Failed { link }) = self;
        *link
    }
}

/// `RTCPeerConnection.connectionState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IceState {
    /// Paths are tried.
    Connecting,
    /// Up.
    Connected,
    /// Nothing came for a while.
    Disconnected,
    /// No path is left.
    Failed,
    /// The other side has closed it.
    Closed,
}

/// A session description, as `RTCSessionDescription` has it.
#[derive(Clone, PartialEq, Eq)]
pub struct Description {
    /// An answer, or else an offer.
    pub answer: bool,
    /// The SDP.
    pub sdp: String,
}

/// Not its addresses.
impl fmt::Debug for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Description")
            .field("answer", &self.answer)
            .finish_non_exhaustive()
    }
}

/// A way to be reached, as `RTCIceCandidate` has it. An empty candidate says that there are no more.
#[derive(Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The candidate attribute.
    pub candidate: String,
    /// The media section's id.
    pub mid: Option<String>,
    /// The media section's number.
    pub line: Option<u16>,
    /// The generation it belongs to.
    pub fragment: Option<String>,
}

/// Not its address.
impl fmt::Debug for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Candidate").finish_non_exhaustive()
    }
}

/// Ways to find a path.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ice {
    /// Servers to ask.
    pub servers: Vec<IceServer>,
    /// Go through a TURN server only: nobody learns one's address.
    pub relay_only: bool,
}

/// A STUN or TURN server, as `RTCIceServer` has it.
#[derive(Clone, PartialEq, Eq)]
pub struct IceServer {
    /// Its addresses: `stun:`, `turn:` or `turns:`.
    pub urls: Vec<String>,
    /// Empty where none is needed.
    pub username: String,
    /// Empty where none is needed.
    pub credential: String,
}

/// Not its credential.
impl fmt::Debug for IceServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IceServer")
            .field("urls", &self.urls)
            .finish_non_exhaustive()
    }
}

/// What was measured on a link. Everything that counts, counts from the link's beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// From here to there and back, in milliseconds.
    pub round_trip: Option<u32>,
    /// How unevenly its packets come, in milliseconds.
    pub jitter: u32,
    /// Packets of sound that came.
    pub packets_received: u64,
    /// Packets of sound that were sent and never came.
    pub packets_lost: u64,
    /// Samples that were played.
    pub samples: u64,
    /// Samples among them that had to be made up; silence is not counted.
    pub concealed: u64,
    /// Bytes that came, of everything.
    pub bytes_received: u64,
    /// Bytes that went out, of everything.
    pub bytes_sent: u64,
    /// The path in use goes through a TURN server.
    pub relayed: Option<bool>,
}
