//! The protocol written a second time, in Python and from the document alone, derives the same vectors.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::ffi::OsString;
use std::process::Command;

/// Names the Python that has `cryptography`; `cargo xtask test` installs one and sets it.
const VARIABLE: &str = "DISCORDOPUS_PYTHON";

#[test]
fn a_second_implementation_derives_the_same_bytes() {
    let chosen = std::env::var_os(VARIABLE);
    let python = chosen.clone().unwrap_or_else(|| OsString::from("python3"));
    let has_cryptography = Command::new(&python)
        .args(["-c", "import cryptography"])
        .output()
        .is_ok_and(|output| output.status.success());
    if chosen.is_none() && !has_cryptography {
        eprintln!(
            "skipped: no python3 with `cryptography` here; `cargo xtask test python` sets one up"
        );
        return;
    }
    let tests = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");
    let output = Command::new(&python)
        .arg("-B")
        .arg(format!("{tests}/python/check_vectors.py"))
        .arg(format!("{tests}/vectors"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for vectors in [
        "primitives",
        "identity",
        "membership",
        "invite",
        "sender_keys",
        "frames",
        "pairwise",
    ] {
        assert!(said.contains(&format!("{vectors}: as the document says")));
    }
    // The Python that we chose ourselves leaves nothing out.
    assert!(chosen.is_none() || !said.contains("not checked"), "{said}");
}
