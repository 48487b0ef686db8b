//! Tests of the log: the rules, bad input, convergence, and what replicas tell each other.

mod cast;
mod rules;
