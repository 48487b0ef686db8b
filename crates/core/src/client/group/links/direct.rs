//! Links outside of calls: opened when there is something to carry, closed when nothing was carried for a while.

use super::{Line, Way, command};
use crate::client::batch::Step;
use crate::client::group::Group;
use crate::ids::{MILLIS_PER_MINUTE, MemberId, Timestamp};
use crate::io::{LinkCommand, LinkEvent, LinkState, Output};
use crate::link::frame::LinkFrame;
use crate::link::signal::{self, LinkSignal};
use crate::link::{Act, Beat, ICE_WAIT, Pair};
use crate::pairwise::PairwiseKind;
use crate::wire;

/// Most links outside of a call: each costs memory and a few packets a second.
pub(super) const MAX_DIRECT: usize = 8;
/// How long a link may carry nothing before it is closed, in milliseconds.
pub(super) const IDLE_LIMIT: u64 = 2 * MILLIS_PER_MINUTE;

/// A link that was opened because there was something to carry.
pub(super) struct Direct {
    pub(super) line: Line,
    /// The count of the frame with the other side's newest description.
    described: u64,
    /// When it last carried something, or was wanted for it.
    pub(super) used: Timestamp,
    /// Waits for word of ICE servers.
    waits: bool,
}

impl Direct {
    fn new(pair: Pair, now: Timestamp, waits: bool) -> Self {
        Self {
            line: Line::new(pair),
            described: 0,
            used: now,
            waits,
        }
    }

    fn has_failed(&self) -> bool {
        matches!(self.line.pair.view(), LinkState::Failed(_))
    }
}

impl Group {
    /// Opens links to those who are there, as many as there may be.
    pub(super) fn open_to_present(&mut self, step: &mut Step<'_>) {
        let others = self.others().into_iter();
        let present = others.filter(|member| self.present.contains_key(member));
        for member in present.take(MAX_DIRECT).collect::<Vec<_>>() {
            self.want_link(member, step);
        }
    }

    /// There is something to carry to somebody, or from it: makes sure that there is a link, or will be.
    pub(super) fn want_link(&mut self, member: MemberId, step: &mut Step<'_>) {
        let now = step.now;
        if self.line(member).is_some() {
            return;
        }
        if let Some(direct) = self.links.direct.get_mut(&member) {
            direct.used = now;
            if direct.has_failed() {
                self.with_direct(member, step, |pair, step, acts| {
                    pair.retry(step.now, step.rng, acts);
                });
            }
            return;
        }
        if !self.make_room_for_link(step) {
            return;
        }
        let waits = self.wait_for_ice(step);
        let pair = Pair::new(true, self.me > member);
        self.links
            .direct
            .insert(member, Direct::new(pair, now, waits));
        if !waits {
            self.begin_direct(member, step);
        }
    }

    /// Whether word of ICE servers has to be waited for; asks for it.
    fn wait_for_ice(&mut self, step: &mut Step<'_>) -> bool {
        if step.ways.are_known(step.now) {
            return false;
        }
        if step.ways.ask(step.now) {
            step.after.push(Output::FetchIce);
        }
        let until = step.now.plus(ICE_WAIT);
        self.links.waits_until.get_or_insert(until);
        true
    }

    fn begin_direct(&mut self, member: MemberId, step: &mut Step<'_>) {
        self.with_direct(member, step, |pair, step, acts| {
            pair.begin(step.now, step.rng, acts);
        });
    }

    /// ICE servers are known, or waiting for them has an end.
    pub(in crate::client::group) fn begin_waiting_links(&mut self, step: &mut Step<'_>) {
        self.links.waits_until = None;
        let direct = self.links.direct.iter_mut();
        let waiting: Vec<_> = direct
            .filter_map(|(member, it)| core::mem::take(&mut it.waits).then_some(*member))
            .collect();
        for member in waiting {
            self.begin_direct(member, step);
        }
    }

    /// Room for one more: the one that was used longest ago goes if it carries nothing.
    fn make_room_for_link(&mut self, step: &mut Step<'_>) -> bool {
        if self.links.direct.len() < MAX_DIRECT {
            return true;
        }
        let direct = self.links.direct.iter();
        let idle = direct
            .filter(|(member, _)| !self.is_busy(**member))
            .min_by_key(|(_, it)| it.used)
            .map(|(member, _)| *member);
        if let Some(member) = idle {
            self.end_direct(member, step);
        }
        idle.is_some()
    }

