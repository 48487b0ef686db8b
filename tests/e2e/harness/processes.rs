//! The processes of a browser, and what can be done to them from outside.

use anyhow::{Context as _, Result, ensure};
use std::path::Path;
use std::process::Command;

/// The process of the browser that uses this profile.
pub(super) fn browser(profile: &Path) -> Result<u32> {
    // Chromium writes "host-pid" into the target of this link.
    let lock = std::fs::read_link(profile.join("SingletonLock"));
    let lock = lock.context("the browser holds no lock")?;
    let lock = lock.to_string_lossy().into_owned();
    let pid = lock.rsplit('-').next().unwrap_or_default();
    pid.parse().with_context(|| lock.clone())
}

/// Sends a signal to processes.
pub(super) fn signal(name: &str, pids: &[u32]) -> Result<()> {
    let mut command = Command::new("kill");
    command.args(["-s", name]);
    command.args(pids.iter().map(u32::to_string));
    ensure!(command.status()?.success(), "cannot send {name}");
    Ok(())
}

/// Pages that stand still. They go on when this is dropped, also when a story fails: a driver waits for them.
pub(crate) struct Frozen {
    pids: Vec<u32>,
}

impl Frozen {
    /// Stops every process of this browser that runs pages. Its network goes on, as it does for a tab that the system has
    /// put to sleep: sockets stay open.
    pub(super) fn pages(browser: u32) -> Result<Self> {
        let pids = pages(browser)?;
        signal("STOP", &pids)?;
        Ok(Self { pids })
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        // One that has ended meanwhile needs no waking.
        let _ = signal("CONT", &self.pids);
    }
}

/// Ends every process of this browser that runs pages.
pub(super) fn kill_pages(browser: u32) -> Result<()> {
    signal("KILL", &pages(browser)?)
}

/// Every process of this browser that runs pages.
fn pages(browser: u32) -> Result<Vec<u32>> {
    let pids: Vec<u32> = descendants(browser)?
        .into_iter()
        .filter(|pid| runs_pages(*pid))
        .collect();
    ensure!(!pids.is_empty(), "the browser runs no pages");
    Ok(pids)
}

fn runs_pages(pid: u32) -> bool {
    std::fs::read(format!("/proc/{pid}/cmdline"))
        .is_ok_and(|words| String::from_utf8_lossy(&words).contains("--type=renderer"))
}

/// All processes that descend from this one.
fn descendants(root: u32) -> Result<Vec<u32>> {
    let mut parents = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // It may have ended since it was listed.
        if let Some(parent) = parent(pid) {
            parents.push((pid, parent));
        }
    }
    let mut found = vec![root];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        let children = parents.iter().filter(|(_, of)| *of == parent);
        found.extend(children.map(|(pid, _)| *pid));
        next += 1;
    }
    Ok(found)
}

fn parent(pid: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // "pid (name) state parent …", where a name may hold anything.
    let (_, rest) = stat.rsplit_once(") ")?;
    rest.split(' ').nth(1)?.parse().ok()
}

/// What the pages of this browser hold in memory, with their threads, in bytes; what processes share is divided among them.
pub(super) fn memory(browser: u32) -> Result<f64> {
    let of_pages = descendants(browser)?
        .into_iter()
        .filter(|pid| runs_pages(*pid));
    let kilobytes = of_pages.filter_map(|pid| {
        let about = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
        let line = about.lines().find_map(|line| line.strip_prefix("Pss:"))?;
        line.split_whitespace().next()?.parse::<f64>().ok()
    });
    Ok(kilobytes.sum::<f64>() * 1024.0)
}

/// How long the processors have worked for this browser so far, in seconds.
pub(super) fn work(browser: u32) -> Result<f64> {
    /// How often a second Linux counts, everywhere that browsers run.
    const TICKS: f64 = 100.0;
    let ticks = descendants(browser)?.into_iter().filter_map(|pid| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (_, rest) = stat.rsplit_once(") ")?;
        // In its own name and in the system's.
        let mut worked = rest.split(' ').skip(11).take(2);
        let mut next = || worked.next()?.parse::<u32>().ok();
        Some(next()? + next()?)
    });
    Ok(ticks.map(f64::from).sum::<f64>() / TICKS)
}
