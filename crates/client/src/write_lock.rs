//! The right to change the stored session. [`WriteLock::write`] is the only way to get a
//! [`WriteGuard`], and work under it is synchronous: it cannot wait for the network, the keychain
//! or the user. The guard moves into the blocking thread, so that a dropped caller does not free
//! the lock while the thread still writes.

use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::storage::Store;

/// The stored documents, behind the lock that every change of them holds.
pub(crate) struct WriteLock(Arc<Mutex<Arc<dyn Store>>>);

/// The right to change the stored session, until this value is dropped.
pub(crate) struct WriteGuard(OwnedMutexGuard<Arc<dyn Store>>);

/// The blocking thread ended without an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WorkLost;

impl WriteLock {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self(Arc::new(Mutex::new(store)))
    }

    /// Runs `work` under the lock in a blocking thread.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut WriteGuard) -> T + Send + 'static,
    ) -> Result<T, WorkLost> {
        let mut guard = WriteGuard(Arc::clone(&self.0).lock_owned().await);
        tokio::task::spawn_blocking(move || work(&mut guard)).await.map_err(|error| {
            tracing::error!(%error, "work under the write lock has failed");
            WorkLost
        })
    }

    /// Runs `work` under the lock in this thread, which may block.
    pub(crate) fn write_here<T>(&self, work: impl FnOnce(&mut WriteGuard) -> T) -> T {
        work(&mut WriteGuard(Arc::clone(&self.0).blocking_lock_owned()))
    }

    /// Runs `work` under the lock in this thread, unless the lock is held.
    pub(crate) fn try_write<T>(&self, work: impl FnOnce(&mut WriteGuard) -> T) -> Option<T> {
        let guard = Arc::clone(&self.0).try_lock_owned().ok()?;
        Some(work(&mut WriteGuard(guard)))
    }
}

impl WriteGuard {
    /// The stored documents.
    pub(crate) fn store(&mut self) -> &dyn Store {
        &**self.0
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::storage::PrivateFile;

    #[tokio::test]
    async fn the_lock_stays_held_when_the_caller_goes_away() {
        let folder = tempfile::tempdir().unwrap();
        let lock = WriteLock::new(Arc::new(PrivateFile::new(folder.path().join("file"))));
        let (finish, finished) = std::sync::mpsc::channel::<()>();
        let work = lock.write(move |_| finished.recv().is_ok());
        assert!(tokio::time::timeout(Duration::from_millis(20), work).await.is_err());
        assert!(lock.try_write(|_| ()).is_none(), "the thread still writes");
        finish.send(()).unwrap();
        lock.write(|_| ()).await.unwrap();
    }
}
