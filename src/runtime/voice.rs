//! The page's microphone and speakers in a call: opens and closes the one, plays the others, and tells what is true.
//!
//! What a person wishes acts on the track at once; what is told, to the interface and through the client to the others, is
//! what the track then says.

use std::pin::pin;

use discordopus_core::ids::{GroupId, LinkId, MILLIS_PER_SECOND, MemberId, Timestamp};
use discordopus_core::io::{Microphone as Heard, Settings, Voice};
use discordopus_core::sorted::Map;
use futures::StreamExt;
use futures::channel::mpsc;
use futures::future::{self, Either};
use wasm_bindgen_futures::spawn_local;
use web_sys::MediaStream;

use super::{Commands, Device, Devices, MicrophoneProblem, SoundEvent, SoundRequest};
use crate::browser::audio::{
    self, DeviceChanges, Kind, Listed, Meter, Microphone, OpenError, Speakers, Wishes,
};
use crate::browser::clock;
use crate::browser::rtc::Links;

/// Between two looks at who is speaking, in milliseconds: fast enough to seem at once, slow enough to cost little.
const LOOK: u64 = 150;
/// How long somebody counts as speaking after the last sound, in milliseconds: people pause between words.
const PAUSE: u64 = 400;
/// The least loudness that counts as speech, of 1: -40 dB, above the noise of a quiet room.
const SPEECH: f64 = 0.01;
/// How long a microphone may hear nobody before the browser is asked for its devices, and between two questions, in
/// milliseconds. Chromium on Linux finds out only when it is asked that some of them have come or gone, those by radio for
/// example; until then, a microphone that is gone is to it one that hears nothing.
const ASK: u64 = 2 * MILLIS_PER_SECOND;
/// The loudness at which a meter is full, of 1: speech into a microphone that is set well.
const FULL_METER: f64 = 0.25;

/// Something that concerns sound.
pub(super) enum Happening {
    /// A person does something.
    Request(SoundRequest),
    /// What is set on this device.
    Settings(Box<Settings>),
    /// The group has a call, with oneself in it, or not.
    Call { group: GroupId, joined: bool },
    /// One could not join.
    Refused(GroupId),
    /// The client was started anew, or has ended: no call goes on.
    Ended,
    /// Somebody's sound has come, or gone.
    Sound {
        link: LinkId,
        member: MemberId,
        stream: Option<MediaStream>,
    },
    /// The microphone that was asked for.
    Opened {
        number: u32,
        opened: Result<Microphone, OpenError>,
    },
    /// The track says something else by itself.
    TrackChanged,
    /// Devices have come or gone.
    DevicesChanged,
    /// These there are.
    Listed(Vec<Listed>),
    /// The browser plays nothing before somebody presses something; or it does.
    Blocked(bool),
}

/// What a person wishes of the microphone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Switch {
    muted: bool,
    push_to_talk: bool,
    talking: bool,
}

impl Switch {
    /// It sends silence.
    fn is_silent(self) -> bool {
        self.muted || (self.push_to_talk && !self.talking)
    }
}

/// The call that one is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Current {
    group: GroupId,
    /// The client has said so.
    joined: bool,
}

struct PageSound {
    commands: Commands,
    links: Links,
    speakers: Speakers,
    on_sound: Box<dyn FnMut(SoundEvent)>,
    happenings: mpsc::UnboundedSender<Happening>,
    settings: Settings,
    call: Option<Current>,
    switch: Switch,
    deafened: bool,
    microphone: Option<Microphone>,
    problem: Option<MicrophoneProblem>,
    /// Of the microphone that is being opened; an earlier one comes too late.
    asked: u32,
    meter: Option<Meter>,
    testing: bool,
    watching: bool,
    /// Those that were listed last, and when they were asked for.
    devices: Devices,
    devices_asked: Timestamp,
    last_speech: Map<MemberId, Timestamp>,
    last_own_speech: Option<Timestamp>,
    told: Told,
}

/// What was told last, so that only news are.
#[derive(Default)]
struct Told {
    voice: Option<(Option<GroupId>, Voice, Option<MicrophoneProblem>)>,
    speaking: Vec<MemberId>,
    own_speech: bool,
    level: u8,
}

