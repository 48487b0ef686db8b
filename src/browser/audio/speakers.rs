//! Playing what others say: each at a volume of its own.
//!
//! A media element plays each stream: only that makes the browser count it for echo cancellation everywhere. It can only
//! make it quieter; who is to be louder goes through Web Audio instead, and the element plays on in silence, without which
//! the stream would stand still.
//!
//! What the browser measures of a stream, it measures behind the element, at the element's volume. Whoever isn't played just
//! as loud as they are is measured before it.

use core::cell::{Cell, RefCell};
use std::rc::Rc;

use discordopus_core::ids::{LinkId, MemberId};
use discordopus_core::sorted::Map;
use js_sys::{Function, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AudioContext, DomException, GainNode, HtmlAudioElement, MediaStream};

use super::loudness::Source;
use crate::browser::object::property;

/// As loud as it is.
const FULL: u16 = 100;

/// Everything that is played. Clones play the same.
#[derive(Clone)]
pub struct Speakers(Rc<Shared>);

struct Shared {
    voices: RefCell<Map<LinkId, Voice>>,
    volumes: RefCell<Map<MemberId, u16>>,
    device: RefCell<String>,
    deafened: Cell<bool>,
    /// The browser plays nothing before somebody presses something.
    blocked: Cell<bool>,
    on_blocked: Box<dyn Fn(bool)>,
    /// Made while somebody is played through it, or measured.
    context: RefCell<Option<AudioContext>>,
}

/// What comes from one person.
struct Voice {
    member: MemberId,
    stream: MediaStream,
    element: HtmlAudioElement,
    /// While it isn't played just as loud as it is.
    beside: Option<Beside>,
}

/// What comes from one person, beside the element that plays it.
struct Beside {
    source: Source,
    /// How much louder than silence it is played this way.
    gain: GainNode,
}

impl Speakers {
    /// Nothing yet. `on_blocked` hears whether the browser refuses to play.
    #[must_use]
    pub fn new(on_blocked: impl Fn(bool) + 'static) -> Self {
        Self(Rc::new(Shared {
            voices: RefCell::default(),
            volumes: RefCell::default(),
            device: RefCell::default(),
            deafened: Cell::new(false),
            blocked: Cell::new(false),
            on_blocked: Box::new(on_blocked),
            context: RefCell::default(),
        }))
    }

    /// Plays somebody's sound, in place of what came over the same link before.
    pub fn play(&self, link: LinkId, member: MemberId, stream: MediaStream) {
        self.stop(link);
        let Ok(element) = HtmlAudioElement::new() else {
            return;
        };
        element.set_src_object(Some(&stream));
        let shared = &self.0;
        choose_device(&element, &shared.device.borrow());
        let mut voice = Voice {
            member,
            stream,
            element,
            beside: None,
        };
        shared.adjust(&mut voice);
        shared.begin(&voice.element);
        shared.voices.borrow_mut().insert(link, voice);
    }

    /// No more of it.
    pub fn stop(&self, link: LinkId) {
        self.0.voices.borrow_mut().remove(&link);
        if self.0.voices.borrow().is_empty() {
            self.0.set_blocked(false);
        }
        self.0.rest();
    }

    /// All silent, or not.
    pub fn set_deafened(&self, deafened: bool) {
        self.0.deafened.set(deafened);
        self.0.adjust_all();
    }

    /// How loud people are played, in hundredths; who isn't named, as loud as they are.
    pub fn set_volumes(&self, volumes: Map<MemberId, u16>) {
        self.0.volumes.replace(volumes);
        self.0.adjust_all();
    }

    /// Which speaker; empty for the browser's choice.
    pub fn set_device(&self, device: &str) {
        if *self.0.device.borrow() == device {
            return;
        }
        self.0.device.replace(device.to_owned());
        for voice in self.0.voices.borrow().values() {
            choose_device(&voice.element, device);
        }
        if let Some(context) = self.0.context.borrow().as_ref() {
            choose_device(context, device);
        }
    }

