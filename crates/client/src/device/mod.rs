//! This device: its id and its secret. Owns every reading of the machine id and every access to the keychain; refuses to
//! show the one and to guess the other.

mod id;
mod key_file;
mod key_place;
mod keychain;
mod name;
mod process_lock;
mod secret;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

pub use id::{DeviceId, DeviceIdError, IdSource};
pub use key_file::KeyFile;
pub use key_place::KeyPlace;
pub use keychain::Keychain;
pub use process_lock::ProcessLock;
pub use secret::Secret;

use crate::secret_error::SecretError;
use crate::storage::FileError;

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

    /// The secrets that are kept in `place`; none when it is certain that there is none, and more than one when another
    /// program has copied the keychain's entry.
    ///
    /// # Errors
    /// When it is not known.
    fn secrets(&self, place: KeyPlace, patience: Patience) -> Result<Vec<Secret>, SecretError>;

    /// Keeps `new` unless there is a secret in `place` by now, and returns the one that is there. Hold [`Device::lock`].
    ///
    /// # Errors
    /// When none is kept.
    fn keep_secret(&self, place: KeyPlace, new: &Secret) -> Result<Secret, SecretError>;

    /// Forgets the secret.
    ///
    /// # Errors
    /// When it is still there.
    fn forget_secret(&self, place: KeyPlace) -> Result<(), SecretError>;

    /// The secret in the key file, as [`Device::secrets`] returns it, with what is wrong with the file.
    ///
    /// # Errors
    /// When it is not known.
    fn key_file(&self) -> Result<Option<Secret>, FileError>;

    /// Keeps `new` in the key file as [`Device::keep_secret`] does, with what is wrong with the file.
    ///
    /// # Errors
    /// When none is kept.
    fn keep_key_file(&self, new: &Secret) -> Result<Secret, FileError>;

    /// Moves a key file out of the way without destroying it, if it holds `seen`.
    ///
    /// # Errors
    /// When it is still there, or holds something else.
    fn set_aside_key_file(&self, seen: &Secret) -> Result<(), FileError>;

    /// Sets up a keychain where there is none yet, with the person's help. It may take a minute.
    ///
    /// # Errors
    /// When there is still none.
    fn set_up_keychain(&self) -> Result<(), SecretError>;

    /// Keeps other processes of this person from changing the secret and the record that names it,
    /// until the lock is dropped. Waits for ten seconds at most, and goes on without the lock then.
    fn lock(&self) -> ProcessLock;
}

/// Who is waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Nobody asked: never open a dialogue, never wait for one.
    None,
    /// A person asked, and may be shown the keychain's own dialogue.
    Person,
}

/// The machine that the app runs on.
pub struct Machine {
    id: OnceLock<Result<DeviceId, DeviceIdError>>,
    installation: crate::storage::PrivateFile,
    keychain: Keychain,
    key_file: KeyFile,
    folder: PathBuf,
    identifier: String,
}

impl Machine {
    /// The machine, with the app's own folder for what the machine has no place for. `identifier` is
    /// the app's, in reverse domain notation: the device id is derived with it, and the keychain's
    /// entry carries it, so that two apps share neither.
    pub fn new(folder: &Path, identifier: &str) -> Self {
        Self {
            id: OnceLock::new(),
            installation: crate::storage::PrivateFile::new(folder.join("installation-id")),
            keychain: Keychain::new(identifier),
            key_file: KeyFile::new(folder),
            folder: folder.to_owned(),
            identifier: identifier.to_owned(),
        }
    }
}

impl Device for Machine {
    fn id(&self) -> Result<DeviceId, DeviceIdError> {
        self.id.get_or_init(|| DeviceId::read(&self.installation, &self.identifier)).clone()
    }

    fn name(&self) -> Option<String> {
        name::of_this_device()
    }

    fn secrets(&self, place: KeyPlace, patience: Patience) -> Result<Vec<Secret>, SecretError> {
        match place {
            KeyPlace::Keychain => self.keychain.read(patience),
            KeyPlace::File => Ok(self.key_file.read().map_err(key_file::unusable)?.into_iter().collect()),
        }
    }

    fn keep_secret(&self, place: KeyPlace, new: &Secret) -> Result<Secret, SecretError> {
        match place {
            KeyPlace::Keychain => self.keychain.keep(new),
            KeyPlace::File => self.key_file.keep(new).map_err(key_file::unusable),
        }
    }

    fn forget_secret(&self, place: KeyPlace) -> Result<(), SecretError> {
        match place {
            KeyPlace::Keychain => self.keychain.delete(),
            KeyPlace::File => self.key_file.delete().map_err(key_file::unusable),
        }
    }

    fn key_file(&self) -> Result<Option<Secret>, FileError> {
        self.key_file.read()
    }

    fn keep_key_file(&self, new: &Secret) -> Result<Secret, FileError> {
        self.key_file.keep(new)
    }

    fn set_aside_key_file(&self, seen: &Secret) -> Result<(), FileError> {
        self.key_file.set_aside(seen)
    }

    fn set_up_keychain(&self) -> Result<(), SecretError> {
        self.keychain.set_up()
    }

    fn lock(&self) -> ProcessLock {
        ProcessLock::wait(&self.folder)
    }
}
