//! What the stories of calls between networks need: namespaces, routers and a TURN server, all of them Linux's.

use crate::process::{ask, say, which};
use crate::system;
use anyhow::Result;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

/// Debian keeps these apart from what everybody has in PATH.
const SYSTEM_PROGRAMS: [&str; 2] = ["/usr/sbin", "/sbin"];

/// A program, the package of Debian that brings it, and what it is for.
const PROGRAMS: [(&str, &str, &str); 3] = [
    (
        "ip",
        "iproute2",
        "ip, which lays cables between network namespaces,",
    ),
    (
        "iptables",
        "iptables",
        "iptables, which makes their routers,",
    ),
    ("turnserver", "coturn", "coturn, a TURN server,"),
];

/// Installs what is missing. Says in one sentence why there can be no such stories here, if so.
pub(crate) fn set_up() -> Option<&'static str> {
    if !cfg!(target_os = "linux") {
        return Some("only Linux has network namespaces");
    }
    if which("unshare").is_none() || which("nsenter").is_none() {
        return Some("unshare or nsenter (util-linux) is missing");
    }
    for (program, package, what) in PROGRAMS {
        if found(program).is_some() {
            continue;
        }
        if let Err(error) = install(program, package, what) {
            say(format!("{error:#}"));
            return Some("a program is missing and could not be installed");
        }
    }
    // The question is not who one is but what the kernel allows: to make a namespace, and a router in it.
    let mut probe = Command::new("unshare");
    probe.arg("--net");
    if ask(Command::new("id").arg("-u")).is_none_or(|uid| uid != "0") {
        probe.args(["--user", "--map-root-user"]);
    }
    probe.args(["iptables", "-t", "nat", "-A", "POSTROUTING"]);
    probe.args(["-j", "MASQUERADE", "--random-fully"]);
    if let Ok(path) = path() {
        probe.env("PATH", path);
    }
    match ask(&mut probe) {
        Some(_) => None,
        None => Some("the kernel refuses network namespaces or address translation in them"),
    }
}

/// PATH with the folders where the system keeps such programs.
pub(crate) fn path() -> Result<OsString> {
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&inherited).chain(SYSTEM_PROGRAMS.map(PathBuf::from));
    Ok(std::env::join_paths(folders)?)
}

fn found(program: &str) -> Option<PathBuf> {
    let places = SYSTEM_PROGRAMS.map(|folder| PathBuf::from(folder).join(program));
    which(program).or_else(|| places.into_iter().find(|place| place.is_file()))
}

fn install(program: &str, package: &str, what: &str) -> Result<()> {
    // Debian starts a service as soon as it is installed, and at every start of the machine from then on. Here a program
    // is wanted that a test starts and ends.
    if program == "turnserver" {
        say("Its service stays off (masked); `systemctl unmask coturn` if you want one");
        system::mask("coturn")?;
    }
    system::install(what, &[package], &[], program)
}
