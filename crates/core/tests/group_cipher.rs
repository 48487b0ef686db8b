//! The twelve scenarios with which libsignal tests its group cipher, told for the sender keys here. Each test has the name
//! of its model; where this protocol answers a scenario in another way, a comment says what stands for it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use discordopus_core::ids::{ChainId, GroupId, MemberId, OpId, Timestamp};
use discordopus_core::sender_keys::{
    AcceptError, ChainScope, Distribution, DistributionError, EncryptError, MAX_CHAIN_MESSAGES,
    MAX_MESSAGE_PAYLOAD, Message, OpenError, OwnChain, PeerChain,
};
use discordopus_core::testing::SeededRng;
use discordopus_core::wire::{self, FRAME_SIZES, FrameKind};
use hpke::{Kem, Serializable};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;
#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

const GROUP: GroupId = GroupId([0x61; 32]);
const ALICE: MemberId = MemberId([0x62; 32]);
const ROSTER: [u8; 32] = [0x63; 32];
const HEADS_HASH: [u8; 32] = [0x64; 32];
const NOW: Timestamp = Timestamp(1_750_000_000_000);

/// The sending side.
struct Sender {
    chain: OwnChain,
    rng: SeededRng,
}

impl Sender {
    fn new() -> Self {
        let mut rng = SeededRng::new(0xa11c);
        let scope = ChainScope {
            group: GROUP,
            sender: ALICE,
            generation: 1,
            roster_hash: ROSTER,
            heads: vec![OpId([0x65; 32])],
            heads_hash: HEADS_HASH,
        };
        Self {
            chain: OwnChain::new(scope, NOW, &mut rng),
            rng,
        }
    }

    /// The frame as a relay carries it.
    fn frame(&mut self, text: &[u8]) -> Vec<u8> {
        let mut random = [0; 16];
        random[..8].copy_from_slice(&self.rng.number().to_be_bytes());
        self.chain.encrypt(text, random).unwrap().1
    }

    fn says(&mut self, text: &str) -> Message {
        parsed(&self.frame(text.as_bytes()))
    }

    /// The distribution for this recipient.
    fn distribution_for(&mut self, recipient: &Recipient) -> Result<Vec<u8>, DistributionError> {
        self.chain
            .seal_distribution(&recipient.public, &mut self.rng)
    }
}

fn parsed(frame: &[u8]) -> Message {
    let (kind, body) = wire::split_frame(frame).unwrap();
    assert_eq!(kind, FrameKind::Message);
    Message::parse(body).unwrap()
}

/// The receiving side: a prekey, and the chain once it has come.
struct Recipient {
    secret: [u8; 32],
    public: Vec<u8>,
    chain: Option<PeerChain>,
}

impl Recipient {
    fn new(seed: u8) -> Self {
        let (secret, public) = hpke::kem::XWing::derive_keypair(&[seed; 32]);
        Self {
            secret: secret.to_bytes().as_slice().try_into().unwrap(),
            public: public.to_bytes().to_vec(),
            chain: None,
        }
    }

    fn takes(&mut self, sealed: &[u8], chain: ChainId) {
        let opened = Distribution::open(sealed, &self.secret, &chain).unwrap();
        let accepted = opened.accept(&GROUP, &ALICE, &ROSTER, &HEADS_HASH);
        self.chain = Some(accepted.unwrap());
    }

    fn joins(sender: &mut Sender, seed: u8) -> Self {
        let mut recipient = Self::new(seed);
        let sealed = sender.distribution_for(&recipient).unwrap();
        recipient.takes(&sealed, sender.chain.id());
        recipient
    }

    fn reads(&mut self, message: &Message) -> Result<Vec<u8>, OpenError> {
        let chain = self.chain.as_mut().unwrap();
        let opened = chain.open(message)?;
        chain.commit(opened.step, NOW).unwrap();
        Ok(opened.payload.to_vec())
    }
}

/// A chain is made before anything can be encrypted: a sender without one is no state that the types allow. What stands
/// for it is the sender whose chain has come to its end.
#[test]
fn group_no_send_session() {
    let mut alice = Sender::new();
    for _ in 0..MAX_CHAIN_MESSAGES {
        alice.frame(b"");
    }
    let spent = alice.chain.encrypt(b"one more", [1; 16]);
    assert_eq!(spent, Err(EncryptError::Exhausted));
}

/// Without the sender's chain there is nothing to open a message with; a chain of another sender does not open it, and
/// the sealed distribution alone is of no use to whom it was not sealed for.
#[test]
fn group_no_recv_session() {
    let mut alice = Sender::new();
    let bob = Recipient::new(1);
    let sealed = alice.distribution_for(&bob).unwrap();
    let message = alice.says("space camp?");
    let carol = Recipient::new(2);
    let stolen = Distribution::open(&sealed, &carol.secret, &alice.chain.id());
    assert!(matches!(stolen, Err(DistributionError::Open)));
    let mut other = Sender::new();
    other.chain = OwnChain::new(
        other.chain.scope().clone(),
        NOW,
        &mut SeededRng::new(0xd1ff),
    );
    let mut dan = Recipient::joins(&mut other, 3);
    assert_eq!(dan.reads(&message), Err(OpenError::OtherChain));
}

