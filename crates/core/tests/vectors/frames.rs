//! What travels inside messages and pairwise frames, and the presence frame.

use aes_gcm::aead::{Aead, KeyInit, Payload as Sealed};
use aes_gcm::{Aes256Gcm, Nonce};
use discordopus_core::call::Seat;
use discordopus_core::call::signal::{self, Here, Signal};
use discordopus_core::chat::{Content, Deed, Kind, Parcel, Payload};
use discordopus_core::file::{self, File, FileId, FileKey, FileNote, Look, decode_note};
use discordopus_core::ids::{
    CallId, ChainId, GroupId, InviteId, Mailbox, MemberId, MessageId, OpId,
};
use discordopus_core::io::{Candidate, Description, Microphone, Voice};
use discordopus_core::link::Attempt;
use discordopus_core::link::frame::{self as link, LinkFrame};
use discordopus_core::link::signal::{self as link_signal, LinkSignal};
use discordopus_core::membership::AuthorTip;
use discordopus_core::sync::{
    ChainHave, ChainRef, JoinReply, PrekeysHave, ProfileHave, Range, Receipt, Sync,
    decode_presence, decode_receipt, decode_sync, presence_frame, presence_mailbox,
};
use discordopus_core::wire;
use serde_json::{Value, json};

use super::identity::{prekeys, profile};
use super::membership::three;
use super::support::{NOW, compare, hex};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn haves() -> Vec<ChainHave> {
    vec![
        ChainHave {
            chain: ChainId([0x21; 32]),
            ranges: vec![Range { from: 0, to: 0 }, Range { from: 24, to: 999 }],
        },
        ChainHave {
            chain: ChainId([0x22; 32]),
            ranges: Vec::new(),
        },
    ]
}

fn syncs() -> Vec<Value> {
    let (log, ops) = three();
    let signed = vec![prekeys(2, log.group(), Vec::new())];
    let tip = AuthorTip {
        author: MemberId([0x23; 32]),
        next_seq: 300,
        tip: OpId([0x24; 32]),
    };
    let bodies = [
        (
            "hello",
            Sync::Hello {
                heads: vec![OpId([0x25; 32])],
                token: [0x26; 16],
                answer: false,
            },
        ),
        (
            "answer to a hello",
            Sync::Hello {
                heads: Vec::new(),
                token: [0x26; 16],
                answer: true,
            },
        ),
        (
            "vector",
            Sync::Vector {
                ops: vec![tip],
                prekeys: vec![PrekeysHave {
                    member: MemberId([0x27; 32]),
                    seq: 70_000,
                }],
                chains: haves(),
                generation: 9,
                profiles: None,
            },
        ),
        (
            "vector with profiles",
            Sync::Vector {
                ops: Vec::new(),
                prekeys: Vec::new(),
                chains: Vec::new(),
                generation: 0,
                profiles: Some(vec![ProfileHave {
                    member: MemberId([0x27; 32]),
                    count: 70_001,
                }]),
            },
        ),
        (
            "want profiles",
            Sync::WantProfiles {
                members: vec![MemberId([0x27; 32])],
            },
        ),
        (
            "profiles",
            Sync::Profiles {
                profiles: vec![profile(2, GroupId([0x33; 32]), "木村 ✿", None)],
            },
        ),
        (
            "data",
            Sync::Data {
                ops: vec![ops[0].clone().into()],
                prekeys: signed,
            },
        ),
        (
            "declined",
            Sync::Declined {
                member: MemberId([0x29; 32]),
                invite: InviteId([0x2a; 16]),
            },
        ),
        (
            "refounded",
            Sync::Refounded {
                code: "AbCd-_09".into(),
            },
        ),
        (
            "empty data",
            Sync::Data {
                ops: Vec::new(),
                prekeys: Vec::new(),
            },
        ),
    ];
    let describe = |(what, body): (&str, Sync)| {
        let bytes = wire::encode(&body);
        assert_eq!(decode_sync(&bytes), Ok(body));
        json!({ "what": what, "bytes": hex(bytes) })
    };
    bodies.into_iter().map(describe).collect()
}

fn join_replies() -> Vec<Value> {
    let (log, ops) = three();
    let bodies = [
        (
            "welcome",
            JoinReply::Welcome {
                ops: vec![ops[1].clone().into()],
                prekeys: vec![prekeys(1, log.group(), Vec::new())],
                last: true,
            },
        ),
        ("refused", JoinReply::Refused),
        ("used", JoinReply::Used),
        ("seen", JoinReply::Seen),
        ("declined", JoinReply::Declined),
    ];
    let describe = |(what, body): (&str, JoinReply)| {
        let bytes = wire::encode(&body);
        assert_eq!(wire::decode::<JoinReply>(&bytes, 64 * 1024), Ok(body));
        json!({ "what": what, "bytes": hex(bytes) })
    };
    bodies.into_iter().map(describe).collect()
}

