//! What stands open in a group beside its messages: what it has to be told, what somebody has to decide, what waits.

use discordopus_core::chat::Body;
use discordopus_core::ids::MemberId;
use discordopus_core::io::{Alarm, GroupState, GroupView, RequestView, Role};
use leptos::prelude::{Get as _, With as _};

use super::GroupModel;

/// What stands open. All in one signal: there is rarely anything, and each part is read through a condition or a list
/// that looks whether it has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matters {
    /// What may be an attack, oldest first.
    pub alarms: Vec<Alarm>,
    /// Who has founded the group anew.
    pub offers: Vec<MemberId>,
    /// Who wants to come in and waits for one's word, oldest first.
    pub requests: Vec<RequestView>,
    /// Own texts that are not in the log yet, in order.
    pub waiting_texts: Vec<String>,
    /// How many changes that one asked for have not happened yet.
    pub waiting_changes: usize,
    /// The lowest role that may create invites.
    pub invite_policy: Role,
}

impl Matters {
    pub(super) fn of(view: &GroupView) -> Self {
        let text = |body: &Body| match body {
            Body::Text(text) => Some(text.clone()),
            _ => None,
        };
        Self {
            alarms: view.alarms.clone(),
            offers: view.offers.iter().map(|offer| offer.by).collect(),
            requests: view.requests.clone(),
            waiting_texts: view.waiting_texts.iter().filter_map(text).collect(),
            waiting_changes: view.waiting_changes,
            invite_policy: view.invite_policy,
        }
    }

    /// Lets go of people's words and names.
    pub(super) fn clear(&mut self) {
        self.requests.clear();
        self.waiting_texts.clear();
    }
}

/// Something that a member of the group has to be told, with a next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warning {
    /// What may be an attack.
    Alarm(Alarm),
    /// A member whose safety number was compared has another card now.
    CardChanged(MemberId),
    /// A member has founded the group anew and asks one to go over.
    Offer(MemberId),
    /// The group has lost its creator.
    NoCreator,
}

impl GroupModel {
    /// What one has to be told above the log; nothing once one is out. That a group has split is told in place of the
    /// composer.
    #[must_use]
    pub fn warnings(&self) -> Vec<Warning> {
        if self.is_over() {
            return Vec::new();
        }
        let mut warnings = Vec::new();
        self.matters.with(|matters| {
            let told_here = |alarm: &&Alarm| !matches!(alarm, Alarm::Forked { .. });
            let alarms = matters.alarms.iter().filter(told_here);
            warnings.extend(alarms.map(|alarm| Warning::Alarm(*alarm)));
            warnings.extend(matters.offers.iter().map(|by| Warning::Offer(*by)));
        });
        self.members.with(|members| {
            let changed = members.iter().filter(|member| member.card_changed);
            warnings.extend(changed.map(|member| Warning::CardChanged(member.id)));
        });
        let member = self.state.with(|state| *state == GroupState::Member);
        if member && self.may_refound() {
            warnings.push(Warning::NoCreator);
        }
        warnings
    }

    /// Whether one is offered to found the group anew. While somebody else has done so, going over comes first: two new
    /// groups would part the members.
    #[must_use]
    pub fn may_refound(&self) -> bool {
        self.rights.get().refound && self.matters.with(|matters| matters.offers.is_empty())
    }
}
