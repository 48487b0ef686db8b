//! Invites that ask for approval: requests wait here until the creator or an admin has said yes or no.

use super::Group;
use super::outgoing::Urgency;
use super::records::Touched;
use super::sponsor::{Sponsoring, WELCOME_INTERVAL};
use super::synchronise::is_first_in;
use crate::client::batch::Step;
use crate::identity::approval_code;
use crate::ids::{InviteId, MemberId, Timestamp};
use crate::invite::{JoinRequest, VerifiedRequest};
use crate::io::{Event, Refusal, RequestView, Role};
use crate::order;
use crate::pairwise::PairwiseKind;
use crate::sync::{JoinReply, Sync};
use crate::wire::{self, record};

/// Requests kept, decided ones included: more than anybody reads through, and a bound on what holders of a link can make
/// every admin store.
const MAX_REQUESTS: usize = 64;

/// A request that waits for a decision, or one that was turned down.
#[derive(Clone)]
pub(crate) struct Asked {
    invite: InviteId,
    /// `None` for one that another admin has turned down before it came here.
    request: Option<JoinRequest>,
    received: Timestamp,
    declined: bool,
    /// From the card, whose signature was checked when the request came.
    name: String,
}

record!(Asked {
    invite,
    request,
    received,
    declined,
    name,
});

impl Group {
    /// Takes a verified request by an invite that asks for approval.
    pub(super) fn take_request(
        &mut self,
        invite: InviteId,
        request: JoinRequest,
        verified: &VerifiedRequest,
        step: &mut Step<'_>,
    ) {
        let joiner = verified.prekeys.member;
        let state = self.log.state();
        let decides = state.may_admit(&self.me, &invite);
        let opened_it = state
            .invites
            .get(&invite)
            .is_some_and(|it| it.by == self.me);
        if !decides && !opened_it {
            return;
        }
        if decides && !self.requests.contains_key(&joiner) {
            if !self.make_room_for_request() {
                return;
            }
            let asked = Asked {
                invite,
                request: Some(request),
                received: step.now,
                declined: false,
                name: verified.card.name.clone(),
            };
            self.requests.insert(joiner, asked);
            self.touch(Touched::Request(joiner));
            self.view_changed = true;
            if let Some(view) = self.request_view(joiner) {
                let group = self.id;
                step.event(Event::JoinRequested {
                    group,
                    request: view,
                });
            }
        }
        if is_first_in(WELCOME_INTERVAL, &mut self.welcomed, joiner, step.now) {
            let declined = self.requests.get(&joiner).is_some_and(|it| it.declined);
            let reply = if declined {
                JoinReply::Declined
            } else {
                JoinReply::Seen
            };
            self.reply_to(verified, &reply, step);
        }
    }

    /// Says yes to a request: its sender is let in.
    pub(crate) fn approve_join(&mut self, member: MemberId, step: &mut Step<'_>) {
        let Some((invite, request, verified)) = self.pending(member) else {
            // Another one was faster: what the person wanted has happened, or can't any more.
            if !self.log.state().is_present(&member) {
                step.refuse(Some(self.id), Refusal::NotAllowed);
            }
            return;
        };
        if !self.log.state().may_admit(&self.me, &invite) {
            return step.refuse(Some(self.id), Refusal::NotAllowed);
        }
        self.drop_request(member);
        self.answer(&Sponsoring::approved(invite, request, verified), step);
    }

    /// Says no to a request, to its sender and to the others who could say yes.
    pub(crate) fn refuse_join(&mut self, member: MemberId, step: &mut Step<'_>) {
        let Some((invite, _, verified)) = self.pending(member) else {
            return;
        };
        if !self.log.state().may_admit(&self.me, &invite) {
            return step.refuse(Some(self.id), Refusal::NotAllowed);
        }
        self.decline(member, invite, step.now);
        self.reply_to(&verified, &JoinReply::Declined, step);
        let body = wire::encode(&Sync::Declined { member, invite });
        for officer in self.others() {
            if self.log.state().may_admit(&officer, &invite) {
                self.send_pairwise(officer, PairwiseKind::Sync, &body, Urgency::Queued, step);
            }
        }
    }

