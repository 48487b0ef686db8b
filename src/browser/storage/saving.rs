//! Writing everything that a device keeps into a backup, and taking it in again.

use discordopus_core::store::{
    Changes, Record, Store, StoreError, StoreName, decode_records, encode_records,
};
use rexie::KeyRange;
use wasm_bindgen::JsValue;

use super::backup::{BackupError, HEAD, Reader, Writer};
use super::connection::{Durability, Write};
use super::passphrase::{Cost, normal};
use super::{DeviceStore, Sealer};
use crate::browser::entropy::entropy;

/// Rows that are read at once.
const ROWS: u32 = 200;
/// The same of the chunks of files, which are large.
const FILE_ROWS: u32 = 8;
/// Bytes of values after which a chunk is closed.
const CHUNK: usize = 256 * 1024;
/// What is not read at a start, and so written first.
const HISTORY: [StoreName; 3] = [StoreName::Messages, StoreName::Places, StoreName::Files];

impl DeviceStore {
    /// Writes everything into a backup, piece by piece; beside each, how much is done in thousandths. Nothing may be
    /// written to the storage meanwhile: parts of different moments don't fit together.
    ///
    /// # Errors
    /// [`BackupError::Storage`].
    pub async fn export(
        &self,
        passphrase: &str,
        mut out: impl FnMut(Vec<u8>, u16),
    ) -> Result<(), BackupError> {
        self.still_open()?;
        let (mut writer, head) = Writer::begin(&normal(passphrase), Cost::USUAL, &mut entropy())?;
        out(head, 0);
        let mut total = 0;
        for name in HISTORY {
            total += self.count(name).await?;
        }
        let mut done = 0;
        for name in HISTORY {
            let mut after = None;
            loop {
                let rows = self.rows_after(name, after.take()).await?;
                let Some((key, _)) = rows.last() else { break };
                after = Some(key.clone());
                done += rows.len();
                let records = rows.into_iter().map(|(_, record)| record).collect();
                let share = (done * 1_000 / total.max(1)).min(999);
                out(
                    writer.chunk(&encode_records(records), false)?,
                    u16::try_from(share).unwrap_or_default(),
                );
            }
        }
        let mut chunk = Vec::new();
        let mut size = 0;
        for record in self.load().await?.records {
            if size > CHUNK {
                let full = core::mem::take(&mut chunk);
                out(writer.chunk(&encode_records(full), false)?, 999);
                size = 0;
            }
            size += record.value.len();
            chunk.push(record);
        }
        out(writer.chunk(&encode_records(chunk), true)?, 1_000);
        Ok(())
    }

    /// Takes a backup in, as far as nobody sees it: its history is written, and what a client starts from comes back, to
    /// be written in one batch when no client runs any more. `next` gives the file piece by piece.
    ///
    /// # Errors
    /// [`BackupError`]; nothing is left of it then.
    pub async fn restore(
        &self,
        passphrase: &str,
        next: impl AsyncFnMut() -> Option<Vec<u8>>,
    ) -> Result<Changes, BackupError> {
        let here = self.load().await?.records;
        if here.iter().any(|it| it.store == StoreName::Secrets) {
            return Err(BackupError::InUse);
        }
        // An earlier try may have been cut off.
        self.drop_history().await?;
        let result = self.take_in(passphrase, next).await;
        if result.is_err() {
            self.drop_history().await?;
        }
        result
    }

    /// Deletes all history. Only where no client has any.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn drop_history(&self) -> Result<(), StoreError> {
        let writes = HISTORY.map(|store| Write::DeleteRange {
            store,
            range: Sealer::everything(),
        });
        self.connection
            .write(writes.into(), Durability::Strict)
            .await
    }

    async fn take_in(
        &self,
        passphrase: &str,
        mut next: impl AsyncFnMut() -> Option<Vec<u8>>,
    ) -> Result<Changes, BackupError> {
        let mut head = Vec::new();
        while head.len() < HEAD {
            let Some(piece) = next().await else { break };
            head.extend(piece);
        }
        let mut reader = Reader::begin(&head, &normal(passphrase))?;
        drop(head);
        let mut last = Changes::default();
        loop {
            while let Some(records) = reader.chunk()? {
                let records = decode_records(&records).map_err(|_| BackupError::Damaged)?;
                let mut history = Changes::default();
                for Record { store, key, value } in records {
                    if HISTORY.contains(&store) {
                        history.put(store, key, value);
                    } else {
                        last.put(store, key, value);
                    }
                }
                self.apply(&history).await?;
            }
            match next().await {
                Some(piece) => reader.feed(&piece),
                None => break,
            }
        }
        if !reader.has_ended() {
            return Err(BackupError::Damaged);
        }
        last.mark_restored();
        Ok(last)
    }

    async fn count(&self, name: StoreName) -> Result<usize, StoreError> {
        let failed = |_| self.reading_error();
        let reader = self.connection.reader()?;
        let transaction = reader.transaction(&[name.as_str()]).map_err(failed)?;
        let store = transaction.store(name.as_str()).map_err(failed)?;
        let count = store.count(None).await.map_err(failed)?;
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }

    /// The next rows behind a key of the database, each with its own.
    async fn rows_after(
        &self,
        name: StoreName,
        after: Option<JsValue>,
    ) -> Result<Vec<(JsValue, Record)>, StoreError> {
        self.still_open()?;
        let failed = |_| self.reading_error();
        let range = after.map(|key| KeyRange::lower_bound(&key, Some(true)));
        let range = range.transpose().map_err(|_| StoreError::Failed)?;
        let reader = self.connection.reader()?;
        let transaction = reader.transaction(&[name.as_str()]).map_err(failed)?;
        let store = transaction.store(name.as_str()).map_err(failed)?;
        let limit = match name {
            StoreName::Files => FILE_ROWS,
            _ => ROWS,
        };
        let rows = store.scan(range, Some(limit), None, None).await;
        let rows = rows.map_err(failed)?;
        let records = self.all_opened(name, &rows).await?;
        let keys = rows.into_iter().map(|(key, _)| key);
        Ok(keys.zip(records).collect())
    }
}
