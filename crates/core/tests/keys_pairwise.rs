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
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

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

#[test]
fn frames_have_exactly_one_of_the_sizes_and_every_body_comes_back() {
    let (mut a, mut b) = pair();
    // In both states of a session: opening it, and answered.
    for _ in 0..2 {
        for length in [
            0, 1, 100, 130, 140, 141, 142, 143, 144, 160, 200, 250, 1_500, 6_000, 20_000,
        ] {
            let frame = a.seal_kind(&b, PairwiseKind::JoinReply, &vec![0x80; length]);
            assert!(FRAME_SIZES.contains(&frame.len()));
            let opened = b.open(&a, &frame).unwrap();
            assert_eq!(opened.kind, PairwiseKind::JoinReply);
            assert_eq!(*opened.body, vec![0x80; length]);
        }
        let frame = a.seal_kind(&b, PairwiseKind::Sync, &vec![1; MAX_PAIRWISE_BODY]);
        assert_eq!(frame.len(), FRAME_SIZES[3]);
        assert_eq!(b.open(&a, &frame).unwrap().body.len(), MAX_PAIRWISE_BODY);
        let answer = b.seal(&a, "answer");
        a.read(&b, &answer).unwrap();
        assert!(a.channel.is_confirmed());
    }
}

#[test]
fn a_body_that_fits_no_frame_is_refused_and_changes_nothing() {
    let (mut a, b) = pair();
    let keys = PeerKeys {
        member: b.id(),
        curve25519: b.device.curve25519(),
        prekeys: Some(&b.prekeys),
    };
    let before = a.stored();
    let me = a.id();
    let body = vec![0; MAX_PAIRWISE_BODY + 1];
    let result = a
        .channel
        .seal(&a.device, me, &keys, PairwiseKind::Sync, GROUP, &body);
    assert_eq!(result, Err(SealError::TooLarge));
    assert_eq!(a.stored(), before);
}

#[test]
fn nothing_is_sealed_without_keys_or_for_somebody_else() {
    let (mut a, b) = pair();
    let me = a.id();
    let before = a.stored();
    let good = PeerKeys {
        member: b.id(),
        curve25519: b.device.curve25519(),
        prekeys: Some(&b.prekeys),
    };
    let weak = Prekeys {
        olm_fallback: [0; 32],
        one_time: Vec::new(),
        ..b.prekeys.clone()
    };
    let cases = [
        (
            PeerKeys {
                prekeys: None,
                ..good
            },
            GROUP,
            SealError::NoPrekeys,
        ),
        (PeerKeys { member: me, ..good }, GROUP, SealError::Mismatch),
        (
            PeerKeys {
                curve25519: [9; 32],
                ..good
            },
            GROUP,
            SealError::Mismatch,
        ),
        (good, GroupId([9; 32]), SealError::Mismatch),
        (
            PeerKeys {
                prekeys: Some(&weak),
                ..good
            },
            GROUP,
            SealError::WeakKey,
        ),
    ];
    for (keys, group, error) in cases {
        let result = a
            .channel
            .seal(&a.device, me, &keys, PairwiseKind::Sync, group, b"");
        assert_eq!(result, Err(error));
    }
    assert_eq!(a.stored(), before);
    assert!(a.channel.needs_prekeys());
}

#[test]
fn two_sessions_opened_at_once_end_as_one() {
    let (mut a, mut b) = pair();
    let from_a = a.seal(&b, "from a");
    let from_b = b.seal(&a, "from b");
    assert_ne!(a.channel.current_session(), b.channel.current_session());
    let smaller = a.channel.current_session().min(b.channel.current_session());
    assert_eq!(b.read(&a, &from_a).as_deref(), Ok("from a"));
    assert_eq!(a.read(&b, &from_b).as_deref(), Ok("from b"));
    assert_eq!(a.channel.current_session(), smaller);
    assert_eq!(b.channel.current_session(), smaller);
    let frame = a.seal(&b, "again");
    assert_eq!(b.read(&a, &frame).as_deref(), Ok("again"));
    let frame = b.seal(&a, "and again");
    assert_eq!(a.read(&b, &frame).as_deref(), Ok("and again"));
}

