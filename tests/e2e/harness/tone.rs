//! What a fake microphone hears: a tone of a pitch of its own for each person, so that one can tell who is heard.

use anyhow::{Context as _, Result};
use std::f64::consts::TAU;
use std::io::Write as _;
use std::path::Path;

/// Samples a second, what browsers work with inside.
pub(super) const RATE: u32 = 48_000;

/// Seconds until it begins again. Whole, as pitches are in hertz: so the end fits the beginning.
const SECONDS: u32 = 4;

/// How often a second it swells, at least. A tone that never changes is noise to a browser's noise suppression, which takes
/// it out; tones that swell together are each other's echo to its echo cancellation, which does the same. So each pitch
/// swells at a pace of its own, in whole swells until it begins again.
const SWELLS: f64 = 2.0;

/// Paces there are beyond the slowest.
const PACES: u32 = 13;

/// The loudest sample, of 1.
const PEAK: f64 = 0.6;

/// Writes a tone of `hertz` as a WAV file.
pub(crate) fn write(path: &Path, hertz: u32) -> Result<()> {
    let swells = SWELLS + f64::from((hertz / 10) % PACES) / f64::from(SECONDS);
    let level = |sample: u32| {
        let second = f64::from(sample) / f64::from(RATE);
        let swell = 0.5 - 0.5 * (TAU * swells * second).cos();
        PEAK * swell * (TAU * f64::from(hertz) * second).sin()
    };
    let levels: Vec<f64> = (0..RATE * SECONDS).map(level).collect();
    write_wav(path, &levels)
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
    for level in levels {
        file.write_all(&((level * f64::from(i16::MAX)) as i16).to_le_bytes())?;
    }
    std::fs::write(path, file).with_context(|| format!("cannot write {}", path.display()))
}
