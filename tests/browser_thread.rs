//! Page and client over a message port in a real browser; here both ends are in one thread.
#![cfg(all(target_arch = "wasm32", target_os = "unknown"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use discordopus::runtime::{Boot, Commands, Failure, connect, serve};
use discordopus_core::ids::GroupId;
use discordopus_core::io::Event;
use discordopus_core::store::MessageQuery;
use futures::StreamExt;
use futures::channel::mpsc;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{MessageChannel, Worker};

wasm_bindgen_test_configure!(run_in_browser);

/// A thread that runs this script, from an address that holds it.
fn thread(script: &str) -> Worker {
    Worker::new(&format!("data:text/javascript,{script}")).unwrap()
}

struct Told {
    boots: mpsc::UnboundedReceiver<Boot>,
    events: mpsc::UnboundedReceiver<Event>,
    channel: MessageChannel,
}

fn page(thread: Worker) -> Told {
    let channel = MessageChannel::new().unwrap();
    let (boot, boots) = mpsc::unbounded();
    let (event, events) = mpsc::unbounded();
    connect(
        channel.port1(),
        thread,
        move |told| boot.unbounded_send(told).unwrap(),
        move |told| event.unbounded_send(told).unwrap(),
        |_| {},
    );
    Told {
        boots,
        events,
        channel,
    }
}

impl Told {
    async fn running(&mut self) -> Commands {
        loop {
            match self.boots.next().await.unwrap() {
                Boot::Running { commands, .. } => return commands,
                Boot::Fresh { .. } => {}
                other => panic!("{other:?}"),
            }
        }
    }

    async fn created(&mut self) -> GroupId {
        loop {
            if let Event::GroupCreated(group) = self.events.next().await.unwrap() {
                return group;
            }
        }
    }
}

#[wasm_bindgen_test]
async fn what_is_said_on_a_page_without_a_past_waits_for_the_client_and_history_comes_back() {
    let mut told = page(thread(""));
    let Boot::Fresh { commands } = told.boots.next().await.unwrap() else {
        panic!("this profile holds nothing");
    };
    commands.create_group("Club", "Ada");
    serve(told.channel.port2());
    let group = told.created().await;
    let commands = told.running().await;
    let newest = |group| MessageQuery {
        group,
        before: None,
        after: None,
        limit: 10,
    };
    let history = commands.history(newest(group)).await.unwrap();
    assert_eq!(history.len(), 1, "the note that it was founded");
    assert!(
        commands
            .history(newest(GroupId([9; 32])))
            .await
            .unwrap()
            .is_empty()
    );
}

#[wasm_bindgen_test]
async fn a_client_that_fails_is_told_once_and_nothing_after_it_counts() {
    let mut told = page(thread("throw new Error('made up')"));
    loop {
        match told.boots.next().await.unwrap() {
            Boot::Failed(Failure::Stopped) => break,
            Boot::Fresh { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(told.boots.try_recv().is_err());
}
