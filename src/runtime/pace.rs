//! How often what is shown changes: of a page that is told much, at least half of the time is left to the person.
//!
//! What comes first is shown at once. What comes while that is drawn, and for as long again as it took, is shown together:
//! a conversation in which everybody writes at once doesn't keep the one from writing who reads it.

use discordopus_core::io::Event;

use crate::browser::{clock, frames};

/// The longest rest between two changes, in milliseconds: below it, nobody feels that something is late.
const LONGEST_REST: f64 = 100.0;

/// News that wait until they are shown.
#[derive(Default)]
pub(super) struct Pace {
    waiting: Vec<Event>,
    rests: bool,
}

/// What is to be done with news.
#[derive(Debug, PartialEq)]
pub(super) enum Turn {
    /// These are shown now, in this order.
    Now(Vec<Event>),
    /// A round begins at the end of this task: [`Pace::round`], then [`rest`], as long as there are more.
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
        match core::mem::replace(&mut self.rests, true) {
            true => Turn::Later,
            false => Turn::Begin,
        }
    }

    /// Everything that waits: something else comes that must not overtake it.
    pub(super) fn all(&mut self) -> Vec<Event> {
        core::mem::take(&mut self.waiting)
    }

    /// What the next round shows; with nothing to show there is none.
    pub(super) fn round(&mut self) -> Option<Vec<Event>> {
        self.rests = !self.waiting.is_empty();
        self.rests.then(|| self.all())
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

    #[test]
    fn what_comes_during_a_round_is_shown_with_the_next_one() {
        let mut pace = Pace::default();
        assert_eq!(pace.hear(gone(1)), Turn::Begin);
        assert_eq!(pace.hear(gone(2)), Turn::Later);
        assert_eq!(pace.round(), Some(vec![gone(1), gone(2)]));
        assert_eq!(pace.hear(gone(3)), Turn::Later);
        assert_eq!(pace.round(), Some(vec![gone(3)]));
        assert_eq!(pace.round(), None);
        assert_eq!(pace.hear(gone(4)), Turn::Begin);
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
        assert_eq!(pace.round(), None);
    }
}
