//! One entry of a keychain that `keyring_core` reaches: those of macOS and Windows.

use std::error::Error as StdError;

use keyring_core::{Entry, Error};

use super::{EntryResult, MAX_ENTRIES};
use crate::secret_error::SecretError;

/// What a system makes of the error that its keychain returned; `None` if it has no number for it.
type OfSystem = fn(&(dyn StdError + Send + Sync + 'static)) -> Option<SecretError>;

/// The secrets under the name of the entry: there are several if another program has copied it.
pub(super) fn read(entry: &Entry, of_system: OfSystem) -> Result<Vec<EntryResult>, SecretError> {
    let secret = |entry: &Entry| entry.get_secret().map_err(|error| meaning(&error, of_system));
    match entry.get_secret() {
        Ok(bytes) => Ok(vec![Ok(bytes)]),
        Err(Error::NoEntry) => Ok(Vec::new()),
        Err(Error::Ambiguous(entries)) => Ok(entries.iter().take(MAX_ENTRIES).map(secret).collect()),
        Err(error) => Err(meaning(&error, of_system)),
    }
}

/// Deletes the entry, and its copies.
pub(super) fn delete(entry: &Entry, of_system: OfSystem) -> Result<(), SecretError> {
    match entry.delete_credential() {
        Ok(()) | Err(Error::NoEntry) => Ok(()),
        Err(Error::Ambiguous(entries)) => entries
            .iter()
            .take(MAX_ENTRIES)
            .try_for_each(|entry| entry.delete_credential().map_err(|error| meaning(&error, of_system))),
        Err(error) => Err(meaning(&error, of_system)),
    }
}

/// The meaning of an error of the keychain. An unknown error does not mean that the keychain is
/// missing, locked or empty.
pub(super) fn meaning(error: &Error, of_system: OfSystem) -> SecretError {
    let found = match error {
        Error::NoStorageAccess(source) => of_system(source.as_ref()).unwrap_or(SecretError::Locked),
        Error::PlatformFailure(source) => of_system(source.as_ref()).unwrap_or(SecretError::Failed),
        Error::Ambiguous(_) => SecretError::Ambiguous,
        Error::BadEncoding(_) | Error::BadDataFormat(..) | Error::BadStoreFormat(_) => SecretError::Damaged,
        _ => SecretError::Failed,
    };
    match error {
        Error::NoStorageAccess(source) | Error::PlatformFailure(source) => {
            tracing::debug!(trouble = %found, cause = %source, "the keychain refuses");
        }
        // The other errors can contain a secret.
        _ => tracing::debug!(trouble = %found, "the keychain refuses"),
    }
    found
}
