//! The list of the app's files that the service worker keeps, written into it once everything else is built.

use crate::dist::{COPIES, DEPLOYMENT, files};
use anyhow::{Context as _, Result, ensure};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// The service worker, in `dist`.
pub(crate) const WORKER: &str = "service-worker.js";

/// Pictures for the browser's own dialog; no page shows them.
const SCREENSHOTS: &str = "screenshots/";

/// What stands in the source in place of the version and of the list.
const NO_VERSION: &str = "const VERSION = \"\";";
const NO_FILES: &str = "const FILES = new Map([]);";

/// Writes the list and its hash into the service worker in `dist`.
pub(crate) fn write(dist: &Path) -> Result<()> {
    let list = list(dist)?;
    let file = dist.join(WORKER);
    let worker =
        fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    for place in [NO_VERSION, NO_FILES] {
        ensure!(
            worker.matches(place).count() == 1,
            "{WORKER} has no {place:?}"
        );
    }
    // The worker's own code counts: with another one, the browser takes over another version.
    let version = digest(format!("{worker}{list}").as_bytes());
    let version = format!("const VERSION = \"{}\";", &version[..16]);
    let files = format!("const FILES = new Map([\n{list}]);");
    let worker = worker
        .replace(NO_VERSION, &version)
        .replace(NO_FILES, &files);
    fs::write(&file, worker)?;
    Ok(())
}

/// Every file of the app as a line `["/path","sha-256"],`.
fn list(dist: &Path) -> Result<String> {
    let mut lines = String::new();
    for file in files(dist)? {
        let name = file.strip_prefix(dist).unwrap_or(&file);
        let name = name.to_string_lossy().replace('\\', "/");
        if is_kept(&name) {
            let path = if name == "index.html" { "" } else { &name };
            let digest = digest(&fs::read(&file)?);
            writeln!(lines, "[\"/{path}\",\"{digest}\"],")?;
        }
    }
    Ok(lines)
}

/// Whether a file is part of the app: the relay's own copies, what the deployer changes and the list itself are not.
fn is_kept(name: &str) -> bool {
    let is_copy = COPIES.iter().any(|ending| {
        name.strip_suffix(ending)
            .is_some_and(|rest| rest.ends_with('.'))
    });
    !is_copy && name != DEPLOYMENT && name != WORKER && !name.starts_with(SCREENSHOTS)
}

fn digest(bytes: &[u8]) -> String {
    let mut hex = String::new();
    for byte in Sha256::digest(bytes) {
        // Writing to a string never fails.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dist = tempfile::tempdir().unwrap();
        let source = include_str!("../../../static/service-worker.js");
        let add = |name: &str, text: &str| {
            let file = dist.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        };
        add(WORKER, source);
        for (name, text) in files {
            add(name, text);
        }
        write(dist.path()).unwrap();
        dist
    }

    fn worker(dist: &tempfile::TempDir) -> String {
        fs::read_to_string(dist.path().join(WORKER)).unwrap()
    }

    fn version(dist: &tempfile::TempDir) -> String {
        let worker = worker(dist);
        let (_, rest) = worker.split_once("const VERSION = \"").unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    }

    #[test]
    fn the_list_has_every_file_of_the_app_by_its_address_and_digest() {
        let dist = built(&[
            ("index.html", "abc"),
            ("client.js", ""),
            ("languages/de.txt", "x"),
            ("app-1f0c9be27a1d4e55_bg.wasm", "y"),
        ]);
        let worker = worker(&dist);
        // printf abc | sha256sum
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert!(worker.contains(&format!("[\"/\",\"{abc}\"],")), "{worker}");
        assert!(worker.contains(&format!("[\"/client.js\",\"{empty}\"],")));
        assert!(worker.contains("[\"/languages/de.txt\","));
        assert!(worker.contains("[\"/app-1f0c9be27a1d4e55_bg.wasm\","));
        assert_eq!(worker.matches("[\"/").count(), 4);
    }

    #[test]
    fn what_belongs_to_the_deployment_is_never_kept() {
        for name in ["config.json", "service-worker.js", "a.js.br", "a.js.gz"] {
            assert!(!is_kept(name), "{name}");
        }
        assert!(!is_kept("screenshots/wide.png"));
        for name in [
            "index.html",
            "client.js",
            "icons/icon.svg",
            "abr",
            "app.gzip",
        ] {
            assert!(is_kept(name), "{name}");
        }
    }

    #[test]
    fn another_file_or_another_content_makes_another_version() {
        let first = version(&built(&[("a.js", "1")]));
        assert_eq!(first.len(), 16);
        assert_eq!(version(&built(&[("a.js", "1")])), first);
        assert_ne!(version(&built(&[("a.js", "2")])), first);
        assert_ne!(version(&built(&[("b.js", "1")])), first);
        let with_config = [("a.js", "1"), ("config.json", "{}"), ("a.js.br", "z")];
        assert_eq!(version(&built(&with_config)), first);
    }

    #[test]
    fn every_picture_that_the_manifest_names_is_there() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../static");
        let manifest = fs::read_to_string(folder.join("manifest.webmanifest")).unwrap();
        let pictures: Vec<&str> = manifest
            .split("\"src\": \"/")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        assert!(pictures.iter().any(|it| it.starts_with(SCREENSHOTS)));
        for picture in pictures {
            assert!(folder.join(picture).is_file(), "{picture}");
        }
    }

    /// A manifest without its words, and its words.
    fn parted(manifest: &str) -> (Vec<&str>, Vec<&str>) {
        let worded = ["name", "description", "lang", "dir", "label"];
        let is_worded = |key: &str| {
            worded
                .iter()
                .any(|word| key.ends_with(&format!("\"{word}\": ")))
        };
        let mut rest = Vec::new();
        let mut words = Vec::new();
        for (number, part) in manifest.split('"').enumerate() {
            let before: String = manifest
                .split('"')
                .take(number)
                .collect::<Vec<_>>()
                .join("\"");
            let inside = number % 2 == 1;
            if inside && is_worded(&before) && part != "DiscordOpus" {
                words.push(part);
            } else {
                rest.push(part);
            }
        }
        (rest, words)
    }

    #[test]
    fn the_manifests_of_all_languages_differ_in_their_words_only() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../static");
        let read = |path: &str| fs::read_to_string(folder.join(path)).unwrap();
        let english = read("manifest.webmanifest");
        let (rest, words) = parted(&english);
        assert_eq!(words.len(), 8, "{words:?}");
        for tag in ["de", "ar"] {
            let other = read(&format!("manifests/{tag}.webmanifest"));
            let (other_rest, other_words) = parted(&other);
            assert_eq!(other_rest, rest, "{tag}");
            assert_eq!(other_words.len(), words.len(), "{tag}");
            // What the shortcuts lead to is called as it is on the page.
            let page = read(&format!("languages/{tag}.txt"));
            for name in ["create_group", "join_with_link", "settings"] {
                let line = page
                    .lines()
                    .find_map(|line| line.strip_prefix(&format!("{name} = ")));
                assert!(other_words.contains(&line.unwrap()), "{tag}: {name}");
            }
        }
    }

    #[test]
    fn a_worker_without_a_place_for_the_list_is_not_taken() {
        let dist = tempfile::tempdir().unwrap();
        fs::write(dist.path().join(WORKER), "const VERSION = \"\";").unwrap();
        assert!(write(dist.path()).is_err());
    }
}
