//! Every set of ops that a creator, two admins and a member can write, up to a number of ops, each author knowing any
//! part of the others' ops, and one admin free to write two histories: whatever the order in which the ops come, they
//! mean the same, and the group keeps its rules.

use std::collections::{BTreeMap, BTreeSet};

use super::cast::{admission, invite, key, three};
use crate::ids::{MemberId, OpId};
use crate::io::Role;
use crate::membership::entitle::check;
use crate::membership::evaluate::evaluate;
use crate::membership::graph::{Graph, OpSet};
use crate::membership::op::{Op, SignedOp, unsigned_op};
use crate::membership::{Cut, Ending, OpBody, State, Verdict, Vouched};
use crate::test_attr::test;

/// What a model goes through.
#[derive(Clone, Copy)]
struct Scope {
    /// Ops beyond the foundation.
    most: usize,
    /// Each author may have any part of the others' ops before it, and one of them writes two histories. Otherwise an
    /// author has all that was written, or only what it had when it wrote last.
    any_knowledge: bool,
    /// Everything that anybody may want. Otherwise the creator removes an admin and revokes the other's right, admins remove
    /// the member and let somebody in, and the member leaves.
    all_wishes: bool,
}

impl Scope {
    fn wishes(&self, seed: u8, body: &OpBody) -> bool {
        self.all_wishes
            || match body {
                OpBody::Remove { member, .. } => (*member == key(2).member_id()) == (seed == 1),
                OpBody::RevokeAdmin { .. } => true,
                OpBody::Admit(_) => seed == 2 || seed == 3,
                OpBody::Leave { .. } => seed == 4,
                _ => false,
            }
    }
}

/// Everything, three deep; the whole of six takes hours. `MEMBERSHIP_MODEL_OPS` asks for another number.
const WIDE: Scope = Scope {
    most: 3,
    any_knowledge: true,
    all_wishes: true,
};
/// What begins and ends stays and rights, five deep: every order of writing and every choice of who knew what, as far as
/// [`Scope`] says. `MEMBERSHIP_DEEP_OPS` asks for another number; a long run goes six deep (16,568 sets, half a minute).
const DEEP: Scope = Scope {
    // A browser gives a test less time.
    most: if cfg!(target_arch = "wasm32") { 4 } else { 5 },
    any_knowledge: false,
    all_wishes: false,
};
/// Who may write two ops of one number.
const HOSTILE: u8 = 2;

/// What was written, in the order in which it is known here.
#[derive(Clone)]
struct World {
    ops: Vec<SignedOp>,
}

/// The creator (1), the admins 2 and 3, the member 4.
fn begin() -> Vec<SignedOp> {
    let (mut ada, _, _) = three();
    ada.admits(1, 4);
    ada.grants(2);
    ada.grants(3);
    let read = |bytes: &Vec<u8>| SignedOp::read(bytes).unwrap();
    ada.log.all_ops().iter().map(read).collect()
}

fn graph_of<'a>(ops: impl IntoIterator<Item = &'a SignedOp>) -> Graph {
    let mut graph = Graph::default();
    let mut waiting: Vec<&SignedOp> = ops.into_iter().collect();
    while !waiting.is_empty() {
        let ready = |op: &&SignedOp| op.parents().all(|id| graph.contains(id));
        let next = waiting.iter().position(ready).unwrap();
        graph.add(waiting.remove(next).clone());
    }
    graph
}

fn vouched(state: &State, seed: u8) -> Option<OpBody> {
    let member = key(seed).member_id();
    let card_hash = state.member(&member)?.card_hash;
    Some(OpBody::GrantAdmin(Vouched { member, card_hash }))
}

