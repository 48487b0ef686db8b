//! What `cargo xtask bench` measures in a browser: encrypting and decrypting with sender keys, and a whole client that
//! catches up, called from a page.
//!
//! Each call does the work of many messages at once, so that the page's coarse clock and the way into wasm don't count.
#![cfg(all(target_arch = "wasm32", target_os = "unknown"))]
// The page calls it with numbers of its own; a panic is a mistake in the benchmark and stops it.
#![allow(clippy::expect_used)]

use discordopus_core::ids::{GroupId, MemberId, OpId, Timestamp};
use discordopus_core::sender_keys::{
    ChainScope, Distribution, MAX_CHAIN_MESSAGES, Message, OwnChain, PeerChain,
};
use discordopus_core::testkit::World;
use getrandom::SysRng;
use hpke::{Kem as _, Serializable as _};
use rand_core::UnwrapErr;
use wasm_bindgen::prelude::wasm_bindgen;

const NOW: Timestamp = Timestamp(0);

/// One sender, one receiver, and what the sender wrote.
#[wasm_bindgen]
pub struct Pair {
    sender: OwnChain,
    receiver: PeerChain,
    text: Vec<u8>,
    frames: Vec<Vec<u8>>,
}

#[wasm_bindgen]
impl Pair {
    /// A fresh chain, handed over as it is between members, and a text of `size` bytes to send.
    #[wasm_bindgen(constructor)]
    pub fn new(size: usize) -> Self {
        let mut rng = UnwrapErr(SysRng);
        let scope = ChainScope {
            group: GroupId([1; 32]),
            sender: MemberId([2; 32]),
            generation: 1,
            roster_hash: [3; 32],
            heads: vec![OpId([4; 32])],
            heads_hash: [5; 32],
        };
        let sender = OwnChain::new(scope.clone(), NOW, &mut rng);
        let (secret, public) = hpke::kem::XWing::derive_keypair(&[6; 32]);
        let secret: [u8; 32] = secret.to_bytes().into();
        let sealed = sender
            .seal_distribution(&public.to_bytes(), &mut rng)
            .expect("the key is one");
        let receiver = Distribution::open(&sealed, &secret, &sender.id())
            .expect("sealed for this key")
            .accept(
                &scope.group,
                &scope.sender,
                &scope.roster_hash,
                &scope.heads_hash,
            )
            .expect("made for this scope");
        let text = (0..=u8::MAX).cycle().take(size).collect();
        Self {
            sender,
            receiver,
            text,
            frames: Vec::new(),
        }
    }

    /// Encrypts and signs as many messages as one chain holds; says how many.
    pub fn encrypt_all(&mut self) -> u32 {
        for _ in 0..MAX_CHAIN_MESSAGES {
            let mut random = [0; 16];
            getrandom::fill(&mut random).expect("the browser gives randomness");
            let (_, frame) = self.sender.encrypt(&self.text, random).expect("it fits");
            self.frames.push(frame);
        }
        MAX_CHAIN_MESSAGES
    }

    /// Reads, verifies and decrypts all of them in order; says how many.
    pub fn decrypt_all(&mut self) -> u32 {
        for frame in &self.frames {
            receive(&mut self.receiver, frame, &self.text);
        }
        MAX_CHAIN_MESSAGES
    }

    /// Decrypts only the last of them, past all the others: the longest way that a chain allows.
    pub fn decrypt_last(&mut self) {
        let last = self.frames.last().expect("encrypted before");
        receive(&mut self.receiver, last, &self.text);
    }

    /// The length of a finished frame.
    pub fn frame_length(&self) -> usize {
        self.frames.last().map_or(0, Vec::len)
    }
}

/// A member who was away, and what the relay holds for it.
#[wasm_bindgen]
pub struct Absence {
    world: World,
    group: GroupId,
    missed: usize,
}

/// Virtual time in which the simulated network brings everything that waits, in milliseconds.
const LONG_ENOUGH: u64 = 60_000;

#[wasm_bindgen]
impl Absence {
    /// One member writes this many messages while the other is away.
    #[wasm_bindgen(constructor)]
    pub fn new(messages: usize) -> Self {
        let mut world = World::new(1, 2);
        // What is measured is the client; what a full queue does is another matter.
        world.network.queue_limit = usize::MAX;
        // One connection brings frames in order.
        world.network.max_delay = world.network.min_delay;
        let group = world.group_of_all();
        world.switch_off(1);
        for number in 0..messages {
            world.write(0, group, &format!("message {number}"));
            world.run_for(100);
        }
        Self {
            world,
            group,
            missed: messages,
        }
    }

    /// The other comes back and reads everything; says how many messages that were.
    pub fn catch_up(&mut self) -> usize {
        self.world.switch_on(1);
        self.world.run_for(LONG_ENOUGH);
        let read = self.world.devices[1].texts(self.group).len();
        assert!(read == self.missed, "{read} of {} came", self.missed);
        read
    }
}

fn receive(receiver: &mut PeerChain, frame: &[u8], text: &[u8]) {
    let message = Message::parse(&frame[1..]).expect("our own frame");
    let opened = receiver.open(&message).expect("our own message");
    // A benchmark of something that does not work would be worthless.
    assert!(*opened.payload == text);
    receiver
        .commit(opened.step, NOW)
        .expect("nothing came in between");
}
