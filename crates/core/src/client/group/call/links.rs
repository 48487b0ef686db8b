//! What happens to a call's links, and what is done with them.

use super::Person;
use crate::call::signal::Signal;
use crate::client::batch::Step;
use crate::client::group::Group;
use crate::client::group::links::{Line, Way, command};
use crate::ids::{LinkId, MemberId, Timestamp};
use crate::io::{LinkCommand, LinkEvent};
use crate::link::{Act, Beat};

impl Group {
    /// To whom a link of the call leads.
    pub(in crate::client::group) fn owner_of_call_link(&self, link: LinkId) -> Option<MemberId> {
        let running = self.call.running.as_ref()?;
        let mut people = running.people.iter();
        people
            .find(|(_, person)| {
                let line = person.line.as_ref();
                line.is_some_and(|line| line.pair.link() == Some(link))
            })
            .map(|(member, _)| *member)
    }

    /// Something happened to a link of the call.
    pub(in crate::client::group) fn call_link_event(
        &mut self,
        member: MemberId,
        event: LinkEvent,
        step: &mut Step<'_>,
    ) {
        let now = step.now;
        match event {
            LinkEvent::Described { description, .. } => {
                self.with_pair(member, step, |pair, step, acts| {
                    pair.described(description, step.now, acts);
                });
            }
            LinkEvent::Found { candidate, .. } => {
                self.with_pair(member, step, |pair, step, _| {
                    pair.found(candidate, step.now);
                });
            }
            LinkEvent::State { state, .. } => {
                self.with_pair(member, step, |pair, step, acts| {
                    pair.state(state, step.now, acts);
                });
                if let Some(line) = self
                    .line_mut(member)
                    .filter(|line| line.pair.is_connected())
                {
                    line.revive(now);
                    self.return_person(member, step);
                }
            }
            LinkEvent::Channel { open, .. } => self.on_channel(member, open, step),
            LinkEvent::Received { bytes, .. } => {
                self.on_link_message(member, Way::Call, &bytes, step);
            }
            LinkEvent::Drained { .. } => self.pour(member, step),
            LinkEvent::Measured { figures, .. } => {
                if let Some(line) = self.line_mut(member) {
                    line.meter.measure(figures, now);
                }
            }
            LinkEvent::Failed { .. } => {
                self.with_pair(member, step, |pair, step, _| pair.refuse(step.now));
            }
        }
    }

    fn on_channel(&mut self, member: MemberId, open: bool, step: &mut Step<'_>) {
        if let Some(line) = self.line_mut(member) {
            line.set_channel(open, step.now);
        }
        if open {
            self.return_person(member, step);
            // What was said while there was no way to say it.
            self.say_here(member, false, step);
            self.way_opened(member, step);
        } else {
            self.release(member, Way::Call, step);
            self.links.stop_typing(member);
            let running = self.call.running.as_ref();
            let person = running.and_then(|it| it.people.get(&member));
            let has_left = person.is_some_and(|it| self.call.ended.contains(&it.token));
            if has_left || !self.hears_anything(member, step.now) {
                self.person_gone(member, step);
            }
        }
    }

    /// Carries out what a pair wants.
    pub(super) fn carry_out(&mut self, member: MemberId, acts: Vec<Act>, step: &mut Step<'_>) {
        for act in acts {
            let link = self.line(member).and_then(|line| line.pair.link());
            match act {
                Act::Open { offers } => self.open_link(member, offers, step),
                Act::Close(link) => {
                    command(LinkCommand::Close { link }, step);
                    if let Some(line) = self.line_mut(member) {
                        line.fall_silent();
                    }
                    self.release(member, Way::Call, step);
                }
                Act::Describe(description) => {
                    if let Some(link) = link {
                        command(LinkCommand::Describe { link, description }, step);
                    }
                }
                Act::Add(candidate) => {
                    if let Some(link) = link {
                        command(LinkCommand::AddCandidate { link, candidate }, step);
                    }
                }
                Act::Restart => {
                    if let Some(link) = link {
                        command(LinkCommand::RestartIce { link }, step);
                    }
                }
                Act::Say {
                    attempt,
                    description,
                } => {
                    let here = self.here(member, false, step.now);
                    if let (Some(here), Some(to)) = (here, self.seat_of(member)) {
                        let signal = Signal::Described {
                            here,
                            to,
                            attempt,
                            description,
                        };
                        self.send_signal(member, &signal, step);
                    }
                }
                Act::SayFound {
                    attempt,
                    candidates,
                } => {
                    if let Some(to) = self.seat_of(member) {
                        let signal = Signal::Found {
                            to,
                            attempt,
                            candidates,
                        };
                        self.send_signal(member, &signal, step);
                    }
                }
            }
        }
    }

    fn seat_of(&self, member: MemberId) -> Option<crate::call::Seat> {
        let running = self.call.running.as_ref()?;
        running.people.get(&member).map(|person| person.seat)
    }

    fn open_link(&mut self, member: MemberId, offers: bool, step: &mut Step<'_>) {
        let group = self.id;
        let link = step.next_link();
        let ice = step.ways.ice();
        let Some(line) = self.line_mut(member) else {
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
            voice: true,
        };
        command(open, step);
    }

    /// Ends the connection to somebody.
    pub(super) fn end_line(&mut self, member: MemberId, step: &mut Step<'_>) {
        self.with_pair(member, step, |pair, _, acts| pair.close(acts));
        if let Some(person) = self.person_mut(member) {
            person.line = None;
        }
        self.links.stop_typing(member);
    }

    /// Looks whether somebody is still there.
    pub(super) fn look_at_pulse(&mut self, member: MemberId, step: &mut Step<'_>) {
        let now = step.now;
        if self.person_mut(member).is_none_or(|it| it.gone.is_some()) {
            return;
        }
        let beat = self
            .line_mut(member)
            .and_then(|line| line.pulse.as_mut()?.timeout(now));
        match beat {
            Some(Beat::Ping(number)) => {
                self.ping(member, Way::Call, number, step);
                let pulse = self.line(member).and_then(|line| line.pulse.as_ref());
                if pulse.is_some_and(|pulse| pulse.is_faint(now)) {
                    // It may be one's own network, and a dead connection says nothing by itself for a long time.
                    self.uplink.probe(step);
                }
            }
            // If nobody answers and there is no relay, it is this device that has gone.
            Some(Beat::Gone) if self.hears_anything(member, now) => self.person_gone(member, step),
            Some(Beat::Gone) => {
                if let Some(pulse) = self.line_mut(member).and_then(|line| line.pulse.as_mut()) {
                    pulse.spare(now);
                }
            }
            None => {}
        }
    }

    fn hears_anything(&self, but: MemberId, now: Timestamp) -> bool {
        let is_alive = |line: &Line| line.pulse.as_ref().is_some_and(|it| it.is_strong(now));
        let alive = |(member, person): (&MemberId, &Person)| {
            *member != but && person.line.as_ref().is_some_and(is_alive)
        };
        let running = self.call.running.as_ref();
        self.uplink.is_up() || running.is_some_and(|it| it.people.iter().any(alive))
    }
}
