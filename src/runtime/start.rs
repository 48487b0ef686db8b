//! Brings the client up for this tab, step by step, and keeps it running until another tab takes over.

use std::cell::Cell;
use std::rc::Rc;
use std::task::{Context, Poll};

use discordopus_core::Client;
use discordopus_core::ids::{ConnectionId, GroupId, MessageId, ReceiptId, Timestamp};
use discordopus_core::io::{Config, Input, RelayCommand, Transmit};
use discordopus_core::store::{
    Changes, ChunkQuery, MemoryStore, MessageQuery, Record, Snapshot, Store, StoreError,
};
use futures::channel::{mpsc, oneshot};
use futures::future;
use futures::{FutureExt, StreamExt};
use wasm_bindgen_futures::spawn_local;
use zeroize::Zeroizing;

use super::Failure;
use super::boot::Choice;
use super::driver::{Clock, Driver, Outside, RelayAdapter};
use super::exchange::{Keeping, Stage};
use super::reading::serve_history;
use super::safe::{SafeError, SafeRequest};
use super::serve::{Page, Running};
use crate::browser::clock;
use crate::browser::entropy::entropy;
use crate::browser::ice_servers;
use crate::browser::relay::Relays;
use crate::browser::storage::{self, Closing, DeviceStore, LockedStore, Opened};
use crate::browser::tab_lock::{self, LockError, Loss, TabLock};

/// How a run of the client ended.
enum End {
    /// Another tab runs it now.
    TakenOver,
    NewerVersion,
    Failed(Failure),
    /// What is stored is to be opened anew: it was locked, or erased.
    Again,
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

