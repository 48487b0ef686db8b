//! Where the fuzzer begins: what members that are honest send and store.

use super::living::on_stage;
use super::peers::key;
use crate::call::Seat;
use crate::call::signal::{Here, Signal};
use crate::chat::{Content, Deed, Kind, Parcel, Payload};
use crate::file::{File, FileKey, FileNote, Look};
use crate::identity::{Card, Profile, SignedCard, SignedPrekeys, SignedProfile};
use crate::ids::{CallId, ChainId, GroupId, Mailbox, MessageId, OpId, Timestamp};
use crate::invite::{InviteKeys, JoinProof, JoinRequest};
use crate::io::{Candidate, Description, Voice};
use crate::link::Attempt;
use crate::link::frame::LinkFrame;
use crate::link::signal::LinkSignal;
use crate::membership::op::SignedOp;
use crate::membership::{Genesis, OpBody, Policy};
use crate::pairwise::{Device, PairwiseKind};
use crate::store::{StoreName, encode_row};
use crate::sync::{
    ChainHave, ChainRef, JoinReply, PrekeysHave, ProfileHave, Range, Receipt, Sync, presence_frame,
};
use crate::testing::SeededRng;
use crate::wire::{self, FrameKind, Value, Writer};

/// Most seeds of one decoder: more of a kind teach the fuzzer nothing.
const MOST: usize = 12;

/// Bytes that this decoder accepts, or nearly.
#[must_use]
pub fn seeds(name: &str) -> Vec<Vec<u8>> {
    let mut all = made(name);
    // The smallest first: the fuzzer is quickest with them.
    all.sort_by_key(Vec::len);
    all.dedup();
    all.truncate(MOST);
    all
}

fn made(name: &str) -> Vec<Vec<u8>> {
    match name {
        "frame" => frames(None),
        "message" => frames(Some(FrameKind::Message)),
        "pairwise" => frames(Some(FrameKind::Pairwise)),
        "presence" => vec![presence_frame([5; 16]).split_off(1)],
        "request" => vec![wire::encode(&request())],
        "op" => stored(b"op/"),
        "op-body" => bodies(),
        "written" => fresh(),
        "genesis" => vec![genesis().to_bytes()],
        "card" => vec![wire::encode(&card(GroupId([2; 32])))],
        "card-signed" => vec![card(GroupId([2; 32])).bytes],
        "prekeys" => vec![wire::encode(&prekeys())],
        "prekeys-signed" => vec![prekeys().bytes],
        "profile" => vec![wire::encode(&profile())],
        "profile-signed" => vec![profile().bytes],
        "sealed-key" => bodies_of(PairwiseKind::Skdm),
        "sender-key" => vec![sender_key()],
        "sync" => bodies_of(PairwiseKind::Sync),
        "receipt" => bodies_of(PairwiseKind::Receipt),
        "join-reply" => bodies_of(PairwiseKind::JoinReply),
        "call" => bodies_of(PairwiseKind::Call),
        "link-signal" => bodies_of(PairwiseKind::Link),
        "link-frame" => link_frames(),
        "description" => OFFERS.iter().map(|it| it.as_bytes().to_vec()).collect(),
        "settings" => stored(b"settings"),
        "chain-ref" => bodies_of(PairwiseKind::ResendReq),
        "spoken" => spoken(),
        "inner" => inner(),
        "link" => links(),
        "link-fields" => link_fields(),
        "payload" => vec![payload()],
        "file-note" => file_notes(),
        "body" => contents(),
        "base64url" => vec![
            wire::base64url::encode(&[3; 32]).into_bytes(),
            b"Zm9v".into(),
        ],
        "own-chain" => stored(b"own-chain"),
        "peer-chain" => stored(b"chain/"),
        "generations" => stored(b"generations/"),
        "channel" => stored(b"channel/"),
        "device" => stored(b"device"),
        "join-record" => stored(b"join/"),
        "history" => history(),
        "row" => rows(),
        "received" => frames(None)
            .iter()
            .map(|it| [&[0], &it[..]].concat())
            .collect(),
        "snapshot" => snapshots(),
        _ => Vec::new(),
    }
}

/// Published frames, or the bodies of those of one kind.
fn frames(kind: Option<FrameKind>) -> Vec<Vec<u8>> {
    on_stage(|stage| {
        let published = stage.world.relay.published.iter();
        published
            .filter_map(|(_, frame)| match kind {
                None => Some(frame.clone()),
                Some(kind) => {
                    let body = frame.strip_prefix(&[kind.byte()])?;
                    Some(body.to_vec())
                }
            })
            .collect()
    })
}

