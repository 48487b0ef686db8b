//! `cargo xtask fuzz`: every decoder of the core under libFuzzer, one after the other.
//!
//! The decoders are the folders of `crates/core/fuzz/corpus`. No sanitizer is used, so that the toolchain of the project
//! builds it: the core has no unsafe code, and arithmetic that overflows panics in this build.

use crate::process::{cargo, run, say};
use crate::workspace::Workspace;
use anyhow::{Context as _, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The program that builds code for libFuzzer.
const TOOL: &str = "cargo-fuzz";
/// Longest input: the largest frame, and what a decoder wants to be told before it.
const LONGEST: &str = "-max_len=33000";
/// Files of one decoder that are kept in the repository, and the largest of what is found.
const KEPT_FILES: usize = 24;
const KEPT_BYTES: u64 = 2_048;

/// What to fuzz, and for how long.
#[derive(clap::Args)]
pub(crate) struct FuzzOptions {
    /// Only this decoder; all of them when none is named.
    decoder: Option<String>,
    /// How long for each decoder, in minutes; parts of a minute are allowed.
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    /// Add the smallest of what is found to the corpora that the tests replay.
    #[arg(long)]
    keep: bool,
}

/// Builds the fuzzer and runs it; stops at the first decoder that fails.
pub(crate) fn fuzz(workspace: &Workspace, options: &FuzzOptions) -> Result<()> {
    let corpora = workspace.path("crates/core/fuzz/corpus");
    let all = folders(&corpora)?;
    let chosen: Vec<&String> = match &options.decoder {
        Some(name) => all.iter().filter(|it| *it == name).collect(),
        None => all.iter().collect(),
    };
    if chosen.is_empty() {
        bail!("no such decoder; there are: {}", all.join(", "));
    }
    if crate::process::which(TOOL).is_none() {
        bail!("{TOOL} is not installed; `cargo install --locked {TOOL}` installs it");
    }
    let program = build(workspace)?;
    for name in chosen {
        let seconds = (options.minutes * 60.0).round();
        say(format!("{name}: {seconds} seconds"));
        let found = workspace.target().join("fuzz/found").join(name);
        let broken = workspace.target().join("fuzz/broken").join(name);
        std::fs::create_dir_all(&found)?;
        std::fs::create_dir_all(&broken)?;
        let mut command = Command::new(&program);
        command
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-artifact_prefix={}/", broken.display()))
            .args([LONGEST, "-print_final_stats=1"])
            .args([&found, &corpora.join(name)])
            .env("DECODER", name);
        run(&mut command).with_context(|| {
            format!(
                "{name} fails on the newest file in {}; put it into {} to replay it with `cargo test -p \
                 discordopus-core --test corpus`",
                broken.display(),
                corpora.join(name).display()
            )
        })?;
        if options.keep {
            keep(&program, name, &found, &corpora.join(name))?;
        }
    }
    Ok(())
}

/// The names of the decoders.
fn folders(corpora: &Path) -> Result<Vec<String>> {
    let entries =
        std::fs::read_dir(corpora).with_context(|| format!("cannot read {}", corpora.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry?.file_name().into_string());
    }
    names.sort();
    Ok(names)
}

/// The program, optimised, with the checks of a debug build.
fn build(workspace: &Workspace) -> Result<PathBuf> {
    let target = workspace.target().join("fuzz");
    let mut command = cargo();
    command
        .args(["fuzz", "build", "--sanitizer", "none", "--debug-assertions"])
        .arg("--target-dir")
        .arg(&target)
        .arg("decoder")
        .current_dir(workspace.path("crates/core"));
    run(&mut command)?;
    // It builds for a named target, always this machine's.
    let builds = std::fs::read_dir(&target)?.flatten();
    builds
        .map(|entry| entry.path().join("release/decoder"))
        .find(|program| program.is_file())
        .context("cargo fuzz has built no program")
}

/// Lets libFuzzer choose what covers most, and copies the smallest of it.
fn keep(program: &Path, name: &str, found: &Path, corpus: &Path) -> Result<()> {
    let chosen = found.with_extension("chosen");
    if chosen.exists() {
        std::fs::remove_dir_all(&chosen)?;
    }
    std::fs::create_dir_all(&chosen)?;
    let mut merge = Command::new(program);
    merge
        .args(["-merge=1", LONGEST])
        .args([&chosen, corpus, found])
        .env("DECODER", name);
    run(&mut merge)?;
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&chosen)? {
        let path = entry?.path();
        files.push((path.metadata()?.len(), path));
    }
    files.sort();
    let room = KEPT_FILES.saturating_sub(std::fs::read_dir(corpus)?.count());
    let small = files.into_iter().filter(|(size, _)| *size <= KEPT_BYTES);
    for (_, path) in small.take(room) {
        std::fs::copy(&path, corpus.join(path.file_name().unwrap_or_default()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_decoders_are_the_folders_of_the_corpora() {
        let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/fuzz/corpus");
        let names = folders(&corpora).unwrap();
        assert!(names.contains(&"op".to_owned()), "{names:?}");
        assert!(folders(Path::new("/nowhere/at/all")).is_err());
    }
}
