//! Secret Service over D-Bus.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::sync::Arc;

use keyring_core::CredentialStore;
use secret_service::blocking::{Item, SecretService};
use secret_service::{EncryptionType, Error, SearchItemsResult};
use zbus::blocking::Connection;
use zbus::blocking::fdo::DBusProxy;

use super::{ENTRY, State};
use crate::secret_error::SecretError;

/// An item that can be used without asking is not locked.
pub(super) const ASKS_WHEN_OPEN: bool = false;

/// What libsecret calls a keychain that it sets up.
const NEW_KEYCHAIN: &str = "Default keyring";

const SERVICE: &str = "org.freedesktop.secrets";
/// GNOME's keychain has this name too, and asks for passwords through a program with the other one.
const GNOME: &str = "org.gnome.keyring";
const GNOME_PROMPTER: &str = "org.gnome.keyring.SystemPrompter";

pub(super) fn store() -> Result<Arc<CredentialStore>, keyring_core::Error> {
    Ok(zbus_secret_service_keyring_store::Store::new()?)
}

pub(super) fn state(app: &str) -> Result<State, SecretError> {
    let service = connect()?;
    let found = entries(&service, app)?;
    // The entry may be in another collection than the default one, or have a lock of its own.
    match (found.locked.is_empty(), found.unlocked.is_empty()) {
        (false, _) => Ok(State::Locked),
        (true, false) => Ok(State::Open),
        (true, true) => match service.get_default_collection() {
            Ok(collection) => {
                let locked = collection.is_locked().map_err(|error| cause(&error))?;
                Ok(if locked { State::Locked } else { State::Open })
            }
            Err(Error::NoResult) => Ok(State::NeverSetUp),
            Err(error) => Err(cause(&error)),
        },
    }
}

/// Unlocks our entries, or the place where they will be. Shows the keychain's dialogue.
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

/// Makes a default keychain. Shows the dialogue that asks for its new password.
pub(super) fn set_up() -> Result<(), SecretError> {
    let made = connect()?.create_collection(NEW_KEYCHAIN, "default").map(drop);
    made.map_err(|error| match asked(&error) {
        // It says more than that it cannot be unlocked.
        SecretError::NoPrompter => SecretError::NeverSetUp,
        other => other,
    })
}

/// What an error of the keychain's store means, if it came from Secret Service.
pub(super) fn trouble(error: &(dyn StdError + Send + Sync + 'static)) -> Option<SecretError> {
    error.downcast_ref::<Error>().map(cause)
}

fn connect() -> Result<SecretService<'static>, SecretError> {
    // There are many ways to have no session bus, and as many errors: whichever it is, there is no
    // keychain on it.
    let bus = Connection::session().map_err(|error| {
        tracing::debug!(%error, "there is no session bus");
        SecretError::Missing
    })?;
    SecretService::connect_with_existing(EncryptionType::Plain, bus).map_err(|error| cause(&error))
}

fn entries<'a>(
    service: &'a SecretService<'_>,
    app: &str,
) -> Result<SearchItemsResult<Item<'a>>, SecretError> {
    let ours = HashMap::from([("service", app), ("username", ENTRY)]);
    service.search_items(ours).map_err(|error| cause(&error))
}

/// What an error means on a bus that is there. One that is not known says neither that there is no
/// keychain nor that it is empty.
fn cause(error: &Error) -> SecretError {
    let trouble = match error {
        Error::Unavailable => SecretError::Missing,
        Error::Locked => SecretError::Locked,
        Error::Prompt => SecretError::Denied,
        Error::NoResult => SecretError::NeverSetUp,
        Error::Zbus(zbus::Error::MethodError(name, ..)) => named(name.as_str()),
        Error::Zbus(zbus::Error::FDO(error)) => named(&zbus::DBusError::name(&**error)),
        Error::ZbusFdo(error) => named(&zbus::DBusError::name(error)),
        _ => SecretError::Failed,
    };
    tracing::debug!(%error, %trouble, "the keychain refuses");
    trouble
}

/// Errors by their names on the bus.
fn named(name: &str) -> SecretError {
    match name.strip_prefix("org.freedesktop.DBus.Error.") {
        // A service that is not installed, cannot be started, or is not for us (a sandbox) is not
        // there.
        Some("ServiceUnknown" | "NameHasNoOwner" | "AccessDenied") => SecretError::Missing,
        Some(spawning) if spawning.starts_with("Spawn.") => SecretError::Missing,
        Some("NoReply" | "Timeout" | "TimedOut") => SecretError::NoAnswer,
        _ if name == "org.freedesktop.Secret.Error.IsLocked" => SecretError::Locked,
        _ => SecretError::Failed,
    }
}

/// What an error means after the keychain was asked to show its dialogue.
fn asked(error: &Error) -> SecretError {
    match cause(error) {
        SecretError::Denied if lacks_prompter().unwrap_or(false) => SecretError::NoPrompter,
        other => other,
    }
}

/// Whether the keychain is GNOME's and nothing is there to show its dialogue, which it reports as a
/// dialogue that was closed. Other keychains show theirs themselves.
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
    fn only_a_service_that_is_not_there_is_missing() {
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
