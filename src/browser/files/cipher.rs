//! A file's chunks, encrypted and opened by the browser's own AES-GCM.

use discordopus_core::file::{CHUNK, FileKey, associated_data, nonce};
use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AesGcmParams, CryptoKey, SubtleCrypto};

/// An encrypted file.
pub struct Sealed {
    /// What it is encrypted with: random, and used for nothing else.
    pub key: FileKey,
    /// Its chunks, in order.
    pub chunks: Vec<Vec<u8>>,
}

/// Encrypts a file. `None` where the browser can't.
pub async fn seal(bytes: &[u8]) -> Option<Sealed> {
    let mut key = FileKey([0; 32]);
    getrandom::fill(&mut key.0).ok()?;
    let cipher = Cipher::new(&key).await?;
    let mut chunks = Vec::new();
    let mut rest = bytes;
    for index in 0.. {
        let (chunk, behind) = rest.split_at(rest.len().min(CHUNK));
        rest = behind;
        let parameters = parameters(index);
        let plain = Uint8Array::from(chunk);
        let sealed =
            cipher
                .subtle
                .encrypt_with_object_and_buffer_source(&parameters, &cipher.key, &plain);
        chunks.push(settled(sealed).await?);
        if rest.is_empty() {
            break;
        }
    }
    Some(Sealed { key, chunks })
}

/// Opens a file's chunks. `None` if any of them is not what its sender encrypted.
pub async fn open(
    key: &FileKey,
    chunks: impl IntoIterator<Item = impl AsRef<[u8]>>,
) -> Option<Vec<u8>> {
    let cipher = Cipher::new(key).await?;
    let mut bytes = Vec::new();
    for (index, chunk) in (0..).zip(chunks) {
        let parameters = parameters(index);
        let sealed = Uint8Array::from(chunk.as_ref());
        let plain =
            cipher
                .subtle
                .decrypt_with_object_and_buffer_source(&parameters, &cipher.key, &sealed);
        bytes.extend(settled(plain).await?);
    }
    Some(bytes)
}

struct Cipher {
    subtle: SubtleCrypto,
    key: CryptoKey,
}

impl Cipher {
    async fn new(key: &FileKey) -> Option<Self> {
        let subtle = web_sys::window()?.crypto().ok()?.subtle();
        let raw = Uint8Array::from(key.0.as_slice());
        let usages = Array::of2(&"encrypt".into(), &"decrypt".into());
        let imported = subtle.import_key_with_str("raw", &raw, "AES-GCM", false, &usages);
        let imported = match imported {
            Ok(promise) => JsFuture::from(promise).await.ok(),
            Err(_) => None,
        };
        // The copy outside the module's memory.
        raw.fill(0, 0, raw.length());
        let key = imported?.dyn_into().ok()?;
        Some(Self { subtle, key })
    }
}

fn parameters(index: u32) -> AesGcmParams {
    let parameters = AesGcmParams::new("AES-GCM", &Uint8Array::from(nonce(index).as_slice()));
    parameters.set_additional_data(&Uint8Array::from(associated_data()));
    parameters
}

async fn settled(promise: Result<Promise, JsValue>) -> Option<Vec<u8>> {
    let buffer = JsFuture::from(promise.ok()?).await.ok()?;
    Some(Uint8Array::new(&buffer).to_vec())
}
