//! The group as the interface shows it.

use super::Group;
use super::records::{CardHash, Standing};
use crate::chat::Body;
use crate::ids::{MemberId, Timestamp};
use crate::io::{
    GroupState, GroupView, InviteView, MemberView, Presence, RelayState, Rights, Role,
};
use crate::order;

impl Group {
    pub(crate) fn view(&self) -> GroupView {
        let state = self.log.state();
        let relay = self.uplink.state();
        let roster = self.roster();
        let mut members: Vec<_> = roster
            .members
            .iter()
            .map(|(id, info)| MemberView {
                id: *id,
                name: self.name_of(id, &info.card.name),
                card_name: info.card.name.clone(),
                role: info.role,
                is_me: *id == self.me,
                card_hash: info.card_hash,
                verified: self.verified.get(id) == Some(&CardHash(info.card_hash)),
                card_changed: self
                    .verified
                    .get(id)
                    .is_some_and(|seen| *seen != CardHash(info.card_hash)),
                presence: self.presence(*id, relay),
                removable: self.is_member() && state.may_remove(&self.me, id),
            })
            .collect();
        order::sort_by_key(&mut members, |member| {
            (!member.is_me, member.name.clone(), member.id)
        });
        let former_members = roster
            .former
            .iter()
            .map(|(id, info)| MemberView {
                id: *id,
                name: self.name_of(id, &info.stay.card.name),
                card_name: info.stay.card.name.clone(),
                role: Role::Member,
                is_me: *id == self.me,
                card_hash: info.stay.card_hash,
                verified: self.verified.get(id) == Some(&CardHash(info.stay.card_hash)),
                card_changed: false,
                presence: Presence::Offline,
                removable: false,
            })
            .collect();
        let mut invites: Vec<_> = state
            .invites
            .iter()
            .filter(|(_, invite)| invite.is_open(self.seen_at))
            .collect();
        order::sort_by_key(&mut invites, |(id, invite)| {
            (core::cmp::Reverse(invite.expires), **id)
        });
        let invites = invites
            .into_iter()
            .map(|(id, invite)| InviteView {
                id: *id,
                by: invite.by,
                expires: invite.expires,
                uses_left: invite.uses_left(),
                approval: invite.approval,
                revocable: self.is_member() && state.may_revoke(&self.me, id),
            })
            .collect();
        GroupView {
            id: self.id,
            name: state.name.clone(),
            me: self.me,
            state: match self.meta.standing {
                Standing::Member if state.forked => GroupState::Forked,
                Standing::Member => GroupState::Member,
                Standing::Left => GroupState::Left,
                Standing::Removed(by) => GroupState::Removed { by },
                Standing::Aside => GroupState::Aside,
            },
            members,
            alarms: self.open_alarms().collect(),
            offers: self.offer_views(self.seen_at),
            requests: self.request_views(),
            former_members,
            invites,
            waiting_texts: self.kept_texts().cloned().map(Body::Text).collect(),
            waiting_changes: self.kept.len() - self.kept_texts().count(),
            unread: self.meta.unread,
            timer: self.timer(),
            pinned: self.pinned(),
            absent_files: self.absent_files(),
            relay,
            invite_policy: state.policy.invite,
            rights: Rights {
                invite: self.is_member() && state.may_invite(&self.me),
                rename: self.is_member() && state.may_rename(&self.me),
                leave: self.is_member()
                    && (state.creator != self.me || state.members.len() == 1 || state.forked),
                send: self.may_send(),
                refound: self.is_member() && (state.forked || !state.is_present(&state.creator)),
                appoint: self.is_member() && !state.forked && state.is_creator(&self.me),
            },
        }
    }

    fn presence(&self, member: MemberId, relay: RelayState) -> Presence {
        if member == self.me {
            return if relay == RelayState::Online {
                Presence::Online
            } else {
                Presence::Offline
            };
        }
        match relay {
            RelayState::Online if self.present.contains_key(&member) => Presence::Online,
            RelayState::Online => Presence::Offline,
            _ => Presence::Unknown,
        }
    }

    /// Notes the time, by which the view tells open invites from expired ones.
    pub(crate) fn look_at_clock(&mut self, now: Timestamp) {
        let invites = &self.log.state().invites;
        if invites
            .values()
            .any(|invite| invite.is_open(self.seen_at) != invite.is_open(now))
        {
            self.view_changed = true;
        }
        self.seen_at = now;
    }

    /// When the next open invite expires.
    pub(super) fn next_expiry(&self) -> Option<Timestamp> {
        let invites = self.log.state().invites.values();
        invites
            .filter(|invite| invite.is_open(self.seen_at))
            .map(|invite| invite.expires.plus(1))
            .min()
    }
}
