//! The pairwise channel as the rest of the core uses it: opening, glare, loss, replay, renewal, and bad input.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use discordopus_core::identity::{IdentityKey, Prekeys, SignedPrekeys};
use discordopus_core::ids::{GroupId, MILLIS_PER_HOUR, Mailbox, MemberId, Timestamp};
use discordopus_core::pairwise::{
    Channel, Device, MAX_PAIRWISE_BODY, OpenError, Opened, PREKEY_LIFETIME, PairwiseFrame,
    PairwiseKind, PeerKeys, RENEW_INTERVAL, SealError,
};
use discordopus_core::testing::SeededRng;
use discordopus_core::wire::{self, DecodeError, FRAME_SIZES, FrameKind};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;
#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

const GROUP: GroupId = GroupId([1; 32]);
const NOW: Timestamp = Timestamp(1_700_000_000_000);

/// One member with its device, its published prekeys, and its channel to the only other one.
struct Side {
    key: IdentityKey,
    device: Device,
    prekeys: Prekeys,
    channel: Channel,
}

impl Side {
    fn id(&self) -> MemberId {
        self.key.member_id()
    }

    fn publish(&mut self, peers: &[MemberId]) {
        let prekeys = self
            .device
            .prekeys(GROUP, self.id(), peers, Mailbox([7; 16]), Vec::new());
        self.prekeys = SignedPrekeys::sign(&prekeys, &self.key)
            .open(&self.key.public())
            .unwrap();
    }

    fn seal_kind(&mut self, peer: &Self, kind: PairwiseKind, body: &[u8]) -> Vec<u8> {
        let keys = PeerKeys {
            member: peer.id(),
            curve25519: peer.device.curve25519(),
            prekeys: Some(&peer.prekeys),
        };
        let me = self.id();
        self.channel
            .seal(&self.device, me, &keys, kind, GROUP, body)
            .unwrap()
    }

    fn seal(&mut self, peer: &Self, text: &str) -> Vec<u8> {
        self.seal_kind(peer, PairwiseKind::Sync, text.as_bytes())
    }

    fn open(&mut self, peer: &Self, frame: &[u8]) -> Result<Opened, OpenError> {
        let (kind, body) = wire::split_frame(frame).unwrap();
        assert_eq!(kind, FrameKind::Pairwise);
        let frame = PairwiseFrame::parse(body).unwrap();
        let me = self.id();
        self.channel.open(
            &mut self.device,
            &frame,
            &peer.device.curve25519(),
            me,
            peer.id(),
            GROUP,
        )
    }

    fn read(&mut self, peer: &Self, frame: &[u8]) -> Result<String, OpenError> {
        let opened = self.open(peer, frame)?;
        Ok(String::from_utf8(opened.body.to_vec()).unwrap())
    }

    /// Device and channel as they would be stored.
    fn stored(&self) -> (Vec<u8>, Vec<u8>) {
        (
            self.device.encode().to_vec(),
            self.channel.encode().to_vec(),
        )
    }
}

fn side(seed: u64) -> Side {
    let mut rng = SeededRng::new(seed);
    let key = IdentityKey::generate(&mut rng);
    let mut device = Device::generate(&mut rng, NOW);
    let member = key.member_id();
    let prekeys = device.prekeys(GROUP, member, &[], Mailbox([7; 16]), Vec::new());
    Side {
        key,
        device,
        prekeys,
        channel: Channel::new([0; 32]),
    }
}

/// Two members that know each other's cards and prekeys, and have not spoken.
fn pair() -> (Side, Side) {
    let (mut a, mut b) = (side(1), side(2));
    a.channel = Channel::new(b.device.curve25519());
    b.channel = Channel::new(a.device.curve25519());
    a.publish(&[b.id()]);
    b.publish(&[a.id()]);
    (a, b)
}

#[test]
fn two_members_talk_over_a_session_that_one_opened() {
    let (mut a, mut b) = pair();
    let frame = a.seal(&b, "hello");
    assert_eq!(b.read(&a, &frame).as_deref(), Ok("hello"));
    for round in 0..5 {
        let text = format!("answer {round}");
        let frame = b.seal(&a, &text);
        assert_eq!(a.read(&b, &frame), Ok(text));
        let frame = a.seal(&b, "next");
        assert_eq!(b.read(&a, &frame).as_deref(), Ok("next"));
    }
    assert_eq!((a.channel.sessions_len(), b.channel.sessions_len()), (1, 1));
    assert_eq!(a.channel.current_session(), b.channel.current_session());
}
