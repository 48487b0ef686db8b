//! What a thrown value means, in the words of the core.

use discordopus_core::store::StoreError;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::DomException;

/// What an exception of the storage means. Only its name counts; its text differs between browsers and is not logged.
#[must_use]
pub fn storage_error(thrown: &JsValue) -> StoreError {
    thrown
        .dyn_ref::<DomException>()
        .map_or(StoreError::Failed, |exception| {
            storage_error_named(&exception.name())
        })
}

fn storage_error_named(name: &str) -> StoreError {
    match name {
        "QuotaExceededError" => StoreError::Full,
        "VersionError" => StoreError::TooNew,
        // The connection is closing or closed; a transaction that it had open was aborted.
        "InvalidStateError" | "AbortError" | "TransactionInactiveError" => StoreError::Closed,
        "SecurityError" | "NotAllowedError" => StoreError::Blocked,
        _ => StoreError::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_and_a_newer_version_are_told_apart_from_other_failures() {
        assert_eq!(storage_error_named("QuotaExceededError"), StoreError::Full);
        assert_eq!(storage_error_named("VersionError"), StoreError::TooNew);
        assert_eq!(storage_error_named("InvalidStateError"), StoreError::Closed);
        assert_eq!(storage_error_named("SecurityError"), StoreError::Blocked);
        assert_eq!(storage_error_named("DataError"), StoreError::Failed);
    }
}
