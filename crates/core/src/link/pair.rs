//! One pair of a call: from the news of somebody else in it to a connection that stays up, or a reason why there is none.
//!
//! For each attempt one side makes the first offer. By rule that is the newcomer, or of two who came at once the higher
//! member id; only if nothing comes of it the other side tries, too. Of two first offers that cross, the higher member's
//! counts. An attempt that is stuck is given up, connection and all, for a new one: browsers leave simultaneous first offers
//! in states that no restart gets them out of.

use rand_core::CryptoRng;

use super::signal::{MAX_CANDIDATES, MAX_SDP, is_short};
use super::{
    ANSWER_WAIT, ATTEMPT_LIMIT, Attempt, CANDIDATE_DELAY, DISCONNECTED_WAIT, FAILED_WAIT,
    OTHER_SIDE_LATER, PAIR_LIMIT, TURN_IS_MISSED,
};
use crate::ids::{LinkId, MILLIS_PER_MINUTE, MILLIS_PER_SECOND, Timestamp};
use crate::io::{Candidate, Description, IceState, LinkProblem, LinkState};

/// Candidates kept of an attempt whose offer hasn't arrived yet, or to be said again.
const MAX_KEPT: usize = 2 * MAX_CANDIDATES;
/// How often one description is said again.
const MAX_REPEATS: u32 = 3;
/// Attempts of the other side that are taken within a minute: each costs a connection.
const MAX_ATTEMPTS_A_MINUTE: u32 = 20;
/// After so many connections that the browser refused, no more is asked of it.
const MAX_REFUSED: u32 = 3;

/// Something to do for a pair, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Act {
    /// Make a connection, which becomes the pair's own: see [`Pair::opened`].
    Open { offers: bool },
    /// End a connection.
    Close(LinkId),
    /// Hand the other side's description to the connection.
    Describe(Description),
    /// Hand it a way to the other side.
    Add(Candidate),
    /// Let it look for another path.
    Restart,
    /// Send the other side a description.
    Say {
        attempt: Attempt,
        description: Description,
    },
    /// Send it ways to oneself.
    SayFound {
        attempt: Attempt,
        candidates: Vec<Candidate>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// For the other side's offer.
    Waiting,
    Connecting,
    Connected,
    Disconnected {
        since: Timestamp,
    },
    Restarting,
    Failed(LinkProblem),
}

/// One attempt.
#[derive(Debug)]
struct Try {
    id: Attempt,
    ours: bool,
    /// The other side's newest description.
    remote: Option<Description>,
    /// One's own newest.
    local: Option<Description>,
    /// When that is said again unless it is answered, and how often it was.
    repeat: Option<Timestamp>,
    repeats: u32,
    is_answered: bool,
    /// Ways to oneself, and how many of them were said.
    found: Vec<Candidate>,
    said: usize,
    say_at: Option<Timestamp>,
}

impl Try {
    fn new(id: Attempt, ours: bool) -> Self {
        Self {
            id,
            ours,
            remote: None,
            local: None,
            repeat: None,
            repeats: 0,
            is_answered: false,
            found: Vec::new(),
            said: 0,
            say_at: None,
        }
    }

    /// An offer of one's own is out.
    fn is_unanswered(&self) -> bool {
        let is_offer = |local: &Description| !local.answer;
        self.local.as_ref().is_some_and(is_offer) && !self.is_answered
    }

    /// Says everything of it again.
    fn say_again(&mut self, acts: &mut Vec<Act>) {
        let Some(description) = self.local.clone() else {
            return;
        };
        acts.push(Act::Say {
            attempt: self.id,
            description,
        });
        self.said = 0;
        self.say_found(acts);
    }

    fn say_found(&mut self, acts: &mut Vec<Act>) {
        self.say_at = None;
        let news = self.found.get(self.said..).unwrap_or_default();
        for part in news.chunks(MAX_CANDIDATES) {
            acts.push(Act::SayFound {
                attempt: self.id,
                candidates: part.to_vec(),
            });
        }
        self.said = self.found.len();
    }
}

