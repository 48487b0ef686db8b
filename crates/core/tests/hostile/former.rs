//! A former member that goes on with the keys it had.

use discordopus_core::chat::{Kind, Payload};
use discordopus_core::ids::{MILLIS_PER_MINUTE, MemberId};
use discordopus_core::io::Command;
use discordopus_core::membership::heads_hash;
use discordopus_core::pairwise::PairwiseKind;
use discordopus_core::sender_keys::{ChainScope, OwnChain, SealedDistribution};
use discordopus_core::sync::Sync;
use discordopus_core::testing::SeededRng;
use discordopus_core::testkit::World;
use discordopus_core::wire;

use super::support::Member;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Three people; the third has written, is removed, and its keys are in the test's hands.
fn removed(seed: u64) -> (World, Member, MemberId) {
    let mut world = World::new(seed, 3);
    let group = world.group_of_all();
    world.write(2, group, "before");
    world.run_for(2_000);
    world.switch_off(2);
    let member = Member::of(&world, 2, group);
    world.command(
        0,
        Command::RemoveMember {
            group,
            member: member.me,
            revoke_invites: true,
        },
    );
    world.run_for(2_000);
    let to = world.member(0, group);
    (world, member, to)
}

#[test]
fn a_former_member_gets_no_new_chain_accepted_however_old_it_claims_to_be() {
    let (mut world, mut former, to) = removed(50);
    let group = former.group;
    // A generation that was never used, for the roster in which it still was: below the one that its cut names.
    let state = former.log.state();
    let heads = former.log.heads();
    let scope = ChainScope {
        group,
        sender: former.me,
        generation: 0,
        roster_hash: state.roster_hash(),
        heads_hash: heads_hash(&heads),
        heads,
    };
    let mut rng = SeededRng::new(1);
    let mut chain = OwnChain::new(scope.clone(), world.now, &mut rng);
    let sealed = chain
        .seal_distribution(&former.prekeys_of(to).xwing, &mut rng)
        .unwrap();
    let body = SealedDistribution {
        chain: chain.id(),
        sealed,
    }
    .encode();
    let distribution = former.seal(to, PairwiseKind::Skdm, &body);
    let payload = Payload {
        sent_at: world.now,
        heads_hash: scope.heads_hash,
        roster_hash: scope.roster_hash,
        parents: Vec::new(),
        clock: world.now,
        kind: Kind::TEXT,
        body: b"after".to_vec(),
        lifetime: None,
    };
    let (_, message) = chain.encrypt(&payload.encode(), [7; 16]).unwrap();
    let mailbox = former.mailbox_of(to);
    for frame in [&distribution, &message, &distribution] {
        world.inject(0, mailbox, frame.clone());
        world.run_for(1_000);
    }
    assert_eq!(world.devices[0].texts(group), ["before"]);
    let name = [b"chain/".as_slice(), &chain.id().0].concat();
    let stored = world.devices[0].store.all();
    assert!(stored.iter().all(|record| record.key.name != name));
}

#[test]
fn a_former_member_that_calls_again_and_again_is_told_once_a_minute() {
    let (mut world, mut former, to) = removed(51);
    let mailbox = former.mailbox_of(to);
    let own = former.mailbox_of(former.me);
    let told = |world: &World| {
        let frames = world.relay.published.iter();
        frames.filter(|(mailbox, _)| *mailbox == own).count()
    };
    let mut call = |world: &mut World| {
        let hello = Sync::Hello {
            heads: Vec::new(),
            token: [0; 16],
            answer: false,
        };
        let frame = former.seal(to, PairwiseKind::Sync, &wire::encode(&hello));
        world.inject(0, mailbox, frame);
        world.run_for(100);
    };
    let before = told(&world);
    for _ in 0..20 {
        call(&mut world);
    }
    let once = told(&world) - before;
    assert!((1..=2).contains(&once), "{once} frames");
    world.run_for(2 * MILLIS_PER_MINUTE);
    call(&mut world);
    assert_eq!(told(&world) - before, 2 * once);
}
