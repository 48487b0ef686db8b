//! Everything that reads bytes of a peer or of the storage, one function each, for the fuzzer and for the replay of what
//! it found.
//!
//! Each takes any bytes, never panics but for a defect, and says whether it accepted them. What it accepts it writes
//! again, and panics unless that gives the same bytes: a value has one encoding. The last ones stand for whole clients,
//! which read what a hostile member sends inside valid signatures and sessions.

mod living;
mod peers;
mod seeds;
mod stored;

pub use seeds::seeds;

/// A decoder and its name.
#[derive(Debug, Clone, Copy)]
pub struct Decoder {
    /// As the folder of its corpus is called.
    pub name: &'static str,
    /// What it reads, in a few words.
    pub reads: &'static str,
    /// Reads the bytes; true if it accepted them.
    pub read: fn(&[u8]) -> bool,
}

macro_rules! decoders {
    ($($name:literal, $reads:literal => $read:path;)*) => {
        /// All of them.
        pub const ALL: &[Decoder] = &[$(Decoder { name: $name, reads: $reads, read: $read }),*];
    };
}

decoders! {
    "frame", "what a relay hands over" => peers::frame;
    "message", "a sender-key message" => peers::message;
    "pairwise", "a pairwise frame, before Olm" => peers::pairwise;
    "inner", "a pairwise frame, after Olm" => peers::inner;
    "presence", "a presence token" => peers::presence;
    "request", "a request to join, opened and sealed" => peers::request;
    "op", "an op with its signature" => peers::op;
    "op-body", "an op's kind and body" => peers::op_body;
    "genesis", "a group's genesis" => peers::genesis;
    "card", "a card with its signature" => peers::card;
    "card-signed", "what a card's signature is over" => peers::card_signed;
    "prekeys", "prekeys with their signature" => peers::prekeys;
    "prekeys-signed", "what their signature is over" => peers::prekeys_signed;
    "profile", "a profile with its signature" => peers::profile;
    "profile-signed", "what its signature is over" => peers::profile_signed;
    "sealed-key", "a sealed sender key" => peers::sealed_key;
    "sender-key", "what was sealed" => peers::sender_key;
    "sync", "the body of a SYNC frame" => peers::sync;
    "receipt", "the body of a RECEIPT frame" => peers::receipt;
    "join-reply", "the body of a JOIN_REPLY frame" => peers::join_reply;
    "chain-ref", "the body of RESEND_REQ and SKDM_ACK frames" => peers::chain_ref;
    "call", "the body of a CALL frame" => peers::call;
    "link-signal", "the body of a LINK frame" => peers::link_signal;
    "link-frame", "a message on a link's data channel" => peers::link_frame;
    "description", "a session description that gets its limits" => peers::description;
    "link", "an invite link, as a person pastes it" => peers::link;
    "link-fields", "what is inside an invite link" => peers::link_fields;
    "payload", "the plaintext of a message" => peers::payload;
    "file-note", "the body of a FILE frame" => peers::file_note;
    "body", "what a message says, after its kind" => peers::body;
    "base64url", "the text of an identifier" => peers::base64url;
    "own-chain", "the record of an own chain" => stored::own_chain;
    "peer-chain", "the record of another's chain" => stored::peer_chain;
    "generations", "the record of a member's generations" => stored::generations;
    "channel", "the record of a channel, with the pickles of its sessions" => stored::channel;
    "device", "the record of the device's keys, with the account's pickle" => stored::device;
    "history", "a record of the history" => stored::history;
    "row", "a record as it is encrypted, with its key" => stored::row;
    "join-record", "the record of a join under way" => stored::join_record;
    "settings", "the record of the settings" => stored::settings;
    "snapshot", "a client's storage with one record changed" => living::snapshot;
    "received", "a frame that reaches a client" => living::received;
    "spoken", "what a member says over its channel to a client" => living::spoken;
    "written", "an op that a member or the creator signs" => living::written;
}

/// The decoder of this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Decoder> {
    ALL.iter().find(|decoder| decoder.name == name)
}
