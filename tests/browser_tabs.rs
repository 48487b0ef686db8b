//! The tab lock in a real browser: one holder, a clean hand-over, and force against a holder that does not answer.
#![cfg(all(target_arch = "wasm32", target_os = "unknown"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::cell::Cell;

use discordopus::browser::page::Feature;
use discordopus::browser::tab_lock::{Loss, TabLock};
use futures::{FutureExt, future};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

thread_local! {
    static NEXT: Cell<u32> = const { Cell::new(0) };
}

fn unused_name() -> String {
    let number = NEXT.replace(NEXT.get() + 1);
    format!("discordopus-test-lock-{number}")
}

async fn loss(lock: &mut TabLock) -> Loss {
    future::poll_fn(|context| lock.poll_loss(context)).await
}

#[wasm_bindgen_test]
fn this_browser_has_everything_the_app_needs() {
    assert_eq!(Feature::missing(), []);
}

#[wasm_bindgen_test]
async fn only_one_tab_gets_the_lock() {
    let name = unused_name();
    let first = TabLock::try_take(&name).await.unwrap();
    assert!(first.is_some());
    assert!(TabLock::try_take(&name).await.unwrap().is_none());
    drop(first);
    assert!(TabLock::try_take(&name).await.unwrap().is_some());
}

#[wasm_bindgen_test]
async fn a_refused_attempt_leaves_nothing_in_the_queue() {
    let name = unused_name();
    let first = TabLock::try_take(&name).await.unwrap().unwrap();
    assert!(TabLock::try_take(&name).await.unwrap().is_none());
    drop(first);
    // Were the refused attempt still waiting, it would have the lock now.
    let second = TabLock::try_take(&name).await.unwrap();
    assert!(second.is_some());
}

#[wasm_bindgen_test]
async fn a_tab_that_is_asked_hands_over_when_it_is_done() {
    let name = unused_name();
    let mut first = TabLock::try_take(&name).await.unwrap().unwrap();
    let done = Cell::new(false);
    let handing_over = async {
        assert_eq!(loss(&mut first).await, Loss::Asked);
        done.set(true);
        drop(first);
    };
    let taking_over = async {
        let lock = TabLock::take_over(&name).await.unwrap();
        assert!(done.get(), "the lock came before the first tab was done");
        lock
    };
    let ((), second) = future::join(handing_over, taking_over).await;
    assert!(TabLock::try_take(&name).await.unwrap().is_none());
    drop(second);
}

#[wasm_bindgen_test]
async fn a_tab_that_does_not_answer_loses_the_lock_and_hears_of_it() {
    let name = unused_name();
    let mut frozen = TabLock::try_take(&name).await.unwrap().unwrap();
    let _second = TabLock::take_over(&name).await.unwrap();
    // It was asked before.
    while loss(&mut frozen).await != Loss::Stolen {}
    // Letting go of what is lost takes nothing from the new holder.
    drop(frozen);
    assert!(TabLock::try_take(&name).await.unwrap().is_none());
}

#[wasm_bindgen_test]
async fn a_free_lock_is_taken_over_without_waiting_for_anybody() {
    let name = unused_name();
    let mut lock = TabLock::take_over(&name).await.unwrap();
    // Its own request is not one it has to answer.
    assert!(loss(&mut lock).now_or_never().is_none());
}
