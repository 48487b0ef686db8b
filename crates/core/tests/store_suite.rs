//! The store in memory passes the conformance suite.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use discordopus_core::store::MemoryStore;
use discordopus_core::store::suite::Stores;
use discordopus_core::store_suite;

struct InMemory;

impl Stores for InMemory {
    type Store = MemoryStore;

    async fn fresh(&self) -> MemoryStore {
        MemoryStore::default()
    }

    async fn reopen(&self, store: MemoryStore) -> MemoryStore {
        // What a crash leaves behind is a copy of what was written.
        store.clone()
    }
}

/// Memory never makes anyone wait, so one look at the future is enough.
fn finish(future: impl Future<Output = ()>) {
    let poll = pin!(future).poll(&mut Context::from_waker(Waker::noop()));
    assert_eq!(poll, Poll::Ready(()));
}

store_suite!(test, InMemory, finish);
