//! From what was measured on a link to what is shown of it: rates, loss, and a word that doesn't flicker.

use std::collections::VecDeque;

use super::HEARING;
use crate::ids::{MILLIS_PER_SECOND, Timestamp};
use crate::io::{Figures, LinkState, LinkView, Path, Quality};

/// Rates and losses are taken over this time, in milliseconds: a packet that was late doesn't count twice, and a bad second
/// is seen.
const WINDOW: u64 = 5 * MILLIS_PER_SECOND;
/// Most figures kept; they come once a second.
const MAX_FIGURES: usize = 16;
/// How often in a row a better word must be earned before it is shown.
const BETTER_AFTER: u32 = 4;
/// How often a worse one.
const WORSE_AFTER: u32 = 2;
/// Fewer packets than this in a window say nothing about loss: a silent microphone sends that few.
const MIN_PACKETS: u64 = 20;

/// What a word needs at most: round trip and jitter in milliseconds, loss and made-up samples in thousandths.
struct Bounds {
    round_trip: u32,
    jitter: u32,
    loss: u64,
    concealed: u64,
}

/// ITU-T G.114 finds no trouble with 150 ms one way; Opus hides 2 % of loss well.
const GOOD: Bounds = Bounds {
    round_trip: 300,
    jitter: 50,
    loss: 20,
    concealed: 30,
};
/// Beyond 400 ms one way a conversation stumbles; beyond 8 % words get lost.
const FAIR: Bounds = Bounds {
    round_trip: 800,
    jitter: 120,
    loss: 80,
    concealed: 100,
};

