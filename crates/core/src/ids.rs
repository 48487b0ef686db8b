//! The newtypes that cross module boundaries: who, what and when.

use crate::wire::transparent;
use core::fmt;

/// Why a text is not an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier of this kind")]
pub struct ParseIdError;

macro_rules! byte_id {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $len]);

transparent!($name: bytes);

        impl $name {
            /// Number of bytes.
            pub const LEN: usize = $len;

            /// The bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }
        }

        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }

        /// Unpadded base64url, as used in addresses and topics.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&crate::wire::base64url::encode(&self.0))
            }
        }

        /// The first four bytes only: enough to tell two apart in a test's output.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({:02x}{:02x}{:02x}{:02x})"), self.0[0], self.0[1], self.0[2], self.0[3])
            }
        }

        impl core::str::FromStr for $name {
            type Err = ParseIdError;
            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                let bytes = crate::wire::base64url::decode(text).map_err(|_| ParseIdError)?;
                bytes.try_into().map(Self).map_err(|_| ParseIdError)
            }
        }
    };
}

byte_id!(
    /// A group: the hash of its genesis operation's content.
    GroupId, 32
);
byte_id!(
    /// A member: the hash of one identity key, hence one stay in one group.
    MemberId, 32
);
byte_id!(
    /// An operation of the membership log.
    OpId, 32
);
byte_id!(
    /// A sender chain; commits to its key and to the roster it was made for.
    ChainId, 32
);
byte_id!(
    /// A message: the hash of its finished envelope, the same for everyone who got it.
    MessageId, 32
);
byte_id!(
    /// An invite, as named in the log and in the join box.
    InviteId, 16
);
byte_id!(
    /// A mailbox: 128 random bits that name a relay topic.
    Mailbox, 16
);
byte_id!(
    /// A relay session's client id. A bearer capability: kept encrypted, never shown.
    ClientId, 16
);

byte_id!(
    /// A call: random bits of whoever started it.
    CallId, 16
);

impl Mailbox {
    /// The relay topic: `r/` and 22 base64url characters.
    #[must_use]
    pub fn topic(&self) -> String {
        format!("r/{self}")
    }

    /// The mailbox a topic names, if it has the form of [`Mailbox::topic`].
    #[must_use]
    pub fn from_topic(topic: &str) -> Option<Self> {
        topic.strip_prefix("r/")?.parse().ok()
    }
}

/// Milliseconds since the Unix epoch, as the device's clock tells them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub u64);

transparent!(Timestamp);

impl Timestamp {
    /// This moment plus a number of milliseconds, never wrapping.
    #[must_use]
    pub const fn plus(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Milliseconds from `earlier` until this moment; 0 when it lies ahead.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Whole days since the epoch: the finest time that an unencrypted key may tell.
    #[must_use]
    pub const fn day(self) -> u32 {
        (self.0 / MILLIS_PER_DAY) as u32
    }
}

/// Milliseconds in a second, a minute, an hour and a day.
pub const MILLIS_PER_SECOND: u64 = 1_000;
/// Milliseconds in a minute.
pub const MILLIS_PER_MINUTE: u64 = 60 * MILLIS_PER_SECOND;
/// Milliseconds in an hour.
pub const MILLIS_PER_HOUR: u64 = 60 * MILLIS_PER_MINUTE;
/// Milliseconds in a day.
pub const MILLIS_PER_DAY: u64 = 24 * MILLIS_PER_HOUR;

/// One wish for one relay connection: a group (or a pending join) at one relay. Chosen by the client, unique in its lifetime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u32);

/// One frame handed to the relay adapter; names it when the relay has accepted it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransmitId(pub u64);

/// One frame that came from a relay; acknowledged to the relay once what it caused is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReceiptId(pub u64);

/// One attempt at a direct link to a member. Chosen by the client, unique in its lifetime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u32);

transparent!(LinkId);