    /// Takes the body of a LINK frame of a present member.
    pub(in crate::client::group) fn on_link_signal(
        &mut self,
        from: MemberId,
        counter: u64,
        body: &[u8],
        step: &mut Step<'_>,
    ) {
        let Ok(signal) = signal::decode(body) else {
            self.count_bad_frame(step.now);
            return;
        };
        match signal {
            LinkSignal::Described {
                attempt,
                description,
            } => {
                let known = self.links.direct.contains_key(&from);
                // An answer to nothing that one knows of is late.
                if !known && (description.answer || !self.make_room_for_link(step)) {
                    return;
                }
                let (now, is_higher) = (step.now, self.me > from);
                let new = || Direct::new(Pair::new(false, is_higher), now, false);
                let direct = self.links.direct.entry(from).or_insert_with(new);
                // Of two that overtook each other, the older one is of no use.
                if counter < direct.described {
                    return;
                }
                direct.described = counter;
                direct.waits = false;
                self.with_direct(from, step, |pair, step, acts| {
                    pair.take(attempt, description, step.now, acts);
                });
            }
            LinkSignal::Found {
                attempt,
                candidates,
            } => self.with_direct(from, step, |pair, _, acts| {
                pair.add(attempt, candidates, acts);
            }),
        }
    }

    /// Something happened to a link outside of calls.
    pub(super) fn direct_link_event(
        &mut self,
        member: MemberId,
        event: LinkEvent,
        step: &mut Step<'_>,
    ) {
        let now = step.now;
        match event {
            LinkEvent::Described { description, .. } => {
                self.with_direct(member, step, |pair, step, acts| {
                    pair.described(description, step.now, acts);
                });
            }
            LinkEvent::Found { candidate, .. } => {
                self.with_direct(member, step, |pair, step, _| {
                    pair.found(candidate, step.now);
                });
            }
            LinkEvent::State { state, .. } => {
                self.with_direct(member, step, |pair, step, acts| {
                    pair.state(state, step.now, acts);
                });
                if self.way_to(member, now) == Some(Way::Direct) {
                    self.way_opened(member, step);
                }
            }
            LinkEvent::Channel { open, .. } => {
                if let Some(direct) = self.links.direct.get_mut(&member) {
                    direct.line.set_channel(open, now);
                }
                if !open {
                    self.direct_lost(member, step);
                } else if self.way_to(member, now) == Some(Way::Direct) {
                    self.way_opened(member, step);
                }
            }
            LinkEvent::Received { bytes, .. } => {
                self.on_link_message(member, Way::Direct, &bytes, step);
            }
            LinkEvent::Drained { .. } => self.pour(member, step),
            LinkEvent::Measured { figures, .. } => {
                if let Some(direct) = self.links.direct.get_mut(&member) {
                    direct.line.meter.measure(figures, now);
                }
            }
            LinkEvent::Failed { .. } => {
                self.with_direct(member, step, |pair, step, _| pair.refuse(step.now));
            }
        }
    }

    /// Something came over a link: only what is not its own upkeep counts as a use.
    pub(super) fn note_use(&mut self, member: MemberId, frame: &LinkFrame, now: Timestamp) {
        if matches!(frame, LinkFrame::Ping { .. } | LinkFrame::Pong { .. }) {
            return;
        }
        if let Some(direct) = self.links.direct.get_mut(&member) {
            direct.used = now;
        }
    }

    /// A link brings nothing more. It is made anew only if there is something to carry.
    fn direct_lost(&mut self, member: MemberId, step: &mut Step<'_>) {
        self.release(member, Way::Direct, step);
        self.links.stop_typing(member);
        self.way_closed(member);
        if !self.is_busy(member) {
            self.end_direct(member, step);
        }
    }

    /// Ends the link to somebody outside of calls.
    pub(super) fn end_direct(&mut self, member: MemberId, step: &mut Step<'_>) {
        self.with_direct(member, step, |pair, _, acts| pair.close(acts));
        self.release(member, Way::Direct, step);
        if self.links.direct.remove(&member).is_some() && self.line(member).is_none() {
            self.links.stop_typing(member);
        }
    }

    /// Somebody is no member any more, or not there.
    pub(in crate::client::group) fn drop_link(&mut self, member: MemberId, step: &mut Step<'_>) {
        self.end_direct(member, step);
        self.way_closed(member);
        self.links.serving.remove(&member);
    }

    /// One is no member any more, or about to go.
    pub(in crate::client::group) fn drop_links(&mut self, step: &mut Step<'_>) {
        let members: Vec<_> = self.links.direct.keys().copied().collect();
        for member in members {
            self.drop_link(member, step);
        }
    }

    /// A relay connection is up, the first one: what was said in vain is said again.
    pub(in crate::client::group) fn links_relay_opened(&mut self, step: &mut Step<'_>) {
        for member in self.links.direct.keys().copied().collect::<Vec<_>>() {
            self.with_direct(member, step, |pair, _, acts| pair.say_again(acts));
        }
    }

