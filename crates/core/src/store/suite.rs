//! The conformance suite: every store passes exactly these checks. Feature `testing` only.
//!
//! A test file says how to make a store and how to open the same one again ([`Stores`]), and calls
//! [`store_suite!`](crate::store_suite), which makes one test of every requirement.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failing check is meant to panic"
)]

use super::{
    Change, Changes, ChunkQuery, MessageQuery, Order, Record, RecordKey, Store, StoreName,
};
use crate::ids::{GroupId, MessageId};
use crate::wire;

/// How a test file makes stores.
#[allow(
    async_fn_in_trait,
    reason = "one thread: a browser's storage futures are never Send"
)]
pub trait Stores {
    /// The store under test.
    type Store: Store;
    /// A new, empty store.
    async fn fresh(&self) -> Self::Store;
    /// Closes a store and opens what it kept again.
    async fn reopen(&self, store: Self::Store) -> Self::Store;
}

/// Makes one test of every requirement of the suite.
///
/// `store_suite!(test_attribute, stores)` makes async tests; `store_suite!(test_attribute, stores, block_on)` makes
/// plain ones that hand the future to `block_on`.
#[macro_export]
macro_rules! store_suite {
    ($test:ident, $stores:expr $(, $block_on:path)?) => {
        $crate::store_suite!(@each $test, $stores, ($($block_on)?),
            a_new_store_is_empty,
            what_was_put_is_read_back,
            a_second_put_replaces_the_first,
            a_delete_takes_one_record_only,
            deleting_what_is_absent_is_no_error,
            an_empty_batch_is_no_error,
            writes_of_one_batch_happen_in_order,
            empty_and_large_values_survive,
            names_of_any_bytes_are_told_apart,
            the_same_key_in_two_stores_is_two_records,
            deleting_a_group_leaves_its_neighbours,
            deleting_a_group_touches_one_store_only,
            a_snapshot_leaves_history_out,
            history_comes_newest_first,
            a_page_is_no_longer_than_its_limit,
            a_page_ends_strictly_before_its_bound,
            pages_put_together_are_the_whole_history,
            history_of_one_group_is_not_shown_in_another,
            a_rewritten_message_stays_in_its_place,
            the_page_behind_a_place_is_the_next_one,
            a_message_is_found_by_its_id,
            chunks_of_a_file_come_in_their_order_from_any_of_them_on,
            deleting_a_day_leaves_its_neighbours,
            everything_is_there_after_reopening,
            a_deletion_is_still_done_after_reopening,
        );
    };
    (@each $test:ident, $stores:expr, (), $($name:ident,)*) => {
        $(
            #[$test]
            async fn $name() {
                $crate::store::suite::$name(&$stores).await;
            }
        )*
    };
    (@each $test:ident, $stores:expr, ($block_on:path), $($name:ident,)*) => {
        $(
            #[$test]
            fn $name() {
                $block_on($crate::store::suite::$name(&$stores));
            }
        )*
    };
}

/// Large enough to be kept outside the row by engines that do so.
const LARGE: usize = 1024 * 1024;

fn group(number: u8) -> GroupId {
    let mut bytes = [0x5a; 32];
    // Neighbours in the last byte and in the first: a store that sorts or cuts ids must keep them apart.
    bytes[0] = number & 1;
    bytes[31] = number;
    GroupId(bytes)
}

fn message_key(group: GroupId, day: u32, counter: u64) -> RecordKey {
    RecordKey {
        group: Some(group),
        order: Order { day, counter },
        name: counter.to_le_bytes().to_vec(),
    }
}

fn put(changes: &mut Changes, store: StoreName, key: &RecordKey, value: &[u8]) {
    changes.put(store, key.clone(), value.to_vec());
}

async fn put_one(store: &impl Store, name: StoreName, key: &RecordKey, value: &[u8]) {
    let mut changes = Changes::default();
    put(&mut changes, name, key, value);
    store.apply(&changes).await.unwrap();
}

