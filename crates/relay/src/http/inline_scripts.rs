//! Finds the inline scripts of a built `index.html`, so that the content security policy can allow exactly these.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use sha2::{Digest as _, Sha256};

const OPEN: &str = "<script";
const CLOSE: &str = "</script";

/// CSP sources (`'sha256-...'`) of every script in `html` that has no `src`, in order.
pub(super) fn sources(html: &str) -> Vec<String> {
    // ASCII lower case keeps every byte where it was.
    let lower = html.to_ascii_lowercase();
    let mut sources = Vec::new();
    let mut at = 0;
    while let Some(open) = next(&lower, at, OPEN) {
        let after_name = open + OPEN.len();
        let Some(tag_end) = next(&lower, after_name, ">") else {
            break;
        };
        let attributes = lower.get(after_name..tag_end).unwrap_or_default();
        if !attributes.is_empty() && !attributes.starts_with([' ', '\t', '\n', '\r', '\x0c', '/']) {
            // Another element whose name only starts like this one.
            at = tag_end;
            continue;
        }
        let content = tag_end + 1;
        let Some(end) = next(&lower, content, CLOSE) else {
            break;
        };
        if !has_src(attributes) {
            let script = html.get(content..end).unwrap_or_default();
            sources.push(format!(
                "'sha256-{}'",
                BASE64_STANDARD.encode(Sha256::digest(script.as_bytes()))
            ));
        }
        at = end + CLOSE.len();
    }
    sources
}

fn next(text: &str, from: usize, what: &str) -> Option<usize> {
    text.get(from..)?.find(what).map(|offset| from + offset)
}

fn has_src(attributes: &str) -> bool {
    attributes
        .split_ascii_whitespace()
        .any(|attribute| attribute == "src" || attribute.starts_with("src="))
}

#[cfg(test)]
mod tests {
    use super::sources;

    #[test]
    fn a_scripts_exact_bytes_are_hashed() {
        // printf 'alert(1)' | openssl dgst -sha256 -binary | base64
        let hash = "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='";
        for html in [
            "<p><script>alert(1)</script>",
            "<SCRIPT type=\"module\">alert(1)</SCRIPT >",
            "<script\nnonce>alert(1)</script><script src=\"/a.js\"></script>",
        ] {
            assert_eq!(sources(html), [hash], "{html}");
        }
    }

    #[test]
    fn scripts_with_a_src_and_lookalikes_need_no_hash() {
        for html in [
            "",
            "<script src=/a.js></script>",
            "<script defer src='a.js'></script>",
            "<script-like>alert(1)</script-like>",
            "<script>never closed",
            "<script",
        ] {
            assert!(sources(html).is_empty(), "{html}");
        }
    }

    #[test]
    fn every_inline_script_counts() {
        assert_eq!(sources("<script>a</script>ä<script>b</script>").len(), 2);
    }
}
