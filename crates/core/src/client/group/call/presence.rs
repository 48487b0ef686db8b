//! Who is still in the call: who comes back, who is gone, and what follows from the network.

use super::{CONFIRM_LIMIT, RETURN_LIMIT, Way};
use crate::client::batch::Step;
use crate::client::group::Group;
use crate::ids::{MILLIS_PER_SECOND, MemberId, Timestamp};
use crate::link::Beat;

/// Presence tokens of ended connections that are remembered: a group has a few dozen devices at most.
const MAX_ENDED: usize = 64;
/// How long paths are looked for anew after the network has changed, at the latest, in milliseconds: a relay that is back
/// sooner carries the signals for it.
const RESTART_WAIT: u64 = 2 * MILLIS_PER_SECOND;

impl Group {
    /// A member's relay connection has ended. If a link to it answers, it is still there.
    pub(in crate::client::group) fn on_will(
        &mut self,
        member: MemberId,
        token: [u8; 16],
        step: &mut Step<'_>,
    ) {
        self.call.ended.push_back(token);
        if self.call.ended.len() > MAX_ENDED {
            self.call.ended.pop_front();
        }
        if self.person_mut(member).is_none_or(|it| it.token != token) {
            return;
        }
        self.probe(member, step);
    }

    /// Asks somebody who may be gone; one without an open link is gone.
    fn probe(&mut self, member: MemberId, step: &mut Step<'_>) {
        let now = step.now;
        let beat = self
            .line_mut(member)
            .and_then(|line| line.pulse.as_mut())
            .map(|pulse| pulse.probe(now));
        match beat {
            Some(Beat::Ping(number)) => self.ping(member, Way::Call, number, step),
            Some(Beat::Gone) | None => self.person_gone(member, step),
        }
    }

    /// A member has said hello, on a new connection: if it was in the call, it may have been started anew since.
    pub(in crate::client::group) fn member_came(
        &mut self,
        member: MemberId,
        token: [u8; 16],
        step: &mut Step<'_>,
    ) {
        let is_other = self.person_mut(member).is_some_and(|it| it.token != token);
        let open = self.line(member).is_some_and(|line| line.pulse.is_some());
        if is_other && open {
            self.probe(member, step);
        }
        self.tell_of_call(member, step);
    }

    /// Somebody answers no more: it isn't shown, and its link waits for it a while.
    pub(super) fn person_gone(&mut self, member: MemberId, step: &mut Step<'_>) {
        let now = step.now;
        if !self.is_in_call() {
            return self.forget_person(member, step);
        }
        self.links.stop_typing(member);
        if let Some(person) = self.person_mut(member) {
            person.gone.get_or_insert(now);
            if let Some(line) = person.line.as_mut() {
                line.pair.pause();
            }
        }
        self.release(member, Way::Call, step);
    }

    /// Somebody gives a sign of life.
    pub(in crate::client::group) fn return_person(
        &mut self,
        member: MemberId,
        step: &mut Step<'_>,
    ) {
        let now = step.now;
        if let Some(person) = self.person_mut(member)
            && person.gone.take().is_some()
            && let Some(line) = person.line.as_mut()
        {
            line.pair.resume(now);
            if !line.pair.is_connected() {
                // How long nothing came over a path that is gone says nothing of somebody who is heard another way.
                line.pulse = None;
            }
        }
    }

    /// Somebody has left, or was removed.
    pub(in crate::client::group) fn forget_person(
        &mut self,
        member: MemberId,
        step: &mut Step<'_>,
    ) {
        self.end_line(member, step);
        if let Some(running) = self.call.running.as_mut() {
            running.people.remove(&member);
        }
        self.end_empty_call();
    }

    /// Forgets those that were gone for long, or didn't say again that they are in.
    pub(super) fn forget_unconfirmed(&mut self, step: &mut Step<'_>) {
        let now = step.now;
        let running = self.call.running.iter();
        let over: Vec<_> = running
            .flat_map(|it| &it.people)
            .filter(|(_, person)| {
                let gone = person.gone.map(|at| at.plus(RETURN_LIMIT));
                gone.is_some_and(|at| at <= now) || person.confirm_by.is_some_and(|at| at <= now)
            })
            .map(|(member, _)| *member)
            .collect();
        for member in over {
            self.forget_person(member, step);
        }
    }

    /// A relay connection is up, the first one: everybody is told anew, and what was said in vain is said again.
    pub(in crate::client::group) fn call_relay_opened(&mut self, step: &mut Step<'_>) {
        if !self.is_in_call() {
            let until = step.now.plus(CONFIRM_LIMIT);
            for person in self
                .call
                .running
                .iter_mut()
                .flat_map(|it| it.people.values_mut())
            {
                person.confirm_by = Some(until);
            }
            return;
        }
        for member in self.others() {
            self.say_here(member, false, step);
        }
        if self.mine().is_some_and(|mine| mine.restart_at.is_some()) {
            return self.restart_pairs(step);
        }
        for member in self.call_people() {
            let has_failed = self.has_failed(member);
            self.with_pair(member, step, |pair, step, acts| {
                if has_failed {
                    pair.retry(step.now, step.rng, acts);
                } else {
                    pair.say_again(acts);
                }
            });
        }
    }

    fn has_failed(&self, member: MemberId) -> bool {
        let line = self.line(member);
        line.is_some_and(|line| matches!(line.pair.view(), crate::io::LinkState::Failed(_)))
    }

    /// The browser says there is no network.
    pub(in crate::client::group) fn call_network_lost(&mut self) {
        self.call.network_lost = true;
    }

    /// Something may have changed for the better.
    pub(in crate::client::group) fn call_wake(&mut self, step: &mut Step<'_>) {
        if !core::mem::take(&mut self.call.network_lost) {
            return;
        }
        let at: Timestamp = step.now.plus(RESTART_WAIT);
        if let Some(mine) = self.mine_mut() {
            mine.restart_at = Some(at);
        }
    }

    /// The network has changed: every pair looks for another path.
    pub(super) fn restart_pairs(&mut self, step: &mut Step<'_>) {
        if let Some(mine) = self.mine_mut() {
            mine.restart_at = None;
        }
        for member in self.call_people() {
            if let Some(pulse) = self.line_mut(member).and_then(|line| line.pulse.as_mut()) {
                pulse.weaken();
            }
            self.with_pair(member, step, |pair, step, acts| {
                pair.restart(step.now, step.rng, acts);
            });
        }
    }

    /// There are other ICE servers: what waited for them begins, and what failed is tried with them.
    pub(crate) fn ice_changed(&mut self, changed: bool, step: &mut Step<'_>) {
        self.begin_waiting_links(step);
        let Some(mine) = self.mine() else { return };
        if mine.waits_until.is_some() {
            return self.begin_pairs(step);
        }
        for member in self.call_people() {
            if changed && self.has_failed(member) {
                self.with_pair(member, step, |pair, step, acts| {
                    pair.retry(step.now, step.rng, acts);
                });
            }
        }
    }
}
