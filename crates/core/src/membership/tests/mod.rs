//! Tests of the log: the rules, bad input, convergence, and what replicas tell each other.

mod authority;
mod authority_model;
mod bad_input;
mod bounds;
mod cast;
#[cfg(not(target_arch = "wasm32"))]
mod convergence;
mod exchange;
mod model;
mod rules;
