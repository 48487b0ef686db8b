//! Member ids, cards, prekeys, names, safety numbers.

use discordopus_core::identity::{
    Card, IdentityKey, OneTimeKey, Prekeys, Profile, SignedCard, SignedPrekeys, SignedProfile,
    approval_code, clean_name, safety_number,
};
use discordopus_core::ids::{GroupId, Mailbox, MemberId};
use discordopus_core::wire;
use hpke::{Kem, Serializable, kem::XWing};
use serde_json::{Value, json};

use super::support::{NOW, compare, hex};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// A member's identity key.
pub(crate) fn key(seed: u8) -> IdentityKey {
    IdentityKey::from_seed(&[seed; 32])
}

/// A member's card.
pub(crate) fn card(seed: u8, group: GroupId, name: &str) -> SignedCard {
    let card = Card {
        group,
        ik: key(seed).public(),
        olm: [0x09; 32],
        name: name.into(),
        created: NOW,
    };
    SignedCard::sign(&card, &key(seed))
}

/// The public X-Wing key of a private key.
pub(crate) fn xwing_public(secret: &[u8; 32]) -> Vec<u8> {
    use hpke::Deserializable;
    let secret = <XWing as Kem>::PrivateKey::from_bytes(secret).unwrap();
    XWing::sk_to_pk(&secret).to_bytes().to_vec()
}

/// A member's prekeys.
pub(crate) fn prekeys(seed: u8, group: GroupId, one_time: Vec<OneTimeKey>) -> SignedPrekeys {
    let prekeys = Prekeys {
        group,
        member: key(seed).member_id(),
        seq: 300,
        xwing: xwing_public(&[seed; 32]),
        olm_fallback: [0x0b; 32],
        one_time,
        mailbox: Mailbox([seed; 16]),
        relays: vec!["wss://relay.example/mqtt".into()],
        expires: NOW.plus(1_209_600_000),
    };
    SignedPrekeys::sign(&prekeys, &key(seed))
}

/// A member's profile.
pub(crate) fn profile(
    seed: u8,
    group: GroupId,
    name: &str,
    picture: Option<&[u8]>,
) -> SignedProfile {
    let profile = Profile {
        group,
        member: key(seed).member_id(),
        count: 301,
        changed: NOW,
        name: name.into(),
        picture: picture.map(|bytes| bytes.to_vec().into()),
    };
    SignedProfile::sign(&profile, &key(seed))
}

fn describe_profile(seed: u8, group: GroupId, name: &str, picture: Option<&[u8]>) -> Value {
    let signed = profile(seed, group, name, picture);
    let open = signed.open(&key(seed).public()).unwrap();
    json!({
        "seed": hex([seed; 32]), "group": hex(group.0), "member": hex(open.member.0), "count": open.count,
        "changed": open.changed.0, "name": name, "picture": picture.map(hex), "bytes": hex(&signed.bytes),
        "signature": hex(signed.signature.0), "signed": hex(wire::encode(&signed)),
    })
}

fn describe_card(seed: u8, group: GroupId, name: &str) -> Value {
    let signed = card(seed, group, name);
    let open = signed.open().unwrap();
    json!({
        "seed": hex([seed; 32]), "group": hex(group.0), "ik": hex(open.ik), "olm": hex(open.olm), "name": name,
        "created": open.created.0, "member_id": hex(open.member_id().0), "bytes": hex(&signed.bytes),
        "signature": hex(signed.signature.0), "signed": hex(wire::encode(&signed)), "hash": hex(signed.hash()),
    })
}

fn describe_prekeys(seed: u8, group: GroupId, one_time: Vec<OneTimeKey>) -> Value {
    let signed = prekeys(seed, group, one_time);
    let open = signed.open(&key(seed).public()).unwrap();
    json!({
        "seed": hex([seed; 32]), "group": hex(group.0), "member": hex(open.member.0), "seq": open.seq,
        "xwing_secret": hex([seed; 32]), "xwing": hex(&open.xwing), "olm_fallback": hex(open.olm_fallback),
        "one_time": open.one_time.iter()
            .map(|entry| json!([hex(entry.member.0), hex(entry.key)])).collect::<Vec<_>>(),
        "mailbox": hex(open.mailbox.0), "topic": open.mailbox.topic(), "relays": open.relays,
        "expires": open.expires.0, "bytes": hex(&signed.bytes), "signature": hex(signed.signature.0),
        "signed": hex(wire::encode(&signed)),
    })
}

#[test]
fn identities_are_frozen() {
    let group = GroupId([0x33; 32]);
    let one_time = vec![
        OneTimeKey {
            member: MemberId([1; 32]),
            key: [0x0c; 32],
        },
        OneTimeKey {
            member: MemberId([2; 32]),
            key: [0x0d; 32],
        },
    ];
    let (a, b) = (card(1, group, "Ada"), card(2, group, "木村"));
    let names = [
        "Ada",
        " Ada\u{a0}",
        "木村",
        "",
        "\u{200b}",
        "a\nb",
        "a\u{202e}b",
        "a\u{301}\u{301}\u{301}\u{301}",
        "a\u{301}\u{301}\u{301}\u{301}\u{301}",
        "12345678901234567890123456789012345678901234567890",
        "123456789012345678901234567890123456789012345678901",
    ];
    let made = json!({
        "cards": [
            describe_card(1, Card::NO_GROUP, "Ada"),
            describe_card(2, group, "木村"),
        ],
        "prekeys": [
            describe_prekeys(1, group, one_time),
            describe_prekeys(2, group, Vec::new()),
        ],
        "profiles": [
            describe_profile(1, group, "Ada ✿", Some(b"\xff\xd8\xff\xe0 picture")),
            describe_profile(2, group, "木村 ✿", None),
        ],
        "safety_number": {
            "card_hashes": [hex(a.hash()), hex(b.hash())],
            "number": safety_number(&a.hash(), &b.hash()),
        },
        "approval_code": { "card_hash": hex(a.hash()), "code": approval_code(&a.hash()) },
        "names": names.map(|name| json!({ "text": name, "clean": clean_name(name).ok() })),
    });
    compare("identity.json", include_str!("identity.json"), &made);
}
