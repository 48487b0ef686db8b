//! A backup as a file: everything that the storage holds, under a passphrase.
//!
//! ```text
//! file  = head | chunk ... | last chunk
//! head  = "DiscordOpus save" | version 1 | stretch 26 | proof 16 | sum 8
//! chunk = 1 if it is the last, else 0 | length u32 BE | AES-256-GCM(key, nonce, AAD = head up to the stretch, records)
//! nonce = number of the chunk from 1 on, 11 bytes BE | 1 if it is the last, else 0
//! proof = the same over nothing, as number 0
//! sum   = SHA-256 over what stands before it, the first 8 bytes
//! ```
//!
//! The key comes from the passphrase as in `passphrase`; its salt is fresh for each file, and so is the key. A chunk that
//! was changed, moved, left out or cut off is noticed. The proof tells a wrong passphrase from damage, the sum a damaged
//! head from both. History comes first, what a client starts from last: a restore that was cut off leaves no client.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use discordopus_core::store::StoreError;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::passphrase::{Cost, STRETCH, SealedError, Stretch};

const MAGIC: &[u8; 16] = b"DiscordOpus save";
/// The only version so far.
const VERSION: u8 = 1;
const TAG: usize = 16;
const SUM: usize = 8;
/// What every chunk is bound to.
const BOUND: usize = MAGIC.len() + 1 + STRETCH;
/// Length of the head.
pub(super) const HEAD: usize = BOUND + TAG + SUM;
const CHUNK_HEAD: usize = 1 + 4;
/// Longest chunk that is read: above the largest record.
const MAX_CHUNK: usize = 32 * 1024 * 1024;

/// Why there is no backup, or it was not taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BackupError {
    /// The file is none of the app's.
    #[error("not a backup")]
    NotBackup,
    /// Written by a newer version of the app.
    #[error("of a newer version")]
    TooNew,
    /// The passphrase is another one.
    #[error("another passphrase")]
    Passphrase,
    /// The file was changed or cut off.
    #[error("damaged")]
    Damaged,
    /// There is something on this device already.
    #[error("the device is in use")]
    InUse,
    /// The storage fails.
    #[error(transparent)]
    Storage(#[from] StoreError),
}

impl From<SealedError> for BackupError {
    fn from(error: SealedError) -> Self {
        match error {
            SealedError::Passphrase => Self::Passphrase,
            SealedError::TooNew => Self::TooNew,
            SealedError::Damaged => Self::Damaged,
            SealedError::Memory => Self::Storage(StoreError::Failed),
        }
    }
}

/// The key of one file, and what its chunks are bound to.
struct Sealer {
    cipher: Aes256Gcm,
    bound: [u8; BOUND],
    /// Of the next chunk.
    number: u64,
}

impl Sealer {
    fn nonce(&self, last: bool) -> Nonce<aes_gcm::aead::consts::U12> {
        let mut nonce = [0; 12];
        nonce[3..11].copy_from_slice(&self.number.to_be_bytes());
        nonce[11] = u8::from(last);
        Nonce::from(nonce)
    }

    fn seal(&mut self, records: &[u8], last: bool) -> Result<Vec<u8>, BackupError> {
        let payload = Payload {
            msg: records,
            aad: &self.bound,
        };
        let sealed = self.cipher.encrypt(&self.nonce(last), payload);
        self.number += 1;
        sealed.map_err(|_| BackupError::Damaged)
    }

    fn open(&mut self, sealed: &[u8], last: bool) -> Option<Zeroizing<Vec<u8>>> {
        let payload = Payload {
            msg: sealed,
            aad: &self.bound,
        };
        let opened = self.cipher.decrypt(&self.nonce(last), payload).ok()?;
        self.number += 1;
        Some(Zeroizing::new(opened))
    }
}

/// Writes a backup.
pub(super) struct Writer(Sealer);

