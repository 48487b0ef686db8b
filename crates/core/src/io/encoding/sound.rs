//! Tests of what calls, links and settings send between the threads.

use super::read;
use crate::ids::{CallId, GroupId, LinkId, MemberId, Timestamp};
use crate::io::{
    CallMember, CallView, Candidate, Command, Description, Event, Figures, Ice, IceServer,
    IceState, LinkCommand, LinkEvent, LinkProblem, LinkState, LinkView, Look, Microphone, Path,
    Quality, Refusal, Settings, Theme, Voice,
};
use crate::sorted::Map;
use crate::test_attr::test;
use crate::wire::{Value, encode_secret};

const GROUP: GroupId = GroupId([1; 32]);
const MEMBER: MemberId = MemberId([2; 32]);
const LINK: LinkId = LinkId(70_000);

fn arrives<T: Value + PartialEq>(sent: T) {
    let bytes = encode_secret(&sent);
    assert!(read::<T>(&bytes) == Some(sent), "{bytes:x?}");
    for end in 0..bytes.len() {
        assert!(read::<T>(&bytes[..end]).is_none(), "cut at {end}");
    }
}

fn voices() -> Vec<Voice> {
    let voice = |microphone, deafened| Voice {
        microphone,
        deafened,
    };
    vec![
        voice(Microphone::None, false),
        voice(Microphone::Muted, true),
        voice(Microphone::Open, false),
    ]
}

fn settings() -> Settings {
    let mut volumes = Map::new();
    volumes.insert(MEMBER, 150);
    Settings {
        microphone: "mic".to_owned(),
        speaker: "speaker".to_owned(),
        push_to_talk: true,
        start_muted: true,
        volumes,
        ice_servers: servers(),
        relay_only: true,
        look: Look {
            language: "ar".to_owned(),
            theme: Theme::Dark,
            text_size: 150,
            ..Look::default()
        },
        ..Settings::default()
    }
}

fn servers() -> Vec<IceServer> {
    let server = |url: &str, username: &str| IceServer {
        urls: vec![url.to_owned()],
        username: username.to_owned(),
        credential: username.to_owned(),
    };
    vec![
        server("stun:stun.example", ""),
        server("turns:turn.example", "user"),
    ]
}

fn states() -> Vec<LinkState> {
    let problems = [
        LinkProblem::NoAnswer,
        LinkProblem::NeedsTurn,
        LinkProblem::NoPath,
        LinkProblem::Unusable,
    ];
    let others = [
        LinkState::Waiting,
        LinkState::Connecting,
        LinkState::Connected,
        LinkState::Disconnected,
        LinkState::Restarting,
    ];
    others
        .into_iter()
        .chain(problems.map(LinkState::Failed))
        .collect()
}

#[test]
fn every_command_about_calls_arrives_as_it_was_said() {
    for voice in voices() {
        arrives(Command::JoinCall {
            group: GROUP,
            voice,
        });
        arrives(Command::SetVoice {
            group: GROUP,
            voice,
        });
    }
    arrives(Command::LeaveCall { group: GROUP });
    arrives(Command::IgnoreCall { group: GROUP });
    for typing in [false, true] {
        arrives(Command::SetTyping {
            group: GROUP,
            typing,
        });
    }
    arrives(Command::ChangeSettings(Box::new(settings())));
    arrives(Command::ChangeSettings(Box::default()));
}

#[test]
fn every_event_about_calls_arrives_as_it_was_told() {
    let qualities = [
        Quality::Good,
        Quality::Fair,
        Quality::Poor,
        Quality::Reconnecting,
        Quality::NoPath,
    ];
    let paths = [None, Some(Path::Direct), Some(Path::Relayed)];
    let mut people = Vec::new();
    for (index, state) in states().into_iter().enumerate() {
        people.push(CallMember {
            member: MEMBER,
            voice: voices()[index % 3],
            hears: vec![MEMBER; index],
            link: Some(LinkView {
                state,
                quality: qualities[index % 5],
                path: paths[index % 3],
                sending: 24_000,
                receiving: 0,
                loss: 1_000,
                round_trip: (index % 2 == 0).then_some(20),
            }),
        });
    }
    people.push(CallMember {
        member: MEMBER,
        voice: Voice::default(),
        hears: Vec::new(),
        link: None,
    });
    arrives(Event::Call {
        group: GROUP,
        call: Some(Box::new(CallView {
            id: CallId([3; 16]),
            started_by: MEMBER,
            started: Timestamp(9),
            ringing: true,
            joined: false,
            people,
        })),
    });
    arrives(Event::Call {
        group: GROUP,
        call: None,
    });
    arrives(Event::Typing {
        group: GROUP,
        members: vec![MEMBER],
    });
    arrives(Event::Settings(Box::new(settings())));
    arrives(Event::Refused {
        group: None,
        reason: Refusal::CallFull,
    });
}

#[test]
fn every_word_to_and_from_a_link_arrives() {
    let link = LINK;
    let description = |answer| Description {
        answer,
        sdp: "v=0\r\n".to_owned(),
    };
    let candidate = |text: &str, line| Candidate {
        candidate: text.to_owned(),
        mid: Some("0".to_owned()),
        line,
        fragment: None,
    };
    for command in [
        LinkCommand::Open {
            link,
            group: GROUP,
            member: MEMBER,
            ice: Ice {
                servers: servers(),
                relay_only: true,
            },
            offers: true,
            polite: false,
            voice: true,
        },
        LinkCommand::SetVoice { link, voice: true },
        LinkCommand::Describe {
            link,
            description: description(false),
        },
        LinkCommand::AddCandidate {
            link,
            candidate: candidate("candidate:1", Some(0)),
        },
        LinkCommand::RestartIce { link },
        LinkCommand::Send {
            link,
            bytes: vec![0, 255],
        },
        LinkCommand::Pour {
            link,
            bytes: vec![1],
            tell: true,
        },
        LinkCommand::Close { link },
    ] {
        arrives(command);
    }
    let events = [
        LinkEvent::Described {
            link,
            description: description(true),
        },
        LinkEvent::Found {
            link,
            candidate: candidate("", None),
        },
        LinkEvent::Channel { link, open: true },
        LinkEvent::Received {
            link,
            bytes: Vec::new(),
        },
        LinkEvent::Measured {
            link,
            figures: Figures {
                round_trip: Some(1),
                packets_received: u64::MAX,
                relayed: Some(false),
                ..Figures::default()
            },
        },
        LinkEvent::Drained { link },
        LinkEvent::Failed { link },
    ];
    let states = [
        IceState::Connecting,
        IceState::Connected,
        IceState::Disconnected,
        IceState::Failed,
        IceState::Closed,
    ];
    let states = states.map(|state| LinkEvent::State { link, state });
    for event in events.into_iter().chain(states) {
        assert_eq!(event.link(), link);
        arrives(event);
    }
}
