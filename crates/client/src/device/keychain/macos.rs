//! The login keychain of macOS.

use std::error::Error as StdError;
use std::sync::Arc;

use keyring_core::CredentialStore;

use super::State;
use crate::secret_error::SecretError;

/// The system asks before it lets an app in that has changed since.
pub(super) const ASKS_WHEN_OPEN: bool = true;

pub(super) fn store() -> Result<Arc<CredentialStore>, keyring_core::Error> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

/// A locked keychain answers with an error of its own, never with an empty result.
#[allow(clippy::unnecessary_wraps, reason = "the shape that every system has")]
pub(super) fn state(_app: &str) -> Result<State, SecretError> {
    Ok(State::Open)
}

/// The system shows its dialogue when the entry is read.
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
