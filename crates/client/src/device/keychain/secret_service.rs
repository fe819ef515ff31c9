//! Secret Service over D-Bus, the keychain of Linux desktops.

use std::collections::HashMap;

use secret_service::blocking::{Collection, Item, SecretService};
use secret_service::{EncryptionType, Error, SearchItemsResult};
use zbus::blocking::Connection;
use zbus::blocking::fdo::DBusProxy;

use super::{ENTRY, EntryResult, MAX_ENTRIES};
use crate::device::port::Interaction;
use crate::device::secret::Secret;
use crate::secret_error::SecretError;

/// An unlocked item is read without a prompt.
pub(super) const PROMPTS_WHEN_OPEN: bool = false;

/// The name that libsecret gives to a keychain that it sets up.
const NEW_KEYCHAIN: &str = "Default keyring";

/// The media type of 32 random bytes.
const CONTENT_TYPE: &str = "application/octet-stream";

const SERVICE: &str = "org.freedesktop.secrets";
const PATH: &str = "/org/freedesktop/secrets";
const INTERFACE: &str = "org.freedesktop.Secret.Service";
/// The alias of the collection that new entries go to.
const DEFAULT: &str = "default";
/// GNOME's keychain has this name too, and prompts through a program with the second name.
const GNOME: &str = "org.gnome.keyring";
const GNOME_PROMPTER: &str = "org.gnome.keyring.SystemPrompter";

/// Runs `call`. Only [`unlock`] and [`set_up`] prompt.
pub(super) fn run<T>(
    _: Interaction,
    call: impl FnOnce() -> Result<T, SecretError>,
) -> Result<T, SecretError> {
    call()
}

/// The app's secrets, one result for each entry. Never prompts. Each access has a connection of its
/// own: the keychain can have started again since the last one.
pub(super) fn read(app: &str) -> Result<Vec<EntryResult>, SecretError> {
    let service = connect()?;
    let found = open_entries(&service, app)?;
    Ok(found
        .iter()
        .take(MAX_ENTRIES)
        .map(|item| item.get_secret().map_err(|error| meaning(&error)))
        .collect())
}

/// Writes a new entry to the default collection.
pub(super) fn write(app: &str, secret: &Secret) -> Result<(), SecretError> {
    let service = connect()?;
    let collection = default_collection(&service)?;
    let label = format!("keyring:{ENTRY}@{app}");
    let made = collection.create_item(&label, attributes(app), secret.as_bytes(), true, CONTENT_TYPE);
    made.map(drop).map_err(|error| meaning(&error))
}

/// Deletes the app's entries.
pub(super) fn delete(app: &str) -> Result<(), SecretError> {
    let service = connect()?;
    let found = open_entries(&service, app)?;
    found.iter().take(MAX_ENTRIES).try_for_each(Item::delete).map_err(|error| meaning(&error))
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
    let made = connect()?.create_collection(NEW_KEYCHAIN, DEFAULT).map(drop);
    made.map_err(|error| match asked(&error) {
        // More exact than that it cannot be unlocked.
        SecretError::NoPrompter => SecretError::NeverSetUp,
        other => other,
    })
}

fn connect() -> Result<SecretService<'static>, SecretError> {
    // Regardless of the error, there is no session bus, and so no keychain on it.
    let bus = Connection::session().map_err(|error| {
        tracing::debug!(%error, "there is no session bus");
        SecretError::Missing
    })?;
    register(&bus).map_err(|error| meaning(&error.into()))?;
    SecretService::connect_with_existing(EncryptionType::Dh, bus).map_err(|error| meaning(&error))
}

/// Makes the first call of a connection, one that does not need what the keychain has stored about
/// its client. GNOME's keychain can serve a first call before it has stored the client. If that
/// call opens a session, the keychain ends, for all programs of the user (gnome-keyring, issue 190;
/// Debian bug 1147303).
fn register(bus: &Connection) -> zbus::Result<()> {
    bus.call_method(Some(SERVICE), PATH, Some(INTERFACE), "ReadAlias", &(DEFAULT,)).map(drop)
}

/// The app's entries, all of them unlocked. There are none if a new one can be written.
fn open_entries<'a>(service: &'a SecretService<'_>, app: &str) -> Result<Vec<Item<'a>>, SecretError> {
    let found = entries(service, app)?;
    // The entry may be in another collection than the default one, or have a separate lock.
    if !found.locked.is_empty() {
        return Err(SecretError::Locked);
    }
    if found.unlocked.is_empty() {
        default_collection(service)?;
    }
    Ok(found.unlocked)
}

/// The collection that a new entry goes to, unlocked. A locked one looks empty, which does not mean
/// that the entry is lost.
fn default_collection<'a>(service: &'a SecretService<'_>) -> Result<Collection<'a>, SecretError> {
    let collection = service.get_default_collection().map_err(|error| meaning(&error))?;
    collection.ensure_unlocked().map_err(|error| meaning(&error))?;
    Ok(collection)
}

fn entries<'a>(
    service: &'a SecretService<'_>,
    app: &str,
) -> Result<SearchItemsResult<Item<'a>>, SecretError> {
    service.search_items(attributes(app)).map_err(|error| meaning(&error))
}

/// The attributes of the app's entry, which is found by them.
fn attributes(app: &str) -> HashMap<&str, &str> {
    HashMap::from([("service", app), ("username", ENTRY)])
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
