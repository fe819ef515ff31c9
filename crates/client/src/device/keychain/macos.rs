//! The login keychain of macOS. Each user has one from the beginning, and the system itself prompts
//! when an entry is read: for the keychain's password, or for the consent to a changed app.

use std::error::Error as StdError;
use std::sync::Arc;

use apple_native_keyring_store::keychain::Store;
use keyring_core::{CredentialStore, Entry, Error};
use security_framework::base::Error as StatusError;
use security_framework::os::macos::keychain::SecKeychain;

use super::prompts::Prompts;
use super::state::KeychainState;
use super::status;
use crate::device::port::Interaction;
use crate::secret_error::SecretError;

/// The system prompts before it lets an app read its entry that has changed since it wrote it.
pub(super) const PROMPTS_WHEN_OPEN: bool = true;

/// The prompts of this process: the system allows or forbids them for all of its threads.
static PROMPTS: Prompts = Prompts::new();

pub(super) fn entry(service: &str, user: &str) -> Result<Entry, Error> {
    let store: Arc<CredentialStore> = Store::new()?;
    store.build(service, user, None)
}

/// No earlier version has written an entry in another way.
pub(super) fn adopt(_: &Entry, _: &[u8]) {}

/// Runs `call`; without consent to a prompt, the system shows none meanwhile.
pub(super) fn run<T>(
    interaction: Interaction,
    call: impl FnOnce() -> Result<T, SecretError>,
) -> Result<T, SecretError> {
    let forbid = || SecKeychain::disable_user_interaction().map_err(|error| meaning(&error));
    PROMPTS.run(interaction, forbid, call)
}

/// Whether the keychain is locked is not asked: no safe function returns it. A silent call to a
/// locked keychain returns an error, never an empty result.
#[allow(clippy::unnecessary_wraps, reason = "all systems have the same signature")]
pub(super) fn state(_app: &str) -> Result<KeychainState, SecretError> {
    Ok(KeychainState::Open)
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
pub(super) fn cause(error: &(dyn StdError + Send + Sync + 'static)) -> Option<SecretError> {
    status::meaning(error.downcast_ref::<StatusError>()?.code())
}

fn meaning(error: &StatusError) -> SecretError {
    status::meaning(error.code()).unwrap_or(SecretError::Failed)
}
