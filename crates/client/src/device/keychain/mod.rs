//! The operating system's keychain: Secret Service on Linux, Keychain on macOS, Credential Manager
//! on Windows. Owns one entry of 32 bytes. Refuses to wait: a keychain that does not answer is a
//! state to show, not a reason to hang.

#[cfg_attr(all(unix, not(target_os = "macos")), path = "secret_service.rs")]
#[cfg_attr(target_os = "macos", path = "macos.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod platform;
mod threads;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use keyring_core::{Entry, Error as KeyringError};

use super::{Patience, Secret};
use crate::secret_error::SecretError;
use threads::Threads;

/// How long the keychain may take as long as it shows no dialogue.
const SILENT_WAIT: Duration = Duration::from_millis(1_800);
/// How long a person may take to type the keychain's password.
const PERSON_WAIT: Duration = Duration::from_secs(60);

/// The entry's user: there is one device key for each user of the computer.
const ENTRY: &str = "device secret";
/// How many entries of ours are looked at, where other programs have copied the one.
const MAX_ENTRIES: usize = 16;

/// How the keychain stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(all(unix, not(target_os = "macos"))), allow(dead_code, reason = "only Secret Service says"))]
enum State {
    /// It can be read without asking anyone.
    Open,
    /// A person has to unlock it first.
    Locked,
    /// It has not been set up.
    NeverSetUp,
}

/// The keychain's one entry for the app.
#[derive(Debug)]
pub struct Keychain {
    /// The app's identifier, the entry's service.
    service: Arc<str>,
    threads: Threads,
    /// What was logged last: the same trouble is looked at again every few seconds.
    logged: Mutex<Option<SecretError>>,
}

impl Keychain {
    /// The entry of the app with this identifier.
    pub(super) fn new(service: &str) -> Self {
        Self { service: service.into(), threads: Threads::default(), logged: Mutex::default() }
    }

    /// Every secret of ours, without those that are none. More than one if another program has
    /// copied the entry.
    pub(super) fn read(&self, patience: Patience) -> Result<Vec<Secret>, SecretError> {
        self.note(self.open_and_read(patience))
    }

    fn open_and_read(&self, patience: Patience) -> Result<Vec<Secret>, SecretError> {
        let mut state = self.state(patience)?;
        // Unlocking opens the keychain's own dialogue; only a person who asked should see it.
        if state == State::Locked && patience == Patience::Person {
            self.threads.run(patience, Instant::now() + PERSON_WAIT, self.with_service(platform::unlock))?;
            state = self.state(patience)?;
        }
        match state {
            State::Open => {
                let asks = platform::ASKS_WHEN_OPEN && patience == Patience::Person;
                let wait = if asks { PERSON_WAIT } else { SILENT_WAIT };
                self.threads.run(patience, Instant::now() + wait, self.with_service(secrets))
            }
            // A keychain that is not open looks empty, which must not be taken for a lost key.
            State::Locked => Err(SecretError::Locked),
            State::NeverSetUp => Err(SecretError::NeverSetUp),
        }
    }

    fn state(&self, patience: Patience) -> Result<State, SecretError> {
        self.threads.run(patience, Instant::now() + SILENT_WAIT, self.with_service(platform::state))
    }

    /// Sets up a keychain where the service has none: it asks the person for a new password.
    pub(super) fn set_up(&self) -> Result<(), SecretError> {
        self.note(self.threads.run(Patience::Person, Instant::now() + PERSON_WAIT, platform::set_up))
    }

    /// Keeps `new` unless there is a secret by now, and returns the one that is there.
    pub(super) fn keep(&self, new: &Secret) -> Result<Secret, SecretError> {
        if let Some(present) = self.read(Patience::None)?.into_iter().next() {
            return Ok(present);
        }
        let (new, service) = (new.clone(), Arc::clone(&self.service));
        let wait = if platform::ASKS_WHEN_OPEN { PERSON_WAIT } else { SILENT_WAIT };
        self.note(self.threads.run(Patience::Person, Instant::now() + wait, move || {
            entry(&service)?.set_secret(new.as_bytes()).map_err(|error| trouble(&error))
        }))?;
        // What the keychain holds counts, not what was written.
        self.read(Patience::None)?.into_iter().next().ok_or(SecretError::Failed)
    }

