//! The way between one person's browser and the relay: a TCP line that can be cut, held up, and joined again.
//!
//! Chromium's own offline switch leaves open WebSockets alone; here they break, as they do when a cable is pulled. A line
//! that is held up stays open and carries nothing: neither end knows that it is parted from the other.

use anyhow::{Context as _, Result};
use std::net::SocketAddr;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What a line does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Line {
    Up,
    Held,
    Cut,
}

/// One person's line to the relay.
pub(crate) struct Network {
    address: SocketAddr,
    line: watch::Sender<Line>,
    task: JoinHandle<()>,
}

impl Network {
    /// A line to `relay`, up.
    pub(crate) async fn to(relay: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .context("no free port for a line")?;
        let address = listener.local_addr()?;
        let (line, state) = watch::channel(Line::Up);
        let task = tokio::spawn(async move {
            while let Ok((browser, _)) = listener.accept().await {
                tokio::spawn(carry(browser, relay, state.clone()));
            }
        });
        Ok(Self {
            address,
            line,
            task,
        })
    }

    /// Where the browser finds its end of the line.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Breaks every connection and lets no new one through.
    pub(crate) fn cut(&self) {
        self.line.send_replace(Line::Cut);
    }

    /// Keeps every connection and what is on its way, but carries nothing.
    pub(crate) fn hold(&self) {
        self.line.send_replace(Line::Held);
    }

    /// Lets connections through again, and goes on with those that were held up.
    pub(crate) fn join(&self) {
        self.line.send_replace(Line::Up);
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.cut();
        self.task.abort();
    }
}

/// Most bytes carried at once.
const PORTION: usize = 16 * 1024;

/// Carries one connection until an end closes it or the line is cut.
async fn carry(mut browser: TcpStream, relay: SocketAddr, mut state: watch::Receiver<Line>) {
    if *state.borrow_and_update() == Line::Cut {
        return;
    }
    let Ok(mut relay) = TcpStream::connect(relay).await else {
        return;
    };
    // Held back small packets would make the line look slower than the one it stands for.
    let _ = (browser.set_nodelay(true), relay.set_nodelay(true));
    let (from_browser, to_browser) = browser.split();
    let (from_relay, to_relay) = relay.split();
    let up = pour(from_browser, to_relay, state.clone());
    let down = pour(from_relay, to_browser, state.clone());
    tokio::select! {
        _ = async { tokio::join!(up, down) } => {}
        _ = state.wait_for(|line| *line == Line::Cut) => {}
    }
}

/// One direction of a connection, until its end.
async fn pour(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut state: watch::Receiver<Line>,
) {
    let mut portion = vec![0; PORTION];
    while let Ok(length @ 1..) = from.read(&mut portion).await {
        let flows = state.wait_for(|line| *line != Line::Held).await.is_ok();
        if !flows || to.write_all(&portion[..length]).await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}