/// What all devices have stored under such a name.
fn stored(prefix: &[u8]) -> Vec<Vec<u8>> {
    on_stage(|stage| {
        let records = stage.world.devices.iter().flat_map(|it| it.store.all());
        records
            .filter(|record| record.key.name.starts_with(prefix))
            .map(|record| record.value.to_vec())
            .collect()
    })
}

fn history() -> Vec<Vec<u8>> {
    on_stage(|stage| {
        let records = stage.world.devices.iter().flat_map(|it| it.store.all());
        records
            .filter(|record| record.store == StoreName::Messages)
            .map(|record| record.value.to_vec())
            .collect()
    })
}

fn rows() -> Vec<Vec<u8>> {
    on_stage(|stage| {
        let records = stage.creator.records.iter();
        records
            .map(|record| encode_row(&record.key, &record.value).to_vec())
            .collect()
    })
}

fn snapshots() -> Vec<Vec<u8>> {
    on_stage(|stage| {
        let records = stage.creator.records.iter().zip(0_u16..);
        records
            .map(|(record, place)| {
                [&place.to_be_bytes()[..], &[0], record.value.as_slice()].concat()
            })
            .step_by(4)
            .collect()
    })
}

/// The kind and the body of every op.
fn bodies() -> Vec<Vec<u8>> {
    let ops = stored(b"op/");
    ops.iter()
        .filter_map(|bytes| SignedOp::read(bytes).ok())
        .map(|signed| {
            let kind = signed.op.body.kind() as u8;
            [&[kind], &signed.op.body.to_bytes()[..]].concat()
        })
        .collect()
}

/// Ops that the creator (0) or an admin (1) may write now, and some that they may not.
fn fresh() -> Vec<Vec<u8>> {
    on_stage(|stage| {
        let members: Vec<_> = stage.log.state().members.keys().copied().collect();
        let removals = members.iter().map(|member| OpBody::Remove {
            member: *member,
            cut: stage.log.cut_for(member, None),
        });
        let bodies = [
            OpBody::Rename {
                name: "Others".into(),
            },
            OpBody::Leave { last: None },
            OpBody::SetPolicy(Policy::default()),
        ];
        let bodies = bodies.into_iter().chain(removals);
        let bodies = bodies.chain(members.iter().filter_map(|it| stage.log.checkpoint(it)));
        bodies
            .flat_map(|body| [0, 1].map(|who| (who, body.kind() as u8, body.to_bytes())))
            .map(|(who, kind, body)| [&[who, kind], &body[..]].concat())
            .collect()
    })
}

fn bodies_of(kind: PairwiseKind) -> Vec<Vec<u8>> {
    let all = said();
    let of_kind = all.into_iter().filter(|(it, _)| *it == kind);
    of_kind.map(|(_, body)| body).collect()
}

fn spoken() -> Vec<Vec<u8>> {
    let place = |kind| PairwiseKind::ALL.iter().position(|it| *it == kind);
    said()
        .into_iter()
        .filter_map(|(kind, body)| {
            let place = u8::try_from(place(kind)?).ok()?;
            Some([&[place], &body[..]].concat())
        })
        .collect()
}

/// What browsers offered.
const OFFERS: [&str; 2] = [
    include_str!("../../call/offers/chromium.sdp"),
    include_str!("../../call/offers/firefox.sdp"),
];

fn link_frames() -> Vec<Vec<u8>> {
    let bytes = || vec![2; 40].into();
    let to = key().member_id();
    let file = file().id();
    let frames = [
        LinkFrame::Ping { number: 1 },
        LinkFrame::Pong { number: 1 },
        LinkFrame::Typing { typing: true },
        LinkFrame::Frame {
            number: 7,
            more: true,
            bytes: bytes(),
        },
        LinkFrame::Confirmed { number: 7 },
        LinkFrame::Forward { to, bytes: bytes() },
        LinkFrame::Want {
            file,
            segment: 1,
            have: bytes(),
        },
        LinkFrame::List {
            file,
            segment: 1,
            list: bytes(),
        },
        LinkFrame::Piece {
            file,
            index: 300,
            bytes: bytes(),
        },
        LinkFrame::Lacking { file },
        LinkFrame::Stop { file },
    ];
    frames.iter().map(wire::encode).collect()
}

fn signals() -> Vec<Signal> {
    let here = Here {
        call: CallId([1; 16]),
        started: Timestamp(1_790_000_000_000),
        started_by: key().member_id(),
        age: 700,
        seat: Seat([2; 8]),
        token: [3; 16],
        voice: Voice::default(),
        hears: vec![key().member_id()],
        offering: true,
    };
    let candidate = Candidate {
        candidate: "candidate:1 1 udp 1 192.0.2.1 9 typ host".into(),
        mid: Some("0".into()),
        line: None,
        fragment: Some("pC3O".into()),
    };
    let description = Description {
        answer: false,
        sdp: OFFERS[1].into(),
    };
    let (to, attempt) = (Seat([4; 8]), Attempt([5; 8]));
    vec![
        Signal::Here(here.clone()),
        Signal::Described {
            here,
            to,
            attempt,
            description,
        },
        Signal::Found {
            to,
            attempt,
            candidates: vec![candidate],
        },
        Signal::Left { seat: to },
    ]
}

