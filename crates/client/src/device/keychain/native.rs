//! The login keychain of macOS and the Credential Manager of Windows. Each user has one from the
//! beginning, and the system itself prompts when an entry is read.

use std::error::Error as StdError;
use std::sync::Arc;

#[cfg(target_os = "macos")]
use apple_native_keyring_store::keychain::Store;
use keyring_core::CredentialStore;
#[cfg(windows)]
use windows_native_keyring_store::Store;

use super::state::KeychainState;
use crate::secret_error::SecretError;

/// macOS prompts before it lets an app read its entry that has changed since it wrote it. The
/// keychain of Windows is unlocked while the user is signed in to Windows.
pub(super) const PROMPTS_WHEN_OPEN: bool = cfg!(target_os = "macos");

pub(super) fn store() -> Result<Arc<CredentialStore>, keyring_core::Error> {
    Ok(Store::new()?)
}

/// Windows has no separate lock; a locked keychain of macOS returns an error when it is read, never
/// an empty result.
#[allow(clippy::unnecessary_wraps, reason = "all systems have the same signature")]
pub(super) fn state(_app: &str) -> Result<KeychainState, SecretError> {
    Ok(KeychainState::Open)
}

/// The system prompts when the entry is read.
#[allow(clippy::unnecessary_wraps, reason = "all systems have the same signature")]
pub(super) fn unlock(_app: &str) -> Result<(), SecretError> {
    Ok(())
}

/// Each user has a keychain from the beginning.
#[allow(clippy::unnecessary_wraps, reason = "all systems have the same signature")]
pub(super) fn set_up() -> Result<(), SecretError> {
    Ok(())
}

/// The error kinds of the store contain all available information.
pub(super) fn cause(_: &(dyn StdError + Send + Sync + 'static)) -> Option<SecretError> {
    None
}