#[test]
fn a_late_opening_frame_does_not_undo_what_both_sides_have_come_to() {
    // Both open; one side's opening frame arrives only after the other session is already in use by that side.
    for seed in 0..6 {
        let (mut a, mut b) = pair();
        for _ in 0..seed {
            // Other keys, so that the smaller id is sometimes the one side's and sometimes the other's.
            let _ = a.seal(&b, "burn");
            a.channel = Channel::new(b.device.curve25519());
        }
        let late = a.seal(&b, "late");
        let opening = b.seal(&a, "opening");
        a.read(&b, &opening).unwrap();
        let answer = a.seal(&b, "answer");
        b.read(&a, &answer).unwrap();
        assert_eq!(b.read(&a, &late).as_deref(), Ok("late"));
        for _ in 0..3 {
            let frame = b.seal(&a, "there");
            a.read(&b, &frame).unwrap();
            let frame = a.seal(&b, "back");
            b.read(&a, &frame).unwrap();
        }
        assert_eq!(a.channel.current_session(), b.channel.current_session());
    }
}

#[test]
fn a_frame_opens_only_once_and_a_replay_changes_nothing() {
    let (mut a, mut b) = pair();
    let opening = a.seal(&b, "opening");
    b.read(&a, &opening).unwrap();
    let answer = b.seal(&a, "answer");
    a.read(&b, &answer).unwrap();
    let normal = a.seal(&b, "normal");
    b.read(&a, &normal).unwrap();
    let before = b.stored();
    for frame in [&opening, &normal] {
        assert!(b.open(&a, frame).is_err());
    }
    assert_eq!(b.stored(), before);
}

#[test]
fn a_replayed_opening_frame_is_dropped_even_when_its_session_is_forgotten() {
    let (mut a, mut b) = pair();
    // With the fallback key, which stays: nothing but the counter tells a replay.
    b.publish(&[]);
    let opening = a.seal(&b, "opening");
    b.read(&a, &opening).unwrap();
    let mut now = NOW;
    while b.channel.sessions_len() < 4 || b.channel.current_session() == a.channel.current_session()
    {
        now = now.plus(RENEW_INTERVAL);
        assert!(a.channel.renew(now, None));
        let frame = a.seal(&b, "renewed");
        b.read(&a, &frame).unwrap();
        if now.since(NOW) > 6 * RENEW_INTERVAL {
            break;
        }
    }
    assert_eq!(b.channel.sessions_len(), 4);
    let before = b.stored();
    assert_eq!(b.open(&a, &opening).unwrap_err(), OpenError::Replay);
    assert_eq!(b.stored(), before);
}

#[test]
fn frames_arrive_in_any_order_and_some_not_at_all() {
    let (mut a, mut b) = pair();
    let frames: Vec<Vec<u8>> = (0..12).map(|n| a.seal(&b, &n.to_string())).collect();
    for index in [3, 0, 11, 5, 4, 10] {
        assert_eq!(b.read(&a, &frames[index]), Ok(index.to_string()));
    }
    let answer = b.seal(&a, "answer");
    a.read(&b, &answer).unwrap();
    let next = a.seal(&b, "next");
    assert_eq!(b.read(&a, &next).as_deref(), Ok("next"));
    for index in [9, 1] {
        assert_eq!(b.read(&a, &frames[index]), Ok(index.to_string()));
    }
    assert_eq!(b.channel.sessions_len(), 1);
}

#[test]
fn a_changed_frame_is_dropped_and_changes_nothing() {
    let (mut a, mut b) = pair();
    for _ in 0..2 {
        let frame = a.seal(&b, "text");
        let before = b.stored();
        for position in (1..frame.len()).step_by(7) {
            let mut changed = frame.clone();
            changed[position] ^= 1;
            if let Ok(parsed) = PairwiseFrame::parse(&changed[1..]) {
                let (me, peer) = (b.id(), a.id());
                let curve = a.device.curve25519();
                let result = b
                    .channel
                    .open(&mut b.device, &parsed, &curve, me, peer, GROUP);
                assert!(result.is_err(), "byte {position}");
            }
        }
        assert_eq!(b.stored(), before);
        b.read(&a, &frame).unwrap();
        let answer = b.seal(&a, "answer");
        a.read(&b, &answer).unwrap();
    }
}

