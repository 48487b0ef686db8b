//! What an admin writes again because a checkpoint came that had not seen it.
//!
//! A checkpoint voids what an admin did at the same time, since nothing tells that apart from what was dated back. Who
//! did it honestly does it again, on top of the checkpoint.

use super::body::OpBody;
use super::graph::Node;
use super::log::Log;
use super::state::State;
use crate::ids::{MemberId, OpId};

impl Log {
    /// The bodies of one's own ops that counted `before`, and don't any more since these ops came, with a checkpoint among
    /// them; in the order in which they were written.
    #[must_use]
    pub fn to_reissue(&self, me: &MemberId, came: &[OpId], before: &State) -> Vec<OpBody> {
        let checkpoints: Vec<_> = came
            .iter()
            .filter_map(|id| self.graph.find(id))
            .filter(|index| {
                let node = self.graph.node(*index);
                node.is_some_and(|node| matches!(node.op.body, OpBody::Checkpoint { .. }))
            })
            .collect();
        if checkpoints.is_empty() || self.state().forked {
            return Vec::new();
        }
        let missed = |index: usize, node: &Node| {
            checkpoints.iter().any(|checkpoint| {
                let seen = self.graph.node(*checkpoint);
                !node.past.contains(*checkpoint)
                    && seen.is_some_and(|seen| !seen.past.contains(index))
            })
        };
        let own = self.graph.chain(me).into_iter().flatten();
        own.flat_map(|(_, twins)| twins)
            .filter_map(|index| Some((*index, self.graph.node(*index)?)))
            .filter(|(index, node)| missed(*index, node))
            .filter_map(|(_, node)| self.again(node, before))
            .collect()
    }

    /// The op's body, if its effect was there and is gone.
    fn again(&self, node: &Node, before: &State) -> Option<OpBody> {
        let now = self.state();
        let gone = match &node.op.body {
            OpBody::Remove { member, cut } => {
                let undone = before.former.contains_key(member) && now.is_present(member);
                return undone.then(|| OpBody::Remove {
                    member: *member,
                    cut: self.cut_for(member, cut.message),
                });
            }
            OpBody::Rename { .. } => {
                let mine = Some((node.place, node.op.author));
                before.renamed == mine && now.renamed != mine
            }
            OpBody::RevokeInvite { invite } => {
                let revoked = |state: &State| {
                    let info = state.invites.get(invite);
                    info.is_some_and(|info| info.revoked.is_some())
                };
                revoked(before) && !revoked(now)
            }
            OpBody::Invite(invite) => {
                let id = invite.id();
                before.invites.contains_key(&id) && !now.invites.contains_key(&id)
            }
            OpBody::Admit(_) => node.newcomer.as_ref().is_some_and(|joiner| {
                before.stay(&joiner.member).is_some() && now.stay(&joiner.member).is_none()
            }),
            _ => false,
        };
        gone.then(|| node.op.body.clone())
    }
}
