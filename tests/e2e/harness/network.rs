//! The way between one person's browser and the relay: a TCP line that can be cut and joined again.
//!
//! Chromium's own offline switch leaves open WebSockets alone; here they break, as they do when a cable is pulled.

use anyhow::{Context as _, Result};
use std::net::SocketAddr;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// One person's line to the relay.
pub(crate) struct Network {
    address: SocketAddr,
    up: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Network {
    /// A line to `relay`, up.
    pub(crate) async fn to(relay: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .context("no free port for a line")?;
        let address = listener.local_addr()?;
        let (up, state) = watch::channel(true);
        let task = tokio::spawn(async move {
            while let Ok((browser, _)) = listener.accept().await {
                tokio::spawn(carry(browser, relay, state.clone()));
            }
        });
        Ok(Self { address, up, task })
    }

    /// Where the browser finds its end of the line.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Breaks every connection and lets no new one through.
    pub(crate) fn cut(&self) {
        self.up.send_replace(false);
    }

    /// Lets connections through again.
    pub(crate) fn join(&self) {
        self.up.send_replace(true);
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.cut();
        self.task.abort();
    }
}

/// Carries one connection until an end closes it or the line is cut.
async fn carry(mut browser: TcpStream, relay: SocketAddr, mut up: watch::Receiver<bool>) {
    if !*up.borrow_and_update() {
        return;
    }
    let Ok(mut relay) = TcpStream::connect(relay).await else {
        return;
    };
    // Held back small packets would make the line look slower than the one it stands for.
    let _ = (browser.set_nodelay(true), relay.set_nodelay(true));
    tokio::select! {
        _ = copy_bidirectional(&mut browser, &mut relay) => {}
        _ = up.wait_for(|up| !up) => {}
    }
}
