//! What a page can say and ask of the storage as a whole: whether there is any, how much of it, and whether the browser
//! may throw it away.

use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{StorageEstimate, StorageManager};

/// How much of the browser's storage is used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usage {
    /// Bytes used by this origin, as the browser estimates them.
    pub used: f64,
    /// Bytes it may use.
    pub quota: f64,
}

/// Whether this browser keeps nothing of the app yet. `false` where it doesn't say.
pub async fn is_untouched() -> bool {
    let Ok(factory) = Reflect::get(&js_sys::global(), &"indexedDB".into()) else {
        return false;
    };
    let listed = Reflect::get(&factory, &"databases".into())
        .and_then(JsCast::dyn_into::<Function>)
        .and_then(|databases| databases.call0(&factory))
        .and_then(JsCast::dyn_into::<Promise>);
    let Ok(promise) = listed else {
        return false;
    };
    JsFuture::from(promise)
        .await
        .and_then(JsCast::dyn_into::<Array>)
        .is_ok_and(|databases| databases.length() == 0)
}

/// Asks the browser not to throw the storage away when space runs short. Some browsers ask the person, so this is called
/// when there is something to lose. `false` when it refuses or doesn't know the question.
pub async fn request_persistence() -> bool {
    match storage_manager().map(|storage| storage.persist()) {
        Some(Ok(promise)) => JsFuture::from(promise)
            .await
            .is_ok_and(|answer| answer.is_truthy()),
        _ => false,
    }
}

/// Whether the browser keeps the storage when space runs short.
pub async fn is_persistent() -> bool {
    match storage_manager().map(|storage| storage.persisted()) {
        Some(Ok(promise)) => JsFuture::from(promise)
            .await
            .is_ok_and(|answer| answer.is_truthy()),
        _ => false,
    }
}

/// How much is used, if the browser says so.
pub async fn usage() -> Option<Usage> {
    let promise = storage_manager()?.estimate().ok()?;
    let estimate: StorageEstimate = JsFuture::from(promise).await.ok()?.unchecked_into();
    Some(Usage {
        used: estimate.get_usage()?,
        quota: estimate.get_quota()?,
    })
}

fn storage_manager() -> Option<StorageManager> {
    let storage = web_sys::window()?.navigator().storage();
    // Absent from pages that are not secure.
    storage.is_object().then_some(storage)
}
