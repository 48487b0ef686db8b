//! What travels over a link's data channel: signs of life, frames that need no relay, and frames for others.

use super::{Way, command};
use crate::client::batch::Step;
use crate::client::group::Group;
use crate::client::group::records::Target;
use crate::client::uplink::Outgoing;
use crate::ids::{MILLIS_PER_SECOND, MemberId};
use crate::io::LinkCommand;
use crate::link::TYPING_LIFETIME;
use crate::link::frame::{self, LinkFrame, MAX_PART};
use crate::sorted::Map;
use crate::wire::{self, FRAME_SIZES, FrameKind, limits};

/// Most frames on a link that wait for being confirmed; more go to the mailbox.
const MAX_UNCONFIRMED: usize = 64;
/// Most frames passed on for one member within a second: two repairs of pairs at once need a few dozen.
const MAX_FORWARDED: u32 = 60;
/// How long a relay may hold a frame that was passed on, in seconds.
const FORWARD_EXPIRY_SECONDS: u32 = 60;

impl Group {
    /// Takes a message from a data channel.
    pub(in crate::client::group) fn on_link_message(
        &mut self,
        from: MemberId,
        way: Way,
        bytes: &[u8],
        step: &mut Step<'_>,
    ) {
        let now = step.now;
        let Ok(message) = frame::decode(bytes) else {
            self.count_bad_frame(now);
            return;
        };
        if let Some(pulse) = self
            .line_over_mut(from, way)
            .and_then(|line| line.pulse.as_mut())
        {
            pulse.hear(now);
        }
        match way {
            Way::Call => self.return_person(from, step),
            Way::Direct => self.note_use(from, &message, now),
        }
        match message {
            LinkFrame::Ping { number } => {
                self.send_link_frame(from, way, &LinkFrame::Pong { number }, step);
            }
            LinkFrame::Pong { .. } => {}
            LinkFrame::Typing { typing } => {
                let until = now.plus(TYPING_LIFETIME);
                if typing {
                    self.links.typing.insert(from, until);
                } else {
                    self.links.typing.remove(&from);
                }
            }
            LinkFrame::Frame {
                number,
                more,
                bytes,
            } => self.on_part(from, way, (number, more), &bytes, step),
            LinkFrame::Confirmed { number } => {
                let sent = self
                    .line_over_mut(from, way)
                    .and_then(|line| line.unconfirmed.remove(&number));
                if let Some((queued, target)) = sent {
                    self.reached(queued, target, step);
                }
            }
            LinkFrame::Forward { to, bytes } => self.forward(from, way, to, &bytes, step),
            LinkFrame::Want {
                file,
                segment,
                have,
            } => self.on_want(from, file, segment, have, step),
            LinkFrame::List {
                file,
                segment,
                list,
            } => self.on_list(from, file, segment, list, step),
            LinkFrame::Piece { file, index, bytes } => {
                self.on_piece(from, file, index, bytes, step);
            }
            LinkFrame::Lacking { file } => self.on_lacking(from, file, step),
            LinkFrame::Stop { file } => self.on_stop(from, file),
        }
    }

    fn on_part(
        &mut self,
        from: MemberId,
        way: Way,
        (number, more): (u64, bool),
        part: &[u8],
        step: &mut Step<'_>,
    ) {
        let Some(line) = self.line_over_mut(from, way) else {
            return;
        };
        if line.partial.len() + part.len() > limits::MAX_FRAME {
            line.partial.clear();
            self.count_bad_frame(step.now);
            return;
        }
        line.partial.extend_from_slice(part);
        if more {
            return;
        }
        let bytes = core::mem::take(&mut line.partial);
        match wire::split_frame(&bytes) {
            Ok((FrameKind::Message, body)) => self.on_message(&bytes, body, step),
            Ok((FrameKind::Pairwise, body)) => self.on_pairwise(body, step),
            _ => {
                self.count_bad_frame(step.now);
            }
        }
        if number > 0 {
            // It stands behind the batch that stores what the frame has caused.
            self.send_link_frame(from, way, &LinkFrame::Confirmed { number }, step);
        }
    }

    /// Passes a frame on to somebody whom its sender can't reach.
    fn forward(
        &mut self,
        from: MemberId,
        way: Way,
        to: MemberId,
        bytes: &[u8],
        step: &mut Step<'_>,
    ) {
        let now = step.now;
        let is_frame = matches!(wire::split_frame(bytes), Ok((FrameKind::Pairwise, _)));
        let is_present = to != from && self.roster().members.contains_key(&to);
        let may = self.line_over_mut(from, way).is_some_and(|line| {
            if now < line.forwarded.0 || now.since(line.forwarded.0) >= MILLIS_PER_SECOND {
                line.forwarded = (now, 0);
            }
            line.forwarded.1 = line.forwarded.1.saturating_add(1);
            line.forwarded.1 <= MAX_FORWARDED
        });
        if !is_frame || !is_present || !may {
            self.count_bad_frame(now);
            return;
        }
        if let Some(way) = self.way_to(to, now) {
            return self.send_over_link(to, way, 0, bytes, step);
        }
        if let Some(mailbox) = self.mailbox_of(to) {
            let outgoing = Outgoing {
                mailbox,
                bytes,
                queued: true,
                expiry_seconds: FORWARD_EXPIRY_SECONDS,
            };
            self.uplink.send(outgoing, None, step);
        }
    }

