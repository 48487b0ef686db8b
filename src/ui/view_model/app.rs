//! What the whole app shows.

use discordopus_core::ids::{GroupId, InviteId};
use discordopus_core::io::{JoinState, JoinView, Refusal, RequestView};
use discordopus_core::store::StoreError;
use leptos::prelude::*;

use super::{GroupModel, Matters, SoundModel};
use crate::runtime::{Boot, Commands};

/// An invite that was just made. Its link is a secret: it is on screen as long as its dialog, and nowhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeInvite {
    /// The group it leads to.
    pub group: GroupId,
    /// Which.
    pub invite: InviteId,
    /// The whole link.
    pub link: String,
}

/// A command that was not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// The group it was about.
    pub group: Option<GroupId>,
    /// Why.
    pub reason: Refusal,
}

/// Everything there is to show. Cheap to copy.
#[derive(Debug, Clone, Copy)]
pub struct AppModel {
    /// How far the start is.
    pub boot: RwSignal<Boot>,
    /// All that a restarted client knows has been told.
    pub ready: RwSignal<bool>,
    /// The way to speak to the running client.
    pub commands: RwSignal<Option<Commands>>,
    /// The groups, by name.
    pub groups: RwSignal<Vec<GroupModel>>,
    /// Joins that are under way or have ended, oldest first.
    pub joins: RwSignal<Vec<JoinView>>,
    /// The group that one has just founded or come into.
    pub arrived: RwSignal<Option<GroupId>>,
    /// The invite that was just made.
    pub made_invite: RwSignal<Option<MadeInvite>>,
    /// The last refusal, until it is dismissed.
    pub refused: RwSignal<Option<Refused>>,
    /// A passphrase opens what is kept.
    pub passphrase: RwSignal<bool>,
    /// Why the storage takes no writes.
    pub storage: RwSignal<Option<StoreError>>,
    /// Microphone and speakers.
    pub sound: SoundModel,
}

impl AppModel {
    /// Nothing yet. Its signals belong to the current reactive owner.
    #[must_use]
    pub fn new() -> Self {
        Self {
            boot: RwSignal::new(Boot::Starting),
            ready: RwSignal::new(false),
            commands: RwSignal::new(None),
            groups: RwSignal::new(Vec::new()),
            joins: RwSignal::new(Vec::new()),
            arrived: RwSignal::new(None),
            made_invite: RwSignal::new(None),
            refused: RwSignal::new(None),
            passphrase: RwSignal::new(false),
            storage: RwSignal::new(None),
            sound: SoundModel::new(),
        }
    }

    /// The client was started anew, or ended: what an earlier run told is void.
    pub fn reset(&self) {
        self.ready.set(false);
        // Signals live as long as the app; people's words may not.
        self.groups
            .with_untracked(|groups| groups.iter().for_each(GroupModel::clear));
        self.groups.set(Vec::new());
        self.joins.set(Vec::new());
        self.arrived.set(None);
        self.made_invite.set(None);
        self.refused.set(None);
        self.storage.set(None);
    }

    /// One group; the caller is told when groups come and go.
    #[must_use]
    pub fn group(&self, id: &GroupId) -> Option<GroupModel> {
        self.groups
            .with(|groups| groups.iter().find(|group| group.id == *id).copied())
    }

    /// How much waits for a look in all groups: what is unread where that isn't muted, and people who want to come in.
    #[must_use]
    pub fn attention(&self) -> u32 {
        self.groups.with(|groups| {
            groups
                .iter()
                .map(|group| match self.group_notices(&group.id).muted {
                    true => group.requests(),
                    false => group.attention(),
                })
                .fold(0, u32::saturating_add)
        })
    }

    /// The group in which somebody waits for one's word on whether they may come in, and who; the longest-waiting of the
    /// first group that has any.
    #[must_use]
    pub fn next_request(&self) -> Option<(GroupModel, RequestView)> {
        self.groups.with(|groups| {
            groups.iter().find_map(|group| {
                let next = |matters: &Matters| matters.requests.first().cloned();
                Some((*group, group.matters.with(next)?))
            })
        })
    }

    /// The name one goes by in some group, to fill in forms with.
    #[must_use]
    pub fn known_name(&self) -> Option<String> {
        self.groups.with(|groups| {
            groups.iter().find_map(|group| {
                let me = group.me.get();
                group
                    .people
                    .with(|people| people.name(&me).map(str::to_owned))
            })
        })
    }

    /// Whether nothing is kept on this device: everything goes with the page.
    #[must_use]
    pub fn is_in_memory(&self) -> bool {
        let in_memory = |boot: &Boot| {
            matches!(
                boot,
                Boot::Running {
                    in_memory: true,
                    ..
                }
            )
        };
        self.boot.with(in_memory)
    }

    /// Joins that still wait for an answer.
    #[must_use]
    pub fn waiting_joins(&self) -> Vec<JoinView> {
        self.joins.with(|joins| {
            joins
                .iter()
                .filter(|join| is_waiting(join.state))
                .cloned()
                .collect()
        })
    }

    /// Says a command through the running client, if there is one.
    pub fn command(&self, say: impl FnOnce(&Commands)) {
        self.commands.with_untracked(|commands| {
            if let Some(commands) = commands {
                say(commands);
            }
        });
    }
}

impl Default for AppModel {
    fn default() -> Self {
        Self::new()
    }
}

fn is_waiting(state: JoinState) -> bool {
    matches!(
        state,
        JoinState::Joining | JoinState::Waiting | JoinState::WaitingForApproval
    )
}
