//! Devices, one relay, one clock.
#![allow(
    clippy::panic,
    clippy::expect_used,
    reason = "a test's tool: what it can't do is a failed test"
)]

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::device::Stalled;
use super::relay::{Arrival, Arrivals, Endpoint};
use super::rtc::{Happening, Happenings};
use super::{Network, SimDevice, SimRelay, SimRtc};
use crate::Client;
use crate::chat::decode_record;
use crate::ids::{
    ClientId, ConnectionId, GroupId, MILLIS_PER_DAY, Mailbox, MemberId, ReceiptId, Timestamp,
};
use crate::invite::Link;
use crate::io::{
    Command, Config, IceServer, Input, LinkCommand, Output, RelayCommand, RelayProblem, Transmit,
};
use crate::store::ChunkQuery;
use crate::testing::SeededRng;

/// The moment at which every simulation begins: some day in 2026.
const BEGINNING: Timestamp = Timestamp(20_600 * MILLIS_PER_DAY);
/// Steps after which a simulation that should have come to rest is taken to run in circles.
const MAX_STEPS: u64 = 2_000_000;

/// Something that happens later.
#[derive(Debug)]
pub(super) enum Due {
    Relay(Endpoint, Arrival),
    Link(Happening),
    IceServers(usize),
    /// Something of a device's connection that got lost comes after all, if that is still the same one.
    Repeated(usize, u32, Stalled),
    /// An answer of the relay hasn't come.
    Silence(usize, u32, ConnectionId),
}

/// Devices, one relay, one clock.
#[derive(Debug)]
pub struct World {
    /// The true time.
    pub now: Timestamp,
    /// Schedules, and all the randomness of the clients.
    pub rng: SeededRng,
    /// How bad the network is.
    pub network: Network,
    /// The relay.
    pub relay: SimRelay,
    /// Whether the relay can be reached at all.
    pub relay_up: bool,
    /// The links between devices.
    pub rtc: SimRtc,
    /// What a device is told when it asks for ICE servers; `None`: nothing comes.
    pub ice: Option<Vec<IceServer>>,
    /// A browser that ends can still tell the other ends of its links.
    pub says_farewell: bool,
    /// The devices.
    pub devices: Vec<SimDevice>,
    due: BinaryHeap<Reverse<(Timestamp, u64)>>,
    arrivals: BTreeMap<u64, Due>,
    sequence: u64,
}

impl World {
    /// A world with a number of devices that are switched on, and a good network.
    #[must_use]
    pub fn new(seed: u64, devices: usize) -> Self {
        let mut world = Self {
            now: BEGINNING,
            rng: SeededRng::new(seed),
            network: Network::default(),
            relay: SimRelay::default(),
            relay_up: true,
            rtc: SimRtc::default(),
            ice: Some(Vec::new()),
            says_farewell: false,
            devices: Vec::new(),
            due: BinaryHeap::new(),
            arrivals: BTreeMap::new(),
            sequence: 0,
        };
        for _ in 0..devices {
            world.add_device();
        }
        world
    }

    /// One more device; its number.
    pub fn add_device(&mut self) -> usize {
        self.devices.push(SimDevice {
            network: true,
            ..SimDevice::default()
        });
        let device = self.devices.len() - 1;
        self.switch_on(device);
        device
    }

    fn clock(&self, device: usize) -> Timestamp {
        self.now.plus(self.devices[device].clock_ahead)
    }

    /// Starts a device's client from what it has stored.
    ///
    /// # Panics
    /// When the stored records can't be read: that is a defect.
    pub fn switch_on(&mut self, device: usize) {
        if self.devices[device].client.is_some() {
            return;
        }
        let config = Config {
            relays: vec!["ws://127.0.0.1/mqtt".into()],
            origin: "https://app.invalid/".into(),
        };
        let snapshot = self.devices[device].store.snapshot();
        let now = self.clock(device);
        match Client::restore(snapshot, config, now, &mut self.rng) {
            Ok(client) => self.devices[device].client = Some(client),
            Err(error) => panic!("device {device} could not be restored: {error}"),
        }
        self.drain(device);
    }

    /// Switches a device off without warning.
    pub fn crash(&mut self, device: usize) {
        self.devices[device].client = None;
        self.devices[device].calls.clear();
        self.devices[device].held.clear();
        self.devices[device].frozen = false;
        let happenings = self.rtc.forget(device, self.says_farewell, &mut self.rng);
        self.happen_later(happenings);
        self.break_connections(device);
    }

    /// Switches a device off after it could put its things in order.
    pub fn switch_off(&mut self, device: usize) {
        self.input(device, Input::Shutdown);
        self.crash(device);
    }

    fn break_connections(&mut self, device: usize) {
        for connection in core::mem::take(&mut self.devices[device].connections) {
            let arrivals =
                self.relay
                    .broke((device, connection), self.now, &self.network, &mut self.rng);
            self.schedule(arrivals);
        }
    }

