//! Creator and admins: who may do what to whom, and what of it counts when things happen at the same time.

use super::cast::{NOW, Replica, admission, card, denied, invite, key, meet, three};
use crate::io::Role;
use crate::membership::{
    Cut, Denied, Ending, NewInvite, OpBody, Policy, RosterEvent, Verdict, VoidReason, Vouched, diff,
};
use crate::test_attr::test;

/// The creator (1), an admin (2) and a plain member (3).
fn with_admin() -> (Replica, Replica, Replica) {
    let (mut ada, mut ben, mut cyd) = three();
    ada.grants(2);
    ben.hears(&ada);
    cyd.hears(&ada);
    (ada, ben, cyd)
}

/// The creator (1), two admins (2, 3) and a plain member (4).
fn with_two_admins() -> (Replica, Replica, Replica, Replica) {
    let (mut ada, _, _) = three();
    ada.admits(1, 4);
    ada.grants(2);
    ada.grants(3);
    let (ben, cyd, dan) = (ada.fork(2), ada.fork(3), ada.fork(4));
    (ada, ben, cyd, dan)
}

fn rename(name: &str) -> OpBody {
    OpBody::Rename { name: name.into() }
}

#[test]
fn an_admin_removes_members_and_renames_and_a_member_does_not() {
    let (mut ada, mut ben, mut cyd) = with_admin();
    assert_eq!(ben.role_of(2), Some(Role::Admin));
    ada.admits(1, 4);
    ben.hears(&ada);
    cyd.hears(&ada);
    assert_eq!(denied(cyd.write(rename("Foes"))), Denied::Role);
    ben.write(rename("Best friends")).unwrap();
    ben.removes(key(4).member_id());
    meet(&mut ada, &mut ben);
    assert_eq!(ada.log.state().name, "Best friends");
    assert!(!ada.is_in(4) && ada.is_in(3));
}

#[test]
fn an_admin_removes_neither_the_creator_nor_an_admin() {
    let (ada, mut ben, cyd, _) = with_two_admins();
    for target in [ada.id(), cyd.id(), ben.id()] {
        let cut = ben.log.cut_for(&target, None);
        let refused = ben.write(OpBody::Remove {
            member: target,
            cut,
        });
        assert_eq!(denied(refused), Denied::Role);
        assert!(!ben.log.state().may_remove(&ben.id(), &target));
    }
}

#[test]
fn the_creator_removes_an_admin() {
    let (mut ada, mut ben, mut cyd) = with_admin();
    ada.removes(ben.id());
    // Meanwhile, and without having heard of it.
    ben.removes(cyd.id());
    meet(&mut ada, &mut ben);
    cyd.hears(&ada);
    assert!(!cyd.is_in(2) && cyd.is_in(3));
}

#[test]
fn only_the_creator_says_what_is_the_creators_to_say() {
    let (ada, mut ben, mut cyd) = with_admin();
    let vouched = ada.log.vouched(&cyd.id()).unwrap();
    let heads = ada.log.heads();
    let roster_hash = ada.log.state().roster_hash();
    let bodies = || {
        [
            OpBody::GrantAdmin(vouched),
            OpBody::RevokeAdmin {
                member: ben_id(),
                cut: None,
            },
            OpBody::TransferCreator(vouched),
            OpBody::SetPolicy(Policy {
                invite: Role::Admin,
            }),
            OpBody::Ruling {
                op: heads[0],
                verdict: Verdict::Void,
            },
            OpBody::Checkpoint {
                heads: heads.clone(),
                roster_hash,
            },
        ]
    };
    for body in bodies() {
        assert_eq!(denied(ben.write(body)), Denied::Role);
    }
    for body in bodies() {
        assert_eq!(denied(cyd.write(body)), Denied::Role);
    }
}

fn ben_id() -> crate::ids::MemberId {
    key(2).member_id()
}

