//! What must be refused, and change nothing.

use ed25519_dalek::SigningKey;

use super::cast::{Replica, admission, card, invite, key, three};
use crate::identity::IdentityKey;
use crate::ids::{GroupId, MemberId, OpId};
use crate::membership::entitle::check;
use crate::membership::op::SignedOp;
use crate::membership::{
    Admission, Denied, Genesis, Inserted, Log, MAX_HELD_BYTES, MAX_HELD_OPS, MAX_OPS_PER_MEMBER,
    NewInvite, OpBody, OpError, OpKind, Policy, ReadOpError, RestoreError,
};
use crate::record;
use crate::test_attr::test;
use crate::wire::{self, DecodeError, SignatureBytes, labels, limits};

/// An op's fields, free to be wrong.
#[derive(Clone)]
struct Forged {
    version: u32,
    group: GroupId,
    author: MemberId,
    seq: u32,
    prev: Option<OpId>,
    deps: Vec<OpId>,
    kind: u16,
    body: Vec<u8>,
}

record!(Forged {
    version,
    group,
    author,
    seq,
    prev,
    deps,
    kind,
    body: bytes
});

struct Sealed {
    content: Vec<u8>,
    signature: SignatureBytes,
}

record!(Sealed {
    content: bytes,
    signature
});

fn seal(content: Vec<u8>, signer: &SigningKey) -> Vec<u8> {
    let signature = wire::sign(signer, labels::OP_SIGN, &content);
    wire::encode(&Sealed { content, signature })
}

impl Forged {
    /// What the author could honestly write next.
    fn next(replica: &Replica, body: &OpBody) -> Self {
        let last = replica.log.cut_for(&replica.id(), None).op;
        Self {
            version: 1,
            group: replica.log.group(),
            author: replica.id(),
            seq: last.map_or(0, |last| last.seq + 1),
            prev: last.map(|last| last.id),
            deps: replica.log.heads(),
            kind: body.kind() as u16,
            body: body.to_bytes(),
        }
    }

    fn sign(&self, key: &IdentityKey) -> Vec<u8> {
        seal(wire::encode(self), key.signing_key())
    }
}

/// The op is refused for this reason, and nothing changed.
fn refused(replica: &mut Replica, bytes: &[u8], because: OpError) {
    let before = (replica.log.state().clone(), replica.log.heads());
    assert_eq!(replica.log.insert(bytes), Err(because));
    assert_eq!((replica.log.state().clone(), replica.log.heads()), before);
    assert!(replica.log.missing().is_empty());
}

fn decode_error(error: DecodeError) -> OpError {
    OpError::Read(ReadOpError::Decode(error))
}

fn rename() -> OpBody {
    OpBody::Rename {
        name: "Foes".into(),
    }
}

#[test]
fn what_the_forger_writes_honestly_is_taken() {
    let (mut ada, _, _) = three();
    let bytes = Forged::next(&ada, &rename()).sign(&ada.key);
    assert!(matches!(
        ada.log.insert(&bytes),
        Ok(Inserted::New { applied }) if applied.len() == 1
    ));
    assert_eq!(ada.log.state().name, "Foes");
    assert_eq!(ada.log.insert(&bytes), Ok(Inserted::Duplicate));
}

#[test]
fn oversize_truncated_and_trailing_bytes_are_refused() {
    let (mut ada, _, _) = three();
    let good = Forged::next(&ada, &rename()).sign(&ada.key);
    let mut trailing = good.clone();
    trailing.push(0);
    refused(&mut ada, &trailing, decode_error(DecodeError::Trailing));
    for end in 0..good.len() {
        let error = ada.log.insert(&good[..end]).unwrap_err();
        assert!(matches!(error, OpError::Read(_)), "{end}: {error}");
    }
    let oversize = vec![0; limits::MAX_OP + 1];
    refused(&mut ada, &oversize, decode_error(DecodeError::TooLarge));
    // The content may not trail either.
    let mut content = wire::encode(&Forged::next(&ada, &rename()));
    content.push(0);
    let bytes = seal(content, ada.key.signing_key());
    refused(&mut ada, &bytes, decode_error(DecodeError::Trailing));
    let mut forged = Forged::next(&ada, &rename());
    forged.body.push(0);
    let bytes = forged.sign(&ada.key);
    refused(&mut ada, &bytes, decode_error(DecodeError::Trailing));
}

