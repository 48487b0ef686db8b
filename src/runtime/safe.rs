//! What a person asks of the storage as a whole: to lock it, to open it again, to change its passphrase, to erase it, to
//! write a backup of it, and to take one in.

use discordopus_core::store::StoreError;
use discordopus_core::variants;
use futures::channel::{mpsc, oneshot};

use crate::browser::file::File;
use crate::browser::storage::{BackupError, PassphraseError};

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
    /// Writes a backup.
    Export {
        /// It opens with this.
        passphrase: String,
    },
    /// Takes a backup in, where there is nothing yet.
    Restore {
        /// It opens with this.
        passphrase: String,
    },
}

variants!(SafeRequest {
    0 => SetPassphrase { current, new },
    1 => Lock,
    2 => Unlock { passphrase },
    3 => Erase,
    4 => Export { passphrase },
    5 => Restore { passphrase },
});

/// What is asked, never the passphrase.
impl core::fmt::Debug for SafeRequest {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::SetPassphrase { .. } => "SetPassphrase",
            Self::Lock => "Lock",
            Self::Unlock { .. } => "Unlock",
            Self::Erase => "Erase",
            Self::Export { .. } => "Export",
            Self::Restore { .. } => "Restore",
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
    /// The file is no backup.
    NotBackup,
    /// The backup was written by a newer version of the app.
    NewerBackup,
    /// The backup was changed or cut off.
    DamagedBackup,
    /// There is something on this device already.
    InUse,
}

variants!(SafeError {
    0 => Passphrase,
    1 => Storage(error),
    2 => NotBackup,
    3 => NewerBackup,
    4 => DamagedBackup,
    5 => InUse,
});

impl From<BackupError> for SafeError {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::NotBackup => Self::NotBackup,
            BackupError::TooNew => Self::NewerBackup,
            BackupError::Passphrase => Self::Passphrase,
            BackupError::Damaged => Self::DamagedBackup,
            BackupError::InUse => Self::InUse,
            BackupError::Storage(error) => Self::Storage(error),
        }
    }
}

impl From<PassphraseError> for SafeError {
    fn from(error: PassphraseError) -> Self {
        match error {
            PassphraseError::Wrong => Self::Passphrase,
            PassphraseError::Storage(error) => Self::Storage(error),
        }
    }
}

/// A request, and where its answer goes.
pub struct SafeAsked {
    /// What is asked.
    pub request: SafeRequest,
    /// The file that is to be read.
    pub file: Option<File>,
    /// Hears how much is done, in thousandths.
    pub progress: Box<dyn Fn(u16)>,
    /// Whoever asked may be gone by then.
    pub reply: oneshot::Sender<Result<(), SafeError>>,
}

/// The handle by which the interface asks for these. Cheap to clone.
#[derive(Clone)]
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
        // Without a client there is nothing to lock.
        drop(self.send(SafeRequest::Lock, None, |_| {}));
    }

    /// Writes everything that is stored into an encrypted file, which the browser saves. `progress` hears how much is done,
    /// in thousandths.
    ///
    /// # Errors
    /// [`SafeError::Storage`].
    pub async fn export(
        &self,
        passphrase: String,
        progress: impl Fn(u16) + 'static,
    ) -> Result<(), SafeError> {
        let request = SafeRequest::Export { passphrase };
        answer(self.send(request, None, progress)).await
    }

    /// Takes a backup in, where there is nothing yet. [`super::Boot::Running`] follows.
    ///
    /// # Errors
    /// [`SafeError`]; nothing of it is here then.
    pub async fn restore(
        &self,
        file: File,
        passphrase: String,
        progress: impl Fn(u16) + 'static,
    ) -> Result<(), SafeError> {
        let request = SafeRequest::Restore { passphrase };
        answer(self.send(request, Some(file), progress)).await
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
        answer(self.send(request, None, |_| {})).await
    }

    fn send(
        &self,
        request: SafeRequest,
        file: Option<File>,
        progress: impl Fn(u16) + 'static,
    ) -> oneshot::Receiver<Result<(), SafeError>> {
        let (reply, answer) = oneshot::channel();
        // If nobody is there, the answer never comes, and that is told.
        let _ = self.asked.unbounded_send(SafeAsked {
            request,
            file,
            progress: Box::new(progress),
            reply,
        });
        answer
    }
}

async fn answer(answer: oneshot::Receiver<Result<(), SafeError>>) -> Result<(), SafeError> {
    answer
        .await
        .unwrap_or(Err(SafeError::Storage(StoreError::Closed)))
}
