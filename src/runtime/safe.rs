//! What a person asks of the storage as a whole: to lock it, to open it again, to change its passphrase, to erase it.

use discordopus_core::store::StoreError;
use discordopus_core::variants;
use futures::channel::{mpsc, oneshot};

use crate::browser::storage::PassphraseError;

/// Something to do with the storage as a whole.
#[derive(Clone, PartialEq, Eq)]
pub enum SafeRequest {
    /// Opens it with this passphrase from now on; with none when that is empty.
    SetPassphrase {
        /// The one so far; empty if there is none.
        current: String,
        /// The new one.
        new: String,
    },
    /// Ends the client and forgets its keys until the passphrase is given.
    Lock,
    /// Opens what is locked.
    Unlock {
        /// By this.
        passphrase: String,
    },
    /// Deletes everything of the app on this device, while it is locked.
    Erase,
}

variants!(SafeRequest {
    0 => SetPassphrase { current, new },
    1 => Lock,
    2 => Unlock { passphrase },
    3 => Erase,
});

/// What is asked, never the passphrase.
impl core::fmt::Debug for SafeRequest {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::SetPassphrase { .. } => "SetPassphrase",
            Self::Lock => "Lock",
            Self::Unlock { .. } => "Unlock",
            Self::Erase => "Erase",
        })
    }
}

/// Why that was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SafeError {
    /// The passphrase is another one.
    Passphrase,
    /// The storage fails.
    Storage(StoreError),
}

variants!(SafeError {
    0 => Passphrase,
    1 => Storage(error),
});

impl From<PassphraseError> for SafeError {
    fn from(error: PassphraseError) -> Self {
        match error {
            PassphraseError::Wrong => Self::Passphrase,
            PassphraseError::Storage(error) => Self::Storage(error),
        }
    }
}

/// A request, and where its answer goes.
#[derive(Debug)]
pub struct SafeAsked {
    /// What is asked.
    pub request: SafeRequest,
    /// Whoever asked may be gone by then.
    pub reply: oneshot::Sender<Result<(), SafeError>>,
}

/// The handle by which the interface asks for these. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Safe {
    asked: mpsc::UnboundedSender<SafeAsked>,
}

impl Safe {
    /// A handle, and what is asked through it: for `connect`, and for tests of the interface.
    #[must_use]
    pub fn new() -> (Self, mpsc::UnboundedReceiver<SafeAsked>) {
        let (asked, received) = mpsc::unbounded();
        (Self { asked }, received)
    }

    /// Sets, changes or (empty) takes away the passphrase.
    ///
    /// # Errors
    /// [`SafeError`]; everything is as before then.
    pub async fn set_passphrase(&self, current: String, new: String) -> Result<(), SafeError> {
        self.ask(SafeRequest::SetPassphrase { current, new }).await
    }

    /// Locks; [`super::Boot::Locked`] follows.
    pub fn lock(&self) {
        let (reply, _) = oneshot::channel();
        let request = SafeRequest::Lock;
        // Without a client there is nothing to lock.
        let _ = self.asked.unbounded_send(SafeAsked { request, reply });
    }

    /// Opens what is locked; [`super::Boot::Running`] follows.
    ///
    /// # Errors
    /// [`SafeError`]; it can be tried again.
    pub async fn unlock(&self, passphrase: String) -> Result<(), SafeError> {
        self.ask(SafeRequest::Unlock { passphrase }).await
    }

    /// Deletes everything of the app on this device, while it is locked. It starts anew then.
    ///
    /// # Errors
    /// [`SafeError::Storage`]; nothing is deleted then.
    pub async fn erase(&self) -> Result<(), SafeError> {
        self.ask(SafeRequest::Erase).await
    }

    async fn ask(&self, request: SafeRequest) -> Result<(), SafeError> {
        let gone = SafeError::Storage(StoreError::Closed);
        let (reply, answer) = oneshot::channel();
        self.asked
            .unbounded_send(SafeAsked { request, reply })
            .map_err(|_| gone)?;
        answer.await.map_err(|_| gone)?
    }
}