#[test]
fn any_changed_byte_spoils_an_op() {
    let (mut ada, _, _) = three();
    let good = Forged::next(&ada, &rename()).sign(&ada.key);
    let before = ada.log.state().clone();
    for position in 0..good.len() {
        let mut changed = good.clone();
        changed[position] ^= 1;
        let result = ada.log.insert(&changed);
        // A changed dependency can only be seen to be wrong if its author is known, as here.
        assert!(result.is_err(), "byte {position}: {result:?}");
    }
    assert_eq!(*ada.log.state(), before);
}

#[test]
fn an_unknown_version_or_kind_is_refused_as_such() {
    let (mut ada, _, _) = three();
    let good = Forged::next(&ada, &rename());
    let bytes = Forged {
        version: 2,
        ..good.clone()
    }
    .sign(&ada.key);
    refused(&mut ada, &bytes, decode_error(DecodeError::UnknownVersion));
    // Also when the rest looks different.
    let content = minicbor::to_vec((2_u32, "something else")).unwrap();
    let bytes = seal(content, ada.key.signing_key());
    refused(&mut ada, &bytes, decode_error(DecodeError::UnknownVersion));
    for kind in [
        0,
        OpKind::Rename as u16 + 1,
        OpKind::GrantAdmin as u16 - 1,
        OpKind::SetPolicy as u16 + 1,
        u16::MAX,
    ] {
        let bytes = Forged {
            kind,
            ..good.clone()
        }
        .sign(&ada.key);
        let because = OpError::Read(ReadOpError::UnsupportedKind(kind));
        refused(&mut ada, &bytes, because);
    }
}

#[test]
fn dependencies_are_sorted_few_and_never_absent() {
    let (mut ada, mut ben, mut cyd) = three();
    ben.invites(2, None);
    cyd.invites(3, None);
    ada.hears(&ben);
    ada.hears(&cyd);
    let good = Forged::next(&ada, &rename());
    assert_eq!(good.deps.len(), 2);
    let with = |deps: Vec<OpId>| Forged {
        deps,
        ..good.clone()
    };
    let [low, high] = [good.deps[0], good.deps[1]];
    let many = (0..33).map(|number| OpId([number; 32])).collect();
    for deps in [vec![high, low], vec![low, low], vec![], many] {
        let bytes = with(deps).sign(&ada.key);
        refused(&mut ada, &bytes, decode_error(DecodeError::Invalid));
    }
    let bytes = with(vec![low]).sign(&ada.key);
    assert!(matches!(ada.log.insert(&bytes), Ok(Inserted::New { .. })));
}

#[test]
fn an_op_of_another_group_is_refused() {
    let (mut ada, _, _) = three();
    let elsewhere = card(&ada.key, crate::identity::Card::NO_GROUP, "Ada");
    let genesis = Genesis::new("Others", elsewhere, [6; 32], Policy::default()).unwrap();
    let (mut other, genesis_op) = Log::found(&ada.key, genesis).unwrap();
    refused(&mut ada, &genesis_op, OpError::ForeignGroup);
    let (_, bytes) = other.author(&ada.key, rename()).unwrap();
    refused(&mut ada, &bytes, OpError::ForeignGroup);
    // Even with the fields of this group: whose signature covers another group's id.
    let mut moved = Forged::next(&ada, &rename());
    moved.group = other.group();
    let signature = {
        let sealed: Sealed = wire::decode(&moved.sign(&ada.key), limits::MAX_OP).unwrap();
        sealed.signature
    };
    moved.group = ada.log.group();
    let bytes = wire::encode(&Sealed {
        content: wire::encode(&moved),
        signature,
    });
    refused(&mut ada, &bytes, OpError::Signature);
}

