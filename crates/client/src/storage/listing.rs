//! The names in a folder. The standard library's reader panics when a folder cannot be closed,
//! which happens on a failing disk.

use std::ffi::OsString;
use std::io;
use std::path::Path;

/// Maximum number of entries of a folder that are read.
const MAX_ENTRIES: usize = 4096;

/// The names in a folder, in no order; `.` and `..` may be among them.
///
/// # Errors
/// Returns the operating system's error. A folder is never read partly.
#[cfg(unix)]
pub(super) fn names(folder: &Path) -> io::Result<Vec<OsString>> {
    use std::os::unix::ffi::OsStringExt as _;

    use rustix::fs::{Dir, Mode, OFlags};

    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let entries = Dir::new(rustix::fs::open(folder, flags, Mode::empty())?)?;
    entries
        .take(MAX_ENTRIES)
        .map(|entry| Ok(OsString::from_vec(entry?.file_name().to_bytes().to_vec())))
        .collect()
}

/// The names in a folder, in no order.
///
/// # Errors
/// Returns the operating system's error. A folder is never read partly.
#[cfg(not(unix))]
pub(super) fn names(folder: &Path) -> io::Result<Vec<OsString>> {
    folder.read_dir()?.take(MAX_ENTRIES).map(|entry| Ok(entry?.file_name())).collect()
}
