//! The secret in a file, for machines without a keychain: 0600 in a folder of 0700. Whoever can read the session can read
//! this too, and the window says so.

use std::path::Path;

use super::{KeyError, Secret};
use crate::storage::{FileError, PrivateFile, Store};

/// The file.
pub struct KeyFile(PrivateFile);

impl KeyFile {
    /// Names the file in the app's folder; nothing is touched yet.
    pub fn new(folder: &Path) -> Self {
        Self(PrivateFile::new(folder.join("device.key")))
    }

    pub(super) fn read(&self) -> Result<Option<Secret>, KeyError> {
        let bytes = self.0.read().map_err(unavailable)?;
        Ok(bytes.as_deref().and_then(Secret::from_bytes))
    }

    pub(super) fn write(&self, secret: &Secret) -> Result<(), KeyError> {
        let seen = self.0.read().map_err(unavailable)?;
        self.0.replace(seen.as_deref(), secret.as_bytes()).map_err(unavailable)
    }

    pub(super) fn delete(&self) -> Result<(), KeyError> {
        self.0.remove().map_err(unavailable)
    }
}

#[allow(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn unavailable(error: FileError) -> KeyError {
    tracing::warn!(%error, "the key file cannot be used");
    KeyError::Unavailable
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
        file.write(&first).unwrap();
        file.write(&second).unwrap();
        assert_eq!(file.read(), Ok(Some(second)));
        file.delete().unwrap();
        assert_eq!(file.read(), Ok(None));
    }

    #[test]
    fn a_damaged_file_is_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeyFile::new(folder.path());
        std::fs::write(folder.path().join("device.key"), "short").unwrap();
        assert_eq!(file.read(), Ok(None));
    }
}
