//! `cargo xtask fuzz`: every decoder of the core under libFuzzer.
//!
//! The decoders are the folders of `crates/core/fuzz/corpus`. No sanitizer is used, so that the toolchain of the project
//! builds it: the core has no unsafe code, and arithmetic that overflows panics in this build.
//!
//! On Linux the minutes are those in which a processor works for a decoder: on a busy machine, others say nothing about how
//! much was tried.

use crate::process::{cargo, run, say, shown};
use crate::workspace::Workspace;
use anyhow::{Context as _, Result, bail};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

/// The program that builds code for libFuzzer.
const TOOL: &str = "cargo-fuzz";
/// Longest input: the largest frame, and what a decoder wants to be told before it.
const LONGEST: &str = "-max_len=33000";
/// Files of one decoder that are kept in the repository, and the largest of what is found.
const KEPT_FILES: usize = 24;
const KEPT_BYTES: u64 = 2_048;

/// How often one looks at a running fuzzer.
const LOOK: Duration = Duration::from_millis(200);

/// What to fuzz, and for how long.
#[derive(clap::Args)]
pub(crate) struct FuzzOptions {
    /// Only these decoders; all of them when none is named.
    decoders: Vec<String>,
    /// How long for each decoder, in minutes of a processor; parts of a minute are allowed.
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    /// How many at a time.
    #[arg(long, default_value_t = 1)]
    jobs: usize,
    /// Add the smallest of what is found to the corpora that the tests replay.
    #[arg(long)]
    keep: bool,
}

/// Builds the fuzzer and runs it; begins no further decoder once one has failed.
pub(crate) fn fuzz(workspace: &Workspace, options: &FuzzOptions) -> Result<()> {
    let corpora = workspace.path("crates/core/fuzz/corpus");
    let all = folders(&corpora)?;
    if let Some(unknown) = options.decoders.iter().find(|it| !all.contains(it)) {
        bail!("no decoder {unknown}; there are: {}", all.join(", "));
    }
    if crate::process::which(TOOL).is_none() {
        bail!("{TOOL} is not installed; `cargo install --locked {TOOL}` installs it");
    }
    let bench = Bench {
        program: build(workspace)?,
        corpora,
        results: workspace.target().join("fuzz"),
        time: Duration::from_secs_f64(options.minutes * 60.0),
        keep: options.keep,
    };
    let wanted = if options.decoders.is_empty() {
        all
    } else {
        options.decoders.clone()
    };
    let waiting = Mutex::new(VecDeque::from(wanted));
    let next = || waiting.lock().ok()?.pop_front();
    let work = || -> Result<()> {
        while let Some(name) = next() {
            if let Err(error) = bench.try_out(&name) {
                if let Ok(mut waiting) = waiting.lock() {
                    waiting.clear();
                }
                return Err(error);
            }
        }
        Ok(())
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..options.jobs.max(1))
            .map(|_| scope.spawn(work))
            .collect();
        let ended = workers.into_iter().map(|worker| worker.join());
        // All of them are waited for, also when one has failed.
        let ended: Vec<_> = ended.collect();
        for one in ended {
            one.map_err(|_| anyhow::anyhow!("a worker has panicked"))??;
        }
        Ok(())
    })
}

/// The fuzzer, and where its things lie.
struct Bench {
    program: PathBuf,
    corpora: PathBuf,
    results: PathBuf,
    time: Duration,
    keep: bool,
}

