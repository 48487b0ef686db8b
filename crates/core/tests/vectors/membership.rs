//! The genesis, every kind of op, and what sets of ops mean.

use discordopus_core::identity::Card;
use discordopus_core::ids::{ChainId, GroupId, MemberId, OpId};
use discordopus_core::invite::{InviteKeys, JoinProof};
use discordopus_core::io::Role;
use discordopus_core::membership::{
    Admission, Cut, Genesis, LastMessage, Log, NewInvite, OpBody, Policy, State, VoidReason,
    group_id,
};
use discordopus_core::wire::{self, SignatureBytes};
use serde_json::{Value, json};

use super::identity::{card, key};
use super::support::{NOW, compare, hex};

use discordopus_core::record;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// An op as it travels.
struct Envelope {
    content: Vec<u8>,
    signature: SignatureBytes,
}

record!(Envelope {
    content: bytes,
    signature
});

/// The group that all vectors are about, right after its foundation by Ada (seed 1).
pub(crate) fn founded() -> (Log, Genesis) {
    let founder = card(1, Card::NO_GROUP, "Ada");
    let genesis = Genesis::new("Friends", founder, [0x55; 32], Policy::default()).unwrap();
    let (log, _) = Log::found(&key(1), genesis.clone()).unwrap();
    (log, genesis)
}

/// The keys of an invite.
pub(crate) fn invite(number: u8) -> InviteKeys {
    InviteKeys::derive(&[number; 32])
}

pub(crate) fn write(log: &mut Log, seed: u8, body: OpBody) -> Vec<u8> {
    log.author(&key(seed), body).unwrap().1
}

fn opens(log: &mut Log, seed: u8, number: u8, max_uses: Option<u32>) -> Vec<u8> {
    let author = key(seed).member_id();
    let expires = NOW.plus(604_800_000);
    let new = NewInvite::new(&invite(number), &log.group(), &author, expires, max_uses);
    write(log, seed, OpBody::Invite(new))
}

fn admits(log: &mut Log, seed: u8, number: u8, joiner: u8, name: &str) -> Vec<u8> {
    let group = log.group();
    let card = card(joiner, group, name);
    let admission = Admission {
        invite: invite(number).id(),
        proof: JoinProof::new(&group, &invite(number), &card, &key(joiner), NOW),
        card,
        at: NOW.plus(1_000),
    };
    write(log, seed, OpBody::Admit(Box::new(admission)))
}

/// Ada, Ben (seed 2) and Cyd (seed 3), who came by invite 0x61; the log and its ops.
pub(crate) fn three() -> (Log, Vec<Vec<u8>>) {
    let (mut log, _) = founded();
    let ops = vec![
        log.genesis_op().unwrap().to_vec(),
        opens(&mut log, 1, 0x61, Some(2)),
        admits(&mut log, 1, 0x61, 2, "Ben"),
        admits(&mut log, 2, 0x61, 3, "Cyd"),
    ];
    (log, ops)
}

fn role(role: Role) -> u8 {
    match role {
        Role::Creator => 1,
        Role::Admin => 2,
        Role::Member => 3,
    }
}

fn ids(ids: &[OpId]) -> Vec<String> {
    ids.iter().map(|id| hex(id.0)).collect()
}

fn describe_state(log: &Log) -> Value {
    let state: &State = log.state();
    let member = |(id, info): (&MemberId, &discordopus_core::membership::MemberInfo)| {
        json!([hex(id.0), role(info.role), hex(info.card_hash)])
    };
    let void = |(id, reason): (&MemberId, &VoidReason)| json!([hex(id.0), format!("{reason:?}")]);
    let mut described = json!({
        "name": state.name,
        "members": state.members.iter().map(member).collect::<Vec<_>>(),
        "former": state.former.keys().map(|id| hex(id.0)).collect::<Vec<_>>(),
        "void": state.void.iter().map(void).collect::<Vec<_>>(),
        "roster_hash": hex(state.roster_hash()),
        "heads": ids(&log.heads()),
        "heads_hash": hex(log.heads_hash()),
    });
    if state.forked {
        described["forked"] = json!(true);
    }
    described
}

pub(crate) fn describe_op(what: &str, log: &Log, bytes: &[u8]) -> Value {
    let Envelope { content, signature } = wire::decode(bytes, 16 * 1024).unwrap();
    let id = OpId(wire::hash(wire::labels::OP, &[&content]));
    let op = log.op(&id).unwrap();
    json!({
        "what": what, "author": hex(op.author.0), "seq": op.seq, "prev": op.prev.map(|id| hex(id.0)),
        "deps": ids(&op.deps), "kind": op.body.kind() as u16, "content": hex(&content),
        "signature": hex(signature.0), "op": hex(bytes), "id": hex(id.0), "state": describe_state(log),
    })
}

