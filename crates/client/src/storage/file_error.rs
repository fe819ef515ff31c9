//! Faults of a file: one variant for each fault with a separate remedy.

use std::fmt;
use std::io;

/// Why a file was not read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// A link, a folder, a pipe, a device; or a file that has a second name and is open to others.
    #[error("it is not a plain file")]
    NotPlain,
    /// The file or a folder on the way to it belongs to the system administrator.
    #[error("it belongs to root")]
    OwnedByRoot,
    /// The file or a folder on the way to it belongs to another user.
    #[error("it belongs to another user")]
    OwnedByOther,
    /// The permissions forbid it, although nothing on the way belongs to another user.
    #[error("it is not permitted")]
    NotPermitted,
    /// Larger than [`MAX_FILE_BYTES`](super::MAX_FILE_BYTES).
    #[error("it is too large")]
    TooLarge,
    /// Another process has replaced the document since it was read.
    #[error("it was changed by another process")]
    Changed,
    /// Another process holds the lock, or has the file open on Windows, and does not release it.
    #[error("another process is holding it")]
    Locked,
    /// The file system has no space left.
    #[error("the disk is full")]
    DiskFull,
    /// This user may not use more space.
    #[error("the user's quota is used up")]
    QuotaExceeded,
    /// The file system is mounted read-only.
    #[error("the disk is read-only")]
    ReadOnly,
    /// Any other error of the operating system.
    #[error("the operating system refused ({0})")]
    Io(OsCode),
}

/// The operating system's number for an error, if it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OsCode(Option<i32>);

impl fmt::Display for OsCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(code) => write!(f, "{}", io::Error::from_raw_os_error(code)),
            None => f.write_str("no code"),
        }
    }
}

impl From<io::Error> for FileError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull => Self::DiskFull,
            io::ErrorKind::QuotaExceeded => Self::QuotaExceeded,
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly,
            io::ErrorKind::PermissionDenied => Self::NotPermitted,
            io::ErrorKind::IsADirectory | io::ErrorKind::NotADirectory => Self::NotPlain,
            // O_NOFOLLOW returns ELOOP for a link; the kind of that error has no stable name.
            #[cfg(unix)]
            _ if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => Self::NotPlain,
            // A socket, or a device without a driver.
            #[cfg(unix)]
            _ if error.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error()) => Self::NotPlain,
            // A sharing violation and a lock violation, which have no kind either.
            #[cfg(windows)]
            _ if matches!(error.raw_os_error(), Some(32 | 33)) => Self::Locked,
            _ => Self::Io(OsCode(error.raw_os_error())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn each_error_number_has_its_variant() {
        use rustix::io::Errno;
        for (errno, expected) in [
            (Errno::NOSPC, FileError::DiskFull),
            (Errno::DQUOT, FileError::QuotaExceeded),
            (Errno::ROFS, FileError::ReadOnly),
            (Errno::ACCESS, FileError::NotPermitted),
            (Errno::PERM, FileError::NotPermitted),
            (Errno::LOOP, FileError::NotPlain),
            (Errno::ISDIR, FileError::NotPlain),
            (Errno::NOTDIR, FileError::NotPlain),
            (Errno::NXIO, FileError::NotPlain),
            (Errno::IO, FileError::Io(OsCode(Some(5)))),
        ] {
            assert_eq!(FileError::from(io::Error::from(errno)), expected, "{errno:?}");
        }
    }

    #[cfg(windows)]
    #[test]
    fn each_error_number_has_its_variant() {
        for (code, expected) in [
            (112, FileError::DiskFull),
            (39, FileError::DiskFull),
            (1295, FileError::QuotaExceeded),
            (19, FileError::ReadOnly),
            (5, FileError::NotPermitted),
            (32, FileError::Locked),
            (33, FileError::Locked),
            (267, FileError::NotPlain),
            (1117, FileError::Io(OsCode(Some(1117)))),
        ] {
            assert_eq!(FileError::from(io::Error::from_raw_os_error(code)), expected, "{code}");
        }
    }

    #[test]
    fn an_unknown_error_is_printed_with_its_number() {
        let error = FileError::from(io::Error::from_raw_os_error(4321));
        assert!(error.to_string().contains("os error 4321"), "{error}");
    }
}
