//! What a fake microphone hears: a tone of a pitch of its own for each person, so that one can tell who is heard.

use anyhow::{Context as _, Result};
use std::f64::consts::TAU;
use std::io::Write as _;
use std::path::Path;

/// Samples a second, what browsers work with inside.
pub(super) const RATE: u32 = 48_000;

/// Seconds until it begins again. Whole, as pitches are in hertz: so the end fits the beginning.
const SECONDS: u32 = 8;

/// The loudest sample, of 1.
const PEAK: f64 = 0.6;

/// The fewest syllables or swells a second: the pauses between syllables are so short that who speaks seems to go on.
const SLOWEST: f64 = 2.0;

/// Paces there are from the slowest on, in steps that fit whole into [`SECONDS`]; the stories' pitches have each its own.
const PACES: u32 = 16;

/// A tone in syllables, as long as the pauses between them. Browsers clean what a microphone hears as if it were speech: what
/// goes on without a pause is noise, which their noise suppression takes out, and what sounds only while others sound may be
/// their echo, which echo cancellation takes out, once in a while and then for good. So everybody pauses, each at a pace of
/// their own, and is at times the only one to speak.
pub(super) fn voice(hertz: u32) -> Vec<f64> {
    let pace = pace(hertz);
    tone(hertz, |second| (TAU * pace * second).sin().max(0.0))
}

/// A tone that swells and never pauses: for measuring when it is first heard.
pub(super) fn hum(hertz: u32) -> Vec<f64> {
    let pace = pace(hertz);
    tone(hertz, |second| 0.5 - 0.5 * (TAU * pace * second).cos())
}

/// How often a second a tone of this pitch begins anew.
fn pace(hertz: u32) -> f64 {
    SLOWEST + f64::from((hertz / 10) % PACES) / f64::from(SECONDS)
}

fn tone(hertz: u32, loudness: impl Fn(f64) -> f64) -> Vec<f64> {
    let level = |sample: u32| {
        let second = f64::from(sample) / f64::from(RATE);
        PEAK * loudness(second) * (TAU * f64::from(hertz) * second).sin()
    };
    (0..RATE * SECONDS).map(level).collect()
}

/// What swings between -1 and 1 as samples of 16 bits, the low byte first.
pub(super) fn samples(levels: &[f64]) -> Vec<u8> {
    let sample = |level: &f64| ((level * f64::from(i16::MAX)) as i16).to_le_bytes();
    levels.iter().flat_map(sample).collect()
}

/// Writes what swings between -1 and 1 as a WAV file.
pub(super) fn write_wav(path: &Path, levels: &[f64]) -> Result<()> {
    let bytes = u32::try_from(levels.len() * 2).context("too long")?;
    let mut file = Vec::new();
    file.write_all(b"RIFF")?;
    file.write_all(&(36 + bytes).to_le_bytes())?;
    file.write_all(b"WAVEfmt ")?;
    file.write_all(&16_u32.to_le_bytes())?;
    // PCM, one channel.
    file.write_all(&[1, 0, 1, 0])?;
    file.write_all(&RATE.to_le_bytes())?;
    file.write_all(&(RATE * 2).to_le_bytes())?;
    // Two bytes a frame, sixteen bits a sample.
    file.write_all(&[2, 0, 16, 0])?;
    file.write_all(b"data")?;
    file.write_all(&bytes.to_le_bytes())?;
    file.write_all(&samples(levels))?;
    std::fs::write(path, file).with_context(|| format!("cannot write {}", path.display()))
}
