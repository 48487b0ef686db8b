//! What the person has to be told because it may be an attack: raised once, kept until it is dismissed or moot.

use super::Group;
use super::records::Touched;
use crate::client::batch::Step;
use crate::ids::{MemberId, OpId};
use crate::io::{Alarm, Event};
use crate::wire::{record, variants};

/// Highest step by which others' word about one's own generation is followed. More is no honest word, and would use
/// the numbers up.
const MAX_GENERATION_STEP: u64 = 1_000_000;

/// An alarm as it is stored.
#[derive(Clone, Copy)]
pub(crate) struct Raised {
    alarm: Alarm,
    dismissed: bool,
}

record!(Raised { alarm, dismissed });

variants!(Alarm {
    0 => TwoKeys { member },
    1 => TwoHistories { member },
    2 => RostersDiffer { member },
    3 => SetBack { noticed_by },
    4 => Forked { by },
});

impl Group {
    /// Raises an alarm, unless it was raised before.
    pub(super) fn raise(&mut self, alarm: Alarm, step: &mut Step<'_>) {
        if self.alarms.iter().any(|raised| raised.alarm == alarm) {
            return;
        }
        self.alarms.push(Raised {
            alarm,
            dismissed: false,
        });
        self.touch(Touched::Alarms);
        self.view_changed = true;
        let group = self.id;
        step.event(Event::Alarm { group, alarm });
    }

    /// The person has read an alarm and goes on.
    pub(crate) fn dismiss(&mut self, alarm: Alarm) {
        let raised = self.alarms.iter_mut().find(|raised| raised.alarm == alarm);
        if let Some(raised) = raised {
            raised.dismissed = true;
            self.touch(Touched::Alarms);
            self.view_changed = true;
        }
    }

    /// The alarms that weren't dismissed, oldest first.
    pub(super) fn open_alarms(&self) -> impl Iterator<Item = Alarm> {
        let open = self.alarms.iter().filter(|raised| !raised.dismissed);
        open.map(|raised| raised.alarm)
    }

    /// Whether one may write: a member, of a group whose log says who is in, and no alarm is open that ends sending.
    pub(super) fn may_send(&self) -> bool {
        let stops = |alarm| matches!(alarm, Alarm::RostersDiffer { .. } | Alarm::SetBack { .. });
        self.is_member() && !self.log.state().forked && !self.open_alarms().any(stops)
    }

    /// Alarms about who is out are moot.
    pub(super) fn drop_moot_alarms(&mut self) {
        let state = self.log.state();
        let before = self.alarms.len();
        self.alarms.retain(|raised| match raised.alarm {
            Alarm::TwoKeys { member }
            | Alarm::TwoHistories { member }
            | Alarm::RostersDiffer { member } => state.is_present(&member),
            Alarm::SetBack { .. } | Alarm::Forked { .. } => true,
        });
        if self.alarms.len() != before {
            self.touch(Touched::Alarms);
        }
    }

    /// Ops came from outside. One's own are among them only if this device was set back to an older state.
    pub(super) fn look_for_own_ops(&mut self, applied: &[OpId], step: &mut Step<'_>) {
        let own = applied.iter().any(|id| {
            let op = self.log.op(id);
            op.is_some_and(|op| op.author == self.me)
        });
        if own {
            let noticed_by = self.me;
            self.raise(Alarm::SetBack { noticed_by }, step);
        }
    }

    /// A member says which generation of one's own chains it has seen. A higher one than this device knows means that
    /// this device was set back. It can't be proved, so the alarm names who said so.
    pub(super) fn compare_generation(
        &mut self,
        from: MemberId,
        generation: u64,
        step: &mut Step<'_>,
    ) {
        if generation <= self.meta.generation {
            return;
        }
        if generation - self.meta.generation <= MAX_GENERATION_STEP {
            // If the person goes on nevertheless, no number is used twice.
            self.meta.generation = generation;
            self.touch(Touched::Meta);
        }
        self.retire_chain();
        self.raise(Alarm::SetBack { noticed_by: from }, step);
    }
}
