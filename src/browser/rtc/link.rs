//! One direct link: its connection, its data channel, and what they tell.

use core::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use discordopus_core::ids::{LinkId, MemberId};
use discordopus_core::io::{BULK_CHANNEL, CHANNEL, Candidate, Ice, IceState, LinkEvent};
use futures::StreamExt;
use futures::channel::{mpsc, oneshot};
use js_sys::{Array, ArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{
    Event, EventTarget, MediaStream, MediaStreamTrack, MessageEvent, RtcBundlePolicy,
    RtcConfiguration, RtcDataChannel, RtcDataChannelInit, RtcDataChannelState, RtcDataChannelType,
    RtcIceServer, RtcIceTransportPolicy, RtcPeerConnection, RtcPeerConnectionIceEvent,
    RtcPeerConnectionState, RtcRtpTransceiver, RtcTrackEvent,
};

use super::Heard;
use super::negotiation::{self, Progress, Step};
use crate::browser::listener::Listener;
use crate::browser::object::property;

/// So much of what may wait is left in the browser when more is wanted, in bytes: enough for a fast path until more comes.
const LOW: u32 = 256 * 1024;

/// What a link's side does in negotiation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Role {
    /// Makes the first offer.
    pub(super) offers: bool,
    /// Gives way when both offer at once.
    pub(super) polite: bool,
}

/// One direct link. Closed when dropped.
pub(super) struct Link {
    id: LinkId,
    member: MemberId,
    peer: RtcPeerConnection,
    channel: RtcDataChannel,
    /// For what may wait.
    bulk: RtcDataChannel,
    /// The client wants to be told when little is left there.
    tells: Cell<bool>,
    pub(super) role: Role,
    pub(super) progress: Progress,
    pub(super) voice: Cell<bool>,
    pub(super) microphone: RefCell<Option<MediaStreamTrack>>,
    heard: mpsc::UnboundedSender<Heard>,
    steps: mpsc::UnboundedSender<Step>,
    listeners: RefCell<Vec<Listener>>,
}

impl Link {
    /// A connection that begins to look for a path; `None` when the browser refuses to make it.
    pub(super) fn open(
        id: LinkId,
        member: MemberId,
        ice: &Ice,
        role: Role,
        voice: bool,
        microphone: Option<MediaStreamTrack>,
        heard: mpsc::UnboundedSender<Heard>,
    ) -> Option<Rc<Self>> {
        let peer = RtcPeerConnection::new_with_configuration(&configuration(ice)).ok()?;
        let channel = open_channel(&peer, CHANNEL);
        let bulk = open_channel(&peer, BULK_CHANNEL);
        bulk.set_buffered_amount_low_threshold(LOW);
        let (steps, taken) = mpsc::unbounded();
        let link = Rc::new(Self {
            id,
            member,
            peer,
            channel,
            bulk,
            tells: Cell::new(false),
            role,
            progress: Progress::default(),
            voice: Cell::new(voice),
            microphone: RefCell::new(microphone),
            heard,
            steps,
            listeners: RefCell::default(),
        });
        link.listen();
        spawn_local(run(Rc::downgrade(&link), taken));
        if role.offers && voice {
            link.step(Step::Voice(true));
        }
        Some(link)
    }

    pub(super) fn id(&self) -> LinkId {
        self.id
    }

    pub(super) fn member(&self) -> MemberId {
        self.member
    }

    pub(super) fn peer(&self) -> &RtcPeerConnection {
        &self.peer
    }

    /// It has found a path, now or before.
    pub(super) fn has_connected(&self) -> bool {
        !matches!(
            self.peer.connection_state(),
            RtcPeerConnectionState::New | RtcPeerConnectionState::Connecting
        )
    }

    pub(super) fn carries_sound(&self) -> bool {
        self.voice.get()
    }

    /// Something to be done after everything before it.
    pub(super) fn step(&self, step: Step) {
        // The receiver lives as long as the link.
        let _ = self.steps.unbounded_send(step);
    }

