//! Pictures of people: drawn as small squares, and looked at before they are shown.

use imagesize::ImageType;
use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, CanvasRenderingContext2d, HtmlCanvasElement, ImageBitmap};

use super::picture::blob_of;
use super::{bytes_of, is_drawable};

/// Longest side of a picture that is shown, in pixels: what a hostile one may cost each of many browsers to draw.
const MAX_SIDE: u32 = 512;
/// Sides that are tried, in pixels, and how good the picture is then: the first one that is small enough is taken. The
/// last ones are for browsers that write nothing but PNG.
const TRIES: [(u32, f64); 5] = [(128, 0.85), (128, 0.6), (96, 0.6), (64, 0.5), (48, 0.5)];

/// Whether bytes are a small picture that stands still, as their own header says.
#[must_use]
pub fn is_portrait(bytes: &[u8]) -> bool {
    let known = matches!(
        imagesize::image_type(bytes),
        Ok(ImageType::Jpeg | ImageType::Png | ImageType::Webp)
    );
    let small = is_drawable(bytes).is_some_and(|(width, height)| width.max(height) <= MAX_SIDE);
    // How PNG and WebP begin the part that says how they move.
    let moves = |part: &[u8]| part == b"acTL" || part == b"ANIM";
    known && small && !bytes.windows(4).any(moves)
}

/// Draws the middle of a picture as a small square, in at most this many bytes. `None` for what is no picture, or can't
/// be made as small.
pub async fn draw_portrait(bytes: &[u8], most: usize) -> Option<Vec<u8>> {
    is_drawable(bytes)?;
    let parts = Array::of1(&Uint8Array::from(bytes));
    let blob =
        Blob::new_with_u8_array_sequence_and_options(&parts, &BlobPropertyBag::new()).ok()?;
    let window = web_sys::window()?;
    let bitmap = JsFuture::from(window.create_image_bitmap_with_blob(&blob).ok()?);
    let bitmap: ImageBitmap = bitmap.await.ok()?.dyn_into().ok()?;
    let canvas: HtmlCanvasElement = window
        .document()?
        .create_element("canvas")
        .ok()?
        .dyn_into()
        .ok()?;
    let mut drawn = None;
    for (side, quality) in TRIES {
        square(&canvas, &bitmap, side)?;
        let written = bytes_of(&blob_of(&canvas, quality).await?).await?;
        if written.len() <= most && is_portrait(&written) {
            drawn = Some(written);
            break;
        }
    }
    bitmap.close();
    drawn
}

fn square(canvas: &HtmlCanvasElement, bitmap: &ImageBitmap, side: u32) -> Option<()> {
    canvas.set_width(side);
    canvas.set_height(side);
    let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    let (width, height) = (f64::from(bitmap.width()), f64::from(bitmap.height()));
    let middle = width.min(height);
    let side = f64::from(side);
    // What can be seen through would look different in light and dark.
    context.set_fill_style_str("#fff");
    context.fill_rect(0.0, 0.0, side, side);
    context
        .draw_image_with_image_bitmap_and_sw_and_sh_and_dx_and_dy_and_dw_and_dh(
            bitmap,
            (width - middle) / 2.0,
            (height - middle) / 2.0,
            middle,
            middle,
            0.0,
            0.0,
            side,
            side,
        )
        .ok()
}
