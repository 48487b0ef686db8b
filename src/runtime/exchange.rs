//! What page and client say to each other: they run in two threads, and share a message port.

use discordopus_core::io::{Command, Config, Event, LinkCommand, LinkEvent};
use discordopus_core::store::StoreError;
use discordopus_core::{record, variants};

use super::Failure;
use super::boot::Choice;
use super::reading::{Query, Reply};
use super::safe::{SafeError, SafeRequest};
use crate::browser::page::Feature;

/// From the page to the client.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum ToClient {
    /// The first message: look around and begin.
    Start(Config),
    /// A button of a start screen.
    Choose(Choice),
    /// What a person asks for.
    Command(Command),
    /// The page can be seen again, or the network is back.
    Woke,
    /// The browser says that there is no network.
    NetworkLost,
    /// A page of history is wanted.
    Read(Reading),
    /// Something happened to a direct link.
    Link(LinkEvent),
    /// Something to do with the storage as a whole.
    Safe(Keeping),
    /// The next piece of the file that a request is about; empty at its end.
    Piece { number: u32, bytes: Vec<u8> },
}

/// What is asked of the storage as a whole, with a number that its answer repeats.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Keeping {
    pub(super) number: u32,
    pub(super) request: SafeRequest,
}

/// A question for a page of history, with a number that its answer repeats.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) number: u32,
    pub(super) query: Query,
}

/// From the client to the page.
#[derive(Clone, PartialEq)]
pub(super) enum FromClient {
    /// How far the start is.
    Stage(Stage),
    /// What the running client tells.
    Event(Event),
    /// What the history says.
    History { number: u32, answer: Reply },
    /// There is none.
    NoHistory { number: u32, error: StoreError },
    /// Something to do with a direct link: only a page can have one.
    Link(LinkCommand),
    /// What was asked of the storage is done.
    Kept { number: u32 },
    /// It is not.
    NotKept { number: u32, error: SafeError },
    /// The next piece of the file that a request makes, and how much is done in thousandths.
    Made {
        number: u32,
        done: u16,
        bytes: Vec<u8>,
    },
    /// The next piece is wanted of the file that a request is about.
    Wanted { number: u32 },
}

/// How far the client has come in starting; [`super::Boot`] as it crosses between the threads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stage {
    Starting,
    Unsupported(Vec<Feature>),
    SecondTab,
    TakenOver,
    StorageBlocked,
    TooNew,
    Running { in_memory: bool, passphrase: bool },
    Failed(Failure),
    Locked,
}

variants!(ToClient {
    0 => Start(config),
    1 => Choose(choice),
    2 => Command(command),
    3 => Woke,
    4 => NetworkLost,
    5 => Read(reading),
    6 => Link(event),
    7 => Safe(keeping),
    8 => Piece { number, bytes: bytes },
});

record!(Keeping { number, request });

record!(Reading { number, query });

variants!(FromClient {
    0 => Stage(stage),
    1 => Event(event),
    2 => History { number, answer },
    3 => NoHistory { number, error },
    4 => Link(command),
    5 => Kept { number },
    6 => NotKept { number, error },
    7 => Made { number, done, bytes: bytes },
    8 => Wanted { number },
});

variants!(Stage {
    0 => Starting,
    1 => Unsupported(missing),
    2 => SecondTab,
    3 => TakenOver,
    4 => StorageBlocked,
    5 => TooNew,
    6 => Running { in_memory, passphrase },
    7 => Failed(failure),
    8 => Locked,
});

variants!(Choice {
    0 => UseHere,
    1 => ContinueInMemory,
});

variants!(Failure {
    0 => Storage(error),
    1 => Restore,
    2 => Lock,
    3 => Stopped,
});

variants!(Feature {
    0 => SecureContext,
    1 => IndexedDb,
    2 => WebCrypto,
    3 => WebLocks,
    4 => WebSocket,
    5 => BroadcastChannel,
    6 => Workers,
});

#[cfg(test)]
mod tests {
    use super::*;
    use discordopus_core::ids::{GroupId, LinkId, MessageId};
    use discordopus_core::io::read;
    use discordopus_core::store::{ChunkQuery, MessageQuery, Order};
    use discordopus_core::wire::encode_secret;

