//! Where the data keys are kept: wrapped by a key that the browser keeps and never hands out, or under a passphrase.
//!
//! The browser's wrapping key is a WebCrypto AES-256-GCM key, not extractable, stored as a `CryptoKey` beside what it
//! wraps. Whoever copies the database's bytes without the browser's profile has ciphertext; whoever has the whole profile
//! can use the key. That is what "this device" means.
//!
//! With a passphrase the record is one byte string, as `passphrase` seals it, and there is no key beside it. Changing the
//! passphrase changes this record alone: what it wraps stays the same. A browser gives no way to wipe what its database
//! still has on the disk of the record before.

use discordopus_core::store::StoreError;
use js_sys::{Array, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AesGcmParams, AesKeyGenParams, CryptoKey, SubtleCrypto};
use zeroize::Zeroizing;

use super::connection::Connection;
use super::names;
use super::passphrase::{self, Cost, SealedError};
use super::seal::DataKeys;
use crate::browser::entropy::entropy;

/// Binds the wrapped keys to their purpose and format.
const PURPOSE: &[u8] = b"discordopus/storage/data-keys/1";
const NONCE: usize = 12;

/// Why a passphrase opened or changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PassphraseError {
    /// It is another one.
    #[error("another passphrase")]
    Wrong,
    /// It may be right, but the storage fails.
    #[error(transparent)]
    Storage(#[from] StoreError),
}

impl From<SealedError> for PassphraseError {
    fn from(error: SealedError) -> Self {
        match error {
            SealedError::Passphrase => Self::Wrong,
            SealedError::TooNew => Self::Storage(StoreError::TooNew),
            SealedError::Damaged => Self::Storage(StoreError::Damaged),
            SealedError::Memory => Self::Storage(StoreError::Failed),
        }
    }
}

/// The data keys, as far as they can be had without a passphrase.
pub(super) enum Found {
    /// They lie under this device's key.
    Keys(DataKeys),
    /// They lie under a passphrase.
    Locked(Vec<u8>),
}

/// The device's data keys: those in the database, or, at the first start, new ones.
pub(super) async fn data_keys(connection: &Connection) -> Result<Found, StoreError> {
    let stored = connection.meta(names::DATA_KEYS).await?;
    if !stored.is_undefined() {
        return found(&stored).await;
    }
    // A transaction can't wait for WebCrypto, so the keys are made first. If another tab was faster, its keys count.
    let keys = DataKeys::random(&mut entropy());
    let made = wrap(&keys).await?;
    if connection.add_meta(names::DATA_KEYS, &made).await? {
        return Ok(Found::Keys(keys));
    }
    found(&connection.meta(names::DATA_KEYS).await?).await
}

async fn found(stored: &JsValue) -> Result<Found, StoreError> {
    match stored.dyn_ref::<Uint8Array>() {
        Some(sealed) => Ok(Found::Locked(sealed.to_vec())),
        None => unwrap(stored).await.map(Found::Keys),
    }
}

/// Opens the data keys with a passphrase.
///
/// # Errors
/// [`PassphraseError`].
pub(super) fn unlock(sealed: &[u8], passphrase: &str) -> Result<DataKeys, PassphraseError> {
    let bytes = passphrase::open(PURPOSE, sealed, &passphrase::normal(passphrase))?;
    let bytes: &[u8; DataKeys::LEN] = bytes
        .as_slice()
        .try_into()
        .map_err(|_| StoreError::Damaged)?;
    Ok(DataKeys::from_bytes(bytes))
}

/// Wraps the data keys anew: under another passphrase, or under this device's key when that is empty. `current` is the
/// passphrase so far, empty if there is none.
///
/// # Errors
/// [`PassphraseError`]; everything is as before then.
pub(super) async fn rewrap(
    connection: &Connection,
    current: &str,
    new: &str,
) -> Result<(), PassphraseError> {
    let keys = match data_keys(connection).await? {
        Found::Keys(keys) => keys,
        Found::Locked(sealed) => unlock(&sealed, current)?,
    };
    let wrapped = if new.is_empty() {
        wrap(&keys).await?
    } else {
        let sealed = passphrase::seal(
            PURPOSE,
            keys.to_bytes().as_slice(),
            &passphrase::normal(new),
            Cost::USUAL,
            &mut entropy(),
        )?;
        Uint8Array::from(sealed.as_slice()).into()
    };
    connection.put_meta(names::DATA_KEYS, &wrapped).await?;
    Ok(())
}

