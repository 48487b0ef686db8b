//! One group's log as it is shown: a stretch of the history in display order, a bounded window over it, and the "new
//! messages" line.
//!
//! The stretch is what is in memory. It grows by pages at either end and is cut at the other, so that a long history is
//! never held as a whole; where it doesn't reach the newest message, what arrives stays in the storage until one gets there.

use discordopus_core::chat::{Body, Delivery, MessageView};
use discordopus_core::ids::{MemberId, MessageId, Timestamp};
use discordopus_core::sorted::Map;
use discordopus_core::store::Order;
use leptos::prelude::{ArcRwSignal, GetUntracked as _, Set as _, WithUntracked as _};

use super::layout::{self, Item};

/// Messages asked of the storage at a time: two screens of a large window.
pub const PAGE: usize = 60;
/// Most rows in the page at once: a few screens either way, and few enough that laying them out stays unnoticed.
pub const MAX_SHOWN: usize = 240;
/// Most rows in memory: ten pages, so that going back and forth reads nothing.
pub const MAX_HELD: usize = 600;

/// Where a row stands: by clock, then by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The message's clock.
    pub clock: Timestamp,
    /// The message.
    pub id: MessageId,
}

/// One row. Its signal changes with the message's state; the list does not.
#[derive(Debug, Clone)]
pub struct Row {
    /// Where it stands.
    pub place: Place,
    /// What it shows.
    pub view: ArcRwSignal<MessageView>,
}

/// What an event changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// Nothing that is in memory.
    Nothing,
    /// The state of a row.
    Row,
    /// The list itself.
    List,
}

/// How far the reading of older messages is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Paging {
    /// Nothing was asked for yet.
    #[default]
    Untouched,
    /// A page is on its way.
    Loading,
    /// There is more in the storage.
    More,
    /// Everything is here.
    Whole,
    /// The storage could not be read.
    Failed,
}

/// Whether the stretch in memory reaches the newest message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Newer {
    /// It does.
    #[default]
    All,
    /// Messages behind this place are in the storage only; a page of them may be on its way.
    Behind {
        last: Order,
        loading: bool,
        /// Something came while the page was on its way, and may not be in it.
        missed: bool,
    },
}

/// What the storage is asked for. Answers to an earlier question than the last jump are void.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Only what is before this place.
    pub before: Option<Order>,
    /// Only what is behind this place.
    pub after: Option<Order>,
    /// Which stretch it is for.
    stretch: u32,
}

/// The rows of one group.
#[derive(Debug, Default)]
pub struct Timeline {
    rows: Map<Place, Row>,
    oldest: Option<Order>,
    paging: Paging,
    /// Of newer messages; what is newest is in memory as long as this is [`Paging::Whole`].
    newer: Newer,
    first: Option<Place>,
    last: Option<Place>,
    divider: Option<Place>,
    divider_seen: bool,
    watched: bool,
    unread_to_mark: Option<u32>,
    /// Counts jumps.
    stretch: u32,
}

impl Timeline {
    /// Takes in a message that is new or changed.
    pub fn apply(&mut self, me: MemberId, view: MessageView) -> Applied {
        if let Some(row) = self.row(&view.id) {
            if row.view.with_untracked(|old| *old == view) {
                return Applied::Nothing;
            }
            row.view.set(view);
            return Applied::Row;
        }
        // What lies in pages that were not read yet comes with them, in its newest state.
        let unread_page = match self.paging {
            Paging::Untouched => true,
            Paging::Whole => false,
            _ => self.oldest.is_some_and(|oldest| view.order < oldest),
        };
        if let Newer::Behind { missed, .. } = &mut self.newer {
            *missed = true;
            return Applied::Nothing;
        }
        if unread_page {
            return Applied::Nothing;
        }
        let place = place_of(&view);
        if is_incoming(&view) {
            if !self.watched && (self.divider.is_none() || self.divider_seen) {
                self.divider = Some(place);
                self.divider_seen = false;
            }
        } else if view.author == me && matches!(view.body, Body::Text(_)) {
            self.divider = None;
        }
        self.insert(view);
        self.bound_above();
        self.let_go_above();
        Applied::List
    }