    /// Gives a message to the data channel; forgotten when that is not open.
    pub(super) fn send(&self, bytes: &[u8]) {
        if self.channel.ready_state() == RtcDataChannelState::Open {
            // Refused when the browser's buffer is full: the client counts on no link.
            let _ = self.channel.send_with_u8_array(bytes);
        }
    }

    /// Gives a message that may wait to its data channel; `tell`: says when little is left.
    pub(super) fn pour(&self, bytes: &[u8], tell: bool) {
        if self.bulk.ready_state() == RtcDataChannelState::Open {
            // Refused when the browser's buffer is full, which the client's windows never are.
            let _ = self.bulk.send_with_u8_array(bytes);
        } else {
            // The first channel opens a moment earlier.
            self.send(bytes);
        }
        if tell {
            self.tells.set(true);
            if self.bulk.buffered_amount() <= LOW {
                self.drained();
            }
        }
    }

    fn drained(&self) {
        if self.tells.take() {
            self.tell(LinkEvent::Drained { link: self.id });
        }
    }

    fn received(&self, event: Event) {
        let data = event.unchecked_into::<MessageEvent>().data();
        // A text is nothing that a client of ours sends.
        if let Ok(buffer) = data.dyn_into::<ArrayBuffer>() {
            self.tell(LinkEvent::Received {
                link: self.id,
                bytes: Uint8Array::new(&buffer).to_vec(),
            });
        }
    }

    /// Sends no more sound, and tells nothing more.
    pub(super) fn fall_silent(&self) {
        self.listeners.borrow_mut().clear();
        for transceiver in self.transceivers() {
            // It settles by itself, or the link is closed before.
            let _ = transceiver.sender().replace_track(None);
        }
    }

    /// Closes the data channel, which first brings what was given to it; tells when that is done. `None` when it is not
    /// open.
    pub(super) fn last_words(&self) -> Option<(oneshot::Receiver<()>, Listener)> {
        if self.channel.ready_state() != RtcDataChannelState::Open {
            return None;
        }
        let (done, brought) = oneshot::channel();
        let mut done = Some(done);
        let listener = Listener::new(&self.channel, "close", move |_| {
            if let Some(done) = done.take() {
                // Nobody waits any more when it took too long.
                let _ = done.send(());
            }
        });
        self.channel.close();
        Some((brought, listener))
    }

    pub(super) fn tell(&self, event: LinkEvent) {
        let _ = self.heard.unbounded_send(Heard::Event(event));
    }

    /// The sections of the connection that carry sound.
    pub(super) fn transceivers(&self) -> Vec<RtcRtpTransceiver> {
        let all = self.peer.get_transceivers();
        all.iter()
            .filter_map(|it| it.dyn_into::<RtcRtpTransceiver>().ok())
            .filter(|it| it.receiver().track().kind() == "audio")
            .collect()
    }

    fn listen(self: &Rc<Self>) {
        let peer: &EventTarget = &self.peer;
        let channel: &EventTarget = &self.channel;
        let bulk: &EventTarget = &self.bulk;
        let listeners = vec![
            self.on(peer, "negotiationneeded", |link, _| {
                // Before the first negotiation only one side may offer.
                if link.role.offers || link.progress.settled.get() {
                    link.step(Step::Offer);
                }
            }),
            self.on(peer, "icecandidate", |link, event| {
                let event = event.unchecked_into::<RtcPeerConnectionIceEvent>();
                if let Some(candidate) = event.candidate().and_then(|it| candidate_of(&it)) {
                    let link_id = link.id;
                    link.tell(LinkEvent::Found {
                        link: link_id,
                        candidate,
                    });
                }
            }),
            self.on(peer, "connectionstatechange", |link, _| {
                if let Some(state) = state_of(link.peer.connection_state()) {
                    link.tell(LinkEvent::State {
                        link: link.id,
                        state,
                    });
                }
            }),
            self.on(peer, "track", |link, event| {
                // Outside of a call nobody is heard, whatever its description offers.
                if !link.voice.get() {
                    return;
                }
                let track = event.unchecked_into::<RtcTrackEvent>().track();
                if let Ok(stream) = MediaStream::new_with_tracks(&Array::of1(&track)) {
                    let _ = link.heard.unbounded_send(Heard::Sound {
                        link: link.id,
                        member: link.member,
                        stream: Some(stream),
                    });
                }
            }),
            self.on(channel, "open", |link, _| link.tell_channel(true)),
            self.on(channel, "close", |link, _| link.tell_channel(false)),
            self.on(channel, "message", Self::received),
            self.on(bulk, "message", Self::received),
            self.on(bulk, "bufferedamountlow", |link, _| link.drained()),
        ];
        self.listeners.replace(listeners);
    }