#[test]
fn a_grant_is_for_a_present_plain_member_with_the_card_of_the_roster() {
    let (mut ada, mut ben, _) = with_admin();
    let again = ada.log.vouched(&ben.id()).unwrap();
    assert_eq!(
        denied(ada.write(OpBody::GrantAdmin(again))),
        Denied::Unraisable
    );
    let myself = ada.log.vouched(&ada.id()).unwrap();
    assert_eq!(
        denied(ada.write(OpBody::GrantAdmin(myself))),
        Denied::Unraisable
    );
    assert_eq!(
        denied(ada.write(OpBody::TransferCreator(myself))),
        Denied::Unraisable
    );
    let stranger = Vouched {
        member: key(9).member_id(),
        card_hash: [0; 32],
    };
    assert_eq!(
        denied(ada.write(OpBody::GrantAdmin(stranger))),
        Denied::TargetNotMember
    );
    let other_card = Vouched {
        member: key(3).member_id(),
        card_hash: [0; 32],
    };
    assert_eq!(
        denied(ada.write(OpBody::GrantAdmin(other_card))),
        Denied::Card
    );
    assert_eq!(
        denied(ada.write(OpBody::TransferCreator(other_card))),
        Denied::Card
    );
    let plain = OpBody::RevokeAdmin {
        member: key(3).member_id(),
        cut: None,
    };
    assert_eq!(denied(ada.write(plain)), Denied::NotAdmin);
    // Nor for somebody who wrote two ops of one number.
    let mut twin = ben.fork(2);
    ben.invites(2, None);
    twin.invites(3, None);
    ada.hears(&ben);
    ada.hears(&twin);
    ada.revokes_admin(2);
    let equivocator = ada.log.vouched(&ben.id()).unwrap();
    assert_eq!(
        denied(ada.write(OpBody::GrantAdmin(equivocator))),
        Denied::Unraisable
    );
}

#[test]
fn a_revoked_admin_is_a_plain_member_again() {
    let (mut ada, mut ben, _) = with_admin();
    ada.revokes_admin(2);
    ben.hears(&ada);
    assert_eq!(ben.role_of(2), Some(Role::Member));
    assert_eq!(denied(ben.write(rename("Mine"))), Denied::Role);
    // And can become an admin once more.
    ada.grants(2);
    ben.hears(&ada);
    ben.write(rename("Ours")).unwrap();
    meet(&mut ada, &mut ben);
    assert_eq!(ada.log.state().name, "Ours");
}

#[test]
fn what_a_revoked_admin_did_within_the_cut_counts_and_nothing_after_it() {
    let (mut ada, mut ben, _) = with_admin();
    ada.admits(1, 4);
    ben.hears(&ada);
    ben.write(rename("Known to the creator")).unwrap();
    ada.hears(&ben);
    ben.write(rename("Not known")).unwrap();
    ben.removes(key(4).member_id());
    ada.revokes_admin(2);
    meet(&mut ada, &mut ben);
    assert_eq!(ada.log.state().name, "Known to the creator");
    assert!(ada.is_in(4));
}

#[test]
fn an_op_that_a_revoked_admin_dates_back_counts_for_nothing() {
    let (mut ada, mut ben, mut cyd) = with_admin();
    let old = ben.log.clone();
    ada.revokes_admin(2);
    ben.hears(&ada);
    ben.log = old;
    ben.removes(cyd.id());
    ben.write(rename("Mine")).unwrap();
    cyd.hears(&ben);
    meet(&mut ada, &mut cyd);
    assert!(ada.is_in(3));
    assert_eq!(ada.log.state().name, "Friends");
}

#[test]
fn a_revocation_with_an_empty_cut_leaves_nothing_of_what_the_admin_did() {
    let (mut ada, mut ben, _) = with_admin();
    ben.write(rename("Mine")).unwrap();
    ada.hears(&ben);
    ada.write(OpBody::RevokeAdmin {
        member: ben.id(),
        cut: None,
    })
    .unwrap();
    assert_eq!(ada.log.state().name, "Friends");
}

#[test]
fn a_cut_names_an_op_of_the_one_it_concerns() {
    let (mut ada, mut ben, mut cyd) = with_admin();
    cyd.invites(2, None);
    ada.hears(&cyd);
    let foreign = ada.log.cut_for(&cyd.id(), None).op;
    let forged = OpBody::RevokeAdmin {
        member: ben.id(),
        cut: foreign,
    };
    assert_eq!(denied(ada.write(forged)), Denied::Cut);
    ben.hears(&ada);
    ada.admits(1, 4);
    ben.hears(&ada);
    let forged = Cut {
        op: foreign,
        message: None,
    };
    let forged = OpBody::Remove {
        member: key(4).member_id(),
        cut: forged,
    };
    assert_eq!(denied(ben.write(forged)), Denied::Cut);
}