#[test]
fn a_frame_for_another_group_or_member_is_refused_and_changes_nothing() {
    let (mut a, mut b) = pair();
    let frame = a.seal(&b, "text");
    let parsed = PairwiseFrame::parse(&frame[1..]).unwrap();
    let (me, peer, curve) = (b.id(), a.id(), a.device.curve25519());
    let before = b.stored();
    let mut open = |curve: &[u8; 32], me, peer, group| {
        b.channel
            .open(&mut b.device, &parsed, curve, me, peer, group)
            .map(|_| ())
    };
    assert_eq!(
        open(&curve, me, peer, GroupId([9; 32])),
        Err(OpenError::Context)
    );
    assert_eq!(open(&curve, peer, peer, GROUP), Err(OpenError::Context));
    assert_eq!(open(&curve, me, me, GROUP), Err(OpenError::Mismatch));
    assert_eq!(open(&[9; 32], me, peer, GROUP), Err(OpenError::Mismatch));
    assert_eq!(b.stored(), before);
    assert_eq!(b.read(&a, &frame).as_deref(), Ok("text"));
}

#[test]
fn a_member_cannot_speak_for_another() {
    // The stranger has its own session with b, and claims to be a on the outside.
    let (a, mut b) = pair();
    let mut stranger = side(3);
    stranger.channel = Channel::new(b.device.curve25519());
    let frame = stranger.seal(&b, "as myself");
    let mut body = frame[1..].to_vec();
    // The sender stands behind array, version and its own length.
    assert_eq!(body[4..36], stranger.id().0);
    body[4..36].copy_from_slice(&a.id().0);
    let parsed = PairwiseFrame::parse(&body).unwrap();
    assert_eq!(parsed.from(), a.id());
    let (me, curve) = (b.id(), a.device.curve25519());
    let result = b
        .channel
        .open(&mut b.device, &parsed, &curve, me, a.id(), GROUP);
    assert_eq!(result.unwrap_err(), OpenError::Mismatch);
    // Nor inside, when the receiver doesn't know the card yet.
    let result = Channel::open_first(&mut b.device, &parsed, me);
    assert_eq!(result.unwrap_err(), OpenError::Context);
}

#[test]
fn a_one_time_key_opens_one_session_and_only_its_owners() {
    let (mut a, mut b) = pair();
    let mut thief = side(3);
    thief.channel = Channel::new(b.device.curve25519());
    // The key assigned to a, under the thief's name.
    let mut stolen = b.prekeys.clone();
    stolen.one_time[0].member = thief.id();
    let published = std::mem::replace(&mut b.prekeys, stolen);
    let frame = thief.seal(&b, "mine");
    b.prekeys = published;
    let parsed = PairwiseFrame::parse(&frame[1..]).unwrap();
    let me = b.id();
    let before = b.stored();
    let result = Channel::open_first(&mut b.device, &parsed, me);
    assert_eq!(result.unwrap_err(), OpenError::ForeignPrekey);
    assert_eq!(b.stored(), before);
    // The owner can still use it, once.
    let frame = a.seal(&b, "owner");
    b.read(&a, &frame).unwrap();
    a.channel = Channel::new(b.device.curve25519());
    let second = a.seal(&b, "again");
    let before = b.stored();
    let error = b.open(&a, &second).unwrap_err();
    assert_eq!(
        error,
        OpenError::PrekeyGone(a.channel.current_session().unwrap())
    );
    assert_eq!(b.stored(), before);
}

#[test]
fn a_second_session_does_not_use_the_same_one_time_key() {
    let (mut a, mut b) = pair();
    let first = a.seal(&b, "first");
    assert!(a.channel.renew(NOW, None));
    let second = a.seal(&b, "second");
    assert_eq!(b.read(&a, &first).as_deref(), Ok("first"));
    assert_eq!(b.read(&a, &second).as_deref(), Ok("second"));
    assert_eq!(a.channel.current_session(), b.channel.current_session());
}

