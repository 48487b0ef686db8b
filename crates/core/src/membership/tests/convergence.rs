//! Any order, any duplicates, any loss that is repaired: equal sets give equal states.

use proptest::prelude::*;

use super::cast::{Replica, invite, key, meet, three};
use crate::ids::OpId;
use crate::io::Role;
use crate::membership::{Cut, Inserted, Log, NewInvite, OpBody, Policy, Verdict, Vouched};

/// What a replica does next, with numbers to choose by.
#[derive(Debug, Clone, Copy)]
enum Action {
    Invite(u8),
    Admit(u8, u8),
    Revoke(u8),
    Remove(u8, bool),
    Leave,
    Rename(u8),
    InviteWithApproval(u8),
    Grant(u8),
    RevokeAdmin(u8, bool),
    Transfer(u8),
    Allow(u8),
    Checkpoint,
    Rule(u8, bool),
    Hear(usize),
    /// Go back to the very beginning, and so write numbers that were written before.
    Forget,
}

fn actions() -> impl Strategy<Value = Vec<(usize, Action)>> {
    let action = prop_oneof![
        3 => (2..5_u8).prop_map(Action::Invite),
        6 => (1..5_u8, 4..8_u8).prop_map(|(invite, seed)| Action::Admit(invite, seed)),
        2 => (1..5_u8).prop_map(Action::Revoke),
        2 => (2..8_u8, any::<bool>()).prop_map(|(seed, all)| Action::Remove(seed, all)),
        1 => Just(Action::Leave),
        1 => any::<u8>().prop_map(Action::Rename),
        1 => (2..5_u8).prop_map(Action::InviteWithApproval),
        4 => (1..8_u8).prop_map(Action::Grant),
        2 => (1..5_u8, any::<bool>()).prop_map(|(seed, all)| Action::RevokeAdmin(seed, all)),
        2 => (1..5_u8).prop_map(Action::Transfer),
        1 => (1..4_u8).prop_map(Action::Allow),
        1 => Just(Action::Checkpoint),
        2 => (any::<u8>(), any::<bool>()).prop_map(|(op, uphold)| Action::Rule(op, uphold)),
        9 => (0..4_usize).prop_map(Action::Hear),
        1 => Just(Action::Forget),
    ];
    prop::collection::vec((0..4_usize, action), 1..24)
}

thread_local! {
    /// Three who know all, and one of them admitted by another.
    static FOUR: [Replica; 4] = {
        let (mut ada, mut ben, cyd) = three();
        ben.admits(1, 4);
        ada.hears(&ben);
        let dan = ben.fork(4);
        [ada, ben, cyd, dan]
    };
}

/// Carries the actions out, as far as they are allowed; returns all that was written.
fn play(actions: &[(usize, Action)]) -> Vec<Vec<u8>> {
    let mut world = FOUR.with(Clone::clone);
    let beginning = world[0].log.clone();
    let mut ops = beginning.all_ops();
    for (actor, action) in actions {
        let (me, group) = (world[*actor].id(), world[*actor].log.group());
        let vouched = |seed| {
            let member = key(seed).member_id();
            let unknown = Vouched {
                member,
                card_hash: [0; 32],
            };
            world[*actor].log.vouched(&member).unwrap_or(unknown)
        };
        let body = match *action {
            Action::Invite(number) => OpBody::Invite(NewInvite::new(
                &invite(number),
                &group,
                &me,
                super::cast::END,
                (number % 2 == 0).then_some(1),
            )),
            Action::Admit(number, seed) => OpBody::Admit(Box::new(super::cast::admission(
                group,
                &invite(number),
                &key(seed),
            ))),
            Action::Revoke(number) => OpBody::RevokeInvite {
                invite: invite(number).id(),
            },
            Action::Remove(seed, all) => {
                let member = key(seed).member_id();
                let cut = world[*actor].log.cut_for(&member, None);
                OpBody::Remove {
                    member,
                    cut: if all { Cut::default() } else { cut },
                }
            }
            Action::Leave => OpBody::Leave { last: None },
            Action::Rename(number) => OpBody::Rename {
                name: format!("Name {number}"),
            },
            Action::InviteWithApproval(number) => OpBody::Invite(
                NewInvite::new(&invite(number), &group, &me, super::cast::END, None)
                    .with_approval(),
            ),
            Action::Grant(seed) => OpBody::GrantAdmin(vouched(seed)),
            Action::Transfer(seed) => OpBody::TransferCreator(vouched(seed)),
            Action::RevokeAdmin(seed, all) => {
                let member = key(seed).member_id();
                let cut = world[*actor].log.cut_for(&member, None).op;
                let cut = cut.filter(|_| !all);
                OpBody::RevokeAdmin { member, cut }
            }
            Action::Allow(number) => OpBody::SetPolicy(Policy {
                invite: match number {
                    1 => Role::Creator,
                    2 => Role::Admin,
                    _ => Role::Member,
                },
            }),
            Action::Checkpoint => world[*actor].log.checkpoint(&me).unwrap(),
            Action::Rule(op, uphold) => {
                let known = world[*actor].log.op_ids();
                OpBody::Ruling {
                    op: known[usize::from(op) % known.len()],
                    verdict: if uphold {
                        Verdict::Uphold
                    } else {
                        Verdict::Void
                    },
                }
            }
            Action::Hear(from) => {
                let news = world[from]
                    .log
                    .newer_than(&world[*actor].log.vector(), usize::MAX);
                for bytes in news {
                    world[*actor].log.insert(&bytes).unwrap();
                }
                continue;
            }
            Action::Forget => {
                world[*actor].log = beginning.clone();
                continue;
            }
        };
        let replica = &mut world[*actor];
        ops.extend(
            replica
                .log
                .author(&replica.key, body)
                .map(|(_, bytes)| bytes),
        );
    }
    ops
}