#[test]
fn what_somebody_did_as_a_plain_member_outlives_its_time_as_an_admin() {
    let (mut ada, mut ben, _) = with_admin();
    ben.admits(1, 4);
    ada.write(OpBody::RevokeAdmin {
        member: ben.id(),
        cut: None,
    })
    .unwrap();
    meet(&mut ada, &mut ben);
    assert!(ada.is_in(4));
}

#[test]
fn a_grant_beats_an_admins_removal_at_the_same_time() {
    let (mut ada, mut ben, mut cyd) = with_admin();
    ada.grants(3);
    ben.removes(cyd.id());
    meet(&mut ada, &mut ben);
    assert!(ada.is_in(3));
    // Also when the creator takes the grant back without having heard of the removal.
    let (mut ada, mut ben, mut cyd_too) = with_admin();
    ada.grants(3);
    ben.removes(cyd_too.id());
    ada.revokes_admin(3);
    meet(&mut ada, &mut ben);
    assert!(ada.is_in(3));
    // Afterwards the admin may do it again.
    ben.removes(cyd.id());
    cyd.hears(&ben);
    cyd_too.hears(&ben);
    assert!(!ben.is_in(3));
}

#[test]
fn a_grant_holds_whatever_becomes_of_the_invite_or_the_sponsor() {
    let (mut ada, mut ben, mut cyd) = three();
    // Ben lets 4 in by an invite of its own; Ada makes 4 an admin, and removes Ben as if it had never written anything.
    ben.invites(2, Some(1));
    ben.admits(2, 4);
    ada.hears(&ben);
    ada.grants(4);
    let mut dan = ada.fork(4);
    ada.write(OpBody::Remove {
        member: ben.id(),
        cut: Cut::default(),
    })
    .unwrap();
    dan.removes(cyd.id());
    meet(&mut ada, &mut dan);
    cyd.hears(&ada);
    assert!(cyd.is_in(4) && !cyd.is_in(3) && !cyd.is_in(2));
    assert_eq!(cyd.role_of(4), Some(Role::Admin));
    assert!(cyd.log.state().void.is_empty());
}

#[test]
fn the_use_of_an_invite_by_somebody_vouched_for_is_nobody_elses() {
    let (mut ada, _, _) = three();
    ada.invites(2, Some(1));
    let (mut ben, mut cyd) = (ada.fork(2), ada.fork(3));
    // Ben's branch is the deeper one, so that its Admit comes later in the common order.
    ben.invites(3, None);
    ben.admits(2, 4);
    cyd.admits(2, 5);
    ada.hears(&ben);
    ada.grants(4);
    meet(&mut ada, &mut cyd);
    assert!(ada.is_in(4) && !ada.is_in(5));
    assert_eq!(
        ada.log.state().void[&key(5).member_id()],
        VoidReason::InviteUsed
    );
}

#[test]
fn somebody_vouched_for_is_in_with_the_card_that_the_creator_saw() {
    let (mut ada, mut ben, _) = three();
    let group = ada.log.group();
    // The same key with two cards, let in by two at the same time.
    let mut other = admission(group, &invite(1), &key(4));
    other.card = card(&key(4), group, "Mallory");
    other.proof = crate::invite::JoinProof::new(&group, &invite(1), &other.card, &key(4), NOW);
    ben.write(OpBody::Admit(Box::new(other.clone()))).unwrap();
    ada.invites(5, None);
    ada.admits(1, 4);
    ada.grants(4);
    meet(&mut ada, &mut ben);
    let info = &ada.log.state().members[&key(4).member_id()];
    assert_eq!(info.card.name, "Joiner");
    assert_ne!(info.card_hash, other.card.hash());
}

