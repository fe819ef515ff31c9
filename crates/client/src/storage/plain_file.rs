//! A plain file of this user: opens it, and refuses anything else at its path.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::in_use::until_released;
use super::{FileError, platform};

/// `path` with `suffix` added to its name.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

pub(super) fn absent_is_fine(outcome: io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Opens a file without following a link and without waiting for the other end of a pipe; creates
/// it for this user alone.
pub(super) fn open_private(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    let options = platform::make_private(options);
    until_released(|| options.open(path))
}

/// Refuses anything but a plain file of this user, and closes a file that is open to others.
/// `file` is the file at `path`.
pub(super) fn check_plain(file: &File, path: &Path) -> Result<(), FileError> {
    let metadata = file.metadata()?;
    if !platform::is_plain(&metadata) {
        return Err(FileError::NotPlain);
    }
    platform::check_owner(path, &metadata)?;
    if platform::is_open_to_others(path, &metadata)? {
        // Others may use it by its second name: it does not belong to this app alone.
        if platform::count_names(file, &metadata)? > 1 {
            return Err(FileError::NotPlain);
        }
        platform::close_file(file, path)?;
    }
    Ok(())
}
