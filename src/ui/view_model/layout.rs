//! How rows stand below each other: by day, by author, with a line above what is new.

use discordopus_core::chat::{Body, MessageView};
use discordopus_core::ids::{MILLIS_PER_MINUTE, MemberId, MessageId, Timestamp};
use leptos::prelude::WithUntracked as _;

use super::timeline::{Place, Row};

/// Messages of one author within this time of the first stand under one name. The name's time is then never further off.
pub const GROUPING: u64 = 5 * MILLIS_PER_MINUTE;

/// One line of the log.
#[derive(Debug, Clone)]
pub enum Item {
    /// A new day begins.
    Day {
        /// The local calendar day, for the key.
        day: i64,
        /// A moment of it.
        at: Timestamp,
    },
    /// What follows came while nobody looked.
    NewMessages,
    /// Somebody's words.
    Message {
        /// The row.
        row: Row,
        /// Begins a group: shows name, avatar and time.
        opens: bool,
    },
    /// Something that happened in the group.
    Note(Row),
}

/// What keeps an item's element in the page while the list around it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ItemKey {
    /// A day.
    Day(i64),
    /// The line above what is new.
    NewMessages,
    /// A message; one that begins to open a group is drawn anew.
    Message(MessageId, bool),
    /// A note.
    Note(MessageId),
}

impl Item {
    /// The key of the keyed list.
    #[must_use]
    pub fn key(&self) -> ItemKey {
        match self {
            Self::Day { day, .. } => ItemKey::Day(*day),
            Self::NewMessages => ItemKey::NewMessages,
            Self::Message { row, opens } => ItemKey::Message(row.place.id, *opens),
            Self::Note(row) => ItemKey::Note(row.place.id),
        }
    }
}

/// Whether a row is a note rather than somebody's words.
#[must_use]
pub fn is_note(view: &MessageView) -> bool {
    !matches!(
        view.body,
        Body::Text(_) | Body::Files { .. } | Body::Unknown { .. } | Body::Deleted
    )
}

pub(super) fn lay_out<'a>(
    rows: impl Iterator<Item = &'a Row>,
    divider: Option<Place>,
    day_of: impl Fn(Timestamp) -> i64,
) -> Vec<Item> {
    let mut items = Vec::new();
    let mut today = None;
    let mut open: Option<(MemberId, Timestamp)> = None;
    for row in rows {
        let at = row.place.clock;
        let day = day_of(at);
        // Clocks order the rows, so a day can't come twice.
        if today != Some(day) {
            today = Some(day);
            open = None;
            items.push(Item::Day { day, at });
        }
        if divider == Some(row.place) {
            open = None;
            items.push(Item::NewMessages);
        }
        let (author, note) = row.view.with_untracked(|view| (view.author, is_note(view)));
        if note {
            open = None;
            items.push(Item::Note(row.clone()));
            continue;
        }
        let continues = open.is_some_and(|(by, since)| by == author && at.since(since) <= GROUPING);
        if !continues {
            open = Some((author, at));
        }
        items.push(Item::Message {
            row: row.clone(),
            opens: !continues,
        });
    }
    items
}
