//! Brings the client up for this tab, step by step, and keeps it running until another tab takes over.

use std::rc::Rc;
use std::task::Poll;

use discordopus_core::Client;
use discordopus_core::ids::{ConnectionId, GroupId, MessageId, ReceiptId, Timestamp};
use discordopus_core::io::{Config, Input, RelayCommand, Transmit};
use discordopus_core::store::{
    Changes, MemoryStore, MessageQuery, Record, Snapshot, Store, StoreError,
};
use futures::channel::{mpsc, oneshot};
use futures::future;
use futures::{FutureExt, StreamExt};
use wasm_bindgen_futures::spawn_local;

use super::Failure;
use super::boot::Choice;
use super::driver::{Clock, Driver, Outside, RelayAdapter};
use super::exchange::Stage;
use super::reading::serve_history;
use super::serve::{Page, Running};
use crate::browser::clock;
use crate::browser::entropy::entropy;
use crate::browser::ice_servers;
use crate::browser::relay::Relays;
use crate::browser::storage::{self, Closing, DeviceStore};
use crate::browser::tab_lock::{self, LockError, Loss, TabLock};

/// How a run of the client ended.
enum End {
    /// Another tab runs it now.
    TakenOver,
    NewerVersion,
    Failed(Failure),
    /// The interface is gone.
    Abandoned,
}

/// Where the records of this tab's client are. One type, so that what drives the client is compiled once.
enum Records {
    OnDevice(Box<DeviceStore>),
    InMemory(MemoryStore),
}

impl Store for Records {
    async fn apply(&self, changes: &Changes) -> Result<(), StoreError> {
        match self {
            Self::OnDevice(store) => store.apply(changes).await,
            Self::InMemory(store) => store.apply(changes).await,
        }
    }

    async fn load(&self) -> Result<Snapshot, StoreError> {
        match self {
            Self::OnDevice(store) => store.load().await,
            Self::InMemory(store) => store.load().await,
        }
    }

    async fn message(&self, group: GroupId, id: MessageId) -> Result<Option<Record>, StoreError> {
        match self {
            Self::OnDevice(store) => store.message(group, id).await,
            Self::InMemory(store) => store.message(group, id).await,
        }
    }

    async fn messages(&self, query: MessageQuery) -> Result<Vec<Record>, StoreError> {
        match self {
            Self::OnDevice(store) => store.messages(query).await,
            Self::InMemory(store) => store.messages(query).await,
        }
    }
}

pub(super) struct Tab {
    page: Page,
    choices: mpsc::UnboundedReceiver<Choice>,
}

impl Tab {
    pub(super) fn new(page: Page, choices: mpsc::UnboundedReceiver<Choice>) -> Self {
        Self { page, choices }
    }

    /// Looks around, waits for the lock, opens the storage, restores the client and drives it.
    pub(super) async fn run(mut self, config: Config) {
        self.tell(Stage::Starting);
        let mut by_force = false;
        loop {
            let lock = match self.lock(by_force).await {
                Ok(Some(lock)) => Ok(lock),
                Ok(None) => return,
                Err(error) => Err(error),
            };
            match self.run_client(&config, lock).await {
                End::TakenOver => self.tell(Stage::TakenOver),
                End::NewerVersion => return self.tell(Stage::TooNew),
                End::Failed(failure) => return self.tell(Stage::Failed(failure)),
                End::Abandoned => return,
            }
            if !self.chosen(Choice::UseHere).await {
                return;
            }
            by_force = true;
            self.tell(Stage::Starting);
        }
    }

    fn tell(&self, stage: Stage) {
        self.page.tell(stage);
    }

    /// Waits for a button; `false` when the interface is gone.
    async fn chosen(&mut self, wanted: Choice) -> bool {
        while let Some(choice) = self.choices.next().await {
            if choice == wanted {
                return true;
            }
        }
        false
    }

    async fn lock(&mut self, by_force: bool) -> Result<Option<TabLock>, LockError> {
        if !by_force {
            if let Some(lock) = TabLock::try_take(tab_lock::NAME).await? {
                return Ok(Some(lock));
            }
            self.tell(Stage::SecondTab);
            if !self.chosen(Choice::UseHere).await {
                return Ok(None);
            }
            self.tell(Stage::Starting);
        }
        TabLock::take_over(tab_lock::NAME).await.map(Some)
    }

