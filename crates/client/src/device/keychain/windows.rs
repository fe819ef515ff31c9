//! The Credential Manager of Windows. Each user has one from the beginning, and it is unlocked
//! while the user is signed in to Windows.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::sync::Arc;

use keyring_core::{CredentialStore, Entry, Error};
use windows_native_keyring_store::Store;

use super::state::KeychainState;
use crate::device::port::Interaction;
use crate::secret_error::SecretError;

/// The Credential Manager never prompts.
pub(super) const PROMPTS_WHEN_OPEN: bool = false;

/// Where an entry is stored: `Local` is on this computer alone, and `Enterprise`, the store's
/// default, follows the user to the other computers of a domain.
const PERSISTENCE: &str = "persistence";
const LOCAL: &str = "Local";

/// The entry of the service. One that is written stays on this computer.
pub(super) fn entry(service: &str, user: &str) -> Result<Entry, Error> {
    let store: Arc<CredentialStore> = Store::new()?;
    store.build(service, user, Some(&HashMap::from([(PERSISTENCE, LOCAL)])))
}

/// Writes an entry of an earlier version, which follows the user, again as one that stays on this
/// computer. If that fails, it is tried again at the next read.
pub(super) fn adopt(entry: &Entry, secret: &[u8]) {
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
pub(super) fn state(_app: &str) -> Result<KeychainState, SecretError> {
    Ok(KeychainState::Open)
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
pub(super) fn cause(_: &(dyn StdError + Send + Sync + 'static)) -> Option<SecretError> {
    None
}

#[cfg(test)]
mod tests {
    use super::super::{ENTRY, Keychain};
    use super::*;
    use crate::device::{ProcessLock, Secret};

    fn persistence(entry: &Entry) -> String {
        entry.get_attributes().unwrap().remove(PERSISTENCE).unwrap()
    }

    #[test]
    fn a_new_entry_stays_on_this_computer() {
        let service = format!("test.{}", uuid::Uuid::new_v4());
        let keychain = Keychain::new(&service);
        let secret = Secret::generate().unwrap();
        assert_eq!(keychain.persist(&secret, &ProcessLock::none()), Ok(secret.clone()));
        assert_eq!(persistence(&entry(&service, ENTRY).unwrap()), LOCAL);
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
