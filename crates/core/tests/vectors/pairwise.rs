//! A recorded conversation over Olm: Olm draws its own randomness, so these bytes can be opened again but not remade.

use discordopus_core::identity::{OneTimeKey, Prekeys};
use discordopus_core::ids::{GroupId, Mailbox, MemberId};
use discordopus_core::pairwise::{Channel, Device, PairwiseFrame, PairwiseKind, PeerKeys};
use discordopus_core::wire;
use serde_json::{Value, json};
use vodozemac::olm::{Account, AccountPickle, OlmMessage, SessionConfig};

use super::support::{FixedRng, NOW, hex, unhex, write};

use discordopus_core::record;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const GROUP: GroupId = GroupId([0x51; 32]);
const ADA: MemberId = MemberId([0x52; 32]);
const BEN: MemberId = MemberId([0x53; 32]);

/// What Ada says first, and goes on to say before Ben answers; what Ben answers.
const SAID: [(PairwiseKind, usize); 3] = [
    (PairwiseKind::Sync, 40),
    (PairwiseKind::Skdm, 1_200),
    (PairwiseKind::SkdmAck, 36),
];

/// The frame inside Olm, written by the document's words and not by the crate's type.
struct Inner {
    version: u8,
    kind: u8,
    route: Route,
    counter: u64,
    epoch: u32,
    /// A byte string or nothing: here always nothing.
    lost: Option<MemberId>,
    body: Vec<u8>,
}

record!(Inner {
    version,
    kind,
    route,
    counter,
    epoch,
    lost,
    body: bytes
});

struct Route {
    group: GroupId,
    from: MemberId,
    to: MemberId,
}

record!(Route { group, from, to });

