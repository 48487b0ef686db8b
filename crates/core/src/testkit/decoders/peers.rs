//! Decoders of what comes from peers and from links, each alone.

use crate::call::{sdp, signal};
use crate::chat::{Content, Kind, Payload};
use crate::file::decode_note;
use crate::identity::{IdentityKey, SignedCard, SignedPrekeys, SignedProfile};
use crate::ids::{ChainId, GroupId, OpId, Timestamp};
use crate::invite::{InviteKeys, JoinRequest, Link, open_join_request, seal_join_request};
use crate::link::{frame as link_frame, signal as link_signal};
use crate::membership::op::{SignedOp, sign_op};
use crate::membership::{Genesis, OpBody};
use crate::pairwise::PairwiseFrame;
use crate::pairwise::frame as pairwise_frame;
use crate::sender_keys::message::frame as message_frame;
use crate::sender_keys::{Distribution, Message, SealedDistribution};
use crate::sync::{
    ChainRef, JoinReply, decode_presence, decode_receipt, decode_sync, presence_frame,
};
use crate::testing::SeededRng;
use crate::wire::{
    self, FRAME_SIZES, FrameKind, SignatureBytes, base64url as text, labels, limits,
};

/// Whoever signs what only its own key may sign.
pub(super) fn key() -> IdentityKey {
    IdentityKey::from_seed(&[7; 32])
}

pub(super) fn frame(bytes: &[u8]) -> bool {
    let Ok((kind, body)) = wire::split_frame(bytes) else {
        return false;
    };
    assert_eq!([&[kind.byte()], body].concat(), bytes);
    true
}

pub(super) fn message(body: &[u8]) -> bool {
    let Ok(message) = Message::parse(body) else {
        return false;
    };
    let (id, again) = message_frame(
        message.chain,
        message.index,
        message.random,
        message.ciphertext,
        message.signature,
    );
    assert_eq!(id, message.id);
    assert_eq!(again, [&[FrameKind::Message.byte()], body].concat());
    true
}

pub(super) fn pairwise(body: &[u8]) -> bool {
    let Ok(frame) = PairwiseFrame::parse(body) else {
        return false;
    };
    // A sender fills a frame up in one way; the reader takes a shorter fill too, of which there is one as well.
    if let Some(again) = pairwise_frame::frame(frame.from(), &frame.message, body.len() + 1) {
        assert_eq!(again, [&[FrameKind::Pairwise.byte()], body].concat());
    }
    true
}

pub(super) fn inner(padded: &[u8]) -> bool {
    let Ok((inner, kind)) = pairwise_frame::Inner::unpad(padded) else {
        return false;
    };
    let bytes = wire::encode(&inner);
    assert_eq!(wire::pad(bytes, padded.len()).as_deref(), Ok(padded));
    assert!(pairwise_frame::PairwiseKind::ALL.contains(&kind));
    true
}

pub(super) fn presence(body: &[u8]) -> bool {
    let Ok(token) = decode_presence(body) else {
        return false;
    };
    if body.len() + 1 == FRAME_SIZES[0] {
        assert_eq!(presence_frame(token).get(1..), Some(body));
    }
    true
}

pub(super) fn request(bytes: &[u8]) -> bool {
    let keys = InviteKeys::derive(&[9; 32]);
    // As it stands, nobody sealed it.
    assert!(open_join_request(keys.join_box(), bytes).is_err());
    let Ok(request) = wire::decode::<JoinRequest>(bytes, limits::MAX_FRAME) else {
        return false;
    };
    if let Ok(frame) = seal_join_request(keys.join_box(), &request, &mut SeededRng::new(1)) {
        let opened = wire::split_frame(&frame)
            .ok()
            .and_then(|(_, body)| open_join_request(keys.join_box(), body).ok());
        // Another version is refused only here.
        assert!(opened.is_none_or(|opened| opened == request));
    }
    let group = request.card.open().map_or(GroupId([0; 32]), |it| it.group);
    if let Ok(verified) = request.verify(&group, &keys.public()) {
        assert_eq!(verified.card.member_id(), verified.prekeys.member);
    }
    true
}

