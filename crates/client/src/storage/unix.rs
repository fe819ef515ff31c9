//! Private files by owner and mode: 0600 in a folder of mode 0700.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::fs::OFlags;
use rustix::io::Errno;

use super::FileError;

/// Opens without following a link and without waiting for the other end of a pipe; creates with
/// mode 0600.
pub(super) fn make_private(options: &mut OpenOptions) -> &mut OpenOptions {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    options.mode(0o600).custom_flags(flags.bits().cast_signed())
}

/// Creates a folder with mode 0700.
pub(super) fn create_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(folder)
}

/// A new file has its mode from the beginning.
#[allow(clippy::unnecessary_wraps, reason = "all systems have the same signature")]
pub(super) fn close_new_file(_: &Path) -> io::Result<()> {
    Ok(())
}

pub(super) fn is_plain(metadata: &Metadata) -> bool {
    metadata.is_file()
}

/// Refuses what belongs to another user. `metadata` is that of `path`, or of the link at `path`.
pub(super) fn check_owner(_: &Path, metadata: &Metadata) -> Result<(), FileError> {
    let owner = metadata.uid();
    if owner == rustix::process::geteuid().as_raw() {
        Ok(())
    } else if owner == 0 {
        Err(FileError::OwnedByRoot)
    } else {
        Err(FileError::OwnedByOther)
    }
}

/// Whether the mode gives anything to others than the owner.
#[allow(clippy::unnecessary_wraps, reason = "all systems have the same signature")]
pub(super) fn is_open_to_others(_: &Path, metadata: &Metadata) -> io::Result<bool> {
    Ok(metadata.mode() & 0o077 != 0)
}

/// How many names the file has.
#[allow(clippy::unnecessary_wraps, reason = "all systems have the same signature")]
pub(super) fn count_names(_: &File, metadata: &Metadata) -> io::Result<u64> {
    Ok(metadata.nlink())
}

pub(super) fn close_file(file: &File, _: &Path) -> io::Result<()> {
    file.set_permissions(Permissions::from_mode(0o600))
}

pub(super) fn close_folder(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, Permissions::from_mode(0o700))
}

/// Gives the draft the name of the document.
pub(super) fn replace(draft: &Path, document: &Path) -> io::Result<()> {
    fs::rename(draft, document)
}

/// Whether another program has the file open so that this one cannot use it: never, here.
pub(super) fn is_in_use(_: &io::Error) -> bool {
    false
}

/// Whether the file system has no such function: NFS without its lock daemon returns ENOLCK, or
/// EBADF where it makes a POSIX lock of it; FUSE returns ENOSYS, EOPNOTSUPP or EINVAL.
pub(super) fn is_unsupported(error: &io::Error) -> bool {
    let lacking = [Errno::NOLCK, Errno::BADF, Errno::NOSYS, Errno::OPNOTSUPP, Errno::NOTSUP, Errno::INVAL];
    error.kind() == io::ErrorKind::Unsupported
        || lacking.iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_missing_function_is_unsupported() {
        for errno in [Errno::NOLCK, Errno::BADF, Errno::NOSYS] {
            assert!(is_unsupported(&errno.into()));
        }
        for errno in [Errno::IO, Errno::NOSPC, Errno::ACCESS] {
            assert!(!is_unsupported(&errno.into()));
        }
    }
}
