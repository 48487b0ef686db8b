//! One group's log as it is shown: rows in display order, a bounded window over them, and the "new messages" line.

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

/// The rows of one group.
#[derive(Debug, Default)]
pub struct Timeline {
    rows: Map<Place, Row>,
    oldest: Option<Order>,
    paging: Paging,
    first: Option<Place>,
    last: Option<Place>,
    divider: Option<Place>,
    divider_seen: bool,
    watched: bool,
    unread_to_mark: Option<u32>,
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
        Applied::List
    }

    /// Begins to read the newest page, or the next older one. `Some(before)` says what to ask the storage for.
    pub fn begin_paging(&mut self) -> Option<Option<Order>> {
        if matches!(self.paging, Paging::Loading | Paging::Whole) {
            return None;
        }
        self.paging = Paging::Loading;
        Some(self.oldest)
    }

    /// Takes in the page that was asked for.
    pub fn finish_paging(&mut self, page: Vec<MessageView>) {
        self.paging = if page.len() < PAGE {
            Paging::Whole
        } else {
            Paging::More
        };
        for view in page {
            self.oldest = Some(self.oldest.map_or(view.order, |o| o.min(view.order)));
            if self.row(&view.id).is_none() {
                self.insert(view);
            }
        }
        self.mark_unread();
        self.bound_below();
    }

    /// The page could not be read.
    pub fn fail_paging(&mut self) {
        self.paging = Paging::Failed;
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
        self.show_latest();
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

    /// Goes back to the newest messages.
    pub fn show_latest(&mut self) {
        self.last = None;
        self.first = self
            .rows
            .keys()
            .rev()
            .nth(PAGE - 1)
            .copied()
            .filter(|place| self.rows.keys().next() != Some(place));
    }

    /// Whether the newest message is among those shown.
    #[must_use]
    pub fn follows_end(&self) -> bool {
        self.last.is_none()
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

    /// The newest row's message.
    #[must_use]
    pub fn newest(&self) -> Option<MessageView> {
        let (_, row) = self.rows.last_key_value()?;
        Some(row.view.get_untracked())
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
    view.delivery == Delivery::Incoming && matches!(view.body, Body::Text(_) | Body::Unknown { .. })
}
