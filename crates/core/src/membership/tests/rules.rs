//! What counts, and for whom.

use super::cast::{END, Replica, admission, card, denied, invite, key, meet, three};
use crate::identity::Card;
use crate::ids::{MemberId, Timestamp};
use crate::invite::JoinProof;
use crate::io::Role;
use crate::membership::{
    AuthorError, Denied, Ending, Log, NewInvite, OpBody, Policy, RosterEvent, VoidReason, diff,
    heads_hash,
};
use crate::test_attr::test;

#[test]
fn a_new_group_has_its_founder_as_creator() {
    let ada = Replica::found(Policy::default());
    let state = ada.log.state();
    assert_eq!(state.name, "Friends");
    assert_eq!(state.creator, ada.id());
    assert_eq!(state.members[&ada.id()].role, Role::Creator);
    assert_eq!(state.members.len(), 1);
    let rights = state.rights(&ada.id());
    assert!(rights.invite && rights.rename && !rights.leave);
}

#[test]
fn whoever_is_admitted_is_in_and_may_invite_and_admit_others() {
    let (mut ada, mut ben, _) = three();
    ben.invites(2, Some(1));
    ben.admits(2, 4);
    ben.admits(1, 5);
    meet(&mut ada, &mut ben);
    assert!(ada.is_in(4) && ada.is_in(5));
    let info = &ada.log.state().members[&key(4).member_id()];
    assert_eq!(info.sponsor, Some(ben.id()));
    assert_eq!(info.role, Role::Member);
    let invite = &ada.log.state().invites[&invite(2).id()];
    assert_eq!(invite.by, ben.id());
    assert_eq!(invite.uses_left(), Some(0));
    assert!(!invite.is_open(super::cast::NOW));
}

#[test]
fn the_policy_keeps_members_from_inviting() {
    let mut ada = Replica::found(Policy {
        invite: Role::Creator,
    });
    ada.invites(1, None);
    ada.admits(1, 2);
    let mut ben = ada.fork(2);
    let new = NewInvite::new(&invite(2), &ada.log.group(), &ben.id(), END, None);
    assert_eq!(denied(ben.write(OpBody::Invite(new))), Denied::Role);
    assert!(!ben.log.state().rights(&ben.id()).invite);
    // Letting somebody in by an open invite is everybody's right.
    ben.admits(1, 3);
    assert!(ben.is_in(3));
}

#[test]
fn an_invite_lets_in_as_many_as_it_says() {
    let mut ada = Replica::found(Policy::default());
    ada.invites(1, Some(2));
    ada.admits(1, 2);
    ada.admits(1, 3);
    assert_eq!(denied(ada.try_admit(1, 4)), Denied::InviteUsed);
}

#[test]
fn of_concurrent_admits_the_first_in_the_common_order_counts() {
    let (mut ada, _, _) = three();
    ada.invites(2, Some(1));
    let (mut ben, mut cyd) = (ada.fork(2), ada.fork(3));
    let by_ben = ben.admits(2, 4);
    let by_cyd = cyd.admits(2, 5);
    meet(&mut ben, &mut cyd);
    let (inside, outside) = if by_ben < by_cyd { (4, 5) } else { (5, 4) };
    assert!(ben.is_in(inside) && !ben.is_in(outside));
    assert_eq!(
        ben.log.state().void.get(&key(outside).member_id()),
        Some(&VoidReason::InviteUsed)
    );
}

#[test]
fn the_deeper_of_concurrent_admits_loses_whatever_its_id() {
    let (mut ada, _, _) = three();
    ada.invites(2, Some(1));
    let (mut ben, mut cyd) = (ada.fork(2), ada.fork(3));
    cyd.invites(3, None);
    cyd.admits(2, 5);
    ben.admits(2, 4);
    meet(&mut ben, &mut cyd);
    assert!(ben.is_in(4) && !ben.is_in(5));
}

#[test]
fn several_admits_of_one_member_are_one_use() {
    let (mut ada, _, _) = three();
    ada.invites(2, Some(1));
    let (mut ben, mut cyd) = (ada.fork(2), ada.fork(3));
    ben.admits(2, 4);
    cyd.admits(2, 4);
    meet(&mut ben, &mut cyd);
    assert!(ben.is_in(4));
    assert!(ben.log.state().void.is_empty());
    assert_eq!(denied(ben.try_admit(2, 4)), Denied::InviteUsed);
    assert_eq!(denied(ben.try_admit(1, 4)), Denied::AlreadyMember);
}

