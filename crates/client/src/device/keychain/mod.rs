//! The operating system's keychain: Secret Service on Linux, Keychain on macOS, Credential Manager
//! on Windows. Owns one entry of 32 bytes. Refuses to wait for a keychain that does not respond:
//! that is an error to show.

#[cfg_attr(all(unix, not(target_os = "macos")), path = "secret_service.rs")]
#[cfg_attr(target_os = "macos", path = "macos.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod platform;
#[cfg(any(target_os = "macos", test))]
mod prompts;
mod state;
#[cfg(any(target_os = "macos", test))]
mod status;
mod threads;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use keyring_core::{Entry, Error as KeyringError};

use self::state::KeychainState;
use self::threads::Threads;
use super::port::Interaction;
use super::process_lock::ProcessLock;
use super::secret::Secret;
use crate::secret_error::SecretError;

/// Time limit for the keychain without a prompt.
const SILENT_WAIT: Duration = Duration::from_millis(1_800);
/// Time limit for the user to type the keychain's password.
const PROMPT_WAIT: Duration = Duration::from_secs(60);

/// The entry's user: there is one device key for each user of the computer.
const ENTRY: &str = "device secret";
/// Maximum number of entries of this app that are read, if other programs have copied the entry.
const MAX_ENTRIES: usize = 16;

/// The keychain's one entry for the app.
#[derive(Debug)]
pub struct Keychain {
    /// The app's identifier, the entry's service.
    service: Arc<str>,
    threads: Threads,
    /// The error that was logged last: the keychain is read again every few seconds.
    logged: Mutex<Option<SecretError>>,
}

impl Keychain {
    /// The entry of the app with this identifier.
    pub(super) fn new(service: &str) -> Self {
        Self { service: service.into(), threads: Threads::default(), logged: Mutex::default() }
    }

    /// All secrets of this app; entries of another length are left out. There is more than one if
    /// another program has copied the entry.
    pub(super) fn read(&self, interaction: Interaction) -> Result<Vec<Secret>, SecretError> {
        self.note(self.open_and_read(interaction))
    }

    fn open_and_read(&self, interaction: Interaction) -> Result<Vec<Secret>, SecretError> {
        let mut state = self.state(interaction)?;
        // Unlocking shows the keychain's prompt: only if the user has asked for this.
        if state == KeychainState::Locked && interaction == Interaction::Prompt {
            self.run(interaction, PROMPT_WAIT, self.with_service(platform::unlock))?;
            state = self.state(interaction)?;
        }
        match state {
            KeychainState::Open => {
                let prompts = platform::PROMPTS_WHEN_OPEN && interaction == Interaction::Prompt;
                let wait = if prompts { PROMPT_WAIT } else { SILENT_WAIT };
                self.run(interaction, wait, self.with_service(secrets))
            }
            // A keychain that is not open looks empty. That does not mean that the key is lost.
            KeychainState::Locked => Err(SecretError::Locked),
            KeychainState::NeverSetUp => Err(SecretError::NeverSetUp),
        }
    }

    fn state(&self, interaction: Interaction) -> Result<KeychainState, SecretError> {
        self.run(interaction, SILENT_WAIT, self.with_service(platform::state))
    }

    /// Sets up a keychain where the service has none: prompts for its new password.
    pub(super) fn set_up(&self) -> Result<(), SecretError> {
        self.note(self.run(Interaction::Prompt, PROMPT_WAIT, platform::set_up))
    }

    /// Stores `new` unless there is a secret already, and returns the stored one. A call that hangs
    /// holds `lock` until it ends.
    pub(super) fn persist(&self, new: &Secret, lock: &ProcessLock) -> Result<Secret, SecretError> {
        if let Some(present) = self.read(Interaction::Silent)?.into_iter().next() {
            return Ok(present);
        }
        let (new, service, lock) = (new.clone(), Arc::clone(&self.service), lock.clone());
        let wait = if platform::PROMPTS_WHEN_OPEN { PROMPT_WAIT } else { SILENT_WAIT };
        self.note(self.run(Interaction::Prompt, wait, move || {
            let _lock = lock;
            entry(&service)?.set_secret(new.as_bytes()).map_err(|error| cause(&error))
        }))?;
        // Read back: another program can have written at the same time.
        self.read(Interaction::Silent)?.into_iter().next().ok_or(SecretError::Failed)
    }