fn link_signals() -> Vec<LinkSignal> {
    let signals = signals().into_iter();
    let links = signals.filter_map(|signal| match signal {
        Signal::Described {
            attempt,
            description,
            ..
        } => Some(LinkSignal::Described {
            attempt,
            description,
        }),
        Signal::Found {
            attempt,
            candidates,
            ..
        } => Some(LinkSignal::Found {
            attempt,
            candidates,
        }),
        _ => None,
    });
    links.collect()
}

/// One of each thing that members say to each other.
fn said() -> Vec<(PairwiseKind, Vec<u8>)> {
    on_stage(|stage| {
        let log = &stage.log;
        let ops: Vec<_> = log.all_ops().into_iter().map(Into::into).collect();
        let member = key().member_id();
        let chains = vec![ChainHave {
            chain: ChainId([8; 32]),
            ranges: vec![Range { from: 0, to: 3 }, Range { from: 5, to: 999 }],
        }];
        let chain = wire::encode(&ChainRef {
            chain: ChainId([8; 32]),
        });
        let sealed = crate::sender_keys::SealedDistribution {
            chain: ChainId([8; 32]),
            sealed: vec![6; 1_400],
        };
        let syncs = [
            Sync::Hello {
                heads: log.heads(),
                token: [1; 16],
                answer: false,
            },
            Sync::Vector {
                ops: log.vector(),
                prekeys: vec![PrekeysHave { member, seq: 4 }],
                chains: chains.clone(),
                generation: 2,
                profiles: Some(vec![ProfileHave { member, count: 5 }]),
            },
            Sync::Data {
                ops: ops.iter().rev().take(2).cloned().collect(),
                prekeys: vec![prekeys()],
            },
            Sync::Declined {
                member,
                invite: InviteKeys::derive(&[9; 32]).id(),
            },
            Sync::Refounded {
                code: "Zm9v".into(),
            },
            Sync::Profiles {
                profiles: vec![profile()],
            },
            Sync::WantProfiles {
                members: vec![member],
            },
        ];
        let welcome = JoinReply::Welcome {
            ops,
            prekeys: vec![prekeys()],
            last: true,
        };
        let replies = [
            welcome,
            JoinReply::Refused,
            JoinReply::Used,
            JoinReply::Seen,
        ];
        let syncs = syncs
            .iter()
            .map(|it| (PairwiseKind::Sync, wire::encode(it)));
        let replies = replies
            .iter()
            .map(|it| (PairwiseKind::JoinReply, wire::encode(it)));
        let signals = signals();
        let signals = signals
            .iter()
            .map(|it| (PairwiseKind::Call, wire::encode(it)));
        let link_signals = link_signals();
        let link_signals = link_signals
            .iter()
            .map(|it| (PairwiseKind::Link, wire::encode(it)));
        syncs
            .chain(replies)
            .chain(signals)
            .chain(link_signals)
            .chain([
                (
                    PairwiseKind::Receipt,
                    wire::encode(&Receipt {
                        chains,
                        seen: Some(vec![MessageId([9; 32])]),
                    }),
                ),
                (PairwiseKind::ResendReq, chain.clone()),
                (PairwiseKind::SkdmAck, chain),
                (PairwiseKind::Skdm, sealed.encode()),
            ])
            .collect()
    })
}

fn card(group: GroupId) -> SignedCard {
    let card = Card {
        group,
        ik: key().public(),
        olm: [9; 32],
        name: "Ada".into(),
        created: Timestamp(1),
    };
    SignedCard::sign(&card, &key())
}

fn genesis() -> Genesis {
    let made = Genesis::new("Friends", card(Card::NO_GROUP), [5; 32], Policy::default());
    let Ok(genesis) = made else {
        unreachable!("a sound genesis");
    };
    genesis
}

fn prekeys() -> SignedPrekeys {
    let mut device = Device::generate(&mut SeededRng::new(3), Timestamp(1));
    let others = [crate::ids::MemberId([1; 32]), crate::ids::MemberId([2; 32])];
    let relays = vec!["wss://relay.example/mqtt".into()];
    let prekeys = device.prekeys(
        GroupId([2; 32]),
        key().member_id(),
        &others,
        Mailbox([4; 16]),
        relays,
    );
    SignedPrekeys::sign(&prekeys, &key())
}

