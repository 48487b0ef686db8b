//! The bytes of protocol v1, frozen: whatever changes one of these files breaks every other program that speaks it.
//!
//! Each file is made anew from fixed keys and compared. After a deliberate change of the wire,
//! `UPDATE_VECTORS=1 cargo test -p discordopus-core --test vectors` writes them. `pairwise.json` is a recording (Olm draws
//! its own randomness); it is only made when its text is `{}`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "vectors/authority.rs"]
mod authority;
#[path = "vectors/frames.rs"]
mod frames;
#[path = "vectors/identity.rs"]
mod identity;
#[path = "vectors/invite.rs"]
mod invite;
#[path = "vectors/membership.rs"]
mod membership;
#[path = "vectors/pairwise.rs"]
mod pairwise;
#[path = "vectors/primitives.rs"]
mod primitives;
#[path = "vectors/sender_keys.rs"]
mod sender_keys;
#[path = "vectors/support.rs"]
mod support;

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);
