//! The release build of the app: Trunk's output in `dist/`, with a brotli and a gzip copy beside each file.
//!
//! The copies are made here, once, at the highest level, so that the relay sends them as they are.

use crate::precache;
use crate::process::{cargo, run, say};
use crate::setup;
use crate::versions::{BINARYEN, TRUNK};
use crate::workspace::Workspace;
use anyhow::{Context as _, Result};
use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// What the app is built from. A change in any of them makes the next build a real one.
const INPUTS: [&str; 13] = [
    "Cargo.toml",
    "Cargo.lock",
    "Trunk.toml",
    "index.html",
    ".cargo/config.toml",
    "src",
    "static",
    "crates/core/Cargo.toml",
    "crates/core/src",
    "crates/core/README.md",
    "crates/xtask/src/dist.rs",
    "crates/xtask/src/precache.rs",
    "crates/xtask/src/versions.rs",
];

/// The kinds of file that shrink; pictures and sounds are compressed already.
const COMPRESSIBLE: [&str; 8] = [
    "html",
    "js",
    "css",
    "wasm",
    "json",
    "webmanifest",
    "svg",
    "txt",
];

/// Builds the app if anything it is made from has changed, and says where it is.
pub(crate) fn build(workspace: &Workspace) -> Result<PathBuf> {
    let dist = workspace.dist();
    let record = workspace.target().join("xtask").join("dist.inputs");
    // Taken before the build: an edit made while it runs must lead to another build.
    let inputs = fingerprint(workspace.root())?;
    if let Ok(recorded) = fs::read_to_string(&record)
        && recorded == format!("{inputs}\n{}", listing(&dist)?)
    {
        say("The app is up to date");
        return Ok(dist);
    }

    let tools = setup::build_tools(workspace)?;
    say("Fetching the libraries the app is made of, where they are not here yet");
    run(cargo()
        .args(["fetch", "--locked"])
        .current_dir(workspace.root()))?;

    say("Building the app for release with Trunk (a few minutes the first time)");
    let started = Instant::now();
    // Offline, so that Trunk uses the tools from PATH and never downloads its own. It reads NO_COLOR as true or false
    // and refuses the usual NO_COLOR=1.
    run(Command::new(&tools.trunk)
        .args([
            "build",
            "--release",
            "--offline",
            "--locked",
            "--skip-version-check",
        ])
        .arg("--dist")
        .arg(&dist)
        .env("PATH", tools.path()?)
        .env_remove("NO_COLOR")
        // What failed is in the compiler's words; a backtrace of Trunk would only push them off the screen.
        .env_remove("RUST_BACKTRACE")
        .current_dir(workspace.root()))
    .context("the app did not build")?;
    say(format!(
        "Built in {} s; compressing",
        started.elapsed().as_secs()
    ));
    tidy(&dist)?;
    join_styles(&dist)?;
    hash_client(&dist)?;
    precache::write(&dist)?;
    compress(&dist)?;

    fs::create_dir_all(record.parent().unwrap_or(Path::new(".")))?;
    fs::write(&record, format!("{inputs}\n{}", listing(&dist)?))?;
    Ok(dist)
}

/// Where the page names the client's code, and how Trunk's output is called: without a hash, as it does for all workers.
const CLIENT: &str = "discordopus-client";

/// Puts a hash into the names of the client's code, so that a page never meets the client of another version, and
/// browsers keep it for good.
fn hash_client(dist: &Path) -> Result<()> {
    let parts = [".js", "_bg.wasm"];
    let file = |stem: &str, part: &str| dist.join(format!("{stem}{part}"));
    let mut hasher = DefaultHasher::new();
    for part in parts {
        let file = file(CLIENT, part);
        fs::read(&file)
            .with_context(|| format!("cannot read {}", file.display()))?
            .hash(&mut hasher);
    }
    let hashed = format!("{CLIENT}-{:016x}", hasher.finish());
    for part in parts {
        fs::rename(file(CLIENT, part), file(&hashed, part))?;
    }
    let page = dist.join("index.html");
    let text = fs::read_to_string(&page)?;
    let (named, wanted) = (format!("\"/{CLIENT}\""), format!("\"/{hashed}\""));
    if !text.contains(&named) {
        anyhow::bail!("the page does not name the client's code");
    }
    fs::write(&page, text.replace(&named, &wanted))?;
    Ok(())
}

