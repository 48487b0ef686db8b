//! Letting people in: requests at a join mailbox, who answers first, and the answer.

use super::Group;
use super::records::{Target, Touched};
use super::synchronise::is_first_in;
use crate::client::batch::Step;
use crate::identity::SignedPrekeys;
use crate::ids::{InviteId, MILLIS_PER_SECOND, Mailbox, MemberId, Timestamp};
use crate::invite::{JoinRequest, VerifiedRequest, open_join_request};
use crate::membership::{Admission, OpBody};
use crate::pairwise::{Channel, PairwiseKind, PeerKeys};
use crate::sorted::Set;
use crate::sync::{self, JoinReply};
use crate::wire;

/// Pause between one member's turn to answer a request and the next one's, in milliseconds.
const TURN: u64 = 300;
/// Shortest time between two welcomes to one joiner, in milliseconds: a joiner that missed one asks again after 30 s.
pub(super) const WELCOME_INTERVAL: u64 = 5 * MILLIS_PER_SECOND;
/// Requests that may wait for their turn at once.
const MAX_SPONSORING: usize = 64;

/// A verified request whose turn has not come.
#[derive(Debug)]
pub(super) struct Sponsoring {
    pub(super) due: Timestamp,
    invite: InviteId,
    request: JoinRequest,
    verified: VerifiedRequest,
    /// The joiner was in before it asked, so its first answer got lost.
    again: bool,
    /// The creator or an admin has agreed, where the invite asks for that.
    approved: bool,
}

impl Sponsoring {
    /// A request that the person at this device has agreed to.
    pub(super) fn approved(
        invite: InviteId,
        request: JoinRequest,
        verified: VerifiedRequest,
    ) -> Self {
        Self {
            due: Timestamp(0),
            invite,
            request,
            verified,
            again: false,
            approved: true,
        }
    }

    fn joiner(&self) -> MemberId {
        self.verified.prekeys.member
    }
}

impl Group {
    pub(super) fn on_join_request(&mut self, mailbox: Mailbox, body: &[u8], step: &mut Step<'_>) {
        let state = self.log.state();
        let Some((id, invite)) = state
            .invites
            .iter()
            .find(|(_, invite)| invite.mailbox == mailbox)
        else {
            return;
        };
        let request = open_join_request(&invite.join_box, body);
        let verified =
            request.and_then(|request| Ok((request.verify(&self.id, &invite.ipk)?, request)));
        let Ok((verified, request)) = verified else {
            self.count_bad_frame(step.now);
            return;
        };
        let joiner = verified.prekeys.member;
        if self.sponsoring.len() >= MAX_SPONSORING
            || self
                .sponsoring
                .iter()
                .any(|waiting| waiting.joiner() == joiner)
        {
            return;
        }
        let again = state.members.contains_key(&joiner);
        let in_time = invite.revoked.is_none() && invite.expires >= step.now;
        if invite.approval
            && in_time
            && invite.uses_left() != Some(0)
            && state.stay(&joiner).is_none()
        {
            let invite = *id;
            return self.take_request(invite, request, &verified, step);
        }
        let due = step.now.plus(TURN * self.turn(invite.by));
        let invite = *id;
        self.sponsoring.push(Sponsoring {
            due,
            invite,
            request,
            verified,
            again,
            approved: false,
        });
    }

    /// The inviter comes first, then the others in the order of their ids.
    fn turn(&self, inviter: MemberId) -> u64 {
        if inviter == self.me {
            return 0;
        }
        let state = self.log.state();
        let before_me = state
            .members
            .keys()
            .filter(|member| **member != inviter && **member < self.me)
            .count();
        before_me as u64 + 1
    }

    /// Answers requests whose turn has come, as soon as ops may be written.
    pub(crate) fn answer_due_requests(&mut self, step: &mut Step<'_>) {
        let now = step.now;
        if self.sponsoring.is_empty() || !self.may_author(now) {
            return;
        }
        let (due, later) = core::mem::take(&mut self.sponsoring)
            .into_iter()
            .partition(|waiting| waiting.due <= now);
        self.sponsoring = later;
        for waiting in due {
            self.answer(&waiting, step);
        }
    }