    /// Runs the client for as long as this tab has the lock. The store is closed before the lock is let go.
    async fn run_client(&mut self, config: &Config, lock: Result<TabLock, LockError>) -> End {
        let opened = DeviceStore::open(storage::names::DATABASE).await;
        let (records, closing, mut lock) = match (opened, lock) {
            (Ok((store, closing)), Ok(lock)) => (
                Records::OnDevice(Box::new(store)),
                Some(closing),
                Some(lock),
            ),
            // A page that may store nothing gets no lock either, and Chromium gives no better reason for the storage.
            (Err(StoreError::Failed), Err(_)) | (Err(StoreError::Blocked), _) => {
                self.tell(Stage::StorageBlocked);
                if !self.chosen(Choice::ContinueInMemory).await {
                    return End::Abandoned;
                }
                // It needs no lock: no other tab can have the keys that this one makes.
                (Records::InMemory(MemoryStore::default()), None, None)
            }
            (Err(StoreError::TooNew), _) => return End::NewerVersion,
            (Err(error), _) => return End::Failed(Failure::Storage(error)),
            (Ok(_), Err(_)) => return End::Failed(Failure::Lock),
        };
        self.drive(config, records, closing, lock.as_mut()).await
    }

    async fn drive(
        &mut self,
        config: &Config,
        records: Records,
        mut closing: Option<oneshot::Receiver<Closing>>,
        mut lock: Option<&mut TabLock>,
    ) -> End {
        let in_memory = matches!(records, Records::InMemory(_));
        let snapshot = match records.load().await {
            Ok(snapshot) => snapshot,
            Err(StoreError::TooNew) => return End::NewerVersion,
            Err(error) => return End::Failed(Failure::Storage(error)),
        };
        let mut rng = entropy();
        let Ok(machine) = Client::restore(snapshot, config.clone(), clock::now(), &mut rng) else {
            return End::Failed(Failure::Restore);
        };
        let (inputs, received) = mpsc::unbounded();
        let (history, requests) = mpsc::unbounded();
        let relays = Relays::new(inputs.clone());
        let running = Running {
            inputs: inputs.clone(),
            history,
            relays: relays.clone(),
        };
        self.page.attach(running, in_memory);

        let store = Rc::new(records);
        let mut reading = serve_history(Rc::clone(&store), requests)
            .boxed_local()
            .fuse();
        let (page, fetched) = (self.page.clone(), inputs.clone());
        let driver = Driver {
            machine,
            store,
            relays: relays.clone(),
            clock: DeviceClock,
            rng,
            outside: move |output| match output {
                Outside::Event(event) => page.event(event),
                Outside::Link(command) => page.link(command),
                Outside::FetchIce => {
                    let inputs = fetched.clone();
                    spawn_local(async move {
                        let _ = inputs.unbounded_send(ice_servers::fetch().await);
                    });
                }
            },
        };
        let mut driving = driver.run(received).boxed_local();
        // Only the first end counts: nothing is polled after it.
        let end = future::poll_fn(|context| {
            // Asked to finish, below, it has.
            if driving.poll_unpin(context).is_ready() {
                return Poll::Ready(None);
            }
            // That the driver alone decides about: nobody asks any more.
            let _ = reading.poll_unpin(context);
            if let Some(Poll::Ready(reason)) =
                closing.as_mut().map(|closing| closing.poll_unpin(context))
            {
                return Poll::Ready(Some(match reason {
                    Ok(Closing::NewerVersion) => End::NewerVersion,
                    _ => End::Failed(Failure::Storage(StoreError::Closed)),
                }));
            }
            while let Some(Poll::Ready(loss)) = lock.as_mut().map(|lock| lock.poll_loss(context)) {
                match loss {
                    // Fails when it has ended, and that is seen by itself.
                    Loss::Asked => drop(inputs.unbounded_send(Input::Shutdown)),
                    // Another tab writes already: nothing may be finished here.
                    Loss::Stolen => return Poll::Ready(Some(End::TakenOver)),
                }
            }
            Poll::Pending
        });
        match end.await {
            Some(end) => end,
            None => {
                relays.close_all();
                End::TakenOver
            }
        }
    }
}

struct DeviceClock;

impl Clock for DeviceClock {
    fn now(&self) -> Timestamp {
        clock::now()
    }

    fn sleep_until(&self, time: Timestamp) -> impl Future<Output = ()> {
        clock::sleep_until(time)
    }
}

impl RelayAdapter for Relays {
    fn command(&self, command: RelayCommand) {
        Self::command(self, command);
    }

    fn send(&self, transmit: Transmit) {
        Self::send(self, transmit);
    }

    fn acknowledge(&self, connection: ConnectionId, receipt: ReceiptId) {
        Self::acknowledge(self, connection, receipt);
    }
}
