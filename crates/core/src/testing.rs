//! For tests only: randomness that repeats.

use core::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};
use sha2::{Digest, Sha256};

/// A generator that gives the same bytes for the same seed: SHA-256 over seed and counter. Never for real keys.
#[derive(Debug, Clone)]
pub struct SeededRng {
    seed: u64,
    block: u64,
    left: Vec<u8>,
}

impl SeededRng {
    /// A generator at the beginning of its stream.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self {
            seed,
            block: 0,
            left: Vec::new(),
        }
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        let mut bytes = [0; 8];
        bytes.fill_with(|| self.next_byte());
        u64::from_be_bytes(bytes)
    }

    /// A number below `bound` (0 for a bound of 0).
    pub fn below(&mut self, bound: u64) -> u64 {
        self.number().checked_rem(bound).unwrap_or(0)
    }

    /// True in `percent` of cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn next_byte(&mut self) -> u8 {
        loop {
            if let Some(byte) = self.left.pop() {
                return byte;
            }
            let mut state = Sha256::new();
            state.update(self.seed.to_be_bytes());
            state.update(self.block.to_be_bytes());
            self.left = state.finalize().to_vec();
            self.block = self.block.wrapping_add(1);
        }
    }
}

impl TryRng for SeededRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_be_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Infallible> {
        for byte in dst {
            *byte = self.next_byte();
        }
        Ok(())
    }
}

// A lie outside of tests, and needed inside them: key generation asks for the marker.
impl TryCryptoRng for SeededRng {}
