//! Signals of a call, coming and going.

use super::{Line, Person, Running, Topic};
use crate::call::MAX_PEOPLE;
use crate::call::signal::{self, Here, Signal};
use crate::client::batch::Step;
use crate::client::group::Group;
use crate::ids::{MemberId, Timestamp};
use crate::io::{Description, Refusal};
use crate::link::Pair;
use crate::pairwise::PairwiseKind;
use crate::wire;

/// So many more than have room may come at once; each of them then finds whether it has a place.
const MAX_AT_ONCE: usize = 8;
/// Most signals that wait while ICE servers are asked for.
const MAX_EARLY: usize = 128;

impl Group {
    /// Takes the body of a CALL frame of a present member.
    pub(in crate::client::group) fn on_call(
        &mut self,
        from: MemberId,
        counter: u64,
        body: &[u8],
        step: &mut Step<'_>,
    ) {
        match signal::decode(body) {
            Ok(signal) => self.on_signal(from, counter, signal, step),
            Err(_) => {
                self.count_bad_frame(step.now);
            }
        }
    }

    pub(super) fn on_signal(
        &mut self,
        from: MemberId,
        counter: u64,
        signal: Signal,
        step: &mut Step<'_>,
    ) {
        match signal {
            Signal::Here(here) => self.on_here(from, counter, &here, step),
            Signal::Left { seat } => {
                self.note_counter(from, counter);
                let person = self
                    .call
                    .running
                    .as_ref()
                    .and_then(|it| it.people.get(&from));
                if person.is_some_and(|person| person.seat == seat) {
                    self.forget_person(from, step);
                }
            }
            Signal::Described {
                here,
                to,
                attempt,
                description,
            } => {
                self.on_here(from, counter, &here, step);
                let Some(mine) = self.mine().filter(|mine| mine.seat == to) else {
                    // It takes one to be where one isn't any more.
                    return self.send_signal(from, &Signal::Left { seat: to }, step);
                };
                if mine.waits_until.is_some() {
                    let signal = Signal::Described {
                        here,
                        to,
                        attempt,
                        description,
                    };
                    return self.keep_early(from, counter, signal);
                }
                let many = self.call.running.as_ref().is_some_and(Running::is_many);
                let Some(person) = self.person_mut(from).filter(|it| it.seat == here.seat) else {
                    return;
                };
                // Of two that overtook each other, the older one is of no use.
                if counter < person.described {
                    return;
                }
                person.described = counter;
                if let Some(line) = person.line.as_mut() {
                    line.many = many;
                }
                self.return_person(from, step);
                let description = Description {
                    sdp: crate::call::sdp::limit(&description.sdp, many),
                    ..description
                };
                self.with_pair(from, step, |pair, step, acts| {
                    pair.take(attempt, description, step.now, acts);
                });
            }
            Signal::Found {
                to,
                attempt,
                candidates,
            } => {
                let Some(mine) = self.mine().filter(|mine| mine.seat == to) else {
                    return;
                };
                if mine.waits_until.is_some() {
                    let signal = Signal::Found {
                        to,
                        attempt,
                        candidates,
                    };
                    return self.keep_early(from, counter, signal);
                }
                self.with_pair(from, step, |pair, _, acts| {
                    pair.add(attempt, candidates, acts);
                });
            }
        }
    }

    fn keep_early(&mut self, from: MemberId, counter: u64, signal: Signal) {
        if let Some(mine) = self.mine_mut()
            && mine.early.len() < MAX_EARLY
        {
            mine.early.push((from, counter, signal));
        }
    }

    pub(super) fn person_mut(&mut self, member: MemberId) -> Option<&mut Person> {
        self.call.running.as_mut()?.people.get_mut(&member)
    }

    /// Notes a frame's count; false when later news of the same member came before.
    fn note_counter(&mut self, from: MemberId, counter: u64) -> bool {
        let newest = self.call.heard.entry(from).or_insert(0);
        let is_news = counter >= *newest;
        *newest = counter.max(*newest);
        is_news
    }

