//! How often what is shown changes: of a page that is told much, at least half of the time is left to the person.
//!
//! A few news are shown at once. Of more, what comes while some are drawn, and for as long again as that took, is shown
//! together: a conversation in which everybody writes at once doesn't keep the one from writing who reads it.

use discordopus_core::ids::Timestamp;
use discordopus_core::io::Event;

use crate::browser::{clock, frames};

/// The longest rest between two changes, in milliseconds: below it, nobody feels that something is late.
const LONGEST_REST: f64 = 100.0;
/// Rounds after which there is a rest: two messages and what comes with them.
const AT_ONCE: u64 = 8;
/// How long nothing is shown until one more round needs no rest, in milliseconds: a conversation of ten messages a second
/// has none.
const RECOVERY: u64 = 20;

/// News that wait until they are shown.
#[derive(Default)]
pub(super) struct Pace {
    waiting: Vec<Event>,
    /// Rounds go on.
    shows: bool,
    /// Rounds that no rest has followed.
    tired: u64,
    /// Since when nothing is shown; nothing while something is.
    idle_since: Option<Timestamp>,
}

/// What is shown together.
#[derive(Debug, PartialEq)]
pub(super) struct Round {
    /// In this order.
    pub(super) events: Vec<Event>,
    /// A [`rest`] follows.
    pub(super) rests: bool,
}

/// What is to be done with news.
#[derive(Debug, PartialEq)]
pub(super) enum Turn {
    /// These are shown now, in this order.
    Now(Vec<Event>),
    /// A round begins at the end of this task: [`Pace::round`], as long as there are more.
    Begin,
    /// It is shown with the next round.
    Later,
}

impl Pace {
    /// There are news.
    pub(super) fn hear(&mut self, event: Event) -> Turn {
        let waits = may_wait(&event);
        self.waiting.push(event);
        if !waits {
            return Turn::Now(self.all());
        }
        match core::mem::replace(&mut self.shows, true) {
            true => Turn::Later,
            false => Turn::Begin,
        }
    }

    /// Everything that waits: something else comes that must not overtake it.
    pub(super) fn all(&mut self) -> Vec<Event> {
        core::mem::take(&mut self.waiting)
    }

    /// What the next round shows; with nothing to show there is none.
    pub(super) fn round(&mut self, now: Timestamp) -> Option<Round> {
        self.shows = !self.waiting.is_empty();
        if !self.shows {
            self.idle_since = Some(now);
            return None;
        }
        let idle = self.idle_since.take().map_or(0, |since| now.since(since));
        self.tired = self.tired.saturating_sub(idle / RECOVERY) + 1;
        let rests = self.tired > AT_ONCE;
        self.tired = self.tired.min(AT_ONCE);
        let events = self.all();
        Some(Round { events, rests })
    }
}

/// What many come of in a row, and what is only looked at. Somebody or something waits for everything else.
fn may_wait(event: &Event) -> bool {
    matches!(
        event,
        Event::Group(_)
            | Event::Message(_)
            | Event::MessageGone { .. }
            | Event::FileProgress { .. }
            | Event::Typing { .. }
    )
}

/// Waits until a round is drawn, and for as long again.
pub(super) async fn rest() {
    let took = frames::drawn().await.min(LONGEST_REST);
    if took > 0.0 {
        clock::sleep_until(clock::now().plus(took as u64)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use discordopus_core::ids::{GroupId, MessageId};

    const GROUP: GroupId = GroupId([1; 32]);

    fn gone(message: u8) -> Event {
        let message = MessageId([message; 32]);
        Event::MessageGone {
            group: GROUP,
            message,
        }
    }

    fn shown(round: Option<Round>) -> Vec<Event> {
        round.map(|round| round.events).unwrap_or_default()
    }

    /// Shows one message by itself, and tells whether a rest follows.
    fn rests_after(pace: &mut Pace, now: u64) -> bool {
        assert_eq!(pace.hear(gone(1)), Turn::Begin);
        let round = pace.round(Timestamp(now)).unwrap();
        assert_eq!(pace.round(Timestamp(now)), None);
        round.rests
    }

    #[test]
    fn what_comes_during_a_round_is_shown_with_the_next_one() {
        let mut pace = Pace::default();
        let now = Timestamp(0);
        assert_eq!(pace.hear(gone(1)), Turn::Begin);
        assert_eq!(pace.hear(gone(2)), Turn::Later);
        assert_eq!(shown(pace.round(now)), [gone(1), gone(2)]);
        assert_eq!(pace.hear(gone(3)), Turn::Later);
        assert_eq!(shown(pace.round(now)), [gone(3)]);
        assert_eq!(pace.round(now), None);
        assert_eq!(pace.hear(gone(4)), Turn::Begin);
    }

    #[test]
    fn few_news_are_followed_by_no_rest_and_many_are_until_there_is_a_pause() {
        let mut pace = Pace::default();
        for _ in 0..AT_ONCE {
            assert!(!rests_after(&mut pace, 0));
        }
        // Without a pause that counts, each is followed by one.
        for round in 1..10 {
            assert!(rests_after(&mut pace, round * (RECOVERY - 1)));
        }
        let short = 9 * (RECOVERY - 1) + RECOVERY;
        assert!(!rests_after(&mut pace, short));
        assert!(rests_after(&mut pace, short));
        let long = short + AT_ONCE * RECOVERY;
        for _ in 0..AT_ONCE {
            assert!(!rests_after(&mut pace, long));
        }
        assert!(rests_after(&mut pace, long));
    }

    #[test]
    fn what_is_shown_in_rounds_without_end_is_no_pause() {
        let mut pace = Pace::default();
        for round in 0..10 {
            pace.hear(gone(1));
            let round = pace.round(Timestamp(round * 10 * RECOVERY)).unwrap();
            assert_eq!(round.events, [gone(1)]);
        }
        pace.hear(gone(1));
        assert!(pace.round(Timestamp(1_000 * RECOVERY)).unwrap().rests);
    }

    #[test]
    fn what_somebody_waits_for_is_shown_at_once_and_overtakes_nothing() {
        let mut pace = Pace::default();
        pace.hear(gone(1));
        let created = Event::GroupCreated(GROUP);
        assert_eq!(
            pace.hear(created.clone()),
            Turn::Now(vec![gone(1), created])
        );
        assert_eq!(pace.hear(gone(2)), Turn::Later);
        assert_eq!(pace.all(), [gone(2)]);
        assert_eq!(pace.round(Timestamp(0)), None);
    }
}
