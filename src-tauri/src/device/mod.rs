//! This device: its id and its secret. Owns every reading of the machine id and every access to the keychain; refuses to
//! show the one and to guess the other.

mod id;
mod key_file;
mod keychain;
mod name;
mod secret;

use std::path::Path;
use std::sync::OnceLock;

pub use id::{DeviceId, DeviceIdError};
pub use key_file::KeyFile;
pub use keychain::Keychain;
pub use secret::Secret;

use crate::view::KeyPlace;

/// What the session asks of the device. All of it may block, for two seconds at most unless [`Patience::Person`] says
/// that somebody is there to type a password.
pub trait Device: Send + Sync {
    /// The device id, the same for the life of the process.
    ///
    /// # Errors
    /// When there is neither a machine id nor a place for an id of our own.
    fn id(&self) -> Result<DeviceId, DeviceIdError>;

    /// What the device calls itself, for the list of the account's devices: 1 to 64 characters on one line.
    fn name(&self) -> Option<String>;

    /// The secret that is kept in `place`; `None` when it is certain that there is none.
    ///
    /// # Errors
    /// When it cannot be told.
    fn secret(&self, place: KeyPlace, patience: Patience) -> Result<Option<Secret>, KeyError>;

    /// Keeps a secret.
    ///
    /// # Errors
    /// When it is not kept.
    fn keep_secret(&self, place: KeyPlace, secret: &Secret) -> Result<(), KeyError>;

    /// Forgets the secret.
    ///
    /// # Errors
    /// When it is still there.
    fn forget_secret(&self, place: KeyPlace) -> Result<(), KeyError>;
}

/// Who is waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Nobody asked: never open a dialogue, never wait for one.
    None,
    /// A person asked, and may be shown the keychain's own dialogue.
    Person,
}

/// Why a secret cannot be had or kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// This machine has no keychain at all.
    #[error("there is no keychain on this computer")]
    NoKeychain,
    /// It is locked, or the person said no.
    #[error("the keychain is locked")]
    Locked,
    /// It is there, but does not answer, or answers nonsense.
    #[error("the keychain does not answer")]
    Unavailable,
}

/// The machine that the app runs on.
pub struct Machine {
    id: OnceLock<Result<DeviceId, DeviceIdError>>,
    installation: crate::storage::PrivateFile,
    keychain: Keychain,
    key_file: KeyFile,
}

impl Machine {
    /// The machine, with the app's own folder for what it has no place for.
    pub fn new(folder: &Path) -> Self {
        Self {
            id: OnceLock::new(),
            installation: crate::storage::PrivateFile::new(folder.join("installation-id")),
            keychain: Keychain,
            key_file: KeyFile::new(folder),
        }
    }
}

impl Device for Machine {
    fn id(&self) -> Result<DeviceId, DeviceIdError> {
        self.id.get_or_init(|| DeviceId::read(&self.installation)).clone()
    }

    fn name(&self) -> Option<String> {
        name::of_this_device()
    }

    fn secret(&self, place: KeyPlace, patience: Patience) -> Result<Option<Secret>, KeyError> {
        match place {
            KeyPlace::Keychain => self.keychain.read(patience),
            KeyPlace::File => self.key_file.read(),
        }
    }

    fn keep_secret(&self, place: KeyPlace, secret: &Secret) -> Result<(), KeyError> {
        match place {
            KeyPlace::Keychain => self.keychain.write(secret),
            KeyPlace::File => self.key_file.write(secret),
        }
    }

    fn forget_secret(&self, place: KeyPlace) -> Result<(), KeyError> {
        match place {
            KeyPlace::Keychain => self.keychain.delete(),
            KeyPlace::File => self.key_file.delete(),
        }
    }
}
