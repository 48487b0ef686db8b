//! What follows from a longer log: notes in the history, keys to rotate, mailboxes to watch, an own end.

use crate::sorted::Set;

use super::Group;
use super::records::{Standing, Touched};
use crate::chat::{Body, MessageView};
use crate::client::batch::Step;
use crate::ids::{InviteId, Mailbox, MemberId, MessageId};
use crate::io::{Alarm, JoinState, JoinView, RelayState, Role};
use crate::membership::{Ending, RosterEvent, State, VoidReason, diff};
use crate::order;
use crate::sync;

/// Join mailboxes watched at once: well below the 256 subscriptions that a relay allows a connection.
const MAX_WATCHED_INVITES: usize = 64;

impl Group {
    /// Draws every conclusion from a change of the log.
    pub(super) fn after_log_change(&mut self, before: &State, step: &mut Step<'_>) {
        self.view_changed = true;
        let now = self.log.state().clone();
        for event in diff(before, &now) {
            self.note(&event, step);
            match event {
                RosterEvent::Joined { member, .. } if member != self.me => {
                    self.newcomers.push(member)
                }
                RosterEvent::Left { member, .. } | RosterEvent::Removed { member, .. } => {
                    self.member_gone(member, step)
                }
                RosterEvent::Unadmitted { member, .. } if member != self.me => {
                    self.member_gone(member, step);
                    self.tell_about_removal(member, step);
                }
                RosterEvent::Equivocated { member } if !now.forked || member != now.creator => {
                    self.raise(Alarm::TwoHistories { member }, step);
                }
                RosterEvent::Forked => {
                    self.raise(Alarm::Forked { by: now.creator }, step);
                    self.spread_fork(&now, step);
                }
                _ => {}
            }
        }
        // Of a forked group it can't be known who is in: nothing is destroyed over it, and nothing more is said.
        if self.is_member() && !now.forked && !now.members.contains_key(&self.me) {
            self.end_own_stay(before, &now, step);
        }
        self.drop_moot_alarms();
        self.update_mailboxes(step);
        self.settle_requests(step);
        self.retry_distributions(step);
    }

    /// Hands everybody the two ops that prove the fork: whoever doesn't know goes on writing into it.
    fn spread_fork(&mut self, now: &State, step: &mut Step<'_>) {
        let proof = self.log.equivocation(&now.creator);
        let proof: Vec<_> = proof.into_iter().flatten().map(<[u8]>::to_vec).collect();
        if !proof.is_empty() {
            self.broadcast(proof, Vec::new(), step);
        }
    }

    /// One was removed, or left on another path: keep the history, destroy the keys.
    fn end_own_stay(&mut self, before: &State, now: &State, step: &mut Step<'_>) {
        self.meta.standing = match now.former.get(&self.me).map(|former| former.ending) {
            Some(Ending::Removed { by, .. }) => Standing::Removed(by),
            Some(Ending::Left { .. }) => Standing::Left,
            // The invite was used up or revoked before our admission, which whoever let us in didn't know.
            None => {
                let used = now.void.get(&self.me) == Some(&VoidReason::InviteUsed);
                let state = if used {
                    JoinState::Used
                } else {
                    JoinState::Refused
                };
                let invite = before.members.get(&self.me).and_then(|me| me.invite);
                self.unadmitted = invite.map(|invite| self.unadmitted_view(before, invite, state));
                Standing::Removed(now.creator)
            }
        };
        self.end_stay(step);
    }

    fn unadmitted_view(&self, before: &State, invite: InviteId, state: JoinState) -> JoinView {
        let info = before.invites.get(&invite);
        let inviter_name = info
            .and_then(|info| before.stay(&info.by))
            .map(|info| info.card.name.clone());
        JoinView {
            invite,
            // One came by it, so it is there.
            mailbox: info.map_or(Mailbox([0; 16]), |info| info.mailbox),
            group_name: before.name.clone(),
            inviter_name: inviter_name.unwrap_or_default(),
            code: String::new(),
            state,
            relay: RelayState::Closed,
        }
    }

    /// Takes the news that one never was a member: the client then forgets the group.
    pub(crate) fn take_unadmitted(&mut self) -> Option<JoinView> {
        self.unadmitted.take()
    }

