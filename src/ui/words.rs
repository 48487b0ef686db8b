//! Which words stand for a value of the core.

mod call;

use discordopus_core::chat::Delivery;
use discordopus_core::identity::NameError;
use discordopus_core::ids::MemberId;
use discordopus_core::invite::LinkError;
use discordopus_core::io::{
    Alarm, LinkState, MemberLink, Path, Presence, Refusal, RelayProblem, RelayState, Role,
};
use discordopus_core::store::StoreError;

use super::i18n::{Phrase, Strings};
use super::view_model::{Refused, Warning};
use crate::runtime::{Failure, Feature, SafeError};

pub(crate) use call::{
    link_problem, microphone, microphone_problem, no_recording, quality, server_problem, typing,
};

/// A headline and what to do about it.
pub(crate) type Trouble = (&'static str, &'static str);

/// The state of an own message; nothing for those of others.
pub(crate) fn delivery(delivery: Delivery, strings: Strings) -> Option<&'static str> {
    match delivery {
        Delivery::Incoming => None,
        Delivery::Pending => Some(strings.sending()),
        Delivery::Sent => Some(strings.sent()),
        Delivery::Delivered => Some(strings.delivered()),
        Delivery::Unknown => Some(strings.delivery_unknown()),
        Delivery::Failed => Some(strings.failed_retry()),
    }
}

/// How long messages stay, in the largest unit that goes into it without a rest: 90 minutes, 2 hours.
pub(crate) fn lifetime(seconds: u32, strings: Strings) -> String {
    const UNITS: [u32; 4] = [7 * 24 * 3_600, 24 * 3_600, 3_600, 60];
    let forms = [
        strings.weeks(),
        strings.days(),
        strings.hours(),
        strings.minutes(),
    ];
    let unit = UNITS
        .iter()
        .zip(forms)
        .find(|(unit, _)| seconds.is_multiple_of(**unit));
    match unit {
        Some((unit, form)) if seconds > 0 => form.text(seconds / unit),
        _ => strings.seconds().text(seconds),
    }
}

/// A role.
pub(crate) fn role(role: Role, strings: Strings) -> &'static str {
    match role {
        Role::Creator => strings.role_creator(),
        Role::Admin => strings.role_admin(),
        Role::Member => strings.role_member(),
    }
}

/// Whether a member is there.
pub(crate) fn presence(presence: Presence, strings: Strings) -> &'static str {
    match presence {
        Presence::Online => strings.online(),
        Presence::Offline => strings.offline(),
        Presence::Unknown => strings.presence_unknown(),
    }
}

/// How a direct link outside of a call is.
pub(crate) fn direct_link(link: &MemberLink, strings: Strings) -> &'static str {
    match (link.state, link.path) {
        (LinkState::Connected, Some(Path::Relayed)) => strings.link_relayed(),
        (LinkState::Connected, _) => strings.link_direct(),
        (LinkState::Failed(_), _) => strings.link_failed(),
        _ => strings.link_connecting(),
    }
}

/// Why a link can't be used.
pub(crate) fn link_error(error: LinkError, strings: Strings) -> Trouble {
    match error {
        LinkError::NotALink => (strings.link_not_a_link(), strings.link_not_a_link_hint()),
        LinkError::Damaged => (strings.link_damaged(), strings.link_damaged_hint()),
        LinkError::WrongVersion => (strings.link_version(), strings.link_version_hint()),
        LinkError::Expired => (strings.link_expired(), strings.link_expired_hint()),
    }
}

/// Why a name is none.
pub(crate) fn name_error(error: NameError, strings: Strings) -> &'static str {
    match error {
        NameError::Empty => strings.name_missing(),
        NameError::TooLong => strings.name_too_long(),
        NameError::Forbidden => strings.name_forbidden(),
    }
}

/// Why there is no connection; nothing where none is wanted.
pub(crate) fn relay_problem(problem: RelayProblem, strings: Strings) -> Option<Trouble> {
    match problem {
        RelayProblem::Unreachable => Some((strings.relay_away(), strings.relay_away_hint())),
        RelayProblem::Refused => Some((strings.relay_refused(), strings.relay_refused_hint())),
        RelayProblem::TakenOver => Some((strings.relay_taken(), strings.relay_taken_hint())),
        RelayProblem::BadAddress => Some((strings.relay_address(), strings.relay_address_hint())),
        RelayProblem::Closed => None,
    }
}

/// What is wrong with a connection, if anything is.
pub(crate) fn relay_state(state: RelayState, strings: Strings) -> Option<Trouble> {
    match state {
        RelayState::Offline { reason, .. } => relay_problem(reason, strings),
        RelayState::Connecting | RelayState::Online | RelayState::Closed => None,
    }
}

/// Why the storage did not do what was asked of it as a whole.
pub(crate) fn safe_error(error: SafeError, strings: Strings) -> &'static str {
    match error {
        SafeError::Passphrase => strings.passphrase_wrong(),
        SafeError::Storage(error) => storage(error, strings).1,
        SafeError::NotBackup => strings.not_backup(),
        SafeError::NewerBackup => strings.newer_backup(),
        SafeError::DamagedBackup => strings.damaged_backup(),
        SafeError::InUse => strings.restore_in_use(),
    }
}

