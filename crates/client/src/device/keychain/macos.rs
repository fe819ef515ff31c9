//! The login keychain of macOS. Each user has one from the beginning, and the system itself prompts
//! when an entry is read: for the keychain's password, or for the consent to a changed app.

use std::error::Error as StdError;
use std::sync::Arc;

use apple_native_keyring_store::keychain::Store;
use keyring_core::{CredentialStore, Entry};
use security_framework::base::Error as StatusError;
use security_framework::os::macos::keychain::SecKeychain;

use super::prompts::Prompts;
use super::{ENTRY, EntryResult, entry, status};
use crate::device::port::Interaction;
use crate::device::secret::Secret;
use crate::secret_error::SecretError;

/// The system prompts before it lets an app read its entry that has changed since it wrote it.
pub(super) const PROMPTS_WHEN_OPEN: bool = true;

/// The prompts of this process: the system allows or forbids them for all of its threads.
static PROMPTS: Prompts = Prompts::new();

pub(super) fn read(app: &str) -> Result<Vec<EntryResult>, SecretError> {
    entry::read(&open(app)?, of_system)
}

pub(super) fn write(app: &str, secret: &Secret) -> Result<(), SecretError> {
    open(app)?.set_secret(secret.as_bytes()).map_err(|error| entry::meaning(&error, of_system))
}

pub(super) fn delete(app: &str) -> Result<(), SecretError> {
    entry::delete(&open(app)?, of_system)
}

/// The entry of the app. Whether the keychain is locked is not asked: no safe function returns it.
/// A silent call to a locked keychain returns an error, never an empty result.
fn open(app: &str) -> Result<Entry, SecretError> {
    let store: Arc<CredentialStore> = Store::new().map_err(|error| entry::meaning(&error, of_system))?;
    store.build(app, ENTRY, None).map_err(|error| entry::meaning(&error, of_system))
}

/// Runs `call`; without consent to a prompt, the system shows none meanwhile.
pub(super) fn run<T>(
    interaction: Interaction,
    call: impl FnOnce() -> Result<T, SecretError>,
) -> Result<T, SecretError> {
    let forbid = || SecKeychain::disable_user_interaction().map_err(|error| meaning(&error));
    PROMPTS.run(interaction, forbid, call)
}

/// The system prompts when the entry is read.
#[allow(clippy::unnecessary_wraps, reason = "all systems have the same signature")]
pub(super) fn unlock(_app: &str) -> Result<(), SecretError> {
    Ok(())
}

#[allow(clippy::unnecessary_wraps, reason = "all systems have the same signature")]
pub(super) fn set_up() -> Result<(), SecretError> {
    Ok(())
}

/// The meaning of an error of the keychain's store, if it has a number of the system.
fn of_system(error: &(dyn StdError + Send + Sync + 'static)) -> Option<SecretError> {
    status::meaning(error.downcast_ref::<StatusError>()?.code())
}

fn meaning(error: &StatusError) -> SecretError {
    status::meaning(error.code()).unwrap_or(SecretError::Failed)
}