#[test]
fn assigned_keys_stay_until_they_are_used() {
    let (mut a, mut b) = pair();
    let (me, other) = (a.id(), MemberId([9; 32]));
    let first = b.device.one_time_for(&[me, other]);
    assert!(first.windows(2).all(|pair| pair[0].member < pair[1].member));
    assert_eq!(b.device.one_time_for(&[other, me, me]), first);
    assert_eq!(b.device.one_time_for(&[other]).len(), 1);
    let frame = a.seal(&b, "uses one");
    b.read(&a, &frame).unwrap();
    let second = b.device.one_time_for(&[me, other]);
    let of = |keys: &[discordopus_core::identity::OneTimeKey], member| {
        keys.iter()
            .find(|entry| entry.member == member)
            .unwrap()
            .key
    };
    assert_ne!(of(&first, me), of(&second, me));
    assert_eq!(of(&first, other), of(&second, other));
    let many: Vec<MemberId> = (0..33).map(|n| MemberId([n; 32])).collect();
    assert!(b.device.one_time_for(&many).is_empty());
    assert_eq!(b.device.one_time_for(&many[..32]).len(), 32);
}

#[test]
fn a_session_that_cannot_be_opened_is_replaced() {
    let (mut a, mut b) = pair();
    // b loses the account that a's session needs (it starts anew, with the same identity as far as a knows).
    let frame = a.seal(&b, "first");
    b.read(&a, &frame).unwrap();
    a.channel = Channel::new(b.device.curve25519());
    // The one-time key is used up, so this session can't be opened.
    let lost = a.seal(&b, "lost");
    let error = b.open(&a, &lost).unwrap_err();
    let OpenError::PrekeyGone(session) = error else {
        panic!("{error}");
    };
    assert!(b.channel.renew(NOW, Some(session)));
    let frame = b.seal(&a, "please repeat");
    assert_eq!(a.read(&b, &frame).as_deref(), Ok("please repeat"));
    // Whatever the ids, a has given its own session up.
    assert_eq!(a.channel.current_session(), b.channel.current_session());
    let frame = a.seal(&b, "repeated");
    assert_eq!(b.read(&a, &frame).as_deref(), Ok("repeated"));
}

#[test]
fn a_new_session_is_opened_at_most_once_an_hour() {
    let (mut a, mut b) = pair();
    let frame = a.seal(&b, "first");
    b.read(&a, &frame).unwrap();
    let old = a.channel.current_session();
    assert!(a.channel.renew(NOW, None));
    assert!(a.channel.needs_prekeys());
    assert!(!a.channel.renew(NOW.plus(MILLIS_PER_HOUR - 1), None));
    let frame = a.seal(&b, "second");
    assert!(!a.channel.needs_prekeys());
    assert_ne!(a.channel.current_session(), old);
    b.read(&a, &frame).unwrap();
    assert_eq!(b.channel.current_session(), a.channel.current_session());
    assert!(a.channel.renew(NOW.plus(MILLIS_PER_HOUR), None));
}

#[test]
fn no_more_than_three_older_sessions_are_kept() {
    let (mut a, mut b) = pair();
    let mut held_back = Vec::new();
    for round in 0..8 {
        a.channel.renew(NOW.plus(round * RENEW_INTERVAL), None);
        let frame = a.seal(&b, "opens");
        b.read(&a, &frame).unwrap();
        held_back.push(a.seal(&b, &round.to_string()));
        assert_eq!(a.channel.current_session(), b.channel.current_session());
    }
    assert_eq!((a.channel.sessions_len(), b.channel.sessions_len()), (4, 4));
    for (round, frame) in held_back.iter().enumerate().skip(4) {
        assert_eq!(b.read(&a, frame), Ok(round.to_string()));
    }
}

