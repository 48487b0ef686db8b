//! Hash, derivation, signature, text and padding: one vector for every label.

use std::collections::BTreeSet;

use discordopus_core::wire::{
    FRAME_SIZES, Label, base64url, expand, extract, hash, labels, pad, sign,
};
use ed25519_dalek::SigningKey;
use serde_json::{Value, json};

use super::support::{compare, hex};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const HASHES: [Label; 19] = [
    labels::FILE_CHUNK,
    labels::FILE_SEGMENT,
    labels::FILE_ID,
    labels::MEMBER,
    labels::CARD_HASH,
    labels::GROUP,
    labels::OP,
    labels::ROSTER,
    labels::HEADS,
    labels::SAFETY_NUMBER,
    labels::APPROVAL_CODE,
    labels::CHAIN,
    labels::MESSAGE_HEADER_HASH,
    labels::CIPHERTEXT_HASH,
    labels::MESSAGE_ID,
    labels::LINK,
    labels::INVITE_ID,
    labels::LINK_CHECKSUM,
    labels::PRESENCE,
];

const SIGNATURES: [Label; 8] = [
    labels::CARD_SIGN,
    labels::PREKEYS_SIGN,
    labels::PROFILE_SIGN,
    labels::OP_SIGN,
    labels::MESSAGE_SIGN,
    labels::INVITE_PROOF,
    labels::JOIN_PROOF_INVITE,
    labels::JOIN_PROOF_CARD,
];

/// Label, context, length of the output.
const EXPANSIONS: [(Label, &[u8], usize); 8] = [
    (labels::CHAIN_KEY_COMMIT, &[], 32),
    (labels::CHAIN_KEY, &[], 32),
    (labels::MESSAGE_SECRET, &[0, 0, 3, 0xe7], 32),
    (labels::MESSAGE_KEY, &[0xcc; 32], 44),
    (labels::INVITE_SIGNING, &[], 32),
    (labels::JOIN_BOX, &[], 32),
    (labels::JOIN_MAILBOX, &[], 16),
    (labels::JOIN_REQUEST_KEY, &[0xcc; 16], 44),
];

/// Used as bytes: the first of a message's header, and the `info` of HPKE.
const TEXTS: [Label; 3] = [labels::FILE, labels::MESSAGE_HEADER, labels::DISTRIBUTION];

fn expansion((label, context, length): (Label, &[u8], usize)) -> Value {
    let key = [7; 32];
    let output = match length {
        16 => expand::<16>(&key, label, &[context]).to_vec(),
        32 => expand::<32>(&key, label, &[context]).to_vec(),
        44 => expand::<44>(&key, label, &[context]).to_vec(),
        _ => panic!("no such length"),
    };
    json!({
        "label": label.as_str(), "key": hex(key), "context": hex(context), "length": length, "output": hex(output),
    })
}

fn signature(label: Label) -> Value {
    let key = SigningKey::from_bytes(&[0x42; 32]);
    let bytes = b"signed bytes";
    json!({
        "label": label.as_str(), "seed": hex(key.to_bytes()), "public": hex(key.verifying_key().to_bytes()),
        "bytes": hex(bytes), "signature": hex(sign(&key, label, bytes).0),
    })
}

#[test]
fn primitives_are_frozen() {
    let hashed = |label: &Label| {
        let parts: [&[u8]; 2] = [b"one", b"two"];
        json!({ "label": label.as_str(), "input": hex(parts.concat()), "output": hex(hash(*label, &parts)) })
    };
    let texts = [vec![], vec![0xff], vec![0xff, 0xef], (0..32).collect()];
    let padded = [(0, 4), (3, 4), (5, 16)].map(|(length, padded)| {
        let text = vec![0x80; length];
        json!({ "text": hex(&text), "length": padded, "padded": hex(pad(text, padded).unwrap()) })
    });
    let made = json!({
        "labels": labels::ALL.iter().map(|label| label.as_str()).collect::<Vec<_>>(),
        "hash": HASHES.iter().map(hashed).collect::<Vec<_>>(),
        "expand": EXPANSIONS.map(expansion),
        "extract": [{
            "label": labels::INVITE.as_str(), "secret": hex([9; 32]),
            "output": hex(extract(labels::INVITE, &[9; 32]).as_slice()),
        }],
        "sign": SIGNATURES.map(signature),
        "base64url": texts.map(|bytes| json!({ "bytes": hex(&bytes), "text": base64url::encode(&bytes) })),
        "pad": padded,
        "frame_sizes": FRAME_SIZES,
        "canonical": canonical(),
    });
    compare("primitives.json", include_str!("primitives.json"), &made);
}

/// Encodings of one distribution body (`[chain id, bytes]`), of which only the first is accepted.
fn canonical() -> Value {
    use discordopus_core::sender_keys::SealedDistribution;
    let id = [0xab; 32];
    let chain = [&[0x58, 32], id.as_slice()].concat();
    let good = [&[0x82], chain.as_slice(), &[0x41, 7]].concat();
    let others = [
        ("trailing byte", [good.as_slice(), &[0]].concat()),
        (
            "indefinite array",
            [&[0x9f], chain.as_slice(), &[0x41, 7, 0xff]].concat(),
        ),
        (
            "longer length",
            [&[0x82], chain.as_slice(), &[0x58, 1, 7]].concat(),
        ),
        (
            "unknown field",
            [&[0x83], chain.as_slice(), &[0x41, 7, 0]].concat(),
        ),
        (
            "array of numbers for bytes",
            [&[0x82], chain.as_slice(), &[0x81, 7]].concat(),
        ),
        ("missing field", [&[0x81], chain.as_slice()].concat()),
        ("empty", Vec::new()),
    ];
    assert!(SealedDistribution::decode(&good).is_ok());
    for (what, bytes) in &others {
        assert!(SealedDistribution::decode(bytes).is_err(), "{what}");
    }
    json!({
        "accepted": hex(&good),
        "refused": others.map(|(what, bytes)| json!({ "why": what, "bytes": hex(bytes) })),
    })
}

#[test]
fn the_document_names_every_label() {
    let document = include_str!("../../README.md");
    for label in labels::ALL {
        let name = label.as_str().strip_prefix("DiscordOpus/v1/").unwrap();
        let row = format!("| `…/{name}` | ");
        assert_eq!(document.matches(&row).count(), 1, "{name}");
    }
}

#[test]
fn every_label_has_a_vector() {
    let used: BTreeSet<&str> = HASHES
        .iter()
        .chain(&SIGNATURES)
        .chain(EXPANSIONS.iter().map(|(label, ..)| label))
        .chain(&TEXTS)
        .chain([&labels::INVITE])
        .map(|label| label.as_str())
        .collect();
    let all: BTreeSet<&str> = labels::ALL.iter().map(|label| label.as_str()).collect();
    assert_eq!(used, all);
}
