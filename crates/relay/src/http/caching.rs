//! Who may keep which file for how long.

use axum::{
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};

use super::Incoming;

/// A file whose name contains its hash never changes.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// Everything else is asked for again each time (and answered 304 when unchanged), so that an update reaches everybody.
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

/// Fewest hex digits that count as a hash. Trunk writes 64-bit hashes without leading zeros; four zeros are one in 65,536.
const MIN_HASH_DIGITS: usize = 12;

/// Most hex digits that count as a hash: SHA-256.
const MAX_HASH_DIGITS: usize = 64;

/// Sets `Cache-Control` on what the file service answers.
pub(super) async fn set_cache_control(request: Incoming, next: Next) -> Response {
    let hashed = is_hashed(request.uri().path());
    let mut response = next.run(request).await;
    let found = matches!(
        response.status(),
        StatusCode::OK | StatusCode::PARTIAL_CONTENT | StatusCode::NOT_MODIFIED
    );
    let value = if hashed && found {
        IMMUTABLE
    } else {
        REVALIDATE
    };
    response.headers_mut().insert(header::CACHE_CONTROL, value);
    response
}

/// Whether a path names a file, or lies in a folder, with a hash in its name: `app-<hash>.js`, `app-<hash>_bg.wasm`,
/// `snippets/crate-<hash>/inline0.js`.
fn is_hashed(path: &str) -> bool {
    path.split('/').any(|part| {
        let stem = part.split('.').next().unwrap_or(part);
        let stem = stem.strip_suffix("_bg").unwrap_or(stem);
        stem.rsplit_once('-').is_some_and(|(name, hash)| {
            !name.is_empty()
                && (MIN_HASH_DIGITS..=MAX_HASH_DIGITS).contains(&hash.len())
                && hash
                    .bytes()
                    .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::is_hashed;

    #[test]
    fn only_names_with_a_hash_are_kept_for_ever() {
        for path in [
            "/discordopus-1f0c9be27a1d4e55.js",
            "/discordopus-1f0c9be27a1d4e55_bg.wasm",
            "/main-0c9be27a1d4e55.css",
            "/snippets/rexie-1f0c9be27a1d4e55/inline0.js",
        ] {
            assert!(is_hashed(path), "{path}");
        }
        for path in [
            "/",
            "/index.html",
            "/service-worker.js",
            "/manifest.webmanifest",
            "/config.json",
            "/icons/icon-512.png",
            "/apple-touch-icon.png",
            "/-1f0c9be27a1d4e55.js",
            "/app-1F0C9BE27A1D4E55.js",
        ] {
            assert!(!is_hashed(path), "{path}");
        }
    }
}
