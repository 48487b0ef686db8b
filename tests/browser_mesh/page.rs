//! Whole clients in one page: each with the links of a real browser, and a relay between them that is a list.

use core::pin::pin;
use core::task::Poll;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use discordopus::browser::audio::Speakers;
use discordopus::browser::clock;
use discordopus::browser::rtc::{Heard, Links};
use discordopus_core::Client;
use discordopus_core::ids::{ConnectionId, GroupId, Mailbox, MemberId, ReceiptId};
use discordopus_core::invite::Link;
use discordopus_core::io::{
    CallView, Command, Config, Event, Input, Microphone, Output, Refusal, RelayCommand, Voice,
};
use discordopus_core::store::Snapshot;
use discordopus_core::testing::SeededRng;
use futures::channel::mpsc;
use futures::future::{self, Either};
use futures::{FutureExt, StreamExt};
use web_sys::{AudioContext, MediaStream, MediaStreamTrack};

use crate::pitch::Pitch;
use crate::tone::Tone;

/// How long a condition may take before the test gives up, in milliseconds.
const PATIENCE: u64 = 60_000;
/// Between two looks at who is heard, in milliseconds.
const PAUSE: u64 = 2;
/// How long nothing may happen until a condition is looked at again all the same, in milliseconds.
const LONGEST_WAIT: u64 = 50;
/// From this loudness on somebody is heard, of 1: a tone is far above, silence far below.
pub(crate) const LOUD: f64 = 0.01;

/// The pitch of everybody's tone, in hertz: no one's overtone is another's.
fn pitch(person: usize) -> f32 {
    600.0 + 70.0 * person as f32
}

/// Everybody in the page.
pub(crate) struct Page {
    pub(crate) people: Vec<Person>,
    relay: Relay,
    rng: SeededRng,
}

/// One of them.
pub(crate) struct Person {
    client: Client,
    pub(crate) links: Links,
    speakers: Speakers,
    heard: mpsc::UnboundedReceiver<Heard>,
    inputs: VecDeque<Input>,
    pub(crate) group: Option<GroupId>,
    pub(crate) me: Option<MemberId>,
    members: usize,
    link: Option<String>,
    pub(crate) call: Option<CallView>,
    /// What came from each last.
    streams: BTreeMap<MemberId, MediaStream>,
    /// Why something was not done that this person wanted.
    pub(crate) refused: Option<Refusal>,
    tone: Tone,
}

/// Who gets what is addressed to a mailbox.
#[derive(Default)]
struct Relay {
    subscribers: BTreeMap<Mailbox, BTreeSet<(usize, ConnectionId)>>,
    receipts: u64,
}

impl Relay {
    fn subscribe(&mut self, to: (usize, ConnectionId), mailboxes: Vec<Mailbox>) {
        for mailbox in mailboxes {
            self.subscribers.entry(mailbox).or_default().insert(to);
        }
    }
}

impl Page {
    /// As many people, each with a tone, in one group.
    pub(crate) async fn group_of(people: usize) -> Self {
        let mut page = Self {
            people: Vec::new(),
            relay: Relay::default(),
            rng: SeededRng::new(people as u64),
        };
        for number in 0..people {
            page.add(pitch(number));
        }
        page.say(
            0,
            Command::CreateGroup {
                group_name: "Band".to_owned(),
                your_name: "Person 0".to_owned(),
            },
        );
        page.until("founded", |page| page.people[0].group.is_some())
            .await;
        page.say(
            0,
            Command::CreateInvite {
                group: page.people[0].group.unwrap(),
                lifetime: 60 * 60 * 1_000,
                max_uses: None,
                approval: false,
            },
        );
        page.until("invited", |page| page.people[0].link.is_some())
            .await;
        let text = page.people[0].link.clone().unwrap();
        for number in 1..people {
            let link = Link::parse(&text, clock::now()).unwrap();
            let your_name = format!("Person {number}");
            page.say(number, Command::Join { link, your_name });
        }
        page.until("all are in", |page| {
            page.people.iter().all(|it| it.members == people)
        })
        .await;
        page
    }