fn payloads() -> Vec<Value> {
    let text = Payload {
        sent_at: NOW,
        heads_hash: [0x31; 32],
        roster_hash: [0x32; 32],
        parents: vec![MessageId([0x33; 32]), MessageId([0x34; 32])],
        clock: NOW.plus(1),
        kind: Kind::TEXT,
        body: "Grüße".into(),
        lifetime: None,
    };
    let unknown = Payload {
        parents: Vec::new(),
        kind: Kind(65_535),
        body: vec![0xff],
        ..text.clone()
    };
    let describe = |(what, payload): (&str, Payload)| {
        let bytes = payload.encode();
        assert_eq!(Payload::decode(&bytes), Ok(payload));
        json!({ "what": what, "bytes": hex(bytes) })
    };
    let disappearing = Payload {
        lifetime: Some(3_600),
        ..text.clone()
    };
    [
        ("text", text),
        ("of an unknown kind", unknown),
        ("a text that disappears", disappearing),
    ]
    .into_iter()
    .map(describe)
    .collect()
}

/// The bodies of all kinds but plain text.
/// A file of two chunks: bytes that count up to 250 and begin anew.
fn chunks() -> Vec<Vec<u8>> {
    let plain: Vec<u8> = (0..15_003_u32).map(|at| (at % 251) as u8).collect();
    let cipher = Aes256Gcm::new(&[0x61; 32].into());
    let seal = |(index, chunk)| {
        let nonce = Nonce::from(file::nonce(index));
        let payload = Sealed {
            msg: chunk,
            aad: file::associated_data(),
        };
        cipher.encrypt(&nonce, payload).unwrap()
    };
    (0..).zip(plain.chunks(file::CHUNK)).map(seal).collect()
}

fn list() -> Vec<u8> {
    let chunks = chunks().into_iter();
    chunks.flat_map(|chunk| file::chunk_hash(&chunk)).collect()
}

fn picture() -> File {
    File {
        name: "Köln.webp".into(),
        media_type: "image/webp".into(),
        size: 15_003,
        key: FileKey([0x61; 32]),
        segments: file::segment_hash(&list()).to_vec(),
        look: Look::Picture {
            width: 640,
            height: 480,
        },
    }
}

fn files() -> Value {
    let (picture, chunks) = (picture(), chunks());
    let id = picture.id();
    let notes = [
        (
            "chunks",
            FileNote::Chunks {
                file: id,
                list: list(),
                first: 1,
                chunks: vec![chunks[1].clone().into()],
            },
        ),
        (
            "ask",
            FileNote::Ask {
                file: id,
                have: vec![2],
            },
        ),
        ("lack", FileNote::Lack { file: id }),
        (
            "has",
            FileNote::Has {
                file: id,
                segments: vec![5],
            },
        ),
    ];
    let notes = notes.map(|(what, note)| {
        let body = wire::encode(&note);
        assert!(decode_note(&body) == Ok(note));
        json!({ "what": what, "body": hex(body) })
    });
    json!({
        "key": hex([0x61; 32]), "size": 15_003,
        "last_chunk": hex(&chunks[1]), "list": hex(list()),
        "segments": hex(&picture.segments), "id": hex(id.0), "notes": notes,
    })
}

fn contents() -> Vec<Value> {
    let target = MessageId([0x35; 32]);
    let amend = |deed| Content::Amend { target, deed };
    let all = [
        (
            "reply",
            Content::Text {
                text: "Grüße".into(),
                reply_to: Some(target),
            },
        ),
        ("edit", amend(Deed::Edit("Viele Grüße".into()))),
        ("delete", amend(Deed::Delete)),
        (
            "reaction",
            amend(Deed::React {
                emoji: "👍🏽".into(),
                on: true,
            }),
        ),
        ("pin", Content::Pin { target, on: true }),
        ("timer", Content::Timer(3_600)),
        ("timer off", Content::Timer(0)),
        (
            "files",
            Content::Files(Parcel {
                text: "Grüße".into(),
                reply_to: Some(target),
                files: vec![picture()],
            }),
        ),
    ];
    let describe = |(what, content): (&str, Content)| {
        let (kind, body) = content.encode();
        json!({ "what": what, "kind": kind.0, "body": hex(body) })
    };
    all.into_iter().map(describe).collect()
}