#[test]
fn an_op_signed_by_somebody_else_is_refused() {
    let (mut ada, ben, _) = three();
    let bytes = Forged::next(&ada, &rename()).sign(&ben.key);
    refused(&mut ada, &bytes, OpError::Signature);
    // Under another label, with the right key.
    let content = wire::encode(&Forged::next(&ada, &rename()));
    let signature = wire::sign(ada.key.signing_key(), labels::CARD_SIGN, &content);
    let bytes = wire::encode(&Sealed { content, signature });
    refused(&mut ada, &bytes, OpError::Signature);
}

#[test]
fn a_wrong_number_or_predecessor_is_refused() {
    let (mut ada, mut ben, _) = three();
    ben.invites(2, None);
    ada.hears(&ben);
    let good = Forged::next(&ada, &rename());
    let bens = ben.log.cut_for(&ben.id(), None).op.unwrap();
    let sequence = [
        Forged {
            seq: good.seq + 1,
            ..good.clone()
        },
        Forged {
            seq: good.seq - 1,
            ..good.clone()
        },
        Forged {
            seq: bens.seq + 1,
            prev: Some(bens.id),
            ..good.clone()
        },
    ];
    for forged in sequence {
        let bytes = forged.sign(&ada.key);
        refused(&mut ada, &bytes, OpError::Sequence);
    }
    let form = [
        Forged {
            seq: 0,
            ..good.clone()
        },
        Forged {
            prev: None,
            ..good.clone()
        },
        Forged {
            seq: crate::membership::MAX_OPS_PER_AUTHOR,
            ..good.clone()
        },
    ];
    for forged in form {
        let bytes = forged.sign(&ada.key);
        refused(&mut ada, &bytes, decode_error(DecodeError::Invalid));
    }
}

#[test]
fn an_op_by_somebody_who_is_not_in_its_past_is_refused() {
    let (mut ada, mut ben, _) = three();
    let stranger = Replica {
        key: std::rc::Rc::new(key(9)),
        log: ada.log.clone(),
    };
    let bytes = Forged::next(&stranger, &rename()).sign(&stranger.key);
    refused(&mut ada, &bytes, OpError::Denied(Denied::NotMember));
    // Ben's first op, hung on to a point where nobody had let Ben in yet.
    let genesis_id = ada.log.vector().first().map(|_| first_op_id(&ada.log));
    let mut early = Forged::next(&ben, &OpBody::Leave { last: None });
    early.deps = vec![genesis_id.unwrap()];
    let bytes = early.sign(&ben.key);
    refused(&mut ada, &bytes, OpError::Denied(Denied::NotMember));
    refused(&mut ben, &bytes, OpError::Denied(Denied::NotMember));
}

/// An op by which the founder begins its chain once more.
pub(super) fn second_first_op(founder: &Replica, body: OpBody) -> Vec<u8> {
    Forged {
        seq: 0,
        prev: None,
        ..Forged::next(founder, &body)
    }
    .sign(&founder.key)
}

fn first_op_id(log: &Log) -> OpId {
    let sealed: Sealed = wire::decode(log.genesis_op().unwrap(), limits::MAX_OP).unwrap();
    OpId(wire::hash(labels::OP, &[&sealed.content]))
}

#[test]
fn what_one_is_not_entitled_to_is_refused_from_others_too() {
    let (mut ada, ben, cyd) = three();
    let cut = ada.log.cut_for(&cyd.id(), None);
    let remove = |member| OpBody::Remove { member, cut };
    for body in [rename(), remove(cyd.id()), remove(ada.id())] {
        let bytes = Forged::next(&ben, &body).sign(&ben.key);
        refused(&mut ada, &bytes, OpError::Denied(Denied::Role));
    }
    let bytes = Forged::next(&ada, &OpBody::Leave { last: None }).sign(&ada.key);
    refused(
        &mut ada,
        &bytes,
        OpError::Denied(Denied::CreatorCannotLeave),
    );
    let mut stolen = admission(ada.log.group(), &invite(1), &key(5));
    stolen.proof = admission(ada.log.group(), &invite(1), &key(4)).proof;
    let bytes = Forged::next(&ben, &OpBody::Admit(Box::new(stolen))).sign(&ben.key);
    refused(&mut ada, &bytes, OpError::Denied(Denied::Proof));
}

