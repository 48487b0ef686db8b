//! The relay connections of this page: a WebSocket for each session.

use core::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use discordopus_core::ids::{ConnectionId, ReceiptId, Timestamp};
use discordopus_core::io::{Input, RelayCommand, RelayProblem, Transmit};
use discordopus_core::sorted::Map;
use futures::channel::mpsc;
use js_sys::{ArrayBuffer, Reflect, Uint8Array};
use wasm_bindgen::JsCast;
use web_sys::{BinaryType, Event, MessageEvent, WebSocket};

use super::session::{Opening, Report, Session};
use crate::browser::clock::{self, Timer};
use crate::browser::listener::Listener;

/// The name under which WebSocket knows MQTT.
const SUBPROTOCOL: &str = "mqtt";

/// Every relay connection of this page. Carries out what the client asks for and tells it what happens, as inputs.
#[derive(Clone)]
pub struct Relays(Rc<Shared>);

struct Shared {
    inputs: mpsc::UnboundedSender<Input>,
    links: RefCell<Map<ConnectionId, Link>>,
    /// Of the next session.
    number: Cell<u32>,
}

struct Link {
    number: u32,
    session: Session,
    socket: WebSocket,
    timer: Option<(Timestamp, Timer)>,
    _listeners: [Listener; 4],
}

impl Relays {
    /// No connections yet; what happens is told to `inputs`.
    #[must_use]
    pub fn new(inputs: mpsc::UnboundedSender<Input>) -> Self {
        Self(Rc::new(Shared {
            inputs,
            links: RefCell::default(),
            number: Cell::new(0),
        }))
    }

    /// Opens, changes or closes a connection.
    pub fn command(&self, command: RelayCommand) {
        let now = clock::now();
        match command {
            RelayCommand::Open {
                connection,
                url,
                client,
                mailboxes,
                will,
            } => {
                let opening = Opening {
                    client,
                    mailboxes,
                    will,
                };
                self.open(connection, &url, opening);
            }
            RelayCommand::Subscribe {
                connection,
                mailboxes,
            } => self
                .0
                .with(connection, |session| session.subscribe(&mailboxes, now)),
            RelayCommand::Unsubscribe {
                connection,
                mailboxes,
            } => self
                .0
                .with(connection, |session| session.unsubscribe(&mailboxes, now)),
            RelayCommand::Probe { connection } => {
                self.0.with(connection, |session| session.probe(now));
            }
            RelayCommand::Close { connection, forget } => {
                self.0
                    .with(connection, |session| session.close(forget, now));
            }
        }
    }

    /// Gives a frame to a connection; forgotten when that is not open.
    pub fn send(&self, transmit: Transmit) {
        let now = clock::now();
        self.0.with(transmit.connection, |session| {
            session.publish(transmit, now)
        });
    }

    /// The relay may forget a frame.
    pub fn acknowledge(&self, connection: ConnectionId, receipt: ReceiptId) {
        let now = clock::now();
        self.0
            .with(connection, |session| session.acknowledge(receipt, now));
    }

    /// Something happened that often breaks connections: find out now which ones still live.
    pub fn probe(&self) {
        let now = clock::now();
        self.0.each(|session| session.probe(now));
    }

    /// Says goodbye on every connection. The relay keeps the sessions.
    pub fn close_all(&self) {
        let now = clock::now();
        self.0.each(|session| session.close(false, now));
    }

    fn open(&self, connection: ConnectionId, url: &str, opening: Opening) {
        let shared = &self.0;
        // A second wish for the same connection replaces the first, silently.
        drop(shared.links.borrow_mut().remove(&connection));
        let number = shared.number.replace(shared.number.get().wrapping_add(1));
        let Some(socket) = connect(url) else {
            shared.tell(Input::RelayClosed {
                connection,
                reason: RelayProblem::BadAddress,
            });
            return;
        };
        let listener = |kind, act: fn(&mut Link, &Event)| {
            let shared: Weak<Shared> = Rc::downgrade(shared);
            Listener::new(&socket, kind, move |event| {
                if let Some(shared) = shared.upgrade() {
                    shared.with_link(connection, Some(number), |link| act(link, &event));
                }
            })
        };
        let listeners = [
            listener("open", |link, _| {
                if link.socket.protocol() != SUBPROTOCOL {
                    link.session.no_relay();
                }
            }),
            listener("message", |link, event| link.received(event)),
            listener("close", |link, _| link.session.socket_closed()),
            listener("error", |link, _| link.session.socket_closed()),
        ];
        let link = Link {
            number,
            session: Session::new(number, opening, clock::now()),
            socket,
            timer: None,
            _listeners: listeners,
        };
        shared.links.borrow_mut().insert(connection, link);
        shared.with(connection, |_| {});
    }
}

