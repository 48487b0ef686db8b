//! Sender keys as the rest of the core uses them: distribution, order, loss, limits, and every kind of bad input.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use discordopus_core::ids::{ChainId, GroupId, MILLIS_PER_HOUR, MemberId, OpId, Timestamp};
use discordopus_core::sender_keys::{
    AcceptError, ChainScope, Distribution, DistributionError, EncryptError, MAX_CHAIN_MESSAGES,
    MAX_MESSAGE_PAYLOAD, Message, OpenError, OwnChain, PeerChain, ROTATE_AFTER_MESSAGES,
    SealedDistribution, StaleStep,
};
use discordopus_core::testing::SeededRng;
use discordopus_core::wire::{self, FRAME_SIZES, FrameKind};
use hpke::{Kem, Serializable};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;
#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

const GROUP: GroupId = GroupId([1; 32]);
const SENDER: MemberId = MemberId([2; 32]);
const ROSTER: [u8; 32] = [3; 32];
const HEADS_HASH: [u8; 32] = [4; 32];
const NOW: Timestamp = Timestamp(1_700_000_000_000);

struct Xwing {
    secret: [u8; 32],
    public: Vec<u8>,
}

fn xwing(seed: u8) -> Xwing {
    let (secret, public) = hpke::kem::XWing::derive_keypair(&[seed; 32]);
    Xwing {
        secret: secret.to_bytes().as_slice().try_into().unwrap(),
        public: public.to_bytes().to_vec(),
    }
}

fn scope(generation: u64) -> ChainScope {
    ChainScope {
        group: GROUP,
        sender: SENDER,
        generation,
        roster_hash: ROSTER,
        heads: vec![OpId([6; 32]), OpId([5; 32])],
        heads_hash: HEADS_HASH,
    }
}

fn chain(seed: u64) -> OwnChain {
    OwnChain::new(scope(1), NOW, &mut SeededRng::new(seed))
}

fn receive(own: &OwnChain) -> PeerChain {
    let keys = xwing(1);
    let sealed = own
        .seal_distribution(&keys.public, &mut SeededRng::new(99))
        .unwrap();
    Distribution::open(&sealed, &keys.secret, &own.id())
        .unwrap()
        .accept(&GROUP, &SENDER, &ROSTER, &HEADS_HASH)
        .unwrap()
}

fn random(n: u32) -> [u8; 16] {
    let mut random = [0xab; 16];
    random[..4].copy_from_slice(&n.to_be_bytes());
    random
}

fn send(own: &mut OwnChain, text: &str) -> Message {
    let n = own.next_index();
    let (id, frame) = own.encrypt(text.as_bytes(), random(n)).unwrap();
    let (kind, body) = wire::split_frame(&frame).unwrap();
    assert_eq!(kind, FrameKind::Message);
    let message = Message::parse(body).unwrap();
    assert_eq!(message.id, id);
    message
}

fn read(peer: &mut PeerChain, message: &Message) -> Result<String, OpenError> {
    let opened = peer.open(message)?;
    peer.commit(opened.step, NOW).unwrap();
    Ok(String::from_utf8(opened.payload.to_vec()).unwrap())
}

#[test]
fn a_message_is_read_by_everyone_who_got_the_distribution() {
    let mut own = chain(1);
    let (mut first, mut second) = (receive(&own), receive(&own));
    own.finish_distribution();
    for text in ["one", "", "three"] {
        let message = send(&mut own, text);
        assert_eq!(read(&mut first, &message).as_deref(), Ok(text));
        assert_eq!(read(&mut second, &message).as_deref(), Ok(text));
    }
}
