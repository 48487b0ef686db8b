//! A joiner's proof that it holds an invite: signatures by the invite's key and by its own, over its own card.
//!
//! A proof that was seen is of no use to anyone else: it names the card.

use minicbor::{Decode, Encode};

use super::keys::{InviteKeys, invite_id};
use crate::identity::{IdentityKey, SignedCard};
use crate::ids::{GroupId, InviteId, MemberId, Timestamp};
use crate::wire::{self, SignatureBytes, labels};

/// Both signatures, over `group_id | invite_id | card hash | asked (u64)`.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct JoinProof {
    /// When the joiner asked, by its own clock: keeps two proofs apart, decides nothing.
    #[n(0)]
    pub asked: Timestamp,
    /// By the invite's key.
    #[n(1)]
    by_invite: SignatureBytes,
    /// By the card's key.
    #[n(2)]
    by_card: SignatureBytes,
}

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
        let statement = statement(group, &invite.id(), card, asked);
        Self {
            asked,
            by_invite: wire::sign(invite.signing_key(), labels::JOIN_PROOF_INVITE, &statement),
            by_card: wire::sign(identity.signing_key(), labels::JOIN_PROOF_CARD, &statement),
        }
    }

    /// Who comes in by this proof and card, with the invite of this public key; `None` if it proves nothing.
    #[must_use]
    pub fn verify(&self, group: &GroupId, ipk: &[u8; 32], card: &SignedCard) -> Option<MemberId> {
        let opened = card.open().ok().filter(|opened| opened.is_for(group))?;
        let statement = statement(group, &invite_id(ipk), card, self.asked);
        let proven = wire::verify(ipk, labels::JOIN_PROOF_INVITE, &statement, &self.by_invite)
            && wire::verify(
                &opened.ik,
                labels::JOIN_PROOF_CARD,
                &statement,
                &self.by_card,
            );
        proven.then(|| opened.member_id())
    }
}

fn statement(
    group: &GroupId,
    invite: &InviteId,
    card: &SignedCard,
    asked: Timestamp,
) -> [u8; 32 + 16 + 32 + 8] {
    let mut bytes = [0; 88];
    let parts: [&[u8]; 4] = [
        group.as_bytes(),
        invite.as_bytes(),
        &card.hash(),
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