    pub(super) fn answer(&mut self, waiting: &Sponsoring, step: &mut Step<'_>) {
        let joiner = waiting.joiner();
        let state = self.log.state();
        if state.members.contains_key(&joiner) {
            // A request that was seen can be repeated by anybody; the answer is a whole log.
            if waiting.again && is_first_in(WELCOME_INTERVAL, &mut self.welcomed, joiner, step.now)
            {
                self.take_prekeys(&waiting.request.prekeys);
                self.welcome(joiner, step);
            }
            return;
        }
        let Some(invite) = state.invites.get(&waiting.invite) else {
            return;
        };
        // Coming back needs new keys: a card that was here before is refused like an unknown one.
        if state.former.contains_key(&joiner)
            || invite.revoked.is_some()
            || invite.expires < step.now
        {
            return self.reply_to(&waiting.verified, &JoinReply::Refused, step);
        }
        // Not one's own to answer: the creator or an admin has to agree.
        if !state.may_admit(&self.me, &waiting.invite) || (invite.approval && !waiting.approved) {
            return;
        }
        if invite.uses_left() == Some(0) {
            return self.reply_to(&waiting.verified, &JoinReply::Used, step);
        }
        self.admit(waiting, step);
    }

    fn admit(&mut self, waiting: &Sponsoring, step: &mut Step<'_>) {
        let Some(keys) = self.keys.as_ref() else {
            return;
        };
        let before = self.log.state().clone();
        let request = &waiting.request;
        let admission = Admission {
            invite: waiting.invite,
            card: request.card.clone(),
            proof: request.proof.clone(),
            at: step.now,
        };
        let body = OpBody::Admit(Box::new(admission));
        let Ok((id, bytes)) = self.log.author(&keys.identity, body) else {
            return self.reply_to(&waiting.verified, &JoinReply::Refused, step);
        };
        self.touch(Touched::Op(id));
        let joiner = waiting.joiner();
        self.take_prekeys(&waiting.request.prekeys);
        self.welcomed.insert(joiner, step.now);
        // The joiner gets the whole log with its welcome; the others need the op and its prekeys.
        self.broadcast(vec![bytes], vec![waiting.request.prekeys.clone()], step);
        self.welcome(joiner, step);
        self.after_log_change(&before, step);
    }

    /// Hands a new member the log and everybody's prekeys.
    fn welcome(&mut self, joiner: MemberId, step: &mut Step<'_>) {
        let ops = self.log.all_ops();
        let prekeys: Vec<SignedPrekeys> = self
            .prekeys
            .iter()
            .filter(|(member, _)| **member != joiner)
            .map(|(_, known)| known.signed.clone())
            .collect();
        let parts = sync::parts(ops, prekeys);
        let count = parts.len();
        for (position, (ops, prekeys)) in parts.into_iter().enumerate() {
            let body = wire::encode(&JoinReply::Welcome {
                ops,
                prekeys,
                last: position + 1 == count,
            });
            if let Some(frame) = self.seal(joiner, PairwiseKind::JoinReply, &body) {
                self.enqueue(frame, Set::from_iter([Target::Member(joiner)]), None, step);
            }
        }
    }

    /// Answers somebody who isn't in. Nothing of the conversation is kept.
    pub(super) fn reply_to(
        &mut self,
        request: &VerifiedRequest,
        reply: &JoinReply,
        step: &mut Step<'_>,
    ) {
        let Some(keys) = self.keys.as_ref() else {
            return;
        };
        let open = &request.prekeys;
        let peer = PeerKeys {
            member: open.member,
            curve25519: request.card.olm,
            prekeys: Some(open),
        };
        let body = wire::encode(reply);
        let mailbox = open.mailbox;
        if let Ok(frame) = Channel::new(request.card.olm).seal(
            &keys.device,
            self.me,
            &peer,
            PairwiseKind::JoinReply,
            self.id,
            &body,
        ) {
            self.enqueue(
                frame,
                Set::from_iter([Target::Mailbox(mailbox)]),
                None,
                step,
            );
        }
    }
}
