//! What the fuzzer starts from and what it found, replayed through the same functions.
//!
//! `UPDATE_CORPUS=1 cargo test -p discordopus-core --test corpus` writes the seeds of the decoders that have none yet;
//! `cargo xtask fuzz` adds what it finds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg(not(target_arch = "wasm32"))]

use std::fs;
use std::path::PathBuf;

use discordopus_core::testkit::decoders::{self, ALL, Decoder};

/// Files of one decoder in the repository: enough to show every path that was found, and quick to replay.
const MOST_FILES: usize = 60;

fn folder(decoder: &Decoder) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(decoder.name)
}

/// The files of a decoder, by name.
fn corpus(decoder: &Decoder) -> Vec<(PathBuf, Vec<u8>)> {
    let Ok(entries) = fs::read_dir(folder(decoder)) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: PathBuf| (path.clone(), fs::read(path).unwrap());
    paths.into_iter().map(read).collect()
}

#[test]
fn seeds_are_written_where_there_are_none() {
    if std::env::var_os("UPDATE_CORPUS").is_none() {
        return;
    }
    for decoder in ALL.iter().filter(|decoder| corpus(decoder).is_empty()) {
        fs::create_dir_all(folder(decoder)).unwrap();
        for (number, seed) in decoders::seeds(decoder.name).iter().enumerate() {
            fs::write(folder(decoder).join(format!("seed-{number:02}")), seed).unwrap();
        }
    }
}

#[test]
fn no_file_of_a_corpus_breaks_its_decoder_and_both_outcomes_are_there() {
    for decoder in ALL {
        let files = corpus(decoder);
        assert!(
            (1..=MOST_FILES).contains(&files.len()),
            "{}: {} files",
            decoder.name,
            files.len()
        );
        let accepted = files.iter().filter(|(path, bytes)| {
            let read = || (decoder.read)(bytes);
            std::panic::catch_unwind(read).unwrap_or_else(|_| panic!("{}", path.display()))
        });
        let accepted = accepted.count();
        assert!(accepted > 0, "{} accepts none of its corpus", decoder.name);
        // Anything can be said in a frame that is itself sound, and a storage can lack a record.
        let refuses = !matches!(decoder.name, "spoken" | "snapshot");
        assert_eq!(!(decoder.read)(&[0xff; 5]), refuses, "{}", decoder.name);
    }
}

#[test]
fn every_folder_is_the_corpus_of_a_decoder() {
    let folders = fs::read_dir(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus"));
    for entry in folders.unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(decoders::named(&name).is_some(), "{name}");
    }
}

#[test]
fn what_honest_members_send_and_store_is_accepted() {
    // What was done once can't all be done again.
    for decoder in ALL.iter().filter(|decoder| decoder.name != "written") {
        for seed in decoders::seeds(decoder.name) {
            assert!((decoder.read)(&seed), "{}: {seed:02x?}", decoder.name);
        }
    }
}
