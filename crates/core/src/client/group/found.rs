//! How a group begins on this device: founded here, or entered by an invite.

use crate::sorted::Map;

use super::records::{Known, Meta, Standing, Touched};
use super::{Catching, Group, Keys};
use crate::chat::Body;
use crate::client::batch::Step;
use crate::client::uplink::Uplink;
use crate::identity::{Card, IdentityKey, SignedCard, SignedPrekeys};
use crate::ids::{ClientId, Mailbox, MemberId, MessageId, Timestamp};
use crate::io::Alarm;
use crate::membership::{Genesis, Log, Policy};
use crate::pairwise::{Channel, Device};
use crate::store::{Change, StoreName};

impl Meta {
    /// A new stay, whose history records are counted on from `counter`.
    pub(crate) fn new(me: MemberId, relays: Vec<String>, counter: u64) -> Self {
        Self {
            standing: Standing::Member,
            counter,
            clock: Timestamp(0),
            unread: 0,
            generation: 0,
            parents: Vec::new(),
            clean: false,
            next_queued: 0,
            relays,
            me,
            timer: None,
            uploads: None,
        }
    }
}

impl Group {
    /// Founds a group with oneself as its creator. `None` when a name breaks the rules of the genesis.
    pub(crate) fn found(
        group_name: &str,
        your_name: &str,
        relays: Vec<String>,
        step: &mut Step<'_>,
    ) -> Option<Self> {
        let identity = IdentityKey::generate(step.rng);
        let me = identity.member_id();
        let mut device = Device::generate(step.rng, step.now);
        let card = Card {
            group: Card::NO_GROUP,
            ik: identity.public(),
            olm: device.curve25519(),
            name: your_name.to_owned(),
            created: step.now,
        };
        let genesis = Genesis::new(
            group_name,
            SignedCard::sign(&card, &identity),
            step.random(),
            Policy::default(),
        )
        .ok()?;
        let (log, _) = Log::found(&identity, genesis).ok()?;
        let id = log.state().group;
        let mailbox = Mailbox(step.random());
        let open = device.prekeys(id, me, &[], mailbox, relays.clone());
        let signed = SignedPrekeys::sign(&open, &identity);
        let client = ClientId(step.random());
        let uplink = Uplink::new(&relays, client, step);
        let mut group = Self::assemble(
            id,
            Some(Keys { identity, device }),
            log,
            Meta::new(me, relays, 0),
            uplink,
        );
        group.catching = Catching::up_to_date();
        group.prekeys.insert(me, Known { signed, open });
        group.touch_all();
        group.add_note(Body::Founded { by: me }, me, MessageId(id.0), step);
        Some(group)
    }

    /// The first moments of a new member: takes over what the join learnt, and publishes one-time keys for everyone.
    pub(crate) fn begin_stay(
        &mut self,
        own: Known,
        channels: Map<MemberId, Channel>,
        prekeys: &[SignedPrekeys],
        step: &mut Step<'_>,
    ) {
        self.catching = Catching::up_to_date();
        self.prekeys.insert(self.me, own);
        self.channels = channels;
        for signed in prekeys {
            self.take_prekeys(signed);
        }
        self.touch_all();
        let me = self.me;
        let invites = &self.log.state().invites;
        let admission = self
            .log
            .state()
            .members
            .get(&me)
            .and_then(|info| Some((invites.get(&info.invite?)?.by, info.admitted.op)));
        if let Some((invited_by, op)) = admission {
            self.add_note(
                Body::Joined {
                    member: me,
                    invited_by,
                },
                me,
                MessageId(op.0),
                step,
            );
        }
        let forks: Vec<_> = self.log.state().equivocators.iter().copied().collect();
        for member in forks {
            self.raise(Alarm::TwoHistories { member }, step);
        }
        self.drop_moot_alarms();
        self.renew_prekeys(false, step);
    }

    /// The number of the last history record.
    pub(crate) fn counter(&self) -> u64 {
        self.meta.counter
    }

    /// Gives way to a new stay in the same group: only the history remains.
    pub(crate) fn make_room(mut self, step: &mut Step<'_>) {
        self.close(step);
        for store in [StoreName::Secrets, StoreName::State] {
            step.changes.list.push(Change::DeleteGroup {
                store,
                group: self.id,
            });
        }
    }

    /// Ends the connections for good.
    pub(crate) fn close(&mut self, step: &mut Step<'_>) {
        self.uplink.close(true, step);
    }

    /// A frame that came while the join was still under way.
    pub(crate) fn received_early(&mut self, frame: &[u8], step: &mut Step<'_>) {
        if let Some(mailbox) = self.mailbox_of(self.me) {
            self.received(mailbox, frame, step);
        }
    }

    /// Marks every part of a group that was just made, so that the next batch holds it whole.
    fn touch_all(&mut self) {
        self.touched
            .extend([Touched::Meta, Touched::Identity, Touched::Device]);
        self.touched
            .extend(self.log.op_ids().into_iter().map(Touched::Op));
        self.touched
            .extend(self.prekeys.keys().copied().map(Touched::Prekeys));
        self.touched
            .extend(self.channels.keys().copied().map(Touched::Channel));
    }
}