    /// Deletes the entry, with the copies that other programs have made of it.
    pub(super) fn delete(&self) -> Result<(), SecretError> {
        let delete = self.with_service(|service| {
            if platform::state(service)? != State::Open {
                return Err(SecretError::Locked);
            }
            match entry(service)?.delete_credential() {
                Ok(()) | Err(KeyringError::NoEntry) => Ok(()),
                Err(KeyringError::Ambiguous(entries)) => entries
                    .iter()
                    .take(MAX_ENTRIES)
                    .try_for_each(|entry| entry.delete_credential().map_err(|error| trouble(&error))),
                Err(error) => Err(trouble(&error)),
            }
        });
        self.note(self.threads.run(Patience::None, Instant::now() + SILENT_WAIT, delete))
    }

    /// `work` on the entry of this app, as a thread of its own can run it.
    fn with_service<T>(
        &self,
        work: impl FnOnce(&str) -> Result<T, SecretError> + Send + 'static,
    ) -> impl FnOnce() -> Result<T, SecretError> + Send + 'static {
        let service = Arc::clone(&self.service);
        move || work(&service)
    }

    /// Logs a trouble when it is a new one. That there is no keychain at all is nothing to warn of:
    /// the key file is used.
    fn note<T>(&self, outcome: Result<T, SecretError>) -> Result<T, SecretError> {
        let found = outcome.as_ref().err().copied();
        let before =
            std::mem::replace(&mut *self.logged.lock().unwrap_or_else(PoisonError::into_inner), found);
        match found {
            Some(trouble) if before == found => tracing::debug!(%trouble, "the keychain, as before"),
            Some(trouble @ SecretError::Missing) => tracing::info!(%trouble, "the keychain cannot be used"),
            Some(trouble) => tracing::warn!(%trouble, "the keychain cannot be used"),
            None => {}
        }
        outcome
    }
}

fn entry(service: &str) -> Result<Entry, SecretError> {
    // A store is made for every access: a keychain that was not there before may be there now.
    let store = platform::store().map_err(|error| trouble(&error))?;
    store.build(service, ENTRY, None).map_err(|error| trouble(&error))
}

fn secrets(service: &str) -> Result<Vec<Secret>, SecretError> {
    let found = match entry(service)?.get_secret() {
        Ok(bytes) => vec![bytes],
        Err(KeyringError::NoEntry) => return Ok(Vec::new()),
        Err(KeyringError::Ambiguous(entries)) => {
            entries.iter().take(MAX_ENTRIES).filter_map(|entry| entry.get_secret().ok()).collect()
        }
        Err(error) => return Err(trouble(&error)),
    };
    let secrets: Vec<_> = found.iter().filter_map(|bytes| Secret::from_bytes(bytes)).collect();
    match (secrets.is_empty(), found.len()) {
        (false, _) => Ok(secrets),
        (true, 1) => Err(SecretError::Damaged),
        (true, _) => Err(SecretError::Ambiguous),
    }
}

/// What an error of the keychain's means. One that is not known is no reason to take it for absent,
/// locked or empty.
fn trouble(error: &KeyringError) -> SecretError {
    let trouble = match error {
        KeyringError::NoStorageAccess(source) => {
            platform::trouble(source.as_ref()).unwrap_or(SecretError::Locked)
        }
        KeyringError::PlatformFailure(source) => {
            platform::trouble(source.as_ref()).unwrap_or(SecretError::Failed)
        }
        KeyringError::Ambiguous(_) => SecretError::Ambiguous,
        KeyringError::BadEncoding(_) | KeyringError::BadDataFormat(..) | KeyringError::BadStoreFormat(_) => {
            SecretError::Damaged
        }
        _ => SecretError::Failed,
    };
    log_cause(error, trouble);
    trouble
}

/// Logs what the keychain said, but not where that could hold a secret.
fn log_cause(error: &KeyringError, trouble: SecretError) {
    match error {
        KeyringError::NoStorageAccess(source) | KeyringError::PlatformFailure(source) => {
            tracing::debug!(%trouble, cause = %source, "the keychain refuses");
        }
        _ => tracing::debug!(%trouble, "the keychain refuses"),
    }
}
