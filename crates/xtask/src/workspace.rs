//! Where things are in this clone.

use anyhow::{Context as _, Result};
use std::path::{Path, PathBuf};

/// The clone that `cargo xtask` was called in.
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// The workspace this program was built from.
    pub(crate) fn here() -> Result<Self> {
        // `cargo run` sets the variable at run time; the compiled-in value serves a program started by hand.
        let manifest = std::env::var("CARGO_MANIFEST_DIR")
            .unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
        let root = Path::new(&manifest)
            .ancestors()
            .nth(2)
            .context("crates/xtask has no workspace around it")?;
        Ok(Self {
            root: root.to_owned(),
        })
    }

    /// A file or folder of the clone.
    pub(crate) fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }

    /// The clone's folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The built app.
    pub(crate) fn dist(&self) -> PathBuf {
        self.path("dist")
    }

    /// The folder cargo builds into.
    pub(crate) fn target(&self) -> PathBuf {
        match std::env::var_os("CARGO_TARGET_DIR") {
            Some(folder) => self.root.join(folder),
            None => self.path("target"),
        }
    }

    /// The relay as `cargo build --profile native` leaves it.
    pub(crate) fn relay(&self) -> PathBuf {
        self.target()
            .join("native")
            .join(format!("discordopus-relay{}", std::env::consts::EXE_SUFFIX))
    }

    /// The text of Cargo.lock.
    pub(crate) fn lock(&self) -> Result<String> {
        std::fs::read_to_string(self.path("Cargo.lock")).context("cannot read Cargo.lock")
    }

    /// The integration tests in `tests/` whose name starts with `prefix`, by name: `x.rs` or `x/main.rs`.
    pub(crate) fn tests(&self, prefix: &str) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(self.path("tests")).context("cannot read tests/")? {
            let path = entry?.path();
            let is_test = if path.is_dir() {
                path.join("main.rs").is_file()
            } else {
                path.extension().is_some_and(|e| e == "rs")
            };
            let name = path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            if is_test && name.starts_with(prefix) {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }
}
