//! The lock on the folder of keys: one change at a time, on every system. The operating system
//! releases it when the process ends, even after a crash.

use std::fs::{File, TryLockError};
use std::path::Path;

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub(crate) struct FolderLock {
    file: File,
}

impl Drop for FolderLock {
    /// Closing the file is not enough: a process that another thread is starting has it open too,
    /// until it executes its program. An error leaves the lock to the system.
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}

impl FolderLock {
    /// Takes the lock without waiting.
    pub(crate) fn take(folder: &Path) -> Result<Self, TryLockError> {
        let file = open(folder).map_err(TryLockError::Error)?;
        file.try_lock()?;
        Ok(Self { file })
    }
}

/// The folder itself, so that no file stays behind.
#[cfg(unix)]
fn open(folder: &Path) -> std::io::Result<File> {
    File::open(folder)
}

/// A file in the folder: here a folder cannot be locked. The file stays, because another process
/// may wait for it.
#[cfg(not(unix))]
fn open(folder: &Path) -> std::io::Result<File> {
    File::options().create(true).write(true).truncate(false).open(folder.join("auth-keys.lock"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_is_held_once_and_free_after_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let first = FolderLock::take(folder.path()).unwrap();
        assert!(matches!(FolderLock::take(folder.path()), Err(TryLockError::WouldBlock)));
        drop(first);
        FolderLock::take(folder.path()).unwrap();
    }
}