impl Writer {
    /// Begins one; the second is its head.
    ///
    /// # Errors
    /// [`BackupError::Storage`] when there is not enough memory.
    pub(super) fn begin(
        passphrase: &str,
        cost: Cost,
        rng: &mut impl rand_core::CryptoRng,
    ) -> Result<(Self, Vec<u8>), BackupError> {
        let stretch = Stretch::new(cost, rng);
        let mut bound = [0; BOUND];
        bound[..MAGIC.len()].copy_from_slice(MAGIC);
        bound[MAGIC.len()] = VERSION;
        bound[MAGIC.len() + 1..].copy_from_slice(&stretch.to_bytes());
        let mut sealer = Sealer {
            cipher: Aes256Gcm::new(&(*stretch.key(passphrase)?).into()),
            bound,
            number: 0,
        };
        let proof = sealer.seal(&[], false)?;
        let head = [&bound[..], &proof].concat();
        let sum = sum(&head);
        Ok((Self(sealer), [&head[..], &sum].concat()))
    }

    /// The next chunk.
    ///
    /// # Errors
    /// [`BackupError::Damaged`] for more than a chunk may hold.
    pub(super) fn chunk(&mut self, records: &[u8], last: bool) -> Result<Vec<u8>, BackupError> {
        let sealed = self.0.seal(records, last)?;
        let length = u32::try_from(sealed.len()).map_err(|_| BackupError::Damaged)?;
        Ok([&[u8::from(last)][..], &length.to_be_bytes(), &sealed].concat())
    }
}

/// Reads a backup piece by piece.
pub(super) struct Reader {
    sealer: Sealer,
    /// What has come and was not read yet.
    rest: Vec<u8>,
    ended: bool,
}

impl Reader {
    /// Begins with the head and whatever came with it.
    ///
    /// # Errors
    /// [`BackupError`].
    pub(super) fn begin(file: &[u8], passphrase: &str) -> Result<Self, BackupError> {
        if !file.starts_with(MAGIC) {
            return Err(BackupError::NotBackup);
        }
        if file.get(MAGIC.len()).is_some_and(|it| *it != VERSION) {
            return Err(BackupError::TooNew);
        }
        let (head, rest) = file
            .split_first_chunk::<HEAD>()
            .ok_or(BackupError::Damaged)?;
        let (before, told) = head.split_at(HEAD - SUM);
        if sum(before) != *told {
            return Err(BackupError::Damaged);
        }
        let (bound, proof) = before
            .split_first_chunk::<BOUND>()
            .ok_or(BackupError::Damaged)?;
        let stretch = bound.last_chunk::<STRETCH>().ok_or(BackupError::Damaged)?;
        let key = Stretch::from_bytes(stretch)?.key(passphrase)?;
        let mut sealer = Sealer {
            cipher: Aes256Gcm::new(&(*key).into()),
            bound: *bound,
            number: 0,
        };
        sealer.open(proof, false).ok_or(BackupError::Passphrase)?;
        Ok(Self {
            sealer,
            rest: rest.to_vec(),
            ended: false,
        })
    }

    /// More of the file has come.
    pub(super) fn feed(&mut self, piece: &[u8]) {
        self.rest.extend_from_slice(piece);
    }

    /// The next chunk, if it is here.
    ///
    /// # Errors
    /// [`BackupError::Damaged`].
    pub(super) fn chunk(&mut self) -> Result<Option<Zeroizing<Vec<u8>>>, BackupError> {
        let damaged = Err(BackupError::Damaged);
        if self.ended {
            // Nothing may follow the last one.
            return if self.rest.is_empty() {
                Ok(None)
            } else {
                damaged
            };
        }
        let Some((head, rest)) = self.rest.split_first_chunk::<CHUNK_HEAD>() else {
            return Ok(None);
        };
        let [last, length @ ..] = *head;
        let length = u32::from_be_bytes(length) as usize;
        if last > 1 || length > MAX_CHUNK {
            return damaged;
        }
        let Some(sealed) = rest.get(..length) else {
            return Ok(None);
        };
        let Some(records) = self.sealer.open(sealed, last == 1) else {
            return damaged;
        };
        self.ended = last == 1;
        self.rest.drain(..CHUNK_HEAD + length);
        Ok(Some(records))
    }

