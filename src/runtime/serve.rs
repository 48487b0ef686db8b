//! The client's end of the port: runs the client in a thread of its own and tells the page what happens.

use std::cell::RefCell;
use std::rc::Rc;

use discordopus_core::io::{Event, Input, LinkCommand, read};
use discordopus_core::store::StoreError;
use discordopus_core::wire::encode_secret;
use futures::channel::{mpsc, oneshot};
use wasm_bindgen_futures::spawn_local;
use web_sys::MessagePort;

use super::HistoryRequest;
use super::boot::Choice;
use super::exchange::{FromClient, Keeping, Reading, Stage, ToClient};
use super::safe::SafeError;
use super::start::Tab;
use crate::browser::port::BytePort;
use crate::browser::relay::Relays;

/// Runs the client for the page at the other end of this port, as long as the thread lives.
pub fn serve(port: MessagePort) {
    let (choices, chosen) = mpsc::unbounded();
    let (keepings, asked) = mpsc::unbounded();
    let (pieces, files) = mpsc::unbounded();
    let page = Page(Rc::new(RefCell::new(Inner {
        port: None,
        client: None,
        early: Vec::new(),
    })));
    let ear = page.clone();
    let mut received = Some((chosen, asked, files));
    let port = BytePort::open(port, move |bytes| match read(&bytes) {
        Some(ToClient::Start(config)) => {
            if let Some((choices, asked, files)) = received.take() {
                spawn_local(Tab::new(ear.clone(), choices, asked, files).run(config));
            }
        }
        Some(ToClient::Choose(choice)) => choose(&choices, choice),
        Some(ToClient::Command(command)) => ear.command(Input::Command(command)),
        Some(ToClient::Woke) => ear.woke(),
        Some(ToClient::NetworkLost) => ear.input(Input::NetworkLost),
        Some(ToClient::Read(reading)) => ear.read(reading),
        Some(ToClient::Link(event)) => ear.input(Input::Link(event)),
        Some(ToClient::Safe(keeping)) => ask(&keepings, keeping),
        Some(ToClient::Piece { number, bytes }) => drop(pieces.unbounded_send((number, bytes))),
        // Both ends are one build.
        None => {}
    });
    page.0.borrow_mut().port = Some(port);
}

fn choose(choices: &mpsc::UnboundedSender<Choice>, choice: Choice) {
    // Without a receiver the client has ended for good, and the page says so.
    let _ = choices.unbounded_send(choice);
}

fn ask(keepings: &mpsc::UnboundedSender<Keeping>, keeping: Keeping) {
    // The same.
    let _ = keepings.unbounded_send(keeping);
}

/// Where a running client takes its inputs and questions.
pub(super) struct Running {
    pub(super) inputs: mpsc::UnboundedSender<Input>,
    pub(super) history: mpsc::UnboundedSender<HistoryRequest>,
    pub(super) relays: Relays,
}

/// The page that the client works for. Clones are the same page.
#[derive(Clone)]
pub(super) struct Page(Rc<RefCell<Inner>>);

struct Inner {
    port: Option<BytePort>,
    client: Option<Running>,
    /// Commands that came before the client ran.
    early: Vec<Input>,
}

impl Page {
    /// The start has come further. Commands for a client that ended are void.
    pub(super) fn tell(&self, stage: Stage) {
        if !matches!(stage, Stage::Starting | Stage::Running { .. }) {
            let mut inner = self.0.borrow_mut();
            inner.client = None;
            inner.early.clear();
        }
        self.post(&FromClient::Stage(stage));
    }

    /// The client runs from now on.
    pub(super) fn attach(&self, client: Running, in_memory: bool, passphrase: bool) {
        self.tell(Stage::Running {
            in_memory,
            passphrase,
        });
        let mut inner = self.0.borrow_mut();
        for input in inner.early.drain(..) {
            let _ = client.inputs.unbounded_send(input);
        }
        inner.client = Some(client);
    }

    /// The client wants something done with a direct link.
    pub(super) fn link(&self, command: LinkCommand) {
        self.post(&FromClient::Link(command));
    }

    /// The next piece of the file that a request makes.
    pub(super) fn made(&self, number: u32, done: u16, bytes: Vec<u8>) {
        self.post(&FromClient::Made {
            number,
            done,
            bytes,
        });
    }

    /// The next piece is wanted of the file that a request is about.
    pub(super) fn want(&self, number: u32) {
        self.post(&FromClient::Wanted { number });
    }

    /// What was asked of the storage is done, or not.
    pub(super) fn kept(&self, number: u32, result: Result<(), SafeError>) {
        self.post(&match result {
            Ok(()) => FromClient::Kept { number },
            Err(error) => FromClient::NotKept { number, error },
        });
    }

    /// The running client has news.
    pub(super) fn event(&self, event: Event) {
        self.post(&FromClient::Event(event));
    }

    fn post(&self, message: &FromClient) {
        if let Some(port) = &self.0.borrow().port {
            port.post(&encode_secret(message));
        }
    }

    fn command(&self, command: Input) {
        let mut inner = self.0.borrow_mut();
        match &inner.client {
            // It may have handed over: its screen says so.
            Some(client) => drop(client.inputs.unbounded_send(command)),
            None => inner.early.push(command),
        }
    }

    fn input(&self, input: Input) {
        if let Some(client) = &self.0.borrow().client {
            let _ = client.inputs.unbounded_send(input);
        }
    }

    fn woke(&self) {
        if let Some(client) = &self.0.borrow().client {
            client.relays.probe();
        }
        self.input(Input::Wake);
    }

    fn read(&self, reading: Reading) {
        let Reading { number, query } = reading;
        let (reply, answer) = oneshot::channel();
        let asked = match &self.0.borrow().client {
            Some(client) => client
                .history
                .unbounded_send(HistoryRequest { query, reply })
                .is_ok(),
            None => false,
        };
        let page = self.clone();
        spawn_local(async move {
            let answer = match asked {
                true => answer.await.unwrap_or(Err(StoreError::Closed)),
                false => Err(StoreError::Closed),
            };
            page.post(&match answer {
                Ok(answer) => FromClient::History { number, answer },
                Err(error) => FromClient::NoHistory { number, error },
            });
        });
    }
}
