//! Running other programs: said before, shown while they run, and repeatable by hand when they fail.

use anyhow::{Context as _, Result, bail};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Prints one line of our own, told apart from the output of the programs we start.
pub(crate) fn say(text: impl AsRef<str>) {
    eprintln!("[xtask] {}", text.as_ref());
}

/// The cargo that runs us, so that a build never mixes two toolchains.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs `command` with its output on ours; fails with the line that repeats it.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("could not start: {}", shown(command)))?;
    if !status.success() {
        bail!("failed ({status}): {}", shown(command));
    }
    Ok(())
}

/// The standard output of a short question to another program, or nothing when it cannot answer.
pub(crate) fn ask(command: &mut Command) -> Option<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// `command` as one line for a shell, with the environment we added to it.
pub(crate) fn shown(command: &Command) -> String {
    let mut words = Vec::new();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            // PATH is shown as an addition: the whole of it would drown the line.
            let value = if name == "PATH" {
                added_path(value)
            } else {
                quoted(value)
            };
            words.push(format!("{}={value}", name.to_string_lossy()));
        }
    }
    let program = Path::new(command.get_program());
    if program.file_stem() == Some(OsStr::new("cargo")) {
        words.push("cargo".to_owned());
    } else {
        words.push(quoted(program.as_os_str()));
    }
    words.extend(command.get_args().map(quoted));
    words.join(" ")
}

fn added_path(value: &OsStr) -> String {
    let inherited: Vec<PathBuf> = std::env::var_os("PATH")
        .iter()
        .flat_map(std::env::split_paths)
        .collect();
    let added: Vec<String> = std::env::split_paths(value)
        .filter(|p| !inherited.contains(p))
        .map(|p| p.display().to_string())
        .collect();
    format!("\"{}:$PATH\"", added.join(":"))
}

fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+@".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// PATH with `folders` in front of it.
pub(crate) fn path_with(folders: &[PathBuf]) -> Result<std::ffi::OsString> {
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let all = folders
        .iter()
        .cloned()
        .chain(std::env::split_paths(&inherited));
    std::env::join_paths(all).context("a tool folder's name cannot stand in PATH")
}

/// Where the shell would find `program`.
pub(crate) fn which(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| is_executable(file))
}

#[cfg(unix)]
fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata()
        .is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(file: &Path) -> bool {
    file.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_command_can_be_pasted_into_a_shell() {
        let mut command = Command::new("/opt/x/cargo");
        command
            .args(["test", "it's here"])
            .env("A", "b c")
            .env("B", "1");
        assert_eq!(shown(&command), r"A='b c' B=1 cargo test 'it'\''s here'");
    }

    #[test]
    fn a_failing_program_is_named_with_its_arguments() {
        let error = run(Command::new("sh").args(["-c", "exit 3"]))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("sh -c 'exit 3'") && error.contains('3'),
            "{error}"
        );
    }

    #[test]
    fn a_program_that_does_not_exist_is_named() {
        let error = format!(
            "{:#}",
            run(&mut Command::new("no-such-program-here")).unwrap_err()
        );
        assert!(
            error.contains("could not start: no-such-program-here"),
            "{error}"
        );
    }
}
