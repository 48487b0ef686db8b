//! What a fake microphone hears of somebody who talks: syllables of vowels and hisses, words, and the pauses between them.
//! For measuring what talk costs; nobody has to understand it.

use super::tone::RATE;
use std::f64::consts::TAU;

/// Until it begins again, in seconds.
const SECONDS: usize = 40;
/// The loudest sample, of 1.
const PEAK: f64 = 0.5;
/// How high a voice is at rest, in hertz.
const PITCH: f64 = 115.0;
/// Above this a voice has nothing to say, in hertz.
const TOP: f64 = 4_500.0;
/// The resonances of some vowels, in hertz.
const VOWELS: [[f64; 3]; 5] = [
    [730.0, 1_090.0, 2_440.0],
    [530.0, 1_840.0, 2_480.0],
    [270.0, 2_290.0, 3_010.0],
    [570.0, 840.0, 2_410.0],
    [300.0, 870.0, 2_240.0],
];
/// How wide they are, in hertz.
const WIDTH: f64 = 110.0;

/// Chance that is the same each time.
struct Chance(u64);

impl Chance {
    /// Between 0 and 1.
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn between(&mut self, least: f64, most: f64) -> f64 {
        least + (most - least) * self.next()
    }
}

/// Somebody's talk; each number is somebody else's. A second of speech and 1.6 of silence on average, as
/// people have it in conversations (ITU-T P.59).
pub(super) fn talk(number: u64) -> Vec<f64> {
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15 ^ (number + 1));
    let mut levels = Vec::new();
    while levels.len() < SECONDS * RATE as usize {
        let syllables = chance.between(2.0, 7.0) as usize;
        for _ in 0..syllables {
            if chance.next() < 0.4 {
                hiss(&mut levels, &mut chance);
            }
            vowel(&mut levels, &mut chance);
            let gap = if chance.next() < 0.3 { 0.09 } else { 0.02 };
            silence(&mut levels, gap);
        }
        let pause = chance.between(0.6, 2.6);
        silence(&mut levels, pause);
    }
    let loudest = levels
        .iter()
        .fold(f64::MIN_POSITIVE, |all, it| all.max(it.abs()));
    for level in &mut levels {
        *level *= PEAK / loudest;
    }
    levels
}

fn silence(levels: &mut Vec<f64>, seconds: f64) {
    let samples = (seconds * f64::from(RATE)) as usize;
    levels.extend(std::iter::repeat_n(0.0, samples));
}

/// Rises and falls within a whole.
fn swell(at: f64) -> f64 {
    (at * 8.0).min((1.0 - at) * 4.0).clamp(0.0, 1.0)
}

fn vowel(levels: &mut Vec<f64>, chance: &mut Chance) {
    let samples = (chance.between(0.11, 0.24) * f64::from(RATE)) as usize;
    let from = VOWELS[(chance.next() * VOWELS.len() as f64) as usize % VOWELS.len()];
    let to = VOWELS[(chance.next() * VOWELS.len() as f64) as usize % VOWELS.len()];
    let begins = PITCH * chance.between(0.85, 1.3);
    let ends = begins * chance.between(0.8, 1.1);
    let mut phase = 0.0;
    for sample in 0..samples {
        let at = sample as f64 / samples as f64;
        let pitch = begins + (ends - begins) * at;
        phase += pitch / f64::from(RATE);
        let mut level = 0.0;
        for overtone in 1..=(TOP / pitch) as u32 {
            let hertz = pitch * f64::from(overtone);
            let near = |centre: f64| 1.0 / (1.0 + ((hertz - centre) / WIDTH).powi(2));
            let loud: f64 = from
                .iter()
                .zip(to)
                .map(|(from, to)| near(from + (to - from) * at))
                .sum();
            level += loud / f64::from(overtone).sqrt() * (TAU * phase * f64::from(overtone)).sin();
        }
        levels.push(level * swell(at));
    }
}

fn hiss(levels: &mut Vec<f64>, chance: &mut Chance) {
    let samples = (chance.between(0.05, 0.11) * f64::from(RATE)) as usize;
    let mut before = 0.0;
    for sample in 0..samples {
        let noise = chance.between(-1.0, 1.0);
        // What stays of noise when its low part is taken away.
        levels.push((noise - before) * 0.2 * swell(sample as f64 / samples as f64));
        before = noise;
    }
}