    /// Breaks a device's connection to the relay; it may connect again.
    pub fn break_relay_of(&mut self, device: usize) {
        let connections = self.devices[device].connections.clone();
        self.break_connections(device);
        for connection in connections {
            let reason = RelayProblem::Unreachable;
            self.input(device, Input::RelayClosed { connection, reason });
        }
    }

    /// Takes a device's network away, or gives it back.
    pub fn set_network(&mut self, device: usize, up: bool) {
        self.devices[device].network = up;
        if up {
            self.input(device, Input::Wake);
        } else {
            self.break_connections(device);
            self.input(device, Input::NetworkLost);
        }
    }

    /// Takes the relay away from everybody, or brings it back with all its sessions.
    pub fn set_relay(&mut self, up: bool) {
        self.relay_up = up;
        if up {
            return;
        }
        for device in 0..self.devices.len() {
            let connections = self.devices[device].connections.clone();
            self.break_connections(device);
            for connection in connections {
                self.input(
                    device,
                    Input::RelayClosed {
                        connection,
                        reason: RelayProblem::Unreachable,
                    },
                );
            }
        }
    }

    /// Gives a device a command.
    pub fn command(&mut self, device: usize, command: Command) {
        self.input(device, Input::Command(command));
    }

    /// Gives a device an input and carries out what follows.
    pub fn input(&mut self, device: usize, input: Input) {
        if self.devices[device].frozen {
            return self.devices[device].held.push(input);
        }
        let now = self.clock(device);
        if let Some(client) = self.devices[device].client.as_mut() {
            client.handle(now, input, &mut self.rng);
            if !self.devices[device].drain_later {
                self.drain(device);
            }
        }
    }

    fn drain(&mut self, device: usize) {
        while let Some(output) = self.devices[device]
            .client
            .as_mut()
            .and_then(Client::poll_output)
        {
            match output {
                Output::Persist(changes) => {
                    let this = &mut self.devices[device];
                    if let Some(error) = this.store_fails {
                        self.void(device);
                        return self.input(device, Input::StorageFailed(error));
                    }
                    this.batches += 1;
                    let crash = this.crash_at.filter(|(batch, _)| *batch == this.batches);
                    if crash.is_none_or(|(_, written)| written) {
                        this.store.commit(&changes);
                    }
                    if crash.is_some() {
                        this.crash_at = None;
                        return self.crash(device);
                    }
                }
                Output::Relay(command) => self.relay_command(device, &command),
                Output::Send(_) | Output::Acknowledge { .. }
                    if self.loses(device, || Stalled::Up(output.clone())) => {}
                Output::Send(transmit) => self.publish(device, transmit),
                Output::Acknowledge {
                    connection,
                    receipt,
                } => self.relay.acknowledge((device, connection), receipt),
                Output::Event(event) => self.devices[device].see(event),
                Output::Link(command) => self.link_command(device, command),
                Output::Recall { group, message } => {
                    let found = self.devices[device].store.find(group, message);
                    let view = found.and_then(|record| decode_record(&record.value).ok());
                    self.input(
                        device,
                        Input::Recalled {
                            group,
                            message,
                            view: view.map(Box::new),
                        },
                    );
                }
                Output::ReadFile {
                    group,
                    number,
                    first,
                    limit,
                } => {
                    let query = ChunkQuery {
                        group,
                        number,
                        first,
                        limit: usize::try_from(limit).unwrap_or(usize::MAX),
                    };
                    let records = self.devices[device].store.chunks(query);
                    let chunks = records.into_iter().map(|record| {
                        let index = u32::try_from(record.key.order.counter);
                        let index = index.expect("a chunk has a small number");
                        (index, record.value.to_vec().into())
                    });
                    self.input(
                        device,
                        Input::FileRead {
                            group,
                            number,
                            first,
                            chunks: chunks.collect(),
                        },
                    );
                }
                Output::FetchIce => self.due_in(5, Due::IceServers(device)),
            }
        }
    }

    /// The rest of a drain whose batch was not stored: only what runs at once does.
    fn void(&mut self, device: usize) {
        while let Some(output) = self.devices[device]
            .client
            .as_mut()
            .and_then(Client::poll_output)
        {
            match output {
                output if !output.runs_at_once() => {}
                Output::Link(command) => self.link_command(device, command),
                Output::FetchIce => self.due_in(5, Due::IceServers(device)),
                _ => {}
            }
        }
    }

    fn link_command(&mut self, device: usize, command: LinkCommand) {
        let happenings = self.rtc.command(device, command, self.now, &mut self.rng);
        self.happen_later(happenings);
    }

