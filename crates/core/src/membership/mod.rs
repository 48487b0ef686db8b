//! The membership log: signed operations in a hash-linked graph, and the state they mean.
//!
//! Each author's ops are a chain (`seq`, `prev`); the heads that an op names (`deps`) tie the chains into one graph.
//! There is no order of arrival and no clock in it: the [`State`] is a pure function of the set of ops, so replicas
//! that hold equal sets agree, and merging is the union of sets.
//!
//! - An op that its own past doesn't entitle is refused by everybody ([`Denied`]).
//! - An op that only turns out wrong because of something done at the same time stays in the log and doesn't count
//!   (the strata and rules are those of `evaluate.rs`).
//! - Ops whose past is incomplete are held, within bounds, in memory only.

mod authority;
mod body;
mod diff;
mod entitle;
mod evaluate;
mod exchange;
mod few_heads;
mod genesis;
mod graph;
mod held;
mod line;
mod log;
pub(crate) mod op;
mod reissue;
mod role;
mod state;

pub use authority::{Verdict, Vouched};
pub use body::{Admission, Cut, LastMessage, LastOp, NewInvite, OpBody, OpKind};
pub use diff::{RosterEvent, diff};
pub use entitle::Denied;
pub use exchange::AuthorTip;
pub use genesis::{Genesis, GenesisError, Policy, group_id};
pub use graph::Place;
pub use held::{MAX_HELD_BYTES, MAX_HELD_OPS};
pub use log::{AuthorError, Inserted, Log, MAX_TWINS, OpError, RestoreError};
pub use op::{MAX_OPS_PER_AUTHOR, MAX_OPS_PER_MEMBER, OP_VERSION, Op, ReadOpError};
pub use state::{
    Ending, FormerInfo, InviteInfo, MemberInfo, Revocation, State, VoidReason, heads_hash,
};

#[cfg(test)]
mod tests;
