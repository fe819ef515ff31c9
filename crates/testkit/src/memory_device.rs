//! This machine, with a keychain in memory.

use std::sync::{Arc, Mutex};

use latchkey_client::device::{
    Device, DeviceId, DeviceIdError, Interaction, KeyPlace, Machine, ProcessLock, Secret,
};
use latchkey_client::secret_error::SecretError;
use latchkey_client::storage::FileError;

/// The place of a secret in memory. Clones share the place.
#[derive(Clone, Default)]
pub(crate) struct MemoryKeychain(Arc<Mutex<Option<Secret>>>);

impl MemoryKeychain {
    /// Another place with the same secret.
    pub(crate) fn copied(&self) -> Self {
        Self(Arc::new(Mutex::new(self.0.lock().unwrap().clone())))
    }
}

/// The client's port to this machine. It has no key file.
pub(crate) struct MemoryDevice {
    pub(crate) machine: Machine,
    pub(crate) keychain: MemoryKeychain,
}

impl Device for MemoryDevice {
    fn id(&self) -> Result<DeviceId, DeviceIdError> {
        self.machine.id()
    }

    fn name(&self) -> Option<String> {
        self.machine.name()
    }

    fn secrets(&self, _: KeyPlace, _: Interaction) -> Result<Vec<Secret>, SecretError> {
        Ok(self.keychain.0.lock().unwrap().clone().into_iter().collect())
    }

    fn persist_secret(&self, _: KeyPlace, new: &Secret, _: &ProcessLock) -> Result<Secret, SecretError> {
        Ok(self.keychain.0.lock().unwrap().get_or_insert_with(|| new.clone()).clone())
    }

    fn forget_secret(&self, _: KeyPlace, _: &ProcessLock) -> Result<(), SecretError> {
        *self.keychain.0.lock().unwrap() = None;
        Ok(())
    }

    fn key_file(&self) -> Result<Option<Secret>, FileError> {
        Ok(None)
    }

    fn persist_key_file(&self, new: &Secret) -> Result<Secret, FileError> {
        Ok(new.clone())
    }

    fn set_aside_key_file(&self, _: &Secret) -> Result<(), FileError> {
        Ok(())
    }

    fn set_up_keychain(&self) -> Result<(), SecretError> {
        Ok(())
    }

    fn lock(&self) -> ProcessLock {
        self.machine.lock()
    }
}
