//! The people of the tests, each with a replica of its own.

use core::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::identity::{Card, IdentityKey, SignedCard};
use crate::ids::{GroupId, InviteId, MemberId, OpId, Timestamp};
use crate::invite::{InviteKeys, JoinProof};
use crate::io::Role;
use crate::membership::{
    Admission, AuthorError, Denied, Genesis, Log, NewInvite, OpBody, Policy, Verdict,
};

/// When everything happens.
pub(super) const NOW: Timestamp = Timestamp(1_700_000_000_000);
/// When invites end.
pub(super) const END: Timestamp = Timestamp(NOW.0 + 1_000_000);

pub(super) fn key(seed: u8) -> IdentityKey {
    IdentityKey::from_seed(&[seed; 32])
}

pub(super) fn card(key: &IdentityKey, group: GroupId, name: &str) -> SignedCard {
    let card = Card {
        group,
        ik: key.public(),
        olm: [9; 32],
        name: name.into(),
        created: NOW,
    };
    SignedCard::sign(&card, key)
}

pub(super) fn invite(number: u8) -> InviteKeys {
    InviteKeys::derive(&[number; 32])
}

thread_local! {
    static PROOFS: RefCell<BTreeMap<(GroupId, InviteId, MemberId), Admission>> = RefCell::default();
}

/// Made once and then repeated: a proof costs five signatures, and some tests make thousands.
pub(super) fn admission(group: GroupId, invite: &InviteKeys, joiner: &IdentityKey) -> Admission {
    let made = || {
        let card = card(joiner, group, "Joiner");
        Admission {
            invite: invite.id(),
            proof: JoinProof::new(&group, invite, &card, joiner, NOW),
            card,
            at: NOW,
        }
    };
    let place = (group, invite.id(), joiner.member_id());
    PROOFS.with_borrow_mut(|proofs| proofs.entry(place).or_insert_with(made).clone())
}

/// One person with its own copy of the log.
#[derive(Clone)]
pub(super) struct Replica {
    pub(super) key: Rc<IdentityKey>,
    pub(super) log: Log,
}

impl Replica {
    pub(super) fn found(policy: Policy) -> Self {
        let key = Rc::new(key(1));
        let founder = card(&key, Card::NO_GROUP, "Ada");
        let genesis = Genesis::new("Friends", founder, [5; 32], policy).unwrap();
        let (log, _) = Log::found(&key, genesis).unwrap();
        Self { key, log }
    }

    /// Somebody else, who knows what this one knows.
    pub(super) fn fork(&self, seed: u8) -> Self {
        Self {
            key: Rc::new(key(seed)),
            log: self.log.clone(),
        }
    }

    pub(super) fn id(&self) -> MemberId {
        self.key.member_id()
    }

    pub(super) fn write(&mut self, body: OpBody) -> Result<OpId, AuthorError> {
        self.log.author(&self.key, body).map(|(id, _)| id)
    }

    pub(super) fn invites(&mut self, number: u8, max_uses: Option<u32>) -> OpId {
        let invite = NewInvite::new(
            &invite(number),
            &self.log.group(),
            &self.id(),
            END,
            max_uses,
        );
        self.write(OpBody::Invite(invite)).unwrap()
    }

    pub(super) fn admits(&mut self, number: u8, seed: u8) -> OpId {
        self.try_admit(number, seed).unwrap()
    }

    pub(super) fn try_admit(&mut self, number: u8, seed: u8) -> Result<OpId, AuthorError> {
        let admission = admission(self.log.group(), &invite(number), &key(seed));
        self.write(OpBody::Admit(Box::new(admission)))
    }

    pub(super) fn removes(&mut self, member: MemberId) -> OpId {
        let cut = self.log.cut_for(&member, None);
        self.write(OpBody::Remove { member, cut }).unwrap()
    }

    pub(super) fn revokes(&mut self, number: u8) -> OpId {
        let invite = invite(number).id();
        self.write(OpBody::RevokeInvite { invite }).unwrap()
    }

    pub(super) fn grants(&mut self, seed: u8) -> OpId {
        self.try_grant(seed).unwrap()
    }

    pub(super) fn try_grant(&mut self, seed: u8) -> Result<OpId, AuthorError> {
        let vouched = self.log.vouched(&key(seed).member_id()).unwrap();
        self.write(OpBody::GrantAdmin(vouched))
    }

    pub(super) fn revokes_admin(&mut self, seed: u8) -> OpId {
        let member = key(seed).member_id();
        let cut = self.log.cut_for(&member, None).op;
        self.write(OpBody::RevokeAdmin { member, cut }).unwrap()
    }

    pub(super) fn transfers(&mut self, seed: u8) -> OpId {
        let vouched = self.log.vouched(&key(seed).member_id()).unwrap();
        self.write(OpBody::TransferCreator(vouched)).unwrap()
    }

    pub(super) fn checkpoints(&mut self) -> OpId {
        let body = self.log.checkpoint(&self.id()).unwrap();
        self.write(body).unwrap()
    }

    pub(super) fn rules(&mut self, op: OpId, verdict: Verdict) -> OpId {
        self.write(OpBody::Ruling { op, verdict }).unwrap()
    }

    pub(super) fn allows_inviting(&mut self, invite: Role) -> OpId {
        self.write(OpBody::SetPolicy(Policy { invite })).unwrap()
    }

    pub(super) fn invites_with_approval(&mut self, number: u8) -> OpId {
        let invite = NewInvite::new(&invite(number), &self.log.group(), &self.id(), END, None);
        self.write(OpBody::Invite(invite.with_approval())).unwrap()
    }

    pub(super) fn role_of(&self, seed: u8) -> Option<Role> {
        let member = self.log.state().member(&key(seed).member_id());
        member.map(|info| info.role)
    }

    pub(super) fn is_in(&self, seed: u8) -> bool {
        self.log.state().is_present(&key(seed).member_id())
    }

    pub(super) fn hears(&mut self, other: &Self) {
        for bytes in other.log.newer_than(&self.log.vector(), usize::MAX) {
            self.log.insert(&bytes).unwrap();
        }
    }
}

/// Both learn all that the other knows.
pub(super) fn meet(a: &mut Replica, b: &mut Replica) {
    a.hears(b);
    b.hears(a);
    assert_eq!(a.log.heads(), b.log.heads());
    assert_eq!(a.log.state(), b.log.state());
}

pub(super) fn denied(result: Result<impl core::fmt::Debug, AuthorError>) -> Denied {
    match result {
        Err(AuthorError::Denied(denied)) => denied,
        other => panic!("{other:?}"),
    }
}

thread_local! {
    static THREE: (Replica, Replica, Replica) = {
        let mut ada = Replica::found(Policy::default());
        ada.invites(1, None);
        ada.admits(1, 2);
        ada.admits(1, 3);
        let (ben, cyd) = (ada.fork(2), ada.fork(3));
        (ada, ben, cyd)
    };
}

/// A group of three: the creator (seed 1), and the members 2 and 3, who came by invite 1.
pub(super) fn three() -> (Replica, Replica, Replica) {
    THREE.with(Clone::clone)
}