#[test]
fn who_came_in_by_a_voided_member_is_void_too() {
    let (mut ada, _, _) = three();
    ada.invites(2, Some(1));
    let (mut ben, mut cyd) = (ada.fork(2), ada.fork(3));
    cyd.invites(3, None); // makes Cyd's branch the deeper one
    cyd.admits(2, 5);
    let mut eve = cyd.fork(5);
    eve.invites(9, None);
    eve.admits(9, 6);
    ben.admits(2, 4);
    meet(&mut ben, &mut eve);
    let state = ben.log.state();
    assert!(!ben.is_in(5) && !ben.is_in(6));
    assert_eq!(state.void[&key(6).member_id()], VoidReason::Sponsor);
    assert!(!state.invites.contains_key(&invite(9).id()));
}

#[test]
fn an_expired_invite_lets_nobody_in() {
    let mut ada = Replica::found(Policy::default());
    ada.invites(1, None);
    let mut late = admission(ada.log.group(), &invite(1), &key(2));
    late.at = Timestamp(END.0 + 1);
    let refused = ada.write(OpBody::Admit(Box::new(late.clone())));
    assert_eq!(denied(refused), Denied::InviteExpired);
    late.at = END;
    ada.write(OpBody::Admit(Box::new(late))).unwrap();
    assert!(ada.is_in(2));
}

#[test]
fn a_revoked_invite_lets_nobody_in() {
    let (mut ada, _, _) = three();
    ada.revokes(1);
    assert_eq!(denied(ada.try_admit(1, 4)), Denied::InviteRevoked);
    let state = ada.log.state();
    assert_eq!(state.invites[&invite(1).id()].revoked.unwrap().by, ada.id());
    // Who came in before stays in.
    assert!(ada.is_in(2) && ada.is_in(3));
}

#[test]
fn a_revocation_at_the_same_time_voids_an_admit() {
    let (mut ada, mut ben, _) = three();
    ben.admits(1, 4);
    ada.revokes(1);
    meet(&mut ada, &mut ben);
    assert!(!ada.is_in(4));
    assert_eq!(
        ada.log.state().void[&key(4).member_id()],
        VoidReason::InviteRevoked
    );
}

#[test]
fn members_revoke_their_own_invites_and_the_creator_any() {
    let (mut ada, mut ben, mut cyd) = three();
    ben.invites(2, None);
    meet(&mut ben, &mut cyd);
    meet(&mut ben, &mut ada);
    let revoke = || OpBody::RevokeInvite {
        invite: invite(2).id(),
    };
    assert_eq!(denied(cyd.write(revoke())), Denied::Role);
    assert!(!cyd.log.state().may_revoke(&cyd.id(), &invite(2).id()));
    let mut other_ben = ben.fork(2);
    other_ben.write(revoke()).unwrap();
    ada.write(revoke()).unwrap();
    assert_eq!(denied(ada.write(revoke())), Denied::InviteRevoked);
    meet(&mut ada, &mut other_ben);
    let unknown = OpBody::RevokeInvite {
        invite: invite(3).id(),
    };
    assert_eq!(denied(ada.write(unknown)), Denied::InviteUnknown);
}

#[test]
fn a_removed_member_is_out_and_stays_out() {
    let (mut ada, mut ben, _) = three();
    let at = ada.removes(ben.id());
    let former = &ada.log.state().former[&ben.id()];
    match former.ending {
        Ending::Removed { by, at: place } => {
            assert_eq!((by, place.op), (ada.id(), at));
        }
        Ending::Left { .. } => panic!("removed"),
    }
    assert_eq!(denied(ada.try_admit(1, 2)), Denied::AlreadyMember);
    ben.hears(&ada);
    assert_eq!(denied(ben.try_admit(1, 4)), Denied::NotMember);
    assert_eq!(ben.log.ops_up_to_removal_of(&ben.id()).len(), ada.log.len());
}

#[test]
fn a_removal_beats_what_the_removed_does_at_the_same_time() {
    let (mut ada, mut ben, mut cyd) = three();
    ben.invites(2, None);
    ben.admits(2, 4);
    let mut dan = ben.fork(4);
    dan.invites(3, None);
    ada.removes(ben.id());
    cyd.hears(&dan);
    meet(&mut ada, &mut cyd);
    let state = ada.log.state();
    assert!(!ada.is_in(2) && !ada.is_in(4));
    assert!(!state.invites.contains_key(&invite(2).id()));
    assert!(!state.invites.contains_key(&invite(3).id()));
    assert_eq!(state.void[&key(4).member_id()], VoidReason::Sponsor);
}

