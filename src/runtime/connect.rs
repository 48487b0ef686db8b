//! The page's end of the port: speaks for the interface to the client, which runs in a thread of its own.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use discordopus_core::io::{Event, Input, JoinState, read};
use discordopus_core::sorted::Map;
use discordopus_core::store::StoreError;
use discordopus_core::wire::encode_secret;
use futures::StreamExt;
use futures::channel::{mpsc, oneshot};
use futures::stream;
use wasm_bindgen_futures::spawn_local;
use web_sys::{MessagePort, Worker};

use super::exchange::{FromClient, Keeping, Reading, Stage, ToClient};
use super::pace::{self, Pace, Turn};
use super::reading::Reply;
use super::uploads;
use super::voice::{self, Happening};
use super::{
    Boot, Commands, Failure, HistoryRequest, Safe, SafeAsked, SafeError, SafeRequest, Sound,
    SoundEvent, SoundRequest, Startup,
};
use crate::browser::clock;
use crate::browser::file::{File, NewFile, Saving};
use crate::browser::listener::Listener;
use crate::browser::page::{self, Feature, PageEvent, PageEvents};
use crate::browser::port::BytePort;
use crate::browser::rtc::{Heard, Links};
use crate::browser::storage;

/// Starts the client in its thread.
///
/// `on_boot` hears every [`Boot`] state, `on_event` every event of the running client in order, `on_sound` what becomes
/// of the page's microphone and speakers; all are called
/// between two tasks of the page, never from within a call of the interface.
pub fn connect(
    port: MessagePort,
    thread: Worker,
    on_boot: impl FnMut(Boot) + 'static,
    on_event: impl FnMut(Event) + 'static,
    on_sound: impl FnMut(SoundEvent) + 'static,
) -> (Startup, Sound, Safe) {
    let (startup, choices) = Startup::new();
    let (sound, sounded) = Sound::new();
    let (safe, kept) = Safe::new();
    let (inputs, said) = mpsc::unbounded();
    let (history, asked) = mpsc::unbounded();
    let (files, pieces) = mpsc::unbounded();
    let screen = Rc::new_cyclic(|back| {
        RefCell::new(Screen {
            files,
            saving: None,
            back: back.clone(),
            commands: Commands::new(inputs, history),
            on_boot: Box::new(on_boot),
            on_event: Box::new(on_event),
            pace: Pace::default(),
            keeps: false,
            begun: false,
            stopped: false,
            readers: Map::new(),
            keepers: Map::new(),
            call: None,
        })
    });
    let (happenings, happened) = mpsc::unbounded();
    let (heard, links_heard) = mpsc::unbounded();
    let links = Links::new(heard);
    let commands = screen.borrow().commands.clone();
    let sounding = voice::run(
        commands,
        links.clone(),
        on_sound,
        happenings.clone(),
        happened,
    );
    spawn_local(sounding);
    screen.borrow_mut().call = Some(Call { links, happenings });
    let outgoing = stream::select_all([
        choices.map(ToSend::Choice).boxed_local(),
        said.map(ToSend::Input).boxed_local(),
        asked.map(ToSend::Question).boxed_local(),
        sounded.map(ToSend::Sound).boxed_local(),
        links_heard.map(ToSend::Heard).boxed_local(),
        kept.map(ToSend::Safe).boxed_local(),
        pieces.map(ToSend::Piece).boxed_local(),
    ]);
    spawn_local(run(screen, port, thread, outgoing));
    (startup, sound, safe)
}

/// What the interface gives to send.
enum ToSend {
    Choice(super::boot::Choice),
    Input(Input),
    Question(HistoryRequest),
    Sound(SoundRequest),
    Heard(Heard),
    Safe(SafeAsked),
    Piece((u32, Vec<u8>)),
}

/// Who waits for the storage to do something, and the files that belong to it.
struct Keeper {
    reply: oneshot::Sender<Result<(), SafeError>>,
    progress: Box<dyn Fn(u16)>,
    /// One that is read; nothing while that happens.
    file: Option<File>,
    /// One that is made, where that was asked for.
    made: Option<NewFile>,
}

/// Who waits for a page of history.
type Reader = oneshot::Sender<Result<Reply, StoreError>>;

/// What is shown of the client.
struct Screen {
    /// Pieces of files for the client, each with the number of its request.
    files: mpsc::UnboundedSender<(u32, Vec<u8>)>,
    /// The last file that was made.
    saving: Option<Saving>,
    /// Itself, for what takes a while.
    back: Weak<RefCell<Screen>>,
    commands: Commands,
    on_boot: Box<dyn FnMut(Boot)>,
    on_event: Box<dyn FnMut(Event)>,
    pace: Pace,
    /// The client keeps what it has on the device.
    keeps: bool,
    /// It has told more than that it is starting.
    begun: bool,
    /// Its thread has ended: nothing else counts.
    stopped: bool,
    readers: Map<u32, Reader>,
    keepers: Map<u32, Keeper>,
    /// The half of calls that only a page can carry.
    call: Option<Call>,
}

