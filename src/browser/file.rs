//! Files that a person chose, and files that the browser saves for a person.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, HtmlAnchorElement, Url};

/// A file that is read from its beginning, a piece at a time.
pub struct File {
    blob: Blob,
    read: f64,
}

/// Bytes of one piece.
const PIECE: f64 = 1024.0 * 1024.0;

impl File {
    /// A file from its beginning on.
    #[must_use]
    pub fn new(blob: Blob) -> Self {
        Self { blob, read: 0.0 }
    }

    /// The next piece; empty at the end, and when the file can't be read any more.
    pub async fn next(&mut self) -> Vec<u8> {
        let end = (self.read + PIECE).min(self.blob.size());
        let Ok(piece) = self.blob.slice_with_f64_and_f64(self.read, end) else {
            return Vec::new();
        };
        self.read = end;
        let bytes = JsFuture::from(piece.array_buffer()).await;
        bytes.map_or_else(|_| Vec::new(), |bytes| Uint8Array::new(&bytes).to_vec())
    }

    /// How much was read, in thousandths.
    #[must_use]
    pub fn share(&self) -> u16 {
        // At most 1000.
        (self.read * 1_000.0 / self.blob.size().max(1.0)) as u16
    }
}

/// A file in the making. The browser keeps what was added, outside of this program's memory.
#[derive(Default)]
pub struct NewFile(Array);

impl NewFile {
    /// Adds to its end.
    pub fn add(&self, bytes: &[u8]) {
        let part = Array::of1(&Uint8Array::from(bytes));
        if let Ok(part) = Blob::new_with_u8_array_sequence(&part) {
            self.0.push(&part);
        }
    }

    /// Lets the browser save it under this name; what comes back has to live until it has. `None` where that can't be
    /// asked for.
    #[must_use]
    pub fn save(&self, name: &str) -> Option<Saving> {
        self.offer(name).ok()
    }

    fn offer(&self, name: &str) -> Result<Saving, JsValue> {
        let whole = Blob::new_with_blob_sequence(&self.0)?;
        let saving = Saving(Url::create_object_url_with_blob(&whole)?);
        let document = web_sys::window().and_then(|window| window.document());
        let document = document.ok_or(JsValue::UNDEFINED)?;
        let link: HtmlAnchorElement = document.create_element("a")?.unchecked_into();
        link.set_href(&saving.0);
        link.set_download(name);
        link.click();
        Ok(saving)
    }
}

/// The address of a file that is being saved. The browser lets go of the file with it.
pub struct Saving(String);

impl Drop for Saving {
    fn drop(&mut self) {
        let _ = Url::revoke_object_url(&self.0);
    }
}
