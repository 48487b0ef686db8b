//! A network that loses everything, and says so to nobody: connections seem to live, and TCP repeats, at ever longer intervals,
//! what gets no answer.

use super::World;
use super::device::Stalled;
use super::relay::Arrival;
use super::world::Due;
use crate::ids::{ConnectionId, MILLIS_PER_SECOND, Timestamp};
use crate::io::{Input, Output, RelayCommand, RelayProblem};

/// After how long TCP repeats what got no answer, the first time, in milliseconds (RFC 6298 as Linux has it); then it waits
/// twice as long each time.
const REPEATED_AFTER: u64 = 200;
/// The same for a connection that begins.
const BEGUN_AGAIN_AFTER: u64 = MILLIS_PER_SECOND;
/// How long a browser that was told to look waits for a relay's answer, in milliseconds.
const PROBE_LIMIT: u64 = 4 * MILLIS_PER_SECOND;

/// When TCP repeats, for the first time from now on, what it has sent at `first`.
fn repeated(first: Timestamp, after: u64, now: Timestamp) -> Timestamp {
    let mut wait = after;
    let mut at = first.plus(wait);
    while at < now {
        wait *= 2;
        at = at.plus(wait);
    }
    at
}

impl World {
    /// Loses everything that a device sends and is sent, from now on, without a word.
    pub fn swallow(&mut self, device: usize) {
        self.devices[device].swallowed = true;
    }

    /// Lets everything through again. What was lost comes when it is repeated.
    pub fn let_through(&mut self, device: usize) {
        let now = self.now;
        let this = &mut self.devices[device];
        this.swallowed = false;
        let attempt = this.attempt;
        let first = |up: bool| {
            let all = this.stalled.iter();
            all.filter(|(_, it)| matches!(it, Stalled::Up(_)) == up)
                .map(|(since, _)| *since)
                .min()
        };
        let (up, down) = (first(true), first(false));
        let both = up.into_iter().chain(down);
        this.stalled_until = both.map(|it| repeated(it, REPEATED_AFTER, now)).max();
        for (since, stalled) in core::mem::take(&mut this.stalled) {
            let (first, after) = match stalled {
                Stalled::Open(_) => (since, BEGUN_AGAIN_AFTER),
                // A direction goes on when its oldest bytes have come.
                Stalled::Up(_) => (up.unwrap_or(since), REPEATED_AFTER),
                Stalled::Down(..) => (down.unwrap_or(since), REPEATED_AFTER),
            };
            let wait = repeated(first, after, now).since(now);
            self.due_in(wait, Due::Repeated(device, attempt, stalled));
        }
    }

    /// What was lost has come.
    pub(super) fn repeated(&mut self, device: usize, attempt: u32, stalled: Stalled) {
        if self.devices[device].attempt != attempt {
            return;
        }
        match stalled {
            Stalled::Open(command) => self.relay_command(device, &command),
            Stalled::Up(Output::Send(transmit)) => self.publish(device, transmit),
            Stalled::Up(Output::Acknowledge {
                connection,
                receipt,
            }) => self.relay.acknowledge((device, connection), receipt),
            Stalled::Up(_) => {}
            Stalled::Down(connection, arrival) => self.arrive(device, connection, arrival),
        }
    }

    /// Whether something between a device and the relay gets lost; then it is kept to be repeated.
    pub(super) fn loses(&mut self, device: usize, stalled: impl FnOnce() -> Stalled) -> bool {
        let now = self.now;
        let this = &mut self.devices[device];
        if this.swallowed {
            this.stalled.push((now, stalled()));
        }
        this.swallowed
    }

    /// A device looks whether its connection leads anywhere.
    pub(super) fn probe(&mut self, device: usize, connection: ConnectionId) {
        let this = &self.devices[device];
        if this.swallowed && this.connections.contains(&connection) {
            let attempt = this.attempt;
            self.due_in(PROBE_LIMIT, Due::Silence(device, attempt, connection));
        }
    }

    /// The answer would have come by now.
    pub(super) fn silence(&mut self, device: usize, attempt: u32, connection: ConnectionId) {
        let now = self.now;
        let this = &mut self.devices[device];
        let is_stalled = this.swallowed || this.stalled_until.is_some_and(|until| now < until);
        if this.attempt != attempt || !is_stalled || !this.connections.remove(&connection) {
            return;
        }
        self.give_up(device);
        let reason = RelayProblem::Unreachable;
        self.input(device, Input::RelayClosed { connection, reason });
    }

    /// A device closes its connection: nothing of it is repeated any more, and the relay doesn't know.
    pub(super) fn give_up(&mut self, device: usize) {
        let this = &mut self.devices[device];
        this.attempt += 1;
        this.stalled.clear();
        this.stalled_until = None;
    }

    /// A connection is opened while everything gets lost.
    pub(super) fn open_in_vain(&mut self, device: usize, command: &RelayCommand) -> bool {
        self.loses(device, || Stalled::Open(command.clone()))
    }

    /// Something of the relay's arrives, or gets lost.
    pub(super) fn arrive_or_stall(
        &mut self,
        device: usize,
        connection: ConnectionId,
        arrival: Arrival,
    ) {
        let open = self.devices[device].connections.contains(&connection);
        let kept = arrival.clone();
        if !open || !self.loses(device, || Stalled::Down(connection, kept)) {
            self.arrive(device, connection, arrival);
        }
    }
}
