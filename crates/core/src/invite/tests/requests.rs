//! Sealed requests and the proofs in them.

use crate::identity::{Card, IdentityKey, Prekeys, SignedCard, SignedPrekeys, XWING_PUBLIC_LEN};
use crate::ids::{GroupId, Mailbox, Timestamp};
use crate::invite::{
    InviteKeys, JoinProof, JoinRequest, OpenRequestError, open_join_request, seal_join_request,
};
use crate::test_attr::test;
use crate::testing::SeededRng;
use crate::wire::{DecodeError, FRAME_SIZES, FrameKind, split_frame};

const NOW: Timestamp = Timestamp(1_700_000_000_000);
const GROUP: GroupId = GroupId([3; 32]);

fn key(seed: u8) -> IdentityKey {
    IdentityKey::from_seed(&[seed; 32])
}

fn keys() -> InviteKeys {
    InviteKeys::derive(&[7; 32])
}

fn card(key: &IdentityKey, group: GroupId) -> SignedCard {
    let card = Card {
        group,
        ik: key.public(),
        olm: [9; 32],
        name: "Ben".into(),
        created: NOW,
    };
    SignedCard::sign(&card, key)
}

fn prekeys(key: &IdentityKey, group: GroupId) -> SignedPrekeys {
    use hpke::{Kem, Serializable};
    let (_, xwing) = hpke::kem::XWing::derive_keypair(&[5; 32]);
    let prekeys = Prekeys {
        group,
        member: key.member_id(),
        seq: 1,
        xwing: xwing.to_bytes().to_vec(),
        olm_fallback: [9; 32],
        one_time: Vec::new(),
        mailbox: Mailbox([1; 16]),
        relays: vec!["wss://relay.example/mqtt".into()],
        expires: NOW.plus(1_000),
    };
    assert_eq!(prekeys.xwing.len(), XWING_PUBLIC_LEN);
    SignedPrekeys::sign(&prekeys, key)
}

fn request(key: &IdentityKey) -> JoinRequest {
    let card = card(key, GROUP);
    let proof = JoinProof::new(&GROUP, &keys(), &card, key, NOW);
    JoinRequest::new(card, prekeys(key, GROUP), proof)
}

fn seal(request: &JoinRequest) -> Vec<u8> {
    seal_join_request(keys().join_box(), request, &mut SeededRng::new(1)).unwrap()
}

#[test]
fn a_sealed_request_opens_for_holders_of_the_invite() {
    let request = request(&key(2));
    let frame = seal(&request);
    assert!(FRAME_SIZES.contains(&frame.len()));
    let (kind, body) = split_frame(&frame).unwrap();
    assert_eq!(kind, FrameKind::JoinRequest);
    let opened = open_join_request(keys().join_box(), body).unwrap();
    assert_eq!(opened, request);
    let verified = opened.verify(&GROUP, &keys().public()).unwrap();
    assert_eq!(verified.card.member_id(), key(2).member_id());
    assert_eq!(verified.prekeys.member, key(2).member_id());
    assert_eq!(verified.asked, NOW);
}

#[test]
fn a_request_opens_with_no_other_key_and_with_no_changed_byte() {
    let frame = seal(&request(&key(2)));
    let body = &frame[1..];
    let other = InviteKeys::derive(&[8; 32]);
    assert_eq!(
        open_join_request(other.join_box(), body),
        Err(OpenRequestError::Sealed)
    );
    for position in 0..body.len() {
        let mut changed = body.to_vec();
        changed[position] ^= 1;
        assert_eq!(
            open_join_request(keys().join_box(), &changed),
            Err(OpenRequestError::Sealed),
            "byte {position}"
        );
    }
    for end in [0, 15, 16, 31, 32, body.len() - 1] {
        assert_eq!(
            open_join_request(keys().join_box(), &body[..end]),
            Err(OpenRequestError::Sealed)
        );
    }
    assert_eq!(
        open_join_request(keys().join_box(), &vec![0; 64 * 1024]),
        Err(OpenRequestError::Decode(DecodeError::TooLarge))
    );
}

