//! The device's clock and its timers.

use discordopus_core::ids::{MILLIS_PER_HOUR, Timestamp};
use futures::channel::oneshot;
use js_sys::Function;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

/// The longest time that is waited at once. Browsers overflow above 24 days and stop counting while the machine sleeps;
/// whoever waits looks again.
const LONGEST_WAIT: u64 = MILLIS_PER_HOUR;

/// Now, as the device's clock tells it.
#[must_use]
pub fn now() -> Timestamp {
    // Positive and far below 2^53 for any date that a device can show.
    Timestamp(js_sys::Date::now().max(0.0) as u64)
}

#[wasm_bindgen]
extern "C" {
    // Of the page or of a worker, whichever runs this.
    #[wasm_bindgen(js_name = setTimeout, catch)]
    fn set_timeout(callback: &Function, millis: i32) -> Result<i32, JsValue>;

    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(handle: i32);
}

/// A timer that is cancelled when dropped.
pub struct Timer {
    handle: Option<i32>,
    _callback: Closure<dyn FnMut()>,
}

impl Timer {
    /// Calls back once at this time, or earlier when it is far away.
    pub fn at(time: Timestamp, callback: impl FnOnce() + 'static) -> Self {
        let callback = Closure::once(callback);
        let millis = time.since(now()).min(LONGEST_WAIT) as i32;
        let handle = set_timeout(callback.as_ref().unchecked_ref(), millis).ok();
        Self {
            handle,
            _callback: callback,
        }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some(handle) = self.handle {
            clear_timeout(handle);
        }
    }
}

/// Waits until this time, or a shorter while when it is far away.
pub async fn sleep_until(time: Timestamp) {
    let (sender, receiver) = oneshot::channel();
    let _timer = Timer::at(time, move || {
        let _ = sender.send(());
    });
    // The sender lives in the timer, so this can't be cancelled.
    let _ = receiver.await;
}