pub(super) fn op(bytes: &[u8]) -> bool {
    let Ok(signed) = SignedOp::read(bytes) else {
        return false;
    };
    assert_eq!(signed.bytes, bytes);
    // All but the signature, which closes the envelope, is written alike from what was read.
    let again = sign_op(&signed.op, key().signing_key());
    assert_eq!(again.len(), bytes.len());
    let kept = bytes.len() - size_of::<SignatureBytes>();
    assert_eq!(again.get(..kept), bytes.get(..kept));
    assert_eq!(SignedOp::read(&again).map(|op| op.id), Ok(signed.id));
    true
}

/// The first byte is the kind.
pub(super) fn op_body(bytes: &[u8]) -> bool {
    let Some((kind, body)) = bytes.split_first() else {
        return false;
    };
    let Ok(read) = OpBody::from_bytes(u16::from(*kind), body) else {
        return false;
    };
    assert_eq!(read.kind() as u16, u16::from(*kind));
    assert_eq!(read.to_bytes(), body);
    true
}

pub(super) fn genesis(bytes: &[u8]) -> bool {
    Genesis::from_bytes(bytes).is_ok_and(|genesis| {
        assert_eq!(genesis.to_bytes(), bytes);
        true
    })
}

pub(super) fn card(bytes: &[u8]) -> bool {
    let Ok(signed) = wire::decode::<SignedCard>(bytes, limits::MAX_FRAME) else {
        return false;
    };
    signed.open().is_ok()
}

/// What the card's own key signs: only a card of that key opens.
pub(super) fn card_signed(bytes: &[u8]) -> bool {
    let signed = SignedCard {
        bytes: bytes.to_vec(),
        signature: wire::sign(key().signing_key(), labels::CARD_SIGN, bytes),
    };
    let Ok(card) = signed.open() else {
        return false;
    };
    assert_eq!(SignedCard::sign(&card, &key()), signed);
    true
}

pub(super) fn prekeys(bytes: &[u8]) -> bool {
    let Ok(signed) = wire::decode::<SignedPrekeys>(bytes, limits::MAX_FRAME) else {
        return false;
    };
    signed.claimed_member().is_ok()
}

/// What the member's key signs.
pub(super) fn prekeys_signed(bytes: &[u8]) -> bool {
    let signed = SignedPrekeys {
        bytes: bytes.to_vec(),
        signature: wire::sign(key().signing_key(), labels::PREKEYS_SIGN, bytes),
    };
    let Ok(prekeys) = signed.open(&key().public()) else {
        return false;
    };
    assert_eq!(SignedPrekeys::sign(&prekeys, &key()), signed);
    true
}

pub(super) fn profile(bytes: &[u8]) -> bool {
    let Ok(signed) = wire::decode::<SignedProfile>(bytes, limits::MAX_FRAME) else {
        return false;
    };
    signed.claimed_member().is_ok()
}

/// What the member's key signs.
pub(super) fn profile_signed(bytes: &[u8]) -> bool {
    let signed = SignedProfile {
        bytes: bytes.to_vec(),
        signature: wire::sign(key().signing_key(), labels::PROFILE_SIGN, bytes),
    };
    let Ok(profile) = signed.open(&key().public()) else {
        return false;
    };
    assert_eq!(SignedProfile::sign(&profile, &key()), signed);
    true
}

pub(super) fn sealed_key(body: &[u8]) -> bool {
    let Ok(sealed) = SealedDistribution::decode(body) else {
        return false;
    };
    assert_eq!(sealed.encode(), body);
    assert!(Distribution::open(&sealed.sealed, &[3; 32], &sealed.chain).is_err());
    true
}

pub(super) fn sender_key(plaintext: &[u8]) -> bool {
    let Ok(distribution) = Distribution::read(plaintext, &ChainId([4; 32])) else {
        return false;
    };
    assert!(!distribution.heads().is_empty());
    // Nobody can have found contents that hash to this chain id.
    let accepted = distribution.accept(&GroupId([0; 32]), &key().member_id(), &[1; 32], &[2; 32]);
    assert!(accepted.is_err());
    true
}

pub(super) fn sync(body: &[u8]) -> bool {
    decode_sync(body).is_ok_and(|sync| {
        assert_eq!(wire::encode(&sync), body);
        true
    })
}

pub(super) fn call(body: &[u8]) -> bool {
    signal::decode(body).is_ok_and(|signal| {
        assert_eq!(wire::encode(&signal), body);
        true
    })
}

