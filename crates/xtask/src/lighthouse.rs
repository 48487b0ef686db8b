//! What Lighthouse says about the first load of the release build from our own relay, on a phone and on a desk.
//!
//! It makes the machine four times slower for a phone and reckons with a slow network. Other work on the machine moves the
//! performance a lot: the row says how fast Lighthouse found it to be. The middle one of several runs counts.

use crate::process::{run, say};
use crate::workspace::Workspace;
use crate::{dist, run as relay, setup};
use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// How often each form is judged; the middle one counts.
const RUNS: usize = 3;

/// Devices that Lighthouse knows, what the table calls them, and the flag that chooses them.
const FORMS: [(&str, Option<&str>); 2] = [("a phone", None), ("a desk", Some("--preset=desktop"))];

/// The categories, as the report names them and as the table does.
const CATEGORIES: [(&str, &str); 4] = [
    ("performance", "performance"),
    ("accessibility", "accessibility"),
    ("best-practices", "best practices"),
    ("seo", "SEO"),
];

/// Times within a first load, as the report names them and as the table does.
const TIMES: [(&str, &str); 3] = [
    ("first-contentful-paint", "first words"),
    ("largest-contentful-paint", "largest words"),
    ("total-blocking-time", "blocked"),
];

/// What the browser is started with; containers run as root, where the sandbox does not start.
const CHROMIUM: &str =
    "--chrome-flags=--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage";

/// Prints a row of the README's table for each form.
pub(crate) fn judge(workspace: &Workspace) -> Result<()> {
    let program = setup::lighthouse()?;
    let chromium = setup::browser()?.chromium;
    let dist = dist::build(workspace)?;
    let folder = workspace.target().join("xtask").join("lighthouse");
    // What an earlier run left behind is another relay's data.
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    let relay = Served::start(&relay::build_relay(workspace)?, &dist, &folder)?;
    for (form, flag) in FORMS {
        say(format!(
            "Lighthouse looks at the app as on {form}, {RUNS} times"
        ));
        let mut reports = Vec::new();
        for number in 1..=RUNS {
            let report = folder.join(format!("{}-{number}.json", form.replace(' ', "-")));
            let mut look = Command::new("node");
            look.arg(&program).arg(&relay.address).args(flag);
            look.args(["--quiet", "--output=json", CHROMIUM]);
            look.arg("--output-path").arg(&report);
            run(look.env("CHROME_PATH", &chromium))?;
            reports.push(serde_json::from_str(&std::fs::read_to_string(&report)?)?);
        }
        println!("{}", row(form, &reports)?);
    }
    Ok(())
}

/// A running relay, on a port of its own; it ends with this.
struct Served {
    relay: Child,
    /// What it prints: nobody reads on, and it must not find the pipe closed.
    output: ChildStdout,
    address: String,
}

impl Served {
    fn start(relay: &Path, dist: &Path, folder: &Path) -> Result<Self> {
        let mut command = Command::new(relay);
        command.args(["--port", "0", "--dist"]).arg(dist);
        command.arg("--data").arg(folder.join("relay"));
        let mut relay = command
            .env("RUST_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("the relay does not start")?;
        let output = relay.stdout.take().context("its output is not ours")?;
        let mut served = Self {
            relay,
            output,
            address: String::new(),
        };
        let lines = BufReader::new(&mut served.output).lines();
        for line in lines {
            if let Some((_, address)) = line?.split_once("listening on ") {
                served.address = format!("http://{}/", address.trim_start_matches("http://"));
                return Ok(served);
            }
        }
        bail!("the relay has ended before it listened");
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself; there is nothing that it would still have to keep.
        let _ = self.relay.kill();
        let _ = self.relay.wait();
    }
}

/// The row of the table: the middle scores of some reports, and their middle times.
fn row(form: &str, reports: &[Value]) -> Result<String> {
    let middle = |pointer: &str| {
        let numbers = reports.iter().map(|report| {
            let error = &report["runtimeError"]["message"];
            ensure!(error.is_null(), "Lighthouse: {error}");
            let number = report.pointer(pointer).and_then(Value::as_f64);
            number.with_context(|| format!("a report without {pointer}"))
        });
        let mut numbers = numbers.collect::<Result<Vec<_>>>()?;
        numbers.sort_by(f64::total_cmp);
        let middle = numbers.get(numbers.len() / 2).copied();
        middle.context("no report at all")
    };
    let mut names = Vec::new();
    let mut scores = Vec::new();
    for (category, name) in CATEGORIES {
        let score = middle(&format!("/categories/{category}/score"))?;
        names.push(name);
        scores.push(format!("{:.0}", score * 100.0));
    }
    let mut times = Vec::new();
    for (audit, name) in TIMES {
        let time = middle(&format!("/audits/{audit}/numericValue"))?;
        times.push(format!("{name} {time:.0} ms"));
    }
    let machine = middle("/environment/benchmarkIndex")?;
    Ok(format!(
        "| Lighthouse, first load on {form}: {} ({}; speed of the machine {machine:.0}) | {} |",
        names.join(" / "),
        times.join(", "),
        scores.join(" / "),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn report(performance: f64, time: f64) -> Value {
        let time = json!({ "numericValue": time });
        json!({
            "environment": { "benchmarkIndex": 2_800.5 },
            "categories": {
                "performance": { "score": performance },
                "accessibility": { "score": 1.0 },
                "best-practices": { "score": 0.96 },
                "seo": { "score": 1.0 },
            },
            "audits": {
                "first-contentful-paint": time,
                "largest-contentful-paint": time,
                "total-blocking-time": time,
            },
        })
    }

    #[test]
    fn the_middle_one_of_several_reports_counts() {
        let reports = [report(0.5, 900.0), report(0.97, 100.0), report(0.9, 200.0)];
        let row = row("a phone", &reports).unwrap();
        assert!(row.ends_with("| 90 / 100 / 96 / 100 |"), "{row}");
        assert!(row.contains("first words 200 ms"), "{row}");
    }

    #[test]
    fn a_page_that_lighthouse_could_not_load_has_no_score() {
        let mut failed = report(1.0, 1.0);
        failed["runtimeError"] = json!({ "message": "no first paint" });
        let error = row("a phone", &[failed]).unwrap_err().to_string();
        assert!(error.contains("no first paint"), "{error}");
        assert!(row("a phone", &[json!({})]).is_err());
    }
}
