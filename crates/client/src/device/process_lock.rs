//! A lock in the app's folder that the processes of one user share. It is held while the secret and
//! the record that names it change, so that no other process changes one of the two in between.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::storage::open_lock;

/// Maximum wait for another process, which can itself be waiting for its keychain, two seconds each
/// time.
const MAX_WAIT: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(10);

/// The lock. It is released when this value and its clones are dropped or the process ends.
#[derive(Clone, Debug)]
pub struct ProcessLock {
    _file: Option<Arc<File>>,
}

impl ProcessLock {
    /// Waits for the lock in `folder`, for ten seconds at most. If it cannot be acquired (a full or
    /// read-only disk, a file system without locks) the work continues without it: two first
    /// sign-ins at the same moment are rarer than such disks.
    pub(super) fn wait(folder: &Path) -> Self {
        let file = match open_lock(&folder.join("device.lock")) {
            Ok(file) => file,
            Err(error) => return Self::unavailable(&error),
        };
        let deadline = Instant::now() + MAX_WAIT;
        loop {
            match file.try_lock() {
                Ok(()) => return Self { _file: Some(Arc::new(file)) },
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                    std::thread::park_timeout(PAUSE);
                }
                Err(error) => return Self::unavailable(&error),
            }
        }
    }

    fn unavailable(error: &dyn std::fmt::Display) -> Self {
        tracing::warn!(%error, "the lock of the device's secret cannot be had");
        Self::none()
    }

    /// No lock, for a device that no other process shares.
    pub fn none() -> Self {
        Self { _file: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_process_waits_until_the_lock_is_released() {
        let folder = tempfile::tempdir().unwrap();
        let (first, count) = (ProcessLock::wait(folder.path()), std::sync::atomic::AtomicUsize::new(0));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let _second = ProcessLock::wait(folder.path());
                assert_eq!(count.load(std::sync::atomic::Ordering::SeqCst), 1, "did not wait");
            });
            std::thread::park_timeout(Duration::from_millis(50));
            count.store(1, std::sync::atomic::Ordering::SeqCst);
            drop(first);
        });
    }

    #[test]
    fn without_a_folder_there_is_no_lock() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "").unwrap();
        assert!(ProcessLock::wait(&folder.path().join("file/app"))._file.is_none());
    }
}