struct Call {
    links: Links,
    happenings: mpsc::UnboundedSender<Happening>,
}

async fn run(
    screen: Rc<RefCell<Screen>>,
    port: MessagePort,
    thread: Worker,
    mut outgoing: impl stream::Stream<Item = ToSend> + Unpin,
) {
    let missing = Feature::missing();
    if !missing.is_empty() {
        return screen.borrow_mut().boot(Boot::Unsupported(missing));
    }
    let Ok(config) = page::config() else {
        let missing = vec![Feature::SecureContext];
        return screen.borrow_mut().boot(Boot::Unsupported(missing));
    };
    let (shown, stopping) = (Rc::clone(&screen), Rc::clone(&screen));
    // An error that nobody caught has ended the client: it may not go on in an unknown state.
    let _ending = Listener::new(&thread, "error", move |_| stopping.borrow_mut().stop());
    let port = Rc::new(BytePort::open(port, move |bytes| {
        if let Some(message) = read(&bytes) {
            shown.borrow_mut().take(message);
        }
    }));
    let post = |message: &ToClient| port.post(&encode_secret(message));
    post(&ToClient::Start(config));
    let ear = Rc::clone(&port);
    let _page_events = PageEvents::listen(move |event| {
        let message = match event {
            PageEvent::Woke => ToClient::Woke,
            PageEvent::NetworkLost => ToClient::NetworkLost,
        };
        ear.post(&encode_secret(&message));
    });
    if storage::is_untouched().await {
        screen.borrow_mut().begin_fresh();
    }
    let mut number = 0;
    while let Some(next) = outgoing.next().await {
        match next {
            ToSend::Choice(choice) => post(&ToClient::Choose(choice)),
            ToSend::Input(Input::Command(command)) => post(&ToClient::Command(command)),
            // The interface says commands only.
            ToSend::Input(_) => {}
            ToSend::Sound(request) => screen.borrow().happen(Happening::Request(request)),
            ToSend::Heard(Heard::Event(event)) => post(&ToClient::Link(event)),
            ToSend::Heard(Heard::Sound {
                link,
                member,
                stream,
            }) => screen.borrow().happen(Happening::Sound {
                link,
                member,
                stream,
            }),
            ToSend::Question(HistoryRequest { query, reply }) => {
                number += 1;
                screen.borrow_mut().readers.insert(number, reply);
                post(&ToClient::Read(Reading { number, query }));
            }
            ToSend::Piece((number, bytes)) => post(&ToClient::Piece { number, bytes }),
            ToSend::Safe(asked) => {
                number += 1;
                let request = screen.borrow_mut().keep(number, asked);
                post(&ToClient::Safe(Keeping { number, request }));
            }
        }
    }
}

impl Screen {
    fn boot(&mut self, boot: Boot) {
        (self.on_boot)(boot);
    }

    /// Nothing is kept in this browser: the first page can be used while the client is still being loaded.
    fn begin_fresh(&mut self) {
        if !self.begun {
            let commands = self.commands.clone();
            self.boot(Boot::Fresh { commands });
        }
    }

    fn stop(&mut self) {
        (self.begun, self.stopped) = (true, true);
        drop(self.pace.all());
        self.readers.clear();
        self.keepers.clear();
        uploads::give_up();
        self.happen(Happening::Ended);
        self.boot(Boot::Failed(Failure::Stopped));
    }

    fn take(&mut self, message: FromClient) {
        if self.stopped {
            return;
        }
        if matches!(message, FromClient::Stage(_) | FromClient::History { .. }) {
            let before = self.pace.all();
            self.show(before);
        }
        match message {
            FromClient::Stage(stage) => self.stage(stage),
            FromClient::Made {
                number,
                done,
                bytes,
            } => self.made(number, done, &bytes),
            FromClient::Wanted { number } => self.wanted(number),
            FromClient::Event(event) => {
                if self.keeps && is_worth_keeping(&event) {
                    spawn_local(async {
                        storage::request_persistence().await;
                    });
                }
                self.tell_sound(&event);
                self.hear(event);
            }
            FromClient::History { number, answer } => self.answer(number, Ok(answer)),
            FromClient::NoHistory { number, error } => self.answer(number, Err(error)),
            FromClient::Kept { number } => self.kept(number, Ok(())),
            FromClient::NotKept { number, error } => self.kept(number, Err(error)),
            FromClient::Link(command) => {
                if let Some(call) = &self.call {
                    call.links.command(command);
                }
            }
        }
    }

    fn hear(&mut self, event: Event) {
        match self.pace.hear(event) {
            Turn::Now(events) => self.show(events),
            Turn::Later => {}
            Turn::Begin => spawn_local(show_in_rounds(self.back.clone())),
        }
    }

    fn show(&mut self, events: Vec<Event>) {
        for event in events {
            (self.on_event)(event);
        }
    }

