//! Tests of invites: links as people paste them, keys, proofs and sealed requests.

mod links;
mod requests;