pub(super) fn link_signal(body: &[u8]) -> bool {
    link_signal::decode(body).is_ok_and(|signal| {
        assert_eq!(wire::encode(&signal), body);
        true
    })
}

pub(super) fn link_frame(bytes: &[u8]) -> bool {
    link_frame::decode(bytes).is_ok_and(|frame| {
        assert_eq!(wire::encode(&frame), bytes);
        true
    })
}

/// True when something was limited; it stays as it is when it is limited again.
pub(super) fn description(bytes: &[u8]) -> bool {
    let Ok(text) = core::str::from_utf8(bytes) else {
        return false;
    };
    let mut changed = false;
    for many in [false, true] {
        let limited = sdp::limit(text, many);
        assert_eq!(sdp::limit(&limited, many), limited);
        changed |= limited != text;
    }
    changed
}

pub(super) fn receipt(body: &[u8]) -> bool {
    let Ok(receipt) = decode_receipt(body) else {
        return false;
    };
    assert_eq!(wire::encode(&receipt), body);
    for have in &receipt.chains {
        for range in &have.ranges {
            assert!(have.contains(range.from) && have.contains(range.to));
        }
    }
    true
}

pub(super) fn join_reply(body: &[u8]) -> bool {
    let Ok(reply) = wire::decode::<JoinReply>(body, limits::MAX_FRAME) else {
        return false;
    };
    assert_eq!(wire::encode(&reply), body);
    if let JoinReply::Welcome { ops, .. } = reply {
        // A log of anybody's making is refused or is a log.
        let _ = crate::membership::Log::receive(&ops.iter().map(|op| &**op).collect::<Vec<_>>());
    }
    true
}

pub(super) fn chain_ref(body: &[u8]) -> bool {
    wire::decode::<ChainRef>(body, limits::MAX_FRAME).is_ok_and(|chain| {
        assert_eq!(wire::encode(&chain), body);
        true
    })
}

pub(super) fn link(bytes: &[u8]) -> bool {
    let said = String::from_utf8_lossy(bytes);
    let Ok(link) = Link::parse(&said, Timestamp(0)) else {
        return false;
    };
    let code = link.to_code();
    assert!(said.contains(code.as_str()), "one code for one link");
    assert_eq!(
        Link::parse(&code, Timestamp(0)).map(|it| it.expires),
        Ok(link.expires)
    );
    true
}

/// What stands between the version and the checksum.
pub(super) fn link_fields(bytes: &[u8]) -> bool {
    let mut code = vec![1];
    code.extend_from_slice(bytes);
    let sum = wire::hash(labels::LINK_CHECKSUM, &[&code]);
    code.extend_from_slice(&sum[..4]);
    link(text::encode(&code).as_bytes())
}

pub(super) fn payload(bytes: &[u8]) -> bool {
    Payload::decode(bytes).is_ok_and(|payload| {
        assert_eq!(payload.encode(), bytes);
        true
    })
}

pub(super) fn file_note(body: &[u8]) -> bool {
    let Ok(note) = decode_note(body) else {
        return false;
    };
    assert_eq!(wire::encode(&note), body);
    true
}

/// The first byte is the kind. Bodies of kinds that nobody knows are kept as they are, and not counted as accepted.
pub(super) fn body(bytes: &[u8]) -> bool {
    let Some((kind, body)) = bytes.split_first() else {
        return false;
    };
    let payload = Payload {
        sent_at: Timestamp(0),
        heads_hash: [0; 32],
        roster_hash: [0; 32],
        parents: Vec::new(),
        clock: Timestamp(0),
        kind: Kind(u16::from(*kind)),
        body: body.to_vec(),
        lifetime: None,
    };
    Content::of(&payload).is_some_and(|content| {
        assert_eq!(content.encode(), (payload.kind, payload.body));
        !matches!(content, Content::Unknown { .. })
    })
}

pub(super) fn base64url(bytes: &[u8]) -> bool {
    let said = String::from_utf8_lossy(bytes);
    let id = said.parse::<OpId>();
    let Ok(decoded) = text::decode(&said) else {
        assert!(id.is_err());
        return false;
    };
    assert_eq!(text::encode(&decoded), said);
    assert_eq!(id.is_ok(), decoded.len() == OpId::LEN);
    true
}
