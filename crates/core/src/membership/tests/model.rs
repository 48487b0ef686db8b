//! Every course of events in a small group, up to a number of steps: each replica may at any time write, or hear
//! another. Courses that lead to the same knowledge are followed once.

use core::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::cast::{Replica, invite, key};
use crate::ids::{MemberId, OpId};
use crate::membership::evaluate::evaluate;
use crate::membership::graph::Graph;
use crate::membership::op::SignedOp;
use crate::membership::{OpBody, Policy, State};
use crate::test_attr::test;

/// Steps beyond the founding of the group of three.
const STEPS: usize = 4;

#[derive(Debug, Clone, Copy)]
enum Step {
    Admit(u8),
    Revoke,
    Remove(u8),
    Leave,
    Hear(usize),
}

/// The creator (seed 1), and the members 2 and 3. Invite 2 is for one.
fn begin() -> Vec<Replica> {
    let mut ada = Replica::found(Policy::default());
    ada.invites(1, None);
    ada.invites(2, Some(1));
    ada.admits(1, 2);
    let ben = ada.fork(2);
    let mut both = ada.fork(1);
    both.admits(1, 3);
    let cyd = both.fork(3);
    vec![both, ben, cyd]
}

fn take(world: &mut [Replica], actor: usize, step: Step) -> bool {
    if let Step::Hear(from) = step {
        let news = world[from]
            .log
            .newer_than(&world[actor].log.vector(), usize::MAX);
        for bytes in &news {
            world[actor].log.insert(bytes).unwrap();
        }
        return !news.is_empty();
    }
    let replica = &mut world[actor];
    match step {
        Step::Admit(seed) => replica.try_admit(2, seed).is_ok(),
        Step::Revoke => replica
            .write(OpBody::RevokeInvite {
                invite: invite(2).id(),
            })
            .is_ok(),
        Step::Remove(seed) => {
            let member = key(seed).member_id();
            let cut = replica.log.cut_for(&member, None);
            replica.write(OpBody::Remove { member, cut }).is_ok()
        }
        Step::Leave => replica.write(OpBody::Leave { last: None }).is_ok(),
        Step::Hear(_) => false,
    }
}

#[test]
fn every_short_course_of_events_keeps_the_rules() {
    let steps = |actor: usize| {
        let own = match actor {
            0 => vec![Step::Admit(4), Step::Revoke, Step::Remove(2)],
            1 => vec![Step::Admit(4), Step::Admit(5)],
            _ => vec![Step::Admit(5), Step::Leave],
        };
        let heard = (0..3).filter(move |other| *other != actor).map(Step::Hear);
        own.into_iter().chain(heard)
    };
    let mut frontier = vec![begin()];
    let mut seen = BTreeSet::new();
    for _ in 0..STEPS {
        let mut next = Vec::new();
        for world in &frontier {
            for (actor, step) in
                (0..3).flat_map(|actor| steps(actor).map(move |step| (actor, step)))
            {
                let mut world: Vec<Replica> = world.clone();
                if take(&mut world, actor, step) {
                    let knowledge: Vec<Vec<OpId>> =
                        world.iter().map(|one| one.log.heads()).collect();
                    if seen.insert(knowledge) {
                        check(&world);
                        next.push(world);
                    }
                }
            }
        }
        frontier = next;
    }
    assert!(seen.len() > 1_000, "only {}", seen.len());
}

thread_local! {
    /// Every op, read once.
    static READ: RefCell<BTreeMap<OpId, SignedOp>> = RefCell::default();
}

