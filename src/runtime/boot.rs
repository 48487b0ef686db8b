//! How far the app has come in starting, and what a person can choose on the way.

use discordopus_core::store::StoreError;
use futures::channel::mpsc;

use super::Commands;
use crate::browser::page::Feature;

/// What the app is doing. Each value replaces the one before.
#[derive(Debug, Clone)]
pub enum Boot {
    /// Looking around, waiting for the lock, opening the storage, restoring.
    Starting,
    /// The same in a browser that keeps nothing of the app yet: there is nothing to wait for before something is shown. What
    /// is said meanwhile is heard once the client runs.
    Fresh {
        /// The way to speak to it.
        commands: Commands,
    },
    /// The browser lacks these; nothing was started.
    Unsupported(Vec<Feature>),
    /// Another tab runs the client. [`Startup::use_here`] takes over.
    SecondTab,
    /// This tab ran the client until another one took over. [`Startup::use_here`] takes back.
    TakenOver,
    /// The browser gives no storage (private mode, a setting, a policy). [`Startup::continue_in_memory`] goes on, and
    /// keeps nothing.
    StorageBlocked,
    /// The storage was written by a newer version of the app: reload.
    TooNew,
    /// What is kept is locked: `Safe::unlock` opens it, `Safe::erase` deletes it. No key is in memory.
    Locked,
    /// The client runs. Whatever was shown of an earlier run is void: every event is told again.
    Running {
        /// The way to speak to it.
        commands: Commands,
        /// Nothing is kept: the storage is blocked and the person went on regardless.
        in_memory: bool,
        /// A passphrase opens what is kept.
        passphrase: bool,
    },
    /// It can't start or go on.
    Failed(Failure),
}

/// Why the client can't start or go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The storage can't be opened or read.
    Storage(StoreError),
    /// What is stored doesn't make a client.
    Restore,
    /// The browser refused the tab lock.
    Lock,
    /// Its thread could not be loaded, or has ended with an error.
    Stopped,
}

/// What a person decided on a start screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    UseHere,
    ContinueInMemory,
}

/// The buttons of the start screens. Cheap to clone; pressing one that isn't shown has no effect.
#[derive(Debug, Clone)]
pub struct Startup {
    choices: mpsc::UnboundedSender<Choice>,
}

impl Startup {
    pub(super) fn new() -> (Self, mpsc::UnboundedReceiver<Choice>) {
        let (choices, received) = mpsc::unbounded();
        (Self { choices }, received)
    }

    /// Buttons that nobody listens to, for tests of the interface.
    #[must_use]
    pub fn detached() -> Self {
        Self::new().0
    }

    /// On [`Boot::SecondTab`] and [`Boot::TakenOver`]: run the client in this tab.
    pub fn use_here(&self) {
        self.choose(Choice::UseHere);
    }

    /// On [`Boot::StorageBlocked`]: run the client without keeping anything.
    pub fn continue_in_memory(&self) {
        self.choose(Choice::ContinueInMemory);
    }

    fn choose(&self, choice: Choice) {
        // The receiver lives as long as the app; without it there is nobody to press a button for.
        let _ = self.choices.unbounded_send(choice);
    }
}
