//! `cargo xtask soak`: the simulation on seeds that nobody has tried, and the models of the log with many more cases and one op deeper,
//! for as long as one likes.

use crate::process::{cargo, run, say};
use crate::workspace::Workspace;
use anyhow::{Context as _, Result, bail};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Seeds between two looks at the clock.
const SEEDS_AT_ONCE: u64 = 10;
/// Cases of the convergence test: what is asked of a long run.
const MEMBERSHIP_CASES: &str = "100000";
/// How deep the small models of the log go in a long run: with ops of every kind, with those about rights, and with those that begin
/// and end stays and rights.
const MEMBERSHIP_ALL_OPS: &str = "4";
const MEMBERSHIP_WIDE_OPS: &str = "5";
const MEMBERSHIP_DEEP_OPS: &str = "6";

/// How long, and from where.
#[derive(clap::Args)]
pub(crate) struct SoakOptions {
    /// How long to run, in minutes; what has begun is finished.
    #[arg(long, default_value_t = 10)]
    minutes: u64,
    /// The first seed; chosen by the clock when absent.
    #[arg(long)]
    seed: Option<u64>,
    /// Leave out the membership models, which take some minutes of their own.
    #[arg(long)]
    simulation_only: bool,
}

/// Runs until the time is over, or something fails; says how much was tried.
pub(crate) fn soak(workspace: &Workspace, options: &SoakOptions) -> Result<()> {
    let until = Instant::now() + Duration::from_secs(options.minutes * 60);
    if !options.simulation_only {
        let mut command = core_tests(
            workspace,
            &["--lib", "--", "any_order_duplication", "all_replicas_agree"],
        );
        run(command
            .env("MEMBERSHIP_CASES", MEMBERSHIP_CASES)
            .env("MEMBERSHIP_ALL_OPS", MEMBERSHIP_ALL_OPS)
            .env("MEMBERSHIP_WIDE_OPS", MEMBERSHIP_WIDE_OPS)
            .env("MEMBERSHIP_DEEP_OPS", MEMBERSHIP_DEEP_OPS))?;
    }
    let first = match options.seed {
        Some(seed) => seed,
        // Far from the seeds of the ordinary run; whole thousands are easier to read.
        None => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
            now.as_secs() % 1_000_000 * 1_000
        }
    };
    say(format!(
        "simulation from seed {first}, for {} minutes",
        options.minutes
    ));
    let (mut seed, mut steps) = (first, 0);
    while Instant::now() < until {
        let end = seed + SEEDS_AT_ONCE;
        steps += simulate(workspace, seed, end)?;
        seed = end;
    }
    say(format!(
        "{} seeds ({first}..{seed}), {steps} steps, nothing found",
        seed - first
    ));
    Ok(())
}

fn core_tests(workspace: &Workspace, arguments: &[&str]) -> Command {
    let mut command = cargo();
    command
        .args(["test", "--locked", "--package", "discordopus-core"])
        .args(arguments)
        .current_dir(workspace.root());
    command
}

/// The steps of these seeds. Fails with the test's own words and the line that repeats it.
fn simulate(workspace: &Workspace, from: u64, to: u64) -> Result<u64> {
    let mut command = core_tests(
        workspace,
        &["--quiet", "--test", "simulation", "--", "--nocapture"],
    );
    let seeds = format!("{from}..{to}");
    let output = command
        .env("SIMULATION_SEEDS", &seeds)
        .output()
        .context("could not start cargo")?;
    let said = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        bail!(
            "seeds {seeds} failed:\n{said}{}\nrepeat with: SIMULATION_SEEDS={seeds} cargo test -p discordopus-core --test simulation",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let steps =
        steps_in(&said).with_context(|| format!("the simulation did not say its steps: {said}"))?;
    say(format!("seeds {seeds}: {steps} steps"));
    Ok(steps)
}

/// The number in "1200 steps over ...".
fn steps_in(said: &str) -> Option<u64> {
    let line = said.lines().find(|line| line.contains(" steps over "))?;
    let (before, _) = line.split_once(" steps over ")?;
    // The test runner's mark for another test may stand right before it.
    let word = before.split_whitespace().last()?;
    word.trim_start_matches('.').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::steps_in;

    #[test]
    fn the_steps_are_read_from_what_the_simulation_says() {
        let said = "\nrunning 1 test\n1200 steps over 40..50\n.\ntest result: ok.";
        assert_eq!(steps_in(said), Some(1_200));
        let marked = "\nrunning 2 tests\n.1200 steps over 40..50\n.\ntest result: ok.";
        assert_eq!(steps_in(marked), Some(1_200));
        assert_eq!(steps_in("nothing of the kind"), None);
    }
}
