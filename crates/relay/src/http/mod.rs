//! The HTTP side: the built app, `/healthz`, `/turn`, and the door to `/mqtt`, all with the same security headers.

mod caching;
mod inline_scripts;
mod security;
mod turn;

use std::{
    net::{IpAddr, SocketAddr},
    path::Path,
    sync::Arc,
};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, State, WebSocketUpgrade, ws::rejection::WebSocketUpgradeRejection},
    http::{HeaderMap, Request, StatusCode, header},
    middleware,
    response::{IntoResponse as _, Response},
    routing::get,
};
use tower_http::services::ServeDir;

pub use security::AllowedRelayError;
pub(crate) use security::{Policy, is_host};
pub(crate) use turn::TurnDesk;

use crate::{
    admission::Admission,
    mqtt::{self, SUBPROTOCOL},
};

/// Frames may carry several packets; twice the packet limit lets the codec see an oversized packet and say so in MQTT's
/// own words, while a frame beyond it is refused before it is buffered.
const PACKETS_PER_FRAME: usize = 2;

/// What the routes share.
#[derive(Clone)]
pub(crate) struct Doorway {
    pub(crate) context: mqtt::Context,
    pub(crate) admission: Arc<Admission>,
    pub(crate) behind_proxy: bool,
    pub(crate) turn: Option<Arc<TurnDesk>>,
    pub(crate) open: tokio::sync::mpsc::Sender<()>,
}

/// All routes.
pub(crate) fn router(doorway: Doorway, dist: Option<&Path>, policy: Policy) -> Router {
    let routes = Router::new()
        .route("/mqtt", get(upgrade))
        .route("/healthz", get(health))
        .route("/turn", get(credentials))
        .with_state(doorway);
    let routes = match dist {
        Some(dist) => routes.fallback_service(
            tower::ServiceBuilder::new()
                .layer(middleware::from_fn(caching::set_cache_control))
                .service(
                    ServeDir::new(dist)
                        .precompressed_br()
                        .precompressed_gzip()
                        .redirect_to_trailing_slash(false),
                ),
        ),
        None => routes,
    };
    routes.layer(middleware::from_fn_with_state(
        Arc::new(policy),
        security::set_headers,
    ))
}

async fn health(State(doorway): State<Doorway>) -> Response {
    let (sessions, bytes, counts) = doorway.context.broker.load();
    let (status, word) = if doorway.context.broker.store_failed() {
        (StatusCode::SERVICE_UNAVAILABLE, "store failed")
    } else {
        (StatusCode::OK, "ok")
    };
    // Bare numbers: nothing here tells who or what.
    let body = format!(
        concat!(
            r#"{{"status":"{}","version":"{}","connections":{},"sessions":{},"queued_bytes":{},"#,
            r#""published":{},"dropped":{},"expired":{}}}"#
        ),
        word,
        env!("CARGO_PKG_VERSION"),
        doorway.admission.open(),
        sessions,
        bytes,
        counts.published,
        counts.dropped,
        counts.expired,
    );
    (
        status,
        [
            (header::CONTENT_TYPE, "application/json"),
            (header::CACHE_CONTROL, "no-store"),
        ],
        body,
    )
        .into_response()
}

async fn upgrade(
    State(doorway): State<Doorway>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade.protocols([SUBPROTOCOL]),
        Err(rejection) => return rejection.into_response(),
    };
    if upgrade.selected_protocol().is_none() {
        return (
            StatusCode::BAD_REQUEST,
            "the WebSocket subprotocol must be mqtt",
        )
            .into_response();
    }
    let address = doorway.address_of(peer, &headers);
    let Some(admitted) = doorway.admission.admit(address) else {
        return (StatusCode::TOO_MANY_REQUESTS, "too many connections").into_response();
    };
    let frame_limit = usize::try_from(doorway.context.limits.max_packet_bytes)
        .unwrap_or(usize::MAX)
        .saturating_mul(PACKETS_PER_FRAME);
    upgrade
        .max_message_size(frame_limit)
        .max_frame_size(frame_limit)
        .on_upgrade(move |socket| async move {
            mqtt::serve(socket, doorway.context).await;
            drop(admitted);
            drop(doorway.open);
        })
}

async fn credentials(
    State(doorway): State<Doorway>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    match &doorway.turn {
        Some(desk) => desk.answer(doorway.address_of(peer, &headers)),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

impl Doorway {
    /// Whose request this is.
    fn address_of(&self, peer: SocketAddr, headers: &HeaderMap) -> IpAddr {
        if self.behind_proxy {
            forwarded_for(headers).unwrap_or(peer.ip())
        } else {
            peer.ip()
        }
    }
}

/// The address the nearest proxy saw: the last entry, since only that one is not the client's own word.
fn forwarded_for(headers: &HeaderMap) -> Option<IpAddr> {
    headers
        .get_all("x-forwarded-for")
        .iter()
        .next_back()?
        .to_str()
        .ok()?
        .rsplit(',')
        .next()?
        .trim()
        .parse()
        .ok()
}

/// What middleware passes on.
type Incoming = Request<Body>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_nearest_proxys_word_about_the_address_counts() {
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", "203.0.113.9".parse().expect("value"));
        headers.append(
            "x-forwarded-for",
            "203.0.113.9, 198.51.100.4".parse().expect("value"),
        );
        assert_eq!(forwarded_for(&headers), "198.51.100.4".parse().ok());
        headers.insert("x-forwarded-for", "unknown".parse().expect("value"));
        assert_eq!(forwarded_for(&headers), None);
    }
}
