//! The device's database in a real browser: the conformance suite, and what only an encrypted database must keep.
#![cfg(all(target_arch = "wasm32", target_os = "unknown"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::cell::Cell;

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use discordopus::browser::storage::{
    self, BackupError, Closing, DeviceStore, LockedStore, Opened, PassphraseError, names,
};
use discordopus_core::ids::{GroupId, MessageId};
use discordopus_core::store::suite::Stores;
use discordopus_core::store::{
    Changes, ChunkQuery, MessageQuery, Order, Record, RecordKey, Snapshot, Store, StoreError,
    StoreName,
};
use discordopus_core::store_suite;
use futures::channel::oneshot::Receiver;
use js_sys::{Function, Reflect, Uint8Array};
use rexie::{ObjectStore, Rexie, TransactionMode};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

thread_local! {
    static NEXT: Cell<u32> = const { Cell::new(0) };
}

/// A name that no database of this page has. Every run has a browser profile of its own.
fn unused_name() -> String {
    let number = NEXT.replace(NEXT.get() + 1);
    format!("discordopus-test-{number}")
}

async fn open(name: &str) -> DeviceStore {
    try_open(name).await.unwrap().0
}

async fn try_open(name: &str) -> Result<(DeviceStore, Receiver<Closing>), StoreError> {
    let (opened, closing) = storage::open(name).await?;
    match opened {
        Opened::Open(store) => Ok((*store, closing)),
        Opened::Locked(_) => panic!("locked"),
    }
}

async fn open_locked(name: &str) -> LockedStore {
    match storage::open(name).await.unwrap().0 {
        Opened::Open(_) => panic!("it needs no passphrase"),
        Opened::Locked(store) => store,
    }
}

struct Databases;

/// A database that remembers its name.
struct Named(String, DeviceStore);

impl Store for Named {
    async fn apply(&self, changes: &Changes) -> Result<(), StoreError> {
        self.1.apply(changes).await
    }

    async fn load(&self) -> Result<Snapshot, StoreError> {
        self.1.load().await
    }

    async fn message(&self, group: GroupId, id: MessageId) -> Result<Option<Record>, StoreError> {
        self.1.message(group, id).await
    }

    async fn file(&self, query: ChunkQuery) -> Result<Vec<Record>, StoreError> {
        self.1.file(query).await
    }

    async fn messages(&self, query: MessageQuery) -> Result<Vec<Record>, StoreError> {
        self.1.messages(query).await
    }
}

impl Stores for Databases {
    type Store = Named;

    async fn fresh(&self) -> Self::Store {
        let name = unused_name();
        let store = open(&name).await;
        Named(name, store)
    }

    async fn reopen(&self, Named(name, store): Self::Store) -> Self::Store {
        store.close();
        let store = open(&name).await;
        Named(name, store)
    }
}

mod suite {
    use super::*;
    store_suite!(wasm_bindgen_test, Databases);
}

const MARKER: &[u8] = b"a-plaintext-that-nobody-else-writes";

fn group() -> GroupId {
    GroupId(*b"a-group-id-that-is-easy-to-find!")
}

fn key(name: &[u8]) -> RecordKey {
    RecordKey::named(Some(group()), name)
}

async fn put(store: &DeviceStore, name: StoreName, key: RecordKey, value: &[u8]) {
    let mut changes = Changes::default();
    changes.put(name, key, value.to_vec());
    store.apply(&changes).await.unwrap();
}

async fn write_history(store: &DeviceStore, count: u64) {
    let mut changes = Changes::default();
    for counter in 0..count {
        let order = Order {
            day: 20_000,
            counter,
        };
        let key = RecordKey {
            group: Some(group()),
            order,
            name: counter.to_be_bytes().to_vec(),
        };
        changes.put(StoreName::Messages, key, MARKER.to_vec());
    }
    store.apply(&changes).await.unwrap();
}

/// The only chunk of a file.
async fn write_chunk(store: &DeviceStore) {
    let key = RecordKey {
        group: Some(group()),
        order: Order { day: 7, counter: 0 },
        name: Vec::new(),
    };
    put(store, StoreName::Files, key, MARKER).await;
}

async fn chunks(store: &DeviceStore) -> Result<Vec<Vec<u8>>, StoreError> {
    let query = ChunkQuery {
        group: group(),
        number: 7,
        first: 0,
        limit: 10,
    };
    let records = store.file(query).await?;
    Ok(records.iter().map(|it| it.value.to_vec()).collect())
}

