//! What the person does to the group: invite, revoke, remove, appoint, rename, leave.

use super::Group;
use super::records::{Standing, Touched};
use crate::client::batch::Step;
use crate::identity::clean_name;
use crate::ids::{InviteId, MemberId};
use crate::invite::{InviteKeys, Link, MAX_LIFETIME};
use crate::io::{Event, Refusal, Role};
use crate::membership::{AuthorError, Denied, LastMessage, MemberInfo, NewInvite, OpBody, Policy};
use zeroize::Zeroizing;

/// Shortest lifetime of an invite, in milliseconds: long enough to be opened at all.
const MIN_LIFETIME: u64 = crate::ids::MILLIS_PER_MINUTE;

impl Group {
    /// Writes an op and hands it to the others.
    fn write_op(&mut self, body: OpBody, step: &mut Step<'_>) -> Result<(), Refusal> {
        let keys = self.keys.as_ref().ok_or(Refusal::NotMember)?;
        let before = self.log.state().clone();
        let (id, bytes) = self
            .log
            .author(&keys.identity, body)
            .map_err(|error| match error {
                AuthorError::Denied(Denied::NotMember) => Refusal::NotMember,
                AuthorError::Denied(_) => Refusal::NotAllowed,
                AuthorError::TooMany | AuthorError::Read(_) => Refusal::Full,
            })?;
        self.touch(Touched::Op(id));
        // Sealed with the keys of the roster before: afterwards one may have none, or they may not be in it.
        self.broadcast(vec![bytes], Vec::new(), step);
        self.after_log_change(&before, step);
        Ok(())
    }

    fn write_or_refuse(&mut self, body: OpBody, step: &mut Step<'_>) -> bool {
        match self.write_op(body, step) {
            Ok(()) => true,
            Err(reason) => {
                step.refuse(Some(self.id), reason);
                false
            }
        }
    }

    pub(crate) fn create_invite(
        &mut self,
        lifetime: u64,
        max_uses: Option<u32>,
        approval: bool,
        step: &mut Step<'_>,
    ) {
        if let Some(link) = self.open_invite(lifetime, max_uses, approval, step) {
            self.flush(step);
            step.event(Event::InviteCreated {
                group: self.id,
                invite: link.invite_id(),
                link: link.to_url(&step.config.origin),
            });
        }
    }

    /// Writes an invite. `None` when it was refused, which the person is told.
    pub(crate) fn open_invite(
        &mut self,
        lifetime: u64,
        max_uses: Option<u32>,
        approval: bool,
        step: &mut Step<'_>,
    ) -> Option<Link> {
        if !(MIN_LIFETIME..=MAX_LIFETIME).contains(&lifetime) || max_uses == Some(0) {
            step.refuse(Some(self.id), Refusal::InviteLimits);
            return None;
        }
        let Some(card_hash) = self
            .log
            .state()
            .members
            .get(&self.me)
            .map(|me| me.card_hash)
        else {
            step.refuse(Some(self.id), Refusal::NotMember);
            return None;
        };
        let secret = Zeroizing::new(step.random::<32>());
        let keys = InviteKeys::derive(&secret);
        let expires = step.now.plus(lifetime);
        let mut invite = NewInvite::new(&keys, &self.id, &self.me, expires, max_uses);
        if approval {
            invite = invite.with_approval();
        }
        if !self.write_or_refuse(OpBody::Invite(invite), step) {
            return None;
        }
        Some(Link {
            secret,
            group: self.id,
            fingerprint: Link::fingerprint_of(&self.id, &card_hash),
            group_name: self.log.state().name.clone(),
            inviter_name: self
                .card_of(self.me)
                .map(|card| self.name_of(&self.me, &card.name))
                .unwrap_or_default(),
            expires,
            relays: self.meta.relays.clone(),
        })
    }

    pub(crate) fn revoke_invite(&mut self, invite: InviteId, step: &mut Step<'_>) {
        self.write_or_refuse(OpBody::RevokeInvite { invite }, step);
    }

