//! A joiner's proof that it holds an invite: signatures by the invite's key and by its own, over its own card.
//!
//! A proof that was seen is of no use to anyone else: it names the card.

use super::keys::{InviteKeys, invite_id};
use crate::identity::{IdentityKey, SignedCard};
use crate::ids::{GroupId, InviteId, Timestamp};
use crate::wire::record;
use crate::wire::{self, SignatureBytes, labels};

/// Both signatures, over `group_id | invite_id | card hash | asked (u64)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinProof {
    /// When the joiner asked, by its own clock: keeps two proofs apart, decides nothing.
    pub asked: Timestamp,
    /// By the invite's key.
    by_invite: SignatureBytes,
    /// By the card's key.
    by_card: SignatureBytes,
}

record!(JoinProof {
    asked,
    by_invite,
    by_card
});

impl JoinProof {
    /// Proves that the owner of `identity`, with this card, holds the invite.
    #[must_use]
    pub fn new(
        group: &GroupId,
        invite: &InviteKeys,
        card: &SignedCard,
        identity: &IdentityKey,
        asked: Timestamp,
    ) -> Self {
        let statement = statement(group, &invite.id(), &card.hash(), asked);
        Self {
            asked,
            by_invite: wire::sign(invite.signing_key(), labels::JOIN_PROOF_INVITE, &statement),
            by_card: wire::sign(identity.signing_key(), labels::JOIN_PROOF_CARD, &statement),
        }
    }

    /// Whether both signatures are right for a card that was opened: its identity key and its hash.
    #[must_use]
    pub fn verify(
        &self,
        group: &GroupId,
        ipk: &[u8; 32],
        ik: &[u8; 32],
        card_hash: &[u8; 32],
    ) -> bool {
        let statement = statement(group, &invite_id(ipk), card_hash, self.asked);
        wire::verify(ipk, labels::JOIN_PROOF_INVITE, &statement, &self.by_invite)
            && wire::verify(ik, labels::JOIN_PROOF_CARD, &statement, &self.by_card)
    }
}

fn statement(
    group: &GroupId,
    invite: &InviteId,
    card_hash: &[u8; 32],
    asked: Timestamp,
) -> [u8; 32 + 16 + 32 + 8] {
    let mut bytes = [0; 88];
    let parts: [&[u8]; 4] = [
        group.as_bytes(),
        invite.as_bytes(),
        card_hash,
        &asked.0.to_be_bytes(),
    ];
    let mut rest = bytes.as_mut_slice();
    for part in parts {
        let (head, tail) = rest.split_at_mut(part.len());
        head.copy_from_slice(part);
        rest = tail;
    }
    bytes
}
