//! Exactly one tab of a browser profile runs the client: a Web Lock held for as long as it does.
//!
//! A second tab asks for the lock over a BroadcastChannel; the first one finishes what it is doing and lets go. One that
//! doesn't answer in time (frozen, crashed) loses the lock by force. It may wake up later and not know yet: the storage
//! keeps its own mark of who may write.

use core::cell::RefCell;
use core::task::{Context, Poll};

use futures::channel::{mpsc, oneshot};
use futures::future::{self, Either};
use futures::{FutureExt, StreamExt};
use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AbortController, BroadcastChannel};

use super::clock;
use super::listener::Listener;

/// The lock's name, and the channel's.
pub const NAME: &str = "discordopus";

/// A page that is being reloaded holds its lock for a moment longer.
const GRACE_MILLIS: u64 = 500;
/// How long a tab that runs the client has to finish before the lock is taken from it.
const HAND_OVER_MILLIS: u64 = 3_000;
/// What a tab says that wants the lock.
const REQUEST: &str = "hand over";

/// The browser refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the browser refused the tab lock")]
pub struct LockError;

/// Why a tab has to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// Another tab asks for the lock: finish, then drop it.
    Asked,
    /// Another tab has taken it: stop at once.
    Stolen,
}

/// The lock. Let go when dropped.
pub struct TabLock {
    /// Resolves the promise that the lock lives as long as.
    release: Function,
    stolen: oneshot::Receiver<()>,
    asked: mpsc::UnboundedReceiver<()>,
    channel: BroadcastChannel,
    _on_message: Listener,
}

impl TabLock {
    /// Takes the lock if no other tab has it.
    ///
    /// # Errors
    /// [`LockError`] when the browser won't give locks at all.
    pub async fn try_take(name: &str) -> Result<Option<Self>, LockError> {
        request_within(name, GRACE_MILLIS).await
    }

    /// Takes the lock from whichever tab has it, with its consent or without.
    ///
    /// # Errors
    /// [`LockError`] when the browser won't give locks at all.
    pub async fn take_over(name: &str) -> Result<Self, LockError> {
        let channel = BroadcastChannel::new(name).map_err(|_| LockError)?;
        let asked = channel.post_message(&REQUEST.into());
        let given = request_within(name, HAND_OVER_MILLIS).await;
        channel.close();
        asked.map_err(|_| LockError)?;
        match given? {
            Some(lock) => Ok(lock),
            None => {
                let steal = Object::new();
                let _ = Reflect::set(&steal, &"steal".into(), &JsValue::TRUE);
                request(name, &steal)?.await
            }
        }
    }

    /// Tells when this tab has to stop. Nothing that is said after a theft counts.
    pub fn poll_loss(&mut self, context: &mut Context<'_>) -> Poll<Loss> {
        if self.stolen.poll_unpin(context).is_ready() {
            return Poll::Ready(Loss::Stolen);
        }
        match self.asked.poll_next_unpin(context) {
            Poll::Ready(Some(())) => Poll::Ready(Loss::Asked),
            // The channel's end has no other cause than that of the lock, which is told above.
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}

impl Drop for TabLock {
    fn drop(&mut self) {
        self.channel.close();
        let _ = self.release.call0(&JsValue::UNDEFINED);
    }
}

/// Waits for the lock, but no longer than this.
async fn request_within(name: &str, millis: u64) -> Result<Option<TabLock>, LockError> {
    let abort = AbortController::new().map_err(|_| LockError)?;
    let options = Object::new();
    let _ = Reflect::set(&options, &"signal".into(), &abort.signal());
    let granted = request(name, &options)?;
    let timeout = clock::sleep_until(clock::now().plus(millis));
    match future::select(Box::pin(granted), Box::pin(timeout)).await {
        Either::Left((granted, _)) => granted.map(Some),
        Either::Right(((), granted)) => {
            // Granted at the last moment counts; otherwise nothing may stay in the queue.
            let granted = granted.now_or_never();
            abort.abort();
            granted.transpose()
        }
    }
}

/// `navigator.locks.request(name, options, callback)`: web-sys has it among its unstable parts.
fn request(
    name: &str,
    options: &Object,
) -> Result<impl Future<Output = Result<TabLock, LockError>> + use<>, LockError> {
    let channel = BroadcastChannel::new(name).map_err(|_| LockError)?;
    let (grant, granted) = oneshot::channel::<Function>();
    let grant = RefCell::new(Some(grant));
    let callback = Closure::<dyn FnMut(JsValue) -> JsValue>::new(move |_lock: JsValue| {
        // The lock lives as long as this promise. If nobody waits any more, it is let go at once.
        let mut resolver = None;
        let held = Promise::new(&mut |resolve, _| resolver = Some(resolve));
        let given = match (grant.borrow_mut().take(), resolver) {
            (Some(grant), Some(release)) => grant.send(release).is_ok(),
            _ => false,
        };
        if given {
            held.into()
        } else {
            JsValue::UNDEFINED
        }
    });
    let navigator = Reflect::get(&js_sys::global(), &"navigator".into()).map_err(|_| LockError)?;
    let locks = Reflect::get(&navigator, &"locks".into()).map_err(|_| LockError)?;
    let promise: Promise = Reflect::get(&locks, &"request".into())
        .and_then(JsCast::dyn_into::<Function>)
        .and_then(|method| method.call3(&locks, &name.into(), options, callback.as_ref()))
        .and_then(JsCast::dyn_into)
        .map_err(|_| LockError)?;

    // Settles when the lock ends: fulfilled when we let go, rejected when it was stolen or never granted.
    let (ended, stolen) = oneshot::channel();
    spawn_local(async move {
        let outcome = JsFuture::from(promise).await;
        drop(callback);
        if outcome.is_err() {
            let _ = ended.send(());
        }
    });
    Ok(async move {
        let release = granted.await.map_err(|_| LockError)?;
        let (ask, asked) = mpsc::unbounded();
        let on_message = Listener::new(&channel, "message", move |_| {
            let _ = ask.unbounded_send(());
        });
        Ok(TabLock {
            release,
            stolen,
            asked,
            channel,
            _on_message: on_message,
        })
    })
}