fn signals() -> Vec<Value> {
    let here = Here {
        call: CallId([0x51; 16]),
        started: NOW,
        started_by: MemberId([0x52; 32]),
        age: 700,
        seat: Seat([0x53; 8]),
        token: [0x54; 16],
        voice: Voice {
            microphone: Microphone::Open,
            deafened: false,
        },
        hears: vec![MemberId([0x55; 32])],
        offering: true,
    };
    let (to, attempt) = (Seat([0x56; 8]), Attempt([0x57; 8]));
    let candidate = |mid: Option<&str>, line| Candidate {
        candidate: "candidate:1 1 udp 1 192.0.2.1 9 typ host".into(),
        mid: mid.map(Into::into),
        line,
        fragment: None,
    };
    let bodies = [
        ("here", Signal::Here(here.clone())),
        (
            "described",
            Signal::Described {
                here,
                to,
                attempt,
                description: Description {
                    answer: true,
                    sdp: "v=0\r\n".into(),
                },
            },
        ),
        (
            "found",
            Signal::Found {
                to,
                attempt,
                candidates: vec![candidate(Some("0"), Some(0)), candidate(None, None)],
            },
        ),
        ("left", Signal::Left { seat: to }),
    ];
    let describe = |(what, body): (&str, Signal)| {
        let bytes = wire::encode(&body);
        assert_eq!(signal::decode(&bytes), Ok(body));
        json!({ "what": what, "bytes": hex(bytes) })
    };
    bodies.into_iter().map(describe).collect()
}

fn link_signals() -> Vec<Value> {
    let attempt = Attempt([0x57; 8]);
    let bodies = [
        (
            "described",
            LinkSignal::Described {
                attempt,
                description: Description {
                    answer: false,
                    sdp: "v=0\r\n".into(),
                },
            },
        ),
        (
            "found",
            LinkSignal::Found {
                attempt,
                candidates: vec![Candidate {
                    candidate: "candidate:1 1 udp 1 192.0.2.1 9 typ host".into(),
                    mid: Some("0".into()),
                    line: Some(0),
                    fragment: Some("pC3O".into()),
                }],
            },
        ),
    ];
    let describe = |(what, body): (&str, LinkSignal)| {
        let bytes = wire::encode(&body);
        assert_eq!(link_signal::decode(&bytes), Ok(body));
        json!({ "what": what, "bytes": hex(bytes) })
    };
    bodies.into_iter().map(describe).collect()
}

fn link_frames() -> Vec<Value> {
    let file = FileId([0x64; 32]);
    let bytes = || vec![0x61, 0x62].into();
    let to = MemberId([0x63; 32]);
    let frames = [
        ("ping", LinkFrame::Ping { number: 1 }),
        ("pong", LinkFrame::Pong { number: 1 }),
        ("typing", LinkFrame::Typing { typing: true }),
        (
            "frame",
            LinkFrame::Frame {
                number: 70_000,
                more: true,
                bytes: bytes(),
            },
        ),
        ("confirmed", LinkFrame::Confirmed { number: 70_000 }),
        ("forward", LinkFrame::Forward { to, bytes: bytes() }),
        (
            "want",
            LinkFrame::Want {
                file,
                segment: 2,
                have: bytes(),
            },
        ),
        (
            "list",
            LinkFrame::List {
                file,
                segment: 2,
                list: bytes(),
            },
        ),
        (
            "piece",
            LinkFrame::Piece {
                file,
                index: 70_000,
                bytes: bytes(),
            },
        ),
        ("lacking", LinkFrame::Lacking { file }),
        ("stop", LinkFrame::Stop { file }),
    ];
    let describe = |(what, frame): (&str, LinkFrame)| {
        let bytes = wire::encode(&frame);
        assert_eq!(link::decode(&bytes), Ok(frame));
        json!({ "what": what, "bytes": hex(bytes) })
    };
    frames.into_iter().map(describe).collect()
}

#[test]
fn bodies_and_presence_are_frozen() {
    let encoded = |seen| {
        let receipt = Receipt {
            chains: haves(),
            seen,
        };
        let bytes = wire::encode(&receipt);
        assert_eq!(decode_receipt(&bytes), Ok(receipt));
        hex(bytes)
    };
    let mailbox = Mailbox([0x41; 16]);
    let token = [0x42; 16];
    let presence = presence_frame(token);
    assert_eq!(decode_presence(&presence[1..]), Ok(token));
    let made = json!({
        "sync": syncs(),
        "join_reply": join_replies(),
        "receipt": encoded(None),
        "receipt_of_reading": encoded(Some(vec![MessageId([0x2b; 32]), MessageId([0x2c; 32])])),
        "chain_ref": hex(wire::encode(&ChainRef { chain: ChainId([0x28; 32]) })),
        "call": signals(),
        "link": link_signals(),
        "link_frame": link_frames(),
        "payload": payloads(),
        "content": contents(),
        "file": files(),
        "presence": {
            "mailbox": hex(mailbox.0), "topic": mailbox.topic(),
            "presence_mailbox": hex(presence_mailbox(&mailbox).0),
            "presence_topic": presence_mailbox(&mailbox).topic(),
            "token": hex(token), "frame": hex(presence),
        },
    });
    compare("frames.json", include_str!("frames.json"), &made);
}
