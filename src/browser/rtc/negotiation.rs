//! "Perfect negotiation" (W3C WebRTC 1.0, 10.7) of one link, step by step.

use core::cell::Cell;
use std::rc::Rc;

use discordopus_core::io::{Candidate, Description, LinkEvent};
use js_sys::{Promise, Reflect};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    MediaStreamTrack, RtcIceCandidateInit, RtcRtpTransceiverDirection, RtcRtpTransceiverInit,
    RtcSdpType, RtcSessionDescriptionInit, RtcSignalingState,
};

use super::link::Link;

/// Something to be done with a link, after everything before it.
pub(super) enum Step {
    /// The browser wants to negotiate.
    Offer,
    /// The other side's description.
    Describe(Description),
    /// A way to reach the other side.
    Candidate(Candidate),
    /// Look for another path.
    Restart,
    /// Sound on or off.
    Voice(bool),
    /// This is what is sent from now on.
    Microphone(Option<MediaStreamTrack>),
}

/// How far negotiation is.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// An offer of the other side was refused, since this side's own one counts; its candidates mean nothing here.
    ignored: Cell<bool>,
    /// A first negotiation is through: from now on either side may offer.
    pub(super) settled: Cell<bool>,
}

#[wasm_bindgen]
extern "C" {
    /// What `web_sys` doesn't know of `RTCPeerConnection`.
    type Negotiating;

    /// Makes the offer or answer that is due, and takes it, in one go.
    #[wasm_bindgen(method, js_name = setLocalDescription)]
    fn describe_itself(this: &Negotiating) -> Promise;

    #[wasm_bindgen(method, js_name = restartIce)]
    fn restart_ice(this: &Negotiating);
}

/// Takes a step. Steps of one link come one after the other, so an offer is made in one piece: an offer that arrives
/// meanwhile finds it made, and `have-local-offer` tells of the collision.
pub(super) async fn take(link: &Rc<Link>, step: Step) -> Result<(), JsValue> {
    match step {
        Step::Offer => offer(link).await,
        Step::Describe(description) => describe(link, description).await,
        Step::Candidate(candidate) => add(link, candidate).await,
        Step::Restart => {
            link.peer().unchecked_ref::<Negotiating>().restart_ice();
            Ok(())
        }
        Step::Voice(voice) => {
            link.voice.set(voice);
            if voice && link.role.offers && link.transceivers().is_empty() {
                let init = RtcRtpTransceiverInit::new();
                init.set_direction(RtcRtpTransceiverDirection::Sendrecv);
                link.peer()
                    .add_transceiver_with_str_and_init("audio", &init);
            }
            send_sound(link).await
        }
        Step::Microphone(track) => {
            link.microphone.replace(track);
            send_sound(link).await
        }
    }
}

async fn offer(link: &Rc<Link>) -> Result<(), JsValue> {
    // Otherwise the browser asks again once it is through with what it is at.
    if link.peer().signaling_state() == RtcSignalingState::Stable {
        tell_description(link).await?;
    }
    Ok(())
}

async fn describe(link: &Rc<Link>, description: Description) -> Result<(), JsValue> {
    let state = link.peer().signaling_state();
    let (kind, answers) = match description.answer {
        // A double, or an answer to an offer that was taken back.
        true if state != RtcSignalingState::HaveLocalOffer => return Ok(()),
        true => (RtcSdpType::Answer, false),
        false => (RtcSdpType::Offer, true),
    };
    let collision = answers && state != RtcSignalingState::Stable;
    link.progress.ignored.set(collision && !link.role.polite);
    if link.progress.ignored.get() {
        return Ok(());
    }
    let init = RtcSessionDescriptionInit::new(kind);
    init.set_sdp(&description.sdp);
    JsFuture::from(link.peer().set_remote_description(&init)).await?;
    if answers {
        if link.voice.get() {
            for transceiver in link.transceivers() {
                transceiver.set_direction(RtcRtpTransceiverDirection::Sendrecv);
            }
            send_sound(link).await?;
        }
        tell_description(link).await?;
    }
    link.progress.settled.set(true);
    Ok(())
}

async fn add(link: &Rc<Link>, candidate: Candidate) -> Result<(), JsValue> {
    let init = RtcIceCandidateInit::new(&candidate.candidate);
    init.set_sdp_mid(candidate.mid.as_deref());
    init.set_sdp_m_line_index(candidate.line);
    if let Some(fragment) = candidate.fragment {
        let fragment = JsValue::from_str(&fragment);
        Reflect::set(&init, &JsValue::from_str("usernameFragment"), &fragment)?;
    }
    let added = link
        .peer()
        .add_ice_candidate_with_opt_rtc_ice_candidate_init(Some(&init));
    // One that can't be used (of an offer that was refused, of a generation that is over) is one path less.
    let _ = JsFuture::from(added).await;
    Ok(())
}

/// Everything that carries sound sends the microphone's, or nothing.
async fn send_sound(link: &Rc<Link>) -> Result<(), JsValue> {
    let voice = link.voice.get();
    let track = link.microphone.borrow().clone().filter(|_| voice);
    for transceiver in link.transceivers() {
        JsFuture::from(transceiver.sender().replace_track(track.as_ref())).await?;
    }
    Ok(())
}

async fn tell_description(link: &Rc<Link>) -> Result<(), JsValue> {
    JsFuture::from(link.peer().unchecked_ref::<Negotiating>().describe_itself()).await?;
    if let Some(own) = link.peer().local_description() {
        link.tell(LinkEvent::Described {
            link: link.id(),
            description: Description {
                answer: own.type_() == RtcSdpType::Answer,
                sdp: own.sdp(),
            },
        });
    }
    Ok(())
}