fn profile() -> SignedProfile {
    let profile = Profile {
        group: GroupId([2; 32]),
        member: key().member_id(),
        count: 6,
        changed: Timestamp(6),
        name: "Ada".into(),
        picture: Some(b"\xff\xd8\xff\xe0".to_vec().into()),
    };
    SignedProfile::sign(&profile, &key())
}

fn request() -> JoinRequest {
    let card = card(GroupId([2; 32]));
    let keys = InviteKeys::derive(&[9; 32]);
    let proof = JoinProof::new(&GroupId([2; 32]), &keys, &card, &key(), Timestamp(2));
    JoinRequest::new(card, prekeys(), proof)
}

/// Something that is written field by field, as the fields stand in the document.
struct Written(fn(&mut Writer));

impl Value for Written {
    fn put(&self, out: &mut Writer) {
        (self.0)(out);
    }

    fn take(_: &mut wire::Reader<'_>) -> Option<Self> {
        None
    }
}

fn sender_key() -> Vec<u8> {
    wire::encode(&Written(|out| {
        out.array(9);
        out.number(1);
        out.bytes(&[2; 32]);
        out.number(3);
        out.array(1);
        out.bytes(OpId([4; 32]).as_ref());
        out.bytes(&key().public());
        out.bytes(&[6; 32]);
        out.number(7);
        out.number(1_000);
        out.number(86_400_000);
    }))
}

fn inner() -> Vec<Vec<u8>> {
    let bytes = wire::encode(&Written(|out| {
        out.array(7);
        out.number(1);
        out.number(2);
        out.array(3);
        for id in [[2; 32], [3; 32], [4; 32]] {
            out.bytes(&id);
        }
        out.number(9);
        out.number(1);
        None::<u64>.put(out);
        out.bytes(b"body");
    }));
    wire::pad(bytes, 300).into_iter().collect()
}

fn links() -> Vec<Vec<u8>> {
    on_stage(|stage| {
        let links = stage.world.devices.iter().flat_map(|it| &it.links);
        links.map(|link| link.clone().into_bytes()).collect()
    })
}

/// Without version and checksum.
fn link_fields() -> Vec<Vec<u8>> {
    let codes = links().into_iter().filter_map(|link| {
        let link = String::from_utf8(link).ok()?;
        let bytes = wire::base64url::decode(link.rsplit('/').next()?).ok()?;
        let end = bytes.len().checked_sub(4)?;
        Some(bytes.get(1..end)?.to_vec())
    });
    codes.collect()
}

/// Of each kind, what a message can say.
fn file() -> File {
    File {
        name: "notes.txt".to_owned(),
        media_type: "text/plain".to_owned(),
        size: 20_000,
        key: FileKey([5; 32]),
        segments: vec![6; 32],
        look: Look::Sound {
            milliseconds: 1_500,
            waveform: vec![1, 200],
        },
    }
}

fn file_notes() -> Vec<Vec<u8>> {
    let file = file().id();
    let chunks = FileNote::Chunks {
        file,
        list: vec![9; 64],
        first: 0,
        chunks: vec![vec![1; 20].into(), vec![2; 17].into()],
    };
    let have = vec![5];
    let all = [
        chunks,
        FileNote::Ask { file, have },
        FileNote::Lack { file },
        FileNote::Has {
            file,
            segments: vec![3],
        },
    ];
    all.iter().map(wire::encode).collect()
}

fn contents() -> Vec<Vec<u8>> {
    let target = MessageId([7; 32]);
    let amend = |deed| Content::Amend { target, deed };
    let react = |emoji: &str, on| {
        let emoji = emoji.to_owned();
        amend(Deed::React { emoji, on })
    };
    let say = |reply_to| Content::Text {
        text: "**words** for @Ada".to_owned(),
        reply_to,
    };
    let all = [
        say(None),
        say(Some(target)),
        amend(Deed::Edit("other words".to_owned())),
        amend(Deed::Delete),
        react("👍🏽", true),
        react("👩‍🚒", false),
        Content::Pin { target, on: true },
        Content::Timer(30),
        Content::Timer(0),
        Content::Files(Parcel {
            text: "words".to_owned(),
            reply_to: Some(target),
            files: vec![file()],
        }),
    ];
    let encoded = |content: &Content| {
        let (kind, body) = content.encode();
        let kind = u8::try_from(kind.0).unwrap_or_default();
        [&[kind], &body[..]].concat()
    };
    all.iter().map(encoded).collect()
}

fn payload() -> Vec<u8> {
    Payload {
        sent_at: Timestamp(3),
        heads_hash: [1; 32],
        roster_hash: [2; 32],
        parents: vec![MessageId([3; 32])],
        clock: Timestamp(4),
        kind: Kind::TEXT,
        body: b"words".to_vec(),
        lifetime: None,
    }
    .encode()
}