#[test]
fn a_card_for_another_group_is_refused() {
    let (mut ada, ben, _) = three();
    let elsewhere = GroupId([7; 32]);
    let joiner: Admission = admission(elsewhere, &invite(1), &key(4));
    let bytes = Forged::next(&ben, &OpBody::Admit(Box::new(joiner))).sign(&ben.key);
    refused(&mut ada, &bytes, OpError::Read(ReadOpError::Card));
}

struct ForgedInvite {
    ipk: [u8; 32],
    join_box: [u8; 32],
    mailbox: [u8; 16],
    role: u8,
    expires: u64,
    max_uses: Option<u32>,
    approval: bool,
    proof: SignatureBytes,
}

record!(ForgedInvite {
    ipk: bytes,
    join_box: bytes,
    mailbox: bytes,
    role,
    expires,
    max_uses,
    approval,
    proof,
});

#[test]
fn invites_for_other_roles_or_no_uses_are_refused() {
    let (mut ada, _, _) = three();
    let group = ada.log.group();
    let new = NewInvite::new(&invite(2), &group, &ada.id(), super::cast::END, None);
    let fields = || wire::decode::<ForgedInvite>(&wire::encode(&new), limits::MAX_OP).unwrap();
    let mut forge = |invite: ForgedInvite, because| {
        let mut forged = Forged::next(&ada, &OpBody::Invite(new.clone()));
        forged.body = wire::encode(&invite);
        let bytes = forged.sign(&ada.key);
        refused(&mut ada, &bytes, because);
    };
    let unsupported = OpError::Read(ReadOpError::Unsupported);
    for role in [0, 1, 2, 4] {
        forge(ForgedInvite { role, ..fields() }, unsupported);
    }
    forge(
        ForgedInvite {
            max_uses: Some(0),
            ..fields()
        },
        decode_error(DecodeError::Invalid),
    );
}

#[test]
fn only_a_genesis_begins_a_log() {
    let (mut ada, _, _) = three();
    let bytes = Forged::next(&ada, &rename()).sign(&ada.key);
    assert_eq!(Log::from_genesis_op(&bytes).unwrap_err(), OpError::Sequence);
    let genesis_op = ada.log.genesis_op().unwrap().to_vec();
    let sealed: Sealed = wire::decode(&genesis_op, limits::MAX_OP).unwrap();
    let forged = seal(sealed.content, key(2).signing_key());
    assert_eq!(
        Log::from_genesis_op(&forged).unwrap_err(),
        OpError::Signature
    );
    // The genesis once more, later in the creator's chain.
    let mut again = Forged::next(&ada, &rename());
    again.kind = OpKind::Create as u16;
    let first: Forged = {
        let sealed: Sealed = wire::decode(&genesis_op, limits::MAX_OP).unwrap();
        wire::decode(&sealed.content, limits::MAX_OP).unwrap()
    };
    again.body = first.body.clone();
    let bytes = again.sign(&ada.key);
    refused(&mut ada, &bytes, decode_error(DecodeError::Invalid));
    // By somebody else than its card says.
    let taken_over = Forged {
        author: key(2).member_id(),
        ..first
    };
    assert_eq!(
        Log::from_genesis_op(&taken_over.sign(&key(2))).unwrap_err(),
        decode_error(DecodeError::Invalid)
    );
}

