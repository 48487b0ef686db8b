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
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

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

#[test]
fn messages_arrive_in_any_order() {
    let mut own = chain(1);
    let mut peer = receive(&own);
    let messages: Vec<Message> = (0..10).map(|n| send(&mut own, &n.to_string())).collect();
    for index in [9, 0, 5, 4, 8, 1, 7, 2, 6, 3] {
        assert_eq!(read(&mut peer, &messages[index]), Ok(index.to_string()));
    }
    assert_eq!(peer.skipped_len(), 0);
    assert_eq!(peer.received_ranges(), [(0, 9)]);
}

#[test]
fn a_message_opens_only_once() {
    let mut own = chain(1);
    let mut peer = receive(&own);
    let first = send(&mut own, "first");
    let second = send(&mut own, "second");
    read(&mut peer, &second).unwrap();
    read(&mut peer, &first).unwrap();
    let before = peer.encode();
    for message in [&first, &second] {
        assert_eq!(peer.open(message).unwrap_err(), OpenError::Replay);
    }
    assert_eq!(peer.encode(), before);
}

#[test]
fn opening_changes_nothing_until_it_is_committed() {
    let mut own = chain(1);
    let mut peer = receive(&own);
    send(&mut own, "lost");
    let message = send(&mut own, "kept");
    let before = peer.encode();
    let first = peer.open(&message).unwrap();
    let again = peer.open(&message).unwrap();
    assert_eq!(peer.encode(), before);
    peer.commit(first.step, NOW).unwrap();
    let after = peer.encode();
    assert_ne!(after, before);
    assert_eq!(peer.commit(again.step, NOW), Err(StaleStep));
    assert_eq!(peer.encode(), after);
}

#[test]
fn a_step_that_another_commit_overtook_is_void() {
    let mut own = chain(1);
    let mut peer = receive(&own);
    let (first, second) = (send(&mut own, "first"), send(&mut own, "second"));
    let late = peer.open(&first).unwrap();
    let early = peer.open(&second).unwrap();
    peer.commit(early.step, NOW).unwrap();
    assert_eq!(peer.commit(late.step, NOW), Err(StaleStep));
    // Opened again, it is fine.
    assert_eq!(read(&mut peer, &first).as_deref(), Ok("first"));
}

#[test]
fn a_step_of_another_chain_is_void() {
    let (mut own, mut other) = (chain(1), chain(2));
    let (peer, mut wrong) = (receive(&own), receive(&other));
    send(&mut other, "");
    let opened = peer.open(&send(&mut own, "mine")).unwrap();
    assert_eq!(wrong.commit(opened.step, NOW), Err(StaleStep));
}

#[test]
fn a_changed_message_is_dropped_and_changes_nothing() {
    let mut own = chain(1);
    let peer = receive(&own);
    let message = send(&mut own, "text");
    let before = peer.encode();
    let mut index = message.clone();
    index.index = 1;
    let mut random = message.clone();
    random.random[0] ^= 1;
    let mut ciphertext = message.clone();
    ciphertext.ciphertext[20] ^= 1;
    let mut signature = message.clone();
    signature.signature.0[3] ^= 1;
    for changed in [index, random, ciphertext, signature] {
        assert_eq!(peer.open(&changed).unwrap_err(), OpenError::Signature);
    }
    let mut other = message.clone();
    other.chain = ChainId([9; 32]);
    assert_eq!(peer.open(&other).unwrap_err(), OpenError::OtherChain);
    assert_eq!(peer.encode(), before);
    assert!(peer.open(&message).is_ok());
}

#[test]
fn another_chain_signed_by_the_same_sender_does_not_mix_in() {
    let (mut first, mut second) = (chain(1), chain(2));
    let peer = receive(&first);
    let mut message = send(&mut second, "text");
    assert_eq!(peer.open(&message).unwrap_err(), OpenError::OtherChain);
    message.chain = first.id();
    assert_eq!(peer.open(&message).unwrap_err(), OpenError::Signature);
    assert!(peer.open(&send(&mut first, "text")).is_ok());
}

#[test]
fn who_joins_reads_nothing_from_before() {
    let mut own = chain(1);
    let old = send(&mut own, "before");
    own.finish_distribution();
    let joiner = xwing(8);
    assert_eq!(
        own.seal_distribution(&joiner.public, &mut SeededRng::new(3)),
        Err(DistributionError::Finished)
    );
    // What the joiner gets is a chain for the roster that it is in.
    let mut next = OwnChain::new(
        ChainScope {
            roster_hash: [30; 32],
            ..scope(2)
        },
        NOW,
        &mut SeededRng::new(4),
    );
    let sealed = next
        .seal_distribution(&joiner.public, &mut SeededRng::new(5))
        .unwrap();
    let mut peer = Distribution::open(&sealed, &joiner.secret, &next.id())
        .unwrap()
        .accept(&GROUP, &SENDER, &[30; 32], &HEADS_HASH)
        .unwrap();
    assert_eq!(peer.open(&old).unwrap_err(), OpenError::OtherChain);
    assert_eq!(
        read(&mut peer, &send(&mut next, "after")).as_deref(),
        Ok("after")
    );
}

