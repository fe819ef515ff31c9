//! The lock that stops other processes from replacing a document at the same time. It is released
//! when the process exits. On a file system without locks the work continues without one.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::time::Duration;

use super::FileError;
use super::plain_file::{check_plain, open_private};
use super::platform::is_unsupported;
use super::private_folder::{self, explain};

/// How often a lock that another process holds is tried, and the time between two tries.
const TRIES: usize = 100;
const PAUSE: Duration = Duration::from_millis(10);

/// A lock, or the lack of one on a file system without locks.
pub(super) struct Lock {
    is_held: bool,
    _file: File,
}

impl Lock {
    /// Acquires the lock; waits a second for another process.
    pub(super) fn take(path: &Path) -> Result<Self, FileError> {
        let file = open_lock(path)?;
        for _ in 0..TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(Self { is_held: true, _file: file }),
                Err(TryLockError::WouldBlock) => std::thread::park_timeout(PAUSE),
                Err(TryLockError::Error(error)) if is_unsupported(&error) => {
                    tracing::debug!(%error, "the file system has no locks; going on without");
                    return Ok(Self { is_held: false, _file: file });
                }
                Err(TryLockError::Error(error)) => return Err(explain(error, path)),
            }
        }
        Err(FileError::Locked)
    }

    /// Whether no other process can write at the same time. If not, a document is still replaced
    /// atomically, but of two concurrent changes one can be lost.
    pub(super) fn is_held(&self) -> bool {
        self.is_held
    }
}

/// Opens the file that is to be locked; creates it and its folder if need be.
pub(crate) fn open_lock(path: &Path) -> Result<File, FileError> {
    private_folder::prepare(path.parent().ok_or(FileError::NotPlain)?)?;
    let file = open_private(OpenOptions::new().write(true).create(true), path)
        .map_err(|error| explain(error, path))?;
    check_plain(&file, path)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_is_not_released_is_reported_after_the_wait() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app/lock");
        let first = Lock::take(&path).unwrap();
        assert!(first.is_held());
        assert_eq!(Lock::take(&path).err(), Some(FileError::Locked));
        drop(first);
        assert!(Lock::take(&path).is_ok());
    }
}
