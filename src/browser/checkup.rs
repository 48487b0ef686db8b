//! Whether the servers that calls and messages need can be reached from here.

use core::cell::RefCell;
use core::pin::pin;
use std::rc::Rc;

use discordopus_core::ids::MILLIS_PER_SECOND;
use discordopus_core::io::IceServer;
use futures::channel::oneshot;
use futures::future::{Either, select};
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Event, RtcConfiguration, RtcIceServer, RtcIceTransportPolicy, RtcPeerConnection,
    RtcPeerConnectionIceEvent, WebSocket,
};

use super::clock;
use super::listener::Listener;
use super::object::property;

/// How long a server may take to answer, in milliseconds.
const PATIENCE: u64 = 10 * MILLIS_PER_SECOND;

/// What came of asking a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It does what it is for.
    Works,
    /// It answered that the login is wrong.
    LoginRefused,
    /// Nothing came back.
    Silent,
}

/// Whether the relay at this address accepts a connection.
pub async fn ask_relay(url: &str) -> Answer {
    let Ok(socket) = WebSocket::new_with_str(url, "mqtt") else {
        return Answer::Silent;
    };
    let (done, opened) = oneshot::channel();
    let done = Rc::new(RefCell::new(Some(done)));
    let finish = |works| {
        let done = Rc::clone(&done);
        move |_: Event| {
            if let Some(done) = done.borrow_mut().take() {
                let _ = done.send(works);
            }
        }
    };
    let _listeners = [
        Listener::new(&socket, "open", finish(true)),
        Listener::new(&socket, "close", finish(false)),
    ];
    let works = within_patience(opened).await == Some(true);
    let _ = socket.close();
    if works { Answer::Works } else { Answer::Silent }
}

/// Whether this STUN or TURN server finds an address at which this device can be reached.
pub async fn ask_server(server: &IceServer) -> Answer {
    gather(server).await.unwrap_or(Answer::Silent)
}

async fn gather(server: &IceServer) -> Option<Answer> {
    let relays = server.urls.iter().any(|url| url.starts_with("turn"));
    let configuration = RtcConfiguration::new();
    let wanted = RtcIceServer::new();
    let urls: Array = server.urls.iter().map(JsValue::from).collect();
    wanted.set_urls(&urls);
    if !server.username.is_empty() {
        wanted.set_username(&server.username);
        wanted.set_credential(&server.credential);
    }
    configuration.set_ice_servers(&Array::of1(&wanted));
    if relays {
        configuration.set_ice_transport_policy(RtcIceTransportPolicy::Relay);
    }
    let peer = RtcPeerConnection::new_with_configuration(&configuration).ok()?;
    let (done, answered) = oneshot::channel();
    let done = Rc::new(RefCell::new(Some(done)));
    let tell = move |answer| {
        if let Some(done) = done.borrow_mut().take() {
            let _ = done.send(answer);
        }
    };
    let found = {
        let tell = tell.clone();
        let wanted = if relays { "typ relay" } else { "typ srflx" };
        Listener::new(&peer, "icecandidate", move |event| {
            let event: RtcPeerConnectionIceEvent = event.unchecked_into();
            match event.candidate() {
                Some(found) if found.candidate().contains(wanted) => tell(Answer::Works),
                Some(_) => {}
                // All there is was found.
                None => tell(Answer::Silent),
            }
        })
    };
    let failed = Listener::new(&peer, "icecandidateerror", move |event| {
        // 401 as in HTTP; other errors name one of several ways to the server.
        if property(&event, "errorCode").as_f64() == Some(401.0) {
            tell(Answer::LoginRefused);
        }
    });
    peer.create_data_channel("checkup");
    let offer = JsFuture::from(peer.create_offer()).await.ok()?;
    JsFuture::from(peer.set_local_description(offer.unchecked_ref()))
        .await
        .ok()?;
    let answer = within_patience(answered).await;
    drop((found, failed));
    peer.close();
    answer
}

async fn within_patience<T>(answer: oneshot::Receiver<T>) -> Option<T> {
    let patience = pin!(clock::sleep_until(clock::now().plus(PATIENCE)));
    match select(answer, patience).await {
        Either::Left((answer, _)) => answer.ok(),
        Either::Right(_) => None,
    }
}