impl Bench {
    /// Runs one decoder for as long as was asked.
    fn try_out(&self, name: &str) -> Result<()> {
        let [found, broken, said] =
            ["found", "broken", "said"].map(|it| self.results.join(it).join(name));
        std::fs::create_dir_all(&found)?;
        std::fs::create_dir_all(&broken)?;
        std::fs::create_dir_all(self.results.join("said"))?;
        let corpus = self.corpora.join(name);
        let mut command = Command::new(&self.program);
        command
            .arg(format!("-artifact_prefix={}/", broken.display()))
            .args([LONGEST, "-print_final_stats=1"])
            .args([&found, &corpus])
            .env("DECODER", name);
        if !cfg!(target_os = "linux") {
            command.arg(format!("-max_total_time={}", self.time.as_secs()));
        }
        let file = std::fs::File::create(&said)?;
        let started = Instant::now();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .with_context(|| format!("could not start: {}", shown(&command)))?;
        let (status, worked) = wait(&mut child, self.time)?;
        let words = String::from_utf8_lossy(&std::fs::read(&said)?).into_owned();
        if !status.success() {
            bail!(
                "{}\n{name} fails on the newest file in {}; put it into {} to replay it with `cargo test -p \
                 discordopus-core --test corpus`",
                last_lines(&words),
                broken.display(),
                corpus.display()
            );
        }
        let runs =
            runs(&words).with_context(|| format!("{name} does not say its runs: {words}"))?;
        say(format!(
            "{name}: {runs} runs in {:.1} minutes of a processor ({:.1} by the clock), nothing found",
            worked.as_secs_f64() / 60.0,
            started.elapsed().as_secs_f64() / 60.0
        ));
        if self.keep {
            keep(&self.program, name, &found, &corpus)?;
        }
        Ok(())
    }
}

/// Waits for the end of a fuzzer, and brings it about once a processor has worked for it so long. Says how long it has.
fn wait(child: &mut Child, time: Duration) -> Result<(ExitStatus, Duration)> {
    let started = Instant::now();
    let mut worked = Duration::ZERO;
    let mut is_told = false;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok((status, worked));
        }
        worked = work(child.id()).unwrap_or_else(|| started.elapsed());
        if worked >= time && !is_told && cfg!(target_os = "linux") {
            // What libFuzzer takes as a wish to end, not as a failure.
            run(Command::new("kill").args(["-s", "USR1", &child.id().to_string()]))?;
            is_told = true;
        }
        thread::sleep(LOOK);
    }
}

/// How long the processors have worked for a process, where the system tells it in files.
fn work(pid: u32) -> Option<Duration> {
    /// How often a second Linux counts.
    const TICKS: u64 = 100;
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // "pid (name) state …", where a name may hold anything; in its own name and in the system's.
    let (_, rest) = stat.rsplit_once(") ")?;
    let ticks: Option<Vec<u64>> = rest
        .split(' ')
        .skip(11)
        .take(2)
        .map(|word| word.parse().ok())
        .collect();
    Some(Duration::from_millis(
        ticks?.iter().sum::<u64>() * 1_000 / TICKS,
    ))
}

/// The number that libFuzzer prints at its end.
fn runs(said: &str) -> Option<u64> {
    let line = said
        .lines()
        .find_map(|line| line.strip_prefix("stat::number_of_executed_units:"))?;
    line.trim().parse().ok()
}

fn last_lines(said: &str) -> String {
    let lines: Vec<&str> = said.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
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

    #[test]
    fn the_runs_are_read_from_what_the_fuzzer_says() {
        let said = "#9\tDONE\nstat::number_of_executed_units: 904\nstat::average_exec_per_sec: 9\n";
        assert_eq!(runs(said), Some(904));
        assert_eq!(runs("==1== libFuzzer: run interrupted; exiting"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_fuzzer_ends_once_a_processor_has_worked_for_it_long_enough_and_not_because_time_passes() {
        let start = |script| {
            let mut command = Command::new("sh");
            command.args(["-c", script]).spawn().unwrap()
        };
        let time = Duration::from_millis(500);
        let (status, worked) = wait(&mut start("while :; do :; done"), time).unwrap();
        assert!(!status.success() && worked >= time, "{status}, {worked:?}");
        // One that waits for longer than that is left to it.
        let (status, worked) = wait(&mut start("sleep 1; exit 7"), time).unwrap();
        assert_eq!(status.code(), Some(7));
        assert!(worked < time, "{worked:?}");
    }
}
