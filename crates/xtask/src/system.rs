//! Packages of the operating system: apt on Debian and Ubuntu, brew on macOS, one clear line elsewhere.

use crate::process::{ask, run, say, shown, which};
use anyhow::{Context as _, Result, bail};
use std::process::Command;

/// Installs the packages that bring `program`; `what` names it in a sentence.
pub(crate) fn install(what: &str, apt: &[&str], brew: &[&str], program: &str) -> Result<()> {
    let hint =
        format!("{what} is missing and could not be installed: please install `{program}` by hand");
    if which("apt-get").is_some() {
        let as_root = ask(Command::new("id").arg("-u")).is_some_and(|uid| uid == "0");
        if !as_root && which("sudo").is_none() {
            bail!(
                "{what} is missing: run `apt-get install {}` as root",
                apt.join(" ")
            );
        }
        let apt_get = |arguments: &[&str]| {
            let mut command = Command::new(if as_root { "apt-get" } else { "sudo" });
            if !as_root {
                command.arg("apt-get");
            }
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

/// Ubuntu names the browser's packages differently from Debian.
pub(crate) fn is_ubuntu() -> bool {
    std::fs::read_to_string("/etc/os-release")
        .is_ok_and(|text| text.lines().any(|line| line == "ID=ubuntu"))
}
