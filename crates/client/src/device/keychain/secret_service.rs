//! Secret Service over D-Bus, the keychain of Linux desktops.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::sync::Arc;

use keyring_core::{CredentialStore, Entry};
use secret_service::blocking::{Item, SecretService};
use secret_service::{EncryptionType, Error, SearchItemsResult};
use zbus::blocking::Connection;
use zbus::blocking::fdo::DBusProxy;

use super::ENTRY;
use super::state::KeychainState;
use crate::device::port::Interaction;
use crate::secret_error::SecretError;

/// An unlocked item is read without a prompt.
pub(super) const PROMPTS_WHEN_OPEN: bool = false;

/// The name that libsecret gives to a keychain that it sets up.
const NEW_KEYCHAIN: &str = "Default keyring";

const SERVICE: &str = "org.freedesktop.secrets";
/// GNOME's keychain has this name too, and prompts through a program with the second name.
const GNOME: &str = "org.gnome.keyring";
const GNOME_PROMPTER: &str = "org.gnome.keyring.SystemPrompter";

/// The entry of the service, in a new store: the keychain can have started since the last access.
pub(super) fn entry(service: &str, user: &str) -> Result<Entry, keyring_core::Error> {
    let store: Arc<CredentialStore> = zbus_secret_service_keyring_store::Store::new()?;
    store.build(service, user, None)
}

/// No earlier version has written an entry in another way.
pub(super) fn adopt(_: &Entry, _: &[u8]) {}

/// Runs `call`. Only [`unlock`] and [`set_up`] prompt.
pub(super) fn run<T>(
    _: Interaction,
    call: impl FnOnce() -> Result<T, SecretError>,
) -> Result<T, SecretError> {
    call()
}

pub(super) fn state(app: &str) -> Result<KeychainState, SecretError> {
    let service = connect()?;
    let found = entries(&service, app)?;
    // The entry may be in another collection than the default one, or have a separate lock.
    match (found.locked.is_empty(), found.unlocked.is_empty()) {
        (false, _) => Ok(KeychainState::Locked),
        (true, false) => Ok(KeychainState::Open),
        (true, true) => match service.get_default_collection() {
            Ok(collection) => {
                let locked = collection.is_locked().map_err(|error| meaning(&error))?;
                Ok(if locked { KeychainState::Locked } else { KeychainState::Open })
            }
            Err(Error::NoResult) => Ok(KeychainState::NeverSetUp),
            Err(error) => Err(meaning(&error)),
        },
    }
}

/// Unlocks this app's entries, or the collection that a new one goes to. Prompts.
pub(super) fn unlock(app: &str) -> Result<(), SecretError> {
    let service = connect()?;
    let locked = entries(&service, app)?.locked;
    let unlocked = if locked.is_empty() {
        service.get_default_collection().and_then(|collection| collection.unlock())
    } else {
        service.unlock_all(&locked.iter().collect::<Vec<_>>())
    };
    unlocked.map_err(|error| asked(&error))
}

/// Makes a default keychain. Prompts for its new password.
pub(super) fn set_up() -> Result<(), SecretError> {
    let made = connect()?.create_collection(NEW_KEYCHAIN, "default").map(drop);
    made.map_err(|error| match asked(&error) {
        // More exact than that it cannot be unlocked.
        SecretError::NoPrompter => SecretError::NeverSetUp,
        other => other,
    })
}

/// The meaning of an error of the keychain's store, if it came from Secret Service.
pub(super) fn cause(error: &(dyn StdError + Send + Sync + 'static)) -> Option<SecretError> {
    error.downcast_ref::<Error>().map(meaning)
}

fn connect() -> Result<SecretService<'static>, SecretError> {
    // Regardless of the error, there is no session bus, and so no keychain on it.
    let bus = Connection::session().map_err(|error| {
        tracing::debug!(%error, "there is no session bus");
        SecretError::Missing
    })?;
    SecretService::connect_with_existing(EncryptionType::Plain, bus).map_err(|error| meaning(&error))
}

fn entries<'a>(
    service: &'a SecretService<'_>,
    app: &str,
) -> Result<SearchItemsResult<Item<'a>>, SecretError> {
    let ours = HashMap::from([("service", app), ("username", ENTRY)]);
    service.search_items(ours).map_err(|error| meaning(&error))
}

/// The meaning of an error on a bus that responds. An unknown error does not mean that there is no
/// keychain, or that it is empty.
fn meaning(error: &Error) -> SecretError {
    let found = match error {
        Error::Unavailable => SecretError::Missing,
        Error::Locked => SecretError::Locked,
        Error::Prompt => SecretError::Denied,
        Error::NoResult => SecretError::NeverSetUp,
        Error::Zbus(zbus::Error::MethodError(name, ..)) => named(name.as_str()),
        Error::Zbus(zbus::Error::FDO(error)) => named(&zbus::DBusError::name(&**error)),
        Error::ZbusFdo(error) => named(&zbus::DBusError::name(error)),
        _ => SecretError::Failed,
    };
    tracing::debug!(%error, trouble = %found, "the keychain refuses");
    found
}

/// The meaning of an error, by its name on the bus.
fn named(name: &str) -> SecretError {
    match name.strip_prefix("org.freedesktop.DBus.Error.") {
        // The service is not installed, cannot be started, or is closed to this app (a sandbox).
        Some("ServiceUnknown" | "NameHasNoOwner" | "AccessDenied") => SecretError::Missing,
        Some(spawning) if spawning.starts_with("Spawn.") => SecretError::Missing,
        Some("NoReply" | "Timeout" | "TimedOut") => SecretError::NoAnswer,
        _ if name == "org.freedesktop.Secret.Error.IsLocked" => SecretError::Locked,
        _ => SecretError::Failed,
    }
}

/// The meaning of an error after the keychain was asked to prompt.
fn asked(error: &Error) -> SecretError {
    match meaning(error) {
        SecretError::Denied if lacks_prompter().unwrap_or(false) => SecretError::NoPrompter,
        other => other,
    }
}

/// Whether the keychain is GNOME's and no program runs that shows its prompt. GNOME's keychain
/// reports that as a prompt that was closed; other keychains show their own prompts.
fn lacks_prompter() -> zbus::Result<bool> {
    let bus = Connection::session()?;
    let names = DBusProxy::new(&bus)?;
    if names.get_name_owner(SERVICE.try_into()?)? != names.get_name_owner(GNOME.try_into()?)? {
        return Ok(false);
    }
    let startable = names.list_activatable_names()?.iter().any(|name| name.as_str() == GNOME_PROMPTER);
    Ok(!startable && !names.name_has_owner(GNOME_PROMPTER.try_into()?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_error_of_an_absent_service_means_missing() {
        for name in ["ServiceUnknown", "NameHasNoOwner", "Spawn.ExecFailed", "Spawn.ServiceNotFound"] {
            assert_eq!(named(&format!("org.freedesktop.DBus.Error.{name}")), SecretError::Missing, "{name}");
        }
        assert_eq!(named("org.freedesktop.DBus.Error.NoReply"), SecretError::NoAnswer);
        assert_eq!(named("org.freedesktop.Secret.Error.IsLocked"), SecretError::Locked);
        for name in
            ["org.freedesktop.DBus.Error.Failed", "org.freedesktop.Secret.Error.NoSession", "new.Error", ""]
        {
            assert_eq!(named(name), SecretError::Failed, "{name}");
        }
    }
}
