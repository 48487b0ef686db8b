//! What the screens of a call reckon: how much sound takes, who came and went, and what can be typed in as a server.

use discordopus_core::call::{MANY_PEOPLE, VOICE_BITRATE};
use discordopus_core::ids::{GroupId, MemberId};
use discordopus_core::io::{CallMember, CallView, GroupNotices, IceServer, MAX_VOLUME, Settings};
use leptos::prelude::*;

use super::{AppModel, GroupModel};

/// Most own servers: browsers ask every one of them for each connection, and warn from the fifth on.
pub const MAX_SERVERS: usize = 4;

/// How loud somebody is played who is not set, in hundredths.
pub const PLAIN_VOLUME: u16 = 100;

/// What a call among so many people takes of each one's connection, each way, in kilobits a second.
#[must_use]
pub fn kilobits(people: usize) -> u32 {
    let (few, many) = VOICE_BITRATE;
    let voice = if people < MANY_PEOPLE { few } else { many };
    let others = u32::try_from(people.saturating_sub(1)).unwrap_or(u32::MAX);
    others.saturating_mul(voice).div_ceil(1000)
}

/// Who is in a call now and was not before, and the other way round.
#[must_use]
pub fn has_come_or_gone(before: &[MemberId], now: &[MemberId]) -> (bool, bool) {
    let misses =
        |list: &[MemberId], others: &[MemberId]| others.iter().any(|id| !list.contains(id));
    (misses(before, now), misses(now, before))
}

/// Why something typed in is no server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerProblem {
    /// It is no `stun:`, `turn:` or `turns:` address (RFC 7064, RFC 7065): a browser would refuse every connection.
    Address,
    /// A TURN server without user name and password lets nobody through, and browsers refuse it.
    NoLogin,
    /// It is there already.
    Known,
    /// There are as many as can be.
    TooMany,
}

/// The server that was typed in, if it can be added to these.
///
/// # Errors
/// Says what is wrong with it.
pub fn read_server(
    known: &[IceServer],
    address: &str,
    username: &str,
    credential: &str,
) -> Result<IceServer, ServerProblem> {
    let address = address.trim();
    let (scheme, rest) = address.split_once(':').ok_or(ServerProblem::Address)?;
    let scheme = scheme.to_ascii_lowercase();
    let is_turn = matches!(scheme.as_str(), "turn" | "turns");
    if !is_turn && !matches!(scheme.as_str(), "stun" | "stuns") {
        return Err(ServerProblem::Address);
    }
    let (place, transport) = match rest.split_once('?') {
        Some((place, transport)) => (place, Some(transport)),
        None => (rest, None),
    };
    let is_transport = |it: &str| matches!(it, "transport=udp" | "transport=tcp");
    if !is_place(place) || transport.is_some_and(|it| !is_turn || !is_transport(it)) {
        return Err(ServerProblem::Address);
    }
    let username = username.trim();
    if is_turn && (username.is_empty() || credential.is_empty()) {
        return Err(ServerProblem::NoLogin);
    }
    let url = format!("{scheme}:{rest}");
    if known.iter().any(|server| server.urls.contains(&url)) {
        return Err(ServerProblem::Known);
    }
    if known.len() >= MAX_SERVERS {
        return Err(ServerProblem::TooMany);
    }
    let login = |text: &str| if is_turn { text } else { "" }.to_owned();
    Ok(IceServer {
        urls: vec![url],
        username: login(username),
        credential: login(credential),
    })
}

/// Whether this is `host`, `host:port` or `[address]:port`.
fn is_place(place: &str) -> bool {
    let is_port = |port: &str| port.parse::<u16>().is_ok_and(|port| port != 0);
    if let Some(bracketed) = place.strip_prefix('[') {
        let Some((address, port)) = bracketed.split_once(']') else {
            return false;
        };
        let is_address = address.contains(':')
            && address
                .chars()
                .all(|c| c.is_ascii_hexdigit() || matches!(c, ':' | '.'));
        return is_address && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port));
    }
    let (host, port) = match place.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (place, None),
    };
    let is_host = host
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
    let is_dotted = host.split('.').all(|label| !label.is_empty());
    is_host && is_dotted && port.is_none_or(is_port)
}

