//! Guards what the compiler cannot: who may import whom, and a few habits of every source file.
//!
//! The rules are data; each is shown to fail on a made-up source before it is trusted on the real ones.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "layout/source.rs"]
mod source;

use source::Source;
use std::path::Path;

/// What the sources below a folder may not name.
struct Border {
    /// The folder, from the workspace's root.
    folder: &'static str,
    /// Paths that may not be named; a `*` at the end stands for any rest of the last part.
    never: &'static [&'static str],
    /// Of the first path, only what lies under the others may be named.
    only: &'static [(&'static str, &'static [&'static str])],
    /// Why, for whoever meets the failure.
    because: &'static str,
}

const BORDERS: &[Border] = &[
    Border {
        folder: "src/ui/",
        never: &["web_sys::Rtc*", "web_sys::Idb*", "rexie", "crate::browser"],
        // Of the core it reads views and sends links and names: no keys, no machines, no stored records.
        only: &[
            (
                "crate::runtime",
                &[
                    "Answer",
                    "Boot",
                    "Bridge",
                    "Commands",
                    "Device",
                    "Devices",
                    "Failure",
                    "Feature",
                    "File",
                    "Finding",
                    "MicrophoneProblem",
                    "Purpose",
                    "Safe",
                    "SafeError",
                    "Sound",
                    "SoundEvent",
                    "SoundRequest",
                    "Startup",
                    "ask_to_keep_storage",
                    "check_connection",
                    "files",
                    "portrait",
                    "storage_state",
                ],
            ),
            (
                "discordopus_core",
                &[
                    "call", "chat", "file", "identity", "ids", "invite", "io", "sorted", "store",
                    "wire",
                ],
            ),
            (
                "discordopus_core::identity",
                &["NameError", "clean_name", "safety_number"],
            ),
            (
                "discordopus_core::store",
                &["MessageQuery", "Order", "StoreError"],
            ),
            (
                "discordopus_core::call",
                &["MANY_PEOPLE", "MAX_PEOPLE", "VOICE_BITRATE"],
            ),
            (
                "discordopus_core::file",
                &["Look", "MAX_FILES", "MAX_MAILED"],
            ),
            ("discordopus_core::wire", &["limits"]),
        ],
        because: "the interface shows view models and calls Commands; it holds no handle of the platform",
    },
    Border {
        folder: "src/browser/",
        never: &[
            "leptos",
            "leptos_router",
            "reactive_stores",
            "crate::runtime",
            "crate::ui",
        ],
        only: &[(
            "discordopus_core",
            &["file", "io", "ids", "sorted", "store"],
        )],
        because: "adapters execute; they neither decide nor show",
    },
    Border {
        folder: "src/runtime/",
        never: &["rexie", "leptos_router"],
        only: &[("crate::ui", &["view_model"])],
        because: "the driver writes view models and knows no page or component",
    },
    Border {
        folder: "crates/core/src/",
        never: &[
            "web_sys",
            "js_sys",
            "wasm_bindgen",
            "wasm_bindgen_futures",
            "leptos",
            "rexie",
            "tokio",
            "getrandom",
            "std::time::SystemTime",
            "std::time::Instant",
            "std::fs",
            "std::net",
            "std::thread",
            "std::env",
            "discordopus",
            "discordopus_relay",
        ],
        only: &[],
        because: "the core does no input or output: time and randomness are arguments",
    },
    Border {
        folder: "crates/core/src/sender_keys/",
        never: &["crate::membership"],
        only: &[],
        because: "the client translates a roster change into a rotation",
    },
    Border {
        folder: "crates/relay/",
        never: &["discordopus"],
        only: &[("discordopus_core", &["ids", "wire"])],
        because: "the relay holds no keys and knows no group",
    },
];

/// Text that may stand nowhere in a source, comments included. Written in halves, so that this file passes.
const LEFTOVERS: [&str; 4] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("todo", "!("),
    concat!("XX", "X"),
];

/// Calls that leave a value alive for ever; listeners are owned by a value that takes them off again.
const LEAKS: [&str; 4] = [".forget()", "::forget(", "::leak(", ".leak()"];

/// Where values may stay for ever: a page has one language as long as it lives.
const KEPT: &str = "src/ui/i18n/";

/// Where words for people stand: what is read or heard there comes from `i18n`.
const SCREENS: [&str; 2] = ["src/ui/components/", "src/ui/pages/"];

/// Attributes that are read to people.
const SPOKEN: [&str; 5] = [
    "aria-label",
    "aria-valuetext",
    "alt",
    "title",
    "placeholder",
];