#[test]
fn a_chain_is_spent_when_nothing_more_can_come() {
    let mut own = chain(1);
    let mut peer = receive(&own);
    let first = send(&mut own, "first");
    while own.next_index() < MAX_CHAIN_MESSAGES - 1 {
        own.encrypt(b"", [0; 16]).unwrap();
    }
    let last = send(&mut own, "last");
    read(&mut peer, &last).unwrap();
    assert!(!peer.is_spent());
    read(&mut peer, &first).unwrap();
    peer.drop_oldest_skipped(usize::MAX);
    assert!(peer.is_spent());
}

#[test]
fn a_sender_rotates_after_a_hundred_messages_a_day_or_a_wrong_clock() {
    let mut own = chain(1);
    assert!(!own.needs_rotation(NOW));
    assert!(!own.needs_rotation(NOW.plus(23 * MILLIS_PER_HOUR)));
    assert!(own.needs_rotation(NOW.plus(24 * MILLIS_PER_HOUR)));
    assert!(own.needs_rotation(Timestamp(NOW.0 - 24 * MILLIS_PER_HOUR)));
    for _ in 0..ROTATE_AFTER_MESSAGES {
        assert!(!own.needs_rotation(NOW));
        own.encrypt(b"", [0; 16]).unwrap();
    }
    assert!(own.needs_rotation(NOW));
}

#[test]
fn a_payload_that_fits_no_frame_is_refused_and_changes_nothing() {
    let mut own = chain(1);
    let before = own.encode();
    assert_eq!(
        own.encrypt(&vec![0; MAX_MESSAGE_PAYLOAD + 1], [0; 16]),
        Err(EncryptError::TooLarge)
    );
    assert_eq!(own.encode(), before);
    let (_, frame) = own
        .encrypt(&vec![0x80; MAX_MESSAGE_PAYLOAD], [0; 16])
        .unwrap();
    assert_eq!(frame.len(), FRAME_SIZES[3]);
    // The core's largest payload fits.
    const { assert!(discordopus_core::chat::MAX_PAYLOAD <= MAX_MESSAGE_PAYLOAD) };
}

#[test]
fn a_restored_backup_never_encrypts_under_the_same_key() {
    let mut own = chain(1);
    let mut peer = receive(&own);
    send(&mut own, "before");
    let mut restored = OwnChain::decode(&own.encode()).unwrap();
    let (_, first) = own.encrypt(b"the same words", [1; 16]).unwrap();
    let (_, second) = restored.encrypt(b"the same words", [2; 16]).unwrap();
    let first = Message::parse(&first[1..]).unwrap();
    let second = Message::parse(&second[1..]).unwrap();
    assert_eq!(first.index, second.index);
    // Under one key and nonce, equal texts would give equal ciphertexts.
    let equal = first
        .ciphertext
        .iter()
        .zip(&second.ciphertext)
        .filter(|(a, b)| a == b)
        .count();
    assert!(equal < first.ciphertext.len() / 8, "{equal}");
    // One index is one message: the second is a replay.
    read(&mut peer, &first).unwrap();
    assert_eq!(peer.open(&second).unwrap_err(), OpenError::Replay);
}

#[test]
fn a_stored_chain_goes_on_where_it_was() {
    let mut own = chain(1);
    let mut peer = receive(&own);
    let skipped = send(&mut own, "skipped");
    read(&mut peer, &send(&mut own, "one")).unwrap();
    let record = own.encode();
    own = OwnChain::decode(&record).unwrap();
    assert_eq!(own.encode(), record);
    let record = peer.encode();
    peer = PeerChain::decode(&record).unwrap();
    assert_eq!(peer.encode(), record);
    assert_eq!(
        (peer.group(), peer.sender(), peer.generation()),
        (GROUP, SENDER, 1)
    );
    assert_eq!(peer.roster_hash(), &ROSTER);
    assert_eq!(peer.heads(), [OpId([5; 32]), OpId([6; 32])]);
    assert_eq!((peer.created(), peer.next_index()), (NOW, 2));
    assert_eq!(
        read(&mut peer, &send(&mut own, "two")).as_deref(),
        Ok("two")
    );
    assert_eq!(read(&mut peer, &skipped).as_deref(), Ok("skipped"));
    // An undistributed chain can still be distributed after a restart, a distributed one can't.
    assert!(!own.is_distributed());
    assert!(
        own.seal_distribution(&xwing(1).public, &mut SeededRng::new(1))
            .is_ok()
    );
    own.finish_distribution();
    let own = OwnChain::decode(&own.encode()).unwrap();
    assert!(own.is_distributed());
}

