//! Large files on their way to the client: a few chunks at a time, and the next ones when those are stored.

use std::cell::RefCell;

use discordopus_core::io::Event;
use discordopus_core::sorted::Map;
use futures::channel::oneshot;

// One page has one client, and its news come to one place; whoever waits for them is deep in the interface.
thread_local! {
    static WAITING: RefCell<Waiting> = RefCell::default();
}

#[derive(Default)]
struct Waiting {
    last: u64,
    kept: Map<u64, oneshot::Sender<()>>,
}

/// A number for a file that will be handed over.
pub(super) fn number() -> u64 {
    WAITING.with_borrow_mut(|waiting| {
        waiting.last += 1;
        waiting.last
    })
}

/// Resolves when the chunks that are handed over now are stored; fails when they won't be.
pub(super) fn wait(upload: u64) -> oneshot::Receiver<()> {
    let (kept, waits) = oneshot::channel();
    WAITING.with_borrow_mut(|waiting| waiting.kept.insert(upload, kept));
    waits
}

/// The client has news.
pub(super) fn hear(event: &Event) {
    match event {
        Event::ChunksKept { upload, .. } => {
            let kept = WAITING.with_borrow_mut(|waiting| waiting.kept.remove(upload));
            if let Some(kept) = kept {
                // Whoever waited may have given up.
                let _ = kept.send(());
            }
        }
        // It doesn't say what it refused; chunks that it took would have been answered before.
        Event::Refused { .. } | Event::Storage(Some(_)) => give_up(),
        _ => {}
    }
}

/// Nothing more comes from the client.
pub(super) fn give_up() {
    WAITING.with_borrow_mut(|waiting| waiting.kept.clear());
}

#[cfg(test)]
mod tests {
    use super::*;
    use discordopus_core::ids::GroupId;
    use discordopus_core::store::StoreError;

    fn kept(upload: u64) -> Event {
        Event::ChunksKept {
            group: GroupId([1; 32]),
            upload,
            count: 1,
        }
    }

    #[test]
    fn each_waits_for_its_own_chunks_and_all_give_up_when_the_storage_takes_nothing() {
        let (one, other) = (number(), number());
        let (mut first, mut second) = (wait(one), wait(other));
        hear(&kept(other));
        assert_eq!(first.try_recv(), Ok(None));
        assert_eq!(second.try_recv(), Ok(Some(())));
        let mut third = wait(other);
        hear(&Event::Storage(None));
        assert_eq!(first.try_recv(), Ok(None));
        hear(&Event::Storage(Some(StoreError::Full)));
        assert!(first.try_recv().is_err() && third.try_recv().is_err());
    }
}
