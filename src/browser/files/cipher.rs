//! A file's chunks, encrypted and opened by the browser's own AES-GCM.

use discordopus_core::file::{CHUNK, FileKey, associated_data, nonce};
use futures::future;
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
    let mut sealer = Sealer::new().await?;
    let chunks = sealer.seal(bytes).await?;
    let key = sealer.into_key();
    Some(Sealed { key, chunks })
}

/// Opens a file's chunks. `None` if any of them is not what its sender encrypted.
pub async fn open(
    key: &FileKey,
    chunks: impl IntoIterator<Item = impl AsRef<[u8]>>,
) -> Option<Vec<u8>> {
    Opener::new(key).await?.open(chunks).await
}

/// Encrypts a file piece by piece.
pub struct Sealer {
    cipher: Cipher,
    key: FileKey,
    next: u32,
}

impl Sealer {
    /// With a key of its own. `None` where the browser can't.
    pub async fn new() -> Option<Self> {
        let mut key = FileKey([0; 32]);
        getrandom::fill(&mut key.0).ok()?;
        let cipher = Cipher::new(&key).await?;
        let next = 0;
        Some(Self { cipher, key, next })
    }

    /// The chunks of the next piece: as long as some of them, unless it is the last.
    pub async fn seal(&mut self, bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
        let mut chunks: Vec<&[u8]> = bytes.chunks(CHUNK).collect();
        if chunks.is_empty() {
            chunks.push(&[]);
        }
        let sealed = (self.next..).zip(&chunks).map(|(index, chunk)| {
            let parameters = parameters(index);
            let plain = Uint8Array::from(*chunk);
            let (subtle, key) = (&self.cipher.subtle, &self.cipher.key);
            settled(subtle.encrypt_with_object_and_buffer_source(&parameters, key, &plain))
        });
        let sealed = future::join_all(sealed).await;
        self.next = self.next.checked_add(u32::try_from(chunks.len()).ok()?)?;
        sealed.into_iter().collect()
    }

    /// What it is encrypted with.
    pub fn into_key(self) -> FileKey {
        self.key
    }
}

/// Opens a file piece by piece.
pub struct Opener {
    cipher: Cipher,
    next: u32,
}

impl Opener {
    /// With its sender's key. `None` where the browser can't.
    pub async fn new(key: &FileKey) -> Option<Self> {
        let cipher = Cipher::new(key).await?;
        Some(Self { cipher, next: 0 })
    }

    /// What the next chunks hold. `None` if any of them is not what its sender encrypted.
    pub async fn open(
        &mut self,
        chunks: impl IntoIterator<Item = impl AsRef<[u8]>>,
    ) -> Option<Vec<u8>> {
        let opened = chunks.into_iter().map(|chunk| {
            let parameters = parameters(self.next);
            self.next = self.next.wrapping_add(1);
            let sealed = Uint8Array::from(chunk.as_ref());
            let (subtle, key) = (&self.cipher.subtle, &self.cipher.key);
            settled(subtle.decrypt_with_object_and_buffer_source(&parameters, key, &sealed))
        });
        let opened: Vec<_> = opened.collect();
        let mut bytes = Vec::new();
        for piece in future::join_all(opened).await {
            bytes.extend(piece?);
        }
        Some(bytes)
    }
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