#[test]
fn a_distributed_chain_no_longer_holds_its_first_key() {
    let mut own = chain(1);
    send(&mut own, "one");
    let with = own.encode().len();
    own.finish_distribution();
    assert_eq!(own.encode().len(), with - 33);
}

#[test]
fn a_distribution_opens_only_with_the_right_key_chain_and_bytes() {
    let own = chain(1);
    let keys = xwing(1);
    let sealed = own
        .seal_distribution(&keys.public, &mut SeededRng::new(9))
        .unwrap();
    let open = |sealed: &[u8], secret: &[u8; 32], chain: &ChainId| {
        Distribution::open(sealed, secret, chain).map(|opened| opened.generation())
    };
    assert_eq!(open(&sealed, &keys.secret, &own.id()), Ok(1));
    assert_eq!(
        open(&sealed, &xwing(2).secret, &own.id()),
        Err(DistributionError::Open)
    );
    assert_eq!(
        open(&sealed, &keys.secret, &ChainId([1; 32])),
        Err(DistributionError::Open)
    );
    for position in [0, 1_000, 1_100, 1_130, sealed.len() - 1] {
        let mut changed = sealed.clone();
        changed[position] ^= 1;
        assert_eq!(
            open(&changed, &keys.secret, &own.id()),
            Err(DistributionError::Open)
        );
    }
    for length in [0, 100, 1_119] {
        assert!(open(&sealed[..length], &keys.secret, &own.id()).is_err());
    }
    assert!(open(&vec![0; 100_000], &keys.secret, &own.id()).is_err());
}

#[test]
fn a_distribution_for_another_group_sender_roster_or_log_is_rejected() {
    let own = chain(1);
    let keys = xwing(1);
    let sealed = own
        .seal_distribution(&keys.public, &mut SeededRng::new(9))
        .unwrap();
    let accept = |group: GroupId, sender: MemberId, roster: [u8; 32], heads: [u8; 32]| {
        Distribution::open(&sealed, &keys.secret, &own.id())
            .unwrap()
            .accept(&group, &sender, &roster, &heads)
            .map(|chain| chain.id())
    };
    assert_eq!(accept(GROUP, SENDER, ROSTER, HEADS_HASH), Ok(own.id()));
    assert_eq!(
        accept(GroupId([9; 32]), SENDER, ROSTER, HEADS_HASH),
        Err(AcceptError::Group)
    );
    for (sender, roster, heads) in [
        (MemberId([9; 32]), ROSTER, HEADS_HASH),
        (SENDER, [9; 32], HEADS_HASH),
        (SENDER, ROSTER, [9; 32]),
    ] {
        assert_eq!(
            accept(GROUP, sender, roster, heads),
            Err(AcceptError::ChainId)
        );
    }
}

#[test]
fn two_recipients_cannot_be_given_different_keys_for_one_chain() {
    // Two chains of one sender for one roster and one generation have different ids; under the first one's id, the
    // second one's distribution does not even open.
    let (first, second) = (chain(1), chain(2));
    assert_ne!(first.id(), second.id());
    let keys = xwing(1);
    let sealed = second
        .seal_distribution(&keys.public, &mut SeededRng::new(9))
        .unwrap();
    assert!(Distribution::open(&sealed, &keys.secret, &first.id()).is_err());
    let mut seen = discordopus_core::sender_keys::Generations::default();
    seen.record(first.generation(), first.id());
    assert_eq!(
        seen.judge(second.generation(), &second.id()),
        discordopus_core::sender_keys::Verdict::Equivocation
    );
}

#[test]
fn no_distribution_is_sealed_for_a_key_that_is_none() {
    let own = chain(1);
    for key in [vec![], vec![0; 32], vec![0xff; 1216], vec![1; 1217]] {
        assert_eq!(
            own.seal_distribution(&key, &mut SeededRng::new(9)),
            Err(DistributionError::WeakKey)
        );
    }
}

#[test]
fn the_generator_may_be_a_trait_object() {
    let mut rng = SeededRng::new(1);
    let rng: &mut dyn rand_core::CryptoRng = &mut rng;
    let own = OwnChain::new(scope(1), NOW, rng);
    assert!(own.seal_distribution(&xwing(1).public, rng).is_ok());
}

