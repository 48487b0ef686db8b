//! Time-limited credentials for a TURN server, by the scheme that coturn calls its REST API (`use-auth-secret`).
//!
//! The relay and the TURN server share a secret. A user name is "expiry:random", the moment until which it is good in
//! seconds since the Unix epoch; its password is the base64 of HMAC-SHA1 over the user name, keyed with the secret. So
//! the TURN server can check both without asking anybody, and nobody has an account. (draft-uberti-behave-turn-rest-00)

use std::{fmt, time::Duration};

use base64::{Engine as _, prelude::*};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

use crate::{clock::Timestamp, http::is_host};

/// How long credentials are good: longer than nearly any call, so that mending a connection in it needs no new ones, and
/// over by the next day, when they have passed through other hands.
pub const TURN_LIFETIME: Duration = Duration::from_secs(6 * 60 * 60);

/// Random bytes in a user name: two never meet, so that a TURN server can hold a quota against each.
const USER_BYTES: usize = 12;

/// The TURN servers of a deployment, and the secret it shares with them.
#[derive(Clone, PartialEq, Eq)]
pub struct Turn {
    /// `static-auth-secret` of the TURN servers.
    pub secret: String,
    /// Where they are: `turn:host:3478?transport=udp`, `turns:host:5349`, `stun:host`.
    pub urls: Vec<String>,
    /// See [`TURN_LIFETIME`].
    pub lifetime: Duration,
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The secret is left out: what is debugged may be logged.
        f.debug_struct("Turn")
            .field("urls", &self.urls)
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}

/// Why credentials cannot be handed out.
#[derive(Debug, thiserror::Error)]
pub enum TurnError {
    /// An address that browsers would refuse, and with it the whole call.
    #[error(
        "{0:?} is not an address of a TURN server: expected turn:host, turns:host or stun:host, with a port if needed, \
         and for TURN with ?transport=udp or ?transport=tcp if needed"
    )]
    Url(String),
    /// Anybody could make credentials.
    #[error("the TURN secret is empty")]
    EmptySecret,
    /// Credentials without a server are of no use.
    #[error("a TURN secret was given, but no address of a TURN server")]
    NoUrl,
}

impl Turn {
    /// Checks what a deployer wrote.
    pub(crate) fn check(&self) -> Result<(), TurnError> {
        if self.secret.is_empty() {
            return Err(TurnError::EmptySecret);
        }
        if self.urls.is_empty() {
            return Err(TurnError::NoUrl);
        }
        match self.urls.iter().find(|url| !is_turn_url(url)) {
            Some(url) => Err(TurnError::Url(url.clone())),
            None => Ok(()),
        }
    }

    /// Fresh credentials, as the JSON that the app reads. `None` when there is no randomness to be had.
    pub(crate) fn credentials(&self, now: Timestamp) -> Option<String> {
        let mut random = [0; USER_BYTES];
        getrandom::fill(&mut random).ok()?;
        let expiry = now.after(self.lifetime).0 / 1_000;
        let username = format!("{expiry}:{}", BASE64_URL_SAFE_NO_PAD.encode(random));
        let credential = password(&self.secret, &username)?;
        let urls = self.urls.join(r#"",""#);
        // Nothing here can hold a quotation mark or a backslash: the addresses were checked, the rest is base64.
        Some(format!(
            r#"{{"iceServers":[{{"urls":["{urls}"],"username":"{username}","credential":"{credential}"}}],"lifetimeSeconds":{}}}"#,
            self.lifetime.as_secs()
        ))
    }
}

/// The password that belongs to a user name.
fn password(secret: &str, username: &str) -> Option<String> {
    // HMAC takes keys of every length; the type only cannot say so.
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(username.as_bytes());
    Some(BASE64_STANDARD.encode(mac.finalize().into_bytes()))
}

/// Whether a browser takes this address (RFC 7064, RFC 7065). A list with one that it does not take is refused whole.
fn is_turn_url(url: &str) -> bool {
    let (scheme, rest) = url.split_once(':').unwrap_or_default();
    let (host, query) = match rest.split_once('?') {
        Some((host, query)) => (host, Some(query)),
        None => (rest, None),
    };
    let query_fits = match query {
        None => true,
        Some("transport=udp" | "transport=tcp") => scheme != "stun" && scheme != "stuns",
        Some(_) => false,
    };
    matches!(scheme, "turn" | "turns" | "stun" | "stuns") && query_fits && is_host(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(secret: &str, urls: &[&str]) -> Turn {
        Turn {
            secret: secret.to_owned(),
            urls: urls.iter().map(|&url| url.to_owned()).collect(),
            lifetime: TURN_LIFETIME,
        }
    }

    #[test]
    fn a_password_is_the_one_a_turn_server_computes() {
        // printf 1433895918:xyz | openssl dgst -sha1 -hmac my_secret -binary | base64
        assert_eq!(
            password("my_secret", "1433895918:xyz").as_deref(),
            Some("75IfiMRUTHm156GUAc1agjhXGBM=")
        );
    }

    #[test]
    fn only_addresses_that_browsers_take_are_handed_out() {
        for url in [
            "turn:turn.example.org",
            "turn:turn.example.org:3478",
            "turn:turn.example.org:3478?transport=udp",
            "turns:[2001:db8::1]:5349?transport=tcp",
            "stun:192.0.2.1:3478",
        ] {
            assert!(turn("s", &[url]).check().is_ok(), "{url}");
        }
        for url in [
            "",
            "turn:",
            "turn.example.org",
            "https://turn.example.org",
            "turn://turn.example.org",
            "turn:turn.example.org?transport=sctp",
            "turn:turn.example.org?x=1",
            "stun:turn.example.org?transport=udp",
            "turn:a\",\"b",
            "turn:user@host",
        ] {
            let refused = turn("s", &["stun:good.example", url]).check();
            assert!(
                matches!(&refused, Err(TurnError::Url(named)) if named == url),
                "{url}: {refused:?}"
            );
        }
    }

    #[test]
    fn a_secret_without_a_server_and_an_empty_secret_are_refused() {
        assert!(matches!(turn("s", &[]).check(), Err(TurnError::NoUrl)));
        assert!(matches!(
            turn("", &["turn:host"]).check(),
            Err(TurnError::EmptySecret)
        ));
    }

    #[test]
    fn the_secret_is_in_no_debug_output() {
        let shown = format!("{:?}", turn("hush-hush", &["turn:host"]));
        assert!(
            shown.contains("turn:host") && !shown.contains("hush"),
            "{shown}"
        );
    }
}
