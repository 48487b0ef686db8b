//! What a person has set on this device: kept, and told to the interface.

use crate::chat::is_reaction;
use crate::client::batch::Step;
use crate::identity::{clean_name, is_picture};
use crate::ids::{GroupId, MemberId};
use crate::io::{
    Event, GroupNotices, IceServer, LOCK_AFTER, Look, MAX_RECENT_EMOJI, MAX_TEXT_SIZE, MAX_VOLUME,
    MIN_TEXT_SIZE, NoticeLevel, Notices, OwnProfile, Settings, Theme,
};
use crate::sorted::Map;
use crate::store::{RecordKey, StoreName};
use crate::wire::{self, DecodeError, record, variants};

/// The record's name.
pub(super) const NAME: &[u8] = b"settings";
/// The version of the record.
const VERSION: u8 = 1;
/// Largest record.
const MAX_RECORD: usize = 256 * 1024;
/// Longest text of a setting, in bytes: device ids have 64 characters, credentials some hundred.
const MAX_TEXT: usize = 1_024;
/// Longest tag of a language, in bytes: far above any that the interface speaks.
const MAX_LANGUAGE: usize = 35;
/// Most own servers, and most addresses of one.
const MAX_SERVERS: usize = 8;
/// Most people whose volume is kept.
const MAX_VOLUMES: usize = 1_024;

/// Most groups of which something is kept.
const MAX_GROUPS: usize = 1_024;
/// Longest time before the app locks itself, in minutes.
const MAX_LOCK_AFTER: u16 = 24 * 60;

/// The settings as they are stored. It may grow at its end.
struct Kept {
    version: u8,
    microphone: String,
    speaker: String,
    echo_cancellation: bool,
    noise_suppression: bool,
    automatic_gain: bool,
    push_to_talk: bool,
    push_to_talk_key: String,
    start_muted: bool,
    sounds: bool,
    volumes: Map<MemberId, u16>,
    ice_servers: Vec<Server>,
    relay_only: bool,
    look: Option<Look>,
    notices: Option<Notices>,
    lock_after: Option<u16>,
    groups: Option<Map<GroupId, GroupNotices>>,
    emoji: Option<Vec<String>>,
    profile: Option<OwnProfile>,
    read_receipts: Option<bool>,
}

record!(Kept {
    version,
    microphone,
    speaker,
    echo_cancellation,
    noise_suppression,
    automatic_gain,
    push_to_talk,
    push_to_talk_key,
    start_muted,
    sounds,
    volumes,
    ice_servers,
    relay_only,
    look,
    notices,
    lock_after,
    groups,
    emoji,
    profile,
    read_receipts,
});

record!(OwnProfile { name, picture });

record!(Look {
    language,
    theme,
    high_contrast,
    text_size,
    reduced_motion,
});

variants!(Theme {
    0 => System,
    1 => Light,
    2 => Dark,
});

record!(Notices { names, declined });

record!(GroupNotices { muted, level });

variants!(NoticeLevel {
    0 => All,
    1 => Mentions,
    2 => Nothing,
});

struct Server {
    urls: Vec<String>,
    username: String,
    credential: String,
}

record!(Server {
    urls,
    username,
    credential
});

/// Takes what was stored. What can't be read any more is forgotten: no choice of microphones is worth a client that
/// doesn't start.
pub(super) fn restore(bytes: &[u8], step: &mut Step<'_>) {
    if let Ok(settings) = decode(bytes) {
        step.ways.settings = settings;
    }
}

/// What other settings mean for the groups.
#[derive(Default)]
pub(super) struct Changed {
    /// They name other ways to reach people.
    pub(super) ways: bool,
    /// One calls oneself something else, or looks different.
    pub(super) profile: bool,
}

/// Keeps new settings and tells them.
pub(super) fn change(settings: Settings, step: &mut Step<'_>) -> Changed {
    let settings = clean(settings);
    if settings == step.ways.settings {
        return Changed::default();
    }
    let before = core::mem::replace(&mut step.ways.settings, settings.clone());
    step.changes.put(
        StoreName::Interface,
        RecordKey::named(None, NAME.to_vec()),
        encode(&settings),
    );
    let changed = Changed {
        ways: before.ice_servers != settings.ice_servers
            || before.relay_only != settings.relay_only,
        profile: before.profile != settings.profile,
    };
    step.event(Event::Settings(Box::new(settings)));
    changed
}

/// A group is gone: so is what was set for it.
pub(super) fn forget_group(group: GroupId, step: &mut Step<'_>) {
    let mut settings = step.ways.settings.clone();
    if settings.groups.remove(&group).is_some() {
        change(settings, step);
    }
}