#[test]
fn a_joiner_opens_its_sponsors_first_frame_without_knowing_the_card() {
    let (mut sponsor, mut joiner) = pair();
    let frame = sponsor.seal_kind(&joiner, PairwiseKind::JoinReply, b"log and cards");
    let parsed = PairwiseFrame::parse(&frame[1..]).unwrap();
    assert!(parsed.opens_session());
    let me = joiner.id();
    let (channel, curve, opened) = Channel::open_first(&mut joiner.device, &parsed, me).unwrap();
    assert_eq!(curve, sponsor.device.curve25519());
    assert_eq!(
        (opened.kind, opened.group, &**opened.body),
        (PairwiseKind::JoinReply, GROUP, &b"log and cards"[..])
    );
    joiner.channel = channel;
    let frame = joiner.seal(&sponsor, "thanks");
    assert_eq!(sponsor.read(&joiner, &frame).as_deref(), Ok("thanks"));
    let normal = sponsor.seal(&joiner, "welcome");
    let parsed = PairwiseFrame::parse(&normal[1..]).unwrap();
    let before = joiner.device.encode();
    assert_eq!(
        Channel::open_first(&mut joiner.device, &parsed, me).unwrap_err(),
        OpenError::NoSession
    );
    assert_eq!(joiner.device.encode(), before);
}

#[test]
fn what_is_stored_goes_on_where_it_was() {
    let (mut a, mut b) = pair();
    let delayed = a.seal(&b, "delayed");
    for round in 0..4 {
        let frame = a.seal(&b, "there");
        b.read(&a, &frame).unwrap();
        let frame = b.seal(&a, "back");
        a.read(&b, &frame).unwrap();
        for side in [&mut a, &mut b] {
            let (device, channel) = side.stored();
            side.device = Device::decode(&device).unwrap();
            side.channel = Channel::decode(&channel).unwrap();
            assert_eq!(side.device.seq(), 2);
            assert_eq!(side.stored().1, channel, "round {round}");
        }
    }
    assert_eq!(b.read(&a, &delayed).as_deref(), Ok("delayed"));
    assert_eq!(a.channel.peer_curve25519(), b.device.curve25519());
}

#[test]
fn prekeys_are_replaced_after_seven_days_and_the_previous_ones_still_work() {
    let (mut a, mut b) = pair();
    b.publish(&[]);
    let first = b.prekeys.clone();
    assert!(!b.device.needs_rotation(NOW.plus(PREKEY_LIFETIME - 1)));
    assert!(b.device.needs_rotation(NOW.plus(PREKEY_LIFETIME)));
    assert!(b.device.needs_rotation(Timestamp(NOW.0 - PREKEY_LIFETIME)));
    assert_eq!(first.expires, NOW.plus(2 * PREKEY_LIFETIME));

    b.device
        .rotate(NOW.plus(PREKEY_LIFETIME), &mut SeededRng::new(50));
    b.publish(&[]);
    assert_eq!(b.prekeys.seq, first.seq + 1);
    assert_ne!(b.prekeys.xwing, first.xwing);
    assert_ne!(b.prekeys.olm_fallback, first.olm_fallback);
    let second = std::mem::replace(&mut b.prekeys, first.clone());
    let frame = a.seal(&b, "with the first");
    assert_eq!(b.read(&a, &frame).as_deref(), Ok("with the first"));

    b.device = Device::decode(&b.device.encode()).unwrap();
    b.device
        .rotate(NOW.plus(2 * PREKEY_LIFETIME), &mut SeededRng::new(51));
    a.channel = Channel::new(b.device.curve25519());
    let frame = a.seal(&b, "too late");
    assert!(matches!(b.open(&a, &frame), Err(OpenError::PrekeyGone(_))));
    b.prekeys = second;
    a.channel = Channel::new(b.device.curve25519());
    b.channel = Channel::new(a.device.curve25519());
    let frame = a.seal(&b, "with the second");
    assert_eq!(b.read(&a, &frame).as_deref(), Ok("with the second"));
}

