//! Access control lists of files and folders. A private file is open to the current user, the
//! system and the administrators only.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::windows::fs::OpenOptionsExt as _;
use std::os::windows::io::AsRawHandle as _;
use std::path::Path;

use windows_sys::Win32::Security::{
    DACL_SECURITY_INFORMATION, GetKernelObjectSecurity, OWNER_SECURITY_INFORMATION, SetKernelObjectSecurity,
};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT, FILE_READ_ATTRIBUTES, READ_CONTROL, WRITE_DAC,
};

use crate::descriptor::{ANY, Descriptor, READ, private_to, trusted};
use crate::sid::Sid;
use crate::user;

/// Flags that open a file or a folder, at the end of a link or in its place.
const FOLLOW: u32 = FILE_FLAG_BACKUP_SEMANTICS;
const DO_NOT_FOLLOW: u32 = FOLLOW | FILE_FLAG_OPEN_REPARSE_POINT;

/// The longest descriptor: a list of 64 KiB, two identifiers and the header.
const MAX_DESCRIPTOR_BYTES: u32 = 66 * 1024;

/// Gives access to the current user, the system and the administrators alone, and stops inheriting
/// access from the folder around it. What is created in a folder afterwards inherits its list; what
/// is in it already does not change. Follows a link.
///
/// # Errors
/// Returns the system's error: `PermissionDenied` if this user may not change the list.
pub fn restrict(path: &Path) -> io::Result<()> {
    allow_only(&trusted(&user::current()?), path)
}

fn allow_only(trustees: &[Sid], path: &Path) -> io::Result<()> {
    let file = open(path, READ_CONTROL | WRITE_DAC, FOLLOW)?;
    let descriptor = private_to(trustees, file.metadata()?.is_dir()).ok_or_else(malformed)?;
    #[allow(unsafe_code, reason = "no safe, maintained crate sets an access control list")]
    // SAFETY: the handle is open until `file` is dropped. The descriptor is complete, aligned to
    // four bytes, and only read.
    let succeeded = unsafe {
        SetKernelObjectSecurity(
            file.as_raw_handle(),
            DACL_SECURITY_INFORMATION,
            descriptor.as_ptr().cast_mut().cast(),
        )
    };
    if succeeded == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Whether others than the current user, the system and the administrators can read the file: the
/// list allows it, or lets them change the list or the owner, or the file belongs to them. In the
/// list of a folder, entries that only its files inherit count too. Follows a link.
///
/// # Errors
/// Returns the system's error, and `InvalidData` for a list that is malformed.
pub fn others_can_read(path: &Path) -> io::Result<bool> {
    Ok(read(path, FOLLOW)?.allows_others(READ, &user::current()?))
}

/// Whether others than the current user, the system and the administrators have any access at all.
/// Otherwise as [`others_can_read`].
///
/// # Errors
/// As [`others_can_read`].
pub fn others_have_access(path: &Path) -> io::Result<bool> {
    Ok(read(path, FOLLOW)?.allows_others(ANY, &user::current()?))
}

/// Whether the file belongs to another than the current user, the system and the administrators.
/// The owner of a file can always change its list. Follows a link.
///
/// # Errors
/// As [`others_can_read`].
pub fn is_owned_by_other(path: &Path) -> io::Result<bool> {
    Ok(read(path, FOLLOW)?.is_owned_by_other(&user::current()?))
}

/// Like [`is_owned_by_other`], for the link at `path` and not for what it leads to.
///
/// # Errors
/// As [`others_can_read`].
pub fn is_link_of_other(path: &Path) -> io::Result<bool> {
    Ok(read(path, DO_NOT_FOLLOW)?.is_owned_by_other(&user::current()?))
}

/// Opens a file or folder for its descriptor only: that conflicts with no other program.
fn open(path: &Path, access: u32, flags: u32) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.access_mode(access | FILE_READ_ATTRIBUTES).custom_flags(flags);
    options.open(path)
}

fn read(path: &Path, flags: u32) -> io::Result<Descriptor> {
    let file = open(path, READ_CONTROL, flags)?;
    let mut words = vec![0_u32; MAX_DESCRIPTOR_BYTES as usize / 4];
    let mut length = 0;
    #[allow(unsafe_code, reason = "no safe, maintained crate reads an access control list")]
    // SAFETY: the handle is open until `file` is dropped. The buffer is writable, aligned to four
    // bytes, and has the length that is passed.
    let succeeded = unsafe {
        GetKernelObjectSecurity(
            file.as_raw_handle(),
            OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
            words.as_mut_ptr().cast(),
            MAX_DESCRIPTOR_BYTES,
            &raw mut length,
        )
    };
    if succeeded == 0 {
        return Err(io::Error::last_os_error());
    }
    let bytes: Vec<u8> = words.into_iter().flat_map(u32::to_ne_bytes).collect();
    Descriptor::read(&bytes).ok_or_else(malformed)
}

fn malformed() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_or_folder_that_is_open_to_everyone_is_found_and_closed() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("file");
        std::fs::write(&file, "private").unwrap();
        let everyone = Sid::new(1, [0]);
        for path in [&file, root.path()] {
            allow_only(&[user::current().unwrap(), everyone.clone()], path).unwrap();
            assert!(others_can_read(path).unwrap() && others_have_access(path).unwrap());
            restrict(path).unwrap();
            assert!(!others_can_read(path).unwrap() && !others_have_access(path).unwrap());
        }
    }
}