async fn snapshot(store: &impl Store) -> Vec<Record> {
    let mut records = store.load().await.unwrap().records;
    records.sort_by(|a, b| (a.store, &a.key).cmp(&(b.store, &b.key)));
    records
}

async fn page(
    store: &impl Store,
    group: GroupId,
    before: Option<Order>,
    limit: usize,
) -> Vec<Record> {
    let query = MessageQuery {
        group,
        before,
        after: None,
        limit,
    };
    store.messages(query).await.unwrap()
}

fn counters(page: &[Record]) -> Vec<u64> {
    page.iter().map(|record| record.key.order.counter).collect()
}

/// Messages 0..count of a group, three a day, in one batch.
async fn write_history(store: &impl Store, group: GroupId, count: u64) {
    let mut changes = Changes::default();
    for counter in 0..count {
        let day = 20_000 + u32::try_from(counter / 3).unwrap();
        let key = message_key(group, day, counter);
        put(
            &mut changes,
            StoreName::Messages,
            &key,
            &counter.to_be_bytes(),
        );
    }
    store.apply(&changes).await.unwrap();
}

macro_rules! requirements {
    ($($(#[$doc:meta])* async fn $name:ident($stores:ident) $body:block)*) => {
        $(
            $(#[$doc])*
            ///
            /// # Panics
            /// When the store does not conform.
            pub async fn $name($stores: &impl Stores) $body
        )*
    };
}

requirements! {
    /// Nothing is in a store that nobody wrote to.
    async fn a_new_store_is_empty(stores) {
        let store = stores.fresh().await;
        assert_eq!(snapshot(&store).await, []);
        assert_eq!(page(&store, group(1), None, 50).await, []);
    }

    /// Every store but history gives back key and value unchanged.
    async fn what_was_put_is_read_back(stores) {
        let store = stores.fresh().await;
        let mut expected = Vec::new();
        let mut changes = Changes::default();
        for name in [StoreName::Secrets, StoreName::State, StoreName::Interface] {
            for owner in [None, Some(group(1))] {
                let key = RecordKey::named(owner, *b"a name");
                let value = format!("{name:?} of {owner:?}").into_bytes();
                put(&mut changes, name, &key, &value);
                expected.push(Record { store: name, key, value: value.into() });
            }
        }
        store.apply(&changes).await.unwrap();
        assert_eq!(snapshot(&store).await, expected);
    }

    /// A key names one record.
    async fn a_second_put_replaces_the_first(stores) {
        let store = stores.fresh().await;
        let key = RecordKey::named(Some(group(1)), *b"chain");
        put_one(&store, StoreName::Secrets, &key, b"a long first value").await;
        put_one(&store, StoreName::Secrets, &key, b"second").await;
        let records = snapshot(&store).await;
        assert_eq!(records.len(), 1);
        assert_eq!(records[0].value.as_slice(), b"second");
    }

    /// The neighbours of a deleted record stay.
    async fn a_delete_takes_one_record_only(stores) {
        let store = stores.fresh().await;
        let keys = [b"a", b"b", b"c"].map(|name| RecordKey::named(Some(group(1)), *name));
        for key in &keys {
            put_one(&store, StoreName::State, key, b"value").await;
        }
        let mut changes = Changes::default();
        changes.delete(StoreName::State, keys[1].clone());
        store.apply(&changes).await.unwrap();
        let left: Vec<_> = snapshot(&store).await.into_iter().map(|record| record.key).collect();
        assert_eq!(left, [keys[0].clone(), keys[2].clone()]);
    }

    /// Deleting is idempotent.
    async fn deleting_what_is_absent_is_no_error(stores) {
        let store = stores.fresh().await;
        let mut changes = Changes::default();
        changes.delete(StoreName::State, RecordKey::named(None, *b"never there"));
        changes.list.push(super::Change::DeleteGroup { store: StoreName::Messages, group: group(9) });
        store.apply(&changes).await.unwrap();
        assert_eq!(snapshot(&store).await, []);
    }

    /// A client may have nothing to say.
    async fn an_empty_batch_is_no_error(stores) {
        let store = stores.fresh().await;
        store.apply(&Changes::default()).await.unwrap();
        assert_eq!(snapshot(&store).await, []);
    }

    /// The last word on a key counts, also across a deleted group.
    async fn writes_of_one_batch_happen_in_order(stores) {
        let store = stores.fresh().await;
        let kept = RecordKey::named(Some(group(1)), *b"kept");
        let gone = RecordKey::named(Some(group(1)), *b"gone");
        let mut changes = Changes::default();
        put(&mut changes, StoreName::State, &kept, b"before");
        put(&mut changes, StoreName::State, &gone, b"before");
        changes.list.push(super::Change::DeleteGroup { store: StoreName::State, group: group(1) });
        put(&mut changes, StoreName::State, &kept, b"after");
        put(&mut changes, StoreName::State, &gone, b"after");
        changes.delete(StoreName::State, gone.clone());
        store.apply(&changes).await.unwrap();
        let records = snapshot(&store).await;
        assert_eq!(records.len(), 1);
        assert_eq!(records[0].key, kept);
        assert_eq!(records[0].value.as_slice(), b"after");
    }

    /// Sizes from nothing to a mebibyte.
    async fn empty_and_large_values_survive(stores) {
        let store = stores.fresh().await;
        let empty = RecordKey::named(None, *b"a");
        let large = RecordKey::named(None, *b"b");
        let value: Vec<u8> = (0..LARGE).map(|i| (i % 251) as u8).collect();
        let mut changes = Changes::default();
        put(&mut changes, StoreName::State, &empty, b"");
        put(&mut changes, StoreName::State, &large, &value);
        store.apply(&changes).await.unwrap();
        let records = snapshot(&store).await;
        assert_eq!(records.len(), 2);
        assert_eq!(records[0].key, empty);
        assert!(records[0].value.is_empty());
        assert_eq!(records[1].key, large);
        assert!(records[1].value.as_slice() == value, "the large value came back changed");
    }

    /// Names are bytes, not text, and no name is a prefix of another by accident.
    async fn names_of_any_bytes_are_told_apart(stores) {
        let store = stores.fresh().await;
        let every_byte: Vec<u8> = (0..=255).collect();
        let names: [&[u8]; 8] =
            [b"", b"\0", b"\0\0", b"\xff", b"\xff\xff", b"a", b"a\0", &every_byte];
        let mut changes = Changes::default();
        for owner in [None, Some(group(1))] {
            for name in names {
                put(&mut changes, StoreName::State, &RecordKey::named(owner, name), name);
            }
        }
        store.apply(&changes).await.unwrap();
        let records = snapshot(&store).await;
        assert_eq!(records.len(), 2 * names.len());
        for record in records {
            assert_eq!(record.value.as_slice(), record.key.name);
        }
    }

    /// Stores share keys, not records.
    async fn the_same_key_in_two_stores_is_two_records(stores) {
        let store = stores.fresh().await;
        let key = RecordKey::named(Some(group(1)), *b"same");
        put_one(&store, StoreName::Secrets, &key, b"secret").await;
        put_one(&store, StoreName::State, &key, b"state").await;
        let mut changes = Changes::default();
        changes.delete(StoreName::State, key.clone());
        store.apply(&changes).await.unwrap();
        let records = snapshot(&store).await;
        assert_eq!(records.len(), 1);
        assert_eq!(records[0].store, StoreName::Secrets);
        assert_eq!(records[0].value.as_slice(), b"secret");
    }

    /// Forgetting a group takes its records, whatever their order and name, and no others.
    async fn deleting_a_group_leaves_its_neighbours(stores) {
        let store = stores.fresh().await;
        let mut changes = Changes::default();
        for owner in [None, Some(group(1)), Some(group(2)), Some(group(3))] {
            for counter in [0, 1, u64::MAX] {
                let key = RecordKey {
                    group: owner,
                    order: Order { day: counter as u32, counter },
                    name: vec![0xff; 40],
                };
                put(&mut changes, StoreName::State, &key, b"value");
            }
        }
        store.apply(&changes).await.unwrap();
        let mut changes = Changes::default();
        changes.list.push(super::Change::DeleteGroup { store: StoreName::State, group: group(2) });
        store.apply(&changes).await.unwrap();
        let mut left: Vec<_> =
            snapshot(&store).await.into_iter().map(|record| record.key.group).collect();
        left.dedup();
        assert_eq!(left.len(), 3);
        assert!(!left.contains(&Some(group(2))));
        assert_eq!(snapshot(&store).await.len(), 9);
    }

    /// Keys first, then the rest: each store of a forgotten group is deleted for itself.
    async fn deleting_a_group_touches_one_store_only(stores) {
        let store = stores.fresh().await;
        let key = RecordKey::named(Some(group(1)), *b"same");
        put_one(&store, StoreName::Secrets, &key, b"secret").await;
        put_one(&store, StoreName::State, &key, b"state").await;
        write_history(&store, group(1), 3).await;
        let mut changes = Changes::default();
        changes.list.push(super::Change::DeleteGroup { store: StoreName::Secrets, group: group(1) });
        store.apply(&changes).await.unwrap();
        let records = snapshot(&store).await;
        assert_eq!(records.len(), 1);
        assert_eq!(records[0].store, StoreName::State);
        assert_eq!(page(&store, group(1), None, 50).await.len(), 3);
    }

    /// A start does not read the history.
    async fn a_snapshot_leaves_history_out(stores) {
        let store = stores.fresh().await;
        write_history(&store, group(1), 10).await;
        assert_eq!(snapshot(&store).await, []);
    }

    /// By day and counter, whatever the order of writing.
    async fn history_comes_newest_first(stores) {
        let store = stores.fresh().await;
        // 255 and 256, and a day of 0x0100: an order by little-endian bytes would be seen.
        for (day, counter) in [(256, 7), (255, 6), (1, 256), (1, 255), (1, 3), (256, 8)] {
            put_one(&store, StoreName::Messages, &message_key(group(1), day, counter), b"m").await;
        }
        let found: Vec<_> = page(&store, group(1), None, 50)
            .await
            .iter()
            .map(|record| (record.key.order.day, record.key.order.counter))
            .collect();
        assert_eq!(found, [(256, 8), (256, 7), (255, 6), (1, 256), (1, 255), (1, 3)]);
    }

    /// A limit is a limit, also zero.
    async fn a_page_is_no_longer_than_its_limit(stores) {
        let store = stores.fresh().await;
        write_history(&store, group(1), 10).await;
        assert_eq!(counters(&page(&store, group(1), None, 3).await), [9, 8, 7]);
        assert_eq!(page(&store, group(1), None, 0).await, []);
        assert_eq!(page(&store, group(1), None, 11).await.len(), 10);
        assert_eq!(page(&store, group(1), None, usize::MAX).await.len(), 10);
    }

    /// The bound itself is not repeated.
    async fn a_page_ends_strictly_before_its_bound(stores) {
        let store = stores.fresh().await;
        write_history(&store, group(1), 10).await;
        let bound = Order { day: 20_002, counter: 6 };
        assert_eq!(counters(&page(&store, group(1), Some(bound), 3).await), [5, 4, 3]);
        // A bound that is no record's place works as well.
        let between = Order { day: 20_002, counter: 0 };
        assert_eq!(counters(&page(&store, group(1), Some(between), 2).await), [5, 4]);
        let first = Order { day: 20_000, counter: 0 };
        assert_eq!(page(&store, group(1), Some(first), 3).await, []);
        assert_eq!(page(&store, group(1), Some(Order::default()), 3).await, []);
    }

    /// Nothing is lost or doubled between two pages.
    async fn pages_put_together_are_the_whole_history(stores) {
        let store = stores.fresh().await;
        write_history(&store, group(1), 25).await;
        let mut found = Vec::new();
        let mut before = None;
        loop {
            let records = page(&store, group(1), before, 4).await;
            let Some(last) = records.last() else { break };
            before = Some(last.key.order);
            for record in &records {
                assert_eq!(record.store, StoreName::Messages);
                assert_eq!(record.value.as_slice(), record.key.order.counter.to_be_bytes());
            }
            found.extend(counters(&records));
        }
        assert_eq!(found, (0..25).rev().collect::<Vec<_>>());
    }

    /// A page belongs to its group.
    async fn history_of_one_group_is_not_shown_in_another(stores) {
        let store = stores.fresh().await;
        write_history(&store, group(1), 5).await;
        write_history(&store, group(3), 2).await;
        assert_eq!(counters(&page(&store, group(1), None, 50).await), [4, 3, 2, 1, 0]);
        assert_eq!(counters(&page(&store, group(3), None, 50).await), [1, 0]);
        assert_eq!(page(&store, group(2), None, 50).await, []);
    }

    /// A changed delivery state rewrites a record without moving it.
    async fn a_rewritten_message_stays_in_its_place(stores) {
        let store = stores.fresh().await;
        write_history(&store, group(1), 5).await;
        put_one(&store, StoreName::Messages, &message_key(group(1), 20_000, 2), b"delivered").await;
        let records = page(&store, group(1), None, 50).await;
        assert_eq!(counters(&records), [4, 3, 2, 1, 0]);
        assert_eq!(records[2].value.as_slice(), b"delivered");
    }

    /// Paging goes forward as well, from wherever one jumped to.
    async fn the_page_behind_a_place_is_the_next_one(stores) {
        let store = stores.fresh().await;
        write_history(&store, group(1), 10).await;
        write_history(&store, group(2), 10).await;
        let behind = |counter: u64, before, limit| MessageQuery {
            group: group(1),
            before,
            after: Some(message_key(group(1), 20_000 + u32::try_from(counter / 3).unwrap(), counter).order),
            limit,
        };
        let read = async |query| counters(&store.messages(query).await.unwrap());
        assert_eq!(read(behind(3, None, 3)).await, [6, 5, 4]);
        assert_eq!(read(behind(7, None, 3)).await, [9, 8]);
        assert_eq!(read(behind(9, None, 3)).await, [] as [u64; 0]);
        let before = message_key(group(1), 20_001, 5).order;
        assert_eq!(read(behind(2, Some(before), 9)).await, [4, 3]);
    }

    /// A message is read by its id where its place was written down with it, and not otherwise.
    async fn a_message_is_found_by_its_id(stores) {
        let store = stores.fresh().await;
        let (id, other) = (MessageId([7; 32]), MessageId([8; 32]));
        let order = Order { day: 20_000, counter: 3 };
        let mut changes = Changes::default();
        let key = RecordKey { group: Some(group(1)), order, name: id.0.to_vec() };
        changes.put(StoreName::Messages, key.clone(), b"words".to_vec());
        changes.put(StoreName::Places, RecordKey::named(Some(group(1)), id.0), wire::encode(&order));
        store.apply(&changes).await.unwrap();
        let found = store.message(group(1), id).await.unwrap().unwrap();
        assert_eq!((found.key, found.value.as_slice()), (key, b"words".as_slice()));
        assert_eq!(store.message(group(1), other).await.unwrap(), None);
        assert_eq!(store.message(group(2), id).await.unwrap(), None);
        assert_eq!(snapshot(&store).await, []);
    }

    /// What a transaction completed survives the store's end.
    async fn everything_is_there_after_reopening(stores) {
        let store = stores.fresh().await;
        put_one(&store, StoreName::Secrets, &RecordKey::named(None, *b"identity"), b"key").await;
        put_one(&store, StoreName::Interface, &RecordKey::named(None, *b"draft"), b"text").await;
        write_history(&store, group(1), 5).await;
        let before = (snapshot(&store).await, page(&store, group(1), None, 50).await);
        assert_eq!((before.0.len(), before.1.len()), (2, 5));
        let store = stores.reopen(store).await;
        assert_eq!((snapshot(&store).await, page(&store, group(1), None, 50).await), before);
    }

    /// So does a deletion.
    async fn a_deletion_is_still_done_after_reopening(stores) {
        let store = stores.fresh().await;
        let key = RecordKey::named(Some(group(1)), *b"chain");
        put_one(&store, StoreName::Secrets, &key, b"key").await;
        write_history(&store, group(1), 5).await;
        let mut changes = Changes::default();
        changes.delete(StoreName::Secrets, key);
        changes.list.push(super::Change::DeleteGroup { store: StoreName::Messages, group: group(1) });
        store.apply(&changes).await.unwrap();
        let store = stores.reopen(store).await;
        assert_eq!(snapshot(&store).await, []);
        assert_eq!(page(&store, group(1), None, 50).await, []);
    }
}

fn chunk(group: GroupId, number: u32, index: u32) -> RecordKey {
    RecordKey {
        group: Some(group),
        order: Order {
            day: number,
            counter: index.into(),
        },
        name: Vec::new(),
    }
}

/// One group with two files of 300 chunks, and a neighbour.
async fn with_files(store: &impl Store) {
    let mut changes = Changes::default();
    for index in (0..300_u32).rev() {
        for (group, number) in [(1, 7), (1, 8), (2, 7)] {
            let key = chunk(GroupId([group; 32]), number, index);
            changes.put(StoreName::Files, key, index.to_be_bytes().to_vec());
        }
    }
    store.apply(&changes).await.unwrap();
}

async fn chunks(store: &impl Store, group: u8, number: u32, first: u32, limit: usize) -> Vec<u32> {
    let group = GroupId([group; 32]);
    let query = ChunkQuery {
        group,
        number,
        first,
        limit,
    };
    let records = store.file(query).await.unwrap();
    records
        .iter()
        .map(|record| {
            assert_eq!(record.key.order.day, number);
            u32::from_be_bytes(record.value.as_slice().try_into().unwrap())
        })
        .collect()
}

/// A file is read from any chunk on, and no other file with it.
pub async fn chunks_of_a_file_come_in_their_order_from_any_of_them_on(stores: &impl Stores) {
    let store = stores.fresh().await;
    with_files(&store).await;
    let all: Vec<_> = (0..300).collect();
    assert_eq!(chunks(&store, 1, 7, 0, 1_000).await, all);
    assert_eq!(chunks(&store, 1, 7, 250, 20).await, all[250..270]);
    assert!(chunks(&store, 1, 7, 300, 20).await.is_empty());
    assert!(chunks(&store, 1, 6, 0, 20).await.is_empty());
    let store = stores.reopen(store).await;
    assert!(store.load().await.unwrap().records.is_empty());
}

/// One file goes, and nothing else.
pub async fn deleting_a_day_leaves_its_neighbours(stores: &impl Stores) {
    let store = stores.fresh().await;
    with_files(&store).await;
    let mut changes = Changes::default();
    changes.list.push(Change::DeleteDay {
        store: StoreName::Files,
        group: GroupId([1; 32]),
        day: 7,
    });
    store.apply(&changes).await.unwrap();
    assert!(chunks(&store, 1, 7, 0, 1_000).await.is_empty());
    assert_eq!(chunks(&store, 1, 8, 0, 1_000).await.len(), 300);
    assert_eq!(chunks(&store, 2, 7, 0, 1_000).await.len(), 300);
}
