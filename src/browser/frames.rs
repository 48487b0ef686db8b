//! How long a page is busy with drawing.

use core::pin::pin;

use discordopus_core::ids::Timestamp;
use futures::future::{self, Either};
use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{VisibilityState, window};

use super::clock;

/// How long a frame is waited for, in milliseconds: a window that is covered may draw none.
const PATIENCE: u64 = 100;

/// Waits until everything is drawn that was changed in this task, and says how many milliseconds the page was busy with
/// it. A page that can't be seen draws nothing.
pub async fn drawn() -> f64 {
    if !is_seen() {
        return 0.0;
    }
    let made = busy().await;
    let drawing = async {
        next_frame().await;
        busy().await
    };
    let late = clock::sleep_until(clock::now().plus(PATIENCE));
    match future::select(pin!(drawing), pin!(late)).await {
        Either::Left((took, _)) => made + took,
        Either::Right(((), _)) => made + PATIENCE as f64,
    }
}

fn is_seen() -> bool {
    let document = window().and_then(|window| window.document());
    document.is_some_and(|document| document.visibility_state() == VisibilityState::Visible)
}

/// How long it takes from now to the next task.
async fn busy() -> f64 {
    let began = now();
    clock::sleep_until(Timestamp(0)).await;
    now() - began
}

fn now() -> f64 {
    let performance = window().and_then(|window| window.performance());
    performance.map_or(0.0, |performance| performance.now())
}

/// Resolves while the next frame begins.
async fn next_frame() {
    let next = Promise::new(&mut |done, _| {
        if let Some(window) = window()
            && window.request_animation_frame(&done).is_err()
        {
            let _ = done.call0(&JsValue::UNDEFINED);
        }
    });
    let _ = JsFuture::from(next).await;
}