    pub(super) fn publish(&mut self, device: usize, transmit: Transmit) {
        let endpoint = (device, transmit.connection);
        let arrivals =
            self.relay
                .publish(endpoint, &transmit, self.now, &self.network, &mut self.rng);
        self.schedule(arrivals);
    }

    pub(super) fn relay_command(&mut self, device: usize, command: &RelayCommand) {
        let (RelayCommand::Open { connection, .. }
        | RelayCommand::Probe { connection }
        | RelayCommand::Subscribe { connection, .. }
        | RelayCommand::Unsubscribe { connection, .. }
        | RelayCommand::Close { connection, .. }) = command;
        let endpoint = (device, *connection);
        match command {
            RelayCommand::Open { .. } if self.open_in_vain(device, command) => {}
            RelayCommand::Open {
                client,
                mailboxes,
                will,
                ..
            } => {
                let mut over = self.take_over(endpoint, *client);
                let arrivals = if self.relay_up && self.devices[device].network {
                    self.devices[device].connections.insert(*connection);
                    self.relay
                        .open(endpoint, *client, mailboxes, will.clone(), self.now)
                } else {
                    vec![(endpoint, Arrival::Closed)]
                };
                over.extend(arrivals);
                self.schedule(over);
            }
            RelayCommand::Probe { .. } => self.probe(device, *connection),
            RelayCommand::Close { .. } => {
                self.devices[device].connections.remove(connection);
                self.give_up(device);
                if !self.devices[device].swallowed {
                    self.relay.command(endpoint, command);
                }
            }
            RelayCommand::Subscribe { .. } | RelayCommand::Unsubscribe { .. } => {
                self.relay.command(endpoint, command)
            }
        }
    }

    /// Ends the connection that still has a client's session when another one is opened.
    fn take_over(&mut self, endpoint: Endpoint, client: ClientId) -> Arrivals {
        let Some(old) = self.relay.connected(client).filter(|_| self.relay_up) else {
            return Vec::new();
        };
        let mut arrivals = self
            .relay
            .broke(old, self.now, &self.network, &mut self.rng);
        if old != endpoint {
            arrivals.push((old, Arrival::Closed));
        }
        arrivals
    }

    fn schedule(&mut self, arrivals: Arrivals) {
        for (endpoint, arrival) in arrivals {
            let delay = match arrival {
                // A connection is open before anything arrives over it.
                Arrival::Opened { .. } => 0,
                _ => {
                    self.network.min_delay
                        + self
                            .rng
                            .below(self.network.max_delay - self.network.min_delay + 1)
                }
            };
            self.due_in(delay, Due::Relay(endpoint, arrival));
        }
    }

    pub(super) fn due_in(&mut self, delay: u64, due: Due) {
        self.sequence += 1;
        self.due
            .push(Reverse((self.now.plus(delay), self.sequence)));
        self.arrivals.insert(self.sequence, due);
    }

    fn happen_later(&mut self, happenings: Happenings) {
        for (delay, happening) in happenings {
            self.due_in(delay, Due::Link(happening));
        }
    }

    fn happen(&mut self, due: Due) {
        match due {
            Due::Relay((device, connection), arrival) => {
                self.arrive_or_stall(device, connection, arrival);
            }
            Due::Repeated(device, attempt, stalled) => self.repeated(device, attempt, stalled),
            Due::Silence(device, attempt, connection) => {
                self.silence(device, attempt, connection);
            }
            Due::Link(Happening::Event(device, event)) => {
                if self.rtc.has(device, event.link()) {
                    self.input(device, Input::Link(event));
                }
            }
            Due::Link(happening) => {
                let up = |it: &SimDevice| {
                    it.network && !it.swallowed && it.client.is_some() && !it.frozen
                };
                let reachable: Vec<_> = self.devices.iter().map(up).collect();
                let follows = self
                    .rtc
                    .happen(happening, &reachable, self.now, &mut self.rng);
                self.happen_later(follows);
            }
            Due::IceServers(device) => {
                if let Some(servers) = self.ice.clone() {
                    let lifetime_seconds = 3_600;
                    let told = Input::IceServers {
                        servers,
                        lifetime_seconds,
                    };
                    self.input(device, told);
                }
            }
        }
    }

    /// Lets a device hang, or go on.
    pub fn set_frozen(&mut self, device: usize, frozen: bool) {
        self.devices[device].frozen = frozen;
        if !frozen {
            for input in core::mem::take(&mut self.devices[device].held) {
                self.input(device, input);
            }
        }
    }