/// Ops of every kind, one after the other.
fn every_kind() -> Vec<Value> {
    let (mut log, first) = three();
    let mut described = Vec::new();
    let mut replay: Option<Log> = None;
    for (what, bytes) in ["create", "invite", "admit", "admit by a member"]
        .into_iter()
        .zip(&first)
    {
        let log = match replay.as_mut() {
            None => replay.insert(Log::from_genesis_op(bytes).unwrap()),
            Some(log) => {
                log.insert(bytes).unwrap();
                log
            }
        };
        described.push(describe_op(what, log, bytes));
    }
    let ben = key(2).member_id();
    let revoked = invite(0x62).id();
    let last = |chain| LastMessage {
        chain: ChainId([chain; 32]),
        generation: 7,
        index: 41,
    };
    let mut step = |what: &str, work: &mut dyn FnMut(&mut Log) -> Vec<u8>| {
        let bytes = work(&mut log);
        described.push(describe_op(what, &log, &bytes));
    };
    step("rename", &mut |log| {
        let name = "Best friends".into();
        write(log, 1, OpBody::Rename { name })
    });
    step("invite without a limit", &mut |log| {
        opens(log, 2, 0x62, None)
    });
    step("revoke invite", &mut |log| {
        write(log, 2, OpBody::RevokeInvite { invite: revoked })
    });
    step("remove", &mut |log| {
        let cut = log.cut_for(&ben, Some(last(0x71)));
        write(log, 1, OpBody::Remove { member: ben, cut })
    });
    step("leave", &mut |log| {
        let last = Some(last(0x72));
        write(log, 3, OpBody::Leave { last })
    });
    described
}

/// The shortest bodies: a leaver that never wrote, a cut that leaves nothing (and so voids whom Ben let in).
fn shortest_bodies() -> Vec<Value> {
    let (mut log, _) = three();
    let ben = key(2).member_id();
    let leave = write(&mut log, 3, OpBody::Leave { last: None });
    let leave = describe_op("leave without a word", &log, &leave);
    let cut = Cut::default();
    let removal = write(&mut log, 1, OpBody::Remove { member: ben, cut });
    let removal = describe_op("remove with an empty cut", &log, &removal);
    vec![leave, removal]
}

pub(crate) fn merged(a: &Log, b: &Log) -> Value {
    let (mut left, mut right) = (a.clone(), b.clone());
    for op in b.all_ops() {
        left.insert(&op).unwrap();
    }
    for op in a.all_ops() {
        right.insert(&op).unwrap();
    }
    assert_eq!(left.state(), right.state());
    json!({
        "ops": left.all_ops().iter().map(hex).collect::<Vec<_>>(),
        "state": describe_state(&left),
    })
}

/// Things done at the same time by two who hadn't heard of each other.
fn concurrent() -> Value {
    let (three, _) = three();
    let mut open = three.clone();
    opens(&mut open, 1, 0x63, Some(1));
    let (mut ada, mut ben) = (open.clone(), open.clone());
    admits(&mut ada, 1, 0x63, 4, "Dan");
    admits(&mut ben, 2, 0x63, 5, "Eve");
    let two_for_one_use = merged(&ada, &ben);
    let (mut ada, mut ben) = (open.clone(), open.clone());
    let invite = invite(0x63).id();
    write(&mut ada, 1, OpBody::RevokeInvite { invite });
    admits(&mut ben, 2, 0x63, 5, "Eve");
    let revoked_meanwhile = merged(&ada, &ben);
    let (mut ada, mut ben) = (open.clone(), open);
    let member = key(2).member_id();
    let cut = ada.cut_for(&member, None);
    write(&mut ada, 1, OpBody::Remove { member, cut });
    admits(&mut ben, 2, 0x63, 5, "Eve");
    let sponsor_removed_meanwhile = merged(&ada, &ben);
    json!({
        "two admitted by one use": two_for_one_use,
        "revoked meanwhile": revoked_meanwhile,
        "sponsor removed meanwhile": sponsor_removed_meanwhile,
    })
}

#[test]
fn the_membership_log_is_frozen() {
    let (log, genesis) = founded();
    let bytes = genesis.to_bytes();
    assert_eq!(group_id(&bytes), log.group());
    let group: GroupId = log.group();
    let made = json!({
        "genesis": {
            "random": hex([0x55; 32]), "name": "Friends", "bytes": hex(&bytes), "group_id": hex(group.0),
        },
        "invite_secrets": [hex([0x61; 32]), hex([0x62; 32]), hex([0x63; 32])],
        "ops": every_kind(),
        "shortest": shortest_bodies(),
        "concurrent": concurrent(),
        "authority": {
            "ops": super::authority::one_after_the_other(),
            "concurrent": super::authority::concurrent(),
        },
    });
    compare("membership.json", include_str!("membership.json"), &made);
}