    fn with_direct(
        &mut self,
        member: MemberId,
        step: &mut Step<'_>,
        work: impl FnOnce(&mut Pair, &mut Step<'_>, &mut Vec<Act>),
    ) {
        let mut acts = Vec::new();
        if let Some(direct) = self.links.direct.get_mut(&member) {
            work(&mut direct.line.pair, step, &mut acts);
        }
        for act in acts {
            self.carry_out_direct(member, act, step);
        }
    }

    fn carry_out_direct(&mut self, member: MemberId, act: Act, step: &mut Step<'_>) {
        let line = self.line_over(member, Way::Direct);
        let link = line.and_then(|line| line.pair.link());
        match (act, link) {
            (Act::Open { offers }, _) => self.open_direct(member, offers, step),
            (Act::Close(link), _) => {
                command(LinkCommand::Close { link }, step);
                if let Some(line) = self.line_over_mut(member, Way::Direct) {
                    line.fall_silent();
                }
                self.release(member, Way::Direct, step);
                self.way_closed(member);
            }
            (Act::Describe(description), Some(link)) => {
                command(LinkCommand::Describe { link, description }, step);
            }
            (Act::Add(candidate), Some(link)) => {
                command(LinkCommand::AddCandidate { link, candidate }, step);
            }
            (Act::Restart, Some(link)) => command(LinkCommand::RestartIce { link }, step),
            (Act::Describe(_) | Act::Add(_) | Act::Restart, None) => {}
            (
                Act::Say {
                    attempt,
                    description,
                },
                _,
            ) => {
                let signal = LinkSignal::Described {
                    attempt,
                    description,
                };
                self.send_link_signal(member, &signal, step);
            }
            (
                Act::SayFound {
                    attempt,
                    candidates,
                },
                _,
            ) => {
                let signal = LinkSignal::Found {
                    attempt,
                    candidates,
                };
                self.send_link_signal(member, &signal, step);
            }
        }
    }

    fn send_link_signal(&mut self, to: MemberId, signal: &LinkSignal, step: &mut Step<'_>) {
        let body = wire::encode(signal);
        self.send_signalling(to, PairwiseKind::Link, &body, false, step);
    }

    fn open_direct(&mut self, member: MemberId, offers: bool, step: &mut Step<'_>) {
        let group = self.id;
        let link = step.next_link();
        let ice = step.ways.ice();
        let Some(line) = self.line_over_mut(member, Way::Direct) else {
            return;
        };
        line.pair.opened(link);
        line.meter = crate::call::Meter::new();
        let open = LinkCommand::Open {
            link,
            group,
            member,
            ice,
            offers,
            polite: line.pair.is_polite(),
            voice: false,
        };
        command(open, step);
    }

    pub(super) fn direct_timeout(&mut self, step: &mut Step<'_>) {
        let now = step.now;
        if self.links.waits_until.is_some_and(|until| until <= now) {
            self.begin_waiting_links(step);
        }
        let has_turn = step.ways.has_turn();
        for member in self.links.direct.keys().copied().collect::<Vec<_>>() {
            self.with_direct(member, step, |pair, step, acts| {
                pair.timeout(step.now, has_turn, step.rng, acts);
            });
            self.look_at_direct(member, step);
        }
    }

    /// Looks whether somebody is still there, and whether there is anything left to carry.
    fn look_at_direct(&mut self, member: MemberId, step: &mut Step<'_>) {
        let now = step.now;
        let busy = self.is_busy(member);
        let Some(direct) = self.links.direct.get_mut(&member) else {
            return;
        };
        let idle = !busy && direct.used.plus(IDLE_LIMIT) <= now;
        let failed = direct.has_failed();
        let pulse = direct.line.pulse.as_mut();
        let beat = pulse.and_then(|pulse| pulse.timeout(now));
        if idle || beat == Some(Beat::Gone) {
            let again = busy && !idle;
            self.end_direct(member, step);
            self.way_closed(member);
            if again {
                self.want_link(member, step);
            }
        } else if let Some(Beat::Ping(number)) = beat {
            self.ping(member, Way::Direct, number, step);
        } else if failed && busy {
            self.no_path(member, step);
        }
    }

    pub(super) fn direct_next_timeout(&self) -> Option<Timestamp> {
        let direct = self.links.direct.iter().flat_map(|(member, direct)| {
            let idle = (!self.is_busy(*member)).then(|| direct.used.plus(IDLE_LIMIT));
            let pulse = direct.line.pulse.as_ref().map(|it| it.next_timeout());
            [idle, pulse, direct.line.pair.next_timeout()]
        });
        direct.chain([self.links.waits_until]).flatten().min()
    }
}
