//! Randomness from the browser's generator.

use getrandom::SysRng;
use rand_core::UnwrapErr;

/// The browser's generator. It has no way to fail in a page: `crypto.getRandomValues` is asked for small amounts only.
pub type Entropy = UnwrapErr<SysRng>;

/// A handle to the browser's generator.
#[must_use]
pub const fn entropy() -> Entropy {
    UnwrapErr(SysRng)
}