#[test]
fn a_distribution_for_the_previous_xwing_key_still_opens() {
    use discordopus_core::ids::OpId;
    use discordopus_core::sender_keys::{ChainScope, OwnChain, SealedDistribution};
    let (_, mut b) = pair();
    let own = OwnChain::new(
        ChainScope {
            group: GROUP,
            sender: MemberId([2; 32]),
            generation: 3,
            roster_hash: [3; 32],
            heads: vec![OpId([5; 32])],
            heads_hash: [4; 32],
        },
        NOW,
        &mut SeededRng::new(1),
    );
    let sealed = SealedDistribution {
        chain: own.id(),
        sealed: own
            .seal_distribution(&b.prekeys.xwing, &mut SeededRng::new(2))
            .unwrap(),
    };
    assert_eq!(b.device.open_distribution(&sealed).unwrap().generation(), 3);
    b.device.rotate(NOW, &mut SeededRng::new(3));
    assert_eq!(
        b.device.open_distribution(&sealed).unwrap().chain(),
        own.id()
    );
    b.device.rotate(NOW, &mut SeededRng::new(4));
    assert!(b.device.open_distribution(&sealed).is_err());
}

#[test]
fn a_frame_that_nobody_writes_is_not_parsed() {
    let (mut a, b) = pair();
    let frame = a.seal(&b, "text");
    let body = &frame[1..];
    assert_eq!(PairwiseFrame::parse(&body[1..]), Err(DecodeError::Invalid));
    assert_eq!(PairwiseFrame::parse(&[]), Err(DecodeError::Invalid));
    assert_eq!(
        PairwiseFrame::parse(&vec![0; 511]),
        Err(DecodeError::Malformed)
    );
    let mut version = body.to_vec();
    version[1] = 2;
    assert_eq!(
        PairwiseFrame::parse(&version),
        Err(DecodeError::UnknownVersion)
    );
    let mut olm_type = body.to_vec();
    assert_eq!(olm_type[36], 0);
    olm_type[36] = 2;
    assert_eq!(
        PairwiseFrame::parse(&olm_type),
        Err(DecodeError::UnknownVersion)
    );
    let mut fill = body.to_vec();
    *fill.last_mut().unwrap() = 1;
    assert_eq!(PairwiseFrame::parse(&fill), Err(DecodeError::Invalid));
}

#[test]
fn another_spelling_of_the_same_olm_message_is_refused() {
    let (mut a, b) = pair();
    let frame = a.seal(&b, "text");
    let mut body = frame[1..].to_vec();
    // Array, version, sender, type; then the Olm message with a two-byte length. Its first field is a one-time key of
    // 32 bytes: written as a two-byte number, 32 is the same to the library and one byte longer.
    assert_eq!(
        (body[37], body[40], body[41], body[42]),
        (0x59, 3, 0x0a, 32)
    );
    let length = u16::from_be_bytes([body[38], body[39]]) + 1;
    body[38..40].copy_from_slice(&length.to_be_bytes());
    body[42] = 0xa0;
    body.insert(43, 0);
    // One byte less of fill keeps the size.
    let fill = 40 + usize::from(length);
    assert_eq!(body[fill], 0x58);
    body[fill + 1] -= 1;
    body.pop();
    assert_eq!(PairwiseFrame::parse(&body), Err(DecodeError::NotCanonical));
}