    /// Shows what waits, and tells whether a rest follows; nothing when nothing waits.
    fn show_round(&mut self) -> Option<bool> {
        let round = self.pace.round(clock::now())?;
        self.show(round.events);
        Some(round.rests)
    }

    fn happen(&self, happening: Happening) {
        if let Some(call) = &self.call {
            let _ = call.happenings.unbounded_send(happening);
        }
    }

    /// What concerns sound, too.
    fn tell_sound(&self, event: &Event) {
        match event {
            Event::Settings(settings) => self.happen(Happening::Settings(settings.clone())),
            Event::Call { group, call } => self.happen(Happening::Call {
                group: *group,
                joined: call.as_ref().is_some_and(|call| call.joined),
            }),
            Event::Refused {
                group: Some(group), ..
            } => self.happen(Happening::Refused(*group)),
            _ => {}
        }
    }

    fn answer(&mut self, number: u32, answer: Result<Reply, StoreError>) {
        if let Some(reader) = self.readers.remove(&number) {
            // Whoever asked may have gone to another group.
            let _ = reader.send(answer);
        }
    }

    /// Remembers who asked for something; what is asked.
    fn keep(&mut self, number: u32, asked: SafeAsked) -> SafeRequest {
        let SafeAsked {
            request,
            file,
            progress,
            reply,
        } = asked;
        let makes = matches!(request, SafeRequest::Export { .. });
        let keeper = Keeper {
            reply,
            progress,
            file,
            made: makes.then(NewFile::default),
        };
        self.keepers.insert(number, keeper);
        request
    }

    fn made(&mut self, number: u32, done: u16, bytes: &[u8]) {
        if let Some(keeper) = self.keepers.get_mut(&number) {
            (keeper.progress)(done);
            if let Some(made) = &keeper.made {
                made.add(bytes);
            }
        }
    }

    /// Reads on in a file, and gives the piece back to whoever reads there next.
    fn wanted(&mut self, number: u32) {
        let keeper = self.keepers.get_mut(&number);
        let Some(mut file) = keeper.and_then(|keeper| keeper.file.take()) else {
            return;
        };
        let files = self.files.clone();
        let back = self.back.clone();
        spawn_local(async move {
            let bytes = file.next().await;
            if let Some(screen) = back.upgrade()
                && let Some(keeper) = screen.borrow_mut().keepers.get_mut(&number)
            {
                (keeper.progress)(file.share());
                keeper.file = Some(file);
            }
            let _ = files.unbounded_send((number, bytes));
        });
    }

    fn kept(&mut self, number: u32, result: Result<(), SafeError>) {
        let Some(keeper) = self.keepers.remove(&number) else {
            return;
        };
        let result = result.and_then(|()| match keeper.made {
            Some(made) => {
                self.saving = made.save(&backup_name());
                let saved = self.saving.is_some();
                saved
                    .then_some(())
                    .ok_or(SafeError::Storage(StoreError::Failed))
            }
            None => Ok(()),
        });
        // Whoever asked may have gone to another page.
        let _ = keeper.reply.send(result);
    }

    fn stage(&mut self, stage: Stage) {
        self.keeps = matches!(
            stage,
            Stage::Running {
                in_memory: false,
                ..
            }
        );
        // Whatever an earlier run of the client had begun is over.
        uploads::give_up();
        self.happen(Happening::Ended);
        // What is shown so far is right until there is more to tell.
        if !self.begun && stage == Stage::Starting {
            return;
        }
        self.begun = true;
        let commands = self.commands.clone();
        self.boot(match stage {
            Stage::Starting => Boot::Starting,
            Stage::Unsupported(missing) => Boot::Unsupported(missing),
            Stage::SecondTab => Boot::SecondTab,
            Stage::TakenOver => Boot::TakenOver,
            Stage::StorageBlocked => Boot::StorageBlocked,
            Stage::TooNew => Boot::TooNew,
            Stage::Locked => Boot::Locked,
            Stage::Running {
                in_memory,
                passphrase,
            } => Boot::Running {
                commands,
                in_memory,
                passphrase,
            },
            Stage::Failed(failure) => Boot::Failed(failure),
        });
    }
}

/// Shows news as fast as the page can and still has time for the person.
async fn show_in_rounds(screen: Weak<RefCell<Screen>>) {
    let show_round = || screen.upgrade()?.borrow_mut().show_round();
    while let Some(rests) = show_round() {
        if rests {
            pace::rest().await;
        }
    }
}

/// The name of a backup that is written today.
fn backup_name() -> String {
    let day = String::from(js_sys::Date::new_0().to_iso_string());
    let day = day.split('T').next().unwrap_or_default();
    format!("discordopus-{day}.backup")
}

/// From now on there is something to lose: the moment to ask the browser not to throw the storage away.
fn is_worth_keeping(event: &Event) -> bool {
    match event {
        Event::GroupCreated(_) => true,
        Event::Join(join) => matches!(join.state, JoinState::Joined(_)),
        _ => false,
    }
}