/// Makes one file of all styles, in their order: a page is drawn when all of them are here, and each is a way of its own.
fn join_styles(dist: &Path) -> Result<()> {
    const LINK: &str = "<link rel=\"stylesheet\" href=\"/";
    let page = dist.join("index.html");
    let text = fs::read_to_string(&page)?;
    let mut joined = String::new();
    let mut kept = Vec::new();
    for line in text.lines() {
        let Some((name, _)) = line
            .trim()
            .strip_prefix(LINK)
            .and_then(|rest| rest.split_once('"'))
        else {
            kept.push(line.to_owned());
            continue;
        };
        let file = dist.join(name);
        let style =
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        if joined.is_empty() {
            // Where the first one stood; its name follows from what is in it.
            kept.push(LINK.to_owned());
        }
        joined.push_str(&style);
        fs::remove_file(file)?;
    }
    anyhow::ensure!(!joined.is_empty(), "the page has no styles");
    let mut hasher = DefaultHasher::new();
    joined.hash(&mut hasher);
    let name = format!("styles-{:016x}.css", hasher.finish());
    fs::write(dist.join(&name), joined)?;
    let mut page_text = kept.join("\n").replace(LINK, &format!("{LINK}{name}\">"));
    page_text.push('\n');
    fs::write(page, page_text)?;
    Ok(())
}

/// Takes comments and indentation out of scripts and styles: what a reader of the tree needs and a browser does not.
fn tidy(dist: &Path) -> Result<()> {
    for file in files(dist)? {
        let ending = file.extension().and_then(|ending| ending.to_str());
        if !matches!(ending, Some("js" | "css")) {
            continue;
        }
        let text =
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        fs::write(&file, without_comments(&text, ending == Some("js")))?;
    }
    Ok(())
}

/// Without lines that are comments only, without what stands before and behind the others, and without empty ones. A
/// text in which a string goes over several lines stays as it is: there, spaces count.
fn without_comments(text: &str, is_script: bool) -> String {
    if text.lines().any(|line| line.matches('`').count() % 2 == 1) {
        return text.to_owned();
    }
    let mut kept = String::with_capacity(text.len());
    let mut in_comment = false;
    for line in text.lines().map(str::trim) {
        let begins = !in_comment && line.starts_with("/*");
        if in_comment || begins {
            in_comment = !line.ends_with("*/");
            continue;
        }
        if line.is_empty() || (is_script && line.starts_with("//")) {
            continue;
        }
        kept.push_str(line);
        kept.push('\n');
    }
    kept
}

/// A number that changes with any input's name or content, with the tools, and with the compiler.
fn fingerprint(root: &Path) -> Result<u64> {
    let mut hasher = DefaultHasher::new();
    (TRUNK, BINARYEN).hash(&mut hasher);
    crate::process::ask(Command::new("rustc").arg("-vV")).hash(&mut hasher);
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"] {
        std::env::var_os(name).hash(&mut hasher);
    }
    for input in INPUTS {
        for file in files(&root.join(input))? {
            file.strip_prefix(root).unwrap_or(&file).hash(&mut hasher);
            fs::read(&file)
                .with_context(|| format!("cannot read {}", file.display()))?
                .hash(&mut hasher);
        }
    }
    Ok(hasher.finish())
}

/// Names and sizes of what lies in `dist`, so that a half-made or touched folder is noticed.
fn listing(dist: &Path) -> Result<String> {
    let mut lines = String::new();
    for file in files(dist)? {
        let name = file
            .strip_prefix(dist)
            .unwrap_or(&file)
            .display()
            .to_string();
        lines.push_str(&format!("{name} {}\n", file.metadata()?.len()));
    }
    Ok(lines)
}

/// All files at or under `path`, sorted; none when it does not exist.
pub(crate) fn files(path: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut waiting = vec![path.to_owned()];
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            for entry in
                fs::read_dir(&path).with_context(|| format!("cannot read {}", path.display()))?
            {
                waiting.push(entry?.path());
            }
        } else if path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The deployer's own file, which may be changed after the build: a compressed copy would go on being served.
pub(crate) const DEPLOYMENT: &str = "config.json";

/// How the names of compressed copies end.
pub(crate) const COPIES: [&str; 2] = ["br", "gz"];

fn compress(dist: &Path) -> Result<()> {
    for file in files(dist)? {
        if file.file_name().is_some_and(|name| name == DEPLOYMENT) {
            continue;
        }
        if !file
            .extension()
            .is_some_and(|e| COMPRESSIBLE.iter().any(|known| e == *known))
        {
            continue;
        }
        let raw = fs::read(&file)?;
        for (ending, packed) in COPIES.into_iter().zip([brotli(&raw)?, gzip(&raw)?]) {
            // A copy that is not smaller would cost the browser time for nothing.
            if packed.len() < raw.len() {
                fs::write(with_ending(&file, ending), packed)?;
            }
        }
    }
    Ok(())
}

/// `a.js` and `br` make `a.js.br`.
pub(crate) fn with_ending(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

fn brotli(raw: &[u8]) -> Result<Vec<u8>> {
    let mut packed = Vec::new();
    // Quality 11, and a window that holds the whole module.
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        size_hint: raw.len(),
        ..Default::default()
    };
    brotli::BrotliCompress(&mut &raw[..], &mut packed, &parameters)?;
    Ok(packed)
}