/// Words for people that stand in the source itself: what a view shows, and attributes that are read out.
fn hard_coded(source: &Source) -> Vec<(usize, String)> {
    let code: Vec<char> = source.code().chars().collect();
    let mut found = Vec::new();
    for literal in source.literals() {
        let says_something = literal.text.chars().any(char::is_alphabetic);
        let before: String = code[..literal.start].iter().collect();
        let after: String = code[literal.end..].iter().collect();
        let before = before.trim_end();
        // In a view a text stands behind a tag, a block or another text; elsewhere only patterns do.
        let is_shown = (before.ends_with('>') || before.ends_with('}'))
            && !before.ends_with("=>")
            && !before.ends_with("->")
            && !after.trim_start().starts_with("=>");
        let is_read = before.strip_suffix('=').is_some_and(|before| {
            let attribute = before.rsplit(char::is_whitespace).next();
            attribute.is_some_and(|name| SPOKEN.contains(&name))
        });
        if says_something && (is_shown || is_read) {
            found.push((literal.line, literal.text));
        }
    }
    found
}

/// One breach, as a line that an editor can jump to.
fn findings(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    let mut at = |line: usize, what: String| found.push(format!("{}:{line}: {what}", source.file));

    for border in BORDERS
        .iter()
        .filter(|border| source.file.starts_with(border.folder))
    {
        for named in source.paths() {
            let breached = border
                .never
                .iter()
                .any(|pattern| names(&named.segments, pattern))
                || border
                    .only
                    .iter()
                    .any(|(root, allowed)| is_outside(&named.segments, root, allowed));
            if breached {
                at(
                    named.line,
                    format!(
                        "names {}, but {}",
                        named.segments.join("::"),
                        border.because
                    ),
                );
            }
        }
    }
    if SCREENS.iter().any(|folder| source.file.starts_with(folder)) {
        for (line, words) in hard_coded(source) {
            at(line, format!("says {words:?} in one language only"));
        }
    }
    if !source.text.starts_with("//!") {
        at(
            1,
            "the first line does not say what the file is for (`//!`)".to_owned(),
        );
    }
    for (number, line) in source.text.lines().enumerate() {
        for leftover in LEFTOVERS
            .iter()
            .filter(|leftover| line.contains(**leftover))
        {
            at(number + 1, format!("{leftover} is left over"));
        }
    }
    for (number, line) in source.code().lines().enumerate() {
        let kept = source.file.starts_with(KEPT);
        for leak in LEAKS.iter().filter(|leak| !kept && line.contains(**leak)) {
            at(
                number + 1,
                format!("{leak} never gives back what it is called on"),
            );
        }
    }
    found
}

/// Whether `segments` name what `pattern` forbids, something inside it, or all of a module it lies in.
fn names(segments: &[String], pattern: &str) -> bool {
    let pattern: Vec<&str> = pattern.split("::").collect();
    for (i, part) in pattern.iter().enumerate() {
        match segments.get(i).map(String::as_str) {
            None => return false,
            Some("*") => return true,
            Some(segment) => {
                let fits = match part.strip_suffix('*') {
                    Some(start) => segment.starts_with(start),
                    None => segment == *part,
                };
                if !fits {
                    return false;
                }
            }
        }
    }
    true
}

/// Whether `segments` lie under `root`, but under nothing of it that is allowed.
///
/// The bare root counts as outside: under another name it would open everything.
fn is_outside(segments: &[String], root: &str, allowed: &[&str]) -> bool {
    let depth = root.split("::").count();
    let under =
        segments.len() >= depth && segments.iter().zip(root.split("::")).all(|(a, b)| a == b);
    under
        && !segments
            .get(depth)
            .is_some_and(|next| allowed.contains(&next.as_str()))
}

/// All Rust sources of the workspace.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut waiting: Vec<_> = ["src", "crates", "tests"]
        .iter()
        .map(|folder| root.join(folder))
        .collect();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            let is_build_output = path.file_name().is_some_and(|name| name == "target");
            if !is_build_output {
                waiting.extend(
                    std::fs::read_dir(&path)
                        .unwrap()
                        .map(|entry| entry.unwrap().path()),
                );
            }
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let file = path
                .strip_prefix(root)
                .unwrap()
                .to_string_lossy()
                .replace('\\', "/");
            found.push(Source {
                file,
                text: std::fs::read_to_string(&path).unwrap(),
            });
        }
    }
    found
}

