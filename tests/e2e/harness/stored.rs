//! What a browser's profile holds: how many records of which group lie in which store. Their content is encrypted.

use super::person::Person;
use super::screen::until;
use anyhow::{Context as _, Result, ensure};
use std::collections::BTreeMap;

/// Bytes at the beginning of a database key that tell the group, as a keyed hash.
const GROUP_TAG: usize = 16;

/// Records of the storage itself: its keys, and the mark of who may write.
const META_RECORDS: usize = 2;

/// Counts records by store and by the tag of their group.
const COUNT: &str = "
    const tag_length = arguments[0];
    const opened = (await indexedDB.databases()).map(({ name }) => new Promise((resolve, reject) => {
        const request = indexedDB.open(name);
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
    }));
    const counts = {};
    for (const database of await Promise.all(opened)) {
        for (const store of database.objectStoreNames) {
            counts[store] = {};
            const keys = await new Promise((resolve, reject) => {
                const request = database.transaction(store).objectStore(store).getAllKeys();
                request.onsuccess = () => resolve(request.result);
                request.onerror = () => reject(request.error);
            });
            for (const key of keys) {
                const bytes = key instanceof ArrayBuffer ? new Uint8Array(key.slice(0, tag_length)) : [];
                const tag = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
                counts[store][tag] = (counts[store][tag] ?? 0) + 1;
            }
        }
        database.close();
    }
    return counts;
";

/// How many records lie in a profile: by store, and in it by group.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stored(BTreeMap<String, BTreeMap<String, usize>>);

impl Stored {
    /// Records of one group in one store.
    pub(crate) fn count(&self, store: &str, group: &str) -> usize {
        let groups = self.0.get(store);
        groups
            .and_then(|groups| groups.get(group))
            .copied()
            .unwrap_or_default()
    }

    /// All records in one store.
    pub(crate) fn total(&self, store: &str) -> usize {
        self.0.get(store).map_or(0, |groups| groups.values().sum())
    }

    /// The one group that has messages here.
    pub(crate) fn group(&self) -> Result<String> {
        let groups = self.0.get("messages").context("no store for messages")?;
        ensure!(
            groups.len() == 1,
            "messages of {} groups are here",
            groups.len()
        );
        groups.keys().next().cloned().context("no group")
    }
}

impl Person {
    /// Counts what the profile holds.
    pub(crate) async fn stored(&self) -> Result<Stored> {
        let script = format!("return (async (...arguments) => {{ {COUNT} }})(...arguments);");
        let browser = self.browser()?;
        let counts = browser.execute(script, vec![GROUP_TAG.into()]).await?;
        Ok(Stored(counts.convert()?))
    }

    /// Counts what the profile holds as soon as the app has made its keys. The first page doesn't wait for that.
    pub(crate) async fn waits_for_storage(&self) -> Result<Stored> {
        let what = format!("{} to have a storage", self.name());
        until(&what, async || {
            let now = self.stored().await?;
            Ok((now.total("meta") == META_RECORDS).then_some(now))
        })
        .await
    }

    /// Waits until a store holds more records than it did.
    pub(crate) async fn waits_for_more_stored(&self, store: &str, before: &Stored) -> Result<()> {
        let what = format!("{} to store one more in {store}", self.name());
        until(&what, async || {
            let now = self.stored().await?;
            Ok((now.total(store) > before.total(store)).then_some(()))
        })
        .await
    }
}
