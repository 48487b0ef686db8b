//! A member without our client: its keys, taken from a device's store, in the hands of a test.

use discordopus_core::identity::{IdentityKey, Prekeys, SignedPrekeys};
use discordopus_core::ids::{GroupId, Mailbox, MemberId, OpId};
use discordopus_core::membership::Log;
use discordopus_core::pairwise::{Channel, Device, PairwiseKind, PeerKeys};
use discordopus_core::record;
use discordopus_core::testkit::World;
use discordopus_core::wire::{self, SignatureBytes, labels};

/// An op's fields, as an author of another program would write them.
pub(crate) struct Content {
    pub(crate) version: u32,
    pub(crate) group: GroupId,
    pub(crate) author: MemberId,
    pub(crate) seq: u32,
    pub(crate) prev: Option<OpId>,
    pub(crate) deps: Vec<OpId>,
    pub(crate) kind: u16,
    pub(crate) body: Vec<u8>,
}

record!(Content {
    version,
    group,
    author,
    seq,
    prev,
    deps,
    kind,
    body: bytes
});

struct Envelope {
    content: Vec<u8>,
    signature: SignatureBytes,
}

record!(Envelope {
    content: bytes,
    signature
});

/// Signs an op with any key, whoever it names as its author.
pub(crate) fn sign_op(content: &Content, key: &IdentityKey) -> (OpId, Vec<u8>) {
    let content = wire::encode(content);
    let id = OpId(wire::hash(labels::OP, &[&content]));
    let signature = wire::sign(key.signing_key(), labels::OP_SIGN, &content);
    (id, wire::encode(&Envelope { content, signature }))
}

fn records(world: &World, device: usize, prefix: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let all = world.devices[device].store.all().into_iter();
    all.filter_map(|record| {
        let id = record.key.name.strip_prefix(prefix)?.to_vec();
        Some((id, record.value.to_vec()))
    })
    .collect()
}

/// A device's stored ops, by their numbers.
pub(crate) fn ops_of(world: &World, device: usize) -> Vec<(u32, OpId, Vec<u8>)> {
    let mut ops: Vec<_> = records(world, device, b"op/")
        .into_iter()
        .map(|(_, bytes)| {
            let Envelope { content, .. } = wire::decode(&bytes, 16 * 1024).unwrap();
            let id = OpId(wire::hash(labels::OP, &[&content]));
            let content: Content = wire::decode(&content, 16 * 1024).unwrap();
            (content.seq, id, bytes)
        })
        .collect();
    ops.sort();
    ops
}

/// A member's keys and sessions, as its device has stored them.
pub(crate) struct Member {
    pub(crate) group: GroupId,
    pub(crate) me: MemberId,
    pub(crate) identity: IdentityKey,
    device: Device,
    pub(crate) log: Log,
    channels: Vec<(MemberId, Channel)>,
    prekeys: Vec<Prekeys>,
}

impl Member {
    /// Copies what a device that is switched off has stored.
    pub(crate) fn of(world: &World, device: usize, group: GroupId) -> Self {
        let (_, identity) = records(world, device, b"identity").remove(0);
        let mut decoder = minicbor::Decoder::new(&identity);
        decoder.array().unwrap();
        let seed: [u8; 32] = decoder.bytes().unwrap().try_into().unwrap();
        let identity = IdentityKey::from_seed(&seed);
        let (_, stored) = records(world, device, b"device").remove(0);
        let log = Log::restore_own(ops_of(world, device).into_iter().map(|(_, _, op)| op)).unwrap();
        let id = |name: Vec<u8>| MemberId(name.try_into().unwrap());
        let open = |(name, bytes): (Vec<u8>, Vec<u8>)| {
            let signed: SignedPrekeys = wire::decode(&bytes, 64 * 1024).unwrap();
            let ik = log.state().stay(&id(name)).unwrap().card.ik;
            signed.open(&ik).unwrap()
        };
        let prekeys = records(world, device, b"prekeys/")
            .into_iter()
            .map(open)
            .collect();
        let channels = records(world, device, b"channel/")
            .into_iter()
            .map(|(name, bytes)| (id(name), Channel::decode(&bytes).unwrap()))
            .collect();
        Self {
            group,
            me: identity.member_id(),
            identity,
            device: Device::decode(&stored).unwrap(),
            log,
            channels,
            prekeys,
        }
    }

    /// A member's prekeys.
    pub(crate) fn prekeys_of(&self, member: MemberId) -> &Prekeys {
        self.prekeys
            .iter()
            .find(|prekeys| prekeys.member == member)
            .unwrap()
    }

    /// Where a member reads.
    pub(crate) fn mailbox_of(&self, member: MemberId) -> Mailbox {
        self.prekeys_of(member).mailbox
    }

    /// Seals a pairwise frame over the sessions that the device had.
    pub(crate) fn seal(&mut self, to: MemberId, kind: PairwiseKind, body: &[u8]) -> Vec<u8> {
        let peer = PeerKeys {
            member: to,
            curve25519: self.log.state().stay(&to).unwrap().card.olm,
            prekeys: None,
        };
        let (_, channel) = self
            .channels
            .iter_mut()
            .find(|(member, _)| *member == to)
            .unwrap();
        channel
            .seal(&self.device, self.me, &peer, kind, self.group, body)
            .unwrap()
    }
}
