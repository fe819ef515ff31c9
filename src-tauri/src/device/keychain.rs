//! The operating system's keychain: Secret Service on Linux, Keychain on macOS, Credential Manager on Windows. Owns one
//! entry of 32 bytes. Refuses to wait: a keychain that does not answer is a state to show, not a reason to hang.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use keyring_core::{Entry, Error as KeyringError};

use super::{KeyError, Patience, Secret};
use crate::settings::APP_IDENTIFIER;

/// How long the keychain may take as long as it shows no dialogue.
const SILENT_WAIT: Duration = Duration::from_millis(1_800);
/// How long a person may take to type the keychain's password.
const PERSON_WAIT: Duration = Duration::from_secs(60);

/// The entry's user: there is one device key for each user of the computer.
const ENTRY: &str = "device secret";

/// The keychain's one entry.
pub struct Keychain;

impl Keychain {
    pub(super) fn read(&self, patience: Patience) -> Result<Option<Secret>, KeyError> {
        let soon = Instant::now() + SILENT_WAIT;
        let door = bounded(soon, platform::door)?;
        // Reading a locked item opens the keychain's own dialogue; only a person who asked should see it. And a keychain
        // that was never unlocked looks empty, which must not be taken for a lost key.
        if door != Door::Open && patience == Patience::None {
            return Err(KeyError::Locked);
        }
        let deadline = if patience == Patience::None { soon } else { door.deadline(soon) };
        bounded(deadline, move || match entry()?.get_secret() {
            Ok(bytes) => Secret::from_bytes(&bytes).map(Some).ok_or(KeyError::Unavailable),
            Err(KeyringError::NoEntry) if door == Door::Locked => Err(KeyError::Locked),
            Err(KeyringError::NoEntry) => Ok(None),
            Err(error) => Err(classify(&error)),
        })
    }

    pub(super) fn write(&self, secret: &Secret) -> Result<(), KeyError> {
        let soon = Instant::now() + SILENT_WAIT;
        let door = bounded(soon, platform::door)?;
        let secret = secret.clone();
        bounded(door.deadline(soon), move || {
            entry()?.set_secret(secret.as_bytes()).map_err(|error| classify(&error))
        })
    }

    pub(super) fn delete(&self) -> Result<(), KeyError> {
        bounded(Instant::now() + SILENT_WAIT, || {
            if platform::door()? != Door::Open {
                return Err(KeyError::Locked);
            }
            match entry()?.delete_credential() {
                Ok(()) | Err(KeyringError::NoEntry) => Ok(()),
                Err(error) => Err(classify(&error)),
            }
        })
    }
}

/// How the keychain stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(all(unix, not(target_os = "macos"))), allow(dead_code, reason = "only Secret Service tells"))]
enum Door {
    /// It can be read without asking anybody.
    Open,
    /// A person has to unlock it first.
    Locked,
    /// It has not been set up, or not been opened since the computer started. The first write sets it up.
    Missing,
}

impl Door {
    /// When to stop waiting for a person: only a dialogue takes the time of one.
    fn deadline(self, soon: Instant) -> Instant {
        if self == Self::Open && !platform::ASKS_WHEN_OPEN { soon } else { Instant::now() + PERSON_WAIT }
    }
}

fn entry() -> Result<Entry, KeyError> {
    // A store is made for every access: a keychain that was not there before may be there now.
    let store = platform::store()?;
    store.build(APP_IDENTIFIER, ENTRY, None).map_err(|error| classify(&error))
}

fn classify(error: &KeyringError) -> KeyError {
    match error {
        KeyringError::NoStorageAccess(_) => KeyError::Locked,
        _ => KeyError::Unavailable,
    }
}

/// Runs `work` on a thread of its own until `deadline` at the latest. A thread that never comes back is left to itself: it
/// holds nothing that anybody waits for.
fn bounded<T: Send + 'static>(
    deadline: Instant,
    work: impl FnOnce() -> Result<T, KeyError> + Send + 'static,
) -> Result<T, KeyError> {
    let (sender, receiver) = mpsc::channel();
    let spawned = std::thread::Builder::new().name("keychain".into()).spawn(move || sender.send(work()));
    if spawned.is_err() {
        return Err(KeyError::Unavailable);
    }
    let wait = deadline.saturating_duration_since(Instant::now());
    receiver.recv_timeout(wait).unwrap_or(Err(KeyError::Unavailable))
}