#[test]
fn only_the_creator_ends_the_stay_of_an_admin_or_the_admin_itself() {
    let (mut ada, mut ben, _) = with_admin();
    ben.write(OpBody::Leave { last: None }).unwrap();
    meet(&mut ada, &mut ben);
    assert!(matches!(
        ada.log.state().former[&ben.id()].ending,
        Ending::Left { .. }
    ));
    assert_eq!(denied(ben.write(rename("Mine"))), Denied::NotMember);
}

#[test]
fn two_admins_that_remove_one_member_apart_agree() {
    let (mut ada, mut ben, mut cyd, mut dan) = with_two_admins();
    let by_ben = ben.removes(dan.id());
    let by_cyd = cyd.removes(dan.id());
    meet(&mut ben, &mut cyd);
    meet(&mut ada, &mut ben);
    dan.hears(&ada);
    assert!(!dan.is_in(4));
    assert_eq!(dan.log.state().former[&dan.id()].cuts.len(), 2);
    let Ending::Removed { by, at } = dan.log.state().former[&dan.id()].ending else {
        panic!("removed")
    };
    let first = if by_ben < by_cyd {
        (ben.id(), by_ben)
    } else {
        (cyd.id(), by_cyd)
    };
    assert_eq!((by, at.op), first);
}

#[test]
fn what_a_removed_admin_did_before_counts_as_far_as_its_cut() {
    let (mut ada, mut ben, mut cyd, dan) = with_two_admins();
    ben.removes(dan.id());
    ada.hears(&ben);
    ada.removes(ben.id());
    meet(&mut ada, &mut cyd);
    assert!(!cyd.is_in(4) && !cyd.is_in(2));
}

#[test]
fn an_admins_cut_does_not_undo_what_another_did_as_an_admin() {
    let (mut ada, mut ben, mut cyd, _) = with_two_admins();
    ben.write(rename("Ours")).unwrap();
    ada.hears(&ben);
    ada.revokes_admin(2);
    cyd.hears(&ada);
    // Ben is a plain member now, and Cyd removes it as if it had never said anything.
    cyd.write(OpBody::Remove {
        member: ben.id(),
        cut: Cut::default(),
    })
    .unwrap();
    meet(&mut ada, &mut cyd);
    assert!(!ada.is_in(2));
    assert_eq!(ada.log.state().name, "Ours");
}

#[test]
fn an_admin_that_wrote_two_ops_of_one_number_says_nothing_more() {
    let (mut ada, mut ben, mut cyd) = with_admin();
    ada.admits(1, 4);
    ben.hears(&ada);
    let mut twin = ben.fork(2);
    ben.removes(cyd.id());
    twin.removes(key(4).member_id());
    ada.hears(&ben);
    assert!(!ada.is_in(3));
    assert!(ada.log.equivocation(&ben.id()).is_none());
    meet(&mut ada, &mut twin);
    cyd.hears(&ada);
    let state = cyd.log.state();
    assert!(state.equivocators.contains(&ben.id()) && !state.forked);
    assert!(cyd.is_in(3) && cyd.is_in(4));
    let [one, other] = cyd.log.equivocation(&ben.id()).unwrap();
    assert_ne!(one, other);
    // Until the creator takes the role back, it is written in the roster.
    assert_eq!(cyd.role_of(2), Some(Role::Admin));
    ada.revokes_admin(2);
    assert_eq!(ada.role_of(2), Some(Role::Member));
}

#[test]
fn an_admins_op_that_ignores_a_checkpoint_is_void_and_can_be_written_again() {
    let (mut ada, mut ben, cyd) = with_admin();
    ben.write(rename("Seen")).unwrap();
    ada.hears(&ben);
    let old = ben.log.clone();
    ada.checkpoints();
    ben.removes(cyd.id());
    ben.write(rename("Unseen")).unwrap();
    meet(&mut ada, &mut ben);
    assert!(ada.is_in(3));
    assert_eq!(ada.log.state().name, "Seen");
    // Dating an op back to before the checkpoint helps nobody.
    let mut hostile = ben.fork(2);
    hostile.log = old;
    ben.removes(cyd.id());
    meet(&mut ada, &mut ben);
    assert!(!ada.is_in(3));
    // What anybody may do is not an admin's matter: it needs no checkpoint.
    let (mut ada, mut ben, _) = with_admin();
    ada.checkpoints();
    ben.admits(1, 4);
    ben.invites(2, None);
    meet(&mut ada, &mut ben);
    assert!(ada.is_in(4));
    assert!(ada.log.state().invites.contains_key(&invite(2).id()));
}

