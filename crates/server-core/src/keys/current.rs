//! The keys that a running server uses, changed without a restart. Keys that cannot be used never replace good ones.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use latchkey_token::KeySet;

use super::load::private_path;
use super::{Keys, KeysError, PUBLIC_KEY_FILE, SigningKey};
use crate::settings::CoreSettings;

/// What tells one version of a file from another: when it was changed, and its length.
type Stamp = Option<(SystemTime, u64)>;

/// The keys in use.
#[derive(Debug)]
pub struct CurrentKeys {
    keys: RwLock<Keys>,
    /// The private key, when it came from the environment: nothing can change it while the process lives.
    fixed: Option<Arc<SigningKey>>,
    settings: CoreSettings,
}

impl CurrentKeys {
    /// Reads the keys for the first time.
    pub fn load(settings: impl Into<CoreSettings>) -> Result<Self, KeysError> {
        let settings = &settings.into();
        let keys = Keys::load(settings)?;
        let fixed = settings.private_key.is_some().then(|| Arc::clone(&keys.signing));
        // Read; it need not stay in memory a second time.
        let settings = CoreSettings { private_key: None, ..settings.clone() };
        Ok(Self { keys: RwLock::new(keys), fixed, settings })
    }

    /// The key that signs.
    pub fn signing(&self) -> Arc<SigningKey> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner).signing)
    }

    /// The keys that are believed and published: next, signing and retired.
    pub fn verifying(&self) -> KeySet {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).verifying.clone()
    }

    /// Reads the files again. On an error the present keys stay.
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

/// Tells when one of some files is another than at the last look.
#[derive(Debug)]
pub struct Watch {
    files: Vec<PathBuf>,
    seen: Vec<Stamp>,
}

impl Watch {
    pub fn new(files: Vec<PathBuf>) -> Self {
        let mut watch = Self { files, seen: Vec::new() };
        watch.changed();
        watch
    }

    /// Looks; takes two or three calls of the operating system.
    pub fn changed(&mut self) -> bool {
        let stamp = |path: &PathBuf| {
            let file = std::fs::metadata(path).ok()?;
            Some((file.modified().ok()?, file.len()))
        };
        let now: Vec<Stamp> = self.files.iter().map(stamp).collect();
        let changed = now != self.seen;
        self.seen = now;
        changed
    }
}