/// Whether a key writes nothing: such a one opens the microphone while one types, too. By `KeyboardEvent.code`.
#[must_use]
pub fn is_silent_key(code: &str) -> bool {
    let number = code.strip_prefix('F').map(str::parse::<u8>);
    let is_modifier = ["Control", "Alt", "Meta"]
        .iter()
        .any(|key| code.starts_with(key));
    matches!(number, Some(Ok(1..=24)))
        || is_modifier
        || matches!(code, "Pause" | "ScrollLock" | "ContextMenu")
}

/// A key's name for people: "KeyV" is "V".
#[must_use]
pub fn key_name(code: &str) -> &str {
    let plain = code
        .strip_prefix("Key")
        .or_else(|| code.strip_prefix("Digit"));
    plain.filter(|name| name.len() == 1).unwrap_or(code)
}

impl GroupModel {
    /// Somebody in its call.
    #[must_use]
    pub fn caller(&self, id: &MemberId) -> Option<CallMember> {
        self.call.with(|call| {
            let people = call.as_ref().map(|call| call.people.as_slice());
            people?.iter().find(|person| person.member == *id).cloned()
        })
    }

    /// Everyone in its call, oneself first.
    #[must_use]
    pub fn callers(&self) -> Vec<MemberId> {
        self.call.with(|call| {
            let people = call.as_ref().map(|call| call.people.as_slice());
            let people = people.unwrap_or_default().iter();
            people.map(|person| person.member).collect()
        })
    }

    /// Whether one takes part in its call.
    #[must_use]
    pub fn takes_part(&self) -> bool {
        self.call
            .with(|call| call.as_ref().is_some_and(|call| call.joined))
    }

    /// How many would be in its call if one joined.
    #[must_use]
    pub fn people_with_me(&self) -> usize {
        let with_me = |call: &CallView| call.people.len().saturating_add(usize::from(!call.joined));
        self.call.with(|call| call.as_ref().map_or(1, with_me))
    }
}

impl AppModel {
    /// The group whose call the microphone and the speakers are in.
    #[must_use]
    pub fn call_group(&self) -> Option<GroupModel> {
        let group = self.sound.call.get()?;
        self.group(&group)
    }

    /// Whether the microphone and the speakers are in this group's call.
    #[must_use]
    pub fn is_in_call(&self, group: &GroupId) -> bool {
        self.sound
            .call
            .with(|call| call.is_some_and(|call| call == *group))
    }

    /// The groups that call: one is neither in their calls nor did one put them away.
    #[must_use]
    pub fn ringing(&self) -> Vec<GroupModel> {
        let rings = |group: &&GroupModel| {
            let incoming = |call: &CallView| call.ringing && !call.joined;
            let rings = group.call.with(|call| call.as_ref().is_some_and(incoming));
            rings && !self.is_in_call(&group.id)
        };
        self.groups
            .with(|groups| groups.iter().filter(rings).copied().collect())
    }

    /// The person sets something. It holds on screen at once; the client keeps it.
    pub fn change_settings(&self, change: impl FnOnce(&mut Settings)) {
        let mut settings = self.sound.settings.get_untracked();
        change(&mut settings);
        self.sound.settings.set(settings.clone());
        self.command(|say| say.change_settings(settings));
    }

    /// What is told of a group.
    #[must_use]
    pub fn group_notices(&self, group: &GroupId) -> GroupNotices {
        let settings = self.sound.settings;
        let chosen = settings.with(|settings| settings.groups.get(group).copied());
        chosen.unwrap_or_default()
    }

    /// The person wants something else told of a group.
    pub fn change_group_notices(&self, group: GroupId, change: impl FnOnce(&mut GroupNotices)) {
        self.change_settings(|settings| {
            let mut notices = settings.groups.get(&group).copied().unwrap_or_default();
            change(&mut notices);
            settings.groups.insert(group, notices);
        });
    }

    /// How loud somebody is played, in hundredths.
    #[must_use]
    pub fn volume(&self, member: &MemberId) -> u16 {
        let settings = self.sound.settings;
        let volume = settings.with(|settings| settings.volumes.get(member).copied());
        volume.unwrap_or(PLAIN_VOLUME)
    }

