//! Direct links and sound in a real browser: two ends in one page, joined by hand, with a tone of its own from each.
#![cfg(all(target_arch = "wasm32", target_os = "unknown"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "browser_mesh/tone.rs"]
mod tone;

use std::collections::VecDeque;

use discordopus::browser::audio::{self, Kind, Meter, Microphone, Speakers, Wishes};
use discordopus::browser::clock;
use discordopus::browser::rtc::{Heard, Links};
use discordopus_core::ids::{GroupId, LinkId, MemberId};
use discordopus_core::io::{Figures, Ice, IceState, LinkCommand, LinkEvent};
use discordopus_core::sorted::Map;
use futures::channel::mpsc;
use tone::Tone;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{AnalyserNode, AudioContext, HtmlAudioElement, MediaStream};

wasm_bindgen_test_configure!(run_in_browser);

const LINK: LinkId = LinkId(7);
/// How often a condition is looked at before the test gives up: 20 seconds, far above what a slow machine needs.
const LOOKS: u32 = 400;
/// Between two looks, in milliseconds.
const PAUSE: u64 = 50;
/// Above this a tone counts as heard, in decibels of full scale.
const HEARD: f32 = -60.0;
/// And above this somebody, of 1.
const LOUD: f64 = 0.01;
/// How far a peak may be from the tone, in hertz: one step of the analyser.
const NEAR: f32 = 6.0;

/// What can be heard of a stream.
struct Ear {
    context: AudioContext,
    analyser: AnalyserNode,
    // Without an element that plays it, the browser leaves a remote stream alone; in silence, it tells no loudness.
    element: HtmlAudioElement,
}

impl Ear {
    fn at(stream: &MediaStream) -> Self {
        let element = HtmlAudioElement::new().unwrap();
        element.set_src_object(Some(stream));
        let _ = element.play();
        let context = AudioContext::new().unwrap();
        let source = context.create_media_stream_source(stream).unwrap();
        let analyser = context.create_analyser().unwrap();
        analyser.set_fft_size(8192);
        source.connect_with_audio_node(&analyser).unwrap();
        Self {
            context,
            analyser,
            element,
        }
    }

    /// The loudest frequency, and how loud it is.
    fn peak(&self) -> (f32, f32) {
        let mut levels = vec![0.0; self.analyser.frequency_bin_count() as usize];
        self.analyser.get_float_frequency_data(&mut levels);
        let step = self.context.sample_rate() / self.analyser.fft_size() as f32;
        let loudest = levels.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
        let (place, level) = loudest.unwrap();
        (place as f32 * step, *level)
    }

    fn hears(&self, hertz: f32) -> bool {
        let (peak, level) = self.peak();
        (peak - hertz).abs() <= NEAR && level > HEARD
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.element.set_src_object(None);
        let _ = self.context.close();
    }
}

/// One end, and everything it has told.
struct End {
    links: Links,
    heard: mpsc::UnboundedReceiver<Heard>,
    stream: Option<MediaStream>,
    ended: bool,
    states: Vec<IceState>,
    channel: Vec<bool>,
    messages: Vec<Vec<u8>>,
    figures: Option<Figures>,
    described: usize,
    failed: bool,
    /// How often it was said that little is left of what was poured.
    drained: u32,
    for_other: VecDeque<LinkCommand>,
}

impl End {
    fn new() -> Self {
        let (tell, heard) = mpsc::unbounded();
        Self {
            links: Links::new(tell),
            heard,
            stream: None,
            ended: false,
            states: Vec::new(),
            channel: Vec::new(),
            messages: Vec::new(),
            figures: None,
            described: 0,
            failed: false,
            drained: 0,
            for_other: VecDeque::new(),
        }
    }

    fn open(&self, offers: bool, voice: bool) {
        self.links.command(LinkCommand::Open {
            link: LINK,
            group: GroupId([1; 32]),
            member: MemberId([2; 32]),
            ice: Ice::default(),
            offers,
            polite: !offers,
            voice,
        });
    }

    fn listen(&mut self) {
        while let Ok(heard) = self.heard.try_recv() {
            match heard {
                Heard::Sound { stream, .. } => {
                    self.ended = stream.is_none();
                    self.stream = stream.or(self.stream.take());
                }
                Heard::Event(event) => match event {
                    LinkEvent::Described { link, description } => {
                        self.described += 1;
                        self.for_other
                            .push_back(LinkCommand::Describe { link, description });
                    }
                    LinkEvent::Found { link, candidate } => self
                        .for_other
                        .push_back(LinkCommand::AddCandidate { link, candidate }),
                    LinkEvent::State { state, .. } => self.states.push(state),
                    LinkEvent::Channel { open, .. } => self.channel.push(open),
                    LinkEvent::Received { bytes, .. } => self.messages.push(bytes),
                    LinkEvent::Measured { figures, .. } => self.figures = Some(figures),
                    LinkEvent::Failed { .. } => self.failed = true,
                    LinkEvent::Drained { .. } => self.drained += 1,
                },
            }
        }
    }

