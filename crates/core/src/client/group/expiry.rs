//! Messages that disappear: each device lets go of them a while after its person has seen them.

use super::Group;
use super::records::Touched;
use crate::chat::{Body, MessageView};
use crate::client::batch::Step;
use crate::ids::{MILLIS_PER_SECOND, MessageId, Timestamp};
use crate::store::Order;
use crate::wire::record;

/// A message that will disappear.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expiring {
    /// Where its record is.
    order: Order,
    /// How long it stays once it was seen.
    seconds: u32,
    /// When it goes; `None` while it wasn't seen.
    due: Option<Timestamp>,
}

record!(Expiring {
    order,
    seconds,
    due
});

impl Group {
    /// A new row of history: if it is one that disappears, this remembers it.
    pub(super) fn note_expiry(&mut self, view: &MessageView, now: Timestamp) {
        let Some(seconds) = view.lifetime else { return };
        // One has seen what one writes.
        let due = (view.author == self.me).then(|| end(now, seconds));
        let order = view.order;
        self.expiring.insert(
            view.id,
            Expiring {
                order,
                seconds,
                due,
            },
        );
        self.touch(Touched::Expiring(view.id));
    }

    /// The person has seen everything: from now on their time runs.
    pub(super) fn start_expiry(&mut self, now: Timestamp) {
        for (id, expiring) in &mut self.expiring {
            if expiring.due.is_none() {
                expiring.due = Some(end(now, expiring.seconds));
                self.touched.insert(Touched::Expiring(*id));
            }
        }
    }

    pub(super) fn forget_expiry(&mut self, message: MessageId) {
        if self.expiring.remove(&message).is_some() {
            self.touch(Touched::Expiring(message));
        }
    }

    /// When the next message disappears.
    pub(super) fn next_disappearance(&self) -> Option<Timestamp> {
        self.expiring.values().filter_map(|it| it.due).min()
    }

    /// Deletes the messages whose time is over.
    pub(super) fn let_disappear(&mut self, step: &mut Step<'_>) {
        let over: Vec<_> = self
            .expiring
            .iter()
            .filter(|(_, it)| it.due.is_some_and(|due| due <= step.now))
            .map(|(id, it)| (*id, it.order))
            .collect();
        for (id, order) in over {
            self.erase(&self.row_at(id, order), step);
        }
    }

    /// What names a row's records.
    fn row_at(&self, id: MessageId, order: Order) -> MessageView {
        MessageView {
            order,
            ..MessageView::new(self.id, id, self.me, Timestamp(0), Body::Silent)
        }
    }
}

fn end(now: Timestamp, seconds: u32) -> Timestamp {
    now.plus(u64::from(seconds) * MILLIS_PER_SECOND)
}
