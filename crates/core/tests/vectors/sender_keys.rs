//! A sender chain from its first key to finished frames, and the distribution that carries the key.

use discordopus_core::chat::{Kind, Payload};
use discordopus_core::ids::{ChainId, MessageId};
use discordopus_core::sender_keys::{
    ChainScope, Distribution, Message, OpenError, OwnChain, PeerChain, SealedDistribution,
};
use discordopus_core::wire::{self, labels};
use ed25519_dalek::SigningKey;
use serde_json::{Value, json};

use super::identity::{key, xwing_public};
use super::membership::three;
use super::support::{FixedRng, NOW, compare, hex};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const SIGNING_SEED: [u8; 32] = [0x81; 32];
const FIRST_KEY: [u8; 32] = [0x82; 32];
const XWING_SECRET: [u8; 32] = [0x83; 32];
/// Index and text length of the messages that are written down: every frame size, every length of an index.
const MESSAGES: [(u32, usize); 7] = [
    (0, 5),
    (1, 700),
    (5, 0),
    (23, 12),
    (24, 7_000),
    (256, 16_384),
    (999, 1),
];
/// Frames up to this size are written down whole, larger ones by their id.
const WHOLE: usize = 2_048;

fn scope() -> ChainScope {
    let (log, _) = three();
    ChainScope {
        group: log.group(),
        sender: key(1).member_id(),
        generation: 3,
        roster_hash: log.state().roster_hash(),
        heads: log.heads(),
        heads_hash: log.heads_hash(),
    }
}

fn payload(index: u32, length: usize) -> Vec<u8> {
    let scope = scope();
    Payload {
        sent_at: NOW.plus(u64::from(index)),
        heads_hash: scope.heads_hash,
        roster_hash: scope.roster_hash,
        parents: vec![MessageId([0x91; 32])],
        clock: NOW.plus(u64::from(index)),
        kind: Kind::TEXT,
        body: (0..length).map(|at| b'a' + (at % 26) as u8).collect(),
        lifetime: None,
    }
    .encode()
}

fn random(index: u32) -> [u8; 16] {
    let mut random = [0xa0; 16];
    random[12..].copy_from_slice(&index.to_be_bytes());
    random
}

fn own_chain() -> OwnChain {
    let mut rng = FixedRng([SIGNING_SEED, FIRST_KEY].concat());
    OwnChain::new(scope(), NOW, &mut rng)
}

/// `ck_i`, by the formula of the document and not by the crate's ratchet.
fn chain_key(index: u32) -> [u8; 32] {
    (0..index).fold(FIRST_KEY, |key, _| {
        *wire::expand::<32>(&key, labels::CHAIN_KEY, &[])
    })
}

fn describe(chain: &ChainId, index: u32, payload: &[u8], id: MessageId, frame: &[u8]) -> Value {
    let scope = scope();
    let secret = wire::expand::<32>(
        &chain_key(index),
        labels::MESSAGE_SECRET,
        &[&index.to_be_bytes()],
    );
    let header = [
        labels::MESSAGE_HEADER.as_str().as_bytes(),
        &[1],
        &scope.group.0,
        &chain.0,
        &scope.sender.0,
        &scope.roster_hash,
        &index.to_be_bytes(),
        &random(index),
    ]
    .concat();
    let header_hash = wire::hash(labels::MESSAGE_HEADER_HASH, &[&header]);
    let keys = wire::expand::<44>(&secret, labels::MESSAGE_KEY, &[&header_hash]);
    let message = Message::parse(&frame[1..]).unwrap();
    assert_eq!(message.id, id);
    let mut described = json!({
        "index": index, "chain_key": hex(chain_key(index)), "message_secret": hex(secret.as_slice()),
        "random": hex(random(index)), "header": hex(&header), "header_hash": hex(header_hash),
        "key": hex(&keys[..32]), "nonce": hex(&keys[32..]), "payload_length": payload.len(),
        "ciphertext_hash": hex(wire::hash(labels::CIPHERTEXT_HASH, &[&message.ciphertext])),
        "signature": hex(message.signature.0), "frame_length": frame.len(), "message_id": hex(id.0),
    });
    let text_length = MESSAGES.iter().find(|(at, _)| *at == index).unwrap().1;
    described["text_length"] = json!(text_length);
    if frame.len() <= WHOLE {
        described["payload"] = json!(hex(payload));
        described["frame"] = json!(hex(frame));
    }
    described
}