#[test]
fn what_lies_within_the_cut_still_counts() {
    let (mut ada, mut ben, _) = three();
    ben.invites(2, None);
    ben.admits(2, 4);
    ada.hears(&ben);
    ben.admits(2, 5);
    ada.removes(ben.id());
    meet(&mut ada, &mut ben);
    assert!(ada.is_in(4) && !ada.is_in(5));
    assert!(ada.log.state().invites.contains_key(&invite(2).id()));
}

#[test]
fn a_removal_beats_another_admit_of_the_same_key() {
    let (mut ada, mut ben, mut cyd) = three();
    ben.invites(2, None);
    cyd.hears(&ben);
    // Cyd doesn't know yet that somebody let 4 in, and lets it in once more while Ada removes it.
    ada.hears(&ben);
    ada.admits(1, 4);
    ada.removes(key(4).member_id());
    cyd.admits(2, 4);
    meet(&mut ada, &mut cyd);
    assert!(!ada.is_in(4));
    assert!(ada.log.state().former.contains_key(&key(4).member_id()));
}

#[test]
fn an_op_of_a_removed_author_that_claims_an_old_past_counts_for_nothing() {
    let (mut ada, mut ben, _) = three();
    let old = ben.log.clone();
    ada.removes(ben.id());
    ben.hears(&ada);
    // Ben pretends never to have heard of it.
    ben.log = old;
    ben.invites(7, None);
    ben.admits(7, 8);
    ada.hears(&ben);
    assert!(!ada.is_in(8));
    assert!(ada.log.state().former.contains_key(&ben.id()));
    assert!(!ada.log.state().invites.contains_key(&invite(7).id()));
}

#[test]
fn a_plain_member_removes_nobody_and_nobody_the_creator() {
    let (ada, mut ben, cyd) = three();
    let cut = ben.log.cut_for(&cyd.id(), None);
    let remove = |member: MemberId| OpBody::Remove { member, cut };
    assert_eq!(denied(ben.write(remove(cyd.id()))), Denied::Role);
    assert_eq!(denied(ben.write(remove(ada.id()))), Denied::Role);
    assert_eq!(denied(ben.write(remove(ben.id()))), Denied::Role);
    assert!(!ben.log.state().may_remove(&ben.id(), &cyd.id()));
    assert!(ben.log.state().may_remove(&ada.id(), &cyd.id()));
    assert!(!ben.log.state().may_remove(&ada.id(), &ada.id()));
}

#[test]
fn a_removal_of_somebody_who_is_not_in_or_with_a_foreign_cut_is_refused() {
    let (mut ada, mut ben, cyd) = three();
    ben.invites(2, None);
    ada.hears(&ben);
    let wrong = OpBody::Remove {
        member: cyd.id(),
        cut: ada.log.cut_for(&ben.id(), None),
    };
    assert_eq!(denied(ada.write(wrong)), Denied::Cut);
    let mut shifted = ada.log.cut_for(&ben.id(), None);
    shifted.op.as_mut().unwrap().seq += 1;
    let wrong = OpBody::Remove {
        member: ben.id(),
        cut: shifted,
    };
    assert_eq!(denied(ada.write(wrong)), Denied::Cut);
    let stranger = OpBody::Remove {
        member: key(9).member_id(),
        cut: ada.log.cut_for(&key(9).member_id(), None),
    };
    assert_eq!(denied(ada.write(stranger)), Denied::TargetNotMember);
}

#[test]
fn whoever_leaves_is_out_and_the_creator_cannot() {
    let (mut ada, mut ben, _) = three();
    ben.write(OpBody::Leave { last: None }).unwrap();
    meet(&mut ada, &mut ben);
    assert!(matches!(
        ada.log.state().former[&ben.id()].ending,
        Ending::Left { .. }
    ));
    assert_eq!(
        denied(ben.write(OpBody::Leave { last: None })),
        Denied::NotMember
    );
    assert_eq!(
        denied(ada.write(OpBody::Leave { last: None })),
        Denied::CreatorCannotLeave
    );
    assert!(!ada.log.state().may_leave(&ada.id()));
}

#[test]
fn somebody_who_leaves_while_being_removed_was_removed() {
    let (mut ada, mut ben, _) = three();
    ben.write(OpBody::Leave { last: None }).unwrap();
    ada.removes(ben.id());
    meet(&mut ada, &mut ben);
    assert!(matches!(
        ada.log.state().former[&ben.id()].ending,
        Ending::Removed { .. }
    ));
}