    fn is_connected(&self) -> bool {
        self.states.last() == Some(&IceState::Connected) && self.channel.last() == Some(&true)
    }
}

/// Two ends whose descriptions and candidates reach each other.
struct Pair {
    ends: [End; 2],
}

impl Pair {
    fn opened(voice: bool) -> Self {
        let ends = [End::new(), End::new()];
        ends[1].open(false, voice);
        ends[0].open(true, voice);
        Self { ends }
    }

    fn carry(&mut self) {
        let [one, other] = &mut self.ends;
        one.listen();
        other.listen();
        one.for_other
            .drain(..)
            .for_each(|command| other.links.command(command));
        other
            .for_other
            .drain(..)
            .for_each(|command| one.links.command(command));
    }

    async fn until(&mut self, what: &str, condition: impl Fn(&Self) -> bool) {
        for _ in 0..LOOKS {
            self.carry();
            if condition(self) {
                return;
            }
            clock::sleep_until(clock::now().plus(PAUSE)).await;
        }
        panic!("never: {what}");
    }

    async fn connected(voice: bool) -> Self {
        let mut pair = Self::opened(voice);
        pair.until("connected", |it| it.ends.iter().all(End::is_connected))
            .await;
        pair
    }

    fn ears(&self) -> [Ear; 2] {
        [0, 1].map(|end| Ear::at(self.ends[end].stream.as_ref().expect("no sound arrived")))
    }
}

#[wasm_bindgen_test]
async fn both_hear_the_others_tone_and_read_the_others_messages() {
    let tones = [Tone::of(440.0), Tone::of(1_000.0)];
    let ends = [End::new(), End::new()];
    for (end, tone) in ends.iter().zip(&tones) {
        end.links.set_microphone(Some(Clone::clone(&tone.track)));
    }
    ends[1].open(false, true);
    ends[0].open(true, true);
    let mut pair = Pair { ends };
    pair.until("connected", |it| it.ends.iter().all(End::is_connected))
        .await;
    let ears = pair.ears();
    pair.until("both tones", |_| {
        ears[0].hears(1_000.0) && ears[1].hears(440.0)
    })
    .await;
    for (end, text) in pair.ends.iter().zip([b"one", b"two"]) {
        end.links.command(LinkCommand::Send {
            link: LINK,
            bytes: text.to_vec(),
        });
    }
    pair.until("messages", |it| {
        it.ends[0].messages == [b"two".to_vec()] && it.ends[1].messages == [b"one".to_vec()]
    })
    .await;
    pair.until("figures", |it| {
        it.ends.iter().all(|end| {
            end.figures.is_some_and(|figures| {
                figures.packets_received > 10
                    && figures.bytes_sent > 1_000
                    && figures.relayed == Some(false)
            })
        })
    })
    .await;
    let mut loud = Vec::new();
    for _ in 0..LOOKS {
        loud = pair.ends[0].links.loudness().await;
        if loud.iter().any(|(_, _, level)| *level > LOUD) {
            break;
        }
        clock::sleep_until(clock::now().plus(PAUSE)).await;
    }
    assert_eq!(loud.len(), 1);
    assert_eq!((loud[0].0, loud[0].1), (LINK, MemberId([2; 32])));
    assert!(loud[0].2 > LOUD, "{loud:?}");
}

#[wasm_bindgen_test]
async fn whoever_is_played_louder_or_not_at_all_is_as_loud_as_they_are() {
    let tone = Tone::of(440.0);
    let mut pair = Pair::connected(true).await;
    let member = MemberId([2; 32]);
    pair.ends[1]
        .links
        .set_microphone(Some(Clone::clone(&tone.track)));
    let speakers = Speakers::new(|_| {});
    speakers.play(LINK, member, pair.ends[0].stream.clone().unwrap());
    // Played just as loud as they are, what the browser measures is right.
    assert_eq!(speakers.loudness(LINK), None);
    for (volume, deafened) in [(200, false), (100, true), (0, false), (200, true)] {
        speakers.set_volumes(Map::from_iter([(member, volume)]));
        speakers.set_deafened(deafened);
        pair.until(&format!("loud at {volume} %, deafened: {deafened}"), |_| {
            speakers.loudness(LINK).is_some_and(|level| level > LOUD)
        })
        .await;
    }
    pair.ends[1].links.set_microphone(None);
    pair.until("silent", |_| {
        speakers.loudness(LINK).is_some_and(|level| level < LOUD)
    })
    .await;
    speakers.set_volumes(Map::new());
    speakers.set_deafened(false);
    assert_eq!(speakers.loudness(LINK), None);
}

