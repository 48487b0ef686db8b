//! Links between simulated devices: what browsers' peer connections do, as far as a client can tell.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{LinkId, MILLIS_PER_SECOND, Timestamp};
use crate::io::{Candidate, Description, Figures, IceState, LinkCommand, LinkEvent};
use crate::testing::SeededRng;

/// How long a path may be down before a browser says so, in milliseconds.
const DISCONNECTED_AFTER: u64 = 5 * MILLIS_PER_SECOND;
/// And before it gives up.
const FAILED_AFTER: u64 = 20 * MILLIS_PER_SECOND;
/// How long a browser tries paths at first, in milliseconds.
const TRIES_FOR: u64 = 15 * MILLIS_PER_SECOND;
/// Packets of sound in a second.
const PACKETS: u64 = 50;

/// A device's number and its name for a link.
pub(super) type End = (usize, LinkId);

/// Something that happens to links later.
#[derive(Debug, Clone)]
pub(super) enum Happening {
    /// A client is told.
    Event(usize, LinkEvent),
    /// Paths are tried between two ends, since then.
    Try(End, End, Timestamp),
    /// A message reaches an end.
    Message(End, Vec<u8>),
    /// A second has passed on an end that was connected for the so manieth time.
    Second(End, u32),
}

/// What happens, and after how many milliseconds.
pub(super) type Happenings = Vec<(u64, Happening)>;

#[derive(Debug, Default)]
struct Link {
    polite: bool,
    /// Counts up with every restart; stands in descriptions and candidates.
    generation: u32,
    /// Its own offer waits for an answer.
    offered: bool,
    remote: Option<(usize, LinkId, u32)>,
    /// Ways to the other end that it was given, by their generation's text.
    ways: BTreeSet<String>,
    is_connected: bool,
    times_connected: u32,
    is_disconnected: bool,
    channel: bool,
    down_since: Option<Timestamp>,
    /// Messages on their way while there is no path.
    stuck: Vec<Vec<u8>>,
    /// Messages arrive in order: not before this.
    last_message: Timestamp,
    /// And so does what it says of itself.
    last_description: Timestamp,
    figures: Figures,
}

/// All links of a simulated world.
#[derive(Debug, Default)]
pub struct SimRtc {
    links: BTreeMap<End, Link>,
    /// Pairs of devices, the lower one first, without a path between them.
    pub no_path: BTreeSet<(usize, usize)>,
    /// Whose sound doesn't reach whom, though their link is up.
    pub unheard: BTreeSet<(usize, usize)>,
    /// Devices whose browser can't make a connection.
    pub unusable: BTreeSet<usize>,
    /// How many of 100 connections get stuck although there is a path.
    pub stuck_percent: u64,
    /// How many links were ever made.
    pub opened: usize,
    /// How many each device has made.
    pub opened_by: BTreeMap<usize, usize>,
    /// Bytes that came over each device's data channels.
    pub received: BTreeMap<usize, usize>,
    /// How often another path was asked for.
    pub restarts: usize,
    /// Every description that was handed to a connection.
    pub descriptions: Vec<Description>,
}

fn fragment(end: End, generation: u32) -> String {
    format!("{}-{}-{generation}", end.0, (end.1).0)
}

fn sdp(end: End, generation: u32) -> String {
    format!(
        "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=ice-ufrag:{}\r\na=rtpmap:111 opus/48000/2\r\n",
        fragment(end, generation)
    )
}

fn read_sdp(sdp: &str) -> Option<(usize, LinkId, u32)> {
    let line = sdp
        .lines()
        .find_map(|line| line.strip_prefix("a=ice-ufrag:"))?;
    let mut parts = line.split('-');
    let device = parts.next()?.parse().ok()?;
    let link = LinkId(parts.next()?.parse().ok()?);
    Some((device, link, parts.next()?.parse().ok()?))
}

impl SimRtc {
    fn delay(rng: &mut SeededRng) -> u64 {
        1 + rng.below(20)
    }

