//! What members call themselves now, and how they look.
//!
//! A profile is its owner's signed word, handed on by whoever has it: those who come later learn from the others what one
//! who is away calls itself. Whoever lacks a profile asks one member for it rather than being sent it by all.

use super::Group;
use super::outgoing::Urgency;
use super::records::Touched;
use super::synchronise::is_first_in;
use crate::chat::Body;
use crate::client::batch::Step;
use crate::identity::{Profile, SignedProfile};
use crate::ids::{MILLIS_PER_SECOND, MemberId, MessageId};
use crate::io::{Event, OwnProfile};
use crate::pairwise::PairwiseKind;
use crate::sync::{self, MAX_WANTED_PROFILES, ProfileHave, Sync};
use crate::wire::{self, labels};

/// How long somebody is given to answer before another one is asked for the same profile, in milliseconds.
const ASK_INTERVAL: u64 = 10 * MILLIS_PER_SECOND;

/// A member's newest profile.
#[derive(Debug, Clone)]
pub(crate) struct KnownProfile {
    pub(crate) signed: SignedProfile,
    pub(crate) open: Profile,
}

impl Group {
    /// What a member is called: as it said last, or by its card.
    pub(super) fn name_of(&self, member: &MemberId, card_name: &str) -> String {
        let profile = self.profiles.get(member);
        profile.map_or_else(|| card_name.to_owned(), |it| it.open.name.clone())
    }

    /// Calls oneself something else, or looks different.
    pub(crate) fn set_profile(&mut self, wanted: &OwnProfile, step: &mut Step<'_>) {
        let Some(card) = self.card_of(self.me).filter(|_| self.is_member()) else {
            return;
        };
        let name = match wanted.name.is_empty() {
            true => self.name_of(&self.me, &card.name),
            false => wanted.name.clone(),
        };
        let known = self.profiles.get(&self.me).map(|it| &it.open);
        let same_name = known.map_or(&card.name, |it| &it.name) == &name;
        let same_picture = known.and_then(|it| it.picture.as_ref()) == wanted.picture.as_ref();
        let Some(keys) = self.keys.as_ref().filter(|_| !same_name || !same_picture) else {
            return;
        };
        // By the clock, so that a device that was made of a backup goes on above what it has forgotten.
        let above = known.map_or(0, |it| it.count.saturating_add(1));
        let open = Profile {
            group: self.id,
            member: self.me,
            count: above.max(step.now.0),
            changed: step.now,
            name,
            picture: wanted.picture.clone(),
        };
        let signed = SignedProfile::sign(&open, &keys.identity);
        self.keep_profile(signed.clone(), open, step);
        let body = wire::encode(&Sync::Profiles {
            profiles: vec![signed],
        });
        for member in self.others() {
            self.send_pairwise(member, PairwiseKind::Sync, &body, Urgency::Queued, step);
        }
    }

    /// Takes a profile that is a known member's newest, whoever sent it. One's own too: a device that was set back learns
    /// from the others what it called itself.
    pub(super) fn take_profile(&mut self, signed: &SignedProfile, step: &mut Step<'_>) {
        let card = signed.claimed_member().ok();
        let card = card.and_then(|member| self.card_of(member));
        let open = card.and_then(|card| signed.open(&card.ik).ok());
        let Some(open) = open.filter(|open| open.group == self.id) else {
            self.count_bad_frame(step.now);
            return;
        };
        let known = self.profiles.get(&open.member);
        // Of two with one count, which only a faulty client makes, everybody who has seen both keeps the same one.
        if known.is_none_or(|it| (it.open.count, &it.signed) < (open.count, signed)) {
            self.keep_profile(signed.clone(), open, step);
        }
    }

    fn keep_profile(&mut self, signed: SignedProfile, open: Profile, step: &mut Step<'_>) {
        let member = open.member;
        let card = self.card_of(member).map(|card| card.name);
        let before = self.name_of(&member, &card.unwrap_or_default());
        let picture = |it: &KnownProfile| it.open.picture.clone();
        let looked = self.profiles.get(&member).and_then(picture);
        if looked != open.picture {
            step.event(Event::Picture {
                group: self.id,
                member,
                picture: open.picture.clone(),
            });
        }
        // What was before one came is no news.
        let came = self.card_of(self.me).map(|card| card.created);
        if before != open.name && came.is_some_and(|came| came <= open.changed) {
            let id = MessageId(wire::hash(labels::MESSAGE_ID, &[&signed.bytes]));
            let name = open.name.clone();
            let body = Body::Called {
                member,
                before,
                name,
            };
            self.add_note(body, member, id, step);
        }
        self.profiles.insert(member, KnownProfile { signed, open });
        self.touch(Touched::Profile(member));
        self.view_changed = true;
    }

    /// Tells the interface how everybody looks.
    pub(crate) fn tell_pictures(&self, step: &mut Step<'_>) {
        for (member, known) in &self.profiles {
            if let Some(picture) = &known.open.picture {
                step.event(Event::Picture {
                    group: self.id,
                    member: *member,
                    picture: Some(picture.clone()),
                });
            }
        }
    }

    /// Which profiles one has, for a vector.
    pub(super) fn profiles_here(&self) -> Option<Vec<ProfileHave>> {
        let have = |(member, known): (&MemberId, &KnownProfile)| ProfileHave {
            member: *member,
            count: known.open.count,
        };
        Some(self.profiles.iter().map(have).collect::<Vec<_>>()).filter(|it| !it.is_empty())
    }

    /// Asks a member for profiles that it has and one lacks, unless somebody else was asked a moment ago.
    pub(super) fn ask_for_profiles(
        &mut self,
        from: MemberId,
        have: &[ProfileHave],
        step: &mut Step<'_>,
    ) {
        let mut wanted = Vec::new();
        for ProfileHave { member, count } in have {
            let known = self.profiles.get(member);
            let is_newer = known.is_none_or(|it| it.open.count < *count);
            if !is_newer || self.card_of(*member).is_none() {
                continue;
            }
            let first = is_first_in(ASK_INTERVAL, &mut self.profiles_asked, *member, step.now);
            if first || *member == from {
                wanted.push(*member);
            }
        }
        for members in wanted.chunks(MAX_WANTED_PROFILES) {
            let members = members.to_vec();
            let body = wire::encode(&Sync::WantProfiles { members });
            self.send_pairwise(from, PairwiseKind::Sync, &body, Urgency::Live, step);
        }
    }

    /// Sends profiles that somebody asked for.
    pub(super) fn serve_profiles(
        &mut self,
        to: MemberId,
        members: &[MemberId],
        step: &mut Step<'_>,
    ) {
        let known = members.iter().filter_map(|it| self.profiles.get(it));
        let profiles = known.map(|it| it.signed.clone()).collect();
        for profiles in sync::profile_parts(profiles) {
            let body = wire::encode(&Sync::Profiles { profiles });
            self.send_pairwise(to, PairwiseKind::Sync, &body, Urgency::Live, step);
        }
    }

    /// Shows the picture that one has chosen in a group that one has just come to. The name is the one given there.
    pub(crate) fn show_picture(&mut self, step: &mut Step<'_>) {
        let picture = step.ways.settings.profile.picture.clone();
        if picture.is_some() {
            let name = String::new();
            self.set_profile(&OwnProfile { name, picture }, step);
        }
    }
}
