//! What replicas tell each other.

use super::cast::{invite, key, meet, three};
use crate::membership::{OpBody, OpError};
use crate::test_attr::test;

#[test]
fn a_replica_gets_just_what_it_lacks() {
    let (mut ada, mut ben, _) = three();
    assert!(ada.log.newer_than(&ben.log.vector(), usize::MAX).is_empty());
    ada.invites(2, None);
    ada.revokes(2);
    ben.invites(3, None);
    assert_eq!(ada.log.newer_than(&ben.log.vector(), usize::MAX).len(), 2);
    assert_eq!(ben.log.newer_than(&ada.log.vector(), usize::MAX).len(), 1);
    assert_eq!(ada.log.newer_than(&[], usize::MAX), ada.log.all_ops());
    meet(&mut ada, &mut ben);
}

#[test]
fn a_long_log_is_told_in_pieces() {
    let (mut ada, mut ben, _) = three();
    for number in 10..40 {
        ada.invites(number, None);
    }
    let mut rounds = 0;
    while ben.log.heads() != ada.log.heads() {
        let piece = ada.log.newer_than(&ben.log.vector(), 1_500);
        assert!(!piece.is_empty());
        assert!(piece.len() == 1 || piece.iter().map(Vec::len).sum::<usize>() <= 1_500);
        for bytes in piece {
            ben.log.insert(&bytes).unwrap();
        }
        rounds += 1;
    }
    assert!(rounds > 3);
    assert_eq!(ada.log.newer_than(&[], 1).len(), 1);
}

#[test]
fn both_branches_of_a_fork_get_around() {
    let (mut ada, mut ben, mut cyd) = three();
    let mut ben_again = ben.fork(2);
    ben.invites(2, None);
    ben.invites(3, None);
    ben_again.invites(4, None);
    ada.hears(&ben);
    cyd.hears(&ben_again);
    // One branch is longer: the shorter one's owner is behind, the other can't know.
    ada.hears(&cyd);
    cyd.hears(&ada);
    ada.hears(&cyd);
    assert_eq!(ada.log.heads(), cyd.log.heads());
    assert!(ada.log.state().equivocators.contains(&ben.id()));
    assert_eq!(ada.log.vector(), cyd.log.vector());
    assert_eq!(ada.log.vector().len(), 3);
}

#[test]
fn a_removed_member_learns_of_its_removal_and_no_more() {
    let (mut ada, mut ben, mut cyd) = three();
    cyd.invites(5, None);
    let removal = ada.removes(ben.id());
    meet(&mut ada, &mut cyd);
    ada.admits(5, 6);
    let ops = ada.log.ops_up_to_removal_of(&ben.id());
    for bytes in &ops {
        ben.log.insert(bytes).unwrap();
    }
    assert_eq!(ben.log.heads(), vec![removal]);
    assert!(ben.log.state().former.contains_key(&ben.id()));
    assert!(!ben.is_in(6));
    assert!(!ben.log.state().invites.contains_key(&invite(5).id()));
    assert!(ada.log.ops_up_to_removal_of(&cyd.id()).is_empty());
    assert!(ada.log.ops_up_to_removal_of(&key(9).member_id()).is_empty());
}

#[test]
fn ops_can_be_looked_up() {
    let (mut ada, _, _) = three();
    let id = ada.invites(2, None);
    assert!(ada.log.contains(&id));
    let bytes = ada.log.op_bytes(&id).unwrap();
    assert_eq!(ada.log.all_ops().last().unwrap(), bytes);
    assert!(matches!(ada.log.op(&id).unwrap().body, OpBody::Invite(_)));
    assert_eq!(
        ada.log.all_ops().first().unwrap(),
        ada.log.genesis_op().unwrap()
    );
    assert_eq!(ada.log.len(), 5);
    assert!(ada.log.clone().insert(&[]).is_err());
    assert!(matches!(ada.log.insert(&[0xff]), Err(OpError::Read(_))));
}
