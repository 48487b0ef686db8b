//! What the interface can ask of the history, and how it is answered: in the client's thread, beside the driver.

use std::rc::Rc;

use discordopus_core::chat::{MessageView, Needle, decode_record};
use discordopus_core::ids::{GroupId, MessageId};
use discordopus_core::store::{ChunkQuery, MessageQuery, Order, Record, Store, StoreError};
use discordopus_core::wire::ByteVec;
use discordopus_core::{record, variants};
use futures::StreamExt;
use futures::channel::mpsc;

use super::commands::HistoryRequest;

/// Rows that a search looks through before it answers: some tens of milliseconds, after which it says how far it is.
const SEARCHED_AT_A_TIME: usize = 2_000;
/// Rows that a search reads at once.
const SEARCH_PAGE: usize = 250;

/// A question about a group's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// A page of it.
    Page(MessageQuery),
    /// One message.
    One {
        /// Whose history.
        group: GroupId,
        /// Which message.
        message: MessageId,
    },
    /// The messages with these words, newest first.
    Search {
        /// Whose history.
        group: GroupId,
        /// The words.
        words: String,
        /// Where the search goes on.
        before: Option<Order>,
    },
    /// Chunks of a file.
    Chunks(ChunkQuery),
}

variants!(Query {
    0 => Page(query),
    1 => One { group, message },
    2 => Search { group, words, before },
    3 => Chunks(query),
});

/// What the history says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reply {
    /// The messages, newest first.
    pub messages: Vec<MessageView>,
    /// Of a search: where it goes on, if it isn't through.
    pub next: Option<Order>,
    /// Chunks of a file, from the one asked for on; they end where one is missing.
    pub chunks: Vec<ByteVec>,
}

record!(Reply {
    messages,
    next,
    chunks
});

/// Answers the interface's questions: reading needs no order with writing.
pub async fn serve_history(
    store: Rc<impl Store>,
    mut requests: mpsc::UnboundedReceiver<HistoryRequest>,
) {
    while let Some(HistoryRequest { query, reply }) = requests.next().await {
        let answer = answer(&*store, query).await;
        // Whoever asked may have gone to another group.
        let _ = reply.send(answer);
    }
}

async fn answer(store: &impl Store, query: Query) -> Result<Reply, StoreError> {
    match query {
        Query::Page(query) => Ok(Reply {
            messages: read_page(store, query).await?,
            ..Reply::default()
        }),
        Query::One { group, message } => {
            let record = store.message(group, message).await?;
            let message = record.as_ref().map(view).transpose()?;
            Ok(Reply {
                messages: message.into_iter().collect(),
                ..Reply::default()
            })
        }
        Query::Search {
            group,
            words,
            before,
        } => search(store, group, &words, before).await,
        Query::Chunks(query) => Ok(Reply {
            chunks: read_chunks(store, query).await?,
            ..Reply::default()
        }),
    }
}

async fn read_chunks(store: &impl Store, query: ChunkQuery) -> Result<Vec<ByteVec>, StoreError> {
    let records = store.file(query).await?;
    let in_a_row = (u64::from(query.first)..).zip(records);
    Ok(in_a_row
        .take_while(|(index, record)| record.key.order.counter == *index)
        .map(|(_, record)| record.value.to_vec().into())
        .collect())
}

async fn read_page(
    store: &impl Store,
    query: MessageQuery,
) -> Result<Vec<MessageView>, StoreError> {
    store.messages(query).await?.iter().map(view).collect()
}

async fn search(
    store: &impl Store,
    group: GroupId,
    words: &str,
    mut before: Option<Order>,
) -> Result<Reply, StoreError> {
    let needle = Needle::new(words);
    let mut found = Vec::new();
    for _ in 0..SEARCHED_AT_A_TIME / SEARCH_PAGE {
        let query = MessageQuery {
            group,
            before,
            after: None,
            limit: SEARCH_PAGE,
        };
        let page = read_page(store, query).await?;
        let is_last = page.len() < SEARCH_PAGE;
        before = page.last().map(|view| view.order);
        found.extend(page.into_iter().filter(|view| needle.is_in(view)));
        if is_last {
            before = None;
            break;
        }
    }
    Ok(Reply {
        messages: found,
        next: before,
        ..Reply::default()
    })
}

fn view(record: &Record) -> Result<MessageView, StoreError> {
    decode_record(&record.value).map_err(|_| StoreError::Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use discordopus_core::chat::Body;
    use discordopus_core::ids::{MemberId, Timestamp};
    use discordopus_core::store::{Changes, MemoryStore, RecordKey, StoreName};

    const GROUP: GroupId = GroupId([1; 32]);

    fn store_of(count: u64) -> MemoryStore {
        let store = MemoryStore::default();
        let mut changes = Changes::default();
        for counter in 0..count {
            let mut id = [0; 32];
            id[..8].copy_from_slice(&counter.to_be_bytes());
            let body = Body::Text(format!("Message {counter}"));
            let mut view = MessageView::new(
                GROUP,
                MessageId(id),
                MemberId([2; 32]),
                Timestamp(counter),
                body,
            );
            view.order = Order { day: 1, counter };
            changes.put(StoreName::Messages, view.record_key(), view.encode_record());
        }
        store.commit(&changes);
        store
    }

    fn ask(store: &MemoryStore, words: &str, before: Option<Order>) -> Reply {
        let search = search(store, GROUP, words, before);
        futures::executor::block_on(search).unwrap()
    }

    #[test]
    fn a_search_finds_everything_in_stretches_and_then_ends() {
        let store = store_of(4_321);
        let (mut found, mut before, mut stretches) = (0, None, 0);
        loop {
            let answer = ask(&store, "message", before);
            found += answer.messages.len();
            stretches += 1;
            before = answer.next;
            if before.is_none() {
                break;
            }
        }
        assert_eq!((found, stretches), (4_321, 3));
    }

    #[test]
    fn of_a_file_with_a_gap_only_what_is_before_it_is_read() {
        let store = MemoryStore::default();
        let mut changes = Changes::default();
        for counter in [0, 1, 3] {
            let key = RecordKey {
                group: Some(GROUP),
                order: Order { day: 9, counter },
                name: Vec::new(),
            };
            changes.put(StoreName::Files, key, vec![counter as u8]);
        }
        store.commit(&changes);
        let read = |first| {
            let query = ChunkQuery {
                group: GROUP,
                number: 9,
                first,
                limit: 10,
            };
            let answer = answer(&store, Query::Chunks(query));
            let chunks = futures::executor::block_on(answer).unwrap().chunks;
            chunks
                .iter()
                .map(|chunk| chunk.to_vec())
                .collect::<Vec<_>>()
        };
        assert_eq!(read(0), [[0], [1]]);
        assert_eq!(read(1), [[1]]);
        assert_eq!(read(3), [[3]]);
        assert!(read(2).is_empty());
    }

    #[test]
    fn a_search_finds_what_it_is_asked_for_only() {
        let store = store_of(300);
        let answer = ask(&store, "MESSAGE 123", None);
        let texts: Vec<_> = answer
            .messages
            .iter()
            .filter_map(MessageView::text)
            .collect();
        assert_eq!(texts, ["Message 123"]);
        assert_eq!(answer.next, None);
        assert!(ask(&store, "nothing of it", None).messages.is_empty());
        assert!(ask(&store, "  ", None).messages.is_empty());
    }
}