/// What anybody might want to write, entitled or not.
fn wishes(graph: &Graph, view: &OpSet, state: &State, heads: &[OpId]) -> Vec<OpBody> {
    let last = |seed: u8| {
        let member = key(seed).member_id();
        let own = graph.ordered(view).filter(|(_, it)| it.op.author == member);
        own.map(|(_, node)| crate::membership::LastOp {
            seq: node.op.seq,
            id: node.place.op,
        })
        .max_by_key(|last| (last.seq, last.id))
    };
    let remove = |seed| OpBody::Remove {
        member: key(seed).member_id(),
        cut: Cut {
            op: last(seed),
            message: None,
        },
    };
    let rulings = graph.ordered(view).flat_map(|(_, node)| {
        let op = node.place.op;
        let about_removal = matches!(node.op.body, OpBody::Remove { .. });
        [Verdict::Void, Verdict::Uphold]
            .into_iter()
            .filter(move |_| about_removal)
            .map(move |verdict| OpBody::Ruling { op, verdict })
    });
    let transfer = vouched(state, 2).map(|grant| match grant {
        OpBody::GrantAdmin(vouched) => OpBody::TransferCreator(vouched),
        other => other,
    });
    let group = state.group;
    [
        remove(2),
        remove(4),
        OpBody::RevokeAdmin {
            member: key(3).member_id(),
            cut: last(3),
        },
        OpBody::Checkpoint {
            heads: heads.to_vec(),
            roster_hash: state.roster_hash(),
        },
        OpBody::Leave { last: None },
        OpBody::Admit(Box::new(admission(group, &invite(1), &key(5)))),
    ]
    .into_iter()
    .chain(vouched(state, 4))
    .chain(transfer)
    .chain(rulings)
    .collect()
}

/// Parts of the world that hold the past of each of their ops.
fn views(graph: &Graph, base: usize) -> Vec<OpSet> {
    let more = graph.len() - base;
    let all = |mask: u32| {
        let mut set = OpSet::default();
        (0..base).for_each(|index| set.insert(index));
        (0..more)
            .filter(|bit| mask >> bit & 1 == 1)
            .for_each(|bit| set.insert(base + bit));
        set
    };
    let is_closed = |set: &OpSet| {
        graph.ordered(set).all(|(_, node)| {
            let mut both = node.past.clone();
            both.union(set);
            both.len() == set.len()
        })
    };
    (0..1_u32 << more).map(all).filter(is_closed).collect()
}

fn heads_of(graph: &Graph, view: &OpSet) -> Vec<OpId> {
    let nodes: Vec<_> = graph.ordered(view).collect();
    let mut heads: Vec<OpId> = nodes
        .iter()
        .filter(|(index, _)| !nodes.iter().any(|(_, other)| other.past.contains(*index)))
        .map(|(_, node)| node.place.op)
        .collect();
    heads.sort_unstable();
    heads
}

/// Everything, and what each author had when it wrote last.
fn few_views(graph: &Graph, base: usize) -> Vec<OpSet> {
    let mut views = vec![OpSet::first(base), graph.all()];
    for seed in 1..=4 {
        let own = graph.chain(&key(seed).member_id());
        if let Some(index) = own.and_then(|own| own.values().last()?.first()) {
            let mut view = graph.node(*index).unwrap().past.clone();
            view.insert(*index);
            view.union(&OpSet::first(base));
            views.push(view);
        }
    }
    views.sort();
    views.dedup();
    views
}

/// Every op that an author can add to a world.
fn next_ops(graph: &Graph, base: usize, scope: Scope) -> Vec<SignedOp> {
    let mut next = Vec::new();
    let all_views = if scope.any_knowledge {
        views(graph, base)
    } else {
        few_views(graph, base)
    };
    for view in all_views {
        let state = evaluate(graph, &view).unwrap();
        let heads = heads_of(graph, &view);
        let wishes = wishes(graph, &view, &state, &heads);
        for seed in 1..=4 {
            let identity = key(seed);
            let author = identity.member_id();
            let own: Vec<_> = graph.chain(&author).into_iter().flatten().collect();
            let known =
                |(_, twins): &&(&u32, &Vec<usize>)| twins.iter().all(|index| view.contains(*index));
            let knows_all = own.iter().filter(known).count() == own.len();
            if !(knows_all || scope.any_knowledge && seed == HOSTILE) {
                continue;
            }
            let in_view = graph
                .ordered(&view)
                .filter(|(_, it)| it.op.author == author);
            let last = in_view.max_by_key(|(_, node)| (node.op.seq, node.place.op));
            for body in wishes.iter().filter(|it| scope.wishes(seed, it)) {
                let op = Op {
                    group: state.group,
                    author,
                    seq: last.map_or(0, |(_, node)| node.op.seq + 1),
                    prev: last.map(|(_, node)| node.place.op),
                    deps: heads.clone(),
                    body: body.clone(),
                };
                let signed = SignedOp::read(&unsigned_op(&op)).unwrap();
                if check(graph, &view, &state, &signed).is_ok() {
                    next.push(signed);
                }
            }
        }
    }
    next
}