    /// Carries out a command of a device's client.
    pub(super) fn command(
        &mut self,
        device: usize,
        command: LinkCommand,
        now: Timestamp,
        rng: &mut SeededRng,
    ) -> Happenings {
        let delay = Self::delay(rng);
        match command {
            LinkCommand::Open {
                link,
                offers,
                polite,
                ..
            } => {
                self.opened += 1;
                *self.opened_by.entry(device).or_default() += 1;
                if self.unusable.contains(&device) {
                    return vec![(delay, Happening::Event(device, LinkEvent::Failed { link }))];
                }
                let end = (device, link);
                let new = Link {
                    polite,
                    offered: offers,
                    ..Link::default()
                };
                self.links.insert(end, new);
                if offers {
                    self.describe(end, false, now, delay)
                } else {
                    Vec::new()
                }
            }
            LinkCommand::Describe { link, description } => {
                self.descriptions.push(description.clone());
                self.take_description((device, link), &description, now, delay)
            }
            LinkCommand::AddCandidate { link, candidate } => {
                let end = (device, link);
                let Some(this) = self.links.get_mut(&end) else {
                    return Vec::new();
                };
                this.ways.extend(candidate.fragment);
                self.try_from(end, now, delay)
            }
            LinkCommand::RestartIce { link } => {
                self.restarts += 1;
                let end = (device, link);
                let Some(this) = self.links.get_mut(&end) else {
                    return Vec::new();
                };
                this.generation += 1;
                this.offered = true;
                self.describe(end, false, now, delay)
            }
            LinkCommand::Send { link, bytes } => {
                let Some(this) = self.links.get_mut(&(device, link)) else {
                    return Vec::new();
                };
                let Some((other, its, _)) = this.remote.filter(|_| this.channel) else {
                    return Vec::new();
                };
                let at = now.plus(delay).max(this.last_message.plus(1));
                this.last_message = at;
                vec![(at.since(now), Happening::Message((other, its), bytes))]
            }
            LinkCommand::Pour { link, bytes, tell } => {
                let mut happenings =
                    self.command(device, LinkCommand::Send { link, bytes }, now, rng);
                if tell && !happenings.is_empty() {
                    let drained = LinkEvent::Drained { link };
                    happenings.push((delay, Happening::Event(device, drained)));
                }
                happenings
            }
            LinkCommand::Close { link } => self.close((device, link), true, rng),
            LinkCommand::SetVoice { .. } => Vec::new(),
        }
    }

    /// A link's end is gone; `says` tells the other one.
    fn close(&mut self, end: End, says: bool, rng: &mut SeededRng) -> Happenings {
        let Some(link) = self.links.remove(&end) else {
            return Vec::new();
        };
        let Some((device, other, _)) = link.remote.filter(|_| says && link.channel) else {
            return Vec::new();
        };
        let delay = Self::delay(rng);
        let link = other;
        let is_open = self.links.get_mut(&(device, other)).is_some_and(|it| {
            let points_here = it.remote.is_some_and(|(d, l, _)| (d, l) == end);
            points_here && core::mem::take(&mut it.channel)
        });
        if !is_open {
            return Vec::new();
        }
        let closed = LinkEvent::Channel { link, open: false };
        vec![(delay, Happening::Event(device, closed))]
    }

    /// A device was switched off; `says`: its browser could still tell the others.
    pub(super) fn forget(&mut self, device: usize, says: bool, rng: &mut SeededRng) -> Happenings {
        let ends: Vec<_> = self
            .links
            .keys()
            .copied()
            .filter(|end| end.0 == device)
            .collect();
        let mut happenings = Vec::new();
        for end in ends {
            happenings.extend(self.close(end, says, rng));
        }
        happenings
    }

    fn describe(&mut self, end: End, answer: bool, now: Timestamp, delay: u64) -> Happenings {
        let Some(link) = self.links.get_mut(&end) else {
            return Vec::new();
        };
        let at = now.plus(delay).max(link.last_description.plus(1));
        link.last_description = at;
        let delay = at.since(now);
        let generation = link.generation;
        let description = Description {
            answer,
            sdp: sdp(end, generation),
        };
        let candidate = |number: u32| Candidate {
            candidate: format!("candidate:{number} 1 udp 1 192.0.2.{number} 9 typ host"),
            mid: Some("0".into()),
            line: Some(0),
            fragment: Some(fragment(end, generation)),
        };
        let (device, link) = end;
        let described = LinkEvent::Described { link, description };
        let found = |number| {
            let candidate = candidate(number);
            Happening::Event(device, LinkEvent::Found { link, candidate })
        };
        vec![
            (delay, Happening::Event(device, described)),
            (delay + 1, found(1)),
            (delay + 30, found(2)),
        ]
    }

