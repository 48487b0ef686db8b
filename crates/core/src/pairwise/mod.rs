//! The channel between two members: Olm sessions, and the padded frames inside them.