/// What can be kept of what was set.
fn clean(mut settings: Settings) -> Settings {
    let fits = |text: &String| text.len() <= MAX_TEXT;
    for text in [&mut settings.microphone, &mut settings.speaker] {
        if !fits(text) {
            text.clear();
        }
    }
    if !fits(&settings.push_to_talk_key) || settings.push_to_talk_key.is_empty() {
        settings.push_to_talk_key = Settings::default().push_to_talk_key;
    }
    let mut volumes = Map::new();
    for (member, volume) in settings.volumes.iter().take(MAX_VOLUMES) {
        volumes.insert(*member, (*volume).min(MAX_VOLUME));
    }
    settings.volumes = volumes;
    settings.ice_servers.retain(|server| {
        let is_address = |url: &String| {
            let known = ["stun:", "stuns:", "turn:", "turns:"];
            fits(url) && known.iter().any(|scheme| url.starts_with(scheme))
        };
        !server.urls.is_empty()
            && server.urls.len() <= MAX_SERVERS
            && server.urls.iter().all(is_address)
            && fits(&server.username)
            && fits(&server.credential)
    });
    settings.ice_servers.truncate(MAX_SERVERS);
    let look = &mut settings.look;
    if look.language.len() > MAX_LANGUAGE {
        look.language.clear();
    }
    look.text_size = look.text_size.clamp(MIN_TEXT_SIZE, MAX_TEXT_SIZE);
    settings.lock_after = settings.lock_after.min(MAX_LOCK_AFTER);
    let mut groups = Map::new();
    let chosen = |notices: &GroupNotices| *notices != GroupNotices::default();
    let kept = settings.groups.iter().filter(|(_, it)| chosen(it));
    for (group, notices) in kept.take(MAX_GROUPS) {
        groups.insert(*group, *notices);
    }
    settings.groups = groups;
    let mut emoji: Vec<String> = Vec::new();
    for one in settings.emoji {
        if is_reaction(&one) && !emoji.contains(&one) {
            emoji.push(one);
        }
    }
    emoji.truncate(MAX_RECENT_EMOJI);
    settings.emoji = emoji;
    let profile = &mut settings.profile;
    profile.name = clean_name(&profile.name).unwrap_or_default();
    profile.picture = profile.picture.take().filter(|it| is_picture(it));
    settings
}

pub(super) fn encode(settings: &Settings) -> zeroize::Zeroizing<Vec<u8>> {
    let settings = settings.clone();
    wire::encode_secret(&Kept {
        version: VERSION,
        microphone: settings.microphone,
        speaker: settings.speaker,
        echo_cancellation: settings.echo_cancellation,
        noise_suppression: settings.noise_suppression,
        automatic_gain: settings.automatic_gain,
        push_to_talk: settings.push_to_talk,
        push_to_talk_key: settings.push_to_talk_key,
        start_muted: settings.start_muted,
        sounds: settings.sounds,
        volumes: settings.volumes,
        ice_servers: settings
            .ice_servers
            .into_iter()
            .map(|server| Server {
                urls: server.urls,
                username: server.username,
                credential: server.credential,
            })
            .collect(),
        relay_only: settings.relay_only,
        // Nothing where nothing was chosen: a record has one form only.
        look: Some(settings.look).filter(|look| *look != Look::default()),
        notices: Some(settings.notices).filter(|notices| *notices != Notices::default()),
        lock_after: Some(settings.lock_after).filter(|minutes| *minutes != LOCK_AFTER),
        groups: Some(settings.groups).filter(|groups| !groups.is_empty()),
        emoji: Some(settings.emoji).filter(|emoji| !emoji.is_empty()),
        profile: Some(settings.profile).filter(|profile| *profile != OwnProfile::default()),
        read_receipts: settings.read_receipts.then_some(true),
    })
}

