//! Replaces a file by another one. The standard library's `rename` does not wait for the disk.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::windows::ffi::OsStrExt as _;
use std::path::{Component, Path, Prefix, absolute};

use windows_sys::Win32::Storage::FileSystem::{
    MOVEFILE_REPLACE_EXISTING, MOVEFILE_WRITE_THROUGH, MoveFileExW,
};

/// Gives the file `from` the name `to`, in place of a file that has it, and returns when the change
/// is on the disk. Both names are on the same volume. After a failure or a loss of power, the name
/// `to` has the old file or the new one, complete.
///
/// While another program has the replaced file open and shares it, as most virus scanners do, the
/// file is still replaced, but the call does not wait for the disk.
///
/// # Errors
/// Returns the system's error: code 5 or 32 while another program has one of the files open and
/// does not share it, and `InvalidInput` for a path with a zero in it.
pub fn replace(from: &Path, to: &Path) -> io::Result<()> {
    match replace_and_wait(from, to) {
        // The standard library replaces an open file, by the rules of POSIX.
        Err(error) if matches!(error.raw_os_error(), Some(5 | 32)) => std::fs::rename(from, to),
        outcome => outcome,
    }
}

fn replace_and_wait(from: &Path, to: &Path) -> io::Result<()> {
    let (from, to) = (wide(from)?, wide(to)?);
    #[allow(unsafe_code, reason = "the standard library has no rename that waits for the disk")]
    // SAFETY: both texts end with a zero and live until the call returns.
    let succeeded = unsafe {
        MoveFileExW(from.as_ptr(), to.as_ptr(), MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH)
    };
    if succeeded == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// The path in the form that has no limit of 260 characters, ended by a zero.
fn wide(path: &Path) -> io::Result<Vec<u16>> {
    let path = absolute(path)?;
    let prefix = path.components().next();
    let verbatim = match prefix {
        Some(Component::Prefix(prefix)) => match prefix.kind() {
            Prefix::Disk(_) => joined([OsStr::new(r"\\?\"), path.as_os_str()]),
            Prefix::UNC(server, share) => {
                let folders: std::path::PathBuf = path.components().skip(2).collect();
                let backslash = OsStr::new(r"\");
                joined([OsStr::new(r"\\?\UNC\"), server, backslash, share, backslash, folders.as_os_str()])
            }
            _ => path.into_os_string(),
        },
        _ => path.into_os_string(),
    };
    let mut wide: Vec<u16> = verbatim.encode_wide().collect();
    if wide.contains(&0) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    wide.push(0);
    Ok(wide)
}

fn joined<'a>(parts: impl IntoIterator<Item = &'a OsStr>) -> OsString {
    parts.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_passed_in_the_form_without_a_limit() {
        let text = |path| String::from_utf16(&wide(Path::new(path)).unwrap()).unwrap();
        assert_eq!(text(r"C:\a\.\b/c"), "\\\\?\\C:\\a\\b\\c\0");
        assert_eq!(text(r"\\server\share\a\b"), "\\\\?\\UNC\\server\\share\\a\\b\0");
        assert_eq!(text(r"\\?\C:\a"), "\\\\?\\C:\\a\0");
        assert_eq!(wide(Path::new("C:\\a\0b")).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }
}
