//! The device port on the machine that the app runs on.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::id::{DeviceId, DeviceIdError};
use super::key_file::{KeyFile, unusable};
use super::key_place::KeyPlace;
use super::keychain::Keychain;
use super::name;
use super::port::{Device, Interaction};
use super::process_lock::ProcessLock;
use super::secret::Secret;
use crate::secret_error::SecretError;
use crate::storage::{FileError, PrivateFile};

/// The machine that the app runs on.
pub struct Machine {
    /// The id, once it was read: it stays the same then. An error is tried again.
    id: Mutex<Option<DeviceId>>,
    installation: PrivateFile,
    keychain: Keychain,
    key_file: KeyFile,
    folder: PathBuf,
    identifier: String,
}

impl Machine {
    /// The machine, with the app's folder for the key file and the id of the installation.
    /// `identifier` is the app's, in reverse domain notation: the device id is derived with it, and
    /// the keychain's entry carries it, so that two apps share neither.
    pub fn new(folder: &Path, identifier: &str) -> Self {
        Self {
            id: Mutex::default(),
            installation: PrivateFile::new(folder.join("installation-id")),
            keychain: Keychain::new(identifier),
            key_file: KeyFile::new(folder),
            folder: folder.to_owned(),
            identifier: identifier.to_owned(),
        }
    }
}

impl Device for Machine {
    fn id(&self) -> Result<DeviceId, DeviceIdError> {
        let mut known = self.id.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = &*known {
            return Ok(id.clone());
        }
        Ok(known.insert(DeviceId::read(&self.installation, &self.identifier)?).clone())
    }

    fn name(&self) -> Option<String> {
        name::of_this_device()
    }

    fn secrets(&self, place: KeyPlace, interaction: Interaction) -> Result<Vec<Secret>, SecretError> {
        match place {
            KeyPlace::Keychain => self.keychain.read(interaction),
            KeyPlace::File => Ok(self.key_file.read().map_err(unusable)?.into_iter().collect()),
        }
    }

    fn persist_secret(
        &self,
        place: KeyPlace,
        new: &Secret,
        lock: &ProcessLock,
    ) -> Result<Secret, SecretError> {
        match place {
            KeyPlace::Keychain => self.keychain.persist(new, lock),
            KeyPlace::File => self.key_file.persist(new).map_err(unusable),
        }
    }

    fn forget_secret(&self, place: KeyPlace, lock: &ProcessLock) -> Result<(), SecretError> {
        match place {
            KeyPlace::Keychain => self.keychain.delete(lock),
            KeyPlace::File => self.key_file.delete().map_err(unusable),
        }
    }

    fn key_file(&self) -> Result<Option<Secret>, FileError> {
        self.key_file.read()
    }

    fn persist_key_file(&self, new: &Secret) -> Result<Secret, FileError> {
        self.key_file.persist(new)
    }

    fn set_aside_key_file(&self, last_read: &Secret) -> Result<(), FileError> {
        self.key_file.set_aside(last_read)
    }

    fn set_up_keychain(&self) -> Result<(), SecretError> {
        self.keychain.set_up()
    }

    fn lock(&self) -> ProcessLock {
        ProcessLock::wait(&self.folder)
    }
}
