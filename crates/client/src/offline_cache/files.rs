//! Cached responses on disk, one private file for each request. Knows nothing of their contents,
//! which are sealed.

use std::fmt::Write as _;
use std::path::PathBuf;

use aws_lc_rs::digest::{SHA256, digest};

use crate::storage::{FileError, PrivateFile, Store as _, until_released};

/// The folder of the cached responses. It has no other files.
#[derive(Clone, Debug)]
pub struct OfflineCache {
    folder: PathBuf,
}

impl OfflineCache {
    /// Names the folder; touches no file.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Replaces the last response of the same name.
    ///
    /// # Errors
    /// Returns the disk's error; [`FileError::TooLarge`] beyond
    /// [`MAX_FILE_BYTES`](crate::storage::MAX_FILE_BYTES). The last response stays then.
    pub fn persist(&self, name: &str, sealed: &str) -> Result<(), FileError> {
        let file = self.file(name);
        let last_read = file.read()?;
        file.replace(last_read.as_deref(), sealed.as_bytes())
    }

    /// The last response of that name, sealed.
    pub fn read(&self, name: &str) -> Option<String> {
        String::from_utf8(self.file(name).read().ok()??).ok()
    }

    /// Removes the response of that name, if it still is `sealed`.
    pub(crate) fn remove(&self, name: &str, sealed: &str) {
        match self.file(name).remove_if(sealed.as_bytes()) {
            // A newer response has taken its place.
            Ok(()) | Err(FileError::Changed) => {}
            Err(error) => tracing::warn!(%error, "a cached response stays on disk; no key opens it"),
        }
    }

    /// Removes all of them. Blocks.
    pub fn clear(&self) {
        match until_released(|| std::fs::remove_dir_all(&self.folder)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(%error, "the cached responses stay on disk; no key opens them");
            }
            _ => {}
        }
    }

    /// The file for a name, which may have characters that a file name may not.
    fn file(&self, name: &str) -> PrivateFile {
        let mut file = String::with_capacity(64);
        for byte in digest(&SHA256, name.as_bytes()).as_ref() {
            let _ = write!(file, "{byte:02x}");
        }
        PrivateFile::new(self.folder.join(file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_is_replaced_and_clearing_removes_all() {
        let folder = tempfile::tempdir().unwrap();
        let cache = OfflineCache::new(folder.path().join("copies"));
        cache.clear();
        assert_eq!(cache.read("/a"), None);
        cache.persist("/a", "one").unwrap();
        cache.persist("/a", "two").unwrap();
        cache.persist("/../../b", "three").unwrap();
        assert_eq!(cache.read("/a").as_deref(), Some("two"));
        assert_eq!(cache.read("/../../b").as_deref(), Some("three"));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "all in one folder");
        cache.clear();
        assert_eq!((cache.read("/a"), cache.read("/../../b")), (None, None));
    }
}