#[test]
fn the_creator_renames_the_group_and_members_do_not() {
    let (mut ada, mut ben, _) = three();
    let rename = |name: &str| OpBody::Rename { name: name.into() };
    assert_eq!(denied(ben.write(rename("Foes"))), Denied::Role);
    ada.write(rename("Old friends")).unwrap();
    ada.write(rename("Best friends")).unwrap();
    meet(&mut ada, &mut ben);
    assert_eq!(ben.log.state().name, "Best friends");
    assert!(matches!(ada.write(rename("")), Err(AuthorError::Read(_))));
}

#[test]
fn two_ops_of_one_number_end_what_an_author_says() {
    let (mut ada, mut ben, mut cyd) = three();
    ben.invites(2, None);
    let mut ben_again = ben.fork(2);
    ben.admits(2, 4);
    ben_again.admits(2, 5);
    ada.hears(&ben);
    cyd.hears(&ben_again);
    assert!(ada.is_in(4) && cyd.is_in(5));
    meet(&mut ada, &mut cyd);
    let state = ada.log.state();
    assert!(state.equivocators.contains(&ben.id()));
    assert!(!ada.is_in(4) && !ada.is_in(5));
    // What came before still counts, and the author is in until somebody removes it.
    assert!(state.invites.contains_key(&invite(2).id()));
    assert!(ada.is_in(2));
    ben.hears(&ada);
    assert_eq!(denied(ben.try_admit(1, 6)), Denied::Equivocated);
    let cut = ada.log.cut_for(&ben.id(), None);
    assert_eq!(cut.op.unwrap().seq, 0);
    ada.removes(ben.id());
    assert!(!ada.is_in(2) && !ada.is_in(4));
    // Leaving is still possible.
    ben.write(OpBody::Leave { last: None }).unwrap();
    meet(&mut ada, &mut ben);
}

#[test]
fn a_creator_with_two_histories_freezes_the_group_before_them() {
    let (mut ada, mut ben, mut cyd) = three();
    let mut ada_again = ada.fork(1);
    ada.removes(ben.id());
    ada_again.removes(cyd.id());
    ben.hears(&ada_again);
    cyd.hears(&ada);
    meet(&mut ben, &mut cyd);
    let state = ben.log.shared_state();
    assert!(state.forked);
    assert!(ben.is_in(1) && ben.is_in(2) && ben.is_in(3));
    assert_eq!(denied(ben.try_admit(1, 4)), Denied::Forked);
    ada.hears(&ben);
    assert_eq!(denied(ada.try_admit(1, 4)), Denied::Forked);
    assert!(!state.rights(&ben.id()).invite);
}

#[test]
fn a_join_proof_is_of_no_use_for_another_card() {
    let (mut ada, _, _) = three();
    let seen = admission(ada.log.group(), &invite(1), &key(4));
    let mut stolen = admission(ada.log.group(), &invite(1), &key(5));
    stolen.proof = seen.proof;
    assert_eq!(
        denied(ada.write(OpBody::Admit(Box::new(stolen)))),
        Denied::Proof
    );
    // The same key under another name is another card as well.
    let mut renamed = admission(ada.log.group(), &invite(1), &key(4));
    renamed.card = card(&key(4), ada.log.group(), "Mallory");
    assert_eq!(
        denied(ada.write(OpBody::Admit(Box::new(renamed)))),
        Denied::Proof
    );
}

#[test]
fn a_proof_by_another_invite_or_without_the_joiners_key_lets_nobody_in() {
    let (mut ada, _, _) = three();
    let group = ada.log.group();
    let mut forged = admission(group, &invite(8), &key(4));
    forged.invite = invite(1).id();
    assert_eq!(
        denied(ada.write(OpBody::Admit(Box::new(forged)))),
        Denied::Proof
    );
    let mut forged = admission(group, &invite(1), &key(4));
    forged.proof = JoinProof::new(&group, &invite(1), &forged.card, &key(5), super::cast::NOW);
    assert_eq!(
        denied(ada.write(OpBody::Admit(Box::new(forged)))),
        Denied::Proof
    );
    assert_eq!(denied(ada.try_admit(8, 4)), Denied::InviteUnknown);
}

