//! Direct links: an `RTCPeerConnection` each, carried by the page.
//!
//! `negotiation` is what must be one task with the browser's own state, `figures` what the browser measures.

mod figures;
mod link;
mod negotiation;

use core::cell::RefCell;
use core::pin::pin;
use std::rc::{Rc, Weak};

use discordopus_core::ids::{LinkId, MILLIS_PER_SECOND, MemberId};
use discordopus_core::io::{LinkCommand, LinkEvent};
use discordopus_core::sorted::Map;
use futures::channel::mpsc;
use futures::future;
use wasm_bindgen_futures::spawn_local;
use web_sys::{MediaStream, MediaStreamTrack};

use self::link::Link;
use self::negotiation::Step;
use crate::browser::clock;

/// Between two measurements of a link, in milliseconds.
const MEASURING: u64 = MILLIS_PER_SECOND;

/// How long a closed link may take to bring the messages given to it before, in milliseconds. With no relay in reach it
/// is by such a message that the others learn that somebody has left.
const LAST_WORDS: u64 = MILLIS_PER_SECOND;

/// What a link says, outside of what its client is told.
#[derive(Debug)]
pub enum Heard {
    /// Something for the client.
    Event(LinkEvent),
    /// Somebody's sound can be played, or can't any more.
    Sound {
        /// The link it comes over.
        link: LinkId,
        /// Whose.
        member: MemberId,
        /// The sound; `None` when it has ended.
        stream: Option<MediaStream>,
    },
}

/// Every direct link of this page. Carries out what the client asks for, and tells what happens.
#[derive(Clone)]
pub struct Links(Rc<Shared>);

struct Shared {
    heard: mpsc::UnboundedSender<Heard>,
    links: RefCell<Map<LinkId, Rc<Link>>>,
    /// What every link that carries sound sends.
    microphone: RefCell<Option<MediaStreamTrack>>,
}

impl Links {
    /// No links yet; what happens is told to `heard`.
    #[must_use]
    pub fn new(heard: mpsc::UnboundedSender<Heard>) -> Self {
        let shared = Rc::new(Shared {
            heard,
            links: RefCell::default(),
            microphone: RefCell::default(),
        });
        spawn_local(measure(Rc::downgrade(&shared)));
        Self(shared)
    }

    /// Makes, uses or ends a link.
    pub fn command(&self, command: LinkCommand) {
        match command {
            LinkCommand::Open {
                link,
                member,
                ice,
                offers,
                polite,
                voice,
                ..
            } => {
                let role = link::Role { offers, polite };
                let microphone = self.0.microphone.borrow().clone();
                let heard = self.0.heard.clone();
                match Link::open(link, member, &ice, role, voice, microphone, heard) {
                    // A second wish for the same link replaces the first.
                    Some(opened) => drop(self.0.links.borrow_mut().insert(link, opened)),
                    None => self.tell(LinkEvent::Failed { link }),
                }
            }
            LinkCommand::SetVoice { link, voice } => self.step(link, Step::Voice(voice)),
            LinkCommand::Describe { link, description } => {
                self.step(link, Step::Describe(description));
            }
            LinkCommand::AddCandidate { link, candidate } => {
                self.step(link, Step::Candidate(candidate));
            }
            LinkCommand::RestartIce { link } => self.step(link, Step::Restart),
            LinkCommand::Send { link, bytes } => {
                if let Some(link) = self.0.links.borrow().get(&link) {
                    link.send(&bytes);
                }
            }
            LinkCommand::Pour { link, bytes, tell } => {
                if let Some(link) = self.0.links.borrow().get(&link) {
                    link.pour(&bytes, tell);
                }
            }
            LinkCommand::Close { link } => self.close(link),
        }
    }

    /// Ends them all: the client that wanted them has ended.
    pub fn close_all(&self) {
        let links: Vec<LinkId> = self.0.links.borrow().keys().copied().collect();
        for link in links {
            self.close(link);
        }
    }

    /// From now on this is what is sent, over links that carry sound.
    pub fn set_microphone(&self, track: Option<MediaStreamTrack>) {
        self.0.microphone.replace(track.clone());
        for link in self.0.links.borrow().values() {
            link.step(Step::Microphone(track.clone()));
        }
    }

    /// Whose sound is how loud at this moment, between 0 and 1, after it was decoded: as loud as it is played. (Packets could
    /// tell as well, but in clear, so that whoever carries them would learn who is speaking when; links leave that out.)
    pub async fn loudness(&self) -> Vec<(LinkId, MemberId, f64)> {
        let links: Vec<Rc<Link>> = self.0.links.borrow().values().cloned().collect();
        let sounding = links.iter().filter(|link| link.carries_sound());
        let asked = sounding.map(async |link| {
            let level = figures::loudness(link).await?;
            Some((link.id(), link.member(), level))
        });
        future::join_all(asked)
            .await
            .into_iter()
            .flatten()
            .collect()
    }

    fn step(&self, link: LinkId, step: Step) {
        if let Some(link) = self.0.links.borrow().get(&link) {
            link.step(step);
        }
    }

    fn close(&self, link: LinkId) {
        let closed = self.0.links.borrow_mut().remove(&link);
        if let Some(closed) = closed {
            let _ = self.0.heard.unbounded_send(Heard::Sound {
                link,
                member: closed.member(),
                stream: None,
            });
            closed.fall_silent();
            spawn_local(wind_up(closed));
        }
    }

    fn tell(&self, event: LinkEvent) {
        // Without a receiver the page is going.
        let _ = self.0.heard.unbounded_send(Heard::Event(event));
    }
}

impl core::fmt::Debug for Links {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Links({})", self.0.links.borrow().len())
    }
}

/// Lets a link bring what was given to it before it was closed, and closes it.
async fn wind_up(link: Rc<Link>) {
    if let Some((brought, _listener)) = link.last_words() {
        let late = clock::sleep_until(clock::now().plus(LAST_WORDS));
        future::select(brought, pin!(late)).await;
    }
}

/// Tells what is measured on links, as long as there is somebody to tell.
async fn measure(shared: Weak<Shared>) {
    loop {
        clock::sleep_until(clock::now().plus(MEASURING)).await;
        let Some(shared) = shared.upgrade() else {
            return;
        };
        let links: Vec<Rc<Link>> = shared.links.borrow().values().cloned().collect();
        // Before it has found a path there is nothing to measure, and most to do.
        for link in links.into_iter().filter(|link| link.has_connected()) {
            let heard = shared.heard.clone();
            spawn_local(async move {
                if let Some(figures) = figures::measure(link.peer()).await {
                    let link = link.id();
                    let _ =
                        heard.unbounded_send(Heard::Event(LinkEvent::Measured { link, figures }));
                }
            });
        }
    }
}