    fn add(&mut self, hertz: f32) {
        let config = Config {
            relays: vec!["wss://relay.example/mqtt".to_owned()],
            origin: "https://chat.example/".to_owned(),
        };
        let client = Client::restore(Snapshot::default(), config, clock::now(), &mut self.rng);
        let (tell, heard) = mpsc::unbounded();
        let links = Links::new(tell);
        let tone = Tone::of(hertz);
        links.set_microphone(Some(Clone::clone(&tone.track)));
        self.people.push(Person {
            client: client.unwrap(),
            links,
            speakers: Speakers::new(|_| {}),
            heard,
            inputs: VecDeque::new(),
            group: None,
            me: None,
            members: 0,
            link: None,
            call: None,
            streams: BTreeMap::new(),
            refused: None,
            tone,
        });
        self.drain(self.people.len() - 1);
    }

    pub(crate) fn say(&mut self, person: usize, command: Command) {
        self.input(person, Input::Command(command));
        self.carry();
    }

    /// Takes part in the call.
    pub(crate) fn join(&mut self, person: usize) {
        let group = self.people[person].group.unwrap();
        let voice = Voice {
            microphone: Microphone::Open,
            deafened: false,
        };
        self.say(person, Command::JoinCall { group, voice });
    }

    /// Everything that can happen now, happens.
    pub(crate) fn carry(&mut self) {
        let mut busy = true;
        while busy {
            busy = false;
            for person in 0..self.people.len() {
                self.listen(person);
                let now = clock::now();
                let due = self.people[person].client.poll_timeout();
                if due.is_some_and(|due| due <= now) {
                    self.input(person, Input::Timeout);
                }
                while let Some(input) = self.people[person].inputs.pop_front() {
                    self.input(person, input);
                    busy = true;
                }
            }
        }
    }

    /// Until a condition holds.
    pub(crate) async fn until(&mut self, what: &str, condition: impl Fn(&Self) -> bool) {
        let give_up = clock::now().plus(PATIENCE);
        loop {
            self.carry();
            if condition(self) {
                return;
            }
            if clock::now() >= give_up {
                self.give_up(what);
            }
            self.wait().await;
        }
    }

    /// Until every one of these hears every other one of them, by the loudness of what was decoded.
    pub(crate) async fn until_all_hear_all(&mut self, people: &[usize]) {
        let ears = people.iter().map(|one| {
            let others = people.iter().filter(|other| *other != one);
            let others = others.map(|other| self.people[*other].me.unwrap());
            (self.people[*one].links.clone(), others.collect())
        });
        let heard = pin!(all_heard(ears.collect()));
        let mut heard = heard.fuse();
        let give_up = clock::now().plus(PATIENCE);
        loop {
            self.carry();
            if clock::now() >= give_up {
                self.give_up("all hear all");
            }
            // What happens is carried out while the ears are busy, as in the app.
            if let Either::Left(_) = future::select(&mut heard, pin!(self.wait())).await {
                return;
            }
        }
    }

    /// Until something may have happened: a link tells something, or somebody's time has come.
    async fn wait(&mut self) {
        let dues = self.people.iter().filter_map(|it| it.client.poll_timeout());
        let due = dues.chain([clock::now().plus(LONGEST_WAIT)]).min();
        let told = future::poll_fn(|context| {
            for number in 0..self.people.len() {
                if let Poll::Ready(Some(heard)) = self.people[number].heard.poll_next_unpin(context)
                {
                    self.people[number].hear(heard);
                    return Poll::Ready(());
                }
            }
            Poll::Pending
        });
        let due = pin!(clock::sleep_until(due.unwrap()));
        future::select(told, due).await;
    }

    /// Until what comes from every one of these to every other one has the pitch of whoever sends it.
    pub(crate) async fn until_all_hear_the_pitch_of_all(&mut self, people: &[usize]) {
        let context = AudioContext::new().unwrap();
        let mut ears = Vec::new();
        for one in people {
            for other in people.iter().filter(|other| *other != one) {
                let member = self.people[*other].me.unwrap();
                let stream = &self.people[*one].streams[&member];
                ears.push((pitch(*other), Pitch::of(stream, &context)));
            }
        }
        self.until("all hear the pitch of all", |_| {
            ears.iter().all(|(pitch, heard)| heard.is(*pitch))
        })
        .await;
        let _ = context.close();
    }

    fn give_up(&self, what: &str) -> ! {
        let calls: Vec<_> = self.people.iter().map(|it| &it.call).collect();
        let refused: Vec<_> = self.people.iter().map(|it| it.refused).collect();
        panic!("never: {what}: {refused:?}, {calls:#?}");
    }

