//! `cargo xtask test`: every check of the project, in the order in which they fail fastest.

use crate::process::{cargo, run, say};
use crate::setup::{self, Browser};
use crate::versions::WASM_TARGET;
use crate::workspace::Workspace;
use crate::{dist, firefox, run as relay, size, street};
use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

/// Which parts to run.
#[derive(clap::Args)]
pub(crate) struct TestOptions {
    /// Only these parts, in the order listed here; everything when none is named.
    #[arg(value_enum)]
    parts: Vec<Part>,
    /// Leave out what needs a browser or the release build: wasm, browser, size, e2e, nat, sound, firefox, foreign.
    #[arg(long)]
    fast: bool,
    /// Passed on to `cargo test`, for example the name of one test.
    #[arg(last = true)]
    rest: Vec<String>,
}

/// One part of the checks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Part {
    /// Formatting.
    Fmt,
    /// Lints, natively and for the browser; warnings are errors.
    Clippy,
    /// Licences and doubled crates, where cargo-deny is installed.
    Deny,
    /// The protocol, natively.
    Core,
    /// The protocol's vectors, derived a second time in Python.
    Python,
    /// The relay over real sockets.
    Relay,
    /// The app's native tests, the import directions, and this tool.
    App,
    /// The protocol on wasm in Chromium.
    Wasm,
    /// The app's adapters in Chromium.
    Browser,
    /// What the first load weighs.
    Size,
    /// Several real browsers through the relay.
    E2e,
    /// The same behind routers of their own, with STUN and TURN, where the kernel gives network namespaces.
    Nat,
    /// Microphones and speakers that come and go during calls, where there is PulseAudio.
    Sound,
    /// Chromium and Firefox in one call, where there is a Firefox.
    Firefox,
    /// Chromium and aiortc in one call, where there is Python.
    Foreign,
}

impl Part {
    fn needs_browser_or_release(self) -> bool {
        matches!(
            self,
            Self::Wasm
                | Self::Browser
                | Self::Size
                | Self::E2e
                | Self::Nat
                | Self::Sound
                | Self::Firefox
                | Self::Foreign
        )
    }

    fn name(self) -> String {
        self.to_possible_value()
            .map(|v| v.get_name().to_owned())
            .unwrap_or_default()
    }
}

/// How a part ended.
enum Outcome {
    Passed,
    /// Why there was nothing to run.
    Skipped(&'static str),
}

/// Runs the parts one after the other; stops at the first that fails.
pub(crate) fn test(workspace: &Workspace, options: TestOptions) -> Result<()> {
    let chosen = |part: &Part| {
        (options.parts.is_empty() || options.parts.contains(part))
            && !(options.fast && part.needs_browser_or_release())
    };
    let parts: Vec<Part> = Part::value_variants()
        .iter()
        .copied()
        .filter(chosen)
        .collect();
    if parts.is_empty() {
        bail!("--fast leaves out every part that was named");
    }
    // First of all, so that a missing browser does not show up after ten minutes of tests.
    set_up(workspace, &parts)?;
    let suite = Suite {
        workspace,
        rest: &options.rest,
    };
    let mut summary = Vec::new();
    for part in parts {
        say(format!("== {}", part.name()));
        let started = Instant::now();
        let outcome = suite.perform(part).with_context(|| {
            format!(
                "part `{0}` failed; run it alone with `cargo xtask test {0}`",
                part.name()
            )
        })?;
        summary.push((part, outcome, started.elapsed()));
    }
    report(&summary);
    if options.fast {
        say("--fast: wasm, browser, size, e2e, nat, sound, firefox and foreign were left out");
    }
    Ok(())
}

/// Installs what any of the parts needs.
fn set_up(workspace: &Workspace, parts: &[Part]) -> Result<()> {
    let any = |wanted: &[Part]| parts.iter().any(|part| wanted.contains(part));
    if any(&[Part::Clippy, Part::Wasm, Part::Browser]) {
        setup::wasm_target()?;
    }
    if any(&[Part::Wasm, Part::Browser]) {
        setup::test_tools(workspace)?;
    }
    if any(&[
        Part::Wasm,
        Part::Browser,
        Part::E2e,
        Part::Nat,
        Part::Sound,
        Part::Firefox,
        Part::Foreign,
    ]) {
        setup::browser()?;
    }
    if any(&[Part::Nat]) {
        // Said again, and counted, when its turn comes.
        let _ = street::set_up();
    }
    if any(&[Part::Sound]) {
        let _ = firefox::sound_server();
    }
    if any(&[Part::Firefox]) {
        let _ = firefox::set_up();
    }
    if any(&[Part::Python]) {
        setup::python()?;
    }
    if any(&[Part::Foreign]) {
        // Said again, and counted, when its turn comes.
        let _ = setup::python_webrtc();
    }
    if any(&[
        Part::Size,
        Part::E2e,
        Part::Nat,
        Part::Sound,
        Part::Firefox,
        Part::Foreign,
    ]) {
        setup::build_tools(workspace)?;
    }
    if any(&[Part::E2e]) {
        setup::axe()?;
    }
    Ok(())
}

fn report(summary: &[(Part, Outcome, Duration)]) {
    say("Summary");
    for (part, outcome, took) in summary {
        let words = match outcome {
            Outcome::Passed => "passed".to_owned(),
            Outcome::Skipped(reason) => format!("skipped: {reason}"),
        };
        say(format!(
            "  {:<8} {:>6.1} s  {words}",
            part.name(),
            took.as_secs_f64()
        ));
    }
}

struct Suite<'a> {
    workspace: &'a Workspace,
    rest: &'a [String],
}