/// One's side of the connection to somebody else in the call.
#[derive(Debug)]
pub(crate) struct Pair {
    /// Makes the first offers.
    leads: bool,
    /// One's member id is the higher one.
    is_higher: bool,
    link: Option<LinkId>,
    channel: bool,
    attempt: Option<Try>,
    phase: Phase,
    /// Since when a connection is looked for; `None` while there is one, or none is looked for.
    since: Option<Timestamp>,
    /// When the next attempt is due.
    next: Option<Timestamp>,
    /// The other side has described itself since then.
    answered: bool,
    /// How many connections the browser has refused since then.
    refused: u32,
    /// The connection can't come back by itself or through another path: an end of it is closed, or refused.
    is_over: bool,
    /// Looked at whether a TURN server is missing, and found that it is.
    turn_looked_at: bool,
    turn_is_missed: bool,
    /// The other side is away: nothing is tried until it is back.
    is_paused: bool,
    /// Ways to the other side that came before its description.
    early: Vec<(Attempt, Candidate)>,
    taken: (Timestamp, u32),
}

impl Pair {
    /// A pair for which nothing is done before [`Pair::begin`].
    pub(crate) fn new(leads: bool, is_higher: bool) -> Self {
        Self {
            leads,
            is_higher,
            link: None,
            channel: false,
            attempt: None,
            phase: Phase::Waiting,
            since: None,
            next: None,
            answered: false,
            refused: 0,
            is_over: false,
            turn_looked_at: false,
            turn_is_missed: false,
            is_paused: false,
            early: Vec::new(),
            taken: (Timestamp(0), 0),
        }
    }

    pub(crate) fn link(&self) -> Option<LinkId> {
        self.link
    }

    /// Whether its data channel can be used.
    pub(crate) fn is_open(&self) -> bool {
        self.channel && self.link.is_some()
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.phase == Phase::Connected
    }

    /// Gives way when both renegotiate at once.
    pub(crate) fn is_polite(&self) -> bool {
        !self.is_higher
    }

    /// The connection that [`Act::Open`] asked for.
    pub(crate) fn opened(&mut self, link: LinkId) {
        self.link = Some(link);
    }

    /// Starts looking for a connection.
    pub(crate) fn begin(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, acts: &mut Vec<Act>) {
        self.look(now);
        if self.leads {
            self.attempt(now, rng, acts);
        } else {
            self.next = Some(self.due(now, ATTEMPT_LIMIT));
        }
    }

    /// Something has changed that may help: tries again, unless all is well.
    pub(crate) fn retry(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, acts: &mut Vec<Act>) {
        if !self.is_connected() {
            self.is_paused = false;
            self.look(now);
            self.attempt(now, rng, acts);
        }
    }

    /// Looks for another path: the network has changed.
    pub(crate) fn restart(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, acts: &mut Vec<Act>) {
        match self.phase {
            // The browser hasn't noticed yet, and may find another path without ever saying that there was none.
            Phase::Connected => acts.push(Act::Restart),
            Phase::Disconnected { .. } | Phase::Restarting => self.restart_ice(now, acts),
            Phase::Waiting | Phase::Connecting | Phase::Failed(_) => self.retry(now, rng, acts),
        }
    }

    /// What was said when nobody could carry it is said again.
    pub(crate) fn say_again(&mut self, acts: &mut Vec<Act>) {
        if let Some(attempt) = self.attempt.as_mut().filter(|it| it.is_unanswered()) {
            attempt.say_again(acts);
        }
    }

    /// The other side has gone away: what there is stays, and nothing is tried.
    pub(crate) fn pause(&mut self) {
        self.is_paused = true;
    }

    /// It is back.
    pub(crate) fn resume(&mut self, now: Timestamp) {
        if !self.is_paused {
            return;
        }
        self.is_paused = false;
        if self.is_connected() {
            return;
        }
        self.look(now);
        if self.is_unheard() {
            // It may be on its way still, from where the relay has kept it meanwhile.
            self.repeat(now);
            self.next = Some(self.due(now, ANSWER_WAIT));
        } else {
            self.next = Some(self.due(now, FAILED_WAIT));
        }
    }