#[test]
fn nobody_can_open_an_invite_twice_or_without_its_secret() {
    let (mut ada, mut ben, _) = three();
    let new = |author: MemberId| NewInvite::new(&invite(1), &ada.log.group(), &author, END, None);
    let (again, stolen) = (new(ben.id()), new(ada.id()));
    assert_eq!(
        denied(ben.write(OpBody::Invite(again))),
        Denied::InviteExists
    );
    let unknown = NewInvite::new(&invite(2), &ada.log.group(), &ada.id(), END, None);
    assert_eq!(
        denied(ben.write(OpBody::Invite(unknown))),
        Denied::InviteUnproven
    );
    assert_eq!(
        denied(ada.write(OpBody::Invite(stolen))),
        Denied::InviteExists
    );
}

#[test]
fn a_full_group_takes_nobody_in() {
    let mut ada = Replica::found(Policy::default());
    ada.invites(1, None);
    let mut filler = IdentityFiller::default();
    while ada.log.state().members.len() < 256 {
        let joiner = filler.next();
        let admission = admission(ada.log.group(), &invite(1), &joiner);
        ada.write(OpBody::Admit(Box::new(admission))).unwrap();
    }
    assert_eq!(denied(ada.try_admit(1, 2)), Denied::Full);
}

/// Keys beyond the 255 of [`key`].
#[derive(Default)]
struct IdentityFiller(u16);

impl IdentityFiller {
    fn next(&mut self) -> crate::identity::IdentityKey {
        self.0 += 1;
        let mut seed = [0xee; 32];
        seed[..2].copy_from_slice(&self.0.to_be_bytes());
        crate::identity::IdentityKey::from_seed(&seed)
    }
}

#[test]
fn the_roster_of_an_older_sender_can_be_found_by_its_heads() {
    let (mut ada, ben, _) = three();
    let before = ada.log.heads();
    let roster = ada.log.state().roster_hash();
    ada.removes(ben.id());
    assert_ne!(ada.log.state().roster_hash(), roster);
    let past = ada.log.state_at(&before).unwrap();
    assert_eq!(past.roster_hash(), roster);
    assert!(past.is_present(&ben.id()));
    assert_eq!(ada.log.heads_hash(), heads_hash(&ada.log.heads()));
    assert!(ben.log.state_at(&ada.log.heads()).is_none());
    assert!(ada.log.state_at(&[]).is_none());
}

#[test]
fn changes_become_notes_in_the_common_order() {
    let (mut ada, mut ben, _) = three();
    let old = ada.log.shared_state();
    ben.invites(2, Some(1));
    ben.admits(2, 4);
    ada.hears(&ben);
    ada.revokes(1);
    ada.write(OpBody::Rename {
        name: "Best friends".into(),
    })
    .unwrap();
    ada.removes(ben.id());
    let events = diff(&old, ada.log.state());
    assert!(matches!(
        events.as_slice(),
        [
            RosterEvent::InviteOpened { .. },
            RosterEvent::Joined { .. },
            RosterEvent::InviteRevoked { .. },
            RosterEvent::Renamed { by: Some(_), .. },
            RosterEvent::Removed { .. },
        ]
    ));
    let Some(RosterEvent::Joined {
        member,
        invited_by,
        sponsor,
        ..
    }) = events.get(1)
    else {
        panic!("{events:?}")
    };
    assert_eq!(*member, key(4).member_id());
    assert_eq!((*invited_by, *sponsor), (ben.id(), ben.id()));
    assert_eq!(diff(&old, &old), vec![]);
}

#[test]
fn somebody_who_came_and_went_between_two_looks_is_told_of_in_full() {
    let (mut ada, _, _) = three();
    let old = ada.log.shared_state();
    ada.admits(1, 4);
    ada.removes(key(4).member_id());
    assert!(matches!(
        diff(&old, ada.log.state()).as_slice(),
        [RosterEvent::Joined { .. }, RosterEvent::Removed { .. }]
    ));
}

#[test]
fn a_genesis_with_a_bad_name_or_a_card_of_a_group_is_refused() {
    use crate::membership::{Genesis, GenesisError};
    let founder = key(1);
    let of_no_group = card(&founder, Card::NO_GROUP, "Ada");
    let of_a_group = card(&founder, crate::ids::GroupId([1; 32]), "Ada");
    let new = |name, card| Genesis::new(name, card, [0; 32], Policy::default());
    assert_eq!(new("", of_no_group.clone()), Err(GenesisError::Name));
    assert_eq!(new("Friends", of_a_group), Err(GenesisError::Card));
    let genesis = new("Friends", of_no_group).unwrap();
    assert!(Log::found(&key(2), genesis).is_err());
}