#[test]
fn a_checkpoint_says_what_its_past_means_or_is_refused() {
    let (mut ada, _, mut cyd) = with_admin();
    cyd.invites(2, None);
    ada.hears(&cyd);
    let Some(OpBody::Checkpoint { heads, roster_hash }) = ada.log.checkpoint(&ada.id()) else {
        panic!("a checkpoint")
    };
    let wrong_roster = OpBody::Checkpoint {
        heads: heads.clone(),
        roster_hash: [0; 32],
    };
    assert_eq!(denied(ada.write(wrong_roster)), Denied::Checkpoint);
    let wrong_heads = OpBody::Checkpoint {
        heads: Vec::new(),
        roster_hash,
    };
    assert_eq!(denied(ada.write(wrong_heads)), Denied::Checkpoint);
    ada.write(OpBody::Checkpoint { heads, roster_hash })
        .unwrap();
}

#[test]
fn the_group_is_handed_over() {
    let (mut ada, mut ben, mut cyd) = three();
    ada.transfers(2);
    ben.hears(&ada);
    assert_eq!(ben.log.state().creator, ben.id());
    assert_eq!(ben.role_of(2), Some(Role::Creator));
    // Who handed it over stays on as an admin, and may leave now.
    assert_eq!(ben.role_of(1), Some(Role::Admin));
    assert_eq!(denied(ada.try_grant(3)), Denied::Role);
    assert_eq!(
        denied(ben.write(OpBody::Leave { last: None })),
        Denied::CreatorCannotLeave
    );
    ada.write(rename("By an admin")).unwrap();
    ben.grants(3);
    meet(&mut ada, &mut ben);
    cyd.hears(&ada);
    assert_eq!(cyd.role_of(3), Some(Role::Admin));
    assert_eq!(cyd.log.state().name, "By an admin");
    ben.revokes_admin(1);
    ada.hears(&ben);
    assert_eq!(ada.role_of(1), Some(Role::Member));
    cyd.hears(&ben);
    cyd.removes(ada.id());
    ada.hears(&cyd);
    assert!(!ada.is_in(1));
    assert_eq!(ada.log.state().members.len(), 2);
}

#[test]
fn the_group_is_handed_back() {
    let (mut ada, mut ben, _) = three();
    ada.transfers(2);
    ben.hears(&ada);
    ben.transfers(1);
    meet(&mut ada, &mut ben);
    assert_eq!(ada.role_of(1), Some(Role::Creator));
    assert_eq!(ada.role_of(2), Some(Role::Admin));
    ada.revokes_admin(2);
    ada.grants(3);
    meet(&mut ada, &mut ben);
    assert_eq!(ben.role_of(3), Some(Role::Admin));
}

#[test]
fn what_the_creator_said_before_handing_over_holds() {
    let (mut ada, mut ben, mut cyd) = three();
    ada.invites(2, None);
    ada.grants(3);
    ada.transfers(2);
    ben.hears(&ada);
    // Also when the new creator removes the old one as if it had never said anything.
    ben.write(OpBody::Remove {
        member: ada.id(),
        cut: Cut::default(),
    })
    .unwrap();
    cyd.hears(&ben);
    assert!(!cyd.is_in(1));
    assert_eq!(cyd.role_of(3), Some(Role::Admin));
    assert_eq!(cyd.log.state().creator, ben.id());
    assert!(cyd.log.state().invites.contains_key(&invite(2).id()));
}

#[test]
fn an_admins_removal_of_who_becomes_creator_at_the_same_time_is_void() {
    let (mut ada, mut ben, mut cyd) = with_admin();
    ada.transfers(3);
    ben.removes(cyd.id());
    meet(&mut ada, &mut ben);
    cyd.hears(&ada);
    assert_eq!(cyd.role_of(3), Some(Role::Creator));
    // And not even the creator's own ruling puts the creator out.
    let removal = ben.log.cut_for(&ben.id(), None).op.unwrap().id;
    cyd.rules(removal, Verdict::Uphold);
    assert_eq!(cyd.role_of(3), Some(Role::Creator));
}