    /// Another path was asked for, and the other side hasn't answered: a new connection would be answered no sooner, and
    /// this one may still come back.
    fn is_unheard(&self) -> bool {
        let is_unanswered = self.attempt.as_ref().is_some_and(Try::is_unanswered);
        self.phase == Phase::Restarting && is_unanswered && !self.is_over
    }

    /// What is unanswered will be said again, as often as at first.
    fn repeat(&mut self, now: Timestamp) {
        if let Some(attempt) = self.attempt.as_mut() {
            attempt.repeat = Some(now.plus(ANSWER_WAIT));
            attempt.repeats = 0;
        }
    }

    fn look(&mut self, now: Timestamp) {
        self.since = Some(now);
        self.answered = false;
        self.refused = 0;
        self.turn_looked_at = false;
        self.turn_is_missed = false;
        if let Phase::Failed(_) = self.phase {
            self.phase = Phase::Waiting;
        }
    }

    /// The time after a wait; somewhat later for the side that follows.
    fn due(&self, now: Timestamp, wait: u64) -> Timestamp {
        let more = if self.leads { 0 } else { OTHER_SIDE_LATER };
        now.plus(wait + more)
    }

    fn attempt(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, acts: &mut Vec<Act>) {
        let mut id = Attempt([0; 8]);
        rng.fill_bytes(&mut id.0);
        self.replace(Try::new(id, true), now, acts);
        acts.push(Act::Open { offers: true });
    }

    /// Ends the connection there was, for another attempt.
    fn replace(&mut self, attempt: Try, now: Timestamp, acts: &mut Vec<Act>) {
        self.close(acts);
        self.attempt = Some(attempt);
        self.is_over = false;
        self.phase = Phase::Connecting;
        self.since.get_or_insert(now);
        self.next = Some(self.due(now, ATTEMPT_LIMIT));
    }

    /// Ends the connection.
    pub(crate) fn close(&mut self, acts: &mut Vec<Act>) {
        acts.extend(self.link.take().map(Act::Close));
        self.channel = false;
        self.attempt = None;
    }

    fn restart_ice(&mut self, now: Timestamp, acts: &mut Vec<Act>) {
        if self.since.is_none() {
            self.look(now);
        }
        self.phase = Phase::Restarting;
        self.next = Some(self.due(now, ATTEMPT_LIMIT));
        acts.push(Act::Restart);
    }

    /// The other side describes itself. What is older than its last description was sorted out before.
    pub(crate) fn take(
        &mut self,
        id: Attempt,
        description: Description,
        now: Timestamp,
        acts: &mut Vec<Act>,
    ) {
        let is_current = self.attempt.as_ref().is_some_and(|it| it.id == id);
        if !is_current {
            if description.answer || self.is_crossing() || !self.may_take(now) {
                return;
            }
            self.is_paused = false;
            if self.since.is_none() || matches!(self.phase, Phase::Failed(_)) {
                self.look(now);
            }
            self.replace(Try::new(id, false), now, acts);
            acts.push(Act::Open { offers: false });
        }
        self.answered = true;
        let Some(attempt) = self.attempt.as_mut() else {
            return;
        };
        if attempt.remote.as_ref() == Some(&description) {
            // It was said again, so the answer has got lost.
            if attempt.local.as_ref().is_some_and(|local| local.answer) {
                attempt.say_again(acts);
            }
            return;
        }
        // Of later offers that cross, the higher member's counts: the other side takes its own back, and answers.
        if description.answer || !self.is_higher || !attempt.is_unanswered() {
            attempt.repeat = None;
            attempt.is_answered = true;
        }
        attempt.remote = Some(description.clone());
        acts.push(Act::Describe(description));
        if self.phase == Phase::Restarting && !self.is_over {
            // Now there are paths to try.
            self.next = Some(self.due(now, ATTEMPT_LIMIT));
        }
        let early = core::mem::take(&mut self.early);
        for (of, candidate) in early {
            if of == id {
                acts.push(Act::Add(candidate));
            }
        }
    }