#[test]
fn group_basic_encrypt_decrypt() {
    let mut alice = Sender::new();
    let mut bob = Recipient::joins(&mut alice, 1);
    let message = alice.says("space camp?");
    assert_eq!(bob.reads(&message).as_deref(), Ok(&b"space camp?"[..]));
}

/// There are no certificates of a server here. What stands for the sealed sender: the frame names neither group nor
/// sender, and opens for no other sender than the one whose chain it is.
#[test]
fn group_sealed_sender() {
    let mut alice = Sender::new();
    let mut bob = Recipient::joins(&mut alice, 1);
    let mut carol = Recipient::joins(&mut alice, 2);
    let frame = alice.frame(b"space camp?");
    for secret in [&GROUP.0, &ALICE.0, &ROSTER] {
        assert!(!frame.windows(32).any(|part| part == secret));
    }
    assert!(!frame.windows(5).any(|part| part == b"space"));
    let message = parsed(&frame);
    for reader in [&mut bob, &mut carol] {
        assert_eq!(reader.reads(&message).as_deref(), Ok(&b"space camp?"[..]));
        assert_eq!(reader.chain.as_ref().unwrap().sender(), ALICE);
    }
    // Taken for somebody else's, the distribution is refused, and with it every message.
    let eve = Recipient::new(3);
    let sealed = alice.distribution_for(&eve).unwrap();
    let opened = Distribution::open(&sealed, &eve.secret, &alice.chain.id()).unwrap();
    let forged = opened.accept(&GROUP, &MemberId([9; 32]), &ROSTER, &HEADS_HASH);
    assert!(matches!(forged, Err(AcceptError::ChainId)));
}

/// A device is a member of its own: one ciphertext serves all of them, with a distribution for each.
#[test]
fn group_sealed_sender_multiple_devices() {
    let mut alice = Sender::new();
    let mut devices: Vec<_> = (1..=3)
        .map(|seed| Recipient::joins(&mut alice, seed))
        .collect();
    let message = alice.says("space camp?");
    for device in &mut devices {
        assert_eq!(device.reads(&message).as_deref(), Ok(&b"space camp?"[..]));
        assert_eq!(device.reads(&message), Err(OpenError::Replay));
    }
}

/// Who is not to read is given no distribution; the others' bytes are the same as without it.
#[test]
fn group_sealed_sender_multiple_devices_and_excluded_recipients() {
    let mut alice = Sender::new();
    let mut bob = Recipient::joins(&mut alice, 1);
    let mut carol = Recipient::joins(&mut alice, 2);
    let excluded = Recipient::new(3);
    alice.chain.finish_distribution();
    let message = alice.says("space camp?");
    for reader in [&mut bob, &mut carol] {
        assert_eq!(reader.reads(&message).as_deref(), Ok(&b"space camp?"[..]));
    }
    let late = alice.distribution_for(&excluded);
    assert_eq!(late, Err(DistributionError::Finished));
}

/// The largest of all, beside the model's 1,024 bytes; one byte more fits no frame.
#[test]
fn group_large_messages() {
    let mut alice = Sender::new();
    let mut bob = Recipient::joins(&mut alice, 1);
    for length in [1_024, MAX_MESSAGE_PAYLOAD] {
        let text: Vec<u8> = (0..length).map(|at| (at * 31 % 251) as u8).collect();
        let frame = alice.frame(&text);
        assert!(FRAME_SIZES.contains(&frame.len()));
        assert_eq!(bob.reads(&parsed(&frame)), Ok(text));
    }
    let too_long = alice
        .chain
        .encrypt(&vec![0; MAX_MESSAGE_PAYLOAD + 1], [0; 16]);
    assert!(matches!(too_long, Err(EncryptError::TooLarge)));
}

#[test]
fn group_basic_ratchet() {
    let mut alice = Sender::new();
    let mut bob = Recipient::joins(&mut alice, 1);
    let [swim, robot, ninja] = ["swim camp", "robot camp", "ninja camp"].map(|it| alice.says(it));
    assert_eq!(bob.reads(&swim).as_deref(), Ok(&b"swim camp"[..]));
    assert_eq!(bob.reads(&swim), Err(OpenError::Replay));
    assert_eq!(bob.reads(&ninja).as_deref(), Ok(&b"ninja camp"[..]));
    assert_eq!(bob.reads(&robot).as_deref(), Ok(&b"robot camp"[..]));
    assert_eq!(bob.reads(&robot), Err(OpenError::Replay));
}

