//! The group's call: who is in it, one's own part in it, and what is due.

mod links;
mod presence;
mod signals;
mod view;

use std::collections::VecDeque;

use super::Group;
use super::links::{Line, Way};
use crate::call::signal::Signal;
use crate::call::{
    CONFIRM_LIMIT, MANY_PEOPLE, MAX_PEOPLE, RETURN_LIMIT, RINGING, STATE_INTERVAL, Seat,
};
use crate::client::batch::Step;
use crate::ids::{CallId, MILLIS_PER_SECOND, MemberId, Timestamp};
use crate::io::{CallView, Output, Refusal, Voice};
use crate::link::{Act, ICE_WAIT, Pair};
use crate::sorted::Map;

/// How long after one has come one may find that others, who came at once, have taken the last places, in milliseconds.
const ONE_TOO_MANY: u64 = 30 * MILLIS_PER_SECOND;

/// Everything of one group that has to do with calls. None of it is stored: a client that starts is in no call.
#[derive(Default)]
pub(crate) struct GroupCall {
    running: Option<Running>,
    /// The person put it away.
    ignored: Option<CallId>,
    /// What the interface was told last.
    shown: Option<CallView>,
    /// The newest count of each member's frames that told something of its seat.
    heard: Map<MemberId, u64>,
    /// Presence tokens whose connections have ended, oldest first: news from before that are late.
    ended: VecDeque<[u8; 16]>,
    /// The browser said that there is no network, and then nothing else.
    network_lost: bool,
}

/// Which call somebody is in. Of two that began at once, all come to be in the one with the smaller id.
#[derive(Clone, Copy)]
struct Topic {
    id: CallId,
    started: Timestamp,
    started_by: MemberId,
    /// When it began, by this device's clock.
    began: Timestamp,
}

/// A call that somebody is in.
#[derive(Default)]
struct Running {
    /// Everybody in it but oneself.
    people: Map<MemberId, Person>,
    mine: Option<Mine>,
}

/// One's own part in a call.
struct Mine {
    topic: Topic,
    seat: Seat,
    voice: Voice,
    /// Nothing is connected before ICE servers are known, or until then.
    waits_until: Option<Timestamp>,
    /// What came meanwhile.
    early: Vec<(MemberId, u64, Signal)>,
    /// Whom one said one hears, and when.
    told: (Vec<MemberId>, Timestamp),
    /// Paths are looked for anew then at the latest: the network has changed.
    restart_at: Option<Timestamp>,
    /// Since when one takes part.
    since: Timestamp,
}

/// Somebody else in a call.
struct Person {
    topic: Topic,
    seat: Seat,
    token: [u8; 16],
    voice: Voice,
    hears: Vec<MemberId>,
    /// The count of the frame with its newest description.
    described: u64,
    /// Not believed any more after that, unless it says again that it is in.
    confirm_by: Option<Timestamp>,
    /// Since when it doesn't answer: it is shown to nobody, and its link waits for it.
    gone: Option<Timestamp>,
    /// It was in the call before oneself, or came at the same moment and has precedence.
    is_before: bool,
    /// One's connection to it, while one is in the call.
    line: Option<Line>,
}

impl Running {
    /// How many are in it and answer, oneself included.
    fn size(&self) -> usize {
        let others = self.people.values().filter(|it| it.gone.is_none()).count();
        others + usize::from(self.mine.is_some())
    }

    /// Which call it is.
    fn topic(&self) -> Option<Topic> {
        let others = self.people.values().filter(|it| it.gone.is_none());
        let topics = others.map(|person| person.topic);
        let own = self.mine.iter().map(|mine| mine.topic);
        own.chain(topics).min_by_key(|topic| topic.id)
    }

    /// Whether packets have to be long.
    fn is_many(&self) -> bool {
        self.size() >= MANY_PEOPLE
    }
}

impl Group {
    pub(super) fn line(&self, member: MemberId) -> Option<&Line> {
        let running = self.call.running.as_ref()?;
        running.people.get(&member)?.line.as_ref()
    }

    pub(super) fn line_mut(&mut self, member: MemberId) -> Option<&mut Line> {
        let running = self.call.running.as_mut()?;
        running.people.get_mut(&member)?.line.as_mut()
    }

    fn mine(&self) -> Option<&Mine> {
        self.call.running.as_ref()?.mine.as_ref()
    }

    fn mine_mut(&mut self) -> Option<&mut Mine> {
        self.call.running.as_mut()?.mine.as_mut()
    }

    fn call_topic(&self) -> Option<Topic> {
        self.call.running.as_ref()?.topic()
    }

    pub(super) fn call_people(&self) -> Vec<MemberId> {
        let running = self.call.running.as_ref();
        running
            .map(|it| it.people.keys().copied().collect())
            .unwrap_or_default()
    }