    /// Destroys what only a member may have. Frames that still wait in the queue go out first.
    pub(super) fn end_stay(&mut self, step: &mut Step<'_>) {
        self.touch(Touched::Meta);
        self.fail_unsent(step);
        self.wipe_keys(step);
        self.drop_call(step);
        self.drop_links(step);
        self.present.clear();
        self.sponsoring.clear();
        let asked: Vec<_> = self.requests.keys().copied().collect();
        self.requests.clear();
        self.touched.extend(asked.into_iter().map(Touched::Request));
        self.kept.clear();
        self.touch(Touched::Kept);
        self.receipts.clear();
        self.receipts_due = None;
        self.wanted.clear();
        if self.meta.standing != Standing::Left {
            let numbers: Vec<_> = self.queue.keys().copied().collect();
            for number in numbers {
                self.queue.remove(&number);
                self.touch(Touched::Queue(number));
            }
        }
        self.after_queue_change(step);
    }

    fn member_gone(&mut self, member: MemberId, step: &mut Step<'_>) {
        self.present.remove(&member);
        self.forget_person(member, step);
        self.drop_link(member, step);
        self.receipts.remove(&member);
        self.stop_waiting_for(member, step);
    }

    /// Puts a roster change into the history.
    fn note(&mut self, event: &RosterEvent, step: &mut Step<'_>) {
        let (body, author, op) = match event {
            RosterEvent::Joined {
                member,
                invited_by,
                at,
                ..
            } => (
                Body::Joined {
                    member: *member,
                    invited_by: *invited_by,
                },
                *member,
                at.op,
            ),
            RosterEvent::Left { member, at } => (Body::Left { member: *member }, *member, at.op),
            RosterEvent::Removed { member, by, at } => (
                Body::Removed {
                    member: *member,
                    by: *by,
                },
                *by,
                at.op,
            ),
            RosterEvent::Renamed {
                by: Some((at, by)),
                name,
            } => (
                Body::Renamed {
                    by: *by,
                    name: name.clone(),
                },
                *by,
                at.op,
            ),
            RosterEvent::Ranked {
                member,
                role,
                by: Some((at, by)),
            } => {
                let (member, by) = (*member, *by);
                let body = match role {
                    Role::Creator => Body::HandedOver { member, by },
                    // Who handed the group over: the new creator's note says it all, and one op has one note.
                    Role::Admin if member == by => return,
                    Role::Admin => Body::MadeAdmin { member, by },
                    Role::Member => Body::AdminEnded { member, by },
                };
                (body, by, at.op)
            }
            _ => return,
        };
        self.add_note(body, author, MessageId(op.0), step);
    }

    pub(super) fn add_note(
        &mut self,
        body: Body,
        author: MemberId,
        id: MessageId,
        step: &mut Step<'_>,
    ) {
        let clock = step.now.max(self.meta.clock);
        let view = MessageView {
            sent_at: step.now,
            order: self.next_order(clock),
            ..MessageView::new(self.id, id, author, clock, body)
        };
        self.store_message(&view, step);
    }

    /// Watches one's own mailbox, the join mailboxes of invites, and where the others' presence appears.
    pub(super) fn update_mailboxes(&mut self, step: &mut Step<'_>) {
        let mut wished: Set<Mailbox> = Set::new();
        if self.is_member() {
            if let Some(own) = self.mailbox_of(self.me) {
                wished.insert(own);
                self.uplink.announce_at(sync::presence_mailbox(&own));
            }
            let state = self.log.state();
            // Revoked and used invites too, until they expire: whoever still comes by them is told.
            let mut invites: Vec<_> = state
                .invites
                .values()
                .filter(|invite| invite.expires >= step.now)
                .collect();
            order::sort_by_key(&mut invites, |invite| core::cmp::Reverse(invite.expires));
            wished.extend(
                invites
                    .iter()
                    .take(MAX_WATCHED_INVITES)
                    .map(|invite| invite.mailbox),
            );
            wished.extend(
                self.others()
                    .into_iter()
                    .filter_map(|member| self.mailbox_of(member))
                    .map(|it| sync::presence_mailbox(&it)),
            );
        }
        self.uplink.set_mailboxes(wished, step);
    }
}
