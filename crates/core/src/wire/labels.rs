//! Every domain separation label. One label, one use.

use super::crypto::Label;

macro_rules! labels {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub const $name: Label = Label(concat!("DiscordOpus/v1/", $text));)*

        /// All labels, for the tests and the protocol document.
        pub const ALL: &[Label] = &[$($name),*];
    };
}

labels! {
    /// `member_id = H(MEMBER, ik)`.
    MEMBER = "member";
    /// Hash of a card's bytes, kept in the roster.
    CARD_HASH = "card-hash";
    /// Signature over a card.
    CARD_SIGN = "card";
    /// Signature over prekeys.
    PREKEYS_SIGN = "prekeys";
    /// Signature over a profile.
    PROFILE_SIGN = "profile";
    /// `group_id = H(GROUP, genesis)`.
    GROUP = "group";
    /// `op_id = H(OP, op without its signature)`.
    OP = "op";
    /// Signature over an op without its signature.
    OP_SIGN = "op-sign";
    /// `roster_hash`.
    ROSTER = "roster";
    /// `heads_hash`.
    HEADS = "heads";
    /// The safety number of two cards.
    SAFETY_NUMBER = "safety-number";
    /// `ckc`, a chain key's commitment.
    CHAIN_KEY_COMMIT = "ck-commit";
    /// `chain_id`.
    CHAIN = "chain";
    /// The code by which an admin recognises a joiner.
    APPROVAL_CODE = "approval-code";
    /// Message secret of one index.
    MESSAGE_SECRET = "ms";
    /// Next chain key.
    CHAIN_KEY = "ck";
    /// Message header, first bytes of the AAD.
    MESSAGE_HEADER = "msg";
    /// Hash of a message header.
    MESSAGE_HEADER_HASH = "hdr";
    /// Key and nonce of one message.
    MESSAGE_KEY = "mk";
    /// Hash of a message's ciphertext.
    CIPHERTEXT_HASH = "ct";
    /// Signature over a message.
    MESSAGE_SIGN = "msg-sign";
    /// `message_id`, the hash of a finished message.
    MESSAGE_ID = "message-id";
    /// HPKE `info` of a distribution message.
    DISTRIBUTION = "skdm";
    /// `fp` of an invite link.
    LINK = "link";
    /// HKDF-Extract of an invite secret.
    INVITE = "invite";
    /// `invite_id`, from an invite's public key.
    INVITE_ID = "invite-id";
    /// Signature by the invite key over group and author, inside the op that opens the invite.
    INVITE_PROOF = "invite-proof";
    /// Checksum of an invite link's text.
    LINK_CHECKSUM = "link-checksum";
    /// Signing seed from an invite's key.
    INVITE_SIGNING = "invite-signing";
    /// Join-box key from an invite's key.
    JOIN_BOX = "join-box";
    /// Join mailbox from an invite's key.
    JOIN_MAILBOX = "join-mailbox";
    /// AEAD key of one sealed join request, from the join-box key.
    JOIN_REQUEST_KEY = "join-request-key";
    /// Signature by the invite key over a join proof.
    JOIN_PROOF_INVITE = "join-proof-invite";
    /// Signature by the joiner's identity key over a join proof.
    JOIN_PROOF_CARD = "join-proof-card";
    /// What every chunk of a file is authenticated with.
    FILE = "file";
    /// Hash of an encrypted chunk of a file.
    FILE_CHUNK = "file-chunk";
    /// Hash of the list of a segment's chunks.
    FILE_SEGMENT = "file-segment";
    /// `file_id`.
    FILE_ID = "file-id";
    /// The mailbox on which a member's presence (its relay Will) appears.
    PRESENCE = "presence";
}

#[cfg(test)]
mod tests {
    use crate::test_attr::test;
    #[test]
    fn no_two_labels_are_equal() {
        let mut texts: Vec<_> = super::ALL.iter().map(|label| label.as_str()).collect();
        texts.sort_unstable();
        let all = texts.len();
        texts.dedup();
        assert_eq!(texts.len(), all);
    }
}