#[test]
fn a_group_handed_to_somebody_who_has_left_stays_with_its_creator() {
    let (mut ada, mut ben, mut cyd) = three();
    ada.transfers(2);
    ben.write(OpBody::Leave { last: None }).unwrap();
    cyd.hears(&ada);
    assert_eq!(cyd.log.state().creator, ben.id());
    meet(&mut ada, &mut ben);
    meet(&mut ada, &mut cyd);
    assert_eq!(ada.role_of(1), Some(Role::Creator));
    assert!(!ada.is_in(2) && !ada.log.state().forked);
    ada.transfers(3);
    cyd.hears(&ada);
    assert_eq!(cyd.role_of(3), Some(Role::Creator));
    assert_eq!(cyd.role_of(1), Some(Role::Admin));
}

#[test]
fn a_creator_that_dates_a_leave_back_has_forked_the_group() {
    let (mut ada, mut ben, mut cyd) = three();
    let mut twin = ben.fork(2);
    ada.transfers(2);
    ben.hears(&ada);
    ben.removes(cyd.id());
    twin.write(OpBody::Leave { last: None }).unwrap();
    ada.hears(&twin);
    assert_eq!(ada.role_of(1), Some(Role::Creator));
    meet(&mut ada, &mut ben);
    cyd.hears(&ada);
    let state = cyd.log.state();
    assert!(state.forked && state.equivocators.contains(&ben.id()));
    assert!(cyd.is_in(1) && cyd.is_in(2) && cyd.is_in(3));
    assert_eq!(state.creator, ben.id());
}

#[test]
fn a_new_creator_with_two_histories_freezes_the_group_at_the_handover() {
    let (mut ada, mut ben, mut cyd) = three();
    ada.transfers(2);
    ben.hears(&ada);
    let mut twin = ben.fork(2);
    ben.removes(cyd.id());
    twin.removes(ada.id());
    ada.hears(&ben);
    cyd.hears(&twin);
    meet(&mut ada, &mut cyd);
    let state = ada.log.state();
    assert!(state.forked);
    assert!(ada.is_in(1) && ada.is_in(2) && ada.is_in(3));
    assert_eq!(denied(ada.write(rename("Mine"))), Denied::Forked);
}

#[test]
fn two_histories_of_a_former_creator_after_the_handover_fork_nothing() {
    let (mut ada, mut ben, mut cyd) = three();
    ada.transfers(2);
    ben.hears(&ada);
    let mut twin = ada.fork(1);
    ada.write(rename("One")).unwrap();
    twin.write(rename("Other")).unwrap();
    cyd.hears(&ada);
    cyd.hears(&twin);
    meet(&mut ben, &mut cyd);
    let state = ben.log.state();
    assert!(!state.forked && state.equivocators.contains(&ada.id()));
    assert_eq!(state.name, "Friends");
    ben.removes(ada.id());
    assert!(!ben.is_in(1));
}

#[test]
fn a_former_creator_with_a_second_handover_forks_the_group_at_the_last_op_before() {
    let (mut ada, mut ben, mut cyd) = three();
    let mut twin = ada.fork(1);
    ada.transfers(2);
    twin.transfers(3);
    ben.hears(&ada);
    cyd.hears(&twin);
    ben.grants(3);
    meet(&mut ben, &mut cyd);
    let state = ben.log.state();
    assert!(state.forked);
    assert_eq!(state.creator, ada.id());
    assert_eq!(ben.role_of(3), Some(Role::Member));
}

#[test]
fn a_second_op_of_number_0_by_the_creator_leaves_only_the_genesis() {
    let (mut ada, mut ben, mut cyd) = three();
    // A log that has nothing of the creator but the genesis lets it begin anew.
    let mut twin = Replica::found(Policy::default());
    let bytes = super::bad_input::second_first_op(&twin, rename("Again"));
    twin.log.insert(&bytes).unwrap();
    assert!(twin.log.state().forked);
    ben.hears(&twin);
    meet(&mut ada, &mut ben);
    cyd.hears(&ada);
    assert!(cyd.log.state().forked);
    assert_eq!(cyd.log.state().members.len(), 1);
    assert_eq!(cyd.log.state(), twin.log.state());
}

