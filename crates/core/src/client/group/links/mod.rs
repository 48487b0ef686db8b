//! The group's direct links: those of its call, and those that were opened because there was something to carry.

mod direct;
mod frames;
mod signalling;
mod transfer;

use super::Group;
use super::records::Target;
use crate::call::Meter;
use crate::client::batch::Step;
use crate::ids::{LinkId, MemberId, Timestamp};
use crate::io::{Event, LinkCommand, LinkEvent, MemberLink, Output};
use crate::link::{Pair, Pulse};
use crate::sorted::Map;

use self::direct::Direct;
use self::transfer::{Incoming, Serving};

/// Which of a member's links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// The one of the call, which carries sound.
    Call,
    /// The other one.
    Direct,
}

/// Everything of one group that has to do with links outside of calls. None of it is stored.
#[derive(Default)]
pub(crate) struct GroupLinks {
    direct: Map<MemberId, Direct>,
    /// Nothing is connected before ICE servers are known, or until then.
    waits_until: Option<Timestamp>,
    /// Who writes, until when.
    typing: Map<MemberId, Timestamp>,
    typing_shown: Vec<MemberId>,
    /// One writes oneself.
    writes: bool,
    /// What the interface was told last.
    shown: Vec<MemberLink>,
    /// Files that are being fetched.
    incoming: Map<crate::file::FileId, Incoming>,
    /// What is sent to each member.
    serving: Map<MemberId, Serving>,
}

impl GroupLinks {
    /// Somebody is not there any more to write.
    pub(super) fn stop_typing(&mut self, member: MemberId) {
        self.typing.remove(&member);
    }
}

/// A connection to somebody, and what travels over it.
pub(super) struct Line {
    pub(super) pair: Pair,
    pub(super) pulse: Option<Pulse>,
    pub(super) meter: Meter,
    /// The parts of a frame that have come so far.
    partial: Vec<u8>,
    next_number: u64,
    /// Queued frames that were sent and not confirmed.
    unconfirmed: Map<u64, (u64, Target)>,
    /// Frames for others that were passed on within a second.
    forwarded: (Timestamp, u32),
    /// Its packets are long ones.
    pub(super) many: bool,
}

impl Line {
    pub(super) fn new(pair: Pair) -> Self {
        Self {
            pair,
            pulse: None,
            meter: Meter::new(),
            partial: Vec::new(),
            next_number: 0,
            unconfirmed: Map::new(),
            forwarded: (Timestamp(0), 0),
            many: false,
        }
    }

    /// The data channel can be used, or can't any more.
    pub(super) fn set_channel(&mut self, open: bool, now: Timestamp) {
        self.pulse = open.then(|| Pulse::new(now));
        self.partial.clear();
        self.pair.set_channel(open, now);
    }

    /// The connection has found a path: the other side answers, though what was said meanwhile may take a while to come.
    pub(super) fn revive(&mut self, now: Timestamp) {
        self.pulse = self.pair.is_open().then(|| Pulse::new(now));
    }

    /// What came over the connection that has ended says nothing any more.
    pub(super) fn fall_silent(&mut self) {
        self.pulse = None;
        self.partial.clear();
    }

    /// Whether what is sent over it arrives, as far as one can tell.
    fn is_reachable(&self, now: Timestamp) -> bool {
        self.pair.is_open()
            && self.pair.is_connected()
            && self.pulse.as_ref().is_some_and(|it| it.is_strong(now))
    }
}

impl Group {
    fn line_over(&self, member: MemberId, way: Way) -> Option<&Line> {
        match way {
            Way::Call => self.line(member),
            Way::Direct => self.links.direct.get(&member).map(|it| &it.line),
        }
    }

    fn line_over_mut(&mut self, member: MemberId, way: Way) -> Option<&mut Line> {
        match way {
            Way::Call => self.line_mut(member),
            Way::Direct => self.links.direct.get_mut(&member).map(|it| &mut it.line),
        }
    }

    /// The link over which what is sent to somebody arrives, as far as one can tell: the call's, or the other one.
    fn way_to(&self, member: MemberId, now: Timestamp) -> Option<Way> {
        let works = |way: &Way| {
            let line = self.line_over(member, *way);
            line.is_some_and(|line| line.is_reachable(now))
        };
        [Way::Call, Way::Direct].into_iter().find(works)
    }

    /// Whether somebody can be reached over a link.
    pub(super) fn is_reachable(&self, member: MemberId, now: Timestamp) -> bool {
        self.way_to(member, now).is_some()
    }

    /// Everybody to whom there is a link, open or not.
    fn linked(&self) -> Vec<MemberId> {
        let mut members = self.call_people();
        for member in self.links.direct.keys() {
            if !members.contains(member) {
                members.push(*member);
            }
        }
        members
    }

    fn owner_of_link(&self, link: LinkId) -> Option<(MemberId, Way)> {
        if let Some(member) = self.owner_of_call_link(link) {
            return Some((member, Way::Call));
        }
        let mut direct = self.links.direct.iter();
        direct
            .find(|(_, it)| it.line.pair.link() == Some(link))
            .map(|(member, _)| (*member, Way::Direct))
    }

    /// Whether a link is one of this group's.
    pub(crate) fn owns_link(&self, link: LinkId) -> bool {
        self.owner_of_link(link).is_some()
    }

    /// Something happened to a link.
    pub(crate) fn link_event(&mut self, event: LinkEvent, step: &mut Step<'_>) {
        match self.owner_of_link(event.link()) {
            Some((member, Way::Call)) => self.call_link_event(member, event, step),
            Some((member, Way::Direct)) => self.direct_link_event(member, event, step),
            None => {}
        }
    }

    /// There is a link to somebody that can be used.
    pub(super) fn way_opened(&mut self, member: MemberId, step: &mut Step<'_>) {
        self.say_typing(member, step);
        self.go_on_fetching(member, step);
    }

    /// Tells the interface of links and who writes, when that looks different.
    pub(super) fn tell_links(&mut self, step: &mut Step<'_>) {
        let group = self.id;
        let direct = self.links.direct.iter();
        let links: Vec<_> = direct
            .map(|(member, direct)| {
                let view = direct.line.meter.view(direct.line.pair.view());
                MemberLink {
                    member: *member,
                    state: view.state,
                    path: view.path,
                }
            })
            .collect();
        if links != self.links.shown {
            self.links.shown.clone_from(&links);
            step.event(Event::Links { group, links });
        }
        let typing: Vec<_> = self.links.typing.keys().copied().collect();
        if typing != self.links.typing_shown {
            self.links.typing_shown.clone_from(&typing);
            step.event(Event::Typing {
                group,
                members: typing,
            });
        }
    }

    /// Does what is due.
    pub(super) fn links_timeout(&mut self, step: &mut Step<'_>) {
        self.links.typing.retain(|_, until| *until > step.now);
        self.direct_timeout(step);
        self.transfers_timeout(step);
    }

    /// When [`Group::links_timeout`] is due.
    pub(super) fn links_next_timeout(&self) -> Option<Timestamp> {
        let typing = self.links.typing.values().copied().min();
        [
            typing,
            self.direct_next_timeout(),
            self.transfers_next_timeout(),
        ]
        .into_iter()
        .flatten()
        .min()
    }
}

/// Has a link command carried out.
pub(super) fn command(command: LinkCommand, step: &mut Step<'_>) {
    step.after.push(Output::Link(command));
}
