//! What a first visit downloads, file by file, and the budget it must keep to.

use crate::dist::with_ending;
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::Path;

/// What a first load may weigh at most, brotli, all files to the first usable screen: on a slow phone connection
/// (1.5 Mbit/s) this is under two and a half seconds.
pub(crate) const FIRST_LOAD_BUDGET: u64 = 450_000;

/// The sizes of one file in bytes. Without a smaller copy a file is sent as it is.
struct Weight {
    name: String,
    raw: u64,
    gzip: u64,
    brotli: u64,
}

/// Prints the table and fails above the budget.
pub(crate) fn check(dist: &Path) -> Result<()> {
    let weights = first_load(dist)?;
    println!(
        "{:>9} {:>9} {:>9}  first load, bytes",
        "raw", "gzip", "brotli"
    );
    for w in &weights {
        println!("{:>9} {:>9} {:>9}  {}", w.raw, w.gzip, w.brotli, w.name);
    }
    let sum = |part: fn(&Weight) -> u64| weights.iter().map(part).sum::<u64>();
    let brotli = sum(|w| w.brotli);
    println!(
        "{:>9} {:>9} {:>9}  total; the budget is {FIRST_LOAD_BUDGET}",
        sum(|w| w.raw),
        sum(|w| w.gzip),
        brotli
    );
    if brotli > FIRST_LOAD_BUDGET {
        bail!(
            "the first load weighs {brotli} bytes of brotli, {} above the budget",
            brotli - FIRST_LOAD_BUDGET
        );
    }
    Ok(())
}

fn first_load(dist: &Path) -> Result<Vec<Weight>> {
    let page = fs::read_to_string(dist.join("index.html"))
        .context("there is no built app: run `cargo xtask build`")?;
    let mut names = vec!["index.html".to_owned()];
    for name in references(&page) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.into_iter().map(|name| weigh(dist, name)).collect()
}

/// The files of our own that a browser fetches for the page. The icon for home screens is not among them: it is fetched
/// when somebody puts the app there.
fn references(page: &str) -> Vec<String> {
    let tags = page
        .split('<')
        .filter_map(|rest| rest.split('>').next())
        .filter(|tag| !tag.contains("rel=\"apple-touch-icon\""));
    let mut found = Vec::new();
    for tag in tags {
        for attribute in [" href=\"", " src=\""] {
            let value = tag
                .split(attribute)
                .nth(1)
                .and_then(|rest| rest.split('"').next());
            let name = value.and_then(|value| value.strip_prefix('/'));
            if let Some(name) = name.filter(|name| !name.is_empty() && !name.starts_with('/')) {
                found.push(name.to_owned());
            }
        }
    }
    found
}

fn weigh(dist: &Path, name: String) -> Result<Weight> {
    let file = dist.join(&name);
    let raw = fs::metadata(&file)
        .with_context(|| format!("the page names {name}, which was not built"))?
        .len();
    let copy = |ending| fs::metadata(with_ending(&file, ending)).map_or(raw, |m| m.len());
    Ok(Weight {
        raw,
        gzip: copy("gz"),
        brotli: copy("br"),
        name,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dist_with(module_copy: usize) -> tempfile::TempDir {
        let dist = tempfile::tempdir().unwrap();
        let page = r#"<link rel="preload" href="/a.wasm"><script src="/b.js"></script><a href="https://example.org/">x</a>"#;
        fs::write(dist.path().join("index.html"), page).unwrap();
        fs::write(dist.path().join("a.wasm"), vec![0; 900_000]).unwrap();
        fs::write(dist.path().join("a.wasm.br"), vec![0; module_copy]).unwrap();
        fs::write(dist.path().join("b.js"), "1").unwrap();
        dist
    }

    #[test]
    fn every_file_the_page_names_counts_and_foreign_links_do_not() {
        let dist = dist_with(1);
        let names: Vec<_> = first_load(dist.path())
            .unwrap()
            .into_iter()
            .map(|w| w.name)
            .collect();
        assert_eq!(names, ["index.html", "a.wasm", "b.js"]);
    }

    #[test]
    fn a_first_load_above_the_budget_fails() {
        check(dist_with(440_000).path()).unwrap();
        let error = check(dist_with(450_000).path()).unwrap_err().to_string();
        assert!(error.contains("above the budget"), "{error}");
    }

    #[test]
    fn a_file_that_is_named_but_not_built_fails() {
        let dist = dist_with(1);
        fs::remove_file(dist.path().join("b.js")).unwrap();
        assert!(check(dist.path()).unwrap_err().to_string().contains("b.js"));
    }
}
