//! Brings the client up in this tab, step by step, and keeps it running until another tab takes over.

use std::rc::Rc;

use discordopus_core::Client;
use discordopus_core::ids::{ConnectionId, ReceiptId, Timestamp};
use discordopus_core::io::{Config, Event, Input, JoinState, RelayCommand, Transmit};
use discordopus_core::store::{MemoryStore, Store, StoreError};
use futures::FutureExt;
use futures::StreamExt;
use futures::channel::mpsc;
use futures::future::{self, Either, LocalBoxFuture};
use futures::stream::{self, LocalBoxStream};
use wasm_bindgen_futures::spawn_local;

use super::boot::Choice;
use super::driver::{Clock, Driver, RelayAdapter, serve_history};
use super::{Boot, Commands, Failure, Startup};
use crate::browser::clock;
use crate::browser::entropy::entropy;
use crate::browser::page::{self, Feature, PageEvent, PageEvents};
use crate::browser::relay::Relays;
use crate::browser::storage::{self, Closing, DeviceStore};
use crate::browser::tab_lock::{self, LockError, Loss, TabLock};

/// Starts the app's one background task.
///
/// `on_boot` hears every [`Boot`] state, `on_event` every event of the running client in order; both are called
/// between two tasks of the page, never from within a call of the interface.
pub fn start(
    on_boot: impl FnMut(Boot) + 'static,
    on_event: impl FnMut(Event) + 'static,
) -> Startup {
    let (startup, choices) = Startup::new();
    let tab = Tab {
        choices,
        on_boot: Box::new(on_boot),
        on_event: Box::new(on_event),
    };
    spawn_local(tab.run());
    startup
}

/// How a run of the client ended.
enum End {
    /// Another tab runs it now.
    TakenOver,
    NewerVersion,
    Failed(Failure),
    /// The interface is gone.
    Abandoned,
}

struct Tab {
    choices: mpsc::UnboundedReceiver<Choice>,
    on_boot: Box<dyn FnMut(Boot)>,
    on_event: Box<dyn FnMut(Event)>,
}

impl Tab {
    async fn run(mut self) {
        self.tell(Boot::Starting);
        let missing = Feature::missing();
        if !missing.is_empty() {
            return self.tell(Boot::Unsupported(missing));
        }
        let Ok(config) = page::config() else {
            return self.tell(Boot::Unsupported(vec![Feature::SecureContext]));
        };
        let mut by_force = false;
        loop {
            let lock = match self.lock(by_force).await {
                Ok(Some(lock)) => Ok(lock),
                Ok(None) => return,
                Err(error) => Err(error),
            };
            match self.run_client(&config, lock).await {
                End::TakenOver => self.tell(Boot::TakenOver),
                End::NewerVersion => return self.tell(Boot::TooNew),
                End::Failed(failure) => return self.tell(Boot::Failed(failure)),
                End::Abandoned => return,
            }
            if !self.chosen(Choice::UseHere).await {
                return;
            }
            by_force = true;
            self.tell(Boot::Starting);
        }
    }

    fn tell(&mut self, boot: Boot) {
        (self.on_boot)(boot);
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
            self.tell(Boot::SecondTab);
            if !self.chosen(Choice::UseHere).await {
                return Ok(None);
            }
            self.tell(Boot::Starting);
        }
        TabLock::take_over(tab_lock::NAME).await.map(Some)
    }

    /// Runs the client for as long as this tab has the lock. The store is closed before the lock is let go.
    async fn run_client(&mut self, config: &Config, lock: Result<TabLock, LockError>) -> End {
        let opened = DeviceStore::open(storage::names::DATABASE).await;
        match (opened, lock) {
            (Ok((store, closing)), Ok(mut lock)) => {
                let closing = async move {
                    match closing.await {
                        Ok(Closing::NewerVersion) => End::NewerVersion,
                        _ => End::Failed(Failure::Storage(StoreError::Closed)),
                    }
                };
                let losses = lock.losses().boxed_local();
                self.drive(config, store, false, closing.boxed_local(), losses)
                    .await
            }
            // A page that may store nothing gets no lock either, and Chromium gives no better reason for the storage.
            (Err(StoreError::Failed), Err(_)) => self.run_in_memory(config).await,
            (Err(StoreError::Blocked), _) => self.run_in_memory(config).await,
            (Err(StoreError::TooNew), _) => End::NewerVersion,
            (Err(error), _) => End::Failed(Failure::Storage(error)),
            (Ok(_), Err(_)) => End::Failed(Failure::Lock),
        }
    }

    /// Runs the client without keeping anything, once the person has agreed to that. It needs no lock: no other tab can
    /// have the keys that this one makes.
    async fn run_in_memory(&mut self, config: &Config) -> End {
        self.tell(Boot::StorageBlocked);
        if !self.chosen(Choice::ContinueInMemory).await {
            return End::Abandoned;
        }
        let store = MemoryStore::default();
        let (closing, losses) = (future::pending(), stream::pending());
        self.drive(
            config,
            store,
            true,
            closing.boxed_local(),
            losses.boxed_local(),
        )
        .await
    }

    async fn drive(
        &mut self,
        config: &Config,
        store: impl Store + 'static,
        in_memory: bool,
        closing: LocalBoxFuture<'_, End>,
        mut losses: LocalBoxStream<'_, Loss>,
    ) -> End {
        let snapshot = match store.load().await {
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
        let _page_events = listen(&inputs, &relays);
        self.tell(Boot::Running {
            commands: Commands::new(inputs.clone(), history),
            in_memory,
        });

        let store = Rc::new(store);
        let reading = serve_history(Rc::clone(&store), requests);
        let on_event = &mut self.on_event;
        let driver = Driver {
            machine,
            store,
            relays: relays.clone(),
            clock: DeviceClock,
            rng,
            on_event: move |event| {
                if !in_memory && is_worth_keeping(&event) {
                    spawn_local(async {
                        storage::request_persistence().await;
                    });
                }
                on_event(event);
            },
        };
        // The driver alone decides when this ends.
        let reading = reading.then(|()| future::pending::<()>());
        let running = Box::pin(future::select(
            Box::pin(driver.run(received)),
            Box::pin(reading),
        ));
        let mut ending = future::select(running, closing);
        loop {
            match future::select(&mut ending, losses.next()).await {
                // It was asked to finish, below, and has.
                Either::Left((Either::Left(_), _)) => {
                    relays.close_all();
                    return End::TakenOver;
                }
                Either::Left((Either::Right((end, _)), _)) => return end,
                Either::Right((Some(Loss::Asked), _)) => {
                    // Fails when it has ended, and then the next turn sees that.
                    let _ = inputs.unbounded_send(Input::Shutdown);
                }
                // Another tab writes already: nothing may be finished here.
                Either::Right((Some(Loss::Stolen) | None, _)) => return End::TakenOver,
            }
        }
    }
}

fn listen(inputs: &mpsc::UnboundedSender<Input>, relays: &Relays) -> PageEvents {
    let (inputs, relays) = (inputs.clone(), relays.clone());
    PageEvents::listen(move |event| {
        let input = match event {
            PageEvent::Woke => {
                relays.probe();
                Input::Wake
            }
            PageEvent::NetworkLost => Input::NetworkLost,
        };
        let _ = inputs.unbounded_send(input);
    })
}

/// From now on there is something to lose: the moment to ask the browser not to throw the storage away.
fn is_worth_keeping(event: &Event) -> bool {
    match event {
        Event::GroupCreated(_) => true,
        Event::Join(join) => matches!(join.state, JoinState::Joined(_)),
        _ => false,
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
