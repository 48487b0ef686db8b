//! The driver: one task that feeds the client its inputs and carries out its outputs, strictly in order.
//!
//! What stands behind a [`Output::Persist`] runs only once that batch is stored. A message key that was used in a frame
//! but never written down would be used again after a reload, so this order is the one thing that must not break. What uses
//! no key runs at once.

use std::rc::Rc;

use discordopus_core::Client;
use discordopus_core::chat::decode_record;
use discordopus_core::ids::{ConnectionId, GroupId, MessageId, ReceiptId, Timestamp};
use discordopus_core::io::{Event, Input, LinkCommand, Output, RelayCommand, Transmit};
use discordopus_core::store::{Changes, ChunkQuery, Store, StoreError};
use futures::StreamExt;
use futures::channel::mpsc;
use futures::future::{self, Either};
use rand_core::CryptoRng;

/// Most inputs that share one transaction: bounds what a failed one repeats, and how long the page does nothing else.
const MAX_TOGETHER: usize = 64;

/// What is driven: the client, or a script in a test.
pub(super) trait Machine {
    /// Takes one input.
    fn handle(&mut self, now: Timestamp, input: Input, rng: &mut dyn CryptoRng);
    /// The next thing to do.
    fn poll_output(&mut self) -> Option<Output>;
    /// When [`Input::Timeout`] is due.
    fn poll_timeout(&self) -> Option<Timestamp>;
}

impl Machine for Client {
    fn handle(&mut self, now: Timestamp, input: Input, rng: &mut dyn CryptoRng) {
        Self::handle(self, now, input, rng);
    }

    fn poll_output(&mut self) -> Option<Output> {
        Self::poll_output(self)
    }

    fn poll_timeout(&self) -> Option<Timestamp> {
        Self::poll_timeout(self)
    }
}

/// Where frames go.
pub(super) trait RelayAdapter {
    /// Opens, changes or closes a connection.
    fn command(&self, command: RelayCommand);
    /// Gives a frame to a connection.
    fn send(&self, transmit: Transmit);
    /// The relay may forget a frame.
    fn acknowledge(&self, connection: ConnectionId, receipt: ReceiptId);
}

/// What time it is, and when it will be another.
pub(super) trait Clock {
    /// Now.
    fn now(&self) -> Timestamp;
    /// Waits until then, or a shorter while.
    fn sleep_until(&self, time: Timestamp) -> impl Future<Output = ()>;
}

/// What is not for a relay.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Outside {
    /// News for the interface.
    Event(Event),
    /// Something to do with a direct link.
    Link(LinkCommand),
    /// Ask the deployment for its ICE servers.
    FetchIce,
}

/// The client and everything it acts upon.
pub(super) struct Driver<M, S, A, C, R, E> {
    pub(super) machine: M,
    pub(super) store: Rc<S>,
    pub(super) relays: A,
    pub(super) clock: C,
    pub(super) rng: R,
    pub(super) outside: E,
}

impl<M, S, A, C, R, E> Driver<M, S, A, C, R, E>
where
    M: Machine,
    S: Store,
    A: RelayAdapter,
    C: Clock,
    R: CryptoRng,
    E: FnMut(Outside),
{
    /// Runs until [`Input::Shutdown`] is carried out, or nobody is left to give inputs.
    pub(super) async fn run(mut self, mut inputs: mpsc::UnboundedReceiver<Input>) {
        // What the client wants right after it was restored.
        self.drain().await;
        while let Some(input) = self.next(&mut inputs).await {
            let mut last = matches!(input, Input::Shutdown);
            self.handle(input);
            // What piled up during the last write shares the next one: after an absence that is most of the work.
            for _ in 1..MAX_TOGETHER {
                if last {
                    break;
                }
                let Ok(input) = inputs.try_recv() else { break };
                last = matches!(input, Input::Shutdown);
                self.handle(input);
            }
            self.drain().await;
            if last {
                return;
            }
        }
    }

    fn handle(&mut self, input: Input) {
        self.machine.handle(self.clock.now(), input, &mut self.rng);
    }

    async fn next(&mut self, inputs: &mut mpsc::UnboundedReceiver<Input>) -> Option<Input> {
        let Some(time) = self.machine.poll_timeout() else {
            return inputs.next().await;
        };
        // Inputs first: a timer that is always due must not keep a person from being heard.
        let timeout = Box::pin(self.clock.sleep_until(time));
        match future::select(inputs.next(), timeout).await {
            Either::Left((input, _)) => input,
            Either::Right(((), _)) => Some(Input::Timeout),
        }
    }

    /// Carries out everything that the last inputs caused: all their writes in one transaction, then the rest in order.
    async fn drain(&mut self) {
        loop {
            let mut changes = Changes::default();
            let mut after = Vec::new();
            while let Some(output) = self.machine.poll_output() {
                match output {
                    Output::Persist(more) => changes.list.extend(more.list),
                    now if now.runs_at_once() => self.execute(now),
                    other => after.push(other),
                }
            }
            if changes.is_empty() && after.is_empty() {
                return;
            }
            match self.write(&changes).await {
                Ok(()) => {
                    for output in after {
                        match output {
                            Output::Recall { group, message } => self.recall(group, message).await,
                            Output::ReadFile {
                                group,
                                number,
                                first,
                                limit,
                            } => {
                                let limit = usize::try_from(limit).unwrap_or(usize::MAX);
                                self.read_file(ChunkQuery {
                                    group,
                                    number,
                                    first,
                                    limit,
                                })
                                .await;
                            }
                            output => self.execute(output),
                        }
                    }
                }
                // The rest of this drain is void. The client says what to do instead.
                Err(error) => self.handle(Input::StorageFailed(error)),
            }
        }
    }

    async fn write(&self, changes: &Changes) -> Result<(), StoreError> {
        if changes.is_empty() {
            return Ok(());
        }
        self.store.apply(changes).await
    }

    /// Reads a message that the client asks for. What can't be read is as good as absent: it is asked for again at the
    /// next start.
    async fn recall(&mut self, group: GroupId, message: MessageId) {
        let record = self.store.message(group, message).await.ok().flatten();
        let view = record.and_then(|record| decode_record(&record.value).ok());
        self.handle(Input::Recalled {
            group,
            message,
            view: view.map(Box::new),
        });
    }

    /// Reads a file that somebody else asks for. What can't be read is not sent, and they ask somebody else.
    async fn read_file(&mut self, query: ChunkQuery) {
        let ChunkQuery {
            group,
            number,
            first,
            ..
        } = query;
        let records = self.store.file(query).await.unwrap_or_default();
        let chunks = records.into_iter().filter_map(|record| {
            let index = u32::try_from(record.key.order.counter).ok()?;
            Some((index, record.value.to_vec().into()))
        });
        let chunks = chunks.collect();
        self.handle(Input::FileRead {
            group,
            number,
            first,
            chunks,
        });
    }

    fn execute(&mut self, output: Output) {
        match output {
            // Taken out before.
            Output::Persist(_) | Output::Recall { .. } | Output::ReadFile { .. } => {}
            Output::Relay(command) => self.relays.command(command),
            Output::Send(transmit) => self.relays.send(transmit),
            Output::Acknowledge {
                connection,
                receipt,
            } => self.relays.acknowledge(connection, receipt),
            Output::Event(event) => (self.outside)(Outside::Event(event)),
            Output::Link(command) => (self.outside)(Outside::Link(command)),
            Output::FetchIce => (self.outside)(Outside::FetchIce),
        }
    }
}

#[cfg(test)]
mod tests;
