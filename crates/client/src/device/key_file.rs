//! The secret in a file, for machines without a keychain: mode 0600 in a folder of mode 0700.
//! Anyone who can read the session file can read this file too; the window reports that.

use std::path::Path;

use super::secret::Secret;
use crate::secret_error::SecretError;
use crate::storage::{FileError, PrivateFile, Store};

/// The file.
pub struct KeyFile(PrivateFile);

impl KeyFile {
    /// Names the file in the app's folder; touches no file.
    pub fn new(folder: &Path) -> Self {
        Self(PrivateFile::new(folder.join("device.key")))
    }

    pub(super) fn read(&self) -> Result<Option<Secret>, FileError> {
        Ok(self.0.read()?.as_deref().and_then(Secret::from_bytes))
    }

    /// Stores `new` unless there is a secret already, and returns the stored one.
    pub(super) fn persist(&self, new: &Secret) -> Result<Secret, FileError> {
        let last_read = self.0.read()?;
        if let Some(present) = last_read.as_deref().and_then(Secret::from_bytes) {
            return Ok(present);
        }
        match self.0.replace(last_read.as_deref(), new.as_bytes()) {
            Ok(()) => Ok(new.clone()),
            // Another process was faster.
            Err(FileError::Changed) => self.read()?.ok_or(FileError::Changed),
            Err(error) => Err(error),
        }
    }

    /// Renames the file, if it holds `last_read`, so that its name is free and its bytes stay.
    pub(super) fn set_aside(&self, last_read: &Secret) -> Result<(), FileError> {
        self.0.set_aside(Some(last_read.as_bytes()))
    }

    pub(super) fn delete(&self) -> Result<(), FileError> {
        self.0.remove()
    }
}

#[allow(clippy::needless_pass_by_value, reason = "the signature that map_err takes")]
pub(super) fn unusable(error: FileError) -> SecretError {
    tracing::warn!(%error, "the key file cannot be used");
    SecretError::FileUnusable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_secret_is_not_replaced_until_it_is_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeyFile::new(folder.path());
        assert_eq!(file.read(), Ok(None));
        let (first, second) = (Secret::generate().unwrap(), Secret::generate().unwrap());
        assert_eq!(file.persist(&first), Ok(first.clone()));
        assert_eq!(file.persist(&second), Ok(first.clone()), "a secret is not replaced");
        assert_eq!(file.read(), Ok(Some(first)));
        file.delete().unwrap();
        assert_eq!(file.read(), Ok(None));
    }

    #[test]
    fn a_damaged_file_holds_no_secret_and_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeyFile::new(folder.path());
        std::fs::write(folder.path().join("device.key"), "short").unwrap();
        assert_eq!(file.read(), Ok(None));
        let secret = Secret::generate().unwrap();
        assert_eq!(file.persist(&secret), Ok(secret.clone()));
        assert_eq!(file.read(), Ok(Some(secret)));
    }

    #[test]
    fn only_the_secret_that_was_read_is_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeyFile::new(folder.path());
        let (last_read, present) = (Secret::generate().unwrap(), Secret::generate().unwrap());
        file.persist(&present).unwrap();
        assert_eq!(file.set_aside(&last_read), Err(FileError::Changed));
        assert_eq!(file.read(), Ok(Some(present.clone())));
        file.set_aside(&present).unwrap();
        assert_eq!(file.read(), Ok(None));
        assert_eq!(std::fs::read(folder.path().join("device.key.kept-1")).unwrap(), present.as_bytes());
    }
}
