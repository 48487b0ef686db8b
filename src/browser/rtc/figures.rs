//! What the browser measures on a connection (W3C "Identifiers for WebRTC's Statistics API").

use discordopus_core::io::Figures;
use js_sys::{Array, Function};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::RtcPeerConnection;

use super::link::Link;
use crate::browser::object::property;

/// The figures of this moment; `None` when the browser tells none.
pub(super) async fn measure(peer: &RtcPeerConnection) -> Option<Figures> {
    let report = JsFuture::from(peer.get_stats()).await.ok()?;
    let entries = entries(&report)?;
    let named = |name: &str| {
        entries
            .iter()
            .find(|entry| text(entry, "id").is_some_and(|id| id == name))
    };
    let of_kind = |kind: &'static str| {
        let entries = entries.iter();
        entries.filter(move |entry| text(entry, "type").is_some_and(|it| it == kind))
    };
    let mut figures = Figures::default();
    for sound in of_kind("inbound-rtp") {
        let count = |name| number(sound, name).unwrap_or(0.0).max(0.0) as u64;
        figures.packets_received += count("packetsReceived");
        figures.packets_lost += count("packetsLost");
        figures.samples += count("totalSamplesReceived");
        let silent = count("silentConcealedSamples");
        figures.concealed += count("concealedSamples").saturating_sub(silent);
        figures.jitter = millis(number(sound, "jitter")).unwrap_or(0);
    }
    let pair = of_kind("transport")
        .find_map(|transport| named(&text(transport, "selectedCandidatePairId")?))
        // Where there are no transports in the report, pairs say themselves that they are in use.
        .or_else(|| of_kind("candidate-pair").find(|pair| is_true(pair, "selected")));
    if let Some(pair) = pair {
        figures.round_trip = millis(number(pair, "currentRoundTripTime"));
        figures.bytes_sent = number(pair, "bytesSent").unwrap_or(0.0) as u64;
        figures.bytes_received = number(pair, "bytesReceived").unwrap_or(0.0) as u64;
        let is_relay = |end| {
            let candidate = text(pair, end).and_then(|id| named(&id).cloned());
            candidate.map(|it| text(&it, "candidateType").as_deref() == Some("relay"))
        };
        figures.relayed = match (is_relay("localCandidateId"), is_relay("remoteCandidateId")) {
            (None, None) => None,
            (one, other) => Some(one == Some(true) || other == Some(true)),
        };
    }
    Some(figures)
}

/// How loud the other side is played, between 0 and 1; `None` while nothing of it has come.
pub(super) async fn loudness(link: &Link) -> Option<f64> {
    let mut loudest: Option<f64> = None;
    for transceiver in link.transceivers() {
        // A receiver's own report is a small one.
        let report = JsFuture::from(transceiver.receiver().get_stats())
            .await
            .ok()?;
        for entry in entries(&report)? {
            if text(&entry, "type").as_deref() == Some("inbound-rtp") {
                let level = number(&entry, "audioLevel");
                loudest = loudest.into_iter().chain(level).reduce(f64::max);
            }
        }
    }
    loudest
}

/// The report is a map in JavaScript's sense.
fn entries(report: &JsValue) -> Option<Vec<JsValue>> {
    let each = property(report, "forEach");
    let each = each.dyn_into::<Function>().ok()?;
    let collected = Array::new();
    let into = collected.clone();
    let add = Closure::<dyn FnMut(JsValue)>::new(move |entry| {
        into.push(&entry);
    });
    each.call1(report, add.as_ref()).ok()?;
    Some(collected.iter().collect())
}

fn number(entry: &JsValue, name: &str) -> Option<f64> {
    property(entry, name).as_f64()
}

fn text(entry: &JsValue, name: &str) -> Option<String> {
    property(entry, name).as_string()
}

fn is_true(entry: &JsValue, name: &str) -> bool {
    property(entry, name).as_bool() == Some(true)
}

fn millis(seconds: Option<f64>) -> Option<u32> {
    seconds.map(|seconds| (seconds * 1_000.0).max(0.0) as u32)
}
