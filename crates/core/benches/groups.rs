//! What groups cost, natively: joins, removals, the log, catching up, and the simulation itself. Prints a table; nothing
//! passes or fails. Run with `cargo bench -p discordopus-core --profile native`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::{Duration, Instant};

use discordopus_core::identity::{Card, IdentityKey, SignedCard};
use discordopus_core::ids::{GroupId, OpId, Timestamp};
use discordopus_core::invite::DEFAULT_LIFETIME;
use discordopus_core::io::Command;
use discordopus_core::membership::{Genesis, Log, Policy};
use discordopus_core::record;
use discordopus_core::testkit::{Network, World};
use discordopus_core::wire;

#[allow(dead_code, reason = "the tests of hostile members use all of it")]
#[path = "../tests/hostile/support.rs"]
mod support;

use support::{Content, sign_op};

/// Ops of the long log: as many as one author may write.
const OPS: u32 = 10_000;
/// Messages that are missed.
const MISSED: u64 = 10_000;

struct Rename {
    name: String,
}

record!(Rename { name });

/// Runs something once; how long it took.
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

/// Frames and bytes that the relay was given since there were `before` of them. One to several mailboxes counts for each.
fn traffic(world: &World, before: usize) -> (usize, usize) {
    let since = &world.relay.published[before..];
    (
        since.len(),
        since.iter().map(|(_, frame)| frame.len()).sum(),
    )
}

fn group(size: usize) {
    let mut world = World::new(1, size);
    let (group, founding) = timed(|| world.group_of_all());
    println!("group of {size}: {founding:.1?} until all are in");

    let joiner = world.add_device();
    let link = world.invite(0, group, DEFAULT_LIFETIME, Some(1));
    world.run_for(2_000);
    let before = world.relay.published.len();
    let ((), time) = timed(|| {
        world.ask_to_join(joiner, &link, "Newcomer");
        world.run_for(10_000);
    });
    let (frames, bytes) = traffic(&world, before);
    println!("  one join: {frames} frames, {bytes} bytes, {time:.1?}");
    assert_eq!(world.devices[0].members(group).len(), size + 1);

    let before = world.relay.published.len();
    let member = world.member(joiner, group);
    let ((), time) = timed(|| {
        world.command(
            0,
            Command::RemoveMember {
                group,
                member,
                revoke_invites: false,
            },
        );
        world.run_for(10_000);
    });
    let (frames, bytes) = traffic(&world, before);
    println!(
        "  one removal: {frames} frames, {bytes} bytes, {time:.1?} (the remover's new key included)"
    );

    let before = world.relay.published.len();
    let ((), time) = timed(|| {
        for device in 1..size {
            world.write(device, group, "after the removal");
        }
        world.run_for(10_000);
    });
    let (frames, bytes) = traffic(&world, before);
    println!("  everybody writes, with new keys: {frames} frames, {bytes} bytes, {time:.1?}");
    assert_eq!(world.devices[0].texts(group).len(), size - 1);
}

/// The ops of a group whose creator renamed it all the time.
fn long_log() -> Vec<Vec<u8>> {
    let key = IdentityKey::from_seed(&[1; 32]);
    let card = Card {
        group: Card::NO_GROUP,
        ik: key.public(),
        olm: [9; 32],
        name: "Ada".into(),
        created: Timestamp(1),
    };
    let card = SignedCard::sign(&card, &key);
    let genesis = Genesis::new("Friends", card, [5; 32], Policy::default()).unwrap();
    let (log, create) = Log::found(&key, genesis).unwrap();
    let (group, author): (GroupId, _) = (log.group(), key.member_id());
    let mut last: OpId = log.heads()[0];
    let mut ops = vec![create];
    for seq in 1..OPS {
        let content = Content {
            version: 1,
            group,
            author,
            seq,
            prev: Some(last),
            deps: vec![last],
            kind: 7,
            body: wire::encode(&Rename {
                name: format!("Name {seq}"),
            }),
        };
        let (id, op) = sign_op(&content, &key);
        last = id;
        ops.push(op);
    }
    ops
}

fn log() {
    let ops = long_log();
    let bytes: usize = ops.iter().map(Vec::len).sum();
    let (log, time) = timed(|| Log::restore_own(&ops).unwrap());
    println!("log of {OPS} ops, {bytes} bytes: read from the own storage in {time:.1?}");
    let before_last = *log.op(&log.heads()[0]).unwrap().deps.first().unwrap();
    let (state, time) = timed(|| log.state_at(&[before_last]).unwrap());
    assert!(state.roster_hash() == log.state().roster_hash());
    println!("  f alone: {time:.1?}");
    for count in [1_000, ops.len()] {
        let (log, time) = timed(|| Log::receive(&ops[..count]).unwrap());
        assert_eq!(log.len(), count);
        println!(
            "  the first {count} from a stranger, every signature and right checked: {time:.1?}"
        );
    }
}

fn catching_up() {
    let mut world = World::new(2, 2);
    // A relay keeps the order of what it queues.
    world.network = Network {
        min_delay: 1,
        max_delay: 1,
        queue_limit: 2 * MISSED as usize,
        ..Network::default()
    };
    let group = world.group_of_all();
    world.set_network(1, false);
    let ((), time) = timed(|| {
        for number in 0..MISSED {
            world.write(0, group, &format!("message {number}"));
            world.run_for(20);
        }
    });
    println!(
        "writing {MISSED} messages: {:.0} a second",
        per_second(MISSED, time)
    );
    let (done, time) = timed(|| {
        world.set_network(1, true);
        for _ in 0..600 {
            world.run_for(1_000);
            if world.devices[1].arrived.len() as u64 >= MISSED {
                break;
            }
        }
        world.devices[1].arrived.len() as u64
    });
    println!(
        "catching up on {done} of them, whole clients and relay in one thread: {time:.1?}, {:.0} a second",
        per_second(done, time)
    );
}

fn simulation() {
    let mut world = World::new(3, 6);
    let group = world.group_of_all();
    world.network = Network::BAD;
    let mut steps = 0;
    let ((), time) = timed(|| {
        for number in 0..600 {
            world.write(number % 6, group, "some words");
            let until = world.now.plus(700);
            while world.step(until) {
                steps += 1;
            }
            world.now = until;
        }
    });
    println!(
        "simulation of 6 clients that talk over a bad network: {:.0} steps a second",
        per_second(steps, time)
    );
}

fn per_second(count: u64, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}

fn main() {
    log();
    catching_up();
    simulation();
    for size in [20, 100] {
        group(size);
    }
}