    /// A message is gone from this device. Says whether it was in memory.
    pub fn remove(&mut self, id: &MessageId) -> bool {
        let Some(place) = self.row(id).map(|row| row.place) else {
            return false;
        };
        self.rows.remove(&place);
        let next = self.rows.range(place..).next().map(|(place, _)| *place);
        let before = self
            .rows
            .range(..place)
            .next_back()
            .map(|(place, _)| *place);
        for (edge, other) in [
            (&mut self.first, next),
            (&mut self.last, before),
            (&mut self.divider, next),
        ] {
            if *edge == Some(place) {
                *edge = other;
            }
        }
        true
    }

    /// Begins to read the newest page, or the next older one.
    pub fn begin_paging(&mut self) -> Option<Wanted> {
        if matches!(self.paging, Paging::Loading | Paging::Whole) {
            return None;
        }
        self.paging = Paging::Loading;
        Some(Wanted {
            before: self.oldest,
            after: None,
            stretch: self.stretch,
        })
    }

    /// Begins to read the next newer page, where memory doesn't reach the end.
    pub fn begin_paging_down(&mut self) -> Option<Wanted> {
        let Newer::Behind {
            last,
            loading,
            missed,
        } = &mut self.newer
        else {
            return None;
        };
        if core::mem::replace(loading, true) {
            return None;
        }
        *missed = false;
        Some(Wanted {
            before: None,
            after: Some(*last),
            stretch: self.stretch,
        })
    }

    /// Takes in the page that was asked for.
    pub fn finish_paging(&mut self, wanted: Wanted, page: Vec<MessageView>) {
        if wanted.stretch != self.stretch {
            return;
        }
        let is_last = page.len() < PAGE;
        if wanted.after.is_some() {
            let newest = page.iter().map(|view| view.order).max();
            let Newer::Behind { last, missed, .. } = self.newer else {
                return;
            };
            self.newer = match is_last && !missed {
                true => Newer::All,
                false => Newer::Behind {
                    last: newest.unwrap_or(last),
                    loading: false,
                    missed: false,
                },
            };
            self.insert_all(page);
            if !self.extend_down() {
                self.bound_above();
            }
            self.let_go_above();
            return;
        }
        self.paging = if is_last { Paging::Whole } else { Paging::More };
        let oldest = page.iter().map(|view| view.order).min();
        self.oldest = [self.oldest, oldest].into_iter().flatten().min();
        self.insert_all(page);
        self.mark_unread();
        self.bound_below();
        self.let_go_below();
    }

    /// Goes to a place that is not in memory: the stretch begins anew, with the pages before and behind it. Says what to ask
    /// the storage for, in this order.
    pub fn jump(&mut self, to: Order) -> [Wanted; 2] {
        self.stretch = self.stretch.wrapping_add(1);
        self.rows = Map::new();
        (self.first, self.last, self.divider) = (None, None, None);
        self.oldest = Some(next(to));
        self.paging = Paging::Loading;
        self.newer = Newer::Behind {
            last: to,
            loading: true,
            missed: false,
        };
        let stretch = self.stretch;
        [
            Wanted {
                before: self.oldest,
                after: None,
                stretch,
            },
            Wanted {
                before: None,
                after: Some(to),
                stretch,
            },
        ]
    }

    /// The page could not be read.
    pub fn fail_paging(&mut self, wanted: Wanted) {
        if wanted.stretch != self.stretch {
            return;
        }
        match &mut self.newer {
            Newer::Behind { loading, .. } if wanted.after.is_some() => *loading = false,
            _ => self.paging = Paging::Failed,
        }
    }

    /// How far the reading of older messages is.
    #[must_use]
    pub fn paging(&self) -> Paging {
        self.paging
    }

