//! The Credential Manager of Windows.

use std::error::Error as StdError;
use std::sync::Arc;

use keyring_core::CredentialStore;

use super::State;
use crate::secret_error::SecretError;

/// It is unlocked while the user is signed in to Windows.
pub(super) const ASKS_WHEN_OPEN: bool = false;

pub(super) fn store() -> Result<Arc<CredentialStore>, keyring_core::Error> {
    Ok(windows_native_keyring_store::Store::new()?)
}

/// It has no lock of its own.
#[allow(clippy::unnecessary_wraps, reason = "the shape that every system has")]
pub(super) fn state(_app: &str) -> Result<State, SecretError> {
    Ok(State::Open)
}

/// There is nothing to unlock.
#[allow(clippy::unnecessary_wraps, reason = "the shape that every system has")]
pub(super) fn unlock(_app: &str) -> Result<(), SecretError> {
    Ok(())
}

/// Each user has a keychain from the beginning.
#[allow(clippy::unnecessary_wraps, reason = "the shape that every system has")]
pub(super) fn set_up() -> Result<(), SecretError> {
    Ok(())
}

/// The store's own kinds say all that is known.
pub(super) fn trouble(_: &(dyn StdError + Send + Sync + 'static)) -> Option<SecretError> {
    None
}
