//! Which STUN and TURN servers the deployment offers: its `config.json`, and the relay's own credentials for TURN.

use discordopus_core::io::{IceServer, Input};
use js_sys::{Array, JSON, Promise};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

use super::object::property;

/// The deployer's file beside the app: `{"iceServers": [{"urls": [...], "username": "...", "credential": "..."}]}`, as
/// `RTCConfiguration` has it.
const DEPLOYMENT: &str = "/config.json";
/// Where the relay hands out credentials: the same form, with `"lifetimeSeconds"` beside it.
const CREDENTIALS: &str = "/turn";
/// For how long an answer without credentials is believed, in seconds.
const DEFAULT_LIFETIME: u32 = 3_600;
/// Servers and addresses of each that are taken: more only slow the browser down.
const MAX_SERVERS: usize = 8;

/// Asks both. What can't be had is left out: without any server, calls within one network still work.
pub async fn fetch() -> Input {
    let (servers, lifetime) = offered().await;
    Input::IceServers {
        servers,
        lifetime_seconds: lifetime.unwrap_or(DEFAULT_LIFETIME),
    }
}

/// The servers, and for how many seconds their credentials are good.
pub async fn offered() -> (Vec<IceServer>, Option<u32>) {
    let (deployment, credentials) = futures::join!(get(DEPLOYMENT), get(CREDENTIALS));
    let lifetime = credentials.as_ref().and_then(lifetime_of);
    let mut servers = Vec::new();
    for answer in [deployment, credentials].iter().flatten() {
        servers.extend(servers_of(answer));
    }
    servers.truncate(MAX_SERVERS);
    (servers, lifetime)
}

#[wasm_bindgen]
extern "C" {
    // Of the page or of a worker, whichever runs this.
    #[wasm_bindgen(js_name = fetch)]
    fn fetch_file(address: &str) -> Promise;
}

async fn get(address: &str) -> Option<JsValue> {
    let response = JsFuture::from(fetch_file(address)).await.ok()?;
    let response = response.dyn_into::<Response>().ok()?;
    if !response.ok() {
        return None;
    }
    let text = JsFuture::from(response.text().ok()?).await.ok()?;
    JSON::parse(&text.as_string()?).ok()
}

fn lifetime_of(answer: &JsValue) -> Option<u32> {
    let seconds = property(answer, "lifetimeSeconds").as_f64()?;
    (seconds >= 1.0).then_some(seconds as u32)
}

fn servers_of(answer: &JsValue) -> Vec<IceServer> {
    let servers = property(answer, "iceServers");
    let Ok(servers) = servers.dyn_into::<Array>() else {
        return Vec::new();
    };
    servers
        .iter()
        .filter_map(|server| server_of(&server))
        .collect()
}

/// One server; its addresses may be one text or a list, as `RTCIceServer` has it.
fn server_of(server: &JsValue) -> Option<IceServer> {
    let urls = property(server, "urls");
    let urls = match urls.as_string() {
        Some(url) => vec![url],
        None => {
            let list = urls.dyn_into::<Array>().ok()?;
            list.iter().filter_map(|url| url.as_string()).collect()
        }
    };
    let text = |name| property(server, name).as_string().unwrap_or_default();
    (!urls.is_empty()).then(|| IceServer {
        urls,
        username: text("username"),
        credential: text("credential"),
    })
}
