//! What a relay can be told: where to listen, what to serve, and every limit with its reason.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use crate::turn::Turn;

/// Where the relay keeps sessions and queues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Storage {
    /// In memory only: a restart forgets everything.
    Memory,
    /// In one file inside this folder; queues survive a restart and a kill.
    Folder(PathBuf),
}

/// Everything a relay needs to start.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Folder with the built app; `None` serves only `/mqtt` and `/healthz`.
    pub dist: Option<PathBuf>,
    /// Where sessions and queues are kept.
    pub storage: Storage,
    /// Further relay origins (`wss://relay.example`) the served page may connect to.
    pub allowed_relays: Vec<String>,
    /// Whether a reverse proxy in front sets `X-Forwarded-For`; without one the header is a client's lie.
    pub behind_proxy: bool,
    /// TURN servers to hand out credentials for; `None` hands out nothing.
    pub turn: Option<Turn>,
    /// Every limit.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], DEFAULT_PORT)),
            dist: None,
            storage: Storage::Memory,
            allowed_relays: Vec::new(),
            behind_proxy: false,
            turn: None,
            limits: Limits::default(),
        }
    }
}

/// The port used when none is given.
pub const DEFAULT_PORT: u16 = 8080;

/// Largest MQTT packet: the biggest padded envelope is 32 KiB, doubled for headers and growth.
pub const MAX_PACKET_BYTES: u32 = 64 * 1024;
/// Subscriptions a session: one mailbox per group plus its predecessor and open invites.
pub const MAX_SUBSCRIPTIONS: usize = 256;
/// Subscribers of one mailbox: every member of a large group may watch an invite's mailbox, but one publish must not be
/// multiplied without bound.
pub const MAX_SUBSCRIBERS: usize = 256;
/// Sustained packets a second from one connection: one message in a group of 20 is 19 publishes.
pub const PACKETS_PER_SECOND: u32 = 200;
/// Packets a connection may send at once before it is slowed: a message to 50 groups' worth of members.
pub const PACKET_BURST: u32 = 1_000;
/// Messages waiting in one session; the oldest go first.
pub const MAX_QUEUE_MESSAGES: usize = 1_000;
/// Bytes waiting in one session; the oldest go first.
pub const MAX_QUEUE_BYTES: usize = 4 * 1024 * 1024;
/// Bytes waiting in all sessions together; the fullest session pays.
pub const MAX_TOTAL_BYTES: usize = 256 * 1024 * 1024;
/// Longest life of a message and of an absent session: members' own sync takes over after a week.
pub const MAX_EXPIRY: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Unacknowledged messages the relay sends to one connection, and accepts from one.
pub const MAX_IN_FLIGHT: u16 = 64;
/// Connections from one address (an IPv6 /64 counts as one): a household or an office, not a flood.
pub const MAX_CONNECTIONS_PER_ADDRESS: usize = 64;
/// Connections in total, so that file handles and buffers stay bounded.
pub const MAX_CONNECTIONS: usize = 10_000;
/// Sessions remembered, connected or not, so that made-up client ids cannot fill the memory.
pub const MAX_SESSIONS: usize = 100_000;
/// Longest silence allowed; a client asking for more (or for none) is told this instead.
pub const MAX_KEEP_ALIVE: Duration = Duration::from_secs(300);
/// Time from opening the socket to CONNECT.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Time one write may take before the connection counts as dead.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a peer gets to answer the closing handshake. Reading until then also keeps the operating system from resetting
/// the connection and so swallowing the last DISCONNECT.
pub const GOODBYE_TIMEOUT: Duration = Duration::from_secs(1);
/// Longest client id; ours are 22 characters, other libraries use up to a few dozen.
pub const MAX_CLIENT_ID_BYTES: usize = 128;

/// The limits of one relay; the defaults are the constants of this module.
#[derive(Clone, Debug)]
pub struct Limits {
    /// See [`MAX_PACKET_BYTES`].
    pub max_packet_bytes: u32,
    /// See [`MAX_SUBSCRIPTIONS`].
    pub max_subscriptions: usize,
    /// See [`MAX_SUBSCRIBERS`].
    pub max_subscribers: usize,
    /// See [`PACKETS_PER_SECOND`].
    pub packets_per_second: u32,
    /// See [`PACKET_BURST`].
    pub packet_burst: u32,
    /// See [`MAX_QUEUE_MESSAGES`].
    pub max_queue_messages: usize,
    /// See [`MAX_QUEUE_BYTES`].
    pub max_queue_bytes: usize,
    /// See [`MAX_TOTAL_BYTES`].
    pub max_total_bytes: usize,
    /// See [`MAX_EXPIRY`].
    pub max_expiry: Duration,
    /// See [`MAX_IN_FLIGHT`].
    pub max_in_flight: u16,
    /// See [`MAX_CONNECTIONS_PER_ADDRESS`].
    pub max_connections_per_address: usize,
    /// See [`MAX_CONNECTIONS`].
    pub max_connections: usize,
    /// See [`MAX_SESSIONS`].
    pub max_sessions: usize,
    /// See [`MAX_KEEP_ALIVE`].
    pub max_keep_alive: Duration,
    /// See [`CONNECT_TIMEOUT`].
    pub connect_timeout: Duration,
    /// See [`WRITE_TIMEOUT`].
    pub write_timeout: Duration,
    /// See [`GOODBYE_TIMEOUT`].
    pub goodbye_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_packet_bytes: MAX_PACKET_BYTES,
            max_subscriptions: MAX_SUBSCRIPTIONS,
            max_subscribers: MAX_SUBSCRIBERS,
            packets_per_second: PACKETS_PER_SECOND,
            packet_burst: PACKET_BURST,
            max_queue_messages: MAX_QUEUE_MESSAGES,
            max_queue_bytes: MAX_QUEUE_BYTES,
            max_total_bytes: MAX_TOTAL_BYTES,
            max_expiry: MAX_EXPIRY,
            max_in_flight: MAX_IN_FLIGHT,
            max_connections_per_address: MAX_CONNECTIONS_PER_ADDRESS,
            max_connections: MAX_CONNECTIONS,
            max_sessions: MAX_SESSIONS,
            max_keep_alive: MAX_KEEP_ALIVE,
            connect_timeout: CONNECT_TIMEOUT,
            write_timeout: WRITE_TIMEOUT,
            goodbye_timeout: GOODBYE_TIMEOUT,
        }
    }
}