/// Cases of an ordinary run; `MEMBERSHIP_CASES`, read when this is compiled, asks for another number.
fn cases() -> u32 {
    let given = option_env!("MEMBERSHIP_CASES");
    given.and_then(|text| text.parse().ok()).unwrap_or(2_000)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: cases(),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_order_duplication_and_repaired_loss_give_one_state(
        actions in actions(),
        order in prop::collection::vec((any::<u16>(), any::<bool>(), 0..4_u8), 48),
    ) {
        let ops = play(&actions);
        let expected = Log::restore_own(&ops).unwrap();
        // Some come twice, some get lost, all in any order.
        let mut arriving = Vec::new();
        for (bytes, (place, twice, lost)) in ops[1..].iter().zip(&order) {
            if *lost > 0 {
                arriving.push((*place, bytes));
            }
            if *twice {
                arriving.push((place.wrapping_mul(31), bytes));
            }
        }
        arriving.sort_unstable();
        let mut log = Log::from_genesis_op(&ops[0]).unwrap();
        for (_, bytes) in arriving {
            let result = log.insert(bytes);
            prop_assert!(result.is_ok(), "{result:?}");
        }
        // What is known at any time is known in full.
        let now = log.state_at(&log.heads());
        prop_assert_eq!(now.as_deref(), Some(log.state()));
        let missing: Vec<OpId> = log.missing();
        for id in &missing {
            log.insert(expected.op_bytes(id).unwrap()).unwrap();
        }
        // The exchange brings the rest, in a bounded number of rounds.
        for _ in 0..2 {
            for bytes in expected.newer_than(&log.vector(), usize::MAX) {
                log.insert(&bytes).unwrap();
            }
        }
        prop_assert_eq!(log.heads(), expected.heads());
        prop_assert_eq!(log.state(), expected.state());
        prop_assert_eq!(log.state().roster_hash(), expected.state().roster_hash());
        prop_assert_eq!(log.heads_hash(), expected.heads_hash());
        prop_assert_eq!(log.vector(), expected.vector());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_break_a_log(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let (mut ada, _, _) = three();
        let heads = ada.log.heads();
        prop_assert!(ada.log.insert(&bytes).is_err());
        prop_assert_eq!(ada.log.heads(), heads);
    }
}

#[test]
fn two_that_wrote_apart_agree_when_they_meet() {
    let (mut ada, mut ben, _) = three();
    for number in 2..6 {
        ada.invites(number, None);
        ben.invites(number + 10, None);
        ben.admits(number + 10, number + 20);
    }
    meet(&mut ada, &mut ben);
    assert!(matches!(
        ada.log.insert(ben.log.genesis_op().unwrap()),
        Ok(Inserted::Duplicate)
    ));
}