/// What is wrong with the storage.
pub(crate) fn storage(error: StoreError, strings: Strings) -> Trouble {
    match error {
        StoreError::Blocked => (strings.storage_blocked(), strings.storage_failed_hint()),
        StoreError::Full => (strings.storage_full(), strings.storage_full_hint()),
        StoreError::Closed => (strings.storage_closed(), strings.storage_closed_hint()),
        StoreError::TooNew => (strings.too_new(), strings.too_new_hint()),
        StoreError::Damaged => (strings.storage_damaged(), strings.storage_damaged_hint()),
        StoreError::Failed => (strings.storage_failed(), strings.storage_failed_hint()),
    }
}

/// Why the app can't start.
pub(crate) fn failure(failure: Failure, strings: Strings) -> Trouble {
    match failure {
        Failure::Storage(error) => storage(error, strings),
        Failure::Restore => (strings.restore_failed(), strings.restore_failed_hint()),
        Failure::Lock => (strings.lock_failed(), strings.lock_failed_hint()),
        Failure::Stopped => (strings.client_stopped(), strings.client_stopped_hint()),
    }
}

/// A part of the platform that is missing.
pub(crate) fn feature(feature: Feature, strings: Strings) -> &'static str {
    match feature {
        Feature::SecureContext => strings.feature_secure_context(),
        Feature::IndexedDb => strings.feature_indexed_db(),
        Feature::WebCrypto => strings.feature_web_crypto(),
        Feature::WebLocks => strings.feature_web_locks(),
        Feature::WebSocket => strings.feature_web_socket(),
        Feature::BroadcastChannel => strings.feature_broadcast(),
        Feature::Workers => strings.feature_workers(),
    }
}

/// A headline and what to do about it, with gaps for the name of the member it is about, if it is about one.
pub(crate) type Told = (Phrase, Phrase, Option<MemberId>);

/// What a group's member has to be told.
pub(crate) fn warning(warning: Warning, strings: Strings) -> Told {
    match warning {
        Warning::Alarm(alarm) => self::alarm(alarm, strings),
        Warning::CardChanged(member) => (
            strings.keys_changed(),
            strings.keys_changed_hint(),
            Some(member),
        ),
        Warning::Offer(by) => (
            strings.founded_anew(),
            strings.founded_anew_hint().into(),
            Some(by),
        ),
        Warning::NoCreator => (
            strings.no_creator().into(),
            strings.found_anew_hint().into(),
            None,
        ),
    }
}

fn alarm(alarm: Alarm, strings: Strings) -> Told {
    match alarm {
        Alarm::TwoKeys { member } => (strings.two_keys(), strings.two_keys_hint(), Some(member)),
        Alarm::TwoHistories { member } => (
            strings.two_histories(),
            strings.two_histories_hint(),
            Some(member),
        ),
        Alarm::RostersDiffer { member } => (
            strings.rosters_differ(),
            strings.rosters_differ_hint().into(),
            Some(member),
        ),
        Alarm::SetBack { noticed_by } => (
            strings.set_back().into(),
            strings.set_back_hint(),
            Some(noticed_by),
        ),
        Alarm::Forked { by } => (
            strings.state_forked().into(),
            strings.state_forked_hint().into(),
            Some(by),
        ),
    }
}

/// Why something was not done.
pub(crate) fn refusal(refusal: Refusal, strings: Strings) -> &'static str {
    match refusal {
        Refusal::Name => strings.name_forbidden(),
        Refusal::Text => strings.refused_text(),
        Refusal::UnknownGroup => strings.refused_unknown_group(),
        Refusal::NotMember => strings.refused_not_member(),
        Refusal::NotAllowed => strings.refused_not_allowed(),
        Refusal::Link(error) => link_error(error, strings).0,
        Refusal::AlreadyMember => strings.refused_already_member(),
        Refusal::InviteLimits => strings.refused_invite_limits(),
        Refusal::Full => strings.refused_full(),
        Refusal::Alarm => strings.refused_alarm(),
        Refusal::CreatorCannotLeave => strings.creator_stays(),
        Refusal::Storage => strings.refused_storage(),
        Refusal::CallFull => strings.refused_call_full(),
    }
}

/// Why the last command was not done; empty where none was refused.
pub(crate) fn last_refusal(refused: Option<Refused>, strings: Strings) -> &'static str {
    refused.map_or("", |refused| refusal(refused.reason, strings))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::i18n::Language;

    #[test]
    fn every_state_of_an_own_message_has_its_words() {
        let english = Language::ENGLISH.strings;
        let words = |state| delivery(state, english);
        assert_eq!(words(Delivery::Incoming), None);
        assert_eq!(words(Delivery::Pending), Some("Sending"));
        assert_eq!(words(Delivery::Sent), Some("Sent"));
        assert_eq!(words(Delivery::Delivered), Some("Delivered"));
        assert_eq!(words(Delivery::Unknown), Some("Delivery unknown"));
        assert_eq!(words(Delivery::Failed), Some("Failed: retry"));
    }

    #[test]
    fn every_bad_link_has_words_and_a_next_step_of_its_own() {
        let english = Language::ENGLISH.strings;
        let all = [
            LinkError::NotALink,
            LinkError::Damaged,
            LinkError::WrongVersion,
            LinkError::Expired,
        ]
        .map(|error| link_error(error, english));
        for (index, (title, hint)) in all.iter().enumerate() {
            assert!(
                all.iter()
                    .skip(index + 1)
                    .all(|(t, h)| t != title && h != hint)
            );
        }
    }
}