    /// Whether one's own first offer is out, and counts more than one of the other side.
    fn is_crossing(&self) -> bool {
        let waits = |attempt: &Try| attempt.ours && attempt.remote.is_none();
        self.is_higher && self.attempt.as_ref().is_some_and(waits)
    }

    fn may_take(&mut self, now: Timestamp) -> bool {
        if now < self.taken.0 || now.since(self.taken.0) >= MILLIS_PER_MINUTE {
            self.taken = (now, 0);
        }
        self.taken.1 = self.taken.1.saturating_add(1);
        self.taken.1 <= MAX_ATTEMPTS_A_MINUTE
    }

    /// The other side can be reached in these ways.
    pub(crate) fn add(&mut self, id: Attempt, candidates: Vec<Candidate>, acts: &mut Vec<Act>) {
        let is_described = self
            .attempt
            .as_ref()
            .is_some_and(|attempt| attempt.id == id && attempt.remote.is_some());
        for candidate in candidates {
            if is_described {
                acts.push(Act::Add(candidate));
            } else if self.early.len() < MAX_KEPT {
                self.early.push((id, candidate));
            }
        }
    }

    /// This side has a description.
    pub(crate) fn described(
        &mut self,
        description: Description,
        now: Timestamp,
        acts: &mut Vec<Act>,
    ) {
        let Some(attempt) = self.attempt.as_mut() else {
            return;
        };
        if description.sdp.len() > MAX_SDP {
            return self.refuse(now);
        }
        // Candidates of an earlier generation are of no use any more.
        let sdp = &description.sdp;
        attempt.found.retain(|candidate| {
            let fragment = candidate.fragment.as_ref();
            fragment.is_none_or(|it| sdp.contains(&format!("a=ice-ufrag:{it}")))
        });
        attempt.said = attempt.said.min(attempt.found.len());
        attempt.repeat = (!description.answer).then(|| now.plus(ANSWER_WAIT));
        attempt.repeats = 0;
        attempt.is_answered = false;
        attempt.local = Some(description.clone());
        acts.push(Act::Say {
            attempt: attempt.id,
            description,
        });
    }

    /// This side can be reached in one more way.
    pub(crate) fn found(&mut self, candidate: Candidate, now: Timestamp) {
        if let Some(attempt) = self.attempt.as_mut()
            && attempt.found.len() < MAX_KEPT
            && is_short(&candidate)
        {
            attempt.found.push(candidate);
            attempt.say_at.get_or_insert(now.plus(CANDIDATE_DELAY));
        }
    }

    /// The connection's state has changed.
    pub(crate) fn state(&mut self, state: IceState, now: Timestamp, acts: &mut Vec<Act>) {
        match state {
            IceState::Connecting => {}
            IceState::Connected => {
                self.phase = Phase::Connected;
                self.since = None;
                self.next = None;
                self.turn_is_missed = false;
                self.is_paused = false;
            }
            IceState::Disconnected => {
                if self.is_connected() {
                    self.phase = Phase::Disconnected { since: now };
                }
            }
            IceState::Failed => match self.phase {
                Phase::Connected | Phase::Disconnected { .. } => self.restart_ice(now, acts),
                _ => self.hurry(now),
            },
            IceState::Closed => self.lose(now),
        }
    }

    /// The data channel can be used, or can't any more.
    pub(crate) fn set_channel(&mut self, open: bool, now: Timestamp) {
        let was_open = core::mem::replace(&mut self.channel, open);
        if was_open && !open {
            self.lose(now);
        }
    }

    /// The browser refused the connection or a description.
    pub(crate) fn refuse(&mut self, now: Timestamp) {
        self.refused = self.refused.saturating_add(1);
        self.lose(now);
    }

    /// The connection is of no use any more.
    fn lose(&mut self, now: Timestamp) {
        self.is_over = true;
        if self.since.is_none() {
            self.look(now);
        }
        if matches!(self.phase, Phase::Connected | Phase::Disconnected { .. }) {
            self.phase = Phase::Restarting;
        }
        self.hurry(now);
    }