async fn wrap(keys: &DataKeys) -> Result<JsValue, StoreError> {
    let subtle = subtle()?;
    let usages = Array::of2(&"encrypt".into(), &"decrypt".into());
    let key = subtle
        .generate_key_with_object(&AesKeyGenParams::new("AES-GCM", 256), false, &usages)
        .map_err(|_| StoreError::Failed)?;
    let key: CryptoKey = settled(key).await?;

    let mut nonce = [0; NONCE];
    getrandom::fill(&mut nonce).map_err(|_| StoreError::Failed)?;
    let plaintext = Uint8Array::from(keys.to_bytes().as_slice());
    let sealed = subtle
        .encrypt_with_object_and_buffer_source(&parameters(&nonce), &key, &plaintext)
        .map_err(|_| StoreError::Failed);
    let sealed = match sealed {
        Ok(promise) => settled::<JsValue>(promise).await,
        Err(error) => Err(error),
    };
    // The copy outside the module's memory; the engine took its own before it encrypted.
    plaintext.fill(0, 0, DataKeys::LEN as u32);

    let record = Object::new();
    for (name, value) in [
        ("key", JsValue::from(key)),
        ("nonce", Uint8Array::from(nonce.as_slice()).into()),
        ("sealed", Uint8Array::new(&sealed?).into()),
    ] {
        Reflect::set(&record, &name.into(), &value).map_err(|_| StoreError::Failed)?;
    }
    Ok(record.into())
}

async fn unwrap(record: &JsValue) -> Result<DataKeys, StoreError> {
    let key: CryptoKey = field(record, "key")?;
    let nonce: Uint8Array = field(record, "nonce")?;
    let sealed: Uint8Array = field(record, "sealed")?;
    let nonce: [u8; NONCE] = nonce.to_vec().try_into().map_err(|_| StoreError::Damaged)?;
    let opened = subtle()?
        .decrypt_with_object_and_buffer_source(&parameters(&nonce), &key, &sealed)
        .map_err(|_| StoreError::Damaged)?;
    let opened = settled::<JsValue>(opened)
        .await
        .map_err(|_| StoreError::Damaged)?;
    let opened = Uint8Array::new(&opened);
    let bytes = Zeroizing::new(opened.to_vec());
    opened.fill(0, 0, opened.length());
    let bytes: &[u8; DataKeys::LEN] = bytes
        .as_slice()
        .try_into()
        .map_err(|_| StoreError::Damaged)?;
    Ok(DataKeys::from_bytes(bytes))
}

fn parameters(nonce: &[u8; NONCE]) -> AesGcmParams {
    let parameters = AesGcmParams::new("AES-GCM", &Uint8Array::from(nonce.as_slice()));
    parameters.set_additional_data(&Uint8Array::from(PURPOSE));
    parameters
}

fn field<T: JsCast>(record: &JsValue, name: &str) -> Result<T, StoreError> {
    Reflect::get(record, &name.into())
        .and_then(JsCast::dyn_into)
        .map_err(|_| StoreError::Damaged)
}

pub(super) async fn settled<T: JsCast>(promise: Promise) -> Result<T, StoreError> {
    JsFuture::from(promise)
        .await
        .and_then(JsCast::dyn_into)
        .map_err(|_| StoreError::Failed)
}

pub(super) fn subtle() -> Result<SubtleCrypto, StoreError> {
    let crypto =
        Reflect::get(&js_sys::global(), &"crypto".into()).map_err(|_| StoreError::Failed)?;
    Reflect::get(&crypto, &"subtle".into())
        .and_then(JsCast::dyn_into)
        .map_err(|_| StoreError::Failed)
}