#[test]
fn the_creators_ruling_voids_what_an_admin_did() {
    let (mut ada, mut ben, mut cyd) = with_admin();
    let removal = ben.removes(cyd.id());
    meet(&mut ada, &mut ben);
    assert!(!ada.is_in(3));
    ada.rules(removal, Verdict::Void);
    cyd.hears(&ada);
    assert!(cyd.is_in(3));
    // The latest decision counts.
    ada.rules(removal, Verdict::Uphold);
    cyd.hears(&ada);
    assert!(!cyd.is_in(3));
}

#[test]
fn the_creators_ruling_upholds_what_would_be_void() {
    let (mut ada, mut ben, mut cyd) = with_admin();
    ada.checkpoints();
    let renaming = ben.write(rename("Ours")).unwrap();
    let removal = ben.removes(cyd.id());
    meet(&mut ada, &mut ben);
    assert!(ada.is_in(3));
    ada.rules(renaming, Verdict::Uphold);
    ada.rules(removal, Verdict::Uphold);
    assert!(!ada.is_in(3));
    assert_eq!(ada.log.state().name, "Ours");
    // Cyd can be shown why.
    for bytes in ada.log.ops_up_to_removal_of(&cyd.id()) {
        cyd.log.insert(&bytes).unwrap();
    }
    assert!(!cyd.is_in(3));
}

#[test]
fn the_creators_ruling_decides_who_came_in_by_a_used_up_invite() {
    let (mut ada, _, _) = three();
    ada.invites(2, Some(1));
    let (mut ben, mut cyd) = (ada.fork(2), ada.fork(3));
    let by_ben = ben.admits(2, 4);
    let by_cyd = cyd.admits(2, 5);
    meet(&mut ben, &mut cyd);
    ada.hears(&ben);
    let (loser, winner) = if by_ben < by_cyd {
        ((by_cyd, 5), (by_ben, 4))
    } else {
        ((by_ben, 4), (by_cyd, 5))
    };
    assert!(!ada.is_in(loser.1));
    ada.rules(loser.0, Verdict::Uphold);
    assert!(ada.is_in(4) && ada.is_in(5));
    ada.rules(winner.0, Verdict::Void);
    assert!(ada.is_in(loser.1) && !ada.is_in(winner.1));
    let void = &ada.log.state().void[&key(winner.1).member_id()];
    assert_eq!(*void, VoidReason::Overruled);
    meet(&mut ada, &mut cyd);
}

#[test]
fn rulings_concern_known_ops_of_others_and_no_leaving() {
    let (mut ada, mut ben, mut cyd) = with_admin();
    let removal = ben.removes(cyd.id());
    let rule = |op, verdict| OpBody::Ruling { op, verdict };
    assert_eq!(
        denied(ada.write(rule(removal, Verdict::Void))),
        Denied::Ruling
    );
    let own = ada.invites(2, None);
    assert_eq!(denied(ada.write(rule(own, Verdict::Void))), Denied::Ruling);
    let leave = cyd.write(OpBody::Leave { last: None }).unwrap();
    ada.hears(&cyd);
    assert_eq!(
        denied(ada.write(rule(leave, Verdict::Void))),
        Denied::Ruling
    );
    // Whom the creator vouched for goes by a removal, with a cut, and not by the way it came.
    let (mut ada, mut ben, _) = three();
    let admit = ben.admits(1, 4);
    ada.hears(&ben);
    ada.grants(4);
    assert_eq!(
        denied(ada.write(rule(admit, Verdict::Void))),
        Denied::Ruling
    );
}

#[test]
fn where_the_creator_has_to_agree_only_it_and_admins_let_people_in() {
    let (mut ada, mut ben, mut cyd) = with_admin();
    cyd.invites_with_approval(2);
    assert!(cyd.log.state().invites[&invite(2).id()].approval);
    assert_eq!(denied(cyd.try_admit(2, 4)), Denied::Role);
    assert!(!cyd.log.state().may_admit(&cyd.id(), &invite(2).id()));
    ben.hears(&cyd);
    ada.hears(&cyd);
    ben.admits(2, 4);
    ada.admits(2, 5);
    meet(&mut ada, &mut ben);
    assert!(ada.is_in(4) && ada.is_in(5));
}

