//! The keys that a running server uses, changed without a restart. Keys that cannot be used never
//! replace usable ones.

use std::fs::Metadata;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use latchkey_token::{KeySet, Verifier};

use super::access::Readers;
use super::load::{access_verifier, private_path};
use super::{Keys, KeysError, PUBLIC_KEY_FILE, SigningKey};
use crate::settings::CoreSettings;

/// The version of a file: its modification time, its length, and when its access was changed.
type Stamp = Option<(SystemTime, u64, (i64, i64))>;

/// The keys in use.
#[derive(Debug)]
pub struct CurrentKeys {
    keys: RwLock<Keys>,
    /// The private key, if it came from the environment: it cannot change while the process runs.
    fixed: Option<Arc<SigningKey>>,
    settings: CoreSettings,
}

impl CurrentKeys {
    /// Reads the keys for the first time.
    ///
    /// # Errors
    /// [`KeysError`].
    pub fn load(settings: impl Into<CoreSettings>) -> Result<Self, KeysError> {
        let settings = &settings.into();
        let keys = Keys::load(settings)?;
        if keys.readers == Readers::Mount {
            tracing::warn!(
                file = %private_path(settings).display(),
                "every user of this system or container can read the private key; its mount is all that protects it"
            );
        }
        let fixed = settings.private_key.is_some().then(|| Arc::clone(&keys.signing));
        // `keys` has it; a second copy need not stay in memory.
        let settings = CoreSettings { private_key: None, ..settings.clone() };
        Ok(Self { keys: RwLock::new(keys), fixed, settings })
    }

    /// The same keys, for the tokens of another issuer.
    pub(crate) fn of_issuer(&self, issuer: &str) -> Self {
        let mut settings = self.settings.clone();
        settings.tokens.issuer = Some(issuer.to_owned());
        let mut keys = self.keys.read().unwrap_or_else(PoisonError::into_inner).clone();
        keys.access = Arc::new(access_verifier(&keys.verifying, &settings));
        Self { keys: RwLock::new(keys), fixed: self.fixed.clone(), settings }
    }

    /// The id of the key that signs.
    pub fn signing_kid(&self) -> String {
        self.signing().kid().to_owned()
    }

    /// The key that signs.
    pub(crate) fn signing(&self) -> Arc<SigningKey> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner).signing)
    }

    /// The keys that tokens are verified with, and that are published: next, signing and retired.
    pub fn verifying(&self) -> KeySet {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).verifying.clone()
    }

    /// Verifies access tokens of this API. A caller also requires that the token is for its device:
    /// [`Verifier::verify_for`].
    pub fn access_verifier(&self) -> Arc<Verifier> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner).access)
    }

    /// Reads the files again. On an error the current keys stay.
    ///
    /// # Errors
    /// See [`KeysError`].
    pub fn reload(&self) -> Result<(), KeysError> {
        let keys = match &self.fixed {
            Some(signing) => Keys::with(Arc::clone(signing), &self.settings)?,
            None => Keys::load(&self.settings)?,
        };
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    /// The files that the keys come from.
    pub fn files(&self) -> Vec<PathBuf> {
        let private = self.fixed.is_none().then(|| private_path(&self.settings));
        private.into_iter().chain([self.settings.keys.join(PUBLIC_KEY_FILE)]).collect()
    }
}

/// When a file's owner or permissions were changed last: one that could not be read may be readable
/// since. Other systems do not tell.
#[cfg(unix)]
fn access_changed_at(file: &Metadata) -> (i64, i64) {
    use std::os::unix::fs::MetadataExt as _;
    (file.ctime(), file.ctime_nsec())
}

#[cfg(not(unix))]
fn access_changed_at(_: &Metadata) -> (i64, i64) {
    (0, 0)
}

/// Detects changes of files.
#[derive(Debug)]
pub struct Watch {
    files: Vec<PathBuf>,
    seen: Vec<Stamp>,
}

impl Watch {
    /// Records the current state of the files.
    pub fn new(files: Vec<PathBuf>) -> Self {
        let mut watch = Self { files, seen: Vec::new() };
        watch.changed();
        watch
    }

    /// Whether a file has changed since the last call. Takes two or three calls of the operating
    /// system.
    pub fn changed(&mut self) -> bool {
        let stamp = |path: &PathBuf| {
            let file = std::fs::metadata(path).ok()?;
            Some((file.modified().ok()?, file.len(), access_changed_at(&file)))
        };
        let now: Vec<Stamp> = self.files.iter().map(stamp).collect();
        let changed = now != self.seen;
        self.seen = now;
        changed
    }
}