#[test]
fn debug_output_holds_no_content() {
    let (mut a, mut b) = pair();
    let frame = a.seal(&b, "secret words");
    let opened = b.open(&a, &frame).unwrap();
    let parsed = PairwiseFrame::parse(&frame[1..]).unwrap();
    for text in [
        format!("{opened:?}"),
        format!("{parsed:?}"),
        format!("{:?}", a.channel),
        format!("{:?}", b.device),
    ] {
        assert!(text.len() < 200 && !text.contains("secret"), "{text}");
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod properties {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, Clone, Copy)]
    enum Step {
        /// A side writes; the frame waits.
        Seal(bool),
        /// A waiting frame of a side, chosen by the number, arrives.
        Deliver(bool, u8),
        /// It arrives, and stays to arrive again.
        Repeat(bool, u8),
        /// It is lost.
        Lose(bool, u8),
        /// A side asks for a new session.
        Renew(bool),
        /// A side is stored and read back.
        Restart(bool),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            6 => any::<bool>().prop_map(Step::Seal),
            6 => (any::<bool>(), any::<u8>()).prop_map(|(a, n)| Step::Deliver(a, n)),
            2 => (any::<bool>(), any::<u8>()).prop_map(|(a, n)| Step::Repeat(a, n)),
            1 => (any::<bool>(), any::<u8>()).prop_map(|(a, n)| Step::Lose(a, n)),
            1 => any::<bool>().prop_map(Step::Renew),
            1 => any::<bool>().prop_map(Step::Restart),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        /// Over a network that reorders, repeats and loses, no frame is ever read twice, and once it is quiet both sides
        /// come to one session over which everything is read.
        #[test]
        fn both_sides_come_to_one_session(steps in proptest::collection::vec(step(), 0..50)) {
            let (mut a, mut b) = pair();
            let mut waiting: [Vec<(u32, Vec<u8>)>; 2] = [Vec::new(), Vec::new()];
            let mut read = std::collections::BTreeSet::new();
            let (mut written, mut now) = (0, NOW);
            for step in steps {
                match step {
                    Step::Seal(from_a) => {
                        let text = written.to_string();
                        let frame = if from_a { a.seal(&b, &text) } else { b.seal(&a, &text) };
                        waiting[usize::from(from_a)].push((written, frame));
                        written += 1;
                    }
                    Step::Deliver(from_a, n) | Step::Repeat(from_a, n) => {
                        let queue = &mut waiting[usize::from(from_a)];
                        if queue.is_empty() {
                            continue;
                        }
                        let place = usize::from(n) % queue.len();
                        let (number, frame) = if matches!(step, Step::Repeat(..)) {
                            queue[place].clone()
                        } else {
                            queue.remove(place)
                        };
                        let result = if from_a { b.read(&a, &frame) } else { a.read(&b, &frame) };
                        if let Ok(text) = result {
                            prop_assert_eq!(text, number.to_string());
                            prop_assert!(read.insert(number));
                        }
                    }
                    Step::Lose(from_a, n) => {
                        let queue = &mut waiting[usize::from(from_a)];
                        if !queue.is_empty() {
                            queue.remove(usize::from(n) % queue.len());
                        }
                    }
                    Step::Renew(of_a) => {
                        now = now.plus(RENEW_INTERVAL);
                        let side = if of_a { &mut a } else { &mut b };
                        side.channel.renew(now, None);
                    }
                    Step::Restart(of_a) => {
                        let side = if of_a { &mut a } else { &mut b };
                        let (device, channel) = side.stored();
                        side.device = Device::decode(&device).unwrap();
                        side.channel = Channel::decode(&channel).unwrap();
                    }
                }
            }
            for _ in 0..3 {
                let frame = a.seal(&b, "there");
                prop_assert_eq!(b.read(&a, &frame), Ok("there".to_owned()));
                let frame = b.seal(&a, "back");
                prop_assert_eq!(a.read(&b, &frame), Ok("back".to_owned()));
            }
            prop_assert_eq!(a.channel.current_session(), b.channel.current_session());
        }

        #[test]
        fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = PairwiseFrame::parse(&bytes);
            let mut sized = bytes.clone();
            sized.resize(511, 0);
            let _ = PairwiseFrame::parse(&sized);
            let _ = Device::decode(&bytes);
            let _ = Channel::decode(&bytes);
        }

        #[test]
        fn a_changed_frame_never_opens(
            changes in proptest::collection::vec((1_usize..512, 1_u8..=255), 1..4), answered in any::<bool>(),
        ) {
            let (mut a, mut b) = pair();
            if answered {
                let frame = a.seal(&b, "opens");
                b.read(&a, &frame).unwrap();
                let frame = b.seal(&a, "answers");
                a.read(&b, &frame).unwrap();
            }
            let frame = a.seal(&b, "text");
            let mut changed = frame.clone();
            for (position, bits) in changes {
                changed[position] ^= bits;
            }
            prop_assume!(changed != frame);
            if let Ok(parsed) = PairwiseFrame::parse(&changed[1..]) {
                let (me, peer, curve) = (b.id(), a.id(), a.device.curve25519());
                prop_assert!(b.channel.open(&mut b.device, &parsed, &curve, me, peer, GROUP).is_err());
            }
        }
    }
}
