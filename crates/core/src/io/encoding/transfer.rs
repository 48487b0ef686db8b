//! Tests of what is sent between the threads about files.

use super::read;
use crate::file::{FileKey, Look};
use crate::ids::{GroupId, MemberId};
use crate::io::{
    Command, Event, FetchState, FileProgress, LinkProblem, LinkState, MemberLink, NewFile, Path,
};
use crate::test_attr::test;
use crate::wire::{Value, encode_secret};

const GROUP: GroupId = GroupId([1; 32]);
const MEMBER: MemberId = MemberId([2; 32]);

fn arrives<T: Value + PartialEq>(sent: T) {
    assert!(read::<T>(&encode_secret(&sent)) == Some(sent));
}

#[test]
fn commands_about_files_arrive_as_they_were_given() {
    let (group, upload, number) = (GROUP, 7, 70_000);
    let file = |upload| NewFile {
        name: "film.bin".to_owned(),
        media_type: "video/webm".to_owned(),
        size: u64::MAX,
        key: FileKey([3; 32]),
        look: Look::Plain,
        chunks: vec![vec![1; 20].into()],
        upload,
    };
    for command in [
        Command::SendFiles {
            group,
            text: "words".to_owned(),
            reply_to: None,
            files: vec![file(None), file(Some(upload))],
        },
        Command::KeepChunks {
            group,
            upload,
            chunks: vec![vec![1; 20].into(), Vec::new().into()],
        },
        Command::DropUpload { group, upload },
        Command::FetchFile { group, number },
        Command::StopFile { group, number },
        Command::DropFiles { group },
    ] {
        arrives(command);
    }
}

#[test]
fn news_of_files_and_links_arrive_as_they_were_told() {
    let (group, from, number) = (GROUP, MEMBER, 70_000);
    let states = [
        FetchState::Looking,
        FetchState::Connecting { from },
        FetchState::Coming { from },
        FetchState::Nobody,
        FetchState::NoPath { from },
    ];
    for state in states {
        let here = 12;
        let progress = FileProgress {
            number,
            here,
            state,
        };
        arrives(Event::FileProgress { group, progress });
    }
    arrives(Event::FileHere { group, number });
    arrives(Event::FileGone { group, number });
    arrives(Event::ChunksKept {
        group,
        upload: 7,
        count: 64,
    });
    let link = |state, path| MemberLink {
        member: MEMBER,
        state,
        path,
    };
    arrives(Event::Links {
        group,
        links: vec![
            link(LinkState::Connected, Some(Path::Relayed)),
            link(LinkState::Failed(LinkProblem::NeedsTurn), None),
        ],
    });
}