impl Shared {
    fn tell(&self, input: Input) {
        // Nobody listens once the client has handed over.
        let _ = self.inputs.unbounded_send(input);
    }

    fn with(self: &Rc<Self>, connection: ConnectionId, act: impl FnOnce(&mut Session)) {
        self.with_link(connection, None, |link| act(&mut link.session));
    }

    fn each(self: &Rc<Self>, act: impl Fn(&mut Session)) {
        let connections: Vec<_> = self.links.borrow().keys().copied().collect();
        for connection in connections {
            self.with(connection, &act);
        }
    }

    /// Acts on a link, then moves on whatever that caused. With a number, only if it is still the same session.
    fn with_link(
        self: &Rc<Self>,
        connection: ConnectionId,
        number: Option<u32>,
        act: impl FnOnce(&mut Link),
    ) {
        let mut links = self.links.borrow_mut();
        let Some(link) = links
            .get_mut(&connection)
            .filter(|link| number.is_none_or(|number| number == link.number))
        else {
            return;
        };
        act(link);
        link.flush();
        let mut ended = false;
        while let Some(report) = link.session.poll_report() {
            ended |= matches!(report, Report::Ended(_));
            self.tell(input(connection, report));
        }
        if ended {
            links.remove(&connection);
        } else {
            link.set_timer(self, connection);
        }
    }
}

impl Link {
    fn received(&mut self, event: &Event) {
        let data = event
            .dyn_ref::<MessageEvent>()
            .and_then(|event| event.data().dyn_into::<ArrayBuffer>().ok());
        match data {
            Some(buffer) => {
                let bytes = Uint8Array::new(&buffer).to_vec();
                self.session.receive(&bytes, clock::now());
            }
            None => self.session.no_relay(),
        }
    }

    fn flush(&mut self) {
        // Until then the bytes wait in the session; the socket's own `open` event brings us here again.
        if self.socket.ready_state() != WebSocket::OPEN {
            return;
        }
        while let Some(bytes) = self.session.poll_bytes() {
            if self.socket.send_with_u8_array(&bytes).is_err() {
                // Its `close` event follows.
                return;
            }
        }
    }

    fn set_timer(&mut self, shared: &Rc<Shared>, connection: ConnectionId) {
        let wanted = self.session.poll_timeout();
        if self.timer.as_ref().map(|(at, _)| *at) == wanted {
            return;
        }
        let (shared, number) = (Rc::downgrade(shared), self.number);
        self.timer = wanted.map(|at| {
            let timer = Timer::at(at, move || {
                if let Some(shared) = shared.upgrade() {
                    shared.with_link(connection, Some(number), |link| {
                        // It has fired, early or not: the next one is set anew.
                        link.timer = None;
                        link.session.timeout(clock::now());
                    });
                }
            });
            (at, timer)
        });
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // What was just written still goes out before the socket closes.
        let _ = self.socket.close();
    }
}

fn input(connection: ConnectionId, report: Report) -> Input {
    match report {
        Report::Opened { session_present } => Input::RelayOpened {
            connection,
            session_present,
        },
        Report::Accepted(transmit) => Input::RelayAccepted {
            connection,
            transmit,
        },
        Report::Refused(transmit) => Input::RelayRefused {
            connection,
            transmit,
        },
        Report::Received {
            receipt,
            mailbox,
            bytes,
        } => Input::RelayReceived {
            connection,
            receipt,
            mailbox,
            bytes,
        },
        Report::Ended(reason) => Input::RelayClosed { connection, reason },
    }
}

/// A socket that is connecting; `None` when this page may not open this address.
fn connect(url: &str) -> Option<WebSocket> {
    // That of the page, or of the worker's script beside it.
    let location = Reflect::get(&js_sys::global(), &"location".into()).ok()?;
    let page = Reflect::get(&location, &"protocol".into())
        .ok()?
        .as_string()?;
    if !usable(url, &page) {
        return None;
    }
    let socket = WebSocket::new_with_str(url, SUBPROTOCOL).ok()?;
    socket.set_binary_type(BinaryType::Arraybuffer);
    Some(socket)
}

/// A page that came over TLS opens no connection without it.
fn usable(url: &str, page_protocol: &str) -> bool {
    url.starts_with("wss://") || (url.starts_with("ws://") && page_protocol != "https:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secure_page_speaks_to_secure_relays_only() {
        assert!(usable("ws://relay.example/mqtt", "http:"));
        assert!(usable("wss://relay.example/mqtt", "http:"));
        assert!(usable("wss://relay.example/mqtt", "https:"));
        assert!(!usable("ws://relay.example/mqtt", "https:"));
        assert!(!usable("https://relay.example/mqtt", "https:"));
        assert!(!usable("", "http:"));
    }
}