impl Bounds {
    fn hold(&self, now: &Rates) -> bool {
        now.round_trip.is_none_or(|it| it <= self.round_trip)
            && now.jitter <= self.jitter
            && now.loss <= self.loss
            && now.concealed <= self.concealed
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Rates {
    sending: u32,
    receiving: u32,
    round_trip: Option<u32>,
    jitter: u32,
    loss: u64,
    concealed: u64,
}

/// The figures of one link, and what follows from them.
#[derive(Debug)]
pub(crate) struct Meter {
    figures: VecDeque<(Timestamp, Figures)>,
    rates: Rates,
    quality: Quality,
    /// Another word than the shown one was earned so often in a row.
    other: (Quality, u32),
    heard: Option<Timestamp>,
}

impl Meter {
    pub(crate) const fn new() -> Self {
        Self {
            figures: VecDeque::new(),
            rates: Rates {
                sending: 0,
                receiving: 0,
                round_trip: None,
                jitter: 0,
                loss: 0,
                concealed: 0,
            },
            quality: Quality::Good,
            other: (Quality::Good, 0),
            heard: None,
        }
    }

    /// Takes what was measured now.
    pub(crate) fn measure(&mut self, figures: Figures, now: Timestamp) {
        if let Some((at, last)) = self.figures.back() {
            // A clock that was set back, or counters of another connection: begin anew.
            if now < *at || figures.packets_received < last.packets_received {
                self.figures.clear();
            } else if figures.packets_received > last.packets_received {
                self.heard = Some(now);
            }
        }
        self.figures.push_back((now, figures));
        while self.figures.len() > MAX_FIGURES
            || self.figures.len() > 2
                && self
                    .figures
                    .front()
                    .is_some_and(|(at, _)| now.since(*at) > WINDOW)
        {
            self.figures.pop_front();
        }
        if let (Some((from, first)), Some((to, last))) = (self.figures.front(), self.figures.back())
        {
            self.rates = rates(first, last, to.since(*from));
        }
        self.judge();
    }

    fn judge(&mut self) {
        let earned = if GOOD.hold(&self.rates) {
            Quality::Good
        } else if FAIR.hold(&self.rates) {
            Quality::Fair
        } else {
            Quality::Poor
        };
        if earned == self.quality {
            self.other.1 = 0;
            return;
        }
        let again = if earned == self.other.0 {
            self.other.1
        } else {
            0
        };
        self.other = (earned, again + 1);
        let needed = if earned > self.quality {
            WORSE_AFTER
        } else {
            BETTER_AFTER
        };
        if self.other.1 >= needed {
            self.quality = earned;
            self.other.1 = 0;
        }
    }

    /// Whether sound has come lately.
    pub(crate) fn hears(&self, now: Timestamp) -> bool {
        self.heard.is_some_and(|at| now.since(at) < HEARING)
    }

    /// When that ends, unless more comes.
    pub(crate) fn next_timeout(&self, now: Timestamp) -> Option<Timestamp> {
        self.heard
            .filter(|_| self.hears(now))
            .map(|at| at.plus(HEARING))
    }

    /// The link as it is shown.
    pub(crate) fn view(&self, state: LinkState) -> LinkView {
        let newest = self.figures.back().and_then(|(_, figures)| figures.relayed);
        let is_up = state == LinkState::Connected;
        LinkView {
            state,
            quality: match state {
                LinkState::Connected => self.quality,
                LinkState::Failed(_) => Quality::NoPath,
                _ => Quality::Reconnecting,
            },
            path: newest.filter(|_| is_up).map(
                |relayed| {
                    if relayed { Path::Relayed } else { Path::Direct }
                },
            ),
            sending: if is_up { self.rates.sending } else { 0 },
            receiving: if is_up { self.rates.receiving } else { 0 },
            loss: u16::try_from(self.rates.loss).unwrap_or(u16::MAX),
            round_trip: self.rates.round_trip,
        }
    }
}

fn rates(first: &Figures, last: &Figures, millis: u64) -> Rates {
    let per_second = |from: u64, to: u64| {
        let bits = to.saturating_sub(from).saturating_mul(8);
        let rate = bits.saturating_mul(MILLIS_PER_SECOND) / millis.max(1);
        u32::try_from(rate).unwrap_or(u32::MAX)
    };
    let thousandths = |part: u64, of: u64| part.saturating_mul(1_000) / of.max(1);
    let received = last.packets_received.saturating_sub(first.packets_received);
    let lost = last.packets_lost.saturating_sub(first.packets_lost);
    let sent = received.saturating_add(lost);
    let samples = last.samples.saturating_sub(first.samples);
    let concealed = last.concealed.saturating_sub(first.concealed);
    let some = millis > 0;
    Rates {
        sending: if some {
            per_second(first.bytes_sent, last.bytes_sent)
        } else {
            0
        },
        receiving: if some {
            per_second(first.bytes_received, last.bytes_received)
        } else {
            0
        },
        round_trip: last.round_trip,
        jitter: last.jitter,
        loss: if sent >= MIN_PACKETS {
            thousandths(lost, sent).min(1_000)
        } else {
            0
        },
        concealed: thousandths(concealed, samples).min(1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::LinkProblem;
    use crate::test_attr::test;

    /// A meter that is told something every second.
    struct Told {
        meter: Meter,
        now: Timestamp,
        figures: Figures,
    }

    impl Told {
        fn new() -> Self {
            Self {
                meter: Meter::new(),
                now: Timestamp(1_000_000),
                figures: Figures::default(),
            }
        }

        /// A second in which so many packets came and got lost, with this round trip.
        fn second(&mut self, came: u64, lost: u64, round_trip: u32) -> Quality {
            self.now = self.now.plus(MILLIS_PER_SECOND);
            self.figures.packets_received += came;
            self.figures.packets_lost += lost;
            self.figures.samples += 48_000;
            self.figures.bytes_received += came * 60;
            self.figures.bytes_sent += 3_000;
            self.figures.round_trip = Some(round_trip);
            self.meter.measure(self.figures, self.now);
            self.meter.view(LinkState::Connected).quality
        }
    }

    #[test]
    fn one_bad_second_is_not_shown_and_two_are() {
        let mut told = Told::new();
        for _ in 0..10 {
            assert_eq!(told.second(50, 0, 20), Quality::Good);
        }
        assert_eq!(told.second(50, 0, 900), Quality::Good);
        assert_eq!(told.second(50, 0, 20), Quality::Good);
        assert_eq!(told.second(50, 0, 900), Quality::Good);
        assert_eq!(told.second(50, 0, 900), Quality::Poor);
    }

    #[test]
    fn a_better_word_has_to_be_earned_for_longer_than_a_worse_one() {
        let mut told = Told::new();
        told.second(50, 0, 500);
        assert_eq!(told.second(50, 0, 500), Quality::Fair);
        for _ in 0..3 {
            assert_eq!(told.second(50, 0, 20), Quality::Fair);
        }
        assert_eq!(told.second(50, 0, 20), Quality::Good);
    }

    #[test]
    fn loss_counts_over_a_window_and_passes_with_it() {
        let mut told = Told::new();
        for _ in 0..6 {
            told.second(50, 0, 20);
        }
        told.second(25, 25, 20);
        assert_eq!(told.second(50, 0, 20), Quality::Poor);
        let view = told.meter.view(LinkState::Connected);
        assert!((50..=150).contains(&view.loss), "{}", view.loss);
        for _ in 0..12 {
            told.second(50, 0, 20);
        }
        let view = told.meter.view(LinkState::Connected);
        assert_eq!((view.quality, view.loss), (Quality::Good, 0));
    }

    #[test]
    fn silence_is_no_loss() {
        let mut told = Told::new();
        for _ in 0..5 {
            assert_eq!(told.second(2, 1, 20), Quality::Good);
        }
    }

    #[test]
    fn made_up_samples_count_and_rates_are_those_of_the_last_seconds() {
        let mut told = Told::new();
        told.second(50, 0, 20);
        for _ in 0..4 {
            told.figures.concealed += 9_600;
            told.second(50, 0, 20);
        }
        let view = told.meter.view(LinkState::Connected);
        assert_eq!(view.quality, Quality::Poor);
        assert_eq!((view.receiving, view.sending), (24_000, 24_000));
    }

    #[test]
    fn sound_is_heard_for_three_seconds_after_its_last_packet() {
        let mut told = Told::new();
        told.second(1, 0, 20);
        assert!(!told.meter.hears(told.now), "nothing to compare with");
        told.second(2, 0, 20);
        assert!(told.meter.hears(told.now.plus(HEARING - 1)));
        assert!(!told.meter.hears(told.now.plus(HEARING)));
        told.second(0, 0, 20);
        told.second(0, 0, 20);
        told.second(0, 0, 20);
        assert!(!told.meter.hears(told.now));
    }

    #[test]
    fn a_link_that_is_not_up_has_no_quality_of_its_own() {
        let mut told = Told::new();
        told.second(50, 0, 20);
        told.second(50, 0, 20);
        let shown = |state| told.meter.view(state).quality;
        assert_eq!(shown(LinkState::Restarting), Quality::Reconnecting);
        assert_eq!(shown(LinkState::Waiting), Quality::Reconnecting);
        let failed = LinkState::Failed(LinkProblem::NeedsTurn);
        assert_eq!(shown(failed), Quality::NoPath);
        assert_eq!(told.meter.view(failed).sending, 0);
    }

    #[test]
    fn a_clock_that_was_set_back_and_counters_that_begin_anew_break_nothing() {
        let mut told = Told::new();
        for _ in 0..3 {
            told.second(50, 0, 20);
        }
        told.now = Timestamp(5);
        told.second(50, 0, 20);
        told.figures = Figures::default();
        told.second(50, 0, 20);
        told.second(50, 0, 20);
        assert_eq!(told.meter.view(LinkState::Connected).receiving, 24_000);
    }
}