/// The frames of [`MESSAGES`], and what is written down of them.
fn messages(own: &mut OwnChain) -> (Vec<Vec<u8>>, Vec<Value>) {
    let (mut frames, mut described) = (Vec::new(), Vec::new());
    for (index, length) in MESSAGES {
        while own.next_index() < index {
            own.encrypt(b"passed over", [0; 16]).unwrap();
        }
        let payload = payload(index, length);
        let (id, frame) = own.encrypt(&payload, random(index)).unwrap();
        described.push(describe(&own.id(), index, &payload, id, &frame));
        frames.push(frame);
    }
    (frames, described)
}

fn receive(sealed: &[u8], chain: &ChainId) -> PeerChain {
    let scope = scope();
    Distribution::open(sealed, &XWING_SECRET, chain)
        .unwrap()
        .accept(
            &scope.group,
            &scope.sender,
            &scope.roster_hash,
            &scope.heads_hash,
        )
        .unwrap()
}

#[test]
fn sender_keys_are_frozen() {
    let mut own = own_chain();
    let scope = scope();
    let commitment = wire::expand::<32>(&FIRST_KEY, labels::CHAIN_KEY_COMMIT, &[]);
    let signing_public = SigningKey::from_bytes(&SIGNING_SEED)
        .verifying_key()
        .to_bytes();
    let chain_id = wire::hash(
        labels::CHAIN,
        &[
            &scope.group.0,
            &scope.sender.0,
            &scope.generation.to_be_bytes(),
            &scope.roster_hash,
            &scope.heads_hash,
            &signing_public,
            commitment.as_slice(),
        ],
    );
    assert_eq!(own.id().0, chain_id);

    let recipient = xwing_public(&XWING_SECRET);
    let encapsulation: Vec<u8> = (0..64).collect();
    let sealed = own
        .seal_distribution(&recipient, &mut FixedRng(encapsulation.clone()))
        .unwrap();
    let body = SealedDistribution {
        chain: own.id(),
        sealed: sealed.clone(),
    };

    let (frames, described) = messages(&mut own);
    let mut peer = receive(&sealed, &own.id());
    // Out of order on purpose: 5 skips four, then 1 is opened with a key that was kept.
    for at in [0, 2, 1, 6, 5, 4, 3] {
        let message = Message::parse(&frames[at][1..]).unwrap();
        let opened = peer.open(&message).unwrap();
        let (index, length) = MESSAGES[at];
        assert_eq!(*opened.payload, payload(index, length));
        peer.commit(opened.step, NOW).unwrap();
        assert_eq!(peer.open(&message).unwrap_err(), OpenError::Replay);
    }

    let made = json!({
        "chain": {
            "group": hex(scope.group.0), "sender": hex(scope.sender.0), "generation": scope.generation,
            "roster_hash": hex(scope.roster_hash), "heads": scope.heads.iter().map(|id| hex(id.0)).collect::<Vec<_>>(),
            "heads_hash": hex(scope.heads_hash), "signing_seed": hex(SIGNING_SEED),
            "signing_public": hex(signing_public), "first_key": hex(FIRST_KEY),
            "commitment": hex(commitment.as_slice()), "chain_id": hex(chain_id), "created": NOW.0,
        },
        "distribution": {
            "recipient_secret": hex(XWING_SECRET), "recipient_public": hex(&recipient),
            "encapsulation_randomness": hex(&encapsulation), "info": labels::DISTRIBUTION.as_str(),
            "aad": hex(chain_id), "max_messages": 1_000, "max_age": 86_400_000,
            "sealed": hex(&sealed), "body": hex(body.encode()),
        },
        "messages": described,
    });
    compare("sender_keys.json", include_str!("sender_keys.json"), &made);
}