#[test]
fn what_a_revoked_admin_agreed_to_without_the_creators_knowledge_is_void() {
    let (mut ada, mut ben, mut cyd) = with_admin();
    cyd.invites_with_approval(2);
    ben.hears(&cyd);
    ada.hears(&cyd);
    ben.admits(2, 4);
    ada.revokes_admin(2);
    meet(&mut ada, &mut ben);
    assert!(!ada.is_in(4));
    assert_eq!(
        ada.log.state().void[&key(4).member_id()],
        VoidReason::Sponsor
    );
}

#[test]
fn an_admin_revokes_anybodys_invite() {
    let (mut ada, mut ben, mut cyd) = with_admin();
    cyd.invites(2, None);
    ben.hears(&cyd);
    ada.hears(&cyd);
    cyd.admits(2, 4);
    ben.revokes(2);
    meet(&mut ben, &mut cyd);
    assert!(!cyd.is_in(4));
    // Unless it was no admin any more.
    ada.revokes_admin(2);
    meet(&mut ada, &mut cyd);
    assert!(ada.is_in(4));
    assert!(ada.log.state().invites[&invite(2).id()].revoked.is_none());
}

#[test]
fn a_stricter_policy_beats_invites_at_the_same_time_and_leaves_older_ones() {
    let (mut ada, mut ben, mut cyd) = with_admin();
    cyd.invites(2, None);
    ada.hears(&cyd);
    ada.allows_inviting(Role::Admin);
    cyd.invites(3, None);
    ben.invites(4, None);
    meet(&mut ada, &mut cyd);
    meet(&mut ada, &mut ben);
    let state = ada.log.state();
    assert_eq!(state.policy.invite, Role::Admin);
    assert!(state.invites.contains_key(&invite(2).id()));
    assert!(!state.invites.contains_key(&invite(3).id()));
    assert!(state.invites.contains_key(&invite(4).id()));
    cyd.hears(&ada);
    let new = NewInvite::new(
        &invite(5),
        &cyd.log.group(),
        &cyd.id(),
        super::cast::END,
        None,
    );
    assert_eq!(denied(cyd.write(OpBody::Invite(new.clone()))), Denied::Role);
    ada.allows_inviting(Role::Member);
    cyd.hears(&ada);
    cyd.write(OpBody::Invite(new)).unwrap();
}

#[test]
fn a_removed_sponsor_lets_nobody_in_after_its_cut() {
    let (mut ada, mut ben, mut cyd, mut dan) = with_two_admins();
    dan.admits(1, 5);
    ben.hears(&dan);
    let old = dan.log.clone();
    ben.removes(dan.id());
    dan.hears(&ben);
    assert_eq!(denied(dan.try_admit(1, 6)), Denied::NotMember);
    dan.log = old;
    dan.admits(1, 6);
    cyd.hears(&dan);
    meet(&mut ben, &mut cyd);
    meet(&mut ada, &mut ben);
    assert!(ada.is_in(5) && !ada.is_in(6) && !ada.is_in(4));
}

#[test]
fn changes_of_roles_and_of_the_policy_become_notes() {
    let (mut ada, mut ben, _) = three();
    let before = ada.log.shared_state();
    let grant = ada.grants(2);
    ada.allows_inviting(Role::Creator);
    let events = diff(&before, ada.log.state());
    let [
        RosterEvent::Ranked {
            member,
            role: Role::Admin,
            by: Some((at, by)),
        },
        RosterEvent::PolicySet {
            invite: Role::Creator,
            by: Some(_),
        },
    ] = events.as_slice()
    else {
        panic!("{events:?}")
    };
    assert_eq!((*member, at.op, *by), (ben.id(), grant, ada.id()));
    let before = ada.log.shared_state();
    ada.transfers(3);
    ben.hears(&ada);
    let events = diff(&before, ben.log.state());
    let ranks: Vec<_> = events
        .iter()
        .map(|event| match event {
            RosterEvent::Ranked { member, role, .. } => (*member, *role),
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(ranks.contains(&(ada.id(), Role::Admin)));
    assert!(ranks.contains(&(key(3).member_id(), Role::Creator)));
}