#[test]
fn every_source_keeps_to_the_layout() {
    let sources = sources();
    for border in BORDERS
        .iter()
        .filter(|border| !border.folder.ends_with("sender_keys/"))
    {
        assert!(
            sources
                .iter()
                .any(|source| source.file.starts_with(border.folder)),
            "nothing lies in {}: the border guards nothing",
            border.folder
        );
    }
    let all: Vec<String> = sources.iter().flat_map(findings).collect();
    assert!(all.is_empty(), "{}", all.join("\n"));
}

/// The findings in a made-up file.
fn found_in(file: &str, code: &str) -> Vec<String> {
    findings(&Source {
        file: file.to_owned(),
        text: format!("//! A made-up file.\n{code}"),
    })
}

#[track_caller]
fn assert_refused(file: &str, code: &str) {
    assert_eq!(found_in(file, code).len(), 1, "{:?}", found_in(file, code));
}

#[track_caller]
fn assert_allowed(file: &str, code: &str) {
    assert_eq!(found_in(file, code), Vec::<String>::new());
}

#[test]
fn the_interface_holds_no_platform_handle() {
    assert_refused("src/ui/app.rs", "use web_sys::RtcPeerConnection;");
    assert_refused("src/ui/app.rs", "fn f(db: &web_sys::IdbDatabase) {}");
    assert_refused("src/ui/app.rs", "use web_sys::*;");
    assert_refused("src/ui/app.rs", "use rexie::Rexie;");
    assert_refused("src/ui/app.rs", "use crate::browser::clock;");
    assert_refused("src/ui/pages/group.rs", "use super::super::super::browser;");
    assert_allowed("src/ui/app.rs", "use web_sys::HtmlElement;");
}

#[test]
fn the_interface_takes_only_its_handles_from_the_runtime() {
    assert_refused("src/ui/app.rs", "use crate::runtime::driver::Driver;");
    assert_refused("src/ui/app.rs", "use crate::runtime::{Commands, start};");
    assert_refused("src/ui/app.rs", "use crate::runtime as everything;");
    assert_refused("src/ui/app.rs", "use crate::runtime::{self};");
    assert_refused("src/ui/app.rs", "use crate::runtime::*;");
    assert_allowed("src/ui/app.rs", "use crate::runtime::{Commands, Boot};");
}

#[test]
fn the_interface_sees_views_and_no_keys() {
    assert_refused("src/ui/app.rs", "use discordopus_core::sender_keys::Chain;");
    assert_refused(
        "src/ui/app.rs",
        "use discordopus_core::identity::IdentityKey;",
    );
    assert_refused("src/ui/app.rs", "use discordopus_core::store::Changes;");
    assert_allowed(
        "src/ui/app.rs",
        "use discordopus_core::{ids::GroupId, io::GroupView, wire::limits::MAX_NAME};",
    );
}

#[test]
fn adapters_neither_decide_nor_show() {
    assert_refused("src/browser/clock.rs", "use leptos::prelude::*;");
    assert_refused(
        "src/browser/clock.rs",
        "fn f() { leptos::logging::log!(\"\") }",
    );
    assert_refused(
        "src/browser/relay/mod.rs",
        "use crate::{runtime::Commands, browser::clock};",
    );
    assert_refused("src/browser/relay/mod.rs", "use super::super::ui::app;");
    assert_refused(
        "src/browser/storage/open.rs",
        "use discordopus_core::membership::Roster;",
    );
    assert_allowed(
        "src/browser/storage/open.rs",
        "use discordopus_core::{io::Output, store::Changes};",
    );
}

#[test]
fn the_driver_writes_view_models_only() {
    assert_refused("src/runtime/bridge.rs", "use crate::ui::pages::Group;");
    assert_allowed("src/runtime/bridge.rs", "use crate::ui::view_model::Group;");
}

#[test]
fn the_core_does_no_input_or_output() {
    for path in [
        "web_sys::Window",
        "js_sys::Date",
        "leptos::prelude::Get",
        "tokio::spawn",
        "getrandom::fill",
    ] {
        assert_refused("crates/core/src/client.rs", &format!("use {path};"));
    }
    for path in ["SystemTime", "Instant"] {
        assert_refused(
            "crates/core/src/client.rs",
            &format!("use std::{{fmt, time::{path}}};"),
        );
        assert_refused(
            "crates/core/src/client.rs",
            &format!("fn f() {{ std::time::{path}::now(); }}"),
        );
    }
    assert_refused("crates/core/src/client.rs", "use std::time::*;");
    assert_allowed("crates/core/src/client.rs", "use std::time::Duration;");
}