    pub(crate) fn remove_member(
        &mut self,
        member: MemberId,
        revoke_invites: bool,
        step: &mut Step<'_>,
    ) {
        let mailbox_known = self.mailbox_of(member).is_some();
        let cut = self.log.cut_for(&member, self.last_message_of(member));
        let was_admin = |info: &MemberInfo| info.role == Role::Admin;
        let was_admin = self.log.state().member(&member).is_some_and(was_admin);
        if !self.write_or_refuse(OpBody::Remove { member, cut }, step) {
            return;
        }
        if mailbox_known {
            self.tell_about_removal(member, step);
        }
        if was_admin {
            self.checkpoint(step);
        }
        if revoke_invites {
            let open: Vec<_> = self
                .log
                .state()
                .invites
                .iter()
                .filter(|(_, invite)| invite.is_open(step.now))
                .map(|(id, _)| *id)
                .collect();
            for invite in open {
                if self.log.state().may_revoke(&self.me, &invite) {
                    self.write_or_refuse(OpBody::RevokeInvite { invite }, step);
                }
            }
        }
        // Whoever removes rotates at once, so that the others' first word after it needs no waiting.
        self.prepare_chain(step);
    }

    /// Makes a plain member an admin.
    pub(crate) fn make_admin(&mut self, member: MemberId, step: &mut Step<'_>) {
        match self.log.vouched(&member) {
            Some(vouched) => {
                self.write_or_refuse(OpBody::GrantAdmin(vouched), step);
            }
            None => step.refuse(Some(self.id), Refusal::NotAllowed),
        }
    }

    /// Makes an admin a plain member again. What it did so far counts, as far as it is known here.
    pub(crate) fn remove_admin(&mut self, member: MemberId, step: &mut Step<'_>) {
        let cut = self.log.cut_for(&member, None).op;
        if self.write_or_refuse(OpBody::RevokeAdmin { member, cut }, step) {
            self.checkpoint(step);
        }
    }

    /// Fixes everything up to here. Worth it when an admin is none any more: it could date something back to when it was
    /// one, and into the time before the others heard of its end.
    fn checkpoint(&mut self, step: &mut Step<'_>) {
        if self.log.state().is_creator(&self.me)
            && let Some(body) = self.log.checkpoint(&self.me)
        {
            self.write_or_refuse(body, step);
        }
    }

    /// Hands the creator's role over.
    pub(crate) fn transfer_creator(&mut self, member: MemberId, step: &mut Step<'_>) {
        match self.log.vouched(&member) {
            Some(vouched) => {
                self.write_or_refuse(OpBody::TransferCreator(vouched), step);
            }
            None => step.refuse(Some(self.id), Refusal::NotAllowed),
        }
    }

    /// Changes who may create invites.
    pub(crate) fn set_invite_policy(&mut self, lowest: Role, step: &mut Step<'_>) {
        if self.log.state().policy.invite != lowest {
            let policy = Policy { invite: lowest };
            self.write_or_refuse(OpBody::SetPolicy(policy), step);
        }
    }

    pub(crate) fn rename(&mut self, name: &str, step: &mut Step<'_>) {
        match clean_name(name) {
            Ok(name) => {
                self.write_or_refuse(OpBody::Rename { name }, step);
            }
            Err(_) => step.refuse(Some(self.id), Refusal::Name),
        }
    }

    pub(crate) fn leave(&mut self, step: &mut Step<'_>) {
        if !self.is_member() {
            return step.refuse(Some(self.id), Refusal::NotMember);
        }
        if self.others().is_empty() || self.log.state().forked {
            // Nobody is left to be told, and the creator of an empty group has nobody to hand it to; or the log takes no
            // more ops, and one goes without a word.
            self.meta.standing = Standing::Left;
            self.view_changed = true;
            return self.end_stay(step);
        }
        if self.log.state().creator == self.me {
            return step.refuse(Some(self.id), Refusal::CreatorCannotLeave);
        }
        let last = self.own_last_message();
        self.write_or_refuse(OpBody::Leave { last }, step);
    }

    /// One's own last message: on the current chain, or the newest one that is still in the archive.
    fn own_last_message(&self) -> Option<LastMessage> {
        let (chain, index) = match self.own.as_ref() {
            Some(own) if own.next_index() > 0 => (own.id(), own.next_index() - 1),
            _ => {
                let mine = self
                    .archive
                    .iter()
                    .filter(|((chain, _), _)| self.distributions.contains_key(chain));
                mine.max_by_key(|(_, archived)| archived.age)
                    .map(|(place, _)| *place)?
            }
        };
        let generation = self.distributions.get(&chain)?.generation;
        Some(LastMessage {
            chain,
            generation,
            index,
        })
    }

    /// The chain and index of a member's last message that this device has.
    fn last_message_of(&self, member: MemberId) -> Option<LastMessage> {
        let newest = self
            .chains
            .values()
            .filter(|chain| chain.sender() == member)
            .max_by_key(|chain| chain.generation())?;
        let last = newest.received_ranges().last().map(|(_, to)| *to)?;
        Some(LastMessage {
            chain: newest.id(),
            generation: newest.generation(),
            index: last,
        })
    }
}
