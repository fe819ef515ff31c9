//! Copies of answers, one private file each. Knows nothing of what is inside: it is sealed.

use std::fmt::Write as _;
use std::path::PathBuf;

use aws_lc_rs::digest::{SHA256, digest};

use super::{FileError, PrivateFile, Store as _};

/// The folder of the copies. Nothing else is in it.
#[derive(Clone, Debug)]
pub struct Copies {
    folder: PathBuf,
}

impl Copies {
    /// Names the folder; nothing is touched yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Puts a copy in the place of the last one of the same name.
    ///
    /// # Errors
    /// What the disk says; [`FileError::TooLarge`] beyond [`MAX_FILE_BYTES`](super::MAX_FILE_BYTES). The last one stays then.
    pub fn keep(&self, name: &str, sealed: &str) -> Result<(), FileError> {
        let file = self.file(name);
        let seen = file.read()?;
        file.replace(seen.as_deref(), sealed.as_bytes())
    }

    /// The last copy of that name.
    pub fn read(&self, name: &str) -> Option<String> {
        String::from_utf8(self.file(name).read().ok()??).ok()
    }

    /// Removes all of them.
    pub fn clear(&self) {
        match std::fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(%error, "the copies for offline use stay where they are; nothing opens them");
            }
            _ => {}
        }
    }

    /// A name may be anything, a file's name may not.
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
    fn a_copy_is_replaced_and_all_of_them_go() {
        let folder = tempfile::tempdir().unwrap();
        let copies = Copies::new(folder.path().join("copies"));
        copies.clear();
        assert_eq!(copies.read("/a"), None);
        copies.keep("/a", "one").unwrap();
        copies.keep("/a", "two").unwrap();
        copies.keep("/../../b", "three").unwrap();
        assert_eq!(copies.read("/a").as_deref(), Some("two"));
        assert_eq!(copies.read("/../../b").as_deref(), Some("three"));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "all in one folder");
        copies.clear();
        assert_eq!((copies.read("/a"), copies.read("/../../b")), (None, None));
    }
}