    /// Somebody says that it is in the call.
    fn on_here(&mut self, from: MemberId, counter: u64, here: &Here, step: &mut Step<'_>) {
        if from == self.me || self.call.ended.contains(&here.token) {
            return;
        }
        if !self.note_counter(from, counter) {
            return;
        }
        let me = self.me;
        let topic = topic(here, step.now);
        let running = self.call.running.get_or_insert_default();
        let mut knows_better = false;
        let mut goes_over = false;
        if let Some(mine) = running.mine.as_mut() {
            knows_better = topic.id > mine.topic.id;
            if topic.id < mine.topic.id {
                mine.topic = topic;
                goes_over = true;
            }
        }
        let is_new = running
            .people
            .get(&from)
            .is_none_or(|known| known.seat != here.seat);
        if is_new {
            if running.people.contains_key(&from) {
                self.end_line(from, step);
            }
            let Some(running) = self.call.running.as_mut() else {
                return;
            };
            running.people.remove(&from);
            // For a moment there may be too many: those that came at once don't know of each other.
            if running.size() >= MAX_PEOPLE + MAX_AT_ONCE {
                return;
            }
            // Whoever hears others has its place.
            let is_before = !here.offering && (from > me || !here.hears.is_empty());
            // Whoever knew one in the call when it came makes the first offer. Of two that came at once the higher one does.
            let leads = !here.offering && me > from;
            let line = || Line::new(Pair::new(leads, me > from));
            running.people.insert(
                from,
                Person {
                    topic,
                    seat: here.seat,
                    token: here.token,
                    voice: here.voice,
                    hears: Vec::new(),
                    described: 0,
                    confirm_by: None,
                    gone: None,
                    is_before,
                    line: running.mine.is_some().then(line),
                },
            );
        }
        if let Some(person) = self.person_mut(from) {
            person.topic = topic;
            person.token = here.token;
            person.voice = here.voice;
            person.hears.clone_from(&here.hears);
            person.confirm_by = None;
        }
        if is_new && self.has_no_place(step.now) {
            self.leave_call(step);
            return step.refuse(Some(self.id), Refusal::CallFull);
        }
        let Some(mine) = self.mine() else { return };
        let is_ready = mine.waits_until.is_none();
        if goes_over {
            for member in self.others() {
                self.say_here(member, false, step);
            }
        } else if (is_new && !here.offering) || knows_better {
            self.say_here(from, false, step);
        }
        if is_new && is_ready {
            self.with_pair(from, step, |pair, step, acts| {
                pair.begin(step.now, step.rng, acts);
            });
        }
        self.return_person(from, step);
    }

    /// Tells a member that one is in the call.
    pub(super) fn say_here(&mut self, to: MemberId, joins: bool, step: &mut Step<'_>) {
        if let Some(here) = self.here(to, joins, step.now) {
            self.send_signal(to, &Signal::Here(here), step);
        }
    }

    /// One's state, for a member. `joins`: one has just come, and makes an offer to those that were in.
    pub(super) fn here(&self, to: MemberId, joins: bool, now: Timestamp) -> Option<Here> {
        let running = self.call.running.as_ref()?;
        let mine = running.mine.as_ref()?;
        Some(Here {
            call: mine.topic.id,
            started: mine.topic.started,
            started_by: mine.topic.started_by,
            age: now.since(mine.topic.began),
            seat: mine.seat,
            token: self.token,
            voice: mine.voice,
            hears: self.hears(now),
            offering: joins && running.people.contains_key(&to),
        })
    }

    /// Tells somebody who has just come online of the call that one is in.
    pub(in crate::client::group) fn tell_of_call(&mut self, to: MemberId, step: &mut Step<'_>) {
        self.say_here(to, false, step);
    }

    /// Seals a signal and sends it.
    pub(super) fn send_signal(&mut self, to: MemberId, signal: &Signal, step: &mut Step<'_>) {
        let is_last = matches!(signal, Signal::Left { .. });
        let body = wire::encode(signal);
        self.send_signalling(to, PairwiseKind::Call, &body, is_last, step);
    }
}

/// Which call somebody says to be in.
fn topic(here: &Here, now: Timestamp) -> Topic {
    Topic {
        id: here.call,
        started: here.started,
        started_by: here.started_by,
        began: Timestamp(now.0.saturating_sub(here.age)),
    }
}