    async fn file(&self, query: ChunkQuery) -> Result<Vec<Record>, StoreError> {
        match self {
            Self::OnDevice(store) => store.file(query).await,
            Self::InMemory(store) => store.file(query).await,
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
    asked: mpsc::UnboundedReceiver<Keeping>,
    files: mpsc::UnboundedReceiver<Piece>,
}

/// A piece of a file, with the number of its request; empty at the end.
type Piece = (u32, Vec<u8>);

impl Tab {
    pub(super) fn new(
        page: Page,
        choices: mpsc::UnboundedReceiver<Choice>,
        asked: mpsc::UnboundedReceiver<Keeping>,
        files: mpsc::UnboundedReceiver<Piece>,
    ) -> Self {
        Self {
            page,
            choices,
            asked,
            files,
        }
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
                End::Again => {
                    by_force = false;
                    self.tell(Stage::Starting);
                    continue;
                }
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
        let opened = storage::open(storage::names::DATABASE).await;
        let (records, closing, mut lock) = match (opened, lock) {
            (Ok((Opened::Open(store), closing)), Ok(lock)) => {
                (Records::OnDevice(store), Some(closing), Some(lock))
            }
            (Ok((Opened::Locked(store), mut closing)), Ok(mut lock)) => {
                match self.unlock(store, &mut closing, &mut lock).await {
                    Ok(store) => (
                        Records::OnDevice(Box::new(store)),
                        Some(closing),
                        Some(lock),
                    ),
                    Err(end) => return end,
                }
            }
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

    /// Waits for the passphrase. The tab keeps its lock meanwhile, and hands it over to one that asks.
    async fn unlock(
        &mut self,
        store: LockedStore,
        closing: &mut oneshot::Receiver<Closing>,
        lock: &mut TabLock,
    ) -> Result<DeviceStore, End> {
        self.tell(Stage::Locked);
        loop {
            let next = future::poll_fn(|context| {
                if let Some(end) = poll_end(Some(&mut *closing), context) {
                    return Poll::Ready(Err(end));
                }
                // Nothing is being written: asked or robbed, it can go at once.
                if lock.poll_loss(context).is_ready() {
                    return Poll::Ready(Err(End::TakenOver));
                }
                let asked = self.asked.poll_next_unpin(context);
                asked.map(|asked| asked.ok_or(End::Abandoned))
            });
            let Keeping { number, request } = next.await?;
            match request {
                SafeRequest::Unlock { passphrase } => {
                    let passphrase = Zeroizing::new(passphrase);
                    match store.unlock(&passphrase).await {
                        Ok(store) => {
                            self.page.kept(number, Ok(()));
                            return Ok(store);
                        }
                        Err(error) => self.page.kept(number, Err(error.into())),
                    }
                }
                SafeRequest::Erase => {
                    store.close();
                    let erased = storage::erase(storage::names::DATABASE).await;
                    self.page.kept(number, erased.map_err(SafeError::Storage));
                    return Err(End::Again);
                }
                // It has no keys here.
                _ => self
                    .page
                    .kept(number, Err(SafeError::Storage(StoreError::Closed))),
            }
        }
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
        let passphrase = match &records {
            Records::OnDevice(store) => store.has_passphrase().await.unwrap_or_default(),
            Records::InMemory(_) => false,
        };
        self.page.attach(running, in_memory, passphrase);

        let store = Rc::new(records);
        let mut desk = Desk {
            page: self.page.clone(),
            records: Rc::clone(&store),
            files: &mut self.files,
            alone: Rc::default(),
        };
        let alone = Rc::clone(&desk.alone);
        let asked = &mut self.asked;
        // One request at a time.
        let keeping = async move {
            while let Some(Keeping { number, request }) = asked.next().await {
                match desk.carry_out(number, request).await {
                    Ok(Then::GoOn) => desk.page.kept(number, Ok(())),
                    Ok(then) => return Some((number, then)),
                    Err(error) => desk.page.kept(number, Err(error)),
                }
            }
            None
        };
        let mut keeping = keeping.boxed_local().fuse();
        let mut reading = serve_history(Rc::clone(&store), requests)
            .boxed_local()
            .fuse();
        let (page, fetched) = (self.page.clone(), inputs.clone());
        let driver = Driver {
            machine,
            store: Rc::clone(&store),
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
        let mut locking = None;
        let mut restored = None;
        // Only the first end counts: nothing is polled after it.
        let end = future::poll_fn(|context| {
            // That the driver alone decides about: nobody asks any more.
            let _ = reading.poll_unpin(context);
            if let Some(end) = poll_end(closing.as_mut(), context) {
                return Poll::Ready(Some(end));
            }
            match keeping.poll_unpin(context) {
                Poll::Ready(Some((number, Then::Restart(changes)))) => {
                    restored = Some((number, changes));
                    return Poll::Ready(Some(End::Again));
                }
                Poll::Ready(Some((number, _))) => {
                    locking = Some(number);
                    drop(inputs.unbounded_send(Input::Shutdown));
                }
                Poll::Ready(None) | Poll::Pending => {}
            }
            // Asked to finish, it has.
            if !alone.get() && driving.poll_unpin(context).is_ready() {
                return Poll::Ready(None);
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
        let end = end.await;
        if let Some((number, changes)) = restored {
            // The client that had nothing goes; what was restored is there at once or not at all.
            drop(driving);
            let written = finish_restore(&store, &changes).await;
            self.page.kept(number, written);
        }
        match end {
            Some(end) => end,
            None => {
                relays.close_all();
                match locking {
                    Some(number) => {
                        self.page.kept(number, Ok(()));
                        End::Again
                    }
                    None => End::TakenOver,
                }
            }
        }
    }
}

/// What follows on a request that was carried out.
enum Then {
    GoOn,
    /// The client ends in order.
    Lock,
    /// The client ends, these are written, and another one starts.
    Restart(Changes),
}

/// Does what was asked of the storage of a running client.
struct Desk<'a> {
    page: Page,
    records: Rc<Records>,
    files: &'a mut mpsc::UnboundedReceiver<Piece>,
    /// The client stands still meanwhile.
    alone: Rc<Cell<bool>>,
}

impl Desk<'_> {
    async fn carry_out(&mut self, number: u32, request: SafeRequest) -> Result<Then, SafeError> {
        let records = Rc::clone(&self.records);
        let Records::OnDevice(store) = &*records else {
            return Err(SafeError::Storage(StoreError::Blocked));
        };
        match request {
            SafeRequest::SetPassphrase { current, new } => {
                let (current, new) = (Zeroizing::new(current), Zeroizing::new(new));
                store.set_passphrase(&current, &new).await?;
                Ok(Then::GoOn)
            }
            SafeRequest::Lock => match store.has_passphrase().await {
                Ok(true) => Ok(Then::Lock),
                // It could be opened by nothing.
                Ok(false) => Err(SafeError::Passphrase),
                Err(error) => Err(SafeError::Storage(error)),
            },
            // It is open.
            SafeRequest::Unlock { .. } => Ok(Then::GoOn),
            SafeRequest::Erase => Err(SafeError::Storage(StoreError::Failed)),
            SafeRequest::Export { passphrase } => {
                let passphrase = Zeroizing::new(passphrase);
                self.alone.set(true);
                let page = self.page.clone();
                let out = move |bytes, done| page.made(number, done, bytes);
                let result = store.export(&passphrase, out).await;
                self.alone.set(false);
                result?;
                Ok(Then::GoOn)
            }
            SafeRequest::Restore { passphrase } => {
                let passphrase = Zeroizing::new(passphrase);
                self.alone.set(true);
                let next = async || self.piece(number).await;
                let result = store.restore(&passphrase, next).await;
                if result.is_err() {
                    self.alone.set(false);
                }
                Ok(Then::Restart(result?))
            }
        }
    }

    /// The next piece of the file that a request is about.
    async fn piece(&mut self, number: u32) -> Option<Vec<u8>> {
        self.page.want(number);
        loop {
            // What an earlier request left is not for this one.
            let (of, bytes) = self.files.next().await?;
            if of == number {
                return (!bytes.is_empty()).then_some(bytes);
            }
        }
    }
}

/// Writes what a restored client starts from.
async fn finish_restore(records: &Records, changes: &Changes) -> Result<(), SafeError> {
    let Err(error) = records.apply(changes).await else {
        return Ok(());
    };
    if let Records::OnDevice(store) = records {
        // Without the rest nobody would ever see it.
        let _ = store.drop_history().await;
    }
    Err(SafeError::Storage(error))
}

/// Whether the storage was taken away, and what that means.
fn poll_end(
    closing: Option<&mut oneshot::Receiver<Closing>>,
    context: &mut Context<'_>,
) -> Option<End> {
    match closing?.poll_unpin(context) {
        Poll::Ready(Ok(Closing::NewerVersion)) => Some(End::NewerVersion),
        Poll::Ready(_) => Some(End::Failed(Failure::Storage(StoreError::Closed))),
        Poll::Pending => None,
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