#[wasm_bindgen_test]
async fn a_microphone_that_comes_later_is_heard_without_a_new_negotiation() {
    let mut pair = Pair::connected(true).await;
    let described: Vec<usize> = pair.ends.iter().map(|end| end.described).collect();
    let ears = pair.ears();
    let tone = Tone::of(700.0);
    pair.ends[1]
        .links
        .set_microphone(Some(Clone::clone(&tone.track)));
    pair.until("the tone", |_| ears[0].hears(700.0)).await;
    assert!(!ears[1].hears(700.0));
    // Another device: the same again.
    let other = Tone::of(900.0);
    pair.ends[1]
        .links
        .set_microphone(Some(Clone::clone(&other.track)));
    pair.until("the other tone", |_| ears[0].hears(900.0)).await;
    let after: Vec<usize> = pair.ends.iter().map(|end| end.described).collect();
    assert_eq!(described, after);
}

#[wasm_bindgen_test]
async fn both_may_look_for_another_path_at_the_same_moment() {
    let mut pair = Pair::connected(true).await;
    let tone = Tone::of(500.0);
    pair.ends[0]
        .links
        .set_microphone(Some(Clone::clone(&tone.track)));
    let ears = pair.ears();
    pair.until("the tone", |_| ears[1].hears(500.0)).await;
    let before: Vec<usize> = pair.ends.iter().map(|end| end.described).collect();
    for end in &pair.ends {
        end.links.command(LinkCommand::RestartIce { link: LINK });
    }
    // The offerer's counts; the polite one takes its own back, answers, and may offer once more.
    pair.until("a new negotiation", |it| {
        it.ends[1].described > before[1] && it.ends[0].described > before[0]
    })
    .await;
    pair.until("connected", |it| it.ends.iter().all(End::is_connected))
        .await;
    pair.until("the tone again", |_| ears[1].hears(500.0)).await;
    assert!(!pair.ends.iter().any(|end| end.failed));
}

#[wasm_bindgen_test]
async fn what_may_wait_arrives_whole_and_in_order_and_is_said_to_be_drained_once() {
    let mut pair = Pair::connected(false).await;
    for number in 0..100_u8 {
        pair.ends[0].links.command(LinkCommand::Pour {
            link: LINK,
            bytes: vec![number; 15_000],
            tell: number == 99,
        });
    }
    pair.until("all of it", |it| it.ends[1].messages.len() == 100)
        .await;
    pair.until("drained", |it| it.ends[0].drained == 1).await;
    let messages = pair.ends[1].messages.iter().enumerate();
    for (number, bytes) in messages {
        assert!(bytes.len() == 15_000 && bytes.iter().all(|it| usize::from(*it) == number));
    }
    // Little is left at once, which is told, too.
    pair.ends[0].links.command(LinkCommand::Pour {
        link: LINK,
        bytes: vec![1],
        tell: true,
    });
    pair.until("drained again", |it| it.ends[0].drained == 2)
        .await;
    assert_eq!(pair.ends[1].drained, 0);
}

#[wasm_bindgen_test]
async fn sound_that_somebody_offers_on_a_link_without_any_is_not_heard() {
    let ends = [End::new(), End::new()];
    ends[1].open(false, false);
    ends[0].open(true, true);
    let mut pair = Pair { ends };
    pair.until("connected", |it| it.ends.iter().all(End::is_connected))
        .await;
    assert!(pair.ends[1].stream.is_none());
}

#[wasm_bindgen_test]
async fn sound_can_begin_on_a_link_that_carried_none() {
    let mut pair = Pair::connected(false).await;
    assert!(pair.ends.iter().all(|end| end.stream.is_none()));
    let tone = Tone::of(600.0);
    for end in &pair.ends {
        end.links.set_microphone(Some(Clone::clone(&tone.track)));
        end.links.command(LinkCommand::SetVoice {
            link: LINK,
            voice: true,
        });
    }
    pair.until("sound", |it| it.ends.iter().all(|end| end.stream.is_some()))
        .await;
    let ears = pair.ears();
    pair.until("the tone", |_| ears.iter().all(|ear| ear.hears(600.0)))
        .await;
    pair.ends[0].links.command(LinkCommand::SetVoice {
        link: LINK,
        voice: false,
    });
    pair.until("silence", |_| !ears[1].hears(600.0)).await;
    assert!(pair.ends.iter().all(End::is_connected));
}

