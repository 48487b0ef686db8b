//! What a first visit downloads, file by file, and the budgets it must keep to.

use crate::dist::with_ending;
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::Path;

/// What a first load may weigh at most, brotli, all files to the first usable screen: on a slow phone connection
/// (1.5 Mbit/s) this is two seconds.
pub(crate) const FIRST_LOAD_BUDGET: u64 = 402_000;

/// What everything may weigh at most: with the client, which is loaded while somebody types a name.
pub(crate) const WHOLE_BUDGET: u64 = 841_000;

/// The sizes of one file in bytes. Without a smaller copy a file is sent as it is.
struct Weight {
    name: String,
    raw: u64,
    gzip: u64,
    brotli: u64,
}

/// Prints the table and fails above the budgets.
pub(crate) fn check(dist: &Path) -> Result<()> {
    let page = fs::read_to_string(dist.join("index.html"))
        .context("there is no built app: run `cargo xtask build`")?;
    let weigh = |names: Vec<String>| -> Result<Vec<Weight>> {
        names.into_iter().map(|name| weigh(dist, name)).collect()
    };
    println!("{:>9} {:>9} {:>9}  bytes", "raw", "gzip", "brotli");
    let first = weigh(first_load(&page))?;
    first.iter().for_each(Weight::print);
    let shown = print_sum("to the first usable screen", FIRST_LOAD_BUDGET, &first);
    let mut everything = first;
    for weight in weigh(client(&page)?)? {
        weight.print();
        everything.push(weight);
    }
    let all = print_sum("everything", WHOLE_BUDGET, &everything);
    for (what, brotli, budget) in [
        ("the first load", shown, FIRST_LOAD_BUDGET),
        ("the app", all, WHOLE_BUDGET),
    ] {
        if brotli > budget {
            bail!(
                "{what} weighs {brotli} bytes of brotli, {} above the budget",
                brotli - budget
            );
        }
    }
    Ok(())
}

impl Weight {
    fn print(&self) {
        println!(
            "{:>9} {:>9} {:>9}  {}",
            self.raw, self.gzip, self.brotli, self.name
        );
    }
}

/// Prints what some files weigh together, and returns it.
fn print_sum(what: &str, budget: u64, weights: &[Weight]) -> u64 {
    let sum = |part: fn(&Weight) -> u64| weights.iter().map(part).sum::<u64>();
    let brotli = sum(|w| w.brotli);
    println!(
        "{:>9} {:>9} {:>9}  {what}; the budget is {budget}",
        sum(|w| w.raw),
        sum(|w| w.gzip),
        brotli
    );
    brotli
}

fn first_load(page: &str) -> Vec<String> {
    let mut names = vec!["index.html".to_owned()];
    for name in references(page) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The client's thread: its script, and the code that the page names.
fn client(page: &str) -> Result<Vec<String>> {
    let stem = page
        .split("<meta name=\"client\" content=\"/")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .context("the page does not name the client's code")?;
    Ok(vec![
        "client.js".to_owned(),
        format!("{stem}.js"),
        format!("{stem}_bg.wasm"),
    ])
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

    const PAGE: &str = r#"<link rel="preload" href="/a.wasm"><script src="/b.js"></script><meta name="client" content="/c-1"><a href="https://example.org/">x</a>"#;

    fn dist_with(page_module: u64, client_module: u64) -> tempfile::TempDir {
        let dist = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: u64| {
            fs::write(dist.path().join(name), vec![0; bytes as usize]).unwrap();
        };
        fs::write(dist.path().join("index.html"), PAGE).unwrap();
        write("a.wasm", 900_000);
        write("a.wasm.br", page_module);
        write("b.js", 1);
        write("client.js", 1);
        write("c-1.js", 1);
        write("c-1_bg.wasm", 900_000);
        write("c-1_bg.wasm.br", client_module);
        dist
    }

    #[test]
    fn every_file_the_page_names_counts_and_foreign_links_do_not() {
        assert_eq!(first_load(PAGE), ["index.html", "a.wasm", "b.js"]);
        assert_eq!(
            client(PAGE).unwrap(),
            ["client.js", "c-1.js", "c-1_bg.wasm"]
        );
        assert!(client("<p>").is_err());
    }

    #[test]
    fn a_first_load_or_an_app_above_its_budget_fails() {
        let fails = |page, client| {
            let error = check(dist_with(page, client).path()).err()?;
            Some(error.to_string())
        };
        let first = FIRST_LOAD_BUDGET;
        assert_eq!(fails(first - 1_000, 1_000), None);
        let error = fails(first, 1_000).unwrap();
        assert!(error.starts_with("the first load"), "{error}");
        assert_eq!(fails(100_000, WHOLE_BUDGET - 101_000), None);
        let error = fails(100_000, WHOLE_BUDGET - 100_000).unwrap();
        assert!(error.starts_with("the app"), "{error}");
    }

    #[test]
    fn a_file_that_is_named_but_not_built_fails() {
        let dist = dist_with(1, 1);
        fs::remove_file(dist.path().join("b.js")).unwrap();
        assert!(check(dist.path()).unwrap_err().to_string().contains("b.js"));
    }
}