#[test]
fn sender_keys_do_not_know_the_membership_log() {
    assert_refused(
        "crates/core/src/sender_keys/chain.rs",
        "use crate::membership::Roster;",
    );
    assert_refused(
        "crates/core/src/sender_keys/mod.rs",
        "use super::membership;",
    );
    assert_allowed(
        "crates/core/src/client.rs",
        "use crate::membership::Roster;",
    );
}

#[test]
fn the_relay_knows_no_group() {
    assert_refused(
        "crates/relay/src/broker.rs",
        "use discordopus_core::membership::Roster;",
    );
    assert_refused(
        "crates/relay/tests/mqtt.rs",
        "use discordopus_core as core;",
    );
    assert_allowed(
        "crates/relay/src/broker.rs",
        "use discordopus_core::{ids::Mailbox, wire};",
    );
}

#[test]
fn words_in_comments_strings_and_test_modules_are_no_imports() {
    let file = "crates/core/src/client.rs";
    assert_allowed(file, "// use tokio::spawn;\n/* /* */ use tokio::spawn; */");
    assert_allowed(file, "const A: &str = \"use tokio::spawn; \\\" tokio::x\";");
    assert_allowed(file, "const A: &str = r#\"\" use tokio::spawn;\"#;");
    assert_allowed(
        file,
        "#[cfg(test)]\nmod tests { use getrandom::SysRng; fn f() { if true {} } }",
    );
    assert_refused(
        file,
        "#[cfg(test)]\nmod tests { fn f() {} }\nuse getrandom::SysRng;",
    );
    assert_refused(
        file,
        "fn f<'a>(c: &'a char) -> bool { *c == '\"' }\nuse tokio::spawn; // \"",
    );
}

#[test]
fn a_finding_names_file_and_line() {
    let found = found_in(
        "src/ui/app.rs",
        "use leptos::prelude::*;\nuse rexie::Rexie;",
    );
    assert!(
        found[0].starts_with("src/ui/app.rs:3: names rexie::Rexie"),
        "{found:?}"
    );
}

#[test]
fn every_file_says_what_it_is_for() {
    let silent = Source {
        file: "src/a.rs".to_owned(),
        text: "fn main() {}".to_owned(),
    };
    assert_eq!(findings(&silent).len(), 1);
}

#[test]
fn every_word_on_screen_comes_from_the_languages() {
    let file = "src/ui/components/a.rs";
    assert_refused(file, "fn f() { view! { <p>\"Hello\"</p> } }");
    assert_refused(file, "fn f() { view! { <p>\n    \"Hello\"\n</p> } }");
    assert_refused(file, "fn f() { view! { <p aria-label=\"Hello\"></p> } }");
    assert_refused(
        "src/ui/pages/a.rs",
        "fn f() { view! { <img alt=\"A cat\" /> } }",
    );
    assert_allowed(
        file,
        "fn f() { view! { <p class=\"muted\">{strings.close()} \" \"</p> } }",
    );
    assert_allowed(
        file,
        "fn f() { view! { <img alt=\"\" title=strings.close() /> } }",
    );
    assert_allowed(file, "fn f() { match a { 1 => \"one\", _ => \"two\" } }");
    assert_allowed(file, "// view! { <p>\"Hello\"</p> }");
    assert_allowed("src/ui/words.rs", "fn f() { view! { <p>\"Hello\"</p> } }");
}

#[test]
fn nothing_is_left_over() {
    for leftover in LEFTOVERS {
        assert_refused("src/a.rs", &format!("// {leftover} later"));
    }
}

#[test]
fn nothing_is_leaked() {
    assert_refused("src/a.rs", "fn f(c: Closure<dyn Fn()>) { c.forget(); }");
    assert_refused(
        "src/a.rs",
        "fn f(c: Closure<dyn Fn()>) { std::mem::forget(c); }",
    );
    assert_allowed("src/a.rs", "fn forget(a: u8) -> u8 { a }");
}

#[test]
fn the_page_introduces_itself_in_every_language() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("index.html")).unwrap();
    let mut languages = vec!["en".to_owned()];
    for entry in std::fs::read_dir(root.join("static/languages")).unwrap() {
        let file = entry.unwrap().path();
        languages.push(file.file_stem().unwrap().to_string_lossy().into_owned());
    }
    assert!(languages.len() > 1, "no languages were found");
    for language in languages {
        let words = format!("<p lang=\"{language}\"");
        assert!(page.contains(&words), "no introduction in {language}");
    }
}
