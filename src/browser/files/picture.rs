//! Pictures: drawn anew, without what a camera wrote beside them, and not larger than asked.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, CanvasRenderingContext2d, HtmlCanvasElement, ImageBitmap};

/// Most pixels of a picture that is drawn here: a decoder takes four bytes for each, however few there are in the file.
const MAX_PIXELS: usize = 50_000_000;
/// What pictures are written as: all browsers of today read it, and what can't write it gives PNG.
const WRITTEN: &str = "image/webp";
/// Longest sides that are tried, in pixels, and how good the picture is then: until it is small enough.
const TRIES: [(f64, f64); 5] = [
    (2_048.0, 0.85),
    (1_600.0, 0.8),
    (1_280.0, 0.72),
    (960.0, 0.6),
    (640.0, 0.5),
];

/// A picture that was drawn anew.
#[derive(Debug)]
pub struct Reduced {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What they are.
    pub media_type: String,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
}

/// Whether a file is a picture that can be drawn without harm, and its size in pixels: its own header says so, whatever
/// its sender called it.
#[must_use]
pub fn is_drawable(bytes: &[u8]) -> Option<(u32, u32)> {
    let size = imagesize::blob_size(bytes).ok()?;
    let pixels = size.width.checked_mul(size.height)?;
    if pixels == 0 || pixels > MAX_PIXELS {
        return None;
    }
    Some((
        u32::try_from(size.width).ok()?,
        u32::try_from(size.height).ok()?,
    ))
}

/// Draws a picture anew, in at most this many bytes: nothing but what one sees is left of the file. `None` for what is no
/// picture, or can't be made as small.
pub async fn reduce(bytes: &[u8], most: usize) -> Option<Reduced> {
    is_drawable(bytes)?;
    let parts = Array::of1(&Uint8Array::from(bytes));
    let blob =
        Blob::new_with_u8_array_sequence_and_options(&parts, &BlobPropertyBag::new()).ok()?;
    let window = web_sys::window()?;
    // Turned as the camera says: that note is gone afterwards.
    let bitmap = JsFuture::from(window.create_image_bitmap_with_blob(&blob).ok()?);
    let bitmap: ImageBitmap = bitmap.await.ok()?.dyn_into().ok()?;
    let canvas: HtmlCanvasElement = window
        .document()?
        .create_element("canvas")
        .ok()?
        .dyn_into()
        .ok()?;
    let mut reduced = None;
    for (side, quality) in TRIES {
        let written = write(&canvas, &bitmap, side, quality).await?;
        if written.bytes.len() <= most {
            reduced = Some(written);
            break;
        }
    }
    bitmap.close();
    reduced
}

async fn write(
    canvas: &HtmlCanvasElement,
    bitmap: &ImageBitmap,
    side: f64,
    quality: f64,
) -> Option<Reduced> {
    let (width, height) = (f64::from(bitmap.width()), f64::from(bitmap.height()));
    let scale = (side / width.max(height)).min(1.0);
    let (width, height) = ((width * scale).max(1.0), (height * scale).max(1.0));
    canvas.set_width(width.round() as u32);
    canvas.set_height(height.round() as u32);
    let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    let (width, height) = (canvas.width(), canvas.height());
    context
        .draw_image_with_image_bitmap_and_dw_and_dh(
            bitmap,
            0.0,
            0.0,
            f64::from(width),
            f64::from(height),
        )
        .ok()?;
    let blob = blob_of(canvas, quality).await?;
    Some(Reduced {
        media_type: blob.type_(),
        bytes: super::bytes_of(&blob).await?,
        width,
        height,
    })
}

pub(super) async fn blob_of(canvas: &HtmlCanvasElement, quality: f64) -> Option<Blob> {
    let (sender, receiver) = futures::channel::oneshot::channel();
    let done = Closure::once(move |blob: Option<Blob>| {
        // Nobody may be waiting any more.
        let _ = sender.send(blob);
    });
    canvas
        .to_blob_with_type_and_encoder_options(
            done.as_ref().unchecked_ref(),
            WRITTEN,
            &JsValue::from_f64(quality),
        )
        .ok()?;
    receiver.await.ok().flatten()
}