async fn page(store: &DeviceStore, limit: usize) -> Result<usize, StoreError> {
    let query = MessageQuery {
        group: group(),
        before: None,
        after: None,
        limit,
    };
    Ok(store.messages(query).await?.len())
}

/// The database as anybody sees it who can read the profile.
async fn raw(name: &str, version: u32) -> Rexie {
    names::object_stores()
        .fold(Rexie::builder(name).version(version), |builder, store| {
            builder.add_object_store(ObjectStore::new(store))
        })
        .build()
        .await
        .unwrap()
}

async fn raw_records(database: &Rexie, store: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    let transaction = database
        .transaction(&[store], TransactionMode::ReadOnly)
        .unwrap();
    let rows = transaction
        .store(store)
        .unwrap()
        .scan(None, None, None, None)
        .await
        .unwrap();
    rows.iter()
        .map(|(key, value)| {
            (
                Uint8Array::new(key).to_vec(),
                Uint8Array::new(value).to_vec(),
            )
        })
        .collect()
}

async fn raw_put(database: &Rexie, store: &str, key: &[u8], value: &[u8]) {
    let transaction = database
        .transaction(&[store], TransactionMode::ReadWrite)
        .unwrap();
    transaction
        .store(store)
        .unwrap()
        .put(
            &Uint8Array::from(value).into(),
            Some(&Uint8Array::from(key).into()),
        )
        .await
        .unwrap();
    transaction.done().await.unwrap();
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

/// Replaces a method of the platform until dropped.
struct Patched {
    prototype: JsValue,
    method: &'static str,
    original: JsValue,
}

impl Patched {
    /// `body` sees the original method as `original` and its arguments as `args`.
    fn new(class: &str, method: &'static str, body: &str) -> Self {
        let prototype = js_sys::eval(&format!("{class}.prototype")).unwrap();
        let original = Reflect::get(&prototype, &method.into()).unwrap();
        let make = Function::new_with_args(
            "original",
            &format!("return function(...args) {{ {body} }}"),
        );
        let replacement = make.call1(&JsValue::NULL, &original).unwrap();
        Reflect::set(&prototype, &method.into(), &replacement).unwrap();
        Self {
            prototype,
            method,
            original,
        }
    }
}

impl Drop for Patched {
    fn drop(&mut self) {
        Reflect::set(&self.prototype, &self.method.into(), &self.original).unwrap();
    }
}

fn global_number(name: &str) -> f64 {
    Reflect::get(&js_sys::global(), &name.into())
        .unwrap()
        .as_f64()
        .unwrap()
}

fn set_global_number(name: &str, value: f64) {
    Reflect::set(&js_sys::global(), &name.into(), &value.into()).unwrap();
}

#[wasm_bindgen_test]
async fn nothing_in_the_raw_database_is_readable() {
    let name = unused_name();
    let store = open(&name).await;
    for store_name in StoreName::ALL {
        put(&store, store_name, key(MARKER), MARKER).await;
        put(&store, store_name, RecordKey::named(None, MARKER), MARKER).await;
    }
    let database = raw(&name, names::SCHEMA).await;
    for store_name in StoreName::ALL {
        let records = raw_records(&database, store_name.as_str()).await;
        assert_eq!(records.len(), 2, "{store_name:?}");
        for (key, value) in records {
            for bytes in [&key, &value] {
                assert!(!contains(bytes, MARKER), "{store_name:?}");
                assert!(!contains(bytes, &group().0), "{store_name:?}");
            }
        }
    }
    let meta = database
        .transaction(&[names::META], TransactionMode::ReadOnly)
        .unwrap();
    let kept = meta
        .store(names::META)
        .unwrap()
        .scan(None, None, None, None)
        .await
        .unwrap();
    let names: Vec<_> = kept.iter().filter_map(|(key, _)| key.as_string()).collect();
    assert_eq!(names, [names::DATA_KEYS, names::WRITER]);
    database.close();
}

#[wasm_bindgen_test]
async fn the_wrapping_key_cannot_be_read_out() {
    let name = unused_name();
    let store = open(&name).await;
    let database = raw(&name, names::SCHEMA).await;
    let transaction = database
        .transaction(&[names::META], TransactionMode::ReadOnly)
        .unwrap();
    let meta = transaction
        .store(names::META)
        .unwrap()
        .get(names::DATA_KEYS.into())
        .await
        .unwrap()
        .unwrap();
    let key: web_sys::CryptoKey = Reflect::get(&meta, &"key".into())
        .unwrap()
        .dyn_into()
        .unwrap();
    assert!(!key.extractable());
    let export = web_sys::window()
        .unwrap()
        .crypto()
        .unwrap()
        .subtle()
        .export_key("raw", &key)
        .unwrap();
    assert!(JsFuture::from(export).await.is_err());
    let sealed: Uint8Array = Reflect::get(&meta, &"sealed".into())
        .unwrap()
        .dyn_into()
        .unwrap();
    assert_eq!(sealed.length(), 96 + 16);
    database.close();
    store.close();
}

/// What lies in the database beside the records.
async fn raw_meta(name: &str, key: &str) -> JsValue {
    let database = raw(name, names::SCHEMA).await;
    let transaction = database
        .transaction(&[names::META], TransactionMode::ReadOnly)
        .unwrap();
    let store = transaction.store(names::META).unwrap();
    let found = store.get(key.into()).await.unwrap().unwrap();
    database.close();
    found
}

async fn values(store: &DeviceStore) -> Vec<Vec<u8>> {
    let records = store.load().await.unwrap().records;
    records.iter().map(|it| it.value.to_vec()).collect()
}

#[wasm_bindgen_test]
async fn what_lies_under_a_passphrase_opens_with_it_and_with_nothing_else() {
    let name = unused_name();
    let store = open(&name).await;
    put(&store, StoreName::Secrets, key(b"a"), MARKER).await;
    assert_eq!(store.has_passphrase().await, Ok(false));
    store.set_passphrase("", "open sesame").await.unwrap();
    assert_eq!(store.has_passphrase().await, Ok(true));
    // Whoever has it open goes on.
    put(&store, StoreName::State, key(b"b"), MARKER).await;
    store.close();

    // No key of the browser's lies beside it any more.
    let wrapped = raw_meta(&name, names::DATA_KEYS).await;
    assert!(wrapped.is_instance_of::<Uint8Array>());

    let locked = open_locked(&name).await;
    for other in ["", "open sesame!", "Open sesame"] {
        let error = locked.unlock(other).await.err();
        assert_eq!(error, Some(PassphraseError::Wrong), "{other:?}");
    }
    // Written in another Unicode form by another keyboard, it is the same.
    let store = locked.unlock("open sesam\u{ff45}").await.unwrap();
    assert_eq!(values(&store).await, [MARKER, MARKER]);
    put(&store, StoreName::State, key(b"c"), MARKER).await;
}

#[wasm_bindgen_test]
async fn another_passphrase_rewraps_the_keys_and_leaves_the_data() {
    let name = unused_name();
    let store = open(&name).await;
    put(&store, StoreName::State, key(b"a"), MARKER).await;
    let database = raw(&name, names::SCHEMA).await;
    let before = raw_records(&database, "state").await;
    store.set_passphrase("", "first").await.unwrap();
    for wrong in ["", "second"] {
        assert_eq!(
            store.set_passphrase(wrong, "third").await,
            Err(PassphraseError::Wrong)
        );
    }
    store.set_passphrase("first", "second").await.unwrap();
    store.close();
    let locked = open_locked(&name).await;
    assert!(locked.unlock("first").await.is_err());
    let store = locked.unlock("second").await.unwrap();
    // And back to this device's key.
    store.set_passphrase("second", "").await.unwrap();
    store.close();
    assert!(raw_meta(&name, names::DATA_KEYS).await.is_object());
    let store = open(&name).await;
    assert_eq!(values(&store).await, [MARKER]);
    assert_eq!(raw_records(&database, "state").await, before);
    database.close();
}

#[wasm_bindgen_test]
async fn a_tab_that_lost_the_database_changes_no_passphrase() {
    let name = unused_name();
    let frozen = open(&name).await;
    let successor = open(&name).await;
    assert_eq!(
        frozen.set_passphrase("", "of the frozen tab").await,
        Err(PassphraseError::Storage(StoreError::Closed))
    );
    assert_eq!(successor.has_passphrase().await, Ok(false));
}

async fn backup(store: &DeviceStore) -> Vec<u8> {
    let (mut file, mut last) = (Vec::new(), 0);
    let out = |piece: Vec<u8>, done: u16| {
        assert!(done >= last && done <= 1_000);
        last = done;
        file.extend(piece);
    };
    store.export("open sesame", out).await.unwrap();
    assert_eq!(last, 1_000);
    file
}

async fn restore(
    store: &DeviceStore,
    file: &[u8],
    passphrase: &str,
) -> Result<Changes, BackupError> {
    let mut pieces = file.chunks(1_000);
    let next = async || pieces.next().map(<[u8]>::to_vec);
    store.restore(passphrase, next).await
}

#[wasm_bindgen_test]
async fn a_backup_brings_everything_to_another_device_under_its_own_keys() {
    let store = open(&unused_name()).await;
    for name in [StoreName::Secrets, StoreName::State, StoreName::Interface] {
        put(&store, name, key(b"a"), MARKER).await;
    }
    // More than is read at once.
    write_history(&store, 450).await;
    let file = backup(&store).await;
    assert!(!contains(&file, MARKER));
    assert!(!contains(&file, &group().0));

    let name = unused_name();
    let other = open(&name).await;
    let rest = restore(&other, &file, "open sesame").await.unwrap();
    // Before the last step no client would start from it.
    assert!(values(&other).await.is_empty());
    other.apply(&rest).await.unwrap();
    let mut before = store.load().await.unwrap().records;
    let mut after = other.load().await.unwrap().records;
    after.retain(|record| record.key.group.is_some());
    before.sort_by_key(|record| record.store);
    after.sort_by_key(|record| record.store);
    assert_eq!(after, before);
    assert_eq!(page(&other, 1_000).await, Ok(450));
    // The client is told where all of it comes from.
    assert_eq!(values(&other).await.len(), 4);
    assert_eq!(
        restore(&other, &file, "open sesame").await.err(),
        Some(BackupError::InUse)
    );
}

#[wasm_bindgen_test]
async fn of_a_backup_that_can_not_be_read_to_its_end_nothing_is_left() {
    let store = open(&unused_name()).await;
    put(&store, StoreName::Secrets, key(b"a"), MARKER).await;
    write_history(&store, 450).await;
    let file = backup(&store).await;
    let mut damaged = file.clone();
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    let name = unused_name();
    let other = open(&name).await;
    for (file, passphrase, error) in [
        (&damaged[..], "open sesame", BackupError::Damaged),
        (&file[..last], "open sesame", BackupError::Damaged),
        (&file[..], "another", BackupError::Passphrase),
        (b"a picture", "open sesame", BackupError::NotBackup),
    ] {
        assert_eq!(restore(&other, file, passphrase).await.err(), Some(error));
        assert!(values(&other).await.is_empty());
        assert_eq!(page(&other, 50).await, Ok(0));
    }
    assert!(restore(&other, &file, "open sesame").await.is_ok());
}

#[wasm_bindgen_test]
async fn an_erased_database_begins_anew() {
    let name = unused_name();
    let store = open(&name).await;
    put(&store, StoreName::State, key(b"a"), MARKER).await;
    store.close();
    storage::erase(&name).await.unwrap();
    assert!(values(&open(&name).await).await.is_empty());
}

#[wasm_bindgen_test]
async fn a_database_of_the_first_schema_gets_the_new_store_and_keeps_the_rest() {
    // As the first version made it, with the records of a device.
    let (name, source) = (unused_name(), unused_name());
    let store = open(&source).await;
    put(&store, StoreName::Secrets, key(b"a"), MARKER).await;
    write_history(&store, 3).await;
    store.close();
    let from = raw(&source, names::SCHEMA).await;
    let places = StoreName::Places.as_str();
    let old = names::object_stores()
        .filter(|store| *store != places)
        .fold(Rexie::builder(&name).version(1), |builder, store| {
            builder.add_object_store(ObjectStore::new(store))
        })
        .build()
        .await
        .unwrap();
    assert!(!old.store_names().iter().any(|store| store == places));
    for store in ["secrets", "messages"] {
        for (key, value) in raw_records(&from, store).await {
            raw_put(&old, store, &key, &value).await;
        }
    }
    from.close();
    let keys = raw_meta(&source, names::DATA_KEYS).await;
    let transaction = old
        .transaction(&[names::META], TransactionMode::ReadWrite)
        .unwrap();
    let meta = transaction.store(names::META).unwrap();
    meta.put(&keys, Some(&names::DATA_KEYS.into()))
        .await
        .unwrap();
    transaction.done().await.unwrap();
    old.close();

    let store = open(&name).await;
    assert_eq!(values(&store).await, [MARKER]);
    assert_eq!(page(&store, 50).await, Ok(3));
    put(&store, StoreName::Places, key(b"new"), MARKER).await;
    store.close();
    let database = raw(&name, names::SCHEMA).await;
    assert_eq!(database.version().unwrap(), 2);
    assert_eq!(raw_records(&database, places).await.len(), 1);
    database.close();
}

#[wasm_bindgen_test]
async fn a_changed_record_is_reported_as_damaged() {
    let name = unused_name();
    let store = open(&name).await;
    put(&store, StoreName::State, key(b"a"), MARKER).await;
    write_history(&store, 1).await;
    write_chunk(&store).await;
    let database = raw(&name, names::SCHEMA).await;
    for store_name in ["state", "messages", "files"] {
        let (key, mut value) = raw_records(&database, store_name).await.remove(0);
        let last = value.len() - 1;
        value[last] ^= 1;
        raw_put(&database, store_name, &key, &value).await;
    }
    database.close();
    assert_eq!(store.load().await.unwrap_err(), StoreError::Damaged);
    assert_eq!(page(&store, 50).await, Err(StoreError::Damaged));
    assert_eq!(chunks(&store).await, Err(StoreError::Damaged));
}

/// The key of what is no secret, as this device's key opens it.
async fn rest_key(name: &str) -> Aes256Gcm {
    let wrapped = raw_meta(name, names::DATA_KEYS).await;
    let field = |name: &str| Reflect::get(&wrapped, &name.into()).unwrap();
    let nonce: Uint8Array = field("nonce").dyn_into().unwrap();
    let parameters = web_sys::AesGcmParams::new("AES-GCM", &nonce);
    let purpose = b"discordopus/storage/data-keys/1".as_slice();
    parameters.set_additional_data(&Uint8Array::from(purpose));
    let subtle = web_sys::window().unwrap().crypto().unwrap().subtle();
    let sealed: Uint8Array = field("sealed").dyn_into().unwrap();
    let opened = subtle
        .decrypt_with_object_and_buffer_source(
            &parameters,
            &field("key").dyn_into().unwrap(),
            &sealed,
        )
        .unwrap();
    let opened = Uint8Array::new(&JsFuture::from(opened).await.unwrap()).to_vec();
    Aes256Gcm::new_from_slice(&opened[32..64]).unwrap()
}

#[wasm_bindgen_test]
async fn what_the_browsers_own_cipher_seals_is_what_the_format_says_and_it_opens_what_that_says() {
    let name = unused_name();
    let store = open(&name).await;
    write_chunk(&store).await;
    let cipher = rest_key(&name).await;
    let database = raw(&name, names::SCHEMA).await;
    let (key, value) = raw_records(&database, "files").await.remove(0);
    let bound = [&[1], b"files".as_slice(), &[0], &key].concat();
    let payload = |msg| Payload { msg, aad: &bound };
    assert_eq!(value[0], 1);
    let nonce: [u8; 12] = value[1..13].try_into().unwrap();
    let row = cipher
        .decrypt(&nonce.into(), payload(&value[13..]))
        .unwrap();
    assert!(contains(&row, MARKER));

    let nonce = [9; 12];
    let sealed = cipher
        .encrypt(&nonce.into(), payload(row.as_slice()))
        .unwrap();
    let again = [&[1], nonce.as_slice(), &sealed].concat();
    raw_put(&database, "files", &key, &again).await;
    database.close();
    assert_eq!(chunks(&store).await, Ok(vec![MARKER.to_vec()]));
}

#[wasm_bindgen_test]
async fn a_record_moved_to_another_store_or_key_is_reported_as_damaged() {
    let name = unused_name();
    let store = open(&name).await;
    put(&store, StoreName::State, key(b"a"), b"one").await;
    put(&store, StoreName::State, key(b"b"), b"two").await;
    assert!(store.load().await.is_ok());
    let database = raw(&name, names::SCHEMA).await;
    let records = raw_records(&database, "state").await;
    // The other of the two keeps its place; `interface` lies under the same data key as `state`.
    raw_put(&database, "interface", &records[0].0, &records[0].1).await;
    assert_eq!(store.load().await.unwrap_err(), StoreError::Damaged);

    let name = unused_name();
    let store = open(&name).await;
    put(&store, StoreName::State, key(b"a"), b"one").await;
    put(&store, StoreName::State, key(b"b"), b"two").await;
    let swapped = raw(&name, names::SCHEMA).await;
    let records = raw_records(&swapped, "state").await;
    raw_put(&swapped, "state", &records[0].0, &records[1].1).await;
    assert_eq!(store.load().await.unwrap_err(), StoreError::Damaged);
    database.close();
    swapped.close();
}

#[wasm_bindgen_test]
async fn a_database_of_another_device_does_not_open() {
    let (name, other_name) = (unused_name(), unused_name());
    let (store, other) = (open(&name).await, open(&other_name).await);
    put(&store, StoreName::Secrets, key(b"a"), MARKER).await;
    let (from, to) = (
        raw(&name, names::SCHEMA).await,
        raw(&other_name, names::SCHEMA).await,
    );
    for (key, value) in raw_records(&from, "secrets").await {
        raw_put(&to, "secrets", &key, &value).await;
    }
    assert_eq!(other.load().await.unwrap_err(), StoreError::Damaged);
    from.close();
    to.close();
}

#[wasm_bindgen_test]
async fn two_first_starts_at_once_agree_on_the_keys() {
    let name = unused_name();
    let ((one, _), (other, _)) = futures::future::try_join(try_open(&name), try_open(&name))
        .await
        .unwrap();
    // Whichever claimed the database last may write; both can read it.
    let mut changes = Changes::default();
    changes.put(StoreName::Secrets, key(b"a"), b"one".to_vec());
    changes.put(StoreName::State, key(b"a"), b"one".to_vec());
    let written = [one.apply(&changes).await, other.apply(&changes).await];
    assert!(written.contains(&Ok(())) && written.contains(&Err(StoreError::Closed)));
    assert_eq!(one.load().await.unwrap().records.len(), 2);
    assert_eq!(other.load().await.unwrap().records.len(), 2);
}

#[wasm_bindgen_test]
async fn a_tab_that_lost_the_database_writes_nothing_more() {
    let name = unused_name();
    let frozen = open(&name).await;
    put(&frozen, StoreName::Secrets, key(b"chain"), b"index 1").await;
    // The frozen tab hears nothing of this.
    let successor = open(&name).await;
    put(&successor, StoreName::Secrets, key(b"chain"), b"index 2").await;
    let mut changes = Changes::default();
    changes.put(StoreName::Secrets, key(b"chain"), b"index 1 again".to_vec());
    assert_eq!(frozen.apply(&changes).await, Err(StoreError::Closed));
    let records = successor.load().await.unwrap().records;
    assert_eq!(records[0].value.as_slice(), b"index 2");
}

#[wasm_bindgen_test]
async fn a_database_of_a_newer_version_is_left_alone() {
    let name = unused_name();
    raw(&name, names::SCHEMA + 1).await.close();
    assert_eq!(try_open(&name).await.err(), Some(StoreError::TooNew));
    let database = raw(&name, names::SCHEMA + 1).await;
    assert_eq!(database.version().unwrap(), names::SCHEMA + 1);
    database.close();
}

#[wasm_bindgen_test]
async fn a_newer_tab_gets_the_database_and_the_older_one_hears_of_it() {
    let name = unused_name();
    let (store, closed) = try_open(&name).await.unwrap();
    put(&store, StoreName::State, key(b"a"), b"kept").await;
    // Opens only once every connection of the older version is closed.
    let newer = raw(&name, names::SCHEMA + 1).await;
    assert_eq!(closed.await, Ok(Closing::NewerVersion));
    let mut changes = Changes::default();
    changes.put(StoreName::State, key(b"a"), b"too late".to_vec());
    assert_eq!(store.apply(&changes).await, Err(StoreError::Closed));
    assert_eq!(store.load().await, Err(StoreError::Closed));
    assert_eq!(page(&store, 1).await, Err(StoreError::Closed));
    assert_eq!(raw_records(&newer, "state").await.len(), 1);
    newer.close();
}

#[wasm_bindgen_test]
async fn when_the_quota_is_used_up_nothing_is_half_written() {
    let name = unused_name();
    let store = open(&name).await;
    put(&store, StoreName::State, key(b"a"), b"before").await;
    let mut changes = Changes::default();
    for name in [b"a", b"b", b"c"] {
        changes.put(StoreName::State, key(name), b"after".to_vec());
    }
    set_global_number("putsLeft", 2.0);
    let full = Patched::new(
        "IDBObjectStore",
        "put",
        "if (globalThis.putsLeft-- === 0) throw new DOMException('full', 'QuotaExceededError');
         return original.apply(this, args);",
    );
    assert_eq!(store.apply(&changes).await, Err(StoreError::Full));
    drop(full);
    let records = store.load().await.unwrap().records;
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].value.as_slice(), b"before");
    // Space was made: the same batch goes through.
    store.apply(&changes).await.unwrap();
    assert_eq!(store.load().await.unwrap().records.len(), 3);
}

