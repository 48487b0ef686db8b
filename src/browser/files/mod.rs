//! Files on their way in and out: read, made smaller, encrypted and opened, recorded, handed to the person.

mod cipher;
mod picture;
mod portrait;
mod recording;

pub use cipher::{Opener, Sealed, Sealer, open, seal};
pub use picture::{Reduced, is_drawable, reduce};
pub use portrait::{draw_portrait, is_portrait};
pub use recording::{Recorder, Recording};

use js_sys::{Array, Uint8Array};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, Url};

use super::file::NewFile;

/// The bytes of a file that the person chose; `None` when it can't be read (any more).
pub async fn bytes_of(file: &Blob) -> Option<Vec<u8>> {
    let buffer = JsFuture::from(file.array_buffer()).await.ok()?;
    Some(Uint8Array::new(&buffer).to_vec())
}

/// A part of such a file.
pub async fn part_of(file: &Blob, from: u64, to: u64) -> Option<Vec<u8>> {
    // Exact up to 9 PB.
    let part = file.slice_with_f64_and_f64(from as f64, to as f64).ok()?;
    bytes_of(&part).await
}

/// An address of bytes in this page. It ends when the value is dropped.
#[derive(Debug)]
pub struct ObjectUrl(String);

impl ObjectUrl {
    /// For bytes of this media type.
    #[must_use]
    pub fn new(bytes: &[u8], media_type: &str) -> Option<Self> {
        let parts = Array::of1(&Uint8Array::from(bytes));
        let options = BlobPropertyBag::new();
        options.set_type(media_type);
        let blob = Blob::new_with_u8_array_sequence_and_options(&parts, &options).ok()?;
        Url::create_object_url_with_blob(&blob).ok().map(Self)
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Drop for ObjectUrl {
    fn drop(&mut self) {
        let _ = Url::revoke_object_url(&self.0);
    }
}

/// Hands bytes to the person as a file of this name. Nothing opens them here: they have no media type of their own.
pub fn save(bytes: &[u8], name: &str) {
    let file = NewFile::default();
    file.add(bytes);
    // The browser has begun to read when this returns, and keeps what it reads.
    let _ = file.save(name);
}
