//! Every set of ops that a creator, two admins and a member can write, up to a number of ops, each author knowing any
//! part of the others' ops, and one admin free to write two histories: whatever the order in which the ops come, they
//! mean the same, and the group keeps its rules.
//!
//! The sets are found depth first, and each of them once: a set comes from the one without its last op in the common
//! order, and from no other. So nothing of what was seen has to be kept, however many sets there are.

use core::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::cast::{END, admission, invite, key, three};
use crate::identity::IdentityKey;
use crate::ids::{GroupId, MemberId, OpId};
use crate::io::Role;
use crate::membership::entitle::check;
use crate::membership::evaluate::{Evaluation, evaluate};
use crate::membership::graph::{Graph, OpSet, Place};
use crate::membership::op::{Op, SignedOp, unsigned_op};
use crate::membership::{Cut, Ending, LastOp, NewInvite, OpBody, Policy, State, Verdict, Vouched};
use crate::test_attr::test;

/// What a model goes through.
#[derive(Clone, Copy)]
struct Scope {
    /// Ops beyond the foundation.
    most: usize,
    wishes: Wishes,
    /// The largest sets, too, are delivered in every order; otherwise with each of their ends last, and backwards.
    largest_in_every_order: bool,
}

/// What the authors may want.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wishes {
    /// Everything.
    All,
    /// All that isn't about invites, the name and the policy.
    Authority,
    /// The creator removes an admin and revokes the other's right, admins remove the member and let somebody in, and the
    /// member leaves; and nobody writes two histories.
    Stays,
}

impl Wishes {
    fn include(self, seed: u8, body: &OpBody) -> bool {
        match (self, body) {
            (Self::All, _) => true,
            (_, OpBody::Admit(admission)) => {
                admission.invite == invite(1).id()
                    && (self == Self::Authority || seed == 2 || seed == 3)
            }
            (Self::Authority, OpBody::Invite(_) | OpBody::RevokeInvite { .. }) => false,
            (Self::Authority, OpBody::Rename { .. } | OpBody::SetPolicy(_)) => false,
            (Self::Authority, _) | (Self::Stays, OpBody::RevokeAdmin { .. }) => true,
            (Self::Stays, OpBody::Remove { member, .. }) => (*member == id_of(2)) == (seed == 1),
            (Self::Stays, OpBody::Leave { .. }) => seed == 4,
            (Self::Stays, _) => false,
        }
    }
}

/// Everything. `MEMBERSHIP_ALL_OPS` asks for another number of ops: a long run goes four deep.
const ALL: Scope = Scope {
    most: if IN_BROWSER { 2 } else { 3 },
    wishes: Wishes::All,
    largest_in_every_order: true,
};
/// Whatever gives and takes rights. `MEMBERSHIP_WIDE_OPS` asks for another number of ops: a long run goes five deep.
const WIDE: Scope = Scope {
    most: if IN_BROWSER { 3 } else { 4 },
    wishes: Wishes::Authority,
    largest_in_every_order: false,
};
/// What begins and ends stays and rights. `MEMBERSHIP_DEEP_OPS` asks for another number of ops: a long run goes six deep.
const DEEP: Scope = Scope {
    most: if IN_BROWSER { 4 } else { 5 },
    wishes: Wishes::Stays,
    largest_in_every_order: true,
};
/// A browser gives a test less time.
const IN_BROWSER: bool = cfg!(target_arch = "wasm32");
/// Who may write two ops of one number.
const HOSTILE: u8 = 2;

thread_local! {
    /// Made once: a key costs more than the state of a whole log.
    static IDS: [MemberId; 5] = core::array::from_fn(|seed| key(seed as u8).member_id());
    /// Whom they may let in.
    static JOINER: Rc<IdentityKey> = Rc::new(key(5));
}

fn id_of(seed: u8) -> MemberId {
    IDS.with(|ids| ids[usize::from(seed)])
}

/// The creator (1), the admins 2 and 3, the member 4.
fn begin() -> Graph {
    let (mut ada, _, _) = three();
    ada.admits(1, 4);
    ada.grants(2);
    ada.grants(3);
    ada.log.graph
}

fn vouched(state: &State, seed: u8) -> Option<OpBody> {
    let member = id_of(seed);
    let card_hash = state.member(&member)?.card_hash;
    Some(OpBody::GrantAdmin(Vouched { member, card_hash }))
}

thread_local! {
    /// Made once: the proof in it costs more than the state of a whole log.
    static INVITES: RefCell<BTreeMap<MemberId, OpBody>> = RefCell::default();
}

fn opens_another(group: GroupId, author: MemberId) -> OpBody {
    let made = || OpBody::Invite(NewInvite::new(&invite(2), &group, &author, END, Some(1)));
    INVITES.with_borrow_mut(|known| known.entry(author).or_insert_with(made).clone())
}

