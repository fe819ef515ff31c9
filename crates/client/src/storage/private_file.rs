//! One small private file that is always complete. Owns access and atomic replacement; refuses
//! anything that is not a plain file of this user. Does not interpret the contents.
//!
//! `tauri-plugin-store` truncates and rewrites its file in place, with the umask's permissions, and
//! sends every value to every window. It is not for credentials.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _};
use std::path::{Path, PathBuf};

use super::draft::Draft;
use super::in_use::until_released;
use super::lock::Lock;
use super::plain_file::{absent_is_fine, beside, check_plain, open_private};
use super::private_folder::explain;
use super::{FileError, Store};

/// Maximum size of a file that is read or written, in bytes. A session is about 3 KB.
pub const MAX_FILE_BYTES: usize = 64 * 1024;

/// How many names are tried for a file that is set aside.
const MAX_SET_ASIDE: usize = 99;

/// A file for this user alone, in a folder for this user alone.
#[derive(Clone, Debug)]
pub struct PrivateFile {
    path: PathBuf,
    lock: PathBuf,
}

impl PrivateFile {
    /// Names the file; touches no file.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let lock = beside(&path, ".lock");
        Self { path, lock }
    }

    /// The same file under a lock that it shares with other files.
    #[must_use]
    pub(super) fn locked_by(mut self, lock: PathBuf) -> Self {
        self.lock = lock;
        self
    }

    /// Deletes the document.
    ///
    /// # Errors
    /// Returns the disk's error. A missing file is not an error.
    pub fn remove(&self) -> Result<(), FileError> {
        until_released(|| absent_is_fine(fs::remove_file(&self.path)))
            .map_err(|error| explain(error, &self.path))
    }

    /// Deletes the document, if it still equals `last_read`.
    pub(crate) fn remove_if(&self, last_read: &[u8]) -> Result<(), FileError> {
        let _lock = self.changing(Some(last_read))?;
        self.remove()
    }

    /// Gives the document the name of `to`, if it still equals `last_read` and there is no file of
    /// that name.
    pub(super) fn rename_if(&self, last_read: &[u8], to: &Self) -> Result<(), FileError> {
        let _lock = self.changing(Some(last_read))?;
        match to.path.symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(explain(error, &to.path)),
            Ok(_) => return Err(FileError::Changed),
        }
        until_released(|| fs::rename(&self.path, &to.path)).map_err(|error| explain(error, &self.path))
    }

    /// Prepares a change of the document that equals `last_read`. The caller makes the change while
    /// it holds the lock.
    fn changing(&self, last_read: Option<&[u8]>) -> Result<Lock, FileError> {
        let lock = Lock::take(&self.lock)?;
        if self.read()?.as_deref() == last_read { Ok(lock) } else { Err(FileError::Changed) }
    }

    pub(crate) fn folder(&self) -> Result<&Path, FileError> {
        self.path.parent().ok_or(FileError::NotPlain)
    }

    fn write_new(&self, new: &[u8], lock: &Lock) -> Result<(), FileError> {
        let draft = Draft::of(&self.path, lock).map_err(|error| explain(error, &self.path))?;
        draft.write(new).and_then(|()| draft.rename_to(&self.path)).map_err(|error| {
            draft.discard();
            explain(error, &self.path)
        })?;
        // The new document is in place. If the folder's entry is not written to the disk, the old
        // document is there: both are complete.
        let _ = File::open(self.folder()?).and_then(|folder| folder.sync_all());
        Ok(())
    }
}

impl Store for PrivateFile {
    fn read(&self) -> Result<Option<Vec<u8>>, FileError> {
        let file = match open_private(OpenOptions::new().read(true), &self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(explain(error, &self.path)),
        };
        check_plain(&file, &self.path)?;
        let mut document = Vec::new();
        until_released(|| {
            document.clear();
            (&file).rewind()?;
            (&file).take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut document)
        })?;
        if document.len() > MAX_FILE_BYTES { Err(FileError::TooLarge) } else { Ok(Some(document)) }
    }

    fn replace(&self, last_read: Option<&[u8]>, new: &[u8]) -> Result<(), FileError> {
        if new.len() > MAX_FILE_BYTES {
            return Err(FileError::TooLarge);
        }
        let lock = self.changing(last_read)?;
        self.write_new(new, &lock)
    }

    fn set_aside(&self, last_read: Option<&[u8]>) -> Result<(), FileError> {
        let _lock = Lock::take(&self.lock)?;
        if self.read().is_ok_and(|present| present.as_deref() != last_read) {
            return Err(FileError::Changed);
        }
        for number in 1..=MAX_SET_ASIDE {
            let place = beside(&self.path, &format!(".kept-{number}"));
            if place.symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
                return until_released(|| absent_is_fine(fs::rename(&self.path, &place)))
                    .map_err(|error| explain(error, &self.path));
            }
        }
        Err(FileError::Changed)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "the tests' own preparations")]
mod tests;
