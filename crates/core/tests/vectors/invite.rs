//! Invite secrets, links, join proofs, sealed requests.

use discordopus_core::invite::{
    InviteKeys, JoinProof, JoinRequest, Link, open_join_request, seal_join_request,
};
use discordopus_core::wire::{self, labels};
use serde_json::json;
use zeroize::Zeroizing;

use super::identity::{card, key, prekeys};
use super::membership::founded;
use super::support::{FixedRng, NOW, compare, hex};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn invites_are_frozen() {
    let secret = [0x61; 32];
    let keys = InviteKeys::derive(&secret);
    let group = founded().0.group();
    let inviter = card(1, discordopus_core::identity::Card::NO_GROUP, "Ada");
    let link = Link {
        secret: Zeroizing::new(secret),
        group,
        fingerprint: Link::fingerprint_of(&group, &inviter.hash()),
        group_name: "Friends".into(),
        inviter_name: "Ada".into(),
        expires: NOW.plus(604_800_000),
        relays: vec!["wss://relay.example/mqtt".into()],
    };
    let url = link.to_url("https://chat.example/");
    assert_eq!(Link::parse(&url, NOW), Ok(link.clone()));

    let joiner = card(2, group, "Ben");
    let proof = JoinProof::new(&group, &keys, &joiner, &key(2), NOW);
    let asked = NOW.0.to_be_bytes();
    let statement: [&[u8]; 4] = [&group.0, &keys.id().0, &joiner.hash(), &asked];
    let request = JoinRequest::new(joiner.clone(), prekeys(2, group, Vec::new()), proof.clone());
    let salt = [0x5a; 16];
    let frame = seal_join_request(keys.join_box(), &request, &mut FixedRng(salt.to_vec())).unwrap();
    let opened = open_join_request(keys.join_box(), &frame[1..]).unwrap();
    assert_eq!(opened, request);
    assert!(opened.verify(&group, &keys.public()).is_ok());
    let join_box: [u8; 32] = *wire::expand::<32>(
        &wire::extract(labels::INVITE, &secret),
        labels::JOIN_BOX,
        &[],
    );
    let derived = wire::expand::<44>(&join_box, labels::JOIN_REQUEST_KEY, &[&salt]);
    let made = json!({
        "keys": {
            "secret": hex(secret), "extracted": hex(wire::extract(labels::INVITE, &secret).as_slice()),
            "ipk": hex(keys.public()), "invite_id": hex(keys.id().0), "join_box": hex(join_box),
            "mailbox": hex(keys.mailbox().0), "topic": keys.mailbox().topic(),
        },
        "link": {
            "group": hex(group.0), "inviter_card_hash": hex(inviter.hash()), "fingerprint": hex(link.fingerprint),
            "group_name": link.group_name, "inviter_name": link.inviter_name, "expires": link.expires.0,
            "relays": link.relays, "code": link.to_code().as_str(), "url": url,
        },
        "proof": {
            "joiner_seed": hex([2; 32]), "card_hash": hex(joiner.hash()), "asked": NOW.0,
            "statement": hex(statement.concat()), "bytes": hex(wire::encode(&proof)),
        },
        "request": {
            "plaintext": hex(wire::encode(&request)), "salt": hex(salt), "key": hex(&derived[..32]),
            "nonce": hex(&derived[32..]), "frame": hex(&frame),
        },
    });
    compare("invite.json", include_str!("invite.json"), &made);
}
