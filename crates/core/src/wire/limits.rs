//! Limits that hold for every reader of the wire, each with its reason.

/// The largest thing a relay carries in one publish, and so the largest bytes ever decoded from one.
pub const MAX_FRAME: usize = 64 * 1024;
/// Largest op: 20 people write perhaps a thousand; the whole log stays small enough to hand over at a join.
pub const MAX_OP: usize = 16 * 1024;
/// Largest text of one message; longer things are attachments.
pub const MAX_TEXT: usize = 16 * 1024;
/// Longest display name and group name, in bytes: fits one line on a phone in any script.
pub const MAX_NAME: usize = 50;
/// Most relay addresses in one list: more would be a way to make every client open many sockets.
pub const MAX_RELAYS: usize = 4;
/// Longest relay address, in bytes.
pub const MAX_RELAY_URL: usize = 200;
/// Most members of a group, present and past, whose cards a client will hold. The app is made for 20.
pub const MAX_MEMBERS: usize = 256;
/// Most heads an op may name.
pub const MAX_DEPS: usize = 32;