#[test]
fn what_waits_for_others_is_bounded() {
    let (mut ada, _, _) = three();
    let mut forged = Forged::next(&ada, &rename());
    forged.author = key(9).member_id();
    let mut held = 0;
    let refusal = loop {
        let mut missing = [0xee; 32];
        missing[..4].copy_from_slice(&u32::to_be_bytes(held));
        forged.deps = vec![OpId(missing)];
        match ada.log.insert(&forged.sign(&key(9))) {
            Ok(Inserted::Held) => held += 1,
            other => break other,
        }
    };
    assert_eq!(refusal, Err(OpError::TooManyHeld));
    assert_eq!(held as usize, MAX_HELD_OPS);
    assert_eq!(ada.log.missing().len(), MAX_HELD_OPS);
    // One author's ops keep nobody else's out.
    let (_, _, mut cyd) = three();
    cyd.invites(50, None);
    let second = cyd.invites(51, None);
    let bytes = cyd.log.op_bytes(&second).unwrap();
    assert_eq!(ada.log.insert(bytes), Ok(Inserted::Held));
    // Ops whose past is complete still come in.
    ada.write(rename()).unwrap();
    let (mut ben, _, _) = three();
    ben.hears(&ada);
}

#[test]
fn authors_that_somebody_makes_up_keep_no_members_op_out() {
    let (mut ada, _, mut cyd) = three();
    cyd.invites(50, None);
    let waits = cyd.invites(51, None);
    let bytes = cyd.log.op_bytes(&waits).unwrap();
    assert_eq!(ada.log.insert(bytes), Ok(Inserted::Held));
    let mut forged = Forged::next(&ada, &rename());
    forged.deps = vec![OpId([0xee; 32])];
    let mut refused = 0;
    for number in 0..MAX_HELD_OPS as u32 + 500 {
        let mut nobody = [0; 32];
        nobody[..4].copy_from_slice(&u32::to_be_bytes(number));
        forged.author = MemberId(nobody);
        refused += usize::from(ada.log.insert(&forged.sign(&key(9))).is_err());
    }
    assert_eq!(refused, 501);
    assert_eq!(ada.log.insert(bytes), Ok(Inserted::Duplicate), "it waits");
    // And what comes now has room.
    cyd.invites(52, None);
    let last = cyd.invites(53, None);
    let bytes = cyd.log.op_bytes(&last).unwrap();
    assert_eq!(ada.log.insert(bytes), Ok(Inserted::Held));
    ada.hears(&cyd);
    assert!(ada.log.contains(&last));
}

#[test]
fn a_plain_member_writes_a_thousand_ops_and_then_can_only_leave() {
    let (mut ada, ben, _) = three();
    let opens = OpBody::Invite(NewInvite::new(
        &invite(60),
        &ada.log.group(),
        &ben.id(),
        super::cast::END,
        None,
    ));
    // The rule looks at the number alone, so nobody has to write them all here.
    let judged = |ada: &Replica, body: &OpBody| {
        let forged = Forged {
            author: ben.id(),
            seq: MAX_OPS_PER_MEMBER,
            prev: Some(OpId([1; 32])),
            ..Forged::next(ada, body)
        };
        let signed = SignedOp::read(&forged.sign(&ben.key)).unwrap();
        check(
            &ada.log.graph,
            &ada.log.graph.all(),
            ada.log.state(),
            &signed,
        )
    };
    assert_eq!(judged(&ada, &opens), Err(Denied::TooMany));
    assert_eq!(judged(&ada, &OpBody::Leave { last: None }), Ok(()));
    ada.grants(2);
    assert_eq!(judged(&ada, &opens), Ok(()));
}

#[test]
fn the_bytes_that_wait_are_bounded() {
    let (mut ada, _, _) = three();
    let forged = Forged::next(&ada, &rename());
    let large = Forged {
        author: key(9).member_id(),
        deps: (0..32).map(|number| OpId([number; 32])).collect(),
        ..forged
    };
    // Large ops that are well-formed: an admission can't be, so take a genesis' worth of dependencies.
    let mut bytes = 0;
    let mut seq = 1;
    loop {
        let op = Forged {
            seq,
            prev: Some(OpId([seq as u8; 32])),
            ..large.clone()
        }
        .sign(&key(9));
        match ada.log.insert(&op) {
            Ok(Inserted::Held) => bytes += op.len(),
            other => break assert_eq!(other, Err(OpError::TooManyHeld)),
        }
        seq += 1;
    }
    assert!(bytes <= MAX_HELD_BYTES);
}

