//! The port through which the client reaches the device. Knows no operating system.

use super::id::{DeviceId, DeviceIdError};
use super::key_place::KeyPlace;
use super::process_lock::ProcessLock;
use super::secret::Secret;
use crate::secret_error::SecretError;
use crate::storage::FileError;

/// The device's functions that the client needs. Each call may block: for two seconds at most,
/// unless [`Interaction::Prompt`] allows a prompt.
pub trait Device: Send + Sync {
    /// The device id, the same while the process runs.
    ///
    /// # Errors
    /// Returns an error if the machine id cannot be read, or if there is none and an id of this
    /// installation cannot be stored.
    fn id(&self) -> Result<DeviceId, DeviceIdError>;

    /// The device's name for itself, for the list of the account's devices: 1 to 64 characters on
    /// one line.
    fn name(&self) -> Option<String>;

    /// The secrets in `place`: none if there certainly is none, more than one if another program
    /// has copied the keychain's entry.
    ///
    /// # Errors
    /// Returns an error if the place cannot be read.
    fn secrets(&self, place: KeyPlace, interaction: Interaction) -> Result<Vec<Secret>, SecretError>;

    /// Stores `new` unless `place` has a secret already, and returns the stored one.
    ///
    /// A keychain that does not respond in time may still do it later: other processes wait for
    /// `lock` until then.
    ///
    /// # Errors
    /// Returns an error if none is stored, or if this is not known.
    fn persist_secret(
        &self,
        place: KeyPlace,
        new: &Secret,
        lock: &ProcessLock,
    ) -> Result<Secret, SecretError>;

    /// Deletes the secret. As with [`Device::persist_secret`], other processes wait for `lock`
    /// until the keychain has done it.
    ///
    /// # Errors
    /// Returns an error if it is still there, or if this is not known.
    fn forget_secret(&self, place: KeyPlace, lock: &ProcessLock) -> Result<(), SecretError>;

    /// The secret in the key file, as [`Device::secrets`] returns it, with the fault of the file.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read.
    fn key_file(&self) -> Result<Option<Secret>, FileError>;

    /// Stores `new` in the key file as [`Device::persist_secret`] does, with the fault of the file.
    ///
    /// # Errors
    /// Returns an error if none is stored.
    fn persist_key_file(&self, new: &Secret) -> Result<Secret, FileError>;

    /// Renames the key file, if it holds `last_read`, so that its name is free and its bytes stay.
    ///
    /// # Errors
    /// Returns an error if it is still there, or holds another secret.
    fn set_aside_key_file(&self, last_read: &Secret) -> Result<(), FileError>;

    /// Sets up a keychain if there is none yet: prompts for its new password, and waits for a
    /// minute at most.
    ///
    /// # Errors
    /// Returns an error if there is still none.
    fn set_up_keychain(&self) -> Result<(), SecretError>;

    /// Stops other processes of this user from changing the secret and the record that names it,
    /// until the lock is dropped. Waits for ten seconds at most, then continues without the lock.
    fn lock(&self) -> ProcessLock;
}

/// Whether a call may show a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interaction {
    /// No prompt, and no waiting for one: the user did not ask for the call.
    Silent,
    /// The keychain may prompt: the user has asked for the call.
    Prompt,
}