    fn refused(error: SafeError) -> FromClient {
        FromClient::NotKept { number: 6, error }
    }

    fn keeping(request: SafeRequest) -> ToClient {
        ToClient::Safe(Keeping { number: 9, request })
    }

    #[test]
    fn everything_that_is_said_arrives_as_it_was_said() {
        let config = Config {
            relays: vec!["wss://relay.example/mqtt".to_owned()],
            origin: "https://chat.example/".to_owned(),
        };
        let group = GroupId([3; 32]);
        for said in [
            ToClient::Start(config),
            ToClient::Choose(Choice::UseHere),
            ToClient::Choose(Choice::ContinueInMemory),
            ToClient::Command(Command::MarkRead { group }),
            ToClient::Woke,
            ToClient::NetworkLost,
            ToClient::Read(Reading {
                number: 7,
                query: Query::Page(MessageQuery {
                    group,
                    before: None,
                    after: None,
                    limit: 50,
                }),
            }),
            ToClient::Read(Reading {
                number: 8,
                query: Query::One {
                    group,
                    message: MessageId([4; 32]),
                },
            }),
            ToClient::Read(Reading {
                number: 9,
                query: Query::Search {
                    group,
                    words: "words".to_owned(),
                    before: Some(Order::default()),
                },
            }),
            ToClient::Read(Reading {
                number: 10,
                query: Query::Chunks(ChunkQuery {
                    group,
                    number: 1,
                    first: 2,
                    limit: 3,
                }),
            }),
            ToClient::Link(LinkEvent::Failed { link: LinkId(3) }),
            keeping(SafeRequest::SetPassphrase {
                current: String::new(),
                new: "new".to_owned(),
            }),
            keeping(SafeRequest::Lock),
            keeping(SafeRequest::Unlock {
                passphrase: "open sesame".to_owned(),
            }),
            keeping(SafeRequest::Erase),
            keeping(SafeRequest::Export {
                passphrase: "open sesame".to_owned(),
            }),
            keeping(SafeRequest::Restore {
                passphrase: "open sesame".to_owned(),
            }),
            ToClient::Piece {
                number: 9,
                bytes: vec![1, 2],
            },
        ] {
            assert!(read(&encode_secret(&said)) == Some(said));
        }
        for said in [
            FromClient::Stage(Stage::Starting),
            FromClient::Stage(Stage::Unsupported(vec![
                Feature::SecureContext,
                Feature::IndexedDb,
                Feature::WebCrypto,
                Feature::WebLocks,
                Feature::WebSocket,
                Feature::BroadcastChannel,
                Feature::Workers,
            ])),
            FromClient::Stage(Stage::SecondTab),
            FromClient::Stage(Stage::TakenOver),
            FromClient::Stage(Stage::StorageBlocked),
            FromClient::Stage(Stage::TooNew),
            FromClient::Stage(Stage::Running {
                in_memory: true,
                passphrase: false,
            }),
            FromClient::Stage(Stage::Locked),
            FromClient::Kept { number: 1 },
            FromClient::NotKept {
                number: 2,
                error: SafeError::Passphrase,
            },
            FromClient::NotKept {
                number: 3,
                error: SafeError::Storage(StoreError::Full),
            },
            refused(SafeError::NotBackup),
            refused(SafeError::NewerBackup),
            refused(SafeError::DamagedBackup),
            refused(SafeError::InUse),
            FromClient::Made {
                number: 4,
                done: 500,
                bytes: vec![3],
            },
            FromClient::Wanted { number: 5 },
            FromClient::Stage(Stage::Failed(Failure::Storage(StoreError::Full))),
            FromClient::Stage(Stage::Failed(Failure::Restore)),
            FromClient::Stage(Stage::Failed(Failure::Lock)),
            FromClient::Event(Event::GroupForgotten(group)),
            FromClient::History {
                number: 7,
                answer: Reply {
                    messages: Vec::new(),
                    next: Some(Order::default()),
                    chunks: vec![vec![1, 2].into()],
                },
            },
            FromClient::NoHistory {
                number: 8,
                error: StoreError::Closed,
            },
            FromClient::Link(LinkCommand::Close { link: LinkId(3) }),
        ] {
            assert!(read(&encode_secret(&said)) == Some(said));
        }
    }
}