    /// How loud what comes over a link is before it is played, between 0 and 1; `None` when it is played just so, and what
    /// the browser measures is right.
    #[must_use]
    pub fn loudness(&self, link: LinkId) -> Option<f64> {
        let voices = self.0.voices.borrow();
        let beside = voices.get(&link)?.beside.as_ref()?;
        Some(beside.source.level())
    }

    /// Somebody has pressed something: now the browser plays.
    pub fn try_again(&self) {
        self.0.set_blocked(false);
        for voice in self.0.voices.borrow().values() {
            self.0.begin(&voice.element);
        }
        if let Some(context) = self.0.context.borrow().as_ref() {
            let _ = context.resume();
        }
    }
}

impl core::fmt::Debug for Speakers {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Speakers({})", self.0.voices.borrow().len())
    }
}

impl Shared {
    fn set_blocked(&self, blocked: bool) {
        if self.blocked.replace(blocked) != blocked {
            (self.on_blocked)(blocked);
        }
    }

    fn adjust_all(&self) {
        for voice in self.voices.borrow_mut().values_mut() {
            self.adjust(voice);
        }
        self.rest();
    }

    fn adjust(&self, voice: &mut Voice) {
        let volume = self.volumes.borrow().get(&voice.member).copied();
        let volume = volume.unwrap_or(FULL);
        let deafened = self.deafened.get();
        if volume == FULL && !deafened {
            voice.beside = None;
        } else if voice.beside.is_none() {
            voice.beside = self.beside(&voice.stream);
        }
        let wanted = f64::from(volume) / f64::from(FULL);
        let louder = voice.beside.as_ref().filter(|_| volume > FULL);
        if let Some(beside) = &voice.beside {
            let is_played = louder.is_some() && !deafened;
            let gained = if is_played { wanted as f32 } else { 0.0 };
            beside.gain.gain().set_value(gained);
        }
        voice.element.set_muted(deafened || louder.is_some());
        voice.element.set_volume(wanted.min(1.0));
    }

    fn beside(&self, stream: &MediaStream) -> Option<Beside> {
        let mut context = self.context.borrow_mut();
        if context.is_none() {
            let made = AudioContext::new().ok()?;
            choose_device(&made, &self.device.borrow());
            *context = Some(made);
        }
        let context = context.as_ref()?;
        let source = Source::new(context, stream)?;
        let gain = context.create_gain().ok()?;
        gain.gain().set_value(0.0);
        source.node.connect_with_audio_node(&gain).ok()?;
        gain.connect_with_audio_node(&context.destination()).ok()?;
        Some(Beside { source, gain })
    }

    /// Gives back what costs something although nobody needs it any more.
    fn rest(&self) {
        let voices = self.voices.borrow();
        if voices.values().all(|voice| voice.beside.is_none())
            && let Some(context) = self.context.take()
        {
            let _ = context.close();
        }
    }

    fn begin(self: &Rc<Self>, element: &HtmlAudioElement) {
        let Ok(begun) = element.play() else {
            return;
        };
        let shared = Rc::clone(self);
        spawn_local(async move {
            if let Err(thrown) = JsFuture::from(begun).await
                && is_refusal(&thrown)
            {
                shared.set_blocked(true);
            }
        });
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = self.gain.disconnect();
    }
}

impl Drop for Voice {
    fn drop(&mut self) {
        // Paused without a stream: nothing holds the element any more.
        let _ = self.element.pause();
        self.element.set_src_object(None);
    }
}

/// The browser plays nothing before somebody presses something; any other failure is no matter of permission.
fn is_refusal(thrown: &JsValue) -> bool {
    thrown
        .dyn_ref::<DomException>()
        .is_some_and(|exception| exception.name() == "NotAllowedError")
}

/// Where the browser lets a page choose. A device that is gone leaves what was chosen before.
fn choose_device(target: &JsValue, device: &str) {
    let Ok(choose) = property(target, "setSinkId").dyn_into::<Function>() else {
        return;
    };
    let chosen = choose.call1(target, &JsValue::from_str(device));
    if let Ok(chosen) = chosen.and_then(JsCast::dyn_into::<Promise>) {
        spawn_local(async move {
            let _ = JsFuture::from(chosen).await;
        });
    }
}