    fn take_description(
        &mut self,
        end: End,
        description: &Description,
        now: Timestamp,
        delay: u64,
    ) -> Happenings {
        let (device, link) = end;
        let Some(this) = self.links.get_mut(&end) else {
            return Vec::new();
        };
        let Some(remote) = read_sdp(&description.sdp) else {
            return vec![(delay, Happening::Event(device, LinkEvent::Failed { link }))];
        };
        let known = this.remote.map(|(device, link, _)| (device, link));
        if known.is_some_and(|known| known != (remote.0, remote.1)) {
            // Another connection's keys: a browser refuses that.
            return vec![(delay, Happening::Event(device, LinkEvent::Failed { link }))];
        }
        if description.answer {
            if !this.offered {
                return Vec::new();
            }
            this.offered = false;
            this.remote = Some(remote);
            return self.try_from(end, now, delay);
        }
        if this.offered && !this.polite {
            return Vec::new();
        }
        let restarts = this.remote.is_some_and(|(_, _, known)| known < remote.2);
        this.generation += u32::from(restarts || this.offered);
        this.offered = false;
        this.remote = Some(remote);
        let mut happenings = self.describe(end, true, now, delay);
        happenings.extend(self.try_from(end, now, delay));
        happenings
    }

    /// Paths are tried when both ends know each other, and one of them a way to the other.
    fn try_from(&mut self, end: End, now: Timestamp, delay: u64) -> Happenings {
        let other = self
            .links
            .get(&end)
            .and_then(|it| it.remote)
            .map(|(device, link, _)| (device, link));
        match other {
            Some(other) if self.match_up(end, other) => {
                vec![(delay, Happening::Try(end, other, now))]
            }
            _ => Vec::new(),
        }
    }

    fn match_up(&self, a: End, b: End) -> bool {
        let (Some(one), Some(two)) = (self.links.get(&a), self.links.get(&b)) else {
            return false;
        };
        let points = |link: &Link, to: End, at: &Link| {
            link.remote == Some((to.0, to.1, at.generation)) && !link.offered
        };
        let knows =
            |link: &Link, to: End, at: &Link| link.ways.contains(&fragment(to, at.generation));
        points(one, b, two) && points(two, a, one) && (knows(one, b, two) || knows(two, a, one))
    }

    fn has_path(&self, a: usize, b: usize, reachable: &[bool]) -> bool {
        let up = |device: usize| reachable.get(device).copied().unwrap_or(false);
        up(a) && up(b) && !self.no_path.contains(&(a.min(b), a.max(b)))
    }

    /// Something is due. `reachable`: which devices are on and have a network.
    pub(super) fn happen(
        &mut self,
        happening: Happening,
        reachable: &[bool],
        now: Timestamp,
        rng: &mut SeededRng,
    ) -> Happenings {
        match happening {
            Happening::Event(device, event) => {
                vec![(0, Happening::Event(device, event))]
            }
            Happening::Try(a, b, since) => self.try_paths(a, b, since, reachable, now, rng),
            Happening::Message(end, bytes) => {
                let from = self.links.get(&end).and_then(|it| it.remote);
                let Some((other, _, _)) = from else {
                    return Vec::new();
                };
                let has_path = self.has_path(end.0, other, reachable);
                let Some(link) = self.links.get_mut(&end) else {
                    return Vec::new();
                };
                if !has_path || !link.stuck.is_empty() || !link.channel {
                    link.stuck.push(bytes);
                    return Vec::new();
                }
                let (device, link) = end;
                *self.received.entry(device).or_default() += bytes.len();
                let received = LinkEvent::Received { link, bytes };
                vec![(0, Happening::Event(device, received))]
            }
            Happening::Second(end, times) => self.second(end, times, reachable, now),
        }
    }