#[test]
fn two_seals_of_one_request_have_nothing_in_common() {
    let request = request(&key(2));
    let mut rng = SeededRng::new(1);
    let first = seal_join_request(keys().join_box(), &request, &mut rng).unwrap();
    let second = seal_join_request(keys().join_box(), &request, &mut rng).unwrap();
    assert_eq!(first.len(), second.len());
    assert_ne!(first[1..17], second[1..17]);
    assert_ne!(first[17..], second[17..]);
}

#[test]
fn a_request_whose_parts_belong_to_different_people_proves_nothing() {
    let (ben, eve) = (key(2), key(3));
    let honest = request(&ben);
    let ipk = keys().public();
    let spoil: [fn(&mut JoinRequest); 5] = [
        // A seen proof with one's own card.
        |request| request.card = card(&key(3), GROUP),
        |request| request.prekeys = prekeys(&key(3), GROUP),
        |request| request.prekeys = prekeys(&key(2), GroupId([4; 32])),
        |request| request.proof.asked = NOW.plus(1),
        |request| {
            let card = card(&key(2), GroupId([4; 32]));
            request.proof = JoinProof::new(&GROUP, &keys(), &card, &key(2), NOW);
            request.card = card;
        },
    ];
    for (number, spoil) in spoil.into_iter().enumerate() {
        let mut request = honest.clone();
        spoil(&mut request);
        assert_eq!(
            request.verify(&GROUP, &ipk),
            Err(OpenRequestError::Proof),
            "{number}"
        );
    }
    let elsewhere = GroupId([4; 32]);
    assert_eq!(
        honest.verify(&elsewhere, &ipk),
        Err(OpenRequestError::Proof)
    );
    let other = InviteKeys::derive(&[8; 32]);
    assert_eq!(
        honest.verify(&GROUP, &other.public()),
        Err(OpenRequestError::Proof)
    );
    // Without the invite's secret.
    let card = card(&eve, GROUP);
    let proof = JoinProof::new(&GROUP, &other, &card, &eve, NOW);
    let forged = JoinRequest::new(card, prekeys(&eve, GROUP), proof);
    assert_eq!(forged.verify(&GROUP, &ipk), Err(OpenRequestError::Proof));
    assert!(honest.verify(&GROUP, &ipk).is_ok());
}

#[test]
fn a_request_that_is_sealed_but_malformed_is_refused() {
    use aes_gcm::aead::{Aead, KeyInit, Payload};
    let seal_bytes = |plaintext: Vec<u8>| {
        let salt = [6; 16];
        let derived = crate::wire::expand::<44>(
            keys().join_box().as_bytes(),
            crate::wire::labels::JOIN_REQUEST_KEY,
            &[&salt],
        );
        let cipher = aes_gcm::Aes256Gcm::new_from_slice(&derived[..32]).unwrap();
        let mut nonce = aes_gcm::Nonce::default();
        nonce.copy_from_slice(&derived[32..]);
        let aad = [&[FrameKind::JoinRequest.byte()], salt.as_slice()].concat();
        let payload = Payload {
            msg: &plaintext,
            aad: &aad,
        };
        let sealed = cipher.encrypt(&nonce, payload).unwrap();
        [salt.as_slice(), &sealed].concat()
    };
    let open = |plaintext| open_join_request(keys().join_box(), &seal_bytes(plaintext));
    let encoded = crate::wire::encode(&request(&key(2)));
    let pad = |bytes: &[u8]| [bytes, &[0x80, 0, 0]].concat();
    assert!(open(pad(&encoded)).is_ok());
    let decode = |error| Err(OpenRequestError::Decode(error));
    assert_eq!(open(encoded.clone()), decode(DecodeError::Malformed));
    let mut trailing = encoded.clone();
    trailing.push(0);
    assert_eq!(open(pad(&trailing)), decode(DecodeError::Trailing));
    let mut version = encoded;
    version[1] = 2;
    assert_eq!(open(pad(&version)), decode(DecodeError::UnknownVersion));
    assert_eq!(open(pad(&[0xff])), decode(DecodeError::Malformed));
    assert_eq!(open(vec![0; 8]), decode(DecodeError::Malformed));
}
