//! The first start from a backup: what the device may have used since the backup was written must not be used again.
//!
//! Nobody can tell what that was, so everything that counts jumps ahead: the generation of one's own chains and the
//! sequence of one's prekeys by a random step (two devices made of one backup would otherwise count alike), the counters
//! and epochs of sessions to the present time. If the device that wrote the backup is still in use, its counters lie behind,
//! so that nobody takes new keys from it any more, and what it writes with them is never delivered. Whoever hears from it
//! hands it the newest prekeys of its own identity: they prove to it that it has been left behind, and it steps aside.

use super::Group;
use super::records::{Standing, Touched};
use super::synchronise::is_first_in;
use crate::client::batch::Step;
use crate::ids::{MILLIS_PER_HOUR, MemberId};
use crate::io::Refusal;
use crate::pairwise::{Channel, PairwiseKind};
use crate::sync::Sync;
use crate::wire;

/// Least time between two answers to one who counts behind, in milliseconds: one is enough for an honest device.
const BEHIND_INTERVAL: u64 = MILLIS_PER_HOUR;

impl Group {
    /// Takes the steps ahead. New chains and sessions follow as they are needed.
    pub(crate) fn begin_after_restore(&mut self, step: &mut Step<'_>) {
        if !self.is_member() {
            return;
        }
        self.retire_chain();
        let jump = |bytes: [u8; 2]| 1 + u64::from(u16::from_be_bytes(bytes));
        self.meta.generation = self.meta.generation.saturating_add(jump(step.random()));
        self.touch(Touched::Meta);
        let me = self.me;
        for (member, channel) in &mut self.channels {
            let known = self.prekeys.get(member);
            let one_time = known.and_then(|known| known.open.one_time_for(&me));
            channel.begin_after_restore(step.now, one_time);
            self.touched.insert(Touched::Channel(*member));
        }
        if let Some(keys) = self.keys.as_mut() {
            keys.device.skip(jump(step.random()));
        }
        self.renew_prekeys(true, step);
    }

    /// A frame came whose sender goes on with an old state of its own. It can't open what one says to the device that has
    /// gone ahead, so it is answered over the session that it used, with its own newest prekeys.
    pub(super) fn answer_behind(&mut self, from: MemberId, step: &mut Step<'_>) {
        let Some(newest) = self.prekeys.get(&from).map(|known| known.signed.clone()) else {
            return;
        };
        if !is_first_in(BEHIND_INTERVAL, &mut self.told_behind, from, step.now) {
            return;
        }
        let data = Sync::Data {
            ops: Vec::new(),
            prekeys: vec![newest],
        };
        let body = wire::encode(&data);
        let (me, group) = (self.me, self.id);
        let answer =
            |it: &mut Channel| it.answer_behind(me, from, group, PairwiseKind::Sync, &body);
        let channel = self.channels.get_mut(&from);
        let Some(frame) = channel.and_then(answer) else {
            return;
        };
        self.touch(Touched::Channel(from));
        if let Some(mailbox) = self.mailbox_of(from) {
            self.send_live(mailbox, &frame, step);
        }
    }

    /// Gives up one's keys here without leaving: another device goes on with the same identity, and an op that says one
    /// leaves would end its stay, too.
    pub(crate) fn step_aside(&mut self, step: &mut Step<'_>) {
        if !self.is_member() {
            return step.refuse(Some(self.id), Refusal::NotMember);
        }
        self.meta.standing = Standing::Aside;
        self.view_changed = true;
        self.end_stay(step);
    }
}
