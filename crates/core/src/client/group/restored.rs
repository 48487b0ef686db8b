//! The first start from a backup: what the device may have used since the backup was written must not be used again.
//!
//! Nobody can tell what that was, so everything that counts jumps ahead: the generation of one's own chains and the
//! sequence of one's prekeys by a random step (two devices made of one backup would otherwise count alike), the counters
//! and epochs of sessions to the present time. If the device that wrote the backup is still in use, its counters lie behind,
//! so that nobody takes new keys from it any more, and what it writes with them is never delivered.

use super::Group;
use super::records::Touched;
use crate::client::batch::Step;

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
}