/// Serves the page's sound until nothing can happen any more.
pub(super) async fn run(
    commands: Commands,
    links: Links,
    on_sound: impl FnMut(SoundEvent) + 'static,
    happenings: mpsc::UnboundedSender<Happening>,
    mut happened: mpsc::UnboundedReceiver<Happening>,
) {
    let blocked = happenings.clone();
    let changed = happenings.clone();
    let _changes = DeviceChanges::listen(move || {
        let _ = changed.unbounded_send(Happening::DevicesChanged);
    });
    let mut sound = PageSound {
        commands,
        links,
        speakers: Speakers::new(move |it| {
            let _ = blocked.unbounded_send(Happening::Blocked(it));
        }),
        on_sound: Box::new(on_sound),
        happenings,
        settings: Settings::default(),
        call: None,
        switch: Switch::default(),
        deafened: false,
        microphone: None,
        problem: None,
        asked: 0,
        meter: None,
        testing: false,
        watching: false,
        devices: Devices::default(),
        devices_asked: clock::now(),
        last_speech: Map::new(),
        last_own_speech: None,
        told: Told::default(),
    };
    loop {
        let next = if let Some(pause) = sound.pause() {
            let look = clock::sleep_until(clock::now().plus(pause));
            match future::select(happened.next(), pin!(look)).await {
                Either::Left((next, _)) => next,
                Either::Right(_) => {
                    sound.look().await;
                    continue;
                }
            }
        } else {
            happened.next().await
        };
        let Some(happening) = next else {
            return;
        };
        sound.take(happening);
        sound.tell();
    }
}

impl PageSound {
    /// How long until something has to be looked at.
    fn pause(&self) -> Option<u64> {
        match self.needs_microphone() {
            true => Some(LOOK),
            false => self.watching.then_some(ASK),
        }
    }

    fn take(&mut self, happening: Happening) {
        match happening {
            Happening::Request(request) => self.request(request),
            Happening::Settings(settings) => self.set(*settings),
            Happening::Call { group, joined } => self.follow(group, joined),
            Happening::Refused(group) => {
                if self.call.is_some_and(|it| it.group == group && !it.joined) {
                    self.end();
                }
            }
            Happening::Ended => {
                self.links.close_all();
                self.end();
            }
            Happening::Sound {
                link,
                member,
                stream,
            } => match stream {
                Some(stream) => self.speakers.play(link, member, stream),
                None => self.speakers.stop(link),
            },
            Happening::Opened { number, opened } => self.opened(number, opened),
            Happening::TrackChanged => self.track_changed(),
            Happening::DevicesChanged => {
                if self.watching || self.needs_microphone() {
                    self.list_devices();
                }
                // What was missing may have been plugged in.
                if self.needs_microphone() && self.lacks_microphone() {
                    self.open_microphone();
                }
            }
            Happening::Listed(listed) => self.listed(devices(listed)),
            Happening::Blocked(blocked) => (self.on_sound)(SoundEvent::Blocked(blocked)),
        }
    }

    fn request(&mut self, request: SoundRequest) {
        match request {
            SoundRequest::Join(group) => self.join(group),
            SoundRequest::Leave => {
                if let Some(call) = self.call {
                    self.commands.leave_call(call.group);
                    self.end();
                }
            }
            SoundRequest::Mute(muted) => {
                self.switch.muted = muted;
                self.switch_microphone();
                self.remember_mute();
            }
            SoundRequest::Deafen(deafened) => {
                self.deafened = deafened;
                self.speakers.set_deafened(deafened);
            }
            SoundRequest::Talk(talking) => {
                self.switch.talking = talking;
                self.switch_microphone();
            }
            SoundRequest::Hear => self.speakers.try_again(),
            SoundRequest::RetryMicrophone => {
                if self.needs_microphone() && self.microphone.is_none() {
                    self.open_microphone();
                }
            }
            SoundRequest::TestMicrophone(testing) => {
                self.testing = testing;
                if testing && self.microphone.is_none() {
                    self.open_microphone();
                }
                self.close_if_idle();
            }
            SoundRequest::WatchDevices(watching) => {
                self.watching = watching;
                if watching {
                    self.list_devices();
                }
            }
        }
    }

    fn join(&mut self, group: GroupId) {
        if self.call.is_some_and(|call| call.group == group) {
            return;
        }
        self.call = Some(Current {
            group,
            joined: false,
        });
        self.switch = Switch {
            muted: self.begins_muted(),
            push_to_talk: self.settings.push_to_talk,
            talking: false,
        };
        self.switch_microphone();
        // The call doesn't wait for the microphone, which may wait for the person's permission.
        self.commands.join_call(group, self.voice());
        self.told.voice = None;
        if self.microphone.is_none() {
            self.open_microphone();
        } else {
            self.hand_to_links();
        }
    }

    fn follow(&mut self, group: GroupId, joined: bool) {
        match &mut self.call {
            Some(call) if call.group == group => {
                let was_joined = call.joined;
                call.joined |= joined;
                // Removed from the group, say.
                if was_joined && !joined {
                    self.end();
                }
            }
            _ => {}
        }
    }

    fn end(&mut self) {
        self.call = None;
        self.problem = None;
        self.switch.talking = false;
        if self.deafened {
            self.deafened = false;
            self.speakers.set_deafened(false);
        }
        self.last_speech = Map::new();
        self.last_own_speech = None;
        self.close_if_idle();
        self.tell_speech(Vec::new(), false);
    }

