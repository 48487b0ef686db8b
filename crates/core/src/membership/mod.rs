//! The membership log: signed operations in a hash-linked graph, and the state they mean.
