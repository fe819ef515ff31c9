//! Why a file cannot be stored on this computer, or cannot be read back: one variant for each fault
//! with a separate remedy. The operating system's text is in the log.

use crate::storage::FileError;

/// The fault of the app's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StorageFault {
    /// No space is left.
    DiskFull,
    /// This user may not use more space.
    QuotaExceeded,
    /// The disk is mounted read-only.
    ReadOnly,
    /// The folder or a file belongs to the system administrator, as after a start with `sudo`.
    OwnedByRoot,
    /// The folder or a file belongs to another user.
    OwnedByOther,
    /// The permissions forbid it.
    NotPermitted,
    /// Another process holds the file.
    Locked,
    /// Another process has changed the file at the same time.
    Changed,
    /// Something other than a plain file is at the path of the file, or something other than a
    /// folder at the path of the folder.
    NotPlainFile,
    /// The file is larger than the app ever writes.
    TooLarge,
    /// The operating system reports an error of the disk.
    DiskError,
    /// The app failed before it used the file.
    Internal,
}

impl From<FileError> for StorageFault {
    fn from(error: FileError) -> Self {
        match error {
            FileError::DiskFull => Self::DiskFull,
            FileError::QuotaExceeded => Self::QuotaExceeded,
            FileError::ReadOnly => Self::ReadOnly,
            FileError::OwnedByRoot => Self::OwnedByRoot,
            FileError::OwnedByOther => Self::OwnedByOther,
            FileError::NotPermitted => Self::NotPermitted,
            FileError::Locked => Self::Locked,
            FileError::Changed => Self::Changed,
            FileError::NotPlain => Self::NotPlainFile,
            FileError::TooLarge => Self::TooLarge,
            FileError::Io(_) => Self::DiskError,
        }
    }
}