    fn set(&mut self, settings: Settings) {
        let before = core::mem::replace(&mut self.settings, settings);
        self.speakers.set_device(&self.settings.speaker);
        self.speakers.set_volumes(self.settings.volumes.clone());
        if self.switch.push_to_talk != self.settings.push_to_talk {
            self.switch.push_to_talk = self.settings.push_to_talk;
            self.switch.muted = self.begins_muted();
        }
        self.switch_microphone();
        if self.microphone.is_some() && wishes(&before) != wishes(&self.settings) {
            // The new one takes over once it is there: nobody hears a gap.
            self.open_microphone();
        }
    }

    /// Whoever was muted when a call ended is muted when the next one begins, and when push-to-talk ends: in it, what is
    /// held decides.
    fn begins_muted(&self) -> bool {
        self.settings.start_muted && !self.settings.push_to_talk
    }

    /// In a call, the next one begins as this one was.
    fn remember_mute(&mut self) {
        if self.call.is_some() && self.settings.start_muted != self.switch.muted {
            self.settings.start_muted = self.switch.muted;
            self.commands.change_settings(self.settings.clone());
        }
    }

    fn needs_microphone(&self) -> bool {
        self.call.is_some() || self.testing
    }

    /// There is none, but one that is plugged in could be taken.
    fn lacks_microphone(&self) -> bool {
        let problems = [
            MicrophoneProblem::Missing,
            MicrophoneProblem::Unusable,
            MicrophoneProblem::Lost,
        ];
        self.problem.is_some_and(|it| problems.contains(&it))
    }

    fn open_microphone(&mut self) {
        self.asked = self.asked.wrapping_add(1);
        // One that is gone, is so until there is another one.
        if self.microphone.is_none() && self.problem != Some(MicrophoneProblem::Lost) {
            self.problem = Some(MicrophoneProblem::Asking);
        }
        let (number, wishes) = (self.asked, wishes(&self.settings));
        let (happenings, changed) = (self.happenings.clone(), self.happenings.clone());
        spawn_local(async move {
            // Silent until the wish of the moment at which it is there is known.
            let opened = Microphone::open(&wishes, true, move || {
                let _ = changed.unbounded_send(Happening::TrackChanged);
            });
            let opened = opened.await;
            let _ = happenings.unbounded_send(Happening::Opened { number, opened });
        });
    }

    fn opened(&mut self, number: u32, opened: Result<Microphone, OpenError>) {
        if number != self.asked || !self.needs_microphone() {
            return;
        }
        match opened {
            Ok(microphone) => {
                self.problem = None;
                self.meter = Meter::new(microphone.stream());
                self.microphone = Some(microphone);
                self.switch_microphone();
                self.hand_to_links();
                // Only now the browser tells what the devices are called.
                if self.watching || self.has_substitute() {
                    self.list_devices();
                }
            }
            // What one has is better than nothing.
            Err(_) if self.microphone.is_some() => {}
            Err(OpenError::Missing) if self.problem == Some(MicrophoneProblem::Lost) => {}
            Err(error) => self.problem = Some(problem(error)),
        }
    }

    fn track_changed(&mut self) {
        if self.microphone.as_ref().is_some_and(Microphone::is_gone) {
            self.close_microphone();
            self.problem = Some(MicrophoneProblem::Lost);
            // Another one may be there.
            if self.needs_microphone() {
                self.open_microphone();
            }
        }
    }

    fn switch_microphone(&self) {
        if let Some(microphone) = &self.microphone {
            // A test hears itself and sends nothing.
            let silent = self.call.is_some() && self.switch.is_silent();
            microphone.set_silent(silent);
        }
    }

    fn hand_to_links(&self) {
        let track = self.microphone.as_ref().map(Microphone::track);
        self.links.set_microphone(track);
    }

    fn close_if_idle(&mut self) {
        if !self.needs_microphone() {
            self.close_microphone();
        }
        self.switch_microphone();
    }

    fn close_microphone(&mut self) {
        self.asked = self.asked.wrapping_add(1);
        self.meter = None;
        if self.microphone.take().is_some() {
            self.links.set_microphone(None);
        }
    }

    /// The chosen microphone was not there when it was opened, and another one was.
    fn has_substitute(&self) -> bool {
        let microphone = self.microphone.as_ref();
        microphone.is_some_and(Microphone::is_substitute)
    }

    fn listed(&mut self, devices: Devices) {
        let chosen = |devices: &Devices| {
            let mut microphones = devices.microphones.iter();
            microphones.any(|it| it.id == self.settings.microphone)
        };
        let has_come = self.devices.known && !chosen(&self.devices) && chosen(&devices);
        if self.devices != devices {
            self.devices.clone_from(&devices);
            (self.on_sound)(SoundEvent::Devices(devices));
        }
        if has_come && self.has_substitute() && self.needs_microphone() {
            self.open_microphone();
        }
    }

