//! Whether an author may write an op at all, judged by nothing but the op's own past.
//!
//! The past of an op is fixed by its hashes, so every replica comes to the same answer: what is refused here is
//! refused everywhere, and nothing honest is ever built upon it. Whether an op that is let in also *counts* depends on
//! what was done at the same time, and is the matter of the evaluation.

use super::authority::{Verdict, Vouched};
use super::body::{Admission, LastOp, NewInvite, OpBody};
use super::graph::{Graph, OpSet};
use super::line::{Reading, read};
use super::op::{MAX_OPS_PER_MEMBER, Newcomer, SignedOp};
use super::state::State;
use crate::ids::{MemberId, OpId};
use crate::io::Role;

/// Why an author may not write an op.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The author is not in.
    #[error("not a member")]
    NotMember,
    /// The author's role doesn't allow it.
    #[error("not allowed to this role")]
    Role,
    /// The creator wrote two histories; nothing can be decided any more.
    #[error("forked")]
    Forked,
    /// A plain member has written as many as one can.
    #[error("too many ops for a member")]
    TooMany,
    /// The author itself wrote two ops of one number.
    #[error("equivocated")]
    Equivocated,
    /// A second genesis.
    #[error("second genesis")]
    SecondGenesis,
    /// There is no such invite.
    #[error("unknown invite")]
    InviteUnknown,
    /// There is such an invite already.
    #[error("invite exists")]
    InviteExists,
    /// The author doesn't hold the invite's key.
    #[error("invite not proven")]
    InviteUnproven,
    /// It was revoked.
    #[error("invite revoked")]
    InviteRevoked,
    /// Its time was over.
    #[error("invite expired")]
    InviteExpired,
    /// Others have used it up.
    #[error("invite used up")]
    InviteUsed,
    /// The joiner doesn't prove that it holds the invite, with this card.
    #[error("bad join proof")]
    Proof,
    /// The joiner is in, or was: one key is one stay.
    #[error("member already")]
    AlreadyMember,
    /// The group can't have more members, present and past.
    #[error("group is full")]
    Full,
    /// The one to be removed is not in.
    #[error("target is not a member")]
    TargetNotMember,
    /// The cut names no op of the one to be removed.
    #[error("bad cut")]
    Cut,
    /// The creator has to hand the group over first.
    #[error("the creator can't leave")]
    CreatorCannotLeave,
    /// The one to be made an admin is one, or is the creator, or wrote two ops of one number.
    #[error("can't be raised")]
    Unraisable,
    /// The one to be no admin any more is none.
    #[error("not an admin")]
    NotAdmin,
    /// The card that is vouched for is not the one in the roster.
    #[error("another card")]
    Card,
    /// A checkpoint that doesn't say what its past means.
    #[error("bad checkpoint")]
    Checkpoint,
    /// A ruling on an op that its author didn't know, or that can't be ruled on.
    #[error("bad ruling")]
    Ruling,
}

/// Checks an op against the state that its past means.
pub(super) fn check(
    graph: &Graph,
    past: &OpSet,
    state: &State,
    signed: &SignedOp,
) -> Result<(), Denied> {
    let (author, body) = (&signed.op.author, &signed.op.body);
    let role = state.member(author).ok_or(Denied::NotMember)?.role;
    if state.forked {
        return Err(Denied::Forked);
    }
    // Leaving concerns nobody else, and is the one thing still left to do.
    if state.equivocators.contains(author) && !matches!(body, OpBody::Leave { .. }) {
        return Err(Denied::Equivocated);
    }
    if role == Role::Member
        && signed.op.seq >= MAX_OPS_PER_MEMBER
        && !matches!(body, OpBody::Leave { .. })
    {
        return Err(Denied::TooMany);
    }
    match body {
        OpBody::Create(_) => Err(Denied::SecondGenesis),
        OpBody::Invite(invite) => check_invite(state, author, invite),
        OpBody::RevokeInvite { invite } => match state.invites.get(invite) {
            None => Err(Denied::InviteUnknown),
            Some(info) if info.revoked.is_some() => Err(Denied::InviteRevoked),
            Some(_) if !state.may_revoke(author, invite) => Err(Denied::Role),
            Some(_) => Ok(()),
        },
        OpBody::Admit(admission) => match &signed.newcomer {
            Some(joiner) => check_admit(state, author, admission, joiner),
            None => Err(Denied::Proof),
        },
        OpBody::Remove { member, cut } => {
            if !state.is_present(member) {
                return Err(Denied::TargetNotMember);
            }
            if !state.may_remove(author, member) {
                return Err(Denied::Role);
            }
            check_cut(graph, past, member, cut.op)
        }
        OpBody::Leave { .. } if role == Role::Creator => Err(Denied::CreatorCannotLeave),
        OpBody::Leave { .. } => Ok(()),
        OpBody::Rename { .. } if !state.may_rename(author) => Err(Denied::Role),
        OpBody::Rename { .. } => Ok(()),
        OpBody::GrantAdmin(_)
        | OpBody::RevokeAdmin { .. }
        | OpBody::Ruling { .. }
        | OpBody::Checkpoint { .. }
        | OpBody::TransferCreator(_)
        | OpBody::SetPolicy(_)
            if role != Role::Creator =>
        {
            Err(Denied::Role)
        }
        OpBody::GrantAdmin(vouched) if state.may_grant(author, &vouched.member) => {
            check_vouched(state, vouched)
        }
        OpBody::TransferCreator(vouched) if state.may_transfer(author, &vouched.member) => {
            check_vouched(state, vouched)
        }
        OpBody::GrantAdmin(vouched) | OpBody::TransferCreator(vouched) => {
            if state.is_present(&vouched.member) {
                Err(Denied::Unraisable)
            } else {
                Err(Denied::TargetNotMember)
            }
        }
        OpBody::RevokeAdmin { member, cut } => {
            if !state.may_revoke_admin(author, member) {
                return Err(Denied::NotAdmin);
            }
            check_cut(graph, past, member, *cut)
        }
        OpBody::Checkpoint { heads, roster_hash } => {
            if *heads != signed.op.deps || *roster_hash != state.roster_hash() {
                return Err(Denied::Checkpoint);
            }
            Ok(())
        }
        OpBody::Ruling { op, verdict } => check_ruling(graph, past, state, op, *verdict),
        OpBody::SetPolicy(_) => Ok(()),
    }
}