fn keeps_the_rules(graph: &Graph, state: &State) {
    let creators: Vec<&MemberId> = state
        .members
        .iter()
        .filter(|(_, info)| info.role == Role::Creator)
        .map(|(id, _)| id)
        .collect();
    // A creator that handed the group over to somebody who was leaving, and left itself, has left no creator.
    let former = state.former.get(&state.creator).map(|info| info.ending);
    if matches!(former, Some(Ending::Left { .. })) {
        assert!(creators.is_empty());
    } else {
        assert_eq!(creators, [&state.creator], "one creator, and it is in");
    }
    let all = graph.all();
    let hostile = key(HOSTILE).member_id();
    let two_histories = graph.first_fork(&hostile, &all).is_some();
    assert!(two_histories || !state.forked);
    assert!(!state.forked || state.equivocators.iter().eq([&hostile]));
    if state.forked {
        return;
    }
    for (_, node) in graph.ordered(&all) {
        match &node.op.body {
            // Whom the creator removes is out, unless somebody with two histories said so.
            OpBody::Remove { member, .. } if node.op.author == key(1).member_id() => {
                let as_creator = !graph
                    .ordered(&node.past)
                    .any(|(_, it)| matches!(it.op.body, OpBody::TransferCreator(_)));
                assert!(!as_creator || !state.is_present(member));
            }
            OpBody::Leave { .. } => assert!(!state.is_present(&node.op.author)),
            OpBody::Checkpoint { heads, roster_hash } => {
                let past = graph.closure(heads).unwrap();
                assert_eq!(evaluate(graph, &past).unwrap().roster_hash(), *roster_hash);
            }
            _ => {}
        }
    }
}

#[test]
fn whatever_creator_admins_and_member_write_all_replicas_agree() {
    // Read when this is compiled: the core knows no environment.
    all_replicas_agree(asked(WIDE, option_env!("MEMBERSHIP_MODEL_OPS")));
}

#[test]
fn however_stays_and_rights_begin_and_end_all_replicas_agree() {
    all_replicas_agree(asked(DEEP, option_env!("MEMBERSHIP_DEEP_OPS")));
}

fn asked(scope: Scope, most: Option<&str>) -> Scope {
    let most = most.and_then(|text| text.parse().ok());
    Scope {
        most: most.unwrap_or(scope.most),
        ..scope
    }
}

fn all_replicas_agree(scope: Scope) {
    let most = scope.most;
    let base = begin();
    let mut frontier = vec![World { ops: base.clone() }];
    let mut seen = 0;
    for _ in 0..most {
        let mut next: BTreeMap<BTreeSet<OpId>, (World, State)> = BTreeMap::new();
        for world in &frontier {
            let graph = graph_of(&world.ops);
            for op in next_ops(&graph, base.len(), scope) {
                let mut ids: BTreeSet<OpId> =
                    world.ops[base.len()..].iter().map(|op| op.id).collect();
                if !ids.insert(op.id) {
                    continue;
                }
                let mut grown = graph.clone();
                grown.add(op.clone());
                let state = evaluate(&grown, &grown.all()).unwrap();
                // The same ops, last come in another order.
                if let Some((_, before)) = next.get(&ids) {
                    assert_eq!(*before, state);
                    continue;
                }
                let mut ops = world.ops.clone();
                ops.push(op);
                let backwards = graph_of(ops.iter().rev());
                let other = evaluate(&backwards, &backwards.all()).unwrap();
                assert_eq!(other, state);
                assert_eq!(other.roster_hash(), state.roster_hash());
                keeps_the_rules(&grown, &state);
                next.insert(ids, (World { ops }, state));
            }
        }
        seen += next.len();
        frontier = next.into_values().map(|(world, _)| world).collect();
    }
    println!("{seen} sets of up to {most} ops");
    assert!(seen > 1_000, "only {seen}");
}
