//! Lists whose rows stay in the page while others come and go.
//!
//! Leptos compiles its keyed list anew for every type of row, key and view. Here the type is one, so the code is there
//! once.

use discordopus_core::ids::InviteId;
use leptos::prelude::*;

/// What tells a row from the others of its list, and keeps its element in the page while the list around it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct RowKey {
    /// For lists with several sorts of rows.
    kind: u8,
    id: [u8; 32],
}

impl RowKey {
    /// The only sort of rows in its list.
    pub(super) const fn new(id: [u8; 32]) -> Self {
        Self::of_kind(0, id)
    }

    /// An invite, in a list of nothing else.
    pub(super) fn of_invite(invite: InviteId) -> Self {
        let mut id = [0; 32];
        id[..InviteId::LEN].copy_from_slice(&invite.0);
        Self::new(id)
    }

    /// One sort of several.
    pub(super) const fn of_kind(kind: u8, id: [u8; 32]) -> Self {
        Self { kind, id }
    }
}

/// A row that is drawn when it is new to its list.
pub(super) struct ListRow {
    key: RowKey,
    draw: Box<dyn FnOnce() -> AnyView + Send>,
}

impl ListRow {
    /// A row; `draw` is called if the list has no row of this key yet.
    pub(super) fn new<V: IntoAny>(key: RowKey, draw: impl FnOnce() -> V + Send + 'static) -> Self {
        let draw = Box::new(|| draw().into_any());
        Self { key, draw }
    }
}

/// The rows of a list, as `each` tells them now and whenever what it reads changes.
pub(super) fn rows(each: impl Fn() -> Vec<ListRow> + Send + 'static) -> AnyView {
    let each: Box<dyn Fn() -> Vec<ListRow> + Send> = Box::new(each);
    keyed(each)
}

fn keyed(each: Box<dyn Fn() -> Vec<ListRow> + Send>) -> AnyView {
    view! { <For each key=|row| row.key children=|row| (row.draw)() /> }.into_any()
}