/// Somebody for whom the chain was made, but who gets it after a hundred messages, reads on. Who joins the group later
/// is in another roster, for which the chain was not made: it reads nothing of it.
#[test]
fn group_late_join() {
    let mut alice = Sender::new();
    for number in 0..100 {
        alice.says(&format!("nefarious plotting {number}/100"));
    }
    let mut bob = Recipient::joins(&mut alice, 1);
    let welcome = alice.says("welcome bob");
    assert_eq!(bob.reads(&welcome).as_deref(), Ok(&b"welcome bob"[..]));
    let newcomer = Recipient::new(2);
    let sealed = alice.distribution_for(&newcomer).unwrap();
    let opened = Distribution::open(&sealed, &newcomer.secret, &alice.chain.id()).unwrap();
    let later = opened.accept(&GROUP, &ALICE, &[0x99; 32], &HEADS_HASH);
    assert!(matches!(later, Err(AcceptError::ChainId)));
}

#[test]
fn group_out_of_order() {
    let mut alice = Sender::new();
    let mut bob = Recipient::joins(&mut alice, 1);
    let text = |number| format!("nefarious plotting {number:02}/100");
    let mut sent: Vec<_> = (0..100).map(|number| alice.says(&text(number))).collect();
    // Fisher and Yates.
    for last in (1..sent.len()).rev() {
        let other = alice.rng.below(last as u64 + 1) as usize;
        sent.swap(last, other);
    }
    let mut read: Vec<_> = sent.iter().map(|it| bob.reads(it).unwrap()).collect();
    read.sort();
    let expected: Vec<_> = (0..100).map(|number| text(number).into_bytes()).collect();
    assert_eq!(read, expected);
    assert_eq!(bob.chain.unwrap().skipped_len(), 0);
}

/// The model refuses a message more than 25,000 steps ahead. Here a chain has an end, which is what bounds how far one
/// message can drive a receiver: the last index is reached, and one beyond it is no message.
#[test]
fn group_too_far_in_the_future() {
    let mut alice = Sender::new();
    let mut bob = Recipient::joins(&mut alice, 1);
    for _ in 0..MAX_CHAIN_MESSAGES - 1 {
        alice.frame(b"nefarious plotting");
    }
    let last = alice.frame(b"you got the plan?");
    let mut beyond = parsed(&last);
    assert_eq!(bob.reads(&beyond).as_deref(), Ok(&b"you got the plan?"[..]));
    let chain = bob.chain.as_ref().unwrap();
    assert_eq!(chain.skipped_len(), MAX_CHAIN_MESSAGES as usize - 1);
    let stored = PeerChain::decode(&chain.encode()).unwrap();
    assert_eq!(stored.skipped_len(), chain.skipped_len());
    beyond.index = MAX_CHAIN_MESSAGES;
    assert_eq!(bob.reads(&beyond), Err(OpenError::BeyondEnd));
    let more = alice.chain.encrypt(b"one more", [0; 16]);
    assert_eq!(more, Err(EncryptError::Exhausted));
    assert_eq!(alice.chain.next_index(), MAX_CHAIN_MESSAGES);
}

/// Skipped keys are dropped oldest first, by number and by age; what is left still opens its message.
#[test]
fn group_message_key_limit() {
    let mut alice = Sender::new();
    let mut bob = Recipient::joins(&mut alice, 1);
    let sent: Vec<_> = (0..20).map(|n: u32| alice.says(&n.to_string())).collect();
    let chain = bob.chain.as_mut().unwrap();
    for (index, at) in [(9, NOW), (19, NOW.plus(10))] {
        let opened = chain.open(&sent[index]).unwrap();
        chain.commit(opened.step, at).unwrap();
    }
    assert_eq!(chain.skipped_len(), 18);
    assert_eq!(chain.oldest_skipped(), Some(NOW));
    assert_eq!(chain.missing_ranges(), [(0, 8), (10, 18)]);
    chain.drop_oldest_skipped(4);
    assert_eq!(chain.missing_ranges(), [(4, 8), (10, 18)]);
    assert_eq!(bob.reads(&sent[3]), Err(OpenError::KeyGone));
    assert_eq!(bob.reads(&sent[4]).as_deref(), Ok(&b"4"[..]));
    let chain = bob.chain.as_mut().unwrap();
    assert_eq!(chain.drop_skipped_before(NOW.plus(10)), 4);
    assert_eq!(chain.missing_ranges(), [(10, 18)]);
    assert_eq!(chain.received_ranges(), [(4, 4), (9, 9), (19, 19)]);
    assert_eq!(bob.reads(&sent[8]), Err(OpenError::KeyGone));
    let chain = bob.chain.as_mut().unwrap();
    chain.drop_oldest_skipped(usize::MAX);
    assert_eq!(chain.skipped_len(), 0);
    assert_eq!(chain.oldest_skipped(), None);
}