/// What an author might want to write, entitled or not.
fn wishes(
    graph: &Graph,
    view: &OpSet,
    author: MemberId,
    state: &State,
    heads: &[OpId],
) -> Vec<OpBody> {
    let last = |seed: u8| {
        let member = id_of(seed);
        let own = graph.ordered(view).filter(|(_, it)| it.op.author == member);
        own.map(|(_, node)| LastOp {
            seq: node.op.seq,
            id: node.place.op,
        })
        .max_by_key(|last| (last.seq, last.id))
    };
    let remove = |seed| OpBody::Remove {
        member: id_of(seed),
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
    let admit = |number| {
        let made = |joiner: &Rc<IdentityKey>| admission(group, &invite(number), joiner);
        OpBody::Admit(Box::new(JOINER.with(made)))
    };
    [
        remove(2),
        remove(4),
        OpBody::RevokeAdmin {
            member: id_of(3),
            cut: last(3),
        },
        OpBody::Checkpoint {
            heads: heads.to_vec(),
            roster_hash: state.roster_hash(),
        },
        OpBody::Leave { last: None },
        admit(1),
        admit(2),
        opens_another(group, author),
        OpBody::RevokeInvite {
            invite: invite(1).id(),
        },
        OpBody::Rename {
            name: "Others".into(),
        },
        OpBody::SetPolicy(Policy {
            invite: Role::Admin,
        }),
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
    let hostile = id_of(HOSTILE);
    let two_histories = graph.first_fork(&hostile, &all).is_some();
    assert!(two_histories || !state.forked);
    assert!(!state.forked || state.equivocators.iter().eq([&hostile]));
    if state.forked {
        return;
    }
    for (_, node) in graph.ordered(&all) {
        match &node.op.body {
            // Whom the creator removes is out, unless somebody with two histories said so.
            OpBody::Remove { member, .. } if node.op.author == id_of(1) => {
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

/// An op that somebody could write upon a view.
struct Draft {
    seed: u8,
    /// How many ops of its own the author has in that view.
    own: usize,
    signed: SignedOp,
}

/// Every op that anybody is entitled to write upon a view, knowing all of it and nothing else.
fn drafts(graph: &Graph, view: &OpSet, scope: Scope) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let state = evaluate(graph, view).unwrap();
    let heads = heads_of(graph, view);
    for seed in 1..=4 {
        let author = id_of(seed);
        let wishes = wishes(graph, view, author, &state, &heads);
        let own = graph.ordered(view).filter(|(_, it)| it.op.author == author);
        let last = own.clone().max_by_key(|(_, it)| (it.op.seq, it.place.op));
        for body in wishes.iter().filter(|it| scope.wishes.include(seed, it)) {
            let op = Op {
                group: state.group,
                author,
                seq: last.map_or(0, |(_, node)| node.op.seq + 1),
                prev: last.map(|(_, node)| node.place.op),
                deps: heads.clone(),
                body: body.clone(),
            };
            let signed = SignedOp::read(&unsigned_op(&op)).unwrap();
            if check(graph, view, &state, &signed).is_ok() {
                let own = own.clone().count();
                drafts.push(Draft { seed, own, signed });
            }
        }
    }
    drafts
}

/// A walk through all sets.
struct Walk {
    scope: Scope,
    /// The foundation, which everybody knows.
    base: Graph,
    /// What can be written upon a view, by the ids of the ops in it beyond the foundation.
    drafts: BTreeMap<Vec<OpId>, Rc<Vec<Draft>>>,
    /// Sets of each size, and the orders in which they were delivered.
    sets: Vec<u64>,
    orders: u64,
    /// Sets of which an evaluation went on from the one before.
    gone_on: u64,
}

impl Walk {
    fn drafts(&mut self, graph: &Graph, view: &OpSet) -> Rc<Vec<Draft>> {
        let scope = self.scope;
        let beyond = graph.ordered(view).skip(self.base.len());
        let ids: Vec<OpId> = beyond.map(|(_, node)| node.place.op).collect();
        // Upon the largest ones nobody comes back to.
        if ids.len() + 1 >= scope.most {
            return Rc::new(drafts(graph, view, scope));
        }
        let made = || Rc::new(drafts(graph, view, scope));
        Rc::clone(self.drafts.entry(ids).or_insert_with(made))
    }

    /// All sets that go on from one, whose ops beyond the foundation are these, in the common order.
    fn go_on(&mut self, graph: &Graph, known: &Evaluation, ops: &mut Vec<SignedOp>) {
        let all = graph.all();
        let last = graph.ordered(&all).last().map(|(_, node)| node.place);
        let own = |seed: u8| {
            let author = id_of(seed);
            let all = graph.ordered(&all);
            all.filter(|(_, it)| it.op.author == author).count()
        };
        let own: Vec<usize> = (0..=4).map(own).collect();
        for view in views(graph, self.base.len()) {
            for draft in self.drafts(graph, &view).iter() {
                // Who is honest knows what it wrote itself.
                let honest = draft.own == own[usize::from(draft.seed)];
                let hostile = self.scope.wishes != Wishes::Stays && draft.seed == HOSTILE;
                if !(honest || hostile) || Some(place_in(graph, &draft.signed)) <= last {
                    continue;
                }
                let mut grown = graph.clone();
                grown.add(draft.signed.clone());
                ops.push(draft.signed.clone());
                let known = self.look_at(&grown, known, ops);
                if ops.len() < self.scope.most {
                    self.go_on(&grown, &known, ops);
                }
                ops.pop();
            }
        }
    }

    fn look_at(&mut self, graph: &Graph, before: &Evaluation, ops: &[SignedOp]) -> Evaluation {
        let mut known = Evaluation::of(graph, &graph.all()).unwrap();
        let state = Arc::clone(known.state());
        keeps_the_rules(graph, &state);
        // Who goes on from the set before comes to the same.
        let mut further = before.clone();
        if further.go_on(graph, &graph.all()) {
            assert_eq!(*further.state(), state);
            known = further;
            self.gone_on += 1;
        }
        let mut delivered = 0;
        let mut check = |other: &Graph| {
            assert_eq!(evaluate(other, &other.all()).unwrap(), state);
            delivered += 1;
        };
        let mut left: Vec<&SignedOp> = ops.iter().collect();
        if ops.len() < self.scope.most || self.scope.largest_in_every_order {
            in_every_order(&self.base, &mut left, &mut check);
        } else {
            check(&grown_by(&self.base, left.iter().rev().copied()));
            for place in 0..left.len() {
                let end = left.remove(place);
                let is_end = left.iter().all(|op| op.parents().all(|id| *id != end.id));
                left.push(end);
                if is_end && place + 1 < left.len() {
                    check(&grown_by(&self.base, left.iter().copied()));
                }
                let end = left.pop().unwrap();
                left.insert(place, end);
            }
        }
        self.orders += delivered;
        self.sets[ops.len()] += 1;
        known
    }
}

fn place_in(graph: &Graph, signed: &SignedOp) -> Place {
    let depths = signed
        .parents()
        .map(|id| graph.by_id(id).unwrap().place.depth);
    Place {
        depth: depths.max().unwrap() + 1,
        op: signed.id,
    }
}

fn is_ready(graph: &Graph, signed: &SignedOp) -> bool {
    signed.parents().all(|id| graph.contains(id))
}

/// The graph and these ops, added in this order as far as their parents allow.
fn grown_by<'a>(graph: &Graph, ops: impl Iterator<Item = &'a SignedOp>) -> Graph {
    let mut graph = graph.clone();
    let mut waiting: Vec<&SignedOp> = ops.collect();
    while !waiting.is_empty() {
        let next = waiting.iter().position(|op| is_ready(&graph, op)).unwrap();
        graph.add(waiting.remove(next).clone());
    }
    graph
}

/// Adds ops to a graph in every order in which their parents come first.
fn in_every_order(graph: &Graph, left: &mut Vec<&SignedOp>, check: &mut impl FnMut(&Graph)) {
    if left.is_empty() {
        return check(graph);
    }
    for place in 0..left.len() {
        if is_ready(graph, left[place]) {
            let next = left.remove(place);
            let mut grown = graph.clone();
            grown.add(next.clone());
            in_every_order(&grown, left, check);
            left.insert(place, next);
        }
    }
}

#[test]
fn whatever_creator_admins_and_member_write_all_replicas_agree() {
    // Read when this is compiled: the core knows no environment.
    all_replicas_agree(asked(ALL, option_env!("MEMBERSHIP_ALL_OPS")));
}

#[test]
fn whoever_gives_and_takes_rights_all_replicas_agree() {
    all_replicas_agree(asked(WIDE, option_env!("MEMBERSHIP_WIDE_OPS")));
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
    let base = begin();
    let mut walk = Walk {
        scope,
        base: base.clone(),
        drafts: BTreeMap::new(),
        sets: vec![0; scope.most + 1],
        orders: 0,
        gone_on: 0,
    };
    let founded = Evaluation::of(&base, &base.all()).unwrap();
    walk.go_on(&base, &founded, &mut Vec::new());
    let Walk {
        sets,
        orders,
        gone_on,
        ..
    } = walk;
    println!(
        "sets by their number of ops: {sets:?}, delivered in {orders} orders, {gone_on} gone on to"
    );
    let seen: u64 = sets.iter().sum();
    assert!(seen > 500 && gone_on > 50, "only {seen}, {gone_on}");
}