#[test]
fn a_sealed_distribution_has_one_encoding() {
    let value = SealedDistribution {
        chain: ChainId([1; 32]),
        sealed: vec![2; 1_400],
    };
    let bytes = value.encode();
    assert_eq!(SealedDistribution::decode(&bytes), Ok(value));
    let mut trailing = bytes.clone();
    trailing.push(0);
    assert!(SealedDistribution::decode(&trailing).is_err());
    assert!(SealedDistribution::decode(&bytes[..bytes.len() - 1]).is_err());
    let large = SealedDistribution {
        chain: ChainId([1; 32]),
        sealed: vec![2; discordopus_core::sender_keys::MAX_SEALED_DISTRIBUTION + 1],
    };
    assert!(SealedDistribution::decode(&large.encode()).is_err());
}

#[cfg(not(target_arch = "wasm32"))]
mod properties {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Whatever the order, the duplicates and the losses: each message is read exactly once, at its first arrival.
        #[test]
        fn a_chain_survives_reorder_duplication_and_loss(
            arrivals in proptest::collection::vec(0_usize..40, 0..90),
            restarts in proptest::collection::vec(any::<bool>(), 90),
        ) {
            let mut own = chain(1);
            let mut peer = receive(&own);
            let messages: Vec<Message> = (0..40).map(|n| send(&mut own, &n.to_string())).collect();
            let mut seen = BTreeSet::new();
            for (arrival, restart) in arrivals.into_iter().zip(restarts) {
                let result = read(&mut peer, &messages[arrival]);
                if seen.insert(arrival) {
                    prop_assert_eq!(result, Ok(arrival.to_string()));
                } else {
                    prop_assert_eq!(result, Err(OpenError::Replay));
                }
                if restart {
                    peer = PeerChain::decode(&peer.encode()).unwrap();
                }
            }
            let opened: Vec<usize> = peer.received_ranges().into_iter()
                .flat_map(|(from, to)| from as usize..=to as usize).collect();
            prop_assert_eq!(opened, seen.iter().copied().collect::<Vec<_>>());
            let missing: usize = peer.missing_ranges().into_iter()
                .map(|(from, to)| (to - from + 1) as usize).sum();
            prop_assert_eq!(missing, peer.skipped_len());
            prop_assert_eq!(missing + seen.len(), peer.next_index() as usize);
        }

        #[test]
        fn any_payload_comes_back_from_a_frame_of_a_known_size(
            payload in proptest::collection::vec(any::<u8>(), 0..9_000), skipped in 0_u32..300,
        ) {
            let mut own = chain(1);
            let peer = receive(&own);
            for _ in 0..skipped {
                own.encrypt(b"", [0; 16]).unwrap();
            }
            let (_, frame) = own.encrypt(&payload, [7; 16]).unwrap();
            prop_assert!(FRAME_SIZES.contains(&frame.len()));
            let opened = peer.open(&Message::parse(&frame[1..]).unwrap()).unwrap();
            prop_assert_eq!(opened.payload.to_vec(), payload);
        }

        #[test]
        fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2_100)) {
            let _ = Message::parse(&bytes);
            let _ = SealedDistribution::decode(&bytes);
            let _ = Distribution::open(&bytes, &[1; 32], &ChainId([1; 32]));
            let _ = OwnChain::decode(&bytes);
            let _ = PeerChain::decode(&bytes);
            let _ = discordopus_core::sender_keys::Generations::decode(&bytes);
        }

        /// A changed frame never parses to the same message, and never opens.
        #[test]
        fn a_changed_frame_never_opens(position in 0_usize..511, bit in 0_u8..8) {
            let mut own = chain(1);
            let peer = receive(&own);
            let (id, frame) = own.encrypt(b"text", [7; 16]).unwrap();
            let mut body = frame[1..].to_vec();
            body[position] ^= 1 << bit;
            if let Ok(message) = Message::parse(&body) {
                prop_assert_ne!(message.id, id);
                prop_assert!(peer.open(&message).is_err());
            }
        }

        #[test]
        fn a_changed_record_never_panics(position in any::<prop::sample::Index>(), value in any::<u8>()) {
            let mut own = chain(1);
            let mut peer = receive(&own);
            send(&mut own, "skipped");
            read(&mut peer, &send(&mut own, "read")).unwrap();
            let message = send(&mut own, "next");
            let mut record = peer.encode().to_vec();
            let place = position.index(record.len());
            record[place] = value;
            if let Ok(mut chain) = PeerChain::decode(&record)
                && let Ok(opened) = chain.open(&message)
            {
                let _ = chain.commit(opened.step, NOW);
            }
            let mut record = own.encode().to_vec();
            let place = position.index(record.len());
            record[place] = value;
            if let Ok(mut own) = OwnChain::decode(&record) {
                let _ = own.encrypt(b"text", [0; 16]);
            }
        }
    }
}
