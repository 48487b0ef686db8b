//! What travels over a link's data channel: signs of life, frames that need no relay, and frames for others.

use super::Line;
use crate::call::TYPING_LIFETIME;
use crate::call::frame::{self, LinkFrame, MAX_PART};
use crate::client::batch::Step;
use crate::client::group::Group;
use crate::client::group::records::Target;
use crate::client::uplink::Outgoing;
use crate::ids::{MILLIS_PER_SECOND, MemberId};
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
    pub(super) fn on_link_message(&mut self, from: MemberId, bytes: &[u8], step: &mut Step<'_>) {
        let now = step.now;
        let Ok(message) = frame::decode(bytes) else {
            self.count_bad_frame(now);
            return;
        };
        if let Some(pulse) = self.line_mut(from).and_then(|line| line.pulse.as_mut()) {
            pulse.hear(now);
        }
        self.return_person(from, step);
        match message {
            LinkFrame::Ping { number } => {
                self.send_link_frame(from, &LinkFrame::Pong { number }, step);
            }
            LinkFrame::Pong { .. } => {}
            LinkFrame::Typing { typing } => {
                let until = now.plus(TYPING_LIFETIME);
                if typing {
                    self.call.typing.insert(from, until);
                } else {
                    self.call.typing.remove(&from);
                }
            }
            LinkFrame::Frame {
                number,
                more,
                bytes,
            } => self.on_part(from, number, more, &bytes, step),
            LinkFrame::Confirmed { number } => {
                let sent = self
                    .line_mut(from)
                    .and_then(|line| line.unconfirmed.remove(&number));
                if let Some((queued, target)) = sent {
                    self.reached(queued, target, step);
                }
            }
            LinkFrame::Forward { to, bytes } => self.forward(from, to, &bytes, step),
        }
    }

    fn on_part(
        &mut self,
        from: MemberId,
        number: u64,
        more: bool,
        part: &[u8],
        step: &mut Step<'_>,
    ) {
        let Some(line) = self.line_mut(from) else {
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
            self.send_link_frame(from, &LinkFrame::Confirmed { number }, step);
        }
    }

    /// Passes a frame on to somebody whom its sender can't reach.
    fn forward(&mut self, from: MemberId, to: MemberId, bytes: &[u8], step: &mut Step<'_>) {
        let now = step.now;
        let is_frame = matches!(wire::split_frame(bytes), Ok((FrameKind::Pairwise, _)));
        let is_present = to != from && self.roster().members.contains_key(&to);
        let may = self.line_mut(from).is_some_and(|line| {
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
        if self.is_reachable(to, now) {
            return self.send_over_link(to, 0, bytes, step);
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
        if bytes.len() <= MAX_PART {
            let bytes = bytes.to_vec().into();
            self.send_link_frame(over, &LinkFrame::Forward { to, bytes }, step);
        }
    }

    pub(super) fn send_link_frame(&self, to: MemberId, frame: &LinkFrame, step: &mut Step<'_>) {
        self.send_bytes(to, wire::encode(frame), step);
    }

    /// Sends a frame over a member's link.
    pub(super) fn send_over_link(
        &self,
        to: MemberId,
        number: u64,
        bytes: &[u8],
        step: &mut Step<'_>,
    ) {
        for part in frame::parts(number, bytes) {
            self.send_bytes(to, part, step);
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
        if !self.is_reachable(member, step.now) {
            return false;
        }
        let Some(line) = self.line_mut(member) else {
            return false;
        };
        let is_this = |sent: &(u64, Target)| *sent == (queued, target);
        if line.unconfirmed.values().any(is_this) {
            return true;
        }
        if line.unconfirmed.len() >= MAX_UNCONFIRMED {
            return false;
        }
        line.next_number += 1;
        let number = line.next_number;
        line.unconfirmed.insert(number, (queued, target));
        self.send_over_link(member, number, frame, step);
        true
    }

    /// A link takes nothing more: what it didn't confirm goes to the mailbox.
    pub(super) fn release(&mut self, member: MemberId, step: &mut Step<'_>) {
        let Some(line) = self.line_mut(member) else {
            return;
        };
        let unconfirmed: Map<u64, (u64, Target)> = core::mem::take(&mut line.unconfirmed);
        for (queued, target) in unconfirmed.into_values() {
            self.transmit_to_mailbox(queued, target, None, step);
        }
    }

    /// The person writes, or has stopped.
    pub(crate) fn set_typing(&mut self, typing: bool, step: &mut Step<'_>) {
        for member in self.call_people() {
            if self
                .line(member)
                .is_some_and(|line: &Line| line.pair.is_open())
            {
                self.send_link_frame(member, &LinkFrame::Typing { typing }, step);
            }
        }
    }
}