    /// Another one has said no.
    pub(super) fn on_declined(
        &mut self,
        from: MemberId,
        member: MemberId,
        invite: InviteId,
        step: &mut Step<'_>,
    ) {
        let state = self.log.state();
        let is_officer = |id| state.member(id).is_some_and(|it| it.role <= Role::Admin);
        let known = state.invites.get(&invite).is_some_and(|it| it.approval);
        let known = known && !state.is_present(&member);
        if known
            && is_officer(&from)
            && is_officer(&self.me)
            && (self.requests.contains_key(&member) || self.make_room_for_request())
        {
            self.decline(member, invite, step.now);
        }
    }

    fn decline(&mut self, member: MemberId, invite: InviteId, now: Timestamp) {
        let asked = self.requests.entry(member).or_insert_with(|| Asked {
            invite,
            request: None,
            received: now,
            declined: true,
            name: String::new(),
        });
        asked.declined = true;
        self.touch(Touched::Request(member));
        self.view_changed = true;
    }

    /// Forgets the oldest one that was turned down, if there is no room: its sender may ask once more, and somebody else
    /// gets the chance to ask at all.
    fn make_room_for_request(&mut self) -> bool {
        if self.requests.len() < MAX_REQUESTS {
            return true;
        }
        let declined = self.requests.iter().filter(|(_, asked)| asked.declined);
        let oldest = declined.min_by_key(|(_, asked)| asked.received);
        let Some(oldest) = oldest.map(|(member, _)| *member) else {
            return false;
        };
        self.drop_request(oldest);
        true
    }

    /// A request that nobody has decided about.
    fn pending(&self, member: MemberId) -> Option<(InviteId, JoinRequest, VerifiedRequest)> {
        let asked = self.requests.get(&member).filter(|asked| !asked.declined)?;
        let invite = self.log.state().invites.get(&asked.invite)?;
        let request = asked.request.clone()?;
        let verified = request.verify(&self.id, &invite.ipk).ok()?;
        Some((asked.invite, request, verified))
    }

    fn drop_request(&mut self, member: MemberId) {
        self.requests.remove(&member);
        self.touch(Touched::Request(member));
        self.view_changed = true;
    }

    /// Lets go of requests that are settled by what has happened, or by time.
    pub(super) fn settle_requests(&mut self, step: &mut Step<'_>) {
        let members: Vec<_> = self.requests.keys().copied().collect();
        for member in members {
            let Some(asked) = self.requests.get(&member) else {
                continue;
            };
            let state = self.log.state();
            let invite = state.invites.get(&asked.invite);
            let open = invite.is_some_and(|it| it.revoked.is_none() && it.expires >= step.now);
            let settled = state.stay(&member).is_some();
            if open && !settled && state.may_admit(&self.me, &asked.invite) {
                continue;
            }
            if !open
                && !settled
                && let Some((_, _, verified)) = self.pending(member)
            {
                self.reply_to(&verified, &JoinReply::Refused, step);
            }
            self.drop_request(member);
        }
    }

    fn request_view(&self, member: MemberId) -> Option<RequestView> {
        let asked = self.requests.get(&member).filter(|asked| !asked.declined)?;
        let card = &asked.request.as_ref()?.card;
        Some(RequestView {
            member,
            invite: asked.invite,
            name: asked.name.clone(),
            code: approval_code(&card.hash()),
            received: asked.received,
        })
    }

    /// The requests that wait for a decision, oldest first.
    pub(super) fn request_views(&self) -> Vec<RequestView> {
        let members = self.requests.keys();
        let mut views: Vec<_> = members
            .filter_map(|member| self.request_view(*member))
            .collect();
        order::sort_by_key(&mut views, |view| (view.received, view.member));
        views
    }
}