#[test]
fn a_copy_with_a_bad_signature_keeps_no_op_out() {
    let (mut ada, mut ben, _) = three();
    ada.admits(1, 4);
    let mut dan = ada.fork(4);
    dan.invites(2, None);
    dan.invites(3, None);
    let ops = dan.log.newer_than(&ben.log.vector(), usize::MAX);
    let [admit, first, second] = ops.as_slice() else {
        panic!("{}", ops.len())
    };
    // Nobody knows Dan's key yet, so the junk is held beside the real op.
    let mut junk: Sealed = wire::decode(second, limits::MAX_OP).unwrap();
    junk.signature.0[10] ^= 1;
    assert_eq!(ben.log.insert(&wire::encode(&junk)), Ok(Inserted::Held));
    assert_eq!(ben.log.insert(second), Ok(Inserted::Held));
    assert_eq!(ben.log.insert(second), Ok(Inserted::Duplicate));
    assert_eq!(ben.log.insert(first), Ok(Inserted::Held));
    assert_eq!(ben.log.missing(), ada.log.heads());
    assert!(matches!(
        ben.log.insert(admit),
        Ok(Inserted::New { applied }) if applied.len() == 3
    ));
    assert_eq!(ben.log.heads(), dan.log.heads());
    assert!(ben.log.missing().is_empty());
}

#[test]
fn a_stored_log_with_a_gap_or_without_its_genesis_is_not_restored() {
    let (ada, _, _) = three();
    let ops = ada.log.all_ops();
    let restored = Log::restore_own(ops.iter().rev()).unwrap();
    assert_eq!(restored.state(), ada.log.state());
    assert_eq!(restored.heads(), ada.log.heads());
    let gap = [&ops[0], &ops[1], &ops[3]];
    assert_eq!(Log::restore_own(gap).unwrap_err(), RestoreError::Gap);
    assert_eq!(
        Log::restore_own(&ops[1..]).unwrap_err(),
        RestoreError::NoGenesis
    );
    let mut damaged = ops.clone();
    damaged[2].pop();
    assert!(matches!(
        Log::restore_own(damaged),
        Err(RestoreError::Op(OpError::Read(_)))
    ));
}

#[test]
fn a_log_that_somebody_sends_is_checked_op_by_op() {
    let (mut ada, ben, _) = three();
    ada.invites(9, None);
    let mut ops = ada.log.all_ops();
    // In any order, but whole.
    ops.reverse();
    assert_eq!(Log::receive(&ops).unwrap().state(), ada.log.state());
    for missing in 0..ops.len() - 1 {
        let mut some = ops.clone();
        some.remove(missing + 1);
        assert!(Log::receive(&some).is_err(), "without {missing}");
    }
    // What storage would be trusted with: an op in the creator's name, signed by somebody else.
    let body = OpBody::Admit(Box::new(admission(ada.log.group(), &invite(9), &key(4))));
    let content = wire::encode(&Forged::next(&ada, &body));
    ops.push(seal(content.clone(), ben.key.signing_key()));
    assert!(Log::restore_own(&ops).is_ok());
    let error = RestoreError::Op(OpError::Signature);
    assert_eq!(Log::receive(&ops).unwrap_err(), error);
    ops.pop();
    ops.push(seal(content, ada.key.signing_key()));
    assert!(Log::receive(&ops).is_ok());
    // And one that its author had no right to.
    ops.push(Forged::next(&ben, &rename()).sign(&ben.key));
    let error = RestoreError::Op(OpError::Denied(Denied::Role));
    assert_eq!(Log::receive(&ops).unwrap_err(), error);
}