    /// The group comes on screen with this many unread messages.
    pub fn open(&mut self, unread: u32) {
        self.divider = None;
        self.divider_seen = false;
        self.unread_to_mark = Some(unread);
        self.to_latest();
        if !matches!(self.paging, Paging::Untouched | Paging::Loading) {
            self.mark_unread();
        }
    }

    /// Whether somebody is looking at the end of this log; what comes meanwhile is not "new".
    pub fn watch(&mut self, watched: bool) {
        self.watched = watched;
        if watched {
            self.divider_seen = true;
        }
    }

    /// Shows more above. False when the rows in memory are used up and [`Self::begin_paging`] is due.
    pub fn extend_up(&mut self) -> bool {
        let Some(first) = self.first else {
            return false;
        };
        let above: Vec<Place> = self.rows.range(..first).map(|(place, _)| *place).collect();
        self.first = above
            .len()
            .checked_sub(PAGE)
            .filter(|start| *start > 0)
            .and_then(|start| above.get(start).copied());
        self.bound_below();
        true
    }

    /// Shows more below; false when the end is already shown.
    pub fn extend_down(&mut self) -> bool {
        let Some(last) = self.last else { return false };
        let below = self.rows.range(last..).skip(1);
        self.last = below.map(|(place, _)| *place).nth(PAGE - 1);
        self.bound_above();
        true
    }

    /// Goes back to the newest messages. Where they are not in memory, the log begins anew as it did at first.
    pub fn to_latest(&mut self) {
        if self.newer != Newer::All {
            self.stretch = self.stretch.wrapping_add(1);
            self.rows = Map::new();
            (self.first, self.oldest, self.divider) = (None, None, None);
            self.paging = Paging::Untouched;
            self.newer = Newer::All;
        }
        self.last = None;
        self.first = self
            .rows
            .keys()
            .rev()
            .nth(PAGE - 1)
            .copied()
            .filter(|place| self.rows.keys().next() != Some(place));
    }

    /// Shows what is around a row in memory.
    pub fn show(&mut self, place: Place) {
        let above = self.rows.range(..place).rev().nth(PAGE / 2);
        let below = self.rows.range(place..).nth(PAGE / 2);
        let (above, below) = (above.map(|(it, _)| *it), below.map(|(it, _)| *it));
        self.first = above;
        self.last = below;
    }

    /// Whether the newest message is among those shown.
    #[must_use]
    pub fn follows_end(&self) -> bool {
        self.last.is_none() && self.newer == Newer::All
    }

    /// How many rows are in memory.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is nothing to show.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// What is shown, top to bottom. `day_of` tells the local calendar day of a moment.
    #[must_use]
    pub fn items(&self, day_of: impl Fn(Timestamp) -> i64) -> Vec<Item> {
        layout::lay_out(self.shown(), self.divider, day_of)
    }

    fn shown(&self) -> impl Iterator<Item = &Row> {
        let from = self.first;
        let to = self.last;
        self.rows
            .values()
            .skip_while(move |row| from.is_some_and(|from| row.place < from))
            .take_while(move |row| to.is_none_or(|to| row.place <= to))
    }

    fn insert_all(&mut self, page: Vec<MessageView>) {
        for view in page {
            if self.row(&view.id).is_none() {
                self.insert(view);
            }
        }
    }

    /// Too much is in memory after something came at the end: the oldest rows that are not shown go.
    fn let_go_above(&mut self) {
        while let Some((place, _)) = self.rows.iter().next()
            && self.rows.len() > MAX_HELD
            && self.first.is_some_and(|first| *place < first)
        {
            let place = *place;
            let Some(row) = self.rows.remove(&place) else {
                return;
            };
            // Older ones are asked for from behind the last that went.
            let order = next(row.view.with_untracked(|view| view.order));
            self.oldest = Some(self.oldest.map_or(order, |oldest| oldest.max(order)));
            if self.paging == Paging::Whole {
                self.paging = Paging::More;
            }
        }
    }

