//! The frozen wire formats of the log and of invites: the same keys give the same bytes, and the bytes the same state.
//!
//! `vectors/membership.json` is what an implementation in another language is tested against. To write it anew after a
//! deliberate change of the wire: `WRITE_VECTORS=1 cargo test -p discordopus-core --test membership_vectors`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Write as _;

use discordopus_core::identity::{Card, IdentityKey, SignedCard};
use discordopus_core::ids::{ChainId, GroupId, Timestamp};
use discordopus_core::invite::{InviteKeys, JoinProof, Link};
use discordopus_core::membership::{
    Admission, Genesis, LastMessage, Log, NewInvite, OpBody, Policy,
};
use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;
#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

const FROZEN: &str = include_str!("vectors/membership.json");
const NOW: Timestamp = Timestamp(1_700_000_000_000);

fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn unhex(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap();
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

fn card(key: &IdentityKey, group: GroupId, name: &str) -> SignedCard {
    let mut olm = [0; 32];
    olm[0] = 9;
    let card = Card {
        group,
        ik: key.public(),
        olm,
        name: name.into(),
        created: NOW,
    };
    SignedCard::sign(&card, key)
}

/// One op of every kind, with the state after each.
fn written() -> Value {
    let [ada, ben, cyd] = [1, 2, 3].map(|seed| IdentityKey::from_seed(&[seed; 32]));
    let secret = [7; 32];
    let invite = InviteKeys::derive(&secret);
    let founder = card(&ada, Card::NO_GROUP, "Ada");
    let founder_hash = founder.hash();
    let genesis = Genesis::new("Friends", founder, [5; 32], Policy::default()).unwrap();
    let genesis_bytes = genesis.to_bytes();
    let (mut log, first) = Log::found(&ada, genesis).unwrap();
    let group = log.group();
    let mut ops = vec![("create", first)];
    let mut states = vec![state(&log)];
    let admit = |joiner: &IdentityKey, name| {
        let card = card(joiner, group, name);
        OpBody::Admit(Box::new(Admission {
            invite: invite.id(),
            proof: JoinProof::new(&group, &invite, &card, joiner, NOW),
            card,
            at: NOW.plus(1),
        }))
    };
    let end = NOW.plus(1_000_000);
    let opened = NewInvite::new(&invite, &group, &ada.member_id(), end, Some(5));
    let last = LastMessage {
        chain: ChainId([8; 32]),
        generation: 2,
        index: 17,
    };
    let steps: [(&str, &IdentityKey, OpBody); 7] = [
        ("invite", &ada, OpBody::Invite(opened)),
        ("admit", &ada, admit(&ben, "Ben")),
        ("admit", &ben, admit(&cyd, "Cyd")),
        (
            "rename",
            &ada,
            OpBody::Rename {
                name: "Best friends".into(),
            },
        ),
        (
            "revoke_invite",
            &ada,
            OpBody::RevokeInvite {
                invite: invite.id(),
            },
        ),
        ("leave", &cyd, OpBody::Leave { last: None }),
        (
            "remove",
            &ada,
            OpBody::Remove {
                member: ben.member_id(),
                cut: discordopus_core::membership::Cut::default(),
            },
        ),
    ];
    for (name, author, mut body) in steps {
        if let OpBody::Remove { member, cut } = &mut body {
            *cut = log.cut_for(member, Some(last));
        }
        let (_, bytes) = log.author(author, body).unwrap();
        ops.push((name, bytes));
        states.push(state(&log));
    }
    let link = Link {
        secret: zeroize::Zeroizing::new(secret),
        group,
        fingerprint: Link::fingerprint_of(&group, &founder_hash),
        group_name: "Friends".into(),
        inviter_name: "Ada".into(),
        expires: end,
        relays: vec!["wss://relay.example/mqtt".into()],
    };
    let ops: Vec<Value> = ops
        .iter()
        .zip(states)
        .map(|((name, bytes), after)| json!({ "kind": name, "op": hex(bytes), "after": after }))
        .collect();
    json!({
        "identity_seeds": { "Ada": hex([1; 32]), "Ben": hex([2; 32]), "Cyd": hex([3; 32]) },
        "members": { "Ada": hex(ada.member_id()), "Ben": hex(ben.member_id()), "Cyd": hex(cyd.member_id()) },
        "genesis": hex(genesis_bytes),
        "group_id": hex(group),
        "invite": {
            "secret": hex(secret),
            "ipk": hex(invite.public()),
            "id": hex(invite.id()),
            "mailbox": hex(invite.mailbox()),
        },
        "link": link.to_url("https://chat.example/"),
        "ops": ops,
    })
}

fn state(log: &Log) -> Value {
    json!({
        "heads": log.heads().iter().map(hex).collect::<Vec<_>>(),
        "heads_hash": hex(log.heads_hash()),
        "roster_hash": hex(log.state().roster_hash()),
        "members": log.state().members.keys().map(hex).collect::<Vec<_>>(),
        "name": log.state().name,
    })
}

#[test]
fn the_same_keys_write_the_same_bytes() {
    let written = written();
    #[cfg(not(target_arch = "wasm32"))]
    if std::env::var_os("WRITE_VECTORS").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/membership.json");
        let text = serde_json::to_string_pretty(&written).unwrap() + "\n";
        std::fs::write(path, text).unwrap();
        return;
    }
    let frozen: Value = serde_json::from_str(FROZEN).unwrap();
    assert_eq!(written, frozen);
}

#[test]
fn the_frozen_bytes_mean_what_they_meant() {
    let frozen: Value = serde_json::from_str(FROZEN).unwrap();
    let ops = frozen["ops"].as_array().unwrap();
    assert_eq!(ops.len(), 8);
    let mut log = Log::from_genesis_op(&unhex(&ops[0]["op"])).unwrap();
    assert_eq!(hex(log.group()), frozen["group_id"].as_str().unwrap());
    for op in ops {
        log.insert(&unhex(&op["op"])).unwrap();
        assert_eq!(state(&log), op["after"]);
    }
    assert_eq!(log.state().members.len(), 1);
    assert_eq!(log.state().former.len(), 2);
    let link = Link::parse(frozen["link"].as_str().unwrap(), NOW).unwrap();
    assert_eq!(link.group, log.group());
    let keys = InviteKeys::derive(&link.secret);
    assert_eq!(hex(keys.id()), frozen["invite"]["id"].as_str().unwrap());
    assert_eq!(
        hex(keys.mailbox()),
        frozen["invite"]["mailbox"].as_str().unwrap()
    );
    assert!(log.state().invites.contains_key(&keys.id()));
}