    /// Whether one takes part in this group's call.
    pub(crate) fn is_in_call(&self) -> bool {
        self.mine().is_some()
    }

    /// Whether one may take part in the call, or begin one.
    pub(crate) fn may_join_call(&self) -> Result<(), Refusal> {
        if !self.is_member() {
            return Err(Refusal::NotMember);
        }
        if self.log.state().forked {
            return Err(Refusal::NotAllowed);
        }
        match &self.call.running {
            Some(it) if it.mine.is_none() && it.size() >= MAX_PEOPLE => Err(Refusal::CallFull),
            _ => Ok(()),
        }
    }

    /// Takes part in the call; without one, begins it.
    pub(crate) fn join_call(&mut self, voice: Voice, step: &mut Step<'_>) {
        if let Err(refusal) = self.may_join_call() {
            return step.refuse(Some(self.id), refusal);
        }
        if self.is_in_call() {
            return self.set_voice(voice, step);
        }
        let knows = step.ways.are_known(step.now);
        if !knows && step.ways.ask(step.now) {
            step.after.push(Output::FetchIce);
        }
        let new = Topic {
            id: CallId(step.random()),
            started: step.now,
            started_by: self.me,
            began: step.now,
        };
        let known = self.call.running.as_ref().and_then(Running::topic);
        let mine = Mine {
            topic: known.unwrap_or(new),
            seat: Seat(step.random()),
            voice,
            waits_until: (!knows).then(|| step.now.plus(ICE_WAIT)),
            early: Vec::new(),
            told: (Vec::new(), step.now),
            restart_at: None,
            since: step.now,
        };
        let running = self.call.running.get_or_insert_default();
        running.mine = Some(mine);
        let me = self.me;
        for (member, person) in &mut running.people {
            person.line = Some(Line::new(Pair::new(true, me > *member)));
            person.is_before = true;
        }
        for member in self.others() {
            self.say_here(member, true, step);
        }
        if knows {
            self.begin_pairs(step);
        }
    }

    /// ICE servers are known, or waiting for them has an end.
    fn begin_pairs(&mut self, step: &mut Step<'_>) {
        let Some(mine) = self.mine_mut() else { return };
        mine.waits_until = None;
        let early = core::mem::take(&mut mine.early);
        for member in self.call_people() {
            self.with_pair(member, step, |pair, step, acts| {
                pair.begin(step.now, step.rng, acts);
            });
        }
        for (from, counter, signal) in early {
            self.on_signal(from, counter, signal, step);
        }
    }

