//! Asks every server that this app would use whether it can be reached, for whoever wants to know what is wrong.

use discordopus_core::io::IceServer;

use crate::browser::checkup::{ask_relay, ask_server};
use crate::browser::{ice_servers, page};

pub use crate::browser::checkup::Answer;

/// What a server is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Messages.
    Relay,
    /// Finding out at which address this device can be reached.
    Stun,
    /// Passing calls on where no direct way leads through.
    Turn,
}

/// One server, and what came of asking it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is for.
    pub purpose: Purpose,
    /// Its address.
    pub address: String,
    /// Its answer.
    pub answer: Answer,
}

/// Asks the relay of this page, the servers that come with it, and a person's own; tells each as soon as it is known.
pub async fn check_connection(own: Vec<IceServer>, mut tell: impl FnMut(Finding)) {
    if let Ok(config) = page::config() {
        for address in config.relays {
            let answer = ask_relay(&address).await;
            tell(Finding {
                purpose: Purpose::Relay,
                address,
                answer,
            });
        }
    }
    let (offered, _) = ice_servers::offered().await;
    for server in offered.into_iter().chain(own) {
        // Each of its addresses alone: one that works must not hide another that doesn't.
        for address in server.urls {
            let server = IceServer {
                urls: vec![address.clone()],
                username: server.username.clone(),
                credential: server.credential.clone(),
            };
            let answer = ask_server(&server).await;
            tell(Finding {
                purpose: if address.starts_with("turn") {
                    Purpose::Turn
                } else {
                    Purpose::Stun
                },
                address,
                answer,
            });
        }
    }
}

/// How much of the browser's storage is used and may be, in bytes, and whether it may be thrown away.
pub async fn storage_state() -> (Option<(f64, f64)>, bool) {
    use crate::browser::storage::{is_persistent, usage};
    let usage = usage().await.map(|usage| (usage.used, usage.quota));
    (usage, is_persistent().await)
}

/// Asks the browser not to throw away what is stored; what it answers.
pub async fn ask_to_keep_storage() -> bool {
    crate::browser::storage::request_persistence().await
}