fn body(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

fn inner(kind: PairwiseKind, from: MemberId, to: MemberId, counter: u64, length: usize) -> Vec<u8> {
    wire::encode(&Inner {
        version: 1,
        kind: kind.number(),
        route: Route {
            group: GROUP,
            from,
            to,
        },
        counter,
        epoch: 1,
        lost: None,
        body: body(length),
    })
}

/// The Olm account of a device, in the library's own text.
fn account_of(device: &Device) -> Value {
    let record = device.encode();
    let mut decoder = minicbor::Decoder::new(&record);
    decoder.array().unwrap();
    decoder.u8().unwrap();
    let pickle: AccountPickle = wire::pickle::decode(decoder.bytes().unwrap()).unwrap();
    serde_json::to_value(pickle).unwrap()
}

fn key_bytes(key: &Value) -> String {
    let numbers = key.as_array().unwrap();
    hex(numbers
        .iter()
        .map(|byte| byte.as_u64().unwrap() as u8)
        .collect::<Vec<_>>())
}

fn prekeys_of(device: &mut Device, member: MemberId, peer: MemberId) -> Prekeys {
    device.prekeys(GROUP, member, &[peer], Mailbox([0x54; 16]), Vec::new())
}

fn record() -> Value {
    let mut rng = FixedRng([[0x55; 32], [0x56; 32]].concat());
    let mut ada = Device::generate(&mut rng, NOW);
    let mut ben = Device::generate(&mut rng, NOW);
    let prekeys = prekeys_of(&mut ben, BEN, ADA);
    let stored = ben.encode();
    let account = account_of(&ben);
    let to_ben = PeerKeys {
        member: BEN,
        curve25519: ben.curve25519(),
        prekeys: Some(&prekeys),
    };
    let mut adas = Channel::new(ben.curve25519());
    let mut frames = Vec::new();
    for (kind, length) in &SAID[..2] {
        let frame = adas.seal(&ada, ADA, &to_ben, *kind, GROUP, &body(*length));
        frames.push(frame.unwrap());
    }
    let adas_channel = adas.encode();
    let mut bens = Channel::new(ada.curve25519());
    for frame in &frames {
        let frame = PairwiseFrame::parse(&frame[1..]).unwrap();
        bens.open(&mut ben, &frame, &ada.curve25519(), BEN, ADA, GROUP)
            .unwrap();
    }
    let to_ada = PeerKeys {
        member: ADA,
        curve25519: ada.curve25519(),
        prekeys: None,
    };
    let (kind, length) = SAID[2];
    let answer = bens.seal(&ben, BEN, &to_ada, kind, GROUP, &body(length));
    frames.push(answer.unwrap());
    let one_time: OneTimeKey = prekeys.one_time[0];
    let adas_device = {
        prekeys_of(&mut ada, ADA, BEN);
        ada.encode()
    };
    json!({
        "group": hex(GROUP.0), "ada": hex(ADA.0), "ben": hex(BEN.0),
        "ada_curve25519": hex(ada.curve25519()), "ben_curve25519": hex(ben.curve25519()),
        "ben_identity_secret": key_bytes(&account["diffie_hellman_key"]),
        "ben_one_time": hex(one_time.key),
        "ben_one_time_secret": key_bytes(&account["one_time_keys"]["private_keys"]["0"]),
        "ben_account": account, "ben_device": hex(&*stored),
        "ada_device": hex(&*adas_device), "ada_channel": hex(&*adas_channel),
        "frames": frames.iter().map(hex).collect::<Vec<_>>(),
        "inner": [
            hex(inner(SAID[0].0, ADA, BEN, 0, SAID[0].1)),
            hex(inner(SAID[1].0, ADA, BEN, 1, SAID[1].1)),
            hex(inner(SAID[2].0, BEN, ADA, 0, SAID[2].1)),
        ],
    })
}

fn recording() -> Value {
    let frozen: Value = serde_json::from_str(include_str!("pairwise.json")).unwrap();
    if frozen != json!({}) {
        return frozen;
    }
    let made = record();
    assert!(
        std::env::var_os("UPDATE_VECTORS").is_some(),
        "there is no recording"
    );
    write("pairwise.json", &made);
    made
}

fn array<const N: usize>(text: &Value) -> [u8; N] {
    unhex(text).try_into().unwrap()
}

#[test]
fn recorded_frames_still_open() {
    let recording = recording();
    let frames: Vec<Vec<u8>> = recording["frames"]
        .as_array()
        .unwrap()
        .iter()
        .map(unhex)
        .collect();
    let (ada_key, ben_key) = (
        array::<32>(&recording["ada_curve25519"]),
        array::<32>(&recording["ben_curve25519"]),
    );
    let mut ben = Device::decode(&unhex(&recording["ben_device"])).unwrap();
    let mut bens = Channel::new(ada_key);
    for (counter, (kind, length)) in SAID[..2].iter().enumerate() {
        let frame = PairwiseFrame::parse(&frames[counter][1..]).unwrap();
        assert!(frame.opens_session());
        let opened = bens.open(&mut ben, &frame, &ada_key, BEN, ADA, GROUP);
        let opened = opened.unwrap();
        assert_eq!((opened.kind, opened.counter), (*kind, counter as u64));
        assert_eq!(*opened.body, body(*length));
    }
    let mut ada = Device::decode(&unhex(&recording["ada_device"])).unwrap();
    let mut adas = Channel::decode(&unhex(&recording["ada_channel"])).unwrap();
    let frame = PairwiseFrame::parse(&frames[2][1..]).unwrap();
    assert!(!frame.opens_session());
    let opened = adas
        .open(&mut ada, &frame, &ben_key, ADA, BEN, GROUP)
        .unwrap();
    assert_eq!((opened.kind, opened.counter), (SAID[2].0, 0));
    assert_eq!(*opened.body, body(SAID[2].1));
}

/// The outer layer of a pairwise frame.
struct Outer {
    version: u8,
    from: MemberId,
    olm_type: u8,
    olm: Vec<u8>,
    fill: Vec<u8>,
}

record!(Outer {
    version,
    from,
    olm_type,
    olm: bytes,
    fill: bytes
});

#[test]
fn the_frame_inside_olm_is_frozen() {
    let recording = recording();
    let pickle = serde_json::from_value(recording["ben_account"].clone()).unwrap();
    let mut account = Account::from_pickle(pickle);
    let mut session = None;
    for (at, (kind, length)) in SAID[..2].iter().enumerate() {
        let frame = unhex(&recording["frames"][at]);
        let outer: Outer = wire::decode(&frame[1..], 32 * 1024).unwrap();
        let message = OlmMessage::from_parts(outer.olm_type.into(), &outer.olm).unwrap();
        let OlmMessage::PreKey(prekey) = &message else {
            panic!("not a message that opens a session");
        };
        let plaintext = match session.as_mut() {
            None => {
                let key = prekey.identity_key();
                let config = SessionConfig::version_1();
                let made = account.create_inbound_session(config, key, prekey).unwrap();
                session = Some(made.session);
                made.plaintext
            }
            Some(session) => session.decrypt(&message).unwrap(),
        };
        let expected = inner(*kind, ADA, BEN, at as u64, *length);
        assert_eq!(wire::unpad(&plaintext).unwrap(), expected);
        assert_eq!(unhex(&recording["inner"][at]), expected);
    }
}