    fn hurry(&mut self, now: Timestamp) {
        let soon = self.due(now, FAILED_WAIT);
        self.next = Some(self.next.map_or(soon, |next| next.min(soon)));
    }

    /// Does what is due.
    pub(crate) fn timeout(
        &mut self,
        now: Timestamp,
        has_turn: bool,
        rng: &mut dyn CryptoRng,
        acts: &mut Vec<Act>,
    ) {
        if let Some(attempt) = self.attempt.as_mut()
            && attempt.say_at.is_some_and(|at| at <= now)
        {
            attempt.say_found(acts);
        }
        if self.is_paused || matches!(self.phase, Phase::Failed(_)) {
            return;
        }
        if let Some(attempt) = self.attempt.as_mut()
            && attempt.repeat.is_some_and(|at| at <= now)
        {
            attempt.repeats += 1;
            attempt.repeat = (attempt.repeats < MAX_REPEATS).then(|| now.plus(ANSWER_WAIT));
            attempt.say_again(acts);
        }
        if self.restart_at().is_some_and(|at| at <= now) {
            self.restart_ice(now, acts);
        }
        let Some(since) = self.since else { return };
        let looked = now.since(since);
        if looked >= TURN_IS_MISSED && self.answered {
            self.turn_looked_at = true;
            self.turn_is_missed = !has_turn;
        }
        if looked >= PAIR_LIMIT || self.refused >= MAX_REFUSED {
            self.close(acts);
            self.phase = Phase::Failed(self.problem(has_turn));
            self.next = None;
            self.since = None;
        } else if self.next.is_some_and(|at| at <= now) {
            if self.is_unheard() {
                self.repeat(now);
                self.next = Some(self.due(now, ATTEMPT_LIMIT));
            } else {
                self.attempt(now, rng, acts);
            }
        }
    }

    fn restart_at(&self) -> Option<Timestamp> {
        match self.phase {
            // One side is enough, and the other one knows how to help itself.
            Phase::Disconnected { since } if self.is_higher => Some(since.plus(DISCONNECTED_WAIT)),
            Phase::Disconnected { since } => {
                Some(since.plus(DISCONNECTED_WAIT + MILLIS_PER_SECOND))
            }
            _ => None,
        }
    }

    fn problem(&self, has_turn: bool) -> LinkProblem {
        if self.refused >= MAX_REFUSED {
            LinkProblem::Unusable
        } else if !self.answered {
            LinkProblem::NoAnswer
        } else if has_turn {
            LinkProblem::NoPath
        } else {
            LinkProblem::NeedsTurn
        }
    }

    /// When [`Pair::timeout`] is due.
    pub(crate) fn next_timeout(&self) -> Option<Timestamp> {
        let attempt = self.attempt.as_ref();
        let say = attempt.and_then(|it| it.say_at);
        if self.is_paused || matches!(self.phase, Phase::Failed(_)) {
            return say;
        }
        let repeat = attempt.and_then(|it| it.repeat);
        let limit = self.since.map(|since| {
            let is_looked_at = self.turn_looked_at || !self.answered;
            let wait = if is_looked_at {
                PAIR_LIMIT
            } else {
                TURN_IS_MISSED
            };
            since.plus(wait)
        });
        [say, repeat, self.next, self.restart_at(), limit]
            .into_iter()
            .flatten()
            .min()
    }

    /// How far it is.
    pub(crate) fn view(&self) -> LinkState {
        let is_described = self.attempt.as_ref().is_some_and(|it| it.remote.is_some());
        match self.phase {
            Phase::Waiting | Phase::Connecting if self.turn_is_missed => {
                LinkState::Failed(LinkProblem::NeedsTurn)
            }
            Phase::Waiting => LinkState::Waiting,
            Phase::Connecting if is_described => LinkState::Connecting,
            Phase::Connecting => LinkState::Waiting,
            Phase::Connected => LinkState::Connected,
            Phase::Disconnected { .. } => LinkState::Disconnected,
            Phase::Restarting => LinkState::Restarting,
            Phase::Failed(problem) => LinkState::Failed(problem),
        }
    }
}