    fn listen(&mut self, number: usize) {
        let person = &mut self.people[number];
        while let Ok(heard) = person.heard.try_recv() {
            person.hear(heard);
        }
    }

    fn input(&mut self, person: usize, input: Input) {
        let client = &mut self.people[person].client;
        client.handle(clock::now(), input, &mut self.rng);
        self.drain(person);
    }

    fn drain(&mut self, number: usize) {
        while let Some(output) = self.people[number].client.poll_output() {
            match output {
                // Nobody is restarted here, and nothing is written that could be changed.
                Output::Persist(_)
                | Output::Acknowledge { .. }
                | Output::Recall { .. }
                | Output::ReadFile { .. } => {}
                Output::Relay(command) => self.relay_command(number, command),
                Output::Send(transmit) => {
                    let to = self.relay.subscribers.get(&transmit.mailbox).cloned();
                    for (person, connection) in to.into_iter().flatten() {
                        self.relay.receipts += 1;
                        self.people[person].inputs.push_back(Input::RelayReceived {
                            connection,
                            receipt: ReceiptId(self.relay.receipts),
                            mailbox: transmit.mailbox,
                            bytes: transmit.bytes.clone(),
                        });
                    }
                    if transmit.queued {
                        self.people[number].inputs.push_back(Input::RelayAccepted {
                            connection: transmit.connection,
                            transmit: transmit.id,
                        });
                    }
                }
                Output::Link(command) => self.people[number].links.command(command),
                Output::FetchIce => self.people[number].inputs.push_back(Input::IceServers {
                    servers: Vec::new(),
                    lifetime_seconds: 3_600,
                }),
                Output::Event(event) => self.people[number].see(event),
            }
        }
    }

    fn relay_command(&mut self, person: usize, command: RelayCommand) {
        match command {
            RelayCommand::Open {
                connection,
                mailboxes,
                ..
            } => {
                self.relay.subscribe((person, connection), mailboxes);
                self.people[person].inputs.push_back(Input::RelayOpened {
                    connection,
                    session_present: false,
                });
            }
            RelayCommand::Subscribe {
                connection,
                mailboxes,
            } => {
                self.relay.subscribe((person, connection), mailboxes);
            }
            RelayCommand::Unsubscribe {
                connection,
                mailboxes,
            } => {
                for mailbox in mailboxes {
                    if let Some(of_mailbox) = self.relay.subscribers.get_mut(&mailbox) {
                        of_mailbox.remove(&(person, connection));
                    }
                }
            }
            // It is always there.
            RelayCommand::Probe { .. } => {}
            RelayCommand::Close { connection, .. } => {
                for of_mailbox in self.relay.subscribers.values_mut() {
                    of_mailbox.remove(&(person, connection));
                }
            }
        }
    }
}

impl Person {
    /// What it sends.
    pub(crate) fn track(&self) -> &MediaStreamTrack {
        &self.tone.track
    }

    fn hear(&mut self, heard: Heard) {
        match heard {
            Heard::Event(event) => self.inputs.push_back(Input::Link(event)),
            Heard::Sound {
                link,
                member,
                stream: Some(stream),
            } => {
                self.streams.insert(member, Clone::clone(&stream));
                self.speakers.play(link, member, stream);
            }
            Heard::Sound { link, .. } => self.speakers.stop(link),
        }
    }

    fn see(&mut self, event: Event) {
        match event {
            Event::Group(view) => {
                self.group = Some(view.id);
                self.me = Some(view.me);
                self.members = view.members.len();
            }
            Event::InviteCreated { link, .. } => self.link = Some(link),
            Event::Call { call, .. } => self.call = call.map(|call| *call),
            Event::Refused { reason, .. } => self.refused = Some(reason),
            _ => {}
        }
    }
}

/// Until each of these has heard all whom it waits for.
async fn all_heard(mut ears: Vec<(Links, BTreeSet<MemberId>)>) {
    while !ears.is_empty() {
        for (links, missing) in &mut ears {
            for (_, member, level) in links.loudness().await {
                if level > LOUD {
                    missing.remove(&member);
                }
            }
        }
        ears.retain(|(_, missing)| !missing.is_empty());
        clock::sleep_until(clock::now().plus(PAUSE)).await;
    }
}