    fn on(
        self: &Rc<Self>,
        target: &EventTarget,
        kind: &'static str,
        callback: fn(&Self, Event),
    ) -> Listener {
        let link = Rc::downgrade(self);
        Listener::new(target, kind, move |event| {
            if let Some(link) = link.upgrade() {
                callback(&link, event);
            }
        })
    }

    fn tell_channel(&self, open: bool) {
        self.tell(LinkEvent::Channel {
            link: self.id,
            open,
        });
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // First the listeners: of a link that is closed nothing more is told.
        self.listeners.borrow_mut().clear();
        self.peer.close();
    }
}

/// Does one step after the other, as long as the link lives.
async fn run(link: Weak<Link>, mut steps: mpsc::UnboundedReceiver<Step>) {
    while let Some(step) = steps.next().await {
        let Some(link) = link.upgrade() else {
            return;
        };
        if negotiation::take(&link, step).await.is_err() {
            link.tell(LinkEvent::Failed { link: link.id });
        }
    }
}

/// A channel that both sides know of beforehand.
fn open_channel(peer: &RtcPeerConnection, id: u16) -> RtcDataChannel {
    let init = RtcDataChannelInit::new();
    init.set_negotiated(true);
    init.set_id(id);
    let channel = peer.create_data_channel_with_data_channel_dict("", &init);
    channel.set_binary_type(RtcDataChannelType::Arraybuffer);
    channel
}

fn configuration(ice: &Ice) -> RtcConfiguration {
    let configuration = RtcConfiguration::new();
    let servers = Array::new();
    for server in &ice.servers {
        let urls = Array::new();
        for url in &server.urls {
            urls.push(&JsValue::from_str(url));
        }
        let entry = RtcIceServer::new();
        entry.set_urls(&urls);
        if !server.username.is_empty() {
            entry.set_username(&server.username);
            entry.set_credential(&server.credential);
        }
        servers.push(&entry);
    }
    configuration.set_ice_servers(&servers);
    configuration.set_bundle_policy(RtcBundlePolicy::MaxBundle);
    if ice.relay_only {
        configuration.set_ice_transport_policy(RtcIceTransportPolicy::Relay);
    }
    configuration
}

/// A candidate as it travels; `None` for the mark that there are no more, which nobody needs.
fn candidate_of(found: &web_sys::RtcIceCandidate) -> Option<Candidate> {
    let candidate = found.candidate();
    (!candidate.is_empty()).then(|| Candidate {
        candidate,
        mid: found.sdp_mid(),
        line: found.sdp_m_line_index(),
        fragment: property(found, "usernameFragment").as_string(),
    })
}

fn state_of(state: RtcPeerConnectionState) -> Option<IceState> {
    match state {
        RtcPeerConnectionState::Connecting => Some(IceState::Connecting),
        RtcPeerConnectionState::Connected => Some(IceState::Connected),
        RtcPeerConnectionState::Disconnected => Some(IceState::Disconnected),
        RtcPeerConnectionState::Failed => Some(IceState::Failed),
        RtcPeerConnectionState::Closed => Some(IceState::Closed),
        _ => None,
    }
}