/// All that anybody wrote, put together in two orders, means one thing, and that thing keeps the rules.
fn check(world: &[Replica]) {
    let mut ops: BTreeMap<OpId, SignedOp> = BTreeMap::new();
    for one in world {
        let graph = &one.log.graph;
        // Which the replica came to op by op, as far as it could.
        let state = evaluate(graph, &graph.all()).unwrap();
        assert_eq!(*state, *one.log.state());
        keeps_the_rules(graph, &state);
        for (_, node) in graph.ordered(&graph.all()) {
            let id = node.place.op;
            let read = || SignedOp::read(&node.bytes).unwrap();
            let op = READ.with_borrow_mut(|known| known.entry(id).or_insert_with(read).clone());
            ops.insert(id, op);
        }
    }
    let forwards = joined(ops.values().cloned().collect());
    let backwards = joined(ops.into_values().rev().collect());
    let state = evaluate(&forwards, &forwards.all()).unwrap();
    let other = evaluate(&backwards, &backwards.all()).unwrap();
    assert_eq!(state, other);
    assert_eq!(state.roster_hash(), other.roster_hash());
    keeps_the_rules(&forwards, &state);
}

/// A graph of ops that are added in the order given, as far as their parents allow.
fn joined(mut waiting: Vec<SignedOp>) -> Graph {
    let mut graph = Graph::default();
    while !waiting.is_empty() {
        let ready = waiting
            .iter()
            .position(|op| op.parents().all(|id| graph.contains(id)))
            .unwrap();
        graph.add(waiting.remove(ready));
    }
    graph
}

/// The rules, said again in another way than the evaluation says them.
fn keeps_the_rules(graph: &Graph, state: &State) {
    let all = graph.all();
    let id_of = |seed| key(seed).member_id();
    let nodes: Vec<_> = graph.ordered(&all).collect();
    let in_past = |of: OpId, what: usize| graph.by_id(&of).unwrap().past.contains(what);
    // A single-use invite has let in one at most.
    let info = &state.invites[&invite(2).id()];
    assert!(info.used_by.len() <= 1);
    let by_it: Vec<MemberId> = [4, 5]
        .into_iter()
        .map(id_of)
        .filter(|id| state.stay(id).is_some())
        .collect();
    assert_eq!(by_it, info.used_by.iter().copied().collect::<Vec<_>>());
    for (index, node) in &nodes {
        match &node.op.body {
            // Whom a Remove or a Leave names is out.
            OpBody::Remove { member, .. } => assert!(!state.is_present(member)),
            OpBody::Leave { .. } => assert!(!state.is_present(&node.op.author)),
            // Whom a revocation concerns came in before it.
            OpBody::RevokeInvite { .. } => {
                assert_eq!(info.revoked.unwrap().at.op, node.place.op);
                for member in &by_it {
                    let admitted = state.stay(member).unwrap().admitted.op;
                    assert!(in_past(node.place.op, graph.find(&admitted).unwrap()));
                }
            }
            OpBody::Admit(_) => {
                let joiner = node.newcomer.as_ref().unwrap().member;
                // Everybody who was ever admitted is in, was in, or is told why not.
                assert!(state.stay(&joiner).is_some() != state.void.contains_key(&joiner));
                // A removed sponsor's Admit counts only if the remover had seen it.
                let unseen = nodes.iter().any(|(_, removal)| {
                    matches!(&removal.op.body, OpBody::Remove { member, .. } if *member == node.op.author)
                        && !removal.past.contains(*index)
                });
                if unseen {
                    assert_ne!(
                        state.stay(&joiner).map(|s| s.admitted.op),
                        Some(node.place.op)
                    );
                }
            }
            _ => {}
        }
    }
    // Without a revocation, a removal or a rival nobody is kept out.
    let decided = nodes.iter().any(|(_, node)| {
        matches!(
            node.op.body,
            OpBody::RevokeInvite { .. } | OpBody::Remove { .. }
        )
    });
    let admits = nodes
        .iter()
        .filter(|(_, node)| matches!(&node.op.body, OpBody::Admit(a) if a.invite == invite(2).id()))
        .count();
    if !decided && admits > 0 {
        assert_eq!(info.used_by.len(), 1);
    }
}
