//! The security headers every answer carries.

use std::{path::Path, sync::Arc};

use axum::{
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, Uri, header, uri::Authority},
    middleware::Next,
    response::Response,
};

use super::{Incoming, inline_scripts};

/// Longest host name and port DNS and TCP allow, with room to spare.
const MAX_HOST_BYTES: usize = 262;

/// Used when the policy cannot be written as a header, which no accepted input leads to.
const NOTHING_ALLOWED: HeaderValue = HeaderValue::from_static("default-src 'none'");

/// Powers the page does not use are switched off by name; only its microphone is left on.
const PERMISSIONS: &str = "accelerometer=(), autoplay=(self), camera=(), \
     display-capture=(), fullscreen=(self), geolocation=(), gyroscope=(), hid=(), magnetometer=(), microphone=(self), \
     midi=(), payment=(), publickey-credentials-get=(), serial=(), usb=(), xr-spatial-tracking=()";

/// What the served page may do: its inline scripts and the relays it may connect to.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    /// `script-src` after `'self'`.
    scripts: String,
    /// `connect-src` after `'self'`.
    relays: String,
}

/// A relay address that cannot be put into the policy.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0:?} is not a relay address: expected ws://host, wss://host, with a port if needed and without a path"
)]
pub struct AllowedRelayError(String);

impl Policy {
    /// Reads `index.html` in `dist` for its inline scripts and checks the further relays.
    pub(crate) fn new(
        dist: Option<&Path>,
        allowed_relays: &[String],
    ) -> Result<Self, AllowedRelayError> {
        // A folder without an index gets a policy without inline scripts; serving it will say 404.
        let html = dist
            .and_then(|dist| std::fs::read_to_string(dist.join("index.html")).ok())
            .unwrap_or_default();
        let mut scripts = String::new();
        for source in inline_scripts::sources(&html) {
            scripts.push(' ');
            scripts.push_str(&source);
        }
        let mut relays = String::new();
        for relay in allowed_relays {
            relays.push(' ');
            relays.push_str(&relay_origin(relay)?);
        }
        Ok(Self { scripts, relays })
    }

    /// The whole policy for a page reached under `host`. The host is repeated for WebSockets because not every browser
    /// counts `ws:` on the same host as `'self'`.
    fn content_security(&self, host: Option<&str>) -> String {
        let own = host
            .map(|host| format!(" ws://{host} wss://{host}"))
            .unwrap_or_default();
        let Self { scripts, relays } = self;
        format!(
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{scripts}; style-src 'self'; \
             img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self'; connect-src 'self'{own}{relays}; \
             manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
    }
}

/// Puts the headers on an answer.
pub(super) async fn set_headers(
    State(policy): State<Arc<Policy>>,
    request: Incoming,
    next: Next,
) -> Response {
    let csp = policy.content_security(host(request.uri(), request.headers()).as_deref());
    let csp = HeaderValue::from_str(&csp).unwrap_or(NOTHING_ALLOWED);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, csp);
    for (name, value) in [
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// The host the client asked for, if it is nothing but a host: it goes into a header where a blank or a semicolon would
/// change the policy.
fn host(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let host = match uri.authority() {
        Some(authority) => authority.as_str(),
        None => headers.get(header::HOST)?.to_str().ok()?,
    };
    is_host(host).then(|| host.to_owned())
}

/// Whether a text is a host, with a port or without, and nothing else.
pub(crate) fn is_host(host: &str) -> bool {
    !host.is_empty()
        && host.len() <= MAX_HOST_BYTES
        && host.bytes().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']')
        })
        && host.parse::<Authority>().is_ok()
}

fn relay_origin(relay: &str) -> Result<String, AllowedRelayError> {
    let trimmed = relay.strip_suffix('/').unwrap_or(relay);
    let host = trimmed
        .strip_prefix("wss://")
        .or_else(|| trimmed.strip_prefix("ws://"));
    match host {
        Some(host) if is_host(host) => Ok(trimmed.to_owned()),
        _ => Err(AllowedRelayError(relay.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_could_change_the_policy_is_left_out() {
        for host in [
            "example.org",
            "example.org:8443",
            "127.0.0.1:8080",
            "[::1]:8080",
            "localhost",
        ] {
            assert!(is_host(host), "{host}");
        }
        for host in [
            "",
            "a b",
            "a;script-src *",
            "a,b",
            "a'b",
            "*",
            "*.example.org",
            "user@host",
            "a/b",
            "a\nb",
            "[::1",
            "ä",
        ] {
            assert!(!is_host(host), "{host}");
        }
        assert!(!is_host(&"a".repeat(300)));
    }

    #[test]
    fn allowed_relays_are_origins_and_nothing_more() {
        for relay in [
            "wss://relay.example",
            "ws://127.0.0.1:1883",
            "wss://relay.example/",
        ] {
            assert!(relay_origin(relay).is_ok(), "{relay}");
        }
        for relay in [
            "relay.example",
            "https://relay.example",
            "wss://",
            "wss://a b",
            "wss://a; script-src *",
            "wss://*",
            "wss://relay.example/mqtt",
        ] {
            assert!(relay_origin(relay).is_err(), "{relay}");
        }
    }

    #[test]
    fn the_policy_names_own_host_and_allowed_relays_only() {
        let policy = Policy::new(None, &["wss://other.example".to_owned()]).expect("valid");
        let csp = policy.content_security(Some("here.example:8080"));
        assert!(csp.contains(
            "connect-src 'self' ws://here.example:8080 wss://here.example:8080 wss://other.example;"
        ));
        assert!(
            policy
                .content_security(None)
                .contains("connect-src 'self' wss://other.example;")
        );
    }
}
