//! The program's flags. Their defaults are the library's constants.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use anyhow::Context as _;
use clap::Parser;
use discordopus_relay::{
    Config, DEFAULT_PORT, Limits, MAX_CONNECTIONS, MAX_CONNECTIONS_PER_ADDRESS, MAX_EXPIRY,
    MAX_IN_FLIGHT, MAX_KEEP_ALIVE, MAX_PACKET_BYTES, MAX_QUEUE_BYTES, MAX_QUEUE_MESSAGES,
    MAX_SESSIONS, MAX_SUBSCRIBERS, MAX_SUBSCRIPTIONS, MAX_TOTAL_BYTES, PACKET_BURST,
    PACKETS_PER_SECOND, Storage, TURN_LIFETIME, Turn,
};

/// Folder for the data file below the user's state folder.
const STATE_FOLDER: &str = "discordopus";

/// Where the TURN secret is read from when no flag gives it: everybody on a machine can read its programs' flags, and
/// only their owner the environment.
const TURN_SECRET_VARIABLE: &str = "DISCORDOPUS_TURN_SECRET";

/// Serves the DiscordOpus app and its sealed-mailbox relay (MQTT 5 over WebSocket at /mqtt) on one port.
// Not Debug: it holds a secret.
#[derive(Parser)]
#[command(version)]
pub(crate) struct Flags {
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,
    /// Port to listen on; 0 takes a free one
    #[arg(long, default_value_t = DEFAULT_PORT)]
    port: u16,
    /// Folder with the built app
    #[arg(long, value_name = "DIR")]
    dist: Option<PathBuf>,
    /// Folder for sessions and queues [default: the user's state folder]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Keep sessions and queues in memory only
    #[arg(long, conflicts_with = "data")]
    memory: bool,
    /// Another relay the served page may connect to, as wss://host; may be given several times
    #[arg(long, value_name = "URL")]
    allow_relay: Vec<String>,
    /// Take client addresses from the last X-Forwarded-For entry; only with a reverse proxy that sets it
    #[arg(long)]
    behind_proxy: bool,
    /// Secret shared with the TURN servers (coturn: static-auth-secret); better given as DISCORDOPUS_TURN_SECRET in the
    /// environment, since flags can be read by everybody on the machine
    #[arg(long, value_name = "SECRET")]
    turn_secret: Option<String>,
    /// Address of a TURN server to hand out credentials for, as turn:host:3478; may be given several times
    #[arg(long, value_name = "URL")]
    turn_url: Vec<String>,
    /// Bytes of one MQTT packet
    #[arg(long, default_value_t = MAX_PACKET_BYTES)]
    max_packet_bytes: u32,
    /// Subscriptions of one session
    #[arg(long, default_value_t = MAX_SUBSCRIPTIONS)]
    max_subscriptions: usize,
    /// Subscribers of one mailbox
    #[arg(long, default_value_t = MAX_SUBSCRIBERS)]
    max_subscribers: usize,
    /// Packets a second read from one connection; over it the socket is read more slowly
    #[arg(long, default_value_t = PACKETS_PER_SECOND)]
    packets_per_second: u32,
    /// Packets read from one connection at once before it is slowed
    #[arg(long, default_value_t = PACKET_BURST)]
    packet_burst: u32,
    /// Messages waiting in one session; the oldest are dropped
    #[arg(long, default_value_t = MAX_QUEUE_MESSAGES)]
    max_queue_messages: usize,
    /// Bytes waiting in one session; the oldest are dropped
    #[arg(long, default_value_t = MAX_QUEUE_BYTES)]
    max_queue_bytes: usize,
    /// Bytes waiting in all sessions; the fullest session loses its oldest
    #[arg(long, default_value_t = MAX_TOTAL_BYTES)]
    max_total_bytes: usize,
    /// Seconds a message, or the session of an absent client, is kept at most
    #[arg(long, default_value_t = MAX_EXPIRY.as_secs())]
    max_expiry_seconds: u64,
    /// Unacknowledged messages in each direction of one connection
    #[arg(long, default_value_t = MAX_IN_FLIGHT)]
    max_in_flight: u16,
    /// Connections from one address
    #[arg(long, default_value_t = MAX_CONNECTIONS_PER_ADDRESS)]
    max_connections_per_address: usize,
    /// Connections in total
    #[arg(long, default_value_t = MAX_CONNECTIONS)]
    max_connections: usize,
    /// Sessions remembered, connected or not
    #[arg(long, default_value_t = MAX_SESSIONS)]
    max_sessions: usize,
    /// Seconds of silence allowed at most
    #[arg(long, default_value_t = MAX_KEEP_ALIVE.as_secs())]
    max_keep_alive_seconds: u64,
}

impl Flags {
    /// The configuration these flags stand for.
    pub(crate) fn into_config(self) -> anyhow::Result<Config> {
        let storage = if self.memory {
            Storage::Memory
        } else {
            let folder = self
                .data
                .or_else(state_folder)
                .context("no folder for the data file is known: give --data DIR or --memory")?;
            Storage::Folder(folder)
        };
        if let Some(dist) = &self.dist {
            anyhow::ensure!(
                dist.join("index.html").is_file(),
                "{} holds no index.html: build the app first",
                dist.display()
            );
        }
        let secret = self
            .turn_secret
            .or_else(|| std::env::var(TURN_SECRET_VARIABLE).ok());
        let turn = match secret {
            Some(secret) => Some(Turn {
                secret,
                urls: self.turn_url,
                lifetime: TURN_LIFETIME,
            }),
            None => {
                anyhow::ensure!(
                    self.turn_url.is_empty(),
                    "--turn-url needs a secret: set {TURN_SECRET_VARIABLE} or give --turn-secret"
                );
                None
            }
        };
        Ok(Config {
            listen: SocketAddr::new(self.host, self.port),
            dist: self.dist,
            storage,
            allowed_relays: self.allow_relay,
            behind_proxy: self.behind_proxy,
            turn,
            limits: Limits {
                max_packet_bytes: self.max_packet_bytes,
                max_subscriptions: self.max_subscriptions,
                max_subscribers: self.max_subscribers,
                packets_per_second: self.packets_per_second,
                packet_burst: self.packet_burst,
                max_queue_messages: self.max_queue_messages,
                max_queue_bytes: self.max_queue_bytes,
                max_total_bytes: self.max_total_bytes,
                max_expiry: Duration::from_secs(self.max_expiry_seconds),
                max_in_flight: self.max_in_flight,
                max_connections_per_address: self.max_connections_per_address,
                max_connections: self.max_connections,
                max_sessions: self.max_sessions,
                max_keep_alive: Duration::from_secs(self.max_keep_alive_seconds),
                ..Limits::default()
            },
        })
    }
}

/// Where this system keeps a program's state for one user.
fn state_folder() -> Option<PathBuf> {
    let from = |variable: &str| {
        std::env::var_os(variable)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let base = if cfg!(windows) {
        from("LOCALAPPDATA")?
    } else if cfg!(target_os = "macos") {
        from("HOME")?.join("Library/Application Support")
    } else {
        from("XDG_STATE_HOME").or_else(|| Some(from("HOME")?.join(".local/state")))?
    };
    Some(base.join(STATE_FOLDER))
}
