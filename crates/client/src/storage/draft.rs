//! The draft of a new document, which replaces the old one when it is complete.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::in_use::until_released;
use super::listing::names;
use super::lock::Lock;
use super::plain_file::{absent_is_fine, beside, open_private};
use super::platform::{self, is_unsupported};

/// A draft that is older than a new one by this was left by a process that has exited: writing
/// takes milliseconds.
const ABANDONED_AFTER: Duration = Duration::from_secs(3600);

/// A new file, empty at first.
pub(super) struct Draft {
    path: PathBuf,
    file: File,
}

impl Draft {
    /// Creates the draft of `document`. Under a lock it has a fixed name, and the draft of a killed
    /// process is deleted. Without a lock another process can be writing its own draft, so the name
    /// is new each time, and only old drafts are deleted.
    pub(super) fn of(document: &Path, lock: &Lock) -> io::Result<Self> {
        let path = if lock.is_held() {
            let path = beside(document, ".new");
            until_released(|| absent_is_fine(fs::remove_file(&path)))?;
            path
        } else {
            beside(document, &format!(".new-{}", uuid::Uuid::new_v4().simple()))
        };
        let file = open_private(OpenOptions::new().write(true).create_new(true), &path)?;
        let draft = Self { path, file };
        until_released(|| platform::close_new_file(&draft.path)).inspect_err(|_| draft.discard())?;
        if !lock.is_held() {
            draft.delete_abandoned(document);
        }
        Ok(draft)
    }

    /// Writes the document and waits until it is on the disk. On a file system that cannot report
    /// that (some of FUSE and NFS) it does not wait.
    pub(super) fn write(&self, document: &[u8]) -> io::Result<()> {
        (&self.file).write_all(document)?;
        match self.file.sync_all() {
            Err(error) if is_unsupported(&error) => {
                tracing::debug!(%error, "the file system has no fsync; going on without");
                Ok(())
            }
            outcome => outcome,
        }
    }

    pub(super) fn rename_to(&self, document: &Path) -> io::Result<()> {
        until_released(|| platform::replace(&self.path, document))
    }

    pub(super) fn discard(&self) {
        let _ = fs::remove_file(&self.path);
    }

    /// Compares times of the file system: its clock and this computer's can differ.
    fn delete_abandoned(&self, document: &Path) {
        let Some((folder, name)) = document.parent().zip(document.file_name()) else { return };
        let prefix = format!("{}.new-", name.to_string_lossy());
        let (Ok(names), Ok(now)) = (names(folder), self.file.metadata().and_then(|file| file.modified()))
        else {
            return;
        };
        for name in names.iter().filter(|name| name.to_string_lossy().starts_with(&prefix)) {
            let path = folder.join(name);
            let written = path.symlink_metadata().and_then(|draft| draft.modified());
            let age = written.ok().and_then(|written| now.duration_since(written).ok());
            if age.is_some_and(|age| age > ABANDONED_AFTER) {
                let _ = fs::remove_file(path);
            }
        }
    }
}