    /// Does something with a pair, and carries out what follows.
    fn with_pair(
        &mut self,
        member: MemberId,
        step: &mut Step<'_>,
        work: impl FnOnce(&mut Pair, &mut Step<'_>, &mut Vec<Act>),
    ) {
        let mut acts = Vec::new();
        if let Some(line) = self.line_mut(member) {
            work(&mut line.pair, step, &mut acts);
        }
        self.carry_out(member, acts, step);
    }

    /// Leaves the call, and tells the others.
    pub(crate) fn leave_call(&mut self, step: &mut Step<'_>) {
        let Some(seat) = self.mine().map(|mine| mine.seat) else {
            return;
        };
        for member in self.others() {
            self.send_signal(member, &Signal::Left { seat }, step);
        }
        self.end_part(step);
    }

    /// Ends one's own part in the call.
    fn end_part(&mut self, step: &mut Step<'_>) {
        for member in self.call_people() {
            self.end_line(member, step);
        }
        if let Some(running) = self.call.running.as_mut() {
            running.mine = None;
            running.people.retain(|_, person| person.gone.is_none());
        }
        self.end_empty_call();
    }

    /// One is no member any more: there is no call for oneself.
    pub(super) fn drop_call(&mut self, step: &mut Step<'_>) {
        self.end_part(step);
        self.call.running = None;
    }

    fn end_empty_call(&mut self) {
        let is_empty = |it: &mut Running| it.mine.is_none() && it.people.is_empty();
        self.call.running.take_if(is_empty);
    }

    /// The person put the call away.
    pub(crate) fn ignore_call(&mut self) {
        self.call.ignored = self.call_topic().map(|topic| topic.id);
    }

    /// What one's microphone and speakers do has changed.
    pub(crate) fn set_voice(&mut self, voice: Voice, step: &mut Step<'_>) {
        let Some(mine) = self.mine_mut().filter(|mine| mine.voice != voice) else {
            return;
        };
        mine.voice = voice;
        self.tell_people(step);
    }

    /// Tells everybody in the call one's state.
    fn tell_people(&mut self, step: &mut Step<'_>) {
        let hears = self.hears(step.now);
        if let Some(mine) = self.mine_mut() {
            mine.told = (hears, step.now);
        }
        for member in self.call_people() {
            self.say_here(member, false, step);
        }
    }

    /// Whom one hears.
    fn hears(&self, now: Timestamp) -> Vec<MemberId> {
        let running = self.call.running.iter();
        running
            .flat_map(|it| &it.people)
            .filter(|(_, person)| person.gone.is_none())
            .filter(|(_, person)| {
                let line = person.line.as_ref();
                line.is_some_and(|line| line.pair.is_connected() && line.meter.hears(now))
            })
            .map(|(member, _)| *member)
            .take(MAX_PEOPLE)
            .collect()
    }

    /// Whether one has just come, at once with others, and there is room for them only. Everybody who came finds the same.
    fn has_no_place(&self, now: Timestamp) -> bool {
        let running = self.call.running.as_ref();
        let before = running.map_or(0, |running| {
            let others = running.people.values().filter(|it| it.gone.is_none());
            others.filter(|it| it.is_before).count()
        });
        let has_come = |mine: &Mine| now.since(mine.since) < ONE_TOO_MANY;
        // Whoever hears others has its place.
        before >= MAX_PEOPLE && self.mine().is_some_and(has_come) && self.hears(now).is_empty()
    }

    /// Does what is due.
    pub(super) fn call_timeout(&mut self, step: &mut Step<'_>) {
        if self.call.running.is_none() {
            return;
        }
        self.forget_unconfirmed(step);
        if self.is_in_call() {
            self.part_timeout(step);
        }
        self.end_empty_call();
    }

    fn part_timeout(&mut self, step: &mut Step<'_>) {
        let now = step.now;
        let waited = self.mine().and_then(|mine| mine.waits_until);
        if waited.is_some_and(|until| until <= now) {
            self.begin_pairs(step);
        }
        let restart = self.mine().and_then(|mine| mine.restart_at);
        if restart.is_some_and(|at| at <= now) {
            self.restart_pairs(step);
        }
        if step.ways.renew_at().is_some_and(|at| at <= now) && step.ways.ask(now) {
            step.after.push(Output::FetchIce);
        }
        let has_turn = step.ways.has_turn();
        for member in self.call_people() {
            self.with_pair(member, step, |pair, step, acts| {
                pair.timeout(step.now, has_turn, step.rng, acts);
            });
            self.look_at_pulse(member, step);
        }
        self.lengthen_packets(step);
        if self.hears_due().is_some_and(|due| due <= now) {
            self.tell_people(step);
        }
    }

    /// When whom one hears has to be told.
    fn hears_due(&self) -> Option<Timestamp> {
        let (told, at) = &self.mine()?.told;
        (*told != self.hears(self.seen_at)).then(|| at.plus(STATE_INTERVAL))
    }

    /// Has pairs negotiate again that were made for short packets, one after the other, now that there are many people.
    fn lengthen_packets(&mut self, step: &mut Step<'_>) {
        let Some(running) = self.call.running.as_mut().filter(|it| it.is_many()) else {
            return;
        };
        let me = self.me;
        let short = running.people.iter_mut().find_map(|(member, person)| {
            let line = person.line.as_mut()?;
            let is_due = !line.many && line.pair.is_connected() && me > *member;
            is_due.then(|| {
                line.many = true;
                *member
            })
        });
        if let Some(member) = short {
            self.with_pair(member, step, |_, _, acts| acts.push(Act::Restart));
        }
    }

    /// When [`Group::call_timeout`] is due.
    pub(super) fn call_next_timeout(&self) -> Option<Timestamp> {
        let running = self.call.running.as_ref()?;
        let topic = running.topic().filter(|_| running.mine.is_none());
        let ringing = topic.map(|topic| topic.began.plus(RINGING));
        let people = running.people.values().flat_map(|person| {
            let line = person.line.as_ref().filter(|_| running.mine.is_some());
            let gone = person.gone.map(|at| at.plus(RETURN_LIMIT));
            let pair = line.and_then(|line| line.pair.next_timeout());
            let pulse = line.filter(|_| person.gone.is_none());
            let pulse = pulse.and_then(|line| Some(line.pulse.as_ref()?.next_timeout()));
            let hearing = line.and_then(|line| line.meter.next_timeout(self.seen_at));
            [gone, person.confirm_by, pair, pulse, hearing]
        });
        let mine = running.mine.as_ref();
        let own = [
            ringing.filter(|until| *until > self.seen_at),
            mine.and_then(|mine| mine.waits_until),
            mine.and_then(|mine| mine.restart_at),
            self.hears_due(),
        ];
        people.chain(own).flatten().min()
    }
}
