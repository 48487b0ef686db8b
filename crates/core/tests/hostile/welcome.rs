//! Somebody who holds the link, but was never let in, answers a joiner with a log of its own making.

use discordopus_core::identity::{Card, IdentityKey, SignedCard};
use discordopus_core::ids::{Mailbox, Timestamp};
use discordopus_core::invite::{DEFAULT_LIFETIME, InviteKeys, JoinProof, Link, open_join_request};
use discordopus_core::io::{GroupState, JoinState};
use discordopus_core::membership::Admission;
use discordopus_core::pairwise::{Channel, Device, PairwiseKind, PeerKeys};
use discordopus_core::sync::JoinReply;
use discordopus_core::testing::SeededRng;
use discordopus_core::testkit::World;
use discordopus_core::wire::{self, FrameKind};

use super::support::{Content, ops_of, sign_op};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

struct Attacker {
    identity: IdentityKey,
    device: Device,
}

impl Attacker {
    fn new(now: Timestamp) -> Self {
        let mut rng = SeededRng::new(66);
        Self {
            identity: IdentityKey::generate(&mut rng),
            device: Device::generate(&mut rng, now),
        }
    }

    fn admission(&self, link: &Link, now: Timestamp) -> Admission {
        let keys = InviteKeys::derive(&link.secret);
        let card = Card {
            group: link.group,
            ik: self.identity.public(),
            olm: self.device.curve25519(),
            name: "Eve".into(),
            created: now,
        };
        let card = SignedCard::sign(&card, &self.identity);
        Admission {
            invite: keys.id(),
            proof: JoinProof::new(&link.group, &keys, &card, &self.identity, now),
            card,
            at: now,
        }
    }
}

#[test]
fn a_joiner_believes_no_log_whose_ops_their_authors_did_not_sign() {
    let mut world = World::new(40, 2);
    let group = world.found(0, "Friends", "Ada");
    world.run_for(1_000);
    let url = world.invite(0, group, DEFAULT_LIFETIME, None);
    let creator = world.member(0, group);
    world.run_for(1_000);
    world.crash(0);
    world.ask_to_join(1, &url, "Ben");
    world.run_for(10_000);

    // The attacker holds the link, has seen the log once, and reads the request in the join mailbox.
    let link = Link::parse(&url, world.now).unwrap();
    let keys = InviteKeys::derive(&link.secret);
    let (_, frame) = world
        .relay
        .published
        .iter()
        .rfind(|(mailbox, _)| *mailbox == keys.mailbox())
        .unwrap();
    let (kind, body) = wire::split_frame(frame).unwrap();
    assert_eq!(kind, FrameKind::JoinRequest);
    let request = open_join_request(keys.join_box(), body).unwrap();
    let joiner = request.verify(&group, &keys.public()).unwrap();
    let eve = Attacker::new(world.now);
    let mut ops = ops_of(&world, 0);
    let admissions = [
        eve.admission(&link, world.now),
        Admission {
            invite: keys.id(),
            card: request.card.clone(),
            proof: request.proof.clone(),
            at: world.now,
        },
    ];
    for admission in &admissions {
        let (seq, last, _) = ops.last().unwrap().clone();
        let (id, op) = sign_op(
            &Content {
                version: 1,
                group,
                author: creator,
                seq: seq + 1,
                prev: Some(last),
                deps: vec![last],
                kind: 4,
                body: wire::encode(admission),
            },
            &eve.identity,
        );
        ops.push((seq + 1, id, op));
    }
    let welcome = JoinReply::Welcome {
        ops: ops.into_iter().map(|(_, _, op)| op.into()).collect(),
        prekeys: Vec::new(),
        last: true,
    };
    let peer = PeerKeys {
        member: joiner.card.member_id(),
        curve25519: joiner.card.olm,
        prekeys: Some(&joiner.prekeys),
    };
    let frame = Channel::new(joiner.card.olm)
        .seal(
            &eve.device,
            eve.identity.member_id(),
            &peer,
            PairwiseKind::JoinReply,
            group,
            &wire::encode(&welcome),
        )
        .unwrap();
    let mailbox: Mailbox = joiner.prekeys.mailbox;
    world.inject(1, mailbox, frame);
    world.run_for(1_000);
    assert!(!world.devices[1].groups.contains_key(&group));
    assert_eq!(
        world.devices[1].joins[&keys.id()].state,
        JoinState::Waiting,
        "it goes on waiting for a member"
    );

    world.switch_on(0);
    world.run_for(60_000);
    assert_eq!(world.devices[1].groups[&group].state, GroupState::Member);
    assert_eq!(world.devices[1].members(group), ["Ben", "Ada"]);
}

#[test]
fn a_seen_request_that_somebody_repeats_costs_the_group_little() {
    let mut world = World::new(41, 2);
    let group = world.group_of_all();
    let (join_mailbox, request) = world
        .relay
        .published
        .iter()
        .find(|(_, frame)| frame[0] == FrameKind::JoinRequest.byte())
        .cloned()
        .unwrap();
    let before = world.relay.published.len();
    for _ in 0..40 {
        world.inject(0, join_mailbox, request.clone());
        world.run_for(100);
    }
    let answers = world.relay.published.len() - before;
    assert!((1..=2).contains(&answers), "{answers} frames");
    assert_eq!(world.devices[1].groups[&group].state, GroupState::Member);
}
