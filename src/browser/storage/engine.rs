//! The browser's own AES-GCM, for what is large: with the processor's help it is many times faster than ours, and works
//! beside this thread. What one of them seals the other opens.

use discordopus_core::store::{Record, RecordKey, StoreError, StoreName, decode_row, encode_row};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsValue;
use web_sys::{AesGcmParams, CryptoKey, SubtleCrypto};
use zeroize::Zeroizing;

use super::keys::{settled, subtle};
use super::seal::{self, DataKeys, NONCE};

/// Seals and opens records of the stores that hold no secrets.
pub(super) struct Engine {
    subtle: SubtleCrypto,
    key: CryptoKey,
}

impl Engine {
    /// For these keys.
    ///
    /// # Errors
    /// [`StoreError::Failed`] where the browser can't.
    pub(super) async fn new(keys: &DataKeys) -> Result<Self, StoreError> {
        let subtle = subtle()?;
        let raw = Uint8Array::from(keys.rest().as_slice());
        let usages = Array::of2(&"encrypt".into(), &"decrypt".into());
        let imported = subtle.import_key_with_str("raw", &raw, "AES-GCM", false, &usages);
        let imported = match imported {
            Ok(promise) => settled(promise).await,
            Err(_) => Err(StoreError::Failed),
        };
        // The copy outside the module's memory.
        raw.fill(0, 0, raw.length());
        let key = imported?;
        Ok(Self { subtle, key })
    }

    /// What [`seal::Sealer::seal`] makes.
    ///
    /// # Errors
    /// [`StoreError::Failed`] when the browser can't.
    pub(super) async fn seal(
        &self,
        store: StoreName,
        key: &RecordKey,
        database_key: &[u8],
        value: &[u8],
        nonce: [u8; NONCE],
    ) -> Result<Vec<u8>, StoreError> {
        let plaintext = Uint8Array::from(encode_row(key, value).as_slice());
        let parameters = parameters(nonce, &seal::associated_data(store, database_key));
        let sealed = self
            .subtle
            .encrypt_with_object_and_buffer_source(&parameters, &self.key, &plaintext)
            .map_err(|_| StoreError::Failed)?;
        let sealed = Uint8Array::new(&settled::<JsValue>(sealed).await?).to_vec();
        Ok(seal::framed(nonce, &sealed))
    }

    /// What [`seal::Sealer::open`] opens.
    ///
    /// # Errors
    /// The same.
    pub(super) async fn open(
        &self,
        store: StoreName,
        database_key: &[u8],
        bytes: &[u8],
    ) -> Result<Record, StoreError> {
        let (nonce, sealed) = seal::unframed(bytes)?;
        let sealed = Uint8Array::from(sealed);
        let parameters = parameters(nonce, &seal::associated_data(store, database_key));
        let opened = self
            .subtle
            .decrypt_with_object_and_buffer_source(&parameters, &self.key, &sealed)
            .map_err(|_| StoreError::Failed)?;
        let opened = settled::<JsValue>(opened)
            .await
            .map_err(|_| StoreError::Damaged)?;
        let plaintext = Zeroizing::new(Uint8Array::new(&opened).to_vec());
        let (key, value) = decode_row(&plaintext).map_err(|_| StoreError::Damaged)?;
        Ok(Record { store, key, value })
    }
}

fn parameters(nonce: [u8; NONCE], associated_data: &[u8]) -> AesGcmParams {
    let parameters = AesGcmParams::new("AES-GCM", &Uint8Array::from(nonce.as_slice()));
    parameters.set_additional_data(&Uint8Array::from(associated_data));
    parameters
}