    fn try_paths(
        &mut self,
        a: End,
        b: End,
        since: Timestamp,
        reachable: &[bool],
        now: Timestamp,
        rng: &mut SeededRng,
    ) -> Happenings {
        if !self.match_up(a, b) {
            return Vec::new();
        }
        let is_new = |end: End| self.links.get(&end).is_some_and(|it| !it.channel);
        let is_stuck = is_new(a) && is_new(b) && rng.chance(self.stuck_percent);
        if is_stuck {
            // Nothing more is heard of it.
            self.links.remove(&a);
            self.links.remove(&b);
            return Vec::new();
        }
        if !self.has_path(a.0, b.0, reachable) {
            if now.since(since) < TRIES_FOR {
                return vec![(MILLIS_PER_SECOND, Happening::Try(a, b, since))];
            }
            let failed = |(device, link): End| {
                let state = IceState::Failed;
                (
                    0,
                    Happening::Event(device, LinkEvent::State { link, state }),
                )
            };
            return vec![failed(a), failed(b)];
        }
        let mut happenings = Vec::new();
        for end in [a, b] {
            happenings.extend(self.connect(end));
        }
        happenings
    }

    fn connect(&mut self, end: End) -> Happenings {
        let Some(this) = self.links.get_mut(&end) else {
            return Vec::new();
        };
        let (device, link) = end;
        let mut happenings = Vec::new();
        let was_up = this.is_connected && !this.is_disconnected;
        this.is_disconnected = false;
        this.down_since = None;
        if !was_up {
            this.is_connected = true;
            this.times_connected += 1;
            let state = IceState::Connected;
            happenings.push((
                0,
                Happening::Event(device, LinkEvent::State { link, state }),
            ));
            let second = Happening::Second(end, this.times_connected);
            happenings.push((MILLIS_PER_SECOND, second));
        }
        if !this.channel {
            this.channel = true;
            let open = LinkEvent::Channel { link, open: true };
            happenings.push((0, Happening::Event(device, open)));
        }
        for bytes in core::mem::take(&mut this.stuck) {
            let received = LinkEvent::Received { link, bytes };
            happenings.push((0, Happening::Event(device, received)));
        }
        happenings
    }

    fn second(&mut self, end: End, times: u32, reachable: &[bool], now: Timestamp) -> Happenings {
        let other = self.links.get(&end).and_then(|it| it.remote);
        let Some((peer, its, _)) = other else {
            return Vec::new();
        };
        let is_there = self
            .links
            .get(&(peer, its))
            .is_some_and(|it| it.remote.is_some_and(|(d, l, _)| (d, l) == end));
        let has_path = is_there && self.has_path(end.0, peer, reachable);
        let is_heard = !self.unheard.contains(&(peer, end.0));
        let (device, link) = end;
        let Some(this) = self.links.get_mut(&end) else {
            return Vec::new();
        };
        if this.times_connected != times {
            return Vec::new();
        }
        let again = (MILLIS_PER_SECOND, Happening::Second(end, times));
        let state = |state| {
            (
                0,
                Happening::Event(device, LinkEvent::State { link, state }),
            )
        };
        if has_path {
            this.down_since = None;
            this.figures.packets_received += if is_heard { PACKETS } else { 0 };
            this.figures.bytes_received += if is_heard { 60 * PACKETS } else { 0 };
            this.figures.bytes_sent += 60 * PACKETS;
            this.figures.samples += 48_000;
            this.figures.round_trip = Some(20);
            this.figures.relayed = Some(false);
            let figures = this.figures;
            let measured = Happening::Event(device, LinkEvent::Measured { link, figures });
            let mut happenings = vec![again, (0, measured)];
            if core::mem::take(&mut this.is_disconnected) {
                happenings.push(state(IceState::Connected));
            }
            for bytes in core::mem::take(&mut this.stuck) {
                let received = LinkEvent::Received { link, bytes };
                happenings.push((0, Happening::Event(device, received)));
            }
            return happenings;
        }
        let down = now.since(*this.down_since.get_or_insert(now));
        if down >= FAILED_AFTER {
            this.is_connected = false;
            return vec![state(IceState::Failed)];
        }
        if down >= DISCONNECTED_AFTER && !this.is_disconnected {
            this.is_disconnected = true;
            return vec![again, state(IceState::Disconnected)];
        }
        vec![again]
    }

    /// Whether a client is still told of a link.
    pub(super) fn has(&self, device: usize, link: LinkId) -> bool {
        self.links.contains_key(&(device, link)) || self.unusable.contains(&device)
    }
}