    /// Somebody is to be played so loud. Who is played as everybody is needs no line in what is kept.
    pub fn set_volume(&self, member: MemberId, volume: u16) {
        self.change_settings(|settings| {
            if volume == PLAIN_VOLUME {
                settings.volumes.remove(&member);
            } else {
                settings.volumes.insert(member, volume.min(MAX_VOLUME));
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_call_takes_grows_with_the_people_and_falls_with_longer_packets() {
        assert_eq!(kilobits(0), 0);
        assert_eq!(kilobits(1), 0);
        assert_eq!(kilobits(2), 25);
        assert_eq!(kilobits(4), 74);
        assert_eq!(kilobits(5), 68);
        assert_eq!(kilobits(8), 119);
    }

    #[test]
    fn who_comes_and_who_goes_are_told_apart() {
        let [ada, ben, me] = [1, 2, 3].map(|id| MemberId([id; 32]));
        assert_eq!(has_come_or_gone(&[me], &[me, ada]), (true, false));
        assert_eq!(has_come_or_gone(&[me, ada], &[me]), (false, true));
        assert_eq!(has_come_or_gone(&[me, ada], &[me, ben]), (true, true));
        assert_eq!(has_come_or_gone(&[me, ada], &[ada, me]), (false, false));
    }

    #[test]
    fn an_address_that_a_browser_would_refuse_is_no_server() {
        let read = |address| read_server(&[], address, "me", "secret").map(|server| server.urls);
        for good in [
            "stun:stun.example.org",
            "stun:192.0.2.7:3478",
            "turn:turn.example.org:3478?transport=tcp",
            "turns:[2001:db8::1]:5349",
        ] {
            assert_eq!(read(good), Ok(vec![good.to_owned()]));
        }
        assert_eq!(read(" TURN:host "), Ok(vec!["turn:host".to_owned()]));
        for bad in [
            "",
            "host",
            "https://host",
            "stun:",
            "stun://host",
            "stun:ho st",
            "stun:a..b",
            "stun:host:0",
            "stun:host:port",
            "stun:host:70000",
            "stun:host?transport=udp",
            "turn:host?transport=sctp",
            "turn:[::1",
            "turn:[host]",
        ] {
            assert_eq!(read(bad), Err(ServerProblem::Address), "{bad}");
        }
    }

    #[test]
    fn a_turn_server_needs_a_login_and_a_stun_server_keeps_none() {
        let turn = |user, password| read_server(&[], "turn:host", user, password);
        assert_eq!(turn("", "secret"), Err(ServerProblem::NoLogin));
        assert_eq!(turn("me", ""), Err(ServerProblem::NoLogin));
        assert!(turn("me", "secret").is_ok_and(|it| it.username == "me"));
        let stun = read_server(&[], "stun:host", "me", "secret").unwrap();
        assert!(stun.username.is_empty() && stun.credential.is_empty());
    }

    #[test]
    fn a_server_is_added_once_and_not_without_end() {
        let server = |host: &str| read_server(&[], &format!("stun:{host}"), "", "").unwrap();
        let known: Vec<_> = ["a", "b", "c", "d"].map(server).to_vec();
        let add = |known: &[IceServer], address| read_server(known, address, "", "");
        assert_eq!(add(&known[..2], "STUN:b"), Err(ServerProblem::Known));
        assert_eq!(add(&known, "stun:e"), Err(ServerProblem::TooMany));
        assert!(add(&known[..3], "stun:e").is_ok());
    }

    #[test]
    fn keys_that_write_nothing_are_told_from_those_that_do() {
        for silent in ["F1", "F24", "ControlRight", "AltLeft", "MetaLeft", "Pause"] {
            assert!(is_silent_key(silent), "{silent}");
        }
        for writes in [
            "Space",
            "KeyF",
            "F25",
            "Find",
            "Enter",
            "ShiftLeft",
            "Digit1",
        ] {
            assert!(!is_silent_key(writes), "{writes}");
        }
    }

    #[test]
    fn a_key_goes_by_what_stands_on_it() {
        assert_eq!(key_name("KeyV"), "V");
        assert_eq!(key_name("Digit1"), "1");
        assert_eq!(key_name("Space"), "Space");
        assert_eq!(key_name("Keyboard"), "Keyboard");
    }
}