    /// Deletes the entry, and the copies that other programs have made of it. A call that hangs
    /// holds `lock` until it ends: otherwise it could delete the secret of a later sign-in.
    pub(super) fn delete(&self, lock: &ProcessLock) -> Result<(), SecretError> {
        let lock = lock.clone();
        let delete = self.with_service(move |service| {
            let _lock = lock;
            if platform::state(service)? != KeychainState::Open {
                return Err(SecretError::Locked);
            }
            match entry(service)?.delete_credential() {
                Ok(()) | Err(KeyringError::NoEntry) => Ok(()),
                Err(KeyringError::Ambiguous(entries)) => entries
                    .iter()
                    .take(MAX_ENTRIES)
                    .try_for_each(|entry| entry.delete_credential().map_err(|error| cause(&error))),
                Err(error) => Err(cause(&error)),
            }
        });
        self.note(self.run(Interaction::Silent, SILENT_WAIT, delete))
    }

    /// Runs `call` in a thread, for `wait` at most.
    fn run<T: Send + 'static>(
        &self,
        interaction: Interaction,
        wait: Duration,
        call: impl FnOnce() -> Result<T, SecretError> + Send + 'static,
    ) -> Result<T, SecretError> {
        self.threads.run(interaction, Instant::now() + wait, move || platform::run(interaction, call))
    }

    /// `work` on the entry of this app, in a form that a thread can run.
    fn with_service<T>(
        &self,
        work: impl FnOnce(&str) -> Result<T, SecretError> + Send + 'static,
    ) -> impl FnOnce() -> Result<T, SecretError> + Send + 'static {
        let service = Arc::clone(&self.service);
        move || work(&service)
    }

    /// Logs an error when it differs from the last one. A missing keychain is not a warning: the
    /// key file is used.
    fn note<T>(&self, outcome: Result<T, SecretError>) -> Result<T, SecretError> {
        let found = outcome.as_ref().err().copied();
        let before =
            std::mem::replace(&mut *self.logged.lock().unwrap_or_else(PoisonError::into_inner), found);
        match found {
            Some(error) if before == found => tracing::debug!(trouble = %error, "the keychain, as before"),
            Some(error @ SecretError::Missing) => {
                tracing::info!(trouble = %error, "the keychain cannot be used");
            }
            Some(error) => tracing::warn!(trouble = %error, "the keychain cannot be used"),
            None => {}
        }
        outcome
    }
}

fn entry(service: &str) -> Result<Entry, SecretError> {
    platform::entry(service, ENTRY).map_err(|error| cause(&error))
}

fn secrets(service: &str) -> Result<Vec<Secret>, SecretError> {
    let entry = entry(service)?;
    let found = match entry.get_secret() {
        Ok(bytes) => {
            platform::adopt(&entry, &bytes);
            vec![bytes]
        }
        Err(KeyringError::NoEntry) => return Ok(Vec::new()),
        Err(KeyringError::Ambiguous(entries)) => {
            entries.iter().take(MAX_ENTRIES).filter_map(|entry| entry.get_secret().ok()).collect()
        }
        Err(error) => return Err(cause(&error)),
    };
    let secrets: Vec<_> = found.iter().filter_map(|bytes| Secret::from_bytes(bytes)).collect();
    match (secrets.is_empty(), found.len()) {
        (false, _) => Ok(secrets),
        (true, 1) => Err(SecretError::Damaged),
        (true, _) => Err(SecretError::Ambiguous),
    }
}

/// The meaning of an error of the keychain. An unknown error does not mean that the keychain is
/// missing, locked or empty.
fn cause(error: &KeyringError) -> SecretError {
    let cause = match error {
        KeyringError::NoStorageAccess(source) => {
            platform::cause(source.as_ref()).unwrap_or(SecretError::Locked)
        }
        KeyringError::PlatformFailure(source) => {
            platform::cause(source.as_ref()).unwrap_or(SecretError::Failed)
        }
        KeyringError::Ambiguous(_) => SecretError::Ambiguous,
        KeyringError::BadEncoding(_) | KeyringError::BadDataFormat(..) | KeyringError::BadStoreFormat(_) => {
            SecretError::Damaged
        }
        _ => SecretError::Failed,
    };
    log_refusal(error, cause);
    cause
}

/// Logs the keychain's error, except where it can contain a secret.
fn log_refusal(error: &KeyringError, found: SecretError) {
    match error {
        KeyringError::NoStorageAccess(source) | KeyringError::PlatformFailure(source) => {
            tracing::debug!(trouble = %found, cause = %source, "the keychain refuses");
        }
        _ => tracing::debug!(trouble = %found, "the keychain refuses"),
    }
}