    /// Lets the next thing happen. False when nothing is due before `until`.
    pub fn step(&mut self, until: Timestamp) -> bool {
        let arrival = self.due.peek().map(|Reverse((time, _))| *time);
        let timeout = (0..self.devices.len())
            .filter(|device| !self.devices[*device].frozen)
            .filter_map(|device| {
                let ahead = self.devices[device].clock_ahead;
                let at = self.devices[device].client.as_ref()?.poll_timeout()?;
                Some((Timestamp(at.0.saturating_sub(ahead)).max(self.now), device))
            })
            .min();
        match (arrival, timeout) {
            (Some(arrival), timeout)
                if arrival <= until && timeout.is_none_or(|(at, _)| arrival <= at) =>
            {
                self.now = self.now.max(arrival);
                if let Some(Reverse((_, sequence))) = self.due.pop()
                    && let Some(due) = self.arrivals.remove(&sequence)
                {
                    self.happen(due);
                }
                true
            }
            (_, Some((at, device))) if at <= until => {
                self.now = self.now.max(at);
                self.input(device, Input::Timeout);
                true
            }
            _ => false,
        }
    }

    pub(super) fn arrive(&mut self, device: usize, connection: ConnectionId, arrival: Arrival) {
        let open = self.devices[device].connections.contains(&connection);
        let input = match arrival {
            Arrival::Closed => {
                self.devices[device].connections.remove(&connection);
                Input::RelayClosed {
                    connection,
                    reason: RelayProblem::Unreachable,
                }
            }
            _ if !open => return,
            Arrival::Opened { session_present } => Input::RelayOpened {
                connection,
                session_present,
            },
            Arrival::Accepted(transmit) => Input::RelayAccepted {
                connection,
                transmit,
            },
            Arrival::Frame {
                receipt,
                mailbox,
                bytes,
            } => Input::RelayReceived {
                connection,
                receipt,
                mailbox,
                bytes,
            },
        };
        self.input(device, input);
    }

    /// Hands a device a frame as if it had come from its relay, whatever it is.
    ///
    /// # Panics
    /// When the device has no open connection.
    pub fn inject(&mut self, device: usize, mailbox: Mailbox, bytes: Vec<u8>) {
        let connection = *self.devices[device]
            .connections
            .first()
            .expect("an open connection");
        let receipt = ReceiptId(u64::MAX);
        self.input(
            device,
            Input::RelayReceived {
                connection,
                receipt,
                mailbox,
                bytes,
            },
        );
    }

    /// Lets a stretch of time pass.
    ///
    /// # Panics
    /// When the clients keep each other busy without end.
    pub fn run_for(&mut self, millis: u64) {
        let until = self.now.plus(millis);
        let mut steps = 0_u64;
        while self.step(until) {
            steps += 1;
            assert!(steps < MAX_STEPS, "the simulation runs in circles");
        }
        self.now = until;
    }

    /// Founds a group; its id.
    ///
    /// # Panics
    /// When it was refused.
    pub fn found(&mut self, device: usize, group_name: &str, your_name: &str) -> GroupId {
        self.command(
            device,
            Command::CreateGroup {
                group_name: group_name.into(),
                your_name: your_name.into(),
            },
        );
        *self.devices[device]
            .founded
            .last()
            .expect("a group was founded")
    }

    /// Makes an invite; its link.
    ///
    /// # Panics
    /// When it was refused.
    pub fn invite(
        &mut self,
        device: usize,
        group: GroupId,
        lifetime: u64,
        max_uses: Option<u32>,
    ) -> String {
        self.command(
            device,
            Command::CreateInvite {
                group,
                lifetime,
                max_uses,
                approval: false,
            },
        );
        self.devices[device]
            .links
            .last()
            .expect("an invite was made")
            .clone()
    }

    /// Asks to join by a link.
    ///
    /// # Panics
    /// When the link can't be read.
    pub fn ask_to_join(&mut self, device: usize, link: &str, your_name: &str) {
        let link = Link::parse(link, self.clock(device)).expect("a link");
        self.command(
            device,
            Command::Join {
                link,
                your_name: your_name.into(),
            },
        );
    }

    /// Writes a text.
    pub fn write(&mut self, device: usize, group: GroupId, text: &str) {
        self.command(
            device,
            Command::SendText {
                group,
                text: text.into(),
                reply_to: None,
            },
        );
    }

    /// A group of everybody, founded by the first device; all are online and have heard of each other.
    pub fn group_of_all(&mut self) -> GroupId {
        let group = self.found(0, "Friends", "Person 0");
        self.run_for(1_000);
        let link = self.invite(0, group, crate::invite::DEFAULT_LIFETIME, None);
        for device in 1..self.devices.len() {
            self.ask_to_join(device, &link, &format!("Person {device}"));
            self.run_for(3_000);
        }
        self.run_for(5_000);
        group
    }

    /// A device's own member id in a group.
    ///
    /// # Panics
    /// When it doesn't have the group.
    #[must_use]
    pub fn member(&self, device: usize, group: GroupId) -> MemberId {
        self.devices[device]
            .groups
            .get(&group)
            .expect("the group")
            .me
    }
}
