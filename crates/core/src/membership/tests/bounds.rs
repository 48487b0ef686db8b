//! What a member can make everybody store, however it tries.

use super::cast::{Replica, three};
use crate::membership::exchange::MAX_TIPS;
use crate::membership::{Log, MAX_TWINS, OpBody, OpError};
use crate::test_attr::test;
use crate::wire::limits;

/// Ops of one number by one member, each opening another invite.
fn twins(of: &Replica, seed: u8, count: u8) -> Vec<Vec<u8>> {
    let written = |number| {
        let mut twin = of.fork(seed);
        let id = twin.invites(100 + number, None);
        twin.log.op_bytes(&id).unwrap().to_vec()
    };
    (0..count).map(written).collect()
}

fn catch_up(one: &mut Replica, other: &Replica) {
    // Each round brings what the one before made acceptable.
    for _ in 0..4 {
        for bytes in other.log.newer_than(&one.log.vector(), usize::MAX) {
            let _ = one.log.insert(&bytes);
        }
    }
}

#[test]
fn of_a_members_fork_no_more_is_taken_than_proves_it_and_others_have_built_upon() {
    let (mut ada, ben, mut cyd) = three();
    let ops = twins(&ben, 2, 12);
    let before = ada.log.len();
    for (count, bytes) in ops.iter().enumerate() {
        let taken = ada.log.insert(bytes);
        assert_eq!(taken.is_ok(), count < MAX_TWINS, "{count}");
        assert!(count < MAX_TWINS || taken == Err(OpError::TooManyTwins));
    }
    assert_eq!(ada.log.len(), before + MAX_TWINS);
    // Another one has seen the others first, and goes on from there.
    for bytes in ops.iter().rev() {
        let _ = cyd.log.insert(bytes);
    }
    let upon = cyd.invites(50, None);
    catch_up(&mut ada, &cyd);
    assert!(ada.log.contains(&upon));
    let answer = ada.invites(51, None);
    catch_up(&mut cyd, &ada);
    assert!(cyd.log.contains(&answer));
    assert_eq!(ada.log.heads(), cyd.log.heads());
    assert_eq!(ada.log.state(), cyd.log.state());
    assert!(ada.log.state().equivocators.contains(&ben.id()));
    assert!(ada.log.len() <= before + 2 * MAX_TWINS + 2);
    // And whoever comes in gets a log that is whole.
    let whole = Log::receive(&ada.log.all_ops()).unwrap();
    assert_eq!(whole.state(), ada.log.state());
    assert_eq!(whole.heads(), ada.log.heads());
}

#[test]
fn whoever_forked_without_end_can_still_leave() {
    let (mut ada, ben, _) = three();
    for bytes in twins(&ben, 2, 12) {
        let _ = ada.log.insert(&bytes);
    }
    let mut going = ben.fork(2);
    let leave = going.write(OpBody::Leave { last: None }).unwrap();
    ada.log.insert(going.log.op_bytes(&leave).unwrap()).unwrap();
    assert!(!ada.is_in(2));
}

#[test]
fn the_past_of_an_op_weighs_little_however_long_the_log_is() {
    let (mut ada, mut ben, _) = three();
    for number in 0..150_u8 {
        ada.write(OpBody::Rename {
            name: format!("Name {number}"),
        })
        .unwrap();
    }
    // Somebody who missed all that, and then meets it.
    ben.invites(50, None);
    super::cast::meet(&mut ada, &mut ben);
    for number in 0..50_u8 {
        ben.invites(100 + number, None);
        super::cast::meet(&mut ada, &mut ben);
    }
    let all = ada.log.graph.all();
    let weights = ada
        .log
        .graph
        .ordered(&all)
        .map(|(_, node)| node.past.weight());
    assert!(weights.max().unwrap() <= 24);
}

#[cfg(not(target_arch = "wasm32"))]
mod sets {
    use std::collections::BTreeSet;

    use crate::membership::graph::OpSet;
    use proptest::prelude::*;

    fn set_of(elements: &BTreeSet<usize>) -> OpSet {
        let mut set = OpSet::default();
        for element in elements {
            set.insert(*element);
        }
        set
    }

    proptest! {
        #[test]
        fn a_set_of_ops_is_what_a_plain_set_is(
            first in prop::collection::btree_set(0..400_usize, 0..300),
            second in prop::collection::btree_set(0..400_usize, 0..300),
            begun in 0..300_usize,
        ) {
            let mut first: BTreeSet<usize> = first;
            first.extend(0..begun);
            let mut sets = (set_of(&first), set_of(&second));
            for element in 0..450 {
                prop_assert_eq!(sets.0.contains(element), first.contains(&element));
            }
            prop_assert_eq!(sets.0.len(), first.len());
            let both: BTreeSet<_> = first.union(&second).copied().collect();
            let copy = sets.0.clone();
            sets.0.union(&sets.1);
            sets.1.union(&copy);
            prop_assert_eq!(&sets.0, &set_of(&both));
            prop_assert_eq!(&sets.1, &sets.0);
            prop_assert_eq!(OpSet::first(begun), set_of(&(0..begun).collect()));
        }
    }
}

#[test]
fn a_fork_without_end_leaves_few_heads_that_give_the_same_roster() {
    let (mut ada, mut ben, mut cyd) = three();
    for number in 0..14 {
        for bytes in twins(&ben, 2, 3) {
            ada.log.insert(&bytes).unwrap();
        }
        let id = ben.invites(20 + number, None);
        ada.log.insert(ben.log.op_bytes(&id).unwrap()).unwrap();
    }
    cyd.invites(50, None);
    ada.hears(&cyd);
    assert!(ada.log.heads().len() > limits::MAX_DEPS);
    let few = ada.log.few_heads();
    assert_eq!(few.len(), limits::MAX_DEPS);
    assert!(few.windows(2).all(|pair| pair[0] < pair[1]));
    let state = ada.log.state_at(&few).unwrap();
    assert_eq!(state.roster_hash(), ada.log.state().roster_hash());
    assert!(state.equivocators.contains(&ben.id()));
}

#[test]
fn a_fork_without_end_keeps_vectors_small_and_news_coming() {
    let (mut ada, mut ben, mut cyd) = three();
    for number in 0..90 {
        for bytes in twins(&ben, 2, 3) {
            ada.log.insert(&bytes).unwrap();
        }
        let id = ben.invites(110 + number, None);
        ada.log.insert(ben.log.op_bytes(&id).unwrap()).unwrap();
    }
    cyd.hears(&ada);
    let (id, vector) = (ada.invites(250, None), cyd.log.vector());
    assert_eq!(vector.len(), MAX_TIPS);
    for author in [&ada, &ben] {
        assert!(vector.iter().any(|tip| tip.author == author.id()));
    }
    // What is sent again is known, and what is new comes with it.
    cyd.hears(&ada);
    assert!(cyd.log.contains(&id));
    assert_eq!(cyd.log.heads(), ada.log.heads());
}
