//! What is measured on.

/// The machine and the browser, in a line.
pub(crate) fn described() -> String {
    let about = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = about
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("unknown processor", |rest| {
            rest.trim_start_matches([' ', '\t', ':'])
        });
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let program = std::env::var_os("DISCORDOPUS_CHROMIUM").unwrap_or_else(|| "chromium".into());
    let browser = std::process::Command::new(program)
        .arg("--version")
        .output();
    let browser = browser.map_or_else(
        |_| "unknown browser".to_owned(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    );
    format!("{model}, {cores} cores, {browser}, headless")
}