impl Suite<'_> {
    fn perform(&self, part: Part) -> Result<Outcome> {
        match part {
            Part::Fmt => run(&mut self.cargo(&["fmt", "--all", "--check"]))?,
            Part::Clippy => self.clippy()?,
            Part::Deny => return self.deny(),
            Part::Core => self.cargo_test(&["--package", "discordopus-core"])?,
            Part::Python => return self.python(),
            Part::Relay => self.cargo_test(&["--package", "discordopus-relay"])?,
            Part::App => self.app()?,
            Part::Wasm => self.in_browser(&["--package", "discordopus-core"])?,
            Part::Browser => return self.browser(),
            Part::Size => size::check(&dist::build(self.workspace)?)?,
            Part::E2e => return self.e2e(),
            Part::Nat => return self.nat(),
            Part::Sound => return self.sound(),
            Part::Firefox => return self.firefox(),
            Part::Foreign => return self.foreign(),
        }
        Ok(Outcome::Passed)
    }

    fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = cargo();
        command.args(arguments).current_dir(self.workspace.root());
        command
    }

    fn test_command(&self, arguments: &[&str]) -> Command {
        let mut command = self.cargo(&["test", "--locked"]);
        command.args(arguments);
        if !self.rest.is_empty() {
            command.arg("--").args(self.rest);
        }
        command
    }

    fn cargo_test(&self, arguments: &[&str]) -> Result<()> {
        run(&mut self.test_command(arguments))
    }

    fn clippy(&self) -> Result<()> {
        let wasm = ["--target", WASM_TARGET];
        let scopes: [&[&str]; 3] = [
            &["--workspace"],
            &["--package", "discordopus-core"],
            &["--package", "discordopus"],
        ];
        for (scope, target) in scopes.into_iter().zip([&[][..], &wasm, &wasm]) {
            let mut command = self.cargo(&["clippy", "--locked", "--all-targets"]);
            run(command
                .args(scope)
                .args(target)
                .args(["--", "-D", "warnings"]))?;
        }
        Ok(())
    }

    fn deny(&self) -> Result<Outcome> {
        if crate::process::which("cargo-deny").is_none() {
            return Ok(Outcome::Skipped("cargo-deny is not installed"));
        }
        // Advisories need a database from the network; they are for a scheduled job.
        run(&mut self.cargo(&["deny", "--offline", "check", "bans", "licenses", "sources"]))?;
        Ok(Outcome::Passed)
    }

    fn python(&self) -> Result<Outcome> {
        let Some(python) = setup::python()? else {
            return Ok(Outcome::Skipped("python3 is not installed"));
        };
        let mut command = self.test_command(&["--package", "discordopus-core", "--test", "python"]);
        run(command.env("DISCORDOPUS_PYTHON", python))?;
        Ok(Outcome::Passed)
    }

    fn app(&self) -> Result<()> {
        self.cargo_test(&["--package", "discordopus-xtask"])?;
        let mut arguments = vec![
            "--package".to_owned(),
            "discordopus".to_owned(),
            "--lib".to_owned(),
        ];
        for name in self.workspace.tests("")? {
            if !name.starts_with("browser") && !name.starts_with("e2e") {
                arguments.extend(["--test".to_owned(), name]);
            }
        }
        self.cargo_test(&words(&arguments))
    }

    /// Runs a package's tests as wasm in Chromium.
    fn in_browser(&self, arguments: &[&str]) -> Result<()> {
        let path = setup::test_tools(self.workspace)?;
        let browser = setup::browser()?;
        let mut command = self.test_command(&[&["--target", WASM_TARGET], arguments].concat());
        in_chromium(&mut command, self.workspace, path, &browser);
        run(&mut command)
    }

    fn browser(&self) -> Result<Outcome> {
        let mut arguments = vec![
            "--package".to_owned(),
            "discordopus".to_owned(),
            "--lib".to_owned(),
        ];
        for name in self.workspace.tests("browser")? {
            arguments.extend(["--test".to_owned(), name]);
        }
        self.in_browser(&words(&arguments))?;
        Ok(Outcome::Passed)
    }

    fn e2e(&self) -> Result<Outcome> {
        let names = self.workspace.tests("e2e")?;
        if names.is_empty() {
            return Ok(Outcome::Skipped("there are no tests/e2e*.rs yet"));
        }
        self.stories(&names, &[], &[])?;
        Ok(Outcome::Passed)
    }

    fn nat(&self) -> Result<Outcome> {
        if let Some(reason) = street::set_up() {
            return Ok(Outcome::Skipped(reason));
        }
        self.stories(&self.workspace.tests("e2e")?, &["nat::", "street::"], &[])?;
        Ok(Outcome::Passed)
    }

    fn sound(&self) -> Result<Outcome> {
        let sound_server = match firefox::sound_server() {
            Ok(program) => program,
            Err(reason) => return Ok(Outcome::Skipped(reason)),
        };
        let programs = [("DISCORDOPUS_PULSEAUDIO", sound_server)];
        self.stories(&self.workspace.tests("e2e")?, &["plugging::"], &programs)?;
        Ok(Outcome::Passed)
    }

    fn firefox(&self) -> Result<Outcome> {
        let programs = match firefox::set_up() {
            Ok(programs) => programs,
            Err(reason) => return Ok(Outcome::Skipped(reason)),
        };
        let programs = [
            ("GECKODRIVER", programs.driver),
            ("DISCORDOPUS_PULSEAUDIO", programs.sound_server),
        ];
        self.stories(&self.workspace.tests("e2e")?, &["firefox::"], &programs)?;
        Ok(Outcome::Passed)
    }

    fn foreign(&self) -> Result<Outcome> {
        let python = match setup::python_webrtc() {
            Ok(Some(python)) => python,
            Ok(None) => return Ok(Outcome::Skipped("python3 is not installed")),
            Err(error) => {
                say(format!("{error:#}"));
                return Ok(Outcome::Skipped("aiortc could not be installed"));
            }
        };
        let python = [("DISCORDOPUS_PYTHON", python)];
        self.stories(&self.workspace.tests("e2e")?, &["foreign::"], &python)?;
        Ok(Outcome::Passed)
    }

    /// Stories that happen in browsers. Those of `modules` need more than a browser and a relay: a plain `cargo test`
    /// leaves them out, and counts them.
    fn stories(
        &self,
        names: &[String],
        modules: &[&str],
        programs: &[(&str, PathBuf)],
    ) -> Result<()> {
        let browser = setup::browser()?;
        let dist = dist::build(self.workspace)?;
        let relay = relay::build_relay(self.workspace)?;
        let mut command = self.cargo(&["test", "--locked", "--package", "discordopus"]);
        for name in names {
            command.args(["--test", name]);
        }
        command.arg("--");
        if !modules.is_empty() {
            command.arg("--ignored");
        }
        if self.rest.is_empty() {
            command.args(modules);
        }
        command.args(self.rest);
        for (variable, program) in programs {
            command.env(variable, program);
        }
        command
            .env("PATH", street::path()?)
            .env("DISCORDOPUS_DIST", dist)
            .env("DISCORDOPUS_RELAY", relay)
            .env("DISCORDOPUS_AXE", setup::axe()?)
            .env("DISCORDOPUS_CHROMIUM", browser.chromium)
            .env("CHROMEDRIVER", browser.driver);
        run(&mut command)
    }
}

pub(crate) fn in_chromium(
    command: &mut Command,
    workspace: &Workspace,
    path: OsString,
    browser: &Browser,
) {
    command
        .env("PATH", path)
        .env("CHROMEDRIVER", &browser.driver)
        .env("WASM_BINDGEN_USE_BROWSER", "1")
        .env(
            "WASM_BINDGEN_TEST_WEBDRIVER_JSON",
            workspace.path("webdriver.json"),
        )
        // Property tests of lattice cryptography take longer in an unoptimised wasm build than the runner expects.
        .env("WASM_BINDGEN_TEST_TIMEOUT", "300");
}

fn words(owned: &[String]) -> Vec<&str> {
    owned.iter().map(String::as_str).collect()
}