    /// Whether the last chunk was read.
    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }
}

fn sum(head: &[u8]) -> [u8; SUM] {
    let digest = Sha256::digest(head);
    core::array::from_fn(|place| digest[place])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::browser::entropy::entropy;

    const PASSPHRASE: &str = "open sesame";

    fn file() -> Vec<u8> {
        let (mut writer, mut file) =
            Writer::begin(PASSPHRASE, Cost::CHEAP, &mut entropy()).unwrap();
        for (records, last) in [(&b"one"[..], false), (b"", false), (b"three", true)] {
            file.extend(writer.chunk(records, last).unwrap());
        }
        file
    }

    /// What is read of a file that comes in pieces of this size.
    fn read(file: &[u8], passphrase: &str, size: usize) -> Result<Vec<Vec<u8>>, BackupError> {
        let (first, rest) = file.split_at(file.len().min(HEAD));
        let mut reader = Reader::begin(first, passphrase)?;
        let mut read = Vec::new();
        for piece in rest.chunks(size) {
            reader.feed(piece);
            while let Some(records) = reader.chunk()? {
                read.push(records.to_vec());
            }
        }
        if !reader.has_ended() {
            return Err(BackupError::Damaged);
        }
        Ok(read)
    }

    #[test]
    fn a_backup_is_read_in_pieces_of_any_size() {
        let file = file();
        for size in [1, 7, 4_096] {
            let whole = vec![b"one".to_vec(), Vec::new(), b"three".to_vec()];
            assert_eq!(read(&file, PASSPHRASE, size), Ok(whole));
        }
        assert!(!file.windows(5).any(|window| window == b"three"));
    }

    #[test]
    fn a_wrong_passphrase_damage_and_other_files_are_told_apart() {
        let file = file();
        assert_eq!(read(&file, "another", 4_096), Err(BackupError::Passphrase));
        assert_eq!(
            read(b"a holiday picture", PASSPHRASE, 4_096),
            Err(BackupError::NotBackup)
        );
        assert_eq!(read(b"", PASSPHRASE, 4_096), Err(BackupError::NotBackup));
        let mut newer = file.clone();
        newer[MAGIC.len()] = VERSION + 1;
        assert_eq!(read(&newer, PASSPHRASE, 4_096), Err(BackupError::TooNew));
        for at in (0..file.len()).filter(|at| *at > MAGIC.len()) {
            let mut changed = file.clone();
            changed[at] ^= 0x10;
            assert_eq!(
                read(&changed, PASSPHRASE, 4_096),
                Err(BackupError::Damaged),
                "byte {at}"
            );
        }
        for length in MAGIC.len() + 1..file.len() {
            assert_eq!(
                read(&file[..length], PASSPHRASE, 4_096),
                Err(BackupError::Damaged),
                "cut to {length}"
            );
        }
    }

    #[test]
    fn chunks_can_be_neither_left_out_nor_swapped_nor_added() {
        let (mut writer, head) = Writer::begin(PASSPHRASE, Cost::CHEAP, &mut entropy()).unwrap();
        let [one, two] = [b"one", b"two"].map(|it| writer.chunk(it, false).unwrap());
        let last = writer.chunk(b"last", true).unwrap();
        let made = |parts: &[&Vec<u8>]| {
            let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_slice()).collect();
            read(&[&head[..], &parts.concat()].concat(), PASSPHRASE, 4_096)
        };
        assert!(made(&[&one, &two, &last]).is_ok());
        for wrong in [
            &[&one, &last][..],
            &[&two, &one, &last],
            &[&one, &one, &two, &last],
            &[&one, &two],
            &[&one, &two, &last, &last],
        ] {
            assert_eq!(made(wrong), Err(BackupError::Damaged));
        }
    }
}