#[wasm_bindgen_test]
async fn whoever_closes_a_link_hears_no_more_of_it_and_the_other_is_told() {
    let mut pair = Pair::connected(true).await;
    pair.ends[0]
        .links
        .command(LinkCommand::Close { link: LINK });
    pair.until("told", |it| it.ends[1].channel.last() == Some(&false))
        .await;
    assert!(pair.ends[0].ended);
    assert_eq!(pair.ends[0].channel, [true]);
}

#[wasm_bindgen_test]
async fn a_late_answer_and_a_doubled_one_change_nothing() {
    let mut pair = Pair::opened(true);
    let mut answers = Vec::new();
    for _ in 0..LOOKS {
        for end in &mut pair.ends {
            end.listen();
        }
        for command in &pair.ends[1].for_other {
            if let LinkCommand::Describe { description, .. } = command {
                answers.push(description.clone());
            }
        }
        pair.carry();
        if pair.ends.iter().all(End::is_connected) {
            break;
        }
        clock::sleep_until(clock::now().plus(PAUSE)).await;
    }
    assert_eq!(answers.len(), 1);
    for _ in 0..2 {
        pair.ends[0].links.command(LinkCommand::Describe {
            link: LINK,
            description: answers[0].clone(),
        });
    }
    pair.ends[1].links.command(LinkCommand::Send {
        link: LINK,
        bytes: vec![1],
    });
    pair.until("a message", |it| it.ends[0].messages.len() == 1)
        .await;
    assert!(!pair.ends.iter().any(|end| end.failed));
    assert!(pair.ends.iter().all(End::is_connected));
}

#[wasm_bindgen_test]
async fn a_description_that_is_none_is_told_as_a_failure() {
    let end = End::new();
    end.open(false, true);
    end.links.command(LinkCommand::Describe {
        link: LINK,
        description: discordopus_core::io::Description {
            answer: false,
            sdp: "no sdp".to_owned(),
        },
    });
    let mut pair = Pair {
        ends: [end, End::new()],
    };
    pair.until("a failure", |it| it.ends[0].failed).await;
}

#[wasm_bindgen_test]
async fn a_microphone_is_heard_only_while_its_track_is_on_and_closes_with_its_owner() {
    let microphone = Microphone::open(&Wishes::default(), true, || {})
        .await
        .expect("the browser has a made-up microphone");
    assert!(!microphone.is_heard());
    microphone.set_silent(false);
    assert!(microphone.is_heard());
    assert!(microphone.track().enabled());
    microphone.set_silent(true);
    // What links send is the track that is silenced, not a copy of it.
    assert!(!microphone.track().enabled());
    microphone.set_silent(false);
    let meter = Meter::new(microphone.stream()).unwrap();
    let track = microphone.track();
    let mut loudest = 0.0_f64;
    for _ in 0..LOOKS {
        loudest = loudest.max(meter.level());
        if loudest > LOUD {
            break;
        }
        clock::sleep_until(clock::now().plus(PAUSE)).await;
    }
    assert!(loudest > LOUD, "{loudest}");
    drop(microphone);
    assert_eq!(track.ready_state(), web_sys::MediaStreamTrackState::Ended);
}

#[wasm_bindgen_test]
async fn the_chosen_microphone_is_opened_and_another_one_when_it_is_gone() {
    let open = async |device: &str| {
        let wishes = Wishes {
            device: device.to_owned(),
            ..Wishes::default()
        };
        let opened = Microphone::open(&wishes, true, || {}).await;
        opened.expect("the browser has made-up microphones")
    };
    let chosen = open("").await.track().label();
    let listed = audio::list().await;
    let microphones = listed.iter().filter(|it| it.kind == Kind::Microphone);
    let other = microphones.clone().find(|it| it.name != chosen);
    let other = other.expect("the browser has several");
    let taken = open(&other.id).await;
    assert_eq!(taken.track().label(), other.name);
    assert!(!taken.is_substitute());
    let substitute = open("gone").await;
    assert_eq!(substitute.track().label(), chosen);
    assert!(substitute.is_substitute());
}
