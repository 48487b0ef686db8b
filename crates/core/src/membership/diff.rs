//! What changed between two states, as notes for the message log.

use super::graph::Place;
use super::state::{Ending, FormerInfo, MemberInfo, State, VoidReason};
use crate::ids::{InviteId, MemberId};
use crate::io::Role;
use crate::order;

/// One change, with the op that made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RosterEvent {
    /// Somebody came in.
    Joined {
        /// Who.
        member: MemberId,
        /// Who opened the invite.
        invited_by: MemberId,
        /// Who let it in.
        sponsor: MemberId,
        /// The op.
        at: Place,
    },
    /// Somebody left.
    Left {
        /// Who.
        member: MemberId,
        /// The op.
        at: Place,
    },
    /// Somebody was removed.
    Removed {
        /// Who.
        member: MemberId,
        /// By whom.
        by: MemberId,
        /// The op.
        at: Place,
    },
    /// Somebody who seemed to be in never was: something done at the same time came to light.
    Unadmitted {
        /// Who.
        member: MemberId,
        /// Why.
        reason: VoidReason,
    },
    /// The group has another name.
    Renamed {
        /// The name.
        name: String,
        /// By whom; `None` when a renaming turned out not to count and the first name is back.
        by: Option<(Place, MemberId)>,
    },
    /// An invite was opened.
    InviteOpened {
        /// Which.
        invite: InviteId,
        /// By whom.
        by: MemberId,
        /// The op.
        at: Place,
    },
    /// An invite was revoked.
    InviteRevoked {
        /// Which.
        invite: InviteId,
        /// By whom.
        by: MemberId,
        /// The op.
        at: Place,
    },
    /// A member has another role.
    Ranked {
        /// Who.
        member: MemberId,
        /// Which.
        role: Role,
        /// The op, and by whom; `None` when what gave it another role turned out not to count.
        by: Option<(Place, MemberId)>,
    },
    /// Others may open invites than before.
    PolicySet {
        /// The lowest role that may.
        invite: Role,
        /// The op, and by whom; `None` when a change turned out not to count.
        by: Option<(Place, MemberId)>,
    },
    /// A member wrote two ops of one number: a fault or a fraud.
    Equivocated {
        /// Who.
        member: MemberId,
    },
    /// The creator did.
    Forked,
}

impl RosterEvent {
    fn place(&self) -> Option<Place> {
        match self {
            Self::Joined { at, .. }
            | Self::Left { at, .. }
            | Self::Removed { at, .. }
            | Self::InviteOpened { at, .. }
            | Self::InviteRevoked { at, .. } => Some(*at),
            Self::Renamed { by, .. } | Self::Ranked { by, .. } | Self::PolicySet { by, .. } => {
                by.map(|(at, _)| at)
            }
            Self::Unadmitted { .. } | Self::Equivocated { .. } | Self::Forked => None,
        }
    }
}

/// What is different in `new`, in the common order of the ops; what has no op of its own comes last.
#[must_use]
pub fn diff(old: &State, new: &State) -> Vec<RosterEvent> {
    let mut events = Vec::new();
    for (member, stay) in &new.members {
        let before = old.stay(member);
        if before.is_none() {
            events.push(joined(new, *member, stay));
        }
        if before.map_or(Role::Member, |before| before.role) != stay.role {
            events.push(RosterEvent::Ranked {
                member: *member,
                role: stay.role,
                by: stay.ranked,
            });
        }
    }
    for (member, info) in &new.former {
        if old.stay(member).is_none() {
            events.push(joined(new, *member, &info.stay));
        }
        if old.former.get(member).map(|before| before.ending) != Some(info.ending) {
            events.push(ended(*member, info));
        }
    }
    for (member, reason) in &new.void {
        if old.stay(member).is_some() {
            events.push(RosterEvent::Unadmitted {
                member: *member,
                reason: *reason,
            });
        }
    }
    if (&old.name, old.renamed) != (&new.name, new.renamed) {
        events.push(RosterEvent::Renamed {
            name: new.name.clone(),
            by: new.renamed,
        });
    }
    if (old.policy, old.policy_set) != (new.policy, new.policy_set) {
        events.push(RosterEvent::PolicySet {
            invite: new.policy.invite,
            by: new.policy_set,
        });
    }
    for (invite, info) in &new.invites {
        let before = old.invites.get(invite);
        if before.is_none() {
            events.push(RosterEvent::InviteOpened {
                invite: *invite,
                by: info.by,
                at: info.opened,
            });
        }
        if let Some(revoked) = info.revoked
            && before.is_none_or(|before| before.revoked.is_none())
        {
            events.push(RosterEvent::InviteRevoked {
                invite: *invite,
                by: revoked.by,
                at: revoked.at,
            });
        }
    }
    for member in new.equivocators.difference(&old.equivocators) {
        events.push(RosterEvent::Equivocated { member: *member });
    }
    if new.forked && !old.forked {
        events.push(RosterEvent::Forked);
    }
    // `None` last; what has no place, or the same one, stays in the order in which it was found.
    let mut events: Vec<_> = events.into_iter().enumerate().collect();
    order::sort_by_key(&mut events, |(found, event)| {
        (event.place().is_none(), event.place(), *found)
    });
    events.into_iter().map(|(_, event)| event).collect()
}

fn joined(state: &State, member: MemberId, stay: &MemberInfo) -> RosterEvent {
    let sponsor = stay.sponsor.unwrap_or(member);
    let invited_by = stay
        .invite
        .and_then(|invite| state.invites.get(&invite))
        .map_or(sponsor, |invite| invite.by);
    RosterEvent::Joined {
        member,
        invited_by,
        sponsor,
        at: stay.admitted,
    }
}

fn ended(member: MemberId, info: &FormerInfo) -> RosterEvent {
    match info.ending {
        Ending::Left { at } => RosterEvent::Left { member, at },
        Ending::Removed { by, at } => RosterEvent::Removed { member, by, at },
    }
}
