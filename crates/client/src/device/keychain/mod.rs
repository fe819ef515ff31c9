//! The operating system's keychain: Secret Service on Linux, Keychain on macOS, Credential Manager
//! on Windows. Owns one entry of 32 bytes. Refuses to wait for a keychain that does not respond:
//! that is an error to show.

#[cfg(any(target_os = "macos", windows))]
mod entry;
#[cfg_attr(all(unix, not(target_os = "macos")), path = "secret_service.rs")]
#[cfg_attr(target_os = "macos", path = "macos.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod platform;
#[cfg(any(target_os = "macos", test))]
mod prompts;
#[cfg(any(target_os = "macos", test))]
mod status;
mod threads;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

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

/// The bytes of one entry, or why they cannot be read.
type EntryResult = Result<Vec<u8>, SecretError>;

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
        let prompts = platform::PROMPTS_WHEN_OPEN && interaction == Interaction::Prompt;
        let wait = if prompts { PROMPT_WAIT } else { SILENT_WAIT };
        let read = || {
            self.run(interaction, wait, self.with_service(platform::read)).and_then(|found| secrets(&found))
        };
        match read() {
            // Unlocking shows the keychain's prompt: only if the user has asked for this.
            Err(SecretError::Locked) if interaction == Interaction::Prompt => {
                self.run(interaction, PROMPT_WAIT, self.with_service(platform::unlock))?;
                read()
            }
            outcome => outcome,
        }
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
            platform::write(&service, &new)
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
            platform::delete(service)
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

/// The secrets among the app's entries. Entries of which none is one are an error, not an empty
/// keychain: what they hold must not be replaced.
fn secrets(found: &[EntryResult]) -> Result<Vec<Secret>, SecretError> {
    let secrets: Vec<_> = found.iter().flatten().filter_map(|bytes| Secret::from_bytes(bytes)).collect();
    match found {
        [] => Ok(secrets),
        _ if !secrets.is_empty() => Ok(secrets),
        [Ok(_)] => Err(SecretError::Damaged),
        [Err(error)] => Err(*error),
        _ => Err(SecretError::Ambiguous),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_without_a_secret_are_an_error_and_not_an_empty_keychain() {
        let (good, bad, failed) = (|| Ok(vec![7; 32]), || Ok(vec![7; 31]), || Err(SecretError::NoAnswer));
        let count = |found: Vec<EntryResult>| secrets(&found).map(|secrets| secrets.len());
        assert_eq!(count(vec![]), Ok(0));
        assert_eq!(count(vec![good()]), Ok(1));
        assert_eq!(count(vec![bad()]), Err(SecretError::Damaged));
        assert_eq!(count(vec![failed()]), Err(SecretError::NoAnswer));
        assert_eq!(count(vec![bad(), good(), failed(), good()]), Ok(2));
        for found in [vec![bad(), bad()], vec![bad(), failed()], vec![failed(), failed()]] {
            assert_eq!(count(found), Err(SecretError::Ambiguous));
        }
    }
}