fn gzip(raw: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(raw)?;
    Ok(encoder.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_indentation_are_not_delivered_and_nothing_else_is_touched() {
        let script = "// what\n/**\n * @param x\n */\nfunction f(x) {\n    // why\n    return `a // b` + x; // c\n}\n\n";
        assert_eq!(
            without_comments(script, true),
            "function f(x) {\nreturn `a // b` + x; // c\n}\n"
        );
        let style = "/* one */\n.a {\n  color: red; /* two */\n}\n/*\nthree */\n.b { }\n";
        assert_eq!(
            without_comments(style, false),
            ".a {\ncolor: red; /* two */\n}\n.b { }\n"
        );
        let text_over_lines = "const a = `\n  // kept\n`;\n";
        assert_eq!(without_comments(text_over_lines, true), text_over_lines);
    }
    use std::io::Read as _;

    fn sample() -> Vec<u8> {
        (0..20_000_u32)
            .flat_map(|i| (i / 7).to_le_bytes())
            .collect()
    }

    #[test]
    fn all_styles_are_one_file_in_their_order() {
        let dist = tempfile::tempdir().unwrap();
        let path = |name: &str| dist.path().join(name);
        let link = |name| format!("    <link rel=\"stylesheet\" href=\"/{name}.css\"/>\n");
        let page = format!(
            "<head>\n{}{}<link rel=\"icon\" href=\"/i\">\n</head>\n",
            link("b"),
            link("a")
        );
        fs::write(path("index.html"), page).unwrap();
        fs::write(path("a.css"), "a {}\n").unwrap();
        fs::write(path("b.css"), "b {}\n").unwrap();
        join_styles(dist.path()).unwrap();
        let names = files(dist.path()).unwrap();
        let [page, style] = names.as_slice() else {
            panic!("{names:?}");
        };
        assert_eq!(fs::read_to_string(style).unwrap(), "b {}\na {}\n");
        let name = style.file_name().unwrap().to_string_lossy();
        let wanted = format!(
            "<head>\n<link rel=\"stylesheet\" href=\"/{name}\">\n<link rel=\"icon\" href=\"/i\">\n</head>\n"
        );
        assert_eq!(fs::read_to_string(page).unwrap(), wanted);
        fs::write(path("index.html"), "<p>").unwrap();
        assert!(join_styles(dist.path()).is_err());
    }

    #[test]
    fn both_copies_unpack_to_the_original() {
        let raw = sample();
        let mut from_brotli = Vec::new();
        brotli::BrotliDecompress(&mut &brotli(&raw).unwrap()[..], &mut from_brotli).unwrap();
        assert_eq!(from_brotli, raw);
        let mut from_gzip = Vec::new();
        flate2::read::GzDecoder::new(&gzip(&raw).unwrap()[..])
            .read_to_end(&mut from_gzip)
            .unwrap();
        assert_eq!(from_gzip, raw);
    }

    #[test]
    fn only_files_that_shrink_get_copies() {
        let dist = tempfile::tempdir().unwrap();
        let path = |name: &str| dist.path().join(name);
        fs::write(path("app.js"), sample()).unwrap();
        fs::write(path("tiny.txt"), "a").unwrap();
        fs::write(path("icon.png"), sample()).unwrap();
        compress(dist.path()).unwrap();
        let names: Vec<_> = files(dist.path())
            .unwrap()
            .iter()
            .map(|f| f.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(
            names,
            ["app.js", "app.js.br", "app.js.gz", "icon.png", "tiny.txt"]
        );
    }

    #[test]
    fn the_deployers_own_file_gets_no_copy_that_would_hide_a_change() {
        let dist = tempfile::tempdir().unwrap();
        fs::write(dist.path().join(DEPLOYMENT), sample()).unwrap();
        compress(dist.path()).unwrap();
        assert_eq!(files(dist.path()).unwrap(), [dist.path().join(DEPLOYMENT)]);
    }

    #[test]
    fn only_what_the_app_is_made_of_leads_to_another_build() {
        let root = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let file = root.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        };
        write("src/ui/app.rs", "1");
        let first = fingerprint(root.path()).unwrap();
        write("crates/relay/src/main.rs", "1");
        write("README.md", "1");
        assert_eq!(fingerprint(root.path()).unwrap(), first);
        write("src/ui/app.rs", "2");
        let changed = fingerprint(root.path()).unwrap();
        assert_ne!(changed, first);
        fs::rename(
            root.path().join("src/ui/app.rs"),
            root.path().join("src/ui/page.rs"),
        )
        .unwrap();
        assert_ne!(fingerprint(root.path()).unwrap(), changed);
    }

    #[test]
    fn a_changed_file_in_dist_is_noticed() {
        let dist = tempfile::tempdir().unwrap();
        fs::write(dist.path().join("a"), "1").unwrap();
        let before = listing(dist.path()).unwrap();
        fs::write(dist.path().join("a"), "12").unwrap();
        assert_ne!(listing(dist.path()).unwrap(), before);
    }
}
