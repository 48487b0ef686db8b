//! `cargo xtask`: sets the machine up, builds, runs and tests DiscordOpus.
//!
//! - `workspace`, `versions`: where things are, and which versions of the tools are meant
//! - `process`, `system`: other programs, and the operating system's packages
//! - `setup`, `street`: what a build or a test needs, installed where it is missing
//! - `dist`, `precache`, `size`: the release build of the app, what devices keep of it, and what it weighs
//! - `run`, `test`: the two commands a newcomer types
//! - `soak`: the simulation for as long as one likes
//! - `fuzz`: the decoders of the protocol under a fuzzer
//! - `screenshots`: pictures of every screen
//! - `bench`, `lighthouse`: what the README says about speed, measured

mod bench;
mod dist;
mod firefox;
mod fuzz;
mod lighthouse;
mod precache;
mod process;
mod run;
mod screenshots;
mod setup;
mod size;
mod soak;
mod street;
mod system;
mod test;
mod versions;
mod workspace;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    about = "Sets the machine up, builds, runs and tests DiscordOpus"
)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Set up what is missing, build the app and the relay, and start them.
    Run(run::RunOptions),
    /// Set up what is missing and run every check, or only the named parts.
    Test(test::TestOptions),
    /// Build the app for release into dist/.
    Build,
    /// Build the app and print what a first visit downloads; fails above the budget.
    Size,
    /// Take a picture of every screen into target/screenshots.
    Screenshots,
    /// Run the simulation of the protocol on new seeds, and its model with 100,000 cases.
    Soak(soak::SoakOptions),
    /// Run the decoders of the protocol under libFuzzer, 10 minutes of a processor each; needs cargo-fuzz.
    Fuzz(fuzz::FuzzOptions),
    /// Measure in Chromium on this machine what the README tells, or only the named parts of it, and print a table.
    Bench(bench::BenchOptions),
}

fn perform(task: Task) -> anyhow::Result<()> {
    let workspace = workspace::Workspace::here()?;
    match task {
        Task::Run(options) => run::run(&workspace, options),
        Task::Test(options) => test::test(&workspace, options),
        Task::Build => dist::build(&workspace).map(|dist| println!("{}", dist.display())),
        Task::Soak(options) => soak::soak(&workspace, &options),
        Task::Fuzz(options) => fuzz::fuzz(&workspace, &options),
        Task::Screenshots => screenshots::screenshots(&workspace),
        Task::Bench(options) => bench::bench(&workspace, &options),
        Task::Size => size::check(&dist::build(&workspace)?),
    }
}

fn main() -> ExitCode {
    match perform(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            process::say(format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