fn check_vouched(state: &State, vouched: &Vouched) -> Result<(), Denied> {
    let info = state.member(&vouched.member);
    let same = info.is_some_and(|info| info.card_hash == vouched.card_hash);
    if same { Ok(()) } else { Err(Denied::Card) }
}

/// A ruling is about what somebody did in another role than the creator's, and that others may do again: a Leave, which
/// concerns nobody else, stays. Nor does it put out somebody whom the creator vouched for: that is a removal's matter.
fn check_ruling(
    graph: &Graph,
    past: &OpSet,
    state: &State,
    op: &OpId,
    verdict: Verdict,
) -> Result<(), Denied> {
    let known = graph.find(op).filter(|index| past.contains(*index));
    let target = known.and_then(|index| Some((index, graph.node(index)?)));
    let (index, node) = target.ok_or(Denied::Ruling)?;
    let Some(Reading::One(line)) = read(graph, past) else {
        return Err(Denied::Forked);
    };
    let rankless = |member: &MemberId| {
        state
            .member(member)
            .is_none_or(|info| info.role == Role::Member)
    };
    let ruled_on = match &node.op.body {
        OpBody::Invite(_)
        | OpBody::RevokeInvite { .. }
        | OpBody::Remove { .. }
        | OpBody::Rename { .. } => true,
        OpBody::Admit(_) => {
            verdict == Verdict::Uphold
                || node
                    .newcomer
                    .as_ref()
                    .is_some_and(|joiner| rankless(&joiner.member))
        }
        _ => false,
    };
    if ruled_on && !line.contains(index) {
        Ok(())
    } else {
        Err(Denied::Ruling)
    }
}

fn check_invite(state: &State, author: &MemberId, invite: &NewInvite) -> Result<(), Denied> {
    if !state.may_invite(author) {
        return Err(Denied::Role);
    }
    if state.invites.contains_key(&invite.id()) {
        return Err(Denied::InviteExists);
    }
    if !invite.is_proven(&state.group, author) {
        return Err(Denied::InviteUnproven);
    }
    Ok(())
}

fn check_admit(
    state: &State,
    author: &MemberId,
    admission: &Admission,
    joiner: &Newcomer,
) -> Result<(), Denied> {
    let invite = state
        .invites
        .get(&admission.invite)
        .ok_or(Denied::InviteUnknown)?;
    if !state.may_admit(author, &admission.invite) {
        return Err(Denied::Role);
    }
    if invite.revoked.is_some() {
        return Err(Denied::InviteRevoked);
    }
    if admission.at > invite.expires {
        return Err(Denied::InviteExpired);
    }
    if invite.uses_left() == Some(0) {
        return Err(Denied::InviteUsed);
    }
    if state.stay(&joiner.member).is_some() {
        return Err(Denied::AlreadyMember);
    }
    if state.members.len() + state.former.len() >= usize::from(state.max_members) {
        return Err(Denied::Full);
    }
    let ik = &joiner.card.ik;
    if !admission
        .proof
        .verify(&state.group, &invite.ipk, ik, &joiner.card_hash)
    {
        return Err(Denied::Proof);
    }
    Ok(())
}

/// A cut has to name an op of the target that its author knew.
fn check_cut(
    graph: &Graph,
    past: &OpSet,
    target: &MemberId,
    cut: Option<LastOp>,
) -> Result<(), Denied> {
    let Some(last) = cut else {
        return Ok(());
    };
    graph
        .find(&last.id)
        .filter(|index| past.contains(*index))
        .and_then(|index| graph.node(index))
        .filter(|node| node.op.author == *target && node.op.seq == last.seq)
        .map(|_| ())
        .ok_or(Denied::Cut)
}
