//! Carries boot states and core events into the view model: the one writer of what the client says.

use discordopus_core::ids::GroupId;
use discordopus_core::io::{Event, GroupView, JoinState, JoinView};
use leptos::prelude::{GetUntracked as _, Owner, Set as _, Update as _, WithUntracked as _};

use super::portrait::Portrait;
use super::uploads;
use super::{Boot, SoundEvent};
use crate::ui::view_model::{AppModel, GroupModel, MadeInvite, Refused};

/// Writes the view model. Clones write the same one.
///
/// Events come between two tasks of the page, outside of any component, so new groups get the app's own reactive owner:
/// a group's signals live as long as the app, however often its page is opened.
#[derive(Debug, Clone)]
pub struct Bridge {
    model: AppModel,
    owner: Owner,
}

impl Bridge {
    /// A bridge into this model; to be called where the model was made.
    #[must_use]
    pub fn new(model: AppModel) -> Self {
        let owner = Owner::current().unwrap_or_default();
        Self { model, owner }
    }

    /// The start has come further, or the client was taken away.
    pub fn on_boot(&self, boot: Boot) {
        let model = &self.model;
        let was_fresh = model
            .boot
            .with_untracked(|boot| matches!(boot, Boot::Fresh { .. }));
        match &boot {
            Boot::Running {
                commands,
                passphrase,
                ..
            } => {
                model.passphrase.set(*passphrase);
                // A page that is in use already stays as it is: nothing was told to it yet.
                if !was_fresh {
                    model.reset();
                }
                model.commands.set(Some(commands.clone()));
            }
            Boot::Fresh { commands } => {
                model.commands.set(Some(commands.clone()));
                model.ready.set(true);
            }
            _ => model.commands.set(None),
        }
        let is_locked = matches!(boot, Boot::Locked);
        model.boot.set(boot);
        if is_locked {
            // Once nothing shows it any more.
            model.reset();
        }
    }

    /// The client has news.
    pub fn on_event(&self, event: Event) {
        let model = &self.model;
        uploads::hear(&event);
        match event {
            Event::Ready => model.ready.set(true),
            Event::Group(view) => self.take_group(*view),
            Event::GroupForgotten(id) => {
                model.groups.update(|groups| groups.retain(|g| g.id != id));
            }
            Event::GroupCreated(id) => model.arrived.set(Some(id)),
            Event::InviteCreated {
                group,
                invite,
                link,
            } => model.made_invite.set(Some(MadeInvite {
                group,
                invite,
                link,
            })),
            // The group's view holds them as long as they matter.
            Event::JoinRequested { .. } | Event::Alarm { .. } => {}
            Event::Join(view) => self.take_join(view),
            Event::Message(view) => {
                if let Some(group) = self.group(&view.group) {
                    group.take_message(*view);
                }
            }
            Event::MessageGone { group, message } => {
                if let Some(group) = self.group(&group) {
                    group.take_gone(message);
                }
            }
            Event::FileHere { group, number } => {
                if let Some(group) = self.group(&group) {
                    group.take_file(number, true);
                }
            }
            Event::Picture {
                group,
                member,
                picture,
            } => {
                if let Some(group) = self.group(&group) {
                    let portrait = picture.and_then(|bytes| Portrait::of(&bytes));
                    group.pictures.update(|all| {
                        match portrait {
                            Some(portrait) => all.insert(member, portrait),
                            None => all.remove(&member),
                        };
                    });
                }
            }
            Event::FileGone { group, number } => {
                if let Some(group) = self.group(&group) {
                    group.take_file(number, false);
                }
            }
            Event::FileProgress { group, progress } => {
                if let Some(group) = self.group(&group) {
                    group.take_progress(progress);
                }
            }
            Event::Links { group, links } => {
                if let Some(group) = self.group(&group) {
                    group.links.set(links);
                }
            }
            // Whoever hands chunks over is told by itself.
            Event::ChunksKept { .. } => {}
            Event::Draft { group, text } => {
                if let Some(group) = self.group(&group) {
                    group.draft.set(text);
                }
            }
            Event::Refused { group, reason } => model.refused.set(Some(Refused { group, reason })),
            Event::Storage(problem) => model.storage.set(problem),
            Event::Call { group, call } => {
                if let Some(group) = self.group(&group) {
                    group.call.set(call.map(|call| *call));
                }
            }
            Event::Typing { group, members } => {
                if let Some(group) = self.group(&group) {
                    group.typing.set(members);
                }
            }
            Event::Settings(settings) => model.sound.settings.set(*settings),
        }
    }

    /// The page's microphone or speakers have changed.
    pub fn on_sound(&self, event: SoundEvent) {
        self.model.sound.take(event);
    }

    fn group(&self, id: &GroupId) -> Option<GroupModel> {
        let groups = self.model.groups;
        groups.with_untracked(|groups| groups.iter().find(|group| group.id == *id).copied())
    }

    fn take_group(&self, view: GroupView) {
        let known = self.group(&view.id);
        let same_name = known.is_some_and(|group| group.name.get_untracked() == view.name);
        let group = match known {
            Some(group) => {
                group.update(view);
                group
            }
            None => self.owner.with(|| GroupModel::new(view)),
        };
        if same_name {
            return;
        }
        self.model.groups.update(|groups| {
            groups.retain(|other| other.id != group.id);
            let behind = groups.iter().position(|other| other.is_below(&group));
            groups.insert(behind.unwrap_or(groups.len()), group);
        });
    }

    fn take_join(&self, view: JoinView) {
        if let JoinState::Joined(group) = view.state {
            self.model.arrived.set(Some(group));
        }
        self.model.joins.update(|joins| {
            match joins.iter_mut().find(|join| join.invite == view.invite) {
                Some(known) => *known = view,
                None => joins.push(view),
            }
        });
    }
}

#[cfg(test)]
#[path = "bridge_tests.rs"]
mod tests;
