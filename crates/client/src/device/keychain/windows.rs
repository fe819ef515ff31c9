//! The Credential Manager of Windows. Each user has one from the beginning, and it is unlocked
//! while the user is signed in to Windows.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::sync::Arc;

use keyring_core::{CredentialStore, Entry};
use windows_native_keyring_store::Store;

use super::{ENTRY, EntryResult, entry};
use crate::device::port::Interaction;
use crate::device::secret::Secret;
use crate::secret_error::SecretError;

/// The Credential Manager never prompts.
pub(super) const PROMPTS_WHEN_OPEN: bool = false;

/// Where an entry is stored: `Local` is on this computer alone, and `Enterprise`, the store's
/// default, follows the user to the other computers of a domain.
const PERSISTENCE: &str = "persistence";
const LOCAL: &str = "Local";

pub(super) fn read(app: &str) -> Result<Vec<EntryResult>, SecretError> {
    let entry = open(app)?;
    let found = entry::read(&entry, of_system)?;
    if let [Ok(secret)] = &*found {
        adopt(&entry, secret);
    }
    Ok(found)
}

pub(super) fn write(app: &str, secret: &Secret) -> Result<(), SecretError> {
    open(app)?.set_secret(secret.as_bytes()).map_err(|error| entry::meaning(&error, of_system))
}

pub(super) fn delete(app: &str) -> Result<(), SecretError> {
    entry::delete(&open(app)?, of_system)
}

/// The entry of the app. One that is written stays on this computer.
fn open(app: &str) -> Result<Entry, SecretError> {
    let local = HashMap::from([(PERSISTENCE, LOCAL)]);
    let store: Arc<CredentialStore> = Store::new().map_err(|error| entry::meaning(&error, of_system))?;
    store.build(app, ENTRY, Some(&local)).map_err(|error| entry::meaning(&error, of_system))
}

/// Writes an entry of an earlier version, which follows the user, again as one that stays on this
/// computer. If that fails, it is tried again at the next read.
fn adopt(entry: &Entry, secret: &[u8]) {
    let is_local = |entry: &Entry| {
        let attributes = entry.get_attributes()?;
        Ok(attributes.get(PERSISTENCE).is_none_or(|persistence| persistence == LOCAL))
    };
    let adopted =
        is_local(entry).and_then(|is_local| if is_local { Ok(()) } else { entry.set_secret(secret) });
    if adopted.is_err() {
        tracing::warn!("the keychain's entry still follows the user to other computers");
    }
}

/// Runs `call`. Nothing prompts.
pub(super) fn run<T>(
    _: Interaction,
    call: impl FnOnce() -> Result<T, SecretError>,
) -> Result<T, SecretError> {
    call()
}

#[allow(clippy::unnecessary_wraps, reason = "all systems have the same signature")]
pub(super) fn unlock(_app: &str) -> Result<(), SecretError> {
    Ok(())
}

#[allow(clippy::unnecessary_wraps, reason = "all systems have the same signature")]
pub(super) fn set_up() -> Result<(), SecretError> {
    Ok(())
}

/// The error kinds of the store contain all available information.
fn of_system(_: &(dyn StdError + Send + Sync + 'static)) -> Option<SecretError> {
    None
}

#[cfg(test)]
mod tests {
    use super::super::Keychain;
    use super::*;
    use crate::device::ProcessLock;

    fn persistence(entry: &Entry) -> String {
        entry.get_attributes().unwrap().remove(PERSISTENCE).unwrap()
    }

    #[test]
    fn a_new_entry_stays_on_this_computer() {
        let service = format!("test.{}", uuid::Uuid::new_v4());
        let keychain = Keychain::new(&service);
        let secret = Secret::generate().unwrap();
        assert_eq!(keychain.persist(&secret, &ProcessLock::none()), Ok(secret.clone()));
        assert_eq!(persistence(&open(&service).unwrap()), LOCAL);
        assert_eq!(keychain.read(Interaction::Silent), Ok(vec![secret]));
        keychain.delete(&ProcessLock::none()).unwrap();
        assert_eq!(keychain.read(Interaction::Silent), Ok(Vec::new()));
    }

    #[test]
    fn an_entry_that_follows_the_user_is_written_again_and_keeps_its_secret() {
        let service = format!("test.{}", uuid::Uuid::new_v4());
        let store: Arc<CredentialStore> = Store::new().unwrap();
        let earlier = store.build(&service, ENTRY, None).unwrap();
        let secret = Secret::generate().unwrap();
        earlier.set_secret(secret.as_bytes()).unwrap();
        assert_eq!(persistence(&earlier), "Enterprise");
        let keychain = Keychain::new(&service);
        assert_eq!(keychain.read(Interaction::Silent), Ok(vec![secret.clone()]));
        assert_eq!(persistence(&earlier), LOCAL);
        assert_eq!(keychain.read(Interaction::Silent), Ok(vec![secret]));
        keychain.delete(&ProcessLock::none()).unwrap();
    }
}
