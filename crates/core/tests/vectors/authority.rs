//! Ops of the creator and of admins, and what they mean beside each other.

use discordopus_core::ids::OpId;
use discordopus_core::invite::JoinProof;
use discordopus_core::io::Role;
use discordopus_core::membership::{Admission, Log, NewInvite, OpBody, Policy, Verdict};
use serde_json::{Value, json};

use super::identity::{card, key};
use super::membership::{describe_op, invite, merged, three, write};
use super::support::NOW;

fn vouched(log: &Log, seed: u8) -> discordopus_core::membership::Vouched {
    log.vouched(&key(seed).member_id()).unwrap()
}

fn rename(name: &str) -> OpBody {
    OpBody::Rename { name: name.into() }
}

fn removal(log: &Log, seed: u8) -> OpBody {
    let member = key(seed).member_id();
    let cut = log.cut_for(&member, None);
    OpBody::Remove { member, cut }
}

fn last_op(log: &Log, seed: u8) -> OpId {
    let last = log.cut_for(&key(seed).member_id(), None).op;
    last.unwrap().id
}

fn admission(log: &Log, number: u8, joiner: u8, name: &str) -> OpBody {
    let group = log.group();
    let card = card(joiner, group, name);
    OpBody::Admit(Box::new(Admission {
        invite: invite(number).id(),
        proof: JoinProof::new(&group, &invite(number), &card, &key(joiner), NOW),
        card,
        at: NOW.plus(1_000),
    }))
}

/// One after the other: an admin at work, its end, and the group in other hands.
pub(crate) fn one_after_the_other() -> Vec<Value> {
    let (mut log, _) = three();
    let mut described = Vec::new();
    let mut step = |what: &str, seed: u8, body: &dyn Fn(&Log) -> OpBody| {
        let body = body(&log);
        let bytes = write(&mut log, seed, body);
        described.push(describe_op(what, &log, &bytes));
    };
    step("grant admin", 1, &|log| OpBody::GrantAdmin(vouched(log, 2)));
    step("rename by an admin", 2, &|_| rename("By an admin"));
    step("set policy", 1, &|_| {
        OpBody::SetPolicy(Policy {
            invite: Role::Admin,
        })
    });
    step("invite with approval", 2, &|log| {
        let expires = NOW.plus(604_800_000);
        let author = key(2).member_id();
        let new = NewInvite::new(&invite(0x63), &log.group(), &author, expires, None);
        OpBody::Invite(new.with_approval())
    });
    step("admit by an admin", 2, &|log| {
        admission(log, 0x63, 4, "Dan")
    });
    step("checkpoint", 1, &|log| {
        log.checkpoint(&key(1).member_id()).unwrap()
    });
    step("remove by an admin", 2, &|log| removal(log, 4));
    step("ruling: void", 1, &|log| OpBody::Ruling {
        op: last_op(log, 2),
        verdict: Verdict::Void,
    });
    step("ruling: uphold", 1, &|log| OpBody::Ruling {
        op: last_op(log, 2),
        verdict: Verdict::Uphold,
    });
    step("revoke admin", 1, &|log| OpBody::RevokeAdmin {
        member: key(2).member_id(),
        cut: log.cut_for(&key(2).member_id(), None).op,
    });
    step("transfer creator", 1, &|log| {
        OpBody::TransferCreator(vouched(log, 3))
    });
    step("grant by the new creator", 3, &|log| {
        OpBody::GrantAdmin(vouched(log, 2))
    });
    step("leave by the founder", 1, &|_| OpBody::Leave { last: None });
    described
}

/// At the same time, by people that hadn't heard of each other.
pub(crate) fn concurrent() -> Value {
    let (three, _) = three();
    let mut begun = three;
    let grant = OpBody::GrantAdmin(vouched(&begun, 2));
    write(&mut begun, 1, grant);
    let case = |work: &dyn Fn(&mut Log, &mut Log)| {
        let (mut ada, mut ben) = (begun.clone(), begun.clone());
        work(&mut ada, &mut ben);
        merged(&ada, &ben)
    };
    let revoked = case(&|ada, ben| {
        let (member, cut) = (key(2).member_id(), None);
        write(ada, 1, OpBody::RevokeAdmin { member, cut });
        write(ben, 2, rename("Mine"));
    });
    let checkpoint = case(&|ada, ben| {
        let body = ada.checkpoint(&key(1).member_id()).unwrap();
        write(ada, 1, body);
        let body = removal(ben, 3);
        write(ben, 2, body);
    });
    let granted = case(&|ada, ben| {
        let body = OpBody::GrantAdmin(vouched(ada, 3));
        write(ada, 1, body);
        let body = removal(ben, 3);
        write(ben, 2, body);
    });
    let left = case(&|ada, ben| {
        let body = OpBody::TransferCreator(vouched(ada, 2));
        write(ada, 1, body);
        write(ben, 2, OpBody::Leave { last: None });
    });
    let forked = case(&|ada, other| {
        let body = removal(ada, 3);
        write(ada, 1, body);
        let body = OpBody::TransferCreator(vouched(other, 2));
        write(other, 1, body);
    });
    json!({
        "admin revoked with an empty cut meanwhile": revoked,
        "removal beside a checkpoint": checkpoint,
        "removal beside a grant": granted,
        "handed over to somebody who left meanwhile": left,
        "two histories of the creator": forked,
    })
}
