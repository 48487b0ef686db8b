//! Starts and stops a relay: listener, routes, housekeeping and store.

use std::{future::IntoFuture as _, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::serve::ListenerExt as _;
use tokio::{
    net::TcpListener,
    sync::{mpsc, watch},
    task::JoinHandle,
};

use crate::{
    admission::Admission,
    broker::{Broker, Journal, OpenStoreError, Writer},
    clock::Timestamp,
    config::{Config, Storage},
    http::{self, AllowedRelayError, Doorway, Policy, TurnDesk},
    mqtt,
    turn::TurnError,
};

/// How often ended sessions and due Wills are looked for; they are promised to the second.
const HOUSEKEEPING: Duration = Duration::from_millis(250);

/// How long open connections get to say goodbye when the relay stops.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);

/// Why a relay could not start.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// What was asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] OpenStoreError),
    /// An allowed relay is not an address.
    #[error(transparent)]
    AllowedRelay(#[from] AllowedRelayError),
    /// Credentials for a TURN server cannot be handed out.
    #[error(transparent)]
    Turn(#[from] TurnError),
}

/// A running relay. Dropping it stops it without waiting; [`Relay::shutdown`] waits.
pub struct Relay {
    local_address: SocketAddr,
    stop: watch::Sender<bool>,
    server: JoinHandle<io::Result<()>>,
    housekeeping: JoinHandle<()>,
    connections_ended: mpsc::Receiver<()>,
    broker: Arc<Broker>,
    writer: Option<Writer>,
}

impl Relay {
    /// Opens the store, listens, and serves until stopped.
    pub async fn bind(config: Config) -> Result<Self, BindError> {
        let policy = Policy::new(config.dist.as_deref(), &config.allowed_relays)?;
        if let Some(turn) = &config.turn {
            turn.check()?;
        }
        let (journal, writer, stored) = match &config.storage {
            Storage::Memory => (Journal::Memory, None, Vec::new()),
            Storage::Folder(folder) => {
                let (journal, writer, stored) = Journal::open(folder)?;
                (journal, Some(writer), stored)
            }
        };
        let listener =
            TcpListener::bind(config.listen)
                .await
                .map_err(|source| BindError::Listen {
                    address: config.listen,
                    source,
                })?;
        let local_address = listener.local_addr().map_err(|source| BindError::Listen {
            address: config.listen,
            source,
        })?;
        let limits = Arc::new(config.limits);
        let broker = Arc::new(Broker::new(
            (*limits).clone(),
            journal,
            stored,
            Timestamp::now(),
        ));
        let (stop, stopped) = watch::channel(false);
        let (open, connections_ended) = mpsc::channel(1);
        let doorway = Doorway {
            context: mqtt::Context {
                broker: Arc::clone(&broker),
                limits: Arc::clone(&limits),
                stop: stopped.clone(),
            },
            admission: Admission::new(limits.max_connections_per_address, limits.max_connections),
            behind_proxy: config.behind_proxy,
            turn: config.turn.map(TurnDesk::new).map(Arc::new),
            open,
        };
        let app = http::router(doorway, config.dist.as_deref(), policy)
            .into_make_service_with_connect_info::<SocketAddr>();
        // Small packets leave at once instead of waiting for more.
        let listener = listener.tap_io(|stream| {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "a socket stays slow");
            }
        });
        let server = tokio::spawn(
            axum::serve(listener, app)
                .with_graceful_shutdown(stopping(stopped.clone()))
                .into_future(),
        );
        let housekeeping = tokio::spawn(keep_house(Arc::clone(&broker), stopped));
        tracing::info!(port = local_address.port(), "relay started");
        Ok(Self {
            local_address,
            stop,
            server,
            housekeeping,
            connections_ended,
            broker,
            writer,
        })
    }

    /// The address it listens on, with the port that was free.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_address
    }

    /// Tells every client, ends every connection, and returns when the store is on disk and its file closed.
    pub async fn shutdown(self) {
        let Self {
            stop,
            mut server,
            housekeeping,
            mut connections_ended,
            broker,
            writer,
            ..
        } = self;
        let _ = stop.send(true);
        let quiet = async {
            let _ = (&mut server).await;
            // The server's routes held one sender and each connection another: `None` means the last has ended.
            while connections_ended.recv().await.is_some() {}
        };
        if tokio::time::timeout(SHUTDOWN_GRACE, quiet).await.is_err() {
            tracing::warn!("some connections did not end in time");
            server.abort();
        }
        housekeeping.abort();
        let _ = housekeeping.await;
        // Connections that did not end hold the broker; closing the journal here makes the store finish all the same.
        broker.close();
        drop(broker);
        if let Some(writer) = writer {
            let joined = tokio::task::spawn_blocking(move || writer.join()).await;
            if joined.is_err() {
                tracing::error!("the store was not waited for");
            }
        }
        tracing::info!("relay stopped");
    }
}

async fn stopping(mut stop: watch::Receiver<bool>) {
    // An error means the relay was dropped, which stops it just as well.
    let _ = stop.changed().await;
}

async fn keep_house(broker: Arc<Broker>, mut stop: watch::Receiver<bool>) {
    let mut ticks = tokio::time::interval(HOUSEKEEPING);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => broker.sweep(Timestamp::now()),
            _ = stop.changed() => return,
        }
    }
}
