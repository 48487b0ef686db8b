//! Packages of the operating system: apt on Debian and Ubuntu, brew on macOS, one clear line elsewhere.

use crate::process::{ask, run, say, shown, which};
use anyhow::{Context as _, Result, bail};
use std::process::Command;

/// Installs the packages that bring `program`; `what` names it in a sentence.
pub(crate) fn install(what: &str, apt: &[&str], brew: &[&str], program: &str) -> Result<()> {
    let hint =
        format!("{what} is missing and could not be installed: please install `{program}` by hand");
    if which("apt-get").is_some() {
        if !is_root() && which("sudo").is_none() {
            bail!(
                "{what} is missing: run `apt-get install {}` as root",
                apt.join(" ")
            );
        }
        let apt_get = |arguments: &[&str]| {
            let mut command = as_root("apt-get");
            // apt's questions have sensible answers; without this a machine with nobody at it would wait for ever.
            command
                .args(arguments)
                .env("DEBIAN_FRONTEND", "noninteractive");
            command
        };
        let mut update = apt_get(&["update", "-q"]);
        let mut add = apt_get(&["install", "-y", "-q", "--no-install-recommends"]);
        add.args(apt);
        say(format!("{what} is missing; installing it: {}", shown(&add)));
        run(&mut update).and_then(|()| run(&mut add)).context(hint)
    } else if which("brew").is_some() {
        let mut add = Command::new("brew");
        add.arg("install").args(brew);
        say(format!("{what} is missing; installing it: {}", shown(&add)));
        run(&mut add).context(hint)
    } else {
        bail!(
            "{what} is missing, and neither apt nor brew is here to install it: please install `{program}` by hand"
        )
    }
}

/// Keeps the service of a package that is not installed yet from starting, now and later.
pub(crate) fn mask(service: &str) -> Result<()> {
    let unit = format!("/etc/systemd/system/{service}.service");
    let folder = std::path::Path::new("/etc/systemd/system");
    // Without that folder there is nothing that would start it. One that is there, is somebody's own.
    if !folder.is_dir() || std::path::Path::new(&unit).symlink_metadata().is_ok() {
        return Ok(());
    }
    run(as_root("ln").args(["--symbolic", "/dev/null", &unit]))
}

fn is_root() -> bool {
    ask(Command::new("id").arg("-u")).is_some_and(|uid| uid == "0")
}

/// A command that has the system's rights, by sudo where we don't.
fn as_root(program: &str) -> Command {
    if is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.arg(program);
    command
}

/// Ubuntu names the browser's packages differently from Debian.
pub(crate) fn is_ubuntu() -> bool {
    std::fs::read_to_string("/etc/os-release")
        .is_ok_and(|text| text.lines().any(|line| line == "ID=ubuntu"))
}
