//! What people with more rights than a stranger can do with other programs than ours: holders of a link, members, former
//! members, creators.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "hostile/deviations.rs"]
mod deviations;
#[path = "hostile/floods.rs"]
mod floods;
#[path = "hostile/fork.rs"]
mod fork;
#[path = "hostile/former.rs"]
mod former;
#[path = "hostile/keys.rs"]
mod keys;
#[path = "hostile/refound.rs"]
mod refound;
#[path = "hostile/support.rs"]
mod support;
#[path = "hostile/welcome.rs"]
mod welcome;

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);