#[wasm_bindgen_test]
async fn a_transaction_that_the_browser_aborts_is_an_error() {
    let store = open(&unused_name()).await;
    let mut changes = Changes::default();
    changes.put(StoreName::State, key(b"a"), b"value".to_vec());
    let aborting = Patched::new("IDBTransaction", "commit", "this.abort();");
    assert!(store.apply(&changes).await.is_err());
    drop(aborting);
    assert_eq!(store.load().await.unwrap().records, []);
}

#[wasm_bindgen_test]
async fn storage_that_the_browser_forbids_is_reported_as_blocked() {
    let forbidden = Patched::new(
        "IDBFactory",
        "open",
        "throw new DOMException('no', 'SecurityError');",
    );
    assert_eq!(
        try_open(&unused_name()).await.err(),
        Some(StoreError::Blocked)
    );
    drop(forbidden);
}

#[wasm_bindgen_test]
async fn storage_that_can_keep_no_key_is_reported_as_blocked() {
    let forbidden = Patched::new(
        "IDBObjectStore",
        "add",
        "throw new DOMException('no', 'DataCloneError');",
    );
    assert_eq!(
        try_open(&unused_name()).await.err(),
        Some(StoreError::Blocked)
    );
    drop(forbidden);
}

#[wasm_bindgen_test]
async fn key_and_ratchet_state_is_written_with_strict_durability() {
    let store = open(&unused_name()).await;
    set_global_number("strict", 0.0);
    set_global_number("relaxed", 0.0);
    let counting = Patched::new(
        "IDBDatabase",
        "transaction",
        "globalThis[args[2]?.durability] += 1; return original.apply(this, args);",
    );
    put(&store, StoreName::Secrets, key(b"chain"), b"key").await;
    assert_eq!(
        (global_number("strict"), global_number("relaxed")),
        (1.0, 0.0)
    );
    put(&store, StoreName::Interface, key(b"draft"), b"text").await;
    assert_eq!(
        (global_number("strict"), global_number("relaxed")),
        (1.0, 1.0)
    );
    drop(counting);
}

#[wasm_bindgen_test]
async fn a_page_reads_no_more_than_it_shows() {
    let store = open(&unused_name()).await;
    write_history(&store, 1_000).await;
    set_global_number("steps", 0.0);
    let counting = [
        Patched::new(
            "IDBCursor",
            "continue",
            "globalThis.steps += 1; return original.apply(this, args);",
        ),
        Patched::new(
            "IDBObjectStore",
            "getAll",
            "throw new Error('reads everything');",
        ),
    ];
    assert_eq!(page(&store, 50).await, Ok(50));
    let steps = global_number("steps");
    assert!(
        (49.0..=50.0).contains(&steps),
        "{steps} steps for 50 messages"
    );
    drop(counting);
}

#[wasm_bindgen_test]
async fn the_browser_tells_how_much_room_there_is() {
    let store = open(&unused_name()).await;
    put(&store, StoreName::State, key(b"a"), &[7; 100_000]).await;
    let usage = discordopus::browser::storage::usage().await.unwrap();
    assert!(usage.quota > usage.used);
    // A headless browser may refuse; it must answer the same both times.
    let granted = discordopus::browser::storage::request_persistence().await;
    assert_eq!(
        discordopus::browser::storage::is_persistent().await,
        granted
    );
}
