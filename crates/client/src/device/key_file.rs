//! The secret in a file, for machines without a keychain: 0600 in a folder of 0700. Whoever can read the session can read
//! this too, and the window says so.

use std::path::Path;

use super::Secret;
use crate::secret_error::SecretError;
use crate::storage::{FileError, PrivateFile, Store};

/// The file.
pub struct KeyFile(PrivateFile);

impl KeyFile {
    /// Names the file in the app's folder; nothing is touched yet.
    pub fn new(folder: &Path) -> Self {
        Self(PrivateFile::new(folder.join("device.key")))
    }

    pub(super) fn read(&self) -> Result<Option<Secret>, FileError> {
        Ok(self.0.read()?.as_deref().and_then(Secret::from_bytes))
    }

    /// Keeps `new` unless there is a secret by now, and returns the one that is there.
    pub(super) fn keep(&self, new: &Secret) -> Result<Secret, FileError> {
        let seen = self.0.read()?;
        if let Some(present) = seen.as_deref().and_then(Secret::from_bytes) {
            return Ok(present);
        }
        match self.0.replace(seen.as_deref(), new.as_bytes()) {
            Ok(()) => Ok(new.clone()),
            // Another process was faster.
            Err(FileError::Changed) => self.read()?.ok_or(FileError::Changed),
            Err(error) => Err(error),
        }
    }

    /// Moves the file out of the way, if `seen` is what it holds.
    pub(super) fn set_aside(&self, seen: &Secret) -> Result<(), FileError> {
        self.0.set_aside(Some(seen.as_bytes()))
    }

    pub(super) fn delete(&self) -> Result<(), FileError> {
        self.0.remove()
    }
}

#[allow(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
pub(super) fn unusable(error: FileError) -> SecretError {
    tracing::warn!(%error, "the key file cannot be used");
    SecretError::FileUnusable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_one_secret_and_forgets_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeyFile::new(folder.path());
        assert_eq!(file.read(), Ok(None));
        let (first, second) = (Secret::generate().unwrap(), Secret::generate().unwrap());
        assert_eq!(file.keep(&first), Ok(first.clone()));
        assert_eq!(file.keep(&second), Ok(first.clone()), "the one that is there is not replaced");
        assert_eq!(file.read(), Ok(Some(first)));
        file.delete().unwrap();
        assert_eq!(file.read(), Ok(None));
    }

    #[test]
    fn a_damaged_file_is_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeyFile::new(folder.path());
        std::fs::write(folder.path().join("device.key"), "short").unwrap();
        assert_eq!(file.read(), Ok(None));
        let secret = Secret::generate().unwrap();
        assert_eq!(file.keep(&secret), Ok(secret.clone()));
        assert_eq!(file.read(), Ok(Some(secret)));
    }

    #[test]
    fn only_the_secret_that_was_seen_is_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeyFile::new(folder.path());
        let (seen, present) = (Secret::generate().unwrap(), Secret::generate().unwrap());
        file.keep(&present).unwrap();
        assert_eq!(file.set_aside(&seen), Err(FileError::Changed));
        assert_eq!(file.read(), Ok(Some(present.clone())));
        file.set_aside(&present).unwrap();
        assert_eq!(file.read(), Ok(None));
        assert_eq!(std::fs::read(folder.path().join("device.key.kept-1")).unwrap(), present.as_bytes());
    }
}