#[cfg(all(unix, not(target_os = "macos")))]
mod platform {
    //! Secret Service over D-Bus.

    use std::collections::HashMap;
    use std::sync::Arc;

    use keyring_core::CredentialStore;
    use secret_service::blocking::SecretService;
    use secret_service::{EncryptionType, Error};

    use super::{APP_IDENTIFIER, Door, ENTRY, KeyError};

    /// An item that can be used without asking is not locked.
    pub(super) const ASKS_WHEN_OPEN: bool = false;

    pub(super) fn store() -> Result<Arc<CredentialStore>, KeyError> {
        match zbus_secret_service_keyring_store::Store::new() {
            Ok(store) => Ok(store),
            Err(_) => Err(KeyError::Unavailable),
        }
    }

    pub(super) fn door() -> Result<Door, KeyError> {
        let service = SecretService::connect(EncryptionType::Plain).map_err(|error| no_service(&error))?;
        match service.get_default_collection() {
            Ok(collection) => match collection.is_locked() {
                Ok(true) => Ok(Door::Locked),
                Ok(false) => door_of_entry(&service),
                Err(_) => Err(KeyError::Unavailable),
            },
            Err(Error::NoResult) => Ok(Door::Missing),
            Err(_) => Err(KeyError::Unavailable),
        }
    }

    /// The entry may be in another collection than the default one, or have a lock of its own; the store would open the
    /// dialogue for it without a word.
    fn door_of_entry(service: &SecretService<'_>) -> Result<Door, KeyError> {
        match service.search_items(HashMap::from([("service", APP_IDENTIFIER), ("username", ENTRY)])) {
            Ok(found) if found.locked.is_empty() => Ok(Door::Open),
            Ok(_) => Ok(Door::Locked),
            Err(_) => Err(KeyError::Unavailable),
        }
    }

    /// No bus and no provider both mean that this machine has no keychain; anything else, that it is in trouble.
    fn no_service(error: &Error) -> KeyError {
        match error {
            Error::Unavailable => KeyError::NoKeychain,
            Error::Zbus(zbus::Error::MethodError(name, ..)) if name.as_str().ends_with(".ServiceUnknown") => {
                KeyError::NoKeychain
            }
            Error::Zbus(zbus::Error::Address(_)) => KeyError::NoKeychain,
            Error::Zbus(zbus::Error::InputOutput(error)) if error.kind() == std::io::ErrorKind::NotFound => {
                KeyError::NoKeychain
            }
            _ => KeyError::Unavailable,
        }
    }
}

#[cfg(target_os = "macos")]
mod platform {
    //! The login keychain.

    use std::sync::Arc;

    use keyring_core::CredentialStore;

    use super::{Door, KeyError};

    pub(super) fn store() -> Result<Arc<CredentialStore>, KeyError> {
        match apple_native_keyring_store::keychain::Store::new() {
            Ok(store) => Ok(store),
            Err(_) => Err(KeyError::Unavailable),
        }
    }

    /// The system asks before it lets an app in that has changed since.
    pub(super) const ASKS_WHEN_OPEN: bool = true;

    /// A locked keychain answers with an error of its own, never with an empty result.
    pub(super) fn door() -> Result<Door, KeyError> {
        Ok(Door::Open)
    }
}

#[cfg(windows)]
mod platform {
    //! The Credential Manager.

    use std::sync::Arc;

    use keyring_core::CredentialStore;

    use super::{Door, KeyError};

    pub(super) fn store() -> Result<Arc<CredentialStore>, KeyError> {
        match windows_native_keyring_store::Store::new() {
            Ok(store) => Ok(store),
            Err(_) => Err(KeyError::Unavailable),
        }
    }

    pub(super) const ASKS_WHEN_OPEN: bool = false;

    /// It is unlocked as long as the user is signed in to Windows.
    pub(super) fn door() -> Result<Door, KeyError> {
        Ok(Door::Open)
    }
}