pub(super) fn decode(bytes: &[u8]) -> Result<Settings, DecodeError> {
    let kept: Kept = wire::decode(bytes, MAX_RECORD)?;
    if kept.version != VERSION {
        return Err(DecodeError::UnknownVersion);
    }
    if kept.look.as_ref() == Some(&Look::default())
        || kept.notices.as_ref() == Some(&Notices::default())
        || kept.lock_after == Some(LOCK_AFTER)
        || kept.groups.as_ref().is_some_and(Map::is_empty)
        || kept.emoji.as_ref().is_some_and(Vec::is_empty)
        || kept.profile.as_ref() == Some(&OwnProfile::default())
        || kept.read_receipts == Some(false)
    {
        return Err(DecodeError::NotCanonical);
    }
    Ok(Settings {
        microphone: kept.microphone,
        speaker: kept.speaker,
        echo_cancellation: kept.echo_cancellation,
        noise_suppression: kept.noise_suppression,
        automatic_gain: kept.automatic_gain,
        push_to_talk: kept.push_to_talk,
        push_to_talk_key: kept.push_to_talk_key,
        start_muted: kept.start_muted,
        sounds: kept.sounds,
        volumes: kept.volumes,
        ice_servers: kept
            .ice_servers
            .into_iter()
            .map(|server| IceServer {
                urls: server.urls,
                username: server.username,
                credential: server.credential,
            })
            .collect(),
        relay_only: kept.relay_only,
        look: kept.look.unwrap_or_default(),
        notices: kept.notices.unwrap_or_default(),
        lock_after: kept.lock_after.unwrap_or(LOCK_AFTER),
        groups: kept.groups.unwrap_or_default(),
        emoji: kept.emoji.unwrap_or_default(),
        profile: kept.profile.unwrap_or_default(),
        read_receipts: kept.read_receipts.unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_attr::test;

    #[test]
    fn settings_that_were_kept_before_there_were_looks_are_read() {
        let settings = Settings {
            start_muted: true,
            ..Settings::default()
        };
        let bytes = encode(&settings);
        assert_eq!(
            bytes[0], 0x8d,
            "an array of 13, as an earlier version wrote it"
        );
        assert!(decode(&bytes).is_ok_and(|read| read == settings));
    }

    #[test]
    fn a_record_has_one_form_only() {
        let mut settings = Settings::default();
        settings.look.theme = Theme::Dark;
        let dark = encode(&settings).to_vec();
        assert!(decode(&dark).is_ok());
        let look = wire::encode_secret(&settings.look);
        let plain = wire::encode_secret(&Look::default());
        let (kept, last) = dark.split_at(dark.len() - look.len());
        assert_eq!(last, &look[..]);
        let written_out = [kept, &plain[..]].concat();
        assert!(matches!(
            decode(&written_out),
            Err(DecodeError::NotCanonical)
        ));
    }

    #[test]
    fn what_was_set_for_groups_is_kept_as_far_as_something_was() {
        let muted = GroupNotices {
            muted: true,
            level: NoticeLevel::Mentions,
        };
        let mut settings = Settings {
            lock_after: 0,
            ..Settings::default()
        };
        settings.groups.insert(GroupId([1; 32]), muted);
        settings
            .groups
            .insert(GroupId([2; 32]), GroupNotices::default());
        let cleaned = clean(settings);
        assert_eq!(cleaned.groups.iter().count(), 1);
        assert!(decode(&encode(&cleaned)).is_ok_and(|read| read == cleaned));
        let never = clean(Settings {
            lock_after: u16::MAX,
            ..Settings::default()
        });
        assert_eq!(never.lock_after, MAX_LOCK_AFTER);
    }

    #[test]
    fn the_last_emoji_are_kept_each_once_and_no_words_among_them() {
        let chosen = ["🥐", "words", "👍", "🥐"].map(str::to_owned);
        let many = (0x1f400..0x1f440).filter_map(char::from_u32);
        let cleaned = clean(Settings {
            emoji: chosen.into_iter().chain(many.map(String::from)).collect(),
            ..Settings::default()
        });
        assert_eq!(cleaned.emoji.len(), MAX_RECENT_EMOJI);
        assert_eq!(&cleaned.emoji[..2], ["🥐", "👍"]);
        assert!(decode(&encode(&cleaned)).is_ok_and(|read| read == cleaned));
    }

    #[test]
    fn looks_are_kept_within_their_bounds() {
        let mut settings = Settings {
            look: Look {
                language: "ar".to_owned(),
                theme: Theme::Dark,
                high_contrast: true,
                text_size: 1_000,
                reduced_motion: true,
            },
            ..Settings::default()
        };
        settings.notices.names = true;
        let cleaned = clean(settings.clone());
        assert_eq!(cleaned.look.text_size, MAX_TEXT_SIZE);
        settings.look.text_size = MAX_TEXT_SIZE;
        assert_eq!(cleaned, settings);
        assert!(decode(&encode(&cleaned)).is_ok_and(|read| read == cleaned));
        settings.look.language = "x".repeat(MAX_LANGUAGE + 1);
        settings.look.text_size = 0;
        let cleaned = clean(settings);
        assert_eq!(cleaned.look.language, "");
        assert_eq!(cleaned.look.text_size, MIN_TEXT_SIZE);
    }
}
