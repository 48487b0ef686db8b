//! A QR code as one SVG path.

use std::fmt::Write as _;

use leptos::prelude::*;
use qrcodegen::{QrCode as Code, QrCodeEcc};

/// Light modules around the code that readers need.
const QUIET: i32 = 4;

/// A text as a QR code; nothing where it is too long for one.
#[component]
pub(super) fn QrCode(text: String, label: &'static str) -> impl IntoView {
    let code = Code::encode_text(&text, QrCodeEcc::Low).ok()?;
    let size = code.size() + 2 * QUIET;
    Some(view! {
        <svg
            class="qr"
            role="img"
            aria-label=label
            viewBox=format!("0 0 {size} {size}")
            shape-rendering="crispEdges"
        >
            <rect class="qr-ground" width=size.to_string() height=size.to_string()></rect>
            <path class="qr-code" d=path(&code)></path>
        </svg>
    })
}

/// One rectangle a run of dark modules in a row.
fn path(code: &Code) -> String {
    let mut path = String::new();
    for y in 0..code.size() {
        let mut x = 0;
        while x < code.size() {
            let start = x;
            while x < code.size() && code.get_module(x, y) {
                x += 1;
            }
            let run = x - start;
            if run > 0 {
                // Writing to a string can't fail.
                let _ = write!(path, "M{} {}h{run}v1h-{run}z", start + QUIET, y + QUIET);
            } else {
                x += 1;
            }
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_paints_exactly_the_dark_modules() {
        let code = Code::encode_text("https://example.org/#/join/abc", QrCodeEcc::Low).unwrap();
        let mut painted = vec![];
        for run in path(&code).split('M').skip(1) {
            let (x, rest) = run.split_once(' ').unwrap();
            let (y, rest) = rest.split_once('h').unwrap();
            let (length, _) = rest.split_once('v').unwrap();
            let [x, y, length] = [x, y, length].map(|n| n.parse::<i32>().unwrap());
            painted.extend((x..x + length).map(|x| (x - QUIET, y - QUIET)));
        }
        let dark: Vec<_> = (0..code.size())
            .flat_map(|y| (0..code.size()).map(move |x| (x, y)))
            .filter(|(x, y)| code.get_module(*x, *y))
            .collect();
        assert_eq!(painted, dark);
    }
}