    /// Asks for the devices where the browser may not have told that one has come or gone.
    fn ask_for_devices(&mut self, now: Timestamp) {
        let is_heard = self.microphone.as_ref().is_some_and(Microphone::is_heard);
        let spoke = self.last_own_speech.is_some_and(|it| now.since(it) < ASK);
        let is_doubtful = self.watching
            || self.lacks_microphone()
            || self.has_substitute()
            || (is_heard && !spoke);
        if is_doubtful && now.since(self.devices_asked) >= ASK {
            self.devices_asked = now;
            self.list_devices();
        }
    }

    fn list_devices(&self) {
        let happenings = self.happenings.clone();
        spawn_local(async move {
            let _ = happenings.unbounded_send(Happening::Listed(audio::list().await));
        });
    }

    /// What is true now.
    fn voice(&self) -> Voice {
        let microphone = match &self.microphone {
            Some(microphone) if microphone.is_heard() => Heard::Open,
            Some(microphone) if !microphone.is_gone() => Heard::Muted,
            _ => Heard::None,
        };
        Voice {
            microphone,
            deafened: self.deafened,
        }
    }

    fn tell(&mut self) {
        let call = self.call.map(|call| call.group);
        let news = (call, self.voice(), self.problem);
        if self.told.voice == Some(news) {
            return;
        }
        let before = self.told.voice.replace(news);
        let (_, voice, problem) = news;
        (self.on_sound)(SoundEvent::Voice {
            call,
            voice,
            problem,
        });
        let same = before.is_some_and(|(before, told, _)| before == call && told == voice);
        if let Some(group) = call.filter(|_| !same) {
            self.commands.set_voice(group, voice);
        }
    }

    /// Who is speaking at this moment.
    async fn look(&mut self) {
        let loud = self.links.loudness().await;
        let now = clock::now();
        let speaks = |last: &Timestamp| now.since(*last) < PAUSE;
        for (link, member, played) in loud {
            let level = self.speakers.loudness(link).unwrap_or(played);
            if level >= SPEECH {
                self.last_speech.insert(member, now);
            }
        }
        let own = self.meter.as_ref().map_or(0.0, Meter::level);
        if own >= SPEECH {
            self.last_own_speech = Some(now);
        }
        self.ask_for_devices(now);
        let speaking = self
            .last_speech
            .iter()
            .filter(|(_, last)| speaks(last))
            .map(|(member, _)| *member)
            .collect();
        let own_speech = self.last_own_speech.as_ref().is_some_and(speaks);
        if self.call.is_some() {
            self.tell_speech(speaking, own_speech);
        }
        if self.testing {
            let level = (own / FULL_METER * 100.0).min(100.0) as u8;
            if core::mem::replace(&mut self.told.level, level) != level {
                (self.on_sound)(SoundEvent::Level(level));
            }
        }
    }

    fn tell_speech(&mut self, speaking: Vec<MemberId>, own_speech: bool) {
        if self.told.speaking != speaking {
            self.told.speaking.clone_from(&speaking);
            (self.on_sound)(SoundEvent::Speaking(speaking));
        }
        if core::mem::replace(&mut self.told.own_speech, own_speech) != own_speech {
            (self.on_sound)(SoundEvent::OwnSpeech(own_speech));
        }
    }
}

pub(super) fn wishes(settings: &Settings) -> Wishes {
    Wishes {
        device: settings.microphone.clone(),
        echo_cancellation: settings.echo_cancellation,
        noise_suppression: settings.noise_suppression,
        automatic_gain: settings.automatic_gain,
    }
}

pub(super) fn problem(error: OpenError) -> MicrophoneProblem {
    match error {
        OpenError::Refused => MicrophoneProblem::Refused,
        OpenError::Missing => MicrophoneProblem::Missing,
        OpenError::Unusable => MicrophoneProblem::Unusable,
    }
}

fn devices(listed: Vec<Listed>) -> Devices {
    let mut devices = Devices {
        known: true,
        ..Devices::default()
    };
    for Listed { kind, id, name } in listed {
        let device = Device { id, name };
        match kind {
            Kind::Microphone => devices.microphones.push(device),
            Kind::Speaker => devices.speakers.push(device),
        }
    }
    devices
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_push_to_talk_only_a_held_key_opens_the_microphone_and_mute_still_closes_it() {
        let silent = |muted, push_to_talk, talking| {
            Switch {
                muted,
                push_to_talk,
                talking,
            }
            .is_silent()
        };
        assert!(!silent(false, false, false));
        assert!(silent(true, false, false));
        assert!(silent(false, true, false));
        assert!(!silent(false, true, true));
        assert!(silent(true, true, true));
    }
}