    /// Has somebody pass a frame on.
    pub(super) fn send_detour(
        &self,
        over: MemberId,
        to: MemberId,
        bytes: &[u8],
        step: &mut Step<'_>,
    ) {
        if let (true, Some(way)) = (bytes.len() <= MAX_PART, self.way_to(over, step.now)) {
            let bytes = bytes.to_vec().into();
            self.send_link_frame(over, way, &LinkFrame::Forward { to, bytes }, step);
        }
    }

    pub(super) fn send_link_frame(
        &self,
        to: MemberId,
        way: Way,
        frame: &LinkFrame,
        step: &mut Step<'_>,
    ) {
        self.send_bytes(to, way, wire::encode(frame), step);
    }

    /// Asks whether somebody is there.
    pub(in crate::client::group) fn ping(
        &self,
        member: MemberId,
        way: Way,
        number: u32,
        step: &mut Step<'_>,
    ) {
        self.send_link_frame(member, way, &LinkFrame::Ping { number }, step);
    }

    /// Sends bytes over a member's data channel.
    fn send_bytes(&self, to: MemberId, way: Way, bytes: Vec<u8>, step: &mut Step<'_>) {
        if let Some(link) = self.line_over(to, way).and_then(|line| line.pair.link()) {
            command(LinkCommand::Send { link, bytes }, step);
        }
    }

    /// Sends a frame over a member's link.
    pub(super) fn send_over_link(
        &self,
        to: MemberId,
        way: Way,
        number: u64,
        bytes: &[u8],
        step: &mut Step<'_>,
    ) {
        for part in frame::parts(number, bytes) {
            self.send_bytes(to, way, part, step);
        }
    }

    /// Sends a queued frame over its receiver's link, if that is open. It stays in the queue until it is confirmed.
    pub(in crate::client::group) fn hand_to_link(
        &mut self,
        queued: u64,
        target: Target,
        frame: &[u8],
        step: &mut Step<'_>,
    ) -> bool {
        let Target::Member(member) = target else {
            return false;
        };
        debug_assert!(FRAME_SIZES.contains(&frame.len()));
        let is_this = |sent: &(u64, Target)| *sent == (queued, target);
        let is_sent = |way| {
            let line = self.line_over(member, way);
            line.is_some_and(|line| line.unconfirmed.values().any(is_this))
        };
        let Some(way) = self.way_to(member, step.now) else {
            return false;
        };
        if is_sent(Way::Call) || is_sent(Way::Direct) {
            return true;
        }
        let Some(line) = self.line_over_mut(member, way) else {
            return false;
        };
        if line.unconfirmed.len() >= MAX_UNCONFIRMED {
            return false;
        }
        line.next_number += 1;
        let number = line.next_number;
        line.unconfirmed.insert(number, (queued, target));
        self.send_over_link(member, way, number, frame, step);
        if let (Way::Direct, Some(direct)) = (way, self.links.direct.get_mut(&member)) {
            direct.used = step.now;
        }
        true
    }

    /// A link takes nothing more: what it didn't confirm goes to the mailbox.
    pub(in crate::client::group) fn release(
        &mut self,
        member: MemberId,
        way: Way,
        step: &mut Step<'_>,
    ) {
        let Some(line) = self.line_over_mut(member, way) else {
            return;
        };
        let unconfirmed: Map<u64, (u64, Target)> = core::mem::take(&mut line.unconfirmed);
        for (queued, target) in unconfirmed.into_values() {
            self.transmit_to_mailbox(queued, target, None, step);
        }
    }

    /// The person writes, or has stopped. Links are opened to those who would see it.
    pub(crate) fn set_typing(&mut self, typing: bool, step: &mut Step<'_>) {
        self.links.writes = typing;
        if typing {
            self.open_to_present(step);
        }
        for member in self.linked() {
            self.tell_typing(member, typing, step);
        }
    }

    /// Tells somebody who can be reached from now on that one writes.
    pub(super) fn say_typing(&mut self, member: MemberId, step: &mut Step<'_>) {
        if self.links.writes {
            self.tell_typing(member, true, step);
        }
    }

    fn tell_typing(&mut self, member: MemberId, typing: bool, step: &mut Step<'_>) {
        let ways = [Way::Call, Way::Direct].into_iter();
        let open = ways
            .filter(|way| {
                let line = self.line_over(member, *way);
                line.is_some_and(|line| line.pair.is_open())
            })
            .collect::<Vec<_>>();
        if let Some(way) = open.first() {
            self.send_link_frame(member, *way, &LinkFrame::Typing { typing }, step);
        }
    }
}