    /// Too much is in memory after older rows came: the newest that are not shown go.
    fn let_go_below(&mut self) {
        while let Some((place, _)) = self.rows.iter().next_back()
            && self.rows.len() > MAX_HELD
            && self.last.is_some_and(|last| *place > last)
        {
            let place = *place;
            let Some(row) = self.rows.remove(&place) else {
                return;
            };
            let order = before(row.view.with_untracked(|view| view.order));
            self.newer = match self.newer {
                Newer::All => Newer::Behind {
                    last: order,
                    loading: false,
                    missed: false,
                },
                Newer::Behind {
                    last,
                    loading,
                    missed,
                } => Newer::Behind {
                    last: last.min(order),
                    loading,
                    missed,
                },
            };
        }
    }

    fn insert(&mut self, view: MessageView) {
        let place = place_of(&view);
        let view = ArcRwSignal::new(view);
        self.rows.insert(place, Row { place, view });
    }

    /// Too much is shown after something was added below: let go above.
    fn bound_above(&mut self) {
        let shown = self.shown().count();
        if shown > MAX_SHOWN {
            let cut = shown - (MAX_SHOWN - PAGE);
            let first = self.shown().nth(cut).map(|row| row.place);
            self.first = first;
        }
    }

    /// Too much is shown after something was added above: let go below.
    fn bound_below(&mut self) {
        if self.shown().count() > MAX_SHOWN {
            let last = self.shown().nth(MAX_SHOWN - PAGE - 1).map(|row| row.place);
            self.last = last;
        }
    }

    /// Draws the line above the oldest unread message, as far as it is in memory.
    fn mark_unread(&mut self) {
        let Some(unread) = self.unread_to_mark.take().filter(|unread| *unread > 0) else {
            return;
        };
        let count = usize::try_from(unread).unwrap_or(usize::MAX);
        self.divider = self
            .rows
            .values()
            .rev()
            .filter(|row| row.view.with_untracked(is_incoming))
            .take(count)
            .last()
            .map(|row| row.place);
    }

    /// The row of a message, if it is in memory. Mostly it is one of the newest.
    #[must_use]
    pub fn row(&self, id: &MessageId) -> Option<&Row> {
        self.rows.values().rev().find(|row| row.place.id == *id)
    }

    /// The messages in memory, the newest first.
    pub fn ids(&self) -> impl Iterator<Item = MessageId> {
        self.rows.values().rev().map(|row| row.place.id)
    }

    /// The last of a member's messages that has words.
    #[must_use]
    pub fn last_text_of(&self, member: &MemberId) -> Option<MessageId> {
        let rows = self.rows.values().rev();
        let mut theirs = rows.filter(|row| {
            row.view
                .with_untracked(|view| view.author == *member && view.text().is_some())
        });
        theirs.next().map(|row| row.place.id)
    }

    /// The newest row's message.
    #[must_use]
    pub fn newest(&self) -> Option<MessageView> {
        let (_, row) = self.rows.last_key_value()?;
        Some(row.view.get_untracked())
    }
}

/// The place right behind one.
fn next(order: Order) -> Order {
    Order {
        counter: order.counter.saturating_add(1),
        ..order
    }
}

/// The place right before one.
fn before(order: Order) -> Order {
    match order.counter.checked_sub(1) {
        Some(counter) => Order { counter, ..order },
        None => Order {
            day: order.day.saturating_sub(1),
            counter: u64::MAX,
        },
    }
}

fn place_of(view: &MessageView) -> Place {
    Place {
        clock: view.clock,
        id: view.id,
    }
}

/// Somebody else's words: what counts as unread.
#[must_use]
pub fn is_incoming(view: &MessageView) -> bool {
    view.delivery == Delivery::Incoming
        && matches!(
            view.body,
            Body::Text(_) | Body::Files { .. } | Body::Unknown { .. }
        )
}
